#!/usr/bin/env python3
"""The Python client against a publisher written in Swift: its frames are those that were published, to the byte.

    check_streams.py --driver .build/debug/StreamDriver --levelhead .build/debug/levelhead
"""

import argparse
import json
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import zmq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from levelhead_client import Absent, Frame, Garbage, Missed, NewRun, Silent, Subscriber, protocol  # noqa: E402
from levelhead_client.tracker import Tracker  # noqa: E402

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


class Driver:
    """A publisher, ended with the block."""

    def __init__(self, tools, directory, *arguments):
        self.command = [tools.driver, "--directory", str(directory), *map(str, arguments)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=10)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def published(self):
        assert self.process.stdout.readline() == "published\n"


class Double:
    """Stands in for the engine and says whatever it is told to; features.ES has two columns."""

    TOPIC = "features.ES"
    SCHEMA = {
        "topic": TOPIC, "kind": "vector", "run": 1, "columns": [{"name": name, "unit": ""} for name in "ab"],
        "dtype": [*map(list, protocol.HEADER.descr), ["values", "<f8", [2]], ["validity", "u1", [8]]],
    }

    def __init__(self, directory):
        self.context = zmq.Context()
        self.feed, self.requests = self.context.socket(zmq.XPUB), self.context.socket(zmq.ROUTER)
        self.feed.bind(f"ipc://{directory}/engine.ipc")
        self.requests.bind(f"ipc://{directory}/engine-snapshot.ipc")
        # The payload of a reply for a frame, by its sequence.
        self.kept = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.destroy(linger=0)

    @staticmethod
    def frame(sequence=0, payload=bytes(24), topic=TOPIC, kind=protocol.VECTOR, version=1, more=0):
        row = np.zeros(1, protocol.HEADER)
        row["topic"], row["version"], row["kind"], row["sequence"], row["run"] = topic, version, kind, sequence, 1
        row["payload_bytes"] = len(payload) + more
        return row.tobytes() + payload

    def reply(self, client, kind, identity, sequence=0, payload=b"", topic=TOPIC):
        head = protocol._REPLY.pack(b"LHRP", 1, kind, identity, sequence, sequence, 1, topic.encode())
        self.requests.send_multipart([client, head, payload])

    def serve(self):
        """Answers what was asked. Returns who asked."""
        client = None
        while self.requests.poll(20):
            client, request = self.requests.recv_multipart()
            _, _, kind, identity, first, last, topic = protocol._REQUEST.unpack(request)
            if kind == protocol.ASK_SCHEMA:
                self.reply(client, protocol.REPLY_SCHEMA, identity, 0, json.dumps(self.SCHEMA).encode())
            elif kind == protocol.ASK_FRAMES:
                for sequence in range(first, last + 1):
                    self.reply(client, protocol.REPLY_FRAME, identity, sequence, self.kept[sequence])
            self.reply(client, protocol.REPLY_END, identity, topic=topic.rstrip(b"\0").decode())
        return client

    def found_by(self, stream):
        """Waits until a subscriber is there and knows the schema. Returns who it is."""
        client = None
        while client is None or stream.schema(self.TOPIC) is None:
            client = self.serve() or client
            expect([event for event in stream.poll(20) if not isinstance(event, NewRun)], [], "events")
        # Topic and heartbeat, each exact and with a dot, and the schemas.
        for _ in range(5):
            assert self.feed.recv()
        return client


def expect(found, wanted, what):
    assert found == wanted, f"{what}: {found}, expected {wanted}"


@check
def rows_equal_what_was_written(tools, directory):
    """All rows, from the first, by one dtype."""
    out = directory / "levels.bin"
    with Driver(tools, directory, "--rows", 3000, "--rate", 0, "--out", out) as driver:
        with Subscriber("levels.ES", directory=directory, start=0) as stream:
            rows = stream.collect("levels.ES", 3000, timeout=10)
            schema = stream.schema("levels.ES")
        driver.published()
        written = out.read_bytes()
    expect(rows.tobytes(), written, "the bytes of 3000 rows")
    expect(schema.dtype.itemsize, 112 + 290 * 8 + 40, "bytes of a row")
    assert (rows["sequence"] == np.arange(3000)).all()
    assert (schema.valid(rows) == ~np.isnan(rows["values"])).all()
    share = np.isnan(rows["values"]).mean()
    assert 0.05 < share < 0.15, share
    expect(schema.value(rows, "pm_high_distance_ticks").shape, (3000,), "a column")


