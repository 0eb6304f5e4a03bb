"""Hand-made cases of the chain: signs of trades, whole seconds, held mids, merging of files, parity, refresh modes."""

import math
import tempfile
from datetime import date
from pathlib import Path

import databento_dbn as dbn
import numpy

from ..configuration import Configuration
from ..sessions import SECOND, Sessions
from . import black, writer
from .chain import Chain
from .contracts import Definition, Ticks, aggressor_signs
from .replay import whole_seconds
from .settings import Settings
from .tape import Tape
from .underlying import Underlying

POINT = 10**9
NOON = 1_704_819_600 * SECOND  # 2024-01-09 12:00 ET


def _ticks(rows):
    """Rows (instrument, event, receive, action, side, price, size, bid, ask, ...) as taken mbp-1 records."""
    records = writer.quotes(rows)
    count = len(rows)
    trades = records["action"] == b"T"
    return Ticks(
        position=numpy.arange(count), instrument=records["instrument_id"],
        event=records["ts_event"].astype(numpy.int64),
        receive=records["ts_recv"].astype(numpy.int64), bid=records["bid_px_00"], ask=records["ask_px_00"],
        price=records["price"], size=records["size"].astype(numpy.int64), side=records["side"], trades=trades,
        quotes=numpy.ones(count, bool), top=numpy.ones(count, bool), own_quote=numpy.zeros(count, bool),
    )


def _signs():
    cases = (  # action, side, price, bid, ask, expected
        (b"T", b"N", 12, 10, 13, 1), (b"M", b"B", 0, 10, 12, 0), (b"T", b"B", 10, 10, 12, 1),
        (b"T", b"A", 12, 10, 12, -1), (b"T", b"N", 12, 10, 12, 1), (b"T", b"N", 10, 10, 12, -1),
        (b"T", b"N", 11, 10, 12, 1), (b"T", b"N", 11, 20, 22, 1), (b"T", b"N", 11, 20, 22, -1),
        (b"M", b"B", 0, 0, 12, 0), (b"T", b"N", 11, 0, 12, 0),
    )
    rows = [(7, index, index, action, side, price * POINT, 1, bid * POINT, ask * POINT, 1, 1)
            for index, (action, side, price, bid, ask, _) in enumerate(cases)]
    signs = aggressor_signs(_ticks(rows)).tolist()
    expected = [case[5] for case in cases]
    return [] if signs == expected else [f"signs of trades: {signs}, expected {expected}"]


