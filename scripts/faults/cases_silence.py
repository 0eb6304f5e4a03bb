"""A live feed, or its ingest, that goes silent under an account: time goes on, limits bite, and nothing opens on an old book."""

import contextlib
import datetime
import json
import os
import pathlib
import queue
import signal
import socket
import subprocess
import threading
import time
import zoneinfo

import journals
import records
import wire
from bench import PLACE, PROGRAM, Skip, case, expect, levelhead, same, short_day, tape, until
from cases_live import KEY, live_up, serve, settle
from cases_orders import reconciled, steps
from disk import library
from flatten import PATIENT, arm, audit, flatten, open_position, order, position, ready, rest_order
from runs import Up, prove, replay, send, wait_for_all

# As the defaults, but sooner.
LIMITS = ("--set", "risk.no_mark_reduce_seconds=4", "--set", "risk.no_mark_flatten_seconds=9",
          "--set", "risk.stale_after_ms=4000", "--set", "policy.enabled=false", "--set", "execution.stop_ack_ms=5000",
          *PATIENT)


def quiet_day():
    """Ten minutes with a book several times a second, at their own pace."""
    return tape("quiet", "--seed", "3", "--rate", "0.2", "--from", "09:20", "--to", "09:30", "--no-options")


def desk(gateway):
    return live_up(gateway, "--replay-from", "all", *LIMITS)


def changes(up):
    return [(line["to"], line["reason"]) for line in audit(up, "trading_state")]


def flattened(up, since, least):
    """Waits until the account is flat for want of a mark, and gives the seconds that it took."""
    until(lambda: ("FLATTENING", "no_valid_mark") in changes(up), 25, f"flattened: {changes(up)}")
    seconds = time.monotonic() - since
    expect(seconds >= least, f"flattened after {seconds:.1f} s")
    until(lambda: position(up) == 0 and up.status()["trading_state"] == "LOCKED", 15, f"flat: {up.status()}")
    return seconds


def is_refused(up):
    """By hand nothing opens on a book that nobody knows to stand."""
    same(order(up, "buy", 1, "--stop-ticks", 200, status=1)["verdict"], "market_data_stale", "an order on an old book")


def quality(up):
    return [one["quality"] for process in up.status()["processes"] if process["name"] == "risk" for one in process["instruments"]]


def feed(up):
    return next(one.get("feed") for one in up.status()["processes"] if one["name"] == "ingest")


@contextlib.contextmanager
def follow(up, topic):
    """`subscribe` beside the block; gives what it has printed so far."""
    path = up.log.with_suffix(f".{topic}.jsonl")
    with open(path, "w") as out:
        process = subprocess.Popen([PROGRAM, "subscribe", topic, "--format", "jsonl", "--state-dir", str(up.state)], stdout=out,
                                   stderr=subprocess.DEVNULL)
        try:
            yield lambda: [json.loads(line) for line in path.read_text().split("\n")[:-1]]
        finally:
            process.kill()
            process.wait()


@case()
def live_feed_dead(source):
    """The gateway dies under a position: no mark, flat, and after an arm nothing opens until it is back."""
    with serve(quiet_day(), "--speed", "1x", "--clock", "shared") as server, desk(server) as up:
        ready(up)
        open_position(up, 1)
        until(lambda: quality(up) == [[]] and feed(up) == "live", 10, f"good data: {quality(up)} {feed(up)}")
        with follow(up, "features.ES") as lines:
            until(lambda: any("sequence" in line for line in lines()), 10, "rows come")
            server.process.kill()
            seconds = flattened(up, time.monotonic(), 5)
            told = [line["feed"]["flags"] for line in lines() if "feed" in line]
            expect(told and "stale" in told[-1], f"told while no rows come: {told}")
        expect(feed(up) in ("down", "connecting"), f"the feed's state: {feed(up)}")
        expect("stale" in quality(up)[0], f"quality: {quality(up)}")
        levelhead("arm", "--scope", "account", "--reason", "test", "--state-dir", up.state, status=None)
        is_refused(up)
        detail = prove(up, up.end())
        return f"flattened after {seconds:.1f} s; {detail}"


