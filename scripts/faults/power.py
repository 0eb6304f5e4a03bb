"""A machine that loses its power: power.c, compiled once and loaded into every process of a run, and what it writes down."""

import os
import signal
import struct

import bench
import disk
from bench import expect, until
from runs import ring, send

_ENTRY = struct.Struct("=QQQ")


class Power:
    """The disk of one run. Environment for its processes, and the cut."""

    def __init__(self, name, run, state):
        self.log = bench.PLACE / f"{name}.power"
        self.log.mkdir()
        self.places = (run, state)
        self.environment = {"LD_PRELOAD": str(disk.library("power")), "POWER_LOG": str(self.log),
                            "POWER_FILES": ":".join(map(str, self.places))}

    def cut(self, up, source):
        """Kills every process of a run and takes back what the disk need not have, of each file another part: all that was
        not synced, or its last writes alone. Gives how many writes of how many files that were."""
        everybody = [*up.pids().values(), up.process.pid]
        for pid in everybody:
            send(pid, signal.SIGSTOP)
        for pid in everybody:
            send(pid, signal.SIGKILL)
        up.process.wait()
        until(lambda: not up.pids(), 10, "everybody is dead")
        for shared in (ring(up.run), ring(up.run).with_name(ring(up.run).name + "-channels")):
            shared.unlink(missing_ok=True)
        files = {path.stat().st_ino: path for place in self.places for path in place.rglob("*") if path.is_file()}
        writes, changed = 0, []
        for log in sorted(self.log.iterdir(), key=lambda one: str(files.get(int(one.name), ""))):
            entries = list(read(log.read_bytes()))
            log.unlink()
            path = files.get(int(log.name))
            if not entries or path is None:
                continue
            kept = source.choice([0, 0, source.randrange(len(entries))])
            take_back(path, entries[kept:])
            writes += len(entries) - kept
            changed.append(path.name)
        return writes, changed


def read(log):
    """(offset, bytes that were there, size before), in the order of the writes."""
    place = 0
    while place < len(log):
        offset, count, size = _ENTRY.unpack_from(log, place)
        place += _ENTRY.size
        expect(place + count <= len(log), "a torn log of a disk")
        yield offset, log[place:place + count], size
        place += count


def take_back(path, entries):
    with open(path, "r+b", buffering=0) as file:
        for offset, old, size in reversed(entries):
            os.pwrite(file.fileno(), old, offset)
            os.ftruncate(file.fileno(), size)
