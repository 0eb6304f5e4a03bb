"""The fold over a tape's groups: sessions, bars, levels, and one row per group."""

import math
from collections import Counter

import numpy

from .bars import AverageTrueRange, Bars
from .estimators import Registry
from .level import LEVEL_COLUMNS, Level
from .market import MARKET_COLUMNS, Market
from .sessions import Sessions

NAN = math.nan
WINDOW_LEVELS = ("pm_high", "pm_low", "or_high", "or_low")
LEVELS = (*WINDOW_LEVELS, "sma_90")
COLUMNS = tuple(f"{level}_{body}" for level in LEVELS for body in LEVEL_COLUMNS) + MARKET_COLUMNS


class MovingAverage:
    """Mean close of the last `length` completed bars, in ticks, and its history."""

    def __init__(self, configuration):
        self.bars = Bars(configuration.sma_period_minutes)
        self.length, self.period = configuration.sma_length, configuration.sma_period_minutes
        self.closes, self.history = [], []

    @property
    def value(self):
        return self.history[-1] if self.history else NAN

    @property
    def slope(self):
        """Ticks per minute over the last five bars."""
        if len(self.history) < 6:
            return NAN
        return (self.history[-1] - self.history[-6]) / (5 * self.period)

    def add(self, close):
        self.closes.append(close)
        full = len(self.closes) >= self.length
        self.history.append(sum(self.closes[-self.length :]) / self.length if full else NAN)


