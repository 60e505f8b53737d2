"""The tables of the paper: published, derived and simulated numbers side by side.

Cells are the text to print, rounded already; a published number keeps its printed digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication.numbers import Channels, Numbers
from lnvsearch.experiments.na62.publication.tables.acceptance import (
    compared_variants,
    sensitivity_variants,
)
from lnvsearch.experiments.na62.publication.tables.background import (
    Background,
    outside_signal,
    process_background,
    simulated_cells,
    total_background,
)
from lnvsearch.experiments.na62.publication.tables.hypotheses import column, hypotheses
from lnvsearch.experiments.na62.publication.tables.identification import (
    closure_rows,
    measured_cell,
)
from lnvsearch.experiments.na62.publication.tables.printed import printed, printed_pair
from lnvsearch.papers.na62_2019.upstream import contaminations_with_upstream
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.rounding import pdg_round, round_significant, with_uncertainty
from lnvsearch.tables import Table, text_table

__all__ = ["table1", "table2", "table3"]

# Particle, quantity, unit, names of the printed extremes, the map that they describe.  The last
# two stand in section 3.2.
_TABLE1 = (
    ("pi+, pi-", "identification efficiency", "%", "pion_efficiency_{}_percent",
     "efficiency_pion"),
    ("pi+", "misidentification as e+", "1", "pi_plus_to_e_plus_probability_{}",
     "pion_to_electron_positive"),
    ("pi-", "misidentification as e-", "%", "pi_minus_to_e_minus_probability_{}_percent",
     "pion_to_electron_lkr_negative"),
    ("e+", "identification efficiency", "%", "positron_efficiency_{}_percent",
     "efficiency_positron"),
    ("e-", "identification efficiency", "%", "electron_efficiency_{}_percent",
     "efficiency_electron_lkr"),
    ("e+, e-", "misidentification as pi", "%", "electron_to_pion_probability_{}_percent",
     "electron_to_pion"),
    ("pi+, pi-", "misidentification as mu", "%", "pion_to_muon_probability_{}_momentum_percent",
     "pion_to_muon"),
    ("mu+, mu-", "misidentification as pi", "%", "muv3_inefficiency_percent", "muon_to_pion"),
)
# Of a probability that falls with momentum the paper prints both ends by their momenta.
_ENDS = {"minimum": "high", "maximum": "low"}
_TABLE1_COLUMNS = (
    "particle", "quantity", "unit", "published_minimum", "published_maximum", "input_minimum",
    "input_maximum", "closure_minimum", "closure_maximum",
)


def table1(published: PublishedNumbers, closure: Table) -> dict[str, list[str]]:
    """Return the extremes of (mis)identification: published, entered, and measured in closure.

    The entered maps follow the printed extremes, so closure tests the method and not the detector;
    the extremes of measured points fluctuate outwards.  Where no probe was identified there is an
    upper bound at 90 % confidence level.
    """
    rows = []
    for particle, quantity, unit, pattern, name in _TABLE1:
        factor = 100.0 if unit == "%" else 1.0
        row = {"particle": particle, "quantity": quantity, "unit": unit}
        points = closure_rows(closure, name)
        for end, choose in (("minimum", min), ("maximum", max)):
            number = _extreme(published, pattern, end)
            row[f"published_{end}"] = "" if number is None else number.digits
            if points:
                entered = choose(point["true_probability"] for point in points)
                row[f"input_{end}"] = round_significant(factor * entered, 3)
            measured = [
                (point["measured_probability"], point["uncertainty"] or 0.0)
                for point in points
                if point["measured_probability"] is not None
            ]
            if measured:
                value, sigma = choose(measured)
                row[f"closure_{end}"] = measured_cell(factor * value, factor * sigma)
        rows.append(row)
    return text_table(rows, _TABLE1_COLUMNS)


def _extreme(published: PublishedNumbers, pattern: str, end: str) -> PublishedNumber | None:
    """Return the printed number of one end, of the ee search or else of the mumu search."""
    return published.find(pattern.format(end), channel="piee") or published.find(
        pattern.format(_ENDS[end]), channel="pimumu")


_TABLE2 = {
    "k3pi_no_decay": "K3pi (no pion decays)",
    "k3pi_one_decay": "K3pi (one pion decay)",
    "k3pi_downstream": "K3pi downstream (at least two pion decays)",
    "k3pi_upstream": "K3pi upstream (at least two pion decays); in no sum",
    "pimumu": "K+ -> pi+ mu+ mu-",
    "kmu4": "K+ -> pi+ pi- mu+ nu",
    "ke4": "K+ -> pi+ pi- e+ nu",
    "mumumunu": "K+ -> mu+ nu mu+ mu-",
}
# Called negligible by the paper, without numbers; in no sum.
_NEGLIGIBLE = {
    "kmu3_dalitz": "K+ -> pi0_D mu+ nu; in no sum",
    "pipi0_dalitz": "K+ -> pi+ pi0_D; in no sum",
}


def table2(
    published: PublishedNumbers, background: Table, compared: Iterable[str]
) -> dict[str, list[str]]:
    """Return the background of K⁺ → π⁻μ⁺μ⁺ in the signal region, process by process.

    `background` is the background table of channel `pimumu`; published and simulated uncertainties
    are statistical.  After the signal region come the masked region without it, of which the paper
    prints the total, and the simulated events of the control region.  Where no simulated event is left, an upper
    bound at 90 % confidence level, from what one event might have weighed; it is in no total.  A
    further column for each hypothesis of `compared` that touches one of the decays.
    """
    rows = []
    shown = hypotheses(background, ("signal",), compared)
    for process, label in (_TABLE2 | _NEGLIGIBLE).items():
        number = published.find(f"background_{process}_events", channel="pimumu")
        cell = "negligible" if process in _NEGLIGIBLE else printed(number)
        found = {region: process_background(background, process, "lnv", region)
                 for region in ("signal", "masked", "control")}
        rows.append({"process": label, "published": cell} | _dimuon_cells(found) | {
            column(variant): simulated_cells(varied)["simulated"]
            for variant in shown
            if (varied := process_background(background, process, "lnv", "signal", variant))
        })
    total = {region: total_background(background, "lnv", region)
             for region in ("signal", "masked", "control")}
    rows.insert(len(_TABLE2), {
        "process": "Total",
        "published": printed_pair(published, "background_events", "pimumu"),
        "published_masked_region": printed(
            published.find("background_events_masked_region", channel="pimumu")
        ),
    } | _dimuon_cells(total))
    columns = ("process", "published", "simulated", "effective_events", *map(column, shown),
               "published_masked_region", "simulated_masked_region", "simulated_control_region")
    return text_table(rows, columns)


def _dimuon_cells(found: Mapping[str, Background | None]) -> dict[str, str]:
    """Return the cells of all regions; those of the signal region carry the plain names.

    The masked region is without the signal region, as the paper counts it.
    """
    cells, masked = simulated_cells(found["signal"]), found["masked"]
    if masked is not None and found["signal"] is not None:
        masked = outside_signal(masked, found["signal"])
    for region, background in (("masked", masked), ("control", found["control"])):
        cells[f"simulated_{region}_region"] = simulated_cells(background).get("simulated", "")
    return cells


_TABLE3 = (
    ("SM candidates selected", "normalisation_candidates", "1"),
    ("Background contamination", "normalisation_contamination", "1"),
    ("Acceptance A_SM", "normalisation_acceptance_percent", "%"),
    ("Acceptance A_LNV", "signal_acceptance_percent", "%"),
    ("Branching fraction", "normalisation_branching_fraction", "1"),
    ("Number of decays in FV", "n_kaon_decays", "1"),
    ("Single event sensitivity", "single_event_sensitivity", "1"),
)


def table3(
    published: PublishedNumbers,
    sensitivity: Mapping[str, Mapping[str, Any]],
    background: Mapping[str, Table],
    channels: Channels,
    compared: Iterable[str],
) -> dict[str, list[str]]:
    """Return the quantities of the single-event sensitivities of both analyses.

    `sensitivity[channel]` is the record of sensitivity/<channel>.json.  Derived: from the published
    inputs by the paper's formulas.  Simulated: the acceptance of the signal after the flat factor
    that brings A_SM to the published value, and the sensitivity with it and the published N_K; one
    column for nominal and each hypothesis of `compared` that a channel has.  The contamination is
    that of the simulated backgrounds over the published candidates; of K⁺ → π⁺μ⁺μ⁻ a row of its own
    has it with K3π decays upstream of the fiducial volume, which are in no sum.
    """
    found = {channel: sensitivity_variants(record) for channel, record in sensitivity.items()}
    shown = [
        variant for variant in compared_variants(compared)
        if any(variant in records for records in found.values())
    ]
    numbers = Numbers(published, channels)
    rows = []
    for channel in numbers.channels:
        derived = {
            "n_kaon_decays": numbers.kaon_decays(channel),
            "single_event_sensitivity": numbers.sensitivity(channel),
        }
        for label, quantity, unit in _TABLE3:
            row = {"channel": channel, "quantity": label, "unit": unit,
                   "published": printed_pair(published, quantity, channel)}
            if quantity in derived:
                row["derived"] = pdg_round(derived[quantity].mean, derived[quantity].sigma)
            for variant in shown:
                value, sigma = found.get(channel, {}).get(variant, {}).get(quantity, (None, None))
                if value is not None:
                    row[column(variant)] = with_uncertainty(value, sigma)
            rows.append(row)
            if quantity == "normalisation_contamination" and channel in background:
                candidates = numbers.value("normalisation_candidates", channel)
                rows[-1:] = _contamination_rows(row, background[channel], candidates, shown)
    columns = ("channel", "quantity", "unit", "published", "derived", *map(column, shown))
    return text_table(rows, columns)


def _contamination_rows(
    row: dict[str, str], table: Table, candidates: float, variants: Iterable[str]
) -> list[dict[str, str]]:
    """The row of the contamination with its simulated cells, and that with upstream decays."""
    without = {
        variant: found for variant in variants
        if (found := total_background(table, "sm", "normalisation", variant))
        and not found.is_empty
    }
    rows = []
    for label, events_of in (
        ("", without), (", with K3pi upstream", contaminations_with_upstream(table, variants)),
    ):
        if label and not events_of:
            continue
        rows.append(row | {"quantity": f"{row['quantity']}{label}"} | {
            column(variant): simulated_cells(
                events.scaled(1 / candidates), with_systematic=True
            )["simulated"]
            for variant, events in events_of.items()
        })
    return rows
