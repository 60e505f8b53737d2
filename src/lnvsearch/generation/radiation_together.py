"""Final-state radiation of many decays of one parent at once; `radiation` says what is done.

Which photons there are follows from the momenta without any photon.  So photons are drawn, LANES at a
time, for all decays of a block, one emitter after the other; then those that are kept are added to
their decays (`emission_together`).  The two kinds that `radiation` draws are one here: 1 + e times as many
photons, kept with the probability r / (1 + e).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import cosine_and_sine_of_turn, exponential, logarithm
from lnvsearch.generation.eikonal import (
    FINE_STRUCTURE_CONSTANT,
    SLOWEST,
    mean_photon_factor_of_lane,
)
from lnvsearch.generation.emission_together import (
    COSINE,
    ENERGY,
    KEPT,
    N_PHOTON,
    ONE_MINUS,
    ONE_PLUS,
    SINE,
    emit_all,
)
from lnvsearch.generation.photon_lists import draw_for_counts, list_photons
from lnvsearch.generation.recoil import across
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_fours, load_lanes, store_lanes
from lnvsearch.random_lanes import draw_uniforms

__all__ = ["radiate_all"]

#: Decays whose numbers stay in the processor's cache; a multiple of LANES.
_BLOCK = 512
#: Attempts to draw one angle; one in some ten is refused.
_ANGLE_TRIALS = 1000
#: Rows of an emitter, one number a decay: direction, beta, 1 - beta, energy; of its photons: mean
#: number, ln of the range of energies, largest energy, dipole, squared mass of the rest of the decay.
_NX, _NY, _NZ, _BETA, _SLOW, _E, _MEAN, _LOG_RANGE, _LARGEST, _DIPOLE, _REST = range(11)
_N_EMITTER = 11

_ZERO = np.uint64(0)
_AT = tuple(np.uint64(row * int(LANES)) for row in range(_N_EMITTER))
_emitter_lanes = float_stack_array(_N_EMITTER * int(LANES))
_four_lanes = float_stack_array(4 * int(LANES))


@inner_kernel()
def _fill_emitter(primary, start, n, emitter, parent, least_energy, own, charge, emitters):
    """Rows of `emitters` of one emitter, of mass `own`, of the decays [start, start + n)."""
    four, out = _four_lanes(), _emitter_lanes()
    squared_charge, total, base = charge * charge, np.uint64(n), emitter * _N_EMITTER
    for first in range(_ZERO, total, LANES):
        lanes = min(LANES, total - first)
        load_fours(primary, start + first, emitter, lanes, four)
        for j in range(LANES):
            px, py, pz, energy = (
                four[_AT[0] + j], four[_AT[1] + j], four[_AT[2] + j], four[_AT[3] + j]
            )
            size = math.sqrt(px * px + py * py + pz * pz)
            is_fast = size >= SLOWEST * energy
            size = size if is_fast else 1.0
            inverse = 1.0 / size
            beta = size / energy
            rest = max((parent - energy - size) * (parent - energy + size), 0.0)
            heaviest = own + math.sqrt(rest)
            largest = 0.5 * (parent - heaviest) * (parent + heaviest) / parent
            radiates = is_fast & (largest > least_energy)
            log_range = logarithm(largest / least_energy if radiates else 1.0)
            dipole = mean_photon_factor_of_lane(energy, size, own)
            out[_AT[_NX] + j], out[_AT[_NY] + j] = px * inverse, py * inverse
            out[_AT[_NZ] + j], out[_AT[_BETA] + j] = pz * inverse, beta if is_fast else 0.0
            # 1 - beta without the subtraction that loses all digits for a fast electron.
            slow = own * own / (energy * (energy + size))
            out[_AT[_SLOW] + j], out[_AT[_E] + j] = slow if is_fast else 1.0, energy
            out[_AT[_MEAN] + j] = squared_charge * log_range * dipole if radiates else 0.0
            out[_AT[_LOG_RANGE] + j], out[_AT[_LARGEST] + j] = log_range, largest
            out[_AT[_DIPOLE] + j], out[_AT[_REST] + j] = dipole, rest
        for row in range(_N_EMITTER):
            store_lanes(out, np.uint64(row) * LANES, lanes, emitters, base + row, first)


@inner_kernel()
def _add_excess(n, charge, emitters, excess):
    """e of `radiation` of n decays; 0 where r is at most 1.  Means in `emitters` become 1 + e times as large."""
    at, sums, total, count = _four_lanes(), _four_lanes(), np.uint64(n), 0.0
    for emitter in range(len(charge)):
        count += charge[emitter] != 0.0
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for j in range(LANES):
            sums[j], sums[_AT[1] + j], sums[_AT[2] + j] = 0.0, 0.0, 0.0
        for emitter in range(len(charge)):
            if charge[emitter] != 0.0:
                for row in range(_BETA + 1):
                    load_lanes(emitters, emitter * _N_EMITTER + row, start, lanes, at,
                               np.uint64(row) * LANES)  # fmt: skip
                for j in range(LANES):
                    beta = at[_AT[_BETA] + j]
                    sums[j] += beta * at[j]
                    sums[_AT[1] + j] += beta * at[_AT[_NY] + j]
                    sums[_AT[2] + j] += beta * at[_AT[_NZ] + j]
        for j in range(LANES):
            vx, vy, vz = sums[j], sums[_AT[1] + j], sums[_AT[2] + j]
            size = math.sqrt(vx * vx + vy * vy + vz * vz)
            sums[_AT[3] + j] = max(0.5 * (count + size) - 1.0, 0.0)
        for j in range(lanes):
            excess[start + j] = sums[_AT[3] + j]
        for emitter in range(len(charge)):
            if charge[emitter] != 0.0:
                for j in range(lanes):
                    emitters[emitter * _N_EMITTER + _MEAN, start + j] *= 1.0 + sums[_AT[3] + j]


@inner_kernel(forceinline=True)
def _angle(u_pole, u_accept, beta, slow, log_range):
    """1 - c and 1 + c of a photon, and whether they are accepted; see `radiation._emission_angle`."""
    fast = 1.0 + beta
    pole = slow * exponential(log_range * u_pole)
    one_minus, one_plus = max(pole - slow, 0.0) / beta, max(fast - pole, 0.0) / beta
    return one_minus, one_plus, u_accept * pole * (2.0 - pole) < one_minus * one_plus


@inner_kernel()
def _attempt_angles(n, emitter, waiting, decays, emitters, drawn, photons, accepted):
    """One attempt, with two candidates, of the n photons that wait; `accepted`: (n,)."""
    beta_row, slow_row = emitter * _N_EMITTER + _BETA, emitter * _N_EMITTER + _SLOW
    at, number, out, total = _emitter_lanes(), _four_lanes(), _emitter_lanes(), np.uint64(n)
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for j in range(lanes):
            i = decays[waiting[start + j]]
            at[j], at[_AT[1] + j] = emitters[beta_row, i], emitters[slow_row, i]
        for row in range(4):
            load_lanes(drawn, row, start, lanes, number, np.uint64(row) * LANES)
        for j in range(LANES):
            beta, slow = at[j], at[_AT[1] + j]
            log_range = logarithm((1.0 + beta) / slow)
            minus, plus, first = _angle(number[j], number[_AT[1] + j], beta, slow, log_range)
            other_minus, other_plus, second = _angle(
                number[_AT[2] + j], number[_AT[3] + j], beta, slow, log_range
            )
            out[j], out[_AT[1] + j] = minus if first else other_minus, plus if first else other_plus
            out[_AT[2] + j] = 1.0 if first | second else 0.0
        for j in range(lanes):
            t = waiting[start + j]
            photons[ONE_MINUS, t], photons[ONE_PLUS, t] = out[j], out[_AT[1] + j]
            accepted[start + j] = out[_AT[2] + j] > 0.0


@inner_kernel()
def _draw_angles(key, n, emitter, events, slots, decays, emitters, drawn, lists, accepted, photons):
    """Rows ONE_MINUS and ONE_PLUS of n photons; `lists`: room for three lists as long."""
    waiting, own_events, own_slots = lists[0], lists[1], lists[2]
    for t in range(n):
        waiting[t] = t
    for trial in range(_ANGLE_TRIALS):
        for w in range(n):
            own_events[w], own_slots[w] = events[waiting[w]], slots[waiting[w]]
        draw_uniforms(key, own_events[:n], own_slots, 0, 1 + trial, drawn)
        _attempt_angles(n, emitter, waiting, decays, emitters, drawn, photons, accepted)
        left = 0
        for w in range(n):
            waiting[left] = waiting[w]
            left += not accepted[w]
        n = left
        if n == 0:
            return
    for w in range(n):
        photons[ONE_MINUS, waiting[w]], photons[ONE_PLUS, waiting[w]] = 1.0, 1.0


@inner_kernel(forceinline=True)
def _add_current(at, way, j, charge):
    """One emitter's part of `eikonal.eikonal_ratio`: `at`, its rows; `way`: rows of the photons.

    The latter are the direction, and the sums: three of the current, one of what was drawn.
    """
    dx, dy, dz = way[j], way[_AT[1] + j], way[_AT[2] + j]
    # v across d is beta ((u - d) + (1 - c) d): no digits are lost along a fast electron.
    ax, ay, az = at[_AT[_NX] + j] - dx, at[_AT[_NY] + j] - dy, at[_AT[_NZ] + j] - dz
    one_minus = 0.5 * (ax * ax + ay * ay + az * az)
    beta = at[_AT[_BETA] + j]
    pole = at[_AT[_SLOW] + j] + beta * one_minus
    scale = beta / pole
    squared = scale * scale * one_minus * (2.0 - one_minus)
    scale *= charge
    way[_AT[3] + j] += scale * (ax + one_minus * dx)
    way[_AT[4] + j] += scale * (ay + one_minus * dy)
    way[_AT[5] + j] += scale * (az + one_minus * dz)
    way[_AT[6] + j] += charge * charge * squared * 2.0 / (2.0 - pole)


@inner_kernel(forceinline=True)
def _dipole_left(parent, photon, mass, rest):
    """`radiation._dipole_left`: the dipole in the system that the photon leaves."""
    squared = parent * (parent - 2.0 * photon)
    energy = 0.5 * (squared + mass * mass - rest) / math.sqrt(squared)
    momentum = math.sqrt(max(energy * energy - mass * mass, 0.0))
    is_slow = momentum < SLOWEST * energy
    momentum = energy if is_slow else momentum
    dipole = mean_photon_factor_of_lane(energy, momentum, mass)
    return 0.0 if is_slow else dipole


@inner_kernel(forceinline=True)
def _energy(u_energy, u_hard, log_range, largest, dipole, rest, parent, mass, spin_half):
    """Energy of a photon, and 1 where it is soft enough to be kept, 0 elsewhere."""
    x = exponential(-log_range * u_energy)
    hardness = 0.5 + 0.5 * (1.0 - x) * (1.0 - x) if spin_half else 1.0 - x
    left = _dipole_left(parent, largest * x, mass, rest)
    is_soft = (u_hard <= hardness) & (u_hard * dipole <= hardness * left)
    return largest * x, 1.0 if is_soft else 0.0


@inner_kernel(forceinline=True)
def _direction(u_azimuth, nx, ny, nz, one_minus, one_plus):
    """Cosine and sine of a photon's azimuth, and its direction."""
    cos_azimuth, sin_azimuth = cosine_and_sine_of_turn(u_azimuth)
    tx, ty, tz = across(nx, ny, nz, cos_azimuth, sin_azimuth)
    cosine, sine = 0.5 * (one_plus - one_minus), math.sqrt(one_minus * one_plus)
    return (
        cos_azimuth, sin_azimuth,
        cosine * nx - sine * tx, cosine * ny - sine * ty, cosine * nz - sine * tz,
    )


