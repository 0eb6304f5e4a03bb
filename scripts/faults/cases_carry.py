"""What a live run leaves to the next one: the lock of a limit, and what the trade date has used up. Recorded tape has none of it."""

import json
import os
import pathlib
import shutil
import signal
import time

import bench
import index_options
from bench import PLACE, case, expect, levelhead, same, short_day, until
from cases_live import KEY, live_up, serve
from cases_silence import changes, feed as feed_state, quiet_day
from flatten import PATIENT, arm, is_taken, order, position, ready
from runs import Up, logged, prove, send

TRADE_DATE = 20260310
# Only we trade, and a position stands as long as it has to.
SETTINGS = ("--set", "policy.enabled=false", "--set", "execution.stop_ack_ms=5000", *PATIENT)


def desk(gateway, *more, **keywords):
    return live_up(gateway, "--replay-from", "all", *SETTINGS, *more, **keywords)


def feed(day=None):
    return serve(day or quiet_day(), "--speed", "1x", "--clock", "shared")


def next_day():
    """A part of the trade date after the others' tapes."""
    directory = PLACE / "next"
    levelhead("synth", "--date", "2026-03-11", "--out", directory, "--seed", "4", "--rate", "0.2", "--from", "09:20", "--to", "09:24",
              "--no-options")
    return directory


def kept(up, name):
    """A record of the state directory."""
    path = up.state / name
    return json.loads(path.read_text()) if path.exists() else None


def trade(up, side):
    """Fills one contract at the market."""
    before, answer = position(up), {}

    def is_approved():
        answer.update(order(up, side, 1, "--stop-ticks", 200, status=None))
        return is_taken(answer) or answer["verdict"] not in ("trading_state", "approved")
    until(is_approved, 10, "an order is taken")
    same(answer["verdict"], "approved", f"verdict: {answer}")
    until(lambda: position(up) != before or up.status()["trading_state"] != "ACTIVE", 10, "the order is filled")


def end_at_once(up):
    """Everybody dies, the supervisor first."""
    up.process.kill()
    for pid in up.pids().values():
        send(pid, signal.SIGKILL)
    up.process.wait()
    until(lambda: not up.pids(), 10, "all are gone")


def refused_arm(up):
    done = levelhead("arm", "--scope", "account", "--reason", "test", "--state-dir", up.state, status=1)
    expect("daily_loss on trade date 2026-03-10" in done.stderr, f"why an arm is refused: {done.stderr}")


def is_locked(up):
    until(lambda: up.status().get("trading_state") == "LOCKED", 20, f"locked: {up.status()}")
    status = up.status()
    same(status["lock"], {"reason": "daily_loss", "trade_date": TRADE_DATE, "until_next_trade_date": True}, "the lock")
    expect(status["locked"], f"the lock word: {status}")
    expect(float(status["day_pnl_usd"]) <= -1, f"the day's loss: {status['day_pnl_usd']}")
    refused_arm(up)


@case()
def live_limit_outlives_its_run(source):
    """The day's loss locks, and all are killed the moment it does: no run of the date can be armed, and one of the next can."""
    limit = ("--set", "risk.daily_loss_usd=1.00")
    with feed() as server:
        with desk(server, *limit) as first:
            ready(first)
            order(first, "buy", 1, "--stop-ticks", 200, status=None)
            until(lambda: kept(first, "locked.json"), 10, f"a lock: {changes(first)}")
            end_at_once(first)
        held, left = kept(first, "locked.json"), kept(first, "account-paper.json")
        same((held["reason"], held["trade_date"], held["lasting"]), ("daily_loss", TRADE_DATE, True), "the lock's record")
        expect(held["at_open"], "what a limit flattens goes on at the open")
        same(left["lock"], {"reason": "daily_loss", "trade_date": TRADE_DATE}, "the account's record")
        with desk(server, *limit, state=first.state) as second:
            until(lambda: len(second.status()["processes"]) == 5, 20, "five processes answer")
            is_locked(second)
            old = second.kill("risk")
            second.restarted("risk", old)
            is_locked(second)
            same(order(second, "buy", 1, "--stop-ticks", 200, status=1)["verdict"], "trading_state", "an order")
            detail = prove(second, second.end())
        left = kept(second, "account-paper.json")
        # Recorded tape is another account: it begins ACTIVE, and leaves what waits for the next live run as it is.
        # At a pace that the engine keeps: as fast as possible risk may be through before the first signal comes.
        with Up("--tape", short_day(), "--speed", "600x", *limit, state=first.state) as tape:
            expect(tape.wait()["orders"] > 0, "orders of the tape's policy")
        same(kept(second, "account-paper.json"), left, "the account's record after a tape")
        expect(kept(second, "locked.json")["lasting"], "the lock after a tape")
    with feed(next_day()) as server, desk(server, *limit, state=first.state) as third:
        ready(third)
        until(lambda: third.status().get("trading_state") == "LOCKED", 20, f"locked on the next date: {third.status()}")
        same((third.status()["day_pnl_usd"], third.status()["lock"]["until_next_trade_date"]), ("0.00", False), "the next date")
        arm(third)
        same((kept(third, "locked.json"), third.status()["locked"]), (None, False), "the lock after an arm")
        prove(third, third.end())
        same(kept(third, "account-paper.json").get("lock"), None, "the lock that is left")
    return f"{left['pnl_usd']} USD; {detail}"


