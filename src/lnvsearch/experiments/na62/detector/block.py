"""What the loops over decays share: arrays of a block, the way to the laboratory, a block's end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lnvsearch.experiments.na62.detector import calorimeter
from lnvsearch.experiments.na62.detector.beam import to_laboratory
from lnvsearch.experiments.na62.detector.flight import (
    ELECTRON,
    END_X,
    END_Y,
    PHOTON,
    PION,
    add_photon,
    in_chamber,
)
from lnvsearch.experiments.na62.detector.measurement import measure_tracks
from lnvsearch.experiments.na62.detector.track_ends import end_tracks, list_tracks
from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "CLUSTER_COLUMNS", "ENERGY", "MINIMUM_TRACKS", "PROCESSES", "Constants", "Keys", "Output",
    "Room", "carry_photons", "decay_photons", "end_block", "enter_laboratory", "kaon_of",
    "second_vertex",
]  # fmt: skip

#: Events with fewer tracks in all four chambers are not recorded.
MINIMUM_TRACKS = 3
#: Columns of the kernel's output, beside those of `truth` and `measurement`.
CLUSTER_COLUMNS = ("energy_gev", "x_m", "y_m")
#: One random stream each.
PROCESSES = ("beam", "decay_in_flight", "scattering", "hits", "bremsstrahlung", "lkr", "muv3")

#: Column of the energy in a four-momentum.
ENERGY = 3


class Keys(NamedTuple):
    """Keys of the random streams, in the order of PROCESSES."""

    beam: tuple
    decay_in_flight: tuple
    scattering: tuple
    hits: tuple
    bremsstrahlung: tuple
    lkr: tuple
    muv3: tuple


class Constants(NamedTuple):
    """Particle properties and what follows from the response alone; GeV and m."""

    kaon_mass: float
    kaon_ctau_m: float
    masses: tuple  # electron, muon, pion
    pion_ctau_m: float
    scattering_gev: float
    codes: tuple  # PDG codes of positron, positive muon and positive pion


class Output(NamedTuple):
    """Where recorded events are written; tracks that an event does not have are 0."""

    event_number: np.ndarray  # (m,)
    events: np.ndarray  # (EVENT_COLUMNS, m)
    tracks: np.ndarray  # (TRACK_COLUMNS, m t), the tracks of an event side by side
    n_tracks: np.ndarray  # (m,)
    clusters: np.ndarray  # (m, c, CLUSTER_COLUMNS); written, and 0 behind the last, where there are some
    n_clusters: np.ndarray  # (m,)


class Room(NamedTuple):
    """Room for what lies between: of m decays and their recorded events, with m t tracks."""

    kaons: np.ndarray  # (N_KAON_NUMBERS, m)
    flown: np.ndarray  # (N_FLOWN + 1, m t), particles that have flown
    # Of recorded tracks: columns of the final state and of `flown`, energy that merges, GeV.
    slots: np.ndarray  # (m t,)
    sources: np.ndarray  # (m t,)
    nearby: np.ndarray  # (m t,)
    # Lists of tracks, of which a block has so many at most.
    which: np.ndarray  # (m t,)
    source: np.ndarray  # (m t,)
    list_events: np.ndarray  # (m t,)
    list_slots: np.ndarray  # (m t,)
    muons: np.ndarray  # (3, m t)
    drawn: np.ndarray  # (N_DRAWN, m t)


@inner_kernel(forceinline=True)
def _in_laboratory(momentum, i, j, kaon, constants):
    """Four-momentum in the laboratory of particle j of event i."""
    return to_laboratory(
        momentum[i, j, 0], momentum[i, j, 1], momentum[i, j, 2], momentum[i, j, 3], kaon[0],
        constants.kaon_mass, kaon[1], kaon[2],
    )  # fmt: skip


@inner_kernel(forceinline=True)
def _misses_first_chamber(four_momentum, vertex, spectrometer):
    """Whether a straight line from the vertex misses the straws of the first chamber."""
    px, py, pz, _ = four_momentum
    if pz <= 0.0:
        return True
    path = (spectrometer.chamber_z_m[0] - vertex[2]) / pz
    return not in_chamber(vertex[0] + path * px, vertex[1] + path * py, 0, spectrometer)


@inner_kernel(forceinline=True)
def enter_laboratory(
    momentum, i, species, possible, minimum, kaon, vertex, second, displaced, constants,
    spectrometer, laboratory,
):  # fmt: skip
    """Boost the charged particles of event i, `possible` in number.

    `laboratory` (k, 4) gets their four-momenta, and an energy of 0 for the others.  Returns how
    many may become tracks; 0 as soon as there are fewer than `minimum`.
    """
    for j in range(len(species)):
        laboratory[j, ENERGY] = 0.0
        if species[j] < ELECTRON or species[j] > PION:
            continue
        lab = _in_laboratory(momentum, i, j, kaon, constants)
        origin = second if displaced[j] else vertex
        # A track that starts behind the first chamber cannot have all four.
        is_late = displaced[j] and origin[2] >= spectrometer.chamber_z_m[0]
        if is_late or (species[j] != PION and _misses_first_chamber(lab, origin, spectrometer)):
            possible -= 1
            if possible < minimum:
                return 0
            continue
        for c in range(4):
            laboratory[j, c] = lab[c]
    return possible


@inner_kernel(forceinline=True)
def decay_photons(
    momentum, i, species, kaon, vertex, second, displaced, constants, photons, n_photons
):
    """Append the photons of the decay to those of bremsstrahlung; returns their number."""
    for j in range(len(species)):
        if species[j] != PHOTON or momentum[i, j, ENERGY] <= 0.0:
            continue
        px, py, pz, energy = _in_laboratory(momentum, i, j, kaon, constants)
        if pz > 0.0:
            x, y, z = second if displaced[j] else vertex
            n_photons = add_photon(photons, n_photons, x, y, z, px / pz, py / pz, energy)
    return n_photons


@inner_kernel(forceinline=True)
def kaon_of(kaons, row):
    """Momentum and slopes of a kaon, and where it decays."""
    return (
        (kaons[0, row], kaons[1, row], kaons[2, row]),
        (kaons[3, row], kaons[4, row], kaons[5, row]),
    )


@inner_kernel(forceinline=True)
def second_vertex(displacement, i, kaon, vertex, constants):
    """Where the particles of event i start that do not at its `vertex`; a boost like a momentum's."""
    if len(displacement) == 0:
        return vertex
    dx, dy, dz, _ = to_laboratory(
        displacement[i, 0], displacement[i, 1], displacement[i, 2], displacement[i, 3], kaon[0],
        constants.kaon_mass, kaon[1], kaon[2],
    )  # fmt: skip
    return vertex[0] + dx, vertex[1] + dy, vertex[2] + dz


