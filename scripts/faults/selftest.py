#!/usr/bin/env python3
"""Every fault of gateway.py happens, where it should and nowhere else: with a client of plain sockets. One line a case; exit
status 1 when one fails. Needs databento-dbn; makes its own tape."""

import hashlib
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import databento_dbn

import gateway
import wire
from report import Report

HERE = pathlib.Path(__file__).resolve().parent
DATASET, KEY = "GLBX.MDP3", "made-up-key-of-this-test"
COUNT, HEAD = 200, 128
report = Report()
say = report.say



def trade(number):
    time_ns = 1_796_135_400_000_000_000 + number
    body = struct.pack("<qIBBBBQiI", 6_000 * 10**9, 1, ord("T"), ord("B"), 128, 0, time_ns + 5, 0, number)
    return wire.header(48, wire.TRADE, 7, time_ns) + body


TRADES = [trade(number) for number in range(COUNT)]


def tape(folder):
    path = pathlib.Path(folder) / "tape.dbn"
    path.write_bytes(wire.metadata(3, DATASET, wire.ts_event(TRADES[0]), False) + wire.mapping(7, "ESZ6", "ESZ6") + b"".join(TRADES))
    return path


class Gateway(gateway.Gateway):
    """The gateway with these options while the block lasts, in this process: seventy of them are soon started."""

    def __init__(self, path, *arguments, upstream=None):
        source = ("--upstream", f"127.0.0.1:{upstream}") if upstream else ("--dbn", path)
        super().__init__(gateway.options(list(map(str, (*source, "--max-seconds", 30, *arguments)))))
        self.key = KEY
        self.announced = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(lambda line: self.announced.set(),))

    def log(self, number, text):
        pass

    def __enter__(self):
        self.thread.start()
        self.announced.wait(10)
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(10)
        if self.thread.is_alive():
            say(False, "the gateway ends")


