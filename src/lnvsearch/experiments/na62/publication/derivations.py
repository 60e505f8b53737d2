"""What follows from the printed numbers of the NA62 papers by arithmetic.

The papers: Phys. Lett. B 797 (2019) 134794 (2017 data) and CERN-EP-2022-018 (2016-18 data), "first"
and "second" here.  Where a number needs the other paper's, that one is the `companion`.  Of any
other paper only the sensitivities are derived, if it prints what they need.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from lnvsearch import particles
from lnvsearch.experiments.na62.publication.numbers import (
    ALL,
    Numbers,
    has_sensitivity_inputs,
    rounding_sigma,
    sensitivity,
)
from lnvsearch.publication.comparison import NO_TEST, comparison_row
from lnvsearch.sensitivity import Estimate

__all__ = ["derived_rows", "pileup_events"]

Row = dict[str, Any]

# Modes of Table 1 (2016-18) in which an electron passes for a pion.
_CORRELATED_MODES = ("ke3_dalitz", "eeenu")


def derived_rows(numbers: Numbers, companion: Numbers | None) -> Iterator[Row]:
    """All rows of kind `derived` but the limits."""
    if not (numbers.is_first or numbers.is_second):
        yield from _sensitivity_rows(numbers)
        return
    yield from _normalisation_rows(numbers)
    yield _kaon_decay_rate(numbers)
    if numbers.is_first:
        yield from _first_paper_rows(numbers)
    else:
        yield from _second_paper_rows(numbers)
    if companion is not None:
        yield from _rows_with_companion(numbers, companion)


def _row(
    numbers: Numbers,
    quantity: str,
    channel: str,
    variant: str,
    value: float,
    note: str,
    uncertainty: float | None = None,
    published_uncertainty: float | None = None,
) -> Row:
    return comparison_row(
        numbers.number(quantity, channel),
        "derived",
        variant,
        value,
        uncertainty,
        published_uncertainty=published_uncertainty,
        source="published",
        note=note,
    )


# ------------------------------------------------------------------------------- normalisation


def _sensitivity_rows(numbers: Numbers) -> Iterator[Row]:
    """Single-event sensitivities of a paper that prints what they follow from."""
    quantity = "single_event_sensitivity"
    for channel in numbers.channels:
        if (quantity, channel) in numbers and has_sensitivity_inputs(numbers, channel):
            single = sensitivity(numbers, channel)[1]
            yield _row(numbers, quantity, channel, "recomputed", single.mean, "1/(N_K A)",
                       single.sigma)


def _normalisation_rows(numbers: Numbers) -> Iterator[Row]:
    """N_K and single-event sensitivities with their uncertainties."""
    name = "recomputed"
    for channel in numbers.channels:
        decays, single = sensitivity(numbers, channel)
        if numbers.is_first or channel == "piee":
            yield from _decay_rows(numbers, channel if numbers.is_first else ALL, decays)
        quantity = "single_event_sensitivity"
        yield _row(
            numbers, quantity, channel, name, single.mean, "1/(N_K A), unrounded N_K", single.sigma,
            numbers.number(f"{quantity}_uncertainty", channel).value,
        )
        yield _row(
            numbers, f"{quantity}_uncertainty", channel, name, single.sigma,
            "relative uncertainties of N, B and A in quadrature",
        )


def _decay_rows(numbers: Numbers, channel: str, decays: Estimate) -> Iterator[Row]:
    second = "external" if numbers.is_first else "systematic"
    parts = {
        "statistical": decays.statistical,
        second: decays.external_and_systematic,
    }
    printed = [
        numbers.number(f"n_kaon_decays_{part}_uncertainty", channel).value for part in parts
    ]
    yield _row(
        numbers, "n_kaon_decays", channel, "recomputed", decays.mean, "(1 - f) N/(B A)",
        decays.sigma, math.hypot(*printed),
    )
    for part, value in parts.items():
        yield _row(
            numbers, f"n_kaon_decays_{part}_uncertainty", channel, "recomputed", value,
            "from sqrt(N)" if part == "statistical" else "from B, and A where it has one",
        )
    if not numbers.is_first:
        yield _row(
            numbers, "n_kaon_decays_systematic_uncertainty", channel, "branching_fraction_only",
            decays.external, "from B alone",
        )


def _kaon_decay_rate(numbers: Numbers) -> Row:
    """Rate of kaons times the probability to decay in the fiducial volume."""
    momentum = numbers.value("beam_momentum_gev")
    flight_m = momentum / particles.mass_gev("K+") * particles.ctau_m("K+")
    length_m = numbers.value("fiducial_volume_length_m")
    fraction = numbers.value("beam_kaon_fraction_percent") / 100
    rate = numbers.value("beam_particle_rate_mhz") * fraction * -math.expm1(-length_m / flight_m)
    kaons = numbers.number("beam_kaon_fraction_percent")
    return _row(
        numbers, "kaon_decay_rate_mhz", ALL, "beam_rate", rate,
        "beam rate x kaon fraction x (1 - exp(-L/(gamma beta c tau))), PDG mass and lifetime; "
        "uncertainty: rounding of the kaon fraction",
        rate * rounding_sigma(kaons) / kaons.value,
    )


# ------------------------------------------------------------------------------ the first paper


def _first_paper_rows(numbers: Numbers) -> Iterator[Row]:
    for channel in numbers.channels:
        yield _row(
            numbers, "improvement_factor", channel, "ratio_of_limits",
            numbers.value("previous_limit_branching_fraction", channel)
            / numbers.value("upper_limit_branching_fraction", channel),
            "printed previous limit over the new one",
        )
    yield from _first_background_rows(numbers)
    value = numbers.value
    yield _row(
        numbers, "n_kaon_decays_ratio", ALL, "n_kaon_decays",
        value("n_kaon_decays", "pimumu") / value("n_kaon_decays", "piee"), "ratio of the two N_K",
    )
    multitrack, ee = value("trigger_downscaling_multitrack"), value("trigger_downscaling", "piee")
    recorded_ee = 1 - (1 - 1 / multitrack) * (1 - 1 / ee)
    yield _row(
        numbers, "n_kaon_decays_ratio", ALL, "trigger_downscaling",
        1 / value("trigger_downscaling", "pimumu") / recorded_ee,
        "fractions recorded: di-muon 1/2; di-electron or multi-track, 1/8 or 1/100",
    )


def _first_background_rows(numbers: Numbers) -> Iterator[Row]:
    rows = numbers.components("", "piee")
    total = math.fsum(number.value for number in rows)
    systematic = total * numbers.value("background_systematic_percent", "piee") / 100
    yield _row(
        numbers, "background_events", "piee", "sum", total, "sum of the contributions",
        published_uncertainty=numbers.number("background_events_uncertainty", "piee").value,
    )
    yield _row(
        numbers, "background_events_uncertainty", "piee", "quadratic_sum",
        math.hypot(systematic, *(number.uncertainty for number in rows)),
        "statistical uncertainties and 15 % of the total in quadrature",
    )
    rows = numbers.components("", "pimumu")
    yield _row(
        numbers, "background_events", "pimumu", "sum", math.fsum(n.value for n in rows),
        "sum of the rows of Table 2",
        published_uncertainty=numbers.number("background_events_uncertainty", "pimumu").value,
    )
    yield _row(
        numbers, "background_events_uncertainty", "pimumu", "quadratic_sum",
        math.hypot(*(n.uncertainty for n in rows)), "rows of Table 2 in quadrature",
    )


# ----------------------------------------------------------------------------- the second paper


def _second_paper_rows(numbers: Numbers) -> Iterator[Row]:
    yield from _signal_region_rows(numbers)
    yield from _table1_rows(numbers)
    yield from _table2_rows(numbers)
    value = numbers.value
    yield _row(
        numbers, "acceptance_ratio_pipi0ee_to_piee", ALL, "ratio_of_acceptances",
        value("signal_acceptance_percent", "pipi0ee") / value("signal_acceptance_percent", "piee"),
        "0.271 %/4.32 %",
    )
    kept = 1 - value("control_normalisation_acceptance_loss_percent", "piee") / 100
    signal = value("normalisation_candidates", "piee") * (
        1 - value("normalisation_contamination", "piee")
    )
    change = value("control_normalisation_candidates", "piee") / (kept * signal) - 1
    yield _row(
        numbers, "control_n_kaon_decays_change_percent", "piee", "recomputed", 100 * abs(change),
        f"{NO_TEST}: the printed number is an upper bound; with a loss of exactly 9 %",
    )


def _signal_region_rows(numbers: Numbers) -> Iterator[Row]:
    resolution = numbers.value("mass_resolution_mev", "piee")
    low, high = "signal_region_low_mev", "signal_region_high_mev"
    width = numbers.value(high, "piee") - numbers.value(low, "piee")
    yield _row(
        numbers, "signal_region_width_in_resolutions", "piee", "region", width / resolution,
        "width of the printed region over the printed resolution",
    )
    half = 0.5 * numbers.value("signal_region_width_in_resolutions", "piee") * resolution
    kaon_mev = 1000 * particles.mass_gev("K+")
    note = "kaon mass (PDG) and three times the printed resolution"
    yield _row(numbers, low, "piee", "kaon_mass", kaon_mev - half, note)
    yield _row(numbers, high, "piee", "kaon_mass", kaon_mev + half, note)


def _table1_rows(numbers: Numbers) -> Iterator[Row]:
    """20 % on the two modes with a misidentified electron, correlated: it adds linearly."""
    relative = numbers.value("background_systematic_percent", "piee") / 100
    for region in ("lower_region", "upper_region", "masked_region", "signal_region"):
        rows = numbers.components(f"_{region}", "piee")
        correlated = []
        for mode in _CORRELATED_MODES:
            quantity = f"background_{mode}_{region}_events"
            correlated.append(numbers.value(quantity, "piee"))
            yield _row(
                numbers, quantity.replace("_events", "_uncertainty"), "piee", "relative",
                relative * correlated[-1], "20 % of the contribution",
            )
        total, uncertainty = _total_names(region)
        yield _row(
            numbers, total, "piee", "sum", math.fsum(number.value for number in rows),
            "sum of the rows of Table 1",
            published_uncertainty=numbers.number(uncertainty, "piee").value,
        )
        yield _row(
            numbers, uncertainty, "piee", "linear_sum", relative * math.fsum(correlated),
            "20 % of both contributions, fully correlated",
        )


def _table2_rows(numbers: Numbers) -> Iterator[Row]:
    """The pileup row from its text, and the totals."""
    channel = "pipi0ee"
    value = numbers.value
    for region, pileup in pileup_events(numbers).items():
        total, uncertainty = _total_names(region)
        rows = numbers.components(f"_{region}", channel)
        # One event: its Poisson uncertainty is as large as itself.
        note = "1 event/5, uniform over 400-600 MeV, signal region included"
        quantity = f"background_pileup_{region}"
        yield _row(
            numbers, f"{quantity}_events", channel, "uniform", pileup, note, pileup,
            value(f"{quantity}_uncertainty", channel),
        )
        yield _row(numbers, f"{quantity}_uncertainty", channel, "uniform", pileup, note)
        yield _row(
            numbers, total, channel, "sum", math.fsum(number.value for number in rows),
            "sum of the rows of Table 2",
            published_uncertainty=numbers.number(uncertainty, channel).value,
        )
        yield _row(
            numbers, uncertainty, channel, "quadratic_sum",
            math.hypot(
                value(f"{quantity}_uncertainty", channel),
                *(number.uncertainty or 0.0 for number in rows),
            ),
            "rows of Table 2 in quadrature",
        )


def pileup_events(numbers: Numbers) -> dict[str, float]:
    """Return the pileup background of K⁺ → π⁻π⁰e⁺e⁺ by region, from the text of the second paper.

    The events in the sidebands of time over the ratio of widths, uniform in mass over the control
    and signal regions: {"control_region": events, "signal_region": events}.
    """
    channel = "pipi0ee"
    value = numbers.value
    scaled = value("pileup_sideband_events_control_region", channel) / value(
        "pileup_sideband_width_ratio", channel
    )
    signal_mev = value("signal_region_high_mev", channel) - value("signal_region_low_mev", channel)
    full_mev = value("control_region_high_mev", channel) - value("control_region_low_mev", channel)
    widths = {"control_region": full_mev - signal_mev, "signal_region": signal_mev}
    return {region: scaled * width / full_mev for region, width in widths.items()}


def _total_names(region: str) -> tuple[str, str]:
    """Names of the total and of its uncertainty; those of the signal region are the limit's."""
    if region == "signal_region":
        return "background_events", "background_events_uncertainty"
    return f"background_total_{region}_events", f"background_total_{region}_uncertainty"


