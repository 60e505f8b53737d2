"""Turn decays so that what is not measured flies backwards more often, and drop the rest early.

A decay of a spinless particle has no preferred direction.  An event whose unmeasured particles
carry (E, p) can pass a search for fully measured decays only where they have little energy and
transverse momentum in the laboratory: where p points backwards.  The cosine of p is therefore
drawn from

    (1 - f - s) / 2 + f (1 + d/2) d / (x + d)^2 + s c / x^2 (x > e),   x = 1 + cos, 0 < x < 2,

with d = max(10^-3, min(width_energy / p, (width_pt / p)^2 / 2)) narrower for a larger p, and the
weight (1/2) / density, at most 1 / (1 - f - s), undoes it.  The share s is for a single photon,
which may also fly softly forward into a calorimeter that does not veto.  Where a neutrino and the
photon of a Dalitz decay are both missed, the event is turned for the neutrino before the pi0
decays, and the photon is aimed by the orientation of that decay: see `photon_aim`.
"""

from __future__ import annotations

import math

from numba import njit

from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = ["AIMED_FRACTION", "PHOTON_FRACTIONS", "aim_backwards", "missing_is_small"]

#: f above, for neutrinos: the rest keeps every weight below 1 / (1 - f) = 5.
AIMED_FRACTION = 0.8
#: f and s above, where the photon of a Dalitz decay is all that is missed.
PHOTON_FRACTIONS = (0.5, 0.35)
# Energy (16 MeV, times a boost of 152 = 2.4 GeV) and p_T (30 MeV) that a search may miss.
_ENERGY_WIDTH_GEV = 0.016
_TRANSVERSE_WIDTH_GEV = 0.030
_NARROWEST = 1e-3
# e: photons reach the calorimeter below about 15 mrad, for x > 0.3.
_FORWARD_EDGE = 0.3


@inner_kernel(forceinline=True)
def _missing(momentum, event, columns):
    x, y, z, energy = 0.0, 0.0, 0.0, 0.0
    for column in columns:
        x += momentum[event, column, 0]
        y += momentum[event, column, 1]
        z += momentum[event, column, 2]
        energy += momentum[event, column, 3]
    return x, y, z, energy


@njit(cache=True, error_model="numpy")
def aim_backwards(key, first_event, columns, fraction, forward, momentum, weight, narrowing=1.0):
    """Rotate whole events, (n, k, 4), and multiply their weights.

    `columns`: of the particles that a search does not measure; `fraction`, `forward`: f and s
    of the module; `narrowing`: of the peak.  An event that misses nothing stays as it is.
    """
    n_columns = momentum.shape[1]
    edge = 1.0 / _FORWARD_EDGE
    for i in range(len(momentum)):
        x, y, z, _ = _missing(momentum, i, columns)
        size = math.sqrt(x * x + y * y + z * z)
        if size < 1e-9:
            continue
        ratio = _TRANSVERSE_WIDTH_GEV / size
        width = max(narrowing * min(_ENERGY_WIDTH_GEV / size, 0.5 * ratio * ratio), _NARROWEST)
        u_choice, u_cosine, u_azimuth, _ = uniform4(key, first_event + i, 0, 0, 0)
        if u_choice < forward:
            above = 1.0 / (edge - u_cosine * (edge - 0.5))
        elif u_choice < forward + fraction:
            # The cumulative of the peak is (1 + width/2) x / (x + width).
            share = u_cosine / (1.0 + 0.5 * width)
            above = min(width * share / (1.0 - share), 2.0)
        else:
            above = 2.0 * u_cosine
        peak = (1.0 + 0.5 * width) * width / ((above + width) * (above + width))
        density = 0.5 * (1.0 - fraction - forward) + fraction * peak
        if above > _FORWARD_EDGE:
            density += forward / ((edge - 0.5) * above * above)
        weight[i] *= 0.5 / density
        side = math.sqrt(max(above * (2.0 - above), 0.0))
        cos_azimuth, sin_azimuth = cosine_and_sine_of_turn(u_azimuth)
        # Half a turn about the bisector of old and new direction takes one to the other.
        hx = x / size + side * cos_azimuth
        hy = y / size + side * sin_azimuth
        hz = z / size + above - 1.0
        square = hx * hx + hy * hy + hz * hz
        if square < 1e-20:  # exactly opposite: turn about an axis across
            hx, hy, hz = -y / size, x / size, 0.0
            square = hx * hx + hy * hy
            if square < 1e-20:
                hx, square = 1.0, 1.0
        for column in range(n_columns):
            px, py, pz = momentum[i, column, 0], momentum[i, column, 1], momentum[i, column, 2]
            along = 2.0 * (px * hx + py * hy + pz * hz) / square
            momentum[i, column, 0] = along * hx - px
            momentum[i, column, 1] = along * hy - py
            momentum[i, column, 2] = along * hz - pz


@njit(cache=True, error_model="numpy")
def missing_is_small(columns, gamma, beta, most_energy, most_transverse, momentum, kept):
    """Indices of the events whose unmeasured particles stay below both bounds; returns how many.

    Laboratory energy gamma (E + beta p_z) and p_T, GeV, of the sum of `columns`.
    """
    count = 0
    for i in range(len(momentum)):
        x, y, z, energy = _missing(momentum, i, columns)
        if (
            gamma * (energy + beta * z) < most_energy
            and x * x + y * y < most_transverse * most_transverse
        ):
            kept[count] = i
            count += 1
    return count
