"""The fold over a tape's groups: sessions, bars, levels, and one row per group."""

import math
from collections import Counter
from dataclasses import dataclass

import numpy

from . import rows
from .auction import Auction
from .bars import AverageTrueRange, Bars
from .estimators import Registry
from .expiration import Expirations
from .level import Level, aggressor_orders
from .market import Market
from .micro_price import MicroPrice
from .profile import Profile
from .rows import LEVEL_COLUMNS, MARKET_COLUMNS
from .sessions import SECOND, Sessions
from .trades import Trades
from .volatility import MinuteBars, Returns

NAN = math.nan
GRID_KEPT = 3600
WINDOW_LEVELS = ("pm_high", "pm_low", "or_high", "or_low")
LEVELS = (*WINDOW_LEVELS, "sma_90")
COLUMNS = tuple(f"{level}_{body}" for level in LEVELS for body in LEVEL_COLUMNS) + MARKET_COLUMNS


@dataclass(frozen=True)
class Inputs:
    """What a run is given beside its tape. Settlements are (ts_recv, trade date, price in points)."""

    profile: Profile | None = None
    micro_price: MicroPrice | None = None
    settlements: tuple = ()
    symbol: str | None = None
    expiration: int | None = None


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

    def __init__(
        self, configuration, groups, direct_rows=2000, seed=7, inputs=Inputs(), collector=None, sampler=None
    ):
        self.configuration, self.groups, self.inputs = configuration, groups, inputs
        self.registry = Registry(keep_history=direct_rows > 0)
        generator = numpy.random.default_rng(seed)
        wanted = min(direct_rows, len(groups))
        self.direct_rows = set(generator.choice(len(groups), wanted, replace=False).tolist())
        self.sessions = Sessions(groups[0].ts_event, groups[-1].ts_event, configuration)
        self.market = Market(self.registry, inputs.profile, inputs.micro_price)
        self.trades = Trades(configuration, self.registry, inputs.profile)
        self.returns = Returns(configuration, inputs.profile, self.market.grid)
        self.minute_rows = MinuteBars(configuration)
        self.auction = Auction(inputs.profile, inputs.settlements, self.sessions.sessions)
        self.expirations = Expirations(inputs.symbol, inputs.expiration)
        self.collector, self.sampler = collector, sampler
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
                    row, row_scales = self.levels[name].row(self.moment, self.market, self.session)
                    matrix[index, position : position + len(LEVEL_COLUMNS)] = list(row.values())
                    self._keep(scales, index, row_scales, f"{name}_")
                position += len(LEVEL_COLUMNS)
            row, row_scales = self.market_row()
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

    @property
    def unmet(self):
        """What a feature row may need and this run did not have; call after `run`."""
        inputs = self.inputs
        absent = {
            rows.PROFILE: inputs.profile is None,
            rows.MICRO_PRICE: inputs.micro_price is None,
            rows.SETTLEMENTS: not inputs.settlements,
            rows.EXPIRATION: math.isnan(self.expirations.days_left(self.session.trade_date)),
            rows.REGULAR_HOURS: not any(day.rth.last is not None for day in self.auction.days.values()),
            rows.PRIOR_DAY: not self.auction.had_prior,
            rows.TWENTY_DAYS: len(self.auction.days) <= 20,
        }
        return frozenset(need for need, missing in absent.items() if missing)

    def market_row(self):
        row, scales = self.market.row(self.moment, self.session)
        mid = self.market.mid_at(self.moment)
        volume = self.market.session_volume
        self.trades.fill(row, scales, self.moment, self.session)
        self.returns.fill(row, self.moment, self.session, self.market.spread.start)
        row.update(self.minute_rows.values)
        self.auction.fill(row, scales, self.moment, NAN if mid is None else mid, self.clock, volume)
        row["trading_days_to_futures_expiration"] = self.expirations.days_left(self.session.trade_date)
        return row, scales

    # One group

    def step(self, group):
        moment = max(self.moment, group.ts_event)
        hold_until = self.market.hold_until if self.market.mid_half_ticks is not None else 0
        self.moment = moment
        self.clock = max(self.clock, group.clock)
        self.market.expire(moment)
        if self.collector and self.session is not None:
            self.collector.advance(moment)
        self._begin_session(moment)
        for level in self.levels.values():
            if level.active:
                level.advance(moment, hold_until)
        is_open = moment < self.session.close
        self._records(group, moment, is_open)
        self._close_seconds(max(self.event_time, moment), self.clock)
        self._activate_average(moment, is_open)
        changes = []
        self.market.apply(group, moment, is_open, self.session.close, changes)
        for level in self.levels.values():
            if level.active:
                level.apply(group, moment, self.market, changes)
        self.trades.apply(group.trades, moment, self.market)
        if is_open:
            self.auction.apply(group.trades, moment)
        if self.collector:
            self.collector.apply(group, moment, self.market, aggressor_orders(group.trades))
        if self.sampler:
            self.sampler.apply(moment, self.market, self.session)
        self._count(group, changes, is_open)

    def finish_session(self):
        """Closes the seconds that the last session has after its last group."""
        self._close_seconds(self.session.close, 0)

    def _close_seconds(self, event_time, clock):
        for second, mid in self.market.close_seconds(event_time, clock):
            self.trades.second_closed(second, mid)

    def _begin_session(self, moment):
        session = self.sessions.at(moment)
        start = moment if self.session is None else session.open
        if self.session is None:
            self.market.reset_session(start)
        elif session is not self.session:
            self._close_seconds(session.open, 0)  # seconds before the opening end in the state they had
            self.market.reset_session(start)
            self.market.open_session(start)
        if session is not self.session:
            self.rth_reset = start
            self.trades.reset_session(start)
            self.auction.reset_session(session)
            if self.collector:
                self.collector.begin(session, start, self.market)
                self.collector.advance(moment)
            self.market.forget_before(start // SECOND - GRID_KEPT)
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
            self.minute_rows.add(*finished[1:])
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
