"""Ratios of acceptances and sensitivities of the NA62 searches: what the simulation predicts.

Absolute acceptances are not predictions (trigger, random veto, pileup): one flat factor a data set,
the same for all variations, brings the Standard-Model acceptance to the published one, and the
acceptance of the lepton-number-violating decay is then a prediction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lnvsearch.experiments.na62.publication.numbers import (
    Numbers,
    normalisation_channel,
    rounding_sigma,
)
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table, find_rows, table_rows

__all__ = [
    "COMPARED_VARIANTS",
    "acceptance_of",
    "acceptance_ratios",
    "published_ratio",
    "sensitivity_variants",
]

#: Variations that are set against the papers' numbers: nominal, and the named hypotheses.  All
#: others are systematic ones.
COMPARED_VARIANTS = (
    "nominal",
    "hypothesis_a_no_fsr_in_signal",
    "hypothesis_b_outer_tiles",
    "hypothesis_c_vertex_inside",
    "hypothesis_d_veto_sees_wall",
    "hypothesis_e_radiative_ke3_of_pdg",
    "with_pi0_factor",
    "without_pi0_factor",
)


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
    acceptance: Mapping[str, Table], channel: str
) -> dict[str, tuple[tuple[float, float], tuple[float, float]]]:
    """Return {variation: (A_SM and uncertainty, A_LNV and uncertainty)} of a channel.

    A variation that one of the two samples has not is the nominal of that sample; one without any
    selected event is left out.  Samples by their names: `signal_<channel>`, and the known decay's
    `norm_<decay>`, of the channel itself or else of the first that has one.
    """
    own = acceptance[channel]
    signal = f"signal_{channel}"
    of_norm, norm = _normalisation_sample(acceptance, channel)
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


def _normalisation_sample(
    acceptance: Mapping[str, Table], channel: str
) -> tuple[Table, str | None]:
    """Return the table and the sample of the known decay that a channel is normalised to."""
    for table in (acceptance[channel], *acceptance.values()):
        places = find_rows(table, selection="sm", region="normalisation")
        names = [row["sample"] for row in places if row["sample"].startswith("norm_")]
        if names:
            own = f"norm_{channel}"
            return table, own if own in names else names[0]
    return acceptance[channel], None


def acceptance_ratios(
    acceptance: Mapping[str, Table], channel: str
) -> dict[str, tuple[float, float]]:
    """Return {variation: (A_SM/A_LNV, statistical uncertainty)} of a channel."""
    ratios = {}
    for variation, (standard, violating) in acceptance_pairs(acceptance, channel).items():
        ratio = standard[0] / violating[0]
        relative = math.hypot(standard[1] / standard[0], violating[1] / violating[0])
        ratios[variation] = (ratio, ratio * relative)
    return ratios


def published_ratio(
    published: PublishedNumbers, channel: str
) -> tuple[float, float] | None:
    """Return the published A_SM/A_LNV of a channel, and what its printed ± and rounding leave.

    None where the paper does not print both acceptances.
    """
    norm = normalisation_channel(Numbers(published), channel)
    standard = published.find("normalisation_acceptance_percent", channel=norm)
    violating = published.find("signal_acceptance_percent", channel=channel)
    if any(number is None or not number.legible for number in (standard, violating)):
        return None
    relative = math.hypot(
        *(
            math.hypot(rounding_sigma(n), n.uncertainty or 0.0) / n.value
            for n in (standard, violating)
        )
    )
    ratio = standard.value / violating.value
    return ratio, ratio * relative


def sensitivity_variants(
    record: Mapping[str, Any],
) -> dict[str, dict[str, tuple[float, float]]]:
    """Return {variant: {quantity: (value, uncertainty)}} of a record of simulated sensitivities.

    The record is that of sensitivity/<channel>.json.  Quantities are named, and in units, as the
    papers' numbers: `signal_acceptance_percent` and `single_event_sensitivity`.  Uncertainties are as in the record.  Where the record has a
    `neutral_pion_factor` (a fit to the published acceptance of the signal), `with_pi0_factor` is
    nominal times it.
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
        found["with_pi0_factor"] = {
            "signal_acceptance_percent": tuple(factor * value for value in acceptance),
            "single_event_sensitivity": tuple(value / factor for value in sensitivity),
        }
    return found