# ------------------------------------------------------------------------------------ both papers


def _rows_with_companion(numbers: Numbers, companion: Numbers) -> Iterator[Row]:
    if not numbers.is_first:
        yield from _second_from_first(numbers, companion)
        return
    later = companion.value
    quantity, note = "data_fraction_percent", "the paper says about; denominator from 2016-18"
    yield _row(
        numbers, quantity, ALL, "spills", 100 * numbers.value("spills") / later("spills"), note
    )
    yield _row(
        numbers, quantity, ALL, "n_kaon_decays",
        100 * numbers.value("n_kaon_decays", "piee") / later("n_kaon_decays"), note,
    )
    constant = later("momentum_resolution_constant_percent")
    slope = later("momentum_resolution_slope_percent_per_gev")
    for end, momentum in (
        ("low", numbers.value("track_momentum_minimum_gev", "pimumu")),
        ("high", numbers.value("track_momentum_maximum_gev")),
    ):
        yield _row(
            numbers, f"momentum_resolution_{end}_percent", ALL, "later_formula",
            math.hypot(constant, slope * momentum),
            f"0.30 (+) 0.005 p of the 2016-18 paper at {momentum:g} GeV/c",
        )


def _second_from_first(numbers: Numbers, companion: Numbers) -> Iterator[Row]:
    yield _row(
        numbers, "improvement_factor", "piee", "ratio_of_limits",
        companion.value("upper_limit_branching_fraction", "piee")
        / numbers.value("upper_limit_branching_fraction", "piee"),
        "limit from the 2017 data over the new one",
    )
    now, before = numbers.number("protons_per_spill_high"), companion.number("protons_per_spill")
    ratio = numbers.value("protons_per_spill_high") / companion.value("protons_per_spill")
    relative = math.hypot(*(rounding_sigma(n) / n.value for n in (now, before)))
    rate = companion.value("beam_particle_rate_mhz") * ratio
    yield _row(
        numbers, "beam_particle_rate_mhz", ALL, "intensity", rate,
        "rate of 2017 scaled with the protons per spill; uncertainty: rounding of both intensities",
        rate * relative,
    )
