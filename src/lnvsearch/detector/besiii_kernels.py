"""Compiled loop of the BESIII simulation over the particles of events.

Each physical process has its random stream (`PROCESSES`), so that changing one leaves the
numbers of the others as they were.
"""

from __future__ import annotations

import math
from collections import namedtuple

import numpy as np
from numba import njit

from lnvsearch.detector import calorimeter, identification, material, tracks
from lnvsearch.random_streams import normal_pair, uniform4

__all__ = ["PHOTON", "PROCESSES", "SPECIES", "Constants", "Output", "simulate_chunk"]

#: Particles that leave tracks; kernels know them by their position here.
SPECIES = ("e-", "mu-", "pi+", "K+", "p")
_ELECTRON, _MUON, _PION, _KAON, _PROTON = range(5)
PHOTON = -2
#: Species of the hypotheses electron, pion, kaon.
_HYPOTHESES = (_ELECTRON, _PION, _KAON)

#: Random streams, one a physical process.
PROCESSES = (
    "interaction_point",
    "data_period",
    "tracking_efficiency",
    "decay_in_flight",
    "bremsstrahlung",
    "helix",
    "pulls",
    "dedx",
    "tof",
    "emc",
    "conversion",
)
(
    _INTERACTION_POINT,
    _DATA_PERIOD,
    _TRACKING_EFFICIENCY,
    _DECAY_IN_FLIGHT,
    _BREMSSTRAHLUNG,
    _HELIX,
    _PULLS,
    _DEDX,
    _TOF,
    _EMC,
    _CONVERSION,
) = range(len(PROCESSES))

#: Tracks from the photon in slot s draw their random numbers as slots 2s + this and the next.
_SECONDARY_SLOT = 1 << 20

Constants = namedtuple("Constants", "masses ctaus correlation cholesky")
Output = namedtuple("Output", "helix covariance dedx tof emc_chi emc_energy charge truth_index")


@njit(cache=True, error_model="numpy")
def simulate_chunk(
    first, last, event_numbers, offsets, species, charge, momentum, keys, constants, response,
    output, counts,
):  # fmt: skip
    """Fill `output` with the tracks of the events [first, last); returns their number."""
    n_tracks = 0
    for index in range(first, last):
        event = event_numbers[index]
        begin, end = offsets[index], offsets[index + 1]
        point = _interaction_point(keys, event, response.beam)
        end_cap_ns = _end_cap_resolution(keys, event, response.tof)
        before = n_tracks
        for particle in range(begin, end):
            slot = particle - begin
            kind = species[particle]
            if kind == PHOTON:
                n_tracks = _convert(
                    keys, event, slot, momentum[particle], point, end_cap_ns, constants, response,
                    output, n_tracks,
                )  # fmt: skip
            elif kind >= 0:
                nearby = (
                    _nearby_photons(keys, event, particle, begin, end, species, charge[particle],
                                    momentum, response)
                    if kind == _ELECTRON
                    else 0.0
                )  # fmt: skip
                three = momentum[particle, 0], momentum[particle, 1], momentum[particle, 2]
                n_tracks = _record(
                    keys, event, slot, slot, kind, charge[particle], three, point, True, nearby,
                    end_cap_ns, constants, response, output, n_tracks,
                )  # fmt: skip
        counts[index] = n_tracks - before
    return n_tracks


@njit(cache=True, error_model="numpy")
def _interaction_point(keys, event, beam):
    """Collision point of the event relative to its mean, cm."""
    u0, u1, u2, u3 = uniform4(keys[_INTERACTION_POINT], event, 0, 0, 0)
    x, y = normal_pair(u0, u1)
    z, _ = normal_pair(u2, u3)
    return x * beam.spot_x_cm, y * beam.spot_y_cm, z * beam.spot_z_cm


@njit(cache=True, error_model="numpy")
def _end_cap_resolution(keys, event, tof):
    """Time resolution of the end caps in the event's data-taking period, ns."""
    u, _, _, _ = uniform4(keys[_DATA_PERIOD], event, 0, 0, 0)
    if u < tof.upgraded_fraction:
        return tof.upgraded_end_cap_resolution_ns
    return tof.end_cap_resolution_ns


