"""Definitions of options and futures, and the quotes, trades and open interest of options."""

import datetime
import re
from dataclasses import dataclass

import databento_dbn as dbn
import numpy

from .. import sessions
from . import tape as records

UNDEFINED = records.UNDEFINED_PRICE
ES_FUTURE = re.compile(r"ES[FGHJKMNQUVXZ]\d{1,2}")
INDEX_ROOTS = ("SPX", "SPXW")
# Settled by the opening prices of their last day.
MORNING_ROOTS = ("SPX",)
OPEN_INTEREST, DELETED = 9, 2


@dataclass(frozen=True)
class Definition:
    """Strike in 1e-9 points, sign +1 call, -1 put; `underlying` is the instrument of the future, 0 if there is none."""

    sign: int
    strike: int
    expiration: int
    multiplier: float
    underlying: int
    root: str


def _multiplier(message):
    if message.unit_of_measure_qty not in (UNDEFINED, 0):
        return message.unit_of_measure_qty / 1e9
    return float(message.contract_multiplier) if 0 < message.contract_multiplier < 2**31 - 1 else 100.0


def index_expiration(stamp, symbol):
    """OPRA's definitions give a date, as its 00:00 UTC: the close of the stock exchanges on it, or the open."""
    days, rest = divmod(stamp, 86400 * sessions.SECOND)
    if rest:
        return stamp
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=days)
    if symbol.split(" ")[0] in MORNING_ROOTS:
        return sessions.nanos_of(date, "09:30")
    return sessions.equity_closes(date, date).get(date, sessions.nanos_of(date, "16:00"))


def definitions(tape):
    """[(position, instrument, Definition or None when deleted)] of options on ES futures and index options of OPRA."""
    messages = tape.messages(records.DEFINITION)
    by_symbol = {symbol: instrument for instrument, symbol in tape.symbols().items()}
    for _, message in messages:
        by_symbol.setdefault(message.raw_symbol, message.instrument_id)
    result = []
    for position, message in messages:
        kind = str(message.instrument_class)
        if kind not in ("C", "P") or message.strike_price == UNDEFINED:
            continue
        future = ES_FUTURE.fullmatch(message.underlying) is not None
        if not future and message.underlying not in INDEX_ROOTS:
            continue
        underlying = (message.underlying_id or by_symbol.get(message.underlying, 0)) if future else 0
        if future and not underlying:
            continue
        expiration = message.expiration if future else index_expiration(message.expiration, message.raw_symbol)
        definition = Definition(1 if kind == "C" else -1, message.strike_price, expiration, _multiplier(message),
                                underlying, message.underlying)
        deleted = str(message.security_update_action) == "D"
        result.append((position, message.instrument_id, None if deleted else definition))
    return result


def open_interest(tape):
    """[(position, instrument, reference time, contracts)]."""
    result = []
    for position, message in tape.messages(records.STATISTICS):
        if int(message.stat_type) != OPEN_INTEREST or int(message.update_action) == DELETED:
            continue
        if message.quantity == dbn.UNDEF_STAT_QUANTITY:
            continue
        reference = 0 if message.ts_ref == records.UNDEFINED_TIME else message.ts_ref
        result.append((position, message.instrument_id, reference, message.quantity))
    return result


@dataclass
class Ticks:
    """Taken records of options in ring order. Prices in 1e-9; a side that is missing is 0. `quotes`: the record carries
    a quote; `trades`: it is a trade; `top`: of type mbp-1, which tbbo shares; `own_quote`: the quote in a trade is
    always the one before it."""

    position: numpy.ndarray
    instrument: numpy.ndarray
    event: numpy.ndarray
    receive: numpy.ndarray
    bid: numpy.ndarray
    ask: numpy.ndarray
    price: numpy.ndarray
    size: numpy.ndarray
    side: numpy.ndarray
    trades: numpy.ndarray
    quotes: numpy.ndarray
    top: numpy.ndarray
    own_quote: numpy.ndarray


