"""Particles that certainly miss a chamber: decays that need them end before anything is drawn for a track.

Scattering moves a particle by a bounded way, as the normal numbers that it is drawn with are bounded.
"""

from __future__ import annotations

import math

from lnvsearch.detector.material import PHOTONS_PER_X0
from lnvsearch.inner_kernel import inner_kernel

__all__ = ["certainly_silent", "is_hopeless"]

_ROOT_2 = math.sqrt(2.0)
#: A pair of normal numbers of 32 bits is sqrt(-2 ln 2^-33) = 6.764 from zero at most (`random_lanes`).
_LARGEST_NORMAL = 7.3
#: Particles with larger slopes, or that scatter by larger angles, are not judged.
_LARGEST_SLOPE, _LARGEST_ANGLE = 0.2, 0.01
#: More than what numbers of 53 bits are rounded by on the way.
_ROUNDING_M = 1e-9
#: Ways through a chamber along a slope of 0.21 at most, in units of its thickness.
_LONGEST_WAY = 1.03


@inner_kernel(forceinline=True)
def _misses(x, y, hole_x, straws, margin):
    """Whether a chamber sees no point that is nearer than `margin` to one; see `flight.in_chamber`."""
    half, outer = straws.hole_half_size_m - margin, straws.outer_radius_m + margin
    across, up = abs(x - hole_x), abs(y)
    in_hole = ((across < half) & (up < half)) | (across + up < _ROOT_2 * half)
    return in_hole | (x * x + y * y > outer * outer)


@inner_kernel(forceinline=True)
def is_hopeless(origin, three_momentum, slope_x, slope_y, momentum, mass, charge, straws,
                scattering_gev):  # fmt: skip
    """Whether a particle that neither decays nor radiates before the magnet certainly misses a chamber.

    Its line without scattering is followed.  In a chamber the slopes change by less than 6.77 theta.
    In the magnet a change grows by the derivative of u / sqrt(1 - u^2) at most, where u is the part of
    the direction across z: by 7.5 % for slopes below 0.2 and changes below 0.02, less than what
    _LARGEST_NORMAL has to spare.  On the way to a chamber the changes in all chambers before it add up.
    The third chamber is left out: few particles miss it and no other.
    """
    z_0, z_1, z_2, z_3 = straws.chamber_z_m
    hole_0, hole_1, _, hole_3 = straws.hole_centre_x_m
    x, y, z = origin
    px, py, pz = three_momentum
    inverse = 1.0 / momentum
    # sqrt(1 + a) < 1 + a / 2.
    angle = _LARGEST_NORMAL * scattering_gev * inverse * (1.0 + 0.5 * (mass * inverse) * (mass * inverse))
    limit = _LARGEST_SLOPE * _LARGEST_SLOPE
    is_judged = (angle < _LARGEST_ANGLE) & (slope_x * slope_x + slope_y * slope_y < limit)
    way = z_0 - z
    misses = _misses(x + slope_x * way, y + slope_y * way, hole_0, straws, _ROUNDING_M)
    way, margin = z_1 - z, angle * (z_1 - z_0) + _ROUNDING_M
    misses |= _misses(x + slope_x * way, y + slope_y * way, hole_1, straws, margin)
    way = straws.magnet_z_m - z
    x, y = x + slope_x * way, y + slope_y * way
    # `kinematics.kicked`; a particle that is turned around gets slopes that are too large, or none.
    kick = charge * straws.magnet_kick_gev
    inverse = 1.0 / math.sqrt(max(pz * pz + kick * (2.0 * px - kick), 0.0))
    slope_x, slope_y = (px - kick) * inverse, py * inverse
    is_judged_behind = slope_x * slope_x + slope_y * slope_y < limit
    way, margin = z_3 - straws.magnet_z_m, angle * (3.0 * z_3 - z_2 - z_1 - z_0) + _ROUNDING_M
    behind = _misses(x + slope_x * way, y + slope_y * way, hole_3, straws, margin)
    return is_judged & (misses | (is_judged_behind & behind))


@inner_kernel(forceinline=True)
def certainly_silent(first, second, straws):
    """Whether a hopeless electron radiates in neither chamber before the magnet, of two uniform numbers."""
    return max(first, second) < 1.0 - PHOTONS_PER_X0 * _LONGEST_WAY * straws.thickness_x0
