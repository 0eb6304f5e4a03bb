"""What a person does by hand: changes of working orders, part closes, cancels, reconciliation, restarts of a live desk."""

import hashlib
import json
import os
import pathlib
import signal
from decimal import Decimal

from bench import DAY_CONFIG, PLACE, case, expect, levelhead, same, short_day, until
from cases_live import live_up, serve
from flatten import (arm, audit, desk, fill_prices, flatten, open_position, order, position, ready, rest_order, state)
from runs import prove, send


def ask(up, *words, status=0):
    """What a verb that speaks to the desk says, and its error."""
    done = levelhead(*words, "--state-dir", up.state, "--json", status=status)
    return (json.loads(done.stdout) if done.stdout.strip() else None), done.stderr


def updates(up, name):
    """The steps of one order in the audit log, which is written a moment later."""
    return until(lambda: [line for line in audit(up, "order") if line["order"] == name], 10, f"{name} is in the audit log")


def protective_stop(up):
    """The identity of the newest stop."""
    def stops():
        return [line["order"] for line in audit(up, "order") if line["role"] == "protectiveStop"]
    return until(stops, 10, "a stop is in the audit log")[-1]


@case()
def changes_of_orders(_):
    """Quantity and price of a working order, and the trigger of a stop, through the gate."""
    with desk() as up:
        ready(up)
        open_position(up)
        rested = rest_order(up)["id"]
        price = updates(up, rested)[-1]["price_ticks"]
        answer, _ = ask(up, "modify", rested, "--quantity", 3, "--limit", f"{(price - 4) * 0.25:.2f}", "--reason", "less far")
        same((answer["verdict"], answer["state"], answer["done"]), ("approved", "working", True), f"change: {answer}")
        until(lambda: (updates(up, rested)[-1]["quantity"], updates(up, rested)[-1]["price_ticks"]) == (3, price - 4), 10,
              "the audit log has the changed order")
        answer, _ = ask(up, "modify", rested, "--quantity", 6, status=1)
        same(answer["verdict"], "order_quantity", f"beyond the order's limit: {answer}")
        answer, _ = ask(up, "modify", rested, "--limit", f"{(price - 2000) * 0.25:.2f}", status=1)
        same(answer["verdict"], "price_collar", f"beyond the collar: {answer}")
        answer, error = ask(up, "modify", rested, "--stop", f"{price * 0.25:.2f}", status=1)
        expect("a limit order has no trigger" in error, f"another type's price: {error}")
        answer, error = ask(up, "modify", "1-manual-999", "--quantity", 1, status=1)
        expect("not_live" in error, f"no such order: {error}")
        stop = protective_stop(up)
        trigger = updates(up, stop)[-1]["price_ticks"]
        answer, _ = ask(up, "modify", stop, "--stop", f"{(trigger + 20) * 0.25:.2f}")
        same(answer["done"], True, f"the stop moves: {answer}")
        answer, _ = ask(up, "modify", stop, "--quantity", 1, status=1)
        same(answer["verdict"], "protects_position", f"the stop keeps its quantity: {answer}")
        flatten(up)
        detail = prove(up, up.end())
        why = [line["why"] for line in audit(up, "operator") if line["request"] == "modify"]
        expect("less far" in why, f"the audit log says why: {why}")
        asked = next(line for line in audit(up, "operator") if line["why"] == "less far")
        wanted = {key: asked[key] for key in ("request", "order", "side", "quantity", "limit_ticks", "trigger_ticks", "trail_ticks")}
        same(wanted, {"request": "modify", "order": rested, "side": "buy", "quantity": 3, "limit_ticks": price - 4, "trigger_ticks": 0,
                      "trail_ticks": 0}, "and what was asked")
        first = updates(up, rested)[0]
        same([first[key] for key in ("time_in_force", "reduce_only", "link", "limit_ticks", "trail_ticks")],
             ["goodTillCancelled", False, "none", 0, 0], f"an order's terms: {first}")
        return detail


