"""A flatten while the venue fills what was to be cancelled, says nothing or says it twice, and while orders flood in."""

import json
import multiprocessing
import pathlib
import signal
import sys
import time

import bench
import records
import wire
from bench import case, expect, levelhead, same, until
from flatten import (arm, audit, check_certificate, desk, flatten, open_position, order, percentiles, position, ready,
                     rest_order, state)
from runs import prove, send

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "control"))
import survey  # noqa: E402

TIMES = []
"""Milliseconds to proven flat while orders flooded in."""


def drill(*faults):
    """A desk whose venue goes wrong in these shares of what it does."""
    return desk("--drill", *(word for fault in faults for word in ("--set", f"drill.venue_{fault}")))


def check_never_reversed(up):
    """The fills took a long position down to nothing, and never beyond."""
    held = []
    for line in audit(up, "fill"):
        held.append((held[-1] if held else 0) + (1 if line["side"] == "buy" else -1) * line["quantity"])
    expect(min(held) >= 0 and held[-1] == 0, f"position after each fill: {held}")


@case()
def stop_fills_during_the_close(_):
    """The venue is stopped until the market has gone through the stop: its fill comes with the cancel that was too late."""
    for _ in range(6):
        with desk("--speed", "30x") as up:
            ready(up, 300)
            answer = order(up, "buy", 2, "--stop-ticks", 6)
            same(answer["verdict"], "approved", f"{answer}")
            pid = up.kill("paper", signal.SIGSTOP)
            if position(up) != 2:
                send(pid, signal.SIGCONT)
                continue
            stop = until(lambda: stop_price(up), 10, "the stop is in the audit log")
            try:
                until(lambda: lowest_trade(up) < stop, 20, "the market goes through the stop")
            except AssertionError:
                send(pid, signal.SIGCONT)
                continue
            answer = flatten(up, status=1, timeout=1)
            send(pid, signal.SIGCONT)
            until(lambda: state(up) == "LOCKED", 15, "locked")
            after = flatten(up)
            same(position(up), 0, f"position after {after}")
            detail = prove(up, up.end())
            roles = [line["role"] for line in audit(up, "fill")]
            expect("protectiveStop" in roles, f"the stop has filled: {roles}")
            check_never_reversed(up)
            return f"{roles}; {detail}"
    raise AssertionError("in six runs the market never went through the stop")


def stop_price(up):
    """In the units of a record's price."""
    lines = [line for line in audit(up, "order") if line["role"] == "protectiveStop" and line["state"] == "working"]
    return lines[-1]["price_ticks"] * 250_000_000 if lines else None


def lowest_trade(up):
    """The lowest price of a trade in the last records of the run's tape."""
    prices = [int.from_bytes(record[16:24], "little", signed=True) for record in records.written(up.run)
              if wire.rtype(record) == wire.MBP10 and record[28:29] == b"T"]
    return min(prices[-200:], default=1 << 62)


@case()
def fill_after_cancel_acknowledgement(_):
    """Every order that is cancelled fills behind the word that it is cancelled: another round, and flat all the same."""
    with drill("fills_after_cancel=1") as up:
        ready(up)
        open_position(up, 2)
        rest_order(up)
        answer = flatten(up, timeout=20)
        check_certificate(answer)
        same(position(up), 0, f"position: {answer}")
        detail = finished(up)
        late = [line for line in audit(up, "fill") if line["liquidity"] == "maker"]
        expect(late, "an order filled behind its cancel")
        return f"{len(late)} fills behind their cancels, {answer['rounds']} rounds, {answer['ms']:.1f} ms; {detail}"


def finished(up):
    """The venue's second client finds nothing; the run is proven."""
    again = flatten(up, "--direct")
    same(again["rounds"], 0, f"nothing left at the venue: {again}")
    return prove_apart(up)


def prove_apart(up):
    """`verify` alone: a replay has no venue that goes wrong."""
    result = up.end()
    verified = json.loads(levelhead("verify", up.run, "--json").stdout)
    same(verified["differences"], 0, "differences")
    return f"{result['records']} records, {result['orders']} orders"


def rounds_of(faults, rounds):
    times = []
    with drill(*faults) as up:
        ready(up)
        for _ in range(rounds):
            settle(up)
            order(up, "buy", 2, "--stop-ticks", 200, "--target-ticks", 400, status=None)
            answer = flatten(up, timeout=20)
            times.append(answer["ms"])
            until(lambda: state(up) == "LOCKED", 10, "locked")
            same(position(up), 0, f"position: {answer}")
        return f"{percentiles(times)}; {finished(up)}"