@check
def each_call_goes_on_behind_the_former(tools, directory):
    """Rows that came at once and were not taken yet are the next ones."""
    with Driver(tools, directory, "--rows", 5000, "--rate", 0, "--out", directory / "out") as driver:
        driver.published()
        with Subscriber("levels.ES", directory=directory, start=0) as stream:
            found = [sequence for _ in range(3) for sequence in stream.collect("levels.ES", 1000, timeout=5)["sequence"]]
            found += [frame.row["sequence"] for frame in stream.frames(count=10, timeout=5)]
            found += [next(stream.events(timeout=5)).row["sequence"]]
            found += [event.row["sequence"] for event in stream.poll(5000)]
            found = [int(sequence) for sequence in found]
            assert len(found) > 3011, len(found)
            skips = [pair for pair in zip(found, found[1:]) if pair[1] != pair[0] + 1]
            expect((found[0], skips), (0, []), "the first row, and where the next is not the next")
            expect(stream.missed, [], "missed")


@check
def a_late_one_begins_with_the_newest(tools, directory):
    with Driver(tools, directory, "--rows", 500, "--rate", 0, "--out", directory / "out") as driver:
        driver.published()
        with Subscriber("features", "fills", "status", directory=directory) as stream:
            frames = {}
            for frame in stream.frames(timeout=2):
                frames.setdefault(frame.topic, []).append(frame)
            expect(sorted(frames), ["features.ES", "fills.MES", "status.engine"], "topics")
            for topic in ("features.ES", "fills.MES"):
                expect([int(frame.row["sequence"]) for frame in frames[topic]], [499], topic)
            fill = frames["fills.MES"][0].row["record"]
            schema = stream.schema("fills.MES")
            found = (int(fill["sequence"]), int(fill["side"]), schema.name("side", fill["side"]), int(fill["price"]))
            expect(found, (500, -1, "sell", 20_099), "the fill")
            expect(json.loads(frames["status.engine"][0].text), {"row": 499}, "the text")


@check
def a_late_one_reads_on_in_order(tools, directory):
    with Driver(tools, directory, "--rows", 100_000, "--rate", 2000) as _:
        time.sleep(0.3)
        for _ in range(3):
            with Subscriber("levels.ES", "fills.MES", directory=directory) as stream:
                sequences = {}
                for frame in stream.frames(count=600, timeout=10):
                    sequences.setdefault(frame.topic, []).append(int(frame.row["sequence"]))
                for topic, found in sequences.items():
                    expect(found, list(range(found[0], found[0] + len(found))), topic)
                expect(len(sequences), 2, "topics")


@check
def lost_frames_are_filled_in(tools, directory):
    """A publisher that keeps ten frames for a slow reader drops most; the client asks for them."""
    arguments = ["--rows", 20_000, "--rate", 8000, "--high-water-mark", 10, "--history", 1 << 26]
    with Driver(tools, directory, *arguments) as _:
        with Subscriber("levels.ES", directory=directory, start=0, high_water_mark=10) as stream:
            frames = []
            for frame in stream.frames(timeout=10):
                if len(frames) in (100, 5000):
                    time.sleep(0.5)
                frames.append(int(frame.row["sequence"]))
                if len(frames) == 12_000:
                    break
            expect(stream.missed, [], "missed")
            expect(frames, list(range(12_000)), "rows")
            assert stream.filled > 0, "nothing was lost: nothing was tested"


@check
def who_pauses_in_a_refill_loses_nothing(tools, directory):
    """The publisher ends an answer that nobody takes for five seconds; the client asks for the rest of it."""
    arguments = ["--rows", 12_000, "--rate", 0, "--history", 1 << 26, "--out", directory / "out"]
    with Driver(tools, directory, *arguments) as driver:
        driver.published()
        with Subscriber("levels.ES", directory=directory, start=0, patience=1.0) as stream:
            sequences = []
            for event in stream.events(timeout=2):
                if isinstance(event, Frame):
                    sequences.append(int(event.row["sequence"]))
                    if len(sequences) == 500:
                        time.sleep(6)
            expect(stream.missed, [], "missed")
            expect(len(sequences), 12_000, "rows")
            assert sequences == list(range(12_000))


