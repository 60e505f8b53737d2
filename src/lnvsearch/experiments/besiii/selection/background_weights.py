"""Backgrounds with the wrong charges or particles, by mis-identification weights.

A plain simulation of J/psi -> K+ K- pi+ pi- would need 10^13 events for one to pass.  Instead,
every event counts with the probability that its tracks are *taken for* two kaons of one charge
and two electrons of the other: the product over the tracks of P(identified as | true species,
momentum, polar angle).  All wrong-charge assignments are summed; kinematic fit, window and
vetoes apply as they stand.
"""

from __future__ import annotations

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.besiii.events import RecordedEvents
from lnvsearch.experiments.besiii.selection.identification_map import IdentificationMap
from lnvsearch.experiments.besiii.selection.kkee import CUTS
from lnvsearch.experiments.besiii.selection.state import (
    OTHER_FINAL_STATES,
    SearchState,
    Selection,
    conversion_pairs,
    kinematic_fit_of,
    measured_four_momenta,
)
from lnvsearch.reconstruction import candidates, four_vectors

__all__ = ["weigh"]


def weigh(
    events: RecordedEvents, selection: Selection, identification: IdentificationMap
) -> dict[str, np.ndarray]:
    """Chi-square and weight of every wrong-charge assignment of tracks that pass all other cuts.

    The identification cuts of the selection are replaced by the weights; the cuts on chi-square
    and on the mass are left to the caller.  Returns `chi_square`, `mass_gev`, `in_window`,
    `fits_best` (whether it fits better than all other final states), `weight` and
    `map_uncertainty` (that of the weight from the map, the same for all events), (c,), of the
    assignments with the two kaons on either charge.
    """
    state = SearchState(events, selection)
    parameters = selection.parameters()
    alive = np.ones(len(events), dtype=bool)
    for name in ("polar_angle", "impact_parameter", "charged_tracks"):
        if name in parameters:
            alive &= CUTS[name](state, alive, **parameters[name])
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
    if "conversion_veto" in parameters:
        weight *= _without_conversion(
            state, found, probability["electron"], parameters["conversion_veto"]
        )
    possible = weight > 0.0
    columns = _fitted(state, found.select(possible), parameters)
    columns["weight"] = weight[possible]
    columns["map_uncertainty"] = columns["weight"] * np.sqrt(squares.sum(axis=1)[possible])
    return columns


def _fitted(state, found, parameters) -> dict[str, np.ndarray]:
    """Columns of the fits."""
    signal = candidates.mass_hypotheses({"signal": state.selection.final_state})
    chi_square = kinematic_fit_of(state, found, signal).min(axis=1)
    keep = np.isfinite(chi_square)
    if "smallest_chi_square" in parameters:
        names = parameters["smallest_chi_square"]["hypotheses"]
        others = candidates.mass_hypotheses(
            {name: OTHER_FINAL_STATES[name] for name in names}
        )
        keep &= chi_square < kinematic_fit_of(state, found, others).min(axis=1)
    momenta = measured_four_momenta(state.events.track, found.tracks, signal.masses_gev[0])
    mass = four_vectors.invariant_mass_gev(momenta.sum(axis=1))
    in_window = np.ones(len(mass), dtype=bool)
    if "signal_window" in parameters:
        window = parameters["signal_window"]
        in_window = (mass > window["mass_minimum_gev"]) & (mass < window["mass_maximum_gev"])
    return {
        "chi_square": chi_square, "mass_gev": mass, "in_window": in_window, "fits_best": keep,
    }  # fmt: skip


def _without_conversion(state, found, is_electron, veto) -> np.ndarray:
    """P(no pair from a conversion has both tracks identified as electrons), of assignments (c,).

    `is_electron`: P(identified as an electron), (m,).  An assignment has said of its own tracks
    what they are taken for, and E/p lets no track be both.
    """
    events, pairs = conversion_pairs(state, state.good, **veto)
    result = np.ones(len(found.event_index))
    for event, pair in zip(events, pairs, strict=True):
        of_event = np.flatnonzero(found.event_index == event)
        both = np.ones(len(of_event))
        for track in pair:
            taken_for = np.where(
                np.any(found.tracks[of_event, :2] == track, axis=1), 0.0, is_electron[track]
            )
            is_chosen = np.any(found.tracks[of_event, 2:] == track, axis=1)
            both *= np.where(is_chosen, 1.0, taken_for)
        result[of_event] *= 1.0 - both
    return result


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
