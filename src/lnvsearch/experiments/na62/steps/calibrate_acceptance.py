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
    """The `record` of the factor by variation; `settings`: fields of `Normalisation`."""
    found = Acceptances.read(inputs["acceptance"])
    return {"record": factor_record(found, Normalisation(**settings))}
