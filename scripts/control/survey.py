"""The survey protocol of nanomsg over a unix socket, and our control messages, from their documentation alone: nothing
here is shared with the program."""

import hashlib
import hmac
import os
import socket
import struct
import time

COMMAND, ANSWER = 1, 2
STATUS, PAUSE, RESUME, ORDER = 1, 2, 3, 7
SURVEYOR = struct.pack(">4sHH", b"\0SP\0", 0x62, 0)
RESPONDENT = struct.pack(">4sHH", b"\0SP\0", 0x63, 0)


def encode(key, verb, payload=b"", *, id=None, nonce=None, when=None, sender=b"levelhead", kind=COMMAND):
    """A control message: docs/control.md has the table."""
    head = b"LHCM" + bytes([1, kind, verb, 0])
    head += (id or os.urandom(16)) + (nonce or os.urandom(16))
    head += struct.pack("<Q", time.time_ns() if when is None else when)
    head += sender.ljust(16, b"\0") + bytes(64) + struct.pack("<II", 0, len(payload))
    return sign(key, head + payload)


def sign(key, signed):
    return signed + hmac.new(key, signed, hashlib.sha256).digest()


def decode(key, message):
    """Outcome, verb, command id, nonce, sender, payload; raises when the answer is not authentic."""
    signed, code = message[:-32], message[-32:]
    if not hmac.compare_digest(hmac.new(key, signed, hashlib.sha256).digest(), code):
        raise ValueError("an answer with a wrong code")
    if signed[:6] != b"LHCM\1\2" or len(signed) != 136 + struct.unpack_from("<I", signed, 132)[0]:
        raise ValueError("an answer that is none")
    return signed[7], signed[6], signed[8:24], signed[24:40], signed[48:64].rstrip(b"\0"), signed[136:]


class Surveyor:
    """One connection to one respondent."""

    def __init__(self, path, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.socket.sendall(SURVEYOR)
        if self._exactly(8) != RESPONDENT:
            raise ValueError("no respondent is there")
        self.number = 0

    def frame(self, message):
        """What asks `message`: type 1, length, survey id with its highest bit set."""
        self.number = (self.number + 1) & 0x7FFFFFFF
        body = struct.pack(">I", 0x80000000 | self.number) + message
        return b"\1" + struct.pack(">Q", len(body)) + body

    def send(self, frames):
        self.socket.sendall(frames)

    def receive(self):
        """The next answer: survey id, message."""
        kind, length = struct.unpack(">BQ", self._exactly(9))
        if kind != 1:
            raise ValueError(f"a frame of type {kind}")
        body = self._exactly(length)
        return struct.unpack(">I", body[:4])[0] & 0x7FFFFFFF, body[4:]

    def ask(self, key, verb, payload=b"", **fields):
        self.send(self.frame(encode(key, verb, payload, **fields)))
        number, message = self.receive()
        if number != self.number:
            raise ValueError(f"an answer to survey {number}, expected {self.number}")
        return decode(key, message)

    def close(self):
        self.socket.close()

    def _exactly(self, count):
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("the respondent closed the connection")
            data += part
        return bytes(data)