@case()
def live_day_goes_on(source):
    """Loss and orders of the trade date go on in the next run, over a kill of the gateway that has them, and count once."""
    limit = ("--set", "risk.trades_per_day=2")
    with feed() as server:
        with desk(server, *limit) as first:
            ready(first)
            trade(first, "buy")
            trade(first, "sell")
            until(lambda: position(first) == 0, 10, "flat")
            first.end()
        left = kept(first, "account-paper.json")
        same((left["trade_date"], left["trades"], left.get("lock")), (TRADE_DATE, 1, None), f"what is left: {left}")
        expect(float(left["pnl_usd"]) < 0, f"the loss: {left}")
        with desk(server, *limit, state=first.state) as second:
            ready(second)
            same(second.status()["day_pnl_usd"], left["pnl_usd"], "the day's loss in the next run")
            old = second.kill("risk")
            second.restarted("risk", old)
            until(lambda: second.status().get("day_pnl_usd") == left["pnl_usd"], 10, f"once: {second.status()}")
            trade(second, "buy")
            refused = order(second, "buy", 1, "--stop-ticks", 200, status=1)
            same(refused["verdict"], "trades_per_day", "a third order")
            same(refused["message"], "more entries approved since 18:00 ET (risk.trades_per_day = 2)", "why it is refused")
            trade(second, "sell")
            until(lambda: position(second) == 0, 10, "flat")
            result = second.end()
            detail = prove(second, result)
        both = kept(second, "account-paper.json")
        same(both["trades"], 2, f"orders of both: {both}")
        same(round(float(both["pnl_usd"]) * 100), round((float(left["pnl_usd"]) + float(result["net_pnl_usd"])) * 100),
             "the loss of both")
        with desk(server, *limit, "--resume", state=first.state, run=first.run) as again:
            ready(again)
            until(lambda: again.status().get("day_pnl_usd") == both["pnl_usd"], 10, f"what the other run lost: {again.status()}")
            same(order(again, "buy", 1, "--stop-ticks", 200, status=1)["verdict"], "trades_per_day", "a third order")
            prove(again, again.end())
    return f"{left['pnl_usd']} and {result['net_pnl_usd']} USD; {detail}"


@case()
def live_limit_outlives_crash_and_directory(source):
    """What another run lost and locked is there for a run that is resumed after a crash, and for a new one in its directory."""
    limit = ("--set", "risk.daily_loss_usd=1.00")
    with feed() as server:
        with desk(server, *limit) as first:
            ready(first)
            time.sleep(1.5)
            # Behind the newest state that is saved the journal has changes of the trading state.
            for verb in ("pause", "resume"):
                levelhead(verb, "--state-dir", first.state)
            end_at_once(first)
        with desk(server, *limit, state=first.state) as second:
            ready(second)
            trade(second, "buy")
            until(lambda: second.status().get("trading_state") == "LOCKED", 15, f"locked: {second.status()}")
            lost = second.status()["day_pnl_usd"]
            second.end()
        with desk(server, *limit, "--resume", state=first.state, run=first.run) as again:
            is_locked(again)
            same(again.status()["day_pnl_usd"], lost, "the loss in the run that is resumed")
            prove(again, again.end())
        shutil.rmtree(first.run)
        with desk(server, *limit, state=first.state, run=first.run) as third:
            is_locked(third)
            same(third.status()["day_pnl_usd"], lost, "the loss in a new run of the same directory")
            return f"{lost} USD; {prove(third, third.end())}"


