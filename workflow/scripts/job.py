"""What every script does around its work: the log, and errors that say what to fix."""

from __future__ import annotations

import contextlib
import os
import sys
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

    Expected are ValueError (which all of the library's own errors are) and OSError: their
    messages name file, key and fix.  The log keeps the whole traceback.
    """
    log = Path(snakemake.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(log, "w", encoding="utf-8") as stream:
            with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
                try:
                    yield
                except BaseException:
                    traceback.print_exc()
                    raise
    except (ValueError, OSError) as error:
        print(f"{snakemake.rule}: {error} (details: {log})", file=sys.stderr)
        sys.exit(1)


def with_overlays(settings: dict, inputs: dict) -> dict:
    """Settings whose `detector` has the values of the overlay files among the inputs."""
    from searches import configuration

    for path in inputs.get("overlay", ()):
        overlay = configuration.read_yaml(path)
        detector = configuration.overlaid(settings["detector"], overlay["detector"], path)
        settings = {**settings, "detector": detector}
    return settings
