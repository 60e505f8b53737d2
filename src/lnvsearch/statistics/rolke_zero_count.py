"""Profile likelihood of no observed count: -2 ln lambda(s) at n = 0, for all nine models.

The Poisson term of n = 0 is exp(-m), so that its deviance is 2 m.  The conditions of
`rolke_profile` hold with the pull k = 1 while the expectation m they lead to is positive; where it
is not (a Gaussian background or efficiency may be pulled below zero), m rests on zero and k is the
smaller one that brings it there.  The saturated maximum, s = -b_hat / e_hat, has the value 0, as
for the other counts.

The upper limit of the method at n = 0 is an extrapolation, not a crossing of this curve.
"""

from __future__ import annotations

import numpy as np

from lnvsearch.statistics.rolke_profile import (
    Problem,
    _background_penalty,
    _background_response,
    _covariance,
    _efficiency_penalty,
    _efficiency_response,
    deviance,
)

# Halvings of the pull between 0 and 1: to the last bit.
_MOST_HALVINGS = 60


def deviance_of_any_count(problem: Problem, signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return -2 ln lambda at t = `signal` >= 0 and its slope in t, for counts n >= 0."""
    value, slope = np.empty(signal.shape), np.empty(signal.shape)
    for rows, function in (
        (np.flatnonzero(problem.count > 0.0), deviance),
        (np.flatnonzero(problem.count == 0.0), deviance_without_counts),
    ):
        if rows.size:
            value[rows], slope[rows] = function(problem.take(rows), signal[rows])
    return value, slope


def deviance_without_counts(problem: Problem, signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return -2 ln lambda at t = `signal` >= 0 and its slope in t, for n = 0 everywhere."""
    pull = np.ones(signal.shape)
    expected, efficiency = _expected(problem, signal, pull)
    resting = np.flatnonzero(expected < 0.0)
    if resting.size:
        part, low, high = (
            problem.take(resting),
            np.zeros(resting.size),
            np.ones(resting.size),
        )
        for _ in range(_MOST_HALVINGS):
            middle = 0.5 * (low + high)
            positive = _expected(part, signal[resting], middle)[0] > 0.0
            low, high = (
                np.where(positive, middle, low),
                np.where(positive, high, middle),
            )
        pull[resting] = low
        expected, efficiency = _expected(problem, signal, pull)
    expected = np.maximum(expected, 0.0)
    value = expected + _efficiency_penalty(problem, efficiency, signal, pull)
    value += _background_penalty(problem, expected, signal * efficiency, pull)
    if problem.correlation != 0.0:
        value += _covariance(problem) * signal * pull**2
    return 2.0 * value, 2.0 * pull * efficiency


def _expected(
    problem: Problem, signal: np.ndarray, pull: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Expected count at the given pull, and the efficiency there relative to its estimate."""
    efficiency, _ = _efficiency_response(problem, signal, pull)
    background, _ = _background_response(problem, pull)
    background = background - _covariance(problem) * signal * pull
    return signal * efficiency + background, efficiency
