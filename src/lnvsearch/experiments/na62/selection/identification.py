"""Probability that three tracks are identified as the hypothesis wants them: weights.

Each track has a true kind (at the calorimeter: a pion that decayed is a muon) and a hypothesis.
In the ee searches the calorimeter tells pions from electrons, and the RICH is asked as well for
positrons where a selection says so; a muon leaves little energy and passes for a pion.  In the mumu
search a signal of the muon detector tells muons from pions.  Where a search has muons and
electrons, a track with such a signal is a muon and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps

__all__ = ["KINDS", "candidate_probability", "track_probability", "transfer_probability"]

#: Hypotheses, by the absolute PDG code of the particle.
KINDS = {211: "pion", 11: "electron", 13: "muon"}


def candidate_probability(
    hypotheses: Sequence[str],
    track: Mapping[str, np.ndarray],
    n_decays_in_flight: np.ndarray,
    identification: Collection[str],
    maps: IdentificationMaps,
) -> np.ndarray:
    """Product over the three tracks of the probability to be identified as wanted, (r,).

    `hypotheses`: three of `KINDS`' values, in the order of the tracks.  `track`: arrays (3, r).
    `n_decays_in_flight`: (r,).  `identification`: of lkr, rich, muon.
    """
    result = np.ones(len(n_decays_in_flight))
    for i, kind in enumerate(hypotheses):
        column = {name: track[name][i] for name in {*_NEEDED, *maps.needs}}
        result *= track_probability(kind, column, n_decays_in_flight, identification, maps)
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


def track_probability(
    hypothesis: str,
    track: Mapping[str, np.ndarray],
    n_decays_in_flight: np.ndarray,
    identification: Collection[str],
    maps: IdentificationMaps,
) -> np.ndarray:
    """Probability that one track of each of r candidates is identified as `hypothesis`, (r,).

    Raises ValueError for a track without a true kind: efficiency maps are for simulated events.
    """
    true = np.abs(track["true_pdg_id"])
    if np.any(true == 0):
        raise ValueError(
            "tracks with true_pdg_id 0 (data) have no probabilities of identification; "
            "give windows of E/p (decisions.EnergyOverMomentum) in place of the efficiency maps"
        )
    result = np.zeros(len(true))
    for code, kind in KINDS.items():
        is_kind = true == code
        if not np.any(is_kind):
            continue
        some = {name: track[name][is_kind] for name in {*_NEEDED, *maps.needs}}
        some["decayed"] = n_decays_in_flight[is_kind] > 0
        result[is_kind] = _PROBABILITIES[hypothesis](kind, some, identification, maps)
    return result


def _as_pion(true: str, track, identification, maps) -> np.ndarray:
    if "muon" not in identification:
        name = {
            "pion": "efficiency_pion",
            "electron": "electron_to_pion",
            "muon": "muon_to_pion_lkr",
        }[true]
        return maps.of_tracks(name, track)
    if true == "pion":
        silent = 1.0 - maps.of_tracks("pion_to_muon", track)
        return silent * maps.of_tracks("efficiency_pion_muon_search", track)
    if true == "electron":
        return maps.of_tracks("electron_to_pion", track)
    return _of_muon(track, maps.of_tracks("muon_to_pion", track), track["muv3_tile"] < 0)


def _as_muon(true: str, track, identification, maps) -> np.ndarray:
    if true == "muon":
        expected = maps.of_tracks("efficiency_muon", track)
        return _of_muon(track, expected, track["muv3_tile"] >= 0)
    name = {"pion": "pion_to_muon", "electron": "electron_to_muon"}[true]
    return maps.of_tracks(name, track)


def _of_muon(track, expected, simulated) -> np.ndarray:
    """The efficiency map for muons from the vertex; what the simulation says where pions decayed.

    A muon from a pion's decay has another direction and momentum than its track tells, and may
    miss the muon detector or stop before it; one from the vertex points where its track does.
    """
    return np.where(track["decayed"], simulated.astype(float), expected)


def _as_electron(true: str, track, identification, maps) -> np.ndarray:
    positive = track["charge"] > 0
    if true == "muon":
        return maps.of_tracks("muon_to_electron", track)
    if true == "electron":
        result = maps.of_tracks("efficiency_electron_lkr", track)
        rich = "efficiency_electron_rich"
    else:
        result = np.where(
            positive,
            maps.of_tracks("pion_to_electron_lkr_positive", track),
            maps.of_tracks("pion_to_electron_lkr_negative", track),
        )
        rich = "pion_to_electron_rich"
        if "muon" in identification:  # with a signal of the muon detector it is a muon
            result = result * (1.0 - maps.of_tracks("pion_to_muon", track))
    if "rich" in identification:
        result = np.where(positive, result * maps.of_tracks(rich, track), result)
    return result


_PROBABILITIES = {"pion": _as_pion, "muon": _as_muon, "electron": _as_electron}
