"""Expected upper limits for background only: median and bands, exactly.

Without signal the observed count follows a Poisson distribution about the background, averaged
over the background's prior.  An expected limit is a quantile of the limits that these counts give.
Nothing is thrown: the probabilities of the counts are summed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from lnvsearch.statistics import background_counts, methods, nuisance
from lnvsearch.statistics.experiment import (
    CountingExperiment,
    FloatOrArray,
    check_confidence_level,
)

UpperLimit = Callable[[CountingExperiment], ArrayLike]

# Bands are named after the quantiles of a normal distribution.
_BAND_SIGMAS = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
# Probability of the counts left out of a full distribution of limits, on each side.
_NEGLIGIBLE_PROBABILITY = 1e-10


@dataclass(frozen=True, eq=False)
class ExpectedLimits:
    """Quantiles of the upper limit for background only, in produced signal events.

    The fields hold the quantiles at Phi(-2), Phi(-1), 1/2, Phi(1) and Phi(2) (0.023, 0.159, 0.5,
    0.841, 0.977): floats, or arrays of the experiment's shape.
    """

    minus_two_sigma: FloatOrArray
    minus_one_sigma: FloatOrArray
    median: FloatOrArray
    plus_one_sigma: FloatOrArray
    plus_two_sigma: FloatOrArray


@dataclass(frozen=True, eq=False)
class LimitDistribution:
    """Upper limits that background alone gives: arrays of counts, probabilities and limits."""

    counts: np.ndarray
    probabilities: np.ndarray
    limits: np.ndarray

    @property
    def mean(self) -> float:
        """Mean limit: the "sensitivity" of Feldman and Cousins, Phys. Rev. D 57 (1998) 3873."""
        return float((self.probabilities * self.limits).sum() / self.probabilities.sum())

    def quantile(self, probability: float) -> float:
        """Smallest limit that is not exceeded with at least the given probability."""
        order = np.argsort(self.limits, kind="stable")
        cumulative = np.cumsum(self.probabilities[order])
        place = np.searchsorted(cumulative, probability * cumulative[-1])
        return float(self.limits[order[min(place, order.size - 1)]])


def expected_limits(
    experiment: CountingExperiment,
    method: str | UpperLimit = "cls",
    confidence_level: float = 0.90,
    prior: nuisance.Prior = "lognormal",
    monotone: bool = True,
    **options: object,
) -> ExpectedLimits:
    """Return median and bands of the upper limit for background only.

    Parameters
    ----------
    experiment : its background and efficiency may be arrays; its observed count only contributes
        its shape
    method : "cls", "bayesian", "rolke" or "feldman-cousins", or any function that turns a
        CountingExperiment (with an array of counts) into upper limits; the latter ignores
        `confidence_level` and `options`
    prior : prior of the nuisances, for the distribution of the counts and for the methods that
        take one
    monotone : the limit never falls when the count rises (true of the four methods): quantiles of
        the count then give the quantiles of the limit.  With False all counts are tried.
    options : further keywords of the method, such as `bounded=True`

    Raises ValueError for an unknown method or prior or a bad confidence level.

    >>> from lnvsearch.statistics import CountingExperiment, KnownBackground, KnownEfficiency
    >>> experiment = CountingExperiment(0, KnownBackground(0.1), KnownEfficiency(1.0))
    >>> round(expected_limits(experiment, "cls").median, 6)  # most often nothing is seen
    2.302585
    """
    upper_limit = _as_function(method, confidence_level, prior, options)
    probabilities = special.ndtr(_BAND_SIGMAS)
    if monotone:
        counts = np.stack([count_quantile(experiment, p, prior) for p in probabilities])
        limits = upper_limit(_with_counts(experiment, counts))
    else:
        limits = _all_quantiles(experiment, upper_limit, prior, probabilities)
    limits = np.asarray(limits, dtype=float)
    return ExpectedLimits(*(float(x) if np.ndim(x) == 0 else x for x in limits))


def limit_distribution(
    experiment: CountingExperiment,
    method: str | UpperLimit = "cls",
    confidence_level: float = 0.90,
    prior: nuisance.Prior = "lognormal",
    **options: object,
) -> LimitDistribution:
    """Return every count that background alone gives, its probability, and its limit.

    For a single experiment (shape ()); arguments as in `expected_limits`.  Counts in the tails,
    1e-10 on each side, are left out.  Raises ValueError for an array of experiments.
    """
    if experiment.shape != ():
        raise ValueError(
            f"experiment must be a single one of shape (); got {experiment.shape}; loop over it"
        )
    return _distribution(experiment, _as_function(method, confidence_level, prior, options), prior)


def count_quantile(
    experiment: CountingExperiment,
    probability: float,
    prior: nuisance.Prior = "lognormal",
) -> np.ndarray:
    """Return the smallest counts n with P(N <= n | background) >= `probability`.

    The shape is the experiment's; `probability` in (0, 1).
    """
    shape = experiment.shape
    low = np.full(shape, -1.0)  # P(N <= low) < probability throughout
    high = np.ceil(np.broadcast_to(experiment.background.estimate, shape) + 1.0)
    while (short := background_cdf(experiment, high, prior) < probability).any():
        low = np.where(short, high, low)
        high = np.where(short, 2.0 * high, high)
    while (high - low > 1.0).any():
        middle = np.maximum(np.floor(0.5 * (low + high)), 0.0)
        short = background_cdf(experiment, middle, prior) < probability
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return high


def background_cdf(
    experiment: CountingExperiment, counts: np.ndarray, prior: nuisance.Prior
) -> np.ndarray:
    """Return P(N <= counts) for background only, averaged over its prior."""
    shape = np.broadcast_shapes(np.shape(counts), experiment.background.shape)
    background_prior, _ = nuisance.split_prior(prior)
    background = nuisance.background_distribution(experiment.background, background_prior, shape)
    flat_counts = np.broadcast_to(counts, shape).ravel()
    return background_counts.at_most(background, flat_counts).reshape(shape)


def _with_counts(experiment: CountingExperiment, counts: np.ndarray) -> CountingExperiment:
    return CountingExperiment(counts, experiment.background, experiment.efficiency)


def _distribution(
    experiment: CountingExperiment, upper_limit: UpperLimit, prior: nuisance.Prior
) -> LimitDistribution:
    first = count_quantile(experiment, _NEGLIGIBLE_PROBABILITY, prior)
    last = count_quantile(experiment, 1.0 - _NEGLIGIBLE_PROBABILITY, prior)
    counts = np.arange(float(first), float(last) + 1.0)
    cumulative = background_cdf(experiment, np.maximum(np.append(first - 1.0, counts), 0.0), prior)
    if first == 0.0:
        cumulative[0] = 0.0
    limits = np.asarray(upper_limit(_with_counts(experiment, counts)), dtype=float)
    return LimitDistribution(counts, np.diff(cumulative), limits)


def _all_quantiles(
    experiment: CountingExperiment,
    upper_limit: UpperLimit,
    prior: nuisance.Prior,
    probabilities: np.ndarray,
) -> np.ndarray:
    """Quantiles without the assumption of monotony, experiment by experiment."""
    limits = np.empty((probabilities.size, int(np.prod(experiment.shape))))
    for row, single in enumerate(_singles(experiment)):
        distribution = _distribution(single, upper_limit, prior)
        limits[:, row] = [distribution.quantile(p) for p in probabilities]
    return limits.reshape(probabilities.shape + experiment.shape)


def _singles(experiment: CountingExperiment) -> list[CountingExperiment]:
    """The experiments of an array, one by one."""

    def pick(part: Any, place: int) -> Any:
        names = part.__dataclass_fields__
        return type(part)(
            *(np.broadcast_to(getattr(part, name), experiment.shape).flat[place] for name in names)
        )

    return [
        CountingExperiment(
            0, pick(experiment.background, place), pick(experiment.efficiency, place)
        )
        for place in range(int(np.prod(experiment.shape)))
    ]


def _as_function(
    method: str | UpperLimit,
    confidence_level: float,
    prior: nuisance.Prior,
    options: dict[str, object],
) -> UpperLimit:
    """Return the upper limit as a function of the experiment alone."""
    if callable(method):
        return method
    check_confidence_level(confidence_level)
    if method not in methods.OPTIONS:
        raise ValueError(
            f"method must be {', '.join(methods.OPTIONS)} or a function of the experiment; "
            f"got {method!r}"
        )
    if "prior" in methods.OPTIONS[method]:
        options = {"prior": prior, **options}
    return lambda e: methods.interval(method, e, confidence_level, **options).upper