@case()
def live_ingest_stopped(source):
    """A stopped ingest says nothing of its feed; the risk gateway is killed meanwhile and knows how old the book is."""
    with serve(quiet_day(), "--speed", "1x", "--clock", "shared") as server, desk(server) as up:
        ready(up)
        open_position(up, 1)
        since = time.monotonic()
        ingest = up.kill("ingest", signal.SIGSTOP)
        until(lambda: ("REDUCING", "no_valid_mark") in changes(up), 15, f"no mark: {changes(up)}")
        old = up.kill("risk")
        up.restarted("risk", old)
        seconds = flattened(up, since, 7)
        arm(up)
        is_refused(up)
        os.kill(ingest, signal.SIGCONT)
        until(lambda: quality(up) == [[]], 20, f"good data again: {quality(up)}")
        open_position(up, 1)
        detail = prove(up, up.end())
        return f"flattened after {seconds:.1f} s; {detail}"


def resumed_alone(stop):
    """A run goes on while its gateway does not answer: the book that it had is of the past, until the feed is back."""
    with serve(quiet_day(), "--speed", "1x", "--clock", "shared") as server, desk(server) as up:
        ready(up)
        open_position(up, 1)
        stop(up)
        server.process.send_signal(signal.SIGSTOP)
        with live_up(server, "--replay-from", "all", *LIMITS, "--resume", run=up.run, state=up.state) as again:
            try:
                until(lambda: len(again.status()["processes"]) == 5, 20, "five processes answer")
                is_refused(again)
                same(quality(again), [["stale"]], "quality of a book of before")
            finally:
                server.process.send_signal(signal.SIGCONT)
            until(lambda: quality(again) == [[]], 30, f"good data again: {quality(again)}")
            open_position(again, 1)
            return prove(again, again.end())


@case()
def live_resumed_alone(source):
    """After an end by a signal."""
    return resumed_alone(lambda up: up.end())


@case(long=True)
def live_resumed_alone_after_a_kill(source):
    """After the supervisor and all five were killed: nobody could say that the feed ended."""
    def kill(up):
        pids = list(up.pids().values())
        up.process.kill()
        up.process.wait()
        for pid in pids:
            send(pid, signal.SIGKILL)
        until(lambda: not up.pids(), 10, "all are gone")
    return resumed_alone(kill)


@case(long=True)
def live_half_open(source):
    """A connection over which nothing comes any more: our own clock is no sign that the gateway lives."""
    with serve(quiet_day(), "--speed", "1x", "--clock", "shared") as server, desk(server) as up:
        ready(up)
        open_position(up, 1)
        server.process.send_signal(signal.SIGSTOP)
        try:
            # A missed heartbeat (5 s), the time that a book stands without one (4 s), and the limit.
            seconds = flattened(up, time.monotonic(), 9)
            expect(seconds < 22, f"flattened after {seconds:.1f} s")
            return f"flattened after {seconds:.1f} s; {prove(up, up.end())}"
        finally:
            server.process.send_signal(signal.SIGCONT)


def busiest(day, seconds):
    """The tape time from which on a replay of a tape gives most signals in so many seconds."""
    run = pathlib.Path(replay(day)["run_dir"])
    times = [line["time"] for line in map(json.loads, open(run / "audit.jsonl")) if line["event"] == "signal"]
    return max(times, key=lambda start: sum(start <= time < start + seconds * 10**9 for time in times))


def answers(up, begin, end):
    """Verdicts on entries that the signals between two times of the tape asked for: each follows its signal in the audit log."""
    found, time = [], 0
    for line in map(json.loads, open(up.run / "audit.jsonl")):
        if line["event"] == "signal":
            time = line["time"]
        elif line["event"] == "verdict" and "-strategy-" in line["order"] and begin < time < end:
            found.append(line["verdict"])
    return found


