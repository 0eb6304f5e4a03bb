"""The bytes of frames, requests and replies, as docs/streams.md has them."""

import json
import re
import struct
from dataclasses import dataclass, field

import numpy as np

# The header of every frame; the payload follows.
HEADER = np.dtype(
    [
        ("topic", "S32"), ("version", "<u2"), ("kind", "<u2"), ("columns", "<u2"), ("quality", "<u2"),
        ("sequence", "<u8"), ("ring_sequence", "<u8"), ("ts_event", "<u8"), ("ts_send", "<u8"), ("ts_recv", "<u8"),
        ("ts_local", "<u8"), ("ts_publish", "<u8"), ("run", "<u8"), ("payload_bytes", "<u4"), ("reserved", "<u4"),
    ]
)
VERSION = 1
UNKNOWN_TIME = 2**64 - 1
HEARTBEAT = "heartbeat"

KINDS = ("vector", "signal", "verdict", "order", "fill", "text", "schema", "heartbeat", "strikes")
VECTOR, SIGNAL, VERDICT, ORDER, FILL, TEXT, SCHEMA_KIND, HEARTBEAT_KIND, STRIKES = range(1, 10)
# Fields of the header that stand before each row of a table, where rows of several frames are one array.
# What a heartbeat's quality is told of; its other flags come and go with every row.
FEED_FLAGS = {2: "stale", 4: "replayed", 256: "warming"}
STAMPS = ("sequence", "ring_sequence", "ts_event", "ts_recv", "ts_publish", "run", "quality")

ASK_SCHEMA, ASK_SNAPSHOT, ASK_FRAMES = 1, 2, 3
REPLY_SCHEMA, REPLY_FRAME, REPLY_GONE, REPLY_END, REPLY_UNKNOWN_TOPIC, REPLY_MALFORMED = range(1, 7)

_REQUEST = struct.Struct("<4sHHQQQ32s")
_REPLY = struct.Struct("<4sHHQQQQ32s")
_HEAD = struct.Struct("<32sQ")
# What Levelhead calls a topic: ASCII, padded with zeros.
_NAME = re.compile(rb"([A-Za-z0-9._-]{1,31})\0+")


class BadBytes(ValueError):
    """Bytes that are not what Levelhead publishes; the text says why."""


def run_of(data):
    """The run of a frame whose header was checked."""
    return int.from_bytes(data[96:104], "little")


def _name(data):
    """A topic's name of its 32 bytes."""
    match = _NAME.fullmatch(data)
    if match is None:
        raise BadBytes(f"topic {data.rstrip(bytes(1))!r}")
    return match[1].decode("ascii")


def request(kind, identity, topic="", first=0, last=0):
    """A request to the snapshot socket."""
    return _REQUEST.pack(b"LHRQ", VERSION, kind, identity, first, last, topic.encode("ascii"))


@dataclass(frozen=True)
class Reply:
    kind: int
    identity: int
    first: int
    last: int
    run: int
    topic: str

    @staticmethod
    def read(data):
        """BadBytes for what is no reply of this version."""
        if len(data) != _REPLY.size:
            raise BadBytes(f"reply of {len(data)} bytes, not {_REPLY.size}")
        magic, version, kind, identity, first, last, run, topic = _REPLY.unpack(data)
        if magic != b"LHRP":
            raise BadBytes(f"reply that begins with {magic!r}")
        if version != VERSION:
            raise BadBytes(f"reply of version {version}, not {VERSION}")
        if not REPLY_SCHEMA <= kind <= REPLY_MALFORMED:
            raise BadBytes(f"reply of kind {kind}")
        # A reply about every topic names none.
        return Reply(kind, identity, first, last, run, _name(topic) if any(topic) else "")


def is_name(text):
    """Whether a topic can be called so."""
    return _NAME.fullmatch(text.encode() + b"\0") is not None


def header(data):
    """The header of a frame. BadBytes for what is no frame of this version, by its topic, version, kind or length."""
    if len(data) < HEADER.itemsize:
        raise BadBytes(f"{len(data)} bytes, a header has {HEADER.itemsize}")
    row = np.frombuffer(data, HEADER, count=1)[0]
    version, kind, length = int(row["version"]), int(row["kind"]), HEADER.itemsize + int(row["payload_bytes"])
    if version != VERSION:
        raise BadBytes(f"version {version}, not {VERSION}")
    topic = _name(data[:32])
    if not 1 <= kind <= len(KINDS):
        raise BadBytes(f"{topic}: kind {kind}")
    if length != len(data):
        raise BadBytes(f"{topic}: {len(data)} bytes, its header says {length}")
    return row


def topic_of(row):
    """The topic of a header that was checked."""
    return row["topic"].decode("ascii")


