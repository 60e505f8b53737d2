"""Columns of the hypotheses under which a table of backgrounds has events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lnvsearch.experiments.na62.publication.tables.background import total_background
from lnvsearch.tables import Table

__all__ = ["column", "hypotheses"]


def hypotheses(background: Table, regions: Sequence[str], compared: Iterable[str]) -> list[str]:
    """Return those of `compared` under which some background of a region was simulated."""
    return [
        variant for variant in compared
        if any(total_background(background, "lnv", region, variant) for region in regions)
    ]


def column(variant: str) -> str:
    """Return the name of the column of a variant."""
    return "simulated" if variant == "nominal" else f"simulated_{variant}"
