#!/usr/bin/env python3
"""Compares Levelhead's DBN codec with Databento's own package, field by field.

Streams: every .dbn and .dbn.zst fixture, fragments included, and generated ones with random records of every kind in
every version, with and without send times. For each stream
  - the records as decoded, in the stream's own version and upgraded to version 3, must have equal fields;
  - CSV must equal Databento's;
  - what Levelhead encodes as version 1, 2 and 3 must decode to the same records and metadata again.

The Python needs databento-dbn, numpy and zstandard. Levelhead's side is either the program,
    dbn_fixtures.py --levelhead .build/release/levelhead
or, without it, the test suite DBNFixtureDump, which this script runs with `swift test`.
Exit status 1 on any difference, and when nothing was compared.
"""
import argparse, io, json, os, pathlib, random, re, shutil, struct, subprocess, sys, tempfile

import databento_dbn as dbn
import numpy
import zstandard

ROOT = pathlib.Path(__file__).resolve().parents[2]
RAW, UPGRADE = dbn.VersionUpgradePolicy.AS_IS, dbn.VersionUpgradePolicy.UPGRADE_TO_V3
SAME = {0x00: dbn.TradeMsg, 0x01: dbn.MBP1Msg, 0x0A: dbn.MBP10Msg, 0xA0: dbn.MBOMsg, 0x12: dbn.StatusMsg,
        0x14: dbn.ImbalanceMsg, 0xB1: dbn.CMBP1Msg, 0xC2: dbn.CMBP1Msg, 0xC0: dbn.CBBOMsg, 0xC1: dbn.CBBOMsg,
        0xC3: dbn.BBOMsg, 0xC4: dbn.BBOMsg, 0x11: dbn.OHLCVMsg, 0x20: dbn.OHLCVMsg, 0x21: dbn.OHLCVMsg,
        0x22: dbn.OHLCVMsg, 0x23: dbn.OHLCVMsg, 0x24: dbn.OHLCVMsg}
CHANGED = {0x13: (dbn.InstrumentDefMsgV1, dbn.InstrumentDefMsgV2, dbn.InstrumentDefMsg),
           0x15: (dbn.ErrorMsgV1, dbn.ErrorMsg, dbn.ErrorMsg),
           0x16: (dbn.SymbolMappingMsgV1, dbn.SymbolMappingMsg, dbn.SymbolMappingMsg),
           0x17: (dbn.SystemMsgV1, dbn.SystemMsg, dbn.SystemMsg),
           0x18: (dbn.StatMsgV1, dbn.StatMsgV1, dbn.StatMsg)}
RTYPES = sorted(SAME) + sorted(CHANGED)
# What version 1 has no room for and a conversion may lose; a definition's four fields that version 3 abandoned.
DROPPED = {"code", "is_last", "stype_in", "stype_out", "trading_reference_price", "trading_reference_date",
           "md_security_trading_status", "settl_price_type"}
TEXTS = ["Heartbeat", "Subscription request 5 for mbo data succeeded", "Subscription request  succeeded",
         "Subscription requestX succeeded", "Warning: slow reading, not keeping pace", "Warning: slow",
         "Finished ohlcv-1s replay", "Finished replay", "Finishedreplay", "FinishedX replay",
         "End of interval for bbo-1s", "End of interval", "User or API key deactivated", "User or API key deactivated.",
         "User has reached their open connection limit", "Failed to resolve symbol", "Failed to resolve symbols: X",
         "Internal error", "Internal error: x", "Slow client detected for mbo", "Slow client detected for", ""]


def record_class(rtype, version):
    return SAME[rtype] if rtype in SAME else CHANGED[rtype][version - 1]


def slots(cls):
    """Name to (offset, numpy type), from the package's own tables."""
    offset, result = 0, {}
    for name, kind in cls._dtypes:
        result[name] = (offset, kind)
        offset += numpy.dtype(kind).itemsize
    return result, offset


