"""What a person meets who runs it unattended: nobody reads its lines, a wrong directory, damaged files, a process stopped alone."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess

import records
from bench import PLACE, PROGRAM, case, expect, levelhead, same, short_day, until
from cases_carry import desk as live_desk, end_at_once, feed, trade
from cases_live import KEY
from flatten import PATIENT, position, ready, state
from runs import Up, prove, send

PACE = ("--speed", "60x", "--stay")
QUIET = ("--set", "policy.enabled=false")


def desk(*more, **keywords):
    return Up("--tape", short_day(), *PACE, *PATIENT, *QUIET, *more, **keywords)


class Unread(Up):
    """Its standard error is a pipe that is full and that nobody reads."""

    def __enter__(self):
        self.out = open(self.log.with_suffix(".out"), "w+")
        self.errors, self.end_of_pipe = os.pipe()
        fcntl.fcntl(self.end_of_pipe, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(self.end_of_pipe, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(self.end_of_pipe, b"x")
        os.set_blocking(self.end_of_pipe, True)
        self.errors = os.fdopen(self.errors, "rb")
        self.process = subprocess.Popen(self.command, stdout=self.out, stderr=self.end_of_pipe, env=self.environment)
        os.close(self.end_of_pipe)
        return self

    def words(self):
        return "nobody reads them"


@case()
def nobody_reads_the_lines(_):
    """Standard error is a full pipe: the dead are started again, a flatten is proven, and the run ends in order."""
    with Unread("--tape", short_day(), *PACE, *PATIENT, *QUIET) as up:
        ready(up)
        trade(up, "buy")
        for role in ("risk", "execution"):
            up.restarted(role, up.kill(role))
        done = json.loads(levelhead("flatten", "--reason", "test", "--state-dir", up.state, "--json").stdout)
        expect(done["flat"], f"flat: {done}")
        return prove(up, up.end())


@case()
def a_process_of_another_place_is_refused(_):
    """A process verb with another state directory does not join a run that has its processes, supervised or not."""
    with desk() as up:
        ready(up)
        trade(up, "buy")
        other = PLACE / "elsewhere"
        other.mkdir(mode=0o700)
        for role in ("engine", "risk", "execution", "paper", "ingest"):
            more = ("--tape", short_day()) if role == "ingest" else ()
            done = levelhead(role, "--state-dir", other, "--run-dir", up.run, *more, status=1)
            expect(f"{up.run}: in use by process {up.process.pid}" in done.stderr, f"{role}: {done.stderr}")
        trade(up, "sell")
        return prove(up, up.end())


@case()
def a_path_may_have_any_letters(_):
    """Letters beyond ASCII and blanks in the paths of state and run."""
    place = PLACE / "büro zwei é"
    with desk(state=place / "s", run=place / "r") as up:
        ready(up)
        trade(up, "buy")
        return prove(up, up.end())


@case()
def status_without_a_risk_gateway(_):
    """Whoever is left says what is held."""
    with desk("--no-restart") as up:
        ready(up)
        trade(up, "buy")
        held = up.status()["position"]
        expect(any(held.values()), f"a position: {held}")
        up.kill("risk")
        until(lambda: "risk" in up.status()["stale"], 10, "risk is dead")
        same(up.status()["position"], held, "what is held")
        levelhead("flatten", "--reason", "test", "--state-dir", up.state)
        refused = levelhead("arm", "--scope", "account", "--reason", "test", "--state-dir", up.state, status=1)
        expect("no risk gateway runs" in refused.stderr, f"an arm: {refused.stderr}")
        expect(up.status()["locked"], "the lock stands")


@case()
def status_of_a_flat_account_without_a_risk_gateway(_):
    """The trading state is unknown then, and the position is not."""
    with desk("--no-restart") as up:
        ready(up)
        up.kill("risk")
        until(lambda: "risk" in up.status()["stale"], 10, "risk is dead")
        table = levelhead("status", "--state-dir", up.state).stdout
        expect("trading   unknown" in table and "position  flat" in table, f"the table: {table}")


@case()
def a_peer_that_is_gone_over_a_restart(_):
    """Risk dies while execution says nothing: its successor, which has never heard it, does what is configured for that."""
    settings = ("--set", "risk.peer_loss=flattening", "--set", "risk.peer_silence_ms=1000")
    with Up("--tape", short_day(), "--speed", "20x", "--stay", *QUIET, *settings) as up:
        ready(up)
        trade(up, "buy")
        execution = up.kill("execution", signal.SIGSTOP)
        old = up.kill("risk")
        up.restarted("risk", old)
        until(lambda: up.status()["trading_state"] == "FLATTENING", 15, "the account is flattened")
        send(execution, signal.SIGCONT)
        until(lambda: state(up) == "LOCKED" and position(up) == 0, 15, "it is flat")
        return prove(up, up.end())


@case()
def a_damaged_state_is_made_again(_):
    """The saved states of a gateway are cut or overwritten while it is dead: it folds its journal and the tape instead."""
    with desk("--set", "snapshot.every_seconds=1") as up:
        ready(up)
        trade(up, "buy")
        held = up.status()["position"]
        for role, damage in (("risk", "cut"), ("execution", "overwritten"), ("paper", "overwritten"), ("engine", "cut")):
            file = up.run / "state" / role / "data.mdb"
            until(lambda: file.stat().st_size > 8192, 15, f"{role} has saved a state")
            pid = up.kill(role, signal.SIGSTOP)
            if damage == "cut":
                os.truncate(file, 4096)
            else:
                with open(file, "r+b") as bytes_of_it:
                    bytes_of_it.write(os.urandom(16_384))
            send(pid, signal.SIGKILL)
            up.restarted(role, pid, 20)
            until(lambda: "put aside as" in up.words() and f"{role}: " in up.words(), 10, f"said: {up.words()[-300:]}")
        until(lambda: up.status()["position"] == held, 10, f"what is held: {up.status()['position']}")
        return prove(up, up.end())


@case()
def verify_misses_no_audit_log(_):
    """An audit log that was emptied, of a run whose risk gateway did not end in order."""
    with desk() as up:
        ready(up)
        trade(up, "buy")
        up.end()
    (up.run / "results" / "risk.json").unlink()
    (up.run / "audit.jsonl").write_bytes(b"")
    done = levelhead("verify", up.run, status=1)
    expect("audit.jsonl: empty, and " in done.stdout + done.stderr, f"said: {done.stdout} {done.stderr}")


@case()
def record_ends_with_its_run(_):
    """A run that is stopped ends a record of it, which has every record of the run so far and says that there may be more."""
    out = PLACE / "recorded"
    with desk() as up:
        ready(up)
        command = [str(PROGRAM), "record", "--out", str(out), "--from-start", "--run-dir", str(up.run), "--state-dir", str(up.state)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        try:
            until(lambda: list(out.glob("*.dbn")), 10, "it records")
            up.end()
            words = process.communicate(timeout=10)[1]
        finally:
            process.kill()
        same(process.returncode, 0, f"exit status: {words}")
        expect("the run was stopped" in words, f"said: {words}")
        taken = levelhead("inspect", *sorted(out.glob("*.dbn")), "--json")
        found = json.loads(taken.stdout)
        same(sum(one["records"] for one in (found if isinstance(found, list) else [found])), records.count(up.run), "records")


@case()
def live_resume_asks_for_its_own_key(_):
    """A rehearsal's key, which is none of Databento's, is enough for a resumed rehearsal as it was for the first start."""
    with feed() as server:
        with live_desk(server) as first:
            ready(first)
            trade(first, "buy")
            held = first.status()["position"]
            end_at_once(first)
        again = Up("--resume", state=first.state, run=first.run, config=None,
                   environment={**KEY, "DATABENTO_API_KEY": "db-rehearsal"})
        with again:
            ready(again)
            same(again.status()["position"], held, "what is open")
            return prove(again, again.end())


@case()
def strategy_lock_is_told(_):
    """The policy has lost its own limit: `status` says so to people and programs, and risk's log, though the account is ACTIVE."""
    limit = ("--set", "risk.strategy.level.daily_loss_usd=1.00")
    with Up("--tape", short_day(), "--speed", "600x", "--stay", *PATIENT, *limit) as up:
        until(lambda: up.status().get("strategies"), 60, f"a strategy that is not ACTIVE: {up.status()}")
        status = up.status()
        held = {"reason": "daily_loss", "trade_date": 20260310, "until_next_trade_date": True}
        same(status["strategies"], {"level": {"trading_state": "LOCKED", "lock": held}}, "what status says")
        same((status["trading_state"], status.get("lock")), ("ACTIVE", None), "the account")
        table = levelhead("status", "--state-dir", up.state).stdout
        expect("strategy  level LOCKED: daily_loss on 2026-03-10, no arm before the next trade date" in table, f"the table: {table}")
        log = (up.run / "log/risk.jsonl").read_text()
        expect("strategy level LOCKED: daily_loss" in log, f"the log: {log}")
        return prove(up, up.end())
