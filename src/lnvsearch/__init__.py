"""Reproducible searches for lepton-number violation, by fast simulation."""

import os
import zlib
from pathlib import Path

__version__ = "0.1.0"


def _keep_compiled_code_by_version() -> None:
    """Let numba keep its compiled kernels in a folder of this version of the source.

    Numba sees that a kernel's own file has changed, but not a file with a kernel that it calls,
    and would go on with the old code.  A folder of the user's choice (NUMBA_CACHE_DIR) stands.
    """
    package = Path(__file__).parent
    stamp = 0
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        if b"numba" in content:
            stamp = zlib.crc32(content, stamp)
    folder = package / "__pycache__" / f"kernels-{stamp:08x}"
    if os.access(package, os.W_OK):
        os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))


_keep_compiled_code_by_version()
