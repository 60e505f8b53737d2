"""From requests of `lnvsearch limit` to counting experiments and options of methods."""

from __future__ import annotations

import math

from lnvsearch.limit_quantities import Uncertainty
from lnvsearch.limit_settings import Request


def experiment_of(requests: list[Request]):
    """Return the counting experiments of requests that differ in numbers only."""
    from lnvsearch import statistics

    return statistics.CountingExperiment(
        [request["observed"] for request in requests],
        _background(requests),
        _efficiency(requests),
        requests[0].get("correlation", 0.0),
    )


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


def _column(requests: list[Request], name: str) -> list[float]:
    return [request.get(name, 0.0) for request in requests]


def _background(requests: list[Request]):
    from lnvsearch import statistics

    kind = background_kind(requests[0])
    if kind == "poisson":
        return statistics.PoissonBackground(_column(requests, "sideband"), _column(requests, "tau"))
    mean = _column(requests, "background")
    if kind == "known":
        return statistics.KnownBackground(mean)
    if kind == "asymmetric":
        errors = [request["background_uncertainty"] for request in requests]
        return statistics.AsymmetricBackground(
            mean,
            [error.up for error in errors],
            [error.down for error in errors],
            requests[0]["background_shape"],
        )
    return statistics.GaussianBackground(mean, _column(requests, "background_uncertainty"))


def _efficiency(requests: list[Request]):
    from lnvsearch import statistics

    kind = efficiency_kind(requests[0])
    if kind == "binomial":
        passed, generated = _column(requests, "passed"), _column(requests, "generated")
        return statistics.BinomialEfficiency(passed, generated)
    mean = [
        1.0 / request["single_event_sensitivity"]
        if "single_event_sensitivity" in request
        else request["efficiency"]
        for request in requests
    ]
    if kind == "known":
        return statistics.KnownEfficiency(mean)
    sigma = [
        _relative_uncertainty(request) * value
        for request, value in zip(requests, mean, strict=True)
    ]
    return statistics.GaussianEfficiency(mean, sigma)


def _relative_uncertainty(request: Request) -> float:
    """Relative uncertainty of the efficiency with that of the normalisation in quadrature.

    s = N * B events are produced, and s * E are selected: a limit on B sees only the product
    N * E, whose relative uncertainty is the quadratic sum of the two.  That of a single-event
    sensitivity is that of its inverse.
    """
    relative = [
        request[f"{name}_uncertainty"] / request[name]
        for name in ("efficiency", "normalisation", "single_event_sensitivity")
        if f"{name}_uncertainty" in request and request[name] > 0.0
    ]
    return math.hypot(*relative)