@check
def patience_counts_from_the_last_answer(tools, directory):
    """The tracker alone, in logical time: what is given up, and what is asked for again."""
    def tick(tracker, now):
        asked = []
        for message, did_send in tracker.tick(now):
            _, _, kind, identity, first, last, _ = protocol._REQUEST.unpack(message)
            did_send()
            if kind == protocol.ASK_FRAMES:
                asked.append((first, last))
                tracker.identity = identity
        return asked

    def reply(tracker, sequence, now):
        head = protocol._REPLY.pack(
            b"LHRP", 1, protocol.REPLY_FRAME, tracker.identity, sequence, sequence, 1, Double.TOPIC.encode())
        tracker.take_reply([head, Double.frame(sequence)], now)

    def missed(tracker):
        return [entry[2:] for entry in tracker.out if entry[0] == "missed"]

    def with_a_gap():
        tracker = Tracker(lambda topic: topic == Double.TOPIC, 0)
        tracker.take(Double.frame(100), 0.0)
        expect(tick(tracker, 0.0), [(0, 99)], "the first request")
        return tracker

    # A reader that takes one answer in nine seconds and asks from the first that is missing, for a minute and more.
    tracker = with_a_gap()
    for sequence in range(8):
        reply(tracker, sequence, sequence * 9.0)
        expect(tick(tracker, sequence * 9.0 + 0.6), [(sequence + 1, 99)], "the next request")
    # One that was away for longer than its patience, with a request on its way, asks again.
    tracker.take(Double.frame(101), 100.0)
    expect((tick(tracker, 100.0), missed(tracker)), ([(8, 99)], []), "the request after a pause")
    # A publisher that was silent could not answer: patience begins when it is heard.
    tracker = with_a_gap()
    for second in range(1, 30):
        expect(tick(tracker, float(second)), [(0, 99)], "requests to a silent one")
    tracker.take(Double.frame(101), 30.0)
    expect((tick(tracker, 30.0), missed(tracker)), ([(0, 99)], []), "when it is heard")
    # One that lives and does not answer is given up.
    for tenth in range(301, 420):
        tracker.take(Double.frame(102), tenth / 10)
        tick(tracker, tenth / 10)
        if tenth in (400, 419):
            expect(missed(tracker), [] if tenth == 400 else [(0, 99)], f"missed at {tenth / 10} s")


@check
def another_run_leaves_nothing_unsaid(tools, directory):
    """The tracker alone: what a run that is over still owed, and a run that is taken up again."""
    def frame(run, sequence):
        data = bytearray(Double.frame(sequence))
        data[96:104] = struct.pack("<Q", run)
        return bytes(data)

    def said(tracker):
        out, tracker.out = tracker.out, []
        return [int.from_bytes(entry[2][40:48], "little") if entry[0] == "frame" else entry[0] + str(entry[-2:])
                if entry[0] == "missed" else f"run {entry[1]}" for entry in out if entry[0] in ("frame", "missed", "run")]

    tracker = Tracker(lambda topic: topic == Double.TOPIC, 0)
    for run, sequence in (1, 0), (1, 1), (1, 5), (1, 6), (2, 0):
        tracker.take(frame(run, sequence), 0.0)
    expect(said(tracker), ["run 1", 0, 1, "missed(2, 4)", 5, 6, "run 2", 0], "another run")
    tracker.take(frame(1, 7), 0.1)
    expect(said(tracker), [], "what was on its way since before")
    tracker.tick(0.2)
    tracker.tick(10.0)
    tracker.take(frame(1, 7), 10.1)
    expect(said(tracker), ["run 1", 7], "the first run goes on")


