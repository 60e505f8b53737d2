"""Profile-likelihood limits after Rolke, Lopez and Conrad (the method of ROOT's TRolke).

W. A. Rolke, A. M. Lopez, J. Conrad, Nucl. Instrum. Meth. A 551 (2005) 493 (physics/0403059);
J. Lundberg et al., Comput. Phys. Commun. 181 (2010) 683 for TRolke.

The interval holds every s with -2 ln lambda(s) below the chi-square quantile of the confidence
level with one degree of freedom (2.706 for 0.90): the level is that of the two-sided interval, so
`upper` alone is about a one-sided limit at (1 + CL)/2.  lambda compares with the saturated
maximum, s_hat = (n - b_hat)/e_hat, also where that is negative.  All nine pairs of background and
efficiency classes are available.  Conventions, as TRolke documents them:

* n = 0: the upper limit extrapolates those of 1 and 2 counts, max(0, 2 U(1) - U(2)); lower 0;
* `bounded=True`: where s_hat < 0 the likelihood at s = 0 takes the place of the maximum;
* `bounded=False`: a count so far below the background that no s >= 0 lies in the interval is
  replaced by the next larger count that has a positive upper limit;
* a Gaussian background of mean 0 is taken as 1e-5;
* the lower limit is 0 where s = 0 belongs to the interval.

Where there are many experiments, without a correlation, a compiled kernel does the work
(`rolke_kernel`); its crossings are exact to about 1e-11.
"""

from __future__ import annotations

import math
from importlib.util import find_spec

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.statistics import rolke_profile, rolke_solver
from lnvsearch.statistics.experiment import (
    AsymmetricBackground,
    Background,
    BinomialEfficiency,
    CountingExperiment,
    Efficiency,
    FloatOrArray,
    GaussianBackground,
    Interval,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    check_confidence_level,
    check_range,
    taken,
)

__all__ = ["interval", "minus_two_log_lambda", "threshold", "upper_limit"]

# Beyond, the difference of a count and its neighbour drowns in the rounding of -2 ln lambda.
_LARGEST_COUNT = 1e12
# Numpy temporaries of this many experiments stay in the cache of the processor.
_CHUNK = 16384
# Below this size the second that numba needs to start is not worth it; without numba, numpy does it all.
_KERNEL_MINIMUM = 4096


def threshold(confidence_level: ArrayLike) -> FloatOrArray:
    """Return the chi-square quantile (one degree of freedom) that -2 ln lambda is compared with.

    >>> round(float(threshold(0.90)), 4)
    2.7055
    """
    from scipy.special import erfinv

    return 2.0 * erfinv(check_confidence_level(confidence_level)) ** 2


def interval(
    experiment: CountingExperiment,
    confidence_level: ArrayLike = 0.90,
    bounded: bool = False,
) -> Interval:
    """Return the profile-likelihood interval in produced signal events.

    Parameters
    ----------
    experiment : counts, background and efficiency; all broadcast with `confidence_level`
    confidence_level : two-sided level, between 0 and 1
    bounded : treat a negative best signal as zero (see the module's conventions)

    Returns
    -------
    Interval of floats for scalar input, else of arrays of the broadcast shape.  `upper` is
    infinite where the efficiency's Gaussian error is so wide (sigma > mean / 1.64 at 0.90) that
    the data do not bound the signal.

    Raises ValueError for a confidence level outside (0, 1), for shapes that do not broadcast, and
    for counts or backgrounds above 1e12, where float64 no longer resolves single events.

    >>> from lnvsearch.statistics import CountingExperiment, GaussianEfficiency, KnownBackground
    >>> efficiency = GaussianEfficiency(mean=0.1583, sigma=0.07 * 0.1583)
    >>> experiment = CountingExperiment(1, KnownBackground(0.0), efficiency)
    >>> round(interval(experiment, confidence_level=0.90).upper, 3)
    23.187
    """
    background = experiment.background
    if isinstance(background, AsymmetricBackground):
        # Above the best signal the background is pulled down and below it up, and the profile sees
        # the error on that side only.
        low, high = (
            interval(_one_sided(experiment, background, side), confidence_level, bounded)
            for side in ("up", "down")
        )
        return Interval(low.lower, high.upper)
    return Interval(*_limits(experiment, confidence_level, bounded, want_lower=True))


