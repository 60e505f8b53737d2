"""Backgrounds from control samples with inverted identification."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.na62 import control_samples
from lnvsearch.experiments.na62.normalisation import Factors

__all__ = ["estimate_from_control_samples"]


def estimate_from_control_samples(inputs: Mapping, settings: Mapping) -> dict:
    """The table `transferred`.

    `inputs`: `selected`, one file a sample, and `calibration`; `settings`: fields of
    `ControlSettings`.
    """
    own = dict(settings)
    typed = control_samples.ControlSettings.from_mapping(own.pop("channel"), own)
    files = dict(zip(typed.samples, inputs["selected"], strict=True))
    factors = Factors.read(inputs["calibration"])
    return {"transferred": control_samples.estimate_from_control_samples(typed, files, factors)}
