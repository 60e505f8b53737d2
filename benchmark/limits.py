"""Profile-likelihood limits: checked against two references, and the cases to time.

Each experiment has its own count, background and efficiency, in all seven models of ROOT's TRolke.
Timed is what a user calls, from plain arrays to limits: building the CountingExperiment with its
checks, and `rolke.upper_limit` (or `rolke.interval`).

The references share neither the compiled kernel nor its number of Newton steps: the bracketing
solver in numpy on a sample, and -2 ln lambda at the limit, in units of the limit, wherever the
limit is a crossing of the experiment's own count.
"""

from __future__ import annotations

import numpy as np
from timing import Case, check

from lnvsearch.statistics import (
    BinomialEfficiency,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    rolke,
)

__all__ = ["CONFIDENCE_LEVEL", "MODELS", "OTHER_MODELS", "arguments", "build", "prepare"]

CONFIDENCE_LEVEL = 0.90
TOLERANCE = 1e-6
SAMPLE = 4000
#: TRolke's models, by the ends of the names of its setters.
MODELS = (
    "KnownBkgGaussEff", "KnownBkgBinomEff", "GaussBkgKnownEff", "GaussBkgGaussEff",
    "PoissonBkgKnownEff", "PoissonBkgGaussEff", "PoissonBkgBinomEff",
)  # fmt: skip
OTHER_MODELS = MODELS[1:]


def arguments(size: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Arguments like those of a mass scan: up to three background counts, one signal count."""
    rng = np.random.default_rng(seed)
    background = rng.uniform(0.0, 3.0, size)
    efficiency = rng.uniform(0.05, 0.30, size)
    given = {
        "observed": rng.poisson(background + 1.0),
        "background": background,
        "efficiency": efficiency,
        "efficiency_sigma": efficiency * rng.uniform(0.01, 0.10, size),
    }
    tau, total = rng.uniform(1.0, 10.0, size), rng.integers(1_000, 20_000, size)
    return given | {
        "background_sigma": 0.3 * background,
        "sideband": rng.poisson(background * tau),
        "tau": tau,
        "passed": np.maximum(rng.binomial(total, efficiency), 1),
        "total": total,
    }


def build(
    given: dict[str, np.ndarray], index: slice | np.ndarray = slice(None), model: str = MODELS[0]
):
    """The CountingExperiment of the selected arguments in a model."""
    some = {name: values[index] for name, values in given.items()}
    if model.startswith("Known"):
        background = KnownBackground(some["background"])
    elif model.startswith("Gauss"):
        background = GaussianBackground(some["background"], some["background_sigma"])
    else:
        background = PoissonBackground(some["sideband"], some["tau"])
    if model.endswith("KnownEff"):
        efficiency = KnownEfficiency(some["efficiency"])
    elif model.endswith("GaussEff"):
        efficiency = GaussianEfficiency(some["efficiency"], some["efficiency_sigma"])
    else:
        efficiency = BinomialEfficiency(some["passed"], some["total"])
    return CountingExperiment(some["observed"], background, efficiency)


def accuracy(given: dict[str, np.ndarray], model: str) -> dict[str, float]:
    """Largest relative errors by the two references; ends the program if they are large."""
    upper = rolke.upper_limit(build(given, model=model), CONFIDENCE_LEVEL)
    pieces = [slice(first, first + 500) for first in range(0, min(SAMPLE, upper.size), 500)]
    sample = 0.0
    for piece in pieces:  # too small for the compiled kernel
        reference = rolke.upper_limit(build(given, piece, model), CONFIDENCE_LEVEL)
        sample = max(sample, np.abs(upper[piece] / reference - 1.0).max())
    estimate = build(given, model=model).background.estimate
    own = np.flatnonzero(given["observed"] >= np.maximum(estimate, 1.0))
    experiment, limit = build(given, own, model), upper[own]
    value = rolke.minus_two_log_lambda(experiment, limit)
    step = 1e-4 * limit
    slope = (rolke.minus_two_log_lambda(experiment, limit + step) - value) / step
    crossing = np.abs((value - rolke.threshold(CONFIDENCE_LEVEL)) / (slope * limit)).max()
    check(max(sample, crossing) < TOLERANCE, f"upper limits, {model}")
    return {
        "largest_error_against_bracketing_solver": float(sample),
        "largest_error_of_the_crossing": float(crossing),
    }


def prepare(size: int) -> tuple[dict[str, float], list[Case]]:
    """The accuracy, and the cases to time."""
    given = arguments(size)
    few = slice(max(size // 10, SAMPLE + 500))
    some = {name: values[few] for name, values in given.items()}
    errors = accuracy(given, MODELS[0])
    for model in OTHER_MODELS:
        of_model = accuracy(some, model)
        errors = {name: max(error, of_model[name]) for name, error in errors.items()}
    others = [
        Case(
            f"rolke_upper_limit_{model}", len(some["observed"]),
            lambda model=model: rolke.upper_limit(build(some, model=model), CONFIDENCE_LEVEL),
        )
        for model in OTHER_MODELS
    ]
    return errors, [
        Case("rolke_upper_limit", size, lambda: rolke.upper_limit(build(given), CONFIDENCE_LEVEL)),
        Case("rolke_interval", size, lambda: rolke.interval(build(given), CONFIDENCE_LEVEL)),
        *others,
    ]
