"""The quick start of numba: the same machine code, from a compiler that is asked less."""

import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from lnvsearch.numba_start import _NUMBA

KERNEL = '''
import math
import numba
import numpy as np
from lnvsearch.elementary_functions import exponential, logarithm

@numba.njit(error_model="numpy")
def kernel(values, counts, limit):
    """Arithmetic of floats, integers and truth values, branches, calls, and arrays."""
    total, longest = 0.0, 0
    for i in range(len(values)):
        x = values[i] * 2 + counts[i] % 3 - True
        is_small = (x < limit) & (counts[i] >= 0) | (not x)
        y = math.sqrt(abs(x)) if is_small else exponential(-x) / logarithm(2.0 + x * x)
        total += max(y, 0.5) ** 2 + (counts[i] << 1)
        longest = min(max(longest, counts[i] // 2), 1_000)
    return total / longest, values + 1.0, values[values > 0].sum()

arguments = np.linspace(-3.0, 4.0, 100), np.arange(100), 1.5
print(kernel(*arguments)[0].hex())
print(*kernel.inspect_asm().values())
'''  # fmt: skip


@pytest.fixture(scope="module")
def compiled():
    starts = ("", "from lnvsearch.numba_start import start_numba\nstart_numba()\n")
    texts = [
        subprocess.run(
            [sys.executable, "-c", start + KERNEL], check=True, capture_output=True, text=True
        ).stdout
        for start in starts
    ]
    # Long names hold places in memory, and how many functions were compiled before.
    return [re.sub(r"\w{30,}", "name", text) for text in texts]


def test_machine_code_is_the_same(compiled):
    usual, quick = compiled
    assert len(usual.splitlines()) > 100
    assert quick == usual


def test_the_locked_version_of_numba_is_the_one_that_it_is_for():
    assert version("numba").startswith(_NUMBA + ".")


def test_another_version_is_left_as_it_is():
    code = """
from lnvsearch import numba_start
from numba.core.targetconfig import TargetConfig
from numba.core.types.functions import BaseFunction
import numba
before = TargetConfig.values, BaseFunction.get_call_type
numba.__version__ = "0.99.1"
numba_start.start_numba()
assert (TargetConfig.values, BaseFunction.get_call_type) == before
numba.__version__ = numba_start._NUMBA + ".0"
numba_start.start_numba()
assert TargetConfig.values is not before[0]
assert BaseFunction.get_call_type is not before[1]
"""
    subprocess.run([sys.executable, "-c", code], check=True)