@check
def a_wait_for_what_cannot_come_ends(tools, directory):
    with Driver(tools, directory, "--rows", 5, "--rate", 0):
        with Subscriber("levels.ES", "features.NQ", directory=directory, start=0) as stream:
            for topic, count in (("features.ES", 1), ("levels.ES", 0)):
                try:
                    stream.collect(topic, count)
                except ValueError as error:
                    assert str(error).startswith(topic if count else "count 0"), error
                else:
                    raise AssertionError(f"collect({topic}, {count}) came back")
            try:
                stream.collect("features.NQ", 1)
            except LookupError as error:
                assert "features.ES" in str(error), error
            else:
                raise AssertionError("a topic that is absent came")


@check
def what_is_gone_is_told(tools, directory):
    arguments = ["--rows", 1000, "--rate", 0, "--history", 2472 * 100, "--out", directory / "out"]
    with Driver(tools, directory, *arguments) as driver:
        driver.published()
        with Subscriber("levels.ES", directory=directory, start=0) as stream:
            rows = stream.collect("levels.ES", 100, timeout=5)
            expect(stream.missed, [Missed("levels.ES", 0, 899)], "missed")
            expect(rows["sequence"].tolist(), list(range(900, 1000)), "rows")


@check
def what_is_no_frame_is_told(tools, directory):
    """Garbage is an event with its reason, and the stream goes on behind it."""
    def told(events):
        return [event.reason if isinstance(event, Garbage) else int(event.row["sequence"]) for event in events]

    heartbeat = {"topic": "heartbeat", "kind": protocol.HEARTBEAT_KIND}
    cases = [
        ("13 bytes, a header has 112", b"features.ES\0\0"),
        ("version 2, not 1", Double.frame(2, version=2)),
        ("features.ES: kind 99", Double.frame(2, kind=99)),
        ("features.ES: 136 bytes, its header says 137", Double.frame(2, more=1)),
        ("topic b'features.ES\\x00\\xff'", Double.frame(2, topic=b"features.ES\0\xff")),
        ("topic b'caf\\xe9.ES'", Double.frame(payload=b"caf\xe9.ES".ljust(32, b"\0") + bytes(8), **heartbeat)),
        ("heartbeat of 41 bytes, not a multiple of 40", Double.frame(payload=bytes(41), **heartbeat)),
        ("features.ES: schema: JSONDecodeError('Expecting value: line 1 column 1 (char 0)')",
         Double.frame(payload=b"no", topic="schema.features.ES", kind=protocol.SCHEMA_KIND)),
    ]
    with Double(directory) as engine, Subscriber("features.ES", directory=directory, start=0) as stream:
        client = engine.found_by(stream)
        for message in [Double.frame(0), Double.frame(1, bytes(16)), *[message for _, message in cases]]:
            engine.feed.send(message)
        wanted = [0, "frame 1 of features.ES: 128 bytes, its schema says 136", *[reason for reason, _ in cases]]
        # A schema comes before all else.
        expect(sorted(told(stream.events(timeout=0.3)), key=str), sorted(wanted, key=str), "what the feed brings")
        engine.requests.send_multipart([client, b"LHRP", b""])
        engine.kept = {2: Double.frame(2), 3: Double.frame(3, version=7), 4: Double.frame(9), 5: Double.frame(5, kind=4)}
        engine.feed.send(Double.frame(6))
        events = []
        while len(events) < 6:
            engine.serve()
            events += stream.poll(20)
        expect(told(events), [
            "reply of 4 bytes, not 72", 2, "reply for 3 of features.ES: version 7, not 1",
            "reply for 4 of features.ES: frame 9 of features.ES",
            "frame 5 of features.ES: kind order, its schema says vector", 6,
        ], "what replies bring")
        assert all(isinstance(event, (Frame, Garbage)) for event in events)
        expect(stream.missed, [], "missed")


@check
def a_topic_that_nobody_has_is_refused(tools, directory):
    def refused(*topics, **options):
        try:
            Subscriber(*topics, directory=directory, **options).close()
        except ValueError as error:
            return str(error)
        return None

    expected = "one of features, levels, strikes, signals, alone or as in features.ES, status.engine or *"
    expect(refused(), "no topics; expected names such as features.ES, kinds such as features, or *", "no topics")
    expect(refused("orders.MES", tcp="127.0.0.1:7000"),
        f"orders.MES: not the engine's, which alone publishes by tcp; expected {expected}", "another's by tcp")
    assert refused("features.ES", "status.risk", tcp="127.0.0.1:7000").startswith("status.risk: not the engine's")
    for topic in ("feature.ES", "status.desk", "", "features.\u00e9"):
        assert refused(topic).startswith(f"{topic}: no such topic; expected one of features, levels, "), topic
    for topic in ("features.ES", "status", "*"):
        expect(refused(topic, tcp="127.0.0.1:7000"), None, topic)


