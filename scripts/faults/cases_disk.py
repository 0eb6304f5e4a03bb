"""What a disk does to orders: nothing leaves before it has answered, nothing opens when it takes no more, and what protects
and closes goes on."""

import json
import subprocess
import time

import bench
import journals
from bench import case, expect, same, until
from disk import Disk
from flatten import arm, audit, desk, flatten, open_position, order, position, ready
from runs import prove


def submits(up):
    """Commands that left the execution gateway, as the venue has them."""
    return len(journals.inputs(up.run, "paper", journals.COMMANDS))


def asks(up, *words):
    return subprocess.Popen([bench.PROGRAM, "order", *words, "--stop-ticks", "200", "--state-dir", str(up.state), "--json",
                             "--timeout", "20"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def hold_an_order(up, disk):
    """A position, and an order whose approval waits for the disk: commands at the venue before it, and who asks."""
    ready(up)
    open_position(up, 1)
    before = submits(up)
    disk.rule("hold journal/execution-in")
    asked = asks(up, "buy", "1")
    until(lambda: len(journals.inputs(up.run, "execution", journals.APPROVALS)) > 1, 10, "the approval is journaled")
    return before, asked


@case()
def power_waits_for_the_disk(_):
    """journal.durability = power: as long as fdatasync(2) of the gateway's journal has not answered, no order leaves."""
    disk = Disk("power")
    with desk("--set", "journal.durability=power", environment=disk.environment) as up:
        before, asked = hold_an_order(up, disk)
        time.sleep(0.5)
        same(submits(up), before, "commands at the venue while the disk says nothing")
        disk.rule()
        asked.wait(20)
        expect(submits(up) > before, "it left when the disk had answered")
        flatten(up)
        return prove(up, up.end())


@case()
def power_order_that_a_flatten_overtakes(_):
    """An order whose approval waits for the disk while a flatten ends its epoch never leaves, and whoever asked is told why."""
    disk = Disk("overtaken")
    with desk("--set", "journal.durability=power", environment=disk.environment) as up:
        _, asked = hold_an_order(up, disk)
        closing = subprocess.Popen([bench.PROGRAM, "flatten", "--reason", "overtakes", "--state-dir", str(up.state), "--json"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        until(lambda: up.status().get("locked"), 10, "the epoch is over")
        disk.rule()
        answer, status = json.loads(asked.communicate(timeout=30)[0]), asked.returncode
        same((status, answer["verdict"], answer["state"], answer["message"], answer["done"]),
             (1, "approved", "rejected", "rejected: stale_epoch", False), f"the order: {answer}")
        closing.wait(20)
        flatten(up)
        same(position(up), 0, "position")
        detail = prove(up, up.end())
        states = {line["state"] for line in audit(up, "order") if line["order"] == answer["id"]}
        expect("rejected" in states and states <= {"pending", "rejected"}, f"it never worked at the venue: {states}")
        return detail


@case(long=True)
def process_does_not_wait_for_the_disk(_):
    """The default: write(2) is enough, and a disk that says nothing holds up no order."""
    disk = Disk("process")
    with desk(environment=disk.environment) as up:
        ready(up)
        disk.rule("hold journal/")
        open_position(up, 1)
        disk.rule()
        flatten(up)
        return prove(up, up.end())


@case()
def disk_takes_nothing(_):
    """Every write below the run's directory fails with EROFS: nothing opens, protection and closing go on, and it is said;
    when the disk takes writes again all of it is written."""
    return on_a_bad_disk("readonly")


@case(long=True)
def disk_has_no_space(_):
    """The same with ENOSPC, the journals' reserve too."""
    return on_a_bad_disk("full")


def on_a_bad_disk(rule):
    disk = Disk(rule)
    with desk(environment=disk.environment) as up:
        ready(up)
        open_position(up, 2)
        disk.rule(f"{rule} {up.run}/journal", f"{rule} {up.run}/state", f"{rule} {up.run}/audit.jsonl",
                  f"{rule} {up.run}/certificates", f"{rule} {up.run}/tape")

        def short_of_space():
            missing = {one["name"]: one["missing"] for one in up.status()["processes"]}
            return {role for role, words in missing.items() if "disk space" in words}
        until(lambda: {"risk", "execution"} <= short_of_space(), 20, "they say so")
        answer = order(up, "buy", 1, "--stop-ticks", 200, status=1, timeout=2)
        expect(answer["verdict"] != "approved" or answer["state"] == "rejected", f"nothing opens: {answer}")
        same(position(up), 2, "position")
        refused = bench.levelhead("resume", "--state-dir", up.state, status=1)
        expect("nothing opens until there is space" in refused.stderr, f"a resume on a full disk: {refused.stderr}")
        living = up.pids()
        closed = flatten(up)
        same(position(up), 0, "position after a flatten")
        expect(not closed["certificate"], f"no certificate: there is nowhere to write it: {closed}")
        same({role: up.pids().get(role) for role in ("risk", "execution", "paper")},
             {role: living[role] for role in ("risk", "execution", "paper")}, "nobody ended")
        expect("nothing opens" in up.words(), f"in words: {up.words()[-300:]}")
        disk.rule()
        until(lambda: not short_of_space(), 20, "there is space again")
        arm_again(up)
        # Ingest comes back within some seconds, and the data with it.
        until(lambda: order(up, "buy", 1, "--stop-ticks", 200, status=None)["verdict"] == "approved", 30, "an order")
        flatten(up)
        return f"flat in {closed['ms']:.1f} ms; {prove(up, up.end())}"


def arm_again(up):
    """REDUCING, because of the disk, ends with a word of the operator."""
    bench.levelhead("arm", "--scope", "account", "--reason", "disk", "--state-dir", up.state, "--json", status=None)
    bench.levelhead("resume", "--reason", "disk", "--state-dir", up.state, "--json", status=None)
    arm(up)
