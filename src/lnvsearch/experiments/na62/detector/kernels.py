"""The loop over kaon decays: decays in the kaon's frame in, tracks and clusters out.

Written for speed by early rejection: leptons, which fly straight to the first chamber, are tested
there before anything is drawn for a track, and an event is dropped as soon as fewer than three
tracks can be left.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from lnvsearch.experiments.na62.detector import calorimeter
from lnvsearch.experiments.na62.detector.beam import draw_kaons, to_laboratory
from lnvsearch.experiments.na62.detector.decays_in_flight import (
    NO_PION_DECAYS,
    PIONS_DECAY_UPSTREAM,
    plan_decays,
)
from lnvsearch.experiments.na62.detector.flight import (
    ELECTRON,
    PHOTON,
    PION,
    add_photon,
    fly,
    in_chamber,
)
from lnvsearch.experiments.na62.detector.kinematics import sample_decay_direction, sample_decay_z
from lnvsearch.experiments.na62.detector.measurement import (
    TRACK_COLUMNS,
    keep_rows_near,
    measure_tracks,
)
from lnvsearch.experiments.na62.detector.truth import EVENT_COLUMNS, write_event
from lnvsearch.experiments.na62.detector.upstream import draw_upstream_kaon

__all__ = [
    "CLUSTER_COLUMNS",
    "EVENT_COLUMNS",
    "MINIMUM_TRACKS",
    "PROCESSES",
    "TRACK_COLUMNS",
    "Constants",
    "Keys",
    "Output",
    "simulate_block",
]

#: Events with fewer tracks in all four chambers are not recorded.
MINIMUM_TRACKS = 3
#: In the modes with weights, so are events with a total momentum farther from the beam's.
RECORDED_WITHIN_GEV = 5.0
#: Columns of the kernel's output, beside those of `truth` and `measurement`.
CLUSTER_COLUMNS = ("energy_gev", "x_m", "y_m")
#: One random stream each.
PROCESSES = ("beam", "decay_in_flight", "scattering", "hits", "bremsstrahlung", "lkr", "muv3")

_LKR_ENERGY, _TILE, _TRUE_CODE = range(11, len(TRACK_COLUMNS))
# Columns of the flown tracks of an event; the first three are those that photons look at.
_AT_X, _AT_Y, _NEARBY, _AT_P, _AT_SLOPE_X, _AT_SLOPE_Y, _AT_SPECIES, _SLOT = range(8)
_ENERGY = 3


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
    """Where recorded events are written; rows that an event does not have are 0."""

    event_number: np.ndarray  # (m,)
    events: np.ndarray  # (EVENT_COLUMNS, m)
    tracks: np.ndarray  # (TRACK_COLUMNS, m t), the tracks of an event side by side
    n_tracks: np.ndarray  # (m,)
    clusters: np.ndarray  # (m, c, CLUSTER_COLUMNS)
    n_clusters: np.ndarray  # (m,)
    # Space of the kernel's own.
    kaons: np.ndarray  # (m, N_KAON_NUMBERS)
    hits: np.ndarray  # (m t, N_HITS)
    slots: np.ndarray  # (m t,)


@njit(cache=True, error_model="numpy", forceinline=True)
def _in_laboratory(momentum, i, j, kaon, constants):
    """Four-momentum in the laboratory of particle j of event i."""
    return to_laboratory(
        momentum[i, j, 0], momentum[i, j, 1], momentum[i, j, 2], momentum[i, j, 3], kaon[0],
        constants.kaon_mass, kaon[1], kaon[2],
    )  # fmt: skip


@njit(cache=True, error_model="numpy", forceinline=True)
def _misses_first_chamber(four_momentum, vertex, spectrometer):
    """Whether a straight line from the vertex misses the straws of the first chamber."""
    px, py, pz, _ = four_momentum
    if pz <= 0.0:
        return True
    path = (spectrometer.chamber_z_m[0] - vertex[2]) / pz
    return not in_chamber(vertex[0] + path * px, vertex[1] + path * py, 0, spectrometer)


@njit(cache=True, error_model="numpy", forceinline=True)
def _enter_laboratory(
    momentum, i, species, possible, minimum, kaon, vertex, second, displaced, constants,
    spectrometer, laboratory,
):  # fmt: skip
    """Boost the charged particles of event i, `possible` in number.

    `laboratory` (k, 4) gets their four-momenta, and an energy of 0 for the others.  Returns how
    many may become tracks; 0 as soon as there are fewer than `minimum`.
    """
    for j in range(len(species)):
        laboratory[j, _ENERGY] = 0.0
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


@njit(cache=True, error_model="numpy", forceinline=True)
def _decay_by_itself(key, event, slot, species, mode, pz, begin_z, end_z, constants):
    """(z, cosine, azimuth) of the decay of one particle, independent of the others."""
    if species != PION or pz <= 0.0:
        return np.inf, 1.0, 0.0
    mean = pz * constants.pion_ctau_m / constants.masses[PION]
    z, _ = sample_decay_z(key, event, slot, mode, begin_z, end_z, mean)
    if z == np.inf:
        return z, 1.0, 0.0
    cosine, azimuth = sample_decay_direction(key, event, slot)
    return z, cosine, azimuth


@njit(cache=True, error_model="numpy", forceinline=True)
def _likely_lost(charge, vertex, second, displaced, spectrometer, laboratory):
    """First particle that misses a chamber if nothing but the magnet's kick bends it; -1 if none.

    To small angles: a guess about `fly`, not a decision.
    """
    z_0, z_1, z_2, z_3 = spectrometer.chamber_z_m
    for j in range(len(charge)):
        if laboratory[j, _ENERGY] == 0.0:
            continue
        x, y, z = second if displaced[j] else vertex
        inverse = 1.0 / laboratory[j, 2]
        slope_x, slope_y = inverse * laboratory[j, 0], inverse * laboratory[j, 1]
        bend = -inverse * charge[j] * spectrometer.magnet_kick_gev
        bent_x = x - bend * (spectrometer.magnet_z_m - z)
        bent_slope_x = slope_x + bend
        # Last first: most of those that are lost miss the fourth chamber.
        if not (
            in_chamber(bent_x + bent_slope_x * (z_3 - z), y + slope_y * (z_3 - z), 3, spectrometer)
            and in_chamber(x + slope_x * (z_0 - z), y + slope_y * (z_0 - z), 0, spectrometer)
            and in_chamber(
                bent_x + bent_slope_x * (z_2 - z), y + slope_y * (z_2 - z), 2, spectrometer
            )
            and in_chamber(x + slope_x * (z_1 - z), y + slope_y * (z_1 - z), 1, spectrometer)
        ):
            return j
    return -1


@njit(cache=True, error_model="numpy", forceinline=True)
def _fly_all(
    keys, event, species, charge, vertex, second, displaced, possible, minimum, constants,
    response, mode, plan, laboratory, hits, first_hits, flown, photons,
):  # fmt: skip
    """Fly the charged particles of an event; rows of `hits` and `flown` for those found.

    Rows of `hits` begin at `first_hits`.
    `plan`: (z, cosine, azimuth) of the decays of pions in the modes with weights.
    Returns (tracks found, 0 if fewer than recorded; photons; pions decayed).
    """
    found, n_photons, n_decays = 0, 0, 0
    # Where no track may be lost, one that is likely to be lost goes first; if it comes through, all
    # fly in their order, it once more and with the same numbers.
    likely_lost = -1
    if possible == minimum:
        likely_lost = _likely_lost(
            charge, vertex, second, displaced, response.spectrometer, laboratory
        )
    for step in range(-1, len(species)):
        j = likely_lost if step < 0 else step
        if j < 0 or laboratory[j, _ENERGY] == 0.0:
            continue
        lab = (laboratory[j, 0], laboratory[j, 1], laboratory[j, 2], laboratory[j, 3])
        origin = second if displaced[j] else vertex
        decay = (plan[j, 0], plan[j, 1], plan[j, 2])
        if mode < NO_PION_DECAYS:
            decay = _decay_by_itself(
                keys.decay_in_flight, event, j, species[j], mode, lab[2], origin[2],
                response.lkr.z_m, constants,
            )  # fmt: skip
        complete, at_end, p, x, y, slope_x, slope_y, n_photons = fly(
            keys, event, j, species[j], charge[j], lab, origin, decay, constants, response, hits,
            first_hits + found, photons, n_photons,
        )  # fmt: skip
        if at_end != species[j]:
            n_decays += 1
        if not complete:
            possible -= 1
            if possible < minimum:
                return 0, n_photons, n_decays
            continue
        if step < 0:
            n_photons, n_decays = 0, 0
            continue
        flown[found, _AT_X], flown[found, _AT_Y], flown[found, _NEARBY] = x, y, 0.0
        flown[found, _AT_P] = p
        flown[found, _AT_SLOPE_X], flown[found, _AT_SLOPE_Y] = slope_x, slope_y
        flown[found, _AT_SPECIES], flown[found, _SLOT] = at_end, j
        found += 1
    return found, n_photons, n_decays


@njit(cache=True, error_model="numpy", forceinline=True)
def _decay_photons(
    momentum, i, species, kaon, vertex, second, displaced, constants, photons, n_photons
):
    """Append the photons of the decay to those of bremsstrahlung; returns their number."""
    for j in range(len(species)):
        if species[j] != PHOTON or momentum[i, j, _ENERGY] <= 0.0:
            continue
        px, py, pz, energy = _in_laboratory(momentum, i, j, kaon, constants)
        if pz > 0.0:
            x, y, z = second if displaced[j] else vertex
            n_photons = add_photon(photons, n_photons, x, y, z, px / pz, py / pz, energy)
    return n_photons


@njit(cache=True, error_model="numpy", forceinline=True)
def _end_tracks(keys, event, charge, found, codes, response, flown, slots, tracks, first):
    """What the tracks of an event leave behind the chambers, in columns from `first` on."""
    for t in range(found):
        k = first + t
        slot, at_end = int(flown[t, _SLOT]), int(flown[t, _AT_SPECIES])
        x, y, p = flown[t, _AT_X], flown[t, _AT_Y], flown[t, _AT_P]
        slots[k] = slot
        tracks[_LKR_ENERGY, k] = 0.0
        if calorimeter.in_lkr(x, y, response.lkr):
            tracks[_LKR_ENERGY, k] = calorimeter.track_energy(
                keys.lkr, event, slot, at_end, p, flown[t, _NEARBY], response.lkr
            )
        tracks[_TILE, k] = calorimeter.muv3_tile(
            keys.muv3, event, slot, at_end, p, x, y, flown[t, _AT_SLOPE_X],
            flown[t, _AT_SLOPE_Y], response.lkr.z_m, response.muv,
        )  # fmt: skip
        tracks[_TRUE_CODE, k] = charge[slot] * codes[at_end]


@njit(cache=True, error_model="numpy", forceinline=True)
def _kaon_of(key, event, mode, kaons, row, constants, response):
    """Kaon (momentum, slopes), vertex of its decay, and a factor of the event's weight."""
    if mode == PIONS_DECAY_UPSTREAM:
        p, slope_x, slope_y, x, y, z, share = draw_upstream_kaon(
            key, event, response.beam, response.fiducial_volume, response.upstream,
            constants.kaon_mass, constants.kaon_ctau_m,
        )  # fmt: skip
        return (p, slope_x, slope_y), (x, y, z), share
    return (
        (kaons[row, 0], kaons[row, 1], kaons[row, 2]),
        (kaons[row, 3], kaons[row, 4], kaons[row, 5]),
        1.0,
    )


