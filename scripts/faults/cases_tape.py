"""`up` over recorded tape: its results, its ends, and what it refuses."""

import hashlib
import json
import os
import pty
import re
import signal
import subprocess
import time

import bench
import records
from bench import PLACE, Skip, case, expect, fails, levelhead, same, short_day, until
from runs import ROLES, Up, explained, logged, prove, replay_once, ring, send, wait_for_all


@case()
def tape_at_full_speed(source):
    with Up("--tape", short_day(), "--speed", "max") as up:
        result = up.wait()
        expect(result["signals"] > 10 and result["event_groups"] > 1000, f"a day with signals: {result}")
        detail = prove(up, result, source=short_day())
        refused = levelhead("up", "--tape", short_day(), "--run-dir", up.run, "--state-dir", up.state, status=1)
        expect("not empty" in refused.stderr and str(up.run) in refused.stderr, f"a used directory: {refused.stderr}")
    return detail


@case()
def tape_in_time(source):
    """Orders are worked, stops placed, fills taken, and the day ends flat."""
    with Up("--tape", short_day(), "--speed", "120x") as up:
        result = up.wait()
        expect(result["orders"] > 3 and result["fills"] > 1, f"orders and fills: {result}")
        same(result["position"], {"MESH6": 0}, "position at the end")
        logged(up)
        return f"{prove(up, result, source=short_day())}; {explained(up)} orders explained"


@case()
def tape_in_time_rehearsed(source):
    """An engine that never sleeps on its core rehearses groups on a copy of its state, often: of that nothing comes."""
    cores = os.sched_getaffinity(0)
    if len(cores) == 1:
        raise Skip("one core")
    settings = ["--set", "ring.engine_wait=spin", "--set", f"cores.engine={max(cores)}"]
    with Up("--tape", short_day(), "--speed", "120x", *settings) as up:
        result = up.wait()
        expect(result["signals"] > 0 and result["fills"] > 1, f"signals and fills: {result}")
        return prove(up, result, source=short_day())


@case()
def tape_in_time_spinning(source):
    """All are to spin: where there are too few cores the gateways yield, which is said."""
    with Up("--tape", short_day(), "--speed", "240x", "--set", "ring.wait=spin") as up:
        result = up.wait()
        needed = f"expected 5 cores to spin on (beside cores.engine, where that is set), found {len(os.sched_getaffinity(0))}"
        same(needed in up.words(), len(os.sched_getaffinity(0)) < 5, f"said: {up.words()}")
        return prove(up, result, source=short_day())


@case()
def tape_without_records(source):
    """It is over at once, as in a replay."""
    empty = bench.PLACE / "empty.dbn"
    first = sorted(short_day().glob("*.ESH6.mbp-10*"))[0]
    levelhead("convert", first, empty, "--from", "2026-03-10T00:00:00", "--to", "2026-03-10T00:00:01")
    for pace in (["--speed", "max"], ["--lockstep"]):
        with Up("--tape", empty, *pace) as up:
            result = up.wait()
            same((result["records"], result["orders"], result["net_pnl_usd"]), (0, 0, "0.00"), f"{pace}: what it came to")
            detail = prove(up, result, source=empty)
    return detail


@case()
def real_tape(source):
    tape = bench.DATA / "es/ESH4_20231225.mbp-10.derived.dbn.zst"
    if not tape.exists():
        raise Skip(f"{tape} is not there")
    config = bench.ROOT / "configs/esh4-evening.toml"
    with Up("--tape", tape, "--speed", "max", config=config) as up:
        return prove(up, up.wait(), source=tape, config=config)


