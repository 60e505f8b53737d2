"""Where the paper disagrees with the next one, and the one limit that depends on a choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lnvsearch.experiments.na62.publication.numbers import Numbers
from lnvsearch.publication.rounding import round_significant
from lnvsearch.publication.inconsistencies import Inconsistency

__all__ = ["inconsistencies"]


def inconsistencies(
    numbers: Numbers, companion: Numbers | None, results: Mapping[str, Any]
) -> Iterator[Inconsistency]:
    """Yield the inconsistencies, the weightiest first.

    The `limits` of `results` add the choice of prior, the companion (the next paper's numbers) what
    shows only between the two.
    """
    records = [
        record
        for record in (results.get("limits") or {}).get("pimumu", ())
        if record["is_paper_method"] and record["variant"] == "printed_sensitivity"
    ]
    if records:
        yield _prior(numbers, records)
    if companion is not None:
        yield _data_fraction(numbers, companion)


def _prior(numbers: Numbers, records: Sequence[Mapping[str, Any]]) -> Inconsistency:
    """Not a contradiction: the one limit of the four that depends on a choice."""
    limits = {record["prior"]: record["upper_branching_fraction"] for record in records}
    number = numbers.number("upper_limit_branching_fraction", "pimumu")
    agree = [
        name for name, value in limits.items() if abs(value - number.value) <= number.resolution / 2
    ]
    return Inconsistency(
        "The μμ limit depends on the prior of the background, which the text hardly defines",
        number.digits,
        f"{round_significant(min(limits.values()), 3)} to "
        f"{round_significant(max(limits.values()), 3)}",
        "Section 4 takes posteriors of uniform priors for the background and does not say of which "
        "counts. With one event and 0.91 ± 0.41 expected, CLs gives "
        + ", ".join(f"{round_significant(v, 4)} ({name})" for name, v in limits.items())
        + f". The printed digits come from: {', '.join(agree) or 'none'}.",
    )


def _data_fraction(numbers: Numbers, later: Numbers) -> Inconsistency:
    kaons = 100 * numbers.value("n_kaon_decays", "piee") / later.value("n_kaon_decays")
    spills = 100 * numbers.value("spills") / later.value("spills")
    return Inconsistency(
        "The share of the data of 2016–18",
        "about 30 %",
        f"{kaons:.0f} % by kaon decays",
        f"The later paper finds {later.value('n_kaon_decays'):.4g} kaon decays in all data with "
        f"the same triggers, this one {numbers.value('n_kaon_decays', 'piee'):.3g}. By spills the "
        f"share is {spills:.0f} %. The two selections differ, so the decays per spill need not be "
        "equal.",
    )
