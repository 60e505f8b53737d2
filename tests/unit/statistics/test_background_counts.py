"""Probabilities of background counts against closed forms, and their small tails."""

import numpy as np
import pytest
from scipy import special, stats

from lnvsearch.statistics import (
    CountingExperiment,
    GaussianBackground,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    background_counts,
    cls,
    nuisance,
)
from lnvsearch.statistics.significance import critical_count, p_value


def _distribution(background, prior, size):
    return nuisance.background_distribution(background, prior, (size,))


@pytest.mark.parametrize("prior", ["lognormal", "lognormal-mean", "truncated-gaussian"])
def test_agrees_with_the_averages_of_cls(prior):
    rng = np.random.default_rng(4)
    mean = 10.0 ** rng.uniform(-2.0, 1.5, 400)
    background = GaussianBackground(mean, mean * 10.0 ** rng.uniform(-2.0, 0.3, 400))
    counts = rng.poisson(mean * rng.uniform(0.5, 2.0, 400)).astype(float)
    reference = cls.p_values(
        CountingExperiment(counts, background, KnownEfficiency(1.0)), 0.0, prior
    ).clb
    distribution = _distribution(background, prior, 400)
    assert background_counts.at_most(distribution, counts) == pytest.approx(reference, abs=1e-13)
    beyond = background_counts.at_least(distribution, counts + 1.0)
    assert beyond == pytest.approx(1.0 - np.asarray(reference), abs=1e-13)


def test_sideband_is_negative_binomial():
    counts = np.arange(12.0)
    distribution = _distribution(PoissonBackground(6.0, 3.0), "lognormal", 12)
    known = stats.nbinom(7, 0.75)
    assert background_counts.at_most(distribution, counts) == pytest.approx(known.cdf(counts))
    assert background_counts.at_least(distribution, counts) == pytest.approx(known.sf(counts - 1))


def test_small_tails_keep_their_digits():
    # b^n / n! with <b^n> = m^n exp(n^2 w^2 / 2) of a log-normal distribution, for b far below 1
    experiment = CountingExperiment(6, GaussianBackground(1e-5, 2e-6), KnownEfficiency(1.0))
    leading = 1e-30 / special.gamma(7.0) * np.exp(18.0 * np.log(1.2) ** 2)
    assert p_value(experiment) == pytest.approx(leading, rel=1e-3)
    known = CountingExperiment(40, KnownBackground(1.0), KnownEfficiency(1.0))
    assert p_value(known) == pytest.approx(stats.poisson.sf(39, 1.0), rel=1e-10)


def test_no_background_gives_no_event():
    experiment = CountingExperiment([0, 3], KnownBackground(0.0), KnownEfficiency(1.0))
    assert p_value(experiment).tolist() == [1.0, 0.0]


def test_critical_count_of_a_very_large_significance():
    experiment = CountingExperiment(0, KnownBackground(1.0), KnownEfficiency(1.0))
    wanted = special.ndtr(-12.0)
    count = critical_count(experiment, wanted)
    assert stats.poisson.sf(count - 1, 1.0) <= wanted < stats.poisson.sf(count - 2, 1.0)


def test_one_experiment_has_the_bits_that_it_has_in_an_array():
    mean = np.array([0.3, 1.0, 2.5, 7.0])
    distribution = _distribution(GaussianBackground(mean, 0.3 * mean), "lognormal", 4)
    counts = np.array([1.0, 4.0, 2.0, 25.0])
    together = background_counts.at_least(distribution, counts)
    for row in range(4):
        alone = background_counts.at_least(distribution.take(np.array([row])), counts[row : row + 1])
        assert alone[0] == together[row]
