"""The toy detector: which tracks are found, and how well their momenta are measured."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lnvsearch.detector.parameters import number

__all__ = ["ToyResponse", "record"]


class Tracking(NamedTuple):
    """Tracks of charged particles."""

    cos_theta_maximum: number("1", 0, 1, "|cos theta| beyond which no track is found")
    efficiency: number("1", 0, 1, "probability to find a track within it")
    momentum_resolution: number("1", 0, 0.5, "sigma(p)/p")


class ToyResponse(NamedTuple):
    """All numbers of the response; their values are in config/detectors/toy.yaml."""

    tracking: Tracking


def record(
    momenta_gev: np.ndarray, tracking: Tracking, random: np.random.Generator
) -> np.ndarray:
    """Return measured momenta of tracks, (n, 2, 3) like the true ones, NaN where none is found."""
    size = np.linalg.norm(momenta_gev, axis=-1)
    is_inside = np.abs(momenta_gev[..., 2]) < tracking.cos_theta_maximum * size
    is_found = is_inside & (random.random(size.shape) < tracking.efficiency)
    scale = 1.0 + tracking.momentum_resolution * random.standard_normal(size.shape)
    return np.where(is_found[..., None], scale[..., None] * momenta_gev, np.nan)
