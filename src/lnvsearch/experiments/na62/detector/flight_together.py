"""Flight of many particles at once, of those to which nothing happens on the way.

What decays or radiates flies alone (`flight.fly`).  All others, which are most, fly here, LANES at a
time, as `flight.fly` carries one; random numbers come from streams of their own.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.detector.material import PHOTONS_PER_X0
from lnvsearch.experiments.na62.detector.flight import (
    CHAMBERS_PER_SLOT,
    END_MOMENTUM,
    END_SLOPE_X,
    END_SLOPE_Y,
    END_SPECIES,
    END_X,
    END_Y,
    N_FLOWN,
)
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_lanes, store_lanes
from lnvsearch.random_lanes import draw_normals, draw_normals_and_uniforms, draw_uniforms

__all__ = [
    "ALONE", "CHARGE", "FOUND", "LOST", "MASS", "MOMENTUM", "N_BEGIN", "N_DRAWN", "RADIATION",
    "SLOPE_X", "SLOPE_Y", "SPECIES", "STATUS", "X", "Y", "Z", "draw_radiation",
    "fly_together", "is_seen",
]  # fmt: skip

#: Rows of particles that begin: place, slopes, momentum, mass, charge, species; GeV and m.
X, Y, Z, SLOPE_X, SLOPE_Y, MOMENTUM, MASS, CHARGE, SPECIES = range(9)
N_BEGIN = 9
#: Rows of what is drawn: four normal numbers for the first two chambers, two for the third (the rest
#: of its block is not used), and one uniform number each for radiation in the first two.
RADIATION = 8, 12
N_DRAWN = 16
#: Row behind those of particles that have flown (`flight`).
STATUS = N_FLOWN
#: What a status says.  ALONE: the particle may radiate; `flight.fly` tells.
LOST, FOUND, ALONE = 0.0, 1.0, 2.0

_FIRST, _SECOND = RADIATION
_ROOT_2 = math.sqrt(2.0)
_ZERO = np.uint64(0)
#: Where the rows of lanes begin.
_AT = tuple(np.uint64(row * int(LANES)) for row in range(N_DRAWN))
_begin_lanes = float_stack_array(N_BEGIN * int(LANES))
_drawn_lanes = float_stack_array(N_DRAWN * int(LANES))
_flown_lanes = float_stack_array((N_FLOWN + 1) * int(LANES))


@inner_kernel(forceinline=True)
def is_seen(x, y, hole_x, straws):
    """`flight.in_chamber`, without a branch."""
    across, up, half = abs(x - hole_x), abs(y), straws.hole_half_size_m
    outside = ((across >= half) | (up >= half)) & (across + up >= _ROOT_2 * half)
    return (x * x + y * y < straws.outer_radius_m * straws.outer_radius_m) & outside


@inner_kernel(forceinline=True)
def _fly_lane(begin, drawn, flown, j, straws, end_z, scattering_gev):
    """`flight.fly` of a particle that neither decays nor radiates."""
    z_0, z_1, z_2, z_3 = straws.chamber_z_m
    hole_0, hole_1, hole_2, hole_3 = straws.hole_centre_x_m
    x, y, z = begin[_AT[X] + j], begin[_AT[Y] + j], begin[_AT[Z] + j]
    slope_x, slope_y = begin[_AT[SLOPE_X] + j], begin[_AT[SLOPE_Y] + j]
    momentum, mass = begin[_AT[MOMENTUM] + j], begin[_AT[MASS] + j]
    theta = scattering_gev * math.sqrt(momentum * momentum + mass * mass) / (momentum * momentum)

    x, y = x + slope_x * (z_0 - z), y + slope_y * (z_0 - z)
    seen = is_seen(x, y, hole_0, straws)
    flown[j], flown[_AT[4] + j] = x, y
    path = straws.thickness_x0 * math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    silent = drawn[_AT[_FIRST] + j] < 1.0 - PHOTONS_PER_X0 * path
    slope_x += theta * drawn[j]
    slope_y += theta * drawn[_AT[1] + j]

    x, y = x + slope_x * (z_1 - z_0), y + slope_y * (z_1 - z_0)
    seen &= is_seen(x, y, hole_1, straws)
    flown[_AT[1] + j], flown[_AT[5] + j] = x, y
    path = straws.thickness_x0 * math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    silent &= drawn[_AT[_SECOND] + j] < 1.0 - PHOTONS_PER_X0 * path
    slope_x += theta * drawn[_AT[2] + j]
    slope_y += theta * drawn[_AT[3] + j]

    x, y = x + slope_x * (straws.magnet_z_m - z_1), y + slope_y * (straws.magnet_z_m - z_1)
    # `kinematics.kicked`.
    pz = momentum / math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    px = pz * slope_x - begin[_AT[CHARGE] + j] * straws.magnet_kick_gev
    py = pz * slope_y
    pz_squared = momentum * momentum - px * px - py * py
    is_turned = pz_squared <= 0.0
    pz = math.sqrt(1.0 if is_turned else pz_squared)
    slope_x = np.inf if is_turned else px / pz
    slope_y = np.inf if is_turned else py / pz

    x, y = x + slope_x * (z_2 - straws.magnet_z_m), y + slope_y * (z_2 - straws.magnet_z_m)
    seen &= is_seen(x, y, hole_2, straws)
    flown[_AT[2] + j], flown[_AT[6] + j] = x, y
    slope_x += theta * drawn[_AT[4] + j]
    slope_y += theta * drawn[_AT[5] + j]
    x, y = x + slope_x * (z_3 - z_2), y + slope_y * (z_3 - z_2)
    seen &= is_seen(x, y, hole_3, straws)
    flown[_AT[3] + j], flown[_AT[7] + j] = x, y

    flown[_AT[END_X] + j] = x + slope_x * (end_z - z_3)
    flown[_AT[END_Y] + j] = y + slope_y * (end_z - z_3)
    flown[_AT[END_SLOPE_X] + j], flown[_AT[END_SLOPE_Y] + j] = slope_x, slope_y
    flown[_AT[END_MOMENTUM] + j], flown[_AT[END_SPECIES] + j] = momentum, begin[_AT[SPECIES] + j]
    flown[_AT[STATUS] + j] = (FOUND if seen else LOST) if silent else ALONE


@inner_kernel()
def draw_radiation(key, events, slots, n, wide_slots, drawn):
    """Fill the rows RADIATION of `drawn` for n electrons; `wide_slots`: room for as many."""
    for chamber in range(2):
        for i in range(n):
            wide_slots[i] = CHAMBERS_PER_SLOT * slots[i] + chamber
        draw_uniforms(key, events[:n], wide_slots, 0, 0, drawn[RADIATION[chamber]:])


@inner_kernel()
def fly_together(keys, events, slots, electrons, n, begin, which, straws, end_z, scattering_gev,
                 wide_slots, drawn, flown):  # fmt: skip
    """Fly n particles, `which` (n,) of the columns of `begin`, electrons first; their rows go to `flown`.

    `events`, `slots`: (n,), of these particles; `electrons`: how many are; `wide_slots`: room for n;
    `begin`: (N_BEGIN, ...); `drawn`: (N_DRAWN, n) at least, room; `flown`: (N_FLOWN + 1, n)
    at least.
    """
    draw_normals(keys.scattering, events[:n], slots, 0, drawn)
    draw_normals_and_uniforms(keys.scattering, events[:n], slots, 1, drawn[4:])
    draw_radiation(keys.bremsstrahlung, events, slots, electrons, wide_slots, drawn)
    for row in RADIATION:
        drawn[row, electrons:n] = 0.0
    at_begin, numbers, at_end = _begin_lanes(), _drawn_lanes(), _flown_lanes()
    total = np.uint64(n)
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for row in range(N_BEGIN):
            for j in range(lanes):
                at_begin[np.uint64(row) * LANES + j] = begin[row, which[start + j]]
        for row in range(N_DRAWN):
            load_lanes(drawn, row, start, lanes, numbers, np.uint64(row) * LANES)
        for j in range(LANES):
            _fly_lane(at_begin, numbers, at_end, j, straws, end_z, scattering_gev)
        for row in range(N_FLOWN + 1):
            store_lanes(at_end, np.uint64(row) * LANES, lanes, flown, row, start)
