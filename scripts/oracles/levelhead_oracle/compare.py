"""Comparison with the engine's export, by the tolerances of FEATURES E."""

import json
from dataclasses import dataclass, field
from fnmatch import fnmatch

import numpy

from . import rows


@dataclass
class Result:
    lines: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    summary: dict = field(default_factory=dict)  # by the name of a row


def chosen(columns, only=(), skip=()):
    """The columns that `only` names (all without it) and `skip` does not; ValueError for a pattern without effect."""
    for pattern in (*only, *skip):
        if not any(fnmatch(name, pattern) for name in columns):
            raise ValueError(f"no column matches {pattern}")
    kept = [name for name in columns if not only or any(fnmatch(name, pattern) for pattern in only)]
    return [name for name in kept if not any(fnmatch(name, pattern) for pattern in skip)]


def tolerance(name, ours, scale):
    """The largest tolerated absolute difference per row, and the rule in words."""
    row = rows.row_of(name)
    rule = row.rule if row else rows.RELATIVE
    magnitude = numpy.abs(ours)
    if rule == rows.EXACT:
        return numpy.zeros_like(ours), rule
    if rule == rows.ROUNDING:
        return 1e-12 * numpy.maximum(magnitude, 1.0), rule
    if rule == rows.SCALED:
        return 1e-9 * numpy.maximum(magnitude, 0.0 if scale is None else scale), rule
    if rule == rows.ABSOLUTE:
        return 1e-9 * numpy.maximum(magnitude, 1.0), rule
    # 1e-300: sums that have decayed for hours end in denormal numbers, which carry no relative precision.
    return 1e-9 * magnitude + 1e-300, rule


def _place(row, ours, theirs, stamps):
    return f"row {row} ts {int(stamps[row, 0])} oracle {float(ours[row])!r} engine {float(theirs[row])!r}"


def share_of(difference, allowed):
    """The largest difference as a share of what is tolerated at its row, 0 where no difference is."""
    with numpy.errstate(divide="ignore"):
        shares = numpy.divide(difference, allowed, out=numpy.zeros_like(difference), where=difference > 0)
    return float(shares.max(initial=0.0))


def column(name, ours, theirs, stamps, scale):
    """Compares one column. Returns (markdown row, failure or None, finite values, largest difference and its share of
    the tolerance, rule)."""
    allowed, rule = tolerance(name, ours, scale)
    our_nan, their_nan = numpy.isnan(ours), numpy.isnan(theirs)
    infinite = numpy.isinf(theirs)
    both = ~our_nan & ~their_nan
    difference = numpy.where(both, numpy.abs(numpy.where(both, ours - theirs, 0.0)), 0.0)
    wrong_value = both & ~(difference <= allowed)
    wrong = (our_nan != their_nan) | wrong_value | infinite
    finite = int((~our_nan).sum())
    largest, share = float(difference.max(initial=0.0)), share_of(difference, allowed)
    distinct = len(numpy.unique(ours[~our_nan]))
    row = f"| {name} | {finite} | {int(both.sum())} | {distinct} | {largest:.3g} | {rule} | {int(wrong.sum())} |"
    if not wrong.any():
        return row, None, finite, (largest, share), rule
    first = int(wrong.argmax())
    worst = int(numpy.where(wrong_value, difference, -1.0).argmax()) if wrong_value.any() else first
    text = (
        f"{name}: {int(wrong.sum())} of {len(ours)} rows differ ({int((our_nan & ~their_nan).sum())} where only the "
        f"oracle has NaN, {int((~our_nan & their_nan).sum())} where only the engine has, {int(wrong_value.sum())} in "
        f"value); first {_place(first, ours, theirs, stamps)}; "
        f"largest {_place(worst, ours, theirs, stamps)}"
    )
    return row, text, finite, (largest, share), rule


def _summarize(summary, name, finite, largest, rule, failure):
    """Adds a column to its feature row; a level row has one column per level."""
    row = rows.row_of(name)
    entry = summary.setdefault(row.name if row else name, {
        "row": row.number if row else None, "name": row.name if row else name, "oracle": row.oracle if row else None,
        "columns": 0, "finite": 0, "largest_difference": 0.0, "largest_share": 0.0, "tolerance": rule, "passed": True,
    })
    entry["columns"] += 1
    entry["finite"] += finite
    entry["largest_difference"] = max(entry["largest_difference"], largest[0])
    entry["largest_share"] = max(entry["largest_share"], largest[1])
    entry["passed"] = entry["passed"] and failure is None


def matrices(ours, theirs, stamps, scales, minimum_finite=0, allow_sparse=(), unmet=frozenset()):
    """Compares the columns both dictionaries hold. Rows whose needs are in `unmet` may have no finite value."""
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
        row, failure, finite, largest, rule = column(name, values, theirs[name], stamps, scales.get(name))
        _summarize(result.summary, name, finite, largest, rule, failure)
        result.lines.append(row)
        if failure:
            result.failures.append(failure)
        entry = rows.row_of(name)
        if entry and entry.needs in unmet and finite == 0:
            continue
        if finite < minimum_finite and not any(fnmatch(name, pattern) for pattern in allow_sparse):
            result.failures.append(f"{name}: {finite} finite values, at least {minimum_finite} expected")
    return result


def contents(ours, theirs, path=""):
    """Compares two JSON values: numbers within 1e-9, all else exactly; `theirs` may hold more keys. Returns
    (differences, numbers compared)."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        differences = [f"{path}.{key}: not in the file" for key in sorted(set(ours) - set(theirs))]
        pairs = [(f"{path}.{key}", ours[key], theirs[key]) for key in ours if key in theirs]
    elif isinstance(ours, list) and isinstance(theirs, list):
        differences = [f"{path}: lengths {len(ours)} and {len(theirs)}"] if len(ours) != len(theirs) else []
        pairs = [(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(ours, theirs))]
    elif type(ours) in (int, float) and type(theirs) in (int, float):
        near = abs(ours - theirs) <= 1e-9 * max(abs(ours), 1e-3)
        return [] if near else [f"{path}: oracle {ours!r}, file {theirs!r}"], 1
    else:
        return [] if ours == theirs else [f"{path}: oracle {ours!r}, file {theirs!r}"], 0
    compared = 0
    for name, left, right in pairs:
        found, count = contents(left, right, name)
        differences += found
        compared += count
    return differences, compared


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
    path, columns, matrix, stamps, scales, minimum_finite, allow_sparse, allow_missing, missing_last=frozenset(),
    unmet=frozenset(), only=(), skip=(),
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
    wanted = set(chosen(columns, only, skip))
    ours = {name: matrix[:, index] for index, name in enumerate(columns) if name in wanted}
    exported = {name: theirs[:, index] for index, name in enumerate(names)}
    result = matrices(ours, exported, stamps, scales, minimum_finite, allow_sparse, unmet)
    result.failures = _check_stamps(their_stamps, stamps, missing_last) + result.failures
    missing = [name for name in ours if name not in exported]
    forbidden = [name for name in missing if not any(fnmatch(name, pattern) for pattern in allow_missing)]
    if forbidden:
        result.failures.append(f"{len(forbidden)} columns are not in the export: {', '.join(forbidden)}")
    unknown = [name for name in names if name not in columns]
    result.lines += ["", f"Columns unknown to the oracle ({len(unknown)}): {', '.join(unknown) or 'none'}"]
    return result
