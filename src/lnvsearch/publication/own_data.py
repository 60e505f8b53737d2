"""Limits from a user's own events, as tables print them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lnvsearch.publication.rounding import round_significant

__all__ = ["printed_limit"]


def printed_limit(records: Iterable[Mapping[str, Any]], variant: str) -> str:
    """The limit of a variant by the paper's own method and the first prior; `closed` where there is none yet.

    `records`: of `lnvsearch.limit_tables.limit_records`.
    """
    for record in records:
        if record["is_paper_method"] and record["variant"] == variant:
            return round_significant(record["upper_branching_fraction"], 3)
    return "closed"
