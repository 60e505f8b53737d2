"""Rows of the NA62 comparison that come from this project's own events.

Variants: `nominal`; the hypotheses that the search's file compares; `uncalibrated`, before the flat
factor that brings the Standard-Model acceptance to the published one; `with_pi0_factor`, with the
further factor fitted to the published acceptance of a signal with a π⁰;
`normalised_in_lower_region`, a background scaled to its printed number below the masked region,
which leaves the shape in mass to test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication.numbers import (
    ALL,
    NOT_INDEPENDENT,
    Numbers,
    counts_outside_signal,
)
from lnvsearch.experiments.na62.publication.tables.acceptance import (
    PI0_FACTOR,
    acceptance_pairs,
    compared_variants,
    sensitivity_variants,
)
from lnvsearch.experiments.na62.publication.tables.background import (
    Background,
    combined,
    is_in_no_sum,
    lower_region_factors,
    outside_signal,
    process_background,
    processes_of,
    total_background,
    with_pileup,
)
from lnvsearch.publication.comparison import NO_TEST, comparison_row, left_out_note
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.rounding import with_uncertainty
from lnvsearch.tables import Table, table_rows

__all__ = ["simulated_row", "simulated_rows", "variant_notes"]

Row = dict[str, Any]

_FLAT = "trigger, random veto, one vertex, pileup and hadronic interactions are not simulated"
_NOTES = {
    "nominal": "one flat factor brings A_SM to the published value; the ratio is simulated",
    PI0_FACTOR: f"{NO_TEST}: the pi0 factor is fitted to the published acceptance",
}
_NORMALISED = "normalised_in_lower_region"
# Backgrounds below the masked region that depend on its lower edge, which no paper prints.
_AT_THE_EDGE = {("k3pi", "lower"), ("ke4", "lower")}
_EDGE = (
    f"{NO_TEST}: the lower edge of the region is assumed, with this number in view; see the variations "
    "of the edge"
)
# Whether a printed number of the masked region is one without the signal region's events.
_MASKED = {
    True: "masked region without the signal region",
    False: "masked region with the signal region in it",
}
# A region, and the names that its total can have; the two papers differ in them.
_TOTALS = (
    *((r, f"background_total_{r}_region_events") for r in ("lower", "upper", "masked", "control")),
    ("lower", "background_events_control_region"),
    ("masked", "background_events_masked_region"),
    ("signal", "background_events"),
)
# The background of one process, of the signal region where the name has no other.
_PROCESS = re.compile(
    r"background_(?!total_)(\w+?)(?:_(lower|upper|masked|control|signal)_region)?_events"
)


def simulated_rows(numbers: Numbers, results: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the rows of kind `simulated` but the limits; `results` as in `comparison_for_na62`."""
    notes = variant_notes(results)
    records, backgrounds = results.get("sensitivity") or {}, results.get("background") or {}
    yield from _measured_rows(numbers.published, results.get("validation") or {})
    yield from _sensitivity_rows(numbers, records, notes)
    yield from _acceptance_rows(numbers, results)
    for channel, table in backgrounds.items():
        yield from _background_rows(numbers, channel, table, notes)
        factor = (records.get(channel, {}).get("neutral_pion_factor") or {}).get("value")
        if factor is not None:
            note = "with the pi0 factor fitted to the signal's acceptance"
            yield from _regions_rows(numbers, channel, table, PI0_FACTOR, note, factor)
        yield from _normalised_rows(numbers, channel, table)
        yield from _contamination_rows(numbers, channel, table)


def variant_notes(results: Mapping[str, Any]) -> dict[str, str]:
    """Return {variant: note} of all that is compared, in order."""
    compared = results.get("compared") or {}
    return {v: compared.get(v) or _NOTES[v] for v in compared_variants(compared)}


def _measured_rows(published: PublishedNumbers, measurements: Table) -> Iterator[Row]:
    """Resolutions, losses and the like; those that the paper does not print have no row."""
    for row in table_rows(measurements):
        number = published.find(row["quantity"], channel=row["channel"])
        if number is not None and row["value"] is not None:
            note = row.get("note") or _measured_note(number)
            if number.quantity in NOT_INDEPENDENT:
                note = f"{NO_TEST}: {NOT_INDEPENDENT[number.quantity]}; {note}"
            yield simulated_row(
                number, row.get("variant") or "nominal", row["value"], row["uncertainty"], note,
                source="validation",
            )


