"""Freed memory serves the next arrays of a process."""

import subprocess
import sys

import pytest

_COUNT = """
import resource
import numpy as np
from lnvsearch.kept_memory import keep_freed_memory

kept = keep_freed_memory() if {keep} else None
for _ in range(2):  # the first ones are new in any case
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        some = [np.ones(100_000) for _ in range(8)]
        del some
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(keep):
    done = subprocess.run(
        [sys.executable, "-c", _COUNT.format(keep=keep)], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_arrays_come_back_without_new_pages():
    kept, after = faults(True)
    if kept == "False":
        pytest.skip("this C library cannot be told")
    pages = 20 * 8 * 100_000 * 8 // 4096
    assert int(after) < 0.02 * pages
