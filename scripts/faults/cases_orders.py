"""What a person asked once is done once, and in time: a gateway that dies before it has answered, and a venue that is not
there."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import bench
import journals
from bench import case, expect, levelhead, same, until
from flatten import audit, desk, flatten, open_position, order, position, ready, rest_order, state
from runs import prove, send

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "control"))
import survey  # noqa: E402

ARM, CANCEL, MODIFY = 5, 8, 10
DONE, FAILED = 2, 3


def asks(up, *words, timeout=20):
    """A manual order that is on its way."""
    return subprocess.Popen(
        [bench.PROGRAM, "order", *map(str, words), "--stop-ticks", "200", "--state-dir", str(up.state), "--json", "--timeout",
         str(timeout)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answer_of(asked, status=0):
    """What an order on its way came to."""
    out, error = asked.communicate(timeout=60)
    same(asked.returncode, status, f"exit status of order ({out.strip()}; {error.strip()})")
    return json.loads(out)


def ask(up, role, verb, command, **payload):
    """Asks one process, again until it has its last word: outcome and what it says."""
    key = (pathlib.Path(up.state) / "keys/control.key").read_bytes()

    def once():
        try:
            connection = survey.Surveyor(str(pathlib.Path(up.state) / f"control/{role}.ipc"), timeout=0.25)
        except OSError:
            return None
        try:
            answer = connection.ask(key, verb, json.dumps(payload).encode(), id=command)
        except OSError:
            return None
        finally:
            connection.close()
        return answer if answer[0] >= DONE else None
    answer = until(once, 10, f"the last word of {role}")
    return answer[0], json.loads(answer[5] or b"{}")


def succeed(up, role):
    """Kills a process; its successor answers."""
    old = up.kill(role)
    up.restarted(role, old)


def finished(up):
    """Flat, and the run is proven."""
    if state(up) != "LOCKED":
        flatten(up)
    return prove(up, up.end())


def manual_verdicts(up):
    """Every verdict, for nobody else trades."""
    return [line["order"] for line in audit(up, "verdict")]


@case()
def order_over_a_death(_):
    """The venue is stopped, risk dies between taking an order and answering: one order, and whoever asked is told of that."""
    with desk() as up:
        ready(up)
        venue = up.kill("paper", signal.SIGSTOP)
        asked = asks(up, "buy", 1)
        until(lambda: journals.outputs(up.run, "risk", journals.VERDICT), 10, "risk has judged it")
        old = up.kill("risk")
        until(lambda: up.pids().get("risk") not in (None, old), 10, "risk is there again")
        send(venue, signal.SIGCONT)
        answer = answer_of(asked)
        same((answer["id"], answer["verdict"]), ("1-manual-1", "approved"), f"the order that was asked for: {answer}")
        until(lambda: position(up) >= 1, 10, "it has filled")
        time.sleep(0.5)
        same(position(up), 1, "position")
        detail = finished(up)
        same(manual_verdicts(up), ["1-manual-1"], "orders that risk has judged")
        same([line["order"] for line in audit(up, "operator") if line["request"] == "order"], ["1-manual-1"], "what was asked")
        return detail


@case()
def order_over_a_pause_of_execution(_):
    """An approval is taken when it has expired: it is not sent, which is said, and the next one is."""
    with desk() as up:
        ready(up)
        pid = up.kill("execution", signal.SIGSTOP)
        asked = asks(up, "buy", 1)
        until(lambda: journals.outputs(up.run, "risk", journals.APPROVAL), 10, "risk has approved it")
        time.sleep(2.5)
        send(pid, signal.SIGCONT)
        answer = json.loads(asked.communicate(timeout=60)[0])
        same((answer["verdict"], answer["state"]), ("approved", "rejected"), f"the order of then: {answer}")
        until(lambda: steps(up, answer["id"]), 10, "the audit log has it")
        same(steps(up, answer["id"]), [("rejected", "notSent")], "its steps")
        expect(f"{answer['id']} is not sent: expected its approval within 2.0 s" in up.words(), f"said: {up.words()}")
        same((state(up), position(up)), ("ACTIVE", 0), "the account")
        open_position(up, 1)
        return finished(up)


@case()
def commands_over_a_death(_):
    """The same question to a successor, of each verb: nothing is done twice, and the answer is that of the first time."""
    with desk() as up:
        ready(up)
        open_position(up, 1)
        names = {word: os.urandom(16) for word in ("order", "pause", "resume", "modify", "cancel", "all")}
        bought = {"order": {"side": "buy", "quantity": 1, "stop_ticks": 200}}
        first = ask(up, "risk", survey.ORDER, names["order"], **bought)
        same((first[0], first[1]["verdict"]), (DONE, "approved"), f"an order: {first}")
        until(lambda: position(up) == 2, 10, "it has filled")
        same(ask(up, "risk", survey.PAUSE, names["pause"], reason="a")[0], DONE, "pause")
        same(ask(up, "risk", survey.RESUME, names["resume"], reason="a")[0], DONE, "resume")
        rested = rest_order(up)["id"]
        price = prices(up, rested)[-1]
        lower = {"target": rested, "change": {"limit": f"{(price - 4) * 0.25:.2f}"}}
        same(ask(up, "risk", MODIFY, names["modify"], **lower)[0], DONE, "a change")
        levelhead("modify", rested, "--limit", f"{(price - 8) * 0.25:.2f}", "--state-dir", up.state)
        succeed(up, "risk")

        again = ask(up, "risk", survey.ORDER, names["order"], **bought)
        same(again, (DONE, {**again[1], "order": first[1]["order"], "verdict": "approved"}), f"the same order, not {first}")
        same(ask(up, "risk", MODIFY, names["modify"], **lower)[0], DONE, "the change that was made")
        same(ask(up, "risk", survey.PAUSE, names["pause"], reason="a")[0], DONE, "the pause that was")
        same(state(up), "ACTIVE", "the resume after it stands")
        mixed = ask(up, "risk", CANCEL, names["order"], target=rested)
        same(mixed[1].get("message"), "id_reused", f"another verb under the order's number: {mixed}")
        cancelled = ask(up, "risk", CANCEL, names["cancel"], target=rested)
        same((cancelled[0], cancelled[1]["state"]), (DONE, "cancelled"), f"a cancel: {cancelled}")
        levelhead("pause", "--state-dir", up.state, "--reason", "b")
        succeed(up, "risk")

        again = ask(up, "risk", CANCEL, names["cancel"], target=rested)
        same((again[0], again[1].get("state")), (DONE, "cancelled"), f"the cancel that was made: {again}")
        same(ask(up, "risk", survey.RESUME, names["resume"], reason="a")[0], DONE, "the resume that was")
        same(state(up), "REDUCING", "the pause after it stands")
        levelhead("resume", "--state-dir", up.state)

        goes = rest_order(up)["id"]
        same(ask(up, "execution", CANCEL, names["all"], target="all")[0], DONE, "cancel all")
        succeed(up, "execution")
        # What it is asked before it has compared is void.
        until(lambda: reconciled(up), 20, "it has reconciled")
        stays = rest_order(up)["id"]
        same(ask(up, "execution", CANCEL, names["all"], target="all")[0], DONE, "the cancel of all that was")
        time.sleep(0.3)
        listed = {one["order"] for one in reconciled(up)["venue"]["orders"]}
        expect(stays in listed and goes not in listed, f"what was opened after it stays: {listed}")
        same(position(up), 2, "position")
        epoch = flatten(up)["epoch"]
        until(lambda: state(up) == "LOCKED", 5, "locked")
        unnamed = ask(up, "risk", ARM, os.urandom(16), reason="c")
        expect(unnamed[0] == FAILED and "epoch" in unnamed[1]["message"], f"an arm that names no lock: {unnamed}")
        expect(ask(up, "risk", ARM, os.urandom(16), reason="c", epoch=epoch - 1)[0] > DONE, "an arm of another lock")
        same(state(up), "LOCKED", "the lock stands")
        # As Ctrl-\ at a terminal ends it.
        up.process.send_signal(signal.SIGQUIT)
        detail = prove(up, up.wait())
        steps = prices(up, rested)
        same(steps[-1], price - 8, f"the newer change stands: {steps}")
        asked = [(line["request"], line["why"]) for line in audit(up, "operator") if line["why"] == "a"]
        same(asked, [("pause", "a"), ("resume", "a")], "each was taken once")
        return detail


def prices(up, name):
    """Of the steps of an order."""
    return until(lambda: [line["price_ticks"] for line in audit(up, "order") if line["order"] == name], 10, f"{name} is logged")


def reconciled(up):
    """What the venue and the gateway agree on; nothing when they do not."""
    done = levelhead("reconcile", "--state-dir", up.state, "--json", status=None)
    return json.loads(done.stdout) if done.returncode == 0 else None


def steps(up, name):
    """State and reason of the last step of an order."""
    return [(line["state"], line["reason"]) for line in audit(up, "order") if line["order"] == name]


def stop_venue(up):
    """It is stopped, and known to be silent."""
    pid = up.kill("paper", signal.SIGSTOP)
    time.sleep(2)
    return pid


@case()
def order_to_an_absent_venue(_):
    """What opens waits for a venue no longer than its approval holds; what it held up goes on, and states are saved again."""
    with desk() as up:
        ready(up)
        open_position(up, 1)
        rested = rest_order(up)["id"]
        venue = stop_venue(up)
        began = time.monotonic()
        answer = answer_of(asks(up, "buy", 1, timeout=15), status=1)
        waited = time.monotonic() - began
        same((answer["verdict"], answer["state"], answer["message"]), ("approved", "rejected", "rejected: not_sent"), f"{answer}")
        expect(1 < waited < 8, f"it was told when the approval had expired: after {waited:.1f} s")
        cancel = subprocess.Popen([bench.PROGRAM, "cancel", rested, "--state-dir", str(up.state), "--timeout", "30"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        saved = saves(up)
        until(lambda: saves(up) > saved, 10, "execution saves its state while the venue is stopped")
        send(venue, signal.SIGCONT)
        _, error = cancel.communicate(timeout=40)
        same(cancel.returncode, 0, f"the cancel behind it: {error}")
        time.sleep(1)
        same(position(up), 1, "position")
        detail = finished(up)
        same(steps(up, answer["id"])[-1], ("rejected", "notSent"), "how it ended")
        same([line["order"] for line in audit(up, "fill") if line["order"] == answer["id"]], [], "its fills")
        return f"told after {waited:.1f} s; {detail}"


def saves(up):
    """When the execution gateway last saved its state."""
    return max(path.stat().st_mtime_ns for path in (pathlib.Path(up.run) / "state/execution").iterdir())


@case()
def absent_venue_over_a_death(_):
    """The gateway dies while an order waits for a venue that is not there: the order is made again, and leaves no more."""
    with desk() as up:
        ready(up)
        open_position(up, 1)
        venue = stop_venue(up)
        asked = asks(up, "buy", 1, timeout=20)
        until(lambda: len(journals.outputs(up.run, "risk", journals.APPROVAL)) > 1, 10, "it is approved")
        time.sleep(0.5)
        succeed(up, "execution")
        time.sleep(3)
        send(venue, signal.SIGCONT)
        answer = answer_of(asked, status=1)
        same((answer["verdict"], answer["state"]), ("approved", "rejected"), f"the order: {answer}")
        time.sleep(1)
        same(position(up), 1, "position")
        detail = finished(up)
        same([line["order"] for line in audit(up, "fill") if line["order"] == answer["id"]], [], "its fills")
        return detail
