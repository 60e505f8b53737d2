"""Normal numbers by inversion."""

import numpy as np
import pytest
from scipy.special import ndtri

from lnvsearch.detector.gaussian import normal4, normal_quantile, to_normals
from lnvsearch.random_streams import stream_key


def test_quantiles_are_those_of_the_normal_distribution():
    tails = 10.0 ** -np.arange(1.0, 16.0)
    uniform = np.concatenate([np.linspace(0.001, 0.999, 999), tails, [0.075, 0.925, 2.0**-53]])
    ours = np.array([normal_quantile(u) for u in uniform])
    assert ours == pytest.approx(ndtri(uniform), rel=1e-13, abs=1e-15)


def test_four_numbers_are_normal_and_independent():
    key = tuple(stream_key(1, "toy", "normal"))
    n = 20_000
    values = np.array([normal4(key, event, 0, 0) for event in range(n)])
    assert np.abs(values.mean(axis=0)).max() < 5.0 / np.sqrt(n)
    covariance = np.cov(values.T)
    assert np.abs(covariance - np.eye(4)).max() < 5.0 * np.sqrt(2.0 / n)


def test_many_numbers_at_once_are_those_one_by_one():
    tails = 10.0 ** -np.arange(1.0, 16.0)
    uniform = np.concatenate([np.linspace(0.001, 0.999, 999), tails, [0.075, 0.925, 2.0**-53]])
    together = uniform.copy()
    to_normals(together)
    assert np.array_equal(together, [normal_quantile(u) for u in uniform])
