#!/usr/bin/env python3
"""Cases for the books of account and value at risk, answered by pandas, numpy and scipy.

  accounts.py --write    makes scripts/oracles/accounts-cases.txt, which the tests of the module Accounts read
  accounts.py --check    exits 1 when the file is not what these packages say

First in, first out by another way than lots: the n-th contract bought is paired with the n-th sold, which ever came
first; a pair is realised at its later one. Lines of the file, money in 1e-9 dollars, prices in ticks of $1.25:

  book CASE
  trade SIDE CONTRACTS PRICE FEE QUANTITY REALISED OPEN_COST FEES      the last four after the trade
  profits P P P ...
  var CONFIDENCE_1E9 HORIZON MEAN HISTORICAL PARAMETRIC QUANTILE_1E15  of the profits above, MEAN zero or sample

The historical one is numpy.quantile (linear), the parametric one norm.ppf(confidence) * std(ddof=1) * sqrt(horizon),
less mean * horizon for `sample`; neither is below zero.
"""

import argparse
import pathlib
import sys

import numpy
import pandas
from scipy.stats import norm

FILE = pathlib.Path(__file__).with_name("accounts-cases.txt")
TICK = 1_250_000_000
SEED = 20_240_305


def books(random):
    lines = []
    for case in range(6):
        lines.append(f"book {case}")
        rows, position, price = [], 0, 20_000
        while len(rows) < 100:
            price += int(random.integers(-6, 7))
            sign = 1 if random.random() < 0.5 else -1
            contracts = int(random.integers(1, 10))
            if abs(position + sign * contracts) > 64:
                continue
            position += sign * contracts
            rows.append((sign, contracts, price, int(random.integers(0, 2_000_000_000))))
        trades = pandas.DataFrame(rows, columns=["sign", "contracts", "price", "fee"])
        for count, row in enumerate(rows, start=1):
            side = "buy" if row[0] > 0 else "sell"
            state = " ".join(str(value) for value in book(trades.iloc[:count]))
            lines.append(f"trade {side} {row[1]} {row[2]} {row[3]} {state}")
    return lines


def book(trades):
    """Quantity, realised profit, cost of what is open, fees."""
    single = trades.loc[trades.index.repeat(trades.contracts)]
    bought = single[single.sign > 0].reset_index(drop=True).price
    sold = single[single.sign < 0].reset_index(drop=True).price
    pairs = pandas.concat([bought, sold], axis=1, keys=["bought", "sold"])
    closed, opened = pairs.dropna(), pairs[pairs.isna().any(axis=1)]
    realised = int((closed.sold - closed.bought).sum())
    cost = int(opened.bought.sum() - opened.sold.sum())
    return len(bought) - len(sold), realised * TICK, cost * TICK, int(trades.fee.sum())


def value_at_risk(random):
    lines = []
    samples = {
        "normal": random.normal(20.0, 300.0, 250),
        "heavy": random.standard_t(3, 120) * 150.0,
        "ties": numpy.round(random.normal(0.0, 4.0, 60)) * 62.5,
        "short": random.normal(-50.0, 80.0, 2),
        "large": random.normal(0.0, 400_000.0, 1_000),
        "profitable": random.normal(500.0, 100.0, 30),
    }
    for name, dollars in samples.items():
        nanos = numpy.round(dollars * 1e9).astype(numpy.int64)
        lines.append("profits " + " ".join(map(str, nanos)))
        exact = nanos.astype(numpy.float64)
        for confidence in (900_000_000, 950_000_000, 975_000_000, 990_000_000, 999_000_000, 512_345_678):
            for horizon, mean in ((1, "zero"), (10, "zero"), (5, "sample")):
                level = confidence / 1e9
                historical = max(0.0, -numpy.quantile(exact, 1 - level))
                loss = norm.ppf(level) * numpy.std(exact, ddof=1) * numpy.sqrt(horizon)
                if mean == "sample":
                    loss -= numpy.mean(exact) * horizon
                answer = [round(historical), round(max(0.0, loss)), round(norm.ppf(level) * 1e15)]
                lines.append(f"var {confidence} {horizon} {mean} " + " ".join(map(str, answer)))
    return lines


def same(ours, theirs):
    """Equal, but for the last bits of sums in binary, which another processor may add up in another order."""
    if len(ours) != len(theirs) or ours[0] != "var":
        return ours == theirs
    close = (abs(int(mine) - int(other)) <= 2 + abs(int(other)) // 10**14 for mine, other in zip(ours[4:], theirs[4:]))
    return ours[:4] == theirs[:4] and all(close)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true")
    choice.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    random = numpy.random.default_rng(SEED)
    lines = books(random) + value_at_risk(random)
    if arguments.write:
        FILE.write_text("\n".join(lines) + "\n")
        return 0
    stored = FILE.read_text().splitlines()
    if len(stored) != len(lines):
        print(f"{FILE.name} has {len(stored)} lines, not {len(lines)}", file=sys.stderr)
        return 1
    # The made-up profits themselves are data: they depend on numpy's generator alone.
    for number, (ours, theirs) in enumerate(zip(stored, lines), start=1):
        if not same(ours.split(), theirs.split()):
            print(f"{FILE.name}:{number}: {ours[:100]}, not {theirs[:100]}", file=sys.stderr)
            return 1
    print(f"{len(lines)} lines of {FILE.name} are what pandas, numpy and scipy say")
    return 0


if __name__ == "__main__":
    sys.exit(main())
