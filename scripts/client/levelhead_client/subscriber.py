"""Reads streams over ZeroMQ."""

import math
import operator
import os
import signal
import threading
import time
import warnings
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import zmq

from . import protocol
from .tracker import Tracker

# The characters of Z85.
_Z85 = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#")
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
    # By which it was read: of its own run.
    schema: protocol.Schema | None = field(default=None, compare=False, repr=False)

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
    """The publisher was found, or is another run: its sequences begin at 0, or, of one that was followed before and is
    resumed, go on."""

    publisher: str
    run: int


@dataclass(frozen=True)
class Silent:
    """Nothing was heard of the publisher for a while; False when it is heard again."""

    publisher: str
    is_silent: bool
    # Where it is expected, and whether a socket is there; "" when it is heard again.
    reason: str = field(default="", compare=False)


@dataclass(frozen=True)
class Ended:
    """The publisher has ended in order, and all that it published was given out or told as Missed. One that is Silent without it
    may have published more."""

    publisher: str


@dataclass(frozen=True)
class Feed:
    """What the publisher has is not of the present, whether it publishes or not: "stale" while its feed is gone, "replayed" and
    "warming" while it catches up. Of the present again without flags."""

    publisher: str
    flags: tuple


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


def _whole(value, name, least, most, expected):
    """An integer, NumPy's too. TypeError for what is none, ValueError outside of the bounds."""
    try:
        number = None if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise TypeError(f"{name} {value!r}: expected {expected}")
    if not least <= number <= most:
        raise ValueError(f"{name} {value}: expected {expected}")
    return number


def _check_count(count):
    return None if count is None else _whole(count, "count", 1, math.inf, "1 or more")


def _check_timeout(timeout):
    if timeout is None:
        return
    expected = f"timeout {timeout!r}: expected seconds, 0 or more, or None"
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float, np.integer, np.floating)):
        raise TypeError(expected)
    if not timeout >= 0:
        raise ValueError(expected)


def _check_tcp(tcp):
    """Host and port of "host:port"; the snapshots have the port behind it."""
    expected = f"tcp {tcp!r}: expected host:port, such as 127.0.0.1:7000, with a port of 1 to 65534"
    if not isinstance(tcp, str):
        raise TypeError(expected)
    host, colon, port = tcp.partition(":")
    is_number = port.isascii() and port.isdigit() and len(port) <= 5
    if not colon or not host or any(map(str.isspace, host)) or not is_number or not 1 <= int(port) <= 65_534:
        raise ValueError(expected)
    return host, int(port)


def _check_key(key):
    """The key in the text of a streams.pub. What is said of a wrong one does not show it."""
    if not isinstance(key, str):
        raise TypeError(f"server_key of type {type(key).__name__}: expected the text of a streams.pub, not its path")
    key = key.strip()
    if len(key) != 40:
        raise ValueError(f"server_key of {len(key)} characters: expected the 40 (Z85) in streams.pub, not its path")
    if not set(key) <= _Z85:
        raise ValueError("server_key: expected characters of Z85, as they stand in streams.pub")
    return key.encode()


def _check_path(path, name):
    """An absolute path; a ~ at its beginning is a home directory."""
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise TypeError(f"{name} {path!r}: expected a path")
    if not os.fspath(path):
        raise ValueError(f"{name} '': expected a path")
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"{name} {os.fspath(path)}: {error}") from None


