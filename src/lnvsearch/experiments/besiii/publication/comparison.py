"""The comparison of a search with what its paper prints; of one without a paper, an empty one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lnvsearch.publication.comparison import comparison_table
from lnvsearch.publication.disagreements import Explanations
from lnvsearch.publication.entered import entered_of, remaining_rows
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.summary import Summary, comparison_summary

__all__ = ["compare"]


def compare(
    published: PublishedNumbers, entered: Iterable[Sequence], title: str
) -> tuple[dict[str, list], Summary]:
    """Return every published number against what this run uses, and the summary."""
    rows = remaining_rows(published, entered_of(entered), (), [])
    table = comparison_table(rows, published)
    introduction = "" if len(published) else "A search without a paper: there is nothing to compare with."
    return table, comparison_summary(
        table, published, title=title, introduction=introduction,
        sigmas="σ value is the statistical uncertainty of the simulation.",
        not_tests="and values that a note calls no test", groups={},
        explanations=Explanations(reasons=(), inconsistencies=()),
    )  # fmt: skip
