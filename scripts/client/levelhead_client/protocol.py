"""The bytes of frames, requests and replies, as docs/streams.md has them."""

import json
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

VECTOR, SIGNAL, VERDICT, ORDER, FILL, TEXT, SCHEMA_KIND, HEARTBEAT_KIND = range(1, 9)

ASK_SCHEMA, ASK_SNAPSHOT, ASK_FRAMES = 1, 2, 3
REPLY_SCHEMA, REPLY_FRAME, REPLY_GONE, REPLY_END, REPLY_UNKNOWN_TOPIC, REPLY_MALFORMED = range(1, 7)

_REQUEST = struct.Struct("<4sHHQQQ32s")
_REPLY = struct.Struct("<4sHHQQQQ32s")
_HEAD = np.dtype([("topic", "S32"), ("next", "<u8")])


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
        """None for bytes that are no reply of this version."""
        if len(data) != _REPLY.size:
            return None
        magic, version, kind, identity, first, last, run, topic = _REPLY.unpack(data)
        if magic != b"LHRP" or version != VERSION:
            return None
        return Reply(kind, identity, first, last, run, topic.rstrip(b"\0").decode("ascii"))


def header(data):
    """The header of a frame; None for bytes that are no frame of this version."""
    if len(data) < HEADER.itemsize:
        return None
    row = np.frombuffer(data, HEADER, count=1)[0]
    if row["version"] != VERSION or HEADER.itemsize + int(row["payload_bytes"]) != len(data):
        return None
    return row


def topic_of(row):
    return row["topic"].decode("ascii")


def heads(data):
    """Topic and next sequence of each topic, of a heartbeat."""
    rows = np.frombuffer(data, _HEAD, -1, HEADER.itemsize)
    return [(row["topic"].decode("ascii"), int(row["next"])) for row in rows]


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
    dtype: np.dtype
    columns: tuple
    units: tuple
    # Field of a record to the names of its values.
    codes: dict = field(compare=False)
    _places: dict = field(compare=False, repr=False)

    @staticmethod
    def read(text):
        data = json.loads(text)
        names = tuple(column["name"] for column in data["columns"])
        return Schema(
            topic=data["topic"], kind=data["kind"], run=data["run"],
            dtype=np.dtype([_entry(entry) for entry in data["dtype"]]), columns=names,
            units=tuple(column["unit"] for column in data["columns"]),
            codes={
                column["name"]: {int(value): name for value, name in column["codes"].items()}
                for column in data["columns"] if "codes" in column
            },
            _places={name: place for place, name in enumerate(names)},
        )

    def rows(self, *frames):
        """The frames as one structured array. Vectors and records only."""
        return np.frombuffer(b"".join(frames), self.dtype)

    def value(self, rows, column):
        """One column of rows or of a row: NaN where a vector's is not defined."""
        if self.kind == "vector":
            return rows["values"][..., self._places[column]]
        return rows["record"][column]

    def valid(self, rows):
        """Which columns of vectors are defined, by the frames' bitmaps: booleans, rows × columns."""
        bits = np.unpackbits(rows["validity"], axis=-1, bitorder="little")
        return bits[..., : len(self.columns)].astype(bool)

    def name(self, column, value):
        """What a code of a record stands for."""
        return self.codes.get(column, {}).get(int(value), str(value))
