"""Golden numbers of FEATURES I.3, whole sessions against sums over the plain list of trades, and the table files."""

import math

import numpy

from . import compare, micro_price, profile, rows, volatility
from .auction import value_area
from .build import micro_price_table_of, profile_of
from .configuration import Configuration
from .replay import COLUMNS, Inputs, Replay
from .sessions import SECOND, nanos_of, trade_dates
from .tape import Group

NAN = math.nan
BARS = numpy.array(
    [
        [6000, 6003.25, 5998.5, 6001.75, 6010, 6006.25],
        [6005.5, 6004, 6002.75, 6012.25, 6011.5, 6009],
        [5997.25, 5996.5, 5995, 6000.5, 6004.75, 6001],
        [6003.5, 5998.75, 6002, 6009.75, 6006.5, 6002.25],
    ]
)


def _golden_failures():
    """I.3, on bars 2 to 6."""
    opened, high, low, close = BARS
    returns = numpy.diff(numpy.log(close))
    cases = (
        ("Parkinson", volatility.parkinson(high, low)[1:].mean(), 7.282261554e-07),
        ("Garman-Klass", volatility.garman_klass(opened, high, low, close)[1:].mean(), 7.422125974e-07),
        ("Rogers-Satchell", volatility.rogers_satchell(opened, high, low, close)[1:].mean(), 7.015367720e-07),
        ("Yang-Zhang", volatility.yang_zhang(opened, high, low, close), 7.224537697e-07),
        ("realized variance", (returns**2).sum(), 3.378623105e-06),
        ("bipower variation", volatility.bipower(returns), 3.469171033e-06),
    )
    failures = []
    for name, value, printed in cases:
        digits = 9 - math.floor(math.log10(printed))
        if not abs(value - printed) <= 0.5000001 * 10.0**-digits:
            failures.append(f"I.3 {name}: {value!r}, FEATURES has {printed!r}")
    return failures, len(cases)


def _ratio_failures():
    """C-82's formula, written out, against the package."""
    generator = numpy.random.default_rng(17)
    prices = numpy.log(4800 + 0.125 * numpy.cumsum(generator.integers(-2, 3, 1801)))
    moves, lag, count = numpy.diff(prices), 10, 1800
    mean = moves.mean()
    single = ((moves - mean) ** 2).sum() / (count - 1)
    several = ((prices[lag:] - prices[:-lag] - lag * mean) ** 2).sum()
    several /= lag * (count - lag + 1) * (1 - lag / count)
    written = several / single
    value = volatility.variance_ratio(prices)
    return [] if abs(value - written) <= 1e-12 * written else [f"C-82: arch {value!r}, formula {written!r}"]


def _area_failures():
    cases = (
        ({100: 5}, (100, 100, 100)),
        ({100: 5, 102: 5}, (100, 102, 100)),  # equally near the middle: the lower; the gap at 101 counts 0
        ({100: 7, 101: 3}, (100, 100, 100)),  # exactly 70 percent
        ({99: 2, 100: 6, 101: 2}, (100, 101, 100)),  # tie: the upper
        ({98: 1, 99: 4, 100: 6, 103: 6}, (100, 103, 98)),
    )
    found = [(volumes, value_area(volumes), expected) for volumes, expected in cases]
    return [f"value area of {volumes}: {got}, not {expected}" for volumes, got, expected in found if got != expected]


def sessions_tape(days=24, step=300, seed=23):
    """Random sessions: a group every `step` seconds and, on the last day, every second from 10:30 to 10:50; the trades
    of a group have one aggressor."""
    generator = numpy.random.default_rng(seed)
    center = 20000
    for number, day in enumerate(trade_dates("2024-01-16", "2024-03-29")[:days], 1):
        opening, close = nanos_of(day, "00:00") - 6 * 3600 * SECOND, nanos_of(day, "17:00")
        busy = nanos_of(day, "10:30")
        times = set(range(opening, close, step * SECOND))
        if number == days:
            times |= set(range(busy, busy + 1200 * SECOND, SECOND))
        for moment in sorted(times):
            center += int(generator.integers(-2, 3))
            spread = 1 + (generator.random() < 0.2)
            bids = [(center - i, *_level(generator)) for i in range(10)]
            asks = [(center + spread + i, *_level(generator)) for i in range(10)]
            sign = int(generator.choice((-1, 0, 1)))
            side = bids if sign < 0 else asks
            stamp = moment + int(generator.integers(0, 999)) * 1_000_000
            count = int(generator.integers(0, 4))
            trades = [(stamp, side[i][0], int(generator.integers(1, 40)), sign) for i in range(count)]
            yield Group(
                ts_event=stamp, ts_recv=stamp, clock=stamp, stamps=[stamp], records=1 + len(trades), trades=trades,
                bids=bids, asks=asks, events=[(0x80, b"A")],
            )


