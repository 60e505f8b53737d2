"""Allowed ranges of the settings of `lnvsearch limit`, and the likely slip of what is outside."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lnvsearch.cli import UsageError

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
    if not -1.0 <= request.get("correlation", 0.0) <= 1.0:
        raise UsageError(
            f"--correlation must be between -1 and 1; got {request['correlation']:g}"
        )


def nearest(typed: str, allowed: Sequence[str]) -> str:
    """Return '; did you mean ...?' with the allowed word closest to what was typed, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(typed.lower(), allowed, n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def fraction_slip(value: float) -> str:
    """Return '; did you mean ...?' for a probability that was given in per cent, or nothing."""
    return f"; did you mean {value / 100:g}?" if 1.0 < value < 100.0 else ""
