"""The ten-level book after a group, and the attribution of its changes (FEATURES A.3)."""

import math

NAN = math.nan
BID, ASK = "bid", "ask"


class Book:
    """Listed levels, best first, as (tick, size, count), with their visible region."""

    def __init__(self, bids=(), asks=()):
        self.bids, self.asks = list(bids), list(asks)
        self.lowest_visible_bid = self.bids[9][0] if len(self.bids) == 10 else -math.inf
        self.highest_visible_ask = self.asks[9][0] if len(self.asks) == 10 else math.inf
        self.sizes = {
            BID: {tick: size for tick, size, _ in self.bids},
            ASK: {tick: size for tick, size, _ in self.asks},
        }

    @property
    def two_sided(self):
        return bool(self.bids) and bool(self.asks)

    @property
    def crossed(self):
        return self.two_sided and self.bids[0][0] > self.asks[0][0]

    @property
    def mid_half_ticks(self):
        return self.bids[0][0] + self.asks[0][0]

    def levels(self, side):
        return self.bids if side == BID else self.asks

    def visible(self, side, tick):
        return tick >= self.lowest_visible_bid if side == BID else tick <= self.highest_visible_ask

    def depth(self, side, low, high, counts=False):
        """Sum over low ... high, NaN unless all of it is visible."""
        if not self.visible(side, low if side == BID else high):
            return NAN
        field = 2 if counts else 1
        return float(sum(level[field] for level in self.levels(side) if low <= level[0] <= high))


def attribute(before, after, trades):
    """Yields (side, tick, added, cancelled, filled, comparable, r) for every price touched.

    `before` is None where there is nothing to compare with; a side that is empty in `after` is left out (K.3-17).
    """
    for side, aggressor in ((BID, -1), (ASK, 1)):
        if not after.levels(side):
            continue
        filled = {}
        for _, tick, size, sign in trades:
            if sign == aggressor:
                filled[tick] = filled.get(tick, 0) + size
        new = after.sizes[side]
        old = before.sizes[side] if before is not None else {}
        for tick in set(new) | set(old) | set(filled):
            fills = filled.get(tick, 0)
            if before is None or not (before.visible(side, tick) and after.visible(side, tick)):
                if fills:
                    yield side, tick, 0, 0, fills, False, 0
                continue
            residue = new.get(tick, 0) - old.get(tick, 0) + fills
            if residue or fills:
                yield side, tick, max(residue, 0), max(-residue, 0), fills, True, residue
