"""The eikonal factor of soft photons from a decay: rates, bounds and angles.

`radiation` has the formulas; everything here is in the rest frame of the decaying particle.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.elementary_functions import logarithm
from lnvsearch.inner_kernel import inner_kernel

__all__ = ["FINE_STRUCTURE_CONSTANT", "eikonal_ratio", "mean_photon_factor",
           "mean_photon_factor_of_lane"]

#: Fine-structure constant at zero momentum transfer (CODATA 2018).
FINE_STRUCTURE_CONSTANT = 7.2973525693e-3

#: Below this velocity a particle does not radiate: its rate (proportional to the square) is below
#: 1e-8 then.
SLOWEST = 1e-3

#: Columns of `flight`: unit vector of the momentum, beta, 1 - beta, energy (GeV), and 1 for a particle
#: that certainly has no photon.
FLIGHT_COLUMNS = 7
SILENT = 6

_LN_2 = math.log(2.0)
_TWO_TO_MINUS_52 = 2.0**-52


@inner_kernel()
def mean_photon_factor(energy, momentum, mass):
    """Photons per unit of ln(k), for H = 1, from a particle of the given energy (GeV).

    (alpha / pi) [(1 + beta^2) / (2 beta) ln((1 + beta) / (1 - beta)) - 1]: half the back-to-back
    dipole, integrated over angles.

    >>> round(mean_photon_factor(1.54845, 1.54845, 0.000511), 4)    # an electron of J/psi -> ee
    0.0381
    """
    beta = momentum / energy
    log_range = 2.0 * math.log((energy + momentum) / mass)
    return (
        FINE_STRUCTURE_CONSTANT / math.pi * (0.5 * (1.0 + beta * beta) / beta * log_range - 1.0)
    )


@inner_kernel(forceinline=True)
def mean_photon_factor_of_lane(energy, momentum, mass):
    """`mean_photon_factor`, but for the last bits, without a call."""
    beta = momentum / energy
    dipole = 0.5 * (1.0 + beta * beta) / beta * (2.0 * logarithm((energy + momentum) / mass)) - 1.0
    return FINE_STRUCTURE_CONSTANT / math.pi * dipole


@inner_kernel(forceinline=True)
def _logarithm_bound(x):
    """A number above ln(x), by 0.06 at most, for x > 0: the bits of x are linear in log2(x).

    Between powers of two log2 exceeds its chord by 0.08607 at most.
    """
    bits = np.float64(x).view(np.int64)
    return _LN_2 * (bits * _TWO_TO_MINUS_52 - (1023.0 - 0.0861))


@inner_kernel(forceinline=True)
def mean_bound(parent, least_energy, energy, momentum, mass):
    """A number above the mean number of photons of a particle of unit charge, without a logarithm.

    From the largest photon energy next to massless company, and upper bounds of the logarithms.
    """
    range_bound = _logarithm_bound(
        0.5 * (parent - mass) * (parent + mass) / (parent * least_energy)
    )
    logarithm = _logarithm_bound((energy + momentum) / mass)
    dipole = (energy * energy + momentum * momentum) / (energy * momentum) * logarithm - 1.0
    return FINE_STRUCTURE_CONSTANT / math.pi * range_bound * dipole


@inner_kernel(forceinline=True)
def least_silence(mean):
    """A number below exp(-mean): its series ends with a negative term."""
    return 1.0 - mean * (1.0 - mean * (0.5 - mean * (1.0 / 6.0)))


@inner_kernel(forceinline=True)
def largest_excess(first, n, charge, momentum):
    """e of the module's text; 0 where r is at most 1."""
    count, vx, vy, vz = 0.0, 0.0, 0.0, 0.0
    for i in range(first, first + n):
        if charge[i] != 0.0:
            inverse = 1.0 / momentum[i, 3]
            count += 1.0
            vx += inverse * momentum[i, 0]
            vy += inverse * momentum[i, 1]
            vz += inverse * momentum[i, 2]
    return max(0.5 * (count + math.sqrt(vx * vx + vy * vy + vz * vz)) - 1.0, 0.0)


@inner_kernel(forceinline=True)
def fill_flight(first, n, charge, mass, momentum, flight):
    """Rows [first, first + n) of `flight`, (..., FLIGHT_COLUMNS), where the particle is charged."""
    for i in range(first, first + n):
        if charge[i] == 0.0:
            continue
        px, py, pz, energy = momentum[i, 0], momentum[i, 1], momentum[i, 2], momentum[i, 3]
        size = math.sqrt(px * px + py * py + pz * pz)
        inverse = 1.0 / size if size > 0.0 else 0.0
        flight[i, 0], flight[i, 1], flight[i, 2] = px * inverse, py * inverse, pz * inverse
        flight[i, 3] = size / energy
        # 1 - beta without the subtraction that loses all digits for a fast electron.
        flight[i, 4] = mass[i] * mass[i] / (energy * (energy + size))
        flight[i, 5] = energy


@inner_kernel()
def eikonal_ratio(first, n, charge, flight, dx, dy, dz):
    """r of the module's text for the photon direction (dx, dy, dz), a unit vector.

    `flight`: of the daughters [first, first + n), see `fill_flight`.
    """
    jx, jy, jz, drawn = 0.0, 0.0, 0.0, 0.0
    for i in range(first, first + n):
        if charge[i] == 0.0:
            continue
        # v across d is beta ((u - d) + (1 - c) d): no digits are lost along a fast electron.
        ax, ay, az = flight[i, 0] - dx, flight[i, 1] - dy, flight[i, 2] - dz
        one_minus = 0.5 * (ax * ax + ay * ay + az * az)
        pole = flight[i, 4] + flight[i, 3] * one_minus
        scale = flight[i, 3] / pole
        squared = scale * scale * one_minus * (2.0 - one_minus)
        drawn += charge[i] * charge[i] * squared * 2.0 / (2.0 - pole)
        scale *= charge[i]
        jx += scale * (ax + one_minus * dx)
        jy += scale * (ay + one_minus * dy)
        jz += scale * (az + one_minus * dz)
    return (jx * jx + jy * jy + jz * jz) / drawn if drawn > 0.0 else 1.0
