"""Several counting channels with log-normal nuisance parameters, and their profile likelihood.

    n_i ~ Poisson(s * e_i(theta) + b_i(theta)),        a_j ~ Gaussian(theta_j, 1), measured as a_j

for channels i and nuisance parameters theta_j.  Background and efficiency are their estimates times
exp(sum_j K_ij(theta_j) theta_j), with K the logarithm of the factor at one standard deviation up or
down, interpolated smoothly between the two for |theta| < 1/2: the `lnN` of the LHC experiments'
Combine tool (CMS, arXiv:2404.06614, Section 4.2).

Pseudo-experiments are arrays: counts (sets, channels) and measurements (sets, nuisances).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from lnvsearch.statistics.feldman_cousins_models import solve_bracketed

_MOST_STEPS = 100
# The likelihood is wrong by half the square of the last step.
_STEP_TOLERANCE = 1e-6
_SIGNAL_TOLERANCE = 1e-5
# Probability of the counts that are left out of sums, on either side.
_NEGLIGIBLE = 1e-8
_TINY = 1e-300
# The same where counts over it must not overflow, times an efficiency that holds a normalisation.
_LEAST_EXPECTED = 1e-100


@dataclass(frozen=True, eq=False)
class LogNormalModel:
    """Estimates and responses of the channels.

    background, efficiency : (channels,) estimates, >= 0
    background_up, background_down, efficiency_up, efficiency_down : (channels, nuisances), the
        logarithms of the factors at +1, and minus those at -1, standard deviation
    """

    background: np.ndarray
    efficiency: np.ndarray
    background_up: np.ndarray
    background_down: np.ndarray
    efficiency_up: np.ndarray
    efficiency_down: np.ndarray

    @property
    def nuisances(self) -> int:
        """Number of nuisance parameters."""
        return self.background_up.shape[1]

    def backgrounds(self, theta: np.ndarray) -> np.ndarray:
        """Background of each set and channel at theta (sets, nuisances)."""
        response = _response(self.background_up, self.background_down, theta)[0]
        return self.background * np.exp(response.sum(axis=-1))

    def efficiencies(self, theta: np.ndarray) -> np.ndarray:
        """Efficiency of each set and channel at theta (sets, nuisances)."""
        response = _response(self.efficiency_up, self.efficiency_down, theta)[0]
        return self.efficiency * np.exp(response.sum(axis=-1))


def _response(up: np.ndarray, down: np.ndarray, theta: np.ndarray):
    """Exponent and its slope, (sets, channels, nuisances), at theta (sets, nuisances).

    With errors as large up as down nothing is interpolated, and the slope is the same at every theta.
    """
    x = theta[:, None, :]
    mean, half = 0.5 * (up + down), 0.5 * (up - down)
    if not half.any():
        exponent = x * mean
        return exponent, np.broadcast_to(mean, exponent.shape)
    y = np.clip(2.0 * x, -1.0, 1.0)
    # A quintic that joins -1 and +1 with two continuous derivatives.
    joined = 0.125 * y * (15.0 - y * y * (10.0 - 3.0 * y * y))
    slope = np.where(np.abs(y) < 1.0, 0.25 * (15.0 - 30.0 * y * y + 15.0 * y**4), 0.0)
    log_factor = mean + half * joined
    return x * log_factor, log_factor + x * half * slope


def profiled(
    model: LogNormalModel,
    counts: np.ndarray,
    measured: np.ndarray,
    signal: np.ndarray | float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return -ln L (sets,) minimised over the nuisances at the given signal, and theta there.

    `counts` (sets, channels), `measured` (sets, nuisances), `signal` a number or (sets,).  Terms
    that depend on the counts alone are left out.
    """
    signal = np.broadcast_to(np.asarray(signal, dtype=float), counts.shape[:1])
    theta = np.array(measured, dtype=float)
    value = _objective(model, counts, measured, signal, theta)
    if model.nuisances == 0:
        return value, theta
    active = np.arange(counts.shape[0])
    for _ in range(_MOST_STEPS):
        part = (counts[active], measured[active], signal[active])
        step = _newton_step(model, *part, theta[active])
        scale = np.ones(active.size)
        better = np.zeros(active.size, dtype=bool)
        for _ in range(30):
            trial = theta[active] + scale[:, None] * step
            new = _objective(model, *part, trial)
            better = new <= value[active] + 1e-15 * np.abs(value[active])
            if better.all():
                break
            scale = np.where(better, scale, 0.5 * scale)
        theta[active] = np.where(better[:, None], trial, theta[active])
        value[active] = np.where(better, new, value[active])
        active = active[better & (np.abs(scale[:, None] * step).max(axis=1) > _STEP_TOLERANCE)]
        if active.size == 0:
            break
    return value, theta


