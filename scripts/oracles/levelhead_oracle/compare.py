"""Comparison with the engine's export, by the tolerances of FEATURES E."""

import json
from dataclasses import dataclass, field
from fnmatch import fnmatch

import numpy

# Counts, sizes, codes and sums of integers: no difference is tolerated.
EXACT = (
    "approach_side", "touch_count", "rejection_count", "break_count", "last_test_outcome_code",
    "bid_depth_in_band_contracts", "ask_depth_in_band_contracts", "bid_depth_at_level_contracts",
    "ask_depth_at_level_contracts", "depth_to_level_contracts", "depth_beyond_level_8_ticks_contracts",
    "max_passive_queue_offset_ticks", "delta_current_test_contracts", "consecutive_closes_beyond_level_2m_count",
    "bid_ask_spread_ticks", "mid_price_points", "best_bid_size_contracts", "best_ask_size_contracts",
    "bid_depth_top_5_contracts", "ask_depth_top_5_contracts", "bid_depth_top_10_contracts",
    "ask_depth_top_10_contracts", "session_volume_contracts",
)
# Exact integers under one division, and nanosecond differences as seconds: rounding only.
ROUNDING = (
    "approach_velocity_5s_ticks_per_second", "approach_velocity_30s_ticks_per_second",
    "approach_acceleration_5s_ticks_per_second_squared", "approach_efficiency_ratio_60s",
    "time_since_last_touch_seconds", "current_test_duration_seconds", "time_since_mid_crossed_level_signed_seconds",
    "queue_imbalance_in_band", "order_count_imbalance_in_band", "traded_to_displayed_ratio_current_test",
    "volume_in_band_session_share", "queue_imbalance_best", "depth_imbalance_level_2", "depth_imbalance_level_3",
    "depth_imbalance_level_4", "depth_imbalance_level_5", "depth_imbalance_top_3", "depth_imbalance_top_5",
    "depth_imbalance_top_10", "order_count_imbalance_top_10", "bid_average_order_size_top_10_contracts",
    "ask_average_order_size_top_10_contracts", "bid_book_slope_contracts_per_tick",
    "ask_book_slope_contracts_per_tick", "bid_depth_weighted_distance_ticks", "ask_depth_weighted_distance_ticks",
)
# Differences of two large or two nearly equal numbers: absolute, with this scale.
ABSOLUTE = {
    "distance_ticks": 1.0, "distance_atr": 1.0, "level_slope_5_bars_ticks_per_minute": 1.0,
    "max_penetration_current_test_ticks": 1.0, "max_penetration_session_ticks": 1.0,
    "passive_depth_in_band_hl60s_log_ratio": 1.0, "weighted_mid_offset_ticks": 1.0,
    "buy_100_contracts_impact_ticks": 1.0, "sell_100_contracts_impact_ticks": 1.0,
}
LEVEL_PREFIXES = ("pm_high_", "pm_low_", "or_high_", "or_low_", "sma_90_")


@dataclass
class Result:
    lines: list = field(default_factory=list)
    failures: list = field(default_factory=list)


def body_of(name):
    for prefix in LEVEL_PREFIXES:
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


def tolerance(name, ours, scale):
    """The largest tolerated absolute difference per row, and the rule in words."""
    body = body_of(name)
    magnitude = numpy.abs(ours)
    if body in EXACT:
        return numpy.zeros_like(ours), "exact"
    if body in ROUNDING:
        return 1e-12 * numpy.maximum(magnitude, 1.0), "1e-12"
    if scale is not None:
        return 1e-9 * numpy.maximum(magnitude, scale), "1e-9 of scale"
    if body in ABSOLUTE:
        return 1e-9 * numpy.maximum(magnitude, ABSOLUTE[body]), "1e-9 absolute"
    # 1e-300: sums that have decayed for hours end in denormal numbers, which carry no relative precision.
    return 1e-9 * magnitude + 1e-300, "1e-9 relative"


def _place(row, ours, theirs, stamps):
    return f"row {row} ts {int(stamps[row, 0])} oracle {float(ours[row])!r} engine {float(theirs[row])!r}"