def _level(generator):
    return int(generator.integers(1, 60)), int(generator.integers(1, 9))


class Plain:
    """Rows at the end of a list of groups, formed from the whole list each time."""

    def __init__(self, groups, session, prior):
        self.groups, self.session, self.prior = groups, session, prior
        self.moment = groups[-1].ts_event
        self.today = [group for group in groups if group.ts_event >= session.open]
        self.mid = (groups[-1].bids[0][0] + groups[-1].asks[0][0]) / 2

    def trades(self, start, end=math.inf):
        return [trade for group in self.groups if start <= group.ts_event < end for trade in group.trades]

    def fading(self, half_life, values):
        """Sum of values with half-life weights; `values` are (time, value)."""
        return math.fsum(value * 2.0 ** (-(self.moment - time) / SECOND / half_life) for time, value in values)

    def mid_of_second(self, second):
        before = [group for group in self.today if group.ts_event < (second + 1) * SECOND]
        return (before[-1].bids[0][0] + before[-1].asks[0][0]) / 2

    def rows(self):
        session, since = self.session, self.trades(self.session.open)
        yield "cumulative_volume_delta_session_contracts", sum(trade[2] * trade[3] for trade in since)
        recent = self.trades(max(session.open, (self.moment // SECOND - 299) * SECOND))
        yield "cumulative_volume_delta_change_w300s_contracts", sum(trade[2] * trade[3] for trade in recent)
        prices, sizes = (numpy.array([trade[i] for trade in since], dtype=float) for i in (1, 2))
        mean = (prices * sizes).sum() / sizes.sum()
        yield "vwap_session_distance_ticks", self.mid - mean
        deviation = math.sqrt((sizes * (prices - mean) ** 2).sum() / sizes.sum())
        yield "vwap_session_zscore", (self.mid - mean) / deviation
        older = self.trades(session.open, self.moment - 300 * SECOND + 1)
        earlier = sum(trade[1] * trade[2] for trade in older) / sum(trade[2] for trade in older)
        yield "vwap_session_slope_w300s_ticks_per_minute", (mean - earlier) / 5
        yield from self.impact_rows()
        yield from self.regular_rows()

    def impact_rows(self):
        effective, weights, realized, later = [], [], [], []
        for before, group in zip(self.today, self.today[1:]):
            if not group.trades:
                continue
            mid = (before.bids[0][0] + before.asks[0][0]) / 2
            second = group.ts_event // SECOND + 5
            for _, tick, size, sign in group.trades:
                if sign:
                    effective.append((group.ts_event, 2 * size * sign * (tick - mid)))
                    weights.append((group.ts_event, size))
                    if (second + 1) * SECOND <= self.moment:
                        stamp = (second + 1) * SECOND
                        realized.append((stamp, 2 * size * sign * (tick - self.mid_of_second(second))))
                        later.append((stamp, size))
        yield "effective_spread_hl60s_ticks", self.fading(60, effective) / self.fading(60, weights)
        yield "realized_spread_5s_hl60s_ticks", self.fading(60, realized) / self.fading(60, later)
        orders = [group.trades[-1] for group in self.today if group.trades]
        if len(orders) < 100:
            yield "roll_spread_hl300s_ticks", NAN
            return
        moves = numpy.diff([order[1] for order in orders])
        pairs = [(order[0], float(b), float(a)) for order, b, a in zip(orders[2:], moves[1:], moves)]
        weight = self.fading(300, [(time, 1.0) for time, _, _ in pairs])
        product, last, first = (
            self.fading(300, [(pair[0], value(pair)) for pair in pairs]) / weight
            for value in (lambda pair: pair[1] * pair[2], lambda pair: pair[1], lambda pair: pair[2])
        )
        covariance = product - last * first
        yield "roll_spread_hl300s_ticks", 2 * math.sqrt(-covariance) if covariance < 0 else NAN

    def regular_rows(self):
        session = self.session
        opened = self.trades(session.rth_open, session.rth_close)
        prices = [trade[1] for trade in opened]
        done = self.trades(session.rth_open, min(session.rth_close, self.moment // SECOND * SECOND))
        volumes = {}
        for _, tick, size, _ in done:
            volumes[tick] = volumes.get(tick, 0) + size
        yield "point_of_control_rth_distance_ticks", self.mid - value_area(volumes)[0]
        yield "rth_return_bps", 1e4 * math.log(self.mid / prices[0])
        yield "rth_range_ticks", max(prices) - min(prices)
        before = self.trades(self.prior.rth_open, self.prior.rth_close)
        gap = prices[0] - before[-1][1]
        yield "opening_gap_ticks", gap
        moved = prices[0] - min(prices) if gap > 0 else max(prices) - prices[0]
        yield "opening_gap_fill_fraction", min(1.0, moved / abs(gap)) if gap else NAN
        volumes = {}
        for _, tick, size, _ in before:
            volumes[tick] = volumes.get(tick, 0) + size
        yield "prior_value_area_high_distance_ticks", self.mid - value_area(volumes)[1]
        yield "minutes_since_rth_open", (self.moment - session.rth_open) / SECOND / 60


def _session_failures():
    """25 random sessions: every market row finite, some rows against `Plain`, and the files made of the sessions."""
    groups = list(sessions_tape())
    settings = Configuration()
    failures = []
    made, table = profile_of(settings, groups), micro_price_table_of(settings, groups)
    failures += _file_failures(settings, groups, made, table)
    inputs = Inputs(profile.Profile(made), micro_price.MicroPrice(table), _settlements(groups), "ESH4")
    replay = Replay(settings, groups, 0, inputs=inputs)
    last = groups[-1].ts_event
    wanted = replay.sessions.at(last)
    start = nanos_of(wanted.trade_date, "10:30")
    finite = set()
    checks = 0
    for index, group in enumerate(groups):
        replay.step(group)
        if group.ts_event < start or group.ts_event > start + 1200 * SECOND:
            continue
        row, _ = replay.market_row()
        finite |= {name for name, value in row.items() if math.isfinite(value)}
        if index % 97 == 0:
            checks += 1
            prior = replay.sessions.sessions[wanted.index - 1]
            for name, value in Plain(groups[: index + 1], wanted, prior).rows():
                same = math.isnan(value) and math.isnan(row[name])
                if not same and not abs(row[name] - value) <= 1e-9 * max(1.0, abs(value)):
                    failures.append(f"{name} at group {index}: {row[name]!r}, from the whole list {value!r}")
    absent = [row.name for row in rows.MARKET_ROWS if row.name not in finite]
    if absent:
        failures.append(f"never finite on the random sessions: {', '.join(absent)}")
    if checks < 5:
        failures.append(f"{checks} rows checked against the whole list")
    if replay.unmet:
        failures.append(f"the random sessions lack {sorted(replay.unmet)}")
    return failures, checks


def _settlements(groups):
    """One final settlement per trade date, received in the evening."""
    dates = sorted({day for day in trade_dates("2024-01-16", "2024-03-29")})
    return tuple((nanos_of(day, "18:30"), day, 5000.0 + index) for index, day in enumerate(dates))


def _file_failures(settings, groups, made, table):
    failures = []
    if made["sessions"] != 20:
        failures.append(f"profile of {made['sessions']} sessions, expected 20")
    sizes = [abs(value) for row in table["offsets"] for value in row if value is not None]
    if not sizes or max(sizes) > 5:
        failures.append(f"micro-price offsets {table['offsets']}")
    for row in table["offsets"]:
        for low, high in zip(row, reversed(row)):
            if (low is None) != (high is None) or (low is not None and abs(low + high) > 1e-9):
                failures.append(f"micro-price offsets are not symmetric: {low!r}, {high!r}")
    if compare.contents(made, made)[0] or not compare.contents(made, made)[1]:
        failures.append("a profile differs from itself")
    for change in ({"sessions": 19}, {"mean_session_volume": made["mean_session_volume"] * (1 + 1e-6)}):
        if not compare.contents(made, {**made, **change})[0]:
            failures.append(f"a profile with {sorted(change)} changed passes")
    return failures


def _column_failures():
    """In every column a difference just beyond its tolerance, a lost value and a value too many must be found."""
    generator = numpy.random.default_rng(29)
    stamps = numpy.zeros((200, 3), numpy.int64)
    failures = []
    for name in COLUMNS:
        ours = generator.normal(0, 3, 200).round(3)
        ours[:20] = NAN
        rule = rows.row_of(name).rule
        scale = numpy.full(200, 5.0) if rule == rows.SCALED else None
        allowed = compare.tolerance(name, ours, scale)[0][90]
        beyond = ours[90] + (1e-15 if rule == rows.EXACT else 2 * allowed)
        cases = ((90, beyond), (90, NAN), (3, 0.0), (90, math.inf))
        if compare.column(name, ours, ours, stamps, scale)[1]:
            failures.append(f"{name}: refused though equal")
        for row, damage in cases:
            damaged = ours.copy()
            damaged[row] = damage
            if not compare.column(name, ours, damaged, stamps, scale)[1]:
                failures.append(f"{name}: {damage!r} for {ours[row]!r} passes")
    return failures


def run():
    """Returns (failures, golden values checked)."""
    failures, checked = _golden_failures()
    failures += _ratio_failures() + _area_failures() + _column_failures()
    found, checks = _session_failures()
    return failures + found, checked + checks
