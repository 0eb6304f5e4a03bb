#!/usr/bin/env python3
"""Recomputes the option features of DBN tapes (FEATURES B-51...58 of the five levels, C-113...137) and compares them
with the engine's export.

Written from FEATURES.md alone; it shares no code with the engine.

  option_features.py --self-test
  option_features.py --tape A.dbn.zst --tape B.dbn.zst --config F.json --export STEM.npy [--summary OUT.json]

The tapes hold definitions, quotes and trades of options (mbp-1, cmbp-1, tbbo, tcbbo, bbo, cbbo, trades),
statistics, and the mbp-10 books of the futures. The export is made by `levelhead features --out STEM.npy --every
tick`. What is taken from the export itself: prices and activations of the levels (mid and `distance_ticks`) and
C-79; features.py verifies those columns. Black-76 runs over arrays; a sample of at least a thousand of the run's
own contracts is compared with `vollib` in every run. es-options-20200106-dirty.json and -chain.json fit the tapes
of `lean_options.py --expirations` with `--set bars.sma_length=5 --set options.horizon_days=90` (and `--set
options.refresh=chain`); C-119 needs 21 days (`--allow-sparse "implied_minus*"`). Exit status 0: no difference beyond the
tolerances and every compared column exercised; 1: anything else; 64: wrong usage.
"""

import argparse
import json
import sys
import time

from levelhead_oracle.options import black, comparison, run, selftest, settings

LEAST_SAMPLE = 1000


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tape", action="append", default=[], help="DBN file or directory of them, repeatedly")
    parser.add_argument("--config", help="JSON with the keys that change values (default: FEATURES A.13, A.14)")
    parser.add_argument("--instrument-id", type=int, help="the signal future, if several have mbp-10 books")
    parser.add_argument("--export", help="STEM.npy of the engine; STEM.ts.npy and STEM.columns.json lie beside it")
    parser.add_argument("--dump", help="writes the oracle's own columns as an export STEM.npy")
    parser.add_argument("--summary", help="writes the comparison as JSON")
    parser.add_argument("--only", action="append", default=[], metavar="GLOB", help="columns to compare")
    parser.add_argument("--skip", action="append", default=[], metavar="GLOB", help="columns not to compare")
    parser.add_argument("--min-finite", type=int, default=100, help="finite values a compared column must have")
    parser.add_argument("--allow-sparse", action="append", default=[], metavar="GLOB", help="columns exempt from it")
    parser.add_argument("--allow-missing", action="append", default=[], metavar="GLOB", help="columns not exported")
    parser.add_argument("--self-test", action="store_true", help="golden numbers of FEATURES I.2, damage is found")
    options = parser.parse_args(arguments)
    if not options.self_test and not (options.tape and options.export):
        parser.error("--tape and --export, or --self-test, are needed")
    return options


def main(arguments):
    try:
        options = parse(arguments)
    except SystemExit as stop:
        return 64 if stop.code else 0
    if options.self_test:
        return selftest.run()
    started = time.monotonic()
    chosen = settings.load(options.config)
    replay, values, (matrix, index_of, stamps), notes = run.recompute(
        options.tape, options.export, chosen, options.instrument_id)
    lines, failures = black.against_vollib(replay.chain.sample, chosen.risk_free_rate)
    if len(replay.chain.sample) < LEAST_SAMPLE:
        failures.append(f"{len(replay.chain.sample)} contracts compared with vollib, {LEAST_SAMPLE} expected")
    summaries, different = comparison.compare(
        values, replay.scales, matrix, index_of, stamps, options.min_finite, options.allow_sparse,
        options.only or ("*",), options.skip, options.allow_missing)
    failures += different
    print("\n".join(["# Option oracle", "", *notes, *lines, "", *comparison.table(summaries), "", "## Result", "",
                     *([f"- FAIL {text}" for text in failures] or ["- PASS"])]))
    print(f"{time.monotonic() - started:.1f} s", file=sys.stderr)
    if options.dump:
        run.dump(options.dump, values, stamps, (matrix, index_of))
    if options.summary:
        with open(options.summary, "w", encoding="utf-8") as stream:
            json.dump({"passed": not failures, "rows": summaries, "failures": failures}, stream, indent=1)
            stream.write("\n")
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError) as error:
        print(f"option_features.py: {error}", file=sys.stderr)
        sys.exit(1)
