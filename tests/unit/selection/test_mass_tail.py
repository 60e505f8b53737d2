"""The exponential that continues a spectrum: sums, scale, and how far it is off."""

import numpy as np
import pytest

from lnvsearch.selection.mass_tail import ExponentialTail, exponential_tail

EDGES = 0.36 + 0.002 * np.arange(81)
SIGNAL = [[0.490, 0.497]]


def spectrum(mass, weight):
    content = np.histogram(mass, EDGES, weights=weight)[0]
    return content, np.sqrt(np.histogram(mass, EDGES, weights=weight**2)[0])


def test_a_true_exponential_is_continued_within_its_uncertainty():
    """Weighted events with e-fold of 6 MeV: what lies 30 MeV on, in most toys within the factor."""
    rng = np.random.default_rng(5)
    scale, inside, ratios = 0.006, 0, []
    for _ in range(200):
        mass = 0.43 + rng.exponential(scale, 400)
        weight = rng.uniform(0.5, 1.5, 400)
        expected = 400 * sum(
            np.exp(-(low - 0.43) / scale) - np.exp(-(high - 0.43) / scale) for low, high in SIGNAL
        )
        seen = mass < 0.475  # as if nothing had come farther
        tail = exponential_tail(EDGES, *spectrum(mass[seen], weight[seen]))
        events, factor = tail.in_region(SIGNAL)
        ratios.append(np.log(events / expected))
        inside += abs(ratios[-1]) < np.log(factor)
    assert abs(np.median(ratios)) < 1.0
    assert 0.5 < inside / 200 < 0.95


def test_the_sum_over_adjacent_regions_is_that_of_the_whole():
    tail = ExponentialTail(0.45, 100.0, 0.005, 0.1, 0.2)
    whole, factor = tail.in_region([[0.46, 0.50]])
    parts = [tail.in_region([window])[0] for window in ([0.46, 0.47], [0.47, 0.50])]
    assert whole == pytest.approx(sum(parts))
    assert factor == pytest.approx(np.exp(np.hypot(0.1, 2.0 * 0.2)))
    assert tail.above(0.45) == pytest.approx(100.0)


def test_a_region_below_the_end_is_not_extrapolated():
    assert ExponentialTail(0.45, 100.0, 0.005, 0.1, 0.2).in_region([[0.44, 0.5]]) is None


def test_too_few_events_or_bins_say_nothing():
    nothing = np.zeros(80)
    assert exponential_tail(EDGES, nothing, nothing) is None
    one_bin = nothing.copy()
    one_bin[10] = 1000.0
    assert exponential_tail(EDGES, one_bin, np.sqrt(one_bin)) is None
    heavy = nothing.copy()
    heavy[10:14] = [5.0, 4.0, 3.0, 2.0]  # single events with these weights
    assert exponential_tail(EDGES, heavy, heavy) is None
