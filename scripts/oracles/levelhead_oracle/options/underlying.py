"""Mids of futures from MBP-10 groups, with the holding rules of FEATURES A.4 and K.3-7, 8."""

import bisect
import math

import numpy

from ..sessions import SECOND, Sessions
from ..tape import F_LAST, F_MAYBE_BAD_BOOK, F_SNAPSHOT, TICK, UNDEFINED

NAN = math.nan
HOLD = SECOND


def _rejected(records):
    """Off-tick records (K.3-15)."""
    price = records["price"]
    wrong = (price != UNDEFINED) & (price % TICK != 0)
    for side in ("bid", "ask"):
        for level in range(10):
            price = records[f"{side}_px_{level:02d}"]
            wrong |= (price != UNDEFINED) & (price % TICK != 0)
    return wrong


class Underlying:
    """The event groups of one future. `closed_at` is the ring position of the record that closed a group (of the next
    record if F_LAST is missing), `last_record` that of the group's own last record, `moments` the groups' times."""

    def __init__(self, positions, records, sessions: Sessions):
        self.sessions = sessions
        stamps = records["ts_event"].astype(numpy.int64)
        last = (records["flags"] & F_LAST) != 0
        starts = numpy.flatnonzero(numpy.concatenate([[True], last[:-1] | (stamps[1:] != stamps[:-1])]))
        ends = numpy.concatenate([starts[1:], [len(records)]]) - 1
        accepted = ~_rejected(records)
        self.closed_at, self.last_record, self.moments, self.ring_stamps = [], [], [], []
        self._valid, self._mid, self._since, self._standing = [], [], [], []
        special = ((records["flags"] & (F_SNAPSHOT | F_MAYBE_BAD_BOOK)) != 0) | (records["action"] == b"R")
        self._fold(positions, records, starts.tolist(), ends.tolist(), accepted, special & accepted, last)

    def _fold(self, positions, records, starts, ends, accepted, special, last):
        bids, asks = records["bid_px_00"].tolist(), records["ask_px_00"].tolist()
        stamps, received = records["ts_event"].tolist(), records["ts_recv"].tolist()
        bad = cleared = False
        moment = 0
        for start, end in zip(starts, ends):
            if not last[end] and end + 1 == len(stamps):
                break
            index = end
            while index >= start and not accepted[index]:
                index -= 1
            if index < start:
                continue
            moment = max(moment, stamps[end])
            for other in range(start, end + 1):
                if special[other]:
                    bad, cleared = _after_special(int(records["flags"][other]), records["action"][other], bad, cleared)
            bid, ask = bids[index], asks[index]
            two_sided = bid != UNDEFINED and ask != UNDEFINED
            if two_sided:
                cleared = False
            standing = two_sided and not bad and not cleared and bid <= ask
            self._append(moment, standing, (bid // TICK + ask // TICK) / 2 if two_sided else NAN)
            self.closed_at.append(int(positions[end if last[end] else end + 1]))
            self.last_record.append(int(positions[end]))
            self.ring_stamps.append((stamps[end], received[end]))

    def _append(self, moment, standing, mid):
        was_valid, held, since = self._state(len(self.moments) - 1, moment)
        session = self.sessions.at(moment)
        valid = standing and moment < session.close
        if valid:
            held = mid
        elif was_valid:
            since = moment
        self.moments.append(moment)
        self._valid.append(valid)
        self._mid.append(held)
        self._since.append(since)
        self._standing.append(mid if standing else NAN)

    def _state(self, index, time):
        """(valid, last valid mid, time at which validity ended) at `time` when nothing came after the group."""
        if index < 0:
            return False, NAN, 0
        moment, valid, mid, since = self.moments[index], self._valid[index], self._mid[index], self._since[index]
        session = self.sessions.at(moment)
        now = self.sessions.at(max(time, moment))
        if now is not session and not math.isnan(self._standing[index]):
            if time < now.close:
                return True, self._standing[index], since
            return False, self._standing[index], now.close
        if valid and time >= session.close:
            return False, mid, session.close
        return valid, mid, since

    def mid_ticks(self, group, time):
        """Mid in ticks at `time` after group number `group` (-1: none), held for less than a second; else NaN."""
        valid, mid, since = self._state(group, time)
        return mid if valid or time - since < HOLD else NAN

    def group_before(self, position):
        """Number of the last group closed by a record before the ring position, -1 if none."""
        return bisect.bisect_left(self.closed_at, position) - 1


def _after_special(flags, action, bad, cleared):
    if flags & F_SNAPSHOT or action == b"R":
        bad, cleared = False, action == b"R" and not flags & F_SNAPSHOT
    return bad or bool(flags & F_MAYBE_BAD_BOOK), cleared
