"""Reads streams over ZeroMQ."""

import os
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import zmq

from . import protocol
from .tracker import Tracker

# Who publishes which families; each also publishes status.NAME.
PUBLISHERS = {
    "engine": ("features", "levels", "strikes", "signals"),
    "risk": ("verdicts",),
    "execution": ("orders", "fills"),
}


@dataclass(frozen=True)
class Frame:
    topic: str
    # One row of the topic's dtype: of a table its header; None for a topic of text.
    row: np.void | None
    data: bytes
    # The rows of a table, else None.
    table: np.ndarray | None = field(default=None, compare=False)

    @property
    def text(self):
        return self.data[protocol.HEADER.itemsize :].decode("utf-8")


@dataclass(frozen=True)
class Missed:
    """Frames first to last, both included, are lost for good."""

    topic: str
    first: int
    last: int


@dataclass(frozen=True)
class NewRun:
    """The publisher was found, or is another run: its sequences begin at 0."""

    publisher: str
    run: int


@dataclass(frozen=True)
class Silent:
    """Nothing was heard of the publisher for a while; False when it is heard again."""

    publisher: str
    is_silent: bool


@dataclass(frozen=True)
class Garbage:
    """What came is not what Levelhead publishes, for this reason. It is passed over."""

    publisher: str
    reason: str


@dataclass(frozen=True)
class Absent:
    """The publisher has no such topic, or none of a kind; `topics` are those that it has."""

    publisher: str
    topic: str
    topics: tuple


def _matches(filter_text, topic):
    return filter_text == "*" or topic == filter_text or topic.startswith(filter_text + ".")


def _check_count(count):
    if count is not None and count < 1:
        raise ValueError(f"count {count}: expected 1 or more")


def _publishers(filter_text):
    family, _, rest = filter_text.partition(".")
    if filter_text == "*":
        return list(PUBLISHERS)
    if family == "status":
        return [name for name in PUBLISHERS if rest in ("", name)]
    return [name for name, families in PUBLISHERS.items() if family in families]


def _wanted(topics, only_engine):
    """The filters for each publisher. ValueError for what no publisher could have."""
    if not topics:
        raise ValueError("no topics; expected names such as features.ES, kinds such as features, or *")
    wanted = {}
    for topic in topics:
        names = _publishers(topic) if topic == "*" or protocol.is_name(topic) else []
        if not names:
            kinds = ", ".join(family for families in PUBLISHERS.values() for family in families)
            raise ValueError(
                f"{topic}: no such topic; expected one of {kinds}, alone or as in features.ES, status, "
                f"status.{', status.'.join(PUBLISHERS)} or *")
        if only_engine:
            names = [name for name in names if name == "engine"]
            if not names:
                kinds = ", ".join(PUBLISHERS["engine"])
                raise ValueError(
                    f"{topic}: not the engine's, which alone publishes by tcp; expected one of {kinds}, alone or as in "
                    "features.ES, status.engine or *")
        for name in names:
            wanted.setdefault(name, []).append(topic)
    return wanted


def _prefixes(filter_text):
    """ZeroMQ's prefixes for a filter: the topic itself, padded with zeros, or what follows a dot."""
    return [b""] if filter_text == "*" else [filter_text.encode() + b"\0", filter_text.encode() + b"."]


class _Place:
    """Where publishers are: the sockets of a state directory, or an engine's TCP port and the next one."""

    def __init__(self, directory=None, tcp=None, server_key=None):
        self.directory, self.tcp, self.server_key = directory, tcp, server_key
        if server_key is not None:
            # The publisher asks for no name: any pair of keys will do on this side.
            self.keys = zmq.curve_keypair()

    def addresses(self, name):
        if self.tcp is None:
            return f"ipc://{self.directory}/{name}.ipc", f"ipc://{self.directory}/{name}-snapshot.ipc"
        host, _, port = self.tcp.rpartition(":")
        return f"tcp://{host}:{port}", f"tcp://{host}:{int(port) + 1}"

    def secure(self, socket):
        if self.server_key is not None:
            socket.curve_publickey, socket.curve_secretkey = self.keys
            socket.curve_serverkey = self.server_key


