"""`up` on a live gateway that goes wrong: what is on the run's tape is what the gateway has, or a hole is marked and nothing was
opened on it."""

import datetime
import json
import math
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import zoneinfo
from collections import Counter

import bench
import index_options
import records
import wire
from bench import PROGRAM, case, expect, fails, levelhead, same, short_day, tape, until
from runs import ROLES, Up, explained, prove, remove_shared, replay

# Made up, and put together here so that no line looks like a key.
KEY = {"DATABENTO_API_KEY": "db-" + "rehearsal" + "0" * 20}


class Server:
    """A program that prints where it listens, ended with the block."""

    def __init__(self, *command):
        self.command = list(map(str, command))

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **KEY})
        line = self.process.stdout.readline()
        expect(line.startswith("listening "), f"{self.command[1]} listens: {line}")
        self.address = line.split()[-1]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def serve(tape, *more):
    return Server(PROGRAM, "serve", "--tape", tape, "--port", 0, "--stay", *more)


def faulty(upstream, *faults):
    return Server(sys.executable, bench.ROOT / "scripts/faults/gateway.py", "--upstream", upstream.address,
                  "--max-seconds", 300, *faults)


def live_up(gateway, *more, options=False, **keywords):
    """A live run. Faults count sessions, and options begin with one of their own, so they are left out unless asked for."""
    setting = "live.options=" + ("true" if options else "false")
    return Up("--gateway", gateway.address, "--set", setting, *more, **{"environment": KEY, **keywords})


def brief_day():
    """Ten minutes, for what is slow."""
    return tape("brief", "--seed", "2", "--rate", "0.01", "--from", "09:20", "--to", "09:30", "--no-options")


def settle(up, wanted, seconds=90, quiet=25):
    """Waits until the run's tape has so many data records, or has not grown for a while."""
    last, since, end = -1, time.monotonic(), time.monotonic() + seconds
    while time.monotonic() < end:
        expect(up.process.poll() is None, f"up ended: {up.words()[-300:]}")
        found = records.data_count(up.run)
        if found != last:
            last, since = found, time.monotonic()
        if found >= wanted or found and time.monotonic() - since > quiet:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{last} of {wanted} records within {seconds} s: {up.words()[-300:]}")


def nothing_opened_in(run, holes):
    """No order was opened between the last record before a hole in the books and the first after it."""
    opened = [json.loads(line) for line in open(run / "audit.jsonl") if '"event": "verdict"' in line and '"approved"' in line]
    for hole in holes:
        if hole.get("schema", "mbp-10") != "mbp-10":
            continue
        within = [line for line in opened
                  if int(hole.get("from", 0)) < line["time"] < int(hole.get("to", 0)) and line["position"] == 0]
        expect(not within, f"opened inside the hole {hole}: {within[:1]}")
    return len(opened)


def session_volumes(up):
    """The contracts since 18:00 at the end of each second of a run's tape, by its time."""
    stem = bench.PLACE / f"{up.run.name}-volume"
    bench.levelhead("features", "--tape", up.run / "tape", "--config", bench.DAY_CONFIG, "--out", f"{stem}.csv", "--every", "1s",
                    "--columns", "session_volume_contracts")
    rows = [line.split(",") for line in open(f"{stem}.csv").read().splitlines()[1:]]
    return [(int(row[0]), math.nan if row[3] in ("", "nan", "NaN") else float(row[3])) for row in rows]


def sums_end_with_the_hole(up, holes):
    """What is summed since 18:00 is not defined from the hole on, and no strategy opens on what it reads shortly behind it."""
    starts = [int(hole["from"]) for hole in holes if hole.get("schema", "mbp-10") == "mbp-10"]
    rows = session_volumes(up)
    lost = [time for time, volume in rows if math.isnan(volume)]
    expect(lost, f"{len(rows)} seconds, and each has a sum")
    same(lost, [time for time, _ in rows[-len(lost):]], "seconds without a sum, at the end")
    expect(lost[0] >= min(starts), "a sum ended before the hole")
    # The first hole, however far its mark says that it reaches, ends with the first book behind it. In a run that is slower
    # than its tape an order may follow a signal from before the hole; in logical time none does.
    run = pathlib.Path(replay(up.run / "tape")["run_dir"])
    nothing_opened_in(run, [{"from": lost[0] - 1_000_000_000, "to": lost[0] + 148_000_000_000}])


