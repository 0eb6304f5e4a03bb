"""kill -9 of every process of a run, one at a time, two at once, and of the supervisor."""

import fcntl
import json
import os
import shutil
import signal
import time

import bench
import records
from bench import PLACE, case, expect, levelhead, same, short_day, until
from cases_live import live_up, serve, settle
from disk import Disk
from runs import ROLES, Up, prove, replay_once, send

# Half an hour of tape in a quarter of a minute.
PACE = ("--speed", "120x")
# What a restart may take here: the machine of a test is shared and slow. What it does take is printed.
PATIENCE = 15


def total():
    return replay_once(short_day())["records"]


def play(source, victims_of_each):
    """Plays the day; at seeded records each group of victims is killed. Gives the run's proof and restart times."""
    places = sorted(source.sample(range(total() // 20, total() * 17 // 20), len(victims_of_each)))
    times = []
    with Up("--tape", short_day(), *PACE) as up:
        for place, victims in zip(places, victims_of_each):
            up.reach(place)
            time.sleep(source.random() * 0.05)
            old = {role: up.kill(role) for role in victims}
            for role in victims:
                if role in up.pids() or role != "ingest":
                    times.append((role, up.restarted(role, old[role], PATIENCE)))
        result = up.wait(120)
        same(result["position"], {"MESH6": 0}, "position at the end")
        expect(result["restarts"] >= len(times), f"restarts: {result['restarts']}")
        detail = prove(up, result, source=short_day())
    return detail + "; restart to answer " + " ".join(f"{role} {seconds:.2f} s" for role, seconds in times)


@case()
def kill_each(source):
    """Each process once, in a seeded order, at seeded records of one run."""
    return play(source, [[role] for role in source.sample(ROLES, 5)])


@case()
def kill_two_at_once(source):
    return play(source, [source.sample(ROLES, 2) for _ in range(2)])


@case(long=True)
def kill_each_pair(source):
    pairs = [[a, b] for place, a in enumerate(ROLES) for b in ROLES[place + 1:]]
    source.shuffle(pairs)
    return " | ".join(play(source, pairs[start : start + 2]) for start in range(0, len(pairs), 2))


@case(long=True)
def kill_often(source):
    """The same process again and again, and all of them at once."""
    return " | ".join(play(source, [[role]] * 4) for role in ROLES) + " | " + play(source, [list(ROLES)])


@case()
def kill_the_supervisor(source):
    """Its children end by themselves, in order; then the run goes on where it was, with nothing done twice."""
    arguments = ("--tape", short_day(), *PACE)
    with Up(*arguments) as up:
        up.reach(source.randrange(total() // 10, total() // 2))
        up.process.send_signal(signal.SIGKILL)
        up.process.wait()
        if source.random() < 0.5:
            until(lambda: not up.pids(), 15, "the children end")
            # Each where it was, and each is proven up to there.
            same(json.loads(levelhead("verify", up.run, "--json").stdout)["differences"], 0, "differences of what ended by itself")
    # At once: what is left of the old processes must not write beside the new ones.
    with Up(*arguments, "--resume", run=up.run, state=up.state) as again:
        again.reach(source.randrange(total() * 6 // 10, total() * 8 // 10))
        for pid in [again.process.pid, *again.pids().values()]:
            send(pid, signal.SIGKILL)
        again.process.wait()
    with Up(*arguments, "--resume", run=up.run, state=up.state) as last:
        return prove(last, last.wait(), source=short_day())


@case()
def ends_that_are_no_end(source):
    """The engine dies while the ring is full and waits for it; the program's file is replaced while it runs. The run goes on."""
    with Up("--tape", short_day(), "--speed", "400x", "--set", "ring.bytes=1048576") as up:
        up.reach(total() // 10)
        up.kill("engine", signal.SIGSTOP)
        # Longer than the ring takes to fill.
        time.sleep(2)
        up.kill("engine")
        told = prove(up, up.wait(60), source=short_day())
    copy = bench.PLACE / "program"
    shutil.copy2(bench.PROGRAM, copy)
    with Up("--tape", short_day(), "--speed", "60x", program=copy) as up:
        up.reach(source.randrange(1, total() // 2), 60)
        shutil.copy2(bench.PROGRAM, f"{copy}.new")
        os.replace(f"{copy}.new", copy)
        old = up.kill("risk")
        up.restarted("risk", old)
        prove(up, up.wait(), source=short_day())
    copy.unlink()
    return told


@case()
def an_ingest_that_is_told_to_end(source):
    """SIGTERM for ingest alone ends it in order, and is not the end of the tape, nor of a live feed."""
    with Up("--tape", short_day(), "--speed", "300x") as up:
        up.reach(source.randrange(total() // 10, total() // 2))
        up.restarted("ingest", up.kill("ingest", signal.SIGTERM))
        told = prove(up, up.wait(60), source=short_day())
    whole = records.futures(short_day())
    with serve(short_day(), "--speed", "200x", "--clock", "shared") as server:
        with live_up(server, "--replay-from", "all") as up:
            up.reach(source.randrange(len(whole) // 10, len(whole) // 2))
            up.restarted("ingest", up.kill("ingest", signal.SIGTERM))
            settle(up, len(whole))
            prove(up, up.end(), whole=whole)
    return told


@case()
def a_dead_ingest_that_stays_dead(source):
    """--no-restart: the run ends with what there was, and says so; also with more on the tape than it got into the ring."""
    def ends(up, wanted):
        result = up.wait(30)
        expect(0 < result["records"] < total(), f"records: {result['records']}")
        same(result["dead"], ["ingest"], "the dead")
        expect(wanted(result["records"], records.count(up.run)), f"{result['records']} of {records.count(up.run)} records")
        same(json.loads(levelhead("verify", up.run, "--json").stdout)["differences"], 0, "differences")
    with Up("--tape", short_day(), "--speed", "300x", "--no-restart") as up:
        up.reach(source.randrange(total() // 10, total() // 2))
        up.kill("ingest")
        ends(up, lambda taken, written: taken <= written)
    with Up("--tape", short_day(), "--speed", "400x", "--no-restart", "--set", "ring.bytes=1048576") as up:
        up.reach(total() // 10)
        engine = up.kill("engine", signal.SIGSTOP)
        # Longer than the ring takes to fill: a batch is on the tape, and only a part of it in the ring.
        time.sleep(2)
        up.kill("ingest")
        os.kill(engine, signal.SIGCONT)
        ends(up, lambda taken, written: taken < written)


@case()
def a_full_disk_keeps_nobody_out(source):
    """There is no room for another file where processes register: one that dies comes back all the same."""
    disk = Disk("registrations")
    with Up("--tape", short_day(), "--speed", "300x", environment=disk.environment) as up:
        up.reach(source.randrange(total() // 10, total() // 2))
        disk.rule("full control/#")
        for role in source.sample(ROLES[1:], 2):
            up.restarted(role, up.kill(role))
        return prove(up, up.wait(60), source=short_day())


@case()
def no_process_can_be_started(source):
    """The system has no room for another process: the run waits until it has."""
    machine = Disk("room")
    with Up("--tape", short_day(), "--speed", "300x", environment=machine.environment) as up:
        up.reach(source.randrange(total() // 10, total() // 2))
        machine.rule("spawn exe")
        old = up.kill("risk")
        until(lambda: "cannot be started" in up.words(), 10, f"it is said: {up.words()[-300:]}")
        expect(up.process.poll() is None, "the run goes on")
        machine.rule()
        up.restarted("risk", old)
        return prove(up, up.wait(60), source=short_day())


@case(long=True)
def a_predecessor_that_does_not_end(_):
    """Somebody holds a process's lock for good: the run waits, and then says that it cannot start."""
    state = PLACE / "held"
    (state / "locks").mkdir(parents=True, mode=0o700)
    state.chmod(0o700)
    with open(state / "locks/engine", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with Up("--tape", short_day(), *PACE, state=state) as up:
            up.wait(300, status=1)
            return up.words().splitlines()[-1]


@case()
def kill_at_full_speed(source):
    """The engine and the venue while everybody is as busy as can be, and ingest before it has begun."""
    with Up("--tape", short_day(), "--speed", "max") as up:
        until(lambda: "ingest" in up.pids(), 10, "ingest")
        time.sleep(source.random() * 0.1)
        up.kill("ingest")
        for role in ("engine", "paper"):
            up.reach(source.randrange(1, total() // 3), 60)
            up.kill(role)
        return prove(up, up.wait(), source=short_day())
