"""What follows by arithmetic from numbers that this paper alone prints, and from the first one's.

The first paper of the same experiment, on the data of 2017, is the companion.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from lnvsearch import particles
from lnvsearch.experiments.na62.publication.derivations import derived_row
from lnvsearch.experiments.na62.publication.numbers import ALL, Numbers, rounding

__all__ = ["derived_rows", "pileup_events"]

Row = dict[str, Any]

# Modes of Table 1 in which an electron passes for a pion.
_CORRELATED_MODES = ("ke3_dalitz", "eeenu")


def derived_rows(numbers: Numbers, companion: Numbers | None) -> Iterator[Row]:
    """Yield the rows of kind `derived` that no other paper has."""
    yield derived_row(
        numbers, "n_kaon_decays_systematic_uncertainty", ALL, "branching_fraction_only",
        numbers.kaon_decays("piee").external, "from B alone",
    )
    yield from _signal_region_rows(numbers)
    yield from _table1_rows(numbers)
    yield from _table2_rows(numbers)
    yield from _acceptance_rows(numbers)
    if companion is not None:
        yield from _companion_rows(numbers, companion)


def _acceptance_rows(numbers: Numbers) -> Iterator[Row]:
    """The ratio of the two signals' acceptances, and the cross-check of the number of kaons."""
    value = numbers.value
    yield derived_row(
        numbers, "acceptance_ratio_pipi0ee_to_piee", ALL, "ratio_of_acceptances",
        value("signal_acceptance_percent", "pipi0ee") / value("signal_acceptance_percent", "piee"),
        "0.271 %/4.32 %",
    )
    kept = 1 - value("control_normalisation_acceptance_loss_percent", "piee") / 100
    signal = value("normalisation_candidates", "piee") * (
        1 - value("normalisation_contamination", "piee")
    )
    ratio = value("control_normalisation_candidates", "piee") / (kept * signal)
    loss = numbers.number("control_normalisation_acceptance_loss_percent", "piee")
    yield derived_row(
        numbers, "control_n_kaon_decays_change_percent", "piee", "recomputed",
        100 * abs(ratio - 1), "the printed number is an upper bound; with a loss of exactly 9 %",
        input_rounding=ratio * rounding(loss) / kept,
    )


def _signal_region_rows(numbers: Numbers) -> Iterator[Row]:
    resolution = numbers.value("mass_resolution_mev", "piee")
    low, high = "signal_region_low_mev", "signal_region_high_mev"
    width = numbers.value(high, "piee") - numbers.value(low, "piee")
    yield derived_row(
        numbers, "signal_region_width_in_resolutions", "piee", "region", width / resolution,
        "width of the printed region over the printed resolution",
    )
    half = 0.5 * numbers.value("signal_region_width_in_resolutions", "piee") * resolution
    kaon_mev = 1000 * particles.mass_gev("K+")
    note = "kaon mass (PDG) and three times the printed resolution"
    yield derived_row(numbers, low, "piee", "kaon_mass", kaon_mev - half, note)
    yield derived_row(numbers, high, "piee", "kaon_mass", kaon_mev + half, note)


def _table1_rows(numbers: Numbers) -> Iterator[Row]:
    """20 % on the two modes with a misidentified electron, correlated: it adds linearly."""
    relative = numbers.value("background_systematic_percent", "piee") / 100
    for region in ("lower_region", "upper_region", "masked_region", "signal_region"):
        rows = numbers.components(f"_{region}", "piee")
        correlated = []
        for mode in _CORRELATED_MODES:
            quantity = f"background_{mode}_{region}_events"
            correlated.append(numbers.value(quantity, "piee"))
            yield derived_row(
                numbers, quantity.replace("_events", "_uncertainty"), "piee", "relative",
                relative * correlated[-1], "20 % of the contribution",
            )
        total, uncertainty = _total_names(region)
        yield derived_row(
            numbers, total, "piee", "sum", math.fsum(number.value for number in rows),
            "sum of the rows of Table 1",
            published_uncertainty=numbers.number(uncertainty, "piee").value,
        )
        yield derived_row(
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
        yield derived_row(
            numbers, f"{quantity}_events", channel, "uniform", pileup, note, pileup,
            value(f"{quantity}_uncertainty", channel),
        )
        yield derived_row(numbers, f"{quantity}_uncertainty", channel, "uniform", pileup, note)
        yield derived_row(
            numbers, total, channel, "sum", math.fsum(number.value for number in rows),
            "sum of the rows of Table 2",
            published_uncertainty=numbers.number(uncertainty, channel).value,
        )
        yield derived_row(
            numbers, uncertainty, channel, "quadratic_sum",
            math.hypot(
                value(f"{quantity}_uncertainty", channel),
                *(number.uncertainty or 0.0 for number in rows),
            ),
            "rows of Table 2 in quadrature",
        )


def pileup_events(numbers: Numbers) -> dict[str, float]:
    """Return the pileup background of K⁺ → π⁻π⁰e⁺e⁺ by region, from the text.

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


def _companion_rows(numbers: Numbers, companion: Numbers) -> Iterator[Row]:
    yield derived_row(
        numbers, "improvement_factor", "piee", "ratio_of_limits",
        companion.value("upper_limit_branching_fraction", "piee")
        / numbers.value("upper_limit_branching_fraction", "piee"),
        "limit from the 2017 data over the new one",
    )
    now, before = numbers.number("protons_per_spill_high"), companion.number("protons_per_spill")
    ratio = numbers.value("protons_per_spill_high") / companion.value("protons_per_spill")
    relative = math.fsum(rounding(n) / n.value for n in (now, before))
    rate = companion.value("beam_particle_rate_mhz") * ratio
    yield derived_row(
        numbers, "beam_particle_rate_mhz", ALL, "intensity", rate,
        "rate of 2017 scaled with the protons per spill, both of which are printed with few digits",
        input_rounding=rate * relative,
    )