@check
def a_topic_that_is_not_there_is_told(tools, directory):
    there = ("features.ES", "levels.ES", "status.engine", "strikes.ES")
    with Driver(tools, directory, "--rows", 5, "--rate", 0):
        topics = ["features.NQ", "signals", "features.ES", "orders"]
        with Subscriber(*topics, directory=directory, start=0) as stream:
            events = [event for event in stream.events(timeout=1.5) if not isinstance(event, (Frame, NewRun))]
            wanted = [
                Absent("engine", "features.NQ", there), Absent("engine", "signals", there),
                Absent("execution", "orders", ("fills.MES",)),
            ]
            expect(sorted(events, key=str), sorted(wanted, key=str), "events")
            expect(stream.absent, events, "absent")
        with Subscriber("*", "levels", directory=directory, start=0) as stream:
            assert len(list(stream.frames(timeout=1.5))) == 25
            expect(stream.absent, [], "absent of all")
        example = Path(__file__).resolve().parents[1] / "examples" / "plot_level.py"
        command = [sys.executable, str(example), "--directory", str(directory), "--root", "NQ", "--out", str(directory / "no.png")]
        environment = {"PYTHONPATH": str(example.parents[1]), "PATH": "/usr/bin:/bin", "MPLBACKEND": "Agg"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20)
        expect(done.stderr, f"no levels.NQ; the engine has {', '.join(there)}\n", "what the example says")


@check
def a_restart_is_followed(tools, directory):
    """Rows that are made again come once; rows that are not are told; another run begins anew."""
    with Subscriber("levels.ES", directory=directory, start=0, silence=0.7) as stream:
        with Driver(tools, directory, "--rows", 50, "--rate", 0) as driver:
            expect(len(stream.collect("levels.ES", 50, timeout=10)), 50, "rows")
            driver.kill()
            events = list(stream.events(timeout=1.5))
            expect(events, [Silent("engine", True)], "events of a dead publisher")
        with Driver(tools, directory, "--first", 30, "--rows", 40, "--rate", 0):
            rows = stream.collect("levels.ES", 20, timeout=10)
            expect(rows["sequence"].tolist(), list(range(50, 70)), "rows after a restart")
        expect(stream.missed, [], "missed")
        with Driver(tools, directory, "--first", 80, "--rows", 1, "--rate", 0):
            expect(stream.collect("levels.ES", 1, timeout=10)["sequence"].tolist(), [80], "rows after a loss")
        expect(stream.missed, [Missed("levels.ES", 70, 79)], "missed")
        with Driver(tools, directory, "--run-identity", 2, "--rows", 5, "--rate", 0):
            seen = []
            for event in stream.events(timeout=3):
                if isinstance(event, NewRun):
                    expect(event, NewRun("engine", 2), "run")
                elif not isinstance(event, Silent):
                    seen.append(int(event.row["sequence"]))
            expect(seen, list(range(5)), "rows of another run")


@check
def a_conflating_reader_gets_the_newest(tools, directory):
    with Driver(tools, directory, "--rows", 20_000, "--rate", 5000) as _:
        with Subscriber("levels.ES", directory=directory, conflate=True) as stream:
            last = -1
            for _ in range(20):
                time.sleep(0.05)
                for event in stream.poll(1000):
                    if hasattr(event, "row"):
                        sequence = int(event.row["sequence"])
                        assert sequence > last
                        last = sequence
            assert last > 2000, last
            tracker = stream._sources[0].tracker
            assert tracker.skipped > 1000, tracker.skipped


