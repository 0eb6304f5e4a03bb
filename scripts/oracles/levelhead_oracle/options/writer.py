"""DBN version 3 files for tests, with the public package databento_dbn."""

import datetime
from types import SimpleNamespace

import databento_dbn as dbn
import numpy
import zstandard

UNDEFINED = 2**63 - 1
CHANNEL, PUBLISHER, DATASET = 0, 1, "GLBX.MDP3"


def metadata(schema, symbols, day):
    """`symbols`: instrument id -> raw symbol, all of one day and the next."""
    start = datetime.datetime.combine(day, datetime.time(), tzinfo=datetime.UTC)
    nanos = int(start.timestamp()) * 10**9
    end = day + datetime.timedelta(days=2)
    mappings = [
        SimpleNamespace(raw_symbol=symbol, intervals=[SimpleNamespace(start_date=day, end_date=end, symbol=str(name))])
        for name, symbol in sorted(symbols.items())
    ]
    return dbn.Metadata(
        dataset=DATASET, start=nanos, end=nanos + 2 * 86_400 * 10**9, stype_in=dbn.SType.RAW_SYMBOL,
        stype_out=dbn.SType.INSTRUMENT_ID, schema=schema, symbols=sorted(symbols.values()), partial=[], not_found=[],
        mappings=mappings,
    ).encode()


def definition(instrument, symbol, stamp, expiration, **other):
    """A future, or an option if `other` has instrument_class, strike_price, underlying and underlying_id."""
    option = "strike_price" in other
    values = {
        "instrument_class": dbn.InstrumentClass.FUTURE, "cfi": "OCAFPS" if option else "FFIXSX",
        "min_price_increment": UNDEFINED if option else 250_000_000, "security_type": "OOF" if option else "FUT",
        **other,
    }
    return bytes(dbn.InstrumentDefMsg(
        publisher_id=PUBLISHER, instrument_id=instrument, ts_event=stamp, ts_recv=stamp, display_factor=10_000_000,
        raw_symbol=symbol, asset="ES", security_update_action=dbn.SecurityUpdateAction.ADD, expiration=expiration,
        activation=stamp - 10**15, unit_of_measure_qty=50 * 10**9, currency="USD", exchange="XCME", group="ES",
        unit_of_measure="IPNT", raw_instrument_id=instrument, **values,
    ))


def interest(instrument, event, receive, reference, contracts):
    return bytes(dbn.StatMsg(
        publisher_id=PUBLISHER, instrument_id=instrument, ts_event=event, ts_recv=receive, ts_ref=reference,
        price=UNDEFINED, quantity=contracts, stat_type=dbn.StatType.OPEN_INTEREST, channel_id=CHANNEL,
        update_action=dbn.StatUpdateAction.NEW,
    ))


def table(message, kind, count):
    """Zeroed records of a layout, with their headers."""
    records = numpy.zeros(count, numpy.dtype(message._dtypes))
    records["length"], records["rtype"], records["publisher_id"] = records.dtype.itemsize // 4, kind, PUBLISHER
    return records


def quotes(rows):
    """MBP-1 records from (instrument, event, receive, action, side, price, size, bid, ask, bid size, ask size)."""
    records = table(dbn.MBP1Msg, 0x01, len(rows))
    names = ("instrument_id", "ts_event", "ts_recv", "action", "side", "price", "size", "bid_px_00", "ask_px_00",
             "bid_sz_00", "ask_sz_00")
    for name, column in zip(names, zip(*rows)):
        records[name] = column
    records["flags"] = 0x80
    for side in ("bid", "ask"):
        records[f"{side}_ct_00"] = records[f"{side}_sz_00"] > 0
    return records


def books(rows):
    """MBP-10 records from (instrument, event, receive, action, side, price, size, flags, bid, ask, bid size, ask size):
    ten levels, one tick apart, each 20 contracts larger than the one before."""
    records = table(dbn.MBP10Msg, 0x0A, len(rows))
    names = ("instrument_id", "ts_event", "ts_recv", "action", "side", "price", "size", "flags")
    columns = list(zip(*rows))
    for name, column in zip(names, columns):
        records[name] = column
    for side, step, price, size in (("bid", -1, 8, 10), ("ask", 1, 9, 11)):
        best, contracts = numpy.array(columns[price], numpy.int64), numpy.array(columns[size], numpy.int64)
        for level in range(10):
            records[f"{side}_px_{level:02d}"] = best + step * level * 250_000_000
            records[f"{side}_sz_{level:02d}"] = contracts + 20 * level
            records[f"{side}_ct_{level:02d}"] = 1 + (contracts + 20 * level) // 3
    return records


def write(path, header, body):
    """Compressed if the name ends in .zst; the same bytes for the same input."""
    data = header + body
    if str(path).endswith(".zst"):
        data = zstandard.ZstdCompressor(level=3).compress(data)
    with open(path, "wb") as stream:
        stream.write(data)
