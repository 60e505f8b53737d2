"""Probability that three tracks are identified as the hypothesis wants them: weights.

Each track has a true kind (at the calorimeter: a pion that decayed is a muon) and a hypothesis.
In the ee searches the calorimeter tells pions from electrons, and the RICH is asked as well for
positrons where a selection says so; a muon leaves little energy and passes for a pion.  In the mumu
search a signal of the muon detector tells muons from pions.  Where a search has muons and
electrons, a track with such a signal is a muon and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.kernels import weigh_tracks

__all__ = ["KINDS", "candidate_probabilities", "track_probabilities", "transfer_probability"]

#: Hypotheses, by the absolute PDG code of the particle.
KINDS = {211: "pion", 11: "electron", 13: "muon"}


def candidate_probabilities(
    hypotheses: Sequence[str],
    track: Mapping[str, np.ndarray],
    n_decays_in_flight: np.ndarray,
    identification: Collection[str],
    maps: IdentificationMaps,
) -> np.ndarray:
    """Product over the three tracks of the probability to be identified as wanted, (2, r).

    The second row is without the RICH.  `hypotheses`: three of `KINDS`' values, in the order of the
    tracks.  `track`: arrays (3, r).  `n_decays_in_flight`: (r,).  `identification`: of lkr, rich, muon.
    """
    result = np.ones((2, len(n_decays_in_flight)))
    for i, kind in enumerate(hypotheses):
        column = {name: track[name][i] for name in {*_NEEDED, *maps.needs}}
        if "muon" in identification and _FROM_PION in track:
            column[_FROM_PION] = track[_FROM_PION][i]
        result *= track_probabilities(kind, column, n_decays_in_flight, identification, maps)
    return result


def transfer_probability(
    identified: Sequence[str],
    wanted: Sequence[str],
    track: Mapping[str, np.ndarray],
    maps: IdentificationMaps,
) -> np.ndarray:
    """Product of the probabilities that tracks of one kind be taken for another, (r,).

    What a control sample with inverted identification is weighted with: for each track that is
    `identified` as something else than `wanted`, the efficiency map `<identified>_to_<wanted>` at its
    reconstructed momentum.  Kinds are three of `KINDS`' values; `track`: what the maps need, (3, r) each.
    Raises ValueError where there is no such efficiency map.

    >>> transfer_probability(["pion"] * 3, ["pion", "muon", "muon"], track, maps)
    ... # doctest: +SKIP
    """
    result = np.ones(np.shape(track["momentum_gev"])[1])
    for i, (one, other) in enumerate(zip(identified, wanted, strict=True)):
        if one != other:
            own = {name: track[name][i] for name in maps.needs}
            result *= maps.of_tracks(f"{one}_to_{other}", own)
    return result


_NEEDED = ("true_pdg_id", "charge", "momentum_gev", "muv3_tile")
_FROM_PION = "true_from_pion"


def track_probabilities(
    hypothesis: str,
    track: Mapping[str, np.ndarray],
    n_decays_in_flight: np.ndarray,
    identification: Collection[str],
    maps: IdentificationMaps,
) -> np.ndarray:
    """Probability that one track of each of r candidates is identified as `hypothesis`, (2, r).

    The second row is without the RICH.  Where `track` has no `true_from_pion`, any muon beside a pion's
    decay may come from it.
    Raises ValueError for a track without a true kind: efficiency maps are for simulated events.
    """
    terms = [_terms(hypothesis, kind, identification) for kind in KINDS.values()]
    true = np.asarray(track["true_pdg_id"], dtype=np.int32)
    from_pion = np.asarray(track.get(_FROM_PION, np.full(len(true), -1)), dtype=np.int8)
    named = {name for one in terms for name in one[:4] if name is not None}
    if named.isdisjoint(maps.others):
        result = np.empty((2, len(true)))
        are_true = weigh_tracks(
            true,
            np.asarray(track["charge"], dtype=np.int8),
            np.asarray(track["momentum_gev"], dtype=np.float64),
            np.asarray(track["muv3_tile"], dtype=np.int16),
            np.asarray(n_decays_in_flight, dtype=np.int8),
            from_pion,
            np.array(list(KINDS), dtype=np.int64),
            np.array([one.rows(maps.row) for one in terms]),
            maps.momentum_gev,
            maps.rows,
            result,
        )
    else:
        are_true = bool(np.all(true != 0))
        decayed = (np.asarray(n_decays_in_flight) > 0) & (from_pion != 0)
        result = _evaluated(terms, track, decayed, maps)
    if not are_true:
        raise ValueError(
            "tracks with true_pdg_id 0 (data) have no probabilities of identification; "
            "give windows of E/p (decisions.EnergyOverMomentum) in place of the efficiency maps"
        )
    return result


class _Terms(NamedTuple):
    """Efficiency maps of which the product is the probability of a true kind to be a hypothesis.

    `unless`: what must not happen; `rich`: asked of positive tracks.  `signal`: whether the muon
    detector must have one; of the muon of a pion's decay the simulation says so in place of the map:
    it has another direction and momentum than its track tells, and may miss the muon detector or stop
    before it; one from the vertex points where its track does.
    """

    positive: str
    negative: str
    unless: str | None = None
    rich: str | None = None
    signal: bool | None = None

    def rows(self, row: Mapping[str, int]) -> list[int]:
        """What `kernels.weigh_tracks` is given: rows of the maps, -1 for none, and the signal."""
        names = (self.positive, self.negative, self.unless, self.rich)
        found = [-1 if name is None else row[name] for name in names]
        return [*found, -1 if self.signal is None else int(self.signal)]


def _terms(hypothesis: str, true: str, identification: Collection[str]) -> _Terms:
    has_muons = "muon" in identification
    if hypothesis == "muon":
        name = {
            "pion": "pion_to_muon",
            "electron": "electron_to_muon",
            "muon": "efficiency_muon",
        }[true]
        return _Terms(name, name, signal=True if true == "muon" else None)
    if hypothesis == "electron":
        rich = "rich" in identification
        if true == "muon":
            return _Terms("muon_to_electron", "muon_to_electron")
        if true == "electron":
            name = "efficiency_electron_lkr"
            return _Terms(name, name, rich="efficiency_electron_rich" if rich else None)
        return _Terms(
            "pion_to_electron_lkr_positive",
            "pion_to_electron_lkr_negative",
            # With a signal of the muon detector it is a muon.
            unless="pion_to_muon" if has_muons else None,
            rich="pion_to_electron_rich" if rich else None,
        )
    if has_muons and true == "pion":
        name = "efficiency_pion_muon_search"
        return _Terms(name, name, unless="pion_to_muon")
    if has_muons and true == "muon":
        return _Terms("muon_to_pion", "muon_to_pion", signal=False)
    name = {
        "pion": "efficiency_pion",
        "electron": "electron_to_pion",
        "muon": "muon_to_pion_lkr",
    }[true]
    return _Terms(name, name)


def _evaluated(
    terms: Sequence[_Terms],
    track: Mapping[str, np.ndarray],
    decayed: np.ndarray,
    maps: IdentificationMaps,
) -> np.ndarray:
    """As `kernels.weigh_tracks`, with maps of more than the momentum; `decayed`: (r,), from a pion."""
    true = np.abs(track["true_pdg_id"])
    result = np.zeros((2, len(true)))
    for code, one in zip(KINDS, terms, strict=True):
        is_kind = true == code
        if not np.any(is_kind):
            continue
        some = {name: track[name][is_kind] for name in {*_NEEDED, *maps.needs}}
        positive = some["charge"] > 0
        value = maps.of_tracks(one.positive, some)
        if one.negative != one.positive:
            value = np.where(positive, value, maps.of_tracks(one.negative, some))
        if one.unless is not None:
            value = value * (1.0 - maps.of_tracks(one.unless, some))
        both = [value, value]
        if one.rich is not None:
            both[0] = np.where(positive, value * maps.of_tracks(one.rich, some), value)
        if one.signal is not None:
            simulated = (some["muv3_tile"] >= 0) == one.signal
            both = [np.where(decayed[is_kind], simulated.astype(float), each) for each in both]
        result[:, is_kind] = both
    return result
