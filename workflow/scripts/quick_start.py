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


def start_numba() -> None:
    """Start numba without the packages that it would load and no kernel of this project uses.

    At its first kernel, numba loads every installed extension (all of awkward) and scipy.linalg, to
    see whether there is a BLAS for np.dot: half a second of a job that has work for one.  Where a
    version of numba has these places no more, nothing happens but the usual start.
    """
    # First this: it says where compiled kernels are kept, which numba reads when it is loaded.
    from lnvsearch import __version__  # noqa: F401
    from numba.core import entrypoints

    if hasattr(entrypoints, "_already_initialized"):
        entrypoints._already_initialized = True
    if "scipy.linalg" in sys.modules:
        return
    sys.modules["scipy.linalg"] = None  # an import of it fails, as if it were not installed
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        del sys.modules["scipy.linalg"]
