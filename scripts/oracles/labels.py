#!/usr/bin/env python3
"""Recomputes the labels of FEATURES B.8 and compares every value with what `levelhead labels` wrote.

  labels.py --tape T.dbn.zst --export TICK.npy --labels LABELS.npy [--average-length 90] [--min-finite 100]

Trades come from the tape by Databento's decoder; where and when tests start, the level's price, the side and the ATR come
from `levelhead features --every tick` of the same tape and configuration (which features.py checks). The tape holds one
contract and begins before 16:00 of a trade date without an early close. Exit status 0: all values equal and enough of
them; 1: anything else; 64: wrong usage.
"""

import argparse
import json
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import databento
import numpy

LEVELS = ("pm_high", "pm_low", "or_high", "or_low", "sma_90")
HORIZONS = (120, 240, 480)
PARTS = (
    "outcome_{h}s_code", "seconds_to_outcome_{h}s", "max_favorable_excursion_{h}s_ticks",
    "max_adverse_excursion_{h}s_ticks",
)
COLUMNS = [f"label_{level}_{part.format(h=h)}" for level in LEVELS for h in HORIZONS for part in PARTS]
TICK = 250_000_000
NEW_YORK = ZoneInfo("America/New_York")


class Tape:
    """Groups' times and receive clocks, trades' times and prices in ticks."""

    def __init__(self, path):
        records = databento.DBNStore.from_file(path).to_ndarray()
        if len(numpy.unique(records["instrument_id"])) != 1:
            raise ValueError(f"{path}: one instrument expected")
        times = numpy.maximum.accumulate(records["ts_event"].astype(numpy.int64))
        clocks = numpy.maximum.accumulate(records["ts_recv"].astype(numpy.int64))
        last = (records["flags"] & 0x80) != 0
        if (numpy.diff(records["ts_event"].astype(numpy.int64))[~last[:-1]] != 0).any():
            raise ValueError(f"{path}: groups without F_LAST are not handled")
        self.sequences = numpy.flatnonzero(last)
        self.times, self.clocks = times[last], clocks[last]
        trade = records["action"] == b"T"
        self.trade_times = times[trade]
        self.trade_ticks = records["price"][trade] / TICK

    def time_of(self, sequence):
        return int(self.times[numpy.searchsorted(self.sequences, sequence)])


class Export:
    """A `--every tick` export by column."""

    def __init__(self, path):
        stem = path.removesuffix(".npy")
        self.matrix = numpy.load(path, mmap_mode="r")
        self.sequences = numpy.load(stem + ".ts.npy")[:, 2]
        with open(stem + ".columns.json", encoding="utf-8") as stream:
            self.place = {column["name"]: index for index, column in enumerate(json.load(stream))}

    def column(self, name):
        return numpy.asarray(self.matrix[:, self.place[name]])


