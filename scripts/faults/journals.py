"""The journals of a run as their bytes say it: what each process took and put out, by kind, without any code of the
program."""

import pathlib
import struct

HEADER = struct.Struct("<IHHQQ")
CHECKSUM = 4
# Kinds of messages: the first byte of each, and the frame's type in a journal of outputs.
SIGNAL, APPROVAL, CHANGE, VERDICT, COMMAND, EVENT, FILL, UPDATE, NOTICE, REQUEST, TICK = range(1, 12)
# Where an input came from: the frame's type in a journal of inputs.
SIGNALS, APPROVALS, FILLS, COMMANDS, EVENTS = range(1, 6)
CONTROL = 64
VISITOR = 66
# Behind what an event's message begins with: kind, sequence, time and delivery time.
EVENT_KIND = 25
FILLED = 3
# Where an event has its price, and a command its kind and its order's price, in ticks.
EVENT_PRICE = 44
COMMAND_KIND, COMMAND_PRICE = 1, 37
SUBMIT, CANCEL = 1, 2
# Behind position and sequence, with which an input begins.
INPUT_HEADER = 16


def frames(run, name):
    """Type and payload of every whole frame so far."""
    path = pathlib.Path(run) / f"journal/{name}.journal"
    if not path.exists():
        return []
    data = path.read_bytes()
    place, found = 8, []
    while place + HEADER.size <= len(data):
        length, kind, _, sequence, _ = HEADER.unpack_from(data, place)
        end = place + HEADER.size + length
        if sequence == 0 or end + CHECKSUM > len(data):
            break
        found.append((kind, data[place + HEADER.size : end]))
        place = end + CHECKSUM
    return found


def outputs(run, role, *kinds):
    """Messages of these kinds that a process put out."""
    return [payload for kind, payload in frames(run, f"{role}-out") if kind in kinds]


def inputs(run, role, source):
    """Messages that a process took from one source."""
    return [payload[INPUT_HEADER:] for kind, payload in frames(run, f"{role}-in") if kind == source]


def fills(events):
    """The venue's words that are fills."""
    return [event for event in events if event[EVENT_KIND] == FILLED]


def price(message, place):
    """Ticks."""
    return struct.unpack_from("<q", message, place)[0]


def submitted(commands):
    """Those of the commands that are new orders."""
    return [command for command in commands if command[0] == COMMAND and command[COMMAND_KIND] == SUBMIT]
