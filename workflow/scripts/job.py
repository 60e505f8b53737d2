"""What every script does around its work: the log, and errors that say what to fix."""

from __future__ import annotations

import contextlib
import os
import resource
import shlex
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

# The configuration module lies one folder up, beside the rules.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# One process a core is the parallelism of this workflow; threads inside would compete with it.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


@contextlib.contextmanager
def job(snakemake) -> Iterator[None]:
    """Send output to the rule's log; turn an expected error into one line and exit code 1.

    The log's last line says what the process used, for `workflow/usage.py`.  Expected errors, ValueError
    and OSError, name file, key and fix; the log keeps the traceback.  Every message ends with the command
    that repeats the job alone.  Results that the job reads must be what was written (`checksums`).
    """
    import checksums

    outputs = list(getattr(snakemake, "output", ()))
    log = Path(snakemake.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    try:
        with open(log, "w", encoding="utf-8") as stream:
            with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
                try:
                    checksums.check(getattr(snakemake, "input", ()))
                    checksums.forget(outputs)
                    yield
                    checksums.record(outputs)
                except BaseException as error:
                    error.add_note(f"This job alone: {_command(snakemake.rule, outputs)}")
                    traceback.print_exc()
                    raise
                finally:
                    print(_usage(time.monotonic() - begin))
    except (ValueError, OSError) as error:
        details = f"details: {log}; again: {_command(snakemake.rule, outputs)}"
        print(f"{snakemake.rule}: {error} ({details})", file=sys.stderr)
        sys.exit(1)


def _command(rule: str, outputs: list[str]) -> str:
    """The command that repeats a job alone; the rules leave its options in the environment."""
    target = shlex.quote(str(outputs[0]) if outputs else rule)
    return f"snakemake {target} --force {os.environ.get('LNVSEARCH_OPTIONS', '--cores 1')}"


def _usage(clock_s: float) -> str:
    """CPU time and largest memory of the whole process, start-up included; time of the work."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    megabytes = used.ru_maxrss / 1024  # Linux counts kilobytes
    return (
        f"used: cpu_s={used.ru_utime + used.ru_stime:.2f} clock_s={clock_s:.2f} "
        f"peak_memory_mb={megabytes:.0f}"
    )
