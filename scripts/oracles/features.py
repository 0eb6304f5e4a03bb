#!/usr/bin/env python3
"""Recomputes the level and market features of an MBP-10 tape and compares them with the engine's export.

Written from FEATURES.md alone; it shares no code with the engine.

  features.py --self-test
  features.py --tape T.dbn.zst --config F.json --dump OUT.npz
  features.py --tape T.dbn.zst --config F.json --export STEM.npy [--report OUT.md] [--summary OUT.json]
  features.py --tape DAY1.dbn.zst --tape DAY2.dbn.zst ... --build-profile P.json --build-micro-price M.json

The export is made by `levelhead features --tape T --out STEM.npy --every tick`. Exit status 0: no difference beyond the
tolerances, every compared column exercised; 1: anything else; 64: wrong usage.

Three configurations lie beside this file, all for ES of 2023-12-25 18:00-19:00 ET (trade date 2023-12-26):
  esh4-evening.json        every column has at least 100 finite values; no test ends as a break
  esh4-evening-tight.json  narrow bands, so 20 tests end both ways and sides turn; needs
                           --allow-sparse or_low_time_since_mid_crossed_level_signed_seconds (the mid never crosses it)
  esh4-evening-rth.json    regular hours from 18:20 to 18:55, so that their rows are live; needs --allow-sparse
                           for pm_low_depth_beyond_level_8_ticks_contracts and
                           pm_low_time_since_mid_crossed_level_signed_seconds (prices stay above it)

--profile, --micro-price, --statistics and --definition give what the tape does not hold; without one of them, and on a
tape without earlier days, the rows that need it are NaN on both sides and listed in the report.
"""

import argparse
import json
import sys
import time
from datetime import datetime

import numpy

from levelhead_oracle import build, compare, configuration, micro_price, profile, rows, selftest, tape
from levelhead_oracle.replay import COLUMNS, LEVELS, Inputs, Replay
from levelhead_oracle.sessions import NEW_YORK


