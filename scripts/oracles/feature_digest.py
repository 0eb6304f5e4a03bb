#!/usr/bin/env python3
"""Recomputes the feature digest of `levelhead replay` from what `levelhead features` writes of the same tape.

  feature_digest.py --levelhead PROGRAM --tape T [--config F.toml] [--set key=value ...] --scratch DIR
  feature_digest.py --self-test

The digest is a chain h = SHA256(h || block) from 32 zero bytes, one block per completed second of event time: in tick
mode the vectors of the second's groups and then the one of its end, in second mode (with no signals) the latter alone. A
vector is its little-endian Float64 values, every NaN as 0x7ff8000000000000, and a bitmap of the values that are defined,
first column in the lowest bit of the first byte. Both come from different code paths of the program: equal digests mean
that research sees the vectors that trading saw. Exit status 0: equal; 1: anything else; 64: wrong usage.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys

import numpy

CANONICAL_NAN = numpy.uint64(0x7FF8_0000_0000_0000)


def encode(rows):
    """Each vector as the bytes that are hashed."""
    defined = ~numpy.isnan(rows)
    bits = numpy.ascontiguousarray(rows, dtype="<f8").view("<u8").copy()
    bits[~defined] = CANONICAL_NAN
    maps = numpy.packbits(defined, axis=1, bitorder="little")
    return [values.tobytes() + bitmap.tobytes() for values, bitmap in zip(bits, maps)]


def chain(blocks):
    state = bytes(32)
    for block in blocks:
        state = hashlib.sha256(state + block).digest()
    return state.hex()


def blocks(group_rows, group_sequences, second_rows, second_sequences):
    """A second's row carries the sequence of the last group before its end: it follows that group and those before."""
    groups, seconds = encode(group_rows), encode(second_rows)
    position = 0
    for row, sequence in zip(seconds, numpy.maximum.accumulate(second_sequences)):
        end = int(numpy.searchsorted(group_sequences, sequence, side="right"))
        yield b"".join(groups[position:end]) + row
        position = max(position, end)
    if position < len(groups):
        yield b"".join(groups[position:])


def self_test():
    """A chain written out by hand, with the order of groups and seconds and a NaN of another sign."""
    other_nan = numpy.array([0xFFF8_0000_0000_0001], dtype="<u8").view("<f8")[0]
    groups, seconds = numpy.array([[1.0, other_nan], [2.0, 3.0], [4.0, 5.0]]), numpy.array([[6.0, 7.0], [8.0, 9.0]])
    nan, both = bytes([0, 0, 0, 0, 0, 0, 0xF8, 0x7F]), bytes([3])
    vector = lambda *values: numpy.array(values, "<f8").tobytes() + both
    first = numpy.array([1.0], "<f8").tobytes() + nan + bytes([1]) + vector(2, 3) + vector(6, 7)
    expected = bytes(32)
    for block in (first, vector(8, 9), vector(4, 5)):
        expected = hashlib.sha256(expected + block).digest()
    actual = chain(blocks(groups, numpy.array([3, 9, 12]), seconds, numpy.array([9, 9])))
    if actual != expected.hex():
        raise ValueError("self-test: the chain differs from the one made by hand")
    print("self-test passed")


def run(options, *arguments):
    command = [options.levelhead, *arguments]
    for path in options.tape:
        command += ["--tape", path]
    if options.config:
        command += ["--config", options.config]
    for assignment in options.set:
        command += ["--set", assignment]
    done = subprocess.run([*command, "--json"], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise ValueError(f"{' '.join(command)}: status {done.returncode}")
    return json.loads(done.stdout)


def export(options, every):
    stem = os.path.join(options.scratch, f"digest-{every}")
    run(options, "features", "--every", every, "--out", stem + ".npy")
    return numpy.load(stem + ".npy", mmap_mode="r"), numpy.load(stem + ".ts.npy")[:, 2]


def compare(options):
    groups, group_sequences = export(options, "tick")
    seconds, second_sequences = export(options, "1s")
    if len(groups) < options.min_groups or len(seconds) < options.min_seconds:
        raise ValueError(f"{len(groups)} groups and {len(seconds)} seconds are too few to prove anything")
    if (numpy.diff(group_sequences) <= 0).any():
        raise ValueError("the groups' sequences do not rise")
    digests = {
        "tick": chain(blocks(groups, group_sequences, seconds, second_sequences)), "second": chain(encode(seconds))
    }
    for mode, digest in digests.items():
        directory = os.path.join(options.scratch, f"run-{mode}")
        result = run(options, "replay", "--digest", mode, "--run-dir", directory)
        if mode == "second" and result["signals"]:
            print(f"second: {result['signals']} signals stand in the digest, not compared: --set policy.signal_threshold=1")
            if options.require_second:
                return 1
            continue
        if result["feature_sha256"] != digest:
            print(f"FAIL {mode}: replay {result['feature_sha256']}, recomputed {digest}")
            return 1
        print(f"PASS {mode}: {digest}, {len(groups)} groups, {len(seconds)} seconds, {groups.shape[1]} columns")
    return 0


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levelhead", help="the program")
    parser.add_argument("--tape", action="append", default=[], help="DBN file or directory, repeatedly")
    parser.add_argument("--config", help="the program's configuration file")
    parser.add_argument("--set", action="append", default=[], help="key=value for the program, repeatedly")
    parser.add_argument("--scratch", help="an existing directory for what is made on the way")
    parser.add_argument("--min-groups", type=int, default=100, help="groups that there must be")
    parser.add_argument("--min-seconds", type=int, default=100, help="seconds that there must be")
    parser.add_argument("--require-second", action="store_true", help="a signal, which bars that comparison, fails")
    parser.add_argument("--self-test", action="store_true", help="checks this script")
    options = parser.parse_args(arguments)
    if not options.self_test and not (options.levelhead and options.tape and options.scratch):
        parser.error("--levelhead, --tape and --scratch, or --self-test, are needed")
    return options


def main(arguments):
    try:
        options = parse(arguments)
    except SystemExit as stop:
        return 64 if stop.code else 0
    self_test()
    return 0 if options.self_test else compare(options)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError, KeyError) as error:
        print(f"feature_digest.py: {error}", file=sys.stderr)
        sys.exit(1)
