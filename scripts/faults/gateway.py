#!/usr/bin/env python3
"""A live gateway (Databento's LSG protocol) that goes wrong on demand, on 127.0.0.1.

It stands between a client and another gateway (--upstream), or serves DBN files by itself (--dbn). Without any fault it does
what a gateway should. Prints "listening 127.0.0.1:PORT" when it listens; ends by itself (--max-seconds, --max-sessions) or at
SIGTERM. One line an event on standard error. The same options and the same client give the same bytes, but for the times in
the gateway's own messages.

With --dbn, the market stands where the furthest session has got to: a session without a start goes on from there, one with a
start gets the records of the past whose event time is not before it, then "Finished SCHEMA replay", then what comes after.
The key is read from DATABENTO_API_KEY; unless it is set, any key will do.

Examples:
  gateway.py --dbn day.dbn.zst --split 1                                   everything a byte at a time
  gateway.py --dbn day.dbn.zst --cut rst --cut-after-records 500 --sessions 2     two resets, then a good session
  gateway.py --upstream 127.0.0.1:13000 --cut silence --cut-at 100000      a half-open connection
  gateway.py --dbn day.dbn.zst --skip 100:200                              a hole, with ErrorMsg 7
  gateway.py --dbn day.dbn.zst --error 6 --error-after 50                  "Internal error", then FIN
  gateway.py --dbn day.dbn.zst --dbn-version 1                             records of version 1
"""

import argparse
import hashlib
import os
import secrets
import signal
import socket
import string
import sys
import threading
import time

import wire
from faults import Injector, Outlet, Over, span


