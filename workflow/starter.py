"""Jobs end with the Snakemake that has started them, also where that is killed.

What a job writes that outlives it (`kill -9`) would take the place of what a later run has made.  A job
therefore looks whether its Snakemake is there before each file that it writes gets its name; and where
no process stands between them, the system ends it at once.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

#: Process number of the Snakemake that starts a job, when it began, and the namespace of such numbers.
VARIABLE = "LNVSEARCH_STARTER"
_PR_SET_PDEATHSIG = 1  # of Linux's `prctl`


def name_starter() -> None:
    """Tell the jobs that this process starts them; nothing where there is no /proc."""
    if began := _began(os.getpid()):
        os.environ[VARIABLE] = f"{os.getpid()} {began} {_namespace()}"


def end_with_starter() -> None:
    """Let this job end when its Snakemake does, if that is its parent; at once if that is gone."""
    if (known := _known()) and known[0] == os.getppid():
        end_with(os.getppid())
    end_if_alone()


def end_if_alone() -> None:
    """End this job, as if it were killed, too, if its Snakemake is gone."""
    if (known := _known()) and _began(known[0]) != known[1]:
        os.kill(os.getpid(), signal.SIGKILL)


def end_with(parent: int) -> None:
    """Let Linux kill this process when the thread of `parent` ends that has started it."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:  # it ended before
        os.kill(os.getpid(), signal.SIGKILL)


def _known() -> tuple[int, str] | None:
    """Number and begin of the Snakemake, if one is named that can be seen from here."""
    words = os.environ.get(VARIABLE, "").split()
    return (int(words[0]), words[1]) if len(words) == 3 and words[2] == _namespace() else None


def _began(process: int) -> str:
    """When a process began, in ticks since the machine did; empty if it has ended."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(errors="replace")
    except OSError:
        return ""
    state, *others = text.rpartition(")")[2].split()
    return "" if state in "ZX" else others[18]


def _namespace() -> str:
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return ""