@case()
def part_of_a_position(_):
    """Reduce-only orders against the position: one that rests is taken back, one at the market closes a part."""
    with desk() as up:
        ready(up)
        open_position(up, 3)
        far = order(up, "sell", 2, "--reduce-only", "--limit", f"{fill_prices(up)[-1] + 50:.2f}")
        same((far["verdict"], far["state"]), ("approved", "working"), f"takes profit later: {far}")
        ask(up, "modify", far["id"], "--quantity", 1)
        answer, _ = ask(up, "cancel", far["id"])
        same(answer["state"], "cancelled", f"taken back: {answer}")
        other = order(up, "sell", 1, "--reduce-only", "--symbol", "ES.c.0", status=1)
        expect("MESH6" in (other["message"] or ""), f"another contract: {other}")
        # By the name that is configured.
        taken = order(up, "sell", 1, "--reduce-only", "--symbol", "MES.c.0")
        same((taken["verdict"], taken["done"]), ("approved", True), f"takes a part: {taken}")
        until(lambda: position(up) == 2, 5, "two are left")
        same(order(up, "sell", 3, "--reduce-only", status=1)["verdict"], "reduce_only", "more than is held")
        same(order(up, "sell", 2, "--reduce-only")["done"], True, "all that is left")
        until(lambda: position(up) == 0, 5, "flat")
        until(lambda: not ask(up, "reconcile")[0]["venue"]["orders"], 5, "stop and target went with it")
        return prove(up, up.end())


@case()
def cancels(_):
    """One order goes through risk, which counts; everything at once, and a dead risk gateway, keep nobody from it."""
    with desk("--set", "risk.cancels_per_minute=2") as up:
        ready(up)
        open_position(up)
        rested = [rest_order(up, 40 + number)["id"] for number in range(5)]
        for name in rested[:2]:
            answer, _ = ask(up, "cancel", name)
            same((answer["verdict"], answer["state"]), ("approved", "cancelled"), f"cancel: {answer}")
        answer, _ = ask(up, "cancel", rested[2], status=1)
        same(answer["verdict"], "cancel_rate", f"the third in a minute: {answer}")
        answer, _ = ask(up, "cancel", protective_stop(up), status=1)
        same(answer["verdict"], "protects_position", f"a stop: {answer}")
        pid = up.kill("risk", signal.SIGSTOP)
        answer, error = ask(up, "order", "buy", 1, "--timeout", 0.3, status=1)
        same((answer["done"], answer["id"]), (False, None), f"an order to a stopped risk gateway: {answer}")
        expect("is not known" in answer["message"] and answer["message"] in error, f"nobody knows: {answer}, {error}")
        answer, _ = ask(up, "cancel", rested[3])
        same(answer["state"], "cancelled", f"past a stopped risk gateway: {answer}")
        send(pid, signal.SIGCONT)
        until(lambda: {rested[2], rested[4]} == {one["order"] for one in ask(up, "reconcile")[0]["venue"]["orders"]
                                                 if "manual" in one["order"]}, 5, "the others rest")
        ask(up, "cancel", "all")
        flatten(up)
        detail = prove(up, up.end())
        asked = [line["order"] for line in audit(up, "operator") if line["request"] == "cancel"]
        expect({*rested[:3], rested[3], "none"} <= set(asked), f"the audit log has them, past risk as well: {asked}")
        return detail


@case()
def reconciliation(_):
    """What the venue says beside what is had here; a venue that says nothing is no agreement."""
    with desk() as up:
        ready(up)
        open_position(up)
        rested = rest_order(up)["id"]
        answer, _ = ask(up, "reconcile", "--reason", "to be sure")
        same((answer["reconciled"], answer["differences"]), (True, []), f"agreed: {answer}")
        same((answer["venue"]["position"], answer["held"]["position"]), (2, 2), f"positions: {answer}")
        listed = {one["order"] for one in answer["venue"]["orders"]}
        same(listed, {one["order"] for one in answer["held"]["orders"]}, "the same orders on both sides")
        expect(rested in listed, f"the resting order is listed: {listed}")
        pid = up.kill("paper", signal.SIGSTOP)
        answer, error = ask(up, "reconcile", "--timeout", 1, status=1)
        same((answer["reconciled"], answer["venue"]), (False, None), f"nobody answers: {answer}")
        expect("the venue has not answered" in error, error)
        send(pid, signal.SIGCONT)
        until(lambda: ask(up, "reconcile", status=None)[0]["reconciled"], 10, "it answers again")
        same(state(up), "ACTIVE", "nothing to ask about")
        flatten(up)
        answer, _ = ask(up, "reconcile")
        same((answer["venue"], answer["held"]), ({"orders": [], "position": 0},) * 2, f"flat: {answer}")
        arm(up)
        detail = prove(up, up.end())
        asked = [(line["who"], line["why"]) for line in audit(up, "operator") if line["request"] == "reconcile"]
        expect((f"operator {os.getuid()}", "to be sure") in asked, f"the audit log says who and why: {asked}")
        return detail


