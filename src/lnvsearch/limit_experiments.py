"""From requests of `lnvsearch limit` to counting experiments and options of methods."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lnvsearch.limit_quantities import Uncertainty
from lnvsearch.limit_settings import Request

if TYPE_CHECKING:
    from lnvsearch.statistics.experiment import CountingExperiment

_BACKGROUND_NUMBERS = {
    "known": ("background",),
    "gaussian": ("background", "background_sigma"),
    "asymmetric": ("background", "background_up", "background_down"),
    "poisson": ("sideband", "tau"),
}
_EFFICIENCY_NUMBERS = {
    "known": ("efficiency",),
    "gaussian": ("efficiency", "efficiency_sigma"),
    "binomial": ("passed", "generated"),
}


def experiment_of(requests: list[Request]) -> CountingExperiment:
    """Return the counting experiments of requests that differ in numbers only."""
    numbers = [
        measured_numbers({name: [value] for name, value in request.items()})
        for request in requests
    ]
    joined = {name: [one[name][0] for one in numbers] for name in numbers[0]}
    return experiment_from(requests[0], joined)


def experiment_from(first: Request, numbers: Mapping[str, Any]) -> CountingExperiment:
    """Return the counting experiments of `numbers`, from `measured_numbers`.

    `first`: the request of one of them, for all that is no number.
    """
    from lnvsearch import statistics

    kind = background_kind(first)
    background = [numbers[name] for name in _BACKGROUND_NUMBERS[kind]]
    if kind == "asymmetric":
        background.append(first["background_shape"])
    efficiency = [numbers[name] for name in _EFFICIENCY_NUMBERS[efficiency_kind(first)]]
    backgrounds = {
        "known": statistics.KnownBackground,
        "gaussian": statistics.GaussianBackground,
        "asymmetric": statistics.AsymmetricBackground,
        "poisson": statistics.PoissonBackground,
    }
    efficiencies = {
        "known": statistics.KnownEfficiency,
        "gaussian": statistics.GaussianEfficiency,
        "binomial": statistics.BinomialEfficiency,
    }
    return statistics.CountingExperiment(
        numbers["observed"],
        backgrounds[kind](*background),
        efficiencies[efficiency_kind(first)](*efficiency),
        first.get("correlation", 0.0),
    )


def measured_numbers(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the counting experiments of columns of settings are made of.

    The columns have one length and belong to requests with the same settings.  With a single-event
    sensitivity the efficiency is its inverse; `efficiency_sigma` holds all errors of what the limit
    is divided by.
    """
    import numpy as np

    numbers = {
        name: columns[name]
        for name in ("observed", "background", "sideband", "tau", "passed", "generated")
        if name in columns
    }
    if "background_uncertainty" in columns:
        errors = columns["background_uncertainty"]
        if background_kind({"background_uncertainty": errors[0]}) == "asymmetric":
            numbers["background_up"] = [error.up for error in errors]
            numbers["background_down"] = [error.down for error in errors]
        else:
            numbers["background_sigma"] = errors
    if "passed" in columns:
        return numbers
    if "single_event_sensitivity" in columns:
        mean = 1.0 / np.asarray(columns["single_event_sensitivity"])
    else:
        mean = np.asarray(columns["efficiency"])
    relative = _relative_uncertainties(columns)
    numbers["efficiency"] = mean
    if relative is not None:
        numbers["efficiency_sigma"] = relative * mean
    return numbers


def options_of(request: Request) -> Request:
    """Return the options of the request's method."""
    from lnvsearch.statistics import methods

    names = methods.OPTIONS[request["method"]]
    options = {name: request[name] for name in names if name in request}
    if "," in options.get("prior", ""):
        options["prior"] = tuple(options["prior"].split(","))
    return options


def scale_of(request: Request) -> float:
    """Return what a number of produced decays is divided by."""
    return request.get("normalisation", 1.0)


def background_kind(request: Request) -> str:
    if "sideband" in request:
        return "poisson"
    if isinstance(request.get("background_uncertainty"), Uncertainty):
        return "asymmetric"
    return "gaussian" if "background_uncertainty" in request else "known"


def efficiency_kind(request: Request) -> str:
    if "passed" in request:
        return "binomial"
    uncertain = any(
        f"{name}_uncertainty" in request
        for name in ("efficiency", "normalisation", "single_event_sensitivity")
    )
    return "gaussian" if uncertain else "known"


def _relative_uncertainties(columns: Mapping[str, Sequence]):
    """Relative uncertainty of the efficiency with that of the normalisation in quadrature.

    s = N * B events are produced, and s * E are selected: a limit on B sees only the product
    N * E, whose relative uncertainty is the quadratic sum of the two.  That of a single-event
    sensitivity is that of its inverse.  All of these values are above zero.
    """
    import numpy as np

    relative = [
        np.asarray(columns[errors]) / np.asarray(columns[name])
        for name in ("efficiency", "normalisation", "single_event_sensitivity")
        if (errors := f"{name}_uncertainty") in columns
    ]
    if len(relative) < 2:
        return relative[0] if relative else None
    return np.array(list(map(math.hypot, *(one.tolist() for one in relative))))
