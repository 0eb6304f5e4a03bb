"""What is open and traded by strike, read from a tape's files by Databento's own package."""

import bisect

import databento
import numpy as np

SECOND = 1_000_000_000
OPEN_INTEREST = 9


def load(directory, kind):
    """The records of the files of one kind, as structured arrays in the order they were received."""
    parts = [databento.DBNStore.from_file(path).to_ndarray() for path in sorted(directory.glob(f"*.{kind}.dbn.zst"))]
    return [record for part in parts for record in part[np.argsort(part["ts_recv"], kind="stable")]]


class Contract:
    def __init__(self, definition):
        self.strike, self.expiration = int(definition["strike_price"]), int(definition["expiration"])
        self.is_call = definition["instrument_class"] == b"C"
        self.defined = int(definition["ts_recv"])
        # Receive times, and what holds from each on.
        self.interest, self.trades = ([0], [None]), ([0], [(0, 0)])
        self.last = self.different = None

    def take_interest(self, record):
        self.interest[0].append(int(record["ts_recv"]))
        self.interest[1].append(int(record["quantity"]))

    def take_trade(self, record):
        price, size = int(record["price"]), int(record["size"])
        # The venue's aggressor, else the quote, else the last other price.
        middle = int(record["bid_px_00"]) + int(record["ask_px_00"])
        other = self.different if price == self.last else self.last
        sign = {b"B": 1, b"A": -1}.get(record["side"]) or np.sign(2 * price - middle) or (other and np.sign(price - other)) or 0
        if price != self.last:
            self.last, self.different = price, self.last
        volume, signed = self.trades[1][-1]
        self.trades[0].append(int(record["ts_recv"]))
        self.trades[1].append((volume + size, signed + int(sign) * size))

    @staticmethod
    def _at(times_and_values, time):
        times, values = times_and_values
        return values[bisect.bisect_right(times, time) - 1]

    def interest_at(self, time):
        return self._at(self.interest, time)

    def volumes_at(self, time):
        return self._at(self.trades, time)


class Chain:
    """The options of one session's tape, all on one future, with a horizon of 45 days."""

    def __init__(self, directory):
        self.contracts = {
            int(one["instrument_id"]): Contract(one) for one in load(directory, "definition")
            if one["instrument_class"] in (b"C", b"P")
        }
        for one in load(directory, "statistics"):
            if one["stat_type"] == OPEN_INTEREST and int(one["instrument_id"]) in self.contracts:
                self.contracts[int(one["instrument_id"])].take_interest(one)
        for one in load(directory, "options.mbp-1"):
            if one["action"] == b"T":
                self.contracts[int(one["instrument_id"])].take_trade(one)

    def by_strike(self, time):
        """Rows of what was received up to a time, ns, lowest strike first: strike, contracts, open calls, open puts, volume, signed
        volume; None for what nothing was said of."""
        strikes = {}
        for one in self.contracts.values():
            if one.defined <= time and 300 * SECOND <= one.expiration - time <= 45 * 86_400 * SECOND:
                strikes.setdefault(one.strike, []).append(one)

        def known(contracts, is_call):
            values = [one.interest_at(time) for one in contracts if one.is_call == is_call]
            values = [value for value in values if value is not None]
            return sum(values) if values else None

        return [
            (strike / 1e9, len(contracts), known(contracts, True), known(contracts, False),
             *(sum(values) for values in zip(*[one.volumes_at(time) for one in contracts])))
            for strike, contracts in sorted(strikes.items())
        ]
