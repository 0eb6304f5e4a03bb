"""The records of a run's tape and of what it was made from, to be compared without any code of the program."""

import hashlib
import pathlib
from collections import defaultdict

import tape as market_tape
import wire


def parts(run):
    """Files of a run's own tape, in their order, while it grows too."""
    listed = pathlib.Path(run) / "tape/parts"
    if not listed.exists():
        return []
    return [listed.parent / line.split()[0] for line in listed.read_text().splitlines()]


def metadata_length(head):
    return 8 + int.from_bytes(head[4:8], "little")


def written(run):
    """Every whole record that a run has written so far, marks and the gateway's own words too."""
    for part in parts(run):
        data = part.read_bytes()
        place = metadata_length(data)
        while place < len(data) and (size := 4 * data[place]) and place + size <= len(data):
            yield data[place : place + size]
            place += size


def middle_book(path, instruments):
    """Where a record of these instruments' ten-deep books begins in the second half of a tape's file."""
    data = path.read_bytes()
    place = metadata_length(data)
    def is_wanted(record):
        # The last of its event: between the others nobody looks at the book.
        return wire.rtype(record) == wire.MBP10 and wire.instrument(record) in instruments and record[30] & 0x80
    while place < len(data) // 2 or not is_wanted(data[place : place + 4 * data[place]]):
        place += 4 * data[place]
    return place


def count(run):
    return sum(1 for _ in written(run))


def data_count(run):
    return sum(1 for record in written(run) if wire.rtype(record) not in wire.CONTROL)


def last_event(run):
    """The newest event of its data, ns; 0 without any."""
    times = (int.from_bytes(record[8:16], "little") for record in written(run) if wire.rtype(record) not in wire.CONTROL)
    return max((stamp for stamp in times if stamp < 2**63), default=0)


def sequences(records):
    """By instrument and kind, the number of records and the digest of all of them in order."""
    chains, counts = defaultdict(hashlib.sha256), defaultdict(int)
    for record in records:
        if wire.rtype(record) not in wire.CONTROL:
            key = (wire.instrument(record), wire.rtype(record))
            chains[key].update(record)
            counts[key] += 1
    return {key: (counts[key], chains[key].hexdigest()) for key in chains}


_sources = {}


def source(directory):
    """The data records of a tape, by Databento's decoder."""
    if directory not in _sources:
        found = [directory] if directory.is_file() else sorted(directory.glob("*.dbn*"))
        _sources[directory] = market_tape.Tape(found)
    return _sources[directory]


def futures(directory):
    """The records that a live run asks for: those of the two contracts, of four schemas."""
    market = source(directory)
    wanted = {number for root in ("ES", "MES") for number in market.resolve(f"{root}.c.0", "continuous")}
    kinds = {wire.MBP10, wire.DEFINITION, wire.STATUS, wire.STATISTICS}
    return [record for record in market.records if wire.instrument(record) in wanted and wire.rtype(record) in kinds]


def marks(run):
    """The feed's marks on a run's tape, as dictionaries. A gap without an end gets that of the instrument's next book."""
    found, endless = [], []
    for record in written(run):
        instrument = int.from_bytes(record[4:8], "little")
        if wire.rtype(record) == wire.SYSTEM:
            text = record[16:319].split(b"\0")[0].decode()
            if text.startswith("levelhead="):
                found.append(dict(field.split("=", 1) for field in text.split("|")))
                if found[-1]["levelhead"] == "gap" and "to" not in found[-1]:
                    endless.append((instrument, found[-1]))
        elif endless and wire.rtype(record) == wire.MBP10:
            for one in [one for one in endless if one[0] in (0, instrument)]:
                one[1]["to"] = str(int.from_bytes(record[8:16], "little"))
                endless.remove(one)
    return found
