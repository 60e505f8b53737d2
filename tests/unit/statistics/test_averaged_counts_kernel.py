"""The compiled sums and roots of unified intervals are those of numpy."""

import numpy as np
import pytest

from lnvsearch.statistics import (
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    feldman_cousins,
    nuisance,
)
from lnvsearch.statistics.averaged_poisson import averaged_poisson
from lnvsearch.statistics.feldman_cousins_averaged import SeparableModel

pytest.importorskip("numba")
from lnvsearch.statistics import averaged_counts_kernel
from lnvsearch.statistics.feldman_cousins_compiled import CompiledSeparableModel


@pytest.mark.parametrize("largest", [0, 5, 151, 700])
@pytest.mark.parametrize("decades", [(-3.0, 2.5), (-3.0, 3.5), (2.9, 6.0)])
@pytest.mark.parametrize("nodes", [1, 20, 48])
def test_sum_over_nodes(largest, decades, nodes):
    generator = np.random.default_rng(1)
    mean = 10.0 ** generator.uniform(*decades, (4, nodes))
    weights = generator.random((4, nodes))
    found = np.empty((4, largest + 1))
    averaged_counts_kernel.averaged_poisson(largest, mean, weights, found)
    expected = averaged_poisson(largest, mean, weights)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-200)


def models():
    """The same experiments, extreme ones among them, in numpy and compiled."""
    generator = np.random.default_rng(2)
    size = 40
    background = 10.0 ** generator.uniform(-6.0, 1.3, size)
    background[:3] = 0.0
    count = generator.poisson(background + 2.0).astype(float)
    efficiency = 10.0 ** generator.uniform(-9.0, 9.0, size)
    widths = generator.uniform(0.01, 0.3, (2, size))
    made = []
    for kind in (SeparableModel, CompiledSeparableModel):
        b = nuisance.background_distribution(
            GaussianBackground(background, background * widths[0]), "lognormal", (size,)
        )
        e = nuisance.efficiency_distribution(
            GaussianEfficiency(efficiency, efficiency * widths[1]), "lognormal", (size,)
        )
        nodes = nuisance.prior_quadrature(e, 3), nuisance.prior_quadrature(b, 3)
        made.append(kind(count, *nodes, np.full(size, 300.0)))
    return made, efficiency


def test_quantities_of_the_model():
    (plain, compiled), efficiency = models()
    rows = np.arange(efficiency.size)
    count = plain.count
    for distance in (-4.0, -1.0, 1.0, 2.0, 7.0):
        k = count + distance
        chosen = rows[k >= 0.0]
        for mean in (0.0, 1e-5, 0.3, 5.0, 40.0):
            signal = (mean / efficiency)[chosen]
            for name in ("block", "log_probability"):
                found = getattr(compiled, name)(chosen, k[chosen], signal)
                expected = getattr(plain, name)(chosen, k[chosen], signal)
                np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13, err_msg=name)
            found = compiled.block_slope(chosen, k[chosen], signal) / efficiency[chosen]
            expected = plain.block_slope(chosen, k[chosen], signal) / efficiency[chosen]
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-13)
        best = compiled.best_signal(chosen, k[chosen]) * efficiency[chosen]
        expected = plain.best_signal(chosen, k[chosen]) * efficiency[chosen]
        np.testing.assert_allclose(best, expected, rtol=1e-9, atol=1e-12)


def uncertain_experiments():
    generator = np.random.default_rng(3)
    size = 60
    b = generator.uniform(0.0, 6.0, size)
    b[:4] = 0.0, 1e-7, 2.88, 40.0
    n = generator.poisson(b + 1.0)
    n[:8] = 0, 0, 0, 25, 0, 1, 2, 20
    e = 10.0 ** generator.uniform(-3.0, 3.0, size)
    sigma_b, sigma_e = generator.uniform(0.01, 0.8, (2, size))
    efficiency = GaussianEfficiency(e, e * np.minimum(sigma_e, 0.3))
    return [
        CountingExperiment(n, GaussianBackground(b, b * sigma_b), efficiency),
        CountingExperiment(n, KnownBackground(b), efficiency),
        CountingExperiment(n, GaussianBackground(b, b * sigma_b), KnownEfficiency(e)),
        CountingExperiment(n, PoissonBackground(np.floor(3.0 * b), 3.0), efficiency),
    ]


@pytest.mark.parametrize("number", range(4))
def test_intervals_are_those_of_numpy(number, monkeypatch):
    experiment = uncertain_experiments()[number]
    plain = feldman_cousins.interval(experiment, 0.9)
    monkeypatch.setattr(feldman_cousins, "_KERNEL_MINIMUM", 1)
    compiled = feldman_cousins.interval(experiment, 0.9)
    np.testing.assert_allclose(compiled.upper, plain.upper, rtol=1e-10)
    scale = plain.upper.max()
    np.testing.assert_allclose(compiled.lower, plain.lower, rtol=1e-9, atol=1e-12 * scale)


def test_no_interval_depends_on_its_neighbours(monkeypatch):
    monkeypatch.setattr(feldman_cousins, "_KERNEL_MINIMUM", 1)
    experiment = uncertain_experiments()[0]
    together = feldman_cousins.interval(experiment, 0.9).upper
    for row in (2, 5, 30):
        alone = CountingExperiment(
            experiment.observed[row],
            GaussianBackground(experiment.background.mean[row], experiment.background.sigma[row]),
            GaussianEfficiency(experiment.efficiency.mean[row], experiment.efficiency.sigma[row]),
        )
        assert feldman_cousins.interval(alone, 0.9).upper == pytest.approx(together[row], rel=1e-12)


def test_numpy_does_it_where_numba_is_missing(monkeypatch):
    monkeypatch.setattr(feldman_cousins, "_KERNEL_MINIMUM", 1)
    monkeypatch.setattr(feldman_cousins, "find_spec", lambda name: None)
    monkeypatch.setattr("lnvsearch.statistics.feldman_cousins_compiled.kernel", None)
    experiment = CountingExperiment(0, KnownBackground(1.0), GaussianEfficiency(1.0, 0.1))
    assert feldman_cousins.interval(experiment, 0.9).upper > 1.0
