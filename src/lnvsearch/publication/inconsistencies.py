"""Inconsistencies between the numbers of a paper, and the text on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Inconsistency", "inconsistencies_text"]


@dataclass(frozen=True)
class Inconsistency:
    """One place where the paper's numbers do not fit each other.

    `printed` is what stands in the paper, `computed` what follows from its other numbers, and
    `evidence` how.
    """

    title: str
    printed: str
    computed: str
    evidence: str


def inconsistencies_text(inconsistencies: Sequence[Inconsistency]) -> str:
    """Return the inconsistencies as a numbered list in Markdown."""
    return "\n".join(
        f"{index}. **{item.title}.** Printed: {item.printed}. From other published numbers: "
        f"{item.computed}. {item.evidence}"
        for index, item in enumerate(inconsistencies, start=1)
    ) or "None is known."
