"""Golden numbers of FEATURES I.1 from the oracle's own functions, and checks that the comparison can fail."""

import json
import math
import tempfile
from pathlib import Path

import numpy

from . import compare, selftest_market
from .configuration import Configuration
from .estimators import Registry
from .level import Level
from .market import Market
from .sessions import SECOND
from .tape import Group

LEVEL_GOLDEN = {
    "bid_added_in_band_hl30s_contracts_per_second": "0.762176827",
    "ask_added_in_band_hl30s_contracts_per_second": "0.953738409",
    "bid_cancelled_in_band_hl30s_contracts_per_second": "0",
    "ask_cancelled_in_band_hl30s_contracts_per_second": "1.021101121",
    "bid_filled_in_band_hl30s_contracts_per_second": "0.320817961",
    "ask_filled_in_band_hl30s_contracts_per_second": "2.593776249",
    "order_flow_imbalance_in_band_hl30s": "0.548958176",
    "passive_cancel_to_add_ratio_hl30s": "1.070630176",
    "passive_replenishment_ratio_hl30s": "0.263837002",
    "traded_to_displayed_ratio_current_test": "0.4",
    "delta_in_band_hl30s_contracts": "20.294828248",
    "trade_imbalance_in_band_hl30s": "0.779854115",
    "delta_current_test_contracts": "24",
    "trade_intensity_in_band_hl10s_trades_per_second": "0.298331451",
    "bid_depth_in_band_contracts": "65",
    "ask_depth_in_band_contracts": "213",
    "queue_imbalance_in_band": "-0.532374101",
    "order_count_imbalance_in_band": "-0.548387097",
    "bid_depth_at_level_contracts": "0",
    "ask_depth_at_level_contracts": "23",
    "depth_to_level_contracts": "0",
    "depth_beyond_level_8_ticks_contracts": "550",
    "max_passive_queue_offset_ticks": "9",
    "distance_ticks": "-0.5",
    "touch_count": "1",
    "current_test_duration_seconds": "8",
}
MARKET_GOLDEN = {
    "bid_ask_spread_ticks": "1",
    "queue_imbalance_best": "-0.642857143",
    "weighted_mid_offset_ticks": "-0.321428571",
    "order_flow_imbalance_hl10s_contracts": "15.877911094",
    "order_flow_imbalance_hl60s_contracts": "24.730007161",
    "multi_level_order_flow_imbalance_level_2_hl10s_contracts": "28.285346568",
    "bid_book_slope_contracts_per_tick": "37.969924812",
    "ask_book_slope_contracts_per_tick": "62.308270677",
    "bid_depth_weighted_distance_ticks": "6.763736264",
    "ask_depth_weighted_distance_ticks": "6.263081395",
    "buy_100_contracts_impact_ticks": "1.86",
    "sell_100_contracts_impact_ticks": "3.3",
    "depth_imbalance_top_3": "-0.453125",
    "depth_imbalance_top_5": "-0.339622642",
    "depth_imbalance_top_10": "-0.203849519",
}


def _group(second, bids, asks, trades=(), flags=0x80, action=b"A"):
    stamp = second * SECOND
    return Group(
        ts_event=stamp, ts_recv=stamp, clock=stamp, stamps=[stamp], records=1,
        trades=[(stamp, tick, size, sign) for tick, size, sign in trades],
        bids=list(bids), asks=list(asks), events=[(flags, action)],
    )


def mini_tape():
    """The groups of FEATURES I.1."""
    bids = [(23998 - i, 10 * (i + 1), i + 1) for i in range(10)]
    asks = [(23999 + i, 15 + 10 * i, i + 2) for i in range(10)]
    yield _group(0, bids, asks, flags=0xA8)
    asks = [asks[0], (24000, 30, 4), *asks[2:]]
    yield _group(1, bids, asks)
    asks = [*asks[1:], (24009, 115, 12)]
    yield _group(2, bids, asks, [(23999, 15, 1)])
    bids = [(23999, 8, 1), *bids[:-1]]
    yield _group(3, bids, asks)
    asks = [(24000, 23, 3), *asks[1:]]
    yield _group(5, bids, asks, [(24000, 12, 1)])
    asks = [asks[0], (24001, 25, 3), *asks[2:]]
    yield _group(6, bids, asks)
    bids = [(23999, 5, 1), *bids[1:]]
    yield _group(8, bids, asks, [(23999, 3, -1)])


