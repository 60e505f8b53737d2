"""Kernels of what is measured of tracks: helix, dE/dx, time of flight and shower.

Each writes its rows of the output, one a track branch.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch import particles
from lnvsearch.elementary_functions import azimuth_of
from lnvsearch.experiments.besiii.detector import (
    calorimeter,
    found as of,
    identification,
    overlapping_showers,
    time_of_flight,
    tracks,
)
from lnvsearch.experiments.besiii.detector.draws import PROCESSES, draw
from lnvsearch.experiments.besiii.events import (
    COVARIANCE_ELEMENTS,
    HELIX_PARAMETERS,
    TRACK_BRANCHES,
)
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array

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
HYPOTHESIS_MASSES_GEV = tuple(particles.mass_gev(SPECIES[h]) for h in HYPOTHESES)
_TWO_PI = 2.0 * math.pi
#: First elements of rows of LANES numbers.
_1, _2, _3, _4, _5, _6, _7, _8, _9 = (np.uint64(row) * LANES for row in range(1, 10))
_HELIX, _PULLS, _DEDX, _TOF, _EMC = (
    PROCESSES.index(name) for name in ("helix", "pulls", "dedx", "tof", "emc")
)
_FOUR_ROWS, _EIGHT_ROWS = 4 * int(LANES), 8 * int(LANES)

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


_uniform_rows, _output_rows = float_stack_array(12 * int(LANES)), float_stack_array(14 * int(LANES))


@inner_kernel()
def measure(numbers, found, n_tracks, words, response, output):
    """Fill the rows of `output` for tracks [0, n_tracks) of `numbers` and `found`, see `found`.

    `words`: of `draws.words_of`.  All arrays have room for LANES more: what is measured there, of nothing, does not count.
    """
    measured_p, azimuth = np.empty(found.shape[1]), np.empty(found.shape[1])
    px, py = found[of.PX], found[of.PY]
    for track in range(n_tracks):
        output[CHARGE_ROW, track] = found[of.CHARGE, track]
        output[TRUTH_ROW, track] = numbers[of.TRUTH, track]
        azimuth[track] = azimuth_of(px[track], py[track])
    for first in range(np.uint64(0), np.uint64(n_tracks), LANES):
        _measure_helices(numbers, found, first, words, response, output, measured_p)
        _measure_energy_losses(numbers, found, first, words, response, output, measured_p)
        _measure_flight_times(numbers, found, first, words, response, output, measured_p, azimuth)
        _measure_showers(numbers, found, first, words, response, output, measured_p, azimuth)
    _identify_by_flight_time(n_tracks, output)
    _identify_by_shower(found, n_tracks, response, output, measured_p)


@inner_kernel(forceinline=True)
def _copy(rows, row, n_rows, output, output_row, first):
    """Rows of LANES numbers to rows of the output."""
    for k in range(n_rows):
        target, begin = output[output_row + k], np.uint64(row + k) * LANES
        for lane in range(LANES):
            target[first + lane] = rows[begin + lane]


@inner_kernel()
def _measure_helices(numbers, found, first, words, response, output, measured_p):
    """Smear helices and write them and their covariances; fills the measured momenta."""
    u, row = _uniform_rows(), _output_rows()
    draw(words[_HELIX], numbers, first, 0, u)
    draw(words[_HELIX], numbers, first, 1, u[_FOUR_ROWS:])
    draw(words[_PULLS], numbers, first, 0, u[_EIGHT_ROWS:])
    x, y, z, charge = found[of.X], found[of.Y], found[of.Z], found[of.CHARGE]
    px, py, pz, pts, ps = found[of.PX], found[of.PY], found[of.PZ], found[of.PT], found[of.P]
    curvature, masses = found[of.CURVATURE], found[of.MASS]
    tracking = response.tracking
    for lane in range(LANES):
        track = first + lane
        dr, phi0, kappa, dz, tan_lambda = tracks.helix_at_closest_approach(
            x[track], y[track], z[track], px[track], py[track], pz[track], charge[track],
            response.beam.magnetic_field_t,
        )  # fmt: skip
        beta = ps[track] / math.sqrt(ps[track] * ps[track] + masses[track] * masses[track])
        errors = tracks.helix_errors(pts[track], ps[track], beta, tracking)
        deviations = tracks.correlated_normals(
            u[lane], u[_1 + lane], u[_2 + lane], u[_3 + lane], u[_4 + lane], u[_5 + lane], tracking
        )
        scale_phi, scale_z = tracks.pull_scales(u[_8 + lane], u[_9 + lane], response.pulls)
        phi0 += scale_phi * errors[1] * deviations[1]
        row[lane] = dr + scale_phi * errors[0] * deviations[0]
        row[_1 + lane] = phi0 - _TWO_PI * np.floor(phi0 / _TWO_PI)
        row[_2 + lane] = kappa * curvature[track] + scale_phi * errors[2] * deviations[2]
        row[_3 + lane] = dz + scale_z * errors[3] * deviations[3]
        row[_4 + lane] = tan_lambda + scale_z * errors[4] * deviations[4]
        covariances = tracks.covariances(errors, tracking)
        for k in range(9):
            row[_5 + np.uint64(k) * LANES + lane] = covariances[k]
    for lane in range(LANES):
        tangent = row[_4 + lane]
        measured_p[first + lane] = math.sqrt(1.0 + tangent * tangent) / abs(row[_2 + lane])
    _copy(row, 0, 5, output, HELIX_ROW, first)
    _copy(row, 5, 6, output, COVARIANCE_ROW, first)  # of dr, phi0, kappa
    _copy(row, 11, 1, output, COVARIANCE_ROW + 9, first)
    _copy(row, 12, 2, output, COVARIANCE_ROW + 13, first)


@inner_kernel()
def _measure_energy_losses(numbers, found, first, words, response, output, measured_p):
    """Write the chi of the specific energy loss for each hypothesis."""
    u, row, dedx = _uniform_rows(), _output_rows(), response.dedx
    draw(words[_DEDX], numbers, first, 0, u)
    ps, masses = found[of.P], found[of.MASS]
    for lane in range(LANES):
        track = first + lane
        measured = identification.measure_dedx(
            u[lane], u[_1 + lane], u[_2 + lane], u[_3 + lane], ps[track] / masses[track], dedx
        )
        for hypothesis in range(3):
            mass = HYPOTHESIS_MASSES_GEV[hypothesis]
            expected = identification.dedx_curve(measured_p[track] / mass, dedx)
            deviation = (measured / expected - 1.0) / dedx.resolution
            row[np.uint64(hypothesis) * LANES + lane] = deviation
    _copy(row, 0, 3, output, DEDX_ROW, first)


@inner_kernel()
def _measure_flight_times(
    numbers, found, first, words, response, output, measured_p, azimuth
):
    """Write the times of flight and the counters that were hit."""
    u, row = _uniform_rows(), _output_rows()
    draw(words[_TOF], numbers, first, 0, u)
    field, shared = response.beam.magnetic_field_t, response.shared_counters
    pts, pzs, ps, masses = found[of.PT], found[of.PZ], found[of.P], found[of.MASS]
    charge, late, end_cap_counters = found[of.CHARGE], found[of.LATE], found[of.END_CAP_COUNTERS]
    end_cap_ns = found[of.END_CAP_NS]
    for lane in range(LANES):
        track = first + lane
        pt, pz, p, mass = pts[track], pzs[track], ps[track], masses[track]
        region, path = identification.flight_path_m(pt, pz / pt, field, response.tof)
        is_barrel = region == tracks.BARREL
        resolution = response.tof.barrel_resolution_ns if is_barrel else end_cap_ns[track]
        measured = identification.measure_flight_time(
            u[lane], u[_1 + lane], u[_2 + lane], u[_3 + lane], path,
            p / math.sqrt(p * p + mass * mass), resolution, response.tof,
        ) + late[track]  # fmt: skip
        hit = time_of_flight.hit_of(
            np.nan if region == tracks.MISSED else measured, path, measured_p[track], resolution,
            azimuth[track], pt, pz, charge[track], region, field, end_cap_counters[track], shared,
        )  # fmt: skip
        for k in range(8):
            row[np.uint64(k) * LANES + lane] = hit[k]
    _copy(row, 0, 8, output, HIT_ROW, first)


@inner_kernel()
def _identify_by_flight_time(n_tracks, output):
    """Write the chi of the time of flight for each hypothesis."""
    hits = output[HIT_ROW:]
    for hypothesis in range(3):
        time_of_flight.write_deviations(
            output[TOF_ROW + hypothesis], hits, n_tracks, HYPOTHESIS_MASSES_GEV[hypothesis]
        )


@inner_kernel()
def _measure_showers(numbers, found, first, words, response, output, measured_p, azimuth):
    """Write the showers of tracks, as if each were alone, and where they lie."""
    u, row, emc = _uniform_rows(), _output_rows(), response.emc
    draw(words[_EMC], numbers, first, 0, u)
    draw(words[_EMC], numbers, first, 1, u[_FOUR_ROWS:])
    species, charges = numbers[of.SPECIES], found[of.CHARGE]
    pts, pzs, ps, masses = found[of.PT], found[of.PZ], found[of.P], found[of.MASS]
    entering = found[of.SHOWER_GEV]
    for lane in range(LANES):
        track = first + lane
        charge, field = charges[track], response.beam.magnetic_field_t
        region, arc = calorimeter.shower_region(
            pts[track], pzs[track] / pts[track], field, emc
        )
        eight = (u[lane], u[_1 + lane], u[_2 + lane], u[_3 + lane],
                 u[_4 + lane], u[_5 + lane], u[_6 + lane], u[_7 + lane])
        electron = calorimeter.electron_shower(
            eight[0], eight[1], eight[2], eight[3], entering[track], region, emc,
            response.electron_energy_response,
        )  # fmt: skip
        hadron, is_wide = calorimeter.hadron_shower(
            eight, species[track], charge, ps[track], masses[track], emc
        )
        is_electron, is_missed = species[track] == ELECTRON, region == tracks.MISSED
        energy = 0.0 if is_missed else (electron if is_electron else hadron)
        is_wide = 0.0 if is_missed else (1.0 if is_electron | is_wide else 0.0)
        shower = overlapping_showers.shower_of(
            energy, is_wide, azimuth[track], pts[track], pzs[track], charge, region, arc,
            measured_p[track], field, emc.barrel_radius_m, response.overlapping_showers,
        )  # fmt: skip
        for k in range(9):
            row[np.uint64(k) * LANES + lane] = shower[k]
        row[_9 + lane] = region
    _copy(row, 0, 9, output, SHOWER_ROW, first)
    _copy(row, 9, 1, found, of.REGION, first)


@inner_kernel()
def _identify_by_shower(found, n_tracks, response, output, measured_p):
    """Write the energies of showers, and the chi for each hypothesis; NaN where there is no shower."""
    energies = output[SHOWER_ROW + overlapping_showers.ENERGY_ROW]
    shown, threshold = output[ENERGY_ROW], response.emc.shower_threshold_gev
    charges, regions = found[of.CHARGE], found[of.REGION]
    for track in range(n_tracks):
        shown[track] = 0.0 if energies[track] < threshold else energies[track]
    for hypothesis in range(3):
        chi = output[EMC_ROW + hypothesis]
        for track in range(n_tracks):
            expected, resolution = calorimeter.expected_energy(
                HYPOTHESES[hypothesis], charges[track], measured_p[track], regions[track],
                HYPOTHESIS_MASSES_GEV[hypothesis], response.emc, response.electron_energy_response,
            )  # fmt: skip
            deviation = (energies[track] - expected) / resolution
            chi[track] = np.nan if energies[track] < threshold else deviation


@inner_kernel(forceinline=True)
def _write_shower_energy(
    output, track, charge, energy, in_barrel, measured_p, response
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
            HYPOTHESIS_MASSES_GEV[hypothesis], emc, response.electron_energy_response,
        )  # fmt: skip
        output[EMC_ROW + hypothesis, track] = (energy - expected) / resolution


@inner_kernel(forceinline=True)
def share_showers(output, first, last, response):
    """Write the showers of an event, tracks [first, last), anew where some overlap."""
    # Few events get further than this, and handing over the response costs more.
    if overlapping_showers.some_touch(
        output[SHOWER_ROW:], first, last, response.emc.barrel_radius_m, response.overlapping_showers
    ):
        _share_showers(output, first, last, response)


@inner_kernel()
def _share_showers(output, first, last, response):
    showers, emc = output[SHOWER_ROW:], response.emc
    end_z = emc.barrel_radius_m * emc.barrel_cos_theta / math.sqrt(1.0 - emc.barrel_cos_theta**2)
    overlapping_showers.share_showers(
        showers, first, last, emc.barrel_radius_m, end_z, response.overlapping_showers
    )
    for track in range(first, last):
        _write_shower_energy(
            output, track, output[CHARGE_ROW, track], showers[overlapping_showers.ENERGY_ROW, track],
            showers[overlapping_showers.PART_ROW, track] == overlapping_showers.BARREL_PART,
            showers[overlapping_showers.MOMENTUM_ROW, track], response,
        )  # fmt: skip


@njit(cache=True, error_model="numpy")
def store(output, n_tracks, columns, place):
    """Copy the rows of `output`, a track branch each, behind `place` tracks in `columns`.

    `columns`: arrays by type, in the order of TRACK_BRANCHES: charges (room,), helices (5, room),
    covariances and identification (25, room), and positions of the particles (room,).
    """
    charges, helices, others, truth = columns
    begin, number = np.uint64(place), np.uint64(n_tracks)
    _store_row(output[CHARGE_ROW], charges, begin, number)
    _store_row(output[TRUTH_ROW], truth, begin, number)
    for row in range(len(helices)):
        _store_row(output[HELIX_ROW + row], helices[row], begin, number)
    for row in range(len(others)):
        _store_row(output[COVARIANCE_ROW + row], others[row], begin, number)


@inner_kernel(forceinline=True)
def _store_row(values, column, begin, number):
    for track in range(number):  # unsigned, so that the compiler sees neighbours
        column[begin + track] = values[track]
