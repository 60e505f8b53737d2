"""The loop over kaon decays whose pions decay naturally, or never: a block of decays, step by step.

Written for speed by early rejection, and by doing one step for many particles at once.  Leptons, which
fly straight to the first chamber, are tested there before anything is drawn for a track.  Where no
track of an event may be lost, one that is likely to be lost flies first.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from lnvsearch.experiments.na62.detector.beam import draw_kaons
from lnvsearch.experiments.na62.detector.block import (
    ENERGY,
    carry_photons,
    decay_photons,
    end_block,
    enter_laboratory,
    kaon_of,
    second_vertex,
)
from lnvsearch.experiments.na62.detector.flight import ELECTRON, PION, fly
from lnvsearch.experiments.na62.detector.flight_together import (
    ALONE,
    CHARGE,
    FOUND,
    LOST,
    MASS,
    MOMENTUM,
    N_BEGIN,
    RADIATION,
    SLOPE_X,
    SLOPE_Y,
    SPECIES,
    STATUS,
    X,
    Y,
    Z,
    fly_together,
    probably_lost,
)
from lnvsearch.experiments.na62.detector.kinematics import (
    DECAYS_NEVER,
    sample_decay_direction,
)
from lnvsearch.experiments.na62.detector.truth import write_event
from lnvsearch.random_lanes import draw_uniforms

__all__ = ["N_PARTICLE", "Particles", "simulate_naturally"]

#: Rows of a particle: those that a flight begins with, its momentum, GeV, and where it decays, m.
_PX, _PY, _PZ, _DECAY_Z = range(N_BEGIN, N_BEGIN + 4)
N_PARTICLE = N_BEGIN + 4


class Particles(NamedTuple):
    """Room for the charged particles of m decays, k each, and for the decays that are left."""

    rows: np.ndarray  # (m,), of the block
    first: np.ndarray  # (m,), first particle of a decay that is left
    last: np.ndarray  # (m,), the one behind its last
    event: np.ndarray  # (m k,), event numbers
    slot: np.ndarray  # (m k,), columns of the final state
    species: np.ndarray  # (m k,)
    begin: np.ndarray  # (N_PARTICLE, m k)
    alone: np.ndarray  # (m k,), whether `flight.fly` must carry it
    lost: np.ndarray  # (m k,), whether it is likely to be lost
    place: np.ndarray  # (m k,), among those that fly together
    # Lists of those that fly together, and what becomes of them.
    which: np.ndarray  # (m k,)
    list_event: np.ndarray  # (m k,)
    list_slot: np.ndarray  # (m k,)
    list_species: np.ndarray  # (m k,)
    wide_slot: np.ndarray  # (m k,)


@njit(cache=True, error_model="numpy")
def _enter_all(
    first, last, event_number, species, charge, momentum, displacement, displaced, minimum,
    constants, response, kaons, particles,
):  # fmt: skip
    """List the decays that may have `minimum` tracks, and their charged particles; how many there are."""
    rows, firsts, lasts, events, slots, kinds, begin, alone, _, _, _, _, _, _, _ = particles
    laboratory = np.empty((len(species), 4))
    n_charged = np.count_nonzero((species >= ELECTRON) & (species <= PION))
    left, t = 0, 0
    for i in range(first, last):
        kaon, vertex = kaon_of(kaons, i - first)
        second = second_vertex(displacement, i, kaon, vertex, constants)
        possible = enter_laboratory(momentum, i, species, n_charged, minimum, kaon, vertex, second,
                                    displaced, constants, response.spectrometer,
                                    laboratory)  # fmt: skip
        if possible < minimum:
            continue
        rows[left], firsts[left] = i - first, t
        for j in range(len(species)):
            if laboratory[j, ENERGY] == 0.0:
                continue
            x, y, z = second if displaced[j] else vertex
            px, py, pz = laboratory[j, 0], laboratory[j, 1], laboratory[j, 2]
            begin[X, t], begin[Y, t], begin[Z, t] = x, y, z
            begin[SLOPE_X, t], begin[SLOPE_Y, t] = px / pz, py / pz
            begin[MOMENTUM, t] = math.sqrt(px * px + py * py + pz * pz)
            begin[MASS, t], begin[CHARGE, t] = constants.masses[species[j]], charge[j]
            begin[SPECIES, t] = species[j]
            begin[_PX, t], begin[_PY, t], begin[_PZ, t], begin[_DECAY_Z, t] = px, py, pz, np.inf
            events[t], slots[t], kinds[t] = event_number[i], j, species[j]
            alone[t] = pz <= 0.0
            t += 1
        lasts[left] = t
        left += 1
    return left, t


@njit(cache=True, error_model="numpy")
def _find_decays(key, n, constants, end_z, particles, drawn):
    """Draw where pions, of n particles, decay before the calorimeter; these fly alone.

    Only a uniform number above exp(-share), hence above 1 - share, makes a decay.
    """
    which, events, slots = particles.which, particles.list_event, particles.list_slot
    begin, alone = particles.begin, particles.alone
    pions = 0
    for t in range(n):
        which[pions], events[pions], slots[pions] = t, particles.event[t], particles.slot[t]
        pions += particles.species[t] == PION
    draw_uniforms(key, events[:pions], slots, 0, 0, drawn)
    for c in range(pions):
        t = which[c]
        mean = begin[_PZ, t] * constants.pion_ctau_m / constants.masses[PION]
        if begin[_PZ, t] > 0.0 and drawn[0, c] > 1.0 - (end_z - begin[Z, t]) / mean:
            z = begin[Z, t] - mean * math.log(drawn[0, c])
            if z < end_z:
                begin[_DECAY_Z, t], alone[t] = z, True


@njit(cache=True, error_model="numpy", forceinline=True)
def _append(t, n, event, slot, species, which, events, slots, kinds):
    which[n], events[n], slots[n], kinds[n] = t, event[t], slot[t], species[t]
    return n + 1


@njit(cache=True, error_model="numpy")
def _fly_listed(keys, n, constants, response, particles, room):
    fly_together(
        keys, particles.list_event, particles.list_slot, particles.list_species, n,
        particles.begin, particles.which, response.spectrometer, response.lkr.z_m,
        constants.scattering_gev, particles.wide_slot, room.drawn, room.flown,
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _drop_lost(left, n_particles, minimum, keys, constants, response, particles, room):
    """Fly one particle first where none may be lost and one is likely to be; how many decays are left."""
    (rows, first, last, event, slot, species, begin, alone, lost, place, which, events, slots, kinds,
     _) = particles  # fmt: skip
    flown = room.flown
    probably_lost(begin, n_particles, response.spectrometer, lost)
    n = 0
    for d in range(left):
        place[d] = -1
        if last[d] - first[d] > minimum:
            continue
        for t in range(first[d], last[d]):
            if lost[t] and not alone[t]:
                place[d] = n
                n = _append(t, n, event, slot, species, which, events, slots, kinds)
                break
    _fly_listed(keys, n, constants, response, particles, room)
    kept = 0
    for d in range(left):
        if place[d] >= 0 and flown[STATUS, place[d]] == LOST:
            continue
        rows[kept], first[kept], last[kept] = rows[d], first[d], last[d]
        kept += 1
    return kept


@njit(cache=True, error_model="numpy")
def _fly_rest(left, keys, constants, response, particles, room):
    """Fly all particles together but those that fly alone; `place`: their columns of `flown`."""
    (_, first, last, event, slot, species, _, alone, _, place, which, events, slots, kinds,
     _) = particles  # fmt: skip
    flown, n = room.flown, 0
    for d in range(left):
        for t in range(first[d], last[d]):
            if not alone[t]:
                place[t] = n
                n = _append(t, n, event, slot, species, which, events, slots, kinds)
    _fly_listed(keys, n, constants, response, particles, room)
    for d in range(left):
        for t in range(first[d], last[d]):
            if alone[t]:
                place[t] = n
                n += 1
            else:
                alone[t] = flown[STATUS, place[t]] == ALONE


@njit(cache=True, error_model="numpy", forceinline=True)
def _fly_alone(keys, t, event, slot, species, begin, place, drawn, constants, response, flown,
               photons, n_photons):  # fmt: skip
    """`flight.fly` of one particle; returns the same."""
    origin = (begin[X, t], begin[Y, t], begin[Z, t])
    momentum = (begin[_PX, t], begin[_PY, t], begin[_PZ, t], 0.0)
    cosine, azimuth, radiation = 1.0, 0.0, (0.0, 0.0)
    if begin[_DECAY_Z, t] < np.inf:
        cosine, azimuth = sample_decay_direction(keys.decay_in_flight, event[t], slot[t])
    if species[t] == ELECTRON:
        radiation = (drawn[RADIATION[0], place[t]], drawn[RADIATION[1], place[t]])
    return fly(
        keys, event[t], slot[t], species[t], begin[CHARGE, t], momentum, origin,
        (begin[_DECAY_Z, t], cosine, azimuth), radiation, constants, response, flown, place[t],
        photons, n_photons,
    )  # fmt: skip


@njit(cache=True, error_model="numpy", forceinline=True)
def _collect(keys, begins, ends, minimum, event, slot, species, begin, alone, place, drawn, flown,
             constants, response, slots, sources, first, photons):  # fmt: skip
    """The particles [begins, ends) of a decay that are tracks: `slots` and `sources` from `first` on.

    Returns (tracks found, 0 if fewer than recorded; photons; pions decayed).
    """
    possible = ends - begins
    for t in range(begins, ends):
        possible -= not alone[t] and flown[STATUS, place[t]] != FOUND
    found, n_photons, n_decays = 0, 0, 0
    if possible < minimum:
        return found, n_photons, n_decays
    for t in range(begins, ends):
        if alone[t]:
            complete, at_end, n_photons = _fly_alone(
                keys, t, event, slot, species, begin, place, drawn, constants, response, flown,
                photons, n_photons,
            )  # fmt: skip
            n_decays += at_end != species[t]
            if not complete:
                possible -= 1
                if possible < minimum:
                    return 0, n_photons, n_decays
                continue
        elif flown[STATUS, place[t]] != FOUND:
            continue
        slots[first + found], sources[first + found] = slot[t], place[t]
        found += 1
    return found, n_photons, n_decays


@njit(cache=True, error_model="numpy")
def _simulate_some(
    first, last, event_number, weight, species, charge, momentum, displacement, displaced, leptons,
    minimum, mode, keys, constants, response, output, before, room, particles,
):  # fmt: skip
    """The decays [first, last), for which there is room, to the rows from `before` on; the last row."""
    draw_kaons(keys.beam, event_number[first:last], response.beam, response.fiducial_volume,
               constants.kaon_mass, constants.kaon_ctau_m, room.kaons)  # fmt: skip
    left, n_particles = _enter_all(
        first, last, event_number, species, charge, momentum, displacement, displaced, minimum,
        constants, response, room.kaons, particles,
    )  # fmt: skip
    if mode != DECAYS_NEVER:
        _find_decays(keys.decay_in_flight, n_particles, constants, response.lkr.z_m,
                     particles, room.drawn)  # fmt: skip
    left = _drop_lost(left, n_particles, minimum, keys, constants, response, particles, room)
    _fly_rest(left, keys, constants, response, particles, room)

    # Arrays by themselves: taking them from a tuple within the loop would count references.
    numbers, events, tracks, n_tracks, clusters, n_clusters = output
    kaons, flown, slots, sources, nearby, _, _, _, _, _, drawn = room
    rows, firsts, lasts, event, slot, kinds, begin, alone, _, place, _, _, _, _, _ = particles
    width, recorded = tracks.shape[1] // len(numbers), before
    at_end, photons = np.empty((len(species), 3)), np.empty((clusters.shape[1], 6))
    for d in range(left):
        first_track = width * (recorded - before)
        found, n_photons, n_decays = _collect(
            keys, firsts[d], lasts[d], minimum, event, slot, kinds, begin, alone, place, drawn,
            flown, constants, response, slots, sources, first_track, photons,
        )  # fmt: skip
        if found < minimum:
            continue
        i = first + rows[d]
        kaon, vertex = kaon_of(kaons, rows[d])
        second = second_vertex(displacement, i, kaon, vertex, constants)
        n_photons = decay_photons(momentum, i, species, kaon, vertex, second, displaced, constants,
                                  photons, n_photons)  # fmt: skip
        n_clusters[recorded], in_veto = carry_photons(
            keys, event_number[i], photons, n_photons, flown, sources, first_track, found, response,
            nearby, at_end, clusters, recorded,
        )  # fmt: skip
        n_tracks[recorded], numbers[recorded] = found, event_number[i]
        write_event(events, recorded, weight[i], in_veto, n_decays, vertex[2], momentum, i,
                    leptons)  # fmt: skip
        recorded += 1
    return recorded


@njit(cache=True, error_model="numpy")
def simulate_naturally(
    first, last, event_number, weight, species, charge, momentum, displacement, displaced,
    leptons, minimum, mode, keys, constants, response, fit, output, room, particles,
):  # fmt: skip
    """`kernels.simulate_block` for the modes without weights; `particles`: room for them.

    Decays go through in parts for which there is room, which stay in the processor's cache.
    """
    recorded, some = 0, len(particles.rows)
    for begin in range(first, last, some):
        before = recorded
        recorded = _simulate_some(
            begin, min(begin + some, last), event_number, weight, species, charge, momentum,
            displacement, displaced, leptons, minimum, mode, keys, constants, response, output, before,
            room, particles,
        )  # fmt: skip
        end_block(keys, before, recorded, charge, constants, response, fit, output, room)
    return recorded