@case()
def stop_and_resume(source):
    """SIGTERM in mid-run loses nothing: what was done until then verifies, and the rest follows with --resume."""
    details = []
    total = replay_once(short_day())["records"]
    arguments = ("--tape", short_day(), "--speed", "600x")
    with Up(*arguments) as up:
        up.reach(source.randrange(total // 10, total // 2))
        result = up.end()
        expect(result["records"] and result["records"] < total, f"stopped in mid-run: {result['records']}")
        details.append(prove(up, result))
    with Up(*arguments, "--resume", run=up.run, state=up.state) as again:
        again.reach(source.randrange(total * 6 // 10, total * 8 // 10))
        expect(not (up.run / "results/summary.json").exists(), "what the first part came to is not the run's end")
        prove(again, again.end())
    other = levelhead("up", *arguments, "--resume", "--run-dir", up.run, "--state-dir", up.state, "--config",
                      bench.DAY_CONFIG, "--set", "levels.band_ticks=5", status=1)
    expect("levels.band_ticks" in other.stderr, f"resume with another configuration: {other.stderr}")
    with Up(*arguments, "--resume", run=up.run, state=up.state) as last:
        details.append(prove(last, last.wait(), source=short_day()))
    with Up(*arguments, "--resume", run=up.run, state=up.state) as finished:
        prove(finished, finished.wait(), source=short_day())
    return "; then ".join(details)


def contents(run):
    """Of every file of a run, by its path; but who uses it is nothing of the run's."""
    files = (path for path in run.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@case()
def a_run_goes_on_as_what_it_is(source):
    """A replay, a run in logical time and a run in time: the others' --resume is refused in one line and changes nothing."""
    verbs = {"replay": ("replay",), "lockstep": ("up", "--speed", "max", "--lockstep"), "up": ("up", "--speed", "max")}
    common = ("--tape", short_day(), "--config", bench.DAY_CONFIG, "--state-dir", PLACE / "kinds-s", "--json", "--run-dir")
    refusals = 0
    for kind, words in verbs.items():
        run = PLACE / f"kind-{kind}"
        levelhead(*words, *common, run)
        same(json.loads(levelhead("verify", run, "--json").stdout)["differences"], 0, f"verify of a run of {kind}")
        # The second time nothing says what it is.
        for said in f"levelhead {words[0]}", "run.json: not the record of a run":
            before = contents(run)
            for other in {"replay", "up"} - {kind}:
                done = levelhead(*verbs[other], *common, run, "--resume", status=1)
                expect(len(done.stderr.splitlines()) == 1 and not done.stdout and said in done.stderr,
                       f"{other} --resume of a run of {kind}: {done.stderr} {done.stdout}")
                same(contents(run), before, f"files of the run of {kind} after {other} --resume")
                refusals += 1
            record = json.loads((run / "run.json").read_text())
            same(record.pop("kind", None), kind if said.startswith("levelhead") else None, "what run.json says")
            (run / "run.json").write_text(json.dumps(record))
        done = levelhead("verify", run, status=1)
        expect("not the record of a run" in done.stderr, f"verify of it: {done.stderr}")
    levelhead(*verbs["lockstep"], *common, PLACE / "kind-lockstep", "--resume", status=64)
    return f"{refusals} refusals"


@case()
def killed_at_the_end(source):
    """Who does not end in order, killed by somebody else or by `up`, is named, and the run has failed; it goes on later."""
    arguments = ("--tape", short_day(), "--speed", "600x")
    for is_patient in (False, True):
        with Up(*arguments) as up:
            up.reach(500)
            pid = up.kill("risk", signal.SIGSTOP)
            up.process.terminate()
            if not is_patient:
                until(lambda: not {"ingest", "engine"} & set(up.pids()), 20, "it is risk's turn to end")
                send(pid, signal.SIGKILL)
            same(up.process.wait(60), 1, f"exit status ({up.words()[-300:]})")
            result = json.loads(up.log.with_suffix(".out").read_text())
            same((result["dead"], result["order_sha256"]), (["risk"], None), "what is missing")
            expect(result["feature_sha256"], "the others have ended in order")
            expect("risk did not end in order" in up.words(), f"it is said: {up.words()[-300:]}")
            expect(not up.pids() and not ring(up.run).exists(), "something is left")
        with Up(*arguments, "--resume", run=up.run, state=up.state) as again:
            result = again.wait()
            same(result["dead"], [], "the dead of the resumed run")
            detail = prove(again, result, source=short_day())
    return detail


@case()
def stopped_at_the_beginning(source):
    """Before a record has come nothing is missing: no process has failed."""
    for delay in (0, 0.05, 0.2, 0.5):
        with Up("--tape", short_day(), "--speed", "1x") as up:
            until(up.pids, 10, "a process runs")
            time.sleep(delay)
            same(up.end(30)["dead"], [], "the dead")


@case()
def signals_inherited_as_ignored(source):
    """As a shell starts what it puts into the background; an interrupt as from a terminal; a terminal that is gone, which
    ends nobody who was started by nohup."""
    for number, ignored in ((signal.SIGINT, "INT TERM"), (signal.SIGTERM, "INT TERM HUP"), (signal.SIGHUP, "INT TERM")):
        # Whoever runs this by nohup has a hangup ignored, which no shell takes back.
        prefix = ("env", "--default-signal=HUP", "/bin/sh", "-c", f"trap '' {ignored}; exec \"$@\"", "sh")
        with Up("--tape", short_day(), "--speed", "10x", prefix=prefix) as up:
            up.reach(300)
            if "HUP" in ignored:
                up.process.send_signal(signal.SIGHUP)
                time.sleep(0.3)
                expect(up.process.poll() is None and len(up.pids()) == 5, "a hangup ended what nohup started")
            up.process.send_signal(number)
            result = up.wait(20)
            expect(not up.pids(), f"processes are left: {up.pids()}")
            prove(up, result)
    return "SIGINT, SIGTERM, SIGHUP"


@case()
def two_at_once(source):
    with Up("--tape", short_day(), "--speed", "1x") as up:
        until(lambda: len(up.pids()) == 5, 20, "five processes")
        second = levelhead("up", "--tape", short_day(), "--state-dir", up.state, "--run-dir", PLACE / "second", status=1)
        expect(str(up.process.pid) in second.stderr and len(second.stderr.splitlines()) == 1, f"{second.stderr}")
        expect(not (PLACE / "second").exists(), "the second left something")
        for role in ROLES:
            alone = levelhead(role, "--state-dir", up.state, status=1, timeout=30)
            expect("in use" in alone.stderr, f"{role} alone beside it: {alone.stderr}")
        up.end()
    return "the second names the first"


@case()
def stays_when_told(source):
    with Up("--tape", short_day(), "--speed", "max", "--stay") as up:
        total = replay_once(short_day())["records"]

        def ingest():
            return next((one for one in up.status()["processes"] if one["name"] == "ingest"), {})
        wait_for_all(up)
        for is_killed in (False, True):
            if is_killed:
                up.restarted("ingest", up.kill("ingest"))
            until(lambda: ingest().get("state") == "waiting", 10, "ingest waits with the others")
            same(ingest()["sequence"], total - 1, "its last record")
        time.sleep(0.3)
        expect(up.process.poll() is None, "it stays")
        same(len(up.pids()), 5, "processes")
        return prove(up, up.end(), source=short_day())


@case()
def ingest_says_where_it_is(source):
    """At the tape's own pace, where a record comes now and then."""
    with Up("--tape", short_day(), "--speed", "1x") as up:
        up.reach(200)

        def behind(count):
            return [count - 1 - one["sequence"] for one in up.status()["processes"] if one["name"] == "ingest"]
        for _ in range(4):
            time.sleep(source.uniform(0.2, 0.6))
            count = records.count(up.run)
            until(lambda: all(lag <= 0 for lag in behind(count)), 0.5, f"ingest has said that record {count - 1} has come")
        up.end()


@case()
def the_dead_stay_dead(source):
    """--no-restart: the others go on to the end of the tape, and the results say what is missing."""
    total = replay_once(short_day())["records"]
    for role in source.sample(ROLES[1:], 2):
        with Up("--tape", short_day(), "--speed", "600x", "--no-restart") as up:
            up.reach(total // 3)
            up.kill(role)
            result = up.wait(90)
            same(result["records"], total, f"records with {role} dead")
            same(result["restarts"], 0, "restarts")
            missing = {"engine": "feature_sha256", "risk": "order_sha256"}.get(role)
            for key in ("feature_sha256", "order_sha256"):
                same(result[key] is None, key == missing, f"{key} is null with {role} dead")
            same(result.get("dead"), [role], "the dead are named")
            same(json.loads(levelhead("verify", up.run, "--json").stdout)["differences"], 0, f"differences with {role} dead")
        # Nothing follows any more: who was dead reads what it lacks from the tape.
        with Up("--tape", short_day(), "--speed", "600x", "--resume", run=up.run, state=up.state) as up:
            prove(up, up.wait(60), source=short_day())
    with Up("--tape", short_day(), "--speed", "600x", "--no-restart") as up:
        up.reach(total // 3)
        role = source.choice(ROLES[1:])
        up.kill(role, signal.SIGTERM)
        same(up.wait(90)["dead"], [role], "who was ended is named")
        same(json.loads(levelhead("verify", up.run, "--json").stdout)["differences"], 0, f"differences with {role} ended")
    with Up("--tape", short_day(), "--speed", "60x", "--no-restart") as up:
        up.reach(total // 3)
        up.kill("engine")
        up.kill("ingest")
        result = up.wait(90)
        same((result["records"], result["feature_sha256"]), (records.count(up.run), None), "records that nobody is there to tell of")
    with Up("--tape", short_day(), "--speed", "60x") as up:
        up.reach(total // 10)
        up.restarted("risk", up.kill("risk", signal.SIGTERM))
        same((up.run / "results/risk.json").exists(), False, "what the one before came to is kept")
    return "the others read all of it"


@case()
def bad_input(source):
    """Clear errors; nothing half-written left."""
    broken = PLACE / "broken"
    broken.mkdir()
    (broken / "a.dbn").write_bytes(b"DBN\x03nonsense")
    for words, arguments in (
        (("a.dbn",), ("--tape", broken)),
        (("nowhere",), ("--tape", PLACE / "nowhere")),
        (("bars.sma_lenght",), ("--tape", short_day(), "--set", "bars.sma_lenght=4")),
    ):
        run = PLACE / "bad"
        done = levelhead("up", "--state-dir", PLACE / "bad-state", "--run-dir", run, "--json", *arguments, status=None)
        expect(done.returncode in (1, 64) and not done.stdout, f"{arguments}: status {done.returncode} {done.stdout}")
        expect(all(word in done.stderr for word in words), f"{arguments}: {done.stderr}")
        expect(not run.exists(), f"{arguments}: left {run}")
    # Damage in the middle of a tape is found when it is reached.
    cut = PLACE / "cut"
    cut.mkdir()
    whole = sorted(short_day().glob("*.ES*.mbp-10*"))[0].read_bytes()
    (cut / "es.mbp-10.dbn.zst").write_bytes(whole[: len(whole) // 2])
    with Up("--tape", cut, "--speed", "max") as up:
        up.wait(60, status=1)
        expect("es.mbp-10.dbn.zst" in up.words(), f"the file is named: {up.words()}")
        expect(not up.pids() and not ring(up.run).exists(), "a ring is left")
        expect(len(up.words().splitlines()) == 1, f"one line: {up.words()}")
    # Without a key nothing is made, and nothing started.
    nowhere = PLACE / "keyless"
    without = {key: value for key, value in os.environ.items() if key != "DATABENTO_API_KEY"}
    done = levelhead("up", "--state-dir", nowhere, "--run-dir", PLACE / "keyless-r", "--json", status=1, env=without)
    expect(len(done.stderr.splitlines()) == 1 and "DATABENTO_API_KEY" in done.stderr, f"without a key: {done.stderr}")
    expect(not nowhere.exists() and not (PLACE / "keyless-r").exists(), "without a key something is left")
    return "six kinds"


@case()
def no_room_for_the_ring(_):
    """A /dev/shm that is too small is said in one line, by up before anything is started, and by doctor."""
    def small(*words):
        made = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=40m tmpfs /dev/shm || exit 99; exec "$@"', "sh", bench.PROGRAM]
        try:
            return subprocess.run([*made, *map(str, words)], capture_output=True, text=True, timeout=60)
        except FileNotFoundError:
            raise Skip("no unshare(1)") from None
    state = PLACE / "small-state"
    done = small("up", "--tape", short_day(), "--state-dir", state, "--run-dir", PLACE / "small", "--json")
    if done.returncode == 99 or "unshare" in done.stderr:
        raise Skip("nothing may be mounted here")
    same((done.returncode, done.stdout, len(done.stderr.splitlines())), (1, "", 1), f"one line: {done.stderr}")
    expect("/dev/shm: 40 MiB free, 65 MiB needed" in done.stderr and "ring.bytes" in done.stderr, done.stderr)
    expect("FAIL  shared memory" in small("doctor", "--state-dir", state).stdout, "doctor says so")


@case()
def a_progress_bar(source):
    """On a terminal a run over tape shows how far it is."""
    screen, side = pty.openpty()
    words = ["up", "--tape", short_day(), "--speed", "600x", "--config", bench.DAY_CONFIG, "--state-dir", PLACE / "bar-s",
             "--run-dir", PLACE / "bar-r", "--json"]
    process = subprocess.Popen([bench.PROGRAM, *map(str, words)], stdout=subprocess.PIPE, stderr=side, text=True)
    os.close(side)
    seen = b""
    try:
        while chunk := os.read(screen, 4096):
            seen += chunk
    except OSError:
        pass  # nobody has the other side any more
    os.close(screen)
    same(json.loads(process.communicate()[0])["records"], replay_once(short_day())["records"], "records")
    shown = re.findall(rb"tape \[#*\.*\] \d+ %, (\d+) records", seen)
    expect(len(shown) > 2 and int(shown[-1]) > int(shown[0]), f"the bar moves: {seen[-300:]}")
    return f"{len(shown)} times"


def with_an_odd_price(name):
    """The half hour, with one record of the signal's book whose price lies between two ticks."""
    directory = PLACE / name
    directory.mkdir()
    for path in short_day().iterdir():
        if ".ESH6." not in path.name:
            (directory / path.name).symlink_to(path)
            continue
        plain = directory / path.name.removesuffix(".zst")
        levelhead("convert", path, plain)
        place = records.middle_book(plain, records.source(short_day()).resolve("ES.c.0", "continuous")) + 16
        data = bytearray(plain.read_bytes())
        data[place : place + 8] = (int.from_bytes(data[place : place + 8], "little") + 1).to_bytes(8, "little")
        plain.write_bytes(data)
    return directory


@case()
def told_as_a_replay(source):
    """The results are those that a replay tells, by the same names; a record that was rejected is named by both."""
    common = ("--tape", with_an_odd_price("odd"), "--config", bench.DAY_CONFIG, "--state-dir", PLACE / "told-s", "--run-dir")
    told = levelhead("up", "--speed", "max", *common, PLACE / "told-r").stdout.splitlines()
    replayed = levelhead("replay", *common, PLACE / "told-p").stdout.splitlines()

    def heads(lines):
        return {line[:16].strip() for line in lines}
    same(heads(replayed) - heads(told), set(), "what a replay tells and up does not")
    for head in ("event groups", "feature rows", "level tests", "signals"):
        same([line for line in told if line.startswith(head)], [line for line in replayed if line.startswith(head)], head)
    expect(any(line.startswith("event groups") and line.endswith(", rejected records 1") for line in told), f"the rejected record: {told}")
    summaries = [json.loads((PLACE / run / "results/summary.json").read_text()) for run in ("told-r", "told-p")]
    keys = ("rejected_records", "unused_records", "missing_last", "crossed_groups", "late", "status_source", "level_tests")
    same(*({key: summary[key] for key in keys} for summary in summaries), "what the market's fold has counted")
    same(json.loads(levelhead("verify", PLACE / "told-r", "--json").stdout)["differences"], 0, "verify")
    return "1 rejected"


@case()
def proofs_can_fail(source):
    """One byte of a finished run is changed: of a size on its tape, of what a process took, of what it put out, of a result."""
    details = []
    def verify(status, what=""):
        done = levelhead("verify", up.run, "--json", status=None)
        same(done.returncode, status, f"status of verify {what}: {done.stdout[:200]}")

    # Every vector in the digest: a size that is wrong for half a second is not in that of the seconds' ends.
    with Up("--tape", short_day(), "--speed", "600x", "--digest", "tick") as up:
        result = up.wait()
        verify(0)
        tape = max((up.run / "tape").glob("*.dbn"), key=lambda path: path.stat().st_size)
        signal_contract = records.source(short_day()).resolve("ES.c.0", "continuous")
        # The size at the best bid: 48 bytes of header and event, the two prices.
        for path, place in ((tape, records.middle_book(tape, signal_contract) + 64), (up.run / "journal/risk-in.journal", 300),
                            (up.run / "journal/engine-out.journal", 300)):
            pristine = path.read_bytes()
            place = min(place, len(pristine) - 40)
            path.write_bytes(pristine[:place] + bytes([pristine[place] ^ 1]) + pristine[place + 1:])
            verify(1, f"with byte {place} of {path.name} changed")
            details.append(path.name)
            path.write_bytes(pristine)
        audit = up.run / "audit.jsonl"
        pristine = audit.read_bytes()
        for what, other in (("price", pristine.replace(b'"price": "6', b'"price": "5', 1)),
                            ("last line", pristine[:pristine.rindex(b"\n", 0, -1) + 1]), ("whole", None)):
            expect(other != pristine, f"the {what} of the audit log is changed")
            audit.unlink()
            if other is not None:
                audit.write_bytes(other)
            verify(1, f"without the {what} of the audit log")
            audit.write_bytes(pristine)
        fails(lambda: prove(up, {**result, "signal_sha256": "0" * 64}), "feature_sha256")
        verify(0)
    return ", ".join([*details, "audit.jsonl"])