@case()
def live_engine_stopped(source):
    """What a stopped engine says when it goes on is of the past: no strategy opens on it."""
    speed, seconds = 60, 4
    day = short_day()
    begin = busiest(day, 150) - 30 * 10**9
    whole = records.futures(day)
    before = sum(wire.ts_event(record) < begin for record in whole)
    with serve(day, "--speed", f"{speed}x", "--clock", "shared") as server:
        with live_up(server, "--replay-from", "all", "--set", "risk.signal_life_ms=1000", *PATIENT) as up:
            up.reach(before)
            engine = up.kill("engine", signal.SIGSTOP)
            stopped = max(wire.ts_event(one) for one in records.written(up.run) if wire.rtype(one) == wire.MBP10)
            time.sleep(seconds)
            ended = stopped + (seconds - 1) * speed * 10**9 - 10 * 10**9
            os.kill(engine, signal.SIGCONT)
            settle(up, len(whole))
            detail = prove(up, up.end(), whole=whole)
            verdicts = answers(up, stopped, ended)
            expect(verdicts, "no entry was asked for while the engine was stopped")
            same(set(verdicts), {"market_data_stale"}, "verdicts on signals of the past")
            return f"{len(verdicts)} entries refused; {detail}"


@case()
def live_clock_set_back(source):
    """Whose record was received later than now was received nobody knows when: a strategy opens nothing on it."""
    back, speed, seconds = PLACE / "clock-back", 60, 4
    back.write_bytes(bytes(8))
    clock = {"LD_PRELOAD": str(library("clock")), "CLOCK": str(back), "CLOCK_OF": "risk"}
    day = short_day()
    begin = busiest(day, 150) - 30 * 10**9
    whole = records.futures(day)

    def newest(up):
        return max(wire.ts_event(one) for one in records.written(up.run) if wire.rtype(one) == wire.MBP10)
    with serve(day, "--speed", f"{speed}x", "--clock", "shared") as server:
        with live_up(server, "--replay-from", "all", *PATIENT, environment={**KEY, **clock}) as up:
            up.reach(sum(wire.ts_event(record) < begin for record in whole))
            with open(back, "r+b") as file:
                file.write((10).to_bytes(8, "little"))
            begin = newest(up) + speed * 10**9 // 4
            time.sleep(seconds)
            end = newest(up)
            with open(back, "r+b") as file:
                file.write(bytes(8))
            settle(up, len(whole))
            detail = prove(up, up.end(), whole=whole)
            verdicts = answers(up, begin, end)
            expect(verdicts, "no entry was asked for while the clock was wrong")
            same(set(verdicts), {"market_data_stale"}, "verdicts on signals of later than now")
            return f"{len(verdicts)} entries refused; {detail}"


def day_of_now():
    """The market from the last minute on, and when that was; skipped where the exchange is closed."""
    now = datetime.datetime.now(zoneinfo.ZoneInfo("America/New_York"))
    begin = (now - datetime.timedelta(minutes=1)).replace(second=0, microsecond=0)
    date = (begin + datetime.timedelta(hours=6)).date()
    if date.weekday() > 4 or not (begin.hour >= 18 or (begin.hour, begin.minute) < (16, 45)):
        raise Skip("the market is closed now")
    directory = PLACE / "now"
    end = begin + datetime.timedelta(minutes=6)
    # At night there would be no book for ten seconds at a time.
    rate = 0.2 if 9 <= begin.hour < 16 else 3
    done = levelhead("synth", "--date", date, "--seed", "3", "--rate", rate, "--no-options", "--out", directory, "--from",
                     f"{begin:%H:%M}", "--to", f"{end:%H:%M}", status=None)
    if done.returncode:
        raise Skip(f"no market now: {done.stderr.strip()[-100:]}")
    return directory


class Line:
    """A line to a gateway on which everything takes `delay` seconds."""

    def __init__(self, upstream):
        host, port = upstream.address.split(":")
        self.upstream, self.delay = (host, int(port)), 0.0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                server, parts = socket.create_connection(self.upstream), queue.Queue()
                for work in ((self.read, server, parts), (self.write, client, parts), (self.back, client, server)):
                    threading.Thread(target=work[0], args=work[1:], daemon=True).start()

    def read(self, server, parts):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                parts.put((time.monotonic(), data))
        parts.put((0, b""))

    def write(self, client, parts):
        with contextlib.suppress(OSError):
            while True:
                came, data = parts.get()
                if not data:
                    return client.shutdown(socket.SHUT_WR)
                while time.monotonic() < came + self.delay:
                    time.sleep(0.01)
                client.sendall(data)

    def back(self, client, server):
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
            server.close()

    def close(self):
        self.listener.close()


