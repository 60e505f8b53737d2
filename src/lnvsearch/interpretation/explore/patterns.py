"""Patterns of mixing in equal steps, and the limits on |U|^2 of every channel for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lnvsearch.interpretation.mixing import FLAVOURS, Mixing
from lnvsearch.interpretation.mixing_limits import MIXING_COLUMNS
from lnvsearch.interpretation.mixing_table import mixing_table
from lnvsearch.tables import Table, table_from_rows, table_rows

__all__ = ["mixing_patterns", "pattern_limits"]


def mixing_patterns(steps: int) -> dict[tuple[int, int], Mixing]:
    """Patterns of which each flavour's share is a multiple of 1 / steps, by those of e and mu.

    Raises ValueError for less than one step.

    >>> [mixing.name for mixing in mixing_patterns(1).values()]
    ['tau', 'mu', 'e']
    """
    if steps < 1:
        raise ValueError(f"steps of the mixing pattern must be at least 1; got {steps}")
    return {
        (e, mu): Mixing.from_ratio(f"{e}:{mu}:{steps - e - mu}")
        for e in range(steps + 1)
        for mu in range(steps + 1 - e)
    }


def pattern_limits(
    grids: Mapping[tuple[str, str], str | Path],
    steps: int,
    combined: Iterable[Mapping[str, Any]] = (),
    chirality: str = "v_minus_a",
    confidence_level: float = 0.90,
) -> Table:
    """Rows of `mixing_table` by each paper's method, pattern after pattern of `mixing_patterns`.

    `combined`: `shares` of |U|^2 by flavour and the channels that are `combined` there; of patterns among
    the steps.
    """
    of_pattern = {_of_shares(entry["shares"]).name: entry["combined"] for entry in combined}
    rows = []
    for mixing in mixing_patterns(steps).values():
        shares = {flavour: mixing.share(flavour) for flavour in FLAVOURS}
        together = map(tuple, of_pattern.get(mixing.name, ()))
        found = mixing_table(grids, shares, together, chirality, confidence_level, ("paper",))
        rows += table_rows(found)
    return table_from_rows(rows, MIXING_COLUMNS)


def _of_shares(shares: Mapping[str, float]) -> Mixing:
    return Mixing.from_ratio(":".join(str(shares.get(flavour, 0.0)) for flavour in FLAVOURS))
