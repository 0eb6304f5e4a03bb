#!/usr/bin/env python3
"""The Python client against a publisher written in Swift: its frames are those that were published, to the byte.

    check_streams.py --driver .build/debug/StreamDriver --levelhead .build/debug/levelhead
"""

import argparse
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import warnings
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
    """Stands in for the engine and says whatever it is told to; features.ES has two columns, status is text."""

    TOPIC = "features.ES"

    @staticmethod
    def schema(topic=TOPIC, run=1, columns="ab"):
        dtype = [*map(list, protocol.HEADER.descr), ["values", "<f8", [len(columns)]], ["validity", "u1", [8]]]
        is_text = topic.startswith("status")
        return json.dumps({
            "topic": topic, "kind": "text" if is_text else "vector", "run": run,
            "columns": [] if is_text else [{"name": name, "unit": ""} for name in columns],
            "dtype": dtype[: len(protocol.HEADER.descr)] if is_text else dtype,
        }).encode()

    def __init__(self, directory, topics=(TOPIC,)):
        self.topics = topics
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
    def frame(sequence=0, payload=bytes(24), topic=TOPIC, kind=protocol.VECTOR, version=1, more=0, run=1):
        row = np.zeros(1, protocol.HEADER)
        row["topic"], row["version"], row["kind"], row["sequence"], row["run"] = topic, version, kind, sequence, run
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
                for name in self.topics:
                    self.reply(client, protocol.REPLY_SCHEMA, identity, 0, self.schema(name), name)
            elif kind == protocol.ASK_FRAMES:
                for sequence in range(first, last + 1):
                    self.reply(client, protocol.REPLY_FRAME, identity, sequence, self.kept[sequence])
            self.reply(client, protocol.REPLY_END, identity, topic=topic.rstrip(b"\0").decode())
        return client

    def found_by(self, stream):
        """Waits until a subscriber is there and knows the schema. Returns who it is."""
        client = None
        while client is None or any(stream.schema(topic) is None for topic in self.topics):
            client = self.serve() or client
            expect([event for event in stream.poll(20) if not isinstance(event, NewRun)], [], "events")
        # Topics and heartbeat, each exact and with a dot, and the schemas.
        for _ in range(2 * len(self.topics) + 3):
            assert self.feed.recv()
        return client


def expect(found, wanted, what):
    assert found == wanted, f"{what}: {found}, expected {wanted}"


def refusal(function, *arguments, **options):
    """The error that a call ends with, as its type and text; None when it comes back."""
    try:
        function(*arguments, **options)
    except Exception as error:
        return type(error), str(error)
    return None


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
    # The first run answers what is asked of the second: that is no sign of the second's life.
    for second in range(1, 10):
        tracker.tick(float(second))
        head = protocol._REPLY.pack(b"LHRP", 1, protocol.REPLY_FRAME, 0, 7, 7, 1, Double.TOPIC.encode())
        tracker.take_reply([head, frame(1, 7)], float(second))
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
def a_kind_of_topics_is_not_collected(tools, directory):
    """A kind is refused with a name that is meant, and a topic of it that is not there with those that are."""
    with Driver(tools, directory, "--rows", 5, "--rate", 0):
        with Subscriber("features", "status", directory=directory, start=0) as stream:
            for kind, name in (("features", "features.ES"), ("status", "status.engine")):
                words = f"{kind}: a kind of topics; expected the name of one, such as {name}"
                expect(refusal(stream.collect, kind, 1, timeout=1), (ValueError, words), kind)
            expect(len(stream.collect("features.ES", 5, timeout=5)), 5, "rows of a topic of the kind")
            error, words = refusal(stream.collect, "features.NQ", 1, timeout=60)
            assert error is LookupError and words.startswith("no features.NQ; the engine has features.ES, "), words
            expect(stream.collect("status.engine", 1, timeout=0.1), [], "another's silence")