def golden_rows(direct):
    """Market and level rows at t = 10 s, by recursion or by direct summation."""
    registry = Registry()
    market = Market(registry)
    market.reset_session(0)
    level = Level("golden", Configuration(), registry)
    changes_of = {}
    for group in mini_tape():
        moment = group.ts_event
        for _ in market.close_seconds(moment, moment):
            pass
        if level.active:
            level.advance(moment, math.inf)
        changes = []
        market.apply(group, moment, True, math.inf, changes)
        changes_of[moment // SECOND] = {change[:5] for change in changes}
        if not level.active:
            level.activate(0, 24000.0, market.mid_at(0))
        level.apply(group, moment, market, changes)
    registry.direct = direct
    market_row, _ = market.row(10 * SECOND)
    level_row, _ = level.row(10 * SECOND, market)
    return market_row, level_row, changes_of, registry


ATTRIBUTION = {
    1: {("ask", 24000, 5, 0, 0)},
    2: {("ask", 23999, 0, 0, 15)},
    3: {("bid", 23999, 8, 0, 0)},
    5: {("ask", 24000, 5, 0, 12)},
    6: {("ask", 24001, 0, 10, 0)},
    8: {("bid", 23999, 0, 0, 3)},
}


def _golden_failures():
    failures, checked = [], 0
    for direct in (False, True):
        market_row, level_row, changes, registry = golden_rows(direct)
        for golden, row in ((LEVEL_GOLDEN, level_row), (MARKET_GOLDEN, market_row)):
            for name, printed in golden.items():
                checked += 1
                digits = len(printed.split(".")[1]) if "." in printed else 0
                if not abs(row[name] - float(printed)) <= 0.5000001 * 10.0**-digits:
                    failures.append(f"{name}: {row[name]!r}, FEATURES I.1 has {printed}")
                if digits < 9 and row[name] != float(printed) and abs(row[name] - float(printed)) > 1e-9:
                    failures.append(f"{name}: {row[name]!r} is not {printed}")
        for second, expected in ATTRIBUTION.items():
            checked += 1
            if changes[second] != expected:
                failures.append(f"attribution at t = {second}: {changes[second]}, expected {expected}")
        if direct and (not registry.comparisons or registry.largest_difference > 1e-14):
            failures.append(f"direct summation: {registry.comparisons}, {registry.largest_difference}")
    return failures, checked


def _estimator_failures():
    """Long random histories: recursion against direct summation."""
    registry = Registry()
    generator = numpy.random.default_rng(11)
    sums = [registry.total(half_life) for half_life in (10.0, 30.0, 60.0)]
    means = [registry.mean(half_life) for half_life in (60.0, None)]
    for estimator in sums + means:
        estimator.reset(0)
    moment = 0
    for index in range(5000):
        moment += int(generator.exponential(5e7)) + 1
        for estimator in sums:
            estimator.add(moment, float(generator.integers(-20, 30)))
        for mean in means:
            mean.set(moment, math.nan if generator.random() < 0.1 else float(generator.integers(1, 50)))
        if index % 100 == 99:
            registry.direct = True
            for estimator in sums + means:
                estimator.read(moment)
            registry.direct = False
    passed = registry.comparisons == 250 and registry.largest_difference < 1e-12
    return [] if passed else [f"estimators: {registry.comparisons}, {registry.largest_difference}"]


def _comparison_failures():
    """Every kind of damage to a matrix must be found, and an undamaged one must pass."""
    names = ("touch_count", "queue_imbalance_best", "cancel_to_trade_ratio_hl60s", "distance_ticks")
    generator = numpy.random.default_rng(3)
    ours = {name: numpy.round(generator.normal(0, 40, 500)) + 0.5 * (name != "touch_count") for name in names}
    for values in ours.values():
        values[:50] = math.nan
    stamps = numpy.zeros((500, 3), numpy.int64)
    failures = []
    if compare.matrices(ours, ours, stamps, {}, 100).failures:
        failures.append("comparison: equal matrices are refused")
    if not compare.matrices(ours, ours, stamps, {}, 451).failures:
        failures.append("comparison: a sparse column passes")
    for name in names:
        for row, damage in ((10, 1.0), (77, math.nan), (77, math.inf), (77, ours[name][77] + 1e-5)):
            damaged = {key: values.copy() for key, values in ours.items()}
            damaged[name][row] = damage
            if not compare.matrices(ours, damaged, stamps, {}).failures:
                failures.append(f"comparison: {name} row {row} = {damage} passes")
    return failures


def _export_failures():
    """The files of an export: an equal one passes, each kind of damage is found."""
    generator = numpy.random.default_rng(5)
    names = ["touch_count", "distance_ticks", "mid_price_points"]
    matrix = generator.integers(0, 9, (300, 3)).astype(numpy.float64)
    stamps = numpy.arange(900, dtype=numpy.int64).reshape(300, 3)
    wrong_time, wrong_receive, wrong_order = stamps.copy(), stamps.copy(), stamps.copy()
    wrong_time[7, 0] += 1
    wrong_receive[7, 1] += 1
    wrong_order[7, 2] = wrong_order[8, 2]
    cases = (
        ("equal", matrix, stamps, names, 0),
        ("another column besides", numpy.column_stack([matrix, matrix[:, 0]]), stamps, [*names, "other"], 0),
        ("a row short", matrix[:-1], stamps[:-1], names, 1),
        ("group time", matrix, wrong_time, names, 1),
        ("receive time", matrix, wrong_receive, names, 1),
        ("ring order", matrix, wrong_order, names, 1),
        ("a column short", matrix[:, :2], stamps, names[:2], 1),
    )
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        stem = str(Path(folder) / "export")
        for text, values, times, columns, expected in cases:
            numpy.save(f"{stem}.npy", values)
            numpy.save(f"{stem}.ts.npy", times)
            Path(f"{stem}.columns.json").write_text(json.dumps([{"name": name, "unit": ""} for name in columns]))
            result = compare.against_export(f"{stem}.npy", names, matrix, stamps, {}, 100, [], [])
            if bool(result.failures) != bool(expected):
                failures.append(f"export, {text}: {result.failures}")
    return failures


def run():
    failures, checked = _golden_failures()
    failures += _estimator_failures() + _comparison_failures() + _export_failures()
    found, more = selftest_market.run()
    failures += found
    checked += more
    for text in failures:
        print(f"FAIL {text}")
    print(f"{checked} golden values checked, {len(failures)} failures")
    return 1 if failures else 0
