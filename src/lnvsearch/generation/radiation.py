"""Final-state radiation: photons from every charged daughter of a decay.

One charged particle at a time radiates against the rest Y of its decay, in the parent's frame
(mass M).  The number of photons is Poisson distributed with the density

    dN = (alpha / 2 pi) (dk / k) H(x) D(c) dc,
    D(c) = 4 beta^2 (1 - c^2) / (1 - beta^2 c^2)^2 * (1 + beta c) / 2,

that is the eikonal (soft-photon) radiation of two charges that fly apart back to back with
velocity beta (e.g. Jackson, Classical Electrodynamics, ch. 15), of which the factor
(1 + beta c)/2 gives one particle its share.  c is the cosine of the angle between photon and
particle, x = k / k_max, and H turns the soft into a hard spectrum: H = (1 + (1 - x)^2) / 2 for
spin 1/2 (the splitting function of QED) and H = 1 - x for all others.  Kinematics are exact:
given k and c, energy and momentum conservation fix the particle's momentum; Y keeps its
direction and its inner structure and is boosted along it.  Further photons follow one after
another, earlier ones being part of Y.

Left out: interference between particles (beyond the back-to-back picture), virtual corrections
(they cancel the soft divergence and leave the rate alone), photon conversion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from lnvsearch.random_streams import uniform4

__all__ = ["FINE_STRUCTURE_CONSTANT", "RadiationSettings", "mean_photon_factor"]

#: Fine-structure constant at zero momentum transfer (CODATA 2018).
FINE_STRUCTURE_CONSTANT = 7.2973525693e-3

#: Room for photons of one event; with a mean below 2 it is never filled (then radiation stops).
MAXIMUM_PHOTONS = 64

_MAXIMUM_ANGLE_TRIALS = 1000
_LN_2 = math.log(2.0)
_TWO_TO_MINUS_52 = 2.0**-52
# Below this velocity the rate (proportional to its square) is below 1e-8 a particle.
_SLOWEST = 1e-3


@dataclass(frozen=True)
class RadiationSettings:
    """Final-state radiation.

    `photon_energy_cut`: least photon energy as a fraction of the decaying particle's mass.
    What lies below is not generated; at the default it carries 0.01 MeV on average in
    J/psi -> e+ e-, far below every resolution.  ValueError unless 1e-8 <= cut < 0.1.
    """

    photon_energy_cut: float = 1e-4

    def __post_init__(self) -> None:
        if not 1e-8 <= self.photon_energy_cut < 0.1:
            raise ValueError(
                f"photon_energy_cut is {self.photon_energy_cut}: give a fraction of the parent's "
                "mass in [1e-8, 0.1); 1e-4 is usual"
            )


@njit(cache=True, error_model="numpy")
def mean_photon_factor(energy, momentum, mass):
    """Photons per unit of ln(k), for H = 1, from a particle of the given energy (GeV).

    (alpha / pi) [(1 + beta^2) / (2 beta) ln((1 + beta) / (1 - beta)) - 1]: half the back-to-back
    dipole, integrated over angles.

    >>> round(mean_photon_factor(1.54845, 1.54845, 0.000511), 4)    # an electron of J/psi -> ee
    0.0381
    """
    beta = momentum / energy
    logarithm = 2.0 * math.log((energy + momentum) / mass)
    return (
        FINE_STRUCTURE_CONSTANT / math.pi * (0.5 * (1.0 + beta * beta) / beta * logarithm - 1.0)
    )


@njit(cache=True, error_model="numpy", forceinline=True)
def _logarithm_bound(x):
    """A number above ln(x), by 0.06 at most, for x > 0: the bits of x are linear in log2(x).

    Between powers of two log2 exceeds its chord by 0.08607 at most.
    """
    bits = np.float64(x).view(np.int64)
    return _LN_2 * (bits * _TWO_TO_MINUS_52 - (1023.0 - 0.0861))


@njit(cache=True, error_model="numpy", forceinline=True)
def _least_silence(parent, least_energy, energy, momentum, mass):
    """A number below the probability that a particle radiates no photon, without a logarithm.

    From the largest photon energy next to massless company, and upper bounds of the logarithms;
    the series of exp(-x) that ends with a negative term lies below it.  Most particles end here.
    """
    range_bound = _logarithm_bound(
        0.5 * (parent - mass) * (parent + mass) / (parent * least_energy)
    )
    logarithm = _logarithm_bound((energy + momentum) / mass)
    dipole = (energy * energy + momentum * momentum) / (energy * momentum) * logarithm - 1.0
    mean = FINE_STRUCTURE_CONSTANT / math.pi * range_bound * dipole
    return 1.0 - mean * (1.0 - mean * (0.5 - mean * (1.0 / 6.0)))


@njit(cache=True, error_model="numpy", forceinline=True)
def _poisson(mean, uniform):
    """Poisson number by inversion; `mean` is of order one."""
    probability = math.exp(-mean)
    cumulative = probability
    count = 0
    while uniform > cumulative and count < MAXIMUM_PHOTONS:
        count += 1
        probability *= mean / count
        cumulative += probability
    return count


@njit(cache=True, error_model="numpy", forceinline=True)
def _emission_angle(key, event, slot, attempt, slow, fast):
    """1 - c and 1 + c of a photon, for 1 - beta = `slow` and 1 + beta = `fast`.

    1 - beta c is drawn log-uniformly, and accepted by (1 - c^2) / (1 - beta^2 c^2).
    """
    beta = 0.5 * (fast - slow)
    log_range = math.log(fast / slow)
    for trial in range(_MAXIMUM_ANGLE_TRIALS):
        u1, u2, u3, u4 = uniform4(key, event, slot, attempt, 1 + trial)
        for first, second in ((u1, u2), (u3, u4)):
            pole = slow * math.exp(log_range * first)
            one_minus = max(pole - slow, 0.0) / beta
            one_plus = max(fast - pole, 0.0) / beta
            if second * pole * (2.0 - pole) < one_minus * one_plus:
                return one_minus, one_plus
    return 1.0, 1.0


@njit(cache=True, error_model="numpy", forceinline=True)
def _recoil_momentum(parent, photon, cosine, mass, rest_squared):
    """Momentum of the emitter next to a photon at angle `cosine`; negative if impossible.

    The larger root of 2 (M - k) E + 2 k c p = M^2 - 2 M k + m^2 - m_Y^2.
    """
    a = 2.0 * (parent - photon)
    b = 2.0 * photon * cosine
    c = parent * parent - 2.0 * parent * photon + mass * mass - rest_squared
    discriminant = c * c - (a * a - b * b) * mass * mass
    if discriminant < 0.0 or c <= 0.0:
        return -1.0
    momentum = (a * math.sqrt(discriminant) - b * c) / (a * a - b * b)
    if c - b * momentum <= 0.0:
        return -1.0
    return momentum


@njit(cache=True, error_model="numpy", forceinline=True)
def _stretch(momentum, index, nx, ny, nz, factor):
    """Boost of one row along (nx, ny, nz): E + p_parallel grows by `factor`."""
    px, py, pz = momentum[index, 0], momentum[index, 1], momentum[index, 2]
    energy = momentum[index, 3]
    along = px * nx + py * ny + pz * nz
    plus = (energy + along) * factor
    minus = (energy - along) / factor
    shift = 0.5 * (plus - minus) - along
    momentum[index, 0] = px + shift * nx
    momentum[index, 1] = py + shift * ny
    momentum[index, 2] = pz + shift * nz
    momentum[index, 3] = 0.5 * (plus + minus)


@njit(cache=True, error_model="numpy")
def _emit(parent, emitter, photon_energy, one_minus, one_plus, azimuth, mass, first, n, momentum,
          photon, first_photon, n_photons):
    """Add one photon to particle `emitter`, if kinematics allow; returns the photon count."""
    px, py, pz = momentum[emitter, 0], momentum[emitter, 1], momentum[emitter, 2]
    size = math.sqrt(px * px + py * py + pz * pz)
    rest_energy = parent - momentum[emitter, 3]
    rest_squared = max((rest_energy - size) * (rest_energy + size), 0.0)
    cosine = 0.5 * (one_plus - one_minus)
    after = _recoil_momentum(parent, photon_energy, cosine, mass[emitter], rest_squared)
    if after <= 0.0:
        return n_photons
    # Photon and emitter share the transverse momentum; their sum flies along the old direction.
    sine = math.sqrt(one_minus * one_plus)
    total = math.sqrt(
        after * after + photon_energy * photon_energy + 2.0 * after * photon_energy * cosine
    )
    if total <= 0.0:
        return n_photons
    nx, ny, nz = px / size, py / size, pz / size
    # Two axes across the flight direction (Duff et al., JCGT 6 (2017) 1: no branch is singular).
    sign = math.copysign(1.0, nz)
    a = -1.0 / (sign + nz)
    b = nx * ny * a
    cos_azimuth, sin_azimuth = math.cos(azimuth), math.sin(azimuth)
    tx = cos_azimuth * (1.0 + sign * nx * nx * a) + sin_azimuth * b
    ty = cos_azimuth * sign * b + sin_azimuth * (sign + ny * ny * a)
    tz = -cos_azimuth * sign * nx - sin_azimuth * ny
    across = after * photon_energy * sine / total
    along_emitter = after * (after + photon_energy * cosine) / total
    along_photon = photon_energy * (photon_energy + after * cosine) / total

    factor = (math.sqrt(total * total + rest_squared) + total) / (rest_energy + size)
    for other in range(first, first + n):
        if other != emitter:
            _stretch(momentum, other, -nx, -ny, -nz, factor)
    for other in range(first_photon, n_photons):
        _stretch(photon, other, -nx, -ny, -nz, factor)

    momentum[emitter, 0] = along_emitter * nx + across * tx
    momentum[emitter, 1] = along_emitter * ny + across * ty
    momentum[emitter, 2] = along_emitter * nz + across * tz
    momentum[emitter, 3] = math.sqrt(after * after + mass[emitter] * mass[emitter])
    photon[n_photons, 0] = along_photon * nx - across * tx
    photon[n_photons, 1] = along_photon * ny - across * ty
    photon[n_photons, 2] = along_photon * nz - across * tz
    photon[n_photons, 3] = photon_energy
    return n_photons + 1


@njit(cache=True, error_model="numpy")
def radiate(key, event, parent, least_energy, mass, charged, spin_half, first, n, momentum,
            photon, n_photons):
    """Radiation of one decay in its parent's rest frame; returns the new photon count.

    `parent`: mass of the decaying particle.  Daughters are rows [first, first + n) of
    `momentum`, changed in place; photons are appended to the rows of `photon`.  The stream's
    slot is the daughter's row, its attempt the photon's number.
    """
    first_photon = n_photons
    for emitter in range(first, first + n):
        if not charged[emitter]:
            continue
        energy = momentum[emitter, 3]
        px, py, pz = momentum[emitter, 0], momentum[emitter, 1], momentum[emitter, 2]
        size = math.sqrt(px * px + py * py + pz * pz)
        uniform = uniform4(key, event, emitter, 0, 0)[0]
        if size < _SLOWEST * energy or uniform <= _least_silence(
            parent, least_energy, energy, size, mass[emitter]
        ):
            continue
        rest_squared = max((parent - energy - size) * (parent - energy + size), 0.0)
        heaviest = mass[emitter] + math.sqrt(rest_squared)
        largest = 0.5 * (parent - heaviest) * (parent + heaviest) / parent
        if largest <= least_energy:
            continue
        log_range = math.log(largest / least_energy)
        mean = log_range * mean_photon_factor(energy, size, mass[emitter])
        count = _poisson(mean, uniform)
        for number in range(1, count + 1):
            if n_photons == len(photon):
                return n_photons
            u_energy, u_spectrum, u_azimuth, _ = uniform4(key, event, emitter, number, 0)
            x = math.exp(-log_range * u_energy)
            hard = 0.5 + 0.5 * (1.0 - x) * (1.0 - x) if spin_half[emitter] else 1.0 - x
            if u_spectrum > hard:
                continue
            # 1 - beta without the subtraction that loses all digits for a fast electron.
            slow = mass[emitter] * mass[emitter] / (energy * (energy + size))
            one_minus, one_plus = _emission_angle(
                key, event, emitter, number, slow, 1.0 + size / energy
            )
            n_photons = _emit(
                parent, emitter, largest * x, one_minus, one_plus, 2.0 * math.pi * u_azimuth,
                mass, first, n, momentum, photon, first_photon, n_photons,
            )
    for particle in range(first, first + n):
        px, py, pz = momentum[particle, 0], momentum[particle, 1], momentum[particle, 2]
        momentum[particle, 3] = math.sqrt(
            px * px + py * py + pz * pz + mass[particle] * mass[particle]
        )
    return n_photons


@njit(cache=True, error_model="numpy")
def radiate_all(key, first_event, parent, least_energy, mass, charged, spin_half, primary,
                first_column, momentum):
    """Radiation of n decays of one parent: bit for bit `radiate` of each, in less time.

    `primary`: (n, k, 4), all daughters, changed in place; photons fill `momentum[:, first_column:]`
    and zeros the rest of it.  A first pass over the emitters finds the decays without a photon,
    which are most; it calls nothing that arrays are handed to, as that costs more than its work.
    """
    n, k = primary.shape[0], primary.shape[1]
    silent = np.ones(n, dtype=np.bool_)
    for emitter in range(k):
        if not charged[emitter]:
            continue
        for i in range(n):
            energy = primary[i, emitter, 3]
            px, py, pz = primary[i, emitter, 0], primary[i, emitter, 1], primary[i, emitter, 2]
            size = math.sqrt(px * px + py * py + pz * pz)
            uniform = uniform4(key, first_event + i, emitter, 0, 0)[0]
            silent[i] &= size < _SLOWEST * energy or uniform <= _least_silence(
                parent, least_energy, energy, size, mass[emitter]
            )
    momentum[:, first_column:] = 0.0
    photon = np.empty((momentum.shape[1] - first_column, 4))
    for i in range(n):
        if silent[i]:
            for j in range(k):
                px, py, pz = primary[i, j, 0], primary[i, j, 1], primary[i, j, 2]
                primary[i, j, 3] = math.sqrt(px * px + py * py + pz * pz + mass[j] * mass[j])
            continue
        count = radiate(
            key, first_event + i, parent, least_energy, mass, charged, spin_half, 0, k,
            primary[i], photon, 0,
        )
        for column in range(count):
            for axis in range(4):
                momentum[i, first_column + column, axis] = photon[column, axis]