@check
def the_timeout_is_of_the_topic_that_is_collected(tools, directory):
    """Frames of other topics and garbage do not begin it anew."""
    topics = ("features.ES", "features.NQ")
    with Double(directory, topics) as engine, Subscriber("features", directory=directory, start=0) as stream:
        engine.topics = topics[:1]
        client = engine.serve()
        while client is None or stream.schema(topics[0]) is None:
            client = engine.serve() or client
            stream.poll(20)
        for number in range(3):
            engine.feed.send(Double.frame(number))
        ended = threading.Event()

        def publish():
            number = 0
            while not ended.wait(0.02):
                engine.feed.send(Double.frame(version=2))
                engine.feed.send(schema_frame(topics[1], 1))
                engine.feed.send(Double.frame(number, topic=topics[1]))
                number += 1
        thread = threading.Thread(target=publish)
        thread.start()
        start = time.monotonic()
        try:
            threading.Timer(5, ended.set).start()
            rows = stream.collect(topics[0], 10, timeout=0.7)
            seconds = time.monotonic() - start
            expect(rows["sequence"].tolist(), [0, 1, 2], "rows")
            assert 0.6 < seconds < 2.5, seconds
            expect(len(stream.collect(topics[1], 5, timeout=2)), 5, "rows of the other topic")
        finally:
            ended.set()
            thread.join()


def schema_frame(topic, run, columns="ab"):
    return Double.frame(0, Double.schema(topic, run, columns), f"schema.{topic}", protocol.SCHEMA_KIND, run=run)


@check
def who_is_interrupted_loses_nothing(tools, directory):
    """Ctrl-C again and again while rows are collected: the last call has all of them."""
    count = 8_000
    # It may be ignored, where this runs in the background.
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    with Driver(tools, directory, "--rows", count, "--rate", 4_000, "--history", 1 << 26):
        with Subscriber("levels.ES", "features.ES", directory=directory, start=0) as stream:
            rows, interrupts = None, 0
            while rows is None and interrupts < 100:
                timer = threading.Timer(0.001 * (interrupts % 37), os.kill, (os.getpid(), signal.SIGINT))
                try:
                    timer.start()
                    rows = stream.collect("levels.ES", count, timeout=20)
                    timer.cancel()
                except KeyboardInterrupt:
                    interrupts += 1
            rows = stream.collect("levels.ES", count, timeout=20) if rows is None else rows
            expect((len(rows), stream.missed), (count, []), "rows, and missed")
            assert (rows["sequence"] == np.arange(count)).all()
            assert interrupts > 20, interrupts
        assert signal.signal(signal.SIGINT, former) is signal.default_int_handler


@check
def what_is_collected_is_of_one_run(tools, directory):
    """A call ends where another run begins, and the next one begins there."""
    with Subscriber("levels.ES", directory=directory, start=0, silence=0.7) as stream:
        with Driver(tools, directory, "--run-identity", 1, "--rows", 30, "--rate", 0) as driver:
            expect(len(stream.collect("levels.ES", 10, timeout=10)), 10, "rows")
            while stream._sources[0].tracker.tracks["levels.ES"].next < 30:
                stream._gather(50)
            driver.kill()
        with Driver(tools, directory, "--run-identity", 2, "--rows", 40, "--rate", 0):
            start = time.monotonic()
            former = stream.collect("levels.ES", 60, timeout=30)
            assert time.monotonic() - start < 20
            rows = stream.collect("levels.ES", 40, timeout=10)
            expect(former["sequence"].tolist(), list(range(10, 30)), "rows of the former run")
            expect(rows["sequence"].tolist(), list(range(40)), "rows of the run behind it")
            expect((set(former["run"].tolist()), set(rows["run"].tolist())), ({1}, {2}), "runs")
            expect(stream.missed, [], "missed")


@check
def frames_are_read_as_their_run_says(tools, directory):
    """Two runs whose topic has other columns, at once; and one that never said which."""
    with Double(directory) as engine, Subscriber("features.ES", directory=directory, start=0) as stream:
        engine.found_by(stream)
        for number in range(3):
            engine.feed.send(Double.frame(number))
        for number in range(2):
            engine.feed.send(Double.frame(number, run=2))
        engine.feed.send(schema_frame(Double.TOPIC, 3, "abc"))
        for number in range(4):
            engine.feed.send(Double.frame(number, bytes(32), run=3))
        time.sleep(0.3)
        expect(stream.collect(Double.TOPIC, 9, timeout=5)["values"].shape, (3, 2), "rows of the first run")
        expect(stream.collect(Double.TOPIC, 4, timeout=5)["values"].shape, (4, 3), "rows of the third run")
        expect(stream.missed, [Missed(Double.TOPIC, 0, 1)], "missed, of the run that did not say")