def column(name, ours, theirs, stamps, scale):
    """Compares one column. Returns (markdown row, failure text or None)."""
    allowed, rule = tolerance(name, ours, scale)
    our_nan, their_nan = numpy.isnan(ours), numpy.isnan(theirs)
    infinite = numpy.isinf(theirs)
    both = ~our_nan & ~their_nan
    difference = numpy.where(both, numpy.abs(numpy.where(both, ours - theirs, 0.0)), 0.0)
    wrong_value = both & ~(difference <= allowed)
    wrong = (our_nan != their_nan) | wrong_value | infinite
    finite = int((~our_nan).sum())
    largest = float(difference.max(initial=0.0))
    distinct = len(numpy.unique(ours[~our_nan]))
    row = f"| {name} | {finite} | {int(both.sum())} | {distinct} | {largest:.3g} | {rule} | {int(wrong.sum())} |"
    if not wrong.any():
        return row, None
    first = int(wrong.argmax())
    worst = int(numpy.where(wrong_value, difference, -1.0).argmax()) if wrong_value.any() else first
    text = (
        f"{name}: {int(wrong.sum())} of {len(ours)} rows differ ({int((our_nan & ~their_nan).sum())} where only the "
        f"oracle has NaN, {int((~our_nan & their_nan).sum())} where only the engine has, {int(wrong_value.sum())} in "
        f"value); first {_place(first, ours, theirs, stamps)}; "
        f"largest {_place(worst, ours, theirs, stamps)}"
    )
    return row, text


def matrices(ours, theirs, stamps, scales, minimum_finite=0, allow_sparse=()):
    """Compares the columns both dictionaries hold."""
    result = Result()
    result.lines += [
        "## Comparison",
        "",
        "| column | finite in oracle | finite in both | distinct | largest difference | tolerance | rows beyond |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, values in ours.items():
        if name not in theirs:
            continue
        row, failure = column(name, values, theirs[name], stamps, scales.get(name))
        result.lines.append(row)
        if failure:
            result.failures.append(failure)
        finite = int(numpy.isfinite(values).sum())
        if finite < minimum_finite and not any(fnmatch(name, pattern) for pattern in allow_sparse):
            result.failures.append(f"{name}: {finite} finite values, at least {minimum_finite} expected")
    return result


def _check_stamps(theirs, stamps, missing_last):
    failures = []
    wrong = numpy.flatnonzero(theirs[:, 0] != stamps[:, 0])
    if len(wrong):
        row = int(wrong[0])
        failures.append(f"group time: {len(wrong)} rows differ, first {row}: {stamps[row, 0]} {theirs[row, 0]}")
    wrong = [int(row) for row in numpy.flatnonzero(theirs[:, 1] != stamps[:, 1]) if int(row) not in missing_last]
    if wrong:
        row = wrong[0]
        failures.append(f"receive time: {len(wrong)} rows differ, first {row}: {stamps[row, 1]} {theirs[row, 1]}")
    if (numpy.diff(theirs[:, 2]) <= 0).any():
        failures.append("ring sequence does not rise from row to row")
    return failures


def against_export(
    path, columns, matrix, stamps, scales, minimum_finite, allow_sparse, allow_missing, missing_last=frozenset()
):
    """Reads STEM.npy, STEM.ts.npy and STEM.columns.json and compares. Raises OSError, ValueError on unusable files."""
    stem = path.removesuffix(".npy")
    theirs = numpy.load(f"{stem}.npy", allow_pickle=False)
    their_stamps = numpy.load(f"{stem}.ts.npy", allow_pickle=False)
    with open(f"{stem}.columns.json", encoding="utf-8") as stream:
        names = [entry["name"] for entry in json.load(stream)]
    if theirs.dtype != numpy.float64 or theirs.ndim != 2 or theirs.shape[1] != len(names):
        raise ValueError(f"{stem}.npy: {theirs.dtype} {theirs.shape}, expected float64, {len(names)} columns")
    if their_stamps.dtype != numpy.int64 or their_stamps.shape != (len(theirs), 3):
        raise ValueError(f"{stem}.ts.npy: {their_stamps.dtype} {their_stamps.shape}, expected int64 {len(theirs)} x 3")
    if len(set(names)) != len(names):
        raise ValueError(f"{stem}.columns.json: a name occurs twice")
    if len(theirs) != len(matrix):
        result = Result()
        result.failures.append(f"{len(theirs)} rows exported, the tape has {len(matrix)} event groups")
        shared = min(len(theirs), len(matrix))
        away = numpy.flatnonzero(their_stamps[:shared, 0] != stamps[:shared, 0])
        if len(away):
            result.failures.append(f"group times part at row {int(away[0])}")
        return result
    ours = {name: matrix[:, index] for index, name in enumerate(columns)}
    exported = {name: theirs[:, index] for index, name in enumerate(names)}
    result = matrices(ours, exported, stamps, scales, minimum_finite, allow_sparse)
    result.failures = _check_stamps(their_stamps, stamps, missing_last) + result.failures
    missing = [name for name in columns if name not in exported]
    forbidden = [name for name in missing if not any(fnmatch(name, pattern) for pattern in allow_missing)]
    if forbidden:
        result.failures.append(f"{len(forbidden)} columns are not in the export: {', '.join(forbidden)}")
    unknown = [name for name in names if name not in ours]
    result.lines += ["", f"Columns unknown to the oracle ({len(unknown)}): {', '.join(unknown) or 'none'}"]
    return result
