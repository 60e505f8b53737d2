"""A quick start of numba in jobs that run compiled kernels and nothing else of numba."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def ready_kernels(experiment: str, config: dict) -> None:
    """Have the kernels of an experiment compiled on this type of processor, by one job only.

    The rule `warm_up_kernels` does it where it runs; a node with another processor needs its own.
    Compiling knows all searches, which no job of a sample depends on: it is a process of its own.
    Memory that these jobs free stays with them, for the next chunk of events.
    """
    from lnvsearch.numba_start import start_numba

    start_numba()
    from lnvsearch.kernel_cache import is_compiled
    from lnvsearch.kept_memory import keep_freed_memory

    keep_freed_memory()
    if is_compiled(f"experiments.{experiment}"):
        return
    code = "import json, sys, warm_up_kernels as w; w.warm_up_kernels(**json.load(sys.stdin))"
    paths = (str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")]))
    process = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps({"experiment": experiment, "config": config}),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
    )
    print(process.stdout, process.stderr, sep="", end="", flush=True)
