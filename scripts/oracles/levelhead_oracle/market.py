"""Book state, one-second grids and the market features of C.1 and C.2, C-80 and C-104."""

import math

from .book import ASK, BID, Book, attribute
from .rows import MARKET_COLUMNS
from .sessions import SECOND

NAN = math.nan
HOLD = SECOND
CLOCK_GRACE = 250_000_000
PRE_OPEN = 15 * 60 * SECOND
DEPTH_HALF_LIFE = 60.0



def quotient(numerator, denominator):
    return numerator / denominator if denominator else NAN


def level_event(before, after, index):
    """Cont-Kukanov-Stoikov contribution of the index-th listed level of each side."""
    bid_before, bid_after = before.bids[index], after.bids[index]
    ask_before, ask_after = before.asks[index], after.asks[index]
    contribution = 0
    if bid_after[0] >= bid_before[0]:
        contribution += bid_after[1]
    if bid_after[0] <= bid_before[0]:
        contribution -= bid_before[1]
    if ask_after[0] <= ask_before[0]:
        contribution -= ask_after[1]
    if ask_after[0] >= ask_before[0]:
        contribution += ask_before[1]
    return contribution


def average_walk(levels, wanted):
    """Average price of taking `wanted` contracts from the listed levels, NaN if fewer are listed."""
    left, paid = wanted, 0
    for tick, size, _ in levels:
        taken = min(left, size)
        paid += taken * tick
        left -= taken
        if left == 0:
            return paid / wanted
    return NAN


