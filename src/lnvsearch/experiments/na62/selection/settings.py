"""What a selection is given, as small typed objects that are built once from plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import get_type_hints

import numpy as np

from lnvsearch.detector.parameters import read
from lnvsearch.experiments.na62.detector.response import (
    Beam,
    Lav,
    Lkr,
    Muv,
    PadHodoscope,
    Rich,
    SlabHodoscope,
    Spectrometer,
)

__all__ = ["SelectionDetector", "SelectionSettings", "SpectrumBins"]


@dataclass(frozen=True)
class SelectionDetector:
    """The sections of the detector that selections ask; a whole `Na62Response` serves as well."""

    beam: Beam
    spectrometer: Spectrometer
    rich: Rich
    pad_hodoscope: PadHodoscope
    slab_hodoscope: SlabHodoscope
    lkr: Lkr
    lav: Lav
    muv: Muv

    @classmethod
    def from_mapping(cls, detector: Mapping) -> SelectionDetector:
        """From section -> key -> number, or {value, ...}; other sections are ignored.

        Raises ResponseError, a ValueError, naming every section or key that cannot be used.
        """
        sections = get_type_hints(cls)
        return read(cls, {name: detector[name] for name in sections if name in detector})


@dataclass(frozen=True)
class SpectrumBins:
    """Bins of equal width of a mass spectrum, GeV."""

    low_gev: float
    high_gev: float
    width_gev: float

    @property
    def edges_gev(self) -> np.ndarray:
        """Edges of the bins.

        >>> SpectrumBins(0.25, 1.0, 0.25).edges_gev.tolist()
        [0.25, 0.5, 0.75, 1.0]
        """
        return _edges(self.low_gev, self.high_gev, self.width_gev)


@cache
def _edges(low: float, high: float, width: float) -> np.ndarray:
    """One array for all who ask, which nobody may change."""
    edges = low + width * np.arange(round((high - low) / width) + 1)
    edges.flags.writeable = False
    return edges


@dataclass(frozen=True)
class SelectionSettings:
    """One selection: final state and its charge, cuts in their order, what identifies the tracks.

    `cuts`: mappings with the name under `cut`, and the parameters.  `identification`: of
    lkr, rich, muon; none leaves every track as it is.  `trigger`: names of chains; none is no
    weight.  `identified_as`: three particles, where that is not what the final state has.
    `regions`: windows [low, high) of mass in GeV by name, the first of which losses by single cuts
    are given in.
    """

    final_state: Sequence[str]
    charge: int
    cuts: Sequence[Mapping]
    identification: Sequence[str] = ()
    trigger: Sequence[str] = ()
    identified_as: Sequence[str] | None = None
    regions: Mapping[str, Sequence[Sequence[float]]] = field(default_factory=dict)
    spectrum: SpectrumBins | None = None

    @classmethod
    def from_mapping(cls, values: Mapping) -> SelectionSettings:
        """From the keys of a search's file, which are the names of the fields."""
        bins = values.get("spectrum")
        return cls(**{**values, "spectrum": None if bins is None else SpectrumBins(**bins)})