class _Source:
    """One publisher's sockets and state."""

    def __init__(self, context, name, place, filters, start, conflate, high_water_mark, **times):
        self.name, self.filters = name, filters
        self.tracker = Tracker(
            lambda topic: any(_matches(text, topic) for text in filters), start, conflate, **times)
        self.feeds = []
        address, requests = place.addresses(name)
        # The library conflates all that a socket receives into one message: a socket for each topic, and one for the
        # heartbeats and schemas.
        prefixes = [_prefixes(protocol.HEARTBEAT) + [b"schema."]]
        wanted = [prefix for text in filters for prefix in _prefixes(text)]
        if conflate:
            prefixes += [[text.encode() + b"\0"] for text in filters]
        else:
            prefixes[0] += wanted
        for number, group in enumerate(prefixes):
            feed = context.socket(zmq.SUB)
            feed.setsockopt(zmq.LINGER, 0)
            feed.setsockopt(zmq.RCVHWM, high_water_mark)
            feed.setsockopt(zmq.RECONNECT_IVL, 10)
            feed.setsockopt(zmq.RECONNECT_IVL_MAX, 100)
            if number > 0:
                feed.setsockopt(zmq.CONFLATE, 1)
            for prefix in group:
                feed.setsockopt(zmq.SUBSCRIBE, prefix)
            place.secure(feed)
            feed.connect(address)
            self.feeds.append(feed)
        self.requests = context.socket(zmq.DEALER)
        self.requests.setsockopt(zmq.LINGER, 0)
        self.requests.setsockopt(zmq.IMMEDIATE, 1)
        self.requests.setsockopt(zmq.RECONNECT_IVL, 10)
        self.requests.setsockopt(zmq.RECONNECT_IVL_MAX, 100)
        place.secure(self.requests)
        self.requests.connect(requests)

    @property
    def sockets(self):
        return self.feeds + [self.requests]

    def pump(self, at_once=1_000):
        """Moves messages from the sockets to the tracker, a bounded number. True when there were some."""
        now = time.monotonic()
        had_some = False
        for take, socket, receive in [(self.tracker.take_reply, self.requests, self.requests.recv_multipart)] + [
            (self.tracker.take, feed, feed.recv) for feed in self.feeds
        ]:
            for _ in range(at_once):
                try:
                    take(receive(zmq.DONTWAIT), now)
                    had_some = True
                except zmq.Again:
                    break
        # After the answers that were there already.
        for message, did_send in self.tracker.tick(now):
            try:
                self.requests.send(message, zmq.DONTWAIT)
                did_send()
            except zmq.Again:
                pass
        return had_some

    def close(self):
        for socket in self.sockets:
            socket.close()


