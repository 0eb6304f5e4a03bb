"""Two accounts at the venue: the policy holds contracts in one and a person in the other, and everything closes both."""

import json
import signal

import bench
from bench import case, expect, levelhead, same, short_day, until
from flatten import PATIENT, arm, audit, certificates, check_certificate, flatten, is_taken, order, ready, state
from runs import ROLES, Up, prove, send

# What the policy opens stays open.
TRADED = ("--set", "books.routing=two_accounts", "--set", "policy.time_stop_seconds=1800", "--set",
          "policy.stop_ticks=400", "--set", "policy.target_ticks=800")


def config():
    """The day with two accounts, as a file."""
    path = bench.PLACE / "accounts.toml"
    path.write_text(bench.DAY_CONFIG.read_text() + '[books]\nrouting = "two_accounts"\n')
    return path


def desk(*more, **keywords):
    return Up("--tape", short_day(), "--speed", "60x", "--stay", *PATIENT, *TRADED, *more, **keywords)


def accounts(up):
    return up.status().get("accounts")


def in_both(up):
    """The policy has opened a position, and a person the opposite one."""
    ready(up)
    taken = []

    def opposed():
        held = up.status().get("books", {}).get("level", 0)
        if held and not taken:
            answer = order(up, "sell" if held > 0 else "buy", 1, "--stop-ticks", 400, status=None)
            taken.extend([answer] if is_taken(answer) else [])
        now = accounts(up)
        return now and now["long"] > 0 and now["short"] < 0 and now
    return until(opposed, 60, "contracts in both accounts")


@case()
def both_accounts(_):
    """Each side has its own orders at the venue, over kill -9 of gateway, venue and everybody; one flatten closes both."""
    with desk() as up:
        held = in_both(up)
        until(lambda: stops(up) == {"first", "second"}, 10, "each account has its stop")
        for role in ("execution", "paper"):
            up.restarted(role, up.kill(role))
        agree(up)
        for pid in [up.process.pid, *up.pids().values()]:
            send(pid, signal.SIGKILL)
        up.process.wait()
    with desk("--resume", run=up.run, state=up.state) as again:
        until(lambda: len(again.status()["processes"]) == 5, 30, "all answer")
        same(accounts(again), held, "what is held after everybody was killed")
        agree(again)
        answer = flatten(again)
        certificate = check_certificate(answer)
        same(certificate["accounts"], 2, "accounts")
        expect(certificate["fills"] >= 2, f"each account had contracts: {certificate}")
        until(lambda: accounts(again) == {"long": 0, "short": 0}, 5, "risk has heard of it")
        same(len(certificates(again)), 1, "certificates")
        until(lambda: state(again) == "LOCKED", 5, "locked")
        arm(again)
        detail = prove(again, again.end(), config=config())
        return f"{held}, {answer['ms']:.1f} ms; {detail}"


def agree(up):
    """The venue's accounts and what is had here are the same."""
    def answered():
        return json.loads(levelhead("reconcile", "--state-dir", up.state, "--json", status=None).stdout)["reconciled"]
    until(answered, 10, "reconciled")


def stops(up):
    """The accounts of the stops in the audit log, which is written a moment later."""
    return {line.get("account", "first") for line in audit(up, "order") if line["role"] == "protectiveStop"}


@case()
def both_accounts_direct(_):
    """With everybody but the venue stopped, both accounts are closed at the venue itself."""
    with desk() as up:
        held = in_both(up)
        stopped = [up.kill(role, signal.SIGSTOP) for role in ROLES if role != "paper"]
        answer = flatten(up, "--direct")
        certificate = check_certificate(answer)
        same(certificate["accounts"], 2, "accounts")
        expect(certificate["fills"] >= 2, f"each account had contracts: {certificate}")
        for pid in stopped:
            send(pid, signal.SIGCONT)
        until(lambda: len(up.status()["processes"]) == 5, 20, "all answer")
        until(lambda: accounts(up) == {"long": 0, "short": 0}, 20, "the gateways have heard of it")
        same(flatten(up, "--direct")["rounds"], 0, "nothing is left")
        return f"{held}, {answer['ms']:.1f} ms, {answer['rounds']} rounds"
