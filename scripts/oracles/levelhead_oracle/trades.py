"""Trades and their price impact, C-47 to C-65 and the rates of C-44, 55 (FEATURES C.3, K.3-41 to 49)."""

import math
from collections import deque

from .level import aggressor_orders
from .market import quotient
from .sessions import SECOND

NAN = math.nan
VPIN_BUCKETS = 50
ROLL_ORDERS = 100
KYLE_SECONDS = 300
ROLLING_SECONDS = 300
IMPACT_SECONDS = 5


class VolumeBuckets:
    """VPIN: equal volumes in trade order, split at their edges; never reset."""

    def __init__(self, mean_session_volume):
        known = not math.isnan(mean_session_volume)
        self.size = max(1, round(mean_session_volume / VPIN_BUCKETS)) if known else None
        self.filled, self.balance = 0, 0.0
        self.shares = deque(maxlen=VPIN_BUCKETS)

    def add(self, size, sign):
        while self.size is not None and size > 0:
            part = min(size, self.size - self.filled)
            self.balance += sign * part  # half and half of an unknown side leaves the balance
            self.filled += part
            size -= part
            if self.filled == self.size:
                self.shares.append(abs(self.balance) / self.size)
                self.filled, self.balance = 0, 0.0

    @property
    def value(self):
        return sum(self.shares) / VPIN_BUCKETS if len(self.shares) == VPIN_BUCKETS else NAN


class KyleLambda:
    """Regression through the origin of one-second mid changes on signed volume; never reset."""

    def __init__(self, registry):
        self.products, self.squares = registry.total(1800.0), registry.total(1800.0)
        self.signed, self.previous = 0, NAN
        self.start = None

    def add(self, signed):
        self.signed += signed

    def second_closed(self, end, mid):
        change, volume = mid - self.previous, self.signed / 100
        self.previous, self.signed = mid, 0
        if not math.isnan(change):
            self.products.add(end, change * volume)
            self.squares.add(end, volume * volume)

    def read(self, moment):
        """(value, scale of rounding)"""
        if moment - self.start < KYLE_SECONDS * SECOND:
            return NAN, NAN
        squares = self.squares.read(moment)
        return quotient(self.products.read(moment), squares), quotient(self.products.scale(moment), squares)


class RollSpread:
    """Serial covariance of order-to-order price changes; both means over the same orders."""

    def __init__(self, registry):
        self.sums = [registry.total(300.0) for _ in range(4)]

    def reset(self, start):
        for total in self.sums:
            total.reset(start)
        self.orders, self.price, self.change = 0, None, None

    def add(self, moment, price):
        self.orders += 1
        if self.price is not None:
            change = price - self.price
            if self.change is not None:
                for total, value in zip(self.sums, (change * self.change, change, self.change, 1)):
                    total.add(moment, value)
            self.change = change
        self.price = price

    def read(self, moment):
        """(value, scale of rounding)"""
        if self.orders < ROLL_ORDERS:
            return NAN, NAN
        product, change, before, weight = (total.read(moment) for total in self.sums)
        if not weight:
            return NAN, NAN
        covariance = product / weight - (change / weight) * (before / weight)
        if not covariance < 0:
            return NAN, NAN
        root = math.sqrt(-covariance)
        return 2 * root, self.sums[0].scale(moment) / weight / root


class WeightedMean:
    """Size-weighted mean with exponentially fading weights."""

    def __init__(self, registry):
        self.values, self.weights = registry.total(60.0), registry.total(60.0)

    def reset(self, start):
        self.values.reset(start)
        self.weights.reset(start)

    def add(self, moment, size, value):
        self.values.add(moment, size * value)
        self.weights.add(moment, size)

    def read(self, moment):
        weight = self.weights.read(moment)
        return quotient(self.values.read(moment), weight), quotient(self.values.scale(moment), weight)


