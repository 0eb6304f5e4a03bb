"""Readers that fall behind a live ring, commands to a run, and what it says of itself meanwhile."""

import json
import signal
import subprocess
import time

import records
from bench import DAY_CONFIG, PLACE, PROGRAM, case, expect, levelhead, same, short_day, tape, until
from cases_live import live_up, serve, settle
from runs import ROLES, Up, prove, remove_shared, replay_once, send, wait_for_all


@case()
def readers_lapped(source):
    """A ring of 1 MB, and each reader stopped for a while: it goes on from the tape."""
    day = short_day()
    whole = records.futures(day)
    with serve(day, "--speed", "200x", "--clock", "shared") as server:
        with live_up(server, "--replay-from", "all", "--set", "ring.bytes=1048576") as up:
            victims = ["engine", "risk", "execution", "paper"]
            source.shuffle(victims)
            place = len(whole) // 20
            for pair in (victims[:2], victims[2:]):
                up.reach(place)
                stopped = [up.kill(role, signal.SIGSTOP) for role in pair]
                # More than the ring holds.
                up.reach(place + 5000)
                for pid in stopped:
                    send(pid, signal.SIGCONT)
                place += 8000
            settle(up, len(whole))
            until(lambda: len({one["sequence"] for one in up.status()["processes"] if one["name"] in victims}) == 1, 30,
                  "all have read all")
            lost = {one["name"]: one["records_lost"] for one in up.status()["processes"]}
            expect(all(lost[role] > 0 for role in victims), f"each was lapped: {lost}")
            detail = prove(up, up.end(), whole=whole)
    return f"{detail}; from the tape {lost}"


@case()
def pause_and_resume(source):
    """The trading state follows commands, survives kill -9 of the risk gateway, and is in the audit log."""
    def command(up, verb, reason):
        return json.loads(levelhead(verb, "--state-dir", up.state, "--reason", reason, "--json").stdout)["trading_state"]

    total = replay_once(short_day())["records"]
    with Up("--tape", short_day(), "--speed", "100x") as up:
        up.reach(total // 10)
        same(up.status()["trading_state"], "ACTIVE", "state at first")
        same(command(up, "pause", "news"), "REDUCING", "after pause")
        old = up.kill("risk")
        up.restarted("risk", old)
        same(up.status()["trading_state"], "REDUCING", "after kill -9")
        up.reach(total // 2)
        same(up.status()["trading_state"], "REDUCING", "half way")
        same(command(up, "resume", "news is out"), "ACTIVE", "after resume")
        time.sleep(source.random() * 0.3)
        old = up.kill("risk")
        up.restarted("risk", old)
        same(up.status()["trading_state"], "ACTIVE", "after resume and kill -9")
        result = up.wait()
        same(result["trading_state"], "ACTIVE", "at the end")
        detail = prove(up, result, source=short_day())
        lines = [json.loads(line) for line in open(up.run / "audit.jsonl")]
        asked = [(line["request"], line["who"], line["why"]) for line in lines
                 if line["event"] == "operator" and line["request"] in ("pause", "resume")]
        same([(request, why) for request, _, why in asked], [("pause", "news"), ("resume", "news is out")], "who asked, and why")
        expect(all(who for _, who, _ in asked), f"who: {asked}")
        states = [(line["to"], line["reason"]) for line in lines if line["event"] == "trading_state"]
        same(states, [("REDUCING", "operator"), ("ACTIVE", "operator")], "changes of state")
    return detail


@case()
def status_meanwhile(source):
    """Answers in time, with every process, while the run is busy and while one is stopped or dead."""
    with Up("--tape", short_day(), "--speed", "400x", "--stay") as up:
        until(lambda: len(up.status()["processes"]) == 5, 30, "five processes answer")
        judges = {one["name"] for one in up.status()["processes"] if one["instruments"]}
        same(judges, {"engine", "risk", "paper"}, "who tells the quality of an instrument's data")
        longest, asked = 0, 0
        while {one["state"] for one in up.status()["processes"] if one["name"] != "ingest"} != {"waiting"}:
            answer = up.status()
            longest, asked = max(longest, answer["ms"]), asked + 1
            for one in answer["processes"]:
                expect({"name", "pid", "state", "sequence", "lag_ns"} <= set(one), f"{one}")
            expect({"position", "trading_state", "day_pnl_usd"} <= set(answer), f"{answer}")
        expect(asked > 1, "asked while it was busy")
        pid = up.kill("engine", signal.SIGSTOP)
        answer = up.status()
        expect("engine" in answer["missing"] and answer["trading_state"], f"a stopped one is named: {answer['missing']}")
        send(pid, signal.SIGCONT)
        until(lambda: "engine" in {one["name"] for one in up.status()["processes"]}, 10, "the engine answers again")
        detail = prove(up, up.end(), source=short_day())
    done = levelhead("status", "--state-dir", up.state, "--json", status=1)
    return f"{detail}; {asked} answers within {longest:.0f} ms; none at the end: {done.stderr.strip()[:60]}"


@case()
def processes_alone(source):
    """A run that is begun by `up --begin`, and five processes that somebody else starts, kills and ends all at once."""
    state, run = PLACE / "alone-s", PLACE / "alone-r"
    tape_options = ("--tape", short_day(), "--config", DAY_CONFIG)
    begun = levelhead("up", "--begin", *tape_options, "--state-dir", state, "--run-dir", run, "--json")
    same(json.loads(begun.stdout), {"run_dir": str(run)}, "what was begun")
    log = open(PLACE / "alone.log", "w")

    def start(role):
        more = ("--tape", short_day(), "--speed", "150x") if role == "ingest" else ()
        return subprocess.Popen(list(map(str, (PROGRAM, role, "--state-dir", state, *more))), stdout=log, stderr=log)
    processes = {role: start(role) for role in ROLES if role != "ingest"}
    alone = Up(run=run, state=state)
    try:
        # They register when there is a ring, and nothing can be asked of them before.
        words = "no process is registered; process "
        until(lambda: words in levelhead("status", "--state-dir", state, status=1).stderr, 20, "they wait for ingest")
        for others in ((), ("--tape", tape("another", "--seed", "2", "--rate", "0.01", "--from", "09:30", "--to", "09:31"))):
            bad = levelhead("ingest", "--state-dir", state, *others, status=65)
            expect("the run was begun with --tape" in bad.stderr, f"ingest of {others or 'a live feed'}: {bad.stderr}")
        processes["ingest"] = start("ingest")
        alone.process = processes["engine"]
        until(lambda: records.count(run) > 2000, 60, "records come")
        beside = levelhead("up", *tape_options, "--state-dir", state, "--run-dir", PLACE / "beside", status=1)
        expect("in use" in beside.stderr and not (PLACE / "beside").exists(), f"up beside them: {beside.stderr}")
        again = levelhead("risk", "--state-dir", state, status=1)
        expect(f"in use by process {processes['risk'].pid}" in again.stderr, f"a second risk: {again.stderr}")
        for role in source.sample(ROLES[1:], 2):
            processes[role].kill()
            processes[role].wait()
            processes[role] = start(role)
        wait_for_all(alone)
        for role in ROLES:
            processes[role].terminate()
        for role in ROLES:
            same(processes[role].wait(20), 0, f"exit status of {role}")
    finally:
        for process in processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        remove_shared(run)
    engine = json.loads((run / "results/engine.json").read_text())
    risk = json.loads((run / "results/risk.json").read_text())
    return prove(alone, {**risk, **engine}, source=short_day())