@njit(cache=True, error_model="numpy")
def _one_event(n_particles, n_photons):
    """Space for an event: momenta in the laboratory, tracks flown, photons, planned decays."""
    return (
        np.empty((n_particles, 4)),
        np.empty((n_particles, 8)),
        np.empty((n_photons, 6)),
        np.full((n_particles, 3), np.inf),
    )


@njit(cache=True, error_model="numpy")
def _end_block(key, mode, recorded, response, fit, output):
    """Measure the tracks of the recorded events; returns how many events are left."""
    measure_tracks(key, output.event_number, output.slots, output.n_tracks, recorded,
                   response.spectrometer.hit_resolution_m, fit, output.hits,
                   output.tracks)  # fmt: skip
    if mode < NO_PION_DECAYS:
        return recorded
    return keep_rows_near(response.beam.momentum_gev, RECORDED_WITHIN_GEV, recorded,
                          output.event_number, output.events, output.tracks, output.n_tracks,
                          output.clusters, output.n_clusters)  # fmt: skip


@njit(cache=True, error_model="numpy", forceinline=True)
def _second_vertex(displacement, i, kaon, vertex, constants):
    """Where the particles of event i start that do not at its `vertex`; a boost like a momentum's."""
    if len(displacement) == 0:
        return vertex
    dx, dy, dz, _ = to_laboratory(
        displacement[i, 0], displacement[i, 1], displacement[i, 2], displacement[i, 3], kaon[0],
        constants.kaon_mass, kaon[1], kaon[2],
    )  # fmt: skip
    return vertex[0] + dx, vertex[1] + dy, vertex[2] + dz