@case()
def live_goes_on_after_a_crash(_):
    """up --resume without --run-dir, as a service manager starts it: a new run at first; after a crash of everything the same one,
    with what was open. Without --resume it is said that there was one."""
    with feed() as server:
        def start(*more, **keywords):
            up = desk(server, *more, **keywords)
            place = up.command.index("--run-dir")
            del up.command[place:place + 2]
            return up
        first = start("--resume")
        with first:
            until(lambda: (first.state / "run").exists(), 20, "a run begins")
            first.run = pathlib.Path((first.state / "run").read_text().strip())
            ready(first)
            expect("no run was interrupted" in first.words(), f"said: {first.words()}")
            trade(first, "buy")
            held = first.status()["position"]
            expect(any(held.values()), f"a position: {held}")
            end_at_once(first)
        with start("--resume", state=first.state, run=first.run) as again:
            ready(again)
            same((pathlib.Path((first.state / "run").read_text().strip()), again.status()["position"]), (first.run, held),
                 "the run that goes on, and what is open in it")

            def who():
                return {line["who"] for line in map(json.loads, open(first.run / "audit.jsonl")) if line.get("request") == "order"}
            until(who, 10, "the order is in the audit log")
            same(who(), {f"operator {os.getuid()}"}, "who ordered")
            end_at_once(again)
        with start(state=first.state) as other:
            words = f"{first.run} was interrupted with 1 contract open: levelhead up --resume --run-dir '{first.run}'"
            until(lambda: words in other.words(), 20, f"said: {other.words()}")
            until(lambda: (first.state / "run").read_text().strip() != str(first.run), 20, "a new run")
            other.run = pathlib.Path((first.state / "run").read_text().strip())


def ingests(up):
    """Whether ingest answers."""
    return any(one["name"] == "ingest" for one in up.status()["processes"])


@case()
def live_resumed_with_two_gateways(_):
    """A run that goes on without a word of its feed has the gateways and the replay that it began with. While the options' gateway
    is down, an ingest that is started again does not let the futures wait for it."""
    place, day = PLACE / "resumed", short_day()
    place.mkdir()
    index_options.write(day, place / "options.dbn")
    config = PLACE / "resumed.toml"
    config.write_text(bench.DAY_CONFIG.read_text() + '\n[options]\nroot = "SPXW"\n')
    pace = ("--speed", "10x", "--clock", "shared")
    with serve(day, *pace) as futures, serve(place, *pace) as options:
        more = ("--replay-from", "all", "--options-gateway", options.address)
        with live_up(futures, *more, options=True, config=config) as up:
            ready(up)
            end_at_once(up)
        with Up("--resume", "--set", "live.options=true", config=config, environment=KEY, run=up.run, state=up.state) as again:
            ready(again)
            kept_feed = json.loads((up.run / "run.json").read_text())
            same((kept_feed["options_gateway"], kept_feed["replay_from"]), (options.address, "all"), "the feed that it began with")
            expect("not on this tape" not in again.words(), f"said: {again.words()[-300:]}")
            options.process.terminate()
            options.process.wait()
            # So that records came which the replay brings.
            again.kill("ingest", signal.SIGSTOP)
            time.sleep(2)
            again.kill("ingest")
            since = time.monotonic()
            until(lambda: ingests(again) and feed_state(again) != "live", 10, "the feed is behind")
            until(lambda: ingests(again) and feed_state(again) == "live", 12, "the futures' feed is live")
            waited = time.monotonic() - since
            detail = prove(again, again.end(), config=config)
    return f"live {waited:.1f} s after the kill; {detail}"


