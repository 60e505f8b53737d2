"""The one flat factor of a data set: published over simulated acceptance."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.na62.normalisation import (
    Acceptances,
    Normalisation,
    factor_record,
)

__all__ = ["calibrate_acceptance"]


def calibrate_acceptance(inputs: Mapping, settings: Mapping) -> dict:
    """The `record` of the factor by variation.

    `settings`: fields of `Normalisation` under `normalisation`, and the name of the paper's own
    selection, `paper_selection`, in which the acceptance is where the analysis has another.
    """
    found = Acceptances.read(inputs["acceptance"])
    normalisation = Normalisation(**settings["normalisation"])
    return {"record": factor_record(found, normalisation, settings["paper_selection"])}