def clock_text(nanos):
    moment = datetime.fromtimestamp(nanos // 10**9, NEW_YORK)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{nanos % 10**9:09d} ET"


def describe(replay, counters, matrix, stamps):
    """What the tape held, as lines of text."""
    lines = ["## Tape", ""]
    for name, value in sorted({**counters, **replay.counters}.items()):
        lines.append(f"- {name}: {value}")
    lines += ["", "## Levels", ""]
    for name in LEVELS:
        log = replay.levels[name].log
        kinds = [entry[0] for entry in log]
        summary = ", ".join(f"{kind} {kinds.count(kind)}" for kind in ("activated", "test", "break", "rejection"))
        lines.append(f"- {name}: {summary}")
        for kind, moment, price, side in log:
            lines.append(f"  - {clock_text(moment)} {kind} at {price * 0.25:.4f} (side {side:+.0f})")
    finite = numpy.isfinite(matrix)
    constant = [
        name for index, name in enumerate(COLUMNS) if len(numpy.unique(matrix[finite[:, index], index])) < 2
    ]
    lines += ["", f"Columns that never change on this tape, so hardly tested: {', '.join(constant) or 'none'}"]
    lines += ["", "## First finite value and number of finite values", ""]
    for index, name in enumerate(COLUMNS):
        count = int(finite[:, index].sum())
        first = clock_text(int(stamps[int(finite[:, index].argmax()), 0])) if count else "never"
        lines.append(f"- {name}: {count}, {first}")
    return lines


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tape", action="append", default=[], help="MBP-10 DBN file, repeatedly")
    parser.add_argument("--config", help="JSON with the keys that change values (default: FEATURES A.14)")
    parser.add_argument("--instrument-id", type=int, help="needed if a tape holds more than one instrument")
    parser.add_argument("--profile", metavar="F.json", help="time-of-day profile; without it its rows are NaN")
    parser.add_argument("--micro-price", metavar="F.json", help="micro-price table; without it its rows are NaN")
    parser.add_argument("--statistics", action="append", default=[], help="DBN file with settlements, repeatedly")
    parser.add_argument("--definition", action="append", default=[], help="DBN file with the contract's expiration")
    parser.add_argument("--build-profile", metavar="OUT.json", help="makes the tapes' profile, and ends")
    parser.add_argument("--check-profile", metavar="F.json", help="compares it with the tapes' profile, and ends")
    parser.add_argument("--build-micro-price", metavar="OUT.json", help="makes the tapes' micro-price table, and ends")
    parser.add_argument("--check-micro-price", metavar="F.json", help="compares it with the tapes' table, and ends")
    parser.add_argument("--export", help="STEM.npy of the engine; STEM.ts.npy and STEM.columns.json lie beside it")
    parser.add_argument("--dump", help="writes the oracle's own matrix, stamps and columns as .npz")
    parser.add_argument("--summary", metavar="OUT.json", help="writes one JSON object per compared feature row")
    parser.add_argument("--only", action="append", default=[], metavar="GLOB", help="compares these columns alone")
    parser.add_argument("--skip", action="append", default=[], metavar="GLOB", help="does not compare these columns")
    parser.add_argument("--report", help="writes a markdown report")
    parser.add_argument("--direct-rows", type=int, default=1000, help="rows at which sums are formed directly")
    parser.add_argument("--min-finite", type=int, default=100, help="finite values a compared column must have")
    parser.add_argument("--allow-sparse", action="append", default=[], metavar="GLOB", help="columns exempt from it")
    parser.add_argument("--allow-missing", action="append", default=[], metavar="GLOB", help="columns not exported")
    parser.add_argument("--min-tests", type=int, default=1, help="tests every level must have had")
    parser.add_argument("--allow-crossed", action="store_true", help="the book may be crossed while trading is open")
    parser.add_argument("--self-test", action="store_true", help="FEATURES I.1 and I.3, and tests of the comparison")
    options = parser.parse_args(arguments)
    if not options.self_test and not options.tape:
        parser.error("--tape or --self-test is needed")
    if options.summary and not options.export:
        parser.error("--summary needs --export")
    return options


def inputs_of(options, instrument):
    """The tables and records a run is given beside its tape."""
    return Inputs(
        profile=profile.load(options.profile) if options.profile else None,
        micro_price=micro_price.load(options.micro_price) if options.micro_price else None,
        settlements=tape.settlements(options.statistics, instrument),
        symbol=tape.symbol(options.tape, instrument),
        expiration=tape.expiration(options.definition, instrument),
    )


def offline(options, settings, groups):
    """Makes or checks the files that are made from whole sessions. Returns failures, None if none is asked for."""
    failures, asked = [], False
    for name, made, checked, maker, read in (
        ("profile", options.build_profile, options.check_profile, build.profile_of, profile.read),
        (
            "micro-price table", options.build_micro_price, options.check_micro_price, build.micro_price_table_of,
            micro_price.read,
        ),
    ):
        if not made and not checked:
            continue
        asked, content = True, maker(settings, groups)
        if made:
            with open(made, "w", encoding="utf-8") as stream:
                json.dump(content, stream)
        if checked:
            differences, compared = compare.contents(content, read(checked))
            print(f"{name}: {compared} numbers compared, {len(differences)} differ")
            failures += [f"{name}: {text}" for text in differences]
    return failures if asked else None


def main(arguments):
    try:
        options = parse(arguments)
    except SystemExit as stop:
        return 64 if stop.code else 0
    if options.self_test:
        return selftest.run()
    started = time.monotonic()
    compare.chosen(COLUMNS, options.only, options.skip)
    settings = configuration.load(options.config)
    records = tape.read(options.tape, options.instrument_id)
    groups, counters = tape.groups(records)
    if not groups:
        raise ValueError(f"{options.tape[0]}: no event group")
    made = offline(options, settings, groups)
    if made is not None:
        print("\n".join(f"FAIL {text}" for text in made) or "PASS")
        return 1 if made else 0
    inputs = inputs_of(options, int(records["instrument_id"][0]))
    replay = Replay(settings, groups, options.direct_rows, inputs=inputs)
    matrix, stamps, scales = replay.run()
    print(f"{len(groups)} groups, {len(COLUMNS)} columns, {time.monotonic() - started:.1f} s", file=sys.stderr)
    registry = replay.registry
    lines = ["# Feature oracle", "", f"- groups: {len(groups)}, columns: {len(COLUMNS)}"]
    lines.append(
        f"- direct summation against recursion: {registry.comparisons} comparisons at {len(replay.direct_rows)} rows, "
        f"largest relative difference {registry.largest_difference:.2e}"
    )
    failures = []
    if replay.counters["conservation_failures"]:
        failures.append("depth attribution is not conserved")
    if replay.counters["crossed_groups_open"] and not options.allow_crossed:
        failures.append(f"{replay.counters['crossed_groups_open']} groups leave the book crossed while trading is open")
    if registry.largest_difference > 1e-10:
        failures.append("direct summation and recursion disagree")
    if options.dump:
        numpy.savez_compressed(options.dump, matrix=matrix, ts=stamps, columns=numpy.array(COLUMNS))
    tests = {name: sum(entry[0] == "test" for entry in replay.levels[name].log) for name in LEVELS}
    for name, count in tests.items():
        if count < options.min_tests:
            failures.append(f"{name}: {count} tests, at least {options.min_tests} expected")
    if options.export:
        result = compare.against_export(
            options.export, COLUMNS, matrix, stamps, scales, options.min_finite, options.allow_sparse,
            options.allow_missing, missing_last={i for i, group in enumerate(groups) if group.missing_last},
            unmet=replay.unmet, only=options.only, skip=options.skip,
        )
        if options.summary:
            with open(options.summary, "w", encoding="utf-8") as stream:
                json.dump(list(result.summary.values()), stream, indent=1)
        failures += result.failures
        lines += ["", *result.lines]
    unmet = [f"{row.number} {row.name} ({row.needs})" for row in rows.BY_NAME.values() if row.needs in replay.unmet]
    lines += ["", f"Rows without what they need on this run, so NaN: {', '.join(unmet) or 'none'}"]
    lines += ["", *describe(replay, counters, matrix, stamps)]
    lines += ["", "## Result", "", *([f"- FAIL {text}" for text in failures] or ["- PASS"])]
    print("\n".join(lines))
    if options.report:
        with open(options.report, "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError) as error:
        print(f"features.py: {error}", file=sys.stderr)
        sys.exit(1)
