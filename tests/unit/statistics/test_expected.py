"""Expected limits: quantiles of the count, exact sums, any method."""

import numpy as np
import pytest
from scipy import stats

from lnvsearch.statistics import (
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    cls,
    expected,
)


def experiment(background=3.0, relative=0.3):
    b = np.asarray(background, dtype=float)
    return CountingExperiment(0, GaussianBackground(b, relative * b), GaussianEfficiency(0.2, 0.02))


@pytest.mark.parametrize("probability", [0.0228, 0.1587, 0.5, 0.8413, 0.9772, 0.9999999])
def test_count_quantiles_of_a_known_background_are_those_of_poisson(probability):
    b = np.array([0.0, 0.02, 0.7, 3.0, 40.0, 1e5])
    background_only = CountingExperiment(0, KnownBackground(b), KnownEfficiency(1.0))
    quantile = expected.count_quantile(background_only, probability)
    np.testing.assert_array_equal(quantile, np.where(b > 0, stats.poisson.ppf(probability, b), 0))


def test_count_quantiles_of_a_gamma_background_are_negative_binomial():
    shape = 1 / 0.3**2
    quantile = expected.count_quantile(experiment(30.0), 0.9, "gamma")
    assert quantile == stats.nbinom.ppf(0.9, shape, shape / (shape + 30.0))


def test_bands_are_ordered_and_hold_their_probability():
    bands = expected.expected_limits(experiment([0.1, 1.0, 3.0, 30.0]))
    rows = np.stack(
        [
            bands.minus_two_sigma,
            bands.minus_one_sigma,
            bands.median,
            bands.plus_one_sigma,
            bands.plus_two_sigma,
        ]
    )
    assert rows.shape == (5, 4)
    assert (np.diff(rows, axis=0) >= 0).all()
    distribution = expected.limit_distribution(experiment(3.0))
    assert distribution.probabilities.sum() == pytest.approx(1.0, abs=1e-9)
    for limit, probability in zip(rows[:, 2], stats.norm.cdf([-2, -1, 0, 1, 2]), strict=True):
        below = distribution.probabilities[distribution.limits <= limit * (1 + 1e-12)].sum()
        strictly = distribution.probabilities[distribution.limits < limit * (1 - 1e-12)].sum()
        assert strictly < probability <= below


def test_full_sum_agrees_with_the_quantiles_of_the_count():
    for name in ("cls", "bayesian"):
        quick = expected.expected_limits(experiment([0.5, 4.0]), name)
        full = expected.expected_limits(experiment([0.5, 4.0]), name, monotone=False)
        for field in vars(quick):
            np.testing.assert_allclose(getattr(quick, field), getattr(full, field), rtol=1e-12)


def test_any_function_is_a_method_and_need_not_be_monotone():
    known = CountingExperiment(0, KnownBackground(2.0), KnownEfficiency(1.0))
    falling = expected.expected_limits(known, lambda e: 100.0 - e.observed, monotone=False)
    assert falling.median == 98.0  # the median count of Poisson(2) is 2
    assert falling.plus_two_sigma == 100.0
    own = expected.expected_limits(known, lambda e: cls.upper_limit(e, 0.95))
    assert own.median == expected.expected_limits(known, "cls", 0.95).median
    at_median = CountingExperiment(2, KnownBackground(2.0), KnownEfficiency(1.0))
    assert own.median == cls.upper_limit(at_median, 0.95)


@pytest.mark.parametrize("method", ["rolke", "feldman-cousins"])
def test_interval_methods_by_name(method):
    known = CountingExperiment(0, KnownBackground([0.1, 2.0]), KnownEfficiency(1.0))
    bands = expected.expected_limits(known, method)
    assert (bands.plus_one_sigma >= bands.median).all()
    assert np.isfinite(bands.plus_two_sigma).all()


def test_sensitivity_of_feldman_and_cousins():
    """Phys. Rev. D 57 (1998) 3873, Table XII: 90 % sensitivities at b = 0, 1 and 3."""
    for b, sensitivity in ((0.0, 2.44), (1.0, 3.28), (3.0, 4.42)):
        known = CountingExperiment(0, KnownBackground(b), KnownEfficiency(1.0))
        mean = expected.limit_distribution(known, "feldman-cousins").mean
        assert mean == pytest.approx(sensitivity, abs=0.03)


def test_median_of_toys_for_background_only():
    generator = np.random.Generator(np.random.Philox(8))
    drawn = generator.poisson(generator.gamma(1 / 0.3**2, 0.3**2 * 6.0, 4001))
    limits = cls.upper_limit(
        CountingExperiment(drawn, GaussianBackground(6.0, 1.8), GaussianEfficiency(0.2, 0.02)),
        0.9,
        "gamma",
    )
    bands = expected.expected_limits(experiment(6.0), prior="gamma")
    assert np.median(limits) == bands.median


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="method must be .*or a function of the experiment"):
        expected.expected_limits(experiment(), "profile")
    with pytest.raises(ValueError, match="confidence_level"):
        expected.expected_limits(experiment(), "cls", 90.0)
    with pytest.raises(ValueError, match="experiment must be a single one"):
        expected.limit_distribution(experiment([1.0, 2.0]))