def fields(record, version, send_time):
    """A record's bytes as {name: value}: integers as they are, characters and texts as strings."""
    cls = record_class(record[1], version)
    table, _ = slots(cls)
    result = {}
    for name in cls._ordered_fields:
        offset, kind = table[name]
        if kind.startswith("S"):
            raw = record[offset:offset + int(kind[1:])]
            result[name] = raw.split(b"\0")[0].decode("latin-1")
        else:
            result[name] = int(numpy.frombuffer(record, "<" + kind, 1, offset)[0])
    if send_time:
        result["ts_out"] = struct.unpack("<Q", record[-8:])[0]
    return result


class Stream:
    """Plain bytes of one stream and what Databento's decoder makes of them."""

    def __init__(self, name, data, fragment=0, send_time=False, path=None):
        self.name, self.data, self.fragment, self.path = name, data, fragment, path
        self.metadata = None if fragment else dbn.Metadata.decode(data, RAW)
        self.version = fragment or self.metadata.version
        self.send_time = send_time if fragment else bool(self.metadata.ts_out)

    def records(self, policy, data=None, version=None):
        decoder = dbn.DBNDecoder(has_metadata=not self.fragment, ts_out=self.send_time, upgrade_policy=policy,
                                 input_version=(version or self.version) if self.fragment else None)
        decoder.write(self.data if data is None else data)
        items = decoder.decode()
        if decoder.buffer():
            raise ValueError(f"databento-dbn left {len(decoder.buffer())} bytes")
        return [record_bytes(item, self.send_time) for item in items if not isinstance(item, dbn.Metadata)]


def record_bytes(item, send_time):
    data = bytes(item)
    if send_time and len(data) == data[0] * 4 - 8:
        data += struct.pack("<Q", item.ts_out)
    if len(data) != data[0] * 4:
        raise ValueError(f"{type(item).__name__}: {len(data)} bytes, length says {data[0] * 4}")
    return data


def fixtures(directory):
    for path in sorted(directory.rglob("*")):
        if not re.search(r"\.dbn(\.frag)?(\.zst)?$", path.name):
            continue
        data = path.read_bytes()
        if path.name.endswith(".zst"):
            data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True).read()
        fragment = 0
        if ".frag" in path.name:
            version = re.search(r"\.v([123])\.", path.name)
            # The one fragment without a version in its name holds definitions: their size tells.
            fragment = int(version[1]) if version else {90: 1, 100: 2, 130: 3}[data[0]]
        yield Stream(str(path.relative_to(directory)), data, fragment, path=path)


def generated(seed):
    for version in (1, 2, 3):
        for send_time in (False, True):
            # Narrow streams hold nothing that version 1 could not say; wide ones everything.
            for rtype, narrow in [(rtype, False) for rtype in RTYPES] + [(rtype, True) for rtype in CHANGED]:
                rng = random.Random(f"{seed}/{version}/{send_time}/{rtype}/{narrow}")
                schema = None if rtype in (0x11, 0x15, 0x16, 0x17) else schema_of(rtype)
                metadata = dbn.Metadata(
                    dataset="GLBX.MDP3", start=rng.getrandbits(60), stype_in=dbn.SType.RAW_SYMBOL,
                    stype_out=dbn.SType.INSTRUMENT_ID, schema=schema, symbols=["ESZ6"], partial=["A", "B"],
                    not_found=["C" * 21], end=rng.choice([None, rng.getrandbits(60)]),
                    limit=rng.choice([None, rng.getrandbits(40)]), ts_out=send_time, version=version)
                body = b"".join(random_record(rng, rtype, version, send_time, narrow) for _ in range(40))
                name = f"generated/{rtype:02x}.v{version}.{'ts_out' if send_time else 'plain'}"
                yield Stream(name + (".narrow" if narrow else ""), metadata.encode() + body)


