"""Blocks of lanes: full and other ones are copied number by number, whatever the layout in memory."""

import numpy as np
import pytest
from numba import njit

from lnvsearch.lanes import (
    LANES,
    float_stack_array,
    load_fours,
    load_lanes,
    load_line,
    load_listed_fours,
    store_lanes,
    store_momenta,
)

N = int(LANES)
ZERO = np.uint64(0)
_lanes = float_stack_array(6 * N)


@njit(error_model="numpy")
def copied(source, result):
    """Rows and a line through lanes, block by block."""
    lanes, total = _lanes(), np.uint64(source.shape[1])
    for start in range(ZERO, total, LANES):
        here = min(LANES, total - start)
        for row in range(len(source)):
            load_lanes(source, row, start, here, lanes, LANES)
            store_lanes(lanes, LANES, here, result, row, start)
        load_line(source[0], start, here, lanes, ZERO)
        store_lanes(lanes, ZERO, here, result, len(source), start)


@njit(error_model="numpy")
def transposed(momenta, listed, first, result):
    """Four-momenta of a column, of events in a row and of listed ones, to lanes and back."""
    lanes, flat, width = np.zeros(4 * N), result.reshape(-1), np.uint64(4 * result.shape[1])
    total = np.uint64(len(listed))
    for start in range(ZERO, total, LANES):
        here = min(LANES, total - start)
        load_fours(momenta, np.uint64(first) + start, 1, here, lanes)
        store_momenta(lanes, np.uint64(1), here, flat, start * width, width)
        load_listed_fours(momenta, first, listed, start, here, 1, lanes)
        store_momenta(lanes, np.uint64(1), here, flat, start * width + np.uint64(4), width)


@pytest.mark.parametrize("n", [0, 1, N - 1, N, N + 3, 3 * N])
def test_copies(n):
    source = np.random.default_rng(n).normal(size=(3, n))
    result = np.full((5, n), np.nan)
    copied(source, result)
    assert np.array_equal(result[:4], [*source, source[0]])
    assert np.all(np.isnan(result[4]))


@pytest.mark.parametrize("n", [0, 1, 4, 7, N, N + 5])
def test_four_momenta(n):
    random = np.random.default_rng(n)
    momenta = random.normal(size=(n + 10, 3, 4))
    listed = random.permutation(n)
    result = np.full((n, 3, 4), np.nan)
    transposed(momenta, listed, 10, result)
    assert np.array_equal(result[:, 0], momenta[10:, 1])
    assert np.array_equal(result[:, 1], momenta[10:, 1][listed])
    assert np.all(np.isnan(result[:, 2]))


def test_numbers_with_gaps_between_are_refused():
    with pytest.raises(TypeError, match="may have gaps"):
        copied(np.zeros((3, 2 * N))[:, ::2], np.zeros((5, N)))