@case()
def a_pair_over_a_crash(_):
    """Of two linked orders that rest while gateway and venue are killed, the one that fills still ends the other."""
    with desk() as up:
        ready(up)
        open_position(up, 1)
        price = fill_prices(up)[-1]
        words = ["buy", 1, "--stop-ticks", 200, "--limit"]
        first = order(up, *words, f"{price - 10:.2f}", "--oco", "new")["id"]
        second = order(up, *words, f"{price - 15:.2f}", "--oco", first)["id"]
        for role in ("execution", "paper"):
            up.kill(role, signal.SIGKILL)
        until(lambda: len(up.status()["processes"]) == 5, 20, "five processes answer")
        until(lambda: (ask(up, "reconcile", status=None)[0] or {}).get("reconciled"), 20, "agreed again")
        listed = {one["order"] for one in ask(up, "reconcile")[0]["venue"]["orders"]}
        expect({first, second} <= listed, f"both rest at the venue: {listed}")
        answer, _ = ask(up, "modify", second, "--limit", f"{price + 5:.2f}")
        same(answer["verdict"], "approved", f"the second one is to fill: {answer}")
        until(lambda: position(up) == 2, 10, "it has filled")
        until(lambda: updates(up, first)[-1]["state"] == "cancelled", 10, "the first one ended with it")
        same(updates(up, second)[-1]["state"], "filled", "the second one")
        flatten(up)
        return prove(up, up.end())


@case()
def pairs_of_unlike_orders(_):
    """The second order of a pair, larger than the first, and one that is enlarged, fill whole: at the venue, in what is told
    of them, and as risk counted. A target of a sale has to stand above zero."""
    with desk() as up:
        ready(up)
        open_position(up, 1)
        price = fill_prices(up)[-1]
        flatten(up)
        arm(up)
        answer = order(up, "sell", 1, "--limit", f"{price + 50:.2f}", "--target-ticks", 90_000, status=None)
        same(answer["verdict"], "malformed", f"a target below zero: {answer}")
        words = ["--stop-ticks", 200, "--limit"]
        first = order(up, "buy", 1, *words, f"{price - 50:.2f}", "--oco", "new")["id"]
        second = order(up, "sell", 3, *words, f"{price + 50:.2f}", "--oco", first)["id"]
        answer, _ = ask(up, "modify", first, "--quantity", 2)
        same(answer["done"], True, f"the first one is enlarged: {answer}")
        agreed, _ = ask(up, "reconcile")
        left = {one["order"]: one["leaves"] for one in agreed["venue"]["orders"]}
        same((left, agreed["differences"]), ({first: 2, second: 3}, []), f"the venue has them whole: {agreed}")
        answer, _ = ask(up, "modify", second, "--limit", f"{price - 40:.2f}")
        same(answer["verdict"], "approved", f"the second one is to fill: {answer}")
        until(lambda: position(up) == -3, 10, "all of its contracts have filled")
        until(lambda: updates(up, first)[-1]["state"] == "cancelled", 10, "the first one ended with it")
        until(lambda: updates(up, second)[-1]["state"] == "filled", 10, "the second one is told as filled")
        flatten(up)
        return prove(up, up.end())


@case()
def identities_over_restarts(_):
    """Every start of a live run gives out identities of an epoch of its own, and each run folds again to the same."""
    quiet = ("--replay-from", "all", "--set", "policy.enabled=false")
    with serve(short_day(), "--speed", "6x", "--clock", "shared") as server:
        with live_up(server, *quiet) as first:
            ready(first)
            names = [order(first, "buy", 1)["id"]]
            prove(first, first.end())
        with live_up(server, *quiet, state=first.state) as second:
            ready(second)
            names.append(order(second, "buy", 1)["id"])
            names.append(order(second, "buy", 1)["id"])
            prove(second, second.end())
        with live_up(server, *quiet, "--resume", run=second.run, state=first.state) as again:
            until(lambda: len(again.status()["processes"]) == 5, 20, "five processes answer")
            until(lambda: position(again) == 2, 10, "the position is there again")
            # What comes in before the gateway has reconciled is not sent.
            ask(again, "reconcile")
            names.append(order(again, "buy", 1)["id"])
            detail = prove(again, again.end())
    stops = {line["order"] for line in audit(again, "order") if line["role"] == "protectiveStop"}
    same(names, ["1-manual-1", "2-manual-1", "2-manual-2", "3-manual-1"], "identities")
    expect({name.split("-")[0] for name in stops} == {"2", "3"}, f"of the gateway's own orders too: {stops}")
    same((first.state / "order-epoch").read_text(), "3\n", "the state directory's epoch")
    return detail


