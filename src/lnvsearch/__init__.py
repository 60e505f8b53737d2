"""Reproducible searches for lepton-number violation, by fast simulation."""

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lnvsearch import (
        experiments,
        generation,
        interpretation,
        publication,
        reconstruction,
        selection,
        sensitivity,
        statistics,
        systematics,
    )

__version__ = "0.1.0"

# Numba asks these in turn where a compiled function is kept (see lnvsearch.kernel_cache); the others
# are its own, for functions of other packages.  Numba reads this when it is loaded.
os.environ.setdefault(
    "NUMBA_CACHE_LOCATOR_CLASSES",
    "lnvsearch.kernel_cache.KernelFolder,UserProvidedCacheLocator,InTreeCacheLocator,"
    "UserWideCacheLocator,IPythonCacheLocator,ZipCacheLocator",
)

#: Parts that load when they are first used.
_PARTS = (
    "experiments", "generation", "interpretation", "publication", "reconstruction", "selection",
    "sensitivity", "statistics", "systematics",
)  # fmt: skip
__all__ = ["__version__", *_PARTS]


def __getattr__(name: str):
    """Load a part on first use (PEP 562)."""
    if name in _PARTS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
