"""Bayesian upper limits of a counting experiment.

The posterior of the signal s is prior(s) times the Poisson probability of the observed count,
averaged over the priors of the background and of the efficiency (see `nuisance`).  The upper limit
at the credibility CL leaves the fraction 1 - CL of the posterior above it.  Signal priors:

`uniform`            prior(s) = 1; without uncertainty of the efficiency the limit equals CLs
`1/sqrt(s)`          the Jeffreys prior of a counting experiment without background; at a prompt,
                     where brackets are awkward, also `reciprocal-sqrt`

An efficiency whose prior reaches down to zero can make the posterior improper: the integral over s
gives 1/f with the uniform prior and 1/sqrt(f) with the other, and the mean of that over the
efficiency factor f may be infinite (L. Demortier, "Bayesian treatments of systematic
uncertainties", Durham 2002).  Hence `gamma` needs relative widths below 0.97 (uniform) or 1.37
(1/sqrt(s)); and `truncated-gaussian`, whose divergence is only logarithmic, is cut at one
per cent of the estimate for the uniform prior and accepted up to a relative width of 0.2, where
the place of the cut moves a 90 % limit by less than 1e-4.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.statistics import averaging, nuisance
from lnvsearch.statistics.experiment import (
    CountingExperiment,
    FloatOrArray,
    check_confidence_level,
    check_range,
)

# Power a of the signal prior s^-a; the last two names mean the same.
SIGNAL_PRIORS = {"uniform": 0.0, "1/sqrt(s)": 0.5, "reciprocal-sqrt": 0.5}

_LOWEST_EFFICIENCY_FACTOR = 0.01
_WIDEST_TRUNCATED_GAUSSIAN = 0.2
# Smallest 1 - p / shape of a Gamma prior for which the mean of f^-p is integrated accurately.
_LEAST_CONVERGENCE = 0.06


def upper_limit(
    experiment: CountingExperiment,
    confidence_level: ArrayLike = 0.90,
    signal_prior: str = "uniform",
    prior: nuisance.Prior = "lognormal",
) -> FloatOrArray:
    """Return the Bayesian upper limit(s) on the number of produced signal events.

    Parameters
    ----------
    experiment : CountingExperiment; its arrays and `confidence_level` broadcast together
    confidence_level : credibility, in (0, 1)
    signal_prior : "uniform" or "1/sqrt(s)"
    prior : name from `nuisance.PRIORS` for both background and efficiency, or a pair
        (background, efficiency), or a dict with these two keys

    Returns a float where every input is a number, otherwise an array.  Raises ValueError for a
    level outside (0, 1), an unknown prior, or an efficiency prior that makes the posterior
    improper.

    >>> from lnvsearch.statistics import CountingExperiment, KnownBackground, KnownEfficiency
    >>> experiment = CountingExperiment(0, KnownBackground(1.3), KnownEfficiency(0.5))
    >>> round(upper_limit(experiment, confidence_level=0.90), 6)  # ln(10) / 0.5
    4.60517
    """
    level = check_confidence_level(confidence_level)
    shape = np.broadcast_shapes(experiment.shape, level.shape)
    flat = _flatten(experiment, signal_prior, prior, shape)
    limit = averaging.solve_tail(flat, 1.0 - np.broadcast_to(level, shape).ravel())
    return averaging.shaped(limit, shape)


def posterior_above(
    experiment: CountingExperiment,
    signal: ArrayLike,
    signal_prior: str = "uniform",
    prior: nuisance.Prior = "lognormal",
) -> FloatOrArray:
    """Return the posterior probability that more than `signal` (>= 0) events were produced.

    Arguments and errors as in `upper_limit`; `signal` broadcasts with the experiment.
    """
    signal = check_range("signal", signal, 0.0)
    shape = np.broadcast_shapes(experiment.shape, signal.shape)
    flat = _flatten(experiment, signal_prior, prior, shape)
    log_above, log_all = averaging.tail_probabilities(flat, np.broadcast_to(signal, shape).ravel())
    return averaging.shaped(np.exp(log_above - log_all), shape)


def _flatten(
    experiment: CountingExperiment,
    signal_prior: str,
    prior: nuisance.Prior,
    shape: tuple[int, ...],
) -> averaging.FlatExperiments:
    if signal_prior not in SIGNAL_PRIORS:
        raise ValueError(
            f"signal_prior must be one of {', '.join(SIGNAL_PRIORS)}; got {signal_prior!r}"
        )
    signal_power = SIGNAL_PRIORS[signal_prior]
    efficiency_power = 1.0 - signal_power
    flat = averaging.flatten(experiment, prior, shape, signal_power, efficiency_power)
    return replace(flat, efficiency=_proper(flat.efficiency, efficiency_power))


def _proper(efficiency: nuisance.Distribution, power: float) -> nuisance.Distribution:
    """Return the efficiency's prior in a form with a finite mean of f^-power, or refuse it."""
    if isinstance(efficiency, nuisance.Gamma):
        widest = np.sqrt((1.0 - _LEAST_CONVERGENCE) / power)
        _refuse_wide("gamma", 1.0 / np.sqrt(efficiency.shape), widest)
    if isinstance(efficiency, nuisance.TruncatedGaussian) and power == 1.0:
        relative = efficiency.width / efficiency.mean
        _refuse_wide("truncated-gaussian", relative, _WIDEST_TRUNCATED_GAUSSIAN)
        return replace(efficiency, floor=_LOWEST_EFFICIENCY_FACTOR * efficiency.mean)
    return efficiency


def _refuse_wide(prior: str, relative: np.ndarray, widest: float) -> None:
    # The margin accepts a width that was given as 0.2 * mean, in spite of rounding.
    if np.any(relative > widest * (1.0 + 1e-9)):
        raise ValueError(
            f"efficiency sigma with the {prior} prior must be at most {widest:.3g} of the mean, or "
            f"the posterior is improper; got {relative.max():.3g}; use prior 'lognormal'"
        )
