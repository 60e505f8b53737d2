"""Allowed ranges of the settings of `lnvsearch limit`, and the likely slip of what is outside."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lnvsearch.cli import UsageError

#: Counts and expected backgrounds that a method can sum, and those with uncertainties: beyond, it
#: would need minutes, or gigabytes.
_MOST_EVENTS = {
    "rolke": (1e12, 1e12),
    "cls": (1e6, 1e6),
    "bayesian": (1e6, 1e6),
    "cls-profiled": (1e4, 1e3),
    "feldman-cousins": (1e6, 300.0),
}
_MOST_EVENTS_OF_ORDERINGS = 100.0
#: Numbers other than 0 outside these are slips, and their squares leave the range of a double.
_SMALLEST, _LARGEST = 1e-100, 1e100
#: Confidence levels nearer to 0 or 1 are slips, too.
LOWEST_LEVEL, HIGHEST_LEVEL = 0.01, 1.0 - 1e-9
#: Largest uncertainty over its value: of what the limit is divided by, and of a background.
_MOST_RELATIVE, _MOST_RELATIVE_BACKGROUND = 1.0, 1e3
#: Settings with the smallest value, and whether that value itself is allowed.
_LOWEST = {
    "observed": (0.0, True),
    "background": (0.0, True),
    "sideband": (0.0, True),
    "tau": (0.0, False),
    "efficiency": (0.0, False),
    "passed": (0.0, False),
    "generated": (0.0, False),
}
_SLIPS = {
    "background": "a fit that comes out below zero has to be bounded at 0",
    "tau": "it is the background in the sideband over that in the signal region",
    "efficiency": "it divides the limit",
    "passed": "without a selected event there is no limit; simulate more",
}


def check_ranges(request: Mapping[str, Any]) -> None:
    """Raise UsageError, with option, range and likely slip, for a number outside its range."""
    for name, (lowest, included) in _LOWEST.items():
        value = request.get(name)
        if value is None:
            continue
        inside = value >= lowest if included else value > lowest
        if not (math.isfinite(value) and inside):
            slip = f"; {_SLIPS[name]}" if name in _SLIPS and math.isfinite(value) else ""
            sign = ">=" if included else ">"
            raise UsageError(f"--{name} must be finite and {sign} {lowest:g}; got {value:g}{slip}")
    observed = request.get("observed")
    if observed is not None and observed != math.floor(observed):
        raise UsageError(
            f"--observed must be a whole number of events >= 0; got {observed:g}; an expectation "
            "is --background"
        )
    if request.get("passed", 0.0) > request.get("generated", math.inf):
        raise UsageError(
            f"--passed must be at most --generated; got {request['passed']:g} of "
            f"{request['generated']:g}; were they exchanged?"
        )
    for name, value in request.items():
        if isinstance(value, float) and math.isfinite(value) and value and not (
            _SMALLEST <= abs(value) <= _LARGEST
        ):
            raise UsageError(
                f"{_option(name)} must be between {_SMALLEST:g} and {_LARGEST:g}; got {value:g}; "
                "is the exponent right?"
            )
    if not -1.0 <= request.get("correlation", 0.0) <= 1.0:
        raise UsageError(
            f"--correlation must be between -1 and 1; got {request['correlation']:g}"
        )


def check_level(level: float) -> None:
    """Raise UsageError for a confidence level outside (0, 1), or so close to an end that it is a slip."""
    if not 0.0 < level < 1.0:
        raise UsageError(
            "--cl (confidence_level) must be between 0 and 1, both excluded (0.90 for 90 %); got "
            f"{level:g}{fraction_slip(level)}"
        )
    if not LOWEST_LEVEL <= level <= HIGHEST_LEVEL:
        slip = f"; did you mean {100 * level:g}?" if 0.005 <= level < LOWEST_LEVEL else ""
        raise UsageError(
            f"--cl (confidence_level) must be at least {LOWEST_LEVEL:g} and at most 1 - 1e-9 (0.90 "
            f"for 90 %); got {level:.12g}{slip}"
        )


def check_size(request: Mapping[str, Any]) -> None:
    """Raise UsageError for counts or backgrounds that the method cannot sum in bounded time.

    The request is complete: errors are in the units of their values.
    """
    method = request["method"]
    uncertain = "sideband" in request or any(
        request.get(name) for name in ("background_uncertainty", "efficiency_uncertainty")
    )
    uncertain = uncertain or "passed" in request or any(
        request.get(f"{name}_uncertainty") for name in ("normalisation", "single_event_sensitivity")
    )
    largest = most_events(request, uncertain)
    events = {"observed": request["observed"]}
    if "sideband" in request:
        events["sideband"] = request["sideband"]
        events["tau"] = request["sideband"] / request["tau"]
    else:
        events["background"] = request["background"]
    for name, value in events.items():
        # A sideband may be larger than the signal region: only profiled CLs sums its counts.
        most = 1e12 if name == "sideband" and method != "cls-profiled" else largest
        if not value <= most:
            what = "a background (--sideband / --tau)" if name == "tau" else f"--{name}"
            with_errors = " with uncertainties" if uncertain else ""
            raise UsageError(
                f"{what} must be at most {most:g} events for --method {method}{with_errors}; got "
                f"{value:g}; so many events are nearly Gaussian: use --method rolke"
            )


def most_events(request: Mapping[str, Any], uncertain: bool) -> float:
    """Return the largest count and background of the request's method."""
    if uncertain and request.get("ordering", "cousins-highland") != "cousins-highland":
        return _MOST_EVENTS_OF_ORDERINGS
    return _MOST_EVENTS[request["method"]][uncertain]


def check_relative(name: str, value: float, largest_error: float) -> None:
    """Raise UsageError for an uncertainty that is larger than its value allows; both in one unit."""
    is_background = name.startswith("background")
    most = most_relative(name)
    if value > 0.0 and largest_error > most * value:
        percent = (
            f"; if it is in per cent, write {largest_error:g}%"
            if not is_background and 1.0 <= largest_error <= 100.0
            else "; the value and its uncertainty may be in different units"
        )
        raise UsageError(
            f"{_option(name)} must be at most {100 * most:g} % of its value {value:g}; got "
            f"{largest_error:g}{percent}"
        )


def most_relative(name: str) -> float:
    """Return the largest uncertainty of the given name over its value."""
    return _MOST_RELATIVE_BACKGROUND if name.startswith("background") else _MOST_RELATIVE


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def nearest(typed: str, allowed: Sequence[str]) -> str:
    """Return '; did you mean ...?' with the allowed word closest to what was typed, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(typed.lower(), allowed, n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def fraction_slip(value: float) -> str:
    """Return '; did you mean ...?' for a probability that was given in per cent, or nothing."""
    return f"; did you mean {value / 100:g}?" if 2.0 <= value < 100.0 else ""
