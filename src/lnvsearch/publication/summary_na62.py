"""The comparison of an NA62 paper in words: what its uncertainties mean, and why numbers disagree.

Nothing is simulated for these papers, so a disagreement is a matter of arithmetic: every test that
misses the printed digits is listed with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lnvsearch.publication.comparison_rows import is_test
from lnvsearch.publication.inconsistencies_na62 import inconsistencies_na62
from lnvsearch.publication.numbers_na62 import Numbers, rounding_sigma
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import round_significant
from lnvsearch.publication.summary import AGREEMENTS, Reason, agreement, comparison_summary
from lnvsearch.publication.table_files import Table, table_from_rows, table_rows, to_markdown

__all__ = ["REASONS", "summary_for_na62"]

_LIMIT = "upper_limit_branching_fraction"
_GROUPS = {
    "upper_limit": "limits",
    "single_event_sensitivity": "single-event sensitivities",
    "n_kaon_decays": "kaon decays",
    "background": "backgrounds",
    "signal_region": "signal region",
}
_NOT_TESTS = (
    "limits by another method than the paper's or with another prior than the posterior of a "
    "uniform one, and values of which the paper prints only a bound"
)

#: Why numbers of the two papers disagree; the first that matches a row counts.
REASONS = (
    Reason(
        _LIMIT,
        "the unrounded limit lies at the edge between two roundings",
        channel="piee",
        inconsistency="The π⁻e⁺e⁺ limit sits on the edge of its rounding",
    ),
    Reason(
        _LIMIT,
        "the limit depends on the prior of the background",
        channel="pimumu",
        inconsistency=(
            "The μμ limit depends on the prior of the background, which the text hardly defines"
        ),
    ),
    Reason(
        "n_kaon_decays*uncertainty",
        "the paper's is the uncertainty of the branching fraction alone",
        inconsistency="The last digit of the number of kaon decays",
    ),
    Reason(
        "n_kaon_decays",
        "the acceptance is printed with three digits",
        inconsistency="The last digit of the number of kaon decays",
    ),
    Reason(
        "background_pileup_*",
        "the paper seems to give the control region the rate of the whole range",
        inconsistency="The pileup background of K⁺ → π⁻π⁰e⁺e⁺",
    ),
    Reason(
        "data_fraction_percent",
        "a round number in the text",
        inconsistency="The share of the data of 2016–18",
    ),
    Reason("kaon_decay_rate_mhz", "a round number in the text, from a kaon fraction of one digit"),
    Reason("beam_particle_rate_mhz", "a round number in the text"),
)


def summary_for_na62(
    comparison: Table, published: PublishedNumbers, results: Mapping[str, Any] | None = None
) -> str:
    """Return the summary of `comparison_for_na62` as Markdown.

    `results` is what the comparison was made from: its `limits` and its `companion` add the
    inconsistencies that need them.  The text is made from the numbers alone: the same input gives
    the same bytes.
    """
    rows = table_rows(comparison)
    return comparison_summary(
        comparison,
        published,
        title=_title(published),
        introduction=_introduction(rows),
        sigmas=_sigmas(rows, published),
        not_tests=_NOT_TESTS,
        groups=_GROUPS,
        reasons=REASONS,
        inconsistencies=inconsistencies_na62(published, results),
        remark=_limits(rows, published),
        listed=AGREEMENTS[1:],
    )


def _title(published: PublishedNumbers) -> str:
    if Numbers(published).is_first:
        searches = "NA62, 2017 data, K⁺ → π⁻e⁺e⁺ and K⁺ → π⁻μ⁺μ⁺"
    else:
        searches = "NA62, 2016–18 data, K⁺ → π⁻e⁺e⁺ and K⁺ → π⁻π⁰e⁺e⁺"
    return f"{searches}: the published numbers and this project's"


def _introduction(rows: Sequence[Mapping[str, Any]]) -> str:
    text = (
        "The derived numbers follow from the paper's own printed numbers by arithmetic and, for "
        "the limits, by the paper's method."
    )
    if any(row["kind"] == "simulated" for row in rows):
        return text
    return "No NA62 events are simulated. " + text


def _sigmas(rows: Sequence[Mapping[str, Any]], published: PublishedNumbers) -> str:
    limits = _limit_tests(rows)
    rounded = sum(_is_rounding(row, published) for row in limits)
    text = (
        "σ published is the printed ±, and σ value what the published inputs leave open. Where "
        "both are there they hold the same experimental uncertainties, so that a small pull says "
        "no more than that the difference is small beside them."
    )
    if rounded:
        which = f"all {rounded}" if rounded == len(limits) else f"{rounded} of the {len(limits)}"
        text += (
            f" Not so for {which} tests of limits: there both σ are rounding alone, unit/√12 of "
            "the last printed digit of the limit, and of the sensitivity (variants "
            "`printed_sensitivity…`) or of the branching fraction and acceptances that it is made "
            "of (`recomputed_sensitivity…`). No single rounding moves a number by more than √3 of "
            "its σ."
        )
    return text


def _limits(rows: Sequence[Mapping[str, Any]], published: PublishedNumbers) -> str:
    """All limits that test the printed ones, as a table."""
    lines = []
    for row in _limit_tests(rows):
        number = published.find(_LIMIT, channel=row["channel"])
        lines.append({
            "channel": row["channel"],
            "variant": row["variant"],
            "published": number.digits,
            "this project": round_significant(row["value"], 4),
            "pull": "" if row["pull"] is None else f"{row['pull']:+.2f}",
            "counts as": agreement(row, number.resolution),
        })
    if not lines:
        return ""
    return "The limits:\n\n" + to_markdown(table_from_rows(lines, list(lines[0])))


def _limit_tests(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["quantity"] == _LIMIT and is_test(row)]


def _is_rounding(row: Mapping[str, Any], published: PublishedNumbers) -> bool:
    """Tell whether the published limit's uncertainty is that of its own digits."""
    sigma = rounding_sigma(published.find(_LIMIT, channel=row["channel"]))
    stated = row["published_uncertainty"]
    return stated is not None and math.isclose(stated, sigma, rel_tol=1e-9)
