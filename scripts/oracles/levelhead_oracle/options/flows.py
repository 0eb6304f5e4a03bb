"""Sums over option trades: session volumes and exponential sums of half-life 300 s (B-55...57, C-121, 123...128)."""

import math

import numpy

from ..sessions import SECOND
from .catalogue import RELATIVE

NAN = math.nan
HALF_LIFE = 300.0


class Sum:
    """E_300 with a clock of its own: the newest event time that was added. Keeps its history by ring position."""

    def __init__(self):
        self.value = self.gross = 0.0
        self.clock = -(2**62)
        self.history = [(-1, 0.0, 0.0, 0)]

    def add(self, position, event, value, slack=0.0):
        """`slack`: how far rounding of the price may move the value; tolerated in the comparison."""
        if value == 0.0 or math.isnan(value):
            return
        clock = max(self.clock, event)
        keep, enter = decay(clock - self.clock), decay(clock - event)
        self.value = self.value * keep + value * enter
        self.gross = self.gross * keep + (abs(value) + slack / RELATIVE) * enter
        self.clock = clock
        self.history.append((position, self.value, self.gross, clock))

    def reset(self, position):
        self.value = self.gross = 0.0
        self.clock = -(2**62)
        self.history.append((position, 0.0, 0.0, 0))

    def read(self, positions, moments):
        """(values, sums of magnitudes) at rows of these ring positions and group times."""
        known = numpy.array([entry[0] for entry in self.history])
        which = numpy.searchsorted(known, positions, side="right") - 1
        values, gross = (numpy.array([entry[column] for entry in self.history])[which] for column in (1, 2))
        clocks = numpy.array([entry[3] for entry in self.history], numpy.int64)[which]
        factor = numpy.exp2(-numpy.maximum(moments - clocks, 0) / SECOND / HALF_LIFE)
        return values * factor, gross * factor


def decay(nanos):
    return 0.0 if nanos > 2**61 else 2.0 ** (-(nanos / SECOND) / HALF_LIFE)


class Count:
    """A plain sum with its history."""

    def __init__(self):
        self.value = 0
        self.history = [(-1, 0)]

    def add(self, position, value):
        self.value += value
        self.history.append((position, self.value))

    def reset(self, position):
        self.value = 0
        self.history.append((position, 0))

    def read(self, positions):
        known = numpy.array([entry[0] for entry in self.history])
        which = numpy.searchsorted(known, positions, side="right") - 1
        return numpy.array([entry[1] for entry in self.history], float)[which]


MARKET_SUMS = ("call_premium", "put_premium", "delta", "vega")
MARKET_COUNTS = ("call_volume", "put_volume", "zero_dte_volume", "unsigned_volume")


def share(part, whole):
    return numpy.divide(part, whole, out=numpy.full(len(whole), NAN), where=whole != 0)


class MarketFlows:
    def __init__(self):
        self.sums = {name: Sum() for name in MARKET_SUMS}
        self.counts = {name: Count() for name in MARKET_COUNTS}

    def reset(self, position):
        for each in (*self.sums.values(), *self.counts.values()):
            each.reset(position)

    def add(self, trade, today):
        place = trade.position, trade.event
        side = "call" if trade.sign > 0 else "put"
        premium = trade.direction * trade.size * trade.price * trade.multiplier
        self.sums[f"{side}_premium"].add(*place, premium)
        self.sums["delta"].add(*place, trade.direction * trade.size * trade.delta, trade.size * trade.delta_slack)
        self.sums["vega"].add(*place, trade.direction * trade.size * trade.vega * trade.multiplier,
                              trade.size * trade.multiplier * trade.vega_slack)
        self.counts[f"{side}_volume"].add(trade.position, trade.size)
        if today:
            self.counts["zero_dte_volume"].add(trade.position, trade.size)
        if trade.direction == 0:
            self.counts["unsigned_volume"].add(trade.position, trade.size)

    def columns(self, positions, moments):
        """name -> values, and name -> scale."""
        values, scales = {}, {}
        names = {
            "call_premium": "signed_call_premium_hl300s_usd", "put_premium": "signed_put_premium_hl300s_usd",
            "delta": "net_option_delta_flow_hl300s_contracts",
            "vega": "net_option_vega_flow_hl300s_usd_per_vol_point",
        }
        for key, name in names.items():
            values[name], scales[name] = self.sums[key].read(positions, moments)
        counts = {key: each.read(positions) for key, each in self.counts.items()}
        total = counts["call_volume"] + counts["put_volume"]
        values["put_call_volume_ratio_session"] = share(counts["put_volume"], counts["call_volume"])
        values["zero_dte_volume_share_session"] = share(counts["zero_dte_volume"], total)
        values["unclassified_option_volume_share_session"] = share(counts["unsigned_volume"], total)
        return values, scales


class LevelFlows:
    """B-55...57 of one level; `price` and `began` per row as levels.prices gives them."""

    def __init__(self, name, price, began, positions):
        self.name, self.price, self.began, self.positions = name, price, began, positions
        self.delta, self.premium, self.near, self.all = Sum(), Sum(), Count(), Count()
        self._activation = -1

    def _follow(self, row):
        """Zeroes everything when the level activates; returns whether it is active at the row."""
        began = self.began[row] if row >= 0 else -1
        if began != self._activation:
            self._activation = began
            if began >= 0:
                for each in (self.delta, self.premium, self.near, self.all):
                    each.reset(int(self.positions[began]))
        return began >= 0

    def add(self, trade, row, near_points):
        """`row` is the last row before the trade, -1 if there is none."""
        if not self._follow(row):
            return
        self.all.add(trade.position, trade.size)
        if not abs(trade.strike - self.price[row]) <= near_points:
            return
        self.near.add(trade.position, trade.size)
        self.delta.add(trade.position, trade.event, trade.direction * trade.size * trade.delta,
                       trade.size * trade.delta_slack)
        premium = trade.direction * trade.size * trade.price * trade.multiplier * trade.sign
        self.premium.add(trade.position, trade.event, premium)

    def columns(self, moments):
        """After the last trade. An activation that no trade followed is known from the row's own activation."""
        values, scales = {}, {}
        active = self.began >= 0
        for each, body in ((self.delta, "net_option_delta_flow_near_level_hl300s_contracts"),
                           (self.premium, "net_option_premium_near_level_hl300s_usd")):
            value, gross = each.read(self.positions, moments)
            fresh = self._fresh(each)
            name = f"{self.name}_{body}"
            values[name] = numpy.where(active, numpy.where(fresh, 0.0, value), NAN)
            scales[name] = numpy.where(fresh, 0.0, gross)
        near, total = self.near.read(self.positions), self.all.read(self.positions)
        near, total = numpy.where(self._fresh(self.near), 0, near), numpy.where(self._fresh(self.all), 0, total)
        name = f"{self.name}_option_volume_near_level_session_share"
        values[name] = numpy.where(active, share(near, total), NAN)
        return values, scales

    def _fresh(self, each):
        """Rows of an activation that began after the last change of the sum."""
        known = numpy.array([entry[0] for entry in each.history])
        which = numpy.searchsorted(known, self.positions, side="right") - 1
        began = self.positions[numpy.maximum(self.began, 0)]
        return (self.began >= 0) & (known[which] < began)
