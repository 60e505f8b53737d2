"""Rows of the NA62 comparison that come from this project's own events.

Variants: `nominal`; the named hypotheses; `uncalibrated`, before the flat factor that brings the
Standard-Model acceptance to the published one; `with_pi0_factor`, with the further factor fitted to
the published acceptance of K⁺ → π⁻π⁰e⁺e⁺; `normalised_in_lower_region`, a background scaled to
its printed number below the masked region, which leaves the shape in mass to test.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication.derivations import pileup_events
from lnvsearch.experiments.na62.publication.numbers import (
    ALL,
    Numbers,
    rounding_sigma,
)
from lnvsearch.experiments.na62.publication.tables.acceptance import (
    COMPARED_VARIANTS,
    acceptance_pairs,
    sensitivity_variants,
)
from lnvsearch.experiments.na62.publication.tables.background import (
    Background,
    background_of,
    combined,
    lower_region_factors,
    outside_signal,
    process_background,
    processes_of,
    total_background,
)
from lnvsearch.publication.comparison import NO_TEST, comparison_row
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.tables import Table, table_rows

__all__ = ["simulated_rows"]

Row = dict[str, Any]

_FLAT = "trigger, random veto, one vertex, pileup and hadronic interactions are not simulated"
_NOTES = {
    "nominal": "one flat factor brings A_SM to the published value; the ratio is simulated",
    "hypothesis_a_no_fsr_in_signal":
        "hypothesis A: no final-state radiation in the LNV sample; the paper does not say",
    "hypothesis_b_outer_tiles":
        "hypothesis B: both muons in the outer tiles at L0; the paper does not say",
    "hypothesis_c_vertex_inside":
        "hypothesis C: vertices 5 m inside the fiducial volume at least; the paper does not say",
    "hypothesis_d_veto_sees_wall":
        "hypothesis D: the veto sees showers in the tank's wall, too; the paper does not say",
    "hypothesis_e_radiative_ke3_of_pdg":
        "hypothesis E: radiative Ke3 as PDG defines it, no photons along the positron; the paper "
        "does not say",
    "with_pi0_factor": f"{NO_TEST}: the pi0 factor is fitted to the published acceptance",
    "without_pi0_factor": "without the factor for dead cells, satellite clusters and accidentals",
}
_NORMALISED = "normalised_in_lower_region"
#: What the names of selections with another charge begin with.
_SAME_SIGN = "same_sign_"


def simulated_rows(
    numbers: Numbers, published: PublishedNumbers, results: Mapping[str, Any]
) -> list[Row]:
    """Return all rows of kind `simulated` but the limits; `results` as in `comparison_for_na62`.

    Where the table of measurements has a number that other tables give too, the measurement counts.
    """
    acceptance = results.get("acceptance") or {}
    backgrounds = results.get("background") or results.get("backgrounds") or {}
    records = results.get("sensitivity") or {}
    candidates = [
        *_measured_rows(published, results.get("validation") or {}),
        *_sensitivity_rows(numbers, records),
        *_acceptance_rows(numbers, acceptance),
        *_background_rows(published, numbers, backgrounds, records),
        *_control_rows(numbers, published, backgrounds),
    ]
    rows: dict[tuple, Row] = {}
    for row in candidates:
        rows.setdefault((row["quantity"], row["channel"], row["variant"]), row)
    return list(rows.values())


def _measured_rows(published: PublishedNumbers, measurements: Table) -> Iterator[Row]:
    """Resolutions, losses and the like; those that the paper does not print have no row."""
    for row in table_rows(measurements):
        number = published.find(row["quantity"], channel=row["channel"])
        if number is not None and row["value"] is not None:
            note = row.get("note") or _measured_note(number)
            yield _simulated(number, row.get("variant") or "nominal", row["value"],
                             row["uncertainty"], note, source="validation")


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


def _sensitivity_rows(numbers: Numbers, records: Mapping[str, Mapping]) -> Iterator[Row]:
    """Acceptance of the signal and single-event sensitivity, by variant."""
    for channel, record in records.items():
        variants = sensitivity_variants(record)
        for variant in COMPARED_VARIANTS:
            for quantity, (value, sigma) in variants.get(variant, {}).items():
                if (quantity, channel) not in numbers:
                    continue
                number = numbers.number(quantity, channel)
                printed = None
                if (f"{quantity}_uncertainty", channel) in numbers:
                    printed = numbers.number(f"{quantity}_uncertainty", channel).value
                yield _simulated(number, variant, value, sigma, _NOTES[variant], printed,
                                 source="sensitivity")
    if {"piee", "pipi0ee"} <= set(records) and numbers.is_second:
        yield from _channel_ratio_rows(numbers, records)


def _channel_ratio_rows(numbers: Numbers, records: Mapping[str, Mapping]) -> Iterator[Row]:
    """The two acceptances of the second paper, one over the other."""
    quantity = "signal_acceptance_percent"
    number = numbers.number("acceptance_ratio_pipi0ee_to_piee", ALL)
    ee = sensitivity_variants(records["piee"])["nominal"][quantity]
    for variant, of_variant in sensitivity_variants(records["pipi0ee"]).items():
        if variant in COMPARED_VARIANTS:
            value, sigma = of_variant[quantity]
            ratio = value / ee[0]
            yield _simulated(
                number, variant, ratio, ratio * math.hypot(sigma / value, ee[1] / ee[0]),
                "no dead cells, satellite clusters or accidental photons"
                if variant == "nominal" else _NOTES[variant], source="sensitivity",
            )


def _acceptance_rows(numbers: Numbers, acceptance: Mapping[str, Table]) -> Iterator[Row]:
    """The acceptances before any factor, and what they would make of N_K: no predictions."""
    for channel in acceptance:
        pair = acceptance_pairs(acceptance, channel).get("nominal")
        if pair is None:
            continue
        (standard, standard_sigma), (violating, violating_sigma) = pair
        note = f"{NO_TEST}: {_FLAT}"
        if ("signal_acceptance_percent", channel) in numbers:
            yield _simulated(numbers.number("signal_acceptance_percent", channel), "uncalibrated",
                             100 * violating, 100 * violating_sigma, note, source="acceptance")
        if ("normalisation_acceptance_percent", channel) not in numbers:
            continue
        number = numbers.number("normalisation_acceptance_percent", channel)
        yield _simulated(number, "uncalibrated", 100 * standard, 100 * standard_sigma, note,
                         source="acceptance")
        of_decays = channel if ("n_kaon_decays", channel) in numbers else ALL
        if ("n_kaon_decays", of_decays) not in numbers:
            continue
        decays = numbers.number("n_kaon_decays", of_decays)
        value = decays.value * number.value / (100 * standard)
        yield _simulated(decays, "uncalibrated", value, value * standard_sigma / standard, note,
                         source="acceptance")


def _background_rows(
    published: PublishedNumbers, numbers: Numbers, backgrounds: Mapping[str, Table],
    records: Mapping[str, Mapping],
) -> Iterator[Row]:
    """Expected background by process and region, and the totals."""
    for channel, table in backgrounds.items():
        present = {row["variation"] for row in table_rows(table)}
        for variant in COMPARED_VARIANTS:
            if variant in present:
                yield from _regions_rows(published, numbers, channel, table, variant, 1.0)
        factor = (records.get(channel, {}).get("neutral_pion_factor") or {}).get("value")
        if factor is not None:
            yield from _regions_rows(published, numbers, channel, table, "with_pi0_factor", factor)
        yield from _normalised_rows(published, numbers, channel, table)


def _regions_rows(
    published: PublishedNumbers, numbers: Numbers, channel: str, table: Table, variant: str,
    factor: float,
) -> Iterator[Row]:
    """All printed backgrounds of one channel; `factor` multiplies the nominal ones."""
    variation = "nominal" if variant == "with_pi0_factor" else variant
    notes = {
        **{name: note for name, note in _NOTES.items() if name.startswith("hypothesis")},
        "with_pi0_factor": "with the pi0 factor fitted to the signal's acceptance",
    }
    for process in processes_of(table):
        for region, quantity in _process_quantities(process):
            number = published.find(quantity, channel=channel)
            found = process_background(table, process, "lnv", region, variation)
            if number is not None and found is not None:
                yield _background_row(numbers, number, variant, found.scaled(factor),
                                      notes.get(variant, ""))
    for region, quantity in _total_quantities(numbers):
        number = published.find(quantity, channel=channel)
        total = total_background(table, "lnv", region, variation)
        if number is None or total is None:
            continue
        total = total.scaled(factor)
        note = notes.get(variant, "")
        if channel == "pipi0ee":
            pileup = pileup_events(numbers)[f"{region}_region"]
            total = combined([total, Background(pileup, pileup, 0.0, 1.0)])
            note = "; ".join(filter(None, ["pileup derived, not simulated", note]))
        elif numbers.is_first and region == "masked":
            signal = total_background(table, "lnv", "signal", variation)
            total, note = outside_signal(total, signal), "without the signal region"
        yield _background_row(numbers, number, variant, total, note)


def _process_quantities(process: str) -> Iterator[tuple[str, str]]:
    """Region and name of the number; the first paper lists the signal region alone."""
    for region in ("lower", "upper", "masked", "control", "signal"):
        yield region, f"background_{process}_{region}_region_events"
    yield "signal", f"background_{process}_events"


def _total_quantities(numbers: Numbers) -> Iterator[tuple[str, str]]:
    if numbers.is_first:
        yield "lower", "background_events_control_region"
        yield "masked", "background_events_masked_region"
    else:
        for region in ("lower", "upper", "masked", "control"):
            yield region, f"background_total_{region}_region_events"
    yield "signal", "background_events"


def _normalised_rows(
    published: PublishedNumbers, numbers: Numbers, channel: str, table: Table
) -> Iterator[Row]:
    """Regions predicted from the printed numbers below the masked region."""
    factors = lower_region_factors(table, published, channel)
    if factors:
        for region in ("upper", "masked", "signal"):
            parts = []
            for process in processes_of(table):
                found = process_background(table, process, "lnv", region)
                if found is None:
                    continue
                parts.append(found.scaled(*factors.get(process, (1.0, 0.0))))
                number = published.find(
                    f"background_{process}_{region}_region_events", channel=channel
                )
                if process in factors and number is not None:
                    yield _background_row(numbers, number, _NORMALISED, parts[-1],
                                          "scaled to the printed number in the lower region")
            quantity = dict(_total_quantities(numbers))[region]
            if (quantity, channel) in numbers and parts:
                yield _background_row(
                    numbers, numbers.number(quantity, channel), _NORMALISED, combined(parts),
                    "each process scaled to its printed number in the lower region",
                )
        return
    printed = published.find("background_events_control_region", channel=channel)
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
            f"{NO_TEST}: no simulated event is left, which is no measurement of zero; below "
            f"{background.upper_bound:.2g} at 90 % confidence level, from the largest weight of "
            "the events nearest in mass"
        )
        return _simulated(number, variant, None, None, note, source="background")
    if number.quantity == "background_k3pi_upstream_events":
        note = "in no sum"
    effective = f"{background.effective_events:.0f} effective events"
    return _simulated(number, variant, background.events, background.sigma or None,
                      "; ".join(filter(None, [note, effective])), printed, source="background")


def _control_rows(
    numbers: Numbers, published: PublishedNumbers, backgrounds: Mapping[str, Table]
) -> Iterator[Row]:
    """Contamination, suppression by the RICH, shares of topologies, and same-sign controls."""
    for channel, table in backgrounds.items():
        contamination = total_background(table, "sm", "normalisation")
        number = published.find("normalisation_contamination", channel=channel)
        if contamination is not None and not contamination.is_empty and number is not None and (
            ("normalisation_candidates", channel) in numbers
        ):
            candidates = numbers.number("normalisation_candidates", channel).value
            note = "simulated background over the published candidates"
            if number.value == 0:
                note = f"{NO_TEST}: the paper calls it negligible; {note}"
            yield _simulated(number, "nominal", contamination.events / candidates,
                             contamination.sigma / candidates, note, source="background")
        yield from _suppression_rows(published, channel, table)
        yield from _two_decay_rows(published, channel, table)
        yield from _same_sign_rows(published, channel, table)


def _same_sign_rows(
    published: PublishedNumbers, channel: str, table: Table
) -> Iterator[Row]:
    """Controls with another charge: all samples that were simulated for them, together."""
    samples: dict[tuple[str, str], list[str]] = {}
    for row in table_rows(table):
        if row["selection"].startswith(_SAME_SIGN) and row["variation"] == "nominal":
            samples.setdefault((row["selection"], row["region"]), []).append(row["sample"])
    for (selection, region), names in samples.items():
        name = selection.removeprefix(_SAME_SIGN)
        number = published.find(f"control_events_{name}", channel=channel)
        found = (background_of(table, sample, selection, region) for sample in names)
        parts = [part for part in found if part is not None and not part.is_empty]
        if number is None or not parts:
            continue
        total = combined(parts)
        note = "conversions in the first chamber only; no accidental signals in the hodoscope"
        if "minus" not in name:
            note = f"{NO_TEST}: the trigger's negative track, outside the vertex, taken for certain"
        yield _simulated(number, "nominal", total.events, total.sigma, note, source="background")


def _suppression_rows(
    published: PublishedNumbers, channel: str, table: Table
) -> Iterator[Row]:
    """Background of the auxiliary selection over that of the standard one (first paper)."""
    for quantity, process, base, region in (
        ("k3pi_rich_suppression_normalisation", "k3pi", "sm", "lower"),
        ("k3pi_rich_suppression_signal", "k3pi", "lnv", "lower"),
        ("ke4_rich_suppression_signal", "ke4", "lnv", "lower"),
        ("rich_background_suppression", None, "lnv", "signal"),
    ):
        number = published.find(quantity, channel=channel)
        if number is None:
            continue
        found = [
            total_background(table, selection, region) if process is None
            else process_background(table, process, selection, region)
            for selection in (f"{base}_auxiliary", base)
        ]
        if any(background is None or background.is_empty for background in found):
            continue
        auxiliary, standard = found
        ratio = auxiliary.events / standard.events
        relative = math.hypot(*(b.statistical / b.events for b in found))
        yield _simulated(
            number, "nominal", ratio, ratio * relative,
            "follows from the entered maps; overlap of rings in the RICH is not simulated",
            source="background",
        )


def _two_decay_rows(published: PublishedNumbers, channel: str, table: Table) -> Iterator[Row]:
    """Share of K3pi with at least two decays in flight in the mu mu search's control region.

    Of decays in the fiducial volume: those before it are in no sum.
    """
    number = published.find("two_decay_fraction_of_control_background_percent", channel=channel)
    total = total_background(table, "lnv", "lower")
    parts = [
        process_background(table, process, "lnv", "lower")
        for process in ("k3pi_downstream",)
    ]
    if number is None or total is None or total.is_empty or None in parts:
        return
    two = combined(parts)
    share = two.events / total.events
    rest = math.sqrt(max(total.statistical**2 - two.statistical**2, 0.0))
    sigma = math.hypot((1 - share) * two.statistical, share * rest) / total.events
    yield _simulated(number, "nominal", 100 * share, 100 * sigma,
                     "share of the simulated background in the control region",
                     source="background")


def _simulated(
    number: PublishedNumber, variant: str, value: float | None, sigma: float | None, note: str,
    published_uncertainty: float | None = None, *, source: str,
) -> Row:
    """One row; without a printed uncertainty the published side has that of its rounding."""
    if published_uncertainty is None:
        published_uncertainty = number.uncertainty or rounding_sigma(number)
    return comparison_row(number, "simulated", variant, value, sigma,
                          published_uncertainty=published_uncertainty, source=source, note=note)
