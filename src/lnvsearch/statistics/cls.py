"""CLs upper limits of a counting experiment, by quadrature or by toys.

    CLs(s) = P(N <= n | s + b) / P(N <= n | b)

for the observed count n; numerator and denominator are each averaged over the priors of the
background and of the efficiency (see `nuisance`).  The upper limit at the confidence level CL
solves CLs(s) = 1 - CL.  For one Poisson bin the ordering by any likelihood ratio is the ordering
by N, so that this is the whole of the method.

A tool that computes P(N < n) for the background (as ROOT's TLimit does) gives other numbers.

Reference: A. L. Read, J. Phys. G 28 (2002) 2693; T. Junk, Nucl. Instrum. Meth. A 434 (1999) 435.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.statistics import averaging, nuisance
from lnvsearch.statistics.experiment import (
    CountingExperiment,
    FloatOrArray,
    check_confidence_level,
    check_range,
)


@dataclass(frozen=True, eq=False)
class PValues:
    """P(N <= n) with signal (`clsb`) and without (`clb`), and their ratio `cls`."""

    clsb: FloatOrArray
    clb: FloatOrArray
    cls: FloatOrArray


@dataclass(frozen=True, eq=False)
class ToyLimit:
    """Upper limit from toys and its statistical standard uncertainty, in produced signal events."""

    upper: FloatOrArray
    uncertainty: FloatOrArray


def p_values(
    experiment: CountingExperiment, signal: ArrayLike, prior: nuisance.Prior = "lognormal"
) -> PValues:
    """Return CLs+b, CLb and CLs at `signal` produced events (>= 0; broadcasts).

    `prior` as in `upper_limit`.  Raises ValueError for a negative signal or an unknown prior.

    >>> from lnvsearch.statistics import CountingExperiment, KnownBackground, KnownEfficiency
    >>> experiment = CountingExperiment(0, KnownBackground(1.3), KnownEfficiency(0.5))
    >>> round(p_values(experiment, signal=2.0).cls, 6)  # exp(-1)
    0.367879
    """
    signal = check_range("signal", signal, 0.0)
    shape = np.broadcast_shapes(experiment.shape, signal.shape)
    flat = averaging.flatten(experiment, prior, shape)
    log_clsb, log_clb = averaging.tail_probabilities(flat, np.broadcast_to(signal, shape).ravel())
    values = (np.exp(log_clsb), np.exp(log_clb), np.exp(log_clsb - log_clb))
    return PValues(*(averaging.shaped(value, shape) for value in values))


def upper_limit(
    experiment: CountingExperiment,
    confidence_level: ArrayLike = 0.90,
    prior: nuisance.Prior = "lognormal",
) -> FloatOrArray:
    """Return the CLs upper limit(s) on the number of produced signal events.

    Parameters
    ----------
    experiment : CountingExperiment; its arrays and `confidence_level` broadcast together
    confidence_level : in (0, 1)
    prior : name from `nuisance.PRIORS` for both background and efficiency, or a pair
        (background, efficiency), or a dict with these two keys

    Returns a float where every input is a number, otherwise an array.  Relative accuracy 1e-8 or
    better.  Raises ValueError for a confidence level outside (0, 1) or an unknown prior.

    >>> from lnvsearch.statistics import CountingExperiment, KnownBackground, KnownEfficiency
    >>> experiment = CountingExperiment(0, KnownBackground(1.3), KnownEfficiency(0.5))
    >>> round(upper_limit(experiment, confidence_level=0.90), 6)  # ln(10) / 0.5
    4.60517
    """
    level = check_confidence_level(confidence_level)
    shape = np.broadcast_shapes(experiment.shape, level.shape)
    flat = averaging.flatten(experiment, prior, shape)
    limit = averaging.solve_tail(flat, 1.0 - np.broadcast_to(level, shape).ravel())
    return averaging.shaped(limit, shape)


def upper_limit_toys(
    experiment: CountingExperiment,
    confidence_level: ArrayLike = 0.90,
    prior: nuisance.Prior = "lognormal",
    toys: int = 100_000,
    seed: int = 0,
) -> ToyLimit:
    """Return the CLs upper limit from pseudo-experiments, as an independent check of `upper_limit`.

    A toy draws b and the efficiency from their priors and a background count B ~ Poisson(b).
    Signal events arrive as a Poisson process in s, so N exceeds n at the (n - B + 1)-th arrival:
    at s = Gamma(n - B + 1) / efficiency.  Hence CLs(s) is the fraction of the toys with B <= n
    that arrive later than s, and the limit is a quantile of the arrivals, without any scan.

    `toys` >= 100 per experiment; `seed` fixes the result to the last bit (all experiments of an
    array share their random numbers).  Raises ValueError where fewer than 100 toys have B <= n.
    """
    if toys < 100:
        raise ValueError(f"toys must be a whole number >= 100; got {toys}")
    level = check_confidence_level(confidence_level)
    shape = np.broadcast_shapes(experiment.shape, level.shape)
    flat = averaging.flatten(experiment, prior, shape)
    levels = np.broadcast_to(level, shape).ravel()
    limits = np.array(
        [_toy_limit(flat, row, levels[row], toys, seed) for row in range(flat.size)]
    ).reshape(flat.size, 2)
    return ToyLimit(averaging.shaped(limits[:, 0], shape), averaging.shaped(limits[:, 1], shape))


def _toy_limit(
    flat: averaging.FlatExperiments, row: int, level: float, toys: int, seed: int
) -> tuple[float, float]:
    """Limit and uncertainty of one experiment: the quantile of the arrivals, and its error."""
    generator = np.random.Generator(np.random.Philox(seed))
    background, efficiency = (
        nuisance.sample(distribution.take(np.array([row])), toys, generator)[0]
        for distribution in (flat.background, flat.efficiency)
    )
    spare = flat.observed[row] - generator.poisson(background)
    passing = spare >= 0.0
    accepted = np.count_nonzero(passing)
    if accepted < 100:
        raise ValueError(
            f"toys must be many more: only {accepted} of {toys} have a background as small as the "
            f"observed count {flat.observed[row]:g}"
        )
    arrivals = np.sort(generator.gamma(spare[passing] + 1.0) / efficiency[passing])
    # Standard error of a quantile: half the distance between the order statistics one binomial
    # standard deviation on either side.
    spread = np.sqrt(level * (1.0 - level) / accepted)
    low, limit, high = np.quantile(arrivals, np.clip([level - spread, level, level + spread], 0, 1))
    return limit, 0.5 * (high - low)