class Trades:
    def __init__(self, configuration, registry, profile):
        self.large = configuration.large_trade_contracts
        self.profile = profile
        self.buys, self.sells = registry.total(60.0), registry.total(60.0)
        self.signed = {half_life: registry.total(half_life) for half_life in (10.0, 60.0, 300.0)}
        self.unsigned = {half_life: registry.total(half_life) for half_life in (10.0, 60.0, 300.0)}
        self.orders = {half_life: registry.total(half_life) for half_life in (10.0, 60.0)}
        self.volume, self.large_volume, self.swept = (registry.total(60.0) for _ in range(3))
        self.effective, self.realized, self.impact = (WeightedMean(registry) for _ in range(3))
        self.roll, self.kyle = RollSpread(registry), KyleLambda(registry)
        self.vpin = VolumeBuckets(profile.mean_session_volume if profile and profile.usable else NAN)

    def reset_session(self, start):
        if self.kyle.start is None:
            self.kyle.start = start
        totals = [self.buys, self.sells, self.volume, self.large_volume, self.swept, self.roll]
        totals += [*self.signed.values(), *self.unsigned.values(), *self.orders.values()]
        for estimator in (*totals, self.effective, self.realized, self.impact):
            estimator.reset(start)
        self.delta, self.rolling, self.rolling_sum = 0, deque(), 0
        self.pending = deque()

    def second_closed(self, second, mid):
        end = (second + 1) * SECOND
        self.kyle.second_closed(end, mid)
        while self.pending and self.pending[0][0] <= second:
            _, trades, before = self.pending.popleft()
            if not math.isnan(mid):
                self._settle(end, trades, before, mid)

    def _settle(self, end, trades, before, mid):
        for _, tick, size, sign in trades:
            if sign:
                self.realized.add(end, size, 2 * sign * (tick - mid))
                if before is not None:
                    self.impact.add(end, size, 2 * sign * (mid - before))

    def apply(self, trades, moment, market):
        """`market` after the group; nothing is counted while flows are frozen."""
        if not market.flows or not trades:
            return
        orders = aggressor_orders(trades)
        size_of = {sign: sum(trade[2] for trade in order) for sign, order in orders.items()}
        buy, sell, whole = size_of.get(1, 0), size_of.get(-1, 0), sum(size_of.values())
        self.buys.add(moment, buy)
        self.sells.add(moment, sell)
        for half_life in self.signed:
            self.signed[half_life].add(moment, buy - sell)
            self.unsigned[half_life].add(moment, buy + sell)
        for total in self.orders.values():
            total.add(moment, len(orders))
        self.volume.add(moment, whole)
        self.large_volume.add(moment, sum(size for size in size_of.values() if size >= self.large))
        swept = [sign for sign, order in orders.items() if len({trade[1] for trade in order}) > 1]
        self.swept.add(moment, sum(size_of[sign] for sign in swept))
        self._count_signed(moment, buy - sell)
        for _, _, size, sign in trades:
            self.vpin.add(size, sign)
        for order in orders.values():
            self.roll.add(moment, order[-1][1])
        before = market.before.mid_half_ticks / 2 if market.was_valid else None
        if before is not None and market.before.bids[0][0] != market.before.asks[0][0]:
            for _, tick, size, sign in trades:
                if sign:
                    self.effective.add(moment, size, 2 * sign * (tick - before))
        self.pending.append((moment // SECOND + IMPACT_SECONDS, trades, before))

    def _count_signed(self, moment, signed):
        self.delta += signed
        self.kyle.add(signed)
        self.rolling.append((moment // SECOND, signed))
        self.rolling_sum += signed

    def fill(self, row, scales, moment, session):
        row["buy_volume_hl60s_contracts_per_second"] = self.buys.rate(moment)
        row["sell_volume_hl60s_contracts_per_second"] = self.sells.rate(moment)
        for half_life in self.signed:
            name = f"trade_imbalance_hl{half_life:.0f}s"
            row[name] = quotient(self.signed[half_life].read(moment), self.unsigned[half_life].read(moment))
            scales[name] = 1.0
        row["cumulative_volume_delta_session_contracts"] = float(self.delta)
        while self.rolling and self.rolling[0][0] <= moment // SECOND - ROLLING_SECONDS:
            self.rolling_sum -= self.rolling.popleft()[1]
        row["cumulative_volume_delta_change_w300s_contracts"] = float(self.rolling_sum)
        row["trade_intensity_hl10s_trades_per_second"] = self.orders[10.0].rate(moment)
        if self.profile:
            mean = self.profile.mean("aggressor_orders_per_second", moment, session)
            row["trade_intensity_time_of_day_ratio"] = quotient(self.orders[60.0].rate(moment), mean)
        volume = self.volume.read(moment)
        row["average_trade_size_hl60s_contracts"] = quotient(volume, self.orders[60.0].read(moment))
        row["large_trade_share_hl60s"] = quotient(self.large_volume.read(moment), volume)
        row["multi_price_sweep_share_hl60s"] = quotient(self.swept.read(moment), volume)
        row["vpin"] = self.vpin.value
        for name, source in (
            ("kyle_lambda_hl1800s_ticks_per_100_contracts", self.kyle),
            ("roll_spread_hl300s_ticks", self.roll),
            ("effective_spread_hl60s_ticks", self.effective),
            ("realized_spread_5s_hl60s_ticks", self.realized),
            ("price_impact_5s_hl60s_ticks", self.impact),
        ):
            row[name], scale = source.read(moment)
            scales[name] = 0.0 if math.isnan(scale) else scale
