"""What may go wrong on the way from a gateway to its client: with bytes (Outlet) and with records (Injector)."""

import socket
import struct
import time

import wire


class Over(Exception):
    """The session ends here; the text says how."""


class Outlet:
    """The bytes to one client: in pieces, and cut off where that is asked for."""

    def __init__(self, connection, options, is_faulty, stopping):
        self.connection = connection
        self.options = options
        self.is_faulty = is_faulty
        self.stopping = stopping
        self.sent = 0
        self.is_counting = options.count_handshake

    def write(self, data):
        """Sends all of `data`, or raises Over after the last byte that was to be sent."""
        limit = None
        if self.is_faulty and self.options.cut_at is not None and self.is_counting:
            limit = max(0, self.options.cut_at - self.sent)
        part = data if limit is None or limit > len(data) else data[:limit]
        self.send(part)
        if self.is_counting:
            self.sent += len(part)
        if len(part) < len(data) or (limit is not None and limit == len(data)):
            self.cut()

    def send(self, data):
        size = self.options.split if self.is_faulty and self.options.split else len(data)
        for place in range(0, len(data), max(1, size)):
            self.connection.sendall(data[place : place + size])
            if self.options.split_pause and self.is_faulty:
                time.sleep(self.options.split_pause / 1000)

    def cut(self):
        """Ends the connection in the way that was chosen."""
        how = self.options.cut
        # A reset throws away what the client has not read yet.
        self.stopping.wait(self.options.cut_pause / 1000)
        if how == "rst":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # Wakes who reads here: as long as somebody does, closing sends nothing.
            self.connection.shutdown(socket.SHUT_RD)
            self.connection.close()
        elif how == "fin":
            self.finish()
        else:
            self.drain(None)
        raise Over(f"cut by {how} after {self.sent} bytes")

    def finish(self):
        """FIN, and then whatever the client still says, so that the system sends no RST."""
        self.connection.shutdown(socket.SHUT_WR)
        self.drain(10)

    def drain(self, seconds):
        """Reads and forgets until the client goes, the time is over or the program ends."""
        end = None if seconds is None else time.monotonic() + seconds
        self.connection.settimeout(0.1)
        while not self.stopping.is_set() and (end is None or time.monotonic() < end):
            try:
                if not self.connection.recv(65536):
                    return
            except TimeoutError:
                continue
            except OSError:
                return


def span(text):
    """"A:B", records A to B without B; "A" is the one record A."""
    first, _, last = text.partition(":")
    begin = int(first)
    return range(begin, int(last) if last else begin + 1)


class Injector:
    """The records to one client. Data records are numbered from 0 in each session; the gateway's own are not counted."""

    def __init__(self, outlet, options, is_faulty, ts_out, version):
        self.outlet = outlet
        self.options = options
        self.is_faulty = is_faulty
        self.ts_out = ts_out
        self.version = version
        self.count = 0
        self.kept = []

    def put(self, record):
        """Any record of version 3 without a send time, as this session has it."""
        record = wire.older(record, self.version)
        if self.ts_out:
            record = wire.with_send_time(record, time.time_ns())
        self.outlet.write(record)

    def control(self, record):
        """A message of the gateway itself."""
        is_heartbeat = wire.rtype(record) == wire.SYSTEM and record[319] == 0
        if self.is_faulty and self.options.no_heartbeats and is_heartbeat:
            return
        self.put(record)

    def data(self, record):
        number = self.count
        self.count += 1
        if not self.is_faulty:
            self.put(record)
            return
        self.before(number)
        if self.options.skip and number in self.options.skip:
            if number == self.options.skip[0] and not self.options.skip_silently:
                self.put(wire.error(7, wire.ERRORS[7][1]))
        else:
            self.put(record)
        self.repeat(number, record)
        if self.options.cut_after_records is not None and self.count == self.options.cut_after_records:
            self.outlet.cut()

    def before(self, number):
        """What comes in front of a record."""
        o = self.options
        if o.cut_after_records == 0 and number == 0:
            self.outlet.cut()
        if o.error is not None and number == o.error_after:
            fatal, text = wire.ERRORS.get(o.error, (False, "An error without a name"))
            self.put(wire.error(o.error, o.error_text or text))
            if fatal if o.error_close is None else o.error_close:
                self.outlet.finish()
                raise Over(f"error {o.error}, then FIN")
        if o.slow_reader_warning is not None and number == o.slow_reader_warning:
            self.put(wire.system(2, "Warning: slow reading, not keeping pace with mbp-10 data"))
        if o.unknown_record is not None and number == o.unknown_record:
            self.put(wire.unknown())
        if o.bad_length is not None and number == o.bad_length:
            self.outlet.write(bytes([1]) + bytes(15))

    def repeat(self, number, record):
        duplicate = self.options.duplicate
        if not duplicate or number not in duplicate:
            return
        self.kept.append(record)
        if number == duplicate[-1]:
            for again in self.kept:
                self.put(again)
            self.kept = []