def options(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument_group("what is served").add_argument
    add("--upstream", metavar="HOST:PORT", help="stand before this gateway; records can be meddled with unless they are zstd")
    add("--dbn", metavar="FILE", nargs="+", help="serve these files")
    add("--port", type=int, default=0, help="0, which is usual, for any that is free")
    add("--rate", type=float, help="data records a second, with --dbn; else as fast as the client reads")
    add("--advance", type=int, default=0, metavar="N", help="records that pass unseen after each faulty session, with --dbn")
    add("--stay", action="store_true", help="heartbeats after the last record instead of FIN, with --dbn")
    add("--dbn-version", type=int, choices=(1, 2, 3), default=3, help="of metadata and records")
    add = parser.add_argument_group("how long").add_argument
    add("--max-seconds", type=float, default=60, help="then the program ends, whatever goes on (60)")
    add("--max-sessions", type=int, help="the program ends when so many sessions are over")
    add("--sessions", type=int, metavar="K", help="faults only in the first K sessions; else in all")
    add = parser.add_argument_group("connection").add_argument
    add("--refuse", choices=("close", "rst", "auth"), help="turn clients away: FIN or RST at once, or success=0")
    add("--refuse-text", default="A live data license is required to access this dataset.", help="of --refuse auth")
    add("--deaf", type=float, metavar="S", help="nobody listens for the first S seconds: connections are refused")
    add("--deaf-after", type=int, metavar="K", help="nobody listens for --deaf S seconds after session K, not at first")
    add("--slow-greeting", type=float, default=0, metavar="S", help="wait before the greeting")
    add("--slow-challenge", type=float, default=0, metavar="S", help="wait between greeting and challenge")
    add("--slow-response", type=float, default=0, metavar="S", help="wait before the answer to authentication")
    add("--slow-start", type=float, default=0, metavar="S", help="wait before the metadata")
    add = parser.add_argument_group("bytes").add_argument
    add("--split", type=int, metavar="N", help="write at most N bytes at a time")
    add("--split-pause", type=float, metavar="MS", help="wait after each such write")
    add("--cut", choices=("fin", "rst", "silence"), default="fin", help="how to cut; silence keeps the socket open and mute")
    add("--cut-pause", type=float, default=100, metavar="MS", help="wait before the cut; a client reads meanwhile (100)")
    add("--cut-at", type=int, metavar="N", help="cut after N bytes of the stream, which begins with the metadata")
    add("--count-handshake", action="store_true", help="N counts from the greeting instead")
    add("--cut-after-records", type=int, metavar="N", help="cut after N data records")
    add = parser.add_argument_group("records").add_argument
    add("--error", type=int, metavar="CODE", help="an ErrorMsg, then FIN if the code is a fatal one; version 1 has text only")
    add("--error-after", type=int, default=0, metavar="N", help="after so many data records (0)")
    add("--error-text", help="instead of the usual one")
    add("--error-close", action=argparse.BooleanOptionalAction, help="FIN after the error whatever its code")
    add("--no-heartbeats", action="store_true", help="be mute when there is nothing to say")
    add("--skip", type=span, metavar="A:B", help="leave out data records A to B, without B; ErrorMsg 7 in their place")
    add("--skip-silently", action="store_true", help="without the ErrorMsg")
    add("--slow-reader-warning", type=int, metavar="N", help="SystemMsg 2 before data record N")
    add("--duplicate", type=span, metavar="A:B", help="send data records A to B twice, the second time after B-1")
    add("--aged-out", action="store_true", help="ErrorMsg 8 and FIN for a session that asks for a start")
    add("--unknown-record", type=int, metavar="N", help="a record of an unknown type before data record N")
    add("--bad-length", type=int, metavar="N", help="a record of length 4 before data record N: a broken stream")
    chosen = parser.parse_args(arguments)
    if (chosen.upstream is None) == (chosen.dbn is None):
        parser.error("either --upstream or --dbn")
    return chosen


class Gateway:
    """Listens, and gives each client a thread."""

    def __init__(self, chosen):
        self.options = chosen
        self.key = os.environ.get("DATABENTO_API_KEY")
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.begun = self.ended = 0
        # How far the market has got, with --dbn.
        self.position = 0
        self.tape = None
        if chosen.dbn:
            from tape import Tape

            self.tape = Tape(chosen.dbn)
        self.port = chosen.port
        self.listener = None

    def log(self, number, text):
        print(f"session {number}: {text}", file=sys.stderr, flush=True)

    def pass_record(self, place):
        """The market is past this record, whether anybody got it or not."""
        with self.lock:
            self.position = max(self.position, place + 1)

    def bind(self, listens):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        if listens:
            self.listener.listen(64)
            self.listener.settimeout(0.05)

    def deafen(self):
        """Nobody listens for a while; the port stays ours."""
        self.listener.close()
        self.bind(listens=False)
        self.stopping.wait(self.options.deaf)
        self.listener.listen(64)
        self.listener.settimeout(0.05)

    def run(self, announce):
        """Serves until the time is over; tells `announce` that it listens, before it first does anything else."""
        deafens_first = self.options.deaf and self.options.deaf_after is None
        self.bind(listens=not deafens_first)
        announce(f"listening 127.0.0.1:{self.port}")
        end = time.monotonic() + self.options.max_seconds
        if deafens_first:
            self.deafen()
        was_deaf = False
        while not self.stopping.is_set() and time.monotonic() < end:
            if self.options.max_sessions is not None and self.ended >= self.options.max_sessions:
                break
            if self.options.deaf and not was_deaf and self.ended == self.options.deaf_after:
                was_deaf = True
                self.deafen()
            try:
                connection, _ = self.listener.accept()
            except TimeoutError:
                continue
            self.begun += 1
            threading.Thread(target=self.serve, args=(connection, self.begun), daemon=True).start()
        self.stopping.set()
        self.listener.close()
        time.sleep(0.2)

    def serve(self, connection, number):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        is_faulty = self.options.sessions is None or number <= self.options.sessions
        outlet = Outlet(connection, self.options, is_faulty, self.stopping)
        self.log(number, "begins" + (", with faults" if is_faulty else ""))
        try:
            if is_faulty and self.options.refuse in ("close", "rst"):
                outlet.options = argparse.Namespace(**{**vars(self.options), "cut": self.options.refuse.replace("close", "fin")})
                outlet.cut()
            if self.options.upstream:
                from relay import Relay

                Relay(self, outlet, number, is_faulty).run()
            else:
                Session(self, outlet, number, is_faulty).run()
            outlet.finish()
            self.log(number, "ends by FIN")
        except Over as over:
            self.log(number, f"ends: {over}")
        except OSError as error:
            self.log(number, f"ends: {error.strerror or error}")
        finally:
            connection.close()
            with self.lock:
                self.ended += 1
                if is_faulty:
                    self.position += self.options.advance


def fields(line):
    """A control line as a dictionary; a bare word has the value None."""
    pairs = (field.partition("=") for field in line.split("|") if field)
    return {key: value if sign else None for key, sign, value in pairs}


class Lines:
    """The lines that a client sends."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""

    def next(self, timeout):
        """The next line; None when there is none in time. Raises Over at the end."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            self.connection.settimeout(max(left, 0.000001))
            try:
                more = self.connection.recv(65536)
            except (TimeoutError, BlockingIOError):
                return None
            if not more:
                raise Over("the client has gone")
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode("ascii", "replace")


class Session:
    """One client of a gateway that serves files."""

    def __init__(self, gateway, outlet, number, is_faulty):
        self.gateway, self.outlet, self.number, self.is_faulty = gateway, outlet, number, is_faulty
        self.options, self.tape = gateway.options, gateway.tape
        self.lines = Lines(outlet.connection)
        self.subscriptions = []
        self.pieces = {}
        self.injector = None

    def pause(self, seconds):
        if self.is_faulty and seconds:
            self.gateway.stopping.wait(seconds)

    def write(self, data):
        self.outlet.connection.settimeout(None)
        self.outlet.write(data)

    def run(self):
        self.authenticate()
        while True:
            line = self.line()
            if line.startswith("start_session"):
                break
            self.subscribe(line)
        self.stream()

    def line(self):
        while not self.gateway.stopping.is_set():
            line = self.lines.next(0.1)
            if line is not None:
                return line
        raise Over("the program ends")

    def authenticate(self):
        self.pause(self.options.slow_greeting)
        self.write(b"lsg_version=0.9.4\n")
        self.pause(self.options.slow_challenge)
        challenge = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))
        self.write(f"cram={challenge}\n".encode())
        self.auth = fields(self.line())
        self.pause(self.options.slow_response)
        refusal = None
        if self.is_faulty and self.options.refuse == "auth":
            refusal = self.options.refuse_text
        elif self.gateway.key and self.auth.get("auth") != self.answer(challenge):
            refusal = "Authentication failed."
        elif self.auth.get("dataset") != self.tape.dataset:
            refusal = f"Unknown dataset {self.auth.get('dataset')}"
        elif self.auth.get("compression", "none") != "none":
            refusal = "This gateway does not compress."
        if refusal:
            self.write(f"success=0|error={refusal}\n".encode())
            self.outlet.finish()
            raise Over(f"refused: {refusal}")
        self.write(f"success=1|session_id={self.number}\n".encode())

    def answer(self, challenge):
        key = self.gateway.key
        return hashlib.sha256(f"{challenge}|{key}".encode()).hexdigest() + "-" + key[-5:]

    def subscribe(self, line):
        """Takes one line; answers at once when the stream is open."""
        request = fields(line)
        if "schema" not in request:
            self.gateway.log(self.number, f"ignored: {line[:200]}")
            return
        name = (request.get("id"), request["schema"])
        symbols = self.pieces.pop(name, []) + request.get("symbols", "").split(",")
        if request.get("is_last") == "0":
            self.pieces[name] = symbols
            return
        start = request.get("start")
        self.gateway.log(self.number, f"subscription {request['schema']}, {len(symbols)} symbols, start {start}")
        entry = {"schema": request["schema"], "ids": set(), "id": request.get("id", len(self.subscriptions)),
                 "start": int(start) if start and not self.injector else None, "all": "ALL_SYMBOLS" in symbols,
                 "names": symbols, "stype": request.get("stype_in", "raw_symbol")}
        self.subscriptions.append(entry)
        if self.injector:
            self.acknowledge(entry)

    def acknowledge(self, entry):
        say = self.injector.control
        say(wire.system(1, f"Subscription request {entry['id']} for {entry['schema']} data succeeded"))
        if entry["all"]:
            for number, name in sorted(self.tape.names.items()):
                say(wire.mapping(number, name, name))
            return
        for symbol in entry["names"]:
            found = self.tape.resolve(symbol, entry["stype"])
            if not found:
                say(wire.error(4, f"Failed to resolve symbol '{symbol}'"))
            for number in sorted(found):
                say(wire.mapping(number, symbol, self.tape.names.get(number, str(number))))
            entry["ids"] |= found

    def stream(self):
        self.pause(self.options.slow_start)
        ts_out = self.auth.get("ts_out") == "1"
        self.injector = Injector(self.outlet, self.options, self.is_faulty, ts_out, self.options.dbn_version)
        self.outlet.is_counting = True
        starts = [entry["start"] for entry in self.subscriptions if entry["start"] is not None]
        present = self.gateway.position
        begin = min(starts) if starts else self.event_time(present)
        self.write(wire.metadata(self.options.dbn_version, self.tape.dataset, begin or time.time_ns(), ts_out))
        for entry in self.subscriptions:
            self.acknowledge(entry)
        if starts and self.options.aged_out and self.is_faulty:
            self.injector.put(wire.error(8, self.options.error_text or wire.ERRORS[8][1]))
            self.outlet.finish()
            raise Over("error 8, then FIN")
        if starts:
            for record in self.tape.records[:present]:
                self.offer(record, is_past=True)
            self.finish_replay()
        self.live(present)

    def event_time(self, place):
        return wire.ts_event(self.tape.records[place]) if place < len(self.tape.records) else 0

    def live(self, place):
        for place in range(place, len(self.tape.records)):
            if place % 64 == 0:
                self.hear(0)
            self.gateway.pass_record(place)
            if self.offer(self.tape.records[place], is_past=False) and self.options.rate:
                self.hear(1 / self.options.rate)
        interval = int(self.auth.get("heartbeat_interval_s") or 30)
        while self.options.stay:
            self.hear(interval)
            self.injector.control(wire.system(0, "Heartbeat"))

    def hear(self, seconds):
        """Takes what the client says meanwhile."""
        end = time.monotonic() + seconds
        while True:
            if self.gateway.stopping.is_set():
                raise Over("the program ends")
            line = self.lines.next(min(max(0, end - time.monotonic()), 0.1))
            self.outlet.connection.settimeout(None)
            if line is not None:
                self.subscribe(line)
            elif time.monotonic() >= end:
                return

    def offer(self, record, is_past):
        schema = wire.SCHEMA_OF.get(wire.rtype(record))
        for entry in self.subscriptions:
            if entry["schema"] != schema or not (entry["all"] or wire.instrument(record) in entry["ids"]):
                continue
            if is_past and (entry["start"] is None or wire.ts_event(record) < entry["start"]):
                continue
            self.injector.data(record)
            return True
        return False

    def finish_replay(self):
        for schema in dict.fromkeys(entry["schema"] for entry in self.subscriptions if entry["start"] is not None):
            self.injector.control(wire.system(3, f"Finished {schema} replay"))


def main():
    gateway = Gateway(options())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: gateway.stopping.set())
    gateway.run(lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