@inner_kernel(forceinline=True)
def carry_photons(keys, event, photons, n_photons, flown, sources, first, found, response, nearby,
                  at_end, clusters, recorded):  # fmt: skip
    """`calorimeter.end_photons` of an event with the tracks [first, first + found) of a block.

    `at_end`: (t, 3), room.  Returns (clusters, largest energy in the veto).
    """
    if n_photons == 0:
        for t in range(found):
            nearby[first + t] = 0.0
        return 0, 0.0
    for t in range(found):
        source = sources[first + t]
        at_end[t, 0], at_end[t, 1], at_end[t, 2] = flown[END_X, source], flown[END_Y, source], 0.0
    n_clusters, in_veto = calorimeter.end_photons(
        keys.lkr, event, photons, n_photons, at_end, found, response.lkr, response.lav, clusters,
        recorded,
    )  # fmt: skip
    for t in range(found):
        nearby[first + t] = at_end[t, 2]
    return n_clusters, in_veto


@inner_kernel()
def end_block(keys, first, last, charge, species, constants, response, fit, output, room):
    """Measure the tracks of the recorded events [first, last), and what they leave behind the chambers."""
    numbers, _, tracks, n_tracks, _, _ = output
    width = tracks.shape[1] // len(numbers)
    n = list_tracks(numbers, room.slots, room.sources, n_tracks, first, last, width, room.which,
                    room.source, room.list_events, room.list_slots)  # fmt: skip
    measure_tracks(keys.hits, n, room.which, room.source, room.list_events, room.list_slots,
                   response.spectrometer.hit_resolution_m, fit, room.flown, room.drawn,
                   tracks)  # fmt: skip
    end_tracks(keys, n, room.which, width * first, room.source, charge, species, constants.codes, response,
               room.flown, room.nearby, room.list_events, room.list_slots, room.muons, room.drawn,
               tracks)  # fmt: skip
    for i in range(first, last):
        for t in range(n_tracks[i], width):
            for column in range(tracks.shape[0]):
                tracks[column, width * i + t] = 0.0