def _directory(directory, state_dir):
    """Where the sockets are."""
    if directory is not None:
        return _check_path(directory, "directory")
    if state_dir is not None:
        return _check_path(state_dir, "state_dir") / "sockets"
    state = os.environ.get("LEVELHEAD_STATE_DIR")
    return (Path(state) if state else Path.home() / ".levelhead").absolute() / "sockets"


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
        if not isinstance(topic, str):
            raise TypeError(f'topic {topic!r}: expected names one by one, as in Subscriber("features.ES", "levels.ES")')
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

    # Of a socket's path, with its closing zero: sockaddr_un.
    PATH_BYTES = 108

    def __init__(self, directory=None, tcp=None, server_key=None):
        self.directory, self.tcp, self.server_key = directory, tcp, server_key
        if server_key is not None:
            # The publisher asks for no name: any pair of keys will do on this side.
            self.keys = zmq.curve_keypair()

    def check(self, names):
        """ValueError for a socket's path that is too long."""
        for name in names if self.tcp is None else ():
            path = f"{self.directory}/{name}-snapshot.ipc"
            if len(os.fsencode(path)) >= self.PATH_BYTES:
                raise ValueError(f"{path}: {len(os.fsencode(path))} bytes, expected at most {self.PATH_BYTES - 1}")

    def addresses(self, name):
        if self.tcp is None:
            return f"ipc://{self.directory}/{name}.ipc", f"ipc://{self.directory}/{name}-snapshot.ipc"
        host, port = self.tcp
        return f"tcp://{host}:{port}", f"tcp://{host}:{port + 1}"

    def missing(self):
        """What is not there yet; None when the sockets' directory is."""
        return f"{self.directory}: no such directory" if self.tcp is None and not self.directory.is_dir() else None

    def silence(self, name):
        """Where a publisher that nothing is heard of is expected."""
        if self.tcp is None:
            path = self.directory / f"{name}.ipc"
            return self.missing() or f"{path}: {'nothing is heard there' if path.exists() else 'no such socket'}"
        key = "without a server_key" if self.server_key is None else "with this server_key"
        return f"{self.addresses(name)[0]}: nothing is heard there {key}"

    def secure(self, socket):
        if self.server_key is not None:
            socket.curve_publickey, socket.curve_secretkey = self.keys
            socket.curve_serverkey = self.server_key


class _Uninterrupted:
    """A block that a KeyboardInterrupt comes behind and not in the midst of, where it could lose what was half done."""

    def __enter__(self):
        self.former = self.noted = None
        if threading.current_thread() is threading.main_thread():
            former = signal.getsignal(signal.SIGINT)
            if callable(former):
                signal.signal(signal.SIGINT, self._note)
                self.former = former

    def _note(self, *arguments):
        self.noted = arguments

    def __exit__(self, *_):
        if self.former is not None:
            signal.signal(signal.SIGINT, self.former)
            if self.noted is not None:
                self.former(*self.noted)


