"""CLs as the LHC experiments define it: profiled nuisances, q-tilde, sampling exactly summed.

    CLs(s) = P(q >= q_obs | s, theta_s) / P(q >= q_obs | 0, theta_0)

with the statistic q-tilde of upper limits; theta_s and theta_0 are the nuisance parameters fitted to
the data at the signal s and without signal (ATLAS and CMS, CMS-NOTE-2011/005).  In the pseudo-
experiments the count and the measurements of the nuisances vary.  Uncertain backgrounds and
efficiencies are log-normal (`lnN`: the factor 1 + relative error, or 1 + up and 1 - down); a
sideband is a Poisson count.

Nothing is thrown.  q rises with the measured background (or efficiency), so that for each count,
and for each value of the other measurement, one threshold separates the pseudo-experiments with
q >= q_obs; the probability beyond it is a Gaussian tail.  The other measurement is summed with
Gauss-Legendre nodes, a sideband's count as it is.

With everything known this is P(N <= n | s + b) / P(N <= n | b), as averaged CLs is.  Coverage of the
averaged one is that of a Bayesian average; this one's depends on the true nuisances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from lnvsearch.statistics.experiment import (
    AsymmetricBackground,
    BinomialEfficiency,
    CountingExperiment,
    FloatOrArray,
    PoissonBackground,
    check_confidence_level,
    taken,
)
from lnvsearch.statistics.lognormal_model import (
    LogNormalModel,
    likely_counts,
    profiled,
    q_tilde,
)

__all__ = ["p_values", "upper_limit"]

# Nodes in the measured efficiency where the background is uncertain, too, and their range.
_EFFICIENCY_NODES = 20
_NODE_RANGE = 5.0
_MOST_STEPS = 40
_THRESHOLD_TOLERANCE = 1e-5
# Test statistics that agree to this fraction are equal.
_TIE = 1e-7
_RELATIVE_TOLERANCE = 1e-6
# Measurements beyond this many standard deviations are not searched.
_WIDEST = 9.0


def upper_limit(experiment: CountingExperiment, confidence_level: ArrayLike = 0.90) -> FloatOrArray:
    """Return the upper limit(s) on produced signal events, by LHC-style CLs.

    `experiment` (any shape; experiments are treated one by one, some ten milliseconds each, a
    second with two uncertainties) broadcasts with `confidence_level`.  Raises ValueError for a
    level outside (0, 1), a correlation, or a background uncertainty beside a background of zero.

    >>> from lnvsearch.statistics import CountingExperiment, KnownBackground, KnownEfficiency
    >>> experiment = CountingExperiment(0, KnownBackground(1.3), KnownEfficiency(0.5))
    >>> round(upper_limit(experiment, confidence_level=0.90), 4)  # ln(10) / 0.5
    4.6052
    """
    level = check_confidence_level(confidence_level)
    shape = np.broadcast_shapes(experiment.shape, level.shape)
    levels = np.broadcast_to(level, shape).ravel()
    limits = np.array(
        [_limit(_single(experiment, shape, row), levels[row]) for row in range(levels.size)]
    )
    return float(limits[0]) if shape == () else limits.reshape(shape)


def p_values(experiment: CountingExperiment, signal: float) -> tuple[float, float, float]:
    """Return CLs+b, CLb and CLs at `signal` > 0 produced events of a single experiment."""
    return _p_values(_single(experiment, (), 0), float(signal))


@dataclass(frozen=True)
class _Single:
    """One channel: its model, the observed count, and a sideband's count and tau (or None)."""

    model: LogNormalModel
    observed: float
    sideband: float | None = None
    tau: float = 1.0


def _single(experiment: CountingExperiment, shape: tuple[int, ...], row: int) -> _Single:
    if experiment.correlation != 0.0:
        raise ValueError("correlation must be 0 for cls-profiled; use a combination of one channel")
    rows = np.array([row])
    background = taken(experiment.background, rows, shape)
    efficiency = taken(experiment.efficiency, rows, shape)
    observed = float(np.broadcast_to(experiment.observed, shape).ravel()[row])
    relative = float(efficiency.sigma[0] / efficiency.estimate[0])
    if isinstance(efficiency, BinomialEfficiency):
        # The posterior's relative width about the estimate, taken as log-normal.
        relative = float(np.sqrt((1.0 - efficiency.estimate[0]) / efficiency.passed[0]))
    b = float(background.estimate[0])
    if isinstance(background, PoissonBackground):
        model = _lognormal(b, 0.0, 0.0, float(efficiency.estimate[0]), relative)
        return _Single(
            model,
            observed,
            float(background.sideband_count[0]),
            float(background.tau[0]),
        )
    if isinstance(background, AsymmetricBackground):
        up, down = float(background.up[0]), float(background.down[0])
        if down >= b:
            raise ValueError(
                f"background down must be smaller than the mean {b:g} for cls-profiled, which "
                f"takes asymmetric errors as log-normal; got {down:g}"
            )
        kappa = np.log1p(up / b), -np.log1p(-down / b)
    else:
        sigma = float(background.sigma[0])
        if sigma > 0.0 and b == 0.0:
            raise ValueError(
                "background must be > 0 for cls-profiled where it is uncertain (its error is "
                "log-normal); use --sideband 0 --tau T for an empty sideband"
            )
        kappa = (np.log1p(sigma / b),) * 2 if sigma > 0.0 else (0.0, 0.0)
    return _Single(_lognormal(b, *kappa, float(efficiency.estimate[0]), relative), observed)


