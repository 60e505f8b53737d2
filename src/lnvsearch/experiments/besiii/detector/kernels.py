"""Compiled loop of the BESIII simulation over the particles of events.

Each physical process has its random stream (`PROCESSES`), so that changing one leaves the
numbers of the others as they were.
"""

from __future__ import annotations

import math
from collections import namedtuple

import numpy as np
from numba import njit

from lnvsearch.detector import material
from lnvsearch.experiments.besiii.detector import calorimeter, time_of_flight, tracks
from lnvsearch.experiments.besiii.detector.chances import (
    CHANCES,
    COLLISION,
    PASSAGE,
    draw_collisions,
    draw_passages,
)
from lnvsearch.experiments.besiii.detector.draws import PROCESSES, Keys, draw_one, words_of
from lnvsearch.experiments.besiii.detector.found import FOUND, N_NUMBERS, write_found
from lnvsearch.experiments.besiii.detector.measurements import (
    ELECTRON,
    HIT_ROW,
    HYPOTHESES,
    KAON,
    N_ROWS,
    PION,
    TOF_ROW,
    measure,
    share_showers,
    store,
)
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES
from lnvsearch.particles import SPEED_OF_LIGHT_M_PER_NS
from lnvsearch.random_streams import uniform4

__all__ = [
    "PHOTON",
    "PROCESSES",
    "Constants",
    "Keys",
    "classify",
    "simulate_events",
]

PHOTON = -2
_PHOTON_CODE = 22  # of the Particle Data Group

#: Tracks from the photon in slot s draw their random numbers as slots 2s + this and the next.
_SECONDARY_SLOT = 1 << 20
_TWO_PI = 2.0 * math.pi
_CM_PER_M = 100.0

#: Tuples of numbers and no arrays: counting references would cost as much as the physics.
Constants = namedtuple("Constants", "masses ctaus")

#: Counts begin at numbers of a type: from a bare 0 numba first compiles every kernel that it is given to
#: for the literal 0, and uses none of that.  In the same way, what two calls of a kernel are given is of
#: one type.
_NONE = np.int64(0)
_ELECTRON = np.int8(ELECTRON)
_FROM_COLLISION, _FROM_WALL = np.bool_(True), np.bool_(False)

#: Events whose tracks go through the measurements together: their columns stay in the processor's
#: cache, and so does the code of each measurement.
_EVENTS_TOGETHER = 200


@njit(cache=True, error_model="numpy")
def classify(pdg_id, codes, charges):
    """Species (PHOTON, or -1: leaves nothing) and charge of each particle, int8.

    `codes`, `charges`: those of SPECIES.
    """
    species = np.full(len(pdg_id), -1, dtype=np.int8)
    charge = np.zeros(len(pdg_id), dtype=np.int8)
    for particle in range(len(pdg_id)):
        code = pdg_id[particle]
        if code == _PHOTON_CODE:
            species[particle] = PHOTON
            continue
        for index in range(len(codes)):
            if abs(code) == abs(codes[index]):
                species[particle] = index
                charge[particle] = charges[index] if code == codes[index] else -charges[index]
    return species, charge


@njit(cache=True, error_model="numpy")
def simulate_events(
    event_numbers, offsets, species, charge, momentum, start, keys, constants, response, columns, counts,
):  # fmt: skip
    """Fill `columns`, see `measurements.store`, with the tracks of all events.

    `start`: (m, 4), (x, y, z, ct) in m from the collision to where particles start, or (0, 4).
    Returns the number of tracks; writes those of each event to `counts`.
    """
    words = words_of(keys)
    room = _largest_room(offsets, species) + int(LANES)
    numbers, found = np.empty((N_NUMBERS, room), dtype=np.int64), np.empty((len(FOUND), room))
    output = np.zeros((N_ROWS, room))  # covariances of r-phi with z stay 0
    most = max(_EVENTS_TOGETHER, _most_particles(offsets)) + int(LANES)
    drawn = np.zeros((N_NUMBERS, most), dtype=np.int64)
    collisions = np.empty((len(COLLISION), _EVENTS_TOGETHER + int(LANES)))
    chances = np.empty((len(CHANCES), most))
    done = _NONE
    for first in range(0, len(event_numbers), _EVENTS_TOGETHER):
        last = min(first + _EVENTS_TOGETHER, len(event_numbers))
        draw_collisions(words, event_numbers[first:last], response.beam, drawn, collisions)
        draw_passages(words, event_numbers[first:last], offsets[first : last + 1], drawn, chances)
        n_tracks = _NONE
        for index in range(first, last):
            before = n_tracks
            n_tracks = _find_tracks(
                event_numbers[index], offsets[index], offsets[index + 1], offsets[first],
                index - first, species, charge, momentum, start, keys, words, collisions, chances,
                constants, response, numbers, found, n_tracks,
            )  # fmt: skip
            counts[index] = n_tracks - before
        measure(numbers, found, n_tracks, words, response, output)
        begin = _NONE
        for index in range(first, last):
            _share(output, begin, begin + counts[index], constants, response)
            begin += counts[index]
        store(output, n_tracks, columns, done)
        done += n_tracks
    return done