def heads(data):
    """Topic and next sequence of each topic, of a heartbeat. BadBytes when it is none."""
    payload = data[HEADER.itemsize :]
    if len(payload) % _HEAD.size:
        raise BadBytes(f"heartbeat of {len(payload)} bytes, not a multiple of {_HEAD.size}")
    return [(_name(topic), following) for topic, following in _HEAD.iter_unpack(payload)]


def _entry(entry):
    name, kind = entry[0], entry[1]
    if isinstance(kind, list):
        return (name, [_entry(inner) for inner in kind])
    return (name, kind, tuple(entry[2])) if len(entry) > 2 else (name, kind)


@dataclass(frozen=True)
class Schema:
    """How the frames of a topic are read."""

    topic: str
    kind: str
    run: int
    # Of a frame; of a table, whose frames differ in length, of the header alone.
    dtype: np.dtype
    # Of a row of a table; None of what is no table.
    row_dtype: np.dtype | None
    columns: tuple
    units: tuple
    # Field of a record to the names of its values.
    codes: dict = field(compare=False)
    _places: dict = field(compare=False, repr=False)

    @staticmethod
    def read(text):
        """BadBytes when it is no schema."""
        try:
            return Schema._of(json.loads(text))
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise BadBytes(f"schema: {error!r:.200}") from None

    @staticmethod
    def _of(data):
        names = tuple(column["name"] for column in data["columns"])
        return Schema(
            topic=data["topic"], kind=data["kind"], run=data["run"],
            dtype=np.dtype([_entry(entry) for entry in data["dtype"]]),
            row_dtype=np.dtype([_entry(entry) for entry in data["row_dtype"]]) if "row_dtype" in data else None,
            columns=names,
            units=tuple(column["unit"] for column in data["columns"]),
            codes={
                column["name"]: {int(value): name for value, name in column["codes"].items()}
                for column in data["columns"] if "codes" in column
            },
            _places={name: place for place, name in enumerate(names)},
        )

    def check(self, data):
        """BadBytes when a frame with a checked header is not of this schema, by its kind or length."""
        kind = KINDS[int.from_bytes(data[34:36], "little") - 1]
        if kind != self.kind:
            raise BadBytes(f"kind {kind}, its schema says {self.kind}")
        if self.row_dtype is not None:
            count = int.from_bytes(data[36:38], "little")
            if len(data) != self.dtype.itemsize + count * self.row_dtype.itemsize:
                raise BadBytes(
                    f"{len(data)} bytes, its schema says {self.dtype.itemsize} and {count} rows of "
                    f"{self.row_dtype.itemsize}")
        elif kind != "text" and len(data) != self.dtype.itemsize:
            raise BadBytes(f"{len(data)} bytes, its schema says {self.dtype.itemsize}")
        if kind == "text":
            try:
                is_object = isinstance(json.loads(data[HEADER.itemsize :].decode("utf-8")), dict)
            except UnicodeDecodeError:
                raise BadBytes("text that is not UTF-8") from None
            except (ValueError, RecursionError):
                is_object = False
            if not is_object:
                raise BadBytes("text that is no JSON object")

    def read_all(self, frames):
        """What checked frames say: a dict each of text, else `rows`."""
        if self.kind == "text":
            return [json.loads(data[HEADER.itemsize :]) for data in frames]
        return self.rows(*frames)

    def rows(self, *frames):
        """The frames as one structured array: a row each, or of tables all of their rows, with the stamps of their
        frames. Not of text."""
        if self.row_dtype is None:
            return np.frombuffer(b"".join(frames), self.dtype)
        tables = [self.table(data) for data in frames]
        fields = [(name, self.dtype[name]) for name in STAMPS] + [(name, self.row_dtype[name]) for name in self.columns]
        rows = np.empty(sum(map(len, tables)), fields)
        end = 0
        for data, table in zip(frames, tables):
            part = rows[end : (end := end + len(table))]
            for name in STAMPS:
                part[name] = self.header(data)[name]
            for name in self.columns:
                part[name] = table[name]
        return rows

    def header(self, data):
        """The header of a frame of a table."""
        return np.frombuffer(data, self.dtype, count=1)[0]

    def table(self, data):
        """The rows of a frame of a table."""
        return np.frombuffer(data, self.row_dtype, offset=self.dtype.itemsize)

    def value(self, rows, column):
        """One column of rows or of a row: NaN where a vector's is not defined."""
        if self.kind == "vector":
            return rows["values"][..., self._places[column]]
        return rows[column] if self.row_dtype is not None else rows["record"][column]

    def valid(self, rows):
        """Which columns of vectors are defined, by the frames' bitmaps: booleans, rows × columns."""
        bits = np.unpackbits(rows["validity"], axis=-1, bitorder="little")
        return bits[..., : len(self.columns)].astype(bool)

    def name(self, column, value):
        """What a code of a record stands for."""
        return self.codes.get(column, {}).get(int(value), str(value))
