"""Momenta of three or four particles from invariants and angles, for compiled kernels.

A decay of a spinless particle at rest is its invariants and a random orientation; the kernels
draw the invariants (cheap to accept or reject) and build the momenta only of what they keep.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_lanes, store_momenta

__all__ = [
    "boost_row", "frame_about", "orientation", "place_many_pairs", "place_three", "place_two_pairs",
    "two_body_momentum", "two_pairs",
]

_ZERO, _FOUR, _SIXTEEN = np.uint64(0), np.uint64(4), np.uint64(16)
#: Where the rows of lanes begin.
_AT = tuple(np.uint64(row * int(LANES)) for row in range(16))
_lanes = float_stack_array(16 * int(LANES))


@inner_kernel(forceinline=True)
def two_body_momentum(parent, mass_1, mass_2):
    """Momentum (GeV) of either daughter in the parent's rest frame; 0 below threshold."""
    product = (
        (parent - mass_1 - mass_2) * (parent + mass_1 + mass_2)
        * (parent - mass_1 + mass_2) * (parent + mass_1 - mass_2)
    )
    return 0.5 * math.sqrt(max(product, 0.0)) / parent


@inner_kernel(forceinline=True)
def orientation(u_polar, u_azimuth, u_turn):
    """A random orthonormal frame as nine numbers: x axis, y axis, z axis."""
    polar = 2.0 * u_polar - 1.0
    side = math.sqrt(max(1.0 - polar * polar, 0.0))
    cos_azimuth, sin_azimuth = cosine_and_sine_of_turn(u_azimuth)
    cos_turn, sin_turn = cosine_and_sine_of_turn(u_turn)
    along_x, along_y = polar * cos_azimuth, polar * sin_azimuth
    return (
        cos_turn * along_x - sin_turn * sin_azimuth,
        cos_turn * along_y + sin_turn * cos_azimuth,
        -cos_turn * side,
        -sin_turn * along_x - cos_turn * sin_azimuth,
        -sin_turn * along_y + cos_turn * cos_azimuth,
        sin_turn * side,
        side * cos_azimuth,
        side * sin_azimuth,
        polar,
    )


@inner_kernel(forceinline=True)
def frame_about(x, y, z, u_turn):
    """A random frame, as `orientation` gives it, whose z axis is the unit vector (x, y, z)."""
    # Duff et al., JCGT 6 (2017) 1: no direction is singular.
    sign = math.copysign(1.0, z)
    a = -1.0 / (sign + z)
    b = x * y * a
    ax, ay, az = 1.0 + sign * x * x * a, sign * b, -sign * x
    bx, by, bz = b, sign + y * y * a, -y
    cosine, sine = cosine_and_sine_of_turn(u_turn)
    return (
        cosine * ax + sine * bx, cosine * ay + sine * by, cosine * az + sine * bz,
        cosine * bx - sine * ax, cosine * by - sine * ay, cosine * bz - sine * az,
        x, y, z,
    )


@inner_kernel(forceinline=True)
def _along(x, y, z, frame):
    """Components of a vector that has (x, y, z) along the axes of `frame`."""
    return (
        x * frame[0] + y * frame[3] + z * frame[6],
        x * frame[1] + y * frame[4] + z * frame[7],
        x * frame[2] + y * frame[5] + z * frame[8],
    )


@inner_kernel(forceinline=True)
def _energy(x, y, z, mass):
    return math.sqrt(x * x + y * y + z * z + mass * mass)


@inner_kernel(forceinline=True)
def _pair(pair, flight, cosine, cos_turn, sin_turn, mass_1, mass_2, frame):
    """Four-momenta of two particles, eight numbers; their pair of mass `pair` flies along the z axis.

    `flight`: its momentum; `cosine`: of the angle between particle 1 and the flight direction, in the
    pair's rest frame; the turn is particle 1's azimuth about it.
    """
    inside = two_body_momentum(pair, mass_1, mass_2)
    energy = math.sqrt(flight * flight + pair * pair)
    across = inside * math.sqrt(max(1.0 - cosine * cosine, 0.0))
    x, y = across * cos_turn, across * sin_turn
    energy_1 = math.sqrt(inside * inside + mass_1 * mass_1)
    along = (energy * inside * cosine + flight * energy_1) / pair
    px, py, pz = _along(x, y, along, frame)
    qx, qy, qz = _along(-x, -y, flight - along, frame)
    return (
        px, py, pz, _energy(x, y, along, mass_1),
        qx, qy, qz, _energy(-x, -y, flight - along, mass_2),
    )


@inner_kernel(forceinline=True)
def _write_two(momentum, row, two):
    momentum[row, 0], momentum[row, 1], momentum[row, 2], momentum[row, 3] = two[:4]
    momentum[row + 1, 0], momentum[row + 1, 1] = two[4], two[5]
    momentum[row + 1, 2], momentum[row + 1, 3] = two[6], two[7]