class Client:
    """One session: the lines of the handshake, the bytes of the stream, and how it ended."""

    def __init__(self, port, start=None, patience=3, symbols="ALL_SYMBOLS", auth="", key=KEY, until=None):
        self.lines, self.data, self.end = [], b"", None
        self.reads = 0
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
            self.talk(start, symbols, auth, key)
            while more := self.socket.recv(65536):
                self.reads += 1
                self.data += more
                if until and until(self):
                    self.end = "enough"
                    return
            self.end = "fin"
        except ConnectionResetError:
            self.end = "rst"
        except ConnectionRefusedError:
            self.end = "refused"
        except TimeoutError:
            self.end = "silence"

    def talk(self, start, symbols, auth, key):
        self.line()
        challenge = self.line().removeprefix("cram=")
        answer = hashlib.sha256(f"{challenge}|{key}".encode()).hexdigest()
        begin = f"|start={start}" if start is not None else ""
        self.socket.sendall(f"auth={answer}-{key[-5:]}|dataset={DATASET}|encoding=dbn{auth}\n".encode())
        self.line()
        self.socket.sendall(f"schema=trades|stype_in=raw_symbol|symbols={symbols}{begin}|id=0|is_last=1\nstart_session\n".encode())

    def line(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = self.socket.recv(1)
            if not byte:
                raise ConnectionResetError if self.end == "rst" else TimeoutError
            line += byte
        self.lines.append(line.decode().strip())
        return self.lines[-1]

    @property
    def version(self):
        return self.data[3]

    def records(self):
        """Records as Databento's package reads them."""
        policy = databento_dbn.VersionUpgradePolicy.UPGRADE_TO_V3
        decoder = databento_dbn.DBNDecoder(upgrade_policy=policy)
        decoder.write(self.data)
        return decoder.decode()[1:]

    def heartbeats(self):
        return sum(getattr(record, "msg", "") == "Heartbeat" for record in self.records())

    def trades(self):
        return [bytes(record) for record in self.records() if isinstance(record, databento_dbn.TradeMsg)]

    def errors(self):
        return [(record.err, int(record.code)) for record in self.records() if isinstance(record, databento_dbn.ErrorMsg)]


def check(name, client, trades, end="fin", extra=True):
    good = client.trades() == trades and client.end == end and extra
    say(good, name, f"{len(client.trades())} trades, expected {len(trades)}; {client.end}; {extra}")


def check_bytes(path):
    with Gateway(path) as served:
        whole = Client(served.port)
        check("no fault", whole, TRADES)
        check("the market has passed", Client(served.port), [])
        check("a replay of all", Client(served.port, start=0), TRADES)
        check("a replay of some", Client(served.port, start=wire.ts_event(TRADES[150])), TRADES[150:])
        with Gateway(path, "--split", 1000, upstream=served.port) as relay:
            check("a relay", Client(relay.port, start=0), TRADES)
    with Gateway(path, "--split", 1, "--split-pause", 0.2, "--cut-at", 1000) as served:
        client = Client(served.port)
        say(len(client.data) == 1000 and client.reads > 100 and client.end == "fin", "single bytes, cut at 1000",
            f"{len(client.data)} bytes in {client.reads} reads")
    for how in ("fin", "rst", "silence"):
        for place in (0, 60, HEAD, HEAD + 320 + 176 + 48 * 10 + 7):
            with Gateway(path, "--cut", how, "--cut-at", place, "--sessions", 1) as served:
                client = Client(served.port, patience=0.5)
                say(len(client.data) == place and client.end == how, f"{how} at byte {place}", f"{len(client.data)} {client.end}")
                if place == 0:
                    check("and then a good session", Client(served.port, start=0), TRADES)
        with Gateway(path, "--cut", how, "--cut-after-records", 50, "--advance", 10, "--sessions", 1) as served:
            check(f"{how} after 50 records", Client(served.port, patience=0.5), TRADES[:50], how)
            if how != "silence":
                time.sleep(0.2)
                check("the market went on unseen", Client(served.port), TRADES[60:])
    with Gateway(path, "--cut-at", 30, "--count-handshake", "--cut", "silence") as served:
        client = Client(served.port, patience=0.5)
        say(client.end == "silence" and client.lines == ["lsg_version=0.9.4"], "silence in the handshake", f"{client.lines}")


def check_records(path):
    def one(name, arguments, trades, end="fin", extra=lambda client: True, **how):
        with Gateway(path, *arguments) as served:
            client = Client(served.port, **how)
            check(name, client, trades, end, extra(client))

    for version in (1, 2, 3):
        for code, (is_fatal, text) in wire.ERRORS.items():
            known = {2: 2, 3: 3, 4: 4, 6: 6, 7: 7}.get(code, 255) if version == 1 else code
            expected = [(text, known)]
            one(f"error {code} in version {version}", ("--error", code, "--error-after", 20, "--dbn-version", version),
                TRADES[:20] if is_fatal else TRADES,
                extra=lambda client: client.errors() == expected and client.version == version)
    one("another text, and FIN", ("--error", 4, "--error-text", "Other", "--error-close"), [],
        extra=lambda client: client.errors() == [("Other", 4)])
    one("a hole with its error", ("--skip", "10:30"), TRADES[:10] + TRADES[30:], extra=lambda client: client.errors()[0][1] == 7)
    one("a hole without", ("--skip", "10:30", "--skip-silently"), TRADES[:10] + TRADES[30:], extra=lambda client: not client.errors())
    one("records twice", ("--duplicate", "5:8"), TRADES[:8] + TRADES[5:])
    one("aged out", ("--aged-out",), [], start=0, extra=lambda client: client.errors()[0][1] == 8)
    one("aged out concerns replays alone", ("--aged-out",), TRADES)
    one("a warning", ("--slow-reader-warning", 3), TRADES, extra=lambda client: any(
        getattr(record, "msg", "").startswith("Warning: slow reading") for record in client.records()))
    with Gateway(path) as served:
        came = [record for record in wire.frames(Client(served.port, auth="|ts_out=1").data[HEAD:]) if wire.rtype(record) == wire.TRADE]
        say([bytes([record[0] - 2]) + record[1:-8] for record in came] == TRADES, "send times", f"{len(came)}")
    with Gateway(path, "--unknown-record", 5) as served:
        types = [wire.rtype(record) for record in wire.frames(Client(served.port).data[HEAD:])]
        say(types[7] == 0x7E and types.count(wire.TRADE) == COUNT, "an unknown type", f"{types[5:9]}")
    with Gateway(path, "--bad-length", 5) as served:
        place = HEAD + 320 + 176 + 5 * 48
        say(Client(served.port).data[place] == 1, "a record of length 4")
    one("an unknown symbol", (), TRADES, symbols="ESZ6,NOSUCH",
        extra=lambda client: client.errors() == [("Failed to resolve symbol 'NOSUCH'", 4)])


def check_connections(path):
    with Gateway(path) as served:
        client = Client(served.port, key="another", patience=1)
        say(client.lines[-1] == "success=0|error=Authentication failed.", "a wrong key", f"{client.lines[-1]}")
    with Gateway(path, "--refuse", "auth", "--refuse-text", "No.", "--sessions", 1) as served:
        say(Client(served.port).lines[-1] == "success=0|error=No.", "refused with a text")
        check("and then a good session", Client(served.port), TRADES)
    with Gateway(path, "--refuse", "rst") as served:
        say(Client(served.port).end == "rst", "refused by RST")
    with Gateway(path, "--refuse", "close") as served:
        say(Client(served.port, patience=1).lines == [], "refused by FIN")
    with Gateway(path, "--deaf", 1) as served:
        say(Client(served.port).end == "refused", "nobody listens")
        time.sleep(1.2)
        check("and then somebody does", Client(served.port), TRADES)
    with Gateway(path, "--slow-greeting", 0.3, "--slow-challenge", 0.3, "--slow-response", 0.3, "--slow-start", 0.3) as served:
        begin = time.monotonic()
        check("slow", Client(served.port), TRADES, extra=True)
        say(time.monotonic() - begin >= 1.2, "and not quicker")
    with Gateway(path, "--stay") as served:
        client = Client(served.port, auth="|heartbeat_interval_s=1", until=lambda client: client.heartbeats() == 2)
        say(client.end == "enough", "--stay: heartbeats", f"{client.heartbeats()}")
    with Gateway(path, "--stay", "--no-heartbeats") as served:
        client = Client(served.port, auth="|heartbeat_interval_s=1", patience=1.6)
        say(client.end == "silence" and client.heartbeats() == 0, "and none of them", f"{client.heartbeats()} {client.end}")


def check_program(path):
    """As others start it: the line it prints, its status, its ends."""
    command = [sys.executable, HERE / "gateway.py", "--dbn", path, "--max-seconds", "20"]
    for ends, more in (("after a session", ["--max-sessions", "1"]), ("by SIGTERM", []), ("in time", ["--max-seconds", "0.5"])):
        process = subprocess.Popen([*command, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "DATABENTO_API_KEY": KEY})
        port = int(process.stdout.readline().removeprefix("listening 127.0.0.1:"))
        check(f"the program, that ends {ends}", Client(port), TRADES)
        if not more:
            process.terminate()
        log = process.communicate(timeout=10)[1]
        say(process.returncode == 0 and "session 1: begins" in log and KEY not in log, f"it ends {ends}", f"{process.returncode}")
    wrong = subprocess.run([*command, "--upstream", "127.0.0.1:1"], capture_output=True, text=True)
    say(wrong.returncode == 2 and "either" in wrong.stderr, "either a file or a gateway above")


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = tape(folder)
        for step in (check_bytes, check_records, check_connections, check_program):
            step(path)
    sys.exit(report.status(least=70))


if __name__ == "__main__":
    main()
