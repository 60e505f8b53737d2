"""Pseudo-data: simulated events turned into what a recorded file holds, for a blinding exercise.

A simulated event has a weight, and its tracks have probabilities of identification.  Here the weight
decides whether the event is there, and each probability becomes a decision: an energy in the
calorimeter, a signal of the muon detector, a positron of the RICH.  The tracks that the searches
then identify are, in the mean, those that the efficiency maps say: exactly where the calorimeter
and the RICH decide, to a few parts in a thousand of a probability where the muon detector is asked,
too.  The trigger is not drawn, and truth is removed.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lnvsearch.experiments.na62.event_files import without_truth
from lnvsearch.experiments.na62.events import SpectrometerEvents
from lnvsearch.experiments.na62.selection.decisions import EnergyOverMomentum
from lnvsearch.experiments.na62.selection.geometry import angle_to_beam_rad
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.settings import SelectionDetector
from lnvsearch.random_streams import stream_key, uniform4

__all__ = ["pseudo_data"]

# Slot of the event itself in its random stream; tracks have their column.
_EVENT_SLOT = 1_000_000


def pseudo_data(
    events: SpectrometerEvents,
    maps: IdentificationMaps,
    windows: EnergyOverMomentum,
    *,
    base_seed: int,
    sample: str,
    scale: float = 1.0,
    detector: SelectionDetector | None = None,
) -> SpectrometerEvents:
    """Events drawn from a chunk of simulated ones, as data: weights of 1 and decisions.

    An event is kept with the probability `scale` times its weight: to mix samples, give each the
    decays that are expected over its `sum_weight`.  The numbers of an event depend on the seed, the
    sample and its number, not on the chunk.  `detector`: for maps against an angle only.
    Raises ValueError where a probability to keep an event would be above 1, or the efficiency maps
    give a track to more than one kind.

    >>> drawn = pseudo_data(chunk, maps, windows, base_seed=1, sample="k3pi")    # doctest: +SKIP
    """
    probability = scale * np.asarray(events.event["weight"], dtype=float)
    if np.any(probability > 1.0):
        raise ValueError(
            f"scale is {scale}: the largest weight of an event is {events.event['weight'].max():g}, "
            "and no event can be drawn more than once; simulate more decays or give less"
        )
    key = stream_key(base_seed, sample, "pseudo_data")
    number = np.asarray(events.event["event_number"], dtype=np.int64)
    kept = np.flatnonzero(_uniforms(key, number, _EVENT_SLOT, 1)[:, 0, 0] < probability)
    event = {name: np.asarray(column)[kept] for name, column in events.event.items()}
    track = {name: np.asarray(column)[kept] for name, column in events.track.items()}
    cluster = {name: np.asarray(column)[kept] for name, column in events.cluster.items()}
    uniform = _uniforms(key, number[kept], 0, track["charge"].shape[1])
    seen = dict(track)
    if detector is not None:
        seen["angle_rad"] = angle_to_beam_rad(track, detector)
    decided = _decisions(seen, event["n_decays_in_flight"], maps, windows, uniform)
    total = float(len(kept))
    drawn = SpectrometerEvents(
        {**event, "weight": np.ones(len(kept))},
        {**track, **decided},
        cluster,
        len(kept),
        total,
        total,
        {"pseudo_data_of": sample, "base_seed": base_seed, "scale": scale},
    )
    return without_truth(drawn)


@njit(cache=True, error_model="numpy")
def _uniforms(key, number, first_slot, n_slots):
    """Four numbers in (0, 1) for each of n events and each slot, (n, slots, 4)."""
    result = np.empty((len(number), n_slots, 4))
    for i in range(len(number)):
        for j in range(n_slots):
            result[i, j] = uniform4(key, number[i], first_slot + j, 0, 0)
    return result


def _decisions(track, n_decays, maps, windows, uniform) -> dict[str, np.ndarray]:
    """Branches (n, t) that decide what a track is; `uniform`: (n, t, 4)."""
    there = track["charge"] != 0
    chance = _Chances(track, maps)
    first = uniform[..., 0]
    is_pion = first < chance.pion
    # What passes for a pion where muons are searched for, too, and only there.
    is_between = ~is_pion & (first < chance.pion_muon_search)
    is_electron = first >= 1.0 - chance.electron
    muon = chance.muon
    flown = (chance.kind == _CODES["muon"]) & (np.asarray(n_decays) > 0)[:, np.newaxis]
    flown &= np.asarray(track.get("true_from_pion", 1)) != 0
    muon[flown] = track["muv3_tile"][flown] >= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        has_signal = is_pion & (uniform[..., 1] < muon / chance.pion)
    ratio = np.full(there.shape, 1.2 * windows.electron_maximum)
    ratio[is_pion] = 0.5 * windows.pion_maximum
    limit = windows.pion_maximum_muon_search
    if limit is not None and limit > windows.pion_maximum:
        ratio[is_between] = 0.5 * (windows.pion_maximum + limit)
    ratio[is_electron] = 0.5 * (windows.electron_minimum + windows.electron_maximum)
    if windows.muon_maximum is not None:
        like_muon = has_signal | (is_pion & (chance.kind == _CODES["muon"]))
        ratio[like_muon] = 0.5 * windows.muon_maximum
    # A signal that the simulation did not give has no tile of its own: it gets the first.
    tile = np.where(has_signal, np.maximum(track["muv3_tile"], 0), -1)
    rich = np.where(track["charge"] > 0, uniform[..., 2] < chance.positron, -1)
    return {
        "lkr_energy_gev": np.where(there, ratio * track["momentum_gev"], 0.0).astype(np.float32),
        "muv3_tile": np.where(there, tile, 0).astype(np.int16),
        "rich_positron": np.where(there, rich, 0).astype(np.int8),
    }


_CODES = {"pion": 211, "electron": 11, "muon": 13}


class _Chances:
    """Probabilities (n, t) of every track, by what it truly is; 0 for other particles.

    `pion`, `electron`: by the calorimeter; `pion_muon_search`: that of a search for muons;
    `muon`: a signal of the muon detector; `positron`: confirmed by the RICH.
    """

    def __init__(self, track, maps: IdentificationMaps) -> None:
        self.kind = np.where(track["charge"] != 0, np.abs(track["true_pdg_id"]), 0)
        self._track = {name: track[name] for name in maps.needs if name in track}
        self._maps = maps
        self.pion = self._of("efficiency_pion", "electron_to_pion", "muon_to_pion_lkr")
        self.pion_muon_search = self._of(
            "efficiency_pion_muon_search", "electron_to_pion", "muon_to_pion_lkr"
        )
        rest = ("efficiency_electron_lkr", "muon_to_electron")
        self.electron = np.where(
            track["charge"] > 0,
            self._of("pion_to_electron_lkr_positive", *rest),
            self._of("pion_to_electron_lkr_negative", *rest),
        )
        self.muon = self._of("pion_to_muon", "electron_to_muon", "efficiency_muon")
        # The efficiency maps leave the RICH out for muons: what they say of the calorimeter is all.
        self.positron = self._of("pion_to_electron_rich", "efficiency_electron_rich", None)
        both = self.pion + self.electron
        if np.any(both > 1.0 + 1e-12):
            raise ValueError(
                f"maps: a track is pion or electron with a probability of {both.max():.4f} in all; "
                "the two must add up to 1 at most"
            )

    def _of(self, pion: str, electron: str, muon: str | None) -> np.ndarray:
        """The efficiency map of each track's kind at its momentum; None: certain."""
        result = np.zeros(self.kind.shape)
        for code, name in zip(_CODES.values(), (pion, electron, muon), strict=True):
            mask = self.kind == code
            if name is None:
                result[mask] = 1.0
            else:
                some = {one: values[mask] for one, values in self._track.items()}
                result[mask] = self._maps.probability(name, **some)
        return result
