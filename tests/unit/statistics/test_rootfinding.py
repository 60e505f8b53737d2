"""Roots of decreasing functions, from poor starting values too."""

import numpy as np
import pytest

from lnvsearch.statistics.rootfinding import solve_decreasing


def test_roots_over_many_decades_from_a_poor_start():
    roots = np.array([1e-12, 3e-4, 1.0, 17.0, 1e9])

    def function(x, rows):
        return np.log(roots[rows] / x)

    np.testing.assert_allclose(solve_decreasing(function, np.ones(5)), roots, rtol=1e-11)


def test_exact_start_and_steep_and_flat_functions():
    def function(x, rows):
        return np.choose(rows, [2.0 - x, 1.0 - x**40, -np.log1p(x / 5) + 1, np.exp(-x) - 0.5])

    expected = [2.0, 1.0, 5 * (np.e - 1), np.log(2)]
    np.testing.assert_allclose(solve_decreasing(function, np.full(4, 2.0)), expected, rtol=1e-11)


def test_minus_infinity_beyond_the_root():
    def function(x, rows):
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(3.0 - x, 0.0))  # zero at 2, log(0) from 3 on

    assert solve_decreasing(function, np.array([50.0]))[0] == pytest.approx(2.0, rel=1e-11)


def test_no_problems_and_no_root():
    assert solve_decreasing(lambda x, rows: -x, np.zeros(0)).shape == (0,)
    with pytest.raises(RuntimeError, match="no signal solves 1 of the 2"):
        solve_decreasing(lambda x, rows: np.where(rows == 1, 1.0, 1.0 - x), np.ones(2))
