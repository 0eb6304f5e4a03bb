#!/usr/bin/env python3
"""Checks synthetic sessions from outside and measures them against a real midday.

    synth_calibration.py --levelhead .build/release/levelhead [--seeds 20] [--out docs/synthetic-session.md]
    synth_calibration.py --tape DIR

With --levelhead it writes sessions into a temporary directory: a midday at the rate of the real sample, one with a halt
and a lost feed, the default day, and small days of several seeds. It prints the comparison as Markdown (with --out it
replaces the part of that file between the markers) and exits with 1 when a tape is not valid or a statistic lies outside
its band. Needs databento, databento_dbn, numpy, vollib and zstandard, which share nothing with this repository.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

import databento
import databento_dbn
import numpy as np
import zstandard

import synth_options

TICK = 250_000_000
SECOND = 1_000_000_000
LEVELS = range(10)
F_LAST, F_SNAPSHOT, F_MAYBE_BAD = 0x80, 0x20, 0x04
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

# The real midday: 262 s of ES, 2019-08-29 (shared data's README). Mix of actions: ESH4, 2023-12-25.
REAL_SIZES = [116, 236, 274, 311, 295, 302, 288, 286, 293, 305]
REAL_COUNTS = [38, 71, 89, 102, 112, 120, 109, 100, 95, 93]
REAL_RECORDS_PER_SECOND = 21_396 / 262
SAMPLE_SECONDS = 262


# ---------------------------------------------------------------- reading

def read(path):
    """All records of an MBP-10 file as a numpy array, and its metadata."""
    store = databento.DBNStore.from_file(path)
    return store.to_ndarray(), store.metadata


def decode(path):
    """The number of records by Databento's own decoder, which raises on anything malformed."""
    count = 0
    decoder = databento_dbn.DBNDecoder()
    with open(path, "rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        while chunk := reader.read(1 << 22):
            decoder.write(chunk)
            count += sum(not isinstance(item, databento_dbn.Metadata) for item in decoder.decode())
    if decoder.buffer():
        raise ValueError(f"{path}: {len(decoder.buffer())} bytes after the last record")
    return count


def side(book, name):
    """Prices, sizes and order counts of one side, records × levels."""
    return tuple(
        np.stack([book[f"{name}_{field}_{i:02d}"] for i in LEVELS], axis=1).astype(np.int64)
        for field in ("px", "sz", "ct"))


# ---------------------------------------------------------------- validity

def quantity(prices, sizes, rows, price):
    """Size displayed at a price in the books of some rows; 0 where it is inside the ten levels but not listed."""
    return np.where(prices[rows] == price[:, None], sizes[rows], 0).sum(axis=1)


def visible(prices, rows, price, is_bid):
    return price >= prices[rows, 9] if is_bid else price <= prices[rows, 9]


def check(book, problems, name):
    """Every rule that a tape of one outright contract keeps; a text for each that it breaks."""
    def require(condition, text):
        bad = int(np.size(condition) - np.count_nonzero(condition))
        if bad:
            problems.append(f"{name}: {text}: {bad} records")

    event, receive = book["ts_event"].astype(np.int64), book["ts_recv"].astype(np.int64)
    flags, action = book["flags"], book["action"]
    last = (flags & F_LAST) != 0
    is_trade = action == b"T"
    special = ((flags & F_SNAPSHOT) != 0) | (action == b"R")
    require(np.diff(receive) >= 0, "ts_recv goes back")
    require(receive > event, "ts_recv not after ts_event")
    require(np.diff(event) >= 0, "ts_event goes back")
    require(np.diff(book["sequence"].astype(np.int64)) > 0, "sequence does not increase")
    require(last[-1:], "the tape ends inside an event group")
    require((event[1:] == event[:-1]) | last[:-1], "ts_event changes inside an event group")
    require((event[1:] != event[:-1]) | ~last[:-1] | special[1:], "two groups share a ts_event")
    require(~(is_trade & last), "a trade closes its group")
    require(np.isin(action, [b"A", b"C", b"M", b"T", b"R"]), "unknown action")
    require((book["price"][~special] % TICK) == 0, "price off the tick grid")
    bids, asks = side(book, "bid"), side(book, "ask")
    full = action != b"R"
    for (prices, sizes, counts), sign in ((bids, -1), (asks, 1)):
        require((prices[full] % TICK == 0).all(axis=1), "level off the tick grid")
        require((np.diff(prices[full], axis=1) * sign > 0).all(axis=1), "levels out of order")
        require(((sizes[full] >= counts[full]) & (counts[full] >= 1)).all(axis=1), "sizes and counts disagree")
    require(bids[0][full, 0] < asks[0][full, 0], "crossed or locked book")
    rows = np.nonzero(is_trade)[0]
    rows = rows[rows > 0]
    for table in (*bids, *asks):
        require((table[rows] == table[rows - 1]).all(axis=1), "a trade changes the book")
    check_flow(book, bids, asks, last, special, require)


def check_flow(book, bids, asks, last, special, require):
    """Conservation: what a record or a group says it does is what the book shows, at every comparable price."""
    groups = np.concatenate([[0], np.cumsum(last)[:-1]])
    starts = np.concatenate([[0], np.nonzero(last)[0] + 1])[:-1]
    ends = np.nonzero(last)[0]
    action, price, size = book["action"], book["price"], book["size"].astype(np.int64)
    clean = (book["flags"] & F_MAYBE_BAD) == 0
    # Rows after lost records have nothing to compare with.
    sequence_gap = np.concatenate([[True], np.diff(book["ts_recv"].astype(np.int64)) > SECOND])
    for code, (prices, sizes, counts), is_bid in ((b"B", bids, True), (b"A", asks, False)):
        for kind, sign in ((b"A", 1), (b"C", -1)):
            rows = np.nonzero((action == kind) & (book["side"] == code) & ~special & clean & ~sequence_gap)[0]
            both = visible(prices, rows, price[rows], is_bid) & visible(prices, rows - 1, price[rows], is_bid)
            change = quantity(prices, sizes, rows, price[rows]) - quantity(prices, sizes, rows - 1, price[rows])
            require((change == sign * size[rows]) | ~both, f"{kind.decode()} does not change its level by its size")
        # Fills: the aggressor is on the other side. All prints of a price in a group, summed.
        rows = np.nonzero((action == b"T") & (book["side"] == (b"A" if is_bid else b"B")))[0]
        rows = rows[(starts[groups[rows]] > 0)]
        key = groups[rows].astype(np.int64) * 1_000_000 + price[rows] // TICK
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        filled = np.bincount(inverse, weights=size[rows]).astype(np.int64)
        rows = rows[first]
        before, after = starts[groups[rows]] - 1, ends[groups[rows]]
        gone = quantity(prices, sizes, before, price[rows]) - quantity(prices, sizes, after, price[rows])
        both = visible(prices, before, price[rows], is_bid) & visible(prices, after, price[rows], is_bid)
        usable = clean[rows] & ~sequence_gap[starts[groups[rows]]]
        require((gone == filled) | ~both | ~usable, "a group's fills are not what left its level")


# ---------------------------------------------------------------- statistics

def seconds_of_day(book, midnight):
    return (book["ts_event"].astype(np.int64) - midnight) / SECOND


def midday(book, midnight, start=12 * 3600, end=13.5 * 3600):
    """The statistics of the real sample, from a window of the same time of day."""
    time = seconds_of_day(book, midnight)
    part = book[(time >= start) & (time < end)]
    time = time[(time >= start) & (time < end)]
    bids, asks = side(part, "bid"), side(part, "ask")
    spread = (asks[0][:, 0] - bids[0][:, 0]) // TICK
    hold = np.diff(time, append=end)
    trades = part["size"][part["action"] == b"T"]
    gaps = np.diff(part["ts_event"].astype(np.int64)) / 1e3
    windows = int((end - start) // SAMPLE_SECONDS)
    second = np.bincount((time - start).astype(int), minlength=int(end - start))
    tenth = np.bincount(((time - start) * 10).astype(int), minlength=int(end - start) * 10)
    busiest = [second[w * SAMPLE_SECONDS:(w + 1) * SAMPLE_SECONDS].max() for w in range(windows)]
    busiest_tenth = [tenth[w * SAMPLE_SECONDS * 10:(w + 1) * SAMPLE_SECONDS * 10].max() for w in range(windows)]
    mid = (bids[0][:, 0] + asks[0][:, 0]) / 2 / TICK
    grid = mid[np.maximum(np.searchsorted(time, np.arange(start, end), side="right") - 1, 0)]
    changes = np.diff(grid)
    mix = collections.Counter(part["action"].tolist())
    return {
        "rate": len(part) / (end - start), "one": (spread == 1).mean() * 100, "two": (spread == 2).mean() * 100,
        "one_time": (hold * (spread == 1)).sum() / hold.sum() * 100,
        "sizes": bids[1].mean(axis=0), "counts": bids[2].mean(axis=0), "ask_sizes": asks[1].mean(axis=0),
        "trade_mean": trades.mean(), "trade_median": np.median(trades), "trade_99": np.percentile(trades, 99),
        "gap_median": np.median(gaps), "gap_90": np.percentile(gaps, 90), "gap_99": np.percentile(gaps, 99),
        "busiest": np.median(busiest), "busiest_tenth": np.median(busiest_tenth),
        "busiest_max": np.max(busiest), "busiest_tenth_max": np.max(busiest_tenth),
        "mid_std": changes.std(), "mix": {k.decode(): v / len(part) * 100 for k, v in mix.items()},
        "multi": multi_level_share(part),
    }


def multi_level_share(part):
    """Share of aggressor orders that print at more than one price."""
    last = (part["flags"] & F_LAST) != 0
    groups = np.concatenate([[0], np.cumsum(last)[:-1]])
    rows = part["action"] == b"T"
    pairs = np.unique(np.stack([groups[rows], part["price"][rows] // TICK], axis=1), axis=0)
    return (np.unique(pairs[:, 0], return_counts=True)[1] > 1).mean() * 100


def level_tests(book, midnight):
    """Tests of each of the five levels: a trade within 2 ticks starts one, a mid 8 ticks away ends it."""
    time = seconds_of_day(book, midnight)
    bid, ask = book["bid_px_00"] / TICK, book["ask_px_00"] / TICK
    mid = (bid + ask) / 2
    is_trade = book["action"] == b"T"
    price = book["price"] / TICK
    last = (book["flags"] & F_LAST) != 0

    def extreme(start, end):
        chosen = price[is_trade & (time >= start * 3600) & (time < end * 3600)]
        return chosen.max(), chosen.min()

    # Two-minute closes, as of the first record after their end.
    bar = np.floor(time[is_trade] / 120).astype(int)
    close_of = dict(zip(bar.tolist(), price[is_trade].tolist()))
    closed = sorted(close_of)
    closes = np.array([close_of[b] for b in closed])
    average = np.convolve(closes, np.ones(90) / 90, mode="valid")
    ends = np.array(closed[89:]) + 1
    index = np.searchsorted(ends, np.floor(time / 120).astype(int), side="right") - 1
    sma = np.where(index >= 0, average[np.maximum(index, 0)], np.nan)

    pm_high, pm_low = extreme(4, 9.5)
    or_high, or_low = extreme(9.5, 9.75)
    levels = {
        "pm_high": (pm_high, 9.5), "pm_low": (pm_low, 9.5), "or_high": (or_high, 9.75), "or_low": (or_low, 9.75),
        "sma_90": (sma, 9.5)}
    result = {}
    for name, (level, start) in levels.items():
        active = time >= start * 3600
        touch = active & is_trade & (np.abs(price - level) <= 2)
        leave = active & last & (np.abs(mid - level) >= 8)
        marks = np.nonzero(touch | leave)[0]
        is_touch = touch[marks]
        starts = is_touch & np.concatenate([[True], ~is_touch[:-1]])
        result[name] = int(starts.sum())
    return result


class DayStatistics:
    """Counts of a day, by chunk: a day of rate 1 does not fit in memory twice."""

    WINDOWS = (("00–02 ET", 0, 2), ("04–09:30", 4, 9.5), ("09:30–10", 9.5, 10), ("12–13:30", 12, 13.5),
               ("15:30–16", 15.5, 16))

    def __init__(self, midnight):
        self.midnight, self.records, self.trades, self.volume = midnight, 0, 0, 0
        self.seconds = np.zeros(24 * 3600, dtype=np.int64)
        self.high, self.low = -np.inf, np.inf

    def add(self, book):
        second = (seconds_of_day(book, self.midnight) + 6 * 3600).astype(int)
        self.seconds += np.bincount(second, minlength=len(self.seconds))
        is_trade = book["action"] == b"T"
        prices = book["price"][is_trade] / TICK
        self.records += len(book)
        self.trades += int(is_trade.sum())
        self.volume += int(book["size"][is_trade].sum())
        if len(prices):
            self.high, self.low = max(self.high, prices.max()), min(self.low, prices.min())
        return self

    @property
    def range(self):
        return (self.high - self.low) / 4

    def shape(self):
        return {label: self.seconds[int((a + 6) * 3600):int((b + 6) * 3600)].mean() for label, a, b in self.WINDOWS}


def lead_lag(signal, traded):
    """Distance of the two mids in ticks, sampled when the traded book changes."""
    mids = [(b["bid_px_00"] + b["ask_px_00"]) / 2 / TICK for b in (signal, traded)]
    at = np.searchsorted(signal["ts_recv"], traded["ts_recv"], side="right") - 1
    distance = np.abs(mids[1] - mids[0][np.maximum(at, 0)])[at >= 0]
    return {"within_half": (distance <= 0.5).mean() * 100, "within_one": (distance <= 1).mean() * 100,
            "mean": distance.mean()}


# ---------------------------------------------------------------- report

class Table:
    """Rows of measured against real, with the band that the measured value must keep."""

    def __init__(self, problems):
        self.rows, self.problems = [], problems

    def row(self, name, real, value, low=None, high=None, digits=1, note=""):
        inside = (low is None or value >= low) and (high is None or value <= high)
        if not inside:
            self.problems.append(f"{name}: {value:.{digits}f} outside [{low}, {high}]")
        band = "" if low is None and high is None else f"{low:g} … {high:g}" if high is not None else f"≥ {low:g}"
        self.rows.append(f"| {name} | {real} | {value:.{digits}f} | {band} |{note}")

    def text(self, real):
        return "\n".join([f"| | {real} | synthetic | band |", "|---|---|---|---|", *self.rows])


def midday_table(m, problems):
    t = Table(problems)
    t.row("records a second", f"{REAL_RECORDS_PER_SECOND:.0f}", m["rate"], 65, 105, 0)
    t.row("spread one tick, % of records", "98.1", m["one"], 96.5, 99.4)
    t.row("spread two ticks, % of records", "1.8", m["two"], 0.5, 3.5)
    for i in LEVELS:
        t.row(f"bid size, level {i}", REAL_SIZES[i], m["sizes"][i], REAL_SIZES[i] * 0.85, REAL_SIZES[i] * 1.15, 0)
    for i in LEVELS:
        low, high = REAL_COUNTS[i] * 0.8, REAL_COUNTS[i] * 1.2
        t.row(f"bid order count, level {i}", REAL_COUNTS[i], m["counts"][i], low, high, 0)
    t.row("trade size, mean", "7.6", m["trade_mean"], 6, 9.5)
    t.row("trade size, median", "2", m["trade_median"], 1, 3, 0)
    t.row("trade size, 99 %", "96", m["trade_99"], 70, 130, 0)
    t.row("time between records, median, µs", "56", m["gap_median"], 30, 90, 0)
    t.row("time between records, 90 %, ms", "17", m["gap_90"] / 1e3, 10, 28)
    t.row("time between records, 99 %, ms", "254", m["gap_99"] / 1e3, 170, 340, 0)
    t.row("busiest second of 262 s, records", "788", m["busiest"], 450, 1200, 0)
    t.row("busiest 100 ms of 262 s, records", "463", m["busiest_tenth"], 250, 800, 0)
    t.row("one-second mid change, standard deviation, ticks", "0.35", m["mid_std"], 0.28, 0.45, 2)
    for code, real, low, high in (("A", 33, 28, 38), ("C", 35, 30, 40), ("M", 25, 20, 30), ("T", 7, 4.5, 9)):
        t.row(f"action {code}, % (ESH4)", real, m["mix"].get(code, 0), low, high)
    return t.text("real")


def midnight_of(path):
    """00:00 ET of the trade date in the file's name."""
    import zoneinfo, datetime
    day = pathlib.Path(path).name.split(".")[0].split("-")[1]
    date = datetime.datetime.strptime(day, "%Y%m%d").replace(tzinfo=zoneinfo.ZoneInfo("America/New_York"))
    return int(date.timestamp()) * SECOND


class Session:
    """The files of one synthetic session in a directory, checked."""

    def __init__(self, directory, problems):
        paths = sorted(pathlib.Path(directory).glob("synthetic-*.dbn.zst"))
        if not paths:
            raise SystemExit(f"{directory}: no synthetic session")
        self.midnight = midnight_of(paths[0])
        self.books, self.options = {}, None
        for path in paths:
            count = decode(path)
            if ".mbp-10." not in path.name:
                continue
            book, metadata = read(path)
            symbol = metadata.symbols[0]
            if count != len(book):
                problems.append(f"{path.name}: {count} records decoded, {len(book)} read")
            check(book, problems, path.name)
            self.books["traded" if symbol.startswith("M") else "signal"] = book
        if any(".options." in path.name for path in paths):
            self.options = synth_options.Options(paths, self.midnight, problems)


def synth(program, directory, **options):
    command = [program, "synth", "--out", str(directory), "--json"]
    for name, value in options.items():
        command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def report(program, date, seeds, problems):
    parts = []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        synth(program, scratch / "midday", date=date, seed=1, rate=0.6, **{"from": "11:55", "to": "13:30"})
        session = Session(scratch / "midday", problems)
        m = midday(session.books["signal"], session.midnight)
        parts += [
            "### A midday, at the rate of the real sample", "",
            f"`synth --date {date} --seed 1 --rate 0.6 --from 11:55 --to 13:30`, 12:00 to 13:30 ET, against 262 s of",
            "ES, 2019-08-29; the mix of actions against ESH4, 2023-12-25.", "", midday_table(m, problems), "",
            f"Aggressors that print at several prices: {m['multi']:.2f} %. Spread one tick {m['one_time']:.1f} % of the",
            f"time. Busiest second of all {SAMPLE_SECONDS} s windows {m['busiest_max']:.0f}, busiest 100 ms",
            f"{m['busiest_tenth_max']:.0f} records.", ""]
        mes = midday(session.books["traded"], session.midnight)
        distance = lead_lag(session.books["signal"], session.books["traded"])
        parts += [
            f"MES in the same session (assumptions, not measurements): {mes['rate']:.0f} records a second, best bid",
            f"{mes['sizes'][0]:.0f} contracts in {mes['counts'][0]:.0f} orders, trades of {mes['trade_mean']:.1f}",
            f"contracts in the mean, median {mes['trade_median']:.0f}; its mid lies within one tick of that of ES in",
            f"{distance['within_one']:.1f} % of its records, within half a tick in {distance['within_half']:.1f} %.", ""]
        if distance["within_one"] < 97:
            problems.append(f"MES follows ES within a tick in {distance['within_one']:.1f} % only")
        faults = {"halt": "10:30-10:40", "reconnect": "11:15", "from": "10:00", "to": "11:30"}
        synth(program, scratch / "faults", date=date, seed=3, rate=0.2, **faults)
        Session(scratch / "faults", problems)
        parts += options_report(program, scratch / "options", date, problems)
        parts += day_report(program, scratch / "day", date, problems)
        parts += seeds_report(program, scratch, date, seeds, problems)
    return "\n".join(parts)


def options_report(program, directory, date, problems):
    """An hour and a half of a busy session's options around the open, and a whole thin session's."""
    parts = ["### Options", "",
             "Implied volatilities are vollib's, of out-of-the-money quotes not older than a minute within 1.2 standard",
             "deviations of the money, every ten minutes; a residual is the distance from a parabola per expiry.", "",
             "| | busy, 09:25 to 10:55 | thin day | band |", "|---|---|---|---|"]
    columns = []
    for name, rate, window in (("busy", 1, {"from": "09:25", "to": "10:55", "no-mes": True}), ("thin", 0.02, {})):
        synth(program, directory / name, date=date, seed=1, rate=rate, **window)
        session = Session(directory / name, problems)
        options, quotes = session.options, session.options.quotes
        end = 10.9 * 3600 if name == "busy" else 15.9 * 3600
        residuals, parity = options.smiles(session.books["signal"], np.arange(9.6 * 3600, end, 600))
        time = (quotes["ts_event"].astype(np.int64) - session.midnight) / SECOND
        regular = (time >= 9.5 * 3600) & (time < min(16 * 3600, end))
        seconds = min(16 * 3600, end) - 9.5 * 3600
        columns.append([
            options.contracts, options.expiries, regular.sum() / seconds,
            (regular & (quotes["action"] == b"T")).sum() / seconds,
            np.sqrt((residuals ** 2).mean()), np.abs(residuals).max(), np.median(parity), np.percentile(parity, 99)])
    rows = (("contracts", (400, 700), (150, 250), 0), ("expiries", (9, 10), (9, 10), 0),
            ("records a second in regular hours", (30, 150), (3, 20), 1), ("trades a second", (1, 8), (0.01, 0.2), 2),
            ("residual, root mean square, vol points", (0, 0.25), (0, 0.6), 3),
            ("largest residual, vol points", (0, 2), (0, 4), 2),
            ("distance from put-call parity, median, ticks", (0, 2), (0, 4), 2),
            ("the same, 99 %", (0, 15), (0, 40), 1))
    for (name, busy_band, thin_band, digits), busy, thin in zip(rows, *columns):
        for value, (low, high) in ((busy, busy_band), (thin, thin_band)):
            if not low <= value <= high:
                problems.append(f"options, {name}: {value:.{digits}f} outside [{low}, {high}]")
        parts.append(f"| {name} | {busy:.{digits}f} | {thin:.{digits}f} | "
                     f"{busy_band[0]:g} … {busy_band[1]:g}, {thin_band[0]:g} … {thin_band[1]:g} |")
    return [*parts, ""]


def day_report(program, directory, date, problems):
    result = synth(program, directory, date=date, seed=1)
    for path in result["files"]:
        count = decode(path)
        listed = next(entry["records"] for entry in result["by_file"] if entry["file"] == path)
        if count != listed:
            problems.append(f"{path}: {count} records decoded, {listed} reported")
    signal, traded = (next(path for path in result["files"] if f".{root}" in path) for root in ("ES", "MES"))
    d = DayStatistics(midnight_of(signal))
    for chunk in databento.DBNStore.from_file(signal).to_ndarray(count=500_000):
        d.add(chunk)
    t = Table(problems)
    t.row("ES records, millions", "5 to 20", d.records / 1e6, 8.5, 12, 1)
    t.row("busiest second, thousands of records", "tens", d.seconds.max() / 1e3, 10, 80, 1)
    t.row("range of the day, points", "", d.range, 25, 80)
    micro = next(entry["records"] for entry in result["by_file"] if entry["file"] == traded)
    option_file = next(path for path in result["files"] if ".options." in path)
    records, prints, sizes = synth_options.rates(option_file, midnight_of(option_file))
    quotes = (f"{records.sum():,} records of options, {prints.sum():,} of them prints of {sizes.mean():.1f} contracts "
              f"in the mean, median {np.median(sizes):.0f}; {records[:15].sum() / 54_000:.0f} records a second until 09:00 and "
              f"{records[16:22].sum() / 21_600:.0f} from 10 to 16 ET. The file has "
              f"{pathlib.Path(option_file).stat().st_size / 1e6:.0f} MB.")
    return ["### The default day", "",
            f"`synth --date {date} --seed 1`: {d.records:,} records of ES, {micro:,} of MES; {d.trades:,} prints of ES, "
            f"{d.volume:,} contracts.", "", t.text("a busy recent day"), "",
            "ES records a second: " + ", ".join(f"{k} {v:.0f}" for k, v in d.shape().items()) + ".", "", quotes, ""]


def seeds_report(program, scratch, date, seeds, problems):
    rows, enough = [], 0
    for seed in range(1, seeds + 1):
        directory = scratch / f"seed{seed}"
        synth(program, directory, date=date, seed=seed, rate=0.02, **{"no-options": True})
        session = Session(directory, problems)
        book = session.books["signal"]
        tests, day = level_tests(book, session.midnight), DayStatistics(session.midnight).add(book)
        enough += min(tests.values()) >= 5
        if seed == 1 and min(tests.values()) < 5:
            problems.append(f"seed 1: fewer than five tests of a level: {tests}")
        rows.append(f"| {seed} | {len(book):,} | {day.range:.1f} | " + " | ".join(str(v) for v in tests.values()) + " |")
    if enough < 0.9 * seeds:
        problems.append(f"five tests of every level on {enough} of {seeds} seeds only")
    return ["### Tests of the five levels", "",
            "Days of `--rate 0.02`; a test begins with a trade within 2 ticks of the level and ends with a mid 8 ticks",
            f"away. Every level has at least five on {enough} of {seeds} seeds.", "",
            "| seed | ES records | range, points | pm_high | pm_low | or_high | or_low | sma_90 |",
            "|---|---|---|---|---|---|---|---|", *rows, ""]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levelhead", help="the program to measure")
    parser.add_argument("--tape", help="only check the synthetic session in this directory")
    parser.add_argument("--date", default="2026-11-20")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--out", help="a Markdown file with markers around the measured part")
    arguments = parser.parse_args()
    problems = []
    if arguments.tape:
        session = Session(arguments.tape, problems)
        for name, book in session.books.items():
            print(name, len(book), "records")
            print(" tests", level_tests(book, session.midnight))
    elif arguments.levelhead:
        text = report(arguments.levelhead, arguments.date, arguments.seeds, problems)
        print(text)
        if arguments.out:
            path = pathlib.Path(arguments.out)
            before, rest = path.read_text().split(BEGIN)
            path.write_text(before + BEGIN + "\n\n" + text + "\n" + END + rest.split(END)[1])
    else:
        parser.error("--levelhead or --tape")
    for problem in problems:
        print("FAIL", problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