@inner_kernel(forceinline=True)
def place_three(momentum, row, parent, pair, cosine, mass_1, mass_2, mass_3, frame):
    """Rows row ... row + 2 of one event, in the parent's rest frame.

    `pair`: mass of particles 1 and 2; `cosine`: of particle 1 against the pair's flight, in the
    pair's rest frame; `frame` from `orientation`.
    """
    flight = two_body_momentum(parent, pair, mass_3)
    _write_two(
        momentum, row, _pair(pair, flight, cosine, 1.0, 0.0, mass_1, mass_2, frame)
    )
    px, py, pz = _along(0.0, 0.0, -flight, frame)
    momentum[row + 2, 0], momentum[row + 2, 1], momentum[row + 2, 2] = px, py, pz
    momentum[row + 2, 3] = _energy(0.0, 0.0, -flight, mass_3)


@inner_kernel(forceinline=True)
def two_pairs(parent, pair_a, pair_b, cosine_a, cosine_b, turn, mass_1, mass_2, mass_3, mass_4,
              frame):
    """Four-momenta of four particles, 16 numbers: pair a (1, 2) flies along z of `frame`, pair b (3, 4)
    against it.

    `cosine_a` (`cosine_b`): of particle 1 (3) against its own pair's flight direction, in that
    pair's rest frame; `turn`: azimuth of particle 3 minus that of 1 about z, in turns.
    """
    flight = two_body_momentum(parent, pair_a, pair_b)
    cos_turn, sin_turn = cosine_and_sine_of_turn(turn)
    first = _pair(pair_a, flight, cosine_a, 1.0, 0.0, mass_1, mass_2, frame)
    second = _pair(pair_b, -flight, -cosine_b, cos_turn, sin_turn, mass_3, mass_4, frame)
    return first + second


@inner_kernel(forceinline=True)
def place_two_pairs(momentum, row, parent, pair_a, pair_b, cosine_a, cosine_b, turn,
                    mass_1, mass_2, mass_3, mass_4, frame):
    """`two_pairs` to the rows row ... row + 3 of one event."""
    four = two_pairs(
        parent, pair_a, pair_b, cosine_a, cosine_b, turn, mass_1, mass_2, mass_3, mass_4, frame
    )
    _write_two(momentum, row, four[:8])
    _write_two(momentum, row + 2, four[8:])


@inner_kernel()
def place_many_pairs(chosen, drawn, parent, mass, flat, place):
    """`two_pairs` of n decays at random orientations to 16 n numbers of `flat` from `place` on; LANES at a time.

    `chosen`: (5, n) at least, rows as the arguments of `two_pairs`; `drawn`: (3, n) at least, numbers in
    (0, 1); `mass`: of the four particles, a tuple.
    """
    number, out, total = _lanes(), _lanes(), np.uint64(chosen.shape[1])
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for row in range(5):
            load_lanes(chosen, row, start, lanes, number, np.uint64(row) * LANES)
        for row in range(3):
            load_lanes(drawn, row, start, lanes, number, np.uint64(row + 5) * LANES)
        for j in range(LANES):
            (
                out[j], out[_AT[1] + j], out[_AT[2] + j], out[_AT[3] + j],
                out[_AT[4] + j], out[_AT[5] + j], out[_AT[6] + j], out[_AT[7] + j],
                out[_AT[8] + j], out[_AT[9] + j], out[_AT[10] + j], out[_AT[11] + j],
                out[_AT[12] + j], out[_AT[13] + j], out[_AT[14] + j], out[_AT[15] + j],
            ) = two_pairs(
                parent, number[j], number[_AT[1] + j], number[_AT[2] + j], number[_AT[3] + j],
                number[_AT[4] + j], mass[0], mass[1], mass[2], mass[3],
                orientation(number[_AT[5] + j], number[_AT[6] + j], number[_AT[7] + j]),
            )  # fmt: skip
        store_momenta(out, _FOUR, lanes, flat, np.uint64(place) + start * _SIXTEEN, _SIXTEEN)


@inner_kernel(forceinline=True)
def boost_row(momentum, row, mass, fx, fy, fz, frame_energy, frame_mass):
    """Boost momentum[row] (a particle of mass `mass`) out of a moving rest frame."""
    px, py, pz = momentum[row, 0], momentum[row, 1], momentum[row, 2]
    energy = momentum[row, 3]
    along = fx * px + fy * py + fz * pz
    scale = (energy + along / (frame_energy + frame_mass)) / frame_mass
    px += scale * fx
    py += scale * fy
    pz += scale * fz
    momentum[row, 0] = px
    momentum[row, 1] = py
    momentum[row, 2] = pz
    momentum[row, 3] = math.sqrt(px * px + py * py + pz * pz + mass * mass)