class _Source:
    """One publisher's sockets and state."""

    def __init__(self, context, name, place, filters, start, conflate, high_water_mark, **times):
        self.name, self.filters = name, filters
        # All that it has, of the newest run; None before it has said so.
        self.topics = None
        self.was_heard = False
        self.tracker = Tracker(self.wants, start, conflate, **times)
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
        # Few wait for a publisher that is gone; zmq.IMMEDIATE, which has none wait, ends the process when one dies in a reply.
        self.requests.setsockopt(zmq.SNDHWM, 4)
        self.requests.setsockopt(zmq.RECONNECT_IVL, 10)
        self.requests.setsockopt(zmq.RECONNECT_IVL_MAX, 100)
        place.secure(self.requests)
        self.requests.connect(requests)

    def wants(self, topic):
        return any(_matches(text, topic) for text in self.filters)

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

    What cannot be meant is a TypeError or a ValueError before anything connects. A publisher that is not there is waited
    for, and a warning says where. The sockets belong to the thread that made the subscriber: in another one a call is a
    RuntimeError.
    """

    # Runs whose schemas are kept for frames that come late.
    RUNS_KEPT = 16

    def __init__(
        self, *topics, directory=None, state_dir=None, tcp=None, server_key=None, start=None, conflate=False,
        high_water_mark=10_000, **times
    ):
        wanted = _wanted(topics, only_engine=tcp is not None)
        if start is not None:
            start = _whole(start, "start", 0, 2**64 - 2, "a sequence, 0 or more, or None")
        if conflate and (start is not None or any("." not in topic for topic in topics)):
            raise ValueError("conflate needs whole names of topics, and no start")
        high_water_mark = _whole(high_water_mark, "high_water_mark", 0, 2**31 - 1, "a number of messages, 0 for any")
        if server_key is not None:
            server_key = _check_key(server_key)
            if tcp is None:
                raise ValueError("server_key is for tcp; expected both, or neither")
        if tcp is not None:
            self._place = _Place(None, _check_tcp(tcp), server_key)
        else:
            self._place = _Place(_directory(directory, state_dir))
        self._place.check(wanted)
        missing = self._place.missing()
        if missing is not None:
            _warn(missing)
        self._thread = threading.current_thread()
        self._context = zmq.Context()
        self._poller = zmq.Poller()
        # By topic and run, the newest run last.
        self._schemas = {}
        self._unread = []
        # Events that nobody has taken yet: they outlive a generator that ends in the midst of them.
        self._ready = deque()
        # Frames that `collect` has and did not give out yet.
        self._collected = []
        # What was lost for good.
        self.missed = []
        # What was asked for and is not there.
        self.absent = []
        self._sources = [
            _Source(self._context, name, self._place, filters, start, conflate, high_water_mark, **times)
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
        self._check_thread()
        for source in self._sources:
            source.close()
        self._context.term()

    def schema(self, topic):
        """How the frames of a topic are read, of the newest run; None before the publisher has said so."""
        runs = self._schemas.get(topic)
        return next(reversed(runs.values())) if runs else None

    @property
    def filled(self):
        """Frames that were missing and then filled in."""
        return sum(source.tracker.filled for source in self._sources)

    @property
    def skipped(self):
        """Frames that a conflating reader passed over."""
        return sum(source.tracker.skipped for source in self._sources)

    def events(self, timeout=None):
        """Frame, Missed, NewRun, Silent, Ended, Feed, Absent and Garbage as they come; ends when nothing came for `timeout` seconds.

        What is not taken from the generator is given out by the next one.
        """
        _check_timeout(timeout)
        return self._events(timeout)

    def _events(self, timeout):
        last = time.monotonic()
        while True:
            self._begin()
            if not self._ready:
                self._gather(50)
            if self._ready:
                yield self._ready.popleft()
                last = time.monotonic()
            elif timeout is not None and time.monotonic() - last > timeout:
                return

    def frames(self, count=None, timeout=None):
        """The frames alone, `count` of them, over the borders of runs; ends when nothing came for `timeout` seconds. The
        next call goes on behind them. `missed` collects what was lost."""
        count = _check_count(count)
        _check_timeout(timeout)
        return self._frames(count, timeout)

    def _frames(self, left, timeout):
        for event in self._events(timeout):
            if isinstance(event, Frame):
                yield event
                if left is not None:
                    left -= 1
                    if left == 0:
                        return

    def collect(self, topic, count, timeout=None):
        """`count` frames of one topic as one structured array. Of tables it has all of their rows, with the sequence, the
        times and the run of their frames; of text it is a list, a dict for each frame.

        All of them are of one run. Fewer come when the run is over, and the next call then begins with the run behind it;
        or when no frame of this topic came for `timeout` seconds, whatever came of others.

        The next call goes on behind them; one that ends by an exception, a KeyboardInterrupt too, has taken none of them.
        Frames of other topics that come before the last of them are passed over. None when the publisher has not said how
        the topic is read. ValueError for a topic that was not asked for and for a kind of topics, LookupError for a topic
        that the publisher has not.
        """
        count = _check_count(count)
        if count is None:
            raise TypeError("count None: expected 1 or more")
        _check_timeout(timeout)
        if not isinstance(topic, str):
            raise TypeError(f"topic {topic!r}: expected a name, such as features.ES")
        names = _publishers(topic)
        sources = [source for source in self._sources if source.name in names and source.wants(topic)]
        if not sources or topic == "*":
            raise ValueError(f"{topic}: not among what this subscriber was made for")
        if "." not in topic:
            raise ValueError(f"{topic}: a kind of topics; expected the name of one, such as {_example(topic)}")
        source = sources[0]
        self._begin()
        last = time.monotonic()
        while True:
            if not self._ready:
                self._gather(50)
            with _Uninterrupted():
                before = len(self._collected)
                is_whole = self._collect(topic, count, source.name)
            if is_whole:
                break
            if not self._collected and source.topics is not None and topic not in source.topics:
                raise LookupError(f"no {topic}; the {source.name} has {', '.join(source.topics)}")
            if len(self._collected) > before:
                last = time.monotonic()
            elif timeout is not None and time.monotonic() - last > timeout:
                break
        schema = self._collected[0].schema if self._collected else self.schema(topic)
        result = schema.read_all([frame.data for frame in self._collected]) if schema else None
        self._collected = []
        return result

    def _collect(self, topic, count, publisher):
        """Moves what is ready. True when there are enough frames, or when the run that they are of is over."""
        while self._ready and len(self._collected) < count:
            event = self._ready[0]
            if isinstance(event, NewRun) and event.publisher == publisher and self._collected:
                return True
            self._ready.popleft()
            if isinstance(event, Frame) and event.topic == topic:
                self._collected.append(event)
        return len(self._collected) == count

    def poll(self, timeout_ms=0):
        """What came, after waiting at most so long for the first."""
        self._begin()
        self._gather(0 if self._ready else timeout_ms)
        events = list(self._ready)
        self._ready.clear()
        return events

    def _begin(self):
        """Before anything is taken: what a `collect` had that did not end comes first."""
        self._check_thread()
        if self._collected:
            with _Uninterrupted():
                self._ready.extendleft(reversed(self._collected))
                self._collected = []

    def _check_thread(self):
        if threading.current_thread() is not self._thread:
            raise RuntimeError(
                f"a Subscriber belongs to the thread that made it, {self._thread.name}, and this is "
                f"{threading.current_thread().name}; expected one of its own for each")

    def _gather(self, timeout_ms):
        """Makes events of what came, after waiting at most so long for the first."""
        self._check_thread()
        with _Uninterrupted():
            had_some = any([source.pump() for source in self._sources])
        if not had_some:
            self._poller.poll(timeout_ms)
        with _Uninterrupted():
            if not had_some:
                for source in self._sources:
                    source.pump()
            silent = self._sort()
        for words in silent:
            _warn(words)

    def _sort(self):
        """Makes events of what the trackers say. Returns what is to be warned of."""
        for source in self._sources:
            out, source.tracker.out = source.tracker.out, []
            # Before the frames that they are for, which may have come first.
            for entry in out:
                if entry[0] == "schema":
                    try:
                        self._note_schema(entry[1], protocol.Schema.read(entry[2]))
                    except protocol.BadBytes as error:
                        self._ready.append(Garbage(source.name, f"{entry[1]}: {error}"))
            self._unread += [(source, entry) for entry in out if entry[0] != "schema"]
        waiting, silent = [], []
        for source, entry in self._unread:
            if entry[0] == "topics":
                source.topics = entry[1]
                self._note_absent(source, entry[1])
                continue
            if entry[0] == "run":
                waiting = self._give_up_waiting(source, waiting)
                source.topics = None
            event = self._event(source, entry)
            if event is not None:
                self._ready.append(event)
                if isinstance(event, Silent) and event.is_silent and not source.was_heard:
                    silent.append(event.reason)
                source.was_heard = source.was_heard or isinstance(event, (NewRun, Silent))
            elif entry[0] == "frame":
                # Its schema is on its way.
                waiting.append((source, entry))
        self._unread = waiting
        return silent

    def _note_schema(self, topic, schema):
        runs = self._schemas.setdefault(topic, {})
        runs.pop(schema.run, None)
        runs[schema.run] = schema
        for run in list(runs)[: -self.RUNS_KEPT]:
            del runs[run]

    def _give_up_waiting(self, source, waiting):
        """Nobody says any more how the frames of a run that is over are read: they are missed."""
        spans = []
        for _, (_, topic, data) in (entry for entry in waiting if entry[0] is source):
            sequence = int.from_bytes(data[40:48], "little")
            if spans and spans[-1][0] == topic and spans[-1][2] + 1 == sequence:
                spans[-1][2] = sequence
            else:
                spans.append([topic, sequence, sequence])
        for span in spans:
            self._ready.append(self._event(source, ("missed", *span)))
        return [entry for entry in waiting if entry[0] is not source]

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
            return Silent(source.name, kind == "silent", self._place.silence(source.name) if kind == "silent" else "")
        elif kind == "ended":
            return Ended(source.name)
        elif kind == "feed":
            return Feed(source.name, entry[1])
        elif kind == "garbage":
            return Garbage(source.name, entry[1])
        return None

    def _frame(self, source, topic, data):
        schema = self._schemas.get(topic, {}).get(protocol.run_of(data))
        if schema is None:
            return None
        try:
            schema.check(data)
        except protocol.BadBytes as error:
            sequence = int.from_bytes(data[40:48], "little")
            return Garbage(source.name, f"frame {sequence} of {topic}: {error}")
        if schema.kind == "text":
            return Frame(topic, None, data, schema=schema)
        if schema.row_dtype is not None:
            return Frame(topic, schema.header(data), data, schema.table(data), schema)
        return Frame(topic, schema.rows(data)[0], data, schema=schema)


def _example(family):
    roots = {"verdicts": "MES", "orders": "MES", "fills": "MES", "status": "engine"}
    return f"{family}.{roots.get(family, 'ES')}"


def _warn(words):
    warnings.warn(f"{words}; waiting for it", RuntimeWarning, stacklevel=2)
