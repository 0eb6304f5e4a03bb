"""A desk with something to flatten, and what came of flattening it."""

import json
import pathlib
import time

from bench import DAY_CONFIG, expect, levelhead, same, short_day, until
from runs import Up

# Half an hour of tape in five minutes; nobody trades but us.
PACE = ("--speed", "6x", "--stay", "--set", "policy.enabled=false")


# A machine that is busy with something else may keep a gateway waiting for half a second, and no order opens then.
PATIENT = ("--set", "risk.peer_silence_ms=5000")


def desk(*more, tape=None, **keywords):
    """A run at a quiet pace in which only manual orders are sent."""
    return Up("--tape", tape or short_day(), *PACE, *PATIENT, *more, **keywords)


def ready(up, first=200):
    """Everybody answers, and there is a book."""
    up.reach(first)
    until(lambda: len(up.status()["processes"]) == 5, 20, "five processes answer")


def order(up, *words, status=0, timeout=None):
    """A manual order: what the program says of it."""
    more = ["--timeout", str(timeout)] if timeout else []
    done = levelhead("order", *words, "--state-dir", up.state, "--json", *more, status=status)
    return json.loads(done.stdout) if done.stdout.strip() else None


def audit(up, event):
    """The audit log's lines of one kind, so far."""
    path = pathlib.Path(up.run) / "audit.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [line for line in lines if line["event"] == event]


def position(up):
    """As the account's owner says."""
    return sum(up.status()["position"].values())


def is_taken(answer):
    """Approved, and sent: an execution gateway that has just come back refuses what comes before it has reconciled."""
    return answer["verdict"] == "approved" and answer["state"] != "rejected"


# What an order is told while the account is REDUCING, and while a live feed replays.
NOT_YET = ("trading_state", "market_data_stale", "approved")


def open_position(up, quantity=2):
    """Opens a position at the market, with its stop and target, and rests an order below."""
    before = position(up)
    answer = {}

    def is_approved():
        # A machine that stood still for half a second makes the account REDUCING, and ACTIVE again at once.
        answer.update(order(up, "buy", quantity, "--stop-ticks", 200, "--target-ticks", 400, status=None))
        return is_taken(answer) or answer["verdict"] not in NOT_YET or up.status()["locked"]
    until(is_approved, 10, f"an order is taken: {answer}")
    same(answer["verdict"], "approved", f"verdict: {answer}")
    until(lambda: is_filled(up, answer["id"]), 10, "the order is filled")
    # Or more: what was under way when the position was asked for may have filled since.
    until(lambda: position(up) >= before + quantity, 10, "the position is open")


def is_filled(up, order_id):
    return any(line["order"] == order_id and line["state"] == "filled" for line in audit(up, "order"))


def rest_order(up, distance=40):
    """Rests a buy order `distance` ticks below the last fill that the market gave."""
    fills = fill_prices(up)
    price = fills[-1] - 0.25 * distance
    answer = order(up, "buy", 1, "--limit", f"{price:.2f}", "--stop-ticks", 200)
    same(answer["verdict"], "approved", f"verdict: {answer}")
    return answer


def fill_prices(up):
    """Prices of the run's fills, as the execution gateway journaled them on their way to the audit log."""
    until(lambda: flushed_fills(up), 10, "a fill is in the audit log")
    return flushed_fills(up)


def flushed_fills(up):
    return [float(line["price"]) for line in audit(up, "fill")]


def flatten(up, *words, status=0, timeout=10):
    """Gives the one JSON object of `levelhead flatten`, whatever its exit status, which is checked."""
    start = time.monotonic()
    done = levelhead("flatten", "--state-dir", up.state, "--json", "--timeout", timeout, *words, status=None)
    seconds = time.monotonic() - start
    expect(done.stdout.count("\n") == 1, f"one JSON value: {done.stdout!r} {done.stderr!r}")
    answer = json.loads(done.stdout)
    same(done.returncode, status, f"exit status of flatten ({answer}; {done.stderr.strip()[-200:]})")
    expect(answer["flat"] == (done.returncode == 0), f"exit status 0 means flat: {answer}")
    return {**answer, "seconds": seconds}


def arm(up, reason="checked"):
    done = levelhead("arm", "--scope", "account", "--reason", reason, "--state-dir", up.state, "--json")
    same(json.loads(done.stdout)["trading_state"], "ACTIVE", "after arm")


def state(up):
    return up.status()["trading_state"]


def check_certificate(answer):
    expect(answer["certificate"], f"a certificate: {answer}")
    held = json.loads(pathlib.Path(answer["certificate"]).read_text())
    same((held["flat"], held["epoch"]), (True, answer["epoch"]), f"the certificate {held}")
    return held


def certificates(up):
    """Of flattens through the gateway: one for each proof."""
    return sorted(path for path in (pathlib.Path(up.run) / "certificates").glob("*.json") if "direct" not in path.name)


def percentiles(times):
    ordered = sorted(times)
    def at(share):
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
    return f"n={len(ordered)} p50={at(0.5):.1f} p90={at(0.9):.1f} p99={at(0.99):.1f} max={ordered[-1]:.1f} ms"
