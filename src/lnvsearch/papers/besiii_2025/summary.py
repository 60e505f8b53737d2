"""BESIII's comparison in words: what its uncertainties mean, and why numbers disagree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lnvsearch.papers.besiii_2025.inconsistencies import (
    inconsistencies_of_besiii,
    published_over_derived_limits,
)
from lnvsearch.papers.besiii_2025.readings import (
    ANGLES,
    BEYOND_OVERLAPS_GEV,
    Reading,
    readings,
)
from lnvsearch.publication.disagreements import Explanations
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import pdg_round
from lnvsearch.publication.summary import Summary, comparison_summary
from lnvsearch.tables import Table, find_rows, table_from_rows, to_markdown

__all__ = ["explanations_of_besiii", "mass_bin_sentences", "summary_of_besiii"]

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


def summary_of_besiii(
    comparison: Table, published: PublishedNumbers, results: Mapping[str, Any] | None = None
) -> Summary:
    """Return the summary of `comparison_for_besiii`.

    `results` is what the comparison was made from.  The text is made from the numbers alone: the
    same input gives the same bytes.
    """
    results = results or {}
    explanations = explanations_of_besiii(published, results)
    return comparison_summary(
        comparison,
        published,
        title="BESIII, J/ψ → K⁺K⁺e⁻e⁻",
        introduction=(
            "The simulated numbers come from a fast simulation of this project, not from the "
            "collaboration's software or data."
        ),
        sigmas=_SIGMAS,
        not_tests=_NOT_TESTS,
        groups=_GROUPS,
        explanations=explanations,
        explained=_scan_deviations(comparison, explanations),
        remark=_mass_bin(published, results),
    )


def explanations_of_besiii(
    published: PublishedNumbers, results: Mapping[str, Any] | None = None
) -> Explanations:
    """Return why numbers of the comparison disagree: the `reasons` of `results`, and what is known.

    The factor between the published and the derived limits is the mean over the masses where both
    are known; without derived limits in `results` it is left out.
    """
    results = results or {}
    ratios = [ratio for _, ratio in published_over_derived_limits(published, results)]
    return Explanations(
        results.get("reasons") or (),
        inconsistencies_of_besiii(published, results),
        math.fsum(ratios) / len(ratios) if ratios else None,
    )


def _scan_deviations(comparison: Table, explanations: Explanations) -> str:
    """How far the efficiencies of the scan are off, mass by mass, and why the worst is.

    Of the reproduction's reading (isotropic pair, events in the bin in mass); most are within the
    paper's large uncertainty, so that no other table shows them.
    """
    rows = [
        row for row in find_rows(comparison, quantity="efficiency_percent", kind="simulated",
                                 variant="nominal_in_mass_bin")
        if row["published"] is not None and row["mass_gev"] is not None
    ]  # fmt: skip
    if not rows:
        return ""
    lines = [{
        "mass in GeV": f"{row['mass_gev']:.3f}",
        "published": f"{row['published']:.2f} %",
        "simulated": f"{pdg_round(row['value'], row['uncertainty'])} %",
        "deviation": f"{'+' * (row['ratio'] > 1)}{_deviation(row)} %",
        "the paper's uncertainty": f"{_of_published(row, 'published_uncertainty'):.0f} %",
    } for row in rows]  # fmt: skip
    worst = max(rows, key=lambda row: abs(row["ratio"] - 1))
    return (
        "The efficiencies of the scan at the legible masses, isotropic pair, in the bin in mass:\n\n"
        + to_markdown(table_from_rows(lines, list(lines[0])))
        + f"\nThe largest deviation is that at {worst['mass_gev']:.3f} GeV. Why: "
        f"{explanations.why([worst])}."
    )


def _deviation(row: Mapping[str, Any]) -> str:
    return pdg_round(100 * (row["ratio"] - 1), _of_published(row, "uncertainty"))


def _of_published(row: Mapping[str, Any], column: str) -> float:
    """A column in percent of the published value."""
    return 100 * (row[column] or 0.0) / row["published"]


def mass_bin_sentences(found: Sequence[Reading], uncertainty_percent: float) -> str:
    """Return which reading of the bin in mass the printed efficiencies prefer, and by how much.

    `found`: the readings of the scan, as `readings` gives them; `uncertainty_percent`: the paper's
    own, of each efficiency, at least.
    """
    pairs = {
        angles: {one.in_mass_bin: one for one in found if one.variation == variation}
        for variation, angles in ANGLES.items()
    }
    sentences = [
        f"- {angles}: it deviates by {both[True].rms_percent:.1f} % (rms of "
        f"{len(both[True].mass_gev)} masses) with the bin and {both[False].rms_percent:.1f} % "
        f"without it: the numbers prefer {_closer(both)}.{_share(both)}"
        for angles, both in pairs.items()
        if len(both) == 2
    ]
    if not sentences:
        return ""
    return (
        "The paper does not say whether ε of Table 2 counts only events in the 25 MeV bin of "
        "m(Ke), nor which angles its pair has. Against its legible efficiencies, each uncertain by "
        f"{uncertainty_percent:g} % or more, the calibrated simulation does this:\n\n"
        + "\n".join(sentences)
    )


def _mass_bin(published: PublishedNumbers, results: Mapping[str, Any]) -> str:
    if not results.get("efficiencies"):
        return ""
    found = list(readings(results["efficiencies"], published))
    return mass_bin_sentences(found, published.value("systematic_total_percent"))


def _closer(both: Mapping[bool, Reading]) -> str:
    is_closer = both[True].rms_percent < both[False].rms_percent
    return "the bin" if is_closer else "no bin"


def _share(both: Mapping[bool, Reading]) -> str:
    """What the bin does from 0.9 GeV on, where K+ and e- do not meet in the detector."""
    inside, without = both[True].above(), both[False].above()
    if not inside.slope_percent_per_gev:
        return ""
    taken = without.mean_percent - inside.mean_percent
    share = 1.0 - without.slope_percent_per_gev / inside.slope_percent_per_gev
    return (
        f" From {BEYOND_OVERLAPS_GEV:g} GeV on, the bin takes {taken:.1f} % of the events: the mean "
        f"deviation is {inside.mean_percent:+.1f} % with it and {without.mean_percent:+.1f} % "
        f"without, the slope {inside.slope_percent_per_gev:+.1f} and "
        f"{without.slope_percent_per_gev:+.1f} %/GeV, so that {100 * share:.0f} % of the slope "
        "comes from the bin."
    )