@njit(cache=True, error_model="numpy")
def _nearby_photons(keys, event, particle, begin, end, species, charge, momentum, response):
    """Energy of the event's photons that end in the shower of a charged particle, GeV."""
    energy = 0.0
    arc = -1.0
    x = y = z = 0.0
    for other in range(begin, end):
        if species[other] != PHOTON:
            continue
        if arc < 0.0:
            px, py, pz = momentum[particle, 0], momentum[particle, 1], momentum[particle, 2]
            pt = math.hypot(px, py)
            _, arc = calorimeter.shower_region(
                pt, pz / pt, response.beam.magnetic_field_t, response.emc
            )
            if arc == np.inf:
                return 0.0
            x, y, z = _direction_at_calorimeter(
                px, py, pz, charge, arc, response.beam.magnetic_field_t
            )
        photon = momentum[other]
        cosine = (x * photon[0] + y * photon[1] + z * photon[2]) / photon[3]
        if cosine > math.cos(response.emc.merging_angle_rad):
            slot = other - begin
            u, _, _, _ = uniform4(keys[_CONVERSION], event, slot, 0, 0)
            sine = math.hypot(photon[0], photon[1]) / photon[3]
            if material.conversion_layer(u, sine, response.material, response.conversion) == 0:
                energy += photon[3]
    return energy


@njit(cache=True, error_model="numpy")
def _direction_at_calorimeter(px, py, pz, charge, arc_m, field_t):
    """Unit vector from the origin to the point where a track meets the calorimeter."""
    pt = math.hypot(px, py)
    radius = pt / (tracks.CURVATURE_GEV_PER_T_M * field_t)
    half_turn = -0.5 * charge * arc_m / radius  # positive charges turn clockwise
    chord = 2.0 * radius * math.sin(0.5 * arc_m / radius)
    cosine, sine = math.cos(half_turn), math.sin(half_turn)
    x = chord * (px * cosine - py * sine) / pt
    y = chord * (px * sine + py * cosine) / pt
    z = arc_m * pz / pt
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


@njit(cache=True, error_model="numpy")
def _convert(
    keys, event, slot, photon, point, end_cap_ns, constants, response, output, n_tracks
):
    """Let a photon convert, or not, and record its electron and positron."""
    u, share, azimuth, kick = uniform4(keys[_CONVERSION], event, slot, 0, 0)
    energy = photon[3]
    transverse = math.hypot(photon[0], photon[1])
    mass = constants.masses[_ELECTRON]
    if transverse == 0.0 or energy <= 2.0 * mass:
        return n_tracks
    layer = material.conversion_layer(u, transverse / energy, response.material,
                                      response.conversion)
    if layer == 0:
        return n_tracks
    walls = response.material
    radius = walls.beam_pipe_radius_cm if layer == 1 else walls.inner_wall_radius_cm
    step = radius / transverse
    vertex = (point[0] + step * photon[0], point[1] + step * photon[1], point[2] + step * photon[2])
    x = material.conversion_share(share)
    # Opening: dN/dkT^2 goes as 1/(kT^2 + m^2)^2, the same kick for both, opposite in azimuth.
    transverse_kick = mass * math.sqrt(kick / (1.0 - kick))
    for daughter in range(2):
        charge = 2 * daughter - 1
        part = energy * (x if daughter == 0 else 1.0 - x)
        if part <= mass:
            continue
        three = _kicked(photon, math.sqrt(part * part - mass * mass), charge * transverse_kick,
                        2.0 * math.pi * azimuth)
        n_tracks = _record(
            keys, event, _SECONDARY_SLOT + 2 * slot + daughter, slot, _ELECTRON, charge, three,
            vertex, False, 0.0, end_cap_ns, constants, response, output, n_tracks,
        )  # fmt: skip
    return n_tracks


@njit(cache=True, error_model="numpy")
def _kicked(photon, momentum_gev, kick_gev, azimuth):
    """Momentum of a given size along a photon, with a kick perpendicular to it."""
    energy = photon[3]
    transverse = math.hypot(photon[0], photon[1])
    kick = max(min(kick_gev, 0.5 * momentum_gev), -0.5 * momentum_gev)
    along = math.sqrt(momentum_gev * momentum_gev - kick * kick) / energy
    u, v = kick * math.cos(azimuth) / transverse, kick * math.sin(azimuth) / (transverse * energy)
    return (
        along * photon[0] - u * photon[1] - v * photon[0] * photon[2],
        along * photon[1] + u * photon[0] - v * photon[1] * photon[2],
        along * photon[2] + v * transverse * transverse,
    )


