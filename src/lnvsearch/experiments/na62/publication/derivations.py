"""What follows by arithmetic from the numbers of any NA62 paper: kaon decays and sensitivities."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from lnvsearch import particles
from lnvsearch.experiments.na62.publication.numbers import ALL, Numbers, rounding
from lnvsearch.publication.comparison import comparison_row

__all__ = ["derived_row", "derived_rows"]

Row = dict[str, Any]

# What the rate of kaon decays follows from.
_RATE_INPUTS = (
    "beam_momentum_gev",
    "fiducial_volume_length_m",
    "beam_kaon_fraction_percent",
    "beam_particle_rate_mhz",
)


def derived_row(
    numbers: Numbers,
    quantity: str,
    channel: str,
    variant: str,
    value: float,
    note: str,
    uncertainty: float | None = None,
    published_uncertainty: float | None = None,
    input_rounding: float = 0.0,
) -> Row:
    """Return one row of kind `derived`, from published numbers alone."""
    return comparison_row(
        numbers.number(quantity, channel),
        "derived",
        variant,
        value,
        uncertainty,
        published_uncertainty=published_uncertainty,
        input_rounding=input_rounding,
        source="published",
        note=note,
    )


def derived_rows(numbers: Numbers) -> Iterator[Row]:
    """Kaon decays and sensitivities, as far as the paper prints them and what they follow from."""
    printed: set[str] = set()
    for channel in numbers.channels:
        if not numbers.has_kaon_decays(channel):
            continue
        norm = numbers.normalisation_channel(channel)
        of = norm if ("n_kaon_decays", norm) in numbers else ALL
        # Channels that share their normalisation share the number.
        if ("n_kaon_decays", of) in numbers and of not in printed:
            printed.add(of)
            yield from _decay_rows(numbers, channel, of)
        if numbers.has_sensitivity(channel):
            yield from _sensitivity_rows(numbers, channel)
    needed = [(name, ALL) for name in ("kaon_decay_rate_mhz", *_RATE_INPUTS)]
    if all(key in numbers for key in needed):
        yield _kaon_decay_rate(numbers)


def _decay_rows(numbers: Numbers, channel: str, of: str) -> Iterator[Row]:
    """N_K, and its uncertainties under the names that the paper gives them."""
    decays = numbers.kaon_decays(channel)
    parts = {
        f"n_kaon_decays_{part}_uncertainty": value
        for part, value in (
            ("statistical", decays.statistical),
            ("external", decays.external_and_systematic),
            ("systematic", decays.external_and_systematic),
        )
        if (f"n_kaon_decays_{part}_uncertainty", of) in numbers
    }
    printed = [numbers.number(part, of).value for part in parts]
    yield derived_row(
        numbers, "n_kaon_decays", of, "recomputed", decays.mean, "(1 - f) N/(B A)",
        decays.sigma, math.hypot(*printed) if printed else None,
    )
    for part, value in parts.items():
        yield derived_row(
            numbers, part, of, "recomputed", value,
            "from sqrt(N)" if "_statistical_" in part else "from B, and A where it has one",
        )


def _sensitivity_rows(numbers: Numbers, channel: str) -> Iterator[Row]:
    quantity, sigma = "single_event_sensitivity", "single_event_sensitivity_uncertainty"
    single = numbers.sensitivity(channel)
    has_sigma = (sigma, channel) in numbers
    if (quantity, channel) in numbers:
        yield derived_row(
            numbers, quantity, channel, "recomputed", single.mean, "1/(N_K A), unrounded N_K",
            single.sigma, numbers.number(sigma, channel).value if has_sigma else None,
        )
    if has_sigma:
        yield derived_row(
            numbers, sigma, channel, "recomputed", single.sigma,
            "relative uncertainties of N, B and A in quadrature",
        )


def _kaon_decay_rate(numbers: Numbers) -> Row:
    """Rate of kaons times the probability to decay in the fiducial volume."""
    momentum, length_m, percent, beam_mhz = (numbers.value(name) for name in _RATE_INPUTS)
    flight_m = momentum / particles.mass_gev("K+") * particles.ctau_m("K+")
    rate = beam_mhz * (percent / 100) * -math.expm1(-length_m / flight_m)
    kaons = numbers.number("beam_kaon_fraction_percent")
    return derived_row(
        numbers, "kaon_decay_rate_mhz", ALL, "beam_rate", rate,
        "beam rate x kaon fraction x (1 - exp(-L/(gamma beta c tau))), PDG mass and lifetime; "
        "the kaon fraction is printed with one digit",
        input_rounding=rate * rounding(kaons) / kaons.value,
    )