@inner_kernel()
def _load_emitter(emitters, base, n_rows, decays, start, lanes, at):
    for row in range(n_rows):
        for j in range(lanes):
            at[np.uint64(row) * LANES + j] = emitters[base + row, decays[start + j]]


@inner_kernel()
def _keep(n, emitter, decays, parent, mass, charge, spin_half, emitters, excess, drawn, photons):
    """All rows of n photons of an emitter but their angles, from `drawn`, (4, n)."""
    at, number, way, photon = _emitter_lanes(), _four_lanes(), _emitter_lanes(), _emitter_lanes()
    total = np.uint64(n)
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        _load_emitter(emitters, emitter * _N_EMITTER, _N_EMITTER, decays, start, lanes, at)
        for row in range(4):
            load_lanes(drawn, row, start, lanes, number, np.uint64(row) * LANES)
        load_lanes(photons, ONE_MINUS, start, lanes, photon, _AT[ONE_MINUS])
        load_lanes(photons, ONE_PLUS, start, lanes, photon, _AT[ONE_PLUS])
        for j in range(LANES):
            photon[_AT[ENERGY] + j], photon[_AT[KEPT] + j] = _energy(
                number[j], number[_AT[1] + j], at[_AT[_LOG_RANGE] + j], at[_AT[_LARGEST] + j],
                at[_AT[_DIPOLE] + j], at[_AT[_REST] + j], parent, mass, spin_half,
            )  # fmt: skip
        for j in range(LANES):
            cosine, sine, dx, dy, dz = _direction(
                number[_AT[2] + j], at[_AT[_NX] + j], at[_AT[_NY] + j], at[_AT[_NZ] + j],
                photon[_AT[ONE_MINUS] + j], photon[_AT[ONE_PLUS] + j],
            )  # fmt: skip
            photon[_AT[COSINE] + j], photon[_AT[SINE] + j] = cosine, sine
            way[j], way[_AT[1] + j], way[_AT[2] + j] = dx, dy, dz
            way[_AT[3] + j], way[_AT[4] + j] = 0.0, 0.0
            way[_AT[5] + j], way[_AT[6] + j] = 0.0, 0.0
        for other in range(len(charge)):
            if charge[other] != 0.0:
                _load_emitter(emitters, other * _N_EMITTER, _SLOW + 1, decays, start, lanes, at)
                for j in range(LANES):
                    _add_current(at, way, j, charge[other])
        for j in range(lanes):
            jx, jy, jz = way[_AT[3] + j], way[_AT[4] + j], way[_AT[5] + j]
            drawn_sum = way[_AT[6] + j]
            ratio = (jx * jx + jy * jy + jz * jz) / drawn_sum if drawn_sum > 0.0 else 1.0
            is_kept = number[_AT[3] + j] * (1.0 + excess[decays[start + j]]) < ratio
            photon[_AT[KEPT] + j] = photon[_AT[KEPT] + j] if is_kept else 0.0
        for row in range(N_PHOTON):
            store_lanes(photon, np.uint64(row) * LANES, lanes, photons, row, start)


