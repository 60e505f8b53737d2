"""Profile likelihood of the counting experiment: -2 ln lambda(s) for all nine models.

With n counts, signal s, efficiency e and background b the likelihood is
Poisson(n | s e + b) times the densities of the two side measurements, each Gaussian (a known
value is a Gaussian of zero width), Poisson (background from a sideband) or binomial (efficiency
from simulation): W. A. Rolke, A. M. Lopez, J. Conrad, Nucl. Instrum. Meth. A 551 (2005) 493.

The arithmetic is done in *expected selected counts* t = s * e_hat, so that a tiny efficiency or a
normalisation of 1e10 costs no precision; `rolke.py` divides by e_hat once, at the end.

Profiling.  Write m = s e + b for the expected count and k = 1 - n/m for its pull.  Setting the
derivatives of ln L with respect to b and e to zero gives b and e as functions of k alone,

    Gaussian  b = b_hat - sigma_b^2 k          Poisson   b = y / (tau + k)
    Gaussian  e = e_hat - sigma_e^2 s k        binomial  s k e^2 - (T + s k) e + z = 0,

both falling in k, and k rises with m.  So m = s e(k(m)) + b(k(m)) has exactly one solution: the
root of a quadratic for Gaussian x Gaussian, and otherwise found by bracketed Newton steps.  By the
envelope theorem d(-ln L)/dt = k e/e_hat at the solution.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from lnvsearch.statistics.experiment import (
    Background,
    BinomialEfficiency,
    CountingExperiment,
    GaussianBackground,
    KnownBackground,
    PoissonBackground,
)

# TRolke's convention for a Gaussian background of zero mean.
ZERO_GAUSSIAN_BACKGROUND = 1e-5

_MAX_NEWTON_STEPS = 200


@dataclass(frozen=True)
class Problem:
    """Flat arrays of one length describing many experiments of the same model.

    count            n, observed counts
    efficiency       e_hat
    background       b_hat, counts
    background_sigma Gaussian standard deviation of b, or its approximation for a sideband, counts
    relative_sigma   sigma_e / e_hat, Gaussian or its binomial approximation
    sideband, tau    y and tau of a Poisson background, None for a Gaussian one
    passed, total    z and T of a binomial efficiency, None for a Gaussian one
    correlation      of two Gaussian errors, one number
    """

    count: np.ndarray
    efficiency: np.ndarray
    background: np.ndarray
    background_sigma: np.ndarray
    relative_sigma: np.ndarray
    sideband: np.ndarray | None = None
    tau: np.ndarray | None = None
    passed: np.ndarray | None = None
    total: np.ndarray | None = None
    correlation: float = 0.0

    @property
    def is_gaussian(self) -> bool:
        """True where both side measurements are Gaussian (or known): closed-form profile."""
        return self.tau is None and self.total is None

    @property
    def best_signal(self) -> np.ndarray:
        """t at the maximum of the likelihood: n - b_hat (negative where n < b_hat)."""
        return self.count - self.background

    def take(self, index: np.ndarray | slice) -> Problem:
        """Select experiments by integer index, mask or slice."""
        selected: dict[str, Any] = {
            field.name: value[index] if isinstance(value, np.ndarray) else value
            for field in fields(self)
            for value in [getattr(self, field.name)]
        }
        return Problem(**selected)

    def with_count(self, count: np.ndarray) -> Problem:
        """The same side measurements with other observed counts."""
        return replace(self, count=count)


def least_background(background: Background) -> float:
    """What a background of mean 0 is taken as: TRolke's number for a Gaussian one, else 0."""
    return ZERO_GAUSSIAN_BACKGROUND if isinstance(background, GaussianBackground) else 0.0