def _measured_note(number: PublishedNumber) -> str:
    """Say what the fast simulation leaves out of a measured quantity."""
    name = number.quantity
    if name.startswith("mass_resolution"):
        return "Gaussian core of the simulated spectrometer: no tails from wrong straw hits"
    if name.endswith("_resolution_m"):
        return "simulated spectrometer and calorimeter, no pileup"
    if name.endswith("loss_percent"):
        return "a ratio of simulated acceptances: most of what is not simulated cancels"
    return "as simulated"


def _sensitivity_rows(
    numbers: Numbers, records: Mapping[str, Mapping], notes: Mapping[str, str]
) -> Iterator[Row]:
    """Acceptance of the signal and single-event sensitivity, by variant."""
    for channel, record in records.items():
        variants = sensitivity_variants(record)
        for variant, note in notes.items():
            for quantity, (value, sigma) in variants.get(variant, {}).items():
                if (quantity, channel) not in numbers:
                    continue
                number = numbers.number(quantity, channel)
                printed = None
                if (f"{quantity}_uncertainty", channel) in numbers:
                    printed = numbers.number(f"{quantity}_uncertainty", channel).value
                yield simulated_row(
                    number, variant, value, sigma, note, printed, source="sensitivity"
                )


def _acceptance_rows(numbers: Numbers, results: Mapping[str, Any]) -> Iterator[Row]:
    """The acceptances before any factor, and what they would make of N_K: no predictions."""
    acceptance = results.get("acceptance") or {}
    for channel in acceptance:
        pair = acceptance_pairs(acceptance, channel, results["channels"]).get("nominal")
        if pair is None:
            continue
        (standard, standard_sigma), (violating, violating_sigma) = pair
        note = f"{NO_TEST}: {_FLAT}"
        if ("signal_acceptance_percent", channel) in numbers:
            yield simulated_row(
                numbers.number("signal_acceptance_percent", channel), "uncalibrated",
                100 * violating, 100 * violating_sigma, note, source="acceptance",
            )
        if ("normalisation_acceptance_percent", channel) not in numbers:
            continue
        number = numbers.number("normalisation_acceptance_percent", channel)
        yield simulated_row(
            number, "uncalibrated", 100 * standard, 100 * standard_sigma, note, source="acceptance"
        )
        of_decays = channel if ("n_kaon_decays", channel) in numbers else ALL
        if ("n_kaon_decays", of_decays) not in numbers:
            continue
        decays = numbers.number("n_kaon_decays", of_decays)
        value = decays.value * number.value / (100 * standard)
        yield simulated_row(
            decays, "uncalibrated", value, value * standard_sigma / standard, note,
            source="acceptance",
        )


def _background_rows(
    numbers: Numbers, channel: str, table: Table, notes: Mapping[str, str]
) -> Iterator[Row]:
    """Expected background of one channel by process and region, and the totals, by variant."""
    present = {row["variation"] for row in table_rows(table)}
    for variant, note in notes.items():
        if variant in present:
            note = "" if variant == "nominal" else note
            yield from _regions_rows(numbers, channel, table, variant, note)


def _regions_rows(
    numbers: Numbers, channel: str, table: Table, variant: str, note: str, factor: float = 1.0
) -> Iterator[Row]:
    """All printed backgrounds of one channel; `factor` multiplies the nominal ones."""
    variation = "nominal" if variant == PI0_FACTOR else variant
    for number, process, region in _printed_processes(numbers, channel):
        found = process_background(table, process, "lnv", region, variation)
        if found is not None:
            of_process = "in no sum" if is_in_no_sum(table, process) else note
            if (process, region) in _AT_THE_EDGE:
                of_process = _EDGE
            yield _background_row(numbers, number, variant, found.scaled(factor), of_process)
    for region, quantity in _TOTALS:
        total = total_background(table, "lnv", region, variation)
        if (quantity, channel) not in numbers or total is None:
            continue
        number = numbers.number(quantity, channel)
        total, of_total = total.scaled(factor), note
        if region == "lower" and process_background(table, "k3pi", "lnv", region) is not None:
            of_total = _EDGE
        both = with_pileup(total, table, "lnv", region)
        if both is not None:
            decays = with_uncertainty(total.events, total.sigma)
            total, said = both, f"with pileup, derived and not simulated: the decays alone give {decays}"
        else:
            said = _MASKED[counts_outside_signal(number)] if region == "masked" else ""
            if counts_outside_signal(number):
                total = outside_signal(total, total_background(table, "lnv", "signal", variation))
        of_total = "; ".join(filter(None, [said, of_total]))
        yield _background_row(numbers, number, variant, total, of_total)


