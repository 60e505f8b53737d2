"""The compiled solver against the bracketing one."""

import numpy as np
import pytest

from lnvsearch.statistics import (
    BinomialEfficiency,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    rolke,
)

SIZE = 6000


def mixed_arguments(seed: int):
    """Arguments over many decades, with zeros and downward fluctuations among them."""
    rng = np.random.default_rng(seed)
    background = np.where(rng.random(SIZE) < 0.2, 0.0, 10.0 ** rng.uniform(-9, 5, SIZE))
    background[:3] = 5e-324, 1e-310, 1e-300
    shift = rng.choice([0.8, 1.0, 1.2, 2.0], SIZE)
    observed = np.where(
        rng.random(SIZE) < 0.4, rng.integers(0, 5, SIZE), rng.poisson(background * shift)
    )
    efficiency = 10.0 ** rng.uniform(-10, 8, SIZE)
    relative = rng.choice([0.0, 1e-9, 0.05, 0.1, 0.3, 0.6, 2.0], SIZE)
    width = rng.choice([0.0, 0.1, 1.0], SIZE) * background
    level = rng.choice([0.5, 0.6827, 0.9, 0.95, 0.99, 0.9999], SIZE)
    return observed, background, width, efficiency, relative * efficiency, level


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize("known_background", [False, True])
@pytest.mark.parametrize("known_efficiency", [False, True])
def test_the_kernel_agrees_with_numpy(monkeypatch, known_efficiency, known_background, bounded):
    observed, mean, sigma, value, width, level = mixed_arguments(7)
    experiment = CountingExperiment(
        observed,
        KnownBackground(mean) if known_background else GaussianBackground(mean, sigma),
        KnownEfficiency(value) if known_efficiency else GaussianEfficiency(value, width),
    )
    compiled = rolke.interval(experiment, level, bounded)
    assert (rolke.upper_limit(experiment, level, bounded) == compiled.upper).mean() > 0.99
    monkeypatch.setattr(rolke, "_KERNEL_MINIMUM", SIZE + 1)
    numpy_only = rolke.interval(experiment, level, bounded)
    # In units of selected events: a difference of two large numbers, as the extrapolation to no
    # count, has no better relative precision.
    for ours, reference in [
        (compiled.upper, numpy_only.upper),
        (compiled.lower, numpy_only.lower),
    ]:
        finite = np.isfinite(reference)
        assert (finite == np.isfinite(ours)).all()
        assert ours[finite] * value[finite] == pytest.approx(
            reference[finite] * value[finite], rel=1e-9, abs=2e-9
        )


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize("efficiency", ["known", "gaussian", "counted"])
@pytest.mark.parametrize("background", ["known", "gaussian", "counted"])
def test_counted_measurements_agree_with_numpy(monkeypatch, background, efficiency, bounded):
    """With empty sidebands, efficiencies of one and counts far below the background among them."""
    rng = np.random.default_rng(23)
    mean, tau = 10.0 ** rng.uniform(-2, 2, SIZE), 10.0 ** rng.uniform(-1, 2, SIZE)
    sideband = np.where(rng.random(SIZE) < 0.1, 0.0, rng.poisson(mean * tau) + 0.5)
    total = rng.integers(1, 5_000, SIZE)
    passed = np.where(rng.random(SIZE) < 0.05, total, rng.integers(1, total + 1))
    observed = rng.poisson(mean * rng.choice([0.5, 1.0, 2.0], SIZE))
    experiment = CountingExperiment(
        observed,
        {
            "known": KnownBackground(mean),
            "gaussian": GaussianBackground(mean, 0.2 * mean),
            "counted": PoissonBackground(sideband, tau),
        }[background],
        {
            "known": KnownEfficiency(passed / total),
            "gaussian": GaussianEfficiency(passed / total, 0.1 * passed / total),
            "counted": BinomialEfficiency(passed, total),
        }[efficiency],
    )
    level = rng.choice([0.6827, 0.9, 0.99], SIZE)
    compiled = rolke.interval(experiment, level, bounded)
    monkeypatch.setattr(rolke, "_KERNEL_MINIMUM", SIZE + 1)
    numpy_only = rolke.interval(experiment, level, bounded)
    scale = passed / total
    assert compiled.upper * scale == pytest.approx(numpy_only.upper * scale, rel=1e-8, abs=1e-8)
    assert compiled.lower * scale == pytest.approx(numpy_only.lower * scale, rel=1e-8, abs=1e-8)


def test_one_number_for_all_is_as_good_as_an_array_of_it():
    observed = np.random.default_rng(4).poisson(2.0, SIZE)
    one = CountingExperiment(observed, KnownBackground(4.0), GaussianEfficiency(0.2, 0.02))
    each = CountingExperiment(
        observed,
        KnownBackground(np.full(SIZE, 4.0)),
        GaussianEfficiency(np.full(SIZE, 0.2), np.full(SIZE, 0.02)),
    )
    for bounded in (False, True):
        for level in (0.5, 0.9):
            single = rolke.interval(one, level, bounded)
            many = rolke.interval(each, np.full(SIZE, level), bounded)
            assert (single.upper == many.upper).all() and (single.lower == many.lower).all()


def test_a_limit_does_not_depend_on_its_neighbours():
    observed, mean, _, value, width, level = mixed_arguments(11)

    def upper(order):
        experiment = CountingExperiment(
            observed[order], KnownBackground(mean[order]), GaussianEfficiency(value, width)
        )
        return rolke.upper_limit(experiment, level[order])

    value, width = 0.2, 0.01
    order = np.random.default_rng(3).permutation(SIZE)
    assert (upper(np.arange(SIZE))[order] == upper(order)).all()


def test_the_defining_property_over_many_typical_limits():
    rng = np.random.default_rng(5)
    background = rng.uniform(0.0, 5.0, 200_000)
    observed = rng.poisson(background + 1.0)
    efficiency = rng.uniform(0.05, 0.5, observed.size)
    experiment = CountingExperiment(
        observed, KnownBackground(background), GaussianEfficiency(efficiency, 0.07 * efficiency)
    )
    upper = rolke.upper_limit(experiment, 0.90)
    own = observed >= np.maximum(background, 1.0)
    part = CountingExperiment(
        observed[own],
        KnownBackground(background[own]),
        GaussianEfficiency(efficiency[own], 0.07 * efficiency[own]),
    )
    value = rolke.minus_two_log_lambda(part, upper[own])
    assert np.abs(value / rolke.threshold(0.90) - 1.0).max() < 1e-9
