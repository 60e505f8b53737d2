"""The comparison of an NA62 paper in words: what its uncertainties mean, and why numbers disagree.

A disagreement of a derived number is a matter of arithmetic; one of a simulated number says where a
fast simulation ends.  Tests that miss the printed digits are listed with their reasons; where there
are simulated numbers, but those within one standard deviation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lnvsearch.experiments.na62.publication.additions import Additions
from lnvsearch.experiments.na62.publication.numbers import Numbers
from lnvsearch.experiments.na62.publication.simulated import variant_notes
from lnvsearch.experiments.na62.publication.tables.acceptance import (
    acceptance_ratios,
    published_ratio,
)
from lnvsearch.publication.agreement import AGREEMENTS, agreement
from lnvsearch.publication.comparison import is_test
from lnvsearch.publication.disagreements import Explanations
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import pdg_round, round_significant, with_uncertainty
from lnvsearch.publication.summary import Summary, comparison_summary
from lnvsearch.tables import Table, table_from_rows, table_rows, to_markdown

__all__ = ["summary_for_na62"]

_LIMIT = "upper_limit_branching_fraction"
_GROUPS = {
    "upper_limit": "limits",
    "single_event_sensitivity": "single-event sensitivities",
    "n_kaon_decays": "kaon decays",
    "signal_acceptance": "acceptances",
    "normalisation_acceptance": "acceptances",
    "acceptance_ratio": "acceptances",
    "background": "backgrounds",
    "signal_region": "signal region",
    "mass_resolution": "resolutions and losses",
    "track_vertex_z_resolution": "resolutions and losses",
    "neutral_vertex_z_resolution": "resolutions and losses",
    "ee_mass_acceptance_loss": "resolutions and losses",
    "rich_angle_acceptance_loss": "resolutions and losses",
    "control_normalisation_acceptance_loss": "resolutions and losses",
}
_NOT_TESTS = (
    "acceptances before the flat factor or with a factor fitted to themselves, what the assumed lower "
    "edge of a region decides, and the widths of masses"
)


def summary_for_na62(
    comparison: Table,
    published: PublishedNumbers,
    results: Mapping[str, Any],
    additions: Additions = Additions(),
) -> Summary:
    """Return the summary of `comparison_for_na62`.

    `results` is what the comparison was made from: its `limits` and its `companion` add the
    inconsistencies that need them, `reasons` why numbers disagree.  The text is made from the numbers alone: the same input gives
    the same bytes.
    """
    rows = table_rows(comparison)
    numbers = Numbers(published, results["channels"])
    companion = results.get("companion")
    other = None if companion is None else Numbers(companion)
    title = results.get("title") or f"NA62, {', '.join(numbers.channels)}"
    return comparison_summary(
        comparison,
        published,
        title=title,
        introduction=_introduction(rows),
        sigmas=_sigmas(rows),
        not_tests=_NOT_TESTS,
        groups=_GROUPS,
        explanations=Explanations(
            results.get("reasons") or (), list(additions.inconsistencies(numbers, other, results))
        ),
        remark="\n\n".join(filter(None, [
            _ratios(numbers, results), _consequences(numbers, results), _limits(rows, published),
        ])),
        # Hardly a simulated number has the printed digits: those within one sigma are not listed.
        listed=[
            name for name in AGREEMENTS[1:]
            if name != "within 1 sigma" or not any(row["kind"] == "simulated" for row in rows)
        ],
    )


def _introduction(rows: Sequence[Mapping[str, Any]]) -> str:
    text = (
        "The derived numbers follow from the paper's own printed numbers by arithmetic and, for "
        "the limits, by the paper's method."
    )
    if any(row["kind"] == "simulated" for row in rows):
        return text + (
            " The simulated ones come from this project's own events. Absolute acceptances are not "
            "predictions: one flat factor a data set brings that of the Standard-Model decay to "
            "the published value, and the acceptance of the signal, the sensitivity and the "
            "backgrounds follow from it."
        )
    return "No NA62 events are simulated. " + text


def _sigmas(rows: Sequence[Mapping[str, Any]]) -> str:
    text = (
        "σ published is the printed ±, and σ value what the published inputs leave open. Where "
        "both are there they hold the same experimental uncertainties, so that a small pull says "
        "no more than that the difference is small beside them. A limit from published inputs has "
        "no σ: the column `rounding` has what the printed digits leave open, those of the limit, and "
        "of the sensitivity (variants `printed_sensitivity…`) or of the branching fraction and "
        "acceptances that it is made of (`recomputed_sensitivity…`), all at their far ends."
    )
    if any(row["kind"] == "simulated" for row in rows):
        text += (
            " For simulated numbers σ value is the simulation's own, and a simulated limit has the "
            "relative σ of the paper's sensitivity as its σ published."
        )
    return text


def _ratios(numbers: Numbers, results: Mapping[str, Any]) -> str:
    """The ratio of the acceptances by default and under each hypothesis, as a table."""
    acceptance = results.get("acceptance") or {}
    lines = []
    for channel in acceptance:
        published_one = published_ratio(numbers, channel)
        if published_one is None:
            continue
        printed = published_one.value
        ratios = acceptance_ratios(acceptance, channel, results["channels"])
        for variant in variant_notes(results):
            if variant in ratios:
                value, sigma = ratios[variant]
                lines.append({
                    "channel": channel,
                    "variant": variant,
                    "published": round_significant(printed, 3 if printed < 1 else 4),
                    "this project": pdg_round(value, sigma),
                    "over published": f"{value / printed:.3f}",
                })
    if not lines:
        return ""
    text = to_markdown(table_from_rows(lines, list(lines[0])))
    return (
        "The ratio A_SM/A_LNV of the acceptances, which no flat factor touches; the uncertainty is "
        "that of the simulated samples. The paper states none of the other variants; the comparison "
        "says of each what it changes.\n\n" + text
    )


def _consequences(numbers: Numbers, results: Mapping[str, Any]) -> str:
    """What each variant would make of the published limits, as a table.

    The limit is proportional to the sensitivity, and that to A_SM/A_LNV.
    """
    lines = []
    for channel, record in (results.get("sensitivity") or {}).items():
        if (_LIMIT, channel) not in numbers or "nominal" not in record["simulated"]:
            continue
        number = numbers.number(_LIMIT, channel)
        simulated = {
            name: entry["single_event_sensitivity"] for name, entry in record["simulated"].items()
        }
        for variant, note in variant_notes(results).items():
            if variant == "nominal" or variant not in simulated:
                continue
            ratio = simulated[variant] / simulated["nominal"]
            lines.append({
                "channel": channel,
                "variant": variant,
                "published limit": number.digits,
                "would be": round_significant(ratio * number.value, 3),
                "change": f"{100 * (ratio - 1):+.1f} %",
                "what is changed": note,
            })
    if not lines:
        return ""
    return (
        "What the published limits would be if the acceptances were those of another variant "
        "(simulated: the published limit times the sensitivity over the nominal one):\n\n"
        + to_markdown(table_from_rows(lines, list(lines[0])))
    )


def _limits(rows: Sequence[Mapping[str, Any]], published: PublishedNumbers) -> str:
    """All limits that test the printed ones, as a table."""
    lines = []
    for row in _limit_tests(rows):
        number = published.find(_LIMIT, channel=row["channel"])
        lines.append({
            "channel": row["channel"],
            "kind": row["kind"],
            "variant": row["variant"],
            "published": number.digits,
            "this project": with_uncertainty(row["value"], row["uncertainty"]),
            "pull": "" if row["pull"] is None else f"{row['pull']:+.2f}",
            "counts as": agreement(row, number),
        })
    if not lines:
        return ""
    return "The limits:\n\n" + to_markdown(table_from_rows(lines, list(lines[0])))


def _limit_tests(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["quantity"] == _LIMIT and is_test(row)]
