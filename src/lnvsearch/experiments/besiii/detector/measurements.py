"""Kernels of what is measured of one track: helix, dE/dx, time of flight and shower.

Each writes its rows of the output, one a track branch.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.experiments.besiii.detector import (
    calorimeter,
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
    "share_showers",
    "write_dedx",
    "write_flight_time",
    "write_helix",
    "write_shower",
    "write_shower_energy",
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


@njit(cache=True, error_model="numpy", forceinline=True)
def write_helix(keys, event, slot, helix, pt, p, beta, response, output, track):
    """Smear and write a helix and its covariance; returns the measured kappa and tan lambda."""
    errors = tracks.helix_errors(pt, p, beta, response.tracking)
    deviations = tracks.correlated_normals(keys.helix, event, slot, response.tracking)
    scale_phi, scale_z = tracks.pull_scales(keys.pulls, event, slot, response.pulls)
    phi0 = helix[1] + scale_phi * errors[1] * deviations[1]
    kappa = helix[2] + scale_phi * errors[2] * deviations[2]
    tan_lambda = helix[4] + scale_z * errors[4] * deviations[4]
    output[HELIX_ROW, track] = helix[0] + scale_phi * errors[0] * deviations[0]
    output[HELIX_ROW + 1, track] = phi0 - _TWO_PI * math.floor(phi0 / _TWO_PI)
    output[HELIX_ROW + 2, track] = kappa
    output[HELIX_ROW + 3, track] = helix[3] + scale_z * errors[3] * deviations[3]
    output[HELIX_ROW + 4, track] = tan_lambda
    tracks.write_covariance(errors, response.tracking, output[COVARIANCE_ROW:], track)
    return kappa, tan_lambda


@njit(cache=True, error_model="numpy", forceinline=True)
def write_dedx(keys, event, slot, beta_gamma, measured_p, constants, response, output, track):
    """Write the chi of the specific energy loss for each hypothesis."""
    dedx = response.dedx
    measured = identification.measure_dedx(keys.dedx, event, slot, beta_gamma, dedx)
    for hypothesis in range(3):
        mass = constants.masses[HYPOTHESES[hypothesis]]
        expected = identification.dedx_curve(measured_p / mass, dedx)
        output[DEDX_ROW + hypothesis, track] = (measured / expected - 1.0) / dedx.resolution


@njit(cache=True, error_model="numpy", forceinline=True)
def write_flight_time(
    keys, event, slot, azimuth, pt, pz, charge, beta, late_ns, measured_p, end_cap, constants,
    response, output, track,
):  # fmt: skip
    """Write the chi of the time of flight for each hypothesis, and the counters that were hit.

    `late_ns`: later than from the collision.
    """
    field, shared = response.beam.magnetic_field_t, response.shared_counters
    region, path = identification.flight_path_m(pt, pz / pt, field, response.tof)
    resolution = response.tof.barrel_resolution_ns if region == tracks.BARREL else end_cap[0]
    measured = np.nan
    if region != tracks.MISSED:
        measured = identification.measure_flight_time(
            keys.tof, event, slot, path, beta, resolution, response.tof
        ) + late_ns
    time_of_flight.record_hit(
        output[HIT_ROW:], track, measured, path, measured_p, resolution, azimuth, pt, pz, charge,
        region, field, end_cap[1], shared,
    )  # fmt: skip
    time_of_flight.write_deviations(
        output[TOF_ROW:], output[HIT_ROW:], track, measured, constants.masses, HYPOTHESES
    )


@njit(cache=True, error_model="numpy", forceinline=True)
def write_shower(
    keys, event, slot, species, azimuth, pt, pz, charge, p, region, arc_m, shower_gev, measured_p,
    constants, response, output, track,
):  # fmt: skip
    """Write the shower of a track, as if it were alone, and where it lies."""
    energy, is_wide = 0.0, False
    if region != tracks.MISSED:
        if species == ELECTRON:
            is_wide = True
            energy = calorimeter.electron_shower(
                keys.emc, event, slot, shower_gev, region, response.emc,
                response.electron_energy_response,
            )  # fmt: skip
        else:
            energy, is_wide = calorimeter.hadron_shower(
                keys.emc, event, slot, species, charge, p, constants.masses[species], response.emc
            )
    overlapping_showers.record_shower(
        output[SHOWER_ROW:], track, energy, is_wide, azimuth, pt, pz, charge, region, arc_m,
        measured_p, response.beam.magnetic_field_t, response.emc.barrel_radius_m,
        response.overlapping_showers,
    )  # fmt: skip
    write_shower_energy(
        output, track, charge, energy, region == tracks.BARREL, measured_p, constants, response
    )


@njit(cache=True, error_model="numpy", forceinline=True)
def write_shower_energy(
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
        write_shower_energy(
            output, track, output[CHARGE_ROW, track], showers[overlapping_showers.ENERGY_ROW, track],
            showers[overlapping_showers.PART_ROW, track] == overlapping_showers.BARREL_PART,
            showers[overlapping_showers.MOMENTUM_ROW, track], constants, response,
        )  # fmt: skip