@inner_kernel()
def _most_particles(offsets):
    """Particles of the events that go together, at most."""
    most = 0
    for first in range(0, len(offsets) - 1, _EVENTS_TOGETHER):
        last = min(first + _EVENTS_TOGETHER, len(offsets) - 1)
        most = max(most, offsets[last] - offsets[first])
    return most


@inner_kernel()
def _largest_room(offsets, species):
    """Tracks of the events that go together, at most."""
    largest = 0
    for first in range(0, len(offsets) - 1, _EVENTS_TOGETHER):
        last = min(first + _EVENTS_TOGETHER, len(offsets) - 1)
        room = 0
        for particle in range(offsets[first], offsets[last]):
            room += 2 if species[particle] == PHOTON else species[particle] >= 0
        largest = max(largest, room)
    return largest


@inner_kernel(forceinline=True)
def _share(output, first, last, constants, response):
    """What the tracks [first, last) of an event do to one another."""
    if response.shared_counters.enabled:
        time_of_flight.share_counters(
            output[TOF_ROW:], output[HIT_ROW:], first, last, constants.masses,
            HYPOTHESES, response.shared_counters,
        )  # fmt: skip
    if response.overlapping_showers.enabled:
        share_showers(output, first, last, response)


@inner_kernel(forceinline=True)
def _find_tracks(
    event, begin, end, first, column, species, charge, momentum, start, keys, words, collisions,
    chances, constants, response, numbers, found, n_tracks,
):  # fmt: skip
    """Write the tracks of the particles [begin, end) of an event; returns the number of tracks so far.

    What was drawn: of the event in `column` of `collisions`, of its particles in `chances`, which begin
    with particle `first`.
    """
    collision = collisions[0, column], collisions[1, column], collisions[2, column]
    end_cap = _end_cap(collisions[3, column], response)
    for particle in range(begin, end):
        slot = particle - begin
        kind = species[particle]
        point, is_inside = _start_of(start, particle, collision, response.material)
        if not is_inside:
            continue
        if kind == PHOTON:
            photon = (momentum[particle, 0], momentum[particle, 1], momentum[particle, 2],
                      momentum[particle, 3])
            layer = _conversion_layer(keys, event, slot, photon, constants, response)
            if layer != 0:
                n_tracks = _convert(
                    keys, words, event, slot, photon, layer, point, end_cap, constants, response, numbers,
                    found, n_tracks,
                )  # fmt: skip
        elif kind >= 0:
            nearby = (
                _nearby_photons(keys, event, particle, begin, end, species, charge[particle],
                                momentum, response)
                if kind == ELECTRON
                else 0.0
            )  # fmt: skip
            three = momentum[particle, 0], momentum[particle, 1], momentum[particle, 2]
            own = particle - first
            chance = chances[0, own], chances[1, own], chances[2, own], chances[3, own]
            late = _later(start, particle, momentum)
            n_tracks = _record(
                keys, chance, event, slot, slot, kind, charge[particle], three, point, late, _FROM_COLLISION,
                nearby, end_cap, constants, response, numbers, found, n_tracks,
            )  # fmt: skip
    return n_tracks


