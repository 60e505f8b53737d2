"""Kernels of what is measured of tracks: helix, dE/dx, time of flight and shower.

Each writes its rows of the output, one a track branch.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.experiments.besiii.detector import (
    calorimeter,
    found as of,
    identification,
    overlapping_showers,
    time_of_flight,
    tracks,
)
from lnvsearch.experiments.besiii.events import (
    COVARIANCE_ELEMENTS,
    HELIX_PARAMETERS,
    TRACK_BRANCHES,
)

__all__ = [
    "CHARGE_ROW",
    "COLUMNS",
    "ELECTRON",
    "HIT_ROW",
    "HYPOTHESES",
    "KAON",
    "N_ROWS",
    "PION",
    "SHOWER_ROW",
    "SPECIES",
    "TOF_ROW",
    "TRUTH_ROW",
    "measure",
    "share_showers",
    "store",
]

#: Particles that leave tracks; kernels know them by their position here.
SPECIES = ("e-", "mu-", "pi+", "K+", "p")
ELECTRON, PION, KAON = 0, 2, 3
#: Species of the hypotheses electron, pion, kaon.
HYPOTHESES = (ELECTRON, PION, KAON)
_TWO_PI = 2.0 * math.pi

#: Rows of the output, one a track branch.
COLUMNS = tuple(TRACK_BRANCHES)
CHARGE_ROW = COLUMNS.index("charge")
HELIX_ROW = COLUMNS.index(HELIX_PARAMETERS[0])
COVARIANCE_ROW = COLUMNS.index(COVARIANCE_ELEMENTS[0])
DEDX_ROW = COLUMNS.index("dedx_chi_electron")
TOF_ROW = COLUMNS.index("tof_chi_electron")
EMC_ROW = COLUMNS.index("emc_chi_electron")
ENERGY_ROW = COLUMNS.index("emc_energy")
TRUTH_ROW = COLUMNS.index("truth_index")
#: Behind them: what tracks leave in the counters of the time of flight and in the calorimeter.
HIT_ROW = len(COLUMNS)
SHOWER_ROW = HIT_ROW + len(time_of_flight.HIT)
N_ROWS = SHOWER_ROW + len(overlapping_showers.SHOWER)


@njit(cache=True, error_model="numpy")
def measure(numbers, found, n_tracks, keys, constants, response, output):
    """Fill the rows of `output` for tracks [0, n_tracks) of `numbers` and `found`, see `found`."""
    measured_p = np.empty(n_tracks)
    for track in range(n_tracks):
        output[CHARGE_ROW, track] = found[of.CHARGE, track]
        output[TRUTH_ROW, track] = numbers[of.TRUTH, track]
    _measure_helices(numbers, found, keys, constants, response, output, measured_p)
    _measure_energy_losses(numbers, found, keys, constants, response, output, measured_p)
    azimuth = np.empty(n_tracks)
    for track in range(n_tracks):
        azimuth[track] = math.atan2(found[of.PY, track], found[of.PX, track])
    _measure_flight_times(numbers, found, keys, constants, response, output, measured_p, azimuth)
    _measure_showers(numbers, found, keys, constants, response, output, measured_p, azimuth)


@njit(cache=True, error_model="numpy")
def _measure_helices(numbers, found, keys, constants, response, output, measured_p):
    """Smear and write helices and their covariances; fills the measured momenta."""
    for track in range(len(measured_p)):
        event, slot = numbers[of.EVENT, track], numbers[of.SLOT, track]
        pt, p = found[of.PT, track], found[of.P, track]
        dr, phi0, kappa, dz, tan_lambda = tracks.helix_at_closest_approach(
            found[of.X, track], found[of.Y, track], found[of.Z, track], found[of.PX, track],
            found[of.PY, track], found[of.PZ, track], found[of.CHARGE, track],
            response.beam.magnetic_field_t,
        )  # fmt: skip
        kappa *= found[of.CURVATURE, track]
        mass = constants.masses[numbers[of.SPECIES, track]]
        beta = p / math.sqrt(p * p + mass * mass)
        errors = tracks.helix_errors(pt, p, beta, response.tracking)
        deviations = tracks.correlated_normals(keys.helix, event, slot, response.tracking)
        scale_phi, scale_z = tracks.pull_scales(keys.pulls, event, slot, response.pulls)
        phi0 += scale_phi * errors[1] * deviations[1]
        kappa += scale_phi * errors[2] * deviations[2]
        tan_lambda += scale_z * errors[4] * deviations[4]
        output[HELIX_ROW, track] = dr + scale_phi * errors[0] * deviations[0]
        output[HELIX_ROW + 1, track] = phi0 - _TWO_PI * math.floor(phi0 / _TWO_PI)
        output[HELIX_ROW + 2, track] = kappa
        output[HELIX_ROW + 3, track] = dz + scale_z * errors[3] * deviations[3]
        output[HELIX_ROW + 4, track] = tan_lambda
        tracks.write_covariance(errors, response.tracking, output[COVARIANCE_ROW:], track)
        measured_p[track] = math.sqrt(1.0 + tan_lambda * tan_lambda) / abs(kappa)


@njit(cache=True, error_model="numpy")
def _measure_energy_losses(numbers, found, keys, constants, response, output, measured_p):
    """Write the chi of the specific energy loss for each hypothesis."""
    dedx = response.dedx
    for track in range(len(measured_p)):
        mass = constants.masses[numbers[of.SPECIES, track]]
        measured = identification.measure_dedx(
            keys.dedx, numbers[of.EVENT, track], numbers[of.SLOT, track],
            found[of.P, track] / mass, dedx,
        )  # fmt: skip
        for hypothesis in range(3):
            mass = constants.masses[HYPOTHESES[hypothesis]]
            expected = identification.dedx_curve(measured_p[track] / mass, dedx)
            output[DEDX_ROW + hypothesis, track] = (measured / expected - 1.0) / dedx.resolution


@njit(cache=True, error_model="numpy")
def _measure_flight_times(
    numbers, found, keys, constants, response, output, measured_p, azimuth
):
    """Write the chi of the time of flight for each hypothesis, and the counters that were hit."""
    field, shared = response.beam.magnetic_field_t, response.shared_counters
    for track in range(len(measured_p)):
        pt, pz, p = found[of.PT, track], found[of.PZ, track], found[of.P, track]
        mass = constants.masses[numbers[of.SPECIES, track]]
        region, path = identification.flight_path_m(pt, pz / pt, field, response.tof)
        is_barrel = region == tracks.BARREL
        resolution = response.tof.barrel_resolution_ns if is_barrel else found[of.END_CAP_NS, track]
        measured = np.nan
        if region != tracks.MISSED:
            measured = identification.measure_flight_time(
                keys.tof, numbers[of.EVENT, track], numbers[of.SLOT, track], path,
                p / math.sqrt(p * p + mass * mass), resolution, response.tof,
            ) + found[of.LATE, track]  # fmt: skip
        time_of_flight.record_hit(
            output[HIT_ROW:], track, measured, path, measured_p[track], resolution, azimuth[track], pt,
            pz, found[of.CHARGE, track], region, field, found[of.END_CAP_COUNTERS, track], shared,
        )  # fmt: skip
        time_of_flight.write_deviations(
            output[TOF_ROW:], output[HIT_ROW:], track, measured, constants.masses, HYPOTHESES
        )


@njit(cache=True, error_model="numpy")
def _measure_showers(numbers, found, keys, constants, response, output, measured_p, azimuth):
    """Write the showers of tracks, as if each were alone, and where they lie."""
    emc = response.emc
    for track in range(len(measured_p)):
        event, slot = numbers[of.EVENT, track], numbers[of.SLOT, track]
        species, charge = numbers[of.SPECIES, track], found[of.CHARGE, track]
        region = found[of.REGION, track]
        energy, is_wide = 0.0, False
        if region != tracks.MISSED:
            if species == ELECTRON:
                is_wide = True
                energy = calorimeter.electron_shower(
                    keys.emc, event, slot, found[of.SHOWER_GEV, track], region, emc,
                    response.electron_energy_response,
                )  # fmt: skip
            else:
                energy, is_wide = calorimeter.hadron_shower(
                    keys.emc, event, slot, species, charge, found[of.P, track],
                    constants.masses[species], emc,
                )  # fmt: skip
        overlapping_showers.record_shower(
            output[SHOWER_ROW:], track, energy, is_wide, azimuth[track], found[of.PT, track],
            found[of.PZ, track], charge, region, found[of.ARC, track], measured_p[track],
            response.beam.magnetic_field_t, emc.barrel_radius_m, response.overlapping_showers,
        )  # fmt: skip
        _write_shower_energy(
            output, track, charge, energy, region == tracks.BARREL, measured_p[track], constants,
            response,
        )  # fmt: skip


@njit(cache=True, error_model="numpy", forceinline=True)
def _write_shower_energy(
    output, track, charge, energy, in_barrel, measured_p, constants, response
):
    """Write a shower's energy and its chi for each hypothesis; NaN where there is no shower."""
    emc = response.emc
    if energy < emc.shower_threshold_gev:
        output[ENERGY_ROW, track] = 0.0
        for hypothesis in range(3):
            output[EMC_ROW + hypothesis, track] = np.nan
        return
    output[ENERGY_ROW, track] = energy
    region = tracks.BARREL if in_barrel else tracks.END_CAP
    for hypothesis in range(3):
        expected, resolution = calorimeter.expected_energy(
            HYPOTHESES[hypothesis], charge, measured_p, region,
            constants.masses[HYPOTHESES[hypothesis]], emc, response.electron_energy_response,
        )  # fmt: skip
        output[EMC_ROW + hypothesis, track] = (energy - expected) / resolution