def schema_of(rtype):
    names = {0x00: "trades", 0x01: "mbp-1", 0x0A: "mbp-10", 0xA0: "mbo", 0x12: "status", 0x13: "definition",
             0x14: "imbalance", 0x18: "statistics", 0x20: "ohlcv-1s", 0x21: "ohlcv-1m", 0x22: "ohlcv-1h",
             0x23: "ohlcv-1d", 0x24: "ohlcv-eod", 0xB1: "cmbp-1", 0xC0: "cbbo-1s", 0xC1: "cbbo-1m", 0xC2: "tcbbo",
             0xC3: "bbo-1s", 0xC4: "bbo-1m"}
    return dbn.Schema.from_str(names[rtype])


def random_record(rng, rtype, version, send_time, narrow):
    table, size = slots(record_class(rtype, version))
    record = bytearray(size)
    for name, (offset, kind) in table.items():
        if name.startswith("_"):
            continue
        width = numpy.dtype(kind).itemsize
        if kind == "S1":
            # No quote: Databento's CSV writes that one character with a backslash, which CSV readers do not know.
            record[offset] = rng.choice(b"ABCDFKMNPRSTXY~ ,\0")
        elif kind.startswith("S"):
            room = min(width - 1, 6) if name == "asset" else min(width - 1, 21) if narrow else width - rng.randint(0, 1)
            text = bytes(rng.choice(b"ABCXYZ0189 .,-\"") for _ in range(rng.randint(0, room)))
            if rtype in (0x15, 0x17) and rng.random() < 0.7:
                text = rng.choice(TEXTS).encode()
            record[offset:offset + len(text)] = text
        else:
            bits = rng.choice([rng.getrandbits(8 * width), rng.getrandbits(min(31, 8 * width)), 0,
                               2 ** (8 * width) - 1, 2 ** (8 * width - 1) - 1, 2 ** 31 - 1])
            if narrow and name.startswith("leg_"):
                bits = {"leg_price": 2 ** 63 - 1, "leg_delta": 2 ** 63 - 1}.get(name, 0)
            elif narrow and name == "quantity" and width == 8:
                bits = rng.choice([2 ** 63 - 1, rng.randrange(-2 ** 31, 2 ** 31 - 1)])
            record[offset:offset + width] = (bits % 2 ** (8 * width)).to_bytes(width, "little")
    if narrow and rtype == 0x13 and version == 3:
        record[416:487] = bytes(71)
        record[501:503] = b"\0N"
        record[112:120] = rng.getrandbits(32).to_bytes(8, "little")
    record[0], record[1] = (size + 8 * send_time) // 4, rtype
    return bytes(record) + (struct.pack("<Q", rng.getrandbits(63)) if send_time else b"")


def unsayable(record, field, stream, version):
    """Whether a record's field has a value that the other version has no room for."""
    source, _ = slots(record_class(record[1], stream.version))
    target, _ = slots(record_class(record[1], version))
    if field not in source or version >= stream.version:
        return False
    value = fields(record, stream.version, stream.send_time)[field]
    if field not in target:
        unset = {"leg_price": 2 ** 63 - 1, "leg_delta": 2 ** 63 - 1, "leg_side": "N", "leg_raw_symbol": "",
                 "leg_instrument_class": ""}
        return field not in DROPPED and value != unset.get(field, 0)
    kind = target[field][1]
    if kind.startswith("S"):
        return len(value) > int(kind[1:]) - 1
    limits = numpy.iinfo(kind)
    if field == "quantity":
        # The largest value of either width means "undefined".
        return value != 2 ** 63 - 1 and not limits.min <= value < limits.max
    return not limits.min <= value <= limits.max