def flatten(experiment: CountingExperiment, shape: tuple[int, ...]) -> Problem:
    """Return the arrays of `experiment`, broadcast to `shape` and flattened to one dimension."""

    def flat(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values, shape).reshape(-1)

    background, efficiency = experiment.background, experiment.efficiency
    background_mean = background.estimate
    if least := least_background(background):
        background_mean = np.where(background_mean == 0.0, least, background_mean)
    optional: dict[str, np.ndarray] = {}
    if isinstance(background, PoissonBackground):
        optional |= {
            "sideband": flat(background.sideband_count),
            "tau": flat(background.tau),
        }
    if isinstance(efficiency, BinomialEfficiency):
        optional |= {"passed": flat(efficiency.passed), "total": flat(efficiency.total)}
    return Problem(
        count=flat(experiment.observed),
        efficiency=flat(efficiency.estimate),
        background=flat(background_mean),
        # One zero for all: a million experiments need no array of them.
        background_sigma=flat(
            np.zeros(()) if isinstance(background, KnownBackground) else background.sigma
        ),
        correlation=experiment.correlation,
        relative_sigma=flat(efficiency.sigma / efficiency.estimate),
        **optional,
    )


def _half_deviance(shift: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """r - ln(1 + r): half the deviance per count of an expectation `ratio` = 1 + r of the count.

    Both are given, as each is exact where the other has lost its digits.
    """
    small = np.abs(shift) < 1e-3
    r = np.where(small, shift, 0.0)
    series = r * r * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6 - r / 7)))))
    with np.errstate(divide="ignore"):  # ratio 0: nothing expected, something seen: infinite
        logarithm = np.where(ratio < 0.5, np.log(ratio), np.log1p(np.maximum(shift, -0.5)))
    return np.where(small, series, shift - logarithm)


def _gaussian_profile(count, mean, variance) -> tuple[np.ndarray, np.ndarray]:
    """m and k = 1 - n/m solving m = mean - variance * k, for n >= 1.

    Of the usual forms of a quadratic's root each loses its digits somewhere: m is given by one of
    two forms, and k by its own equation (variance k^2 - (mean + variance) k + mean - n = 0), so
    that it stays exact where m is almost n.
    """
    difference = mean - variance
    root = np.sqrt(difference * difference + 4.0 * variance * count)
    with np.errstate(divide="ignore", invalid="ignore"):
        m = np.where(
            difference >= 0.0,
            0.5 * (difference + root),
            2.0 * variance * count / (root - difference),
        )
        pull = np.where(
            m > 0.5 * count,
            2.0 * (mean - count) / (mean + variance + root),
            1.0 - count / m,
        )
    return m, pull


