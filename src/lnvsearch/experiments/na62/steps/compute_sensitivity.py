"""Number of kaon decays and single-event sensitivity, derived and simulated."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.na62.normalisation import (
    Acceptances,
    Factors,
    Normalisation,
    Place,
    sensitivity_record,
)

__all__ = ["compute_sensitivity"]


def compute_sensitivity(inputs: Mapping, settings: Mapping) -> dict:
    """What the published inputs give, and what this simulation predicts by variation.

    `settings`: arguments of `sensitivity_record`.
    """
    record = sensitivity_record(
        Acceptances.read(inputs["acceptance"]),
        Factors.read(inputs["calibration"]),
        recomputation=settings["recomputation"],
        signal=Place(**settings["signal"]),
        normalisation=Normalisation(**settings["normalisation"]),
        neutral_pion_acceptance=settings["neutral_pion_acceptance"],
    )
    return {"sensitivity": record}
