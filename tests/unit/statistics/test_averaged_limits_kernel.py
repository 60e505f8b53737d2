"""Compiled averaged limits are those of numpy, also where the kernel leaves some to it."""

import numpy as np
import pytest

from lnvsearch.statistics import (
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    averaging,
    bayesian,
    cls,
)

pytest.importorskip("numba")


def experiments():
    generator = np.random.default_rng(5)
    size = 400
    b = 10.0 ** generator.uniform(-3.0, 1.7, size)
    b[:10] = 0.0
    n = generator.poisson(b + generator.uniform(0.0, 3.0, size))
    n[:4] = 0, 200, 5, 0
    b[3] = 500.0
    e = 10.0 ** generator.uniform(-9.0, 9.0, size)
    sigma_b, sigma_e = b * generator.uniform(0.0, 0.8, size), e * generator.uniform(0.0, 0.8, size)
    level = generator.choice([0.5, 0.9, 0.999], size)
    return {
        "both": CountingExperiment(n, GaussianBackground(b, sigma_b), GaussianEfficiency(e, sigma_e)),
        "efficiency": CountingExperiment(n, KnownBackground(b), GaussianEfficiency(e, sigma_e)),
        "background": CountingExperiment(n, GaussianBackground(b, sigma_b), KnownEfficiency(e)),
    }, level


@pytest.mark.parametrize("method", [cls, bayesian])
@pytest.mark.parametrize("uncertain", ["both", "efficiency", "background"])
def test_limits_are_those_of_numpy(method, uncertain, monkeypatch):
    every, level = experiments()
    expected = method.upper_limit(every[uncertain], level)
    monkeypatch.setattr(averaging, "_KERNEL_MINIMUM", 1)
    found = method.upper_limit(every[uncertain], level)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert (found != expected).any()  # the kernel was there


def test_other_priors_and_signals_are_left_to_numpy(monkeypatch):
    every, level = experiments()
    some = every["both"]
    expected = cls.upper_limit(some, level, prior="truncated-gaussian")
    half = bayesian.upper_limit(some, level, signal_prior="1/sqrt(s)")
    monkeypatch.setattr(averaging, "_KERNEL_MINIMUM", 1)
    np.testing.assert_array_equal(cls.upper_limit(some, level, prior="truncated-gaussian"), expected)
    np.testing.assert_array_equal(bayesian.upper_limit(some, level, signal_prior="1/sqrt(s)"), half)