@case()
def live_arm_says_what_it_did(source):
    """An arm while the feed is gone takes the lock off and leaves the account REDUCING; one of a strategy that its limit locks
    is refused; a pause under the lock as well."""
    with feed() as server:
        up = desk(server, "--set", "risk.no_mark_flatten_seconds=600")
        up.state.mkdir(mode=0o700)
        record = up.state / "account-paper.json"
        record.write_text(json.dumps({
            "run": "/elsewhere", "written_ns": 1, "trade_date": TRADE_DATE, "pnl_usd": "-5.00", "drawdown_usd": "5.00",
            "programme_drawdown_usd": "0.00", "trades": 3,
            "strategies": {"level": {"pnl_usd": "-5.00", "trades": 3, "locked_on": TRADE_DATE}}}))
        record.chmod(0o600)
        with up:
            ready(up)
            until(lambda: up.status()["day_pnl_usd"] == "-5.00", 10, f"the day's loss: {up.status()}")
            done = levelhead("arm", "--scope", "strategy:level", "--reason", "test", "--state-dir", up.state, status=1)
            expect("daily_loss on trade date 2026-03-10" in done.stderr, f"a strategy's arm: {done.stderr}")
            levelhead("flatten", "--reason", "lunch", "--state-dir", up.state)
            done = levelhead("pause", "--state-dir", up.state, status=1)
            expect("LOCKED: pause after the arm" in done.stderr, f"a pause under the lock: {done.stderr}")
            done = levelhead("resume", "--state-dir", up.state, status=1)
            expect("LOCKED: that ends by levelhead arm" in done.stderr, f"a resume under the lock: {done.stderr}")
            server.process.kill()
            until(lambda: feed_state(up) in ("down", "connecting"), 20, "the feed is gone")
            done = levelhead("arm", "--scope", "account", "--reason", "back", "--state-dir", up.state)
            same(done.stdout.strip(), "trading REDUCING", "the answer")
            same((kept(up, "locked.json"), up.status()["locked"]), (None, False), "the lock after an arm")
            done = levelhead("resume", "--state-dir", up.state, status=1)
            expect("REDUCING still: the feed is behind" in done.stderr, f"a resume without a feed: {done.stderr}")
            return prove(up, up.end())


@case()
def live_broker_begins_locked(source):
    """A broker's account is LOCKED at the beginning of every run: a lock word that was raised and opened before is no arm of it."""
    venue = ("--set", "risk.venue=broker")

    def is_closed(up):
        until(lambda: up.status().get("trading_state") == "LOCKED", 10, f"locked: {up.status()}")
        same(order(up, "buy", 1, "--stop-ticks", 200, status=1)["verdict"], "live_token", "an order without a token")
    with feed() as server:
        with desk(server, *venue) as first:
            ready(first)
            is_closed(first)
            arm(first)
            trade(first, "buy")
            levelhead("flatten", "--reason", "lunch", "--state-dir", first.state)
            arm(first)
            prove(first, first.end())
        with desk(server, *venue, state=first.state) as second:
            ready(second)
            is_closed(second)
            old = second.kill("risk")
            second.restarted("risk", old)
            is_closed(second)
            arm(second)
            trade(second, "buy")
            trade(second, "sell")
            detail = prove(second, second.end())
    with Up("--tape", short_day(), "--speed", "600x", *venue, state=first.state) as tape:
        result = tape.wait()
        same((result["orders"], result["fills"], tape.words()), (0, 0, ""), "nothing is traded on a tape that nobody armed")
    return detail


@case()
def live_flatten_after_a_crash(source):
    """Of a desk that is dead as a whole a flatten says what brings it back, and that is flat by itself."""
    with feed() as server:
        with desk(server) as first:
            ready(first)
            trade(first, "buy")
            end_at_once(first)
        for more in ((), ("--direct", "--timeout", 2)):
            done = levelhead("flatten", "--reason", "crash", "--state-dir", first.state, "--json", *more, status=1)
            answer = json.loads(done.stdout)
            expect(f"no process is alive, so nothing was closed; {first.run} was interrupted" in answer["message"], f"{answer}")
            same((answer["resume"], answer["direct"]), (f"levelhead up --resume --state-dir '{first.state}'", None), f"{answer}")
        again = Up(state=first.state, run=first.run, environment=KEY)
        again.command = [again.command[0], *answer["resume"].replace("'", "").split()[1:], "--json"]
        with again:
            until(lambda: again.status().get("trading_state") == "LOCKED", 30, f"locked: {again.status()}")
            same(position(again), 0, "position")
            return prove(again, again.end())