@njit(inline="always", error_model="numpy")
def _record(
    keys, event, slot, truth_index, species, charge, momentum, vertex, from_collision,
    nearby_gev, end_cap_ns, constants, response, output, n_tracks,
):  # fmt: skip
    """Record one charged particle as track number `n_tracks`, if it is found.

    `momentum` (px, py, pz) at `vertex`, which lies inside the beam pipe if `from_collision`;
    `nearby_gev`: photons that end in its shower.  Returns the number of tracks so far.
    """
    px, py, pz = momentum
    field = response.beam.magnetic_field_t
    mass = constants.masses[species]
    pt = math.hypot(px, py)
    p = math.hypot(pt, pz)
    found, _, _, _ = uniform4(keys[_TRACKING_EFFICIENCY], event, slot, 0, 0)
    if found >= tracks.finding_probability(species, pt, p, pz / p, response.acceptance):
        return n_tracks
    if species == _KAON or species == _PION:
        survives, _, _, _ = uniform4(keys[_DECAY_IN_FLIGHT], event, slot, 0, 0)
        decay = response.kaon_decay
        radius = decay.effective_radius_m if species == _KAON else decay.pion_effective_radius_m
        if survives >= material.survival_probability(
            mass, constants.ctaus[species], p, radius * p / pt
        ):
            return n_tracks
    curvature = 1.0
    shower = 0.0
    if species == _ELECTRON:
        left, at_calorimeter, curvature, merged = _radiate(
            keys, event, slot, pt, pz, from_collision, response
        )
        px, py, pz, pt, p = px * left, py * left, pz * left, pt * left, p * left
        shower = at_calorimeter + merged + nearby_gev
    dr, phi0, kappa, dz, tan_lambda = tracks.helix_at_closest_approach(
        vertex[0], vertex[1], vertex[2], px, py, pz, charge, field
    )
    energy = math.hypot(p, mass)
    kappa, tan_lambda = _write_helix(
        keys, event, slot, (dr, phi0, kappa * curvature, dz, tan_lambda), pt, p, p / energy,
        constants, response, output, n_tracks,
    )  # fmt: skip
    measured_p = math.sqrt(1.0 + tan_lambda * tan_lambda) / abs(kappa)
    _write_dedx(keys, event, slot, p / mass, measured_p, constants, response, output, n_tracks)
    _write_flight_time(keys, event, slot, pt, pz, p / energy, measured_p, end_cap_ns, constants,
                       response, output, n_tracks)  # fmt: skip
    _write_shower(keys, event, slot, species, charge, pt, pz, shower, measured_p, constants,
                  response, output, n_tracks)  # fmt: skip
    output.charge[n_tracks] = charge
    output.truth_index[n_tracks] = truth_index
    return n_tracks + 1


@njit(cache=True, error_model="numpy")
def _radiate(keys, event, slot, pt, pz, from_collision, response):
    """Bremsstrahlung of an electron.

    Returns (share of the momentum left behind the walls, energy that reaches the calorimeter,
    fitted curvature over the true one, radiated energy that merges with the shower), GeV.  The
    electron's mass is neglected.  A conversion in the walls is taken to see none of them.
    """
    field = response.beam.magnetic_field_t
    walls = response.material
    merging_angle = response.emc.merging_angle_rad
    p = math.hypot(pt, pz)
    sine = pt / p
    key = keys[_BREMSSTRAHLUNG]
    inside = p
    if from_collision:
        thickness = (walls.beam_pipe_x0 + walls.inner_wall_x0) / sine
        inside = material.radiate_before_chamber(key, event, slot, p, thickness)
    left = inside / p
    _, arc = calorimeter.shower_region(pt * left, pz / pt, field, response.emc)
    bend_radius = pt * left / (tracks.CURVATURE_GEV_PER_T_M * field)
    at_calorimeter, curvature, merged = material.radiate_in_chamber(
        key, event, slot, inside, walls.chamber_x0 / sine, arc, sine, bend_radius, merging_angle
    )
    if inside < p and material.merges_with_shower(0.0, arc, sine, bend_radius, merging_angle):
        merged += p - inside
    return left, at_calorimeter, curvature, merged


