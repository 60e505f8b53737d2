"""Every number of an NA62 paper against this project's.

What follows from printed numbers is in `derivations`, the simulated numbers in `simulated`; rows and
columns are described in `lnvsearch.publication.comparison`, and `summary` writes the text about
them.  What one paper alone has is its `Additions`.  A limit from printed numbers carries what their
digits leave open (`input_rounding`), because one such as 5.3e-11 from a sensitivity of 2.28e-11 sits
on the edge between two roundings.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lnvsearch.experiments.na62.publication.additions import Additions
from lnvsearch.experiments.na62.publication.derivations import derived_rows
from lnvsearch.experiments.na62.publication.numbers import (
    ALL,
    Numbers,
    normalisation,
    rounding,
)
from lnvsearch.experiments.na62.publication.simulated import simulated_rows, variant_notes
from lnvsearch.experiments.na62.publication.summary import summary_for_na62
from lnvsearch.publication.comparison import (
    NO_TEST,
    comparison_row,
    comparison_table,
    left_out_note,
)
from lnvsearch.publication.entered import entered_of, remaining_rows
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.results import of_the_paper
from lnvsearch.publication.summary import Summary

__all__ = ["compare", "comparison_for_na62"]

Row = dict[str, Any]

_LIMIT = "upper_limit_branching_fraction"
_LIMIT_INPUTS = (
    "observed_events",
    "background_events",
    "background_events_uncertainty",
    "single_event_sensitivity",
    "single_event_sensitivity_uncertainty",
)
# The paper on 2017 data takes the posterior of a uniform prior for the background; the later one
# names no prior, and with no event observed none matters.
_OWN_PRIOR = "posterior-gamma"
# Inputs of the sensitivity with few printed digits; counts and the rest are exact.
_ROUNDED_INPUTS = ("normalisation_acceptance_percent", "normalisation_branching_fraction")


def compare(
    published: PublishedNumbers,
    *,
    limits: Mapping[str, list],
    entered: Iterable[Sequence],
    additions: Additions = Additions(),
    **results: Any,
) -> tuple[dict[str, list], Summary]:
    """Return the comparison of a search with its paper, and its summary.

    `entered` is what `entered_of` reads; `limits` of the user's own data are left out.  All others
    as in `comparison_for_na62`.
    """
    results["entered"] = entered_of(entered)
    results["limits"] = {channel: of_the_paper(records) for channel, records in limits.items()}
    table = comparison_for_na62(published, results, additions)
    return table, summary_for_na62(table, published, results, additions)


def comparison_for_na62(
    published: PublishedNumbers, results: Mapping[str, Any], additions: Additions = Additions()
) -> dict[str, list]:
    """Return the comparison for one NA62 paper, all its numbers covered.

    In `published` channels, regions and processes are named by the rules of the other papers.
    `results` holds, each optional but the first:

    `channels`           how the kaons of each channel are counted, see `numbers`
    `compared`           {variation: note} of the hypotheses that are set against the paper
    `limits`             {channel: records of limits/<channel>.json}, of kind `derived` with the
                         variants `printed_sensitivity` and `recomputed_sensitivity`, and of kind
                         `simulated` with those of the simulated sensitivity
    `companion`          the published numbers of another NA62 paper, which some rows need
    `acceptance`         {channel: table of acceptance/<channel>.csv}
    `background`         {channel: table of background/<channel>.csv}
    `sensitivity`        {channel: record of sensitivity/<channel>.json}: `simulated` by variation,
                         and `neutral_pion_factor` where a factor is fitted to the signal itself
    `validation`         table `quantity, channel, variant, value, uncertainty, note` of what was
                         measured on simulated events, in the published unit
    `title`              what the search is called
    `reasons`            why numbers disagree (lnvsearch.publication.reasons), for the summary
    `entered`            what this run uses for published inputs (lnvsearch.publication.entered)

    Where the table of measurements has a number that other tables give too, the measurement counts.
    Raises ValueError if two rows share a key, a channel, setting or record names something that the
    paper or the search does not have, or a number of the paper has no row.
    """
    numbers = Numbers(published, results["channels"])
    companion = results.get("companion")
    other = None if companion is None else Numbers(companion)
    rows = [*derived_rows(numbers), *additions.derived(numbers, other)]
    rows += _closed_form_rows(numbers)
    for channel, records in (results.get("limits") or {}).items():
        normalisation(results["channels"], channel)  # a channel that is not there is an error
        rows += _limit_rows(numbers, channel, records, results)
    given = {_key(row) for row in rows}
    for row in [*simulated_rows(numbers, results), *additions.simulated(numbers, results)]:
        if _key(row) not in given:
            given.add(_key(row))
            rows.append(row)
    used = {(*key, None) for key in numbers.used if key[0] != _LIMIT}
    rows += remaining_rows(published, results.get("entered") or {}, used, rows)
    return comparison_table(rows, published)


def _key(row: Row) -> tuple:
    return (row["quantity"], row["channel"], row["variant"])


def _closed_form_rows(numbers: Numbers) -> Iterator[Row]:
    """With no event observed, CLs is exp(-s) for any background: s = -ln(1 - CL)."""
    if ("confidence_level_percent", ALL) not in numbers:
        return
    expected = -math.log1p(-numbers.value("confidence_level_percent") / 100)
    for channel in numbers.channels:
        if _printed_value(numbers, "observed_events", channel) == 0:
            for variant, (mean, relative) in _sensitivities(numbers, channel).items():
                limit = expected * mean
                yield _limit_row(
                    numbers.number(_LIMIT, channel), f"{variant}_closed_form", limit,
                    relative, "sensitivity x ln 10: CLs without any event and uncertainty",
                )


def _limit_rows(
    numbers: Numbers, channel: str, records: list[Mapping[str, Any]], results: Mapping[str, Any]
) -> Iterator[Row]:
    """Limits by the paper's method and prior; all others stand in the table `limits_by_method`."""
    if (_LIMIT, channel) not in numbers:
        return  # a search that has not published its limit yet
    number = numbers.number(_LIMIT, channel)
    numbers.used.update((name, channel) for name in _LIMIT_INPUTS)
    roundings = {name: relative for name, (_, relative) in _sensitivities(numbers, channel).items()}
    for record in records:
        if not record["is_paper_method"] or record["prior"] not in (_OWN_PRIOR, None):
            continue
        if record["kind"] == "simulated":
            if record["variant"] in variant_notes(results):
                yield _simulated_limit_row(numbers, channel, record)
            continue
        note = ""
        if record["variant"] not in roundings:
            note = f"{NO_TEST}: the sensitivity's inputs are not among the paper's legible numbers"
        yield _limit_row(
            number, record["variant"], record["upper_branching_fraction"],
            roundings.get(record["variant"], 0.0), note, kind=record["kind"],
        )


