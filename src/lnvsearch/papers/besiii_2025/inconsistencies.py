"""Where the BESIII paper disagrees with itself, computed from its own numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import round_significant
from lnvsearch.publication.inconsistencies import Inconsistency
from lnvsearch.tables import same_mass, table_rows

__all__ = ["inconsistencies_of_besiii", "published_over_derived_limits"]


def inconsistencies_of_besiii(
    published: PublishedNumbers, results: Mapping[str, Any] | None = None
) -> list[Inconsistency]:
    """Return the paper's inconsistencies, the weightiest first.

    `results` is what `comparison_for_besiii` takes; its derived limits (tables `scan`,
    `overall_limits`) add evidence where they are given.
    """
    results = results or {}
    return [
        _limit(published, results),
        _two_efficiencies(published, results),
        _mass_range(published),
        _mc_statistics(published),
        _modelling(published),
        _linear_sums(published),
        _row_of_the_event(published),
    ]


def published_over_derived_limits(
    published: PublishedNumbers, results: Mapping[str, Any]
) -> list[tuple[float, float]]:
    """Return (mass in GeV, published/derived limit) where both limits of Table 2 are known.

    Derived means kind `derived`, variant `nominal`, method `rolke` in the scan; published ones
    count where they are legible.
    """
    ratios = []
    for row in table_rows(results.get("scan") or {}):
        wanted = (row["kind"], row["variant"], row["method"]) == ("derived", "nominal", "rolke")
        limit = row["upper_branching_fraction"]
        printed = published.legible_value("upper_limit_branching_fraction", row["mass_gev"])
        if wanted and row["mass_gev"] is not None and limit and printed is not None:
            ratios.append((row["mass_gev"], printed / limit))
    return sorted(ratios)


def _limit(published: PublishedNumbers, results: Mapping[str, Any]) -> Inconsistency:
    events, n_jpsi = published.value("upper_limit_signal_events"), published.value("n_jpsi")
    printed = published.value("upper_limit_branching_fraction")
    computed = events / n_jpsi
    evidence = (
        f"Eq. (1) divides {events:g} by {_digits(published, 'n_jpsi')}; that is "
        f"{round_significant(computed, 3)}, and the printed limit is {printed / computed:.3f} of "
        "it."
    )
    ratios = [ratio for _, ratio in published_over_derived_limits(published, results)]
    if ratios:
        evidence += (
            f" The limits of Table 2 are low by about the same factor: published/derived is "
            f"{math.fsum(ratios) / len(ratios):.3f} on average over {len(ratios)} legible masses, "
            f"from {min(ratios):.3f} to {max(ratios):.3f}."
        )
    return Inconsistency(
        "The upper limit does not follow from its own formula",
        _digits(published, "upper_limit_branching_fraction"),
        round_significant(computed, 3),
        evidence + " The cause is not known; nothing in this project is tuned to it.",
    )


def _two_efficiencies(published: PublishedNumbers, results: Mapping[str, Any]) -> Inconsistency:
    number = published.find("upper_limit_signal_events")
    section_v = _digits(published, "efficiency_used_in_limit_percent")
    evidence = "Section III and section V A name different efficiencies of the same selection."
    for record in results.get("overall_limits") or ():
        if record["kind"] == "derived" and record["method"] == "rolke":
            agrees = abs(record["upper_events"] - number.value) <= number.resolution / 2
            evidence += (
                f" With {100 * record['efficiency']:.2f} % the paper's method gives "
                f"{record['upper_events']:.2f} events, which "
                f"{'is' if agrees else 'is not'} the printed {number.digits}."
            )
    return Inconsistency(
        "Two efficiencies for one selection",
        f"{_digits(published, 'efficiency_percent')} % (section III)",
        f"{section_v} % (section V A)",
        evidence,
    )


def _mass_range(published: PublishedNumbers) -> Inconsistency:
    low, step = published.value("mass_scan_lowest_gev"), published.value("mass_scan_step_gev")
    counts = {
        name: round((published.value(name) - low) / step) + 1
        for name in ("mass_scan_highest_gev", "mass_scan_highest_in_text_gev")
    }
    rows = len(published.masses_gev())
    return Inconsistency(
        "Two ends of the mass range",
        f"{_digits(published, 'mass_scan_highest_in_text_gev')} GeV (section V B)",
        f"{_digits(published, 'mass_scan_highest_gev')} GeV (section IV, Table 2)",
        f"In steps of {step:g} GeV from {low:g} GeV these are "
        f"{counts['mass_scan_highest_in_text_gev']} and {counts['mass_scan_highest_gev']} masses; "
        f"Table 2 has {rows} rows.",
    )


def _mc_statistics(published: PublishedNumbers) -> Inconsistency:
    efficiency = published.value("efficiency_percent") / 100
    n_generated = published.value("n_generated_phase_space")
    computed = 100 * math.sqrt((1 - efficiency) / (efficiency * n_generated))
    return Inconsistency(
        "The uncertainty from the size of the simulated sample",
        f"{_digits(published, 'systematic_mc_statistics_percent')} %",
        f"{computed:.2f} %",
        f"The binomial uncertainty √((1−ε)/(εN)) with ε = {100 * efficiency:g} % and "
        f"N = {n_generated:g}.",
    )


def _modelling(published: PublishedNumbers) -> Inconsistency:
    total = published.value("systematic_total_percent")
    implied = [
        (math.sqrt(number.value**2 - total**2), number)
        for number in published
        if number.quantity == "systematic_total_percent"
        and number.mass_gev is not None
        and number.legible
        and number.value > total
    ]
    largest, number = max(implied, key=lambda pair: pair[0])
    return Inconsistency(
        "The uncertainty from the decay model",
        f"{_digits(published, 'systematic_mc_modeling_percent')} %",
        f"up to {largest:.1f} %",
        "Section IV calls the printed number the largest efficiency difference between the models "
        f"over all masses. Table 2 has Δ = {number.digits} % at {number.mass_gev:.3f} GeV, which "
        f"leaves √({number.digits}² − {total:g}²) = {largest:.1f} % beside the common {total:g} %.",
    )


def _linear_sums(published: PublishedNumbers) -> Inconsistency:
    printed, computed, details = [], [], []
    not_others = ("_total_percent", "_tracking_percent", "_pid_percent")
    others = math.hypot(
        *(
            number.value
            for number in published
            if number.quantity.startswith("systematic_")
            and number.mass_gev is None
            and not number.quantity.endswith(not_others)
        )
    )
    quadratic = []
    for name, source in (("tracking", "mdc_tracking"), ("pid", "pid")):
        electron = published.value(f"{name}_uncertainty_per_electron_percent")
        kaon = published.value(f"{name}_uncertainty_per_kaon_percent")
        quadratic.append(math.sqrt(2 * electron**2 + 2 * kaon**2))
        printed.append(f"{_digits(published, f'systematic_{source}_percent')} %")
        computed.append(f"{quadratic[-1]:.1f} %")
        details.append(f"2·{electron:g} + 2·{kaon:g} = {2 * electron + 2 * kaon:g}")
    return Inconsistency(
        "Tracks are added linearly, sources in quadrature",
        " and ".join(printed),
        " and ".join(computed),
        f"Section IV says that the effects are added in quadrature, and the total is; but within "
        f"tracking and identification the four tracks are added linearly ({'; '.join(details)}), "
        f"as if fully correlated. In quadrature throughout, the total would be "
        f"{math.hypot(others, *quadratic):.1f} % and not "
        f"{_digits(published, 'systematic_total_percent')} %.",
    )


def _row_of_the_event(published: PublishedNumbers) -> Inconsistency:
    counted = [
        number
        for number in published
        if number.quantity == "observed_events"
        and number.mass_gev is not None
        and number.value
    ]
    limits = [
        number
        for number in published
        if number.quantity == "upper_limit_branching_fraction"
        and number.mass_gev is not None
        and number.value is not None
        and not same_mass(number.mass_gev, published.value("mass_scan_lowest_gev"))
    ]
    largest = max(limits, key=lambda number: number.value)
    at_count = ", ".join(f"{number.mass_gev:.3f} GeV" for number in counted)
    return Inconsistency(
        "The mass bin of the one event",
        f"count of 1 at {at_count}",
        f"limit of {largest.digits} at {largest.mass_gev:.3f} GeV",
        "In the text of Table 2 as read, the count and the raised limit stand in different rows. "
        "This may be damage of the text and not the paper: both rows are read with low confidence.",
    )


def _digits(published: PublishedNumbers, quantity: str) -> str:
    return published.find(quantity).digits
