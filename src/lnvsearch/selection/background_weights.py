"""Backgrounds with the wrong charges or particles, by mis-identification weights.

A plain simulation of J/psi -> K+ K- pi+ pi- would need 10^13 events for one to pass.  Instead,
every event counts with the probability that its tracks are *taken for* two kaons of one charge
and two electrons of the other: the product over the tracks of P(identified as | true species,
momentum, polar angle).  All wrong-charge assignments are summed; kinematic fit, window and
vetoes apply as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lnvsearch import particles
from lnvsearch.events import RecordedEvents
from lnvsearch.reconstruction import candidates, four_vectors
from lnvsearch.selection import besiii_kkee

__all__ = ["IdentificationMap", "read_identification", "weigh"]


@dataclass(frozen=True)
class IdentificationMap:
    """P(identified as electron), P(as kaon) on a grid, by true species.

    `momentum_gev`: (a,) and `absolute_cos_theta`: (b,) bin centres, ascending;
    `probability`: PDG code (with sign) -> {"electron" | "kaon": (a, b)}.
    """

    momentum_gev: np.ndarray
    absolute_cos_theta: np.ndarray
    probability: Mapping[int, Mapping[str, np.ndarray]]

    def lookup(
        self, species: np.ndarray, momentum_gev: np.ndarray, absolute_cos_theta: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Probabilities of m tracks in the nearest grid points; 0 for a species not on the map."""
        i = _nearest(self.momentum_gev, momentum_gev)
        j = _nearest(self.absolute_cos_theta, absolute_cos_theta)
        result = {name: np.zeros(len(i)) for name in ("electron", "kaon")}
        for code, tables in self.probability.items():
            chosen = species == code
            for name, table in tables.items():
                result[name][chosen] = table[i[chosen], j[chosen]]
        return result


def read_identification(path: str | Path) -> IdentificationMap:
    """The map in an .npz file with `momentum_gev`, `absolute_cos_theta`, `<code>_<identity>`."""
    with np.load(path, allow_pickle=False) as content:
        arrays = {name: content[name] for name in content.files}
    probability: dict[int, dict[str, np.ndarray]] = {}
    momentum_gev = arrays.pop("momentum_gev")
    absolute_cos_theta = arrays.pop("absolute_cos_theta")
    for name, values in arrays.items():
        code, identity = name.split("_")
        probability.setdefault(int(code), {})[identity] = values
    return IdentificationMap(momentum_gev, absolute_cos_theta, probability)


def _nearest(centres: np.ndarray, values: np.ndarray) -> np.ndarray:
    edges = 0.5 * (centres[1:] + centres[:-1])
    return np.searchsorted(edges, values)


def weigh(
    events: RecordedEvents,
    cuts: Sequence[Mapping],
    identification: IdentificationMap,
    *,
    final_state: Sequence[str],
    total_four_momentum: Sequence[float],
    magnetic_field_t: float,
) -> dict[str, np.ndarray]:
    """Chi-square and weight of every wrong-charge assignment that passes all other cuts.

    Arguments as of `besiii_kkee.select`; the identification cuts among `cuts` are replaced by the
    weights, and the cut on chi-square is left to the caller.  Returns `chi_square` and `weight`,
    (c,), of the assignments with the two kaons on either charge.
    """
    state = besiii_kkee.SearchState(
        events, tuple(final_state), np.asarray(total_four_momentum, float), magnetic_field_t
    )
    parameters = {cut["cut"]: {k: v for k, v in cut.items() if k != "cut"} for cut in cuts}
    alive = np.ones(len(events), dtype=bool)
    for name in ("polar_angle", "impact_parameter", "charged_tracks"):
        if name in parameters:
            alive &= besiii_kkee.CUTS[name](state, alive, **parameters[name])
    usable = state.good & alive[state.event_of_track]
    found = candidates.same_sign_candidates(
        events.track_offsets, events.track["charge"], usable, usable
    )
    probability = _track_probabilities(events, identification)
    weight = (
        events.weight[found.event_index]
        * probability["kaon"][found.tracks[:, :2]].prod(axis=1)
        * probability["electron"][found.tracks[:, 2:]].prod(axis=1)
    )
    possible = weight > 0.0
    return _passing(state, found.select(possible), weight[possible], parameters)


def _passing(state, found, weight, parameters) -> dict[str, np.ndarray]:
    """The assignments that pass fit, comparison of hypotheses, veto and window."""
    signal = candidates.mass_hypotheses({"signal": state.final_state})
    chi_square = besiii_kkee.kinematic_fit_of(state, found, signal).min(axis=1)
    keep = np.isfinite(chi_square)
    if "smallest_chi_square" in parameters:
        names = parameters["smallest_chi_square"]["hypotheses"]
        others = candidates.mass_hypotheses(
            {name: besiii_kkee.OTHER_FINAL_STATES[name] for name in names}
        )
        keep &= chi_square < besiii_kkee.kinematic_fit_of(state, found, others).min(axis=1)
    if "signal_window" in parameters:
        window = parameters["signal_window"]
        mass = _mass_gev(state.events.track, found.tracks, signal.masses_gev[0])
        keep &= (mass > window["mass_minimum_gev"]) & (mass < window["mass_maximum_gev"])
    if "conversion_veto" in parameters:
        veto = besiii_kkee.conversions(state, state.good, **parameters["conversion_veto"])
        keep &= ~veto[found.event_index]
    return {"chi_square": chi_square[keep], "weight": weight[keep]}


def _mass_gev(track, index, masses_gev) -> np.ndarray:
    momentum = four_vectors.four_momenta(
        track["phi0"][index], track["kappa"][index], track["tan_lambda"][index], masses_gev
    )
    return four_vectors.invariant_mass_gev(momentum.sum(axis=1))


def _track_probabilities(
    events: RecordedEvents, identification: IdentificationMap
) -> dict[str, np.ndarray]:
    """P(taken for an electron), P(taken for a kaon) of all m tracks, from their true species."""
    track = events.track
    owner = np.repeat(events.truth_offsets[:-1], np.diff(events.track_offsets))
    species = np.where(
        track["truth_index"] >= 0,
        events.truth["pdg_id"][owner + np.maximum(track["truth_index"], 0)],
        0,
    )
    species = _species_of_conversions(species, track["charge"])
    return identification.lookup(
        species,
        four_vectors.momentum_gev(track["kappa"], track["tan_lambda"]),
        np.abs(four_vectors.cos_theta(track["tan_lambda"])),
    )


def _species_of_conversions(species: np.ndarray, charge: np.ndarray) -> np.ndarray:
    """Tracks that point to a photon are the electron and the positron of its conversion."""
    return np.where(species == particles.pdg_id("gamma"), charge * particles.pdg_id("e+"), species)
