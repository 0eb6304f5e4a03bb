"""MBP-10 records to event groups (FEATURES A.3, K.3-5, K.3-15)."""

import math
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone

import databento
import numpy

TICK = 250_000_000
UNDEFINED = 2**63 - 1
UNDEFINED_TIME = 2**64 - 1
F_LAST, F_SNAPSHOT, F_MAYBE_BAD_BOOK = 0x80, 0x20, 0x04
SIDE_SIGN = {b"B": 1, b"A": -1}


@dataclass
class Group:
    """One event group. `trades` holds (ts_event, tick, size, D) in record order; `stamps` holds the ts_event of every
    record, rejected ones too; `bids` and `asks` hold (tick, size, count) from best to worst."""

    ts_event: int
    ts_recv: int
    clock: int
    stamps: list
    records: int
    trades: list
    bids: list
    asks: list
    events: list = field(default_factory=list)
    missing_last: bool = False
    first_record: int = 0


def read(paths, instrument=None):
    """All MBP-10 records of one instrument, in receive order over the files. Raises ValueError if it is ambiguous."""
    parts = []
    for path in paths:
        parts.append(_store(path, "mbp-10").to_ndarray())
    records = numpy.concatenate(parts) if len(parts) > 1 else parts[0]
    if len(parts) > 1:
        records = records[numpy.argsort(records["ts_recv"], kind="stable")]
    present = numpy.unique(records["instrument_id"])
    if instrument is None:
        if len(present) != 1:
            raise ValueError(f"instruments {present.tolist()} on the tape: name one with --instrument-id")
        instrument = int(present[0])
    return records[records["instrument_id"] == instrument]


def _store(path, schema):
    if not os.path.isfile(path):
        raise ValueError(f"{path}: no such file")
    store = databento.DBNStore.from_file(path)
    if str(store.schema) != schema:
        raise ValueError(f"{path}: schema {store.schema}, expected {schema}")
    return store


def symbol(paths, instrument):
    """The raw symbol that the first tape's header maps to the instrument, or None."""
    for name, intervals in databento.DBNStore.from_file(paths[0]).mappings.items():
        if any(interval["symbol"] == str(instrument) for interval in intervals):
            return name
    return None


def settlements(paths, instrument):
    """Final settlements as (ts_recv, trade date, price in points), NaN for one taken back, in receive order."""
    found = []
    for path in paths:
        records = _store(path, "statistics").to_ndarray()
        final = (records["stat_type"] == 3) & (records["stat_flags"] & 1 > 0)
        wanted = final & (records["instrument_id"] == instrument)
        for record in records[wanted]:
            if record["ts_ref"] == UNDEFINED_TIME:
                continue
            date = datetime.fromtimestamp(int(record["ts_ref"]) // 10**9, timezone.utc).date()
            gone = record["update_action"] == 2 or record["price"] == UNDEFINED
            found.append((int(record["ts_recv"]), date, math.nan if gone else int(record["price"]) / 1e9))
    return tuple(sorted(found, key=lambda entry: entry[0]))


def expiration(paths, instrument):
    """`expiration` of the instrument's last definition, or None."""
    found = None
    for path in paths:
        records = _store(path, "definition").to_ndarray()
        for record in records[records["instrument_id"] == instrument]:
            if record["expiration"] != UNDEFINED_TIME:
                found = int(record["expiration"])
    return found


def _side(records, side):
    """Per record, the listed levels of one side as (tick, size, count); and the records with an off-tick price."""
    columns, off_tick = [], numpy.zeros(len(records), bool)
    for level in range(10):
        price = records[f"{side}_px_{level:02d}"]
        listed = price != UNDEFINED
        off_tick |= listed & (price % TICK != 0)
        tick = numpy.where(listed, price // TICK, 0)
        columns.append(
            list(
                zip(
                    listed.tolist(),
                    tick.tolist(),
                    records[f"{side}_sz_{level:02d}"].tolist(),
                    records[f"{side}_ct_{level:02d}"].tolist(),
                )
            )
        )
    return columns, off_tick


def _book(columns, index):
    return [(tick, size, count) for listed, tick, size, count in (column[index] for column in columns) if listed]


def groups(records):
    """Returns the closed groups that have an accepted record, and counters of what was met."""
    counters = Counter(records=len(records))
    bid_columns, bid_off = _side(records, "bid")
    ask_columns, ask_off = _side(records, "ask")
    price = records["price"]
    rejected = (bid_off | ask_off | ((price != UNDEFINED) & (price % TICK != 0))).tolist()
    ticks = (price // TICK).tolist()
    sizes, actions, sides = records["size"].tolist(), records["action"].tolist(), records["side"].tolist()
    flags, stamps = records["flags"].tolist(), records["ts_event"].tolist()
    received = records["ts_recv"].tolist()
    result, open_group = [], []

    def close(missing_last):
        accepted = [index for index in open_group if not rejected[index]]
        counters["missing_last"] += missing_last
        if not accepted:
            counters["empty_groups"] += 1
            return
        last = accepted[-1]
        result.append(
            Group(
                ts_event=stamps[open_group[-1]],
                ts_recv=received[open_group[-1]],
                clock=max(received[index] for index in open_group),
                stamps=[stamps[index] for index in open_group],
                records=len(accepted),
                trades=[
                    (stamps[index], ticks[index], sizes[index], SIDE_SIGN.get(sides[index], 0))
                    for index in accepted
                    if actions[index] == b"T"
                ],
                bids=_book(bid_columns, last),
                asks=_book(ask_columns, last),
                events=[(flags[index], actions[index]) for index in accepted],
                missing_last=missing_last,
                first_record=open_group[0],
            )
        )

    for index in range(len(records)):
        if open_group and stamps[index] != stamps[open_group[-1]]:
            close(True)
            open_group = []
        open_group.append(index)
        counters["reject_off_tick"] += rejected[index]
        if flags[index] & F_LAST:
            close(False)
            open_group = []
    counters["records_left_open"] = len(open_group)
    counters["groups"] = len(result)
    return result, counters