@check
def text_is_collected_as_objects(tools, directory):
    with Driver(tools, directory, "--rows", 20, "--rate", 0):
        with Subscriber("status", "strikes.ES", directory=directory, start=0) as stream:
            expect(stream.collect("status.engine", 15, timeout=5), [{"row": number} for number in range(15)], "objects")
            expect(stream.collect("status.engine", 9, timeout=1), [{"row": number} for number in range(15, 20)], "the rest")
    topic = "status.engine"
    with Double(directory, (topic,)) as engine, Subscriber(topic, directory=directory, start=0) as stream:
        engine.found_by(stream)
        for number, text in enumerate((b'{"a": 1}', b"[1]", b"{", b"\xff", b'{"a": 2}')):
            engine.feed.send(Double.frame(number, text, topic, protocol.TEXT))
        told = [event.reason if isinstance(event, Garbage) else event.text for event in stream.events(timeout=0.5)]
        wanted = [f"frame {number} of {topic}: text that is {fault}" for number, fault in (
            (1, "no JSON object"), (2, "no JSON object"), (3, "not UTF-8"))]
        expect(told, ['{"a": 1}', *wanted, '{"a": 2}'], "what is no object is told")


@check
def what_cannot_be_meant_is_refused(tools, directory):
    """By its name, what it was and what is expected, before anything connects."""
    key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
    cases = [
        (dict(start=-1), ValueError, "start -1: expected a sequence, 0 or more, or None"),
        (dict(start=2**64 - 1), ValueError, f"start {2**64 - 1}: expected a sequence"),
        (dict(start=1.5), TypeError, "start 1.5: expected a sequence, 0 or more, or None"),
        (dict(start="0"), TypeError, "start '0': expected a sequence, 0 or more, or None"),
        (dict(start=True), TypeError, "start True: expected a sequence"),
        (dict(high_water_mark=-1), ValueError, "high_water_mark -1: expected a number of messages, 0 for any"),
        *[(dict(tcp=tcp), ValueError, f"tcp {tcp!r}: expected host:port, such as 127.0.0.1:7000, with a port of 1 to 65534")
          for tcp in ("7999", "127.0.0.1", "127.0.0.1:", ":7000", "127.0.0.1:70000", "127.0.0.1:65535", "127.0.0.1:0",
                      "127.0.0.1:-1", "127.0.0.1:x", "tcp://127.0.0.1:7000", "", "a b:7000", "127.0.0.1:7_0")],
        (dict(tcp=7999), TypeError, "tcp 7999: expected host:port"),
        (dict(server_key=key), ValueError, "server_key is for tcp; expected both, or neither"),
        (dict(server_key="streams.pub", tcp="127.0.0.1:7000"), ValueError,
         "server_key of 11 characters: expected the 40 (Z85) in streams.pub, not its path"),
        (dict(server_key=key[:-1] + "~", tcp="127.0.0.1:7000"), ValueError, "server_key: expected characters of Z85"),
        (dict(server_key=key.encode(), tcp="127.0.0.1:7000"), TypeError, "server_key of type bytes: expected the text"),
        (dict(state_dir=5), TypeError, "state_dir 5: expected a path"),
        (dict(state_dir=""), ValueError, "state_dir '': expected a path"),
        (dict(directory=b"/tmp"), TypeError, "directory b'/tmp': expected a path"),
        (dict(directory="/" + "x" * 90), ValueError,
         f"/{'x' * 90}/engine-snapshot.ipc: 111 bytes, expected at most 107"),
    ]
    for options, kind, words in cases:
        found = refusal(Subscriber, "features.ES", **options)
        assert found is not None and found[0] is kind and found[1].startswith(words), (options, found)
    for topics in ((5,), (["features.ES"],), (("features.ES", "levels.ES"),), (b"features.ES",)):
        wanted = f'topic {topics[0]!r}: expected names one by one, as in Subscriber("features.ES", "levels.ES")'
        for options in ({}, {"conflate": True}):
            expect(refusal(Subscriber, *topics, **options), (TypeError, wanted), f"topics {topics}")
    with Subscriber("features.ES", directory=directory, start=np.uint64(5)) as stream:
        for call, words in (
            (lambda: stream.collect("features.ES", "5"), "count '5': expected 1 or more"),
            (lambda: stream.collect("features.ES", None), "count None: expected 1 or more"),
            (lambda: stream.collect(5, 5), "topic 5: expected a name, such as features.ES"),
            (lambda: stream.collect("features.ES", 5, timeout="1"), "timeout '1': expected seconds, 0 or more, or None"),
            (lambda: stream.frames(1.0), "count 1.0: expected 1 or more"),
            (lambda: stream.events(timeout=True), "timeout True: expected seconds, 0 or more, or None"),
        ):
            expect(refusal(call), (TypeError, words), words)
        expect(refusal(stream.frames, 0), (ValueError, "count 0: expected 1 or more"), "no frames")
        words = "timeout -1: expected seconds, 0 or more, or None"
        expect(refusal(stream.events, -1), (ValueError, words), "a timeout in the past")
    former = os.environ.get("HOME")
    try:
        os.environ["HOME"] = str(directory)
        (directory / "x" / "sockets").mkdir(parents=True)
        with Driver(tools, directory / "x" / "sockets", "--rows", 5, "--rate", 0):
            with Subscriber("features.ES", state_dir="~/x", start=0) as stream:
                expect(len(stream.collect("features.ES", 5, timeout=5)), 5, "rows by a home directory")
    finally:
        if former is None:
            del os.environ["HOME"]
        else:
            os.environ["HOME"] = former


