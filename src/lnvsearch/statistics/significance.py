"""What the background alone does: p-value of a count, critical counts, and what a search can see.

The Poisson probabilities are averaged over the priors of the background and of the efficiency, as
those of averaged CLs.  Nothing is thrown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from lnvsearch.statistics import averaging, background_counts, cls, nuisance
from lnvsearch.statistics.experiment import (
    CountingExperiment,
    FloatOrArray,
)
from lnvsearch.statistics.rootfinding import solve_decreasing

__all__ = [
    "Sensitivity",
    "critical_count",
    "discovery_sensitivity",
    "of_p_value",
    "p_value",
    "significance",
]

_MOST_COUNTS = 10_000_000


@dataclass(frozen=True)
class Sensitivity:
    """The count needed for a discovery, and the signals that reach it.

    critical_count : smallest count whose p-value is at most that of the wanted significance
    median_signal : produced events for which at least that count is seen half of the time
    detectable_signal : the same with the probability `power`
    power : that probability
    """

    critical_count: int
    median_signal: float
    detectable_signal: float
    power: float


def p_value(experiment: CountingExperiment, prior: nuisance.Prior = "lognormal") -> FloatOrArray:
    """Return P(N >= n | background) of the observed counts n, in the experiment's shape.

    >>> from lnvsearch.statistics import CountingExperiment, KnownBackground, KnownEfficiency
    >>> round(p_value(CountingExperiment(1, KnownBackground(0.1), KnownEfficiency(1.0))), 6)
    0.095163
    """
    return _by_background(experiment, prior)


def significance(
    experiment: CountingExperiment, prior: nuisance.Prior = "lognormal"
) -> FloatOrArray:
    """Return the one-sided Gaussian significance of an excess; 0 where there is none."""
    return of_p_value(p_value(experiment, prior))


def of_p_value(p_values: ArrayLike) -> FloatOrArray:
    """Return the one-sided Gaussian significance of p-values; 0 for those above one half."""
    z = np.maximum(-special.ndtri(np.asarray(p_values, dtype=float)), 0.0) + 0.0
    return float(z) if z.ndim == 0 else z


def critical_count(
    experiment: CountingExperiment,
    largest_p_value: float,
    prior: nuisance.Prior = "lognormal",
) -> int:
    """Return the smallest count with a p-value of at most `largest_p_value`, 0 < p < 1.

    For a single experiment, of which the observed count plays no role.  Raises ValueError for a
    p-value outside (0, 1).
    """
    if not 0.0 < largest_p_value < 1.0:
        raise ValueError(f"largest_p_value must be between 0 and 1; got {largest_p_value}")
    low, high = 0, 1
    while _by_background(_with_count(experiment, high), prior) > largest_p_value:
        low, high = high, 2 * high
        if high > _MOST_COUNTS:
            raise ValueError("background must be smaller: the critical count is out of reach")
    while high - low > 1:
        middle = (low + high) // 2
        if _by_background(_with_count(experiment, middle), prior) > largest_p_value:
            low = middle
        else:
            high = middle
    return high


def discovery_sensitivity(
    experiment: CountingExperiment,
    wanted_significance: float = 3.0,
    power: float = 0.90,
    prior: nuisance.Prior = "lognormal",
) -> Sensitivity:
    """Return what a search needs to see, and which signals show it, for a single experiment.

    `wanted_significance` in standard deviations (> 0), `power` in (0, 1).  Raises ValueError for
    values outside these ranges.
    """
    if not wanted_significance > 0.0:
        raise ValueError(f"wanted_significance must be > 0; got {wanted_significance}")
    if not 0.0 < power < 1.0:
        raise ValueError(f"power must be between 0 and 1; got {power}")
    count = critical_count(experiment, float(special.ndtr(-wanted_significance)), prior)
    at_count = _with_count(experiment, count)
    median, powerful = (_signal_for(at_count, part, prior) for part in (0.5, power))
    return Sensitivity(count, median, powerful, power)


def _signal_for(experiment: CountingExperiment, probability: float, prior) -> float:
    """Signal at which at least the experiment's count is seen with the given probability."""

    def missing(signal: np.ndarray, rows: np.ndarray) -> np.ndarray:
        seen = [_at_least(experiment, float(s), prior) for s in signal]
        return np.log((1.0 - np.array(seen)) / (1.0 - probability))

    if _by_background(experiment, prior) >= probability:
        return 0.0
    start = (float(experiment.observed) + 1.0) / float(experiment.efficiency.estimate)
    return float(solve_decreasing(missing, np.array([start]))[0])


def _by_background(experiment: CountingExperiment, prior: nuisance.Prior) -> FloatOrArray:
    """P(N >= n) without signal."""
    shape = experiment.shape
    background_prior, _ = nuisance.split_prior(prior)
    background = nuisance.background_distribution(experiment.background, background_prior, shape)
    counts = np.broadcast_to(experiment.observed, shape).ravel()
    return averaging.shaped(background_counts.at_least(background, counts), shape)


def _at_least(experiment: CountingExperiment, signal: ArrayLike, prior) -> FloatOrArray:
    """P(N >= n | signal) with the averages of both nuisances."""
    below = np.maximum(np.asarray(experiment.observed) - 1.0, 0.0)
    fewer = CountingExperiment(below, experiment.background, experiment.efficiency)
    probability = 1.0 - np.asarray(cls.p_values(fewer, signal, prior).clsb)
    probability = np.where(np.asarray(experiment.observed) > 0.0, np.maximum(probability, 0.0), 1.0)
    return float(probability) if probability.ndim == 0 else probability


def _with_count(experiment: CountingExperiment, count: float) -> CountingExperiment:
    return CountingExperiment(count, experiment.background, experiment.efficiency)
