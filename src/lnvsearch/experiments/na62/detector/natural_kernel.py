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
    kaon_of,
    second_vertex,
)
from lnvsearch.experiments.na62.detector.enter_together import (
    DECAY_Z,
    N_PARTICLE,
    PX,
    PY,
    PZ,
    enter_together,
)
from lnvsearch.experiments.na62.detector.flight import ELECTRON, PHOTON, PION, fly
from lnvsearch.experiments.na62.detector.flight_together import (
    ALONE,
    CHARGE,
    FOUND,
    LOST,
    RADIATION,
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
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_lanes
from lnvsearch.random_lanes import draw_uniforms

__all__ = ["N_PARTICLE", "Particles", "simulate_naturally"]

_ZERO, _WIDE = np.uint64(0), np.uint64(4 * int(LANES))
_wide_lanes = float_stack_array(int(_WIDE))


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
    # Of decays that are left: pions that decayed, the first of the photons of bremsstrahlung.
    decayed: np.ndarray  # (m,)
    first_photon: np.ndarray  # (m + 1,)
    photons: np.ndarray  # (2 m k, 6), rows of `flight.add_photon`


@inner_kernel()
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
        mean = begin[PZ, t] * constants.pion_ctau_m / constants.masses[PION]
        if begin[PZ, t] > 0.0 and drawn[0, c] > 1.0 - (end_z - begin[Z, t]) / mean:
            z = begin[Z, t] - mean * math.log(drawn[0, c])
            if z < end_z:
                begin[DECAY_Z, t], alone[t] = z, True


@inner_kernel(forceinline=True)
def _append(t, n, event, slot, species, which, events, slots, kinds):
    which[n], events[n], slots[n], kinds[n] = t, event[t], slot[t], species[t]
    return n + 1


@inner_kernel()
def _fly_listed(keys, n, constants, response, particles, room):
    fly_together(
        keys, particles.list_event, particles.list_slot, particles.list_species, n,
        particles.begin, particles.which, response.spectrometer, response.lkr.z_m,
        constants.scattering_gev, particles.wide_slot, room.drawn, room.flown,
    )  # fmt: skip


@inner_kernel()
def _drop_lost(left, n_particles, minimum, keys, constants, response, particles, room):
    """Fly one particle first where none may be lost and one is likely to be; how many decays are left."""
    (rows, first, last, event, slot, species, begin, alone, lost, place, which, events, slots, kinds,
     _, _, _, _) = particles  # fmt: skip
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


@inner_kernel()
def _fly_rest(left, minimum, keys, constants, response, particles, room):
    """Fly all particles together but those that fly alone; how many decays are left.

    `place`: their columns of `flown`.
    """
    (rows, first, last, event, slot, species, _, alone, _, place, which, events, slots, kinds,
     _, _, _, _) = particles  # fmt: skip
    flown, n = room.flown, 0
    for d in range(left):
        for t in range(first[d], last[d]):
            if not alone[t]:
                place[t] = n
                n = _append(t, n, event, slot, species, which, events, slots, kinds)
    _fly_listed(keys, n, constants, response, particles, room)
    kept = 0
    for d in range(left):
        possible = last[d] - first[d]
        for t in range(first[d], last[d]):
            if alone[t]:
                place[t] = n
                n += 1
            else:
                alone[t] = flown[STATUS, place[t]] == ALONE
                possible -= flown[STATUS, place[t]] == LOST
        rows[kept], first[kept], last[kept] = rows[d], first[d], last[d]
        kept += possible >= minimum
    return kept


@inner_kernel(forceinline=True)
def _fly_alone(keys, t, event, slot, species, begin, place, drawn, constants, response, flown,
               photons, n_photons):  # fmt: skip
    """`flight.fly` of one particle; returns the same."""
    origin = (begin[X, t], begin[Y, t], begin[Z, t])
    momentum = (begin[PX, t], begin[PY, t], begin[PZ, t], 0.0)
    cosine, azimuth, radiation = 1.0, 0.0, (0.0, 0.0)
    if begin[DECAY_Z, t] < np.inf:
        cosine, azimuth = sample_decay_direction(keys.decay_in_flight, event[t], slot[t])
    if species[t] == ELECTRON:
        radiation = (drawn[RADIATION[0], place[t]], drawn[RADIATION[1], place[t]])
    return fly(
        keys, event[t], slot[t], species[t], begin[CHARGE, t], momentum, origin,
        (begin[DECAY_Z, t], cosine, azimuth), radiation, constants, response, flown, place[t],
        photons, n_photons,
    )  # fmt: skip


@inner_kernel()
def _fly_those_alone(left, minimum, keys, constants, response, particles, flown, drawn):
    """Fly the particles that fly alone, and tell what became of them; how many decays are left."""
    (rows, first, last, event, slot, species, begin, alone, _, place, _, _, _, _, _, decayed,
     first_photon, photons) = particles  # fmt: skip
    kept, n_photons = 0, 0
    for d in range(left):
        possible, decays, before = last[d] - first[d], 0, n_photons
        for t in range(first[d], last[d]):
            possible -= not alone[t] and flown[STATUS, place[t]] != FOUND
        for t in range(first[d], last[d]):
            if alone[t] and possible >= minimum:
                complete, at_end, n_photons = _fly_alone(
                    keys, t, event, slot, species, begin, place, drawn, constants, response, flown,
                    photons, n_photons,
                )  # fmt: skip
                decays += at_end != species[t]
                possible -= not complete
                flown[STATUS, place[t]] = FOUND if complete else LOST
        rows[kept], first[kept], last[kept] = rows[d], first[d], last[d]
        decayed[kept], first_photon[kept] = decays, before
        if possible < minimum:
            n_photons = before
        else:
            kept += 1
    first_photon[kept] = n_photons
    return kept


@inner_kernel()
def _list_recorded(left, first, before, event_number, width, particles, flown, slots, sources,
                   numbers, n_tracks):  # fmt: skip
    """Number the decays that are left as recorded events, from `before` on, and their tracks."""
    rows, firsts, lasts, _, slot, _, _, _, _, place, _, _, _, _, _, _, _, _ = particles
    for d in range(left):
        found = 0
        for t in range(firsts[d], lasts[d]):
            if flown[STATUS, place[t]] == FOUND:
                slots[width * d + found], sources[width * d + found] = slot[t], place[t]
                found += 1
        n_tracks[before + d], numbers[before + d] = found, event_number[first + rows[d]]


@inner_kernel(forceinline=True)
def _gather_photons(
    i, row, d, species, momentum, displacement, displaced, constants, kaons, first_photon, radiated,
    photons,
):  # fmt: skip
    """All photons of the event i, which is decay d of those left; returns how many."""
    n_photons = first_photon[d + 1] - first_photon[d]
    for photon in range(n_photons):
        for c in range(6):
            photons[photon, c] = radiated[first_photon[d] + photon, c]
    kaon, vertex = kaon_of(kaons, row)
    second = second_vertex(displacement, i, kaon, vertex, constants)
    return decay_photons(momentum, i, species, kaon, vertex, second, displaced, constants, photons,
                         n_photons)  # fmt: skip


@inner_kernel()
def _end_photons(
    left, first, before, event_number, species, momentum, displacement, displaced, keys, constants,
    response, output, room, particles,
):  # fmt: skip
    """Carry the photons of the recorded events to their ends; most events have none."""
    rows, first_photon, radiated = particles.rows, particles.first_photon, particles.photons
    _, events, tracks, n_tracks, clusters, n_clusters = output
    kaons, flown, _, sources, nearby, _, _, _, _, _, _ = room
    width = tracks.shape[1] // len(n_tracks)
    at_end, photons = np.empty((len(species), 3)), np.empty((clusters.shape[1], 6))
    nearby[: width * left] = 0.0
    clusters[before : before + left] = 0.0
    n_clusters[before : before + left] = 0
    for d in range(left):
        i, recorded = first + rows[d], before + d
        events[1, recorded] = 0.0
        has_photons = first_photon[d + 1] > first_photon[d]
        for j in range(len(species)):
            has_photons |= species[j] == PHOTON and momentum[i, j, ENERGY] > 0.0
        if not has_photons:
            continue
        n_photons = _gather_photons(i, rows[d], d, species, momentum, displacement, displaced,
                                    constants, kaons, first_photon, radiated, photons)  # fmt: skip
        n_clusters[recorded], events[1, recorded] = carry_photons(
            keys, event_number[i], photons, n_photons, flown, sources, width * d, n_tracks[recorded],
            response, nearby, at_end, clusters, recorded,
        )  # fmt: skip


@inner_kernel()
def _simulate_some(
    first, last, event_number, weight, species, charge, momentum, displacement, displaced, leptons,
    minimum, mode, keys, constants, response, output, before, room, particles,
):  # fmt: skip
    """The decays [first, last), for which there is room, to the rows from `before` on; the last row."""
    draw_kaons(keys.beam, event_number[first:last], response.beam, response.fiducial_volume,
               constants.kaon_mass, constants.kaon_ctau_m, room.kaons)  # fmt: skip
    left, n_particles = enter_together(
        first, last, event_number, species, charge, momentum, displacement, displaced, minimum,
        constants, response.spectrometer, response.upstream.trim5_z_m, room.kaons, particles[:8],
    )  # fmt: skip
    if mode != DECAYS_NEVER:
        _find_decays(keys.decay_in_flight, n_particles, constants, response.lkr.z_m,
                     particles, room.drawn)  # fmt: skip
    left = _drop_lost(left, n_particles, minimum, keys, constants, response, particles, room)
    left = _fly_rest(left, minimum, keys, constants, response, particles, room)
    left = _fly_those_alone(left, minimum, keys, constants, response, particles, room.flown,
                            room.drawn)  # fmt: skip
    width = output.tracks.shape[1] // len(output.n_tracks)
    _list_recorded(left, first, before, event_number, width, particles, room.flown, room.slots,
                   room.sources, output.event_number, output.n_tracks)  # fmt: skip
    _end_photons(left, first, before, event_number, species, momentum, displacement, displaced, keys,
                 constants, response, output, room, particles)  # fmt: skip
    rows, decayed, kaons, events = particles.rows, particles.decayed, room.kaons, output.events
    for d in range(left):
        i, row = first + rows[d], before + d
        write_event(events, row, weight[i], events[1, row], decayed[d], kaons[5, rows[d]], momentum,
                    i, leptons)  # fmt: skip
    return before + left


@inner_kernel()
def _are_finite(momentum, first, last):
    """Whether all numbers of the decays [first, last) are.

    They are read one after the other, which brings them into the processor's cache for what follows.
    """
    numbers, sums, here = momentum.reshape(1, -1), _wide_lanes(), _wide_lanes()
    width = momentum.shape[1] * momentum.shape[2]
    begin, end = np.uint64(first * width), np.uint64(last * width)
    total = 0.0
    # A loop of LANES, as short as that, would be written out number by number.
    for j in range(_WIDE):
        sums[j] = 0.0
    for start in range(begin, end, _WIDE):
        if end - start < _WIDE:
            for j in range(end - start):
                total += numbers[_ZERO, start + j]
        else:
            for j in range(_ZERO, _WIDE, LANES):
                load_lanes(numbers, _ZERO, start + j, LANES, here, j)
            for j in range(_WIDE):
                sums[j] += here[j]
    for j in range(_WIDE):
        total += sums[j]
    return np.isfinite(total)


@njit(cache=True, error_model="numpy")
def simulate_naturally(
    first, last, event_number, weight, species, charge, momentum, displacement, displaced,
    leptons, minimum, mode, keys, constants, response, fit, output, room, particles,
):  # fmt: skip
    """`kernels.simulate_block` for the modes without weights; `particles`: room for them.

    Decays go through in parts for which there is room, which stay in the processor's cache.
    Returns -1 for a momentum that is not finite.
    """
    recorded, some = 0, len(particles.rows)
    for begin in range(first, last, some):
        if not _are_finite(momentum, begin, min(begin + some, last)):
            return -1
        before = recorded
        recorded = _simulate_some(
            begin, min(begin + some, last), event_number, weight, species, charge, momentum,
            displacement, displaced, leptons, minimum, mode, keys, constants, response, output, before,
            room, particles,
        )  # fmt: skip
        end_block(keys, before, recorded, charge, species, constants, response, fit, output, room)
    return recorded
