"""kill -9 of each process, and of their supervisor, in each phase of an order's life and of a flatten.

No phase is a matter of luck: whoever would end it is stopped, and what was journaled says that it is reached.
"""

import itertools
import json
import subprocess
import time

import bench
import journals
from bench import expect, same, until
from disk import is_stopped
from flatten import audit, is_taken, open_position, order, ready
from kills import LIMIT, SUPERVISOR, VICTIMS, Kills, check_messages
from runs import prove

PHASES = ("idle", "queued", "unacknowledged", "partly-filled", "mid-snapshot", "mid-flatten")
KILLS_OF_A_RUN = 12
SETTINGS = ("--set", "snapshot.every_seconds=0.1", "--set", "risk.max_order_contracts=40",
            "--set", f"risk.max_position_contracts={LIMIT}",
            # Large orders walk the book and are closed again: that costs more than a day may lose.
            "--set", "risk.daily_loss_usd=1000000", "--set", "risk.trailing_drawdown_usd=1000000")
# More than is displayed at one price.
LARGE = 40
RESULTS = []
"""Phase, victim and seconds to the first answer of each kill that went well."""
FAILURES = []
"""Phase and victim of each that did not."""


def in_background(up, *words):
    return subprocess.Popen([bench.PROGRAM, *words, "--state-dir", str(up.state), "--json", "--timeout", "3"],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def more_than(run, name, before, *kinds):
    return lambda: len(journals.outputs(run, name, *kinds)) > before


def idle(desk, victim, _):
    """Nothing is under way but a position with its stop."""
    desk.kill(victim)


def queued(desk, victim, _):
    """Risk has approved and sent; the execution gateway is stopped and has taken nothing."""
    sent_to(desk, "execution", ("risk", journals.APPROVAL))
    desk.kill(victim)


def unacknowledged(desk, victim, _):
    """The order has left; the venue is stopped and has said nothing."""
    run = desk.up.run
    said = sent_to(desk, "paper", ("execution", journals.COMMAND))
    same(len(journals.outputs(run, "paper", journals.EVENT)), said, "events")
    desk.kill(victim)


def sent_to(desk, stopped, sender):
    """Stops a process, and sends an order until its message from the one before is journaled. Gives how much the stopped
    one had put out.

    Risk refuses an order that comes half a second after the stop, when it hears the gateway no more: then once again."""
    def try_once():
        desk.calm()
        before = len(journals.outputs(desk.up.run, *sender))
        desk.stop(stopped)
        said = len(journals.outputs(desk.up.run, stopped, journals.EVENT))
        taken = len(journals.inputs(desk.up.run, "execution", journals.APPROVALS))
        desk.send_order(side="buy", quantity=1)
        end = time.monotonic() + 2
        while time.monotonic() < end:
            if len(journals.outputs(desk.up.run, *sender)) > before:
                if stopped == "execution":
                    same(len(journals.inputs(desk.up.run, "execution", journals.APPROVALS)), taken, "approvals taken")
                return said + 1
            time.sleep(0.01)
        desk.go_on()
        return None
    return until(try_once, 20, f"an order on its way to {stopped}") - 1


def partly_filled(desk, victim, _):
    """An order for more than there is at its price: a part has filled, the rest works."""
    partly_fill(desk)
    desk.kill(victim)
    in_background(desk.up, "cancel", "all").wait(20)


def partly_fill(desk):
    """Again and again, for the market may have moved since the fill whose price is asked for."""
    up = desk.up
    for _ in range(40):
        if desk.account()[1] + LARGE > LIMIT:
            desk.flatten()
            desk.arm()
        filled = len(journals.outputs(up.run, "execution", journals.FILL))
        if not is_taken(order(up, "buy", 1, "--stop-ticks", 200, status=None)):
            desk.calm()
            continue
        until(more_than(up.run, "execution", filled, journals.FILL), 10, "a fill")
        price = until(lambda: len(found := audit(up, "fill")) > filled and found[-1]["price"], 10, "its price")
        answer = order(up, "buy", LARGE, "--limit", price, "--stop-ticks", 200, status=None)
        if not is_taken(answer):
            desk.calm()
            continue
        states = until(lambda: states_of(up, answer["id"]), 10, "the order is in the audit log")
        if states[-1] == "partiallyFilled":
            return
        in_background(up, "cancel", "all").wait(20)
    raise AssertionError("no order was filled in part")


def states_of(up, order_id):
    """What became of an order, as far as is told, once that is more than that it was sent."""
    states = [line["state"] for line in audit(up, "order") if line["order"] == order_id]
    return states if len(states) > 1 else None


def mid_snapshot(desk, victim, source):
    """In front of a write of its saved state, or with its pages written and before they count; ingest, which saves
    nothing, in front of a write to the tape. The supervisor dies while one of its children stands there."""
    role = source.choice(("engine", "risk", "execution", "paper")) if victim == SUPERVISOR else victim
    place = "first" if role == "ingest" else source.choice(("first", "meta"))
    part = "tape/levelhead-" if role == "ingest" else f"state/{role}/data.mdb"
    desk.send_order(side="buy", quantity=1)
    pid = desk.up.pids()[role]
    desk.disk.stop_at_write(pid, part, place)
    expect(is_stopped(pid), "it stands there")
    desk.stopped.add(pid)
    desk.kill(victim)


def mid_flatten(desk, victim, _):
    """Everything is being cancelled, and the venue, which is stopped, has not answered."""
    up = desk.up
    if desk.account()[1] == 0:
        open_position(up, 2)
    desk.stop("paper")
    sent = len(journals.outputs(up.run, "execution", journals.COMMAND))
    asked = in_background(up, "flatten")
    until(more_than(up.run, "execution", sent, journals.COMMAND), 10, "cancels")
    desk.kill(victim)
    asked.wait(20)
    desk.flatten()


def play(source, kills):
    """One run with these kills; its proof at the end."""
    with Kills(*SETTINGS) as desk:
        ready(desk.up)
        open_position(desk.up, 1)
        for phase, victim in kills:
            try:
                globals()[phase.replace("-", "_")](desk, victim, source)
                desk.calm()
            except AssertionError as error:
                FAILURES.append((phase, victim))
                raise AssertionError(f"{phase} of {victim}: {error}") from None
            RESULTS.append((phase, *desk.times[-1]))
        desk.flatten()
        detail = prove(desk.up, desk.up.end())
        count = check_messages(desk.up.run)
        fills = audit(desk.up, "fill")
        total = sum((1 if line["side"] == "buy" else -1) * line["quantity"] for line in fills)
        same(total, 0, "the sum of the fills")
        same([line["sequence"] for line in fills], list(range(1, count + 1)), "fills, each once")
    return f"{len(kills)} kills, {count} fills; {detail}"


def cases(rounds, source):
    """Each victim in each phase, `rounds` times, cut into runs of the program."""
    kills = []
    for _ in range(rounds):
        pairs = list(itertools.product(PHASES, VICTIMS))
        source.shuffle(pairs)
        kills += pairs
    return cut(kills)


def some(source):
    """Each victim twice and each phase twice, for every change."""
    victims, phases = list(VICTIMS), list(PHASES)
    source.shuffle(victims)
    source.shuffle(phases)
    return [list(zip(phases, victims)), list(zip(phases, victims[1:] + victims[:1]))]


def cut(kills):
    return [kills[start : start + KILLS_OF_A_RUN] for start in range(0, len(kills), KILLS_OF_A_RUN)]


def at(times, share):
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def table():
    """A line for each victim, a column for each phase: kills, of which failed, and restart times."""
    lines = [f"{'kills/failed, ms p50':22}" + "".join(f"{phase:>17}" for phase in PHASES)]
    for victim in VICTIMS:
        cells = []
        for phase in PHASES:
            times = [1000 * seconds for a, b, seconds in RESULTS if (a, b) == (phase, victim)]
            failed = FAILURES.count((phase, victim))
            cells.append(f"{len(times) + failed}/{failed} {at(times, 0.5):.0f}" if times else f"{failed}/{failed} -")
        lines.append(f"{victim:22}" + "".join(f"{cell:>17}" for cell in cells))
    lines.append("")
    for victim in VICTIMS:
        times = [1000 * seconds for _, b, seconds in RESULTS if b == victim]
        if times:
            lines.append(f"{victim:10} from kill to answer: n={len(times)} p50={at(times, 0.5):.0f} "
                         f"p99={at(times, 0.99):.0f} max={max(times):.0f} ms")
    return "\n".join(lines)


def result():
    """The same as one JSON object."""
    return json.dumps({"kills": len(RESULTS) + len(FAILURES), "failed": len(FAILURES),
                       "cells": [[phase, victim, round(1000 * seconds, 1)] for phase, victim, seconds in RESULTS]})