@check
def where_nothing_is_heard_is_said(tools, directory):
    """At once when there is no directory of sockets, else after the time of silence; and the wait goes on."""
    there = directory / "sockets"
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")

        def words():
            return [str(warning.message) for warning in said]

        with Subscriber("features.ES", state_dir=directory, start=0, silence=0.5) as stream:
            missing = f"{there}: no such directory"
            expect(words(), [f"{missing}; waiting for it"], "said at once")
            silent = next(stream.events())
            expect((silent, silent.reason), (Silent("engine", True), missing), "the event")
            there.mkdir()
            with Driver(tools, there, "--rows", 5, "--rate", 0):
                expect(len(stream.collect("features.ES", 5, timeout=10)), 5, "rows of one that came late")
            said.clear()
            expect(list(stream.events(timeout=1.5))[-1], Silent("engine", True), "one that was heard and is no more")
            expect(words(), [], "said of one that was heard")
        for path in there.glob("*"):
            path.unlink()
        with Subscriber("features.ES", "orders", directory=there, silence=0.3) as stream:
            expect(words(), [], "said at once of a directory that is there")
            expect(stream.collect("features.ES", 1, timeout=0.8), None, "rows")
            wanted = [f"{there}/{name}.ipc: no such socket; waiting for it" for name in ("engine", "execution")]
            expect(sorted(words()), wanted, "said after the time of silence")
        said.clear()
        with Subscriber("features.ES", tcp="127.0.0.1:9", silence=0.3) as stream:
            reason = next(stream.events()).reason
            expect(reason, "tcp://127.0.0.1:9: nothing is heard there without a server_key", "by tcp")
            expect(words(), [f"{reason}; waiting for it"], "said by tcp")


