"""A desk whose processes are killed, its supervisor too, and how long it takes until everybody answers again."""

import json
import os
import pathlib
import signal
import sys
import time

import journals
from bench import expect, levelhead, same, until
from disk import Disk, go_on
from flatten import desk, flatten
from runs import ROLES, send

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "control"))
import survey  # noqa: E402

SUPERVISOR = "up"
VICTIMS = (*ROLES, SUPERVISOR)
"""Everybody who can be killed: the processes of a run, and who watches them."""

LIMIT = 64
"""Of the position, in contracts."""

_numbers = iter(range(10**6))


class Kills:
    """`levelhead up` under test on a disk that can be told to fail. Ends with the block."""

    def __init__(self, *settings):
        self.settings = settings
        self.disk = Disk(f"k{next(_numbers)}")
        self.up = desk(*settings, environment=self.disk.environment)
        self.stopped = set()
        self.times = []
        """Victim and seconds from its kill to the first answer of its successor; of all for the supervisor."""

    def __enter__(self):
        self.up.__enter__()
        return self

    def __exit__(self, *_):
        self.go_on()
        self.up.__exit__()

    def stop(self, role):
        self.stopped.add(self.up.kill(role, signal.SIGSTOP))

    def go_on(self):
        """Whoever was stopped runs again."""
        for pid in self.stopped:
            go_on(pid)
        self.stopped = set()

    def kill(self, victim):
        """Kills, lets the stopped run again, and waits until everybody answers."""
        old = until(lambda: len(found := self.up.pids()) == len(ROLES) and found, 20, "five processes run")
        start = time.monotonic()
        if victim == SUPERVISOR:
            self.succeed_supervisor(set(old.values()))
        else:
            send(old[victim], signal.SIGKILL)
            self.go_on()
            until(lambda: self.answer(victim, {old[victim]}), 20, f"{victim} answers again")
        self.times.append((victim, time.monotonic() - start))
        until(lambda: all(self.answer(role) for role in ROLES), 20, "five processes answer")

    def succeed_supervisor(self, old):
        """The children end by themselves, in order; the next one waits for them and goes on with the run."""
        self.up.process.kill()
        self.go_on()
        self.up.process.wait()
        self.up.out.close()
        self.up.errors.close()
        self.up = desk("--resume", *self.settings, run=self.up.run, state=self.up.state,
                       environment=self.disk.environment).__enter__()
        until(lambda: all(self.answer(role, old) for role in ROLES), 20, "five successors answer")

    def answer(self, role, old=()):
        """The status of the process of this name, unless it is one of the old ones, over its control socket."""
        control = pathlib.Path(self.up.state) / "control"
        try:
            if json.loads((control / f"{role}.json").read_text())["pid"] in old:
                return None
            connection = self.connect(role)
        except (OSError, ValueError):
            return None
        try:
            return json.loads(connection.ask(self.key(), survey.STATUS)[5])
        except OSError:
            return None
        finally:
            connection.close()

    def connect(self, role):
        """Whoever is asked in the instant in which it begins may not hear it: asked again soon."""
        return survey.Surveyor(str(pathlib.Path(self.up.state) / f"control/{role}.ipc"), timeout=0.25)

    def key(self):
        return (pathlib.Path(self.up.state) / "keys/control.key").read_bytes()

    def send_order(self, **order):
        """Asks the risk gateway for an order; it has it then, and the answer may not be the last word."""
        payload, command = json.dumps({"order": {"stop_ticks": 200, **order}}).encode(), os.urandom(16)

        def ask():
            connection = self.connect("risk")
            try:
                return connection.ask(self.key(), survey.ORDER, payload, id=command)
            except OSError:
                return None
            finally:
                connection.close()
        return until(ask, 5, "risk takes the order")

    def account(self):
        """Trading state and position, as the risk gateway says."""
        account = until(lambda: self.answer("risk"), 10, "risk answers")["account"]
        return account["trading_state"], sum(account["position"].values())

    def calm(self):
        """ACTIVE, with little open."""
        # Who was not heard for a while makes it REDUCING, and is heard again soon.
        until(lambda: self.account()[0] != "REDUCING", 10, "not REDUCING")
        state, position = self.account()
        # A limit is never passed, whatever was lost on the way.
        expect(abs(position) <= LIMIT, f"position {position}")
        if state != "ACTIVE" or abs(position) > 6:
            self.flatten()
            self.arm()

    def arm(self):
        """Again while it answers "not now": a gateway that was just not heard makes it REDUCING."""
        words = ("arm", "--scope", "account", "--reason", "again", "--state-dir", self.up.state, "--json")
        until(lambda: levelhead(*words, status=None).returncode == 0, 10, "armed")

    def flatten(self):
        """By its verb; then it is so."""
        answer = flatten(self.up, timeout=20)
        until(lambda: self.account() == ("LOCKED", 0), 10, f"LOCKED and flat after {answer}")


def check_messages(run):
    """What one process put out the next one took, once and in its order: no fill was lost or invented on the way.

    What was put out last may not have been taken when the run ended; it is no fill.
    """
    told = journals.outputs(run, "paper", journals.EVENT)
    heard = journals.inputs(run, "execution", journals.EVENTS)
    check_prefix(heard, told, "events of the venue")
    same(journals.fills(told[len(heard) :]), [], "fills that nobody took")
    made = journals.outputs(run, "execution", journals.FILL, journals.UPDATE, journals.NOTICE)
    check_prefix(journals.inputs(run, "risk", journals.FILLS), made, "words of the execution gateway")
    count = len(journals.outputs(run, "execution", journals.FILL))
    same(count, len(journals.fills(told)), "fills of the gateway and of the venue")
    approved = journals.outputs(run, "risk", journals.APPROVAL, journals.CHANGE)
    check_prefix(journals.inputs(run, "execution", journals.APPROVALS), approved, "approvals")
    return count


def check_prefix(taken, sent, what):
    expect(taken == sent[: len(taken)], f"{what}: {len(taken)} taken are not the first of {len(sent)} sent")
