"""Memory that a job frees stays with the job, for its next arrays."""

from __future__ import annotations

import ctypes

__all__ = ["keep_freed_memory"]

# Options of glibc's mallopt, and the largest threshold that it takes.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST_MMAP_THRESHOLD = 32 * 2**20
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Have arrays below 32 MB use freed memory again; whether this C library can be told.

    A chunk of events asks for the same arrays as the one before.  Without this they go back to the
    system and come again page by page, each filled with zeros: up to a third of a job's time.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    is_kept = mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD) == 1
    return mallopt(_TRIM_THRESHOLD, _NEVER) == 1 and is_kept
