"""One client of a gateway that stands before another: what comes from there goes on to the client, meddled with."""

import socket
import struct
import threading

import wire
from faults import Injector, Over


class Relay:
    def __init__(self, gateway, outlet, number, is_faulty):
        self.gateway, self.outlet, self.number, self.is_faulty = gateway, outlet, number, is_faulty
        self.options = gateway.options
        host, _, port = self.options.upstream.rpartition(":")
        self.upstream = socket.create_connection((host, int(port)), timeout=10)
        self.upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.has_start = self.is_packed = False

    def run(self):
        threading.Thread(target=self.upward, daemon=True).start()
        try:
            self.handshake()
            self.stream()
        finally:
            self.upstream.close()

    def upward(self):
        """What the client says, as it is."""
        head = b""
        try:
            while data := self.outlet.connection.recv(65536):
                if len(head) < 1 << 20:
                    head += data
                    self.has_start = b"|start=" in head
                    self.is_packed = b"compression=zstd" in head
                self.upstream.sendall(data)
            self.upstream.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def more(self):
        """More bytes from above; False at their end. A reset there is a reset here."""
        self.upstream.settimeout(0.1)
        while not self.gateway.stopping.is_set():
            try:
                data = self.upstream.recv(65536)
            except TimeoutError:
                continue
            self.buffer += data
            return bool(data)
        raise Over("the program ends")

    def pause(self, seconds):
        if self.is_faulty and seconds:
            self.gateway.stopping.wait(seconds)

    def line(self):
        while b"\n" not in self.buffer:
            if not self.more():
                self.outlet.finish()
                raise Over("the gateway above has gone")
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def handshake(self):
        for wait in (self.options.slow_greeting, self.options.slow_challenge, self.options.slow_response):
            line = self.line()
            self.pause(wait)
            if line.startswith(b"success=") and self.is_faulty and self.options.refuse == "auth":
                line = f"success=0|error={self.options.refuse_text}\n".encode()
                self.outlet.write(line)
                self.outlet.finish()
                raise Over("refused")
            self.outlet.write(line)

    def need(self, count):
        while len(self.buffer) < count:
            if not self.more():
                return False
        return True

    def stream(self):
        if not self.need(8):
            return
        self.pause(self.options.slow_start)
        self.outlet.is_counting = True
        if self.is_packed:
            self.pass_on()
            return
        size = 8 + struct.unpack_from("<I", self.buffer, 4)[0]
        if not self.need(size):
            return
        head, self.buffer = self.buffer[:size], self.buffer[size:]
        ts_out = head[52] == 1
        version = self.options.dbn_version
        if version != 3:
            dataset = head[8:24].rstrip(b"\0").decode()
            head = wire.metadata(version, dataset, struct.unpack_from("<Q", head, 26)[0], ts_out)
        self.outlet.write(head)
        self.records(Injector(self.outlet, self.options, self.is_faulty, ts_out, version), ts_out)

    def pass_on(self):
        """Compressed bytes as they are."""
        while True:
            data, self.buffer = self.buffer, b""
            self.outlet.write(data)
            if not self.more():
                return

    def records(self, injector, ts_out):
        is_aged = self.options.aged_out and self.is_faulty and self.has_start
        while self.need(1) and self.need(4 * self.buffer[0]):
            size = 4 * self.buffer[0]
            record, self.buffer = self.buffer[:size], self.buffer[size:]
            if ts_out:
                record = bytes([record[0] - 2]) + record[1:-8]
            if wire.rtype(record) in wire.CONTROL:
                injector.control(record)
            elif is_aged:
                injector.put(wire.error(8, self.options.error_text or wire.ERRORS[8][1]))
                self.outlet.finish()
                raise Over("error 8, then FIN")
            else:
                injector.data(record)