def upper_limit(
    experiment: CountingExperiment,
    confidence_level: ArrayLike = 0.90,
    bounded: bool = False,
) -> FloatOrArray:
    """Return `interval(...).upper` without the time for the lower ends."""
    background = experiment.background
    if isinstance(background, AsymmetricBackground):
        return upper_limit(_one_sided(experiment, background, "down"), confidence_level, bounded)
    return _limits(experiment, confidence_level, bounded, want_lower=False)[1]


def minus_two_log_lambda(experiment: CountingExperiment, signal: ArrayLike) -> FloatOrArray:
    """Return the profiled -2 ln lambda at `signal` >= 0 produced events.

    It is relative to the saturated maximum (zero at s_hat), infinite where counts are seen and
    none can be expected.  At the ends of an unbounded interval it equals `threshold(CL)`, except
    for no observed count, where the method's limit is an extrapolation and not a crossing.
    Raises ValueError for a negative signal.
    """
    from lnvsearch.statistics.rolke_zero_count import deviance_of_any_count

    signal = check_range("signal", signal, 0.0)
    shape = np.broadcast_shapes(experiment.shape, signal.shape)
    problem = rolke_profile.flatten(experiment, shape)
    flat_signal = np.broadcast_to(signal, shape).reshape(-1)
    value, _ = deviance_of_any_count(problem, flat_signal * problem.efficiency)
    return _shaped(value, shape)


def _one_sided(
    experiment: CountingExperiment, background: AsymmetricBackground, side: str
) -> CountingExperiment:
    """The experiment with the error of one side of its bifurcated Gaussian background as sigma."""
    if background.shape_name != "bifurcated-gaussian":
        raise ValueError(
            "background shape must be bifurcated-gaussian for profile-likelihood limits; "
            f"got {background.shape_name}"
        )
    gaussian = GaussianBackground(background.mean, getattr(background, side))
    return CountingExperiment(experiment.observed, gaussian, experiment.efficiency)