def limit(time):
    """16:00 of New York of the trade date, or 17:00 from then on; ns."""
    local = datetime.fromtimestamp(time // 10**9, NEW_YORK)
    day = local.date() + timedelta(days=local.hour >= 17)
    regular = datetime(day.year, day.month, day.day, 16, tzinfo=NEW_YORK)
    end = regular if local < regular else regular + timedelta(hours=1)
    return int(end.timestamp()) * 10**9


def starts(export, level, average_length):
    """(row, L in ticks, side) of every start of a test."""
    count = numpy.nan_to_num(export.column(f"{level}_touch_count"))
    mids = export.column("mid_price_points") / 0.25
    prices = mids - export.column(f"{level}_distance_ticks")
    sides = export.column(f"{level}_approach_side")
    divisor = average_length if level == "sma_90" else 1
    for row in numpy.flatnonzero(numpy.diff(count, prepend=0.0) > 0):
        price = round(prices[row] * divisor) / divisor
        side = sides[row - 1] if row else numpy.nan
        if row and numpy.isnan(prices[row - 1]) and not numpy.isnan(mids[row - 1]):
            # The level became active with this group: the mid before it says the side.
            side = -numpy.sign(mids[row - 1] - price) or numpy.nan
        yield int(row), price, side


def labels(tape, time, price, side, barrier, seconds):
    """The four labels of one horizon and since when they are known."""
    end = time + seconds * 10**9
    later = int(numpy.searchsorted(tape.times, end, side="right"))
    if later == len(tape.times) or end > limit(time) or numpy.isnan(side):
        return [numpy.nan] * 4, 0
    path = (tape.trade_times > time) & (tape.trade_times <= end)
    beyond = side * (tape.trade_ticks[path] - price)
    hits = numpy.flatnonzero(numpy.abs(beyond) >= barrier - 1e-9)
    outcome, after = 0.0, numpy.nan
    if len(hits):
        outcome = float(numpy.sign(beyond[hits[0]]))
        after = (int(tape.trade_times[path][hits[0]]) - time) / 1e9
    values = [outcome, after, max(0.0, *beyond, 0.0), max(0.0, *-beyond, 0.0)]
    return values, int(tape.clocks[later])


def expected(tape, export, average_length):
    """Rows by (sequence, level)."""
    atr = export.column("atr_14_1m_ticks")
    rows = {}
    for level_index, level in enumerate(LEVELS):
        for row, price, side in starts(export, level, average_length):
            barrier = 8 if numpy.isnan(atr[row]) else max(8, int(numpy.rint(atr[row])))
            values, known = numpy.full(len(COLUMNS), numpy.nan), []
            sequence = int(export.sequences[row])
            for index, seconds in enumerate(HORIZONS):
                found, since = labels(tape, tape.time_of(sequence), price, side, barrier, seconds)
                first = (level_index * len(HORIZONS) + index) * len(PARTS)
                values[first:first + len(PARTS)] = found
                known.append(since)
            rows[sequence, level_index] = values, known
    return dict(sorted(rows.items()))


def compare(options):
    stem = options.labels.removesuffix(".npy")
    actual, stamps = numpy.load(options.labels), numpy.load(stem + ".ts.npy")
    known = numpy.load(stem + ".known.npy")
    with open(stem + ".columns.json", encoding="utf-8") as stream:
        names = [column["name"] for column in json.load(stream)]
    if names != COLUMNS:
        raise ValueError("the columns are not those of FEATURES B.8")
    rows = expected(Tape(options.tape), Export(options.export), options.average_length)
    failures = []
    if [sequence for sequence, _ in rows] != stamps[:, 2].tolist():
        raise ValueError(f"{len(stamps)} starts of tests, {len(rows)} expected, or at other records")
    for index, ((sequence, level), (values, since)) in enumerate(rows.items()):
        same = numpy.isclose(actual[index], values, rtol=1e-12, atol=1e-9, equal_nan=True)
        for place in numpy.flatnonzero(~same):
            failures.append(f"record {sequence}: {names[place]} {actual[index][place]}, expected {values[place]}")
        if known[index].tolist() != since:
            failures.append(f"record {sequence}, {LEVELS[level]}: known {known[index].tolist()}, expected {since}")
    finite = int(numpy.isfinite(actual).sum())
    codes = actual[:, [i for i, name in enumerate(names) if name.endswith("_code")]]
    outcomes = {code: int((codes == code).sum()) for code in (1, -1, 0)}
    print(f"{len(rows)} starts, {finite} values; breaks {outcomes[1]}, rejections {outcomes[-1]}, neither {outcomes[0]}")
    if finite < options.min_finite:
        failures.append(f"{finite} values, at least {options.min_finite} expected")
    failures += [f"no outcome {code} occurs" for code, count in outcomes.items() if code in (1, -1) and not count]
    for failure in failures:
        print(f"FAIL {failure}")
    print("FAIL" if failures else "PASS")
    return 1 if failures else 0


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tape", required=True, help="MBP-10 DBN file of one contract")
    parser.add_argument("--export", required=True, help="STEM.npy of features --every tick")
    parser.add_argument("--labels", required=True, help="STEM.npy of labels")
    parser.add_argument("--average-length", type=int, default=90, help="bars of the moving average")
    parser.add_argument("--min-finite", type=int, default=100, help="values that there must be at least")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return 64 if stop.code else 0
    return compare(options)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError, KeyError) as error:
        print(f"labels.py: {error}", file=sys.stderr)
        sys.exit(1)
