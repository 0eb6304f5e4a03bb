"""The kill switch: in every state of the processes it says flat only when the venue is, and locks in any case."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import bench
import journals
from bench import Skip, case, expect, levelhead, same, until
from flatten import (arm, audit, certificates, check_certificate, desk, flatten, open_position, order, percentiles,
                     position, ready, rest_order, state)
from runs import ROLES, prove, send

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "control"))
import survey  # noqa: E402

ARM, FAILED, REFUSED = 5, 3, 4

TIMES = []
"""Milliseconds to proven flat, of every flatten through a healthy gateway."""


def with_position(up):
    ready(up)
    open_position(up)
    rest_order(up)


def finished(up):
    """Ends the run and proves it."""
    return prove(up, up.end())


@case()
def all_alive(source, rounds=12):
    """Again and again in one run: flat, locked, armed; what was approved before stays void."""
    times = []
    with desk() as up:
        ready(up)
        for number in range(rounds):
            open_position(up, source.randrange(1, 4))
            rest_order(up)
            answer = flatten(up, "--reason", f"round {number}")
            expect("execution" in answer["answered"], f"who decides has answered: {answer}")
            same(position(up), 0, f"position: {answer}")
            held = check_certificate(answer)
            same(held["why"], f"round {number}", f"reason in {held}")
            expect(held["fills"] >= 1 and held["rounds"] >= 1, f"fills and rounds in {held}")
            times.append(answer["ms"])
            until(lambda: state(up) == "LOCKED", 5, "locked")
            same(order(up, "buy", 1, status=1)["verdict"], "trading_state", "an order under the lock")
            arm(up)
        same(len(certificates(up)), rounds, "certificates")
        detail = finished(up)
        why = [line["why"] for line in audit(up, "operator") if line["request"] == "flatten"]
        expect(set(why) >= {f"round {number}" for number in range(rounds)}, f"the audit log has them: {why}")
    TIMES.extend(times)
    return f"{percentiles(times)}; {detail}"


@case()
def nothing_to_do(_):
    """Flat already: proven all the same; twice at once is one."""
    with desk() as up:
        ready(up)
        answer = flatten(up)
        same(answer["rounds"], 0, "rounds")
        arm(up)
        open_position(up)
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(flatten(up))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        same([one["flat"] for one in answers], [True, True], f"both: {answers}")
        same(position(up), 0, "position")
        arm(up)
        return finished(up)


def without(up, *victims):
    """Flattens with these processes dead; they stay so."""
    with_position(up)
    for role in victims:
        up.kill(role)
    until(lambda: not set(victims) & set(up.pids()), 5, "they are dead")
    answer = flatten(up)
    check_certificate(answer)
    TIMES.append(answer["ms"])
    return f"{answer['ms']:.1f} ms, answered {' '.join(answer['answered'])}"


@case()
def engine_killed(_):
    with desk("--no-restart") as up:
        return without(up, "engine")


@case()
def risk_killed(_):
    with desk("--no-restart") as up:
        return without(up, "risk")


@case()
def engine_and_risk_killed(_):
    with desk("--no-restart") as up:
        return without(up, "engine", "risk")


@case()
def risk_stopped(_):
    """It hears of the flatten when that is over, by the lock word and by the gateway: nothing is closed or proven again."""
    with desk() as up:
        with_position(up)
        pid = up.kill("risk", signal.SIGSTOP)
        answer = flatten(up)
        check_certificate(answer)
        send(pid, signal.SIGCONT)
        until(lambda: state(up) == "LOCKED", 10, "it has learned of it")
        time.sleep(0.3)
        same(state(up), "LOCKED", "state")
        same(len(certificates(up)), 1, "certificates")
        arm(up)
        TIMES.append(answer["ms"])
        return f"{answer['ms']:.1f} ms; {finished(up)}"


@case()
def execution_killed(_):
    """It does not go round a dead gateway by itself: it locks, says so, and names the way."""
    with desk("--no-restart") as up:
        with_position(up)
        up.kill("execution")
        answer = flatten(up, status=1, timeout=3)
        expect("execution" in answer["missing"], f"names it: {answer}")
        same(answer["direct"].split()[:3], ["levelhead", "flatten", "--direct"], "prints the way")
        expect(answer["seconds"] < 2, f"it does not wait for the dead: {answer}")
        expect(up.status()["locked"], "locked")
        # As a person types it: in a shell, from anywhere.
        typed = subprocess.run(answer["direct"].replace("levelhead", str(bench.PROGRAM), 1) + " --json", shell=True, text=True,
                               capture_output=True, cwd="/", timeout=30)
        direct = json.loads(typed.stdout)
        same((direct["flat"], direct["rounds"] > 0), (True, True), f"as it is printed: {typed}")
        check_certificate(direct)
        return f"then direct in {direct['ms']:.1f} ms"


@case()
def all_but_the_venue_killed(_):
    """Its closing orders go through the book as far as those of the run's gateway would."""
    with desk("--no-restart", "--set", "execution.collar_ticks=100") as up:
        with_position(up)
        for role in ROLES:
            if role != "paper":
                up.kill(role)
        answer = flatten(up, "--direct")
        held = check_certificate(answer)
        expect(held["fills"] >= 1, f"it closed: {held}")
        expect(abs(float(held.get("slippage_usd", "nan"))) <= held["contracts"] * 100 * 1.25, f"slippage: {held}")
        sent = journals.submitted(journals.inputs(up.run, "paper", journals.VISITOR))
        filled = journals.fills(journals.outputs(up.run, "paper", journals.EVENT))[-1]
        through = journals.price(filled, journals.EVENT_PRICE) - journals.price(sent[-1], journals.COMMAND_PRICE)
        # The book may have moved by some ticks between the question and the fill.
        expect(90 <= through <= 110, f"ticks through the book: {through}")
        again = flatten(up, "--direct")
        same(again["rounds"], 0, "nothing left")
        return f"{answer['ms']:.1f} ms, {answer['rounds']} rounds; again {again['ms']:.1f} ms"