def _printed_processes(
    numbers: Numbers, channel: str
) -> Iterator[tuple[PublishedNumber, str, str]]:
    """The printed backgrounds of one process each, with process and region."""
    for number in numbers.published:
        found = _PROCESS.fullmatch(number.quantity)
        if found and number.channel == channel:
            yield number, found[1], found[2] or "signal"


def _normalised_rows(numbers: Numbers, channel: str, table: Table) -> Iterator[Row]:
    """Regions predicted from the printed numbers below the masked region."""
    factors = lower_region_factors(table, numbers.published, channel)
    if not factors:
        yield from _normalised_totals(numbers, channel, table)
        return
    for region in ("upper", "masked", "signal"):
        parts = []
        for process in processes_of(table):
            found = process_background(table, process, "lnv", region)
            if found is None:
                continue
            parts.append(found.scaled(*factors.get(process, (1.0, 0.0))))
            quantity = f"background_{process}_{region}_region_events"
            if process in factors and (quantity, channel) in numbers:
                yield _background_row(
                    numbers, numbers.number(quantity, channel), _NORMALISED, parts[-1],
                    "scaled to the printed number in the lower region",
                )
        quantity = dict(_TOTALS[:4]).get(region, "background_events")
        if (quantity, channel) in numbers and parts:
            yield _background_row(
                numbers, numbers.number(quantity, channel), _NORMALISED, combined(parts),
                "each process scaled to its printed number in the lower region",
            )


def _normalised_totals(numbers: Numbers, channel: str, table: Table) -> Iterator[Row]:
    """Where the paper prints only the total below the masked region, one factor for all."""
    printed = numbers.published.find("background_events_control_region", channel=channel)
    lower = total_background(table, "lnv", "lower")
    if printed is None or lower is None or lower.is_empty:
        return
    factor, relative = printed.value / lower.events, lower.statistical / lower.events
    signal, masked = (total_background(table, "lnv", name) for name in ("signal", "masked"))
    for quantity, found in (
        ("background_events", signal),
        ("background_events_masked_region", masked and outside_signal(masked, signal)),
    ):
        if found is not None and (quantity, channel) in numbers:
            yield _background_row(
                numbers, numbers.number(quantity, channel), _NORMALISED,
                found.scaled(factor, relative),
                "all processes scaled by one factor to the printed total in the control region",
            )


def _background_row(
    numbers: Numbers, number: PublishedNumber, variant: str, background: Background, note: str
) -> Row:
    """One row; a background without a simulated event is no measurement of zero."""
    printed = number.uncertainty
    stem = number.quantity.removesuffix("_events")
    for name in (f"{stem}_uncertainty", f"{number.quantity}_uncertainty"):
        if (name, number.channel) in numbers:
            printed = numbers.number(name, number.channel).value
    if background.is_empty:
        note = (
            "no simulated event is left, which is no measurement of zero; below "
            f"{background.upper_bound:.2g} at 90 % confidence level, from the largest weight of "
            "the events nearest in mass"
        )
        return simulated_row(number, variant, None, None, note, printed, source="background",
                             upper_bound=background.upper_bound)
    effective = f"{background.effective_events:.0f} effective events"
    bound = left_out_note(background.left_out)
    return simulated_row(
        number, variant, background.events, background.sigma or None,
        "; ".join(filter(None, [note, effective, bound])), printed, source="background",
        upper_bound=background.left_out,
    )


def _contamination_rows(numbers: Numbers, channel: str, table: Table) -> Iterator[Row]:
    """The background among the candidates of the normalisation channel."""
    contamination = total_background(table, "sm", "normalisation")
    needed = ("normalisation_contamination", "normalisation_candidates")
    if contamination is None or contamination.is_empty:
        return
    if all((quantity, channel) in numbers for quantity in needed):
        number, candidates = (numbers.number(quantity, channel) for quantity in needed)
        note = "simulated background over the published candidates"
        if number.value == 0:
            note = f"{NO_TEST}: the paper calls it negligible; {note}"
        left_out = contamination.left_out / candidates.value
        yield simulated_row(
            number, "nominal", contamination.events / candidates.value,
            contamination.sigma / candidates.value,
            "; ".join(filter(None, [note, left_out_note(left_out)])),
            source="background", upper_bound=left_out,
        )


def simulated_row(
    number: PublishedNumber, variant: str, value: float | None, sigma: float | None, note: str,
    published_uncertainty: float | None = None, *, source: str, upper_bound: float | None = None,
) -> Row:
    """Return one row of kind `simulated`; the other arguments as in `comparison_row`."""
    return comparison_row(
        number, "simulated", variant, value, sigma, published_uncertainty=published_uncertainty,
        upper_bound=upper_bound, source=source, note=note,
    )