@case()
def live_open_position_is_named(source):
    """What is open when a run ends is said, at that end and by the next run, which begins flat; the run can be gone on with."""
    with feed() as server:
        with desk(server) as first:
            ready(first)
            trade(first, "buy")
            held = first.status()["position"]
            first.end()
            expect("ends with 1 MES" in first.words() and "--resume --run-dir" in first.words(), f"said: {first.words()}")
        with desk(server, state=first.state) as second:
            ready(second)
            expect(f"{first.run} has ended with 1 contract open" in second.words(), f"said: {second.words()}")
            same(position(second), 0, "a new run's position")
            second.end()
            expect("ends with" not in second.words(), f"said: {second.words()}")
        with desk(server, "--resume", state=first.state, run=first.run) as again:
            ready(again)
            same(again.status()["position"], held, "the position of the run that is gone on with")
            trade(again, "sell")
            result = again.end()
            expect("ends with" not in again.words().replace("has ended", ""), f"said: {again.words()}")
            return prove(again, result)


@case()
def live_key_taken_away(source):
    """An ingest that cannot read its key any more leaves a position with the others: the feed is down and tried again, until the key
    is back. A run that an error ends says what is open, and has a summary."""
    key = PLACE / f"key-{os.getpid()}-{source.randrange(10**6)}"
    key.write_text(KEY["DATABENTO_API_KEY"] + "\n")
    key.chmod(0o600)
    away = key.with_suffix(".away")
    without = dict.fromkeys(KEY, "")
    with feed() as server:
        with desk(server, "--key-file", key, environment=without) as first:
            ready(first)
            trade(first, "buy")
            held = first.status()["position"]
            expect(any(held.values()), f"a position: {held}")
            others = {name: pid for name, pid in first.pids().items() if name != "ingest"}
            key.rename(away)
            old = first.kill("ingest")
            until(lambda: "tried again in" in first.words() or first.process.poll() is not None, 20, "it says so")
            # Two attempts more, each later than the one before.
            until(lambda: first.words().count("tried again in") >= 2 or first.process.poll() is not None, 20, "it is tried again")
            expect(first.process.poll() is None, f"the desk has ended: {first.words()[-300:]}")
            same({name: pid for name, pid in first.pids().items() if name != "ingest"}, others, "the others")
            # While an attempt is under way it is ingest that says where the feed stands, and it has not begun to.
            until(lambda: first.status()["feed"] == "down", 10, f"the feed: {first.status()}")
            same(first.status()["position"], held, "the position")
            away.rename(key)
            first.restarted("ingest", old, seconds=30)
            until(lambda: first.status()["feed"] == "live", 20, f"the feed: {first.status()}")
            same(first.status()["position"], held, "the position")
            result = first.end()
            expect("ends with 1 MES" in first.words(), f"said: {first.words()}")
            detail = prove(first, result)
            logs = {name: {line["message"]: line for line in lines} for name, lines in logged(first).items()}
            expect({"feed replaying", "feed live"} <= set(logs["ingest"]), f"feed states: {list(logs['ingest'])}")
            same(logs["risk"]["trading ACTIVE"]["instrument"][:3], "MES", "the contract of the trading state")
            # What people are told is there too.
            said = [line.removeprefix("levelhead: ") for line in first.words().splitlines()]
            expect(all(line in set().union(*logs.values()) for line in said), f"{said} in {logs}")
        # A gateway that cannot begin again: its journal cannot be opened.
        journal = first.run / "journal/risk-in.journal"
        journal.rename(journal.with_suffix(".kept"))
        journal.mkdir()
        with desk(server, "--key-file", key, "--resume", environment=without, state=first.state, run=first.run) as again:
            again.wait(90, status=1)
            expect("risk cannot start: the run has failed" in again.words(), f"said: {again.words()}")
            expect(f"{first.run} ends with 1 contract open" in again.words(), f"what is open is said: {again.words()}")
            summary = json.loads((first.run / "results/summary.json").read_text())
            same((summary["failure"], summary["dead"]), ("risk cannot start: the run has failed", ["risk"]), f"summary: {summary}")
        journal.rmdir()
        journal.with_suffix(".kept").rename(journal)
        with desk(server, "--key-file", key, "--resume", environment=without, state=first.state, run=first.run) as third:
            ready(third)
            same(third.status()["position"], held, "the position of the run that goes on")
            return f"{detail}; {prove(third, third.end())}"