def skips_end_at_the_next_book(up):
    """A hole of skipped records reaches to the first record after its mark, and its mark stands in front of that one."""
    ends = []
    for record in records.written(up.run):
        if wire.rtype(record) == wire.SYSTEM and b"levelhead=gap" in record and b"reason=skipped" in record:
            ends.append(record[16:319].split(b"\0")[0].decode().split("|to=")[1].split("|")[0])
        elif wire.rtype(record) == wire.MBP10 and ends:
            same(ends.pop(), str(wire.ts_event(record)), "the end of a hole")


def through(source, *faults, speed="max", day=None, hole=False, kill_ingest=False, mark=None, linger=0):
    """One live run through a gateway with these faults, proved at its end.

    mark: the kind of mark that shows on the tape that the fault happened. linger: seconds after the last record.
    """
    day = day or short_day()
    whole = records.futures(day)
    clock = () if speed == "max" else ("--clock", "shared")
    with serve(day, "--speed", speed, *clock) as server, faulty(server, *faults) as gateway:
        with live_up(gateway, "--replay-from", "all") as up:
            if kill_ingest:
                up.reach(source.randrange(len(whole) // 10, len(whole) // 2))
                up.kill("ingest")
            found = settle(up, len(whole), quiet=10 if hole else 25)
            time.sleep(linger)
            result = up.end()
            marks = records.marks(up.run)
            gaps = [one for one in marks if one["levelhead"] == "gap"]
            # The last one is that of the end.
            expect(not mark or mark in [one["levelhead"] for one in marks[:-1]], f"the fault happened: {marks}")
            detail = prove(up, result, whole=None if hole else whole)
            if hole:
                expect(gaps, f"a hole is marked: {found} of {len(whole)} records, {marks[-3:]}")
                skips_end_at_the_next_book(up)
                nothing_opened_in(up.run, gaps)
                sums_end_with_the_hole(up, gaps)
            else:
                same(gaps, [], "holes")
    return f"{detail}, {len(gaps)} holes"


def byte(source, day=None):
    return str(source.randrange(2_000, 368 * len(records.futures(day or short_day())) * 2 // 3))


@case()
def live_in_time(source):
    """Without faults, in time, so that orders are worked."""
    with serve(short_day(), "--speed", "120x", "--clock", "shared") as server, live_up(server, "--replay-from", "all") as up:
        whole = records.futures(short_day())
        settle(up, len(whole))
        time.sleep(0.5)
        result = up.end()
        expect(result["orders"] > 3, f"orders: {result}")
        audited = [json.loads(line) for line in open(up.run / "audit.jsonl")]
        changes = [(line["from"], line["to"], line["reason"]) for line in audited if line["event"] == "trading_state"]
        same(changes[:2], [("ACTIVE", "REDUCING", "warming"), ("REDUCING", "ACTIVE", "warmed")], "changes of state")
        return f"{prove(up, result, whole=whole)}; {explained(up)} orders explained"


@case()
def live_feed_reset(source):
    """Cut at any byte, and not within a record alone: twice, by RST."""
    return through(source, "--cut", "rst", "--cut-at", byte(source), "--sessions", 2, mark="down")


@case()
def live_feed_ended(source):
    return through(source, "--cut", "fin", "--cut-at", byte(source), "--sessions", 1, speed="600x", mark="down")


@case()
def live_feed_half_open(source):
    """The socket stays open and says nothing more."""
    return through(source, "--cut", "silence", "--cut-at", byte(source), "--sessions", 1, mark="down")


@case()
def live_ingest_killed(source):
    return through(source, speed="300x", kill_ingest=True)


@case()
def live_ingest_killed_while_the_feed_is_cut(source):
    return through(source, "--cut", "rst", "--cut-at", byte(source), "--sessions", 1, speed="300x", kill_ingest=True)


@case()
def live_single_bytes(source):
    return through(source, "--split", 1, day=brief_day())


@case()
def live_error_messages(source):
    return through(source, "--error", 6, "--error-after", source.randrange(100, 5000), "--sessions", 2, mark="down")


@case(long=True)
def live_other_errors(source):
    return " | ".join(through(source, "--error", code, "--error-after", source.randrange(100, 5000), "--sessions", 1)
                      for code in (3, 4))


@case(long=True)
def live_flapping_gateway(source):
    """A gateway that does not know some symbol and loses its clients again and again costs no replay."""
    return through(source, "--error", 4, "--error-after", 0, "--error-close", "--sessions", 5, day=brief_day(), mark="down")


@case(long=True)
def live_no_heartbeats(source):
    """A gateway that is mute when it has nothing to say: the session is taken for dead and made anew, and nothing is lost."""
    return through(source, "--no-heartbeats", "--sessions", 1, mark="down", linger=20)


@case()
def live_skipped_records(source):
    """ErrorMsg 7: the hole is marked."""
    at = source.randrange(3000, 12000)
    return through(source, "--skip", f"{at}:{at + 400}", "--sessions", 1, speed="120x", hole=True)


def coming_day():
    """Ten minutes of the next session that has not begun: after the beginning of the one in force, whatever day and hour it is."""
    # A session begins at 17:00 in Chicago, with the next day's date; its definitions come before that.
    in_force = (datetime.datetime.now(zoneinfo.ZoneInfo("America/Chicago")) + datetime.timedelta(hours=7)).date()
    for days in range(1, 6):
        date, directory = in_force + datetime.timedelta(days=days), bench.PLACE / f"coming{days}"
        done = levelhead("synth", "--date", date, "--out", directory, "--seed", "2", "--rate", "0.01", "--from", "09:20",
                         "--to", "09:30", "--no-options", status=None)
        if done.returncode == 0:
            return directory
    raise AssertionError(f"no session within five days: {done.stderr}")


@case()
def live_the_signals_contract_is_refused_later(source):
    """A gateway that does not know the signal's contract any more is no feed: ingest ends, says so, and tries again."""
    whole = records.futures(short_day())
    with serve(short_day(), "--speed", "max") as server, \
            faulty(server, "--error", 4, "--error-text", "Failed to resolve symbol 'ES.c.0'", "--no-error-close", "--error-after",
                   source.randrange(1000, 4000), "--sessions", 1) as gateway, \
            live_up(gateway, "--replay-from", "all") as up:
        settle(up, len(whole))
        detail = prove(up, up.end(), whole=whole)
    marks = [mark["levelhead"] for mark in records.marks(up.run)]
    expect("down" in marks, f"the feed was down: {marks}")
    expect("knows no contract ES.c.0" in up.words(), f"said: {up.words()}")
    return detail


@case()
def live_replay_begins_late(source):
    """A gateway has nothing of the session's first hours, and does not say so: the hole is marked in front of the first book."""
    whole = records.futures(coming_day())
    with serve(coming_day(), "--speed", "max") as server, live_up(server) as up:
        settle(up, len(whole))
        detail = prove(up, up.end(), whole=whole)
    holes = [mark for mark in records.marks(up.run) if mark["levelhead"] == "gap"]
    same([(hole["reason"], "schema" in hole) for hole in holes], [("unreplayed", False)], "holes")
    expect("unreplayed" in up.words(), f"said: {up.words()}")
    return detail


@case(long=True)
def live_slow_reader_warning(source):
    return through(source, "--slow-reader-warning", source.randrange(1000, 9000), "--sessions", 1, mark="slow")


@case()
def live_aged_out(source):
    """The gateway has nothing of the past any more: the hole is marked, the present goes on."""
    return through(source, "--cut", "rst", "--cut-after-records", source.randrange(2000, 5000), "--aged-out",
                   "--sessions", 3, speed="300x", hole=True)


@case(long=True)
def live_repeated_records(source):
    """Records that come twice within a session are handed on twice; after the next break that is a hole."""
    day = short_day()
    whole = records.futures(day)
    at = source.randrange(1000, 9000)
    with serve(day, "--speed", "max") as server, \
            faulty(server, "--duplicate", f"{at}:{at + 50}", "--sessions", 1) as gateway:
        with live_up(gateway, "--replay-from", "all") as up:
            settle(up, len(whole) + 50)
            detail = prove(up, up.end())
            expect(records.data_count(up.run) >= len(whole), "all are there")
            return detail


@case(long=True)
def live_old_versions(source):
    """Records of DBN 1 and 2 become those of version 3: the books to the byte."""
    details = []
    for version in (1, 2):
        with serve(short_day(), "--speed", "max") as server, \
                faulty(server, "--dbn-version", version) as gateway, live_up(gateway, "--replay-from", "all") as up:
            whole = records.futures(short_day())
            settle(up, len(whole))
            details.append(prove(up, up.end()))
            books = lambda all_records: records.sequences(r for r in all_records if wire.rtype(r) == wire.MBP10)
            same(books(records.written(up.run)), books(whole), f"books of version {version}")
    return " | ".join(details)


def signal_levels(up):
    audited = [json.loads(line) for line in open(up.run / "audit.jsonl")]
    return {line["level"] for line in audited if line["event"] == "signal"}


def without_history(whole, late, named):
    """The late run names the columns that lack their past; levels among them give no signals, the others do."""
    expect({"pm_high_distance_ticks", "pm_low_distance_ticks"} <= set(named), f"named: {named[:5]}")
    absent = {name.removesuffix("_distance_ticks") for name in named if name.endswith("_distance_ticks")}
    expect(signal_levels(whole) & {"pm_high", "pm_low"}, f"levels with signals in the whole day: {signal_levels(whole)}")
    expect(signal_levels(late) and not signal_levels(late) & absent, f"levels with signals: {signal_levels(late)}")


@case()
def live_from_the_middle(source):
    """A run that begins when the day is under way, without the past: it has the rest of the day, in order."""
    day = short_day()
    whole = records.futures(day)
    # Slow enough that the late run, on a machine that is busy, still begins before the levels give their signals.
    with serve(day, "--speed", "50x", "--clock", "shared") as server:
        with live_up(server, "--replay-from", "all") as first:
            first.reach(source.randrange(len(whole) // 10, len(whole) // 5))
            with live_up(server, "--replay-from", "none") as late:
                settle(first, len(whole))
                settle(late, len(whole) // 4)
                copy = bench.PLACE / f"copy{late.run.name}"
                recorder = subprocess.Popen([PROGRAM, "record", "--from-start", "--out", str(copy), "--run-dir", str(late.run),
                                             "--state-dir", str(late.state), "--json"], stdout=subprocess.PIPE, text=True)
                time.sleep(1.5)
                engine = next(one for one in late.status()["processes"] if one["name"] == "engine")
                prove(first, first.end(), whole=whole)
                detail = prove(late, late.end())
                recorder.terminate()
                same(json.loads(recorder.communicate(timeout=20)[0]), {"records": records.count(late.run), "out": str(copy)},
                     "copied from the ring")
                same(recorder.returncode, 0, "status of record")
                own, copied = ({path.name: path.read_bytes() for path in place.glob("*.dbn")} for place in (late.run / "tape", copy))
                expect(own == copied, f"the copy is the run's tape: {sorted(own)}, {sorted(copied)}")
                without_history(first, late, engine["no_history"])
                expect("session_volume_contracts" in engine["no_history"], "the sums of the session are named")
                holes = [mark for mark in records.marks(late.run) if mark["levelhead"] == "gap"]
                same([(hole["reason"], "schema" in hole) for hole in holes], [("unreplayed", False)], "holes")
                expect(all(math.isnan(volume) for _, volume in session_volumes(late)), "sums of a part of the session")
            books = [r for r in records.written(late.run) if wire.rtype(r) == wire.MBP10]
            rest = [r for r in whole if wire.rtype(r) == wire.MBP10]
            expect(0 < len(books) < len(rest) and records.sequences(books) == records.sequences(rest[-len(books):]), "the rest of the day")
            return f"{detail}, {len(books)} of {len(rest)} books"


@case()
def live_supervisor_killed(source):
    day = short_day()
    whole = records.futures(day)
    with serve(day, "--speed", "300x", "--clock", "shared") as server:
        with live_up(server, "--replay-from", "all") as up:
            up.reach(source.randrange(len(whole) // 10, len(whole) // 2))
            up.process.send_signal(signal.SIGKILL)
            up.process.wait()
        with live_up(server, "--replay-from", "all", "--resume", run=up.run, state=up.state) as again:
            settle(again, len(whole))
            prove(again, again.end(), whole=whole)
        with live_up(server, "--replay-from", "all", "--resume", run=up.run, state=up.state) as last:
            until(lambda: len(last.status()["processes"]) == 5, 30, "five processes answer")
            time.sleep(1)
            return prove(last, last.end(), whole=whole)


@case()
def live_silently_skipped_records(source):
    """Nobody could notice, but the comparison with the source must."""
    day = brief_day()
    with serve(day, "--speed", "max") as server, faulty(server, "--skip", "100:110", "--skip-silently") as gateway:
        with live_up(gateway, "--replay-from", "all") as up:
            settle(up, len(records.futures(day)) - 10)
            time.sleep(0.5)
            result = up.end()
            fails(lambda: prove(up, result, whole=records.futures(day)), "records by instrument and kind")
            return prove(up, result)


def chain(directory):
    """The records that a live run with options asks for."""
    kinds = {wire.MBP10, wire.DEFINITION, wire.STATUS, wire.STATISTICS, wire.MBP1}
    return [record for record in records.source(directory).records if wire.rtype(record) in kinds]


def option_values(up, config=bench.DAY_CONFIG):
    """How many values of option columns in the last row of a run's tape are numbers."""
    stem = bench.PLACE / f"{up.run.name}-options"
    bench.levelhead("features", "--tape", up.run / "tape", "--config", config, "--out", f"{stem}.csv", "--every", "1s",
                    "--columns", "atm_*", "*gamma*", "*option*")
    lines = open(f"{stem}.csv").read().splitlines()
    count = sum(1 for value in lines[-1].split(",")[3:] if value not in ("", "nan", "NaN"))
    expect(count >= 10, f"option columns that are numbers: {count}")
    return count


@case()
def live_options(source):
    """The chain is chosen from definitions and subscribed to before the day's records come: every quote is on the tape."""
    day = short_day()
    whole = chain(day)
    with serve(day, "--speed", "max") as server, live_up(server, "--replay-from", "all", options=True) as up:
        settle(up, len(whole))
        time.sleep(0.5)
        detail = prove(up, up.end(), whole=whole)
        return f"{detail}, {option_values(up)} option values"


@case()
def live_options_killed(source):
    """An ingest that comes back finds the chain on its own tape, and asks for its quotes since then."""
    day = short_day()
    whole = chain(day)
    with serve(day, "--speed", "300x", "--clock", "shared") as server:
        with live_up(server, "--replay-from", "all", options=True) as up:
            up.reach(source.randrange(len(whole) // 10, len(whole) // 2))
            up.kill("ingest")
            settle(up, len(whole))
            time.sleep(0.5)
            detail = prove(up, up.end(), whole=whole)
            return f"{detail}, {option_values(up)} option values"


@case()
def live_two_datasets(source):
    """Futures from one gateway and an index's options from another, merged by receive time while both replay."""
    day = short_day()
    place = bench.PLACE / "index"
    place.mkdir()
    whole = records.futures(day) + index_options.write(day, place / "options.dbn")
    config = bench.PLACE / "index.toml"
    config.write_text(bench.DAY_CONFIG.read_text() + '\n[options]\nroot = "SPXW"\n')
    with serve(day, "--speed", "max") as futures, serve(place, "--speed", "max") as options:
        with live_up(futures, "--replay-from", "all", "--options-gateway", options.address, options=True, config=config) as up:
            settle(up, len(whole))
            options.process.kill()
            until(lambda: up.status()["options_feed"] not in ("live", None), 10, f"a feed that is down: {up.status()}")
            same(up.status()["feed"], "live", "the feed of the futures")
            until(lambda: "levelhead: options feed: " in up.words(), 10, "whose session ended")
            detail = prove(up, up.end(), config=config, whole=whole)
            times = [wire.index_time(r) for r in records.written(up.run) if wire.rtype(r) not in wire.CONTROL]
            late = sum(1 for one, other in zip(times, times[1:]) if other < one)
            same(late, 0, "records after a later one")
            values = option_values(up, config)
    for chosen, wanted in ((bench.DAY_CONFIG, True), (config, False)):
        said = subprocess.run([PROGRAM, "replay", "--tape", day, "--tape", place / "options.dbn", "--config", chosen, "--json",
                               "--run-dir", place / f"replay-{wanted}"], capture_output=True, text=True, check=True, timeout=120).stderr
        same("OPRA.PILLAR on the tape is not used" in said, wanted, f"a replay by {chosen.name} says: {said}")
    return f"{detail}, {values} option values"


@case()
def live_warm_start(source):
    """A run that begins in the middle of the day and fetches its past has the features of one that was there from the start."""
    day = short_day()
    whole = chain(day)
    with serve(day, "--speed", "120x", "--clock", "shared") as server:
        with live_up(server, "--replay-from", "all", options=True) as first:
            first.reach(source.randrange(len(whole) // 5, len(whole) // 2))
            with live_up(server, "--replay-from", "all", options=True) as late:
                settle(first, len(whole))
                settle(late, len(whole))
                time.sleep(0.5)
                prove(first, first.end(), whole=whole)
                detail = prove(late, late.end(), whole=whole)
        # Up to the last record: how far the clock went on after it is each run's own. Signals are not compared: they say
        # whether the feed had caught up.
        until_last = ("--to", str(wire.index_time(whole[-1])))
        early, warm = (replay(up.run / "tape", more=until_last) for up in (first, late))
        for key in ("feature_sha256", "feature_rows", "event_groups", "signals"):
            same(warm[key], early[key], f"{key} of a late start")
        return detail


def refused(words, *arguments, faults=(), day=None):
    """A run that its gateway cannot feed ends by itself, and says why."""
    with serve(day or brief_day(), "--speed", "max") as server, faulty(server, *faults) as gateway:
        with live_up(gateway, "--replay-from", "all", *arguments) as up:
            up.wait(60, status=1)
            expect(words in up.words(), f"words: {up.words()[-300:]}")
            expect(records.count(up.run) == 0, "nothing was begun")
            return up.words().strip().splitlines()[0]


@case()
def live_wrong_key(source):
    """A key that the gateway refuses is not tried again."""
    text = "Authentication failed."
    return refused(f"feed refused: {text}", faults=("--refuse", "auth", "--refuse-text", text))


@case()
def live_unknown_contract(source):
    """The signal's contract does not exist, or none of the two."""
    told = [refused(f"the gateway knows no contract {names} in GLBX.MDP3", *arguments) for names, arguments in [
        ("ESU9", ("--set", "instrument.signal=ESU9")),
        ("MNQ.c.0, NQ.c.0", ("--set", "instrument.traded=MNQ.c.0", "--set", "instrument.signal=NQ.c.0"))]]
    return " | ".join(told)


@case()
def live_without_the_traded_contract(source):
    """As a tape without it: the signal's book fills the orders, and the run says so."""
    directory = bench.PLACE / "signal-only"
    directory.mkdir(exist_ok=True)
    for one in brief_day().glob("*ESH6.mbp-10*"):
        if "MESH6" not in one.name:
            shutil.copy(one, directory)
    whole = records.futures(directory)
    with serve(directory, "--speed", "120x", "--clock", "shared") as server, live_up(server, "--replay-from", "all") as up:
        settle(up, len(whole))
        until(lambda: len(up.status()["processes"]) == 5, 20, "five processes answer")
        answer = levelhead("order", "buy", 1, "--stop-ticks", 200, "--state-dir", up.state, "--json", status=None)
        result = up.end()
        expect("the signal's book fills its orders" in up.words(), f"it says so: {up.words()[-300:]}")
        expect(json.loads(answer.stdout)["verdict"] is not None, f"an order is judged: {answer.stdout}")
        return prove(up, result, whole=whole)


@case()
def live_unknown_in_time(source):
    """Of an old tape the gateway has definitions, and nothing since 18:00 of the session in force: no run stands there and waits."""
    return refused("the gateway knows no contract ES.c.0, MES.c.0 in GLBX.MDP3", "--replay-from", "session")


@case()
def live_begun_run_knows_its_gateway(source):
    """A run that `up --begin` has begun with a gateway is fed from there by an ingest that is told none."""
    whole = records.futures(brief_day())
    with serve(brief_day(), "--speed", "max") as server:
        up = live_up(server)
        words = [word for word in up.command if word != "--json"]
        words.insert(words.index("up") + 1, "--begin")
        subprocess.run(words, check=True, capture_output=True, text=True, env=up.environment)
        refused = subprocess.run([*words, "--replay-from", "all"], capture_output=True, text=True, env=up.environment)
        same((refused.returncode, "--replay-from is for levelhead ingest" in refused.stderr), (64, True), f"{refused}")
        log = open(up.log, "w")

        def start(role):
            more = ("--replay-from", "all") if role == "ingest" else ()
            return subprocess.Popen(list(map(str, (PROGRAM, role, "--state-dir", up.state, *more))), stdout=log, stderr=log,
                                    env=up.environment)
        processes = [start(role) for role in ROLES]
        try:
            until(lambda: records.data_count(up.run) >= len(whole), 60, f"all records come: {up.words()[-300:]}")
            until(lambda: len(up.status()["processes"]) == 5, 20, "five processes answer")
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(20)
            remove_shared(up.run)
        return f"{records.data_count(up.run)} records"


@case()
def live_pinned_contract(source):
    """One contract by its name, the other by the calendar: both come."""
    whole = records.futures(brief_day())
    with serve(brief_day(), "--speed", "max") as server:
        with live_up(server, "--replay-from", "all", "--set", "instrument.signal=ESH6") as up:
            settle(up, len(whole))
            time.sleep(0.5)
            return prove(up, up.end(), whole=whole)


@case()
def live_key_withdrawn(source):
    """A key that is refused when the run has begun ends no run: it is tried again."""
    with serve(short_day(), "--speed", "120x", "--clock", "shared") as server, \
            faulty(server, "--error", 2, "--error-after", source.randrange(1000, 5000), "--sessions", 1) as gateway:
        with live_up(gateway, "--replay-from", "all") as up:
            until(lambda: "deactivated; tried again in 60 s" in up.words(), 60, "it says so")
            same(records.marks(up.run)[-1]["levelhead"], "refused", "the last mark")
            whole = records.futures(short_day())
            settle(up, len(whole), seconds=150, quiet=90)
            return prove(up, up.end(), whole=whole)


@case()
def live_ingest_killed_after_a_hole(source):
    """What came before the hole is not fetched again, and nothing comes twice. What is asked for from the beginning has none."""
    day = short_day()
    whole = Counter(records.futures(day))
    with serve(day, "--speed", "120x", "--clock", "shared") as server:
        with faulty(server) as gateway, live_up(gateway, "--replay-from", "all") as up:
            up.reach(source.randrange(2000, 4000))
            gateway.__exit__()
            # Another one in its place, which has nothing of the past for the first session.
            with faulty(server, "--port", gateway.address.split(":")[1], "--aged-out", "--sessions", 1):
                holes = until(lambda: [mark for mark in records.marks(up.run) if mark.get("schema") == "mbp-10"
                                       and mark["levelhead"] == "gap"], 60, "holes")
                up.reach(records.count(up.run) + 1500)
                up.kill("ingest")
                settle(up, whole.total(), quiet=10)
                detail = prove(up, up.end())
            found = Counter(record for record in records.written(up.run) if wire.rtype(record) not in wire.CONTROL)
            same((found - whole).total(), 0, "records that came twice")
            nothing_opened_in(up.run, holes)
            told = {mark["schema"] for mark in records.marks(up.run) if mark["levelhead"] == "gap"}
            expect("definition" not in told, f"holes: {told}")
            return detail


def both_contracts(directory):
    """Books of a day in the week of a roll: those of the lead contract, and under the other's name those of another seed."""
    roll = ("--date", "2026-03-17", "--rate", "0.01", "--from", "09:20", "--to", "09:30", "--no-options", "--no-mes")
    for seed in (1, 2):
        bench.levelhead("synth", "--out", f"{directory}-{seed}", "--seed", seed, *roll)
    directory.mkdir()
    for seed in (1, 2):
        file = next(pathlib.Path(f"{directory}-{seed}").glob("*mbp-10*"))
        bench.levelhead("convert", file, directory / f"{seed}.dbn")
    ending = directory / "2.dbn"
    data = bytearray(ending.read_bytes().replace(b"ESM6", b"ESH6").replace(b"1202606", b"1202603"))
    place = records.metadata_length(data)
    while place < len(data):
        data[place + 4 : place + 8] = (1202603).to_bytes(4, "little")
        place += 4 * data[place]
    ending.write_bytes(data)
    return directory


@case()
def live_roll_week(source):
    """The gateway's first contract is the one that expires; the one that leads by the calendar is read as well, and leads."""
    day = both_contracts(bench.PLACE / "roll")
    whole = [record for record in records.source(day).records if wire.rtype(record) == wire.MBP10]
    with serve(day, "--speed", "max") as server, live_up(
            server, "--replay-from", "all", "--set", "instrument.traded=ES.c.0") as up:
        settle(up, len(whole))
        time.sleep(0.5)
        result = up.end()
        lead = replay(day / "1.dbn")
        same(result["feature_rows"], lead["feature_rows"], "rows, against a replay of the lead alone")
        return prove(up, result, whole=whole)


@case()
def live_contract_changes(source):
    """In a later session the symbol stands for a contract that the run does not know: its ingest says which and ends, the others
    go on without a feed."""
    day = both_contracts(bench.PLACE / "change")
    more = ("--replay-from", "all", "--set", "instrument.traded=ES.c.0")
    with serve(day / "2.dbn", "--speed", "max") as first, live_up(first, *more) as up:
        settle(up, 900)
        first.__exit__()
        with serve(day / "1.dbn", "--speed", "max", "--port", first.address.split(":")[1]):
            until(lambda: "tried again in 4 s" in up.words(), 60, f"it is tried again: {up.words()[-300:]}")
            same((up.status()["feed"], set(up.pids())), ("down", set(ROLES[1:])), "the feed and the processes")
            up.end()
        expect("ES.c.0 is now ESM6 (instrument 1202606), which is not among" in up.words(), f"words: {up.words()[-300:]}")
        bench.levelhead("verify", up.run)
        return next(line for line in up.words().splitlines() if "ES.c.0 is now" in line)
