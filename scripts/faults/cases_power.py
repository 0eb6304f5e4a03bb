"""A run with journal.durability = power on a machine that loses its power again and again: what each file may have lost of what
was not synced is lost, of one more than of the other, and the run goes on with nothing missing that anybody was told."""

from bench import PLACE, case, expect, same, short_day, until
from cases_live import KEY, live_up, serve, settle
from disk import Disk
from power import Power
from runs import Up, prove, replay_once
import records

POWER = ("--set", "journal.durability=power")


def lives(source, start, disk, places):
    """Starts a run, cuts its power when its tape has so many records, and starts it again; gives what was lost each time."""
    lost = []
    for number, place in enumerate(places):
        with start(["--resume"] if number else []) as up:
            up.reach(place)
            lost.append(disk.cut(up, source))
    return lost


def told(lost):
    return "lost " + ", ".join(f"{writes} writes of {len(files)} files" for writes, files in lost)


@case()
def power_cuts(source):
    """Over recorded tape: the digests are those of a run that nobody cut."""
    run, state = PLACE / "power-r", PLACE / "power-s"
    disk = Power("power-tape", run, state)
    total = replay_once(short_day())["records"]

    def start(more):
        return Up("--tape", short_day(), "--speed", "300x", *POWER, *more, run=run, state=state, environment=disk.environment)
    lost = lives(source, start, disk, sorted(source.sample(range(total // 20, total * 17 // 20), 3)))
    expect(sum(writes for writes, _ in lost) > 0, "something was lost")
    with start(["--resume"]) as up:
        return f"{prove(up, up.wait(120), source=short_day())}; {told(lost)}"


@case()
def power_cuts_of_a_live_run(source):
    """From a gateway: every record of it is on the tape all the same, and orders are neither lost nor doubled."""
    run, state = PLACE / "power-live-r", PLACE / "power-live-s"
    disk = Power("power-live", run, state)
    whole = records.futures(short_day())
    with serve(short_day(), "--speed", "200x", "--clock", "shared") as server:
        def start(more):
            return live_up(server, "--replay-from", "all", *POWER, *more, run=run, state=state,
                           environment={**KEY, **disk.environment})
        lost = lives(source, start, disk, sorted(source.sample(range(len(whole) // 10, len(whole) * 8 // 10), 2)))
        with start(["--resume"]) as up:
            settle(up, len(whole))
            return f"{prove(up, up.end(), whole=whole)}; {told(lost)}"


@case()
def a_sync_that_fails(_):
    """A disk that says once that it lost something, and is well behind that: nothing that it lost was shown, or counts."""
    forgetful = Disk("forgetful")
    total = replay_once(short_day())["records"]
    with Up("--tape", short_day(), "--speed", "max", *POWER, environment=forgetful.environment) as up:
        up.reach(total // 10)
        forgetful.rule(f"unsynced {up.run}/tape")
        until(lambda: "Input/output error" in up.words(), 10, f"it is said: {up.words()[-300:]}")
        kept = records.count(up.run)
        readers = {one["name"]: one["sequence"] + 1 for one in up.status()["processes"] if one["name"] != "ingest"}
        same(set(readers.values()), {kept}, f"the tape has what was shown, and no more: {readers}")
        forgetful.rule()
        return prove(up, up.wait(120), source=short_day())
