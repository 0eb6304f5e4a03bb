"""A DBN file as the market of a gateway: which records a subscription gets, and what its instruments are called."""

import pathlib
import re

import databento_dbn

import wire

# Months and years of futures, as in ESZ6.
CONTRACT = re.compile(r"^([A-Z0-9]{1,4})[FGHJKMNQUVXZ]\d{1,2}$")


class Tape:
    """Records of version 3 in the order of their files, sorted by receive time when there are several."""

    def __init__(self, paths):
        self.records = []
        self.names = {}
        self.dataset = None
        for path in map(pathlib.Path, paths):
            self.read(path)
        if len(paths) > 1:
            self.records.sort(key=wire.index_time)

    def read(self, path):
        is_packed = path.read_bytes()[:4] == b"\x28\xb5\x2f\xfd"
        decoder = databento_dbn.DBNDecoder(
            upgrade_policy=databento_dbn.VersionUpgradePolicy.UPGRADE_TO_V3,
            compression=databento_dbn.Compression.ZSTD if is_packed else databento_dbn.Compression.NONE)
        decoder.write(path.read_bytes())
        metadata, *records = decoder.decode()
        if metadata.ts_out:
            raise SystemExit(f"{path}: a tape with send times is not served")
        self.dataset = metadata.dataset
        for symbol, spans in metadata.mappings.items():
            for part in spans:
                if part["symbol"].isdigit():
                    self.names[int(part["symbol"])] = symbol
        for record in map(bytes, records):
            if wire.rtype(record) == wire.DEFINITION:
                self.names[wire.instrument(record)] = record[238:309].rstrip(b"\0").decode()
            if wire.rtype(record) == wire.MAPPING:
                self.names[wire.instrument(record)] = record[89:160].rstrip(b"\0").decode()
            if wire.rtype(record) not in wire.CONTROL:
                self.records.append(record)

    def resolve(self, symbol, stype):
        """Ids of a symbol."""
        if stype == "instrument_id":
            return {int(symbol)} & set(self.names) if symbol.isdigit() else set()
        if stype == "parent":
            return {number for number, name in self.names.items() if parent(name) == symbol}
        if stype == "continuous":
            root, _, rank = symbol.partition(".")[0], None, symbol.rpartition(".")[2]
            front = sorted((name for name in self.names.values() if parent(name) == f"{root}.FUT"),
                           key=lambda name: (name[-1], name[-2]))
            chosen = front[int(rank)] if rank.isdigit() and int(rank) < len(front) else None
            return {number for number, name in self.names.items() if name == chosen}
        return {number for number, name in self.names.items() if name == symbol}


def parent(name):
    words = name.split(" ")
    found = CONTRACT.match(words[0])
    if not found:
        return None
    return f"{found[1]}.OPT" if len(words) == 2 else f"{found[1]}.FUT"