@njit(cache=True, error_model="numpy")
def share_showers(output, first, last, constants, response):
    """Write the showers of an event, tracks [first, last), anew where some overlap."""
    showers, emc = output[SHOWER_ROW:], response.emc
    end_z = emc.barrel_radius_m * emc.barrel_cos_theta / math.sqrt(1.0 - emc.barrel_cos_theta**2)
    if not overlapping_showers.share_showers(
        showers, first, last, emc.barrel_radius_m, end_z, response.overlapping_showers
    ):
        return
    for track in range(first, last):
        _write_shower_energy(
            output, track, output[CHARGE_ROW, track], showers[overlapping_showers.ENERGY_ROW, track],
            showers[overlapping_showers.PART_ROW, track] == overlapping_showers.BARREL_PART,
            showers[overlapping_showers.MOMENTUM_ROW, track], constants, response,
        )  # fmt: skip


@njit(cache=True, error_model="numpy")
def store(output, n_tracks, columns, place):
    """Copy the rows of `output`, a track branch each, behind `place` tracks in `columns`.

    `columns`: arrays by type, in the order of TRACK_BRANCHES: charges (room,), helices (5, room),
    covariances and identification (25, room), and positions of the particles (room,).
    """
    charges, helices, others, truth = columns
    for track in range(n_tracks):
        charges[place + track] = int(output[CHARGE_ROW, track])
        truth[place + track] = int(output[TRUTH_ROW, track])
    for row in range(len(helices)):
        for track in range(n_tracks):
            helices[row, place + track] = output[HELIX_ROW + row, track]
    for row in range(len(others)):
        for track in range(n_tracks):
            others[row, place + track] = output[COVARIANCE_ROW + row, track]