class Subscriber:
    """Reads topics: names such as "features.ES", or what stands before the dot for all of a kind, or "*".

    A topic that no publisher could have is a ValueError, one that its publisher does not have an event: Absent.
    start: None begins with the newest frame; a sequence begins there, 0 with all that is kept.
    conflate: only the newest frame of each topic, which must then be named in full.
    tcp: "host:port" of an engine that publishes there, with server_key, the text of its streams.pub, if it has keys.
    """

    def __init__(
        self, *topics, directory=None, state_dir=None, tcp=None, server_key=None, start=None, conflate=False,
        high_water_mark=10_000, **times
    ):
        if directory is None:
            state = state_dir or os.environ.get("LEVELHEAD_STATE_DIR") or Path.home() / ".levelhead"
            directory = Path(state) / "sockets"
        wanted = _wanted(topics, only_engine=tcp is not None)
        place = _Place(Path(directory).absolute(), tcp, server_key.strip().encode() if server_key else None)
        if conflate and (start is not None or any("." not in topic for topic in topics)):
            raise ValueError("conflate needs whole names of topics, and no start")
        self._context = zmq.Context()
        self._poller = zmq.Poller()
        self._schemas = {}
        self._unread = []
        # Events that nobody has taken yet: they outlive a generator that ends in the midst of them.
        self._ready = deque()
        # What was lost for good.
        self.missed = []
        # What was asked for and is not there.
        self.absent = []
        self._sources = [
            _Source(self._context, name, place, filters, start, conflate, high_water_mark, **times)
            for name, filters in wanted.items()
        ]
        for source in self._sources:
            for socket in source.sockets:
                self._poller.register(socket, zmq.POLLIN)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for source in self._sources:
            source.close()
        self._context.term()

    def schema(self, topic):
        """How the frames of a topic are read; None before the publisher has said so."""
        return self._schemas.get(topic)

    @property
    def filled(self):
        """Frames that were missing and then filled in."""
        return sum(source.tracker.filled for source in self._sources)

    def events(self, timeout=None):
        """Frame, Missed, NewRun, Silent, Absent and Garbage as they come; ends when nothing came for `timeout` seconds.

        What is not taken from the generator is given out by the next one.
        """
        last = time.monotonic()
        while True:
            if not self._ready:
                self._gather(50)
            if self._ready:
                yield self._ready.popleft()
                last = time.monotonic()
            elif timeout is not None and time.monotonic() - last > timeout:
                return

    def frames(self, count=None, timeout=None):
        """The frames alone, `count` of them; the next call goes on behind them. `missed` collects what was lost."""
        _check_count(count)
        left = count
        for event in self.events(timeout):
            if isinstance(event, Frame):
                yield event
                if left is not None:
                    left -= 1
                    if left == 0:
                        return

    def collect(self, topic, count, timeout=None):
        """`count` frames of one topic as one structured array; fewer when nothing came for `timeout` seconds. Of tables
        it has all of their rows, with the sequence and the times of their frames.

        The next call goes on behind them. Frames of other topics that come before the last of them are passed over. None when
        the publisher has not said how the topic is read. ValueError for a topic that was not asked for, LookupError for one that the
        publisher has not.
        """
        _check_count(count)
        if not any(_matches(text, topic) for source in self._sources for text in source.filters):
            raise ValueError(f"{topic}: not among what this subscriber was made for")
        frames = []
        self._check_present(topic)
        for event in self.events(timeout):
            self._check_present(topic)
            if isinstance(event, Frame) and event.topic == topic:
                frames.append(event.data)
                if len(frames) == count:
                    break
        schema = self.schema(topic)
        return schema.rows(*frames) if schema else None

    def _check_present(self, topic):
        for absent in self.absent:
            if _matches(absent.topic, topic) and topic not in self._schemas:
                raise LookupError(f"no {topic}; the {absent.publisher} has {', '.join(absent.topics)}")

    def poll(self, timeout_ms=0):
        """What came, after waiting at most so long for the first."""
        self._gather(0 if self._ready else timeout_ms)
        events = list(self._ready)
        self._ready.clear()
        return events

    def _gather(self, timeout_ms):
        """Makes events of what came, after waiting at most so long for the first."""
        if not any([source.pump() for source in self._sources]):
            self._poller.poll(timeout_ms)
            for source in self._sources:
                source.pump()
        for source in self._sources:
            out, source.tracker.out = source.tracker.out, []
            # Before the frames that they are for, which may have come first.
            for entry in out:
                if entry[0] == "schema":
                    try:
                        self._schemas[entry[1]] = protocol.Schema.read(entry[2])
                    except protocol.BadBytes as error:
                        self._ready.append(Garbage(source.name, f"{entry[1]}: {error}"))
            self._unread += [(source, entry) for entry in out if entry[0] != "schema"]
        waiting = []
        for source, entry in self._unread:
            if entry[0] == "topics":
                self._note_absent(source, entry[1])
                continue
            event = self._event(source, entry)
            if event is not None:
                self._ready.append(event)
            elif entry[0] == "frame":
                # Its schema is on its way.
                waiting.append((source, entry))
        self._unread = waiting

    def _note_absent(self, source, topics):
        for text in source.filters:
            if text != "*" and not any(_matches(text, topic) for topic in topics):
                event = Absent(source.name, text, topics)
                self.absent.append(event)
                self._ready.append(event)

    def _event(self, source, entry):
        kind = entry[0]
        if kind == "frame":
            return self._frame(source, entry[1], entry[2])
        if kind == "missed":
            event = Missed(*entry[1:])
            self.missed.append(event)
            return event
        elif kind == "run":
            return NewRun(source.name, entry[1])
        elif kind in ("silent", "heard"):
            return Silent(source.name, kind == "silent")
        elif kind == "garbage":
            return Garbage(source.name, entry[1])
        return None

    def _frame(self, source, topic, data):
        schema = self._schemas.get(topic)
        if schema is None:
            return None
        try:
            schema.check(data)
        except protocol.BadBytes as error:
            sequence = int.from_bytes(data[40:48], "little")
            return Garbage(source.name, f"frame {sequence} of {topic}: {error}")
        if schema.kind == "text":
            return Frame(topic, None, data)
        if schema.row_dtype is not None:
            return Frame(topic, schema.header(data), data, schema.table(data))
        return Frame(topic, schema.rows(data)[0], data)
