"""A core of this machine that nobody else computes on."""

import contextlib
import os
import pathlib

# Which cores the kernel's own workers that are bound to none may use.
WORKERS = pathlib.Path("/sys/devices/virtual/workqueue/cpumask")


def _threads():
    for path in pathlib.Path("/proc").glob("[0-9]*/task/[0-9]*"):
        yield int(path.name)


def _move(thread, cores):
    """Whether the thread is there and may be moved: the kernel's own of a core may not."""
    try:
        os.sched_setaffinity(thread, cores)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def shielded(core):
    """Moves every thread of the machine, this one included, off `core` until the block ends. Takes root.

    A machine that trades does this for good: `isolcpus=`, or `CPUAffinity=` of systemd's manager (docs/processes.md).
    """
    moved = {}
    try:
        for thread in _threads():
            try:
                cores = os.sched_getaffinity(thread)
            except OSError:
                continue
            if core in cores and len(cores) > 1 and _move(thread, cores - {core}):
                moved[thread] = cores
        workers = WORKERS.read_text()
        WORKERS.write_text(f"{int(workers.replace(',', ''), 16) & ~(1 << core):x}")
        try:
            yield
        finally:
            WORKERS.write_text(workers)
    finally:
        for thread, cores in moved.items():
            _move(thread, cores)