@check
def a_first_frame_that_was_lost_is_missed(tools, directory):
    """The tracker alone: the topic has no frame, or one that is not kept any more, when its reader comes."""
    def asked(tracker, now):
        for message, did_send in tracker.tick(now):
            did_send()
            _, _, kind, identity, first, last, _ = protocol._REQUEST.unpack(message)
            yield kind, identity, (first, last)

    for first in 0, 5:
        for conflate in False, True:
            tracker = Tracker(lambda topic: topic == Double.TOPIC, None, conflate=conflate)
            for kind, identity, _ in asked(tracker, 0.0):
                for answer in [protocol.REPLY_SCHEMA] * (kind == protocol.ASK_SCHEMA) + [protocol.REPLY_END]:
                    head = protocol._REPLY.pack(b"LHRP", 1, answer, identity, first, 0, 1, Double.TOPIC.encode())
                    tracker.take_reply([head, b""], 0.0)
            heartbeat = Double.frame(
                0, Double.TOPIC.encode().ljust(32, b"\0") + struct.pack("<Q", first + 1), "heartbeat",
                protocol.HEARTBEAT_KIND)
            tracker.take(heartbeat, 0.1)
            wanted = (protocol.ASK_SNAPSHOT, (0, 0)) if conflate else (protocol.ASK_FRAMES, (first, first))
            expect([(kind, span) for kind, _, span in asked(tracker, 0.1)], [wanted], f"asked, conflate={conflate}")
            tracker.take(heartbeat, 0.2)
            expect(list(asked(tracker, 0.2)), [], "asked twice")


@check
def the_program_prints_the_same(tools, directory):
    """levelhead subscribe, over a publisher's restart."""
    command = [
        tools.levelhead, "subscribe", "levels.ES", "--endpoint", str(directory), "--from", "0", "--format", "jsonl",
        "--columns", "pm_high_distance_*", "or_low_delta_*", "--count", "65",
    ]
    out = directory / "out.jsonl"
    printer = subprocess.Popen(command, stdout=out.open("w"), stderr=subprocess.PIPE, text=True)
    with Subscriber("levels.ES", directory=directory, start=0) as stream:
        with Driver(tools, directory, "--rows", 40, "--rate", 0):
            first = stream.collect("levels.ES", 40, timeout=10)
            end = time.monotonic() + 20
            while len(out.read_text().splitlines()) < 40 and time.monotonic() < end:
                time.sleep(0.05)
        with Driver(tools, directory, "--first", 45, "--rows", 25, "--rate", 0):
            second = stream.collect("levels.ES", 25, timeout=10)
            _, errors = printer.communicate(timeout=20)
        expect(printer.returncode, 0, f"exit status ({errors})")
        schema = stream.schema("levels.ES")
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        missed = [line["missed"] for line in lines if "missed" in line]
        expect(missed, [{"topic": "levels.ES", "first": 40, "last": 44}], "missed")
        assert "levels.ES: missed 40 to 44" in errors, errors
        rows = [line for line in lines if "missed" not in line]
        expect(len(rows), 65, "lines")
        for row, line in zip(np.concatenate([first, second]), rows):
            expect((line["sequence"], line["ts_event"]), (int(row["sequence"]), int(row["ts_event"])), "stamps")
            for name, value in line["values"].items():
                wanted = float(schema.value(row, name))
                assert (value is None and np.isnan(wanted)) or value == wanted, (name, value, wanted)
            assert len(line["values"]) > 3


def strikes(row):
    """The table that the driver publishes as this row, as plain numbers; None for NaN."""
    return [
        (4000 + 5.0 * number, number % 3, *((row, number, row / 8, number / 8, row - 1e6 * number) if number % 4 else [None] * 5),
         row + 1, -number)
        for number in range(row % 40) if number % 3
    ]