class Replay:
    """`run` gives the matrix; `report` afterwards what was met on the way."""

    def __init__(self, configuration, groups, direct_rows=2000, seed=7):
        self.configuration, self.groups = configuration, groups
        self.registry = Registry(keep_history=direct_rows > 0)
        generator = numpy.random.default_rng(seed)
        wanted = min(direct_rows, len(groups))
        self.direct_rows = set(generator.choice(len(groups), wanted, replace=False).tolist())
        self.sessions = Sessions(groups[0].ts_event, groups[-1].ts_event, configuration)
        self.market = Market(self.registry)
        self.levels = {name: Level(name, configuration, self.registry) for name in LEVELS}
        self.minutes, self.average_range = Bars(1), AverageTrueRange()
        self.average = MovingAverage(configuration)
        self.session, self.rth_reset = None, None
        self.windows, self.decided = {}, set()
        self.clock = self.event_time = self.moment = 0
        self.counters = Counter()

    def run(self):
        """Returns (matrix, stamps, {column: scales}); stamps are (ts_event, ts_recv, first record of the group)."""
        matrix = numpy.full((len(self.groups), len(COLUMNS)), NAN)
        stamps = numpy.array([(group.ts_event, group.ts_recv, group.first_record) for group in self.groups])
        scales = {}
        for index, group in enumerate(self.groups):
            self.step(group)
            self.registry.direct = index in self.direct_rows
            position = 0
            for name in LEVELS:
                if self.levels[name].active:
                    row, row_scales = self.levels[name].row(self.moment, self.market)
                    matrix[index, position : position + len(LEVEL_COLUMNS)] = list(row.values())
                    self._keep(scales, index, row_scales, f"{name}_")
                position += len(LEVEL_COLUMNS)
            row, row_scales = self.market.row(self.moment)
            matrix[index, position:] = list(row.values())
            self._keep(scales, index, row_scales, "")
            self.registry.direct = False
        return matrix, stamps, scales

    def _keep(self, scales, index, row_scales, prefix):
        for body, scale in row_scales.items():
            name = prefix + body
            if name not in scales:
                scales[name] = numpy.zeros(len(self.groups))
            scales[name][index] = scale

    # One group

    def step(self, group):
        moment = max(self.moment, group.ts_event)
        hold_until = self.market.hold_until if self.market.mid_half_ticks is not None else 0
        self.moment = moment
        self.clock = max(self.clock, group.clock)
        self.market.expire(moment)
        self._begin_session(moment)
        for level in self.levels.values():
            if level.active:
                level.advance(moment, hold_until)
        is_open = moment < self.session.close
        self._records(group, moment, is_open)
        self.market.close_seconds(max(self.event_time, moment), self.clock)
        self._activate_average(moment, is_open)
        changes = []
        self.market.apply(group, moment, is_open, self.session.close, changes)
        for level in self.levels.values():
            if level.active:
                level.apply(group, moment, self.market, changes)
        self._count(group, changes, is_open)

    def _begin_session(self, moment):
        session = self.sessions.at(moment)
        if self.session is None:
            self.market.reset_session(moment)
            self.rth_reset = moment
        elif session is not self.session:
            self.market.reset_session(session.open)
            self.market.open_session(session.open)
            self.rth_reset = session.open
        if session is not self.session:
            self.session = session
            self.decided = set()
            self.windows = {"pm": [None, None], "or": [None, None]}
            for level in self.levels.values():
                level.deactivate()
        if moment >= session.close:
            for level in self.levels.values():
                level.deactivate()
        if session.rth_open is not None and self.rth_reset < session.rth_open <= moment < session.close:
            self.rth_reset = session.rth_open
            self.market.reset_mean_size(session.rth_open)

    def _records(self, group, moment, is_open):
        """Bars and level windows, in time order of the group's records and trades."""
        for stamp in group.stamps:
            self.event_time = max(self.event_time, stamp)
        self._close_bars()
        bounds = {"pm": self.session.premarket, "or": self.session.opening_range}
        for stamp, tick, size, _ in group.trades if is_open else ():
            self.minutes.add(stamp, tick, size)
            self.average.bars.add(stamp, tick, size)
            for name, (start, end) in bounds.items():
                if name not in self.decided and start <= stamp < end:
                    low, high = self.windows[name]
                    self.windows[name] = [
                        tick if low is None else min(low, tick),
                        tick if high is None else max(high, tick),
                    ]
        if not is_open:
            return
        for name, (_, end) in bounds.items():
            if name not in self.decided and max(group.stamps) >= end:
                self.decided.add(name)
                low, high = self.windows[name]
                if low is not None:
                    mid = self.market.mid_at(moment)
                    self.levels[f"{name}_high"].activate(moment, float(high), mid)
                    self.levels[f"{name}_low"].activate(moment, float(low), mid)

    def _close_bars(self):
        finished = self.minutes.advance(self.event_time, self.clock)
        if finished is not None:
            self.average_range.add(*finished[2:5])
            self.market.average_true_range = self.average_range.value
            self.counters["bars_1m"] += 1
        finished = self.average.bars.advance(self.event_time, self.clock)
        if finished is None:
            return
        self.counters["bars_sma"] += 1
        self.average.add(finished[4])
        moving = self.levels["sma_90"]
        if moving.active:
            moving.set_price(self.average.value)
            moving.slope = self.average.slope
        for level in self.levels.values():
            if level.active:
                level.bar_closed(finished[4])

    def _activate_average(self, moment, is_open):
        moving = self.levels["sma_90"]
        if is_open and not moving.active and not math.isnan(self.average.value):
            moving.activate(moment, self.average.value, self.market.mid_at(moment))
            moving.slope = self.average.slope

    def _count(self, group, changes, is_open):
        market = self.market
        state = "open" if is_open else "not_open"
        self.counters[f"groups_{state}"] += 1
        self.counters[f"trades_{state}"] += len(group.trades)
        for condition, met in (
            ("crossed", market.book.crossed),
            ("one_sided", not market.book.two_sided),
            ("bad", market.bad),
            ("locked", market.book.two_sided and market.book.bids[0][0] == market.book.asks[0][0]),
        ):
            self.counters[f"{condition}_groups_{state}"] += bool(met)
        for side, tick, added, cancelled, filled, comparable, residue in changes:
            self.counters["filled_contracts"] += filled
            if not comparable:
                self.counters["filled_prices_not_comparable"] += 1
                continue
            before = market.before.sizes[side].get(tick, 0)
            after = market.book.sizes[side].get(tick, 0)
            self.counters["comparable_changes"] += 1
            self.counters["conservation_failures"] += after - before != added - cancelled - filled
            if filled:
                self.counters["filled_prices"] += 1
                self.counters["filled_prices_without_residue"] += residue == 0
        if market.flows:
            signed = sum(size for _, _, size, sign in group.trades if sign)
            attributed = sum(change[4] for change in changes)
            self.counters["signed_contracts_with_flow"] += signed
            self.counters["signed_contracts_not_attributed"] += signed - attributed
