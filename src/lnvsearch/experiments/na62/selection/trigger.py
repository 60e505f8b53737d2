"""The trigger of NA62 as weights: chains with conditions, inefficiencies and downscaling.

A chain that is downscaled by D records one of D events that fulfil its conditions.  With several
chains an event is recorded if one of them at least takes it; what conditions they share (the same
hodoscope, the same negative track) fails in all of them together, the rest independently.

The weight is relative to an event that fulfils every condition of every chain with certainty:
downscaling belongs to the number of kaon decays, as in the searches, and not to the acceptance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from lnvsearch.experiments.na62.selection.geometry import OUTER_TILES, muon_tile, position_at
from lnvsearch.experiments.na62.selection.kernels import in_opposite_quadrants

__all__ = ["effective_downscaling", "exposure_ratio", "fulfilled", "trigger_probability"]


def effective_downscaling(chains: Sequence[str], trigger: Mapping) -> float:
    """Events per recorded one of the OR of chains, 1 / (1 - product of (1 - 1/D)).

    >>> trigger = {"chains": {"a": {"downscaling": 100.0}, "b": {"downscaling": 8.0}}}
    >>> round(effective_downscaling(["a", "b"], trigger), 3)
    7.477
    """
    return 1.0 / (1.0 - prod(1.0 - 1.0 / c["downscaling"] for c in _chains(chains, trigger)))


def exposure_ratio(first: Sequence[str], second: Sequence[str], trigger: Mapping) -> float:
    """Kaon decays that the chains of one search see over those that another's see.

    >>> chains = {"di_muon": {"downscaling": 2.0}, "di_electron": {"downscaling": 8.0},
    ...           "multi_track": {"downscaling": 100.0}}
    >>> round(exposure_ratio(["di_muon"], ["di_electron", "multi_track"], {"chains": chains}), 2)
    3.74
    """
    return effective_downscaling(second, trigger) / effective_downscaling(first, trigger)


def trigger_probability(
    chains: Sequence[str],
    trigger: Mapping,
    track: Mapping[str, np.ndarray],
    hypotheses: Sequence[str],
    event: Mapping[str, np.ndarray],
    detector: Mapping,
) -> np.ndarray:
    """Weight of the trigger for r candidates, (r,); see the head of this module.

    `trigger`: `inefficiency`: component -> probability to fail; `chains`: name -> downscaling,
    components, opposite_quadrants, lkr_energy_minimum_gev, muv3_tiles_minimum, outer_tiles_only,
    negative_track.  `track`, `hypotheses`, `event`: see `fulfilled`.
    """
    settings = _chains(chains, trigger)
    components = [set(chain["components"]) for chain in settings]
    shared = set.intersection(*components)
    efficiency = {name: 1.0 - value for name, value in trigger["inefficiency"].items()}
    candidates = _Conditions(track, hypotheses, event, detector)
    missed = 1.0
    for chain, own in zip(settings, components, strict=True):
        certain = prod(efficiency[name] for name in sorted(own - shared)) / chain["downscaling"]
        missed = missed * (1.0 - certain * candidates.fulfil(chain))
    in_all = prod(efficiency[name] for name in sorted(shared))
    return in_all * (1.0 - missed) * effective_downscaling(chains, trigger)


def fulfilled(
    chain: Mapping,
    track: Mapping[str, np.ndarray],
    hypotheses: Sequence[str],
    event: Mapping[str, np.ndarray],
    detector: Mapping,
) -> np.ndarray:
    """Whether r candidates fulfil the conditions of a chain, (r,).

    `track`: arrays (3, r), in the order of `hypotheses`.  `event`: `other_energy_gev`: (r,), of
    the calorimeter beside the three tracks, and `negative_track`: (r,), whether the event has one.
    """
    return _Conditions(track, hypotheses, event, detector).fulfil(chain)


@dataclass
class _Conditions:
    """What chains ask of candidates; what several of them ask is computed once."""

    track: Mapping[str, np.ndarray]
    hypotheses: Sequence[str]
    event: Mapping[str, np.ndarray]
    detector: Mapping

    def fulfil(self, chain: Mapping) -> np.ndarray:
        result = np.ones(len(self.event["negative_track"]), dtype=bool)
        if chain.get("negative_track", False):
            result &= self.event["negative_track"]
        if chain.get("opposite_quadrants", False):
            result &= self._opposite_quadrants
        if chain.get("lkr_energy_minimum_gev", 0.0) > 0:
            result &= self._energy_gev >= chain["lkr_energy_minimum_gev"]
        if chain.get("muv3_tiles_minimum", 0) > 0:
            outer_only = chain.get("outer_tiles_only", False)
            tiles = _number_of_tiles(self.track, self.hypotheses, self.detector, outer_only)
            result &= tiles >= chain["muv3_tiles_minimum"]
        return result

    @cached_property
    def _opposite_quadrants(self) -> np.ndarray:
        return _opposite_quadrants(self.track, self.detector)

    @cached_property
    def _energy_gev(self) -> np.ndarray:
        return self.event["other_energy_gev"] + _track_energy(self.track, self.hypotheses)


def _chains(names: Sequence[str], trigger: Mapping) -> list[Mapping]:
    settings = trigger.get("chains", {})
    unknown = [name for name in names if name not in settings]
    if unknown or not names:
        known = ", ".join(settings) or "none, as no trigger was given"
        raise ValueError(f"trigger: no chain {', '.join(unknown) or 'given'}; known: {known}")
    return [settings[name] for name in names]


def _opposite_quadrants(track, detector) -> np.ndarray:
    """Two tracks in quadrants of the slab hodoscope that touch at the centre only."""
    x, _ = position_at(track, detector["slab_hodoscope"]["vertical_z_m"], detector)
    _, y = position_at(track, detector["slab_hodoscope"]["horizontal_z_m"], detector)
    return in_opposite_quadrants(np.ascontiguousarray(x), np.ascontiguousarray(y))


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
    seen = np.asarray(track["muv3_tile"], dtype=np.int64)
    tile = np.where(seen >= 0, seen, muon_tile(track, detector))
    counts = tile >= 0
    if outer_only:
        counts &= tile < OUTER_TILES
    columns = [i for i, kind in enumerate(hypotheses) if kind == "muon"]
    result = np.zeros(tile.shape[1], dtype=np.int64)
    for k, i in enumerate(columns):
        new = counts[i].copy()
        for j in columns[:k]:
            new &= ~(counts[j] & (tile[j] == tile[i]))
        result += new
    return result
