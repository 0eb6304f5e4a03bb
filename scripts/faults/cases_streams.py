"""What `up` publishes: every row that a subscriber gets is the row of an export of the run's tape, bit for bit, and what it does not
get it is told."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time

import numpy as np

import bench
import records
import runs
import strikes
import wire
from bench import PLACE, PROGRAM, case, expect, levelhead, same, short_day, until
from levelhead_client import Missed, Subscriber
from runs import Up, prove, wait_for_all

TOPICS = ("features.ES", "levels.ES", "signals.ES")
# By topic, the lines of the audit log that its rows are.
ORDER_TOPICS = {"verdicts.MES": "verdict", "orders.MES": "order", "fills.MES": "fill"}
MANY_TRADES = ("policy.time_stop_seconds=2", "policy.signal_threshold=0.02", "policy.hold_seconds=0.1", "policy.after_test_seconds=1")


class Listener(threading.Thread):
    """A Python client that keeps every frame by topic and sequence."""

    def __init__(self, up, *, start=0, pause=None, topics=TOPICS):
        super().__init__()
        self.up, self.first, self.pause, self.topics = up, start, pause, topics
        self.frames = {topic: {} for topic in topics}
        self.missed, self.schemas, self.stopping, self.failure = [], {}, False, None
        self.start()

    def run(self):
        try:
            with Subscriber(*self.topics, state_dir=self.up.state, start=self.first) as stream:
                self.listen(stream)
        except Exception as error:
            self.failure = error

    def listen(self, stream):
        quiet = time.monotonic()
        while not self.stopping or time.monotonic() - quiet < 1.5:
            for event in stream.poll(50):
                quiet = time.monotonic()
                if isinstance(event, Missed):
                    self.missed.append(event)
                elif hasattr(event, "row") and event.row is not None:
                    self.frames[event.topic][int(event.row["sequence"])] = event
            if self.pause and len(self.frames[self.topics[0]]) > 100:
                time.sleep(self.pause)
                # What came meanwhile is still to be read.
                self.pause, quiet = None, time.monotonic()
        self.schemas = {topic: stream.schema(topic) for topic in self.topics}

    def finish(self):
        self.stopping = True
        self.join(60)
        if self.failure:
            raise self.failure

    def check_complete(self, topic, total):
        """Every sequence from the first one on was received or reported missing."""
        got = set(self.frames[topic])
        lost = {number for one in self.missed if one.topic == topic for number in range(one.first, one.last + 1)}
        expect(not got & lost, f"{topic}: received and reported missing: {sorted(got & lost)[:5]}")
        begin = 0 if self.first == 0 else min(got, default=0)
        missing = set(range(begin, total)) - got - lost
        expect(not missing, f"{topic}: {len(missing)} of {total} neither received nor reported, from {min(missing, default=0)}")
        return len(lost)


class Export:
    """`features --every tick` of a run's tape."""

    def __init__(self, up):
        stem = PLACE / f"{up.run.name}-export"
        levelhead("features", "--tape", up.run / "tape", "--config", bench.DAY_CONFIG, "--every", "tick", "--out",
                  f"{stem}.npy", "--json")
        self.values = np.load(f"{stem}.npy")
        self.times = np.load(f"{stem}.ts.npy")
        names = [column["name"] for column in json.loads(open(f"{stem}.columns.json").read())]
        self.places = {name: place for place, name in enumerate(names)}

    def check(self, topic, sequences, values, columns, times=None):
        """Values, and where given the event time, receive time and ring sequence of each row."""
        places = [self.places[name] for name in columns]
        wanted = self.values[np.ix_(sequences, places)]
        is_same = (values.view(np.uint64) == wanted.view(np.uint64)) | (np.isnan(values) & np.isnan(wanted))
        if not is_same.all():
            row, column = np.argwhere(~is_same)[0]
            raise AssertionError(f"{topic} {sequences[row]} {columns[column]}: {values[row, column]}, expected {wanted[row, column]}")
        if times is not None:
            same(times.tolist() == self.times[sequences].tolist(), True, f"{topic}: times and sequences of rows")


