#!/usr/bin/env python3
"""Feature matrices of `levelhead features` as Parquet, pandas and polars.

  features_to_parquet.py STEM.npy OUT.parquet [--join LABELS.npy] [--check]

OUT holds ts_event and ts_recv as timestamp[ns, UTC], sequence, and every feature as float64 with its unit in the field's
metadata. NaN stays NaN: "not defined then". --join adds the columns of `levelhead labels` of the same tape to the rows of the
groups that started a test, and known_120s and so on, since when they may be used; the features must have such rows
(--every touch or tick). --check reads OUT back and compares every value.

From Python: load_pandas("STEM"), load_polars("STEM").
"""

import argparse
import json
import os
import sys

import numpy
import pyarrow
import pyarrow.parquet

STAMPS = ("ts_event", "ts_recv", "sequence")
HORIZONS = (120, 240, 480)
CHUNK_ROWS = 65_536
TIME = pyarrow.timestamp("ns", "UTC")


class Export:
    """The files of one export, read as they are needed."""

    def __init__(self, path):
        stem = os.fspath(path).removesuffix(".npy")
        self.values = numpy.load(stem + ".npy", mmap_mode="r")
        self.stamps = numpy.load(stem + ".ts.npy", mmap_mode="r")
        with open(stem + ".columns.json", encoding="utf-8") as stream:
            columns = json.load(stream)
        self.names = [column["name"] for column in columns]
        self.units = [column["unit"] for column in columns]
        self.known = numpy.load(stem + ".known.npy") if os.path.exists(stem + ".known.npy") else None
        if self.values.shape != (len(self.stamps), len(self.names)) or self.stamps.shape[1] != len(STAMPS):
            raise ValueError(f"{stem}: values {self.values.shape}, stamps {self.stamps.shape}, {len(self.names)} names")


def join(features, labels):
    """Label values and known times for the rows of `features`, of which others are NaN and 0."""
    if labels.known is None:
        raise ValueError("the file to be joined has no .known.npy: it is none of `levelhead labels`")
    values = numpy.full((len(features.stamps), len(labels.names)), numpy.nan)
    known = numpy.zeros((len(features.stamps), len(HORIZONS)), numpy.int64)
    sequences = numpy.asarray(features.stamps[:, 2])
    for index, (event, _, sequence) in enumerate(numpy.asarray(labels.stamps).tolist()):
        row = int(numpy.searchsorted(sequences, sequence))
        if row == len(sequences) or sequences[row] != sequence or features.stamps[row, 0] != event:
            raise ValueError(f"no row of the features is that of group {sequence}: write them with --every touch or tick")
        # Several levels may be tested from one group on: each has columns of its own.
        defined = ~numpy.isnan(labels.values[index])
        values[row, defined] = labels.values[index, defined]
        known[row] = numpy.maximum(known[row], labels.known[index])
    return values, known


def schema(features, labels):
    fields = [pyarrow.field("ts_event", TIME), pyarrow.field("ts_recv", TIME), pyarrow.field("sequence", pyarrow.int64())]
    for source in filter(None, (features, labels)):
        for name, unit in zip(source.names, source.units):
            fields.append(pyarrow.field(name, pyarrow.float64(), metadata={"unit": unit}))
    if labels:
        fields += [pyarrow.field(f"known_{seconds}s", TIME) for seconds in HORIZONS]
    return pyarrow.schema(fields)


def batches(features, labels):
    """The table in parts, so that a day of ticks need not fit in memory."""
    target = schema(features, labels)
    joined, known = join(features, labels) if labels else (None, None)
    for start in range(0, max(len(features.stamps), 1), CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        stamps = numpy.ascontiguousarray(features.stamps[part].T)
        columns = [pyarrow.array(stamps[0]).cast(TIME), pyarrow.array(stamps[1]).cast(TIME), pyarrow.array(stamps[2])]
        # from_pandas would turn NaN into null.
        columns += [pyarrow.array(column, from_pandas=False) for column in numpy.ascontiguousarray(features.values[part].T)]
        if labels:
            columns += [pyarrow.array(column, from_pandas=False) for column in numpy.ascontiguousarray(joined[part].T)]
            for times in numpy.ascontiguousarray(known[part].T):
                columns.append(pyarrow.array(times, mask=times == 0).cast(TIME))
        yield pyarrow.RecordBatch.from_arrays(columns, schema=target)


def write(features, labels, out):
    part = out + ".part"
    try:
        with pyarrow.parquet.ParquetWriter(part, schema(features, labels), compression="zstd") as writer:
            for batch in batches(features, labels):
                writer.write_batch(batch)
        os.replace(part, out)
    finally:
        if os.path.exists(part):
            os.unlink(part)


def load_table(stem, labels=None):
    return pyarrow.Table.from_batches(batches(Export(stem), Export(labels) if labels else None))


def load_pandas(stem, labels=None):
    """A pandas DataFrame with columns as in the Parquet file."""
    return load_table(stem, labels).to_pandas()


def load_polars(stem, labels=None):
    """A polars DataFrame with columns as in the Parquet file."""
    import polars

    return polars.from_arrow(load_table(stem, labels))


def check(features, labels, out):
    """Compares the file, read back by pyarrow, pandas and polars, with the arrays."""
    import pandas
    import polars

    table = pyarrow.parquet.read_table(out)
    by_pandas, by_polars = pandas.read_parquet(out), polars.read_parquet(out)
    joined, known = join(features, labels) if labels else (None, None)
    wanted = {name: numpy.asarray(features.values[:, place]) for place, name in enumerate(features.names)}
    units = dict(zip(features.names, features.units))
    if labels:
        wanted |= {name: joined[:, place] for place, name in enumerate(labels.names)}
        units |= dict(zip(labels.names, labels.units))
        for place, seconds in enumerate(HORIZONS):
            times = table[f"known_{seconds}s"].cast(pyarrow.int64()).fill_null(0).to_numpy()
            if not numpy.array_equal(times, known[:, place]):
                raise ValueError(f"known_{seconds}s differs")
    for name, column in wanted.items():
        if table.schema.field(name).metadata.get(b"unit", b"").decode() != units[name]:
            raise ValueError(f"{name}: another unit")
        for read in (table[name], by_pandas[name], by_polars[name]):
            if not numpy.array_equal(read.to_numpy(), column, equal_nan=True):
                raise ValueError(f"{name} differs")
        if table[name].null_count:
            raise ValueError(f"{name}: NaN became null")
    for place, name in enumerate(STAMPS):
        if not numpy.array_equal(table[name].cast(pyarrow.int64()).to_numpy(), features.stamps[:, place]):
            raise ValueError(f"{name} differs")
    finite = sum(int(numpy.isfinite(column).sum()) for column in wanted.values())
    if not finite:
        raise ValueError("no value is finite: nothing was compared")
    print(f"equal: {len(features.stamps)} rows, {len(wanted)} columns, {finite} finite values")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stem", help="STEM.npy of levelhead features")
    parser.add_argument("out", help="the Parquet file to write")
    parser.add_argument("--join", metavar="LABELS.npy", help="labels of the same tape")
    parser.add_argument("--check", action="store_true", help="read the file back and compare")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return 64 if stop.code else 0
    features = Export(options.stem)
    labels = Export(options.join) if options.join else None
    write(features, labels, options.out)
    if options.check:
        check(features, labels, options.out)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError, KeyError) as error:
        print(f"features_to_parquet.py: {error}", file=sys.stderr)
        sys.exit(1)
