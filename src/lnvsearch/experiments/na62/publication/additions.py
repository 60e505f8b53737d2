"""What one paper adds to the comparison that all NA62 papers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lnvsearch.experiments.na62.publication.numbers import Numbers
from lnvsearch.publication.inconsistencies import Inconsistency

__all__ = ["Additions"]

Rows = Iterable[dict[str, Any]]


def _none(*_: Any) -> tuple:
    return ()


@dataclass(frozen=True)
class Additions:
    """Rows and inconsistencies of one paper alone.

    derived : rows from its numbers and, if there is one, its companion's
    simulated : rows from its numbers and the results, as in `comparison_for_na62`
    inconsistencies : those of its numbers, the weightiest first, from both and the results
    """

    derived: Callable[[Numbers, Numbers | None], Rows] = _none
    simulated: Callable[[Numbers, Mapping[str, Any]], Rows] = _none
    inconsistencies: Callable[
        [Numbers, Numbers | None, Mapping[str, Any]], Iterable[Inconsistency]
    ] = _none