class Market:
    """The state that is common to all levels. `apply` takes one group's book; `row` reads at any later time."""

    def __init__(self, registry, profile=None, micro_price=None):
        self.profile, self.micro_price = profile, micro_price
        self.book, self.before, self.was_valid = None, None, False
        self.book_time = -math.inf
        self.bad = self.cleared = False
        self.open = False
        self.readable = self.valid = self.flows = False
        self.mid_half_ticks = None
        self.invalid_since = None
        self.open_until = math.inf
        self.micro_ticks = NAN
        self.grid, self.micro_grid, self.next_second = {}, {}, None
        self.path = None, NAN
        self.average_true_range = NAN
        self.session_volume = 0
        self.spread = registry.mean(DEPTH_HALF_LIFE)
        self.best_size = registry.mean(DEPTH_HALF_LIFE)
        self.level_size = registry.mean(DEPTH_HALF_LIFE)
        self.total_depth = registry.mean(DEPTH_HALF_LIFE)
        self.total_depth_now = NAN
        self.mean_size = {BID: registry.mean(None), ASK: registry.mean(None)}
        self.imbalance_10 = [registry.total(10.0) for _ in range(10)]
        self.imbalance_60 = registry.total(60.0)
        self.added = {BID: registry.total(30.0), ASK: registry.total(30.0)}
        self.cancelled = {BID: registry.total(30.0), ASK: registry.total(30.0)}
        self.cancelled_60, self.traded_60 = registry.total(60.0), registry.total(60.0)
        self.messages, self.mid_changes = registry.total(10.0), registry.total(60.0)
        self.messages_60 = registry.total(60.0)

    def reset_session(self, start):
        self.session_volume = 0
        means = [self.spread, self.best_size, self.level_size, self.total_depth]
        sums = [*self.imbalance_10, self.imbalance_60, *self.added.values(), *self.cancelled.values()]
        sums += [self.cancelled_60, self.traded_60, self.messages, self.messages_60, self.mid_changes]
        for estimator in means + sums:
            estimator.reset(start)
        self.reset_mean_size(start)

    def open_session(self, start):
        """The calendar opens the market at its own time (K.3-1) with the book of the pre-open, as `expire` closes. An
        older book ended with its session: the next group is the first to read (K.3-8)."""
        if self.book is None or self.book_time + PRE_OPEN < start:
            return
        self.open = True
        self.readable = not self.bad and not self.cleared and not self.book.crossed
        self.valid = self.readable and self.book.two_sided
        if self.valid:
            self._take_mid()
        self._set_means(start)

    def _take_mid(self):
        bid, ask = self.book.bids[0], self.book.asks[0]
        self.mid_half_ticks = self.book.mid_half_ticks
        if self.micro_price:
            offset = self.micro_price.offset(bid[1], ask[1], ask[0] - bid[0])
            self.micro_ticks = self.mid_half_ticks / 2 + offset

    def reset_mean_size(self, start):
        for side, mean in self.mean_size.items():
            mean.reset(start)
            mean.set(start, self.mean_size_now(side))

    def mean_size_now(self, side):
        if not self.readable or not self.book.levels(side):
            return NAN
        levels = self.book.levels(side)
        return sum(level[1] for level in levels) / len(levels)

    # Time

    def expire(self, moment):
        """The close of the session ends the validity of the book at its own time (K.3-8)."""
        if moment >= self.open_until and self.open:
            if self.valid:
                self.invalid_since = self.open_until
            self.open = self.readable = self.valid = False
            self.total_depth_now = NAN
            for mean in (self.spread, self.best_size, self.level_size, self.total_depth, *self.mean_size.values()):
                mean.set(self.open_until, NAN)

    def mid_at(self, moment):
        """Mid in ticks: the current one, or the last valid one for less than 1.000 s; else None."""
        if self.mid_half_ticks is None or (not self.valid and moment - self.invalid_since >= HOLD):
            return None
        return self.mid_half_ticks / 2

    @property
    def hold_until(self):
        """Until when the mid in force stays in force if nothing comes."""
        return self.open_until + HOLD if self.valid else self.invalid_since + HOLD

    def close_seconds(self, event_time, clock):
        """Yields (second, mid in ticks or NaN) of the seconds that end; of several without a mid, first and last."""
        boundary = max(event_time // SECOND, (clock - CLOCK_GRACE) // SECOND)
        if self.next_second is None:
            self.next_second = event_time // SECOND
        while self.next_second < boundary:
            end = (self.next_second + 1) * SECOND
            mid = self.mid_at(end)
            if mid is None:
                yield self.next_second, NAN
                yield boundary - 1, NAN
                self.next_second = boundary
                return
            self.grid[self.next_second] = mid
            if self.micro_price:
                self.micro_grid[self.next_second] = self.micro_ticks
            yield self.next_second, mid
            self.next_second += 1

    def forget_before(self, second):
        for grid in (self.grid, self.micro_grid):
            for old in [known for known in grid if known < second]:
                del grid[old]

    def grid_mid(self, second):
        return self.grid.get(second, NAN)

    def path_60(self, newest):
        """Sum of the absolute one-second moves of the last 60 completed seconds; the same for every level."""
        if self.path[0] != newest:
            at = self.grid_mid
            self.path = newest, sum(abs(at(i) - at(i - 1)) for i in range(newest - 59, newest + 1))
        return self.path[1]

    # One group

    def apply(self, group, moment, is_open, open_until, changes):
        """Replaces the book and adds the group's flow. `changes` receives the attribution of A.3, if flows count."""
        self.before = self.book
        self.was_valid, previous_mid = self.valid, self.mid_at(moment)
        replaced = False
        for flags, action in group.events:
            if flags & 0x20 or action == b"R":
                replaced, self.bad = True, False
                self.cleared = action == b"R" and not flags & 0x20
            if flags & 0x04:
                self.bad = True
        book = Book(group.bids, group.asks)
        if book.two_sided:
            self.cleared = False
        self.book, self.book_time, self.open, self.open_until = book, moment, is_open, open_until
        self.readable = is_open and not self.bad and not self.cleared and not book.crossed
        self.valid = self.readable and book.two_sided
        self.flows = is_open and not self.bad and not book.crossed and not replaced
        if self.valid:
            self._take_mid()
        elif self.was_valid:
            self.invalid_since = moment
        self.session_volume += sum(size for _, _, size, _ in group.trades)
        self.messages.add(moment, group.records)
        self.messages_60.add(moment, group.records)
        if self.flows:
            self._add_flow(group, moment, changes)
        if self.valid and previous_mid is not None and previous_mid != self.mid_half_ticks / 2:
            self.mid_changes.add(moment, 1)
        self._set_means(moment)

    def _add_flow(self, group, moment, changes):
        changes.extend(attribute(self.before, self.book, group.trades))
        for side in (BID, ASK):
            self.added[side].add(moment, sum(change[2] for change in changes if change[0] == side))
            self.cancelled[side].add(moment, sum(change[3] for change in changes if change[0] == side))
        self.cancelled_60.add(moment, sum(change[3] for change in changes))
        self.traded_60.add(moment, sum(size for _, _, size, _ in group.trades))
        if self.was_valid and self.valid:
            shared = min(map(len, (self.before.bids, self.before.asks, self.book.bids, self.book.asks)))
            for index in range(shared):
                contribution = level_event(self.before, self.book, index)
                self.imbalance_10[index].add(moment, contribution)
                if index == 0:
                    self.imbalance_60.add(moment, contribution)

    def _set_means(self, moment):
        spread = best = level = total = NAN
        if self.valid:
            bids, asks = self.book.bids, self.book.asks
            spread = float(asks[0][0] - bids[0][0])
            best = (bids[0][1] + asks[0][1]) / 2
            if len(bids) == 10 and len(asks) == 10:
                total = sum(entry[1] for entry in bids + asks)
                level = total / 20
        self.spread.set(moment, spread)
        self.best_size.set(moment, best)
        self.level_size.set(moment, level)
        self.total_depth_now = total
        self.total_depth.set(moment, total)
        for side, mean in self.mean_size.items():
            mean.set(moment, self.mean_size_now(side))

    # Reading

    def row(self, moment, session=None):
        """Returns {name: value} and {name: scale of rounding} at `moment`; the other families add theirs."""
        row, scales = dict.fromkeys(MARKET_COLUMNS, NAN), {}
        if self.valid:
            self._book_row(row)
        mid = self.mid_at(moment)
        row["mid_price_points"] = NAN if mid is None else mid * 0.25
        aged = moment - self.spread.start >= 60 * SECOND
        if aged:
            row["bid_ask_spread_hl60s_ticks"] = self.spread.read(moment)
        self._flow_row(row, scales, moment, aged)
        self._micro_row(row, moment)
        if self.profile:
            self._profile_row(row, moment, session, aged)
        row["atr_14_1m_ticks"] = self.average_true_range
        row["session_volume_contracts"] = float(self.session_volume)
        return row, scales

    def _micro_row(self, row, moment):
        if self.micro_price and self.valid:
            bid, ask = self.book.bids[0], self.book.asks[0]
            row["micro_price_offset_ticks"] = self.micro_price.offset(bid[1], ask[1], ask[0] - bid[0])
        newest = moment // SECOND - 1
        moved = self.micro_grid.get(newest, NAN) - self.micro_grid.get(newest - 10, NAN)
        row["micro_price_velocity_10s_ticks_per_second"] = moved / 10

    def _profile_row(self, row, moment, session, aged):
        usual = self.profile.mean("depth_top_10_contracts", moment, session)
        if aged:
            row["depth_top_10_time_of_day_ratio"] = quotient(self.total_depth.read(moment), usual)
        usual = self.profile.mean("messages_per_second", moment, session)
        row["message_rate_time_of_day_ratio"] = quotient(self.messages_60.rate(moment), usual)

    def _flow_row(self, row, scales, moment, aged):
        sums = [total.read(moment) for total in self.imbalance_10]
        magnitudes = [total.scale(moment) for total in self.imbalance_10]

        def signed(name, value, scale):
            row[name], scales[name] = value, scale

        signed("order_flow_imbalance_hl10s_contracts", sums[0], magnitudes[0])
        signed("order_flow_imbalance_hl60s_contracts", self.imbalance_60.read(moment), self.imbalance_60.scale(moment))
        for level in range(2, 6):
            name = f"multi_level_order_flow_imbalance_level_{level}_hl10s_contracts"
            signed(name, sums[level - 1], magnitudes[level - 1])
        if aged:
            best, level = self.best_size.read(moment), self.level_size.read(moment)
            name = "order_flow_imbalance_hl10s_depth_normalized"
            signed(name, quotient(sums[0], best), quotient(magnitudes[0], best))
            name = "integrated_order_flow_imbalance_hl10s"
            signed(name, quotient(sum(sums) / 10, level), quotient(sum(magnitudes) / 10, level))
            row["mid_price_change_rate_hl60s_per_second"] = self.mid_changes.rate(moment, 60.0)
        for side in (BID, ASK):
            row[f"{side}_added_top_10_hl30s_contracts_per_second"] = self.added[side].rate(moment)
            row[f"{side}_cancelled_top_10_hl30s_contracts_per_second"] = self.cancelled[side].rate(moment)
        row["cancel_to_trade_ratio_hl60s"] = quotient(self.cancelled_60.read(moment), self.traded_60.read(moment))
        row["message_rate_hl10s_messages_per_second"] = self.messages.rate(moment)

    def _book_row(self, row):
        bids, asks = self.book.bids, self.book.asks
        mid = self.book.mid_half_ticks / 2
        bid_size, ask_size = bids[0][1], asks[0][1]
        row["bid_ask_spread_ticks"] = float(asks[0][0] - bids[0][0])
        row["weighted_mid_offset_ticks"] = quotient(
            (asks[0][0] - mid) * bid_size + (bids[0][0] - mid) * ask_size, bid_size + ask_size
        )
        row["best_bid_size_contracts"], row["best_ask_size_contracts"] = float(bid_size), float(ask_size)
        row["queue_imbalance_best"] = quotient(bid_size - ask_size, bid_size + ask_size)
        for index in range(1, min(5, len(bids), len(asks))):
            bid, ask = bids[index][1], asks[index][1]
            row[f"depth_imbalance_level_{index + 1}"] = quotient(bid - ask, bid + ask)
        for top in (3, 5, 10):
            if len(bids) < top or len(asks) < top:
                continue
            bid, ask = sum(entry[1] for entry in bids[:top]), sum(entry[1] for entry in asks[:top])
            row[f"depth_imbalance_top_{top}"] = quotient(bid - ask, bid + ask)
            if top >= 5:
                row[f"bid_depth_top_{top}_contracts"] = float(bid)
                row[f"ask_depth_top_{top}_contracts"] = float(ask)
        if len(bids) == 10 and len(asks) == 10:
            bid_orders, ask_orders = sum(entry[2] for entry in bids), sum(entry[2] for entry in asks)
            row["order_count_imbalance_top_10"] = quotient(bid_orders - ask_orders, bid_orders + ask_orders)
            row["bid_average_order_size_top_10_contracts"] = quotient(sum(entry[1] for entry in bids), bid_orders)
            row["ask_average_order_size_top_10_contracts"] = quotient(sum(entry[1] for entry in asks), ask_orders)
        for side, levels in (("bid", bids), ("ask", asks)):
            cumulative = products = squares = weighted = 0.0
            for tick, size, _ in levels:
                distance = abs(tick - mid)
                cumulative += size
                products += distance * cumulative
                squares += distance * distance
                weighted += size * distance
            row[f"{side}_book_slope_contracts_per_tick"] = quotient(products, squares)
            row[f"{side}_depth_weighted_distance_ticks"] = quotient(weighted, cumulative)
        row["buy_100_contracts_impact_ticks"] = average_walk(asks, 100) - mid
        row["sell_100_contracts_impact_ticks"] = mid - average_walk(bids, 100)