def _efficiency_response(problem: Problem, signal, pull):
    """Profiled e/e_hat at the given pull k, and its derivative with respect to k."""
    if problem.total is None or problem.passed is None:
        variance = problem.relative_sigma**2
        slope = -(variance * signal + _covariance(problem))
        return 1.0 + slope * pull, slope
    slope = signal / problem.efficiency
    kappa = slope * pull
    linear = problem.total + kappa
    # Two writings of the discriminant, each a sum of positive terms on its side of zero.
    failed = problem.total - problem.passed
    root = np.sqrt(
        np.where(
            kappa > 0.0,
            (problem.total - kappa) ** 2 + 4.0 * kappa * failed,
            linear * linear - 4.0 * kappa * problem.passed,
        )
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(
            linear > 0.0,
            2.0 * problem.passed / (linear + root),
            (linear - root) / (2.0 * kappa),
        )
        derivative = np.where(root > 0.0, -slope * value * (1.0 - value) / root, 0.0)
    return value / problem.efficiency, derivative / problem.efficiency


def _covariance(problem: Problem) -> np.ndarray | float:
    """Covariance of background and e / e_hat, in counts."""
    if problem.correlation == 0.0:
        return 0.0
    return problem.correlation * problem.relative_sigma * problem.background_sigma


def _background_response(problem: Problem, pull):
    """Profiled background at the given pull k, and its derivative with respect to k."""
    if problem.tau is None or problem.sideband is None:
        variance = problem.background_sigma**2
        return problem.background - variance * pull, -variance
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(problem.sideband > 0.0, problem.sideband / (problem.tau + pull), 0.0)
        slope = np.where(problem.sideband > 0.0, -value / (problem.tau + pull), 0.0)
    return value, slope


def _profile(problem: Problem, signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected count m at each signal t with the nuisances profiled, and its pull k = 1 - n/m."""
    m, pull = _gaussian_profile(
        problem.count,
        signal + problem.background,
        (problem.relative_sigma * signal) ** 2
        + problem.background_sigma**2
        + 2.0 * _covariance(problem) * signal,
    )
    if problem.is_gaussian:
        return m, pull
    # b of a sideband diverges at k = -tau, which bounds k from below.
    floor = np.full_like(m, -np.inf) if problem.tau is None else -problem.tau
    pull = np.where(pull > floor, pull, 0.5 * np.maximum(floor, -2.0))
    active = np.arange(m.size)
    if problem.tau is not None:
        # Without sideband counts the divergence vanishes, and k may rest on its bound.
        response, _ = _efficiency_response(problem, signal, floor)
        resting = (problem.sideband == 0.0) & (
            signal * response <= problem.count / (1.0 + problem.tau)
        )
        pull = np.where(resting, floor, pull)
        active = active[~resting]
    pull, remainder = _paired(pull, problem.count / np.maximum(m, 1e-290))  # m may be 0
    pull, remainder = _newton_pull(problem, signal, pull, remainder, floor, active)
    return problem.count / remainder, pull


def _paired(pull, remainder):
    """k and w = 1 - k, each from the other where that one has the more digits."""
    near_one = pull > 0.5
    return np.where(near_one, 1.0 - remainder, pull), np.where(near_one, remainder, 1.0 - pull)


def _newton_pull(problem: Problem, signal, pull, remainder, floor, active) -> tuple:
    """Solve t e(k) + b(k) = n / (1 - k) by bracketed Newton steps; return k and w = 1 - k.

    The left side falls and the right side rises with k, so that the solution is unique.  Steps are
    made in m = n / w, where the equation is closer to linear, but kept as increments of k and
    factors of w: k is tiny for a large count, w for a background far above the count, and either
    would drown in the rounding of the other.
    """
    low, high = np.array(floor), np.ones_like(pull)
    low_remainder, high_remainder = np.zeros_like(pull), 1.0 - floor
    for iteration in range(_MAX_NEWTON_STEPS):
        part, t, old, w = (
            problem.take(active),
            signal[active],
            pull[active],
            remainder[active],
        )
        m = part.count / w
        efficiency, efficiency_slope = _efficiency_response(part, t, old)
        background, background_slope = _background_response(part, old)
        excess = t * efficiency + background - m
        slope = (t * efficiency_slope + background_slope) * w / m - 1.0
        short = excess > 0.0
        low[active] = np.where(short, old, low[active])
        high_remainder[active] = np.where(short, w, high_remainder[active])
        high[active] = np.where(short, high[active], old)
        low_remainder[active] = np.where(short, low_remainder[active], w)
        step = -excess / slope
        # A step to m = 0 has no k; comparisons with its infinite or undefined value are false.
        with np.errstate(divide="ignore", invalid="ignore"):
            new, new_w = old + w * step / (m + step), w * m / (m + step)
        # The efficiency's S shape, or the kink at its limit of one, may throw a step too far.
        near_one = new > 0.5
        inside = np.where(near_one, new_w < high_remainder[active], new > low[active])
        inside &= np.where(near_one, new_w > low_remainder[active], new < high[active])
        inside &= m + step > 0.0
        # Two points that send each other back and forth are separated by halving now and then.
        inside &= iteration < 10 or iteration % 3 != 0
        open_below = np.isinf(low[active])
        with np.errstate(invalid="ignore"):
            half = np.where(open_below, 2.0 * old - 1.0, 0.5 * (low[active] + high[active]))
            half_w = 0.5 * (low_remainder[active] + high_remainder[active])
        half_w = np.where(open_below, 2.0 * w, half_w)
        still = np.where(near_one, new_w == w, new == old)
        settled = still | (np.abs(excess) <= 2e-16 * (m + background))
        new = np.where(inside, new, np.where(settled, old, half))
        new_w = np.where(inside, new_w, np.where(settled, w, half_w))
        pull[active], remainder[active] = _paired(new, new_w)
        moved = np.where(
            near_one,
            np.abs(new_w - w) > 1e-14 * w,
            np.abs(new - old) > 1e-14 * np.abs(old),
        )
        active = active[~settled & moved]
        if active.size == 0:
            break
    return pull, remainder


def deviance(problem: Problem, signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return -2 ln lambda at t = `signal` >= 0 against the saturated maximum, and its slope in t.

    Both have the length of the problem; n must be >= 1.  The value is infinite where n counts are
    seen and none can be expected.
    """
    # Backgrounds or sideband ratios near 1e-308 or 1e308 may overflow, to a harmless infinity.
    with np.errstate(over="ignore"):
        return _deviance(problem, signal)


def _deviance(problem: Problem, signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The arithmetic of `deviance`."""
    count = problem.count
    m, pull = _profile(problem, signal)
    # Nothing expected, something seen: k = -infinity, and the finite stand-in avoids inf * 0.
    pull = np.maximum(pull, -1e300)
    # Near n the excess over the count is known from k better than from m.
    close = np.abs(pull) < 0.5
    excess = np.where(close, pull / np.where(close, 1.0 - pull, 1.0), (m - count) / count)
    value = count * _half_deviance(excess, m / count)
    efficiency, _ = _efficiency_response(problem, signal, pull)
    value += _efficiency_penalty(problem, efficiency, signal, pull)
    value += _background_penalty(problem, m, signal * efficiency, pull)
    if problem.correlation != 0.0:
        value += _covariance(problem) * signal * pull**2
    return 2.0 * value, 2.0 * pull * efficiency


def _efficiency_penalty(problem: Problem, efficiency, signal, pull):
    """-ln of the efficiency measurement's likelihood ratio at the profiled efficiency."""
    if problem.total is None or problem.passed is None:
        return 0.5 * (problem.relative_sigma * signal * pull) ** 2
    shift = efficiency - 1.0
    failed = problem.total - problem.passed
    failed_shift = np.divide(
        -shift * problem.passed, failed, out=np.zeros_like(shift), where=failed > 0.0
    )
    partial = problem.passed * _half_deviance(shift, efficiency)
    partial += failed * _half_deviance(failed_shift, 1.0 + failed_shift)
    # The linear terms of the two parts cancel, unless nothing failed and one part is missing.
    return np.where(failed > 0.0, partial, -problem.passed * np.log(efficiency))


def _background_penalty(problem: Problem, m, selected_signal, pull):
    """-ln of the background measurement's likelihood ratio at the profiled background."""
    if problem.tau is None or problem.sideband is None:
        return 0.5 * (problem.background_sigma * pull) ** 2
    # With an empty sideband, of likelihood exp(-tau b), b is zero unless m rests on its floor.
    resting = pull <= -problem.tau
    penalty = np.where(resting, problem.tau * np.maximum(m - selected_signal, 0.0), 0.0)
    index = np.flatnonzero(problem.sideband > 0.0)
    tau, pull = problem.tau[index], pull[index]
    penalty[index] = problem.sideband[index] * _half_deviance(
        -pull / (tau + pull), tau / (tau + pull)
    )
    return penalty


def deviance_without_signal(problem: Problem) -> np.ndarray:
    """Return -2 ln lambda(s = 0) for n >= 1; infinite for n > 0 where no background is possible."""
    value, _ = deviance(problem, np.zeros_like(problem.count))
    return value
