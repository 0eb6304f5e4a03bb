"""VWAP, volume profile, gap, ranges and the clock, C-83 to C-112 (FEATURES C.5, C.6, K.3-54 to 61)."""

import bisect
import math
from collections import deque
from datetime import datetime, timezone

import numpy

from .market import quotient
from .sessions import NEW_YORK, SECOND
from .volatility import yang_zhang

NAN = math.nan
OVERNIGHT_SESSIONS = 20
DAILY_BARS = 21
SLOPE_NANOS = 300 * SECOND


class VolumeWeightedPrice:
    """Sums of integer ticks from the anchor's first price, so that the variance is exact."""

    def __init__(self):
        self.first = None
        self.volume = self.moment_1 = self.moment_2 = 0

    def add(self, tick, size):
        self.first = tick if self.first is None else self.first
        offset = tick - self.first
        self.volume += size
        self.moment_1 += offset * size
        self.moment_2 += offset * offset * size

    @property
    def value(self):
        return self.first + self.moment_1 / self.volume if self.volume else NAN

    @property
    def deviation(self):
        """NaN where it is 0."""
        squared = self.volume * self.moment_2 - self.moment_1**2
        return math.sqrt(squared) / self.volume if squared > 0 else NAN


class Extremes:
    """First, last, highest and lowest price of a window."""

    def __init__(self):
        self.first = self.last = self.high = self.low = None

    def add(self, tick):
        if self.first is None:
            self.first = self.high = self.low = tick
        self.last, self.high, self.low = tick, max(self.high, tick), min(self.low, tick)

    @property
    def range(self):
        return NAN if self.first is None else float(self.high - self.low)


def value_area(volumes):
    """(point of control, value area high, value area low) of {tick: contracts}."""
    high, low = max(volumes), min(volumes)
    control = min(volumes, key=lambda tick: (-volumes[tick], abs(2 * tick - high - low), tick))
    total, inside = sum(volumes.values()), volumes[control]
    top = bottom = control
    while 10 * inside < 7 * total:
        above = volumes.get(top + 1, 0) if top < high else -1
        below = volumes.get(bottom - 1, 0) if bottom > low else -1
        if above >= below:
            top += 1
            inside += above
        else:
            bottom -= 1
            inside += below
    return control, top, bottom


class Day:
    """What one session's trades left behind."""

    def __init__(self):
        self.overnight, self.rth, self.initial_balance, self.since_open = (Extremes() for _ in range(4))
        self.volumes = {}
        self.rth_price = VolumeWeightedPrice()
        self.areas = None


def latest_settlement(records, trade_date, clock):
    """Price in points of the last final settlement of a trade date known at `clock`; NaN if none or deleted."""
    price = NAN
    for received, date, value in records:
        if received <= clock and date == trade_date:
            price = value
    return price


