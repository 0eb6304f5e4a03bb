"""What the fault tests of a whole run have in common: cases by name, seeds, and one line of report each."""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("LEVELHEAD", str(ROOT / ".build/release/levelhead"))
DATA = pathlib.Path(os.environ.get("DATA", ROOT / "../shared/data")).resolve()
# Below it lie run directories and state directories; socket paths have at most 107 bytes, so it is short.
PLACE = pathlib.Path(tempfile.mkdtemp(prefix="lh-"))
DAY_CONFIG = pathlib.Path(__file__).resolve().parent / "day.toml"

CASES = []
_making = threading.Lock()


def case(long=False):
    """Registers a case; the long ones are left out of the short form."""
    def register(function):
        CASES.append((function.__name__.replace("_", "-"), function, long))
        return function
    return register


class Skip(Exception):
    """What a case needs is not there."""


def expect(is_good, what):
    if not is_good:
        raise AssertionError(what)


def same(found, wanted, what):
    if isinstance(found, dict) and isinstance(wanted, dict) and found != wanted:
        # Of two large ones what they have in common tells nothing.
        keys = [key for key in {**found, **wanted} if found.get(key) != wanted.get(key)]
        found, wanted = ({key: one.get(key) for key in keys} for one in (found, wanted))
    expect(found == wanted, f"{what}: {found}, expected {wanted}")


def fails(action, what):
    """The action must fail, by a check that says so."""
    try:
        action()
    except AssertionError as error:
        return expect(what in str(error), f"failed by another check: {error}")
    raise AssertionError(f"nothing failed: {what}")


def until(condition, seconds, what):
    """The first true value of the condition."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        expect(time.monotonic() < end, f"{what}: not within {seconds} s")
        time.sleep(0.01)
    return value


def levelhead(*arguments, status=0, timeout=300, **keywords):
    """Runs the program to its end and gives what it printed."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, **keywords)
    expect(status is None or done.returncode == status,
           f"{arguments[0]} ended with {done.returncode}, expected {status}: {done.stdout.strip()[-400:]} {done.stderr.strip()[-400:]}")
    return done


def tape(name, *arguments):
    """A synthetic tape, made once."""
    directory = PLACE / name
    with _making:
        if not directory.exists():
            levelhead("synth", "--date", "2026-03-10", "--out", directory, *arguments)
    return directory


def short_day():
    """Half an hour in which levels live, signals come and orders are worked: see day.toml."""
    return tape("day", "--seed", "1", "--rate", "0.02", "--from", "09:20", "--to", "09:50")


def run_case(seed, name, function):
    """Runs one case and says whether it went well."""
    start = time.monotonic()
    source = random.Random(f"{seed} {name}")
    again = ""
    try:
        verdict, detail = "pass", function(source) or ""
    except Skip as reason:
        verdict, detail = "skip", str(reason)
    except Exception as error:
        verdict, detail = "FAIL", f"{error}" if isinstance(error, AssertionError) else traceback.format_exc()
        again = f"\n      again: {sys.argv[0]} --seed {seed} --only {name}"
    print(f"{verdict}  {name}: {detail} ({time.monotonic() - start:.1f} s){again}", flush=True)
    return verdict != "FAIL"


def run_cases(seed, names, is_long, jobs):
    """Runs cases, some at once, for most of them wait most of the time; gives how many failed, and of how many."""
    print(f"seed {seed}", flush=True)
    chosen = [(name, function) for name, function, long in CASES if (name in names if names else is_long or not long)]
    with ThreadPoolExecutor(jobs) as pool:
        good = list(pool.map(lambda one: run_case(seed, *one), chosen))
    failures, count = good.count(False), len(good)
    print(f"{count} cases, {failures} failed", flush=True)
    clean(not failures)
    return failures, count


def clean(is_good):
    """Takes the runs away, unless one of them is to be looked at."""
    if is_good:
        shutil.rmtree(PLACE)
    else:
        print(f"kept: {PLACE}", flush=True)