@njit(inline="always", error_model="numpy")
def _write_helix(keys, event, slot, helix, pt, p, beta, constants, response, output, track):
    """Smear and write a helix and its covariance; returns the measured kappa and tan lambda."""
    errors = tracks.helix_errors(pt, p, beta, response.tracking)
    normals = tracks.five_normals(keys[_HELIX], event, slot)
    scale_phi, scale_z = tracks.pull_scales(keys[_PULLS], event, slot, response.pulls)
    element = 0
    for i in range(5):
        deviation = 0.0
        for j in range(i + 1):
            deviation += constants.cholesky[i, j] * normals[j]
            output.covariance[element, track] = (
                constants.correlation[i, j] * errors[i] * errors[j]
            )
            element += 1
        scale = scale_phi if i < 3 else scale_z
        output.helix[i, track] = helix[i] + scale * errors[i] * deviation
    output.helix[1, track] %= 2.0 * math.pi
    return output.helix[2, track], output.helix[4, track]


@njit(inline="always", error_model="numpy")
def _write_dedx(keys, event, slot, beta_gamma, measured_p, constants, response, output, track):
    """Write the chi of the specific energy loss for each hypothesis."""
    dedx = response.dedx
    measured = identification.measure_dedx(keys[_DEDX], event, slot, beta_gamma, dedx)
    for hypothesis in range(3):
        mass = constants.masses[_HYPOTHESES[hypothesis]]
        expected = identification.expected_dedx(measured_p / mass, dedx)
        output.dedx[hypothesis, track] = (measured / expected - 1.0) / dedx.resolution


@njit(inline="always", error_model="numpy")
def _write_flight_time(
    keys, event, slot, pt, pz, beta, measured_p, end_cap_ns, constants, response, output, track
):
    """Write the chi of the time of flight for each hypothesis."""
    region, path = identification.flight_path_m(
        pt, pz / pt, response.beam.magnetic_field_t, response.tof
    )
    resolution = response.tof.barrel_resolution_ns if region == tracks.BARREL else end_cap_ns
    measured = np.nan
    if region != tracks.MISSED:
        measured = identification.measure_flight_time(
            keys[_TOF], event, slot, path, beta, resolution, response.tof
        )
    for hypothesis in range(3):
        mass = constants.masses[_HYPOTHESES[hypothesis]]
        expected = identification.flight_time_ns(path, measured_p, mass)
        output.tof[hypothesis, track] = (measured - expected) / resolution


@njit(inline="always", error_model="numpy")
def _write_shower(
    keys, event, slot, species, charge, pt, pz, shower_gev, measured_p, constants, response,
    output, track,
):  # fmt: skip
    """Write the shower's energy and its chi for each hypothesis; NaN where there is no shower."""
    emc = response.emc
    region, _ = calorimeter.shower_region(pt, pz / pt, response.beam.magnetic_field_t, emc)
    energy = 0.0
    if region != tracks.MISSED:
        if species == _ELECTRON:
            energy = calorimeter.electron_shower(
                keys[_EMC], event, slot, shower_gev, region, emc, response.electron_energy_response
            )
        else:
            energy = calorimeter.hadron_shower(
                keys[_EMC], event, slot, species, charge, math.hypot(pt, pz),
                constants.masses[species], emc,
            )  # fmt: skip
    if energy < emc.shower_threshold_gev:
        output.emc_energy[track] = 0.0
        output.emc_chi[:, track] = np.nan
        return
    output.emc_energy[track] = energy
    for hypothesis in range(3):
        expected, resolution = calorimeter.expected_energy(
            _HYPOTHESES[hypothesis], charge, measured_p, region,
            constants.masses[_HYPOTHESES[hypothesis]], emc, response.electron_energy_response,
        )  # fmt: skip
        output.emc_chi[hypothesis, track] = (energy - expected) / resolution
