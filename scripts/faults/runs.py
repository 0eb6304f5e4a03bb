"""A supervised run under test: its processes, its end, and the proof of what it did."""

import hashlib
import itertools
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

import bench
import records
from bench import PLACE, PROGRAM, expect, levelhead, same, until

ROLES = ("ingest", "paper", "execution", "risk", "engine")
KEYS = ("records", "event_groups", "feature_rows", "feature_sha256", "signals", "signal_sha256", "orders", "order_sha256",
        "fills", "position", "net_pnl_usd", "wall_s", "records_per_s", "run_dir")
DIGESTS = ("event_groups", "feature_rows", "feature_sha256", "signals", "signal_sha256")
_numbers = itertools.count(1)


class Up:
    """`levelhead up` in a state directory of its own. Ends with the block, whatever happens in it."""

    def __init__(self, *arguments, run=None, state=None, config=bench.DAY_CONFIG, environment=None, prefix=(), program=PROGRAM):
        number = next(_numbers)
        self.state = state or PLACE / f"s{number}"
        self.run = run or PLACE / f"r{number}"
        self.log = PLACE / f"up{number}.log"
        settings = ["--config", str(config)] if config else []
        self.command = [*prefix, str(program), "up", "--json", "--state-dir", str(self.state), "--run-dir", str(self.run),
                        *settings, *map(str, arguments)]
        self.environment = {**os.environ, **(environment or {})}

    def __enter__(self):
        self.out = open(self.log.with_suffix(".out"), "w+")
        self.errors = open(self.log, "w+")
        self.process = subprocess.Popen(self.command, stdout=self.out, stderr=self.errors, env=self.environment)
        return self

    def __exit__(self, *_):
        left = list(self.pids().values())
        if self.process.poll() is None:
            for pid in left:
                send(pid, signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in left:
            if is_alive(pid):
                send(pid, signal.SIGKILL)
        self.out.close()
        self.errors.close()

    def pids(self):
        """The pids of the living processes, by name."""
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if state != "Z" and len(words) > 2 and words[1].decode() in ROLES and str(self.run).encode() in words:
                found[words[1].decode()] = int(entry.name)
        return found

    def has_begun(self):
        """It has processes of its own, and not only those that another supervisor of the run has left."""
        def parent(pid):
            try:
                return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                return None
        return any(parent(pid) == self.process.pid for pid in self.pids().values())

    def kill(self, role, number=signal.SIGKILL):
        """Gives the pid that was killed."""
        pid = until(lambda: self.pids().get(role), 10, f"{role} runs")
        send(pid, number)
        return pid

    def reach(self, count, seconds=60):
        """Waits until the run's tape has so many records."""
        until(lambda: self.process.poll() is not None or records.count(self.run) >= count, seconds, f"{count} records")
        expect(self.process.poll() is None, f"up ended before record {count}: {self.words()[-300:]}")

    def status(self):
        done = levelhead("status", "--state-dir", self.state, "--json", status=None)
        return json.loads(done.stdout) if done.stdout.strip() else {"processes": []}

    def restarted(self, role, old, seconds=15):
        """Seconds from now until the successor of a killed process answers."""
        start = time.monotonic()

        def answers():
            return any(one["name"] == role and one["pid"] not in (None, old) for one in self.status()["processes"])
        until(answers, seconds, f"{role} answers again")
        return time.monotonic() - start

    def words(self):
        return self.log.read_text()

    def end(self, seconds=130):
        """Ends the run by SIGTERM, which it takes from its start on, and gives its result."""
        end = time.monotonic() + 10
        while self.process.poll() is None and not self.has_begun() and time.monotonic() < end:
            time.sleep(0.01)
        self.process.terminate()
        return self.wait(seconds)

    def wait(self, seconds=120, status=0):
        """Waits for the end and gives the one JSON value on standard output."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"up does not end within {seconds} s: {self.words()[-300:]} {self.status()}") from None
        same(self.process.returncode, status, f"exit status ({self.words()[-300:]})")
        text = self.log.with_suffix(".out").read_text()
        if status != 0:
            same(text, "", "standard output of a failed run")
            return None
        result = json.loads(text)
        expect(text.count("\n") == 1 and set(KEYS) <= set(result), f"one JSON object with all keys: {text}")
        return result


def ring(run):
    """The file of a run's ring, named after its directory."""
    return pathlib.Path("/dev/shm/levelhead-" + hashlib.sha256(str(run).encode()).hexdigest()[:16])


def logged(up, *names):
    """The lines of the structured logs of a run, by process, each of which says who, of what run, and where it stood."""
    found = {}
    for name in names or (*ROLES, "up"):
        path = pathlib.Path(up.run) / f"log/{name}.jsonl"
        same(path.stat().st_mode & 0o777, 0o600, f"mode of {path}")
        found[name] = lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in lines:
            same((line["process"], line["run"]), (name, pathlib.Path(up.run).name), f"{path}: {line}")
            expect(line["time_ns"] > 0 and line["level"] and line["message"], f"{path}: {line}")
        reached = [line["sequence"] for line in lines if "sequence" in line]
        same(bool(reached), name != "up", f"sequences in {path}")
        messages = [line["message"] for line in lines]
        expect("started, pid" in messages[0] and messages[-1] == "ended", f"{path}: {messages}")
        expect(name == "up" or any("ready at record" in message for message in messages), f"{path}: {messages}")
    return found


def remove_shared(run):
    """Takes a run's files in shared memory away, as the next begin in its state directory would."""
    for path in ring(run).parent.glob(ring(run).name + "*"):
        path.unlink()


def wait_for_all(up):
    """Until everybody has read all of the tape and said all that follows."""
    until(lambda: {one["name"] for one in up.status()["processes"] if one["state"] == "waiting"} >= set(ROLES[1:]),
          120, "all wait")


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def replay(tape, *, config=bench.DAY_CONFIG, more=()):
    """The results of `levelhead replay`."""
    directory = PLACE / f"p{next(_numbers)}"
    settings = ["--config", config] if config else []
    done = levelhead("replay", "--tape", tape, "--run-dir", directory, "--json", *settings, *more)
    return json.loads(done.stdout)


_replays = {}
_replaying = threading.Lock()


def replay_once(tape, config=bench.DAY_CONFIG):
    with _replaying:
        if (tape, config) not in _replays:
            _replays[tape, config] = replay(tape, config=config)
        return _replays[tape, config]


def days_around_now():
    now = time.time()
    return [time.strftime("%Y%m%d", time.gmtime(now + days * 86_400)) for days in range(-1, 4)]


def explained(up, most=6):
    """Promise 10: what strategies ordered leads back to the signal that the run's tape gives again, or to what closes. How many were
    looked at."""
    lines = [json.loads(line) for line in open(up.run / "audit.jsonl")]
    orders = [line["order"] for line in lines if line["event"] == "verdict" and "-strategy-" in line["order"]][:most]
    for order in orders:
        why = json.loads(levelhead("why", order, "--run", up.run, "--json").stdout)
        opens = why["action"] == "open"
        same((why["same_signal"], why["cause"] == "signal"), (True, True) if opens else (None, False), f"the cause of {order}: {why['cause']}")
        expect(why["cause"], f"{order} has a cause")
    expect(orders, "a strategy ordered something")
    return len(orders)


def prove(up, result, *, source=None, config=bench.DAY_CONFIG, whole=None):
    """Promise 1 of one run: its digests are those of a replay of its own tape and, when it read all of one, of its
    source; `verify` finds nothing; and its tape has the source's records, in order, by instrument and kind.

    source: a tape that the run played from end to end. whole: the records that its tape has to have.
    """
    own = replay(up.run / "tape", config=config)
    for key in DIGESTS:
        same(result[key], own[key], f"{key} against a replay of the run's tape")
        if source:
            same(result[key], replay_once(source, config)[key], f"{key} against a replay of the source")
    done = levelhead("verify", up.run, "--json", status=None)
    expect(done.returncode == 0, f"verify: {done.stdout.strip()[:400]} {done.stderr.strip()[:200]}")
    verified = json.loads(done.stdout)
    same(verified["differences"], 0, "differences")
    expect(verified["compared"]["records"] == result["records"], f"verify compared all records: {verified}")
    # What comes before data of the past, a mark or a gateway's word of the present, dates no tape. One without data has the present's.
    names, last = [part.name for part in records.parts(up.run)], records.last_event(up.run)
    dated = [name for name in names if any(day in name for day in days_around_now())]
    expect(not dated or not last or last > time.time_ns() - 3 * 86_400 * 10**9, f"tapes dated by their data: {names}")
    if source:
        whole = records.source(source).records
    if whole is not None:
        same(records.sequences(records.written(up.run)), records.sequences(whole), "records by instrument and kind")
    return f"{result['records']} records, {result['signals']} signals, {result['orders']} orders, {result.get('restarts')} restarts"
