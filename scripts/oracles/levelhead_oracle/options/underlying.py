"""Mids of futures from MBP-10 groups, with the holding rules of FEATURES A.4 and K.3-1, 7, 8."""

import bisect
import math
from dataclasses import dataclass

import numpy

from ..sessions import SECOND, Sessions
from ..tape import F_LAST, F_MAYBE_BAD_BOOK, F_SNAPSHOT, TICK, UNDEFINED
from .tape import STATUS

NAN = math.nan
HOLD = SECOND
TRADING = 7
# Actions of status records that say nothing about trading: none, and a change of short sale restrictions.
NO_STATE = (0, 14)


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
    record if F_LAST is missing), `last_record` that of the group's own last record, `moments` the groups' times.
    `statuses`: [(ring position, time, whether the market trades)] of the instrument, in ring order. From the first of
    them on they decide whether the market is open; before, and without any, the calendar does."""

    def __init__(self, positions, records, sessions: Sessions, statuses=()):
        self.sessions = sessions
        stamps = records["ts_event"].astype(numpy.int64)
        last = (records["flags"] & F_LAST) != 0
        starts = numpy.flatnonzero(numpy.concatenate([[True], last[:-1] | (stamps[1:] != stamps[:-1])]))
        ends = numpy.concatenate([starts[1:], [len(records)]]) - 1
        accepted = ~_rejected(records)
        self.closed_at, self.last_record, self.moments, self.ring_stamps = [], [], [], []
        self._states, self._statuses, self._open = [], list(statuses), None
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
            closed_at = int(positions[end if last[end] else end + 1])
            self._take_statuses(closed_at)
            moment = max(moment, stamps[end])
            for other in range(start, end + 1):
                if special[other]:
                    bad, cleared = _after_special(int(records["flags"][other]), records["action"][other], bad, cleared)
            bid, ask = bids[index], asks[index]
            two_sided = bid != UNDEFINED and ask != UNDEFINED
            if two_sided:
                cleared = False
            standing = two_sided and not bad and not cleared and bid <= ask
            mid = (bid // TICK + ask // TICK) / 2 if two_sided else NAN
            self._append(closed_at, moment, mid if standing else NAN)
            self.moments.append(moment)
            self.closed_at.append(closed_at)
            self.last_record.append(int(positions[end]))
            self.ring_stamps.append((stamps[end], received[end]))
        self._take_statuses(2**62)

    def _take_statuses(self, before):
        while self._statuses and self._statuses[0][0] < before:
            position, time, self._open = self._statuses.pop(0)
            standing = self._states[-1].standing if self._states else NAN
            self._append(position, max(time, self._states[-1].moment if self._states else 0), standing)

    def _append(self, position, moment, standing):
        """`standing`: mid of the book, NaN if the book itself is not valid."""
        was_valid, held, since = self._state(len(self._states) - 1, moment)
        trading = moment < self.sessions.at(moment).close if self._open is None else self._open
        valid = trading and not math.isnan(standing)
        if valid:
            held = standing
        elif was_valid:
            since = moment
        self._states.append(State(position, moment, standing, valid, held, since, self._open))

    def _state(self, index, time):
        """(valid, last valid mid, time at which validity ended) at `time` when nothing came after the state."""
        if index < 0:
            return False, NAN, 0
        state = self._states[index]
        if state.trading is not None:
            return state.valid, state.mid, state.since
        session, now = self.sessions.at(state.moment), self.sessions.at(max(time, state.moment))
        if now is not session and not math.isnan(state.standing):
            if time < now.close:
                return True, state.standing, state.since
            return False, state.standing, now.close
        if state.valid and time >= session.close:
            return False, state.mid, session.close
        return state.valid, state.mid, state.since

    def mid_ticks(self, state, time):
        """Mid in ticks at `time` after the state of that number (-1: none), held for less than a second; else NaN."""
        valid, mid, since = self._state(state, time)
        return mid if valid or time - since < HOLD else NAN

    def state_before(self, position):
        """Number of the last state made by a record before the ring position, -1 if none."""
        return bisect.bisect_left(self._states, position, key=lambda state: state.position) - 1


@dataclass(frozen=True)
class State:
    """After a group or a status. `standing`: mid of the book as it is, NaN if it is not valid in itself; `mid`: last
    mid while the market traded; `since`: when it stopped being valid; `trading`: what the last status said, if any."""

    position: int
    moment: int
    standing: float
    valid: bool
    mid: float
    since: int
    trading: bool | None


def statuses(tape):
    """instrument -> [(ring position, time, whether the market trades)]."""
    result = {}
    for position, message in tape.messages(STATUS):
        if int(message.action) not in NO_STATE:
            entry = position, message.ts_event, int(message.action) == TRADING
            result.setdefault(message.instrument_id, []).append(entry)
    return result


def _after_special(flags, action, bad, cleared):
    if flags & F_SNAPSHOT or action == b"R":
        bad, cleared = False, action == b"R" and not flags & F_SNAPSHOT
    return bad or bool(flags & F_MAYBE_BAD_BOOK), cleared
