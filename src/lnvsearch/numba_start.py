"""A quick start of numba in programs that run this project's kernels and nothing else of numba."""

from __future__ import annotations

import sys

__all__ = ["start_numba"]


def start_numba() -> None:
    """Start numba without the packages that it would load and no kernel of this project uses.

    At its first kernel, numba loads every installed extension (all of awkward) and scipy.linalg, to
    see whether there is a BLAS for np.dot: half a second of a program that has work for one.  Where a
    version of numba has these places no more, nothing happens but the usual start.
    """
    # The package is loaded by now: it says where compiled kernels are kept, which numba reads when it is loaded.
    from numba.core import entrypoints

    if hasattr(entrypoints, "_already_initialized"):
        entrypoints._already_initialized = True
    if "scipy.linalg" in sys.modules:
        return
    sys.modules["scipy.linalg"] = None  # type: ignore[assignment]  # an import of it fails, as if it were not installed
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        del sys.modules["scipy.linalg"]
