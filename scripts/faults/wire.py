"""DBN as it goes over the wire, versions 1 to 3: framing, metadata, the gateway's own messages, and records of version 3 as
records of an older version. Databento's package upgrades but does not go down, so the layouts of the five records that
differ are here."""

import struct
import time

UNDEFINED = 2**64 - 1
STRING = {1: 22, 2: 71, 3: 71}
TRADE, MBP1, MBP10, STATUS, DEFINITION, IMBALANCE, ERROR, MAPPING, SYSTEM, STATISTICS = (
    0x00, 0x01, 0x0A, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18)
MBO, CMBP1, CBBO_1S, CBBO_1M, TCBBO, BBO_1S, BBO_1M = 0xA0, 0xB1, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4
CONTROL = {ERROR, MAPPING, SYSTEM}

SCHEMA_OF = {
    TRADE: "trades", MBP1: "mbp-1", MBP10: "mbp-10", STATUS: "status", DEFINITION: "definition", IMBALANCE: "imbalance",
    STATISTICS: "statistics", MBO: "mbo", CMBP1: "cmbp-1", CBBO_1S: "cbbo-1s", CBBO_1M: "cbbo-1m", TCBBO: "tcbbo",
    BBO_1S: "bbo-1s", BBO_1M: "bbo-1m", 0x20: "ohlcv-1s", 0x21: "ohlcv-1m", 0x22: "ohlcv-1h", 0x23: "ohlcv-1d",
    0x24: "ohlcv-eod"}

# Code, fatal, and a text; the texts of 2, 3, 4, 6 and 7 are those by which readers of version 1 tell the code.
ERRORS = {
    1: (True, "Authentication failed."),
    2: (True, "User or API key deactivated"),
    3: (True, "User has reached their open connection limit"),
    4: (False, "Failed to resolve symbol 'NOSUCH'"),
    5: (True, "Invalid subscription"),
    6: (True, "Internal error"),
    7: (False, "Slow client detected for mbp-10 data: records were skipped"),
    8: (True, "Replay data aged out"),
}


def frames(data):
    """The records of a stream without metadata."""
    place = 0
    while place < len(data):
        size = 4 * data[place]
        if size < 16 or place + size > len(data):
            raise ValueError(f"no record at byte {place}")
        yield data[place : place + size]
        place += size


def rtype(record):
    return record[1]


def instrument(record):
    return struct.unpack_from("<I", record, 4)[0]


def ts_event(record):
    return struct.unpack_from("<Q", record, 8)[0]


def index_time(record):
    """ts_recv, else ts_event."""
    kind = rtype(record)
    if kind in (TRADE, MBP1, MBP10, CMBP1, TCBBO, BBO_1S, BBO_1M, CBBO_1S, CBBO_1M):
        return struct.unpack_from("<Q", record, 32)[0]
    if kind == MBO:
        return struct.unpack_from("<Q", record, 40)[0]
    if kind in (DEFINITION, STATUS, STATISTICS, IMBALANCE):
        return struct.unpack_from("<Q", record, 16)[0]
    return ts_event(record)


def metadata(version, dataset, start, ts_out):
    """Of a live session: nothing listed, mixed schemas and symbol types."""
    fixed = struct.pack("<16sHQQQ", dataset.encode(), 0xFFFF, start, UNDEFINED, 0)
    if version == 1:
        fixed += struct.pack("<Q", UNDEFINED)
    fixed += struct.pack("<BBB", 0xFF, 0, 1 if ts_out else 0)
    if version > 1:
        fixed += struct.pack("<H", STRING[version])
    fixed = fixed.ljust(100, b"\0") + struct.pack("<IIIII", 0, 0, 0, 0, 0)
    return b"DBN" + bytes([version]) + struct.pack("<I", len(fixed)) + fixed


