"""Eight numbers at once: the same as numpy does one by one, bit for bit."""

import numpy as np
import pytest
from numba import njit

from lnvsearch.vectors import (
    WIDTH,
    absolute,
    broadcast,
    choose,
    load,
    lowest_place,
    places,
    square_root,
    store,
)


@njit
def arithmetic(x, y, out):
    for first in range(0, len(x), WIDTH):
        a, b = load(x, first), load(y, first)
        both = (-a + b * 2.0 - 3.0 / a) * absolute(b) / square_root(b * b + 1.0)
        store(out, first, both + (1.5 - a))


@njit
def choices(x, y, out):
    for first in range(0, len(x), WIDTH):
        a, b = load(x, first), load(y, first)
        inside = ((a < b) & (a >= -1.0)) | (a == 2.0) | (b != b)
        store(out, first, choose(inside, a, choose((a <= 0.0) | (b > 1.0), 7.0, broadcast(8.0))))


@njit
def true_places(x, limit):
    found = places(load(x, 0) > limit)
    return found, lowest_place(found) if found > 0 else -1


@pytest.fixture
def numbers():
    random = np.random.default_rng(1)
    x, y = random.normal(size=(2, 5 * WIDTH))
    x[3], y[4], y[5], x[6] = 2.0, np.nan, np.inf, -0.0
    return x, y


def test_arithmetic_is_that_of_numpy(numbers):
    x, y = numbers
    out = np.empty_like(x)
    arithmetic(x, y, out)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (-x + y * 2.0 - 3.0 / x) * np.abs(y) / np.sqrt(y * y + 1.0) + (1.5 - x)
    assert np.array_equal(out, expected, equal_nan=True)


def test_comparisons_know_nan(numbers):
    x, y = numbers
    out = np.empty_like(x)
    choices(x, y, out)
    inside = ((x < y) & (x >= -1.0)) | (x == 2.0) | np.isnan(y)
    expected = np.where(inside, x, np.where((x <= 0.0) | (y > 1.0), 7.0, 8.0))
    assert np.array_equal(out, expected)
    assert np.isnan(y).sum() == 1 and inside[3] and inside[4]


def test_places_are_bits():
    x = np.array([0.0, 0.0, 5.0, 0.0, 0.0, 6.0, np.nan, 5.0])
    assert true_places(x, 1.0) == (0b10100100, 2)
    assert true_places(x, 5.5) == (0b00100000, 5)
    assert true_places(x, 9.0) == (0, -1)
