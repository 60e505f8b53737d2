"""Profile-likelihood limits: checked against two references, and the cases to time.

Each experiment has its own count, known background and Gaussian efficiency.  Timed is what a user
calls, from plain arrays to limits: building the CountingExperiment with its checks, and
`rolke.upper_limit` (or `rolke.interval`).

The references share neither the compiled kernel nor its number of Newton steps: the bracketing
solver in numpy on a sample, and -2 ln lambda at the limit, in units of the limit, wherever the
limit is a crossing of the experiment's own count.
"""

from __future__ import annotations

import numpy as np
from timing import Case, check

from lnvsearch.statistics import CountingExperiment, GaussianEfficiency, KnownBackground, rolke

__all__ = ["CONFIDENCE_LEVEL", "arguments", "prepare"]

CONFIDENCE_LEVEL = 0.90
TOLERANCE = 1e-6
SAMPLE = 4000


def arguments(size: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Arguments like those of a mass scan: up to three background counts, one signal count."""
    rng = np.random.default_rng(seed)
    background = rng.uniform(0.0, 3.0, size)
    efficiency = rng.uniform(0.05, 0.30, size)
    return {
        "observed": rng.poisson(background + 1.0),
        "background": background,
        "efficiency": efficiency,
        "efficiency_sigma": efficiency * rng.uniform(0.01, 0.10, size),
    }


def build(given: dict[str, np.ndarray], index: slice | np.ndarray = slice(None)):
    """The CountingExperiment of the selected arguments."""
    return CountingExperiment(
        given["observed"][index],
        KnownBackground(given["background"][index]),
        GaussianEfficiency(given["efficiency"][index], given["efficiency_sigma"][index]),
    )


def accuracy(given: dict[str, np.ndarray]) -> dict[str, float]:
    """Largest relative errors by the two references; ends the program if they are large."""
    upper = rolke.upper_limit(build(given), CONFIDENCE_LEVEL)
    pieces = [slice(first, first + 500) for first in range(0, min(SAMPLE, upper.size), 500)]
    sample = 0.0
    for piece in pieces:  # too small for the compiled kernel
        reference = rolke.upper_limit(build(given, piece), CONFIDENCE_LEVEL)
        sample = max(sample, np.abs(upper[piece] / reference - 1.0).max())
    own = np.flatnonzero(given["observed"] >= np.maximum(given["background"], 1.0))
    experiment, limit = build(given, own), upper[own]
    value = rolke.minus_two_log_lambda(experiment, limit)
    step = 1e-4 * limit
    slope = (rolke.minus_two_log_lambda(experiment, limit + step) - value) / step
    crossing = np.abs((value - rolke.threshold(CONFIDENCE_LEVEL)) / (slope * limit)).max()
    check(max(sample, crossing) < TOLERANCE, "upper limits")
    return {
        "largest_error_against_bracketing_solver": float(sample),
        "largest_error_of_the_crossing": float(crossing),
    }


def prepare(size: int) -> tuple[dict[str, float], list[Case]]:
    """The accuracy, and the cases to time."""
    given = arguments(size)
    return accuracy(given), [
        Case("rolke_upper_limit", size, lambda: rolke.upper_limit(build(given), CONFIDENCE_LEVEL)),
        Case("rolke_interval", size, lambda: rolke.interval(build(given), CONFIDENCE_LEVEL)),
    ]
