"""Comparison of the rows with the engine's export."""

import json
from fnmatch import fnmatch

import numpy

from ..compare import share_of
from .catalogue import PERCENT_ROWS, RELATIVE, ROW_OF, UNIT_ROWS, VOLATILITY, oracle_of


def load(stem):
    """(name -> column, stamps) of STEM.npy, STEM.ts.npy and STEM.columns.json. Columns are read as wanted."""
    stem = stem.removesuffix(".npy")
    matrix = numpy.load(f"{stem}.npy", mmap_mode="r", allow_pickle=False)
    stamps = numpy.load(f"{stem}.ts.npy", allow_pickle=False)
    with open(f"{stem}.columns.json", encoding="utf-8") as stream:
        names = [entry["name"] for entry in json.load(stream)]
    if matrix.dtype != numpy.float64 or matrix.ndim != 2 or matrix.shape[1] != len(names):
        raise ValueError(f"{stem}.npy: {matrix.dtype} {matrix.shape}, expected float64 and {len(names)} columns")
    if stamps.dtype != numpy.int64 or stamps.shape != (len(matrix), 3):
        raise ValueError(f"{stem}.ts.npy: {stamps.dtype} {stamps.shape}, expected int64 {len(matrix)} x 3")
    if len(set(names)) != len(names):
        raise ValueError(f"{stem}.columns.json: a name occurs twice")
    return matrix, {name: index for index, name in enumerate(names)}, stamps


def tolerance(name, ours, scale):
    """The largest tolerated difference per row, and the rule in words."""
    magnitude = numpy.abs(ours)
    row = ROW_OF[name]
    if row in PERCENT_ROWS:
        return numpy.full_like(ours, 100 * VOLATILITY), "1e-8 of volatility"
    if row in UNIT_ROWS:
        return RELATIVE * numpy.maximum(magnitude, 1.0), "1e-9"
    if row == "B-58":
        return RELATIVE * magnitude + 1e-12, "1e-9 relative, 1e-12 absolute"
    if scale is not None:
        return RELATIVE * numpy.maximum(magnitude, scale), "1e-9 of gross sum or price"
    return RELATIVE * magnitude, "1e-9 relative"


def _place(row, ours, theirs, stamps):
    return f"row {row} ts {int(stamps[row, 0])} oracle {float(ours[row])!r} engine {float(theirs[row])!r}"


def column(name, ours, theirs, stamps, scale):
    """(summary of the column, failure or None)."""
    allowed, rule = tolerance(name, ours, scale)
    our_nan, their_nan = numpy.isnan(ours), numpy.isnan(theirs)
    both = ~our_nan & ~their_nan
    difference = numpy.where(both, numpy.abs(numpy.where(both, ours - theirs, 0.0)), 0.0)
    wrong_value = both & ~(difference <= allowed)
    wrong = (our_nan != their_nan) | wrong_value
    summary = {
        "row": ROW_OF[name], "name": name, "oracle": oracle_of(name), "finite": int((~our_nan).sum()),
        "distinct": len(numpy.unique(ours[~our_nan])), "largest_difference": float(difference.max(initial=0.0)),
        "largest_share": share_of(difference, allowed), "tolerance": rule, "wrong": int(wrong.sum()),
    }
    if not wrong.any():
        return summary, None
    first = int(wrong.argmax())
    worst = int(numpy.where(wrong_value, difference, -1.0).argmax()) if wrong_value.any() else first
    return summary, (
        f"{name} ({ROW_OF[name]}): {int(wrong.sum())} of {len(ours)} rows differ "
        f"({int((our_nan & ~their_nan).sum())} where only the oracle has NaN, {int((~our_nan & their_nan).sum())} "
        f"where only the engine has, {int(wrong_value.sum())} in value); first {_place(first, ours, theirs, stamps)}; "
        f"largest {_place(worst, ours, theirs, stamps)}"
    )


def matches(name, patterns):
    return any(fnmatch(name, pattern) for pattern in patterns)


def compare(ours, scales, matrix, index_of, stamps, minimum_finite, allow_sparse, only=("*",), skip=(), missing=()):
    """Compares all columns of `ours` that the globs choose. Returns (summaries, failures)."""
    summaries, failures = [], []
    for name in ROW_OF:
        if name not in ours or not matches(name, only) or matches(name, skip):
            continue
        if name not in index_of:
            if not matches(name, missing):
                failures.append(f"{name}: not in the export")
            continue
        theirs = numpy.array(matrix[:, index_of[name]])
        summary, failure = column(name, ours[name], theirs, stamps, scales.get(name))
        summaries.append(summary)
        if failure:
            failures.append(failure)
        if summary["finite"] < minimum_finite and not matches(name, allow_sparse):
            failures.append(f"{name}: {summary['finite']} finite values, at least {minimum_finite} expected")
    if not summaries:
        failures.append("no column was compared")
    return summaries, failures


def table(summaries):
    lines = ["| row | column | finite | distinct | largest difference | tolerance | rows beyond |",
             "|---|---|---|---|---|---|---|"]
    lines += [
        f"| {entry['row']} | {entry['name']} | {entry['finite']} | {entry['distinct']} | "
        f"{entry['largest_difference']:.3g} | {entry['tolerance']} | {entry['wrong']} |" for entry in summaries
    ]
    return lines