def send_times(run):
    """When the exchange sent each record of a run's tape, by its place: `ts_recv` less `ts_in_delta` (MBP-10: bytes 32 and 40)."""
    return [int.from_bytes(record[32:40], "little") - int.from_bytes(record[40:44], "little", signed=True)
            if wire.rtype(record) == wire.MBP10 else None for record in records.written(run)]


def check_send_times(topic, rows, sent):
    for place, found in zip(rows["ring_sequence"].tolist(), rows["ts_send"].tolist()):
        same(found, sent[place], f"{topic}: ts_send of record {place}")


def check_listener(listener, export, result):
    lost, sent = 0, send_times(listener.up.run)
    for topic in TOPICS[:2]:
        frames = listener.frames[topic]
        expect(frames, f"{topic}: rows came")
        schema = listener.schemas[topic]
        sequences = sorted(frames)
        rows = schema.rows(*[frames[number].data for number in sequences])
        times = np.stack([rows[name].astype(np.int64) for name in ("ts_event", "ts_recv", "ring_sequence")], axis=1)
        export.check(topic, sequences, np.ascontiguousarray(rows["values"]), schema.columns, times)
        check_send_times(topic, rows, sent)
        lost += listener.check_complete(topic, result["feature_rows"])
    signals = listener.frames["signals.ES"]
    if signals:
        check_send_times("signals.ES", listener.schemas["signals.ES"].rows(*[frame.data for frame in signals.values()]), sent)
    lost += listener.check_complete("signals.ES", result["signals"])
    return f"{len(listener.frames[TOPICS[0]])} rows, {lost} reported missing"


class Printer:
    """`levelhead subscribe` into a file."""

    def __init__(self, up, *arguments):
        self.path = PLACE / f"{up.run.name}-{len(arguments)}.jsonl"
        self.file = open(self.path, "w")
        self.process = subprocess.Popen(
            [PROGRAM, "subscribe", *arguments, "--state-dir", up.state, "--format", "jsonl"], stdout=self.file,
            stderr=subprocess.DEVNULL)

    def end(self):
        """When nothing more has come for a while."""
        size, since = -1, time.monotonic()
        while time.monotonic() - since < 3:
            if self.path.stat().st_size != size:
                size, since = self.path.stat().st_size, time.monotonic()
            time.sleep(0.05)
        self.process.terminate()
        same(self.process.wait(20), 0, "exit status of subscribe")
        self.file.close()
        return [json.loads(line) for line in open(self.path)]


def check_printer(lines, export, rows, topic="levels.ES"):
    kept = [line for line in lines if line.get("topic") == topic]
    lost = sum(line["missed"]["last"] - line["missed"]["first"] + 1 for line in lines if "missed" in line)
    same(len(kept) + lost, rows, f"{topic}: rows printed and missed")
    columns = list(kept[0]["values"])
    values = np.array([[np.nan if value is None else value for value in line["values"].values()] for line in kept], float)
    export.check(topic, [line["sequence"] for line in kept], values, columns)
    return lost