@inner_kernel(forceinline=True)
def _start_of(start, particle, collision, walls):
    """Where a particle starts, cm, and whether that lies inside the chamber's inner wall.

    Tracks from farther out, which miss the first layers, are not looked for.
    """
    if len(start) == 0:
        return collision, True
    x = collision[0] + _CM_PER_M * start[particle, 0]
    y = collision[1] + _CM_PER_M * start[particle, 1]
    z = collision[2] + _CM_PER_M * start[particle, 2]
    return (x, y, z), x * x + y * y < walls.inner_wall_radius_cm * walls.inner_wall_radius_cm


@inner_kernel(forceinline=True)
def _later(start, particle, momentum):
    """How much later a particle is at the counters than one from the collision, ns.

    The time until it starts, less that for the way from its closest approach: to first order, the
    displacement along its direction.
    """
    if len(start) == 0:
        return 0.0
    px, py, pz = momentum[particle, 0], momentum[particle, 1], momentum[particle, 2]
    along = start[particle, 0] * px + start[particle, 1] * py + start[particle, 2] * pz
    p_squared = px * px + py * py + pz * pz
    return (start[particle, 3] - along * momentum[particle, 3] / p_squared) / SPEED_OF_LIGHT_M_PER_NS


@inner_kernel(forceinline=True)
def _end_cap(uniform, response):
    """End caps in the event's data-taking period: (resolution in ns, counters to be shared)."""
    if uniform < response.tof.upgraded_fraction:
        return response.tof.upgraded_end_cap_resolution_ns, 0.0
    return response.tof.end_cap_resolution_ns, response.shared_counters.end_cap_counters


@inner_kernel(forceinline=True)
def _nearby_photons(keys, event, particle, begin, end, species, charge, momentum, response):
    """Energy of the event's photons that end in the shower of a charged particle, GeV."""
    energy = 0.0
    arc = -1.0
    x = y = z = nearest_cosine = 0.0
    for other in range(begin, end):
        if species[other] != PHOTON:
            continue
        if arc < 0.0:
            px, py, pz = momentum[particle, 0], momentum[particle, 1], momentum[particle, 2]
            pt = math.sqrt(px * px + py * py)
            _, arc = calorimeter.shower_region(
                pt, pz / pt, response.beam.magnetic_field_t, response.emc
            )
            if arc == np.inf:
                return 0.0
            x, y, z = calorimeter.shower_direction(
                px, py, pz, charge, arc, response.beam.magnetic_field_t
            )
            nearest_cosine = math.cos(response.emc.merging_angle_rad)
        photon = momentum[other]
        projection = x * photon[0] + y * photon[1] + z * photon[2]
        if projection > nearest_cosine * photon[3]:
            slot = other - begin
            u, _, _, _ = uniform4(keys.conversion, event, slot, 0, 0)
            sine = math.hypot(photon[0], photon[1]) / photon[3]
            if material.conversion_layer(u, sine, response.material, response.conversion) == 0:
                energy += photon[3]
    return energy


@inner_kernel(forceinline=True)
def _conversion_layer(keys, event, slot, photon, constants, response):
    """Where a photon converts: 0 nowhere, 1 in the beam pipe, 2 in the chamber's inner wall."""
    transverse = math.hypot(photon[0], photon[1])
    if transverse == 0.0 or photon[3] <= 2.0 * constants.masses[ELECTRON]:
        return 0
    u, _, _, _ = uniform4(keys.conversion, event, slot, 0, 0)
    return material.conversion_layer(
        u, transverse / photon[3], response.material, response.conversion
    )


@inner_kernel()
def _convert(
    keys, words, event, slot, photon, layer, point, end_cap, constants, response, numbers, found,
    n_tracks,
):  # fmt: skip
    """Record the electron and the positron of a photon that converts in a layer."""
    _, share, azimuth, kick = uniform4(keys.conversion, event, slot, 0, 0)
    energy = photon[3]
    transverse = math.hypot(photon[0], photon[1])
    mass = constants.masses[ELECTRON]
    walls = response.material
    radius = walls.beam_pipe_radius_cm if layer == 1 else walls.inner_wall_radius_cm
    step = radius / transverse
    vertex = (point[0] + step * photon[0], point[1] + step * photon[1], point[2] + step * photon[2])
    x = material.conversion_share(share)
    # Opening: dN/dkT^2 goes as 1/(kT^2 + m^2)^2, the same kick for both, opposite in azimuth.
    transverse_kick = mass * math.sqrt(kick / (1.0 - kick))
    for daughter in range(2):
        charge = np.int8(2 * daughter - 1)
        part = energy * (x if daughter == 0 else 1.0 - x)
        if part <= mass:
            continue
        momentum = math.sqrt(part * part - mass * mass)
        three = material.kicked_momentum(
            photon, momentum, charge * transverse_kick, _TWO_PI * azimuth
        )
        own = _SECONDARY_SLOT + 2 * slot + daughter
        n_tracks = _record(
            keys, draw_one(words[PASSAGE], event, own), event, own, slot, _ELECTRON, charge, three, vertex,
            0.0, _FROM_WALL, 0.0, end_cap, constants, response, numbers, found, n_tracks,
        )  # fmt: skip
    return n_tracks


