"""What follows by arithmetic from numbers that this paper alone prints, and from the next one's.

The next paper of the same experiment, on the data of 2016-18, is the companion.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from lnvsearch.experiments.na62.publication.derivations import derived_row
from lnvsearch.experiments.na62.publication.numbers import ALL, Numbers

__all__ = ["derived_rows"]

Row = dict[str, Any]


def derived_rows(numbers: Numbers, companion: Numbers | None) -> Iterator[Row]:
    """Yield the rows of kind `derived` that no other paper has."""
    for channel in numbers.channels:
        yield derived_row(
            numbers, "improvement_factor", channel, "ratio_of_limits",
            numbers.value("previous_limit_branching_fraction", channel)
            / numbers.value("upper_limit_branching_fraction", channel),
            "printed previous limit over the new one",
        )
    yield from _background_rows(numbers)
    yield from _ratio_rows(numbers)
    if companion is not None:
        yield from _companion_rows(numbers, companion)


def _background_rows(numbers: Numbers) -> Iterator[Row]:
    rows = numbers.components("", "piee")
    total = math.fsum(number.value for number in rows)
    systematic = total * numbers.value("background_systematic_percent", "piee") / 100
    yield derived_row(
        numbers, "background_events", "piee", "sum", total, "sum of the contributions",
        published_uncertainty=numbers.number("background_events_uncertainty", "piee").value,
    )
    yield derived_row(
        numbers, "background_events_uncertainty", "piee", "quadratic_sum",
        math.hypot(systematic, *(number.uncertainty for number in rows)),
        "statistical uncertainties and 15 % of the total in quadrature",
    )
    rows = numbers.components("", "pimumu")
    yield derived_row(
        numbers, "background_events", "pimumu", "sum", math.fsum(n.value for n in rows),
        "sum of the rows of Table 2",
        published_uncertainty=numbers.number("background_events_uncertainty", "pimumu").value,
    )
    yield derived_row(
        numbers, "background_events_uncertainty", "pimumu", "quadratic_sum",
        math.hypot(*(n.uncertainty for n in rows)), "rows of Table 2 in quadrature",
    )


def _ratio_rows(numbers: Numbers) -> Iterator[Row]:
    """The ratio of the two numbers of kaon decays, which the trigger's downscalings give, too."""
    value = numbers.value
    yield derived_row(
        numbers, "n_kaon_decays_ratio", ALL, "n_kaon_decays",
        value("n_kaon_decays", "pimumu") / value("n_kaon_decays", "piee"), "ratio of the two N_K",
    )
    multitrack, ee = value("trigger_downscaling_multitrack"), value("trigger_downscaling", "piee")
    recorded_ee = 1 - (1 - 1 / multitrack) * (1 - 1 / ee)
    yield derived_row(
        numbers, "n_kaon_decays_ratio", ALL, "trigger_downscaling",
        1 / value("trigger_downscaling", "pimumu") / recorded_ee,
        "fractions recorded: di-muon 1/2; di-electron or multi-track, 1/8 or 1/100",
    )


def _companion_rows(numbers: Numbers, companion: Numbers) -> Iterator[Row]:
    later = companion.value
    quantity, note = "data_fraction_percent", "the paper says about; denominator from 2016-18"
    yield derived_row(
        numbers, quantity, ALL, "spills", 100 * numbers.value("spills") / later("spills"), note
    )
    yield derived_row(
        numbers, quantity, ALL, "n_kaon_decays",
        100 * numbers.value("n_kaon_decays", "piee") / later("n_kaon_decays"), note,
    )
    constant = later("momentum_resolution_constant_percent")
    slope = later("momentum_resolution_slope_percent_per_gev")
    for end, momentum in (
        ("low", numbers.value("track_momentum_minimum_gev", "pimumu")),
        ("high", numbers.value("track_momentum_maximum_gev")),
    ):
        yield derived_row(
            numbers, f"momentum_resolution_{end}_percent", ALL, "later_formula",
            math.hypot(constant, slope * momentum),
            f"0.30 (+) 0.005 p of the 2016-18 paper at {momentum:g} GeV/c",
        )