def settle(up):
    """ACTIVE again, whatever the venue's silence has led to."""
    def is_active():
        status = up.status()
        if status["trading_state"] == "ACTIVE" and not status["locked"]:
            return True
        verb = ["resume"] if status["trading_state"] == "REDUCING" else ["arm", "--scope", "account"]
        levelhead(*verb, "--reason", "again", "--state-dir", up.state, "--json", status=None)
        return False
    until(is_active, 20, "ACTIVE")


@case()
def acknowledgements_dropped(_):
    return rounds_of(["never=0.3"], 4)


@case(long=True)
def acknowledgements_twice_and_late(_):
    return rounds_of(["twice=0.3", "late=0.3"], 4)


@case()
def faults_only_in_a_drill(_):
    """No verb but a drill's takes a venue that goes wrong."""
    day = bench.short_day()
    for verb in ("up", "replay"):
        done = levelhead(verb, "--tape", day, "--run-dir", bench.PLACE / f"refused-{verb}", "--state-dir",
                         bench.PLACE / "refused-s", "--set", "drill.venue_late=0.1", status=1)
        expect("levelhead drill" in done.stderr, f"{verb}: {done.stderr}")
        expect(not (bench.PLACE / f"refused-{verb}").exists(), "nothing was begun")
    done = levelhead("up", "--drill", "--state-dir", bench.PLACE / "refused-s", status=64)
    return done.stderr.strip().splitlines()[0]


def flood_orders(path, key, rate, taken, answered, over):
    """Offers authentic orders, each with an id of its own, `rate` a second over four connections: in a process of its own,
    so that nobody waits for it. What the door has no room for waits before it, and is not counted."""
    connections = [survey.Surveyor(path) for _ in range(4)]
    for connection in connections:
        connection.socket.settimeout(0)
    payload = json.dumps({"order": {"side": "buy", "quantity": 1, "stop_ticks": 200}}).encode()
    began, made, waiting = time.monotonic(), 0, [b""] * len(connections)
    while not over.is_set():
        for number, connection in enumerate(connections):
            due = int((time.monotonic() - began) * rate) - made
            for _ in range(min(50, due) if len(waiting[number]) < 1 << 15 else 0):
                waiting[number] += connection.frame(survey.encode(key, survey.ORDER, payload))
                made += 1
            try:
                waiting[number] = waiting[number][connection.socket.send(waiting[number]):]
                answered.value += connection.socket.recv(1 << 20).count(b"LHCM")
            except BlockingIOError:
                time.sleep(0.0002)
        taken.value = made - sum(part.count(b"LHCM") for part in waiting)
    for connection in connections:
        connection.close()


@case(long=True)
def flood_of_orders(_, rate=10_000):
    """Ten thousand orders a second with the right key, at the risk gateway's door: flat in time, and it stays flat."""
    with desk() as up:
        ready(up)
        open_position(up)
        rest_order(up)
        key = (pathlib.Path(up.state) / "keys/control.key").read_bytes()
        taken, answered, over = multiprocessing.Value("q"), multiprocessing.Value("q"), multiprocessing.Event()
        path = str(pathlib.Path(up.state) / "control/risk.ipc")
        flood = multiprocessing.Process(target=flood_orders, args=(path, key, rate, taken, answered, over))
        began = time.monotonic()
        flood.start()
        try:
            time.sleep(1.5)
            # By the audit log: a gateway's door that is flooded may not answer a status in time.
            before = sum(line["quantity"] for line in audit(up, "fill"))
            expect(before > 2, f"the flood opens more: {before}")
            answers = [flatten(up), flatten(up)]
            for answer in answers:
                check_certificate(answer)
            seconds = time.monotonic() - began
        finally:
            over.set()
            flood.join(20)
            flood.kill()
        # What the door took is refused one by one before a status is answered.
        until(lambda: state(up) == "LOCKED", 60, "locked")
        same(position(up), 0, "position")
        busy = {one["name"]: one["refused"] for one in up.status()["processes"]}["risk"].get("busy", 0)
        times = [answer["ms"] for answer in answers]
        TIMES.extend(times)
        return (f"{rate} orders/s offered, {taken.value / seconds:.0f}/s taken, {answered.value / seconds:.0f}/s answered, "
                f"{busy} refused as busy, {before} contracts open; flat in {times[0]:.1f} and {times[1]:.1f} ms; {prove(up, up.end())}")
