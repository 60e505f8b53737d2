"""The limit methods by name, for programs that compare them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.statistics.experiment import (
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    Interval,
    KnownBackground,
    KnownEfficiency,
)

# Options of each method beside the experiment and the confidence level.
OPTIONS = {
    "rolke": ("bounded",),
    "cls": ("prior",),
    "cls-profiled": (),
    "feldman-cousins": ("prior", "convention", "ordering"),
    "bayesian": ("prior", "signal_prior"),
}
#: How tables and text call the methods, with their defaults; the order is that of the tables.
DISPLAY_NAMES = {
    "rolke": "Rolke",
    "cls": "CLs averaged",
    "cls-profiled": "CLs profiled",
    "feldman-cousins": "Feldman-Cousins (1998)",
    "bayesian": "Bayesian",
}
#: The methods of a table of limits.
TABLE_METHODS = tuple(DISPLAY_NAMES)
#: The methods whose coverage is summed: those quick enough for every count.
METHODS = ("rolke", "cls", "feldman-cousins", "bayesian")


def display_name(method: str) -> str:
    """Return the name of a method (a key of `OPTIONS`) for tables and text.

    Raises ValueError for an unknown method.

    >>> display_name("cls")
    'CLs averaged'
    """
    _check_method(method)
    return DISPLAY_NAMES[method]


def counting_experiment(
    observed: ArrayLike,
    background: ArrayLike,
    background_sigma: ArrayLike,
    efficiency: ArrayLike,
    efficiency_sigma: ArrayLike,
) -> CountingExperiment:
    """Return the experiment of these numbers; with no uncertainty above zero a number is known."""
    known_background = not np.any(np.asarray(background_sigma) > 0)
    known_efficiency = not np.any(np.asarray(efficiency_sigma) > 0)
    return CountingExperiment(
        observed=observed,
        background=KnownBackground(background)
        if known_background
        else GaussianBackground(background, background_sigma),
        efficiency=KnownEfficiency(efficiency)
        if known_efficiency
        else GaussianEfficiency(efficiency, efficiency_sigma),
    )


def method_options(method: str, bounded: bool, prior: str | None) -> dict[str, Any]:
    """Return the options of a method: `bounded` matters to Rolke's, `prior` to those with priors."""
    given = {"bounded": bounded, "prior": prior}
    return {name: given[name] for name in OPTIONS[method] if name in given}


def takes_prior(method: str) -> bool:
    """Whether the method averages over priors of the nuisances."""
    return "prior" in OPTIONS[method]


def applies(method: str, experiment: CountingExperiment) -> bool:
    """Whether the method has a limit for the experiment.

    Errors are log-normal in profiled CLs, which a background of zero cannot have.
    """
    background = experiment.background
    without_scale = (background.estimate == 0.0) & (background.sigma > 0.0)
    return method != "cls-profiled" or not np.any(without_scale)


def interval(
    method: str,
    experiment: CountingExperiment,
    confidence_level: ArrayLike = 0.90,
    **options: Any,
) -> Interval:
    """Return the interval of the named method; lower end 0 for the methods that only bound above.

    `method` is a key of `OPTIONS`, which lists the `options` that it takes; their meaning is that
    of the method's own function.  Raises ValueError for an unknown method or option.

    >>> from lnvsearch.statistics import KnownBackground, KnownEfficiency
    >>> experiment = CountingExperiment(0, KnownBackground(1.0), KnownEfficiency(1.0))
    >>> round(interval("cls", experiment, confidence_level=0.90).upper, 4)
    2.3026
    """
    _check_method(method)
    for name in options:
        if name not in OPTIONS[method]:
            raise ValueError(
                f"option {name!r} does not belong to {method}, which takes "
                f"{', '.join(OPTIONS[method])}"
            )
    # Only the method that is asked for is imported.
    if method == "rolke":
        from lnvsearch.statistics import rolke

        return rolke.interval(experiment, confidence_level, **options)
    if method == "feldman-cousins":
        from lnvsearch.statistics import feldman_cousins

        return feldman_cousins.interval(experiment, confidence_level, **options)
    if method == "cls":
        from lnvsearch.statistics import cls

        upper = cls.upper_limit(experiment, confidence_level, **options)
    elif method == "cls-profiled":
        from lnvsearch.statistics import cls_profiled

        upper = cls_profiled.upper_limit(experiment, confidence_level)
    else:
        from lnvsearch.statistics import bayesian

        upper = bayesian.upper_limit(experiment, confidence_level, **options)
    return Interval(0.0 if np.ndim(upper) == 0 else np.zeros_like(upper), upper)


def _check_method(method: str) -> None:
    if method not in OPTIONS:
        raise ValueError(f"method must be one of {', '.join(OPTIONS)}; got {method!r}")
