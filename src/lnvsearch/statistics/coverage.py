"""How often an interval holds the true signal.

For a true signal s the counts are n ~ Poisson(s * efficiency + background), and every n has its
interval: the coverage is the summed probability of the n whose interval holds s.  The sum is done
exactly, without toys.

Where the background or the efficiency is uncertain, the experiment's estimates are taken as the
*truth*, and the auxiliary measurements fluctuate around it as their classes say: a Gaussian one
by its sigma (an estimate below zero counts as zero, an efficiency is drawn from the positive part
of the Gaussian), a sideband as a Poisson count, a simulated efficiency as a binomial one (no event
at all counts as one).  These measurements are drawn, n is still summed exactly for each draw, and
the result has an uncertainty.
`fluctuate=False` keeps the measurements at the truth instead, which needs no draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.statistics import methods
from lnvsearch.statistics.experiment import (
    Background,
    BinomialEfficiency,
    CountingExperiment,
    Efficiency,
    GaussianBackground,
    GaussianEfficiency,
    PoissonBackground,
    check_range,
)

__all__ = ["Coverage", "coverage"]

# Counts outside this probability on either side are left out of the sums.
_NEGLIGIBLE_PROBABILITY = 1e-12
# Elements of one array (signals x counts): 16 MB.
_CHUNK_ELEMENTS = 2_000_000


@dataclass(frozen=True, eq=False)
class Coverage:
    """Coverage against the true signal; all arrays have the shape of `signal`.

    signal : true number of produced signal events
    interval : probability of lower <= s <= upper
    upper : probability of s <= upper, the coverage of the upper limit alone
    interval_uncertainty, upper_uncertainty : standard errors from the drawn auxiliary
        measurements; zero where nothing is drawn
    """

    signal: np.ndarray
    interval: np.ndarray
    upper: np.ndarray
    interval_uncertainty: np.ndarray
    upper_uncertainty: np.ndarray


def coverage(
    experiment: CountingExperiment,
    signal: ArrayLike,
    method: str = "rolke",
    confidence_level: float = 0.90,
    *,
    fluctuate: bool = True,
    draws: int = 400,
    seed: int = 0,
    **options: Any,
) -> Coverage:
    """Return the coverage of a method's intervals and upper limits at the true `signal`.

    Parameters
    ----------
    experiment : a single one, shape (); its background and efficiency are the truth (and the
        uncertainties those of the measurements); its observed count plays no role
    signal : true produced signal events, >= 0, any shape
    method, options : as in `lnvsearch.statistics.methods.interval`
    fluctuate : draw the auxiliary measurements (see the module); else keep them at the truth
    draws, seed : number of drawn pairs of measurements, >= 2, and the seed that fixes them

    Raises ValueError for an array of experiments, a negative signal, too few draws, or what the
    method refuses.

    >>> from lnvsearch.statistics import KnownBackground, KnownEfficiency
    >>> experiment = CountingExperiment(0, KnownBackground(0.0), KnownEfficiency(1.0))
    >>> coverage(experiment, [2.3, 2.31], method="cls").upper.round(3)  # U(0) = 2.303
    array([1.   , 0.901])
    """
    if experiment.shape != ():
        raise ValueError(f"experiment must be a single one of shape (); got {experiment.shape}")
    signal = check_range("signal", signal, 0.0)
    if signal.size == 0:
        raise ValueError("signal must hold at least one value; got none")
    if draws < 2:
        raise ValueError(f"draws must be at least 2; got {draws}")
    truth = signal.ravel()
    mean = truth * float(experiment.efficiency.estimate) + float(experiment.background.estimate)
    counts = _relevant_counts(mean)
    background, efficiency, repetitions = experiment.background, experiment.efficiency, 1
    if fluctuate and (background.sigma > 0.0 or efficiency.sigma > 0.0):
        background, efficiency = _measured(background, efficiency, draws, seed)
        repetitions = draws
    limits = methods.interval(
        method, CountingExperiment(counts, background, efficiency), confidence_level, **options
    )
    shape = (repetitions, counts.size)
    lower, upper = (np.broadcast_to(end, shape) for end in (limits.lower, limits.upper))
    held = np.stack(
        [_summed(counts, lower[row], upper[row], truth, mean) for row in range(repetitions)]
    )
    error = np.zeros((2, truth.size))
    if repetitions > 1:
        error = held.std(axis=0, ddof=1) / np.sqrt(repetitions)
    return Coverage(
        signal,
        *(values.reshape(signal.shape) for values in held.mean(axis=0)),
        *(values.reshape(signal.shape) for values in error),
    )


def _relevant_counts(mean: np.ndarray) -> np.ndarray:
    """All counts that any of the Poisson means gives with more than a negligible probability."""
    from scipy.special import gammainc, gammaincc

    least, largest = np.maximum([mean.min(), mean.max()], 1e-300)
    # More than enough: the probability beyond is below 1e-13 for every mean.
    counts = np.arange(np.ceil(largest + 8.0 * np.sqrt(largest) + 30.0))
    not_too_many = gammainc(counts, largest) > _NEGLIGIBLE_PROBABILITY  # P(N >= count)
    not_too_few = gammaincc(counts + 1.0, least) > _NEGLIGIBLE_PROBABILITY  # P(N <= count)
    return counts[not_too_many & not_too_few]


def _summed(
    counts: np.ndarray, lower: np.ndarray, upper: np.ndarray, truth: np.ndarray, mean: np.ndarray
) -> np.ndarray:
    """Coverage of the interval and of the upper limit at each true signal, shape (2, signals)."""
    from scipy.special import gammaln, xlogy

    result = np.empty((2, truth.size))
    log_factorial = gammaln(counts + 1.0)
    step = max(1, _CHUNK_ELEMENTS // counts.size)
    for first in range(0, truth.size, step):
        part = slice(first, first + step)
        here, expected = truth[part, None], mean[part, None]
        probability = np.exp(xlogy(counts, expected) - expected - log_factorial)
        below_upper = here <= upper
        result[0, part] = (probability * (below_upper & (here >= lower))).sum(axis=1)
        result[1, part] = (probability * below_upper).sum(axis=1)
    return np.minimum(result, 1.0)  # rounding may add up to 1 + 1e-11 for large counts


def _measured(background: Background, efficiency: Efficiency, draws: int, seed: int) -> tuple:
    """Results that both measurements could have had, shape (draws, 1)."""
    generator = np.random.Generator(np.random.Philox(seed))
    background = _measured_background(background, draws, generator)
    return background, _measured_efficiency(efficiency, draws, generator)


def _measured_background(
    background: Background, draws: int, generator: np.random.Generator
) -> Background:
    """Results that the measurement of the background could have had, shape (draws, 1)."""
    if isinstance(background, GaussianBackground):
        measured = background.mean + background.sigma * generator.standard_normal((draws, 1))
        return GaussianBackground(np.maximum(measured, 0.0), background.sigma)
    if isinstance(background, PoissonBackground):
        counted = generator.poisson(background.sideband_count, (draws, 1))
        return PoissonBackground(counted, background.tau)
    return background


def _measured_efficiency(
    efficiency: Efficiency, draws: int, generator: np.random.Generator
) -> Efficiency:
    """Results that the measurement of the efficiency could have had, shape (draws, 1)."""
    if isinstance(efficiency, GaussianEfficiency) and efficiency.sigma > 0.0:
        from scipy.special import ndtr, ndtri

        negative = ndtr(-efficiency.mean / efficiency.sigma)
        positive = negative + (1.0 - negative) * generator.uniform(size=(draws, 1))
        measured = efficiency.mean + efficiency.sigma * ndtri(positive)
        # Rounding may leave a zero where the Gaussian is cut.
        least = 1e-12 * efficiency.mean
        return GaussianEfficiency(np.maximum(measured, least), efficiency.sigma)
    if isinstance(efficiency, BinomialEfficiency):
        total = int(np.rint(efficiency.total))
        measured = generator.binomial(total, efficiency.estimate, (draws, 1))
        return BinomialEfficiency(np.maximum(measured, 1), efficiency.total)
    return efficiency