@case()
def a_core_for_the_engine(_):
    """The engine's data thread computes on the core that it was given; every other thread of the run keeps off it."""
    cores = os.sched_getaffinity(0)
    done = levelhead("up", "--tape", short_day(), "--run-dir", PLACE / "core", "--set", "cores.engine=1000", status=1)
    expect("cores.engine" in done.stderr and "found 1000" in done.stderr, f"no such core: {done.stderr}")
    if len(cores) == 1:
        return "one core"
    own = max(cores)
    with desk("--set", f"cores.engine={own}") as up:
        ready(up)
        # The supervisor's others were there before it knew, and sleep.
        same(os.sched_getaffinity(up.process.pid), cores - {own}, "cores of up")
        for role, pid in up.pids().items():
            for thread in map(int, os.listdir(f"/proc/{pid}/task")):
                wanted = {own} if role == "engine" and thread == pid else cores - {own}
                same(os.sched_getaffinity(thread), wanted, f"cores of {role}, thread {thread}")
        return prove(up, up.end())


@case()
def a_named_file_changes_in_a_run(_):
    """Under a process that dies then: it waits until the file is back, the others go on, and the run does not end."""
    news = PLACE / "changed.csv"
    pristine = "2026-03-10T09:30-04:00,2026-03-10T09:40-04:00,an open\n"
    news.write_text(pristine)
    with desk("--set", f"risk.news_file={news}") as up:
        ready(up)
        news.write_text(pristine + "2026-03-10T10:30-04:00,2026-03-10T10:40-04:00,another\n")
        old = up.kill("engine")
        until(lambda: "engine" in up.words() and "status 65" in up.words(), 20, f"the engine is refused: {up.words()}")
        expect(up.process.poll() is None and len(up.pids()) >= 4, f"the run goes on: {up.pids()} {up.words()[-300:]}")
        news.write_text(pristine)
        up.restarted("engine", old)
        return prove(up, up.end())


@case()
def files_that_settings_name(_):
    """A run is made from the contents of its news file too: with others it is neither verified nor resumed."""
    news, run = PLACE / "news.csv", PLACE / "named"
    news.write_text("2026-03-10T09:30-04:00,2026-03-10T09:40-04:00,an open\n")
    words = ["replay", "--tape", short_day(), "--config", DAY_CONFIG, "--run-dir", run, "--set", f"risk.news_file={news}"]
    levelhead(*words)
    file, = json.loads((pathlib.Path(run) / "run.json").read_text())["files"]
    wanted = {"key": "risk.news_file", "path": str(news), "sha256": hashlib.sha256(news.read_bytes()).hexdigest()}
    same(file, wanted, "in run.json")
    levelhead("verify", run)
    news.write_text("2026-03-10T09:30-04:00,2026-03-10T09:41-04:00,an open\n")
    for again in (["verify", run], [*words, "--resume"]):
        done = levelhead(*again, status=1)
        expect(str(news) in done.stderr and "other contents" in done.stderr, f"{again[0]}: {done.stderr}")
    return file["sha256"][:12]


@case()
def rules_that_were_broken(_):
    """A replay that breaks a programme's rules says which, when, and by how much, in dollars as decimal text."""
    run = PLACE / "rules-broken"
    rules = {"programme.balance_usd": "50000.00", "programme.daily_loss_usd": "1.00"}
    settings = [part for key, value in rules.items() for part in ("--set", f"{key}={value}")]
    done = levelhead("replay", "--json", "--tape", short_day(), "--config", DAY_CONFIG, "--run-dir", run, *settings)
    broken = json.loads(done.stdout)["rule_breaches"]
    same([one["rule"] for one in broken], ["daily_loss"], f"what was broken: {broken}")
    loss = broken[0]
    same((loss["limit"], loss["unit"], loss["trade_date"]), ("1.00", "USD", "2026-03-10"), f"limit, unit and day: {loss}")
    observed, excess = Decimal(loss["observed"]), Decimal(loss["worst_excess"])
    expect(observed >= 1 and excess >= observed - 1, f"the loss is beyond the limit, and the worst no less than the first: {loss}")
    expect(loss["worst_time"] >= loss["time"], f"the worst came later: {loss}")
    return f"lost {observed} of 1.00, {excess} beyond it at worst"
