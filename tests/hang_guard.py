"""Run a child process that may take as long as it needs, but may not hang.

No limit is on the wall clock: on a busy machine everything takes longer, and nothing is wrong.

- A process that spins is ended by the kernel, at a generous limit on the CPU time of each process.
- A process that waits for ever burns no CPU time; nor does one that gets no core.  What tells them
  apart is the state of their threads: one that waits for a core is ready to run (R), one that waits
  for a disk is not interruptible (D), one that was stopped is T.  A hang is a whole group of
  processes asleep (S) at very many looks in a row, between which it neither changed nor used CPU
  time.  Looks are counted, not seconds: they come late where the machine is starved.

The second rule reads /proc; where there is none, only the first one holds.
"""

import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

#: Ten times what the longest job of the tests takes on a slow machine.
CPU_LIMIT_S = 900
LOOKS = 120
BETWEEN_LOOKS_S = 5.0
#: CPU time between two looks that is no sign of life: a parent that polls what never comes.
IDLE_CPU_S = 0.1

PROC = Path("/proc")


class HangError(AssertionError):
    """All processes of a child slept for ever."""


def run(command, *, merge=False, cpu_limit_s=CPU_LIMIT_S, looks=LOOKS,
        between_looks_s=BETWEEN_LOOKS_S, **options) -> subprocess.CompletedProcess:
    """Run `command` to its end; returns it with its output as text.

    `merge` writes errors into the output; `options` go to `subprocess.Popen`.  A process beyond
    `cpu_limit_s` seconds of CPU time gets SIGXCPU.  Nothing that the child started is left behind.
    Raises `HangError` when the child was asleep at `looks` looks in a row, `between_looks_s` apart.
    """
    # The shell sets the limit and becomes the command: code between fork and exec is not safe here.
    limited = ["sh", "-c", 'ulimit -c 0; ulimit -S -t "$0"; exec "$@"', str(cpu_limit_s), *command]
    # Files, not pipes: a full pipe with a starved reader would put the child to sleep.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            limited, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT if merge else errors, start_new_session=True, **options,
        )

        def text(file):
            file.seek(0)
            return file.read().decode(errors="replace")

        try:
            sleepers = _wait(process, looks, between_looks_s)
        finally:
            _end(process)
        if sleepers:
            raise HangError(
                f"asleep at {looks} looks in a row, {between_looks_s} s apart:\n"
                + "\n".join(sleepers) + "\n" + (text(output) + text(errors))[-4000:]
            )
        return subprocess.CompletedProcess(
            command, process.returncode, text(output), text(errors))


def _wait(process, looks, between_looks_s):
    """Wait for the end of a process; returns early, with what sleeps, when its group hangs."""
    if not (PROC / "self" / "stat").exists():
        process.wait()
        return []
    asleep, before = 0, {}
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(between_looks_s)
            return []
        states, cpu_s = look(process.pid)
        used_s = sum(cpu_s.values()) - sum(before.values())
        is_still = states <= set("SZX") and cpu_s.keys() == before.keys() and used_s <= IDLE_CPU_S
        asleep, before = asleep + 1 if is_still else 0, cpu_s
        if asleep >= looks:
            return [f"{process_id}: {_command(process_id)}" for process_id in cpu_s]


def _end(process):
    """End a process and all of its group, and see them gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    while look(process.pid)[0] - set("ZX"):
        time.sleep(0.01)


def look(group):
    """States of all threads of a group of processes, and the CPU time of each process.

    CPU times are seconds and include those of children that have ended.
    """
    states, cpu_s = set(), {}
    for folder in PROC.glob("[0-9]*"):
        try:
            fields = _fields(folder)
            if int(fields[2]) == group:
                cpu_s[int(folder.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
                states |= {_fields(thread)[0] for thread in (folder / "task").iterdir()}
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended while it was looked at
    return states, cpu_s


def _fields(folder):
    """What stands behind the name in `stat` of a process or thread: state, parent, group, ..."""
    return (folder / "stat").read_bytes().decode(errors="replace").rpartition(")")[2].split()


def _command(process_id):
    with suppress(OSError):
        return (PROC / str(process_id) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return "ended"