@case()
def live_books_come_late(_):
    """A feed that falls behind and goes on, each record like any other: nothing opens, what rests is cancelled, until it has caught up."""
    day = day_of_now()
    begin = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    limits = ("--set", "risk.stale_after_ms=5000", "--set", "risk.no_mark_reduce_seconds=60", "--set", "risk.no_mark_flatten_seconds=90",
              "--set", "policy.enabled=false", *PATIENT)
    with serve(day, "--speed", "1x", "--clock", "shared", "--from", f"{begin:%Y-%m-%dT%H:%M:%S.%fZ}") as server:
        with contextlib.closing(Line(server)) as line, live_up(line, "--replay-from", "all", *limits) as up:
            ready(up)
            until(lambda: feed(up) == "live", 10, "the feed is live")
            open_position(up, 1)
            rested = rest_order(up)["id"]
            line.delay = 8.0
            until(lambda: feed(up) == "behind", 20, f"the feed is behind: {up.words()[-300:]}")
            is_refused(up)
            until(lambda: rested not in [one["order"] for one in (reconciled(up) or {"venue": {"orders": []}})["venue"]["orders"]], 10,
                  "what could open is cancelled")
            expect("stale" in quality(up)[0], f"{quality(up)}")
            line.delay = 0.0
            until(lambda: feed(up) == "live", 10, "the feed is live again")
            until(lambda: order(up, "buy", 1, "--stop-ticks", 200, status=None)["verdict"] == "approved", 10, "an order")
            for words in ("late: nothing opens on them", "books come in time again"):
                expect(words in up.words(), f"it is said: {up.words()[-300:]}")
            same(flatten(up)["flat"], True, "flat")
            return prove(up, up.end())


@case()
def a_silent_risk_gateway(_):
    """Nobody watches the limits: what rests and could open is cancelled, what protects stays."""
    with Up("--tape", short_day(), "--speed", "60x", "--set", "policy.enabled=false", *PATIENT) as up:
        ready(up)
        open_position(up, 1)
        rested = rest_order(up)["id"]
        pid = up.kill("risk", signal.SIGSTOP)
        until(lambda: journals.CANCEL in [one[journals.COMMAND_KIND] for one in journals.outputs(up.run, "execution", journals.COMMAND)],
              10, "it is cancelled")
        send(pid, signal.SIGCONT)
        until(lambda: ("cancelled", "requested") in steps(up, rested), 10, f"the audit log says so: {steps(up, rested)}")
        until(lambda: len((reconciled(up) or {"venue": {"orders": []}})["venue"]["orders"]) == 2, 10, "stop and target are there")
        flatten(up)
        return prove(up, up.end())


@case()
def venue_over_a_death_in_silence(_):
    """The market has been silent for long when the venue dies: its successor answers at once, and a flatten is flat."""
    with Up("--tape", short_day(), "--speed", "max", "--stay", "--set", "policy.enabled=false", *PATIENT) as up:
        wait_for_all(up)
        order(up, "buy", 1, "--stop-ticks", 200, status=None)
        time.sleep(10)
        old = up.kill("paper")
        up.restarted("paper", old)
        begun = time.monotonic()
        levelhead("reconcile", "--state-dir", up.state, "--json", "--timeout", "5")
        seconds = time.monotonic() - begun
        return f"answered after {seconds:.2f} s; {prove(up, up.end())}"


@case()
def live_compressed_feed_pauses(_):
    """Half a frame, and nothing behind it: in each pause of a quiet market."""
    with serve(quiet_day(), "--speed", "1x", "--clock", "shared") as server, \
            live_up(server, "--replay-from", "all", "--compressed", "--set", "policy.enabled=false", *PATIENT) as up:
        ready(up)
        time.sleep(8)
        same(feed(up)["state"] if isinstance(feed(up), dict) else feed(up), "live", "the feed")
        same([reason for _, reason in changes(up)], ["warming", "warmed"], "what happened to the account")
        return prove(up, up.end())
