"""The options of a synthetic session, read with Databento's package: structure, quotes and implied volatilities.

Used by synth_calibration.py. Implied volatilities are vollib's, which shares nothing with the generator.
"""
import collections
import datetime
import functools
import re
import zoneinfo

import databento
import numpy as np
from vollib.black.implied_volatility import implied_volatility

from levelhead_oracle.sessions import equity_closes

SECOND = 1_000_000_000
YEAR = 31_536_000
UNDEFINED = np.iinfo(np.int64).max
F_LAST = 0x80
HALT = 8
RATE = 0.04
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
SYMBOL = re.compile(r"^(ES|EW[1-5]?|E[1-5][A-D])[FGHJKMNQUVXZ]\d ([CP])(\d+)$")
REGULAR = (9.5 * 3600, 16 * 3600)


@functools.cache
def close_of(day):
    """When the stock exchanges close on a date: weeklies expire with them."""
    return equity_closes(day, day)[day]


def load(path):
    return databento.DBNStore.from_file(path).to_ndarray()


class Options:
    """Definitions, statistics and quotes of one session, checked; statistics of what was found."""

    def __init__(self, paths, midnight, problems):
        by_kind = {kind: next(path for path in paths if f".{kind}." in path.name)
                   for kind in ("definition", "statistics", "status", "options")}
        self.midnight, self.problems = midnight, problems
        definitions = load(by_kind["definition"])
        is_option = np.isin(definitions["instrument_class"], [b"C", b"P"])
        self.futures = definitions[~is_option]
        self.definitions = definitions[is_option]
        self.by_id = {int(d["instrument_id"]): d for d in self.definitions}
        self.quotes = load(by_kind["options"])
        self.check_definitions()
        self.check_open_interest(load(by_kind["statistics"]))
        status = load(by_kind["status"])
        self.halts = np.unique(status["ts_event"][status["action"] == HALT].astype(np.int64))
        self.check_quotes()

    def require(self, condition, text):
        bad = int(np.size(condition) - np.count_nonzero(condition))
        if bad:
            self.problems.append(f"options: {text}: {bad} records")

    def check_definitions(self):
        table = self.definitions
        lead = self.futures[self.futures["asset"] == b"ES"][0]
        ids = np.concatenate([table["instrument_id"], self.futures["instrument_id"]])
        self.require(len(np.unique(ids)) == len(ids), "an instrument id twice")
        self.require(table["underlying"] == lead["raw_symbol"], "not on the lead contract")
        self.require(table["underlying_id"] == lead["instrument_id"], "not the lead contract's id")
        self.require(table["unit_of_measure_qty"] == 50 * SECOND, "quantity of the unit")
        self.require(table["contract_multiplier"] == np.iinfo(np.int32).max, "a contract multiplier")
        self.require(table["min_price_increment"] == UNDEFINED, "a price increment")
        self.require(table["security_type"] == b"OOF", "security type")
        pairs = collections.Counter()
        for row in table:
            symbol = SYMBOL.match(row["raw_symbol"].decode())
            right, strike = row["instrument_class"].decode(), int(row["strike_price"])
            expiry = datetime.datetime.fromtimestamp(int(row["expiration"]) // SECOND, NEW_YORK)
            quarterly = symbol is not None and symbol[1] == "ES"
            good = symbol is not None and symbol[2] == right and int(symbol[3]) * SECOND == strike
            good &= row["cfi"].decode() == f"O{right}{'A' if quarterly else 'E'}FPS"
            if quarterly:
                good &= (expiry.hour, expiry.minute, expiry.second) == (9, 30, 0)
            else:
                good &= int(row["expiration"]) == close_of(expiry.date())
            good &= (row["maturity_year"], row["maturity_month"], row["maturity_day"]) == (
                expiry.year, expiry.month, expiry.day)
            self.require(good, f"definition of {row['raw_symbol']}")
            pairs[(int(row["expiration"]), strike)] += 1
        self.require(np.array(list(pairs.values())) == 2, "a strike without its call or put")
        self.contracts, self.expiries = len(table), len(np.unique(table["expiration"]))

    def check_open_interest(self, statistics):
        rows = statistics[np.isin(statistics["instrument_id"], self.definitions["instrument_id"])]
        day = 24 * 3600 * SECOND
        self.require(rows["stat_type"] == 9, "a statistic of an option that is not its open interest")
        self.require(np.sort(rows["instrument_id"]) == np.sort(self.definitions["instrument_id"]), "open interest")
        self.require(rows["ts_recv"] < self.midnight - 6 * 3600 * SECOND, "open interest after the open")
        age = self.midnight - rows["ts_ref"].astype(np.int64)
        self.require((age > 0) & (age < 5 * day), "open interest not of the day before")
        self.require((rows["quantity"] >= 0) & (rows["quantity"] < 1_000_000), "size of the open interest")

    def check_quotes(self):
        q = self.quotes
        bid, ask = q["bid_px_00"], q["ask_px_00"]
        receive, event = q["ts_recv"].astype(np.int64), q["ts_event"].astype(np.int64)
        last, is_trade = (q["flags"] & F_LAST) != 0, q["action"] == b"T"
        self.require(np.isin(q["instrument_id"], self.definitions["instrument_id"]), "quote without definition")
        self.require(np.diff(receive) > 0, "ts_recv goes back")
        self.require(np.diff(event) >= 0, "ts_event goes back")
        self.require(np.diff(q["sequence"].astype(np.int64)) > 0, "sequence does not increase")
        self.require((receive - event >= 80_000) & (receive - event <= 530_000), "delay of ts_recv")
        self.require((bid == UNDEFINED) | (bid < ask), "crossed or locked")
        for price in (bid, ask):
            grid = np.where(price > 10 * SECOND, SECOND // 4, SECOND // 20)
            self.require((price == UNDEFINED) | (price % grid == 0), "price off the tick grid")
        self.require((bid == UNDEFINED) == (q["bid_sz_00"] == 0), "size of an absent bid")
        self.require(~(is_trade & last), "a trade closes its event")
        self.require(last[:-1] | ((event[1:] == event[:-1]) & (q["instrument_id"][1:] == q["instrument_id"][:-1])),
                     "an event of two times or contracts")
        expiration = np.array([int(self.by_id[i]["expiration"]) for i in q["instrument_id"].tolist()])
        self.require(event < expiration, "a quote after the expiry")
        order = np.argsort(q["instrument_id"], kind="stable")
        same = np.diff(q["instrument_id"][order].astype(np.int64)) == 0
        first, second = order[:-1][same], order[1:][same]
        prints = is_trade[second]
        before, print_ = first[prints], second[prints]
        for name in ("bid_px_00", "ask_px_00", "bid_sz_00", "ask_sz_00"):
            self.require(q[name][before] == q[name][print_], "a trade changes the quote")
        price, side = q["price"][print_], q["side"][print_]
        self.require((side != b"B") | (price == ask[before]), "a buyer's print not at the offer")
        self.require((side != b"A") | (price == bid[before]), "a seller's print not at the bid")
        self.require((price <= ask[before]) & ((bid[before] == UNDEFINED) | (price >= bid[before])), "print outside")
        gap, time = receive[second] - receive[first], (receive - self.midnight) / SECOND
        regular = (time[first] >= REGULAR[0] + 20) & (time[second] < REGULAR[1])
        for halt in self.halts:
            regular &= (receive[first] > halt) | (receive[second] < halt)
        self.require(gap[regular] <= 60 * SECOND, "a minute without a quote in regular hours")

    # ------------------------------------------------------------ volatilities

    def smiles(self, book, times):
        """For each time and expiry the residuals of near-the-money volatilities from a parabola, in vol points, and the
        distance from put-call parity in ticks of the dearer option."""
        future_time = book["ts_recv"].astype(np.int64)
        mids = (book["bid_px_00"] + book["ask_px_00"]) / 2 / SECOND
        receive = self.quotes["ts_recv"].astype(np.int64)
        residuals, parity = [], []
        for time in times:
            now = self.midnight + int(time * SECOND)
            forward = mids[np.searchsorted(future_time, now, side="right") - 1]
            end = np.searchsorted(receive, now, side="right")
            start = np.searchsorted(receive, now - 60 * SECOND)
            state = {int(q["instrument_id"]): q for q in self.quotes[start:end]}
            chains = collections.defaultdict(dict)
            for instrument, q in state.items():
                row = self.by_id[instrument]
                if q["bid_px_00"] != UNDEFINED:
                    key = (int(row["strike_price"]) // SECOND, row["instrument_class"] == b"C")
                    chains[int(row["expiration"])][key] = (int(q["bid_px_00"]) + int(q["ask_px_00"])) / 2 / SECOND
            for expiration, chain in chains.items():
                years = (expiration - now) / SECOND / YEAR
                if years * YEAR >= 300:
                    residuals += self.smile(chain, forward, years)
                    parity += self.parity(chain, forward, years)
        return np.array(residuals), np.array(parity)

    @staticmethod
    def smile(chain, forward, years):
        points = []
        for (strike, is_call), mid in chain.items():
            k = np.log(strike / forward)
            near = abs(k) <= 1.2 * 0.13 * np.sqrt(years)
            sign = 1 if is_call else -1
            intrinsic = np.exp(-RATE * years) * max(sign * (forward - strike), 0)
            if near and (strike >= forward) == is_call and mid > intrinsic:
                sigma = implied_volatility(mid, forward, strike, RATE, years, "c" if is_call else "p")
                points.append((k / np.sqrt(years), sigma * 100))
        if len(points) < 5:
            return []
        x, y = np.array(sorted(points)).T
        return (y - np.polyval(np.polyfit(x, y, 2), x)).tolist()

    @staticmethod
    def parity(chain, forward, years):
        found = []
        for (strike, is_call), call in chain.items():
            put = chain.get((strike, False))
            if is_call and put is not None and abs(np.log(strike / forward)) <= 0.13 * np.sqrt(years):
                tick = 0.05 if max(call, put) < 10 else 0.25
                found.append(abs(call - put - np.exp(-RATE * years) * (forward - strike)) / tick)
        return found


def rates(path, midnight):
    """Records and prints of an options file by hour of the session, from chunks; the sizes of the prints."""
    records, prints, sizes = np.zeros(24, dtype=np.int64), np.zeros(24, dtype=np.int64), []
    for chunk in databento.DBNStore.from_file(path).to_ndarray(count=500_000):
        hour = ((chunk["ts_event"].astype(np.int64) - midnight) // SECOND + 6 * 3600) // 3600
        is_trade = chunk["action"] == b"T"
        records += np.bincount(hour, minlength=24)
        prints += np.bincount(hour[is_trade], minlength=24)
        sizes.append(chunk["size"][is_trade])
    return records, prints, np.concatenate(sizes)