def _seconds():
    clock = numpy.array([5 * SECOND, 5 * SECOND + 1, 7 * SECOND, 7 * SECOND, 400 * SECOND + 5])
    seconds = (whole_seconds(clock) // SECOND).tolist()
    expected = [5, 6, 7, *range(8, 138), 399, 400]
    return [] if seconds == expected else [f"whole seconds: {seconds}"]


def _held():
    """Mids are held for less than a second after the book went bad, and for ever while it stands."""
    rows = [(1, NOON + at * SECOND // 4, NOON + at * SECOND // 4, b"M", b"B", 0, 1, flags, 4800 * POINT,
             4800 * POINT + 250_000_000, 5, 5) for at, flags in ((0, 0x80), (4, 0x84), (12, 0xA0))]
    books = writer.books(rows)
    future = Underlying(numpy.arange(3), books, Sessions(NOON, NOON, Configuration()))
    mids = [future.mid_ticks(*case) for case in (
        (-1, NOON), (0, NOON + 3 * SECOND), (1, NOON + 2 * SECOND - 1), (1, NOON + 2 * SECOND), (2, NOON + 4 * SECOND),
        (2, NOON + 5 * 3600 * SECOND + SECOND - 1), (2, NOON + 5 * 3600 * SECOND + SECOND),
        (2, NOON + 6 * 3600 * SECOND),
    )]
    expected = [math.nan, 19200.5, 19200.5, math.nan, 19200.5, 19200.5, math.nan, 19200.5]
    found = [] if numpy.array_equal(mids, expected, equal_nan=True) else [f"held mids: {mids}"]
    halted = Underlying(numpy.array([0, 2, 4]), books[[0, 0, 2]], Sessions(NOON, NOON, Configuration()),
                        [(1, NOON + SECOND // 2, False), (5, NOON + 9 * SECOND, True)])
    cases = (0, NOON), (2, NOON + SECOND), (2, NOON + 2 * SECOND), (5, NOON + 5 * SECOND), (6, NOON + 10 * SECOND)
    mids = [halted.mid_ticks(halted.state_before(position), time) for position, time in cases]
    if not numpy.array_equal(mids, [math.nan, 19200.5, math.nan, math.nan, 19200.5], equal_nan=True):
        found.append(f"mids about a halt: {mids}")
    return found


def _merge():
    """By receive time, then schema and instrument; never by the order of the arguments."""
    quote = (b"M", b"B", POINT, 1, POINT, 2 * POINT, 1, 1)
    top = [(instrument, 3, stamp, *quote) for instrument, stamp in ((8, 10), (6, 20), (9, 20))]
    deep = [(7, 3, stamp, b"M", b"B", POINT, 1, 0x80, POINT, 2 * POINT, 1, 1) for stamp in (10, 20)]
    orders = set()
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        files = ("a", dbn.Schema.MBP_1, writer.quotes(top)), ("b", dbn.Schema.MBP_10, writer.books(deep))
        for name, schema, data in files:
            paths.append(str(Path(folder) / name))
            writer.write(paths[-1], writer.metadata(schema, {7: "ESH4"}, date(2024, 1, 9)), data.tobytes())
        for order in (paths, paths[::-1]):
            orders.add(tuple(Tape(order).instrument.tolist()))
    return [] if orders == {(7, 8, 7, 6, 9)} else [f"merge: {orders}"]


def _chain(mode, underlying, strikes, price_of):
    """A chain with a call and a put per strike, quoted half a point about `price_of(strike, sign)` at noon."""
    chain = Chain(Settings(refresh=mode), range(2 * len(strikes)))
    rows = []
    for index, strike in enumerate(strikes):
        for sign, instrument in ((1, 2 * index), (-1, 2 * index + 1)):
            root = "ESH4" if underlying else "SPX"
            end = NOON + 10 * 86_400 * SECOND
            chain.define(instrument, Definition(sign, strike * POINT, end, 50.0, underlying, root))
            price = round(price_of(strike, sign) * 1e9)
            rows.append((instrument, NOON, NOON, b"M", b"B", 0, 1, price - POINT // 4, price + POINT // 4, 1, 1))
    chain.quotes(_ticks(rows), numpy.arange(len(rows)), slice(0, len(rows)))
    return chain


def _black_price(strike, sign):
    years = (10 * 86_400 - 1) / 31_536_000
    arrays = [numpy.array([float(value)]) for value in (sign, 4812.0, strike, years)]
    return float(black.greeks(*arrays, 0.04, numpy.array([0.2])).price[0])


def _parity():
    chain = _chain("dirty", 0, (4700, 4800, 4825, 4900), _black_price)
    chain.refresh(NOON + SECOND, lambda _: math.nan)
    if not numpy.allclose(chain.forward, 4812.0, rtol=0, atol=1e-6) or not numpy.allclose(chain.sigma, 0.2, atol=1e-8):
        return [f"parity: forwards {chain.forward}, volatilities {chain.sigma}"]
    return []


def _modes():
    """Dirty contracts keep their numbers, the others follow the forward; both drop what is stale or out of reach."""
    found = []
    for mode in ("dirty", "chain"):
        chain = _chain(mode, 1, (4700, 4800, 4825, 4900), _black_price)
        chain.refresh(NOON + SECOND, lambda _: 4812.0)
        first = chain.sigma.copy()
        chain.refresh(NOON + 2 * SECOND, lambda _: 4813.0)
        if numpy.array_equal(chain.sigma, first) != (mode == "dirty"):
            found.append(f"refresh mode {mode}: second evaluation")
        chain.refresh(NOON + 3 * SECOND, lambda _: math.nan)
        if chain.member.any() or chain.has_volatility.any():
            found.append(f"refresh mode {mode}: members without a forward")
        chain.refresh(NOON + 4 * SECOND, lambda _: 4813.0)
        if numpy.array_equal(chain.sigma, first) or not chain.has_volatility.all():
            found.append(f"refresh mode {mode}: a contract that comes back keeps its numbers")
        chain.refresh(NOON + 60 * SECOND, lambda _: 4813.0)
        usable = chain.usable.all()
        chain.refresh(NOON + 61 * SECOND, lambda _: 4813.0)
        if not usable or chain.usable.any() or not chain.member.all():
            found.append(f"refresh mode {mode}: age of quotes")
    return found


def failures():
    return [text for part in (_signs, _seconds, _held, _merge, _parity, _modes) for text in part()]