class Report:
    def __init__(self):
        self.streams = self.records = self.values = self.encoded = self.csv = 0
        self.refused, self.differences = {}, []

    def differ(self, stream, what):
        self.differences.append(f"{stream.name}: {what}")

    def compare_fields(self, stream, label, expected, version, lines):
        if len(expected) != len(lines):
            return self.differ(stream, f"{label}: {len(lines)} records, expected {len(expected)}")
        for index, (record, line) in enumerate(zip(expected, lines)):
            want, got = fields(record, version, stream.send_time), json.loads(line)
            self.records += 1
            self.values += len(want)
            if list(want) != list(got):
                return self.differ(stream, f"{label} record {index}: fields {list(got)}, expected {list(want)}")
            for name in want:
                if want[name] != got[name]:
                    return self.differ(stream, f"{label} record {index} {name}: {got[name]!r}, expected {want[name]!r}")

    def compare_encoded(self, stream, version, data):
        try:
            got = stream.records(UPGRADE, data, version)
        except Exception as error:
            return self.differ(stream, f"encoded v{version}: databento-dbn says {error}")
        want = stream.records(UPGRADE)
        if len(got) != len(want):
            return self.differ(stream, f"encoded v{version}: {len(got)} records, expected {len(want)}")
        for index, (a, b) in enumerate(zip(want, got)):
            a, b = fields(a, 3, stream.send_time), fields(b, 3, stream.send_time)
            for name in a:
                if a[name] != b[name] and not (version == 1 and name in DROPPED):
                    what = f"{name}: {b[name]}, expected {a[name]}"
                    return self.differ(stream, f"encoded v{version} record {index} {what}")
        if version == stream.version and stream.records(RAW, data, version) != stream.records(RAW):
            return self.differ(stream, f"encoded v{version}: records differ byte for byte")
        if stream.metadata is not None:
            self.compare_metadata(stream, version, dbn.Metadata.decode(data, RAW), data)
        self.encoded += len(want)

    def compare_metadata(self, stream, version, got, data):
        want = stream.metadata
        for name in ("dataset", "schema", "start", "end", "limit", "stype_in", "stype_out", "ts_out", "symbols",
                     "partial", "not_found", "mappings"):
            if getattr(want, name) != getattr(got, name):
                self.differ(stream, f"encoded v{version} metadata {name}: {getattr(got, name)}")
        if got.version != version:
            self.differ(stream, f"encoded v{version}: metadata says version {got.version}")
        # Databento's encoder on what it read from ours must give our bytes again.
        theirs = got.encode()
        if data[:len(theirs)] != theirs:
            self.differ(stream, f"encoded v{version}: metadata differs byte for byte")

    def compare_csv(self, stream, text):
        # Databento's CSV leaves out a text that fills its field to the last byte, as in wide definitions.
        if stream.fragment or stream.metadata.schema is None or re.match(r"generated/13\.\w+\.\w+$", stream.name):
            return
        out = io.BytesIO()
        coder = dbn.Transcoder(out, dbn.Encoding.CSV, dbn.Compression.NONE, pretty_px=False, pretty_ts=False,
                               map_symbols=False, upgrade_policy=UPGRADE)
        coder.write(stream.data)
        coder.finish()
        want, got = out.getvalue().decode().splitlines(), text.splitlines()
        if not got:
            got, want = got, want[1:]
        if want != got:
            pair = next(((a, b) for a, b in zip(want, got) if a != b), (len(want), len(got)))
            return self.differ(stream, f"csv: {pair[1]}, expected {pair[0]}")
        self.csv += max(0, len(got) - 1)

    def refuse(self, stream, version, reason):
        """Only what an older version cannot say may be refused."""
        field = reason.split(" ")[0]
        if not any(unsayable(record, field, stream, version) for record in stream.records(RAW)):
            return self.differ(stream, f"encoding v{version} refused: {reason}")
        key = f"v{stream.version} to v{version}: {field}"
        self.refused[key] = self.refused.get(key, 0) + 1