@case()
def all_but_the_venue_stopped(_):
    """SIGSTOP instead: when they go on they find the venue closed to them, and open nothing."""
    with desk() as up:
        with_position(up)
        stopped = {role: up.kill(role, signal.SIGSTOP) for role in ROLES if role != "paper"}
        answer = flatten(up, "--direct")
        check_certificate(answer)
        for pid in stopped.values():
            send(pid, signal.SIGCONT)
        until(lambda: len(up.status()["processes"]) == 5, 20, "all answer")
        again = flatten(up, "--direct")
        same(again["rounds"], 0, "nothing was opened")
        return f"{answer['ms']:.1f} ms"


@case()
def execution_stopped(_):
    """Stopped with an approved order on its way: flatten says not flat, and when it goes on the order is void."""
    with desk() as up:
        with_position(up)
        pid = up.kill("execution", signal.SIGSTOP)
        held = subprocess.Popen([bench.PROGRAM, "order", "buy", "1", "--state-dir", str(up.state), "--json", "--timeout",
                                 "2", "--stop-ticks", "200"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1)
        answer = flatten(up, status=1, timeout=2)
        same(answer["missing"], ["execution"], f"named: {answer}")
        held.wait(10)
        before = json.loads(held.stdout.read())
        same(before["verdict"], "approved", f"risk had approved: {before}")
        send(pid, signal.SIGCONT)
        until(lambda: state(up) == "LOCKED", 10, "it goes on, and finds the lock")
        same(position(up), 0, "position")
        after = flatten(up)
        check_certificate(after)
        arm(up)
        time.sleep(1)
        same(position(up), 0, "position after arm: the old approval is void")
        detail = finished(up)
        states = [line["state"] for line in audit(up, "order") if line["order"] == before["id"]]
        expect(states and states[-1] == "rejected", f"the order ended rejected: {states}")
        return detail


@case()
def sent_and_not_acknowledged(_):
    """The venue is stopped: nothing is known of what was sent, so it is not flat; when it goes on, it is."""
    with desk() as up:
        with_position(up)
        pid = up.kill("paper", signal.SIGSTOP)
        order(up, "buy", 1, "--stop-ticks", 200, status=1, timeout=1)
        answer = flatten(up, status=1, timeout=2)
        expect(answer["answered"].count("execution") == 1, f"the gateway says so: {answer}")
        send(pid, signal.SIGCONT)
        until(lambda: state(up) == "LOCKED", 10, "locked")
        after = flatten(up)
        same(position(up), 0, "position")
        arm(up)
        return f"{finished(up)}; then {after['ms']:.1f} ms"


@case()
def flood_of_control_messages(_, rate=10_000):
    """Random bytes at every control socket."""
    with desk() as up:
        with_position(up)
        sent, over = [0], threading.Event()
        paths = sorted((pathlib.Path(up.state) / "control").glob("*.ipc"))

        def flood(path):
            connection = survey.Surveyor(str(path))
            share = rate // len(paths) // 100
            while not over.is_set():
                start = time.monotonic()
                connection.send(b"".join(connection.frame(os.urandom(300)) for _ in range(share)))
                sent[0] += share
                time.sleep(max(0, 0.01 - (time.monotonic() - start)))
            connection.close()
        threads = [threading.Thread(target=flood, args=(path,)) for path in paths]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        time.sleep(1)
        times = []
        try:
            for _ in range(3):
                answer = flatten(up)
                times.append(answer["ms"])
                check_certificate(answer)
                arm(up)
                open_position(up, 1)
            answer = flatten(up)
            times.append(answer["ms"])
            reached = sent[0] / (time.monotonic() - began)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        same(position(up), 0, "position")
        arm(up)
        return f"{reached:.0f} messages/s, {percentiles(times)}; {finished(up)}"


def in_small_place(name, size):
    """Runs one of the cases below in a name space of its own, with a small file system for it."""
    if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"],
                      capture_output=True).returncode:
        raise Skip("mounting is not allowed")
    inner = 'mount -t tmpfs -o size="$4",mode=700 tmpfs "$1" && exec "$2" "$3" --seed 1 --only "$5" --place "$1"'
    place = bench.PLACE / name
    place.mkdir()
    main = pathlib.Path(__file__).resolve().parents[1] / "check-flatten"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", inner, "sh", str(place), sys.executable, str(main), size, name],
                          capture_output=True, text=True, timeout=120)
    expect(done.returncode == 0, f"{done.stdout[-600:]} {done.stderr[-300:]}")
    return next(line for line in done.stdout.splitlines() if name in line)


