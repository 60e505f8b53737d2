"""The loop over kaon decays whose pions decay naturally, or never: a block of decays, step by step.

Written for speed by early rejection, and by doing one step for many particles at once.  Leptons, which
fly straight to the first chamber, are tested there before anything is drawn for a track.  Where no
track of an event may be lost, it ends with one that is certainly lost (`hopeless`).
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
    APART,
    DECAY_Z,
    HOPELESS,
    MAY,
    N_PARTICLE,
    PX,
    PY,
    PZ,
    enter_together,
)
from lnvsearch.experiments.na62.detector.flight import (
    CHAMBERS_PER_SLOT,
    ELECTRON,
    PHOTON,
    PION,
    fly,
)
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
    draw_radiation,
    fly_together,
)
from lnvsearch.experiments.na62.detector.hopeless import certainly_silent
from lnvsearch.experiments.na62.detector.kinematics import (
    DECAYS_NEVER,
    sample_decay_direction,
)
from lnvsearch.experiments.na62.detector.truth import write_event
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_lanes
from lnvsearch.random_lanes import draw_uniforms
from lnvsearch.random_streams import uniform4

__all__ = ["N_PARTICLE", "Particles", "simulate_naturally"]

_ZERO, _WIDE = np.uint64(0), np.uint64(4 * int(LANES))
#: Marks of decays, beside the place of an electron that is asked for.
_KEPT, _DROPPED = -1, -2
_wide_lanes = float_stack_array(int(_WIDE))


class Particles(NamedTuple):
    """Room for the k charged particles of m decays, of which particle c of decay d has the place c m + d."""

    columns: np.ndarray  # (k,), of the final state
    rows: np.ndarray  # (m,), decays that are left
    begin: np.ndarray  # (N_PARTICLE, k m); those rows that depend on the particle only are filled
    place: np.ndarray  # (k m,), columns of `Room.flown`
    # Lists of particles, and what becomes of them.
    which: np.ndarray  # (k m + 1,)
    event: np.ndarray  # (k m + 1,), event numbers
    slot: np.ndarray  # (k m + 1,), columns of the final state
    wide_slot: np.ndarray  # (k m + 1,)
    # Of decays that are left: pions that decayed, the first of the photons of bremsstrahlung.
    decayed: np.ndarray  # (m,)
    first_photon: np.ndarray  # (m + 1,)
    photons: np.ndarray  # (2 k m, 6), rows of `flight.add_photon`


@inner_kernel()
def _find_decays(key, left, event_number, species, constants, end_z, particles, drawn):
    """Draw where pions decay before the calorimeter; these fly apart.

    Only a uniform number above exp(-share), hence above 1 - share, makes a decay.
    """
    columns, rows, begin, which = particles.columns, particles.rows, particles.begin, particles.which
    events, slots, pions = particles.event, particles.slot, 0
    for c in range(len(columns)):
        if species[columns[c]] == PION:
            for d in range(left):
                which[pions], events[pions] = c * len(particles.rows) + rows[d], event_number[rows[d]]
                slots[pions] = columns[c]
                pions += 1
    draw_uniforms(key, events[:pions], slots, 0, 0, drawn)
    for i in range(pions):
        t = which[i]
        mean = begin[PZ, t] * constants.pion_ctau_m / constants.masses[PION]
        if begin[PZ, t] > 0.0 and drawn[0, i] > 1.0 - (end_z - begin[Z, t]) / mean:
            z = begin[Z, t] - mean * math.log(drawn[0, i])
            if z < end_z:
                begin[DECAY_Z, t], begin[APART, t], begin[HOPELESS, t] = z, 1.0, 0.0


@inner_kernel()
def _drop_hopeless(left, minimum, key, event_number, species, straws, particles, drawn):
    """Drop decays of which no particle may be lost and one is hopeless; how many are left.

    An electron that radiates scatters more: hopeless is one that certainly does not.
    """
    columns, rows, begin, marks = particles.columns, particles.rows, particles.begin, particles.which
    events, slots, n = particles.event, particles.slot, 0
    for d in range(left):
        # Without a branch that nothing foretells.
        possible, electron, is_lost = 0, -1, False
        for c in range(len(columns)):
            t = c * len(particles.rows) + rows[d]
            is_hopeless, is_electron = begin[HOPELESS, t] > 0.0, species[columns[c]] == ELECTRON
            possible += begin[MAY, t] > 0.0
            electron = columns[c] if is_hopeless & is_electron else electron
            is_lost |= is_hopeless & (not is_electron)
        needs_all = possible <= minimum
        is_asked = needs_all & (electron >= 0) & (not is_lost)
        events[n], slots[n] = event_number[rows[d]], electron
        marks[d] = n if is_asked else (_DROPPED if needs_all & is_lost else _KEPT)
        n += is_asked
    draw_radiation(key, events, slots, n, particles.wide_slot, drawn)
    kept = 0
    for d in range(left):
        c = max(marks[d], 0)
        is_silent = certainly_silent(drawn[RADIATION[0], c], drawn[RADIATION[1], c], straws)
        rows[kept] = rows[d]
        kept += not ((marks[d] == _DROPPED) | ((marks[d] >= 0) & is_silent))
    return kept


@inner_kernel()
def _draw_apart(key, event, slot, place, drawn):
    """The rows RADIATION of one electron, from the beam line, that flies apart from the first on."""
    for chamber in range(2):
        drawn[RADIATION[chamber], place] = uniform4(key, event, CHAMBERS_PER_SLOT * slot + chamber, 0, 0)[0]


@inner_kernel()
def _fly_rest(left, minimum, keys, event_number, species, constants, response, particles, room):
    """Fly all particles together but those that fly apart; how many decays are left.

    `place`: their columns of `flown`.
    """
    columns, rows, begin, place, which, events, slots, wide_slots, _, _, _ = particles
    flown, stride, n, electrons = room.flown, len(particles.rows), 0, 0
    for is_electron in (True, False):
        for c in range(len(columns)):
            if (species[columns[c]] == ELECTRON) == is_electron:
                for d in range(left):
                    t = c * stride + rows[d]
                    which[n], events[n], slots[n], place[t] = t, event_number[rows[d]], columns[c], n
                    n += (begin[MAY, t] > 0.0) & (begin[APART, t] == 0.0)
        electrons = n if is_electron else electrons
    fly_together(
        keys, events, slots, electrons, n, begin, which, response.spectrometer, response.lkr.z_m,
        constants.scattering_gev, wide_slots, room.drawn, flown,
    )  # fmt: skip
    kept = 0
    for d in range(left):
        possible = 0
        for c in range(len(columns)):
            t = c * stride + rows[d]
            if begin[MAY, t] == 0.0:
                continue
            if begin[APART, t] > 0.0:
                place[t] = n
                if species[columns[c]] == ELECTRON:
                    _draw_apart(keys.bremsstrahlung, event_number[rows[d]], columns[c], n, room.drawn)
                n += 1
                possible += 1
            else:
                begin[APART, t] = 1.0 if flown[STATUS, place[t]] == ALONE else 0.0
                possible += flown[STATUS, place[t]] != LOST
        rows[kept] = rows[d]
        kept += possible >= minimum
    return kept


@inner_kernel(forceinline=True)
def _fly_apart(keys, t, event, slot, species, begin, place, drawn, constants, response, flown,
               photons, n_photons):  # fmt: skip
    """`flight.fly` of one particle; returns the same."""
    origin = (begin[X, t], begin[Y, t], begin[Z, t])
    momentum = (begin[PX, t], begin[PY, t], begin[PZ, t], 0.0)
    cosine, azimuth, radiation = 1.0, 0.0, (0.0, 0.0)
    if begin[DECAY_Z, t] < np.inf:
        cosine, azimuth = sample_decay_direction(keys.decay_in_flight, event, slot)
    if species == ELECTRON:
        radiation = (drawn[RADIATION[0], place[t]], drawn[RADIATION[1], place[t]])
    return fly(
        keys, event, slot, species, begin[CHARGE, t], momentum, origin,
        (begin[DECAY_Z, t], cosine, azimuth), radiation, constants, response, flown, place[t],
        photons, n_photons,
    )  # fmt: skip


@inner_kernel()
def _fly_those_apart(left, minimum, keys, event_number, species, constants, response, particles, flown,
                     drawn):  # fmt: skip
    """Fly the particles that fly apart, and tell what became of them; how many decays are left."""
    columns, rows, begin, place, _, _, _, _, decayed, first_photon, photons = particles
    kept, n_photons = 0, 0
    for d in range(left):
        row, possible, decays, before = rows[d], 0, 0, n_photons
        for c in range(len(columns)):
            t = c * len(rows) + row
            possible += begin[MAY, t] > 0.0 and (begin[APART, t] > 0.0 or flown[STATUS, place[t]] == FOUND)
        for c in range(len(columns)):
            t, slot = c * len(rows) + row, columns[c]
            if begin[MAY, t] > 0.0 and begin[APART, t] > 0.0 and possible >= minimum:
                complete, at_end, n_photons = _fly_apart(
                    keys, t, event_number[row], slot, species[slot], begin, place, drawn, constants,
                    response, flown, photons, n_photons,
                )  # fmt: skip
                decays += at_end != species[slot]
                possible -= not complete
                flown[STATUS, place[t]] = FOUND if complete else LOST
        rows[kept], decayed[kept], first_photon[kept] = row, decays, before
        if possible < minimum:
            n_photons = before
        else:
            kept += 1
    first_photon[kept] = n_photons
    return kept


@inner_kernel()
def _list_recorded(left, before, event_number, width, particles, flown, slots, sources, numbers,
                   n_tracks):  # fmt: skip
    """Number the decays that are left as recorded events, from `before` on, and their tracks."""
    columns, rows, begin, place, _, _, _, _, _, _, _ = particles
    for d in range(left):
        found = 0
        for c in range(len(columns)):
            t = c * len(rows) + rows[d]
            if begin[MAY, t] > 0.0 and flown[STATUS, place[t]] == FOUND:
                slots[width * d + found], sources[width * d + found] = columns[c], place[t]
                found += 1
        n_tracks[before + d], numbers[before + d] = found, event_number[rows[d]]


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
    left = enter_together(
        first, last, particles.columns, species, charge, momentum, displacement, displaced, minimum,
        constants, response.spectrometer, response.upstream.trim5_z_m, room.kaons, particles.rows,
        particles.begin,
    )  # fmt: skip
    numbers = event_number[first:last]
    if mode != DECAYS_NEVER:
        _find_decays(keys.decay_in_flight, left, numbers, species, constants, response.lkr.z_m,
                     particles, room.drawn)  # fmt: skip
    left = _drop_hopeless(left, minimum, keys.bremsstrahlung, numbers, species, response.spectrometer,
                          particles, room.drawn)  # fmt: skip
    left = _fly_rest(left, minimum, keys, numbers, species, constants, response, particles, room)
    left = _fly_those_apart(left, minimum, keys, numbers, species, constants, response, particles,
                            room.flown, room.drawn)  # fmt: skip
    width = output.tracks.shape[1] // len(output.n_tracks)
    _list_recorded(left, before, numbers, width, particles, room.flown, room.slots, room.sources,
                   output.event_number, output.n_tracks)  # fmt: skip
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