def _simulated_limit_row(numbers: Numbers, channel: str, record: Mapping[str, Any]) -> Row:
    """A limit from simulated sensitivity and background: one a variant.

    The published side's uncertainty is that of its own sensitivity, relative: the simulated
    sensitivity is another estimate of the same.
    """
    number = numbers.number(_LIMIT, channel)
    single = _printed_value(numbers, "single_event_sensitivity", channel)
    sigma = _printed_value(numbers, "single_event_sensitivity_uncertainty", channel)
    note = "simulated sensitivity and background, published count; uncertainty: that of the {} "
    note += "sensitivity"
    bound = left_out_note(record.get("background_left_out") or 0.0)
    note += f"; background {bound}" if bound else ""
    if single and sigma:
        relative = sigma / single
        return comparison_row(
            number, "simulated", record["variant"], record["upper_branching_fraction"],
            published_uncertainty=relative * number.value,
            source="limits", note=note.format("published"),
        )
    relative = record["efficiency_uncertainty"] / record["efficiency"]
    return comparison_row(
        number, "simulated", record["variant"], record["upper_branching_fraction"],
        relative * record["upper_branching_fraction"], source="limits",
        note=note.format("simulated"),
    )


def _limit_row(
    number: PublishedNumber,
    variant: str,
    value: float,
    relative_rounding: float,
    note: str,
    *,
    kind: str = "derived",
) -> Row:
    return comparison_row(
        number, kind, variant, value, input_rounding=relative_rounding * value,
        source="limits", note=note,
    )


def _sensitivities(numbers: Numbers, channel: str) -> dict[str, tuple[float, float]]:
    """Each single-event sensitivity, and what rounding of its inputs leaves open: half of it, relative.

    Only those that the paper's numbers give.
    """
    found = {}
    name = "single_event_sensitivity"
    if (name, channel) in numbers and numbers.number(name, channel).legible:
        printed = numbers.number("single_event_sensitivity", channel)
        value = numbers.value("single_event_sensitivity", channel)
        found["printed_sensitivity"] = (value, rounding(printed) / value)
    if numbers.has_sensitivity(channel):
        norm = numbers.normalisation_channel(channel)
        inputs = [numbers.number(name, norm) for name in _ROUNDED_INPUTS]
        inputs.append(numbers.number("signal_acceptance_percent", channel))
        # At the far end of all of them together: roundings are no standard deviations.
        relative = math.fsum(rounding(n) / n.value for n in inputs)
        found["recomputed_sensitivity"] = (numbers.sensitivity(channel).mean, relative)
    return found


def _printed_value(numbers: Numbers, quantity: str, channel: str) -> float | None:
    """Value of a number, whose use is remembered; None where the paper prints none."""
    return numbers.value(quantity, channel) if (quantity, channel) in numbers else None
