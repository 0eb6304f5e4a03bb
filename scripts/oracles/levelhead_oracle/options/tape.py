"""DBN files to one merged sequence of records (SYSTEM §2)."""

import heapq
import io
import os
import re
from dataclasses import dataclass

import databento_dbn as dbn
import numpy
import zstandard

UNDEFINED_PRICE = 2**63 - 1
UNDEFINED_TIME = 2**64 - 1
MBP_1, MBP_10, TRADES = 0x01, 0x0A, 0x00
DEFINITION, STATISTICS, STATUS, MBO = 0x13, 0x18, 0x12, 0xA0
CMBP_1, CBBO_1S, CBBO_1M, TCBBO, BBO_1S, BBO_1M = 0xB1, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4
LAYOUTS = {
    TRADES: dbn.TradeMsg, MBP_1: dbn.MBP1Msg, MBP_10: dbn.MBP10Msg, CMBP_1: dbn.CMBP1Msg, TCBBO: dbn.CMBP1Msg,
    BBO_1S: dbn.BBOMsg, BBO_1M: dbn.BBOMsg, CBBO_1S: dbn.CBBOMsg, CBBO_1M: dbn.CBBOMsg,
}
# Where a record type keeps its receive time; a type that is absent has none.
RECEIVE_OFFSET = {kind: 32 for kind in LAYOUTS} | {DEFINITION: 16, STATISTICS: 16, STATUS: 16, MBO: 40, 0x14: 16}
ORDER = {DEFINITION: 0, STATUS: 1, STATISTICS: 2, MBO: 3, MBP_10: 4, TRADES: 6}
QUOTES = (MBP_1, CMBP_1, TCBBO, BBO_1S, BBO_1M, CBBO_1S, CBBO_1M)
TOP_OF_BOOK_TRADES = "tbbo"


@dataclass
class File:
    """One file: its header, its bytes after the header and, per record, where it lies."""

    dataset: str
    schema: str
    metadata: object
    header: bytes
    body: numpy.ndarray
    offsets: numpy.ndarray


def read(path):
    if not os.path.isfile(path):
        raise ValueError(f"{path}: no such file")
    with open(path, "rb") as stream:
        data = stream.read()
    if data[:4] == b"\x28\xb5\x2f\xfd":
        data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True).read()
    if data[:3] != b"DBN" or len(data) < 8:
        raise ValueError(f"{path}: not a DBN file with a header")
    start = 8 + int.from_bytes(data[4:8], "little")
    metadata = dbn.Metadata.decode(data[:start])
    body = data[start:]
    offsets, position = [], 0
    while position < len(body):
        size = 4 * body[position]
        if size < 16 or position + size > len(body):
            raise ValueError(f"{path}: broken record at byte {start + position}")
        offsets.append(position)
        position += size
    schema = str(metadata.schema) if metadata.schema is not None else ""
    return File(metadata.dataset, schema, metadata, data[:start], numpy.frombuffer(body, numpy.uint8),
                numpy.array(offsets, numpy.int64))


def expanded(paths):
    """Directories become the DBN files in them, by name."""
    for path in paths:
        if os.path.isdir(path):
            yield from (os.path.join(path, name) for name in sorted(os.listdir(path)) if ".dbn" in name)
        else:
            yield path


def _integers(body, offsets, kind):
    width = numpy.dtype(kind).itemsize
    return body[offsets[:, None] + numpy.arange(width)].copy().view(kind).ravel()


