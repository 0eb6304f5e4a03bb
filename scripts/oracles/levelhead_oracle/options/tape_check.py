"""A made-up tape of a few minutes through the whole oracle: an export made of its own columns passes, damage is found,
and cutting the tape changes nothing before the cut."""

import json
import math
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import databento_dbn as dbn
import numpy

from . import black, comparison, run, writer
from .settings import Settings

DAY = date(2024, 1, 9)
START = 1_704_810_000 * 10**9  # 14:20 UTC, 09:20 ET
SECOND = 10**9
FUTURE, FIRST_OPTION = 1, 100
EXPIRATIONS = (1_704_834_000, 1_705_093_200, 1_705_698_000, 1_708_117_200)
SECONDS = 400


def _contracts():
    result = {}
    for expiration in EXPIRATIONS:
        for strike in range(4600, 4951, 25):
            for sign in (1, -1):
                result[FIRST_OPTION + len(result)] = (strike, sign, expiration * SECOND)
    return result


def _books(generator):
    rows, bid = [], 4775 * 4
    for step in range(SECONDS * 2):
        bid += int(generator.integers(-1, 2))
        event = START + step * SECOND // 2
        quote = bid * 250_000_000, (bid + 1) * 250_000_000, 20 + step % 9, 15 + step % 7
        common = FUTURE, event, event + 5000
        if step % 3 == 0:
            rows.append((*common, b"T", b"A", quote[0], 1 + step % 5, 0, *quote))
        empty = 0x80 | (0x04 if 500 < step < 510 else 0x20 if step == 510 else 0)
        rows.append((*common, b"M", b"B", quote[0], 1, empty, *quote))
    return rows


