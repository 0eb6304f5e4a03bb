"""kill -9 of each process in each phase of an order's life, and of a flatten."""

import itertools
import signal
import subprocess
import threading
import time

import bench
from bench import expect, same, until
from flatten import arm, audit, desk, fill_prices, flatten, open_position, order, percentiles, position, ready, state
from runs import ROLES, prove, send

PHASES = ("idle", "queued", "unacknowledged", "partly-filled", "mid-snapshot", "mid-flatten")
KILLS_OF_A_RUN = 10
RESTARTS = []
"""Seconds from a kill to the successor's first answer, and who it was."""


def in_background(up, *words):
    return subprocess.Popen([bench.PROGRAM, "order", *words, "--state-dir", str(up.state), "--json", "--timeout", "3"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill(up, role):
    old = up.kill(role)
    RESTARTS.append((role, up.restarted(role, old, 20)))


def idle(up, role, source):
    time.sleep(source.random() * 0.1)
    kill(up, role)


def stopped_while(up, other, role, source):
    """An order is on its way to a process that is stopped; then another one, or that one, dies."""
    pid = up.kill(other, signal.SIGSTOP)
    asked = in_background(up, source.choice(["buy", "sell"]), "1", "--stop-ticks", "200")
    time.sleep(0.15 + source.random() * 0.1)
    old = up.kill(role)
    send(pid, signal.SIGCONT)
    RESTARTS.append((role, up.restarted(role, old, 20)))
    asked.wait(20)


def queued(up, role, source):
    stopped_while(up, "execution", role, source)


def unacknowledged(up, role, source):
    stopped_while(up, "paper", role, source)


def partly_filled(up, role, source):
    """Orders at the touch, for more than is likely to be there, and a market order behind them."""
    price = fill_prices(up)[-1]
    asked = [in_background(up, "buy", "3", "--limit", f"{price:.2f}", "--stop-ticks", "200")]
    time.sleep(source.random() * 0.05)
    kill(up, role)
    for process in asked:
        process.wait(20)


def mid_snapshot(up, role, source):
    """Everybody saves ten times a second, and is busy."""
    asked = [in_background(up, "buy", "1", "--stop-ticks", "200") for _ in range(2)]
    time.sleep(0.05 + source.random() * 0.1)
    kill(up, role)
    for process in asked:
        process.wait(20)


def mid_flatten(up, role, source):
    if position(up) == 0:
        order(up, "buy", "2", "--stop-ticks", "200", status=None)
    ends = []
    thread = threading.Thread(target=lambda: ends.append(subprocess.run(
        [bench.PROGRAM, "flatten", "--state-dir", str(up.state), "--json", "--timeout", "5"], capture_output=True).returncode))
    thread.start()
    time.sleep(0.02 + source.random() * 0.06)
    kill(up, role)
    thread.join()
    flatten(up, timeout=20)
    until(lambda: state(up) == "LOCKED", 10, "locked")
    same(position(up), 0, "position after a flatten")
    arm(up)


def play(source, kills):
    """One run with these kills; its proof at the end."""
    with desk("--set", "snapshot.every_seconds=0.1") as up:
        ready(up)
        open_position(up, 1)
        for phase, role in kills:
            try:
                globals()[phase.replace("-", "_")](up, role, source)
                until(lambda: len(up.status()["processes"]) == 5, 20, "five processes answer")
                # A limit is never passed, whatever was lost on the way.
                expect(abs(position(up)) <= 10, f"position {position(up)}")
                if state(up) != "ACTIVE" or abs(position(up)) > 6:
                    flatten(up, timeout=20)
                    until(lambda: state(up) == "LOCKED", 10, "locked")
                    arm(up)
            except AssertionError as error:
                raise AssertionError(f"{phase} of {role}: {error}") from None
        flatten(up, timeout=20)
        same(position(up), 0, "position at the end")
        result = up.end()
        detail = prove(up, result)
        fills = audit(up, "fill")
        total = sum((1 if line["side"] == "buy" else -1) * line["quantity"] for line in fills)
        same(total, 0, "the sum of the fills")
        numbers = [line["sequence"] for line in fills]
        same(numbers, list(range(1, len(numbers) + 1)), "fills, each once")
    return f"{len(kills)} kills, {len(fills)} fills; {detail}"


def cases(runs, source):
    """The matrix over and over, cut into runs of the program."""
    pairs = list(itertools.product(PHASES, ROLES))
    kills = []
    while len(kills) < runs:
        source.shuffle(pairs)
        kills += pairs
    kills = kills[:runs]
    return [kills[start : start + KILLS_OF_A_RUN] for start in range(0, len(kills), KILLS_OF_A_RUN)]


def restarts():
    times = [1000 * seconds for _, seconds in RESTARTS]
    worst = max(RESTARTS, key=lambda one: one[1])
    return f"restart to answer: {percentiles(times)}, longest {worst[0]}"
