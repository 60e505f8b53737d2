"""CLs and Bayesian limits with correlated errors of background and efficiency.

The equation of `averaging`, E[f^-p P(N <= n | s f + b)] / E[f^-p P(N <= n | b)] = 1 - CL, with the
averages over the joint prior of b and f: both are functions of normal scores, whose correlation is
the given one.  The double sum over quadrature nodes is done as it stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from lnvsearch.statistics import nuisance
from lnvsearch.statistics.rootfinding import solve_decreasing

# Experiments whose nodes are held in memory together.
_ROWS = 64


def upper_limits(flat: Any, tail_fraction: np.ndarray, correlation: float) -> np.ndarray:
    """Return the signals (size,) of `averaging.FlatExperiments` with a correlation other than 0.

    Raises ValueError for the signal prior 1/sqrt(s), which is not available here.
    """
    if flat.signal_power != 0.0:
        raise ValueError("signal_prior must be uniform where a correlation is given")
    limits = np.empty(flat.size)
    for first in range(0, flat.size, _ROWS):
        rows = np.arange(first, min(first + _ROWS, flat.size))
        limits[rows] = _solve(flat, rows, tail_fraction[rows], correlation)
    return limits


def _solve(flat, rows: np.ndarray, tail_fraction: np.ndarray, correlation: float) -> np.ndarray:
    b, f, weights = nuisance.joint_quadrature(
        flat.background.take(rows), flat.efficiency.take(rows), correlation
    )
    weights = weights * f**-flat.efficiency_power
    shape = flat.observed[rows][:, None] + 1.0

    def tail(signal: np.ndarray, part: np.ndarray) -> np.ndarray:
        mean = signal[:, None] * f[part] + b[part]
        return (weights[part] * special.gammaincc(shape[part], mean)).sum(axis=1)

    at_zero = tail(np.zeros(rows.size), np.arange(rows.size))
    target = np.log(tail_fraction * at_zero)

    def excess(signal: np.ndarray, part: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.log(tail(signal, part)) - target[part]

    start = -np.log(tail_fraction) * np.sqrt(shape[:, 0]) / flat.efficiency_estimate[rows]
    return solve_decreasing(excess, start)
