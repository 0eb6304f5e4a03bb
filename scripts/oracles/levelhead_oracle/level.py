"""One price level: approach side, tests, and the features B.1 to B.6 (FEATURES A.10, A.11, B)."""

import math

from .book import ASK, BID
from .market import quotient
from .rows import LEVEL_COLUMNS
from .sessions import SECOND

NAN = math.nan


def sign(value):
    return (value > 0) - (value < 0)


def aggressor_orders(trades):
    """All T records of a group with the same D, as {D: [records]}; D = 0 makes one order too (K.3-32)."""
    orders = {}
    for trade in trades:
        orders.setdefault(trade[3], []).append(trade)
    return orders


class Level:
    """Inactive until `activate`; prices and distances in ticks."""

    def __init__(self, name, configuration, registry):
        self.name, self.configuration, self.registry = name, configuration, registry
        self.active = False
        self.log = []

    def activate(self, moment, price, mid):
        """`mid` is the mid in force before the activating group, or None (K.3-21)."""
        registry = self.registry
        self.active, self.start = True, moment
        self.set_price(price)
        self.slope = 0.0
        self.side, self.previous_sign = NAN, None
        if mid is not None:
            self.previous_sign = sign(mid - price)
            self._set_side(mid - price)
        self.in_test, self.test_side, self.test_start = False, NAN, None
        self.touches = self.rejections = self.breaks = self.last_outcome = 0
        self.last_touch = self.last_cross = None
        self.near, self.near_nanos, self.last = False, 0, moment
        self.penetration = self.session_penetration = 0.0
        self.test_delta = self.test_fills = 0
        self.test_displayed = None
        self.closes_beyond = 0
        self.volume = self.band_volume = 0
        self.flow = {
            (side, kind): registry.total(30.0) for side in (BID, ASK) for kind in ("added", "cancelled", "filled")
        }
        self.delta, self.unsigned = registry.total(30.0), registry.total(30.0)
        self.toward = registry.total(30.0)
        self.large, self.band_60 = registry.total(60.0), registry.total(60.0)
        self.orders = registry.total(10.0)
        self.beyond, self.all_60 = registry.total(60.0), registry.total(60.0)
        singles = (self.delta, self.unsigned, self.toward, self.large, self.band_60, self.orders)
        for estimator in (*self.flow.values(), *singles, self.beyond, self.all_60):
            estimator.reset(moment)
        self.depth_mean = registry.mean(60.0)
        self.depth_mean.reset(moment)
        self.log.append(("activated", moment, price, self.side))

    def deactivate(self):
        self.active = False

    def set_price(self, price):
        self.price = price
        self.tick = math.floor(price + 0.5)

    @property
    def passive(self):
        return self._passive_side(self.side)

    @staticmethod
    def _passive_side(side):
        return None if math.isnan(side) else ASK if side > 0 else BID

    def _set_side(self, distance):
        reset = self.configuration.reset
        if distance <= -reset:
            self.side = 1.0
        elif distance >= reset:
            self.side = -1.0
        elif math.isnan(self.side) and distance != 0:
            self.side = 1.0 if distance < 0 else -1.0

    def bar_closed(self, close):
        """A completed bar of the moving average's series, after the average has moved."""
        direction = sign(close - self.price)
        if direction == 0:
            self.closes_beyond = 0
        elif sign(self.closes_beyond) == direction:
            self.closes_beyond += direction
        else:
            self.closes_beyond = direction

    # One group, in the order of K.3-23

    def advance(self, moment, hold_until):
        """Time passes up to `moment` in the state the group before left; `hold_until` bounds its mid."""
        if self.near:
            self.near_nanos += max(0, min(moment, hold_until) - self.last)
        self.last = moment

    def apply(self, group, moment, market, changes):
        if market.open:
            self._trades(group.trades, moment, market.flows)
        if market.flows:
            self._flow(changes, moment)
        if self.in_test and market.readable:
            passive = self._passive_side(self.test_side)
            if passive is not None:
                shown = market.book.depth(passive, self.tick, self.tick)
                if not math.isnan(shown):
                    self.test_displayed = shown if self.test_displayed is None else max(self.test_displayed, shown)
        if market.valid:
            self._mid(market.book.mid_half_ticks / 2, moment)
        mid = market.mid_at(moment)
        self.near = mid is not None and abs(mid - self.price) <= self.configuration.band
        self.depth_mean.set(moment, self._passive_depth(market))

    def _trades(self, trades, moment, flows):
        settings, side = self.configuration, self.side
        for _, tick, size, aggressor in trades:
            offset = tick - self.price
            in_band = abs(tick - self.tick) <= settings.band
            self.volume += size
            self.band_volume += size if in_band else 0
            if abs(offset) <= settings.touch:
                self.last_touch = moment
                if not self.in_test:
                    self._start_test(moment)
            if self.in_test:
                reached = self.test_side * offset
                self.penetration = math.nan if math.isnan(reached) else max(self.penetration, reached)
                if not math.isnan(reached):
                    self.session_penetration = max(self.session_penetration, self.penetration)
                if flows and in_band:
                    self.test_delta += aggressor * size
        if flows and trades:
            self._trade_sums(trades, moment, side)

    def _trade_sums(self, trades, moment, side):
        settings = self.configuration
        delta = unsigned = toward = large = band = orders = beyond = 0
        for aggressor, order in aggressor_orders(trades).items():
            whole = sum(size for _, _, size, _ in order)
            inside = sum(size for _, tick, size, _ in order if abs(tick - self.tick) <= settings.band)
            delta += aggressor * inside
            unsigned += abs(aggressor) * inside
            toward += inside if aggressor == side else 0
            band += inside
            large += inside if whole >= settings.large_trade_contracts else 0
            orders += 1 if inside else 0
            beyond += sum(size for _, tick, size, _ in order if side * (tick - self.price) > 0)
        self.delta.add(moment, delta)
        self.unsigned.add(moment, unsigned)
        self.toward.add(moment, toward)
        self.large.add(moment, large)
        self.band_60.add(moment, band)
        self.orders.add(moment, orders)
        self.beyond.add(moment, beyond)
        self.all_60.add(moment, sum(size for _, _, size, _ in trades))

    def _start_test(self, moment):
        self.in_test, self.test_side, self.test_start = True, self.side, moment
        self.touches += 1
        self.penetration = 0.0
        self.test_delta = self.test_fills = 0
        self.test_displayed = None
        self.log.append(("test", moment, self.price, self.side))

    def _flow(self, changes, moment):
        band = self.configuration.band
        totals = dict.fromkeys(self.flow, 0)
        passive = self._passive_side(self.test_side) if self.in_test else None
        for side, tick, added, cancelled, filled, _, _ in changes:
            if abs(tick - self.tick) <= band:
                totals[side, "added"] += added
                totals[side, "cancelled"] += cancelled
                totals[side, "filled"] += filled
            if side == passive and tick == self.tick:
                self.test_fills += filled
        for key, total in totals.items():
            self.flow[key].add(moment, total)

    def _mid(self, mid, moment):
        distance = mid - self.price
        self._set_side(distance)
        now, before = sign(distance), self.previous_sign
        if before is not None and ((before <= 0 < now) or (before >= 0 > now)):
            self.last_cross = moment
        self.previous_sign = now
        if self.in_test and abs(distance) >= self.configuration.reset:
            self.in_test = False
            broken = self.test_side * distance > 0
            self.breaks += broken
            self.rejections += not broken
            self.last_outcome = 1 if broken else -1
            self.log.append(("break" if broken else "rejection", moment, self.price, self.test_side))

    def _passive_depth(self, market):
        if not market.readable or self.passive is None:
            return NAN
        band = self.configuration.band
        return market.book.depth(self.passive, self.tick - band, self.tick + band)

    # Reading

    def row(self, moment, market, session=None):
        """Returns {body: value} and {body: scale of rounding} at `moment`, all NaN while inactive."""
        row, scales = dict.fromkeys(LEVEL_COLUMNS, NAN), {}
        if not self.active:
            return row, scales
        self._position_row(row, moment, market)
        self._history_row(row, moment, market)
        if market.readable:
            self._depth_row(row, moment, market)
        self._flow_row(row, scales, moment, market)
        self._trade_row(row, scales, moment)
        if market.profile:
            self._profile_row(row, moment, market.profile, session)
        return row, scales

    def _position_row(self, row, moment, market):
        mid = market.mid_at(moment)
        distance = NAN if mid is None else mid - self.price
        row["distance_ticks"] = distance
        row["distance_atr"] = quotient(distance, market.average_true_range)
        row["approach_side"] = self.side
        newest = moment // SECOND - 1
        at = market.grid_mid
        row["approach_velocity_5s_ticks_per_second"] = self.side * (at(newest) - at(newest - 5)) / 5
        row["approach_velocity_30s_ticks_per_second"] = self.side * (at(newest) - at(newest - 30)) / 30
        bend = (at(newest) - at(newest - 5)) - (at(newest - 5) - at(newest - 10))
        row["approach_acceleration_5s_ticks_per_second_squared"] = self.side * bend / 25
        moved = self.side * (at(newest) - at(newest - 60))
        row["approach_efficiency_ratio_60s"] = quotient(moved, market.path_60(newest))
        row["level_slope_5_bars_ticks_per_minute"] = self.slope
        row["consecutive_closes_beyond_level_2m_count"] = float(self.closes_beyond)
        if self.last_cross is not None and mid is not None:
            row["time_since_mid_crossed_level_signed_seconds"] = sign(distance) * (moment - self.last_cross) / SECOND

    def _history_row(self, row, moment, market):
        row["touch_count"] = float(self.touches)
        if self.last_touch is not None:
            row["time_since_last_touch_seconds"] = (moment - self.last_touch) / SECOND
        since = max(0, min(moment, market.hold_until) - self.last) if self.near else 0
        row["time_near_level_session_seconds"] = (self.near_nanos + since) / SECOND
        row["current_test_duration_seconds"] = (moment - self.test_start) / SECOND if self.in_test else 0.0
        row["rejection_count"], row["break_count"] = float(self.rejections), float(self.breaks)
        row["last_test_outcome_code"] = float(self.last_outcome)
        row["max_penetration_current_test_ticks"] = self.penetration if self.in_test else 0.0
        row["max_penetration_session_ticks"] = self.session_penetration

    def _depth_row(self, row, moment, market):
        book, tick, band = market.book, self.tick, self.configuration.band
        bid, ask = book.depth(BID, tick - band, tick + band), book.depth(ASK, tick - band, tick + band)
        row["bid_depth_in_band_contracts"], row["ask_depth_in_band_contracts"] = bid, ask
        row["bid_depth_at_level_contracts"] = book.depth(BID, tick, tick)
        row["ask_depth_at_level_contracts"] = book.depth(ASK, tick, tick)
        if market.valid:
            row["queue_imbalance_in_band"] = quotient(bid - ask, bid + ask)
            bids = book.depth(BID, tick - band, tick + band, counts=True)
            asks = book.depth(ASK, tick - band, tick + band, counts=True)
            row["order_count_imbalance_in_band"] = quotient(bids - asks, bids + asks)
        passive = self.passive
        if passive is None:
            return
        mean = market.mean_size[passive]
        if moment - mean.start >= 300 * SECOND:
            ratio = quotient(row[f"{passive}_depth_at_level_contracts"], mean.read(moment))
            row["passive_depth_at_level_to_session_average_ratio"] = ratio
        shown = self._passive_depth(market)
        visible = self.depth_mean.defined_nanos
        if not math.isnan(shown) and visible >= 60 * SECOND:
            average = self.depth_mean.read(moment)
            row["passive_depth_in_band_hl60s_log_ratio"] = math.log((shown + 1) / (average + 1))
        beyond = self.configuration.beyond
        if passive == ASK:
            before, after = (-math.inf, tick - 1), (tick + 1, tick + beyond)
        else:
            before, after = (tick + 1, math.inf), (tick - beyond, tick - 1)
        row["depth_to_level_contracts"] = book.depth(passive, *before)
        row["depth_beyond_level_8_ticks_contracts"] = book.depth(passive, *after)
        near = [(size, n) for n, size, _ in book.levels(passive) if abs(n - tick) <= 10]
        if near:
            best = max(near, key=lambda entry: (entry[0], -abs(entry[1] - tick), self.side * (entry[1] - tick) > 0))
            row["max_passive_queue_offset_ticks"] = self.side * (best[1] - tick)

    def _profile_row(self, row, moment, profile, session):
        if self.passive is not None:
            usual = profile.mean(f"{self.passive}_size_per_level_contracts", moment, session)
            shown = row[f"{self.passive}_depth_at_level_contracts"]
            row["passive_depth_at_level_time_of_day_ratio"] = quotient(shown, usual)
        usual = profile.mean("traded_contracts_per_second", moment, session)
        row["volume_in_band_hl60s_time_of_day_ratio"] = quotient(self.band_60.rate(moment), usual)

    def _flow_row(self, row, scales, moment, market):
        sums = {key: total.read(moment) for key, total in self.flow.items()}
        for (side, kind), total in self.flow.items():
            row[f"{side}_{kind}_in_band_hl30s_contracts_per_second"] = total.rate(moment)
        net = {side: sums[side, "added"] - sums[side, "cancelled"] - sums[side, "filled"] for side in (BID, ASK)}
        row["order_flow_imbalance_in_band_hl30s"] = quotient(net[BID] - net[ASK], sum(sums.values()))
        scales["order_flow_imbalance_in_band_hl30s"] = 1.0
        passive = self.passive
        if passive is not None:
            added, cancelled, filled = (sums[passive, kind] for kind in ("added", "cancelled", "filled"))
            row["passive_cancel_to_add_ratio_hl30s"] = quotient(cancelled, added)
            row["passive_replenishment_ratio_hl30s"] = quotient(added, cancelled + filled)
        if self.in_test and self.test_displayed:
            row["traded_to_displayed_ratio_current_test"] = self.test_fills / self.test_displayed
        newest = moment // SECOND - 1
        if moment - self.start >= 30 * SECOND:
            moved = self.side * (market.grid_mid(newest) - market.grid_mid(newest - 30))
            if not math.isnan(moved):
                row["absorption_hl30s_contracts_per_tick"] = self.toward.read(moment) / (1 + max(0.0, moved))

    def _trade_row(self, row, scales, moment):
        delta, unsigned = self.delta.read(moment), self.unsigned.read(moment)
        row["delta_in_band_hl30s_contracts"] = delta
        scales["delta_in_band_hl30s_contracts"] = self.unsigned.scale(moment)
        row["delta_current_test_contracts"] = float(self.test_delta) if self.in_test else 0.0
        row["trade_imbalance_in_band_hl30s"] = quotient(delta, unsigned)
        scales["trade_imbalance_in_band_hl30s"] = 1.0
        row["large_trade_share_in_band_hl60s"] = quotient(self.large.read(moment), self.band_60.read(moment))
        row["trade_intensity_in_band_hl10s_trades_per_second"] = self.orders.rate(moment)
        row["volume_in_band_session_share"] = quotient(self.band_volume, self.volume)
        row["volume_beyond_level_share_hl60s"] = quotient(self.beyond.read(moment), self.all_60.read(moment))
