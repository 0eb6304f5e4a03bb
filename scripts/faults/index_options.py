"""A made-up tape of an index's options, of OPRA.PILLAR, from one of options on futures: the same strikes, quotes and trades under
an index's names."""

import datetime
import struct

import tape as market_tape
import wire

DATASET, PUBLISHER, ROOT = "OPRA.PILLAR", 30, "SPXW"


def write(source, path):
    """Makes the tape at `path` from the files of `source`, and gives its records."""
    market = market_tape.Tape(sorted(source.glob("*.dbn*")))
    options = {wire.instrument(r) for r in market.records if wire.rtype(r) == wire.DEFINITION and r[487:488] in (b"C", b"P")}
    made = [of_index(record) for record in market.records if wire.instrument(record) in options]
    start = min(map(wire.index_time, made))
    path.write_bytes(wire.metadata(3, DATASET, start, False) + b"".join(made))
    return made


def of_index(record):
    made = bytearray(record)
    struct.pack_into("<H", made, 2, PUBLISHER)
    if wire.rtype(record) == wire.DEFINITION:
        name(made)
    if wire.rtype(record) == wire.MBP1:
        made[1] = wire.CMBP1
        # Reserved bytes of a consolidated quote, and the publishers of its sides.
        made[31] = 0
        made[44:48] = bytes(4)
        made[72:80] = struct.pack("<HHHH", PUBLISHER, 0, PUBLISHER, 0)
    return bytes(made)


def name(definition):
    """As OCC writes it: root, date, C or P, strike in thousandths. The expiration is the date's 00:00 UTC, as OPRA's
    definitions have it."""
    expiration, = struct.unpack_from("<Q", definition, 40)
    strike, = struct.unpack_from("<q", definition, 104)
    day = datetime.datetime.fromtimestamp(expiration // 10**9, datetime.timezone.utc).replace(hour=0, minute=0, second=0)
    struct.pack_into("<Q", definition, 40, int(day.timestamp()) * 10**9)
    symbol = f"{ROOT:<6}{day:%y%m%d}{chr(definition[487])}{strike // 10**6:08d}"
    definition[140:144] = bytes(4)
    definition[238:309] = symbol.encode().ljust(71, b"\0")
    definition[335:346] = ROOT.encode().ljust(11, b"\0")
    definition[391:412] = b"SPX".ljust(21, b"\0")