@inner_kernel()
def _most_photons(parent, least_energy, mass, charge):
    """More photons than one emitter of a block draws: ten standard deviations above the largest mean."""
    n_charged, factor = 0, 0.0
    for j in range(len(charge)):
        if charge[j] != 0.0:
            n_charged += 1
            of_one = 2.0 * math.log(parent / mass[j])
            factor = max(factor, charge[j] * charge[j] * of_one)
    mean = FINE_STRUCTURE_CONSTANT / math.pi * factor * math.log(parent / least_energy)
    # With the excess there are as many times more as there are emitters, at most.
    total = _BLOCK * n_charged * mean
    return max(_BLOCK, int(total + 10.0 * math.sqrt(total)) + 100)


@njit(cache=True, error_model="numpy")
def radiate_all(key, first_event, parent, least_energy, mass, charge, spin_half, primary,
                first_column, momentum):
    """Radiation of n decays of one parent, of mass `parent`, each in its rest frame.

    `primary`: (n, k, 4), all daughters on their mass shells, changed in place; photons fill
    `momentum[:, first_column:]`, and zeros the rest of it.  The decays have the event numbers from
    `first_event` on.
    """
    n, k = primary.shape[0], primary.shape[1]
    many = _most_photons(parent, least_energy, mass, charge)
    emitters, excess = np.empty((k * _N_EMITTER, _BLOCK)), np.empty(_BLOCK)
    for_counts, drawn = np.empty((k + 3, _BLOCK)), np.empty((4, many))
    events, slots = np.empty(many, dtype=np.int64), np.empty(many, dtype=np.int64)
    lists, accepted = np.empty((3, many), dtype=np.int64), np.empty(many, dtype=np.bool_)
    decays, n_listed = np.empty((k, many), dtype=np.int64), np.zeros(k, dtype=np.int64)
    photons = np.empty((k * N_PHOTON, many))
    count, radiates = np.empty(_BLOCK, dtype=np.int64), np.empty(_BLOCK, dtype=np.bool_)
    for start in range(0, n, _BLOCK):
        here = min(_BLOCK, n - start)
        of_block = first_event + np.arange(start, start + here)
        for emitter in range(k):
            if charge[emitter] != 0.0:
                _fill_emitter(primary, start, here, emitter, parent, least_energy, mass[emitter],
                              charge[emitter], emitters)  # fmt: skip
        _add_excess(here, charge, emitters, excess)
        draw_for_counts(key, of_block, k, slots, for_counts)
        for emitter in range(k):
            if charge[emitter] == 0.0:
                continue
            own, of_emitter = decays[emitter], photons[emitter * N_PHOTON :]
            listed = list_photons(of_block, emitter, emitters[emitter * _N_EMITTER + _MEAN],
                                  for_counts[emitter], events, slots, lists, own)  # fmt: skip
            _draw_angles(key, listed, emitter, events, slots, own, emitters, drawn, lists, accepted,
                         of_emitter)  # fmt: skip
            draw_uniforms(key, events[:listed], slots, 0, 0, drawn)
            _keep(listed, emitter, own, parent, mass[emitter], charge, spin_half[emitter], emitters,
                  excess, drawn, of_emitter)  # fmt: skip
            n_listed[emitter] = listed
        emit_all(here, start, parent, mass, n_listed, decays, photons, primary, first_column,
                 momentum, lists, count, radiates)  # fmt: skip