def _lognormal(b: float, up: float, down: float, e: float, relative: float) -> LogNormalModel:
    """One channel with a nuisance of the background (first, if any) and one of the efficiency."""
    responses = []
    if up > 0.0:
        responses.append((up, down, 0.0))
    if relative > 0.0:
        responses.append((0.0, 0.0, float(np.log1p(relative))))
    table = np.array(responses).reshape(-1, 3)
    return LogNormalModel(
        np.array([b]),
        np.array([e]),
        table[None, :, 0],
        table[None, :, 1],
        table[None, :, 2],
        table[None, :, 2],
    )


def _limit(single: _Single, level: float) -> float:
    """Signal at which CLs reaches 1 - level."""
    from scipy.optimize import brentq

    def excess(log_signal: float) -> float:
        return np.log(max(_p_values(single, np.exp(log_signal))[2], 1e-300) / (1.0 - level))

    low = high = np.log((single.observed + 2.0) / float(single.model.efficiency[0]))
    step = 0.3 if excess(low) > 0.0 else -0.3
    while excess(high) * step > 0.0:
        low, high = high, high + step
    return float(np.exp(brentq(excess, low, high, xtol=_RELATIVE_TOLERANCE)))


def _p_values(single: _Single, signal: float) -> tuple[float, float, float]:
    if single.sideband is not None:
        from lnvsearch.statistics import cls_profiled_sideband

        clsb, clb = cls_profiled_sideband.tail_probabilities(
            single.model, single.observed, single.sideband, single.tau, signal
        )
    else:
        clsb, clb = _tail_probabilities(single.model, single.observed, signal)
    return clsb, clb, clsb / clb


def _tail_probabilities(
    model: LogNormalModel, observed: float, signal: float
) -> tuple[float, float]:
    """P(q >= q_obs) with the nuisances fitted at the signal, and at zero, both generated there."""
    count, nominal = np.array([[observed]]), np.zeros((1, model.nuisances))
    q_observed = q_tilde(model, count, nominal, signal)[0]
    if q_observed <= 0.0:
        return 1.0, 1.0
    theta = np.concatenate([profiled(model, count, nominal, s)[1] for s in (signal, 0.0)])
    true_signal = np.array([signal, 0.0])[:, None]
    mean = (true_signal * model.efficiencies(theta) + model.backgrounds(theta))[:, 0]
    counts = np.arange(likely_counts(mean.max())[-1] + 1.0)
    log_probability = special.xlogy(counts, mean[:, None]) - special.gammaln(counts + 1.0)
    probability = np.exp(log_probability - mean[:, None])
    if model.nuisances == 0:
        # q falls with the count: no comparison of rounded values.
        beyond = np.broadcast_to(counts <= observed, probability.shape)
    else:
        beyond = _beyond(model, q_observed, signal, counts, theta)
    clsb, clb = (probability * beyond).sum(axis=1)
    return float(clsb), float(clb)


def _beyond(model, q_observed: float, signal: float, counts: np.ndarray, theta) -> np.ndarray:
    """P(q >= q_obs | count) for both true values theta (2, nuisances), shape (2, counts)."""
    nodes, weights = np.zeros((1, 0)), np.ones((2, 1))
    if model.nuisances == 2:
        low, high = theta[:, 1].min() - _NODE_RANGE, theta[:, 1].max() + _NODE_RANGE
        x, weight = special.roots_legendre(_EFFICIENCY_NODES)
        x = 0.5 * (low + high) + 0.5 * (high - low) * x
        weights = weight * np.exp(-0.5 * (x - theta[:, 1:]) ** 2)
        nodes, weights = x[:, None], weights / weights.sum(axis=1, keepdims=True)
    many = np.repeat(counts, weights.shape[1])[:, None]
    others = np.tile(nodes, (counts.size, 1))
    thresholds = _thresholds(model, q_observed, signal, many, others)
    thresholds = thresholds.reshape(counts.size, weights.shape[1])
    tails = special.ndtr(theta[:, :1, None] - thresholds)
    return np.einsum("tce,te->tc", tails, weights)


def _thresholds(model, q_observed: float, signal: float, counts, others) -> np.ndarray:
    """First measurement at which q reaches q_obs, for each count and the other measurement."""
    # Without counts q is the same whatever the background's measurement was: ties count.
    root = np.sqrt(q_observed) * (1.0 - _TIE)

    def excess(x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        measured = np.concatenate([x[:, None], others[rows]], axis=1)
        return np.sqrt(q_tilde(model, counts[rows], measured, signal)) - root

    low, high = np.full(counts.shape[0], -_WIDEST), np.full(counts.shape[0], _WIDEST)
    everything = np.arange(low.size)
    at_low, at_high = excess(low, everything), excess(high, everything)
    middle = np.where(at_low >= 0.0, low, high)
    active = np.flatnonzero((at_low < 0.0) & (at_high > 0.0))
    for step in range(_MOST_STEPS):
        # False position with the Illinois rule; halving while q is zero at the lower end.
        flat = (at_low[active] <= -root) | (step % 5 == 4)
        fraction = np.where(flat, 0.5, at_low[active] / (at_low[active] - at_high[active]))
        new = low[active] + fraction * (high[active] - low[active])
        value = excess(new, active)
        moved = np.abs(new - middle[active])
        middle[active] = new
        up = value < 0.0
        at_high[active] = np.where(up, 0.5 * at_high[active], value)
        at_low[active] = np.where(up, value, np.where(flat, at_low[active], 0.5 * at_low[active]))
        low[active] = np.where(up, new, low[active])
        high[active] = np.where(up, high[active], new)
        active = active[moved > _THRESHOLD_TOLERANCE]
        if active.size == 0:
            break
    return middle
