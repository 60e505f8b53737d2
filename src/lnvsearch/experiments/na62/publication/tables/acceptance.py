"""Ratios of acceptances and sensitivities of the NA62 searches: what the simulation predicts.

Absolute acceptances are not predictions (trigger, random veto, pileup): one flat factor a data set,
the same for all variations, brings the Standard-Model acceptance to the published one, and the
acceptance of the lepton-number-violating decay is then a prediction.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lnvsearch.experiments.na62.publication.numbers import (
    Channels,
    Numbers,
    normalisation,
    rounding,
)
from lnvsearch.tables import Table, find_rows, table_rows

__all__ = [
    "PI0_FACTOR",
    "PublishedRatio",
    "acceptance_of",
    "acceptance_pairs",
    "acceptance_ratios",
    "compared_variants",
    "published_ratio",
    "sensitivity_variants",
]

#: Variant with the further factor that is fitted to the published acceptance of the signal.
PI0_FACTOR = "with_pi0_factor"


def compared_variants(compared: Iterable[str]) -> tuple[str, ...]:
    """Return what is set against the papers' numbers, `compared` the search's named hypotheses.

    All other variations are systematic ones.
    """
    return ("nominal", *compared, PI0_FACTOR)


def acceptance_of(
    table: Table, sample: str, variation: str, selection: str, region: str
) -> tuple[float, float] | None:
    """Return acceptance and uncertainty of one row of an acceptance table, None if not there."""
    rows = find_rows(
        table, sample=sample, variation=variation, selection=selection, region=region
    )
    if not rows or rows[0]["acceptance"] is None:
        return None
    return rows[0]["acceptance"], rows[0]["acceptance_uncertainty"] or 0.0


def acceptance_pairs(
    acceptance: Mapping[str, Table], channel: str, channels: Channels
) -> dict[str, tuple[tuple[float, float], tuple[float, float]]]:
    """Return {variation: (A_SM and uncertainty, A_LNV and uncertainty)} of a channel.

    A variation that one of the two samples has not is the nominal of that sample; one without any
    selected event is left out.  `channels` says how the kaons of each channel are counted.
    """
    own, signal = acceptance[channel], f"signal_{channel}"
    counted = normalisation(channels, channel)
    of_norm, norm = acceptance[counted["normalisation_channel"]], counted["normalisation_sample"]
    variations = dict.fromkeys(
        [row["variation"] for row in table_rows(own) if row["sample"] == signal]
        + [row["variation"] for row in table_rows(of_norm) if row["sample"] == norm]
    )
    pairs = {}
    for variation in variations:
        found = []
        for table, sample, selection, region in (
            (of_norm, norm, "sm", "normalisation"), (own, signal, "lnv", "signal"),
        ):
            found.append(
                acceptance_of(table, sample, variation, selection, region)
                or acceptance_of(table, sample, "nominal", selection, region)
            )
        if None not in found and min(value for value, _ in found) > 0:
            pairs[variation] = (found[0], found[1])
    return pairs


def acceptance_ratios(
    acceptance: Mapping[str, Table], channel: str, channels: Channels
) -> dict[str, tuple[float, float]]:
    """Return {variation: (A_SM/A_LNV, statistical uncertainty)} of a channel."""
    ratios = {}
    for variation, (standard, violating) in acceptance_pairs(acceptance, channel, channels).items():
        ratio = standard[0] / violating[0]
        relative = math.hypot(standard[1] / standard[0], violating[1] / violating[0])
        ratios[variation] = (ratio, ratio * relative)
    return ratios


class PublishedRatio(NamedTuple):
    """A_SM/A_LNV of printed acceptances.

    sigma : from their printed ±, None where the paper states none
    rounding : half-width that their printed digits leave open, which is no standard deviation
    """

    value: float
    sigma: float | None
    rounding: float


def published_ratio(numbers: Numbers, channel: str) -> PublishedRatio | None:
    """Return the published A_SM/A_LNV of a channel.

    None where the paper does not print both acceptances.
    """
    find = numbers.published.find
    norm = numbers.normalisation_channel(channel)
    standard = find("normalisation_acceptance_percent", channel=norm)
    violating = find("signal_acceptance_percent", channel=channel)
    if any(number is None or not number.legible for number in (standard, violating)):
        return None
    inputs, ratio = (standard, violating), standard.value / violating.value
    relative = math.hypot(*((n.uncertainty or 0.0) / n.value for n in inputs))
    return PublishedRatio(
        ratio, ratio * relative or None, ratio * math.fsum(rounding(n) / n.value for n in inputs)
    )


def sensitivity_variants(
    record: Mapping[str, Any],
) -> dict[str, dict[str, tuple[float, float]]]:
    """Return {variant: {quantity: (value, uncertainty)}} of a record of simulated sensitivities.

    The record is that of sensitivity/<channel>.json.  Quantities are named, and in units, as the
    papers' numbers: `signal_acceptance_percent` and `single_event_sensitivity`.  Uncertainties are
    as in the record.  Where it has a `neutral_pion_factor` (a fit to the published acceptance of
    the signal), the variant `PI0_FACTOR` is nominal times it.
    """
    found = {
        variant: {
            "signal_acceptance_percent": (
                100 * entry["signal_acceptance"], 100 * entry["signal_acceptance_uncertainty"]
            ),
            "single_event_sensitivity": (
                entry["single_event_sensitivity"], entry["single_event_sensitivity_uncertainty"]
            ),
        }
        for variant, entry in record["simulated"].items()
    }
    factor = (record.get("neutral_pion_factor") or {}).get("value")
    if factor is not None and "nominal" in found:
        acceptance, sensitivity = found["nominal"].values()
        found[PI0_FACTOR] = {
            "signal_acceptance_percent": tuple(factor * value for value in acceptance),
            "single_event_sensitivity": tuple(value / factor for value in sensitivity),
        }
    return found
