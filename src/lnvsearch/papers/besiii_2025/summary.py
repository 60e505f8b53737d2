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
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.summary import Reason, comparison_summary
from lnvsearch.tables import Table

__all__ = ["mass_bin_sentences", "reasons_of_besiii", "summary_markdown"]

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
# Why efficiencies disagree; the first that matches counts.
_EFFICIENCIES = (
    Reason(
        "efficiency_*",
        "other angles than those that the paper's chain of decays reads like; see "
        "tables/pair_angles.md",
        variant="pair_*",
        with_mass=True,
    ),
    Reason(
        "efficiency_*",
        "not understood: around 0.7 GeV the simulated efficiency has a maximum, from the "
        "acceptance of collinear pairs and from the cut smallest_chi_square, which few events "
        "fail where electrons are soft and kaons hard; see docs/besiii_simulation.md",
        with_mass=True,
    ),
    Reason("efficiency_*", "before the calibration, on numbers from outside the paper only"),
)


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
        remark=_mass_bin(published, results),
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
        *_EFFICIENCIES,
        Reason(
            "*background_events", "an expectation beside a count: the paper found no event"
        ),
    ]


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
