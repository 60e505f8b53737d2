"""BESIII's comparison in words: what its uncertainties mean, and why numbers disagree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lnvsearch.papers.besiii_2025.inconsistencies import (
    inconsistencies_of_besiii,
    published_over_derived_limits,
)
from lnvsearch.publication.comparison import is_test
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.summary import Reason, comparison_summary
from lnvsearch.tables import Table, table_rows

__all__ = ["mass_bin_convention", "reasons_of_besiii", "summary_markdown"]

_SIGMAS = (
    "σ published is what the paper states: the printed ±, or, for an efficiency ε, ε·Δ with Δ the "
    "total systematic uncertainty, which the paper itself takes as the standard deviation of ε. "
    "σ value is the statistical uncertainty of the simulation."
)
_NOT_TESTS = "and the efficiency to which the detector is calibrated"
_GROUPS = {
    "upper_limit": "limits",
    "efficiency": "efficiencies",
    "systematic": "systematic uncertainties",
}


def summary_markdown(
    comparison: Table, published: PublishedNumbers, results: Mapping[str, Any] | None = None
) -> str:
    """Return the summary of `comparison_for_besiii` as Markdown.

    `results` is what the comparison was made from.  The text is made from the numbers alone: the
    same input gives the same bytes.
    """
    results = results or {}
    return comparison_summary(
        comparison,
        published,
        title="BESIII, J/ψ → K⁺K⁺e⁻e⁻: the published numbers and this project's",
        introduction=(
            "The simulated numbers come from a fast simulation of this project, not from the "
            "collaboration's software or data."
        ),
        sigmas=_SIGMAS,
        not_tests=_NOT_TESTS,
        groups=_GROUPS,
        reasons=reasons_of_besiii(published, results),
        inconsistencies=inconsistencies_of_besiii(published, results),
        remark=_convention(comparison),
    )


def reasons_of_besiii(
    published: PublishedNumbers, results: Mapping[str, Any] | None = None
) -> list[Reason]:
    """Return why numbers of the comparison disagree; the first that matches a row counts.

    The factor between the published and the derived limits is the mean over the masses where both
    are known; without derived limits in `results` it is left out.
    """
    ratios = [ratio for _, ratio in published_over_derived_limits(published, results or {})]
    factor = math.fsum(ratios) / len(ratios) if ratios else None
    formula = "The upper limit does not follow from its own formula"
    too_low = "the paper's limits are lower than its own inputs give"
    return [
        Reason(
            "upper_limit_signal_events",
            "the efficiency is another than the one of section V A",
            inconsistency="Two efficiencies for one selection",
        ),
        Reason(
            "upper_limit_*", too_low, kind="simulated", inconsistency=formula, known_factor=factor
        ),
        Reason("upper_limit_*", too_low, inconsistency=formula),
        Reason(
            "systematic_mc_statistics_percent",
            "the printed value is not the binomial uncertainty",
            inconsistency="The uncertainty from the size of the simulated sample",
        ),
        Reason(
            "systematic_mc_modeling_percent",
            "the printed value is far below what Table 2 implies",
            inconsistency="The uncertainty from the decay model",
        ),
        Reason(
            "mass_scan_highest_in_text_gev",
            "the text and Table 2 disagree",
            inconsistency="Two ends of the mass range",
        ),
        Reason(
            "systematic_total_percent",
            "the difference between the models of this simulation is another than the paper's",
            with_mass=True,
        ),
        Reason(
            "systematic_*",
            "an estimate by this simulation, not the paper's control samples",
            prefer_note=True,
        ),
        Reason(
            "efficiency_*",
            "not understood: around 0.7 GeV the simulated efficiency has a maximum, from the "
            "acceptance of collinear pairs and from the cut smallest_chi_square, which few events "
            "fail where electrons are soft and kaons hard; see docs/besiii_simulation.md",
            with_mass=True,
        ),
        Reason("efficiency_*", "before the calibration, on numbers from outside the paper only"),
        Reason(
            "*background_events", "an expectation beside a count: the paper found no event"
        ),
    ]


def mass_bin_convention(comparison: Table) -> dict[str, float]:
    """Return the rms of ε simulated/published − 1 over the mass scan, for each convention.

    The keys are the variants `nominal` (all selected events) and `nominal_in_mass_bin` (those in
    the 25 MeV bin of m(Ke)) and the same of `uncalibrated`, as far as they are there.
    """
    deviations: dict[str, list[float]] = {}
    for row in table_rows(comparison):
        if row["quantity"] == "efficiency_percent" and row["mass_gev"] is not None and is_test(row):
            deviations.setdefault(row["variant"], []).append(row["ratio"] - 1)
    return {
        variant: math.sqrt(math.fsum(d * d for d in values) / len(values))
        for variant, values in deviations.items()
    }


def _convention(comparison: Table) -> str:
    spread = mass_bin_convention(comparison)
    without, inside = spread.get("nominal"), spread.get("nominal_in_mass_bin")
    if without is None or inside is None:
        return ""
    closer = "without" if without < inside else "with"
    return (
        "The paper does not say whether ε of Table 2 counts only events in the 25 MeV bin of "
        "m(Ke). Against the legible cells the calibrated simulation deviates by "
        f"{100 * inside:.1f} % (rms) with the bin and {100 * without:.1f} % without it: {closer} "
        "is closer."
    )