class Tape:
    """Records of all files in ring order: `kind`, `instrument`, `event`, `receive` (the record's ts_recv, else its
    ts_event) and `clock`, the largest `receive` so far. `rows(kind)` gives the records of a type, with their
    positions."""

    def __init__(self, paths):
        self.files = [read(path) for path in expanded(paths)]
        parts = []
        for file in self.files:
            kind = file.body[file.offsets + 1]
            event = _integers(file.body, file.offsets + 8, "<u8")
            receive = event.copy()
            for value in numpy.unique(kind):
                if int(value) in RECEIVE_OFFSET:
                    chosen = kind == value
                    stamps = _integers(file.body, file.offsets[chosen] + RECEIVE_OFFSET[int(value)], "<u8")
                    receive[chosen] = numpy.where(stamps == UNDEFINED_TIME, event[chosen], stamps)
            parts.append((kind, _integers(file.body, file.offsets + 4, "<u4"), event, receive))
        self._order = self._merge(parts)
        owner, index = self._order
        starts = numpy.cumsum([0] + [len(part[0]) for part in parts[:-1]])
        flat = starts[owner] + index
        self.kind, self.instrument, event, receive = (
            numpy.concatenate([part[column] for part in parts])[flat] for column in range(4)
        )
        self.event, self.receive = event.astype(numpy.int64), receive.astype(numpy.int64)
        self.clock = numpy.maximum.accumulate(self.receive)
        self.from_top_of_book_trades = numpy.array([file.schema == TOP_OF_BOOK_TRADES for file in self.files])[owner]

    def __len__(self):
        return len(self.kind)

    def _merge(self, parts):
        """File and index in the file, per record in ring order. The order inside a file is kept."""
        if len(parts) == 1:
            count = len(parts[0][0])
            return numpy.zeros(count, numpy.int64), numpy.arange(count)
        datasets = sorted({file.dataset for file in self.files})
        keys = []
        for file, (kind, instrument, _, receive) in zip(self.files, parts):
            ranks = numpy.full(256, 7)
            for value in range(256):
                ranks[value] = ORDER.get(value, 5 if value in QUOTES else 7)
            tie = (datasets.index(file.dataset) * 8 + ranks[kind]) * 2**32 + instrument.astype(numpy.int64)
            keys.append((receive.tolist(), tie.tolist()))
        heap = [(stamps[0], ties[0], 0, which) for which, (stamps, ties) in enumerate(keys) if stamps]
        heapq.heapify(heap)
        owner, index = [], []
        while heap:
            _, _, position, which = heap[0]
            owner.append(which)
            index.append(position)
            stamps, ties = keys[which]
            position += 1
            if position < len(stamps):
                heapq.heapreplace(heap, (stamps[position], ties[position], position, which))
            else:
                heapq.heappop(heap)
        return numpy.array(owner, numpy.int64), numpy.array(index, numpy.int64)

    def rows(self, kind):
        """(positions in the ring, records as a structured array) of a type with a fixed layout."""
        layout = numpy.dtype(LAYOUTS[kind]._dtypes)
        positions = numpy.flatnonzero(self.kind == kind)
        owner, index = self._order
        records = numpy.empty(len(positions), layout)
        raw = records.view(numpy.uint8).reshape(len(positions), layout.itemsize)
        for which, file in enumerate(self.files):
            chosen = numpy.flatnonzero(owner[positions] == which)
            offsets = file.offsets[index[positions[chosen]]]
            for start in range(0, len(chosen), 1 << 18):
                part = slice(start, start + (1 << 18))
                raw[chosen[part]] = file.body[offsets[part, None] + numpy.arange(layout.itemsize)]
        return positions, records

    def messages(self, kind):
        """[(position in the ring, message of the newest version)] of definitions or statistics."""
        positions = numpy.flatnonzero(self.kind == kind)
        owner, index = self._order
        result = []
        for which, file in enumerate(self.files):
            chosen = positions[owner[positions] == which]
            if not len(chosen):
                continue
            decoder = dbn.DBNDecoder(upgrade_policy=dbn.VersionUpgradePolicy.UPGRADE_TO_V3)
            decoder.write(file.header)
            for offset in file.offsets[index[chosen]].tolist():
                decoder.write(file.body[offset : offset + 4 * int(file.body[offset])].tobytes())
            messages = [record for record in decoder.decode() if not isinstance(record, dbn.Metadata)]
            if len(messages) != len(chosen):
                raise ValueError(f"{len(messages)} of {len(chosen)} records of type {kind:#x} decoded")
            result += zip(chosen.tolist(), messages)
        return sorted(result, key=lambda entry: entry[0])

    def symbols(self):
        """instrument id -> raw symbol, from the headers' mappings."""
        found = {}
        for file in self.files:
            for symbol, intervals in (file.metadata.mappings or {}).items():
                for interval in intervals:
                    target = str(interval["symbol"])
                    if re.fullmatch(r"\d+", target):
                        found[int(target)] = symbol
                    elif re.fullmatch(r"\d+", symbol):
                        found[int(symbol)] = target
        return found
