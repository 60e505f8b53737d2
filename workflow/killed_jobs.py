"""A job that is killed cannot say how it is made again; Snakemake says it instead."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable

from snakemake.script import PythonScript


def tell_killed_jobs() -> None:
    """Let Snakemake print a line for each job with a script in Python that a signal has ended."""
    if not hasattr(PythonScript, "executes_untold"):
        PythonScript.executes_untold = PythonScript.execute_script
        PythonScript.execute_script = _telling(PythonScript.executes_untold)


def _telling(execute: Callable) -> Callable:
    def execute_script(self, fname, edit=False):
        try:
            execute(self, fname, edit)
        except subprocess.CalledProcessError as error:
            if name := _signal(error.returncode):
                print(_message(self, name), file=sys.stderr)
            raise

    return execute_script


def _signal(code: int) -> str:
    """The name of the signal that ended a process, or the command of a shell; not of one by the user's keys."""
    number = -code if code < 0 else code - 128
    with contextlib.suppress(ValueError):
        if number > 0 and number != signal.SIGINT:
            return signal.Signals(number).name
    return ""


def _message(script, name: str) -> str:
    import records

    cause = ", perhaps for want of memory" if name == "SIGKILL" else ""
    log = f"details: {script.log[0]}; " if script.log else ""
    again = records.again(script.rulename, list(script.output))
    return f"{script.rulename}: the job was killed by {name}{cause} ({log}again: {again})"
