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
from lnvsearch.experiments.besiii.events import RecordedEvents
from lnvsearch.experiments.besiii.selection import kkee as besiii_kkee
from lnvsearch.reconstruction import candidates, four_vectors

__all__ = ["IdentificationMap", "estimate_probability", "read_identification", "weigh"]

#: Identified tracks on the grid from which their distribution over it is used.
MAPPED_FROM = 100


@dataclass(frozen=True)
class IdentificationMap:
    """P(identified as electron), P(as kaon) on a grid, by true species.

    `momentum_gev`: (a,) and `absolute_cos_theta`: (b,) bin centres, ascending;
    `probability`: PDG code (with sign) -> {"electron" | "kaon": (a, b)};
    `relative_uncertainty`: the same keys -> statistical uncertainty of the whole table.
    """

    momentum_gev: np.ndarray
    absolute_cos_theta: np.ndarray
    probability: Mapping[int, Mapping[str, np.ndarray]]
    relative_uncertainty: Mapping[int, Mapping[str, float]]

    def lookup(
        self, species: np.ndarray, momentum_gev: np.ndarray, absolute_cos_theta: np.ndarray
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Probabilities of m tracks in the nearest grid points, and their relative uncertainties.

        Both by identity, (m,); a species that is not on the map has probability 0.
        """
        i = _nearest(self.momentum_gev, momentum_gev)
        j = _nearest(self.absolute_cos_theta, absolute_cos_theta)
        values = {name: np.zeros(len(i)) for name in ("electron", "kaon")}
        relative = {name: np.zeros(len(i)) for name in ("electron", "kaon")}
        for code, tables in self.probability.items():
            chosen = species == code
            for name, table in tables.items():
                values[name][chosen] = table[i[chosen], j[chosen]]
                relative[name][chosen] = self.relative_uncertainty[code][name]
        return values, relative


def estimate_probability(n_identified: np.ndarray, n_found: np.ndarray) -> tuple[np.ndarray, float]:
    """Probabilities on a grid from counts of identified and of found tracks, both (a, b).

    Where identification is too rare to be mapped (under MAPPED_FROM tracks on the whole grid),
    the grid is one cell, with the mean (k + 1)/(n + 2) of the posterior of a uniform prior: a
    probability that was never seen is not taken to be zero.  Returns the probabilities and the
    relative statistical uncertainty of their sum.
    """
    k, n = float(n_identified.sum()), float(n_found.sum())
    if k < MAPPED_FROM:
        return np.where(n_found > 0, (k + 1.0) / (n + 2.0), 0.0), 1.0 / np.sqrt(k + 1.0)
    return n_identified / np.maximum(n_found, 1), 1.0 / np.sqrt(k)


def read_identification(path: str | Path) -> IdentificationMap:
    """The map in an .npz file.

    Its arrays are `momentum_gev`, `absolute_cos_theta`, and for each species and identity
    `<code>_<identity>_identified` and `<code>_found`, the counts.
    """
    with np.load(path, allow_pickle=False) as content:
        arrays = {name: content[name] for name in content.files}
    momentum_gev = arrays.pop("momentum_gev")
    absolute_cos_theta = arrays.pop("absolute_cos_theta")
    probability: dict[int, dict[str, np.ndarray]] = {}
    relative: dict[int, dict[str, float]] = {}
    for name, counts in arrays.items():
        code, _, identity = name.removesuffix("_identified").partition("_")
        if name.endswith("_identified"):
            values, uncertainty = estimate_probability(counts, arrays[f"{code}_found"])
            probability.setdefault(int(code), {})[identity] = values
            relative.setdefault(int(code), {})[identity] = uncertainty
    return IdentificationMap(momentum_gev, absolute_cos_theta, probability, relative)


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
    weights; the cuts on chi-square and on the mass are left to the caller.  Returns `chi_square`,
    `mass_gev`, `in_window`, `weight` and `map_uncertainty` (that of the weight from the map, the
    same for all events), (c,), of the assignments with the two kaons on either charge.
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
    probability, relative = _track_probabilities(events, identification)
    kaons, electrons = found.tracks[:, :2], found.tracks[:, 2:]
    weight = (
        events.weight[found.event_index]
        * probability["kaon"][kaons].prod(axis=1)
        * probability["electron"][electrons].prod(axis=1)
    )
    squares = relative["kaon"][kaons] ** 2 + relative["electron"][electrons] ** 2
    possible = weight > 0.0
    columns, passes = _fitted(state, found.select(possible), parameters)
    columns["weight"] = weight[possible]
    columns["map_uncertainty"] = columns["weight"] * np.sqrt(squares.sum(axis=1)[possible])
    return {name: values[passes] for name, values in columns.items()}


def _fitted(state, found, parameters) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Columns of the fits, and which assignments pass the comparison of hypotheses and the veto."""
    signal = candidates.mass_hypotheses({"signal": state.final_state})
    chi_square = besiii_kkee.kinematic_fit_of(state, found, signal).min(axis=1)
    keep = np.isfinite(chi_square)
    if "smallest_chi_square" in parameters:
        names = parameters["smallest_chi_square"]["hypotheses"]
        others = candidates.mass_hypotheses(
            {name: besiii_kkee.OTHER_FINAL_STATES[name] for name in names}
        )
        keep &= chi_square < besiii_kkee.kinematic_fit_of(state, found, others).min(axis=1)
    if "conversion_veto" in parameters:
        veto = besiii_kkee.conversions(state, state.good, **parameters["conversion_veto"])
        keep &= ~veto[found.event_index]
    momenta = besiii_kkee.measured_four_momenta(
        state.events.track, found.tracks, signal.masses_gev[0]
    )
    mass = four_vectors.invariant_mass_gev(momenta.sum(axis=1))
    in_window = np.ones(len(mass), dtype=bool)
    if "signal_window" in parameters:
        window = parameters["signal_window"]
        in_window = (mass > window["mass_minimum_gev"]) & (mass < window["mass_maximum_gev"])
    return {"chi_square": chi_square, "mass_gev": mass, "in_window": in_window}, keep


def _track_probabilities(
    events: RecordedEvents, identification: IdentificationMap
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """P(taken for an electron or a kaon) of all m tracks by true species, and uncertainties."""
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
