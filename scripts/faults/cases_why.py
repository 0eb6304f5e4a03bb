"""`levelhead why`: every order of a run is explained by what led to it, and by nothing else (promise 10)."""

import json

from bench import DAY_CONFIG, PLACE, case, expect, levelhead, same, short_day, tape, until
from flatten import audit, desk, flatten, open_position, order, position, ready
from runs import prove

# Several levels are decided in one group, and entries come often.
OFTEN = ("policy.signal_threshold=0.02", "policy.stop_ticks=4", "policy.target_ticks=4", "policy.hold_seconds=0.1",
         "policy.one_entry_per_test=true", "policy.entry_end=10:15", "policy.flat_by=10:18")


def why(run, name):
    """What the program says of one order."""
    return json.loads(levelhead("why", name, "--run", run, "--json").stdout)


def hour():
    """An hour in which several levels are decided in one group again and again."""
    return tape("hour", "--seed", "2", "--rate", "0.02", "--from", "09:20", "--to", "10:20", "--no-options")


def replayed(name, played, *settings):
    """A replay's directory, and the lines of its audit log."""
    run = PLACE / f"why-{name}"
    more = [word for setting in settings for word in ("--set", setting)]
    levelhead("replay", "--tape", played, "--config", DAY_CONFIG, "--run-dir", run, "--json", *more)
    return run, [json.loads(line) for line in (run / "audit.jsonl").read_text().splitlines()]


def of(lines, event):
    return [line for line in lines if line["event"] == event]


@case()
def why_one_signal_of_several(_):
    """An entry is explained by the signal that it was made of, also where others came in the same group: with one entry a test no
    test is named twice."""
    run, lines = replayed("several", hour(), *OFTEN)
    signals = of(lines, "signal")
    sides = {line["order"]: line["side"] for line in of(lines, "order") if line["role"] == "entry"}
    verdicts = [line for line in of(lines, "verdict") if line["order"] in sides]
    named, causes, beside = set(), {}, 0
    for verdict in verdicts:
        said = why(run, verdict["order"])
        signal = said["signal"]
        same((signal["time"], said["same_signal"]), (verdict["time"], True), f"the step of {verdict['order']}")
        expect((signal["level"], signal["test"]) not in named, f"{verdict['order']}: test {signal['test']} of {signal['level']} again")
        named.add((signal["level"], signal["test"]))
        beside += signal["sequence"] != guess(signals, sides[verdict["order"]], verdict["time"])
        causes[verdict["order"]] = (signal["sequence"], said.get("cause"))
    same(causes, {verdict["order"]: (verdict.get("signal"), "signal") for verdict in verdicts}, "causes")
    expect(beside, "an entry that is not of the first signal of its group")
    return f"{len(verdicts)} entries, {beside} of them not of the first signal of their group"


def guess(signals, side, time):
    """The first signal of the group that asks for the order's side."""
    return next((line["sequence"] for line in signals if line["time"] == time and (line["score"] >= 0) == (side == "buy")), None)


@case()
def why_of_closes(_):
    """A strategy's closes: of its time stop, of the time to be flat, of its own loss, of the account's."""
    found = set()
    for name, settings in (
            ("time-stop", ("policy.time_stop_seconds=2", "policy.flat_by=09:40", "policy.entry_end=09:39")),
            ("flat-by", ("policy.flat_by=09:29", "policy.entry_end=09:28:59", "policy.stop_ticks=80", "policy.target_ticks=80")),
            ("strategy-loss", ("risk.strategy.level.daily_loss_usd=5.00",)), ("account-loss", ("risk.daily_loss_usd=5.00",))):
        run, lines = replayed(name, short_day(), *settings)
        closes = list(dict.fromkeys(line["order"] for line in of(lines, "order") if line["role"] == "close"))
        known = {line["order"] for line in of(lines, "order")}
        asked = [line["order"] for line in of(lines, "verdict") if line["verdict"] == "approved" and line["order"] not in known]
        for one in closes[:4] + asked[:4]:
            said = why(run, one)
            same((said["signal"], said["same_signal"]), (None, None), f"no signal led to {one}")
            expect(said["records"] and said["book"] and said["features"], f"{one}: records, book and features of its time")
            found.add((said["action"], said["cause"]))
            if said["cause"] == "flat_by" and one in asked:
                expect(said["closed_by"], f"{one} has closed something")
    wanted = {("close", "time_stop"), ("close", "flat_by"), ("close", "daily_loss"), ("flatten", "daily_loss")}
    expect(wanted <= found, f"causes: {sorted(map(str, found))}")
    return ", ".join(sorted(f"{action} by {cause}" for action, cause in found))


@case()
def why_of_a_person(_):
    """What a person opens, reduces, closes and flattens: each of its own request, in a run that goes on and when it has ended."""
    with desk() as up:
        ready(up)
        open_position(up, 3)
        part = order(up, "sell", 1, "--reduce-only", "--reason", "a part")["id"]
        until(lambda: position(up) == 2, 5, "two are left")
        open_position(up, 1)
        whole = order(up, "sell", 3, "--reason", "all of it")["id"]
        until(lambda: position(up) == 0, 5, "none is left")
        open_position(up, 1)
        flatten(up, "--reason", "lunch")
        until(lambda: of_flatten(up), 10, "the close is in the audit log")
        check_person(up, part, whole)
        detail = prove(up, up.end())
        check_person(up, part, whole)
        for name in {line["order"] for line in audit(up, "order")}:
            said = why(up.run, name)
            expect(said["action"] and said["cause"], f"{name}: {said['action']} by {said['cause']}")
        return detail


def of_flatten(up):
    return [line["order"] for line in audit(up, "order") if (line["role"], line["parent"]) == ("close", "none")]


def check_person(up, part, whole):
    said = why(up.run, part)
    same((said["verdict"]["order"], said["request"]["order"]), (part, part), part)
    same((said["action"], said["cause"]), ("reduce", "operator"), part)
    expect(said["opened_by"] == said["opening"]["verdict"]["order"] != part, f"opened by: {said['opened_by']}")
    said = why(up.run, whole)
    same((said["action"], said["request"]["why"], len(said["closed_by"])), ("close", "all of it", 1), whole)
    said = why(up.run, said["closed_by"][0])
    same((said["action"], said["cause"], said["verdict"]["order"], said["request"]["why"]), ("close", "operator", whole, "all of it"),
         said["order"])
    for close in of_flatten(up):
        said = why(up.run, close)
        same((said["action"], said["cause"], said["request"]["why"], said["opened_by"]), ("flatten", "operator", "lunch", None), close)
        same({line["event"] for line in said["steps"]}, {"order", "fill"}, "its steps")
        expect(said["records"] and said["book"] and said["book_of"] == "MESH6", f"records and book of its time: {said['book_of']}")
