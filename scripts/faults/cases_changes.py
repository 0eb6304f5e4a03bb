"""Changes of orders, and orders over deaths that come late: who asked is told what happened."""

import json
import signal
import subprocess
import threading
import time

import bench
import journals
from bench import case, expect, same, until
from cases_orders import answer_of, asks, finished, prices, reconciled, saves, succeed
from flatten import desk, open_position, position, ready, rest_order
from runs import send

TICK = 0.25


def changes(up, identity, *limits):
    """Everybody changes the order's limit at once: exit status and answer of each."""
    asked = [subprocess.Popen(
        [bench.PROGRAM, "modify", identity, "--limit", f"{limit * TICK:.2f}", "--state-dir", str(up.state), "--json", "--timeout",
         "10"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for limit in limits]
    answers = [one.communicate(timeout=60)[0] for one in asked]
    return [(one.returncode, json.loads(answer)) for one, answer in zip(asked, answers)]


def change(up, identity, limit):
    [(status, answer)] = changes(up, identity, limit)
    return status, answer


@case()
def change_after_one_that_expired(_):
    """A change waits for an absent venue until it expires; execution's successor, which made it again, changes the order later."""
    with desk("--set", "snapshot.every_seconds=6") as up:
        ready(up)
        open_position(up, 1)
        identity = rest_order(up)["id"]
        price = prices(up, identity)[-1]
        # What is not in a saved state yet is made again.
        before = saves(up)
        until(lambda: saves(up) != before, 15, "a state is saved")
        venue = up.kill("paper", signal.SIGSTOP)
        time.sleep(1.5)
        status, answer = change(up, identity, price - 4)
        same((status, answer["state"]), (1, "unknown"), f"a change that expires: {answer}")
        expect("not_sent" in (answer["message"] or ""), f"why: {answer}")
        send(venue, signal.SIGCONT)
        time.sleep(0.5)
        same(change(up, identity, price - 8)[0], 0, "the venue is back")
        succeed(up, "execution")
        # Until the venue has told how everything stands nothing is changed.
        until(lambda: reconciled(up), 20, "the successor has reconciled")
        for limit in (price - 12, price - 16):
            status, answer = change(up, identity, limit)
            same((status, answer["state"]), (0, "working"), f"by the successor: {answer}")
        return finished(up)


@case()
def two_changes_at_once(_):
    """Of two people who change one order one is refused, and the other is told what happened."""
    with desk() as up:
        ready(up)
        open_position(up, 1)
        identity = rest_order(up)["id"]
        price = prices(up, identity)[-1]
        for turn in range(1, 4):
            venue = up.kill("paper", signal.SIGSTOP)
            threading.Timer(0.4, lambda: send(venue, signal.SIGCONT)).start()
            answers = changes(up, identity, price - turn, price - 10 - turn)
            same(sorted(status for status, _ in answers), [0, 1], f"exit statuses: {answers}")
            refused = next(answer for status, answer in answers if status == 1)
            expect("under way" in (refused["message"] or ""), f"why: {refused}")
        return finished(up)


@case()
def order_over_a_late_death(_):
    """Risk dies when the order has been waited for longer than a successor usually takes: it is waited for all the same."""
    with desk("--set", "risk.orders_per_minute=0") as up:
        ready(up)
        open_position(up, 1)
        for held in (2, 3):
            until(lambda: len(up.status()["processes"]) == 5, 10, "five processes answer")
            venue = up.kill("paper", signal.SIGSTOP)
            known = len(journals.outputs(up.run, "risk", journals.APPROVAL))
            asked = asks(up, "buy", 1, timeout=10)
            until(lambda: len(journals.outputs(up.run, "risk", journals.APPROVAL)) > known, 10, "it is approved")
            time.sleep(1.2)
            up.kill("risk")
            time.sleep(0.3)
            send(venue, signal.SIGCONT)
            answer = answer_of(asked)
            same(answer["verdict"], "approved", f"the order: {answer}")
            until(lambda: position(up) == held, 10, "it has filled")
        return finished(up)