def _quotes(generator, contracts, books):
    """Quotes about a tilted smile, and trades at and between them."""
    mids = {row[2]: (row[8] + row[9]) / 2e9 for row in books}
    stamps = numpy.array(sorted(mids))
    rows = []
    for instrument, (strike, sign, expiration) in contracts.items():
        for moment in numpy.sort(generator.integers(0, SECONDS * SECOND, 25)).tolist():
            event = START + moment
            index = int(numpy.searchsorted(stamps, event)) - 1
            forward = mids[int(stamps[max(index, 0)])]
            volatility = 0.15 - 0.8 * math.log(strike / forward)
            years = (expiration - event) / SECOND / 31_536_000
            arrays = [numpy.array([float(value)]) for value in (sign, forward, strike, years)]
            price = float(black.greeks(*arrays, 0.04, numpy.array([volatility])).price[0])
            low = max(0, round(price / 0.05) - 1)
            bid, ask = low * 50_000_000, (low + 3) * 50_000_000
            quote = bid or writer.UNDEFINED, ask, 10 if bid else 0, 12
            rows.append((instrument, event, event + 9000, b"M", b"A", ask, 1, *quote))
            if moment % 3 == 0:
                side, price = ((b"N", ask), (b"N", (bid + ask) // 2), (b"B", ask), (b"A", bid or ask))[moment % 4]
                event += 10**6
                rows.append((instrument, event, event + 9000, b"T", side, price, moment % 7 + 1, *quote))
    return sorted(rows, key=lambda row: (row[2], row[0]))


def _write(folder, until=None):
    """Tapes with records received up to `until`."""
    generator = numpy.random.default_rng(43)
    contracts = _contracts()
    books = _books(generator)
    quotes = _quotes(generator, contracts, books)
    if until is not None:
        books, quotes = ([row for row in rows if row[2] <= until] for rows in (books, quotes))
    body = writer.definition(FUTURE, "ESH4", START - SECOND, EXPIRATIONS[-1] * SECOND)
    figures = b""
    for instrument, (strike, sign, expiration) in contracts.items():
        kind = dbn.InstrumentClass.CALL if sign > 0 else dbn.InstrumentClass.PUT
        body += writer.definition(
            instrument, f"EX{instrument}", START - SECOND, expiration, instrument_class=kind,
            strike_price=strike * SECOND, underlying="ESH4", underlying_id=FUTURE)
        if instrument % 11:
            early = START - SECOND
            figures += writer.interest(instrument, early, early, START - 10**14, instrument * 37 % 900)
    received = START + 200 * SECOND + 17
    for instrument in list(contracts)[:5] if until is None or received <= until else ():
        figures += writer.interest(instrument, received, received, START, 500)
    names = {FUTURE: "ESH4"}
    paths = []
    for name, schema, data in (
        ("definition", dbn.Schema.DEFINITION, body), ("statistics", dbn.Schema.STATISTICS, figures),
        ("mbp-1", dbn.Schema.MBP_1, writer.quotes(quotes).tobytes()),
        ("mbp-10", dbn.Schema.MBP_10, writer.books(books).tobytes()),
    ):
        paths.append(str(Path(folder) / f"{name}.dbn"))
        writer.write(paths[-1], writer.metadata(schema, names, DAY), data)
    return paths, books


def _futures_export(stem, books):
    """An export that has the futures columns the oracle needs, one row per group; sequences that fit nothing."""
    last = [row for row in books if row[7] & 0x80]
    mid = numpy.array([(row[8] + row[9]) / 2e9 for row in last])
    stamps = numpy.array([(row[1], row[2], -1) for row in last])
    names = {"mid_price_points": mid, "yang_zhang_volatility_20d_annualized_percent": numpy.full(len(mid), 12.5)}
    for level, price, begin in (("pm_high", 4780.0, 100), ("pm_low", 4770.0, 100), ("or_high", 4778.5, 250),
                                ("or_low", 4772.25, 250), ("sma_90", 4775.0 + 7 / 90, 50)):
        distance = (mid - price) / 0.25
        distance[:begin] = math.nan
        names[f"{level}_distance_ticks"] = distance
    _save(stem, names, stamps)


def _save(stem, columns, stamps):
    numpy.save(f"{stem}.npy", numpy.column_stack(list(columns.values())))
    numpy.save(f"{stem}.ts.npy", stamps)
    Path(f"{stem}.columns.json").write_text(json.dumps([{"name": name, "unit": ""} for name in columns]))


def _recompute(folder, settings, until=None):
    paths, books = _write(folder, until)
    stem = str(Path(folder) / "futures")
    _futures_export(stem, books)
    replay, values, export, _ = run.recompute(paths, f"{stem}.npy", settings)
    return replay, values, export


def failures():
    found = []
    settings = Settings()
    with tempfile.TemporaryDirectory() as folder:
        replay, values, (matrix, index_of, stamps) = _recompute(folder, settings)
        stem = str(Path(folder) / "own")
        run.dump(stem, values, stamps, (matrix, index_of))
        matrix, index_of, stamps = comparison.load(f"{stem}.npy")
        arguments = (values, replay.scales, matrix, index_of, stamps, 100, [])
        found += [f"tape: {text}" for text in comparison.compare(*arguments)[1]]
        for name in values:
            damaged = numpy.array(matrix)
            column = damaged[:, index_of[name]]
            row = int(numpy.flatnonzero(numpy.isfinite(column))[-1]) if numpy.isfinite(column).any() else 0
            column[row] += 1e-4 * max(1.0, abs(column[row]))
            if not comparison.compare(*arguments[:2], damaged, *arguments[3:])[1]:
                found.append(f"tape: damage of {name} passes")
        moved = {name: _recompute(folder, replace(settings, **change))[1] for name, change in (
            ("chain", {"refresh": "chain"}), ("rate", {"risk_free_rate": 0.01}), ("width", {"near_level_points": 4.0}),
            ("horizon", {"horizon_days": 5.0}), ("window", {"strike_window": 0.005}),
        )}
        for name, others in moved.items():
            if all(numpy.array_equal(others[key], values[key], equal_nan=True) for key in values):
                found.append(f"tape: the setting {name} changes nothing")
        until = START + 290 * SECOND + 123_456_789
        cut = _recompute(folder, settings, until)[1]
        for name, column in cut.items():
            if not numpy.array_equal(column, values[name][: len(column)], equal_nan=True):
                found.append(f"tape: {name} knows what comes after the cut")
    return found
