"""Reproducible searches for lepton-number violation, by fast simulation."""

import os

__version__ = "0.1.0"

# Numba asks these in turn where a compiled function is kept (see lnvsearch.kernel_cache); the others
# are its own, for functions of other packages.  Numba reads this when it is loaded.
os.environ.setdefault(
    "NUMBA_CACHE_LOCATOR_CLASSES",
    "lnvsearch.kernel_cache.KernelFolder,UserProvidedCacheLocator,InTreeCacheLocator,"
    "UserWideCacheLocator,IPythonCacheLocator,ZipCacheLocator",
)