def header(size, kind, instrument_id=0, event=None):
    return struct.pack("<BBHIQ", size // 4, kind, 0, instrument_id, time.time_ns() if event is None else event)


def system(code, text):
    return header(320, SYSTEM) + text.encode().ljust(303, b"\0") + bytes([code])


def error(code, text, is_last=1):
    return header(320, ERROR) + text.encode().ljust(302, b"\0") + bytes([code, is_last])


def mapping(instrument_id, requested, raw):
    body = b"\xff" + requested.encode().ljust(71, b"\0") + b"\xff" + raw.encode().ljust(71, b"\0")
    return header(176, MAPPING, instrument_id) + body + struct.pack("<QQ", UNDEFINED, UNDEFINED)


def unknown():
    """A record of a type that does not exist."""
    return header(32, 0x7E) + bytes(16)


# Definitions: offset in version 1, 2, 3, and width there (1, 2, 3). None: the version has no such field.
DEFINITION_FIELDS = [
    (16, 16, 16, 64, 64, 64),  # ts_recv to max_price_variation
    (88, 88, 80, 24, 24, 24),  # unit_of_measure_qty to price_ratio
    (328, 112, 104, 8, 8, 8),  # strike_price
    (120, 128, 112, 4, 4, 4),  # raw_instrument_id, its low half
    (112, 120, 136, 4, 4, 4),  # inst_attrib_value
    (116, 124, 140, 4, 4, 4),  # underlying_id
    (124, 132, 144, 28, 28, 28),  # market_depth_implied to min_lot_size_round_lot
    (152, 160, 172, 4, 4, 4),  # min_trade_vol
    (160, 164, 176, 12, 12, 12),  # contract_multiplier, decay_quantity, original_contract_size
    (178, 178, 212, 8, 8, 8),  # appl_id, maturity_year, decay_start_date, channel_id
    (186, 186, 224, 14, 14, 14),  # currency, settl_currency, secsubtype
    (200, 200, 238, 22, 71, 71),  # raw_symbol
    (222, 271, 309, 26, 26, 26),  # group, exchange
    (248, 297, 335, 7, 7, 11),  # asset
    (255, 304, 346, 45, 45, 45),  # cfi, security_type, unit_of_measure
    (300, 349, 391, 25, 25, 25),  # underlying, strike_price_currency
    (325, 374, 487, 1, 1, 1),  # instrument_class
    (342, 375, 488, 1, 1, 1),  # match_algorithm
    (344, 377, 489, 2, 2, 2),  # main_fraction, price_display_format
    (347, 380, 491, 2, 2, 2),  # sub_fraction, underlying_product
    (349, 382, 493, 4, 4, 4),  # security_update_action, maturity_month, _day, _week
    (353, 386, 497, 4, 4, 4),  # user_defined_instrument, contract_multiplier_unit, flow_schedule_type, tick_rule
]
DEFINITION_SIZE = {1: 360, 2: 400}


def older(record, version):
    """A record of version 3, without a send time, as one of `version`."""
    kind = rtype(record)
    if version == 3 or kind not in (STATISTICS, DEFINITION, ERROR, MAPPING, SYSTEM):
        return record
    if kind == STATISTICS:
        quantity = struct.unpack_from("<q", record, 40)[0]
        quantity = 2**31 - 1 if quantity == 2**63 - 1 else quantity
        return bytes([16]) + record[1:40] + struct.pack("<i", quantity) + record[48:62] + bytes(6)
    if kind == DEFINITION:
        return older_definition(record, version)
    if version == 2:
        return record
    if kind == MAPPING:
        requested, raw = record[17:88].rstrip(b"\0"), record[89:160].rstrip(b"\0")
        if max(len(requested), len(raw)) > 21:
            raise ValueError("a symbol of version 1 has at most 21 characters")
        return bytes([20]) + record[1:16] + requested.ljust(22, b"\0") + raw.ljust(22, b"\0") + bytes(4) + record[160:176]
    text = record[16:319 if kind == SYSTEM else 318].rstrip(b"\0")[:63]
    return bytes([20]) + record[1:16] + text.ljust(64, b"\0")


def older_definition(record, version):
    size = DEFINITION_SIZE[version]
    out = bytearray(size)
    out[:16] = record[:16]
    out[0] = size // 4
    column = version - 1
    for field in DEFINITION_FIELDS:
        to, origin, width = field[column], field[2], field[3 + column]
        out[to : to + width] = record[origin : origin + width]
    # What version 3 has no more: unset.
    struct.pack_into("<q", out, 80, 2**63 - 1)
    struct.pack_into("<H", out, 176, 2**16 - 1)
    return bytes(out)


def with_send_time(record, stamp):
    return bytes([record[0] + 2]) + record[1:] + struct.pack("<Q", stamp)