@check
def a_subscriber_belongs_to_its_thread(tools, directory):
    """Another one is refused whatever it calls, and the owner reads on."""
    with Driver(tools, directory, "--rows", 500, "--rate", 0, "--out", directory / "out") as driver:
        driver.published()
        with Subscriber("levels.ES", directory=directory, start=0) as stream:
            rows, found = [stream.collect("levels.ES", 100, timeout=5)], []
            calls = [
                lambda: stream.collect("levels.ES", 100), lambda: list(stream.events(timeout=1)),
                lambda: list(stream.frames(timeout=1)), stream.poll, stream.close]

            def use():
                found.extend(refusal(call) for call in calls)
            for _ in range(2):
                thread = threading.Thread(target=use, name="another")
                thread.start()
                rows.append(stream.collect("levels.ES", 200, timeout=5))
                thread.join()
            words = ("a Subscriber belongs to the thread that made it, MainThread, and this is another; "
                     "expected one of its own for each")
            expect(found, [(RuntimeError, words)] * 10, "calls of another thread")
            expect(np.concatenate(rows)["sequence"].tolist(), list(range(500)), "rows")


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
def the_sockets_do_as_is_written(tools, directory):
    """docs/streams.md for who has no client, byte by byte: what is malformed, what takes another's place, what is next."""
    with Driver(tools, directory, "--rows", 4000, "--rate", 0, "--history", 1 << 26, "--out", directory / "out") as driver:
        driver.published()
        context = zmq.Context()
        asks, feed = context.socket(zmq.DEALER), context.socket(zmq.SUB)
        feed.setsockopt(zmq.SUBSCRIBE, protocol.HEARTBEAT.encode() + b"\0")
        asks.connect(f"ipc://{directory}/engine-snapshot.ipc")
        feed.connect(f"ipc://{directory}/engine.ipc")

        def answers(*requests):
            """By kind and id how many came, and the newest, until nothing more comes."""
            for request in requests:
                asks.send(request)
            found, newest = {}, None
            while asks.poll(700):
                newest = protocol.Reply.read(asks.recv_multipart()[0])
                place = (newest.kind, newest.identity)
                found[place] = found.get(place, 0) + 1
            return found, newest
        try:
            ask = protocol.request
            found, _ = answers(ask(protocol.ASK_FRAMES, 5, "", 0, 9))
            expect(found, {(protocol.REPLY_MALFORMED, 0): 1}, "frames of an empty topic")
            found, newest = answers(ask(protocol.ASK_SCHEMA, 6, "levels.ES"))
            expect(found, {(protocol.REPLY_SCHEMA, 6): 1, (protocol.REPLY_END, 6): 1}, "a schema")
            expect(newest.first, 4000, "the next sequence at the end")
            asks.send(ask(protocol.ASK_SCHEMA, 7, "levels.ES"))
            expect(protocol.Reply.read(asks.recv_multipart()[0]).first, 4000, "the next sequence with a schema")
            asks.recv_multipart()
            found, newest = answers(
                ask(protocol.ASK_FRAMES, 8, "levels.ES", 0, 3999), ask(protocol.ASK_FRAMES, 9, "levels.ES", 10, 19))
            assert found.pop((protocol.REPLY_FRAME, 8), 0) < 4000
            expect(found, {(protocol.REPLY_FRAME, 9): 10, (protocol.REPLY_END, 9): 1}, "a request behind another")
            expect(newest.first, 4000, "the next sequence at its end")
            beats = [int(protocol.header(feed.recv())["sequence"]) for _ in range(3)]
            expect(beats, list(range(beats[0], beats[0] + 3)), "sequences of heartbeats")
        finally:
            context.destroy(linger=0)


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
            assert stream.skipped > 1000, stream.skipped


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
def a_heartbeat_tells_of_the_feed(tools, directory):
    """Its quality, when those of its flags change that are not of a row alone."""
    tracker = Tracker(lambda topic: True, None)
    for quality in (0, 2 | 8, 2 | 256, 2 | 256, 8):
        beat = bytearray(Double.frame(0, b"", "heartbeat", protocol.HEARTBEAT_KIND))
        beat[38:40] = struct.pack("<H", quality)
        tracker.take(bytes(beat), 0.1)
    expect([entry for entry in tracker.out if entry[0] == "feed"], [("feed", ("stale",)), ("feed", ("stale", "warming")), ("feed", ())],
           "told of the feed")


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
                assert (part["run"] == frames[0].row["run"]).all()
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