@case()
def streams_of_a_run(source):
    """Five subscribers at once: from the beginning, late, one that stops reading for a while, one that is killed, and the
    program's own; and the engine is killed under them."""
    total = runs.replay_once(short_day())["records"]
    with Up("--tape", short_day(), "--speed", "100x", "--stay") as up:
        until(lambda: (up.state / "sockets/engine.ipc").exists(), 20, "the engine publishes")
        whole, slow = Listener(up), Listener(up, pause=3)
        printer, victim = Printer(up, "levels.ES", "--from", "0"), Printer(up, "features", "signals", "--from", "0")
        up.reach(total // 4)
        late = Listener(up, start=None)
        victim.process.kill()
        victim.process.wait()
        up.reach(total // 2)
        old = up.kill("engine")
        up.restarted("engine", old)
        wait_for_all(up)
        listeners = {"from the first": whole, "slow": slow, "late": late}
        for listener in listeners.values():
            listener.finish()
        lines = printer.end()
        result = up.end()
        prove(up, result, source=short_day())
        export = Export(up)
        details = [f"{name}: {check_listener(listener, export, result)}" for name, listener in listeners.items()]
        lost = check_printer(lines, export, result["feature_rows"])
        return "; ".join(details) + f"; printed: {lost} missing"


def plain(value):
    return None if np.isnan(value) else float(value)


def check_strikes(listener):
    """Tables against the tape, and their sums against the rows of the market up to the next table. How many rows were compared."""
    tables = [listener.frames["strikes.ES"][number] for number in sorted(listener.frames["strikes.ES"])]
    chain = strikes.Chain(short_day())
    columns = ("strike_points", "option_count", "call_open_interest_contracts", "put_open_interest_contracts",
               "volume_session_contracts", "signed_volume_session_contracts")
    for frame in tables:
        time = int(frame.row["ts_recv"])
        expect(time % strikes.SECOND == 0 and time == int(frame.row["ts_event"]), f"a whole second: {time}")
        found = [tuple(plain(row[name]) for name in columns) for row in frame.table]
        same(found, chain.by_strike(time), f"strikes of {time}")
    first = int(tables[0].row["ts_recv"])
    for frame in tables:
        wanted = first + int(frame.row["sequence"]) * strikes.SECOND - int(tables[0].row["sequence"]) * strikes.SECOND
        same(int(frame.row["ts_recv"]), wanted, "second of a table")
    expect(tables[-1].table["volume_session_contracts"].sum() > 100, "options traded")

    schema = listener.schemas["features.ES"]
    rows = schema.rows(*[listener.frames["features.ES"][number].data for number in sorted(listener.frames["features.ES"])])
    total, call_wall, put_wall = (schema.value(rows, name) for name in (
        "gamma_exposure_total_usd_per_1pct", "call_wall_distance_ticks", "put_wall_distance_ticks"))
    begins = np.array([int(frame.row["ring_sequence"]) for frame in tables])
    owner = np.searchsorted(begins, rows["ring_sequence"], side="right") - 1
    compared = 0
    for place, frame in enumerate(tables):
        # Between two tables one of which is missing it cannot be said which a row is of.
        if place + 1 == len(tables) or int(tables[place + 1].row["sequence"]) != int(frame.row["sequence"]) + 1:
            continue
        gamma = [value for value in map(plain, frame.table["gamma_exposure_usd_per_1pct"]) if value is not None]
        wanted = sum(gamma) if gamma else np.nan
        calls, puts = (frame.table[f"{side}_open_interest_gamma"] for side in ("call", "put"))
        mine = owner == place
        expect(((total[mine] == wanted) | (np.isnan(total[mine]) & np.isnan(wanted))).all(),
               f"C-129 of {frame.row['ts_recv']}: {total[mine]}, expected {wanted}")
        if gamma and np.nanmax(calls) > 0 and np.nanmax(puts) > 0:
            apart = frame.table["strike_points"][np.nanargmax(puts)] - frame.table["strike_points"][np.nanargmax(calls)]
            expect((np.abs(call_wall[mine] - put_wall[mine] - apart / 0.25) < 1e-6).all(), f"walls of {frame.row['ts_recv']}")
            compared += int(mine.sum())
    expect(compared > 1000, f"rows compared: {compared}")
    return compared


@case()
def streams_of_strikes(source):
    """The chain by strike: a table for each second, with the open interest and volumes of the tape's own records and the exposures
    of the rows beside it. One that is made again by an engine that was killed is the same."""
    total = runs.replay_once(short_day())["records"]
    with Up("--tape", short_day(), "--speed", "100x", "--stay") as up:
        until(lambda: (up.state / "sockets/engine.ipc").exists(), 20, "the engine publishes")
        whole = Listener(up, topics=("strikes.ES", "features.ES"))
        up.reach(total // 2)
        old = up.kill("engine")
        up.restarted("engine", old)
        again = Listener(up, topics=("strikes.ES",))
        wait_for_all(up)
        for listener in (whole, again):
            listener.finish()
        up.end()
        frames = whole.frames["strikes.ES"]
        expect(frames and again.frames["strikes.ES"], "tables came")
        lost = whole.check_complete("strikes.ES", max(frames) + 1)
        expect(lost < len(frames), f"{lost} tables lost, {len(frames)} came")

        def content(frame):
            """What does not differ from machine to machine."""
            return [frame.row[name].tolist() for name in ("quality", "sequence", "ring_sequence", "ts_event", "ts_recv", "run")] + [
                frame.table.tobytes()]
        both = sorted(set(frames) & set(again.frames["strikes.ES"]))
        twice = [number for number in both if frames[number].row["ts_publish"] != again.frames["strikes.ES"][number].row["ts_publish"]]
        for number in both:
            same(content(again.frames["strikes.ES"][number]), content(frames[number]), f"table {number}")
        compared = check_strikes(whole)
        return f"{len(frames)} tables, {lost} reported missing, {len(twice)} made twice; {compared} rows agree"


@case()
def streams_of_a_run_in_the_place_of_another(source):
    """A subscriber stays while a run ends, its directory is deleted and another one begins there: nothing of it is taken for the first's."""
    arguments = ("--tape", short_day(), "--speed", "200x")
    total = runs.replay_once(short_day())["records"]
    with Up(*arguments) as first:
        until(lambda: (first.state / "sockets/engine.ipc").exists(), 20, "the engine publishes")
        whole = Listener(first, topics=("features.ES",))
        printed = bench.PLACE / "two-runs.jsonl"
        printer = subprocess.Popen([bench.PROGRAM, "subscribe", "features.ES", "--columns", "session_volume_contracts", "--format", "jsonl",
                                    "--state-dir", first.state], stdout=open(printed, "w"), stderr=subprocess.DEVNULL)
        first.reach(total // 3)
        first.end()
    frames = whole.frames["features.ES"]
    former = {int(frame.row["run"]) for frame in list(frames.values())}
    shutil.rmtree(first.run)
    with Up(*arguments, state=first.state, run=first.run) as second:
        rows = second.wait()["feature_rows"]
    whole.finish()
    printer.terminate()
    same(printer.wait(20), 0, "status of subscribe")
    lines = [json.loads(line) for line in open(printed)]
    borders = [place for place, line in enumerate(lines) if "new_run" in line]
    same(len(borders), 1, "runs told in the output")
    told = lines[borders[0]]["new_run"]
    expect(told["publisher"] == "engine" and told["run"] not in former, f"the run that is told: {told}, after {former}")
    numbers = [line["sequence"] for line in lines[borders[0]:] if "sequence" in line]
    expect(numbers == sorted(set(numbers)), "sequences of the second run grow behind its line")
    lost = {number for one in whole.missed for number in range(one.first, one.last + 1)}
    expect(set(range(rows)) <= set(frames) | lost, f"{rows} rows of the second run: {len(frames)} received, {len(lost)} reported missing")
    found = {int(frame.row["run"]) for number, frame in frames.items() if number not in lost}
    expect(len(found) == 1 and not found & former, f"runs of the rows: {found}, before {former}")
    return f"{len(frames)} rows of the second run, {len(lost)} reported missing"


@case()
def streams_of_orders(source):
    """Verdicts, orders and fills: a row for each line of the audit log, numbered without a gap, though both gateways are killed."""
    total = runs.replay_once(short_day())["records"]
    settings = [part for setting in MANY_TRADES for part in ("--set", setting)]
    with Up("--tape", short_day(), "--speed", "100x", "--stay", *settings) as up:
        until(lambda: all((up.state / f"sockets/{role}.ipc").exists() for role in ("risk", "execution")), 20, "both publish")
        whole = Listener(up, topics=tuple(ORDER_TOPICS))
        for part, role in ((3, "execution"), (2, "risk")):
            up.reach(total // part)
            old = up.kill(role)
            up.restarted(role, old)
        wait_for_all(up)
        whole.finish()
        up.end()
        audit = [json.loads(line) for line in open(up.run / "audit.jsonl")]
        details = []
        for topic, event in ORDER_TOPICS.items():
            lines = [line for line in audit if line["event"] == event]
            expect(len(lines) > 2, f"{topic}: {len(lines)} lines of the audit log")
            same(whole.check_complete(topic, len(lines)), 0, f"{topic}: rows reported missing")
            rows = [whole.frames[topic][number].row["record"] for number in range(len(lines))]
            for name in ("sequence", "time"):
                same([int(row[name]) for row in rows], [line[name] for line in lines], f"{topic}: {name}")
            details.append(f"{len(lines)} {topic}")
        return ", ".join(details)


@case()
def streams_of_an_engine_that_dies_in_an_answer(source):
    """Who is being told of the past when the engine is killed goes on with the next one, and ends when it is told to."""
    words = ["subscribe", "features.ES", "levels.ES", "--from", "0", "--format", "jsonl"]
    # Slow enough for the past to be there still, long enough for an answer to last.
    with Up("--tape", short_day(), "--speed", "30x", "--stay") as up:
        up.reach(1_500)
        for _ in range(3):
            readers = [subprocess.Popen([PROGRAM, *words, "--state-dir", up.state], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                       for _ in range(4)]
            time.sleep(source.uniform(0.2, 0.5))
            old = up.kill("engine")
            up.restarted("engine", old)
            time.sleep(1)
            same([reader.poll() for reader in readers], [None] * 4, "all go on")
            for reader in readers:
                reader.send_signal(signal.SIGINT)
            same([reader.wait(10) for reader in readers], [0] * 4, "all end as they are told to")
        up.end()
    return "12 readers over 3 deaths"


@case()
def streams_at_full_speed(source):
    """Faster than any reader: what is lost is told, and what comes is right."""
    with Up("--tape", short_day(), "--speed", "max", "--stay") as up:
        until(lambda: (up.state / "sockets/engine.ipc").exists(), 20, "the engine publishes")
        whole, slow = Listener(up), Listener(up, pause=2)
        wait_for_all(up)
        whole.finish()
        slow.finish()
        result = up.end()
        prove(up, result, source=short_day())
        export = Export(up)
        return f"{check_listener(whole, export, result)}; slow: {check_listener(slow, export, result)}"


@case()
def streams_by_tcp(source):
    """Streams on a TCP port with CURVE keys: who has the publisher's public key reads them, others hear nothing."""
    keys = bench.PLACE / f"keys{source.randrange(10**9)}"
    made = json.loads(levelhead("stream-keys", "--out", keys, "--json").stdout)
    same(stat.S_IMODE(os.stat(made["secret"]).st_mode), 0o600, "mode of the secret key")
    levelhead("stream-keys", "--out", keys, status=1)
    other = json.loads(levelhead("stream-keys", "--out", f"{keys}-other", "--json").stdout)
    port = free_ports()
    settings = ["--set", f"streams.tcp=127.0.0.1:{port}", "--set", f"streams.curve_secret_file={made['secret']}"]
    with Up("--tape", short_day(), "--speed", "100x", *settings) as up:
        up.reach(500)
        read = ["subscribe", "features.ES", "--tcp", f"127.0.0.1:{port}", "--format", "jsonl", "--columns", "micro_price*"]
        rows = levelhead(*read, "--server-key", made["public"], "--count", 20, timeout=30).stdout.splitlines()
        expect(len(rows) == 20, f"rows: {len(rows)}")
        kept = levelhead(*read, "--server-key", made["public"], "--from", 0, "--count", 50, timeout=30)
        same([json.loads(row)["sequence"] for row in kept.stdout.splitlines()], list(range(50)), "rows that are kept")
        same(kept.stderr, "", "rows said to be missed")
        with Subscriber("features.ES", tcp=f"127.0.0.1:{port}", server_key=open(made["public"]).read()) as stream:
            frames = list(stream.frames(count=20, timeout=10))
        expect(len(frames) == 20, f"frames by the Python client: {len(frames)}")
        with Subscriber("status", tcp=f"127.0.0.1:{port}", server_key=open(made["public"]).read()) as stream:
            told = stream.collect("status.engine", 2, timeout=10)
        same([status["name"] for status in told], ["engine", "engine"], "whose status the Python client collects")
        for strange in (["--server-key", other["public"]], []):
            try:
                heard = levelhead(*read, *strange, "--count", 1, timeout=3, status=None).stdout
            except subprocess.TimeoutExpired:
                heard = ""
            same(heard, "", "what a stranger reads")
        up.wait()
    os.chmod(made["secret"], 0o644)
    with Up("--tape", short_day(), "--speed", "max", "--no-restart", *settings) as up:
        until(lambda: "mode 0644, expected 0600" in up.words(), 30, "an open key file is refused")
    return f"{len(rows)} rows by tcp"


def free_ports():
    """A port that is free, and the next one too."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                other.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