@inner_kernel(forceinline=True)
def _record(
    keys, chance, event, slot, truth_index, species, charge, momentum, vertex, late_ns, from_collision,
    nearby_gev, end_cap, constants, response, numbers, found, n_tracks,
):  # fmt: skip
    """Record one charged particle as track number `n_tracks`, if it is found.

    `momentum` (px, py, pz) at `vertex`, which lies inside the beam pipe if `from_collision`;
    `chance`: its numbers CHANCES; `late_ns`: later there than on a way from the collision;
    `nearby_gev`: photons that end in its shower.  A conversion in the walls is taken to see none
    of their material.  Returns the number of tracks so far.
    """
    px, py, pz = momentum
    mass = constants.masses[species]
    pt = math.sqrt(px * px + py * py)
    p = math.sqrt(pt * pt + pz * pz)
    original_p = p
    sine = pt / p
    curvature = 1.0
    shower = 0.0
    seen, survives, in_walls, in_chamber = chance
    if species == ELECTRON and from_collision:
        walls = response.material
        n_photons = material.photon_number((walls.beam_pipe_x0 + walls.inner_wall_x0) / sine, in_walls)
        left = material.radiate_in_walls(keys.bremsstrahlung, event, slot, p, n_photons) / p
        px, py, pz, pt, p = px * left, py * left, pz * left, pt * left, p * left
    if species == ELECTRON:
        shower, curvature = _radiate_in_chamber(
            keys, event, slot, in_chamber, pt, pz, p, original_p - p, response
        )
        shower += nearby_gev
    elif species == KAON or species == PION:
        decay = response.kaon_decay
        radius = decay.effective_radius_m if species == KAON else decay.pion_effective_radius_m
        path = radius * p / pt
        if not material.is_alive(survives, mass, constants.ctaus[species], p, path):
            return n_tracks
    if not tracks.is_found(seen, species, pt, p, pz / p, response.acceptance):
        return n_tracks
    write_found(
        numbers, found, n_tracks, event, slot, species, truth_index, charge, vertex, (px, py, pz, pt, p),
        late_ns, end_cap, shower, curvature, mass,
    )  # fmt: skip
    return n_tracks + 1


@inner_kernel(forceinline=True)
def _radiate_in_chamber(keys, event, slot, uniform, pt, pz, p, radiated_before_gev, response):
    """Bremsstrahlung of an electron in the chamber; its mass is neglected.

    `uniform`: number that decides how many photons there are.

    Returns (energy of the electron and of the photons that merge with it in the calorimeter, GeV;
    fitted curvature over the true one).
    """
    sine, field = pt / p, response.beam.magnetic_field_t
    n_photons = material.photon_number(response.material.chamber_x0 / sine, uniform)
    if n_photons == 0 and radiated_before_gev <= 0.0:
        return p, 1.0
    _, arc = calorimeter.shower_region(pt, pz / pt, field, response.emc)
    bend_radius = pt / (tracks.CURVATURE_GEV_PER_T_M * field)
    merging_angle = response.emc.merging_angle_rad
    energy, curvature, merged = material.radiate_in_chamber(
        keys.bremsstrahlung, event, slot, p, n_photons, arc, sine, bend_radius, merging_angle
    )
    if radiated_before_gev > 0.0 and material.merges_with_shower(
        0.0, arc, sine, bend_radius, merging_angle
    ):
        merged += radiated_before_gev
    return energy + merged, curvature
