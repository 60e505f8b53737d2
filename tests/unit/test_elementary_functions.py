"""Functions for kernels against those of numpy with more digits."""

import math

import numpy as np
import pytest
from numba import njit
from scipy.special import erfcx

from lnvsearch import elementary_functions as functions

RANDOM = np.random.default_rng(5)
MAGNITUDES = 10.0 ** RANDOM.uniform(-15, 8, 500)
EVEN = RANDOM.uniform(-1.0, 1.0, 500)


def values(function, *arguments):
    """Of a kernel function, in a loop that may be vectorised."""

    @njit(error_model="numpy")
    def of_one(x, result):
        for i in range(len(x)):
            result[i] = function(x[i])

    @njit(error_model="numpy")
    def of_two(x, y, result):
        for i in range(len(x)):
            result[i] = function(x[i], y[i])

    result = np.empty(len(arguments[0]))
    (of_one if len(arguments) == 1 else of_two)(*arguments, result)
    return result


@pytest.mark.parametrize(
    "name, exact, arguments, accuracy",
    [
        ("exponential", np.exp, np.append(700.0 * EVEN, EVEN), 3e-16),
        ("logarithm", np.log, np.append(MAGNITUDES, 1.0 + 1e-3 * EVEN), 2.3e-16),
        ("arc_sine", np.arcsin, np.append(EVEN, [1.0, -1.0, 1e-9]), 4e-16),
        ("cube_root", np.cbrt, MAGNITUDES, 3e-16),
        ("scaled_error_function", lambda x: erfcx(x.astype(float)),
         np.append(0.0, RANDOM.uniform(0.0, 30.0, 500)), 2e-15),
    ],
)  # fmt: skip
def test_relative_accuracy(name, exact, arguments, accuracy):
    """Against long floats, which have three digits more on most machines."""
    found = values(getattr(functions, name), arguments).astype(np.longdouble)
    reference = exact(arguments.astype(np.longdouble))
    assert np.max(np.abs(found / reference - 1.0)) < accuracy


def test_azimuths_in_all_quadrants_and_on_the_axes():
    x, y = np.append(EVEN, [1.0, -1.0, -1.0, 0.0]), np.append(EVEN[::-1], [0.0, 0.0, -0.0, -2.0])
    found = values(functions.azimuth_of, x, y)
    assert found == pytest.approx(np.arctan2(y, x), rel=1e-15, abs=0.0)
    assert found[-4:].tolist() == [0.0, math.pi, -math.pi, -math.pi / 2]


def test_exponential_of_very_negative_numbers_fades_to_nothing():
    x = np.array([-710.0, -735.0, -744.0, -746.0, -1e9, -np.inf])
    found = values(functions.exponential, x)
    assert found == pytest.approx(np.exp(x), rel=0.0, abs=1e-323)
    assert found[2] > 0.0 and found[3:].tolist() == [0.0] * 3
