"""A run on a disk that fails when it is told to: disk.c, compiled once and loaded into every process of the run."""

import os
import pathlib
import shutil
import signal
import subprocess
import threading

import bench
from bench import Skip, expect, until

_making = threading.Lock()


def library(name="disk"):
    """The path of the compiled library; the case is skipped where there is no compiler."""
    made = bench.PLACE / f"{name}.so"
    with _making:
        if not made.exists():
            compiler = next((name for name in (os.environ.get("CC"), "cc", "gcc", "clang") if name and shutil.which(name)),
                            None)
            if compiler is None:
                raise Skip("no C compiler")
            source = pathlib.Path(__file__).resolve().parent / f"{name}.c"
            subprocess.run([compiler, "-O1", "-fPIC", "-shared", "-o", str(made), str(source), "-ldl"], check=True)
    return made


class Disk:
    """The rules of one run's disk: what holds from now on."""

    def __init__(self, name):
        self.path = bench.PLACE / f"{name}.rules"
        self.environment = {"LD_PRELOAD": str(library()), "DISK": str(self.path)}
        self.rule()

    def rule(self, *lines):
        """From now on exactly these rules hold."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text("".join(line + "\n" for line in lines))
        fresh.rename(self.path)

    def stop_at_write(self, pid, part, place, seconds=10):
        """Waits until the process has stopped itself in front of such a write."""
        self.rule(f"stop {pid} {part} {place}")
        try:
            until(lambda: is_stopped(pid), seconds, f"{pid} stops before a write to {part}")
        finally:
            self.rule()


def is_stopped(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    except OSError:
        expect(False, f"process {pid} is gone")
    return False


def go_on(pid):
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        pass
