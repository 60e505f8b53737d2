"""The tables of the paper: published, derived and simulated numbers side by side.

Cells are the text to print, rounded already; a published number keeps its printed digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from lnvsearch.experiments.na62.publication.numbers import Numbers
from lnvsearch.experiments.na62.publication.tables.background import (
    Background,
    combined,
    lower_region_factors,
    process_background,
    simulated_cells,
    total_background,
    with_pileup,
)
from lnvsearch.experiments.na62.publication.tables.hypotheses import column, hypotheses
from lnvsearch.experiments.na62.publication.tables.printed import printed, printed_region
from lnvsearch.papers.na62_2022.derivations import pileup_events
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import pdg_round, round_significant, with_uncertainty
from lnvsearch.tables import Table, text_table

__all__ = ["table1", "table2"]

_TABLE1 = {
    "k3pi": "K+ -> pi+ pi+ pi-",
    "ke4": "K+ -> pi+ pi- e+ nu",
    "pipi0_dalitz": "K+ -> pi+ pi0_D",
    "ke3_dalitz": "K+ -> pi0_D e+ nu",
    "eeenu": "K+ -> e+ nu e+ e-",
}
_REGIONS = ("lower", "upper", "masked", "signal")


def table1(published: PublishedNumbers, background: Table) -> dict[str, list[str]]:
    """Return the background of K⁺ → π⁻e⁺e⁺ by process and mass region, and what was observed.

    `background` is the background table of channel `piee`.  `normalised`: each process scaled to
    its printed number of events in the lower region, so that the other regions test the shape in
    mass alone; a process without one there is left as simulated.  Uncertainties of `simulated` are
    statistical and systematic in quadrature, those of `normalised` statistical.
    """
    factors = lower_region_factors(background, published, "piee")
    rows = []
    for region in _REGIONS:
        normalised = []
        for process, label in _TABLE1.items():
            quantity = f"background_{process}_{region}_region"
            simulated = process_background(background, process, "lnv", region)
            row = {"process": label, "region": region,
                   "published": printed_region(published, quantity, "piee")}
            row |= simulated_cells(simulated, with_systematic=True)
            if simulated is not None:
                factor, relative = factors.get(process, (1.0, 0.0))
                normalised.append(simulated.scaled(factor, relative))
                if process in factors and region != "lower" and not simulated.is_empty:
                    row["normalised"] = with_uncertainty(
                        normalised[-1].events, normalised[-1].statistical
                    )
            rows.append(row)
        rows.append(_total(published, background, "piee", region, normalised))
    columns = ("process", "region", "published", "simulated", "effective_events", "normalised",
               "observed")
    return text_table(rows, columns)


_REGIONS_PI0 = ("control", "signal")
_TABLE2 = {
    "pipi0pi0_dalitz": "K+ -> pi+ pi0 pi0_D",
    "pipi0_dalitz_gamma": "K+ -> pi+ pi0_D gamma",
    "ke3_dalitz_gamma": "K+ -> pi0_D e+ nu gamma",
    "pipi0ee": "K+ -> pi+ pi0 e+ e-",
}


def table2(
    published: PublishedNumbers, background: Table, compared: Iterable[str]
) -> dict[str, list[str]]:
    """Return the background of K⁺ → π⁻π⁰e⁺e⁺ in the control and the signal region.

    `background` is the background table of channel `pipi0ee`.  Pileup cannot be simulated here: its
    row is derived, from the one event that the paper sees in the sidebands of time.  The sum of the
    decays stands without it, and the total, like the paper's and that of the comparison, with it.  A
    further column for each hypothesis of
    `compared` that touches one of the decays.
    """
    rows = []
    shown = hypotheses(background, _REGIONS_PI0, compared)
    for region in _REGIONS_PI0:
        for process, label in _TABLE2.items():
            quantity = f"background_{process}_{region}_region"
            simulated = process_background(background, process, "lnv", region)
            rows.append({
                "process": label, "region": region,
                "published": printed_region(published, quantity, "pipi0ee"),
            } | simulated_cells(simulated, with_systematic=True) | {
                column(variant): simulated_cells(varied, with_systematic=True)["simulated"]
                for variant in shown
                if (varied := process_background(background, process, "lnv", region, variant))
            })
        pileup = pileup_events(Numbers(published))[f"{region}_region"]
        rows.append({
            "process": "Pileup", "region": region,
            "published": printed_region(
                published, f"background_pileup_{region}_region", "pipi0ee"),
            "derived": pdg_round(pileup, pileup),
        })
        rows += _decays_and_total(published, background, region, shown)
    columns = ("process", "region", "published", "derived", "simulated", "effective_events",
               *map(column, shown), "observed")
    return text_table(rows, columns)


def _decays_and_total(
    published: PublishedNumbers, background: Table, region: str, shown: Iterable[str]
) -> Iterator[dict[str, str]]:
    """Yield the sum of the simulated decays of K⁺ → π⁻π⁰e⁺e⁺, and that with pileup."""
    sums = {
        variant: total_background(background, "lnv", region, variant)
        for variant in ("nominal", *shown)
    }
    printed_decays = math.fsum(
        number.value for number in Numbers(published).components(f"_{region}_region", "pipi0ee")
        if number.quantity != f"background_pileup_{region}_region_events"
    )
    total = _total(published, background, "pipi0ee", region, [])
    for process, of_paper, found in (
        ("All decays, without pileup", {"published": "", "observed": "",
                                        "derived": round_significant(printed_decays, 2)}, sums),
        ("Total, with the derived pileup", {}, {
            variant: found and with_pileup(found, background, "lnv", region)
            for variant, found in sums.items()
        }),
    ):
        cells = {variant: simulated_cells(background, with_systematic=True)
                 for variant, background in found.items()}
        yield total | of_paper | cells.pop("nominal") | {
            column(variant): cell.get("simulated", "") for variant, cell in cells.items()
        } | {"process": process}


def _total(
    published: PublishedNumbers, background: Table, channel: str, region: str,
    normalised: Sequence[Background],
) -> dict[str, str]:
    """Return the row of totals of one region, with the count that the paper observes."""
    is_signal = region == "signal"
    name = "background" if is_signal else f"background_total_{region}_region"
    observed = "observed_events" if is_signal else f"observed_events_{region}_region"
    row = {
        "process": "Total", "region": region,
        "published": printed_region(published, name, channel),
        "observed": printed(published.find(observed, channel=channel)),
    } | simulated_cells(total_background(background, "lnv", region), with_systematic=True)
    if normalised and region != "lower":
        total = combined(normalised)
        if not total.is_empty:
            row["normalised"] = simulated_cells(total)["simulated"]
    return row
