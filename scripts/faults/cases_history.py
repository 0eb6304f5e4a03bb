"""A live run with past sessions: it keeps those that it began with, whatever is added to them meanwhile."""

import json

from bench import PLACE, case, expect, levelhead, same, tape
from cases_live import live_up, serve, settle
from runs import DIGESTS, replay
import records


def days(*dates):
    """Whole sessions, made once, with hardly a record."""
    place = PLACE / f"days-{dates[0]}"
    if not place.exists():
        for date in dates:
            levelhead("synth", "--date", date, "--seed", "9", "--no-mes", "--rate", "0.002", "--no-options", "--out", place)
    return place


@case()
def history_of_a_live_run(_):
    """A session is added to the history while the run is on: a killed engine starts again with what the run began with, and so
    does the run; verify and a replay find the same."""
    history = PLACE / "past"
    levelhead("history", "--tape", days(*(f"2026-03-0{day}" for day in (2, 3, 4, 5, 6))), "--history", history)
    day = tape("brief-market", "--seed", "2", "--rate", "0.01", "--from", "09:20", "--to", "09:50", "--no-options")
    whole = records.futures(day)
    with serve(day, "--speed", "200x", "--clock", "shared") as server:
        with live_up(server, "--replay-from", "all", "--history", history) as up:
            up.reach(len(whole) // 4)
            begun = json.loads((up.run / "run.json").read_text()).get("history")
            expect(begun, "run.json says what the history was")
            levelhead("history", "--tape", days("2026-02-27"), "--history", history)
            up.restarted("engine", up.kill("engine"))
            up.reach(len(whole) // 2)
            up.end()
        with live_up(server, "--replay-from", "all", "--history", history, "--resume", run=up.run, state=up.state) as refused:
            refused.wait(30, status=1)
            expect("--history" in refused.words() and "leave the option out" in refused.words(), f"refused: {refused.words()}")
        with live_up(server, "--replay-from", "all", "--resume", run=up.run, state=up.state) as up:
            settle(up, len(whole))
            result = up.end()
    same(json.loads((up.run / "run.json").read_text())["history"]["sha256"], begun["sha256"], "the history in run.json")
    same(json.loads(levelhead("verify", up.run, "--json").stdout)["differences"], 0, "differences")
    own, bare = (replay(up.run / "tape", more=more) for more in (("--history", up.run / "history"), ()))
    for key in DIGESTS:
        same(result[key], own[key], f"{key} against a replay with the run's history")
    expect(result["feature_sha256"] != bare["feature_sha256"], "the history says something")
    return f"{begun['sessions']} sessions, {result['records']} records"