class Auction:
    def __init__(self, profile, settlements, sessions):
        self.profile, self.sessions = profile, sessions
        self.settlements = sorted(settlements, key=lambda record: record[0])
        self.days = {}
        self.today = self.session = None
        self.had_prior = False

    def reset_session(self, session):
        self.finish_seconds()
        self.session, self.today = session, Day()
        self.days[session.index] = self.today
        self.price, self.history_times, self.history = VolumeWeightedPrice(), [], []
        self.pending, self.areas_stale = deque(), True
        before = [day for index, day in sorted(self.days.items()) if index < session.index]
        ranges = [day.overnight.range for day in before if day.overnight.first is not None]
        ranges = ranges[-OVERNIGHT_SESSIONS:]
        self.average_range = sum(ranges) / OVERNIGHT_SESSIONS if len(ranges) == OVERNIGHT_SESSIONS else NAN
        self.daily_variance = self._daily_variance([day.rth for day in before if day.rth.first is not None])
        prior = self.days.get(session.index - 1)
        self.prior = prior if prior is not None and prior.rth.first is not None else None
        self.had_prior = self.had_prior or self.prior is not None

    @staticmethod
    def _daily_variance(bars):
        if len(bars) < DAILY_BARS:
            return NAN
        columns = ((bar.first, bar.high, bar.low, bar.last) for bar in bars[-DAILY_BARS:])
        return float(yang_zhang(*numpy.array(list(columns), dtype=numpy.float64).T))

    def finish_seconds(self, before=None):
        """Trades of completed seconds enter the profile."""
        if self.today is None:
            return
        while self.pending and (before is None or self.pending[0][0] < before):
            _, tick, size = self.pending.popleft()
            self.today.volumes[tick] = self.today.volumes.get(tick, 0) + size
            self.areas_stale = True
        if self.areas_stale and self.today.volumes:
            self.today.areas, self.areas_stale = value_area(self.today.volumes), False

    def apply(self, trades, moment):
        """Trades of a group while the market is open."""
        session, today = self.session, self.today
        for _, tick, size, _ in trades:
            self.price.add(tick, size)
            if session.rth_open is None:
                continue
            if moment < session.rth_open:
                today.overnight.add(tick)
                continue
            today.since_open.add(tick)
            if moment < session.initial_balance_end:
                today.initial_balance.add(tick)
            if moment < session.rth_close:
                today.rth.add(tick)
                today.rth_price.add(tick, size)
                self.pending.append((moment // SECOND, tick, size))
        if trades:
            self.history_times.append(moment)
            self.history.append(self.price.value)

    def fill(self, row, scales, moment, mid, clock, session_volume):
        """`mid` in ticks or NaN."""
        self._prices(row, scales, moment, mid)
        if self.session.in_rth(moment):
            self._regular_hours(row, scales, moment, mid)
        self._prior(row, mid, clock)
        if self.session.rth_open is not None and moment >= self.session.rth_open:
            self._since_open(row, moment)
        if self.daily_variance > 0:
            row["yang_zhang_volatility_20d_annualized_percent"] = math.sqrt(self.daily_variance * 252) * 100
        if self.profile:
            expected = self.profile.volume(moment, self.session)
            row["session_volume_time_of_day_ratio"] = quotient(session_volume, expected)
        self._clock(row, moment)

    def _prices(self, row, scales, moment, mid):
        def distance(anchor, price):
            away, deviation = mid - price.value, price.deviation
            row[f"vwap_{anchor}_distance_ticks"] = away
            row[f"vwap_{anchor}_zscore"] = away / deviation
            scales[f"vwap_{anchor}_zscore"] = 0.0 if math.isnan(deviation) else max(1.0, 1 / deviation)

        distance("session", self.price)
        if self.session.in_rth(moment):
            distance("rth", self.today.rth_price)
        index = bisect.bisect_right(self.history_times, moment - SLOPE_NANOS) - 1
        if index >= 0:
            row["vwap_session_slope_w300s_ticks_per_minute"] = (self.price.value - self.history[index]) / 5

    def _regular_hours(self, row, scales, moment, mid):
        self.finish_seconds(moment // SECOND)
        if self.today.areas is not None:
            control, high, low = self.today.areas
            row["point_of_control_rth_distance_ticks"] = mid - control
            row["value_area_high_rth_distance_ticks"] = mid - high
            row["value_area_low_rth_distance_ticks"] = mid - low
            row["value_area_width_rth_ticks"] = float(high - low)
        hours = self.today.rth
        if hours.first is None:
            return
        row["rth_return_bps"] = 1e4 * math.log(mid / hours.first)
        row["rth_range_position"] = quotient(mid - hours.low, hours.range)
        row["rth_range_ticks"] = hours.range or NAN

    def _prior(self, row, mid, clock):
        if self.prior is not None:
            control, high, low = self.prior.areas
            row["prior_point_of_control_distance_ticks"] = mid - control
            row["prior_value_area_high_distance_ticks"] = mid - high
            row["prior_value_area_low_distance_ticks"] = mid - low
        if self.settlements and self.session.index > 0:
            settled = self._prior_settlement(clock)
            row["prior_settlement_distance_bps"] = 1e4 * math.log(mid * 0.25 / settled)

    def _prior_settlement(self, clock):
        """Of the trade date before this one; where that is a holiday and has none, of the one before it."""
        for session in reversed(self.sessions[: self.session.index]):
            settled = latest_settlement(self.settlements, session.trade_date, clock)
            if session.rth_open is not None or not math.isnan(settled):
                return settled
        return NAN

    def _since_open(self, row, moment):
        today, opened = self.today, self.today.since_open
        if not math.isnan(today.overnight.range):
            row["overnight_range_to_20d_average_ratio"] = quotient(today.overnight.range, self.average_range)
        if self.prior is not None and today.rth.first is not None:
            gap = today.rth.first - self.prior.rth.last
            row["opening_gap_ticks"] = float(gap)
            if abs(gap) >= 1:
                moved = today.rth.first - opened.low if gap > 0 else opened.high - today.rth.first
                row["opening_gap_fill_fraction"] = min(1.0, max(0.0, moved / abs(gap)))
        if moment >= self.session.initial_balance_end and today.initial_balance.range > 0:
            balance = today.initial_balance
            row["initial_balance_range_ticks"] = balance.range
            above, below = max(0, today.rth.high - balance.high), max(0, balance.low - today.rth.low)
            row["initial_balance_extension_ratio"] = (above - below) / balance.range

    def _clock(self, row, moment):
        session = self.session
        if session.rth_open is not None:
            row["minutes_since_rth_open"] = (moment - session.rth_open) / (60 * SECOND)
            row["minutes_to_rth_close"] = (session.rth_close - moment) / (60 * SECOND)
        local = datetime.fromtimestamp(moment // SECOND, timezone.utc).astimezone(NEW_YORK)
        seconds = local.hour * 3600 + local.minute * 60 + local.second + moment % SECOND / SECOND
        row["time_of_day_sine"] = math.sin(2 * math.pi * seconds / 86400)
        row["time_of_day_cosine"] = math.cos(2 * math.pi * seconds / 86400)
        row["session_segment_code"] = float(segment(session, moment))
        row["is_rth_code"] = float(session.in_rth(moment))


def segment(session, moment):
    """C-110; days without regular hours know 0, 1 and, from the time they would open, 7."""
    opened, *bounds = session.segment_bounds
    if moment >= session.close:
        return -1
    if moment < opened:
        return 0 if moment < session.premarket[0] else 1
    if session.rth_close is None or moment >= session.rth_close:
        return 7
    if moment < session.opening_range[1]:
        return 2
    return 3 + sum(moment >= bound for bound in bounds)