def _checked_level(
    experiment: CountingExperiment, confidence_level: ArrayLike
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Thresholds, and the shape of all together; ValueError for what cannot be computed."""
    level = np.asarray(threshold(confidence_level))
    try:
        shape = np.broadcast_shapes(experiment.shape, level.shape) if level.shape else experiment.shape
    except ValueError as error:
        raise ValueError(
            f"shapes do not broadcast together: experiment {experiment.shape}, "
            f"confidence_level {level.shape}"
        ) from error
    for name, values in [
        ("observed", experiment.observed),
        ("background", experiment.background.estimate),
    ]:
        largest = values.max(initial=0.0)
        if largest > _LARGEST_COUNT:
            raise ValueError(
                f"{name} must be at most {_LARGEST_COUNT:g} counts for profile-likelihood limits; "
                f"got {largest:g}"
            )
    return level, shape


def _shaped(values: np.ndarray, shape: tuple[int, ...]) -> FloatOrArray:
    """Float for a scalar problem, array of the broadcast shape otherwise."""
    return float(values[0]) if shape == () else values.reshape(shape)


def _limits(
    experiment: CountingExperiment, confidence_level: ArrayLike, bounded: bool, want_lower: bool
) -> tuple[FloatOrArray, FloatOrArray]:
    """Lower (zeros unless wanted) and upper limits in produced events, chunk by chunk."""
    level, shape = _checked_level(experiment, confidence_level)
    size = math.prod(shape)
    lower, upper = np.empty(size if want_lower else 0), np.empty(size)
    if size >= _KERNEL_MINIMUM and experiment.correlation == 0.0 and find_spec("numba"):
        _compiled_limits(experiment, level, shape, bounded, want_lower, lower, upper)
    else:
        problem = rolke_profile.flatten(experiment, shape)
        flat_level = np.broadcast_to(level, shape).reshape(-1)
        for first in range(0, size, _CHUNK):
            part = slice(first, first + _CHUNK)
            _numpy_limits(
                problem.take(part), flat_level[part], bounded, want_lower, lower[part], upper[part]
            )
    return (_shaped(lower, shape) if want_lower else 0.0), _shaped(upper, shape)


def _compiled_limits(experiment, level, shape, bounded, want_lower, lower, upper) -> None:
    """Fill `lower` and `upper` with the kernel, its difficult cases with numpy."""
    from lnvsearch.statistics import rolke_kernel

    background, efficiency = experiment.background, experiment.efficiency
    unsolved = rolke_kernel.limits(
        _flat(experiment.observed, shape),
        tuple(_flat(values, shape) for values in _numbers(background)),
        tuple(_flat(values, shape) for values in _numbers(efficiency)),
        _flat(level, shape),
        (isinstance(background, PoissonBackground), isinstance(efficiency, BinomialEfficiency)),
        rolke_profile.least_background(background),
        bounded,
        want_lower,
        lower,
        upper,
    )
    if not unsolved:
        return
    rows = np.flatnonzero(np.isnan(upper))
    observed = np.broadcast_to(experiment.observed, shape).reshape(-1)
    flat_level = np.broadcast_to(level, shape).reshape(-1)
    for first in range(0, rows.size, _CHUNK):
        left = rows[first : first + _CHUNK]
        some = CountingExperiment(
            observed[left], taken(background, left, shape), taken(efficiency, left, shape)
        )
        some_lower, some_upper = np.empty(left.size), np.empty(left.size)
        problem = rolke_profile.flatten(some, left.shape)
        _numpy_limits(problem, flat_level[left], bounded, want_lower, some_lower, some_upper)
        upper[left] = some_upper
        if want_lower:
            lower[left] = some_lower


def _numbers(part: Background | Efficiency) -> tuple[np.ndarray, np.ndarray]:
    """What a measurement consists of: the mean and its error, or two counts."""
    if isinstance(part, PoissonBackground):
        return part.sideband_count, part.tau
    if isinstance(part, BinomialEfficiency):
        return part.passed, part.total
    if isinstance(part, (KnownBackground, KnownEfficiency)):
        return part.estimate, np.zeros(1)  # one zero for all
    return part.estimate, part.sigma


def _flat(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Contiguous values of each experiment, or the only number of all."""
    if values.size == 1:
        return values.reshape(1)
    if values.shape == shape:
        return np.ascontiguousarray(values).reshape(-1)
    return np.ascontiguousarray(np.broadcast_to(values, shape)).reshape(-1)


def _numpy_limits(problem, level, bounded, want_lower, lower, upper) -> None:
    """Fill one chunk of `upper`, and of `lower` if wanted, with the bracketing solver."""
    if bounded:
        count = np.maximum(problem.count, 1.0)
    else:
        count = rolke_solver.effective_count(problem, level)
    counted = problem.with_count(count)
    selected = rolke_solver.upper_crossing(counted, level, bounded)
    zero = np.flatnonzero((problem.count == 0.0) & (count == 1.0) & np.isfinite(selected))
    if zero.size:
        two = counted.take(zero).with_count(np.full(zero.size, 2.0))
        first = selected[zero]
        second = rolke_solver.upper_crossing(two, level[zero], bounded)
        extrapolated = np.maximum(2.0 * first - second, 0.0)
        if not bounded:  # a vanishing limit sends the method on to one count
            extrapolated = np.where(extrapolated > 0.0, extrapolated, first)
        selected[zero] = extrapolated
    with np.errstate(over="ignore"):  # an efficiency near 1e-308 may leave no finite number
        upper[:] = selected / problem.efficiency
        if want_lower:
            lower[:] = 0.0
            index = np.flatnonzero((problem.count > 0.0) | (count > 1.0))
            lower[index] = (
                rolke_solver.lower_crossing(counted.take(index), level[index])
                / problem.efficiency[index]
            )
