"""A bound on the processor time and the memory of one computation, for numbers typed by anyone.

The methods bound their inputs, and most answers take milliseconds.  A few combinations of extreme
numbers are still long; within `budget` they end in `OutOfBudget` or in a MemoryError, and never
fill the machine.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

#: Processor time of one experiment, and memory beside what the program has when it begins.
MOST_SECONDS = 60.0
MOST_BYTES = 1_000_000_000


class OutOfBudget(RuntimeError):
    """The computation takes longer than it may."""


@contextlib.contextmanager
def budget(experiments: int = 1) -> Iterator[None]:
    """Raise OutOfBudget after `MOST_SECONDS` of processor time an experiment within the block.

    Memory beyond `MOST_BYTES` raises MemoryError.  Bounds nothing where the system cannot: outside
    the main thread, and the memory of other systems than Linux.
    """
    with _bounded_memory(), _bounded_time(MOST_SECONDS * experiments):
        yield


@contextlib.contextmanager
def _bounded_time(seconds: float) -> Iterator[None]:
    usable = hasattr(signal, "setitimer") and (
        threading.current_thread() is threading.main_thread()
    )
    if not usable or signal.getsignal(signal.SIGPROF) != signal.SIG_DFL:
        # Another one, or a profiler, uses the timer.
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise OutOfBudget(f"more than {seconds:g} s of processor time are needed")

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)


@contextlib.contextmanager
def _bounded_memory() -> Iterator[None]:
    try:
        import resource

        # In pages: size, resident, shared, text, library, data and stack.
        data = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = data + MOST_BYTES
        if soft == resource.RLIM_INFINITY or soft > wanted:
            resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    except (ImportError, OSError, ValueError, IndexError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
