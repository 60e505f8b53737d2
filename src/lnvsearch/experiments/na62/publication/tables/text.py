"""The tables of the two NA62 papers, with this project's numbers beside the published ones.

Cells are the text to print, rounded already, so that the CSV, LaTeX and Markdown files made from
them by `render_na62` show the same; a published number keeps its printed digits.  Published,
derived and simulated numbers are columns of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lnvsearch.experiments.na62.publication.numbers import Numbers, sensitivity
from lnvsearch.experiments.na62.publication.tables.acceptance import (
    COMPARED_VARIANTS,
    sensitivity_variants,
)
from lnvsearch.experiments.na62.publication.tables.background import (
    Background,
    combined,
    lower_region_factors,
    process_background,
    simulated_cells,
    total_background,
)
from lnvsearch.experiments.na62.publication.tables.control import data_driven
from lnvsearch.experiments.na62.publication.tables.data import data_counts, data_sensitivity
from lnvsearch.experiments.na62.publication.tables.identification import (
    probe_contamination,
    table1_2019,
)
from lnvsearch.experiments.na62.publication.tables.search import backgrounds, sensitivities
from lnvsearch.experiments.na62.publication.tables.validation import systematics, validation
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.rounding import pdg_round, round_significant
from lnvsearch.tables import (
    Table,
    cell_text,
    table_from_rows,
    to_csv,
    to_markdown,
    to_tex,
)

__all__ = [
    "backgrounds",
    "data_counts",
    "data_driven",
    "data_sensitivity",
    "probe_contamination",
    "render_na62",
    "sensitivities",
    "systematics",
    "table1_2019",
    "table1_2022",
    "table2_2019",
    "table2_2022",
    "table3_2019",
    "validation",
]

_HEADINGS = {
    "quantity": "Quantity",
    "particle": "Particle",
    "process": "Process",
    "region": "Region",
    "channel": "Channel",
    "variant": "Variant",
    "unit": "Unit",
    "published": "Published",
    "derived": "Derived",
    "simulated": "Simulated",
    "user_data": "User's data",
    "user_data_published_acceptances": "User's data, published acceptances",
    "user_data_simulated_acceptances": "User's data, simulated acceptances",
    "effective_events": "Effective events",
    "simulated_masked_region": "Simulated, masked region",
    "simulated_control_region": "Simulated, control region",
    "control_events_derived": "Control events, derived",
    "weight_per_control_event_derived": "Weight of a control event, derived",
    "control_events": "Control events, simulated",
    "weight_per_control_event": "Weight of a control event, simulated",
    "data_driven": "From control sample",
    "data_driven_precision": "Its precision in data",
    "data_driven_all": "From control sample, all decays in it",
    "probe": "Probe",
    "decay": "Other decay",
    "share": "Share by kinematics (%)",
    "share_without_muon_signal": "Share without muon signal (%)",
    "momentum_gev": "Momentum (GeV)",
    "normalised": "Simulated, normalised below the signal",
    "observed": "Observed (published)",
    "published_minimum": "Published, least",
    "published_maximum": "Published, largest",
    "sample": "Sample",
    "selection": "Selection",
    "uncertainty_percent": "± (%)",
    "input_minimum": "Entered, least",
    "input_maximum": "Entered, largest",
    "closure_minimum": "Closure, least",
    "closure_maximum": "Closure, largest",
    "uncertainty": "Uncertainty",
    "status": "Status",
    "note": "Note",
    "variation": "Variation",
    "description": "What is changed",
    "nominal": "Nominal",
    "varied": "Varied",
    "relative_difference_percent": "Relative difference (%)",
}


def render_na62(table: Table, text_format: str) -> str:
    """Return a table of this floor as text, in the format `csv`, `tex` or `md`."""
    if text_format == "csv":
        return to_csv(table)
    headings = {name: _HEADINGS.get(name, name.replace("_", " ")) for name in table}
    if text_format == "tex":
        return to_tex(table, {n: h.replace("%", r"\%") for n, h in headings.items()})
    if text_format == "md":
        return to_markdown(table, headings)
    raise ValueError(f"text_format is {text_format!r}; it must be csv, tex or md")


_TABLE2_2019 = {
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
_NEGLIGIBLE_2019 = {
    "kmu3_dalitz": "K+ -> pi0_D mu+ nu; in no sum",
    "pipi0_dalitz": "K+ -> pi+ pi0_D; in no sum",
}


def table2_2019(published: PublishedNumbers, background: Table) -> dict[str, list[str]]:
    """Return the background of K⁺ → π⁻μ⁺μ⁺ in the signal region, process by process.

    `background` is the background table of channel `pimumu`; published and simulated uncertainties
    are statistical.  Beside the signal region the simulated events of the masked region, with the
    signal region in it, and of the control region.  Where no simulated event is left, an upper
    bound at 90 % confidence level, from what one event might have weighed; it is in no total.  A
    column beside the nominal one for each hypothesis that touches one of the decays.
    """
    rows = []
    shown = _hypotheses(background, ("signal",))
    for process, label in (_TABLE2_2019 | _NEGLIGIBLE_2019).items():
        number = published.find(f"background_{process}_events", channel="pimumu")
        printed = "negligible" if process in _NEGLIGIBLE_2019 else _printed(number)
        found = {region: process_background(background, process, "lnv", region)
                 for region in ("signal", "masked", "control")}
        rows.append({"process": label, "published": printed} | _dimuon_cells(found) | {
            _column(variant): simulated_cells(varied)["simulated"]
            for variant in shown
            if (varied := process_background(background, process, "lnv", "signal", variant))
        })
    total = {region: total_background(background, "lnv", region)
             for region in ("signal", "masked", "control")}
    rows.insert(len(_TABLE2_2019), {
        "process": "Total",
        "published": _printed_pair(published, "background_events", "pimumu"),
    } | _dimuon_cells(total))
    columns = ("process", "published", "simulated", "effective_events", *map(_column, shown),
               "simulated_masked_region", "simulated_control_region")
    return _text_table(rows, columns)


def _hypotheses(background: Table, regions: Sequence[str]) -> list[str]:
    """Return the named hypotheses under which some background of a region was simulated."""
    return [
        variant for variant in COMPARED_VARIANTS[1:]
        if any(total_background(background, "lnv", region, variant) for region in regions)
    ]


def _dimuon_cells(found: Mapping[str, Background | None]) -> dict[str, str]:
    """Return the cells of all regions; those of the signal region carry the plain names."""
    cells = simulated_cells(found["signal"])
    for region in ("masked", "control"):
        cells[f"simulated_{region}_region"] = simulated_cells(found[region]).get("simulated", "")
    return cells


_TABLE3_2019 = (
    ("SM candidates selected", "normalisation_candidates", "1"),
    ("Background contamination", "normalisation_contamination", "1"),
    ("Acceptance A_SM", "normalisation_acceptance_percent", "%"),
    ("Acceptance A_LNV", "signal_acceptance_percent", "%"),
    ("Branching fraction", "normalisation_branching_fraction", "1"),
    ("Number of decays in FV", "n_kaon_decays", "1"),
    ("Single event sensitivity", "single_event_sensitivity", "1"),
)


def table3_2019(
    published: PublishedNumbers, sensitivity_of: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[str]]:
    """Return the quantities of the single-event sensitivities of both analyses.

    `sensitivity_of[channel]` is the record of sensitivity/<channel>.json.  Derived: from the
    published inputs by the paper's formulas.  Simulated: the acceptance of the signal after the
    flat factor that brings A_SM to the published value, and the sensitivity with it and the
    published N_K; one column for nominal and each hypothesis that a channel has.
    """
    found = {
        channel: sensitivity_variants(record) for channel, record in sensitivity_of.items()
    }
    shown = [v for v in COMPARED_VARIANTS if any(v in records for records in found.values())]
    numbers = Numbers(published)
    rows = []
    for channel in numbers.channels:
        decays, single = sensitivity(numbers, channel)
        derived = {"n_kaon_decays": decays, "single_event_sensitivity": single}
        for label, quantity, unit in _TABLE3_2019:
            row = {"channel": channel, "quantity": label, "unit": unit,
                   "published": _printed_pair(published, quantity, channel)}
            if quantity in derived:
                row["derived"] = pdg_round(derived[quantity].mean, derived[quantity].sigma)
            for variant in shown:
                value, sigma = found.get(channel, {}).get(variant, {}).get(quantity, (None, None))
                if value is not None:
                    row[_column(variant)] = _with_uncertainty(value, sigma)
            rows.append(row)
    columns = ("channel", "quantity", "unit", "published", "derived", *map(_column, shown))
    return _text_table(rows, columns)


_TABLE1_2022 = {
    "k3pi": "K+ -> pi+ pi+ pi-",
    "ke4": "K+ -> pi+ pi- e+ nu",
    "pipi0_dalitz": "K+ -> pi+ pi0_D",
    "ke3_dalitz": "K+ -> pi0_D e+ nu",
    "eeenu": "K+ -> e+ nu e+ e-",
}
_REGIONS_2022 = ("lower", "upper", "masked", "signal")


def table1_2022(published: PublishedNumbers, background: Table) -> dict[str, list[str]]:
    """Return the background of K⁺ → π⁻e⁺e⁺ by process and mass region, and what was observed.

    `background` is the background table of channel `piee`.  `normalised`: each process scaled to
    its printed number of events in the lower region, so that the other regions test the shape in
    mass alone; a process without one there is left as simulated.  Uncertainties of `simulated` are
    statistical and systematic in quadrature, those of `normalised` statistical.
    """
    factors = lower_region_factors(background, published, "piee")
    rows = []
    for region in _REGIONS_2022:
        normalised = []
        for process, label in _TABLE1_2022.items():
            quantity = f"background_{process}_{region}_region"
            simulated = process_background(background, process, "lnv", region)
            row = {"process": label, "region": region,
                   "published": _printed_region(published, quantity, "piee")}
            row |= simulated_cells(simulated, with_systematic=True)
            if simulated is not None:
                factor, relative = factors.get(process, (1.0, 0.0))
                normalised.append(simulated.scaled(factor, relative))
                if process in factors and region != "lower" and not simulated.is_empty:
                    row["normalised"] = _with_uncertainty(
                        normalised[-1].events, normalised[-1].statistical
                    )
            rows.append(row)
        rows.append(_total_2022(published, background, "piee", region, normalised))
    columns = ("process", "region", "published", "simulated", "effective_events", "normalised",
               "observed")
    return _text_table(rows, columns)


_REGIONS_PI0 = ("control", "signal")
_TABLE2_2022 = {
    "pipi0pi0_dalitz": "K+ -> pi+ pi0 pi0_D",
    "pipi0_dalitz_gamma": "K+ -> pi+ pi0_D gamma",
    "ke3_dalitz_gamma": "K+ -> pi0_D e+ nu gamma",
    "pipi0ee": "K+ -> pi+ pi0 e+ e-",
}


def table2_2022(published: PublishedNumbers, background: Table) -> dict[str, list[str]]:
    """Return the background of K⁺ → π⁻π⁰e⁺e⁺ in the control and the signal region.

    `background` is the background table of channel `pipi0ee`.  Pileup cannot be simulated here: its
    row is derived, from the one event that the paper sees in the sidebands of time, and the
    simulated totals are those of the decays alone.  A column beside the nominal one for each
    hypothesis that touches one of the decays.
    """
    from lnvsearch.experiments.na62.publication.derivations import pileup_events

    rows = []
    shown = _hypotheses(background, _REGIONS_PI0)
    for region in _REGIONS_PI0:
        for process, label in _TABLE2_2022.items():
            quantity = f"background_{process}_{region}_region"
            simulated = process_background(background, process, "lnv", region)
            rows.append({
                "process": label, "region": region,
                "published": _printed_region(published, quantity, "pipi0ee"),
            } | simulated_cells(simulated, with_systematic=True) | {
                _column(variant): simulated_cells(varied, with_systematic=True)["simulated"]
                for variant in shown
                if (varied := process_background(background, process, "lnv", region, variant))
            })
        pileup = pileup_events(Numbers(published))[f"{region}_region"]
        rows.append({
            "process": "Pileup", "region": region,
            "published": _printed_region(
                published, f"background_pileup_{region}_region", "pipi0ee"),
            "derived": pdg_round(pileup, pileup),
        })
        rows.append(_total_2022(published, background, "pipi0ee", region, []) | {
            _column(variant): simulated_cells(
                total_background(background, "lnv", region, variant), with_systematic=True
            ).get("simulated", "")
            for variant in shown
        })
    columns = ("process", "region", "published", "derived", "simulated", "effective_events",
               *map(_column, shown), "observed")
    return _text_table(rows, columns)


def _total_2022(
    published: PublishedNumbers, background: Table, channel: str, region: str,
    normalised: Sequence[Background],
) -> dict[str, str]:
    """Return the row of totals of one region, with the count that the paper observes."""
    is_signal = region == "signal"
    name = "background" if is_signal else f"background_total_{region}_region"
    observed = "observed_events" if is_signal else f"observed_events_{region}_region"
    row = {
        "process": "Total", "region": region,
        "published": _printed_region(published, name, channel),
        "observed": _printed(published.find(observed, channel=channel)),
    } | simulated_cells(total_background(background, "lnv", region), with_systematic=True)
    if normalised and region != "lower":
        total = combined(normalised)
        if not total.is_empty:
            row["normalised"] = _with_uncertainty(total.events, total.statistical)
    return row


def _with_uncertainty(value: float, sigma: float | None) -> str:
    return pdg_round(value, sigma) if sigma else round_significant(value, 4)


def _printed(number: PublishedNumber | None) -> str:
    """Return value and uncertainty as printed: the same decimals, one power of ten."""
    if number is None:
        return ""
    if number.uncertainty is None:
        return number.digits
    mantissa, _, exponent = number.digits.partition("e")
    decimals = len(mantissa.partition(".")[2])
    if not exponent:
        return f"{mantissa} ± {number.uncertainty:.{decimals}f}"
    uncertainty = number.uncertainty / 10.0 ** int(exponent)
    return f"({mantissa} ± {uncertainty:.{decimals}f})e{int(exponent)}"


def _printed_sum(*digits: str) -> str:
    """Return "(a ± b ± c)en" for numbers printed with one power of ten, else "a ± b ± c"."""
    parts = [text.partition("e") for text in digits]
    exponents = {exponent for _, _, exponent in parts}
    if exponents == {""} or len(exponents) > 1:
        return " ± ".join(digits)
    return f"({' ± '.join(mantissa for mantissa, _, _ in parts)})e{int(exponents.pop())}"


def _printed_pair(published: PublishedNumbers, quantity: str, channel: str) -> str:
    """Return a number with the uncertainties that have rows of their own."""
    number = published.find(quantity, channel=channel)
    if number is None:
        return ""
    names = (f"{quantity}_uncertainty", f"{quantity}_statistical_uncertainty",
             f"{quantity}_external_uncertainty")
    found = (published.find(name, channel=channel) for name in names)
    parts = [n.digits for n in found if n is not None]
    return _printed_sum(number.digits, *parts) if parts else _printed(number)


def _printed_region(published: PublishedNumbers, start: str, channel: str) -> str:
    """Return a background as printed: `…_events` with `…_uncertainty` or its own ±."""
    number = published.find(f"{start}_events", channel=channel)
    names = (f"{start}_uncertainty", f"{start}_events_uncertainty")
    found = (published.find(name, channel=channel) for name in names)
    sigma = next((n for n in found if n is not None), None)
    if number is None or sigma is None:
        return _printed(number)
    return _printed_sum(number.digits, sigma.digits)


def _column(variant: str) -> str:
    return "simulated" if variant == "nominal" else f"simulated_{variant}"


def _text_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, list[str]]:
    table = table_from_rows(rows, columns)
    return {name: [cell_text(cell) for cell in column] for name, column in table.items()}
