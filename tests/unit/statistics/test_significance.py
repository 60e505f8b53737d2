"""p-values, critical counts and sensitivities, against sums written out here."""

import numpy as np
import pytest
from scipy import stats

from lnvsearch.statistics import (
    CountingExperiment,
    GaussianBackground,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    significance,
)


def known(observed, background, efficiency=1.0):
    return CountingExperiment(observed, KnownBackground(background), KnownEfficiency(efficiency))


def test_p_value_of_a_known_background_is_the_poisson_tail():
    counts = np.arange(8)
    found = significance.p_value(known(counts, 1.3))
    np.testing.assert_allclose(found, stats.poisson.sf(counts - 1, 1.3), rtol=1e-9)
    assert significance.significance(known(0, 1.3)) == 0.0
    z = significance.significance(known(7, 1.3))
    assert stats.norm.sf(z) == pytest.approx(found[7], rel=1e-9)


def test_p_value_of_a_sideband_is_negative_binomial():
    # Gamma(count + 1) / tau averaged over a Poisson count: negative binomial of count + 1.
    experiment = CountingExperiment(4, PoissonBackground(6, 5.0), KnownEfficiency(1.0))
    expected = stats.nbinom.sf(3, 7, 5.0 / 6.0)
    assert significance.p_value(experiment) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("background", "sigmas"), [(0.1, 3.0), (1.3, 3.0), (4.0, 5.0)])
def test_critical_count_is_the_smallest_that_reaches_the_level(background, sigmas):
    level = stats.norm.sf(sigmas)
    count = significance.critical_count(known(0, background), level)
    assert stats.poisson.sf(count - 1, background) <= level
    assert stats.poisson.sf(count - 2, background) > level


def test_least_detectable_signal_reaches_its_power():
    found = significance.discovery_sensitivity(known(0, 1.3, 0.2), 3.0, 0.9)
    assert found.critical_count == 7
    for signal, power in ((found.median_signal, 0.5), (found.detectable_signal, 0.9)):
        seen = stats.poisson.sf(found.critical_count - 1, 0.2 * signal + 1.3)
        assert seen == pytest.approx(power, rel=1e-9)


def test_uncertain_background_needs_more_events():
    uncertain = CountingExperiment(0, GaussianBackground(1.3, 0.6), KnownEfficiency(1.0))
    level = stats.norm.sf(3.0)
    assert significance.critical_count(uncertain, level) > significance.critical_count(
        known(0, 1.3), level
    )


@pytest.mark.parametrize("arguments", [(0.0,), (-1.0,), (3.0, 1.0), (3.0, 0.0)])
def test_impossible_wishes(arguments):
    with pytest.raises(ValueError, match="must be"):
        significance.discovery_sensitivity(known(0, 1.0), *arguments)
