"""A killed live ingest goes on from the state that it saved, and reads of its tape what came since."""

import re

from bench import case, expect, same
from cases_live import chain, live_up, serve, settle, short_day
from runs import prove

# An ingest saves its state every tenth time: five times a second.
OFTEN = ("--set", "snapshot.every_seconds=0.02")


def regained(up):
    """Of each ingest that found a tape: the number of its first record, and how many it read again."""
    return [tuple(map(int, pair)) for pair in re.findall(r"ingest goes on at record (\d+), (\d+) read again", up.words())]


@case()
def live_ingest_killed_often(source):
    """With a chain of options, from one saved state to the next."""
    day = short_day()
    whole = chain(day)
    with serve(day, "--speed", "300x", "--clock", "shared") as server:
        with live_up(server, "--replay-from", "all", *OFTEN, options=True) as up:
            for part in (3, 5, 7):
                up.reach(len(whole) * part // 10 + source.randrange(len(whole) // 10))
                up.restarted("ingest", up.kill("ingest"))
            settle(up, len(whole))
            found = regained(up)
            detail = prove(up, up.end(), whole=whole)
            same(len(found), 3, "ingests that found a tape")
            expect(all(again < number // 2 for number, again in found), f"they read the end of it: {found}")
            return f"{detail}, {found}"


@case()
def live_saved_state_damaged(source):
    """What cannot be read of it is read from the tape."""
    day = short_day()
    whole = chain(day)
    with serve(day, "--speed", "300x", "--clock", "shared") as server:
        with live_up(server, "--replay-from", "all", *OFTEN, options=True) as up:
            up.reach(source.randrange(len(whole) // 4, len(whole) // 2))
            up.end()
        saved = up.run / "state/ingest"
        damage = source.choice(["cut", "changed", "random"])
        content = bytearray(saved.read_bytes())
        if damage == "cut":
            content = content[:source.randrange(len(content))]
        elif damage == "changed":
            content[source.randrange(len(content))] ^= 1 << source.randrange(8)
        else:
            content = source.randbytes(len(content))
        saved.write_bytes(content)
        with live_up(server, "--replay-from", "all", "--resume", *OFTEN, options=True, run=up.run, state=up.state) as again:
            settle(again, len(whole))
            detail = prove(again, again.end(), whole=whole)
            found = regained(again)
            expect(found and found[0][0] == found[0][1] > 0, f"all of the tape is read: {found}")
            return f"{damage}, {detail}"