def swift_side(streams, report, directory, swift):
    lines = []
    for index, stream in enumerate(streams):
        (directory / str(index)).write_bytes(stream.data)
        lines.append(f"{index}\t{stream.fragment}\t{int(stream.send_time)}\n")
    (directory / "manifest").write_text("".join(lines))
    run = subprocess.run(swift, cwd=ROOT, env={**os.environ, "TEST_DBN_DUMP_DIR": str(directory)},
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode != 0:
        sys.exit("swift test failed:\n" + run.stdout[-4000:])
    for index, stream in enumerate(streams):
        report.streams += 1
        base = str(directory / str(index))
        for policy, name, version in ((RAW, "raw", stream.version), (UPGRADE, "v3", 3)):
            lines = pathlib.Path(f"{base}.{name}.jsonl").read_text().splitlines()
            report.compare_fields(stream, name, stream.records(policy), version, lines)
        report.compare_csv(stream, pathlib.Path(base + ".v3.csv").read_text())
        for version in (1, 2, 3):
            refusal = pathlib.Path(f"{base}.v{version}.refused")
            if refusal.exists():
                report.refuse(stream, version, refusal.read_text())
            else:
                report.compare_encoded(stream, version, pathlib.Path(f"{base}.v{version}.dbn").read_bytes())


def program_side(streams, report, directory, program):
    skipped = 0
    for index, stream in enumerate(streams):
        if stream.fragment:
            # The program reads whole streams; fragments are the test suite's.
            skipped += 1
            continue
        report.streams += 1
        source = stream.path or directory / f"{index}.dbn"
        if not stream.path:
            source.write_bytes(stream.data)
        lines = directory / f"{index}.jsonl"
        if convert(report, stream, program, source, lines):
            report.compare_fields(stream, "jsonl", stream.records(UPGRADE), 3, lines.read_text().splitlines())
        for version in (1, 2, 3):
            for suffix in (".dbn", ".dbn.zst"):
                out = directory / f"{index}.v{version}{suffix}"
                if not convert(report, stream, program, source, out, version):
                    continue
                data = out.read_bytes()
                if suffix == ".dbn.zst":
                    data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True).read()
                report.compare_encoded(stream, version, data)
    print(f"{skipped} fragments left to the test suite")


def convert(report, stream, program, source, out, version=None):
    arguments = [program, "convert", str(source), str(out)] + (["--dbn-version", str(version)] if version else [])
    run = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode == 0:
        return True
    message = run.stderr.strip().splitlines()[-1] if run.stderr.strip() else f"exit {run.returncode}"
    refusal = re.search(r"(\w+) of a record of type 0x[0-9a-f]+ does not fit", message)
    if version and refusal:
        report.refuse(stream, version, refusal[1] + " ")
    else:
        report.differ(stream, f"convert to {out.suffix} v{version}: {message}")
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared/data/dbn-fixtures")
    parser.add_argument("--levelhead", help="the program to test, instead of the test suite")
    parser.add_argument("--swift-test", default="swift test --filter DBNFixtureDump",
                        help="how the test suite is run (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the generated streams")
    parser.add_argument("--keep", action="store_true", help="keep the directory with both sides' files")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        sys.exit(f"no fixtures at {arguments.data}")
    streams = list(fixtures(arguments.data))
    fixture_count = len(streams)
    streams += generated(arguments.seed)
    report = Report()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="dbn-fixtures-"))
    try:
        if arguments.levelhead:
            program_side(streams, report, directory, arguments.levelhead)
        else:
            swift_side(streams, report, directory, arguments.swift_test.split())
    finally:
        if arguments.keep:
            print(f"kept {directory}")
        else:
            shutil.rmtree(directory)
    print(f"{fixture_count} fixtures and {len(streams) - fixture_count} generated streams (seed {arguments.seed}): "
          f"{report.streams} streams, {report.records} records, {report.values} fields, {report.csv} CSV rows, "
          f"{report.encoded} records encoded and read back")
    for key, count in sorted(report.refused.items()):
        print(f"refused, as an older version cannot say it: {key}, {count} streams")
    for line in report.differences[:40]:
        print("DIFFERENT", line)
    if report.differences or not fixture_count or not report.values or not report.encoded:
        print(f"FAILED: {len(report.differences)} differences")
        return 1
    print("equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