def fill(directory):
    """Until nothing more can be written."""
    with open(directory / "filler", "wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


@case()
def disk_full(_):
    """The state directory on a full file system of 1 MB: no record, the shared word holds the lock."""
    return in_small_place("full-state-directory", "1m")


@case()
def disk_full_for_the_run(_):
    """The run's own disk is full: it still closes, out of the journals' reserve."""
    return in_small_place("full-run-directory", "192m")


FULL = {}


@case(long=True)
def full_state_directory(_):
    """Run by disk-full, inside its own name space."""
    if "place" not in FULL:
        raise Skip("only in a name space of its own: see disk-full")
    place = pathlib.Path(FULL["place"])
    with desk(state=place / "s") as up:
        with_position(up)
        fill(place)
        answer = flatten(up)
        same(position(up), 0, "position")
        expect(not (place / "s/locked.json").exists(), "there was no space for a record")
        until(lambda: state(up) == "LOCKED", 5, "locked")
        expect(up.status()["locked"], "by the word")
        os.unlink(place / "filler")
        return f"{answer['ms']:.1f} ms"


@case(long=True)
def full_run_directory(_):
    """Run by disk-full-for-the-run, inside its own name space."""
    if "place" not in FULL:
        raise Skip("only in a name space of its own: see disk-full-for-the-run")
    place = pathlib.Path(FULL["place"])
    with desk("--set", "journal.reserve_mb=1", state=bench.PLACE / "s", run=place / "r") as up:
        with_position(up)
        fill(place)

        def says_so():
            missing = {one["name"]: one["missing"] for one in up.status()["processes"]}
            return [role for role, words in missing.items() if "disk space" in words]
        connection = survey.Surveyor(str(pathlib.Path(up.state) / "control/risk.ipc"))
        key = (pathlib.Path(up.state) / "keys/control.key").read_bytes()
        too_large = json.dumps({"order": {"side": "buy", "quantity": 64, "stop_ticks": 200}}).encode()
        for number in range(1000):
            # What is set aside beyond the reserve is used up by what risk journals of refused orders.
            connection.ask(key, survey.ORDER, too_large)
            if number % 50 == 49 and "risk" in says_so():
                break
        connection.close()
        said = says_so()
        expect("risk" in said, f"risk says so: {said}")
        until(lambda: state(up) == "REDUCING", 5, "REDUCING")
        same(order(up, "buy", 1, "--stop-ticks", 200, status=1)["verdict"], "trading_state", "an order on a full disk")
        same(position(up), 2, "position, which keeps its stop")
        answer = flatten(up)
        same(position(up), 0, "position")
        os.unlink(place / "filler")
        return f"flat in {answer['ms']:.1f} ms; short of space after {number + 1} refused orders: {' '.join(said)}"


@case()
def market_closed(_):
    """In a halt: exit 1, `market_closed`, FLATTENING; the position stays, and is closed when trading resumes."""
    tape = bench.tape("halted", "--seed", "1", "--rate", "0.02", "--from", "09:20", "--to", "09:50", "--halt", "09:23-09:26")
    with desk(tape=tape) as up:
        ready(up)
        open_position(up)
        halted = 9 * 3600 + 23 * 60
        until(lambda: market_time(up) >= halted, 60, "the halt")
        answer = flatten(up, status=1, timeout=3)
        same(answer["message"], "market_closed", f"{answer}")
        same((state(up), position(up)), ("FLATTENING", 2), "state and position")
        levelhead("arm", "--scope", "account", "--reason", "too early", "--state-dir", up.state, status=1)
        until(lambda: state(up) == "LOCKED", 60, "it is closed when the halt ends")
        expect(market_time(up) >= 9 * 3600 + 26 * 60, "not before the reopening")
        same((position(up), len(certificates(up))), (0, 1), "position and certificates")
        arm(up)
        detail = finished(up)
        arms = [line for line in audit(up, "operator") if line["request"] == "arm" and line["who"] != "lock"]
        outcomes = {(line["why"], line.get("outcome")) for line in arms}
        same(outcomes, {("too early", "not_now"), ("checked", "done")}, "what became of the arms")
        return f"{answer['ms']:.1f} ms to say so; {detail}"


@case()
def direct_gives_up_in_a_halt(_):
    """Past a stopped gateway in a halt: exit 1, `market_closed`; the gateway that goes on closes when trading resumes."""
    tape = bench.tape("halted", "--seed", "1", "--rate", "0.02", "--from", "09:20", "--to", "09:50", "--halt", "09:23-09:26")
    with desk(tape=tape) as up:
        ready(up)
        open_position(up)
        until(lambda: market_time(up) >= 9 * 3600 + 23 * 60, 60, "the halt")
        pid = up.pids()["execution"]
        send(pid, signal.SIGSTOP)
        answer = flatten(up, "--direct", status=1, timeout=3)
        same(answer["message"], "market_closed", f"{answer}")
        send(pid, signal.SIGCONT)
        waiting = flatten(up, "--at-open", status=1, timeout=2)
        same(waiting["message"], "market_closed: closes at the reopen", f"{waiting}")
        until(lambda: state(up) == "LOCKED", 60, "it is closed when the halt ends")
        same(position(up), 0, "position")
        arm(up)
        return finished(up)


@case(long=True)
def session_over(_):
    """After the close: exit 1, FLATTENING, and at the next open still, until it is told with --at-open."""
    tape = bench.tape("closes", "--seed", "1", "--rate", "0.05", "--from", "16:50", "--to", "17:00", "--no-options")
    more = bench.PLACE / "closes-next"
    bench.levelhead("synth", "--date", "2026-03-11", "--seed", "2", "--rate", "0.05", "--from", "18:00", "--to", "18:20",
                    "--no-options", "--out", more)
    with desk("--tape", more, "--speed", "60x", tape=tape) as up:
        ready(up)
        open_position(up)
        until(lambda: market_time(up) >= 17 * 3600, 60, "the close")
        answer = flatten(up, status=1, timeout=3)
        same((answer["message"], state(up), position(up)), ("market_closed", "FLATTENING", 2), f"{answer}")
        until(lambda: market_time(up) >= 18 * 3600 + 60, 120, "the next session")
        same((state(up), position(up)), ("FLATTENING", 2), "state and position at the open")
        flatten(up, "--at-open", timeout=20)
        same(position(up), 0, "position")
        arm(up)
        return f"{answer['ms']:.1f} ms to say so; {finished(up)}"


def market_time(up):
    """Seconds of the New York day (2026-03-10: UTC - 4 h) that the venue's clock shows."""
    times = [one["input_ns"] for one in up.status()["processes"] if one.get("input_ns")]
    return max(times, default=0) // 10**9 % 86400 - 4 * 3600


@case()
def in_another_state_directory(_):
    """A run that was flattened before goes on elsewhere, under an older lock word: the next flatten is no old proof."""
    with desk() as up:
        ready(up)
        for _ in range(2):
            flatten(up)
            until(lambda: state(up) == "LOCKED", 5, "locked")
            arm(up)
        open_position(up)
        for pid in [up.process.pid, *up.pids().values()]:
            send(pid, signal.SIGKILL)
        up.process.wait()
    with desk("--resume", run=up.run, state=bench.PLACE / "elsewhere") as again:
        until(lambda: len(again.status()["processes"]) == 5, 30, "all answer")
        same((position(again), state(again)), (2, "ACTIVE"), "what it goes on with")
        answer = flatten(again, "--reason", "again")
        held = check_certificate(answer)
        same((position(again), held["why"], held["contracts"]), (0, "again", 2), f"what was closed: {held}")
        until(lambda: state(again) == "LOCKED", 5, "locked")
        arm(again)
        open_position(again, 1)
        return finished(again)


@case()
def read_only_state_directory(_):
    """Where the state directory cannot be written the gateways lock themselves, and what is open is closed."""
    with desk() as up:
        with_position(up)
        # Only who asks sees it so: a name space of its own.
        seen = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"', str(up.state)]
        if subprocess.run([*seen, "true"], capture_output=True).returncode != 0:
            raise Skip("no name space for mounts")
        words = [str(bench.PROGRAM), "flatten", "--reason", "failing disk", "--state-dir", str(up.state), "--json"]
        done = subprocess.run([*seen, *words], capture_output=True, text=True, timeout=30)
        answer = json.loads(done.stdout)
        same((done.returncode, answer["flat"], answer["locked"]), (0, True, False), f"{answer} {done.stderr}")
        expect("Read-only file system" in done.stderr, f"said: {done.stderr}")
        same(position(up), 0, "position")
        until(lambda: state(up) == "LOCKED", 5, "locked")
        # The others can write: they have brought the word up.
        same(up.status()["locked"], True, "the word")
        arm(up)
        return finished(up)


@case()
def locked_over_restarts(source):
    """kill -9 of everybody, and of each: LOCKED stays LOCKED; a new run over a tape starts ACTIVE."""
    with desk() as up:
        with_position(up)
        flatten(up)
        until(lambda: state(up) == "LOCKED", 5, "locked")
        for role in source.sample(["risk", "execution", "paper"], 3):
            old = up.kill(role)
            up.restarted(role, old)
            same(state(up), "LOCKED", f"after kill -9 of {role}")
        same(len(certificates(up)), 1, "certificates after the restarts")
        same(order(up, "buy", 1, status=1)["verdict"], "trading_state", "an order under the lock")
        for pid in [up.process.pid, *up.pids().values()]:
            send(pid, signal.SIGKILL)
        up.process.wait()
    with desk("--resume", run=up.run, state=up.state) as again:
        until(lambda: len(again.status()["processes"]) == 5, 30, "all answer")
        same((state(again), again.status()["locked"]), ("LOCKED", True), "resumed")
        arm(again)
        open_position(again, 1)
        flatten(again)
        detail = finished(again)
    with desk(state=up.state) as other:
        ready(other)
        same((state(other), other.status()["locked"]), ("ACTIVE", False), "a new run over a tape")
        open_position(other, 1)
    return detail


@case()
def flatten_again_and_again(source, rounds=40):
    """Times to proven flat, for percentiles."""
    times = []
    with desk() as up:
        ready(up)
        for _ in range(rounds):
            open_position(up, 1)
            times.append(flatten(up)["ms"])
            until(lambda: state(up) == "LOCKED", 5, "locked")
            arm(up)
        detail = finished(up)
    TIMES.extend(times)
    return f"{percentiles(times)}; {detail}"


@case()
def arm_with_another_epoch(_):
    """The venue holds to no epoch that nobody else has: it would refuse every close."""
    with desk() as up:
        with_position(up)
        key = (pathlib.Path(up.state) / "keys/control.key").read_bytes()
        for role in ("paper", "risk"):
            connection = survey.Surveyor(str(pathlib.Path(up.state) / f"control/{role}.ipc"))
            for payload in ({"epoch": 99}, {}):
                said = connection.ask(key, ARM, json.dumps(payload).encode())
                same(said[0], FAILED, f"an arm with {payload} at {role}: {said[5]}")
            said = connection.ask(key, ARM, json.dumps({"epoch": 0}).encode(), id=bytes(16))
            same(said[0], REFUSED, f"an arm under an id of zeros at {role}: {said[5]}")
            connection.close()
        answer = flatten(up)
        same(position(up), 0, "position")
        arm(up)
        return f"{finished(up)}; flat in {answer['ms']:.1f} ms"