def _part(tape, kind, wanted):
    positions, rows = tape.rows(kind)
    keep = numpy.isin(rows["instrument_id"], wanted)
    positions, rows = positions[keep], rows[keep]
    count = len(rows)
    quoted = kind != records.TRADES
    has_action = "action" in rows.dtype.names
    trades = (rows["action"] == b"T") if has_action else numpy.zeros(count, bool)
    trades |= kind in (records.TRADES, records.TCBBO)
    top_trades = tape.from_top_of_book_trades[positions] & (kind == records.MBP_1)
    part = {
        "position": positions, "instrument": rows["instrument_id"], "event": rows["ts_event"].astype(numpy.int64),
        "receive": tape.receive[positions], "price": rows["price"], "size": rows["size"].astype(numpy.int64),
        "side": rows["side"], "trades": trades, "quotes": numpy.full(count, quoted),
        "top": numpy.full(count, kind == records.MBP_1), "own_quote": numpy.full(count, kind == records.TCBBO),
    }
    for name in ("bid", "ask"):
        price = rows[f"{name}_px_00"] if quoted else numpy.zeros(count, numpy.int64)
        part[name] = numpy.where(price == UNDEFINED, 0, price)
    # Of several sources of trades the best of an instrument is taken (K.1).
    rank = numpy.full(count, 9)
    rank[trades] = 2
    if kind in (records.MBP_1, records.CMBP_1):
        rank[:] = 0
        rank[top_trades] = 1
    elif kind == records.TCBBO:
        rank[:] = 1
    return part, rank


def ticks(tape, instruments):
    """Records of the instruments, without those that another source makes superfluous. Returns (Ticks, ignored)."""
    parts, ranks = [], []
    for kind in (records.TRADES, *records.QUOTES):
        part, rank = _part(tape, kind, numpy.array(sorted(instruments), numpy.uint32))
        parts.append(part)
        ranks.append(rank)
    merged = {name: numpy.concatenate([part[name] for part in parts]) for name in parts[0]}
    rank = numpy.concatenate(ranks)
    order = numpy.argsort(merged["position"], kind="stable")
    merged = {name: values[order] for name, values in merged.items()}
    rank = rank[order]
    keep = rank == 9
    for instrument in numpy.unique(merged["instrument"]):
        own = merged["instrument"] == instrument
        best = rank[own].min(initial=9)
        keep |= own & (rank == best)
    ignored = int((~keep).sum())
    return Ticks(**{name: values[keep] for name, values in merged.items()}), ignored


def aggressor_signs(data):
    """Sign of every trade (0 for other records): venue, quote rule, tick test (A.13). While only trades of type mbp-1
    have come of an instrument, they are taken as tbbo, whose quote is the one before the trade."""
    signs = numpy.zeros(len(data.position), numpy.int64)
    quote, last, previous, has_book = {}, {}, {}, set()
    columns = zip(data.instrument.tolist(), data.bid.tolist(), data.ask.tolist(), data.price.tolist(),
                  data.side.tolist(), data.trades.tolist(), data.quotes.tolist(), data.top.tolist(),
                  data.own_quote.tolist())
    for index, (instrument, bid, ask, price, side, trade, quotes, top, own) in enumerate(columns):
        if top and not trade:
            has_book.add(instrument)
        if trade and price != UNDEFINED:
            own = own or (top and instrument not in has_book)
            before = (bid, ask) if own else quote.get(instrument, (0, 0))
            if last.get(instrument, price) != price:
                previous[instrument] = last[instrument]
            last[instrument] = price
            signs[index] = _sign(side, price, *before, previous.get(instrument))
        if quotes:
            quote[instrument] = (bid, ask)
    return signs


def _sign(side, price, bid, ask, different):
    if side == b"B":
        return 1
    if side == b"A":
        return -1
    if not (bid > 0 and ask > bid):
        return 0
    if 2 * price != bid + ask:
        return 1 if 2 * price > bid + ask else -1
    return 0 if different is None else 1 if price > different else -1