@njit(cache=True, error_model="numpy")
def simulate_block(
    first, last, event_number, weight, species, charge, momentum, displacement, displaced,
    leptons, minimum, mode, pions, keys, constants, response, fit, interest_numbers, space, output,
):  # fmt: skip
    """Simulate the decays [first, last); returns how many have `minimum` tracks and are recorded.

    `species`, `charge`: (k,); `momentum`: (n, k, 4); `displacement`: (n, 4), or (0, 4), from the
    kaon's decay to where the `displaced` particles, (k,), start; `leptons`: columns of two that go
    with a pion in column 0, or -1; `pions`: of the three in modes in which they decay together;
    `space`: the arrays of `trial_space`.
    """
    # Arrays by themselves, indexed in full: taking them from a tuple, or a row from an array,
    # within the loop would count references, at a third of the kernel's time.
    numbers, events, tracks, n_tracks, clusters, n_clusters, kaons, hits, slots = output
    width = tracks.shape[1] // len(numbers)
    laboratory, flown, photons, plan = _one_event(len(species), clusters.shape[1])
    trials, rows, sums = space
    n_charged = np.count_nonzero((species >= ELECTRON) & (species <= PION))
    recorded = 0
    if mode != PIONS_DECAY_UPSTREAM:
        draw_kaons(keys.beam, event_number[first:last], response.beam, response.fiducial_volume,
                   constants.kaon_mass, constants.kaon_ctau_m, kaons)  # fmt: skip
    for i in range(first, last):
        event = event_number[i]
        kaon, vertex, share = _kaon_of(keys.beam, event, mode, kaons, i - first, constants, response)
        decay_weight = weight[i] * share
        second = _second_vertex(displacement, i, kaon, vertex, constants)
        possible = _enter_laboratory(momentum, i, species, n_charged, minimum, kaon, vertex, second,
                                     displaced, constants, response.spectrometer,
                                     laboratory)  # fmt: skip
        if possible < minimum:
            continue
        if mode >= NO_PION_DECAYS:
            decay_weight *= plan_decays(
                keys.decay_in_flight, event, mode, pions, charge, laboratory, vertex, constants,
                response, fit, interest_numbers, trials, rows, sums, plan,
            )  # fmt: skip
            if decay_weight == 0.0:
                continue
        found, n_photons, n_decays = _fly_all(
            keys, event, species, charge, vertex, second, displaced, possible, minimum, constants,
            response, mode, plan, laboratory, hits, width * recorded, flown, photons,
        )  # fmt: skip
        if found < minimum:
            continue
        n_photons = _decay_photons(momentum, i, species, kaon, vertex, second, displaced, constants,
                                   photons, n_photons)  # fmt: skip
        n_clusters[recorded], in_veto = calorimeter.end_photons(
            keys.lkr, event, photons, n_photons, flown, found, response.lkr, response.lav,
            clusters, recorded,
        )  # fmt: skip
        _end_tracks(keys, event, charge, found, constants.codes, response, flown, slots, tracks,
                    width * recorded)  # fmt: skip
        n_tracks[recorded], numbers[recorded] = found, event
        write_event(events, recorded, decay_weight, in_veto, n_decays, vertex[2], momentum, i,
                    leptons)  # fmt: skip
        recorded += 1
    return _end_block(keys.hits, mode, recorded, response, fit, output)
