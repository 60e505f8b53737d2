"""The trigger of NA62 as weights: chains with conditions, inefficiencies and downscaling.

A chain that is downscaled by D records one of D events that fulfil its conditions.  With several
chains an event is recorded if one of them at least takes it; what conditions they share (the same
hodoscope, the same negative track) fails in all of them together, the rest independently.

The weight is relative to an event that fulfils every condition of every chain with certainty:
downscaling belongs to the number of kaon decays, as in the searches, and not to the acceptance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from lnvsearch.experiments.na62.selection.geometry import OUTER_TILES, line_at, muon_tile
from lnvsearch.experiments.na62.selection.kernels import in_opposite_quadrants
from lnvsearch.experiments.na62.selection.settings import SelectionDetector

__all__ = [
    "TriggerChain",
    "TriggerSettings",
    "effective_downscaling",
    "exposure_ratio",
    "fulfilled",
    "trigger_probability",
]


@dataclass(frozen=True)
class TriggerChain:
    """One chain: its downscaling, the components that may fail, and what it asks of an event."""

    downscaling: float
    components: Sequence[str] = ()
    opposite_quadrants: bool = False
    lkr_energy_minimum_gev: float = 0.0
    muv3_tiles_minimum: int = 0
    outer_tiles_only: bool = False
    negative_track: bool = False


@dataclass(frozen=True)
class TriggerSettings:
    """All chains by name, and the probability of every component to fail."""

    chains: Mapping[str, TriggerChain] = field(default_factory=dict)
    inefficiency: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, values: Mapping) -> TriggerSettings:
        """From {chains: {name: fields of TriggerChain}, inefficiency: {component: number}}."""
        chains = {name: TriggerChain(**chain) for name, chain in values["chains"].items()}
        return cls(chains, values.get("inefficiency", {}))

    def named(self, names: Sequence[str]) -> list[TriggerChain]:
        """The chains of these names; ValueError for an unknown one, or none given."""
        unknown = [name for name in names if name not in self.chains]
        if unknown or not names:
            known = ", ".join(self.chains) or "none, as no trigger was given"
            raise ValueError(f"trigger: no chain {', '.join(unknown) or 'given'}; known: {known}")
        return [self.chains[name] for name in names]


def effective_downscaling(chains: Sequence[str], trigger: TriggerSettings) -> float:
    """Events per recorded one of the OR of chains, 1 / (1 - product of (1 - 1/D)).

    >>> trigger = TriggerSettings({"a": TriggerChain(100.0), "b": TriggerChain(8.0)})
    >>> round(effective_downscaling(["a", "b"], trigger), 3)
    7.477
    """
    return 1.0 / (1.0 - prod(1.0 - 1.0 / chain.downscaling for chain in trigger.named(chains)))


def exposure_ratio(first: Sequence[str], second: Sequence[str], trigger: TriggerSettings) -> float:
    """Kaon decays that the chains of one search see over those that another's see.

    >>> trigger = TriggerSettings({"di_muon": TriggerChain(2.0), "di_electron": TriggerChain(8.0),
    ...                            "multi_track": TriggerChain(100.0)})
    >>> round(exposure_ratio(["di_muon"], ["di_electron", "multi_track"], trigger), 2)
    3.74
    """
    return effective_downscaling(second, trigger) / effective_downscaling(first, trigger)


def trigger_probability(
    chains: Sequence[str],
    trigger: TriggerSettings,
    track: Mapping[str, np.ndarray],
    hypotheses: Sequence[str],
    event: Mapping[str, np.ndarray],
    detector: SelectionDetector,
) -> np.ndarray:
    """Weight of the trigger for r candidates, (r,); see the head of this module.

    `track`, `hypotheses`, `event`: see `fulfilled`.
    """
    settings = trigger.named(chains)
    components = [set(chain.components) for chain in settings]
    shared = set.intersection(*components)
    efficiency = {name: 1.0 - value for name, value in trigger.inefficiency.items()}
    candidates = _Conditions(track, hypotheses, event, detector)
    missed: Any = 1.0
    for chain, own in zip(settings, components, strict=True):
        certain = prod(efficiency[name] for name in sorted(own - shared)) / chain.downscaling
        missed = missed * (1.0 - certain * candidates.fulfil(chain))
    in_all = prod(efficiency[name] for name in sorted(shared))
    return in_all * (1.0 - missed) * effective_downscaling(chains, trigger)


def fulfilled(
    chain: TriggerChain,
    track: Mapping[str, np.ndarray],
    hypotheses: Sequence[str],
    event: Mapping[str, np.ndarray],
    detector: SelectionDetector,
) -> np.ndarray:
    """Whether r candidates fulfil the conditions of a chain, (r,).

    `track`: arrays (3, r), in the order of `hypotheses`.  `event`: `other_energy_gev`: (r,), of
    the calorimeter without the three tracks, and `negative_track`: (r,), whether the event has one.
    """
    return _Conditions(track, hypotheses, event, detector).fulfil(chain)


@dataclass
class _Conditions:
    """What chains ask of candidates; what several of them ask is computed once."""

    track: Mapping[str, np.ndarray]
    hypotheses: Sequence[str]
    event: Mapping[str, np.ndarray]
    detector: SelectionDetector

    def fulfil(self, chain: TriggerChain) -> np.ndarray:
        result = np.ones(len(self.event["negative_track"]), dtype=bool)
        if chain.negative_track:
            result &= self.event["negative_track"]
        if chain.opposite_quadrants:
            result &= self._opposite_quadrants
        if chain.lkr_energy_minimum_gev > 0:
            result &= self._energy_gev >= chain.lkr_energy_minimum_gev
        if chain.muv3_tiles_minimum > 0:
            tiles = _number_of_tiles(
                self.track, self.hypotheses, self.detector, chain.outer_tiles_only
            )
            result &= tiles >= chain.muv3_tiles_minimum
        return result

    @cached_property
    def _opposite_quadrants(self) -> np.ndarray:
        return _opposite_quadrants(self.track, self.detector)

    @cached_property
    def _energy_gev(self) -> np.ndarray:
        return self.event["other_energy_gev"] + _track_energy(self.track, self.hypotheses)


def _opposite_quadrants(track, detector) -> np.ndarray:
    """Two tracks in quadrants of the slab hodoscope that touch at the centre only."""
    slabs, straws = detector.slab_hodoscope, detector.spectrometer
    (x, _, slope, _), along = line_at(slabs.vertical_z_m, straws)
    at_x = track[x] + track[slope] * along
    (_, y, _, slope), along = line_at(slabs.horizontal_z_m, straws)
    at_y = track[y] + track[slope] * along
    return in_opposite_quadrants(np.ascontiguousarray(at_x), np.ascontiguousarray(at_y))


# A pion candidate leaves less than this share of its momentum (E/p of the searches).
_LARGEST_PION_SHARE = 0.85


def _track_energy(track, hypotheses) -> np.ndarray:
    """Energy of the tracks in the calorimeter, as their identification implies it, (r,).

    A track that is taken for an electron has E/p about 1, whatever it is; one that is taken for
    a pion cannot have more than the limit.
    """
    total = np.zeros(track["charge"].shape[1])
    for i, kind in enumerate(hypotheses):
        momentum, energy = track["momentum_gev"][i], track["lkr_energy_gev"][i]
        limit = _LARGEST_PION_SHARE * momentum
        total += momentum if kind == "electron" else np.minimum(energy, limit)
    return total


def _number_of_tiles(track, hypotheses, detector, outer_only: bool) -> np.ndarray:
    """Different tiles of the muon detector with a signal of a muon candidate, (r,).

    A candidate without a simulated signal (a pion that is taken for a muon) has it where it points.
    """
    columns = [i for i, kind in enumerate(hypotheses) if kind == "muon"]
    tile = np.asarray(track["muv3_tile"])[columns].astype(np.int64)
    silent = tile < 0
    names, _ = line_at(detector.muv.muv3_z_m, detector.spectrometer)
    line = {name: np.asarray(track[name])[columns][silent] for name in names}
    tile[silent] = muon_tile(line, detector)
    counts = tile >= 0
    if outer_only:
        counts &= tile < OUTER_TILES
    result = np.zeros(tile.shape[1], dtype=np.int64)
    for i in range(len(columns)):
        new = counts[i].copy()
        for j in range(i):
            new &= ~(counts[j] & (tile[j] == tile[i]))
        result += new
    return result
