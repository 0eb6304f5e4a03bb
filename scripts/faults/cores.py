"""A core of this machine that nobody else computes on."""

import contextlib
import os
import pathlib
import signal
import sys

# Which cores the kernel's own workers that are bound to none may use.
WORKERS = pathlib.Path("/sys/devices/virtual/workqueue/cpumask")


def _threads(cores):
    """The threads of the machine that may run on these cores and no others."""
    for path in pathlib.Path("/proc").glob("[0-9]*/task/[0-9]*"):
        with contextlib.suppress(OSError):
            if os.sched_getaffinity(int(path.name)) == cores:
                yield int(path.name)


def _move(threads, cores):
    """The kernel's own threads of a core may not be moved, and others may be gone."""
    for thread in threads:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(thread, cores)


@contextlib.contextmanager
def shielded(core):
    """Moves the threads of this machine that may run everywhere, this one included, off `core` until the block ends. Takes root.

    A machine that trades does this for good: `isolcpus=`, or `CPUAffinity=` of systemd's manager (docs/processes.md).
    """
    everywhere = set(range(os.cpu_count()))
    others = everywhere - {core}
    workers = WORKERS.read_text()
    own = set(_threads(others))
    # The end is the end also for who is told to stop.
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        # Twice: what was started by who had not been moved yet.
        for _ in range(2):
            _move(_threads(everywhere), others)
        WORKERS.write_text(f"{int(workers.replace(',', ''), 16) & ~(1 << core):x}")
        yield
    finally:
        WORKERS.write_text(workers)
        # Those too that were started meanwhile, but not who was there of itself.
        _move(set(_threads(others)) - own, everywhere)
        signal.signal(signal.SIGTERM, former)