def _objective(model, counts, measured, signal, theta) -> np.ndarray:
    """-ln L of each set at theta."""
    expected = signal[:, None] * model.efficiencies(theta) + model.backgrounds(theta)
    poisson = expected - counts * np.log(np.maximum(expected, _TINY))
    return poisson.sum(axis=1) + 0.5 * ((theta - measured) ** 2).sum(axis=1)


def _newton_step(model, counts, measured, signal, theta) -> np.ndarray:
    """Newton's step with the curvature of the responses where it adds to that of the Poisson."""
    b_exponent, b_slope = _response(model.background_up, model.background_down, theta)
    e_exponent, e_slope = _response(model.efficiency_up, model.efficiency_down, theta)
    b = (model.background * np.exp(b_exponent.sum(axis=2)))[:, :, None]
    s = (signal[:, None] * model.efficiency * np.exp(e_exponent.sum(axis=2)))[:, :, None]
    expected = np.maximum(b + s, _TINY)
    slope = b * b_slope + s * e_slope
    pull = 1.0 - counts[:, :, None] / expected
    gradient = (pull * slope).sum(axis=1) + theta - measured
    relative = slope / expected
    curvature = np.einsum("sci,scj->sij", relative * counts[:, :, None], relative)
    up = np.maximum(pull, 0.0)
    curvature += np.einsum("sci,scj->sij", up * b * b_slope, b_slope)
    curvature += np.einsum("sci,scj->sij", up * s * e_slope, e_slope)
    curvature += np.eye(model.nuisances)
    return -np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]


def best_signal(
    model: LogNormalModel, counts: np.ndarray, measured: np.ndarray, ceiling: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Return -ln L (sets,) minimised over nuisances and 0 <= signal <= ceiling, and that signal.

    -ln L falls and then rises with the signal; with one channel the minimum is where every
    nuisance stays as measured.
    """
    sets = counts.shape[0]
    ceiling = np.broadcast_to(np.asarray(ceiling, dtype=float), (sets,))
    if counts.shape[1] == 1:
        b = model.backgrounds(measured)[:, 0]
        e = model.efficiencies(measured)[:, 0]
        signal = np.clip((counts[:, 0] - b) / e, 0.0, ceiling)
        return profiled(model, counts, measured, signal)[0], signal
    # By the envelope theorem the slope is that at fixed nuisances.
    low, high = np.zeros(sets), ceiling.copy()
    slope_low, slope_high = (_slope(model, counts, measured, s) for s in (low, high))
    signal = np.where(slope_low >= 0.0, low, high)
    inside = np.flatnonzero((slope_low < 0.0) & (slope_high > 0.0))
    if inside.size:
        signal[inside] = solve_bracketed(
            lambda s, part: _slope(model, counts[inside[part]], measured[inside[part]], s),
            low[inside],
            high[inside],
            tolerance=_SIGNAL_TOLERANCE,
        )
    return profiled(model, counts, measured, signal)[0], signal


def _slope(model: LogNormalModel, counts, measured, signal: np.ndarray) -> np.ndarray:
    """Derivative of the profiled -ln L with respect to the signal, (sets,), times a positive number.

    The factor is the signal that all channels could have been seen with: it keeps the value finite
    where nothing is expected without signal and something is seen.
    """
    theta = profiled(model, counts, measured, signal)[1]
    efficiency = model.efficiencies(theta)
    expected = np.maximum(signal[:, None] * efficiency + model.backgrounds(theta), _LEAST_EXPECTED)
    slope = (efficiency * (1.0 - counts / expected)).sum(axis=1)
    return slope * (expected / efficiency).min(axis=1)


def q_tilde(
    model: LogNormalModel, counts: np.ndarray, measured: np.ndarray, signal: float
) -> np.ndarray:
    """Return the test statistic for upper limits, (sets,), at one signal.

    Twice the logarithm of the ratio of the profile likelihoods at the best signal in [0, signal]
    and at `signal` (Cowan, Cranmer, Gross, Vitells, Eur. Phys. J. C 71 (2011) 1554, Eq. (16)):
    zero where the best signal is larger.
    """
    best, _ = best_signal(model, counts, measured, signal)
    at_signal, _ = profiled(model, counts, measured, signal)
    return np.maximum(2.0 * (at_signal - best), 0.0)


def likely_counts(mean: float) -> np.ndarray:
    """Counts that a Poisson mean gives with more than a negligible probability."""
    mean = max(float(mean), 1e-12)
    counts = np.arange(np.ceil(mean + 8.0 * np.sqrt(mean) + 12.0))
    upper = special.gammainc(np.maximum(counts, 1e-9), mean) > _NEGLIGIBLE
    return counts[upper & (special.gammaincc(counts + 1.0, mean) > _NEGLIGIBLE)]