@check
def tables_are_read_row_by_row(tools, directory):
    """A frame has as many rows as strikes; several are one array, in which each row bears the stamps of its frame."""
    def plain(table, columns):
        return [tuple(None if np.isnan(row[name]) else row[name].item() for name in columns) for row in table]

    with Driver(tools, directory, "--rows", 100, "--rate", 0, "--out", directory / "out") as driver:
        driver.published()
        with Subscriber("strikes.ES", directory=directory, start=0) as stream:
            frames = list(stream.frames(count=60, timeout=10))
            schema = stream.schema("strikes.ES")
            expect((schema.kind, schema.dtype.itemsize, schema.row_dtype.itemsize), ("strikes", 112, 72), "schema")
            for number, frame in enumerate(frames):
                expect(int(frame.row["sequence"]), number, "sequence")
                expect(plain(frame.table, schema.columns), strikes(number), f"rows of {number}")
                expect(int(frame.row["columns"]), len(frame.table), "rows by the header")
            rows = stream.collect("strikes.ES", 40, timeout=10)
            expect(len(rows), sum(len(strikes(number)) for number in range(60, 100)), "rows of 40 tables")
            for number in range(60, 100):
                part = rows[rows["sequence"] == number]
                expect(plain(part, schema.columns), strikes(number), f"collected rows of {number}")
                assert (part["ring_sequence"] == 2 * number).all() and (part["quality"] == number % 8).all()
            assert (schema.value(rows, "strike_points") == rows["strike_points"]).all()
            expect(stream.missed, [], "missed")
            bad = frames[59].data[:36] + b"\x0f" + frames[59].data[37:]
            try:
                schema.check(bad)
                raise AssertionError("a table whose header says another number of rows was taken")
            except protocol.BadBytes as error:
                expect(str(error), f"{len(bad)} bytes, its schema says 112 and 15 rows of 72", "why")


@check
def the_program_prints_tables(tools, directory):
    """levelhead subscribe strikes.ES in its three formats, and with patterns."""
    with Driver(tools, directory, "--rows", 100, "--rate", 0, "--out", directory / "out") as driver:
        driver.published()

        def printed(*arguments):
            command = [tools.levelhead, "subscribe", "strikes.ES", "--endpoint", str(directory), "--from", "0", *arguments]
            done = subprocess.run(command, capture_output=True, text=True, timeout=30)
            expect(done.returncode, 0, done.stderr)
            return done.stdout.splitlines()

        lines = [json.loads(line) for line in printed("--format", "jsonl", "--count", "90")]
        columns = list(lines[0]["values"])
        for number, line in enumerate(lines):
            expect((line["topic"], line["sequence"], line["ring_sequence"]), ("strikes.ES", number, 2 * number), "stamps")
            expect([tuple(row) for row in zip(*line["values"].values())], strikes(number), f"values of {number}")
        wanted = [(number, *row) for number in range(90) for row in strikes(number)]
        head, *lines = printed("--format", "csv", "--count", "90")
        expect(head.split(",")[7:], columns, "the CSV's columns")
        found = [line.split(",") for line in lines]
        found = [(int(line[1]), *(float(text) if text else None for text in line[7:])) for line in found]
        expect(found, wanted, "the CSV's rows")
        head, *lines = printed("--format", "table", "--count", "40", "--columns", "strike_points", "put_*interest_c*")
        expect(head.split()[-2:], ["strike_points", "put_open_interest_contracts"], "the table's columns")
        lines = [line.split()[2:] for line in lines if line.split()[0] != "UTC"]
        found = [(int(line[0]), *map(float, line[1:])) for line in lines]
        wanted = [(number, row[0], *([] if row[3] is None else [row[3]])) for number in range(40) for row in strikes(number)]
        expect(found, wanted, "the table's rows")


@check
def a_level_is_drawn(tools, directory):
    example = Path(__file__).resolve().parents[1] / "examples" / "plot_level.py"
    picture = directory / "level.png"
    with Driver(tools, directory, "--rows", 100_000, "--rate", 2000):
        command = [
            sys.executable, str(example), "--directory", str(directory), "--frames", "200", "--timeout", "20",
            "--out", str(picture),
        ]
        environment = {"PYTHONPATH": str(example.parents[1]), "PATH": "/usr/bin:/bin", "MPLBACKEND": "Agg"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    expect(done.returncode, 0, done.stderr)
    assert picture.read_bytes().startswith(b"\x89PNG"), "a picture"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--levelhead", required=True)
    parser.add_argument("--only", help="the check of this name")
    tools = parser.parse_args()
    failed = 0
    for function in CHECKS:
        if tools.only not in (None, function.__name__):
            continue
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="lh-") as scratch:
            try:
                function(tools, Path(scratch))
                print(f"ok    {function.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAIL  {function.__name__}: {str(error)[:2000]}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
