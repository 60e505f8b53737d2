"""Final-state radiation: photons from every charged daughter of a decay.

In the rest frame of the parent (mass M), whether it is charged or not, soft photons of the
direction n come from the eikonal factor

    dN = (alpha / 4 pi^2) (dk / k) dn |sum_i Q_i a_i|^2,  a_i = v_i (across n) / (1 - v_i.n),

which is -(alpha/4 pi^2) sum_ij eta_i eta_j Q_i Q_j p_i.p_j k^2 / (p_i.k p_j.k) with the parent
among its particles (Jackson, Classical Electrodynamics, ch. 15; Yennie, Frautschi, Suura, Ann.
Phys. 13 (1961) 379).  Photons are drawn from one charged particle at a time,

    dN_i = (alpha / 2 pi) Q_i^2 (dk / k) D_i(c) dc,
    D_i(c) = 4 beta^2 (1 - c^2) / (1 - beta^2 c^2)^2 * (1 + beta c) / 2,

its share of two charges that fly apart back to back with its velocity beta, c the cosine between
photon and particle; a photon is kept with the probability r = |sum_i Q_i a_i|^2 / sum_i Q_i^2 D_i.
By Schwarz's inequality r is at most sum_i (1 + v_i.n) / 2, hence (N + |sum_i v_i|) / 2 =: 1 + e for
N charged particles.  Where e > 0, a further e times as many photons are drawn, and kept with the
probability (r - 1) / e.  Both together have the eikonal mean and angles of that very event.

Hard photons: with x = k / k_max, a factor H turns the spectrum, (1 + (1 - x)^2) / 2 for spin 1/2
(the splitting function of QED) and 1 - x for all others, and a factor D'/D replaces D, integrated
over angles, by its value in the system of the particle and the rest Y of the decay that the photon
leaves, of mass squared M^2 - 2 M k.  For J/psi -> e+ e- both are the first order of QED, (1 + (1 -
x)^2) / x (ln(s (1 - x) / m^2) - 1).  Kinematics are exact: given k and c, energy and momentum
conservation fix the particle's momentum; Y keeps its direction and its inner structure and is
boosted along it.  Further photons follow one after another, earlier ones being part of Y; how many
there are, and their angles, follow from the momenta without any photon.

Left out: matrix elements of hard photons at wide angles, virtual corrections (they cancel the soft
divergence and leave the rate alone), photon conversion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.generation.eikonal import (
    SILENT,
    SLOWEST,
    eikonal_ratio,
    fill_flight,
    largest_excess,
    least_silence,
    mean_bound,
    mean_photon_factor,
)
from lnvsearch.generation.recoil import across, recoil, stretched
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = [
    "MAXIMUM_PHOTONS", "RadiationSettings", "emit_photon", "photon_number", "radiate",
    "radiate_if_loud",
]  # fmt: skip

#: Room for photons of one event; with a mean below 2 it is never filled (then radiation stops).
MAXIMUM_PHOTONS = 64

_MAXIMUM_ANGLE_TRIALS = 1000


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


@inner_kernel(forceinline=True)
def photon_number(mean, uniform):
    """Poisson number by inversion; `mean` is of order one."""
    if uniform <= 1.0 - mean:
        return 0
    probability = math.exp(-mean)
    cumulative = probability
    count = 0
    while uniform > cumulative and count < MAXIMUM_PHOTONS:
        count += 1
        probability *= mean / count
        cumulative += probability
    return count


@inner_kernel(forceinline=True)
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


@inner_kernel(forceinline=True)
def _dipole_left(parent, photon, mass, rest_squared):
    """`mean_photon_factor` of a particle, in the system that the photon leaves to it and its Y."""
    squared = parent * (parent - 2.0 * photon)
    energy = 0.5 * (squared + mass * mass - rest_squared) / math.sqrt(squared)
    momentum = math.sqrt(max(energy * energy - mass * mass, 0.0))
    if momentum < SLOWEST * energy:
        return 0.0
    return mean_photon_factor(energy, momentum, mass)


@inner_kernel(forceinline=True)
def _stretch(momentum, index, nx, ny, nz, factor):
    """`recoil.stretched` of one row."""
    momentum[index, 0], momentum[index, 1], momentum[index, 2], momentum[index, 3] = stretched(
        momentum[index, 0], momentum[index, 1], momentum[index, 2], momentum[index, 3], nx, ny, nz,
        factor,
    )  # fmt: skip


@inner_kernel()
def emit_photon(parent, emitter, photon_energy, one_minus, one_plus, cos_azimuth, sin_azimuth, mass,
          first, n, momentum, photon, first_photon, n_photons):
    """Add one photon to particle `emitter`, if kinematics allow; returns the photon count."""
    own, emitted, direction, factor, is_allowed = recoil(
        momentum[emitter, 0], momentum[emitter, 1], momentum[emitter, 2], momentum[emitter, 3], parent,
        photon_energy, one_minus, one_plus, cos_azimuth, sin_azimuth, mass[emitter],
    )  # fmt: skip
    if not is_allowed:
        return n_photons
    nx, ny, nz = direction
    for other in range(first, first + n):
        if other != emitter:
            _stretch(momentum, other, nx, ny, nz, factor)
    for other in range(first_photon, n_photons):
        _stretch(photon, other, nx, ny, nz, factor)
    momentum[emitter, 0], momentum[emitter, 1], momentum[emitter, 2], momentum[emitter, 3] = own
    photon[n_photons, 0], photon[n_photons, 1], photon[n_photons, 2] = emitted
    photon[n_photons, 3] = photon_energy
    return n_photons + 1


@inner_kernel(forceinline=True)
def _is_silent(u_count, u_excess, charge, excess, parent, least_energy, energy, size, mass):
    """Whether a particle certainly has no photon: most end here."""
    if size < SLOWEST * energy:
        return True
    mean = charge * charge * mean_bound(parent, least_energy, energy, size, mass)
    return u_count <= least_silence(mean) and u_excess <= 1.0 - excess * mean


@inner_kernel()
def _photons_of(key, event, parent, least_energy, mass, charge, spin_half, first, n, emitter,
                excess, flight, momentum, photon, first_photon, n_photons):
    """Photons of `emitter`, which `flight` has as it was before all radiation; the new count."""
    own, beta, slow = mass[emitter], flight[emitter, 3], flight[emitter, 4]
    energy = flight[emitter, 5]
    size = beta * energy
    rest_squared = max((parent - energy - size) * (parent - energy + size), 0.0)
    heaviest = own + math.sqrt(rest_squared)
    largest = 0.5 * (parent - heaviest) * (parent + heaviest) / parent
    if largest <= least_energy:
        return n_photons
    nx, ny, nz = flight[emitter, 0], flight[emitter, 1], flight[emitter, 2]
    log_range = math.log(largest / least_energy)
    dipole = mean_photon_factor(energy, size, own)
    mean = charge[emitter] * charge[emitter] * log_range * dipole
    u_count, u_excess, _, _ = uniform4(key, event, emitter, 0, 0)
    count = photon_number(mean, u_count)
    for number in range(1, 1 + count + photon_number(excess * mean, u_excess)):
        if n_photons == len(photon):
            break
        u_energy, u_hard, u_azimuth, u_ratio = uniform4(key, event, emitter, number, 0)
        x = math.exp(-log_range * u_energy)
        photon_energy = largest * x
        hardness = 0.5 + 0.5 * (1.0 - x) * (1.0 - x) if spin_half[emitter] else 1.0 - x
        if u_hard > hardness:
            continue
        one_minus, one_plus = _emission_angle(key, event, emitter, number, slow, 1.0 + beta)
        cos_azimuth, sin_azimuth = cosine_and_sine_of_turn(u_azimuth)
        tx, ty, tz = across(nx, ny, nz, cos_azimuth, sin_azimuth)
        cosine, sine = 0.5 * (one_plus - one_minus), math.sqrt(one_minus * one_plus)
        ratio = eikonal_ratio(
            first, n, charge, flight,
            cosine * nx - sine * tx, cosine * ny - sine * ty, cosine * nz - sine * tz,
        )
        keeps = u_ratio < ratio if number <= count else excess * u_ratio < ratio - 1.0
        if keeps and u_hard * dipole <= hardness * _dipole_left(
            parent, photon_energy, own, rest_squared
        ):
            n_photons = emit_photon(
                parent, emitter, photon_energy, one_minus, one_plus, cos_azimuth, sin_azimuth,
                mass, first, n, momentum, photon, first_photon, n_photons,
            )
    return n_photons


@inner_kernel()
def _radiate(key, event, parent, least_energy, mass, charge, spin_half, first, n, excess,
             momentum, photon, n_photons, flight):
    first_photon = n_photons
    fill_flight(first, n, charge, mass, momentum, flight)
    for emitter in range(first, first + n):
        if charge[emitter] != 0.0 and flight[emitter, SILENT] == 0.0:
            n_photons = _photons_of(
                key, event, parent, least_energy, mass, charge, spin_half, first, n, emitter,
                excess, flight, momentum, photon, first_photon, n_photons,
            )
    return n_photons


@inner_kernel(forceinline=True)
def _put_on_shell(mass, first, n, momentum):
    for i in range(first, first + n):
        px, py, pz = momentum[i, 0], momentum[i, 1], momentum[i, 2]
        momentum[i, 3] = math.sqrt(px * px + py * py + pz * pz + mass[i] * mass[i])


@inner_kernel()
def radiate(key, event, parent, least_energy, mass, charge, spin_half, first, n, momentum,
            photon, n_photons, flight):
    """Radiation of one decay in its parent's rest frame; returns the new photon count.

    `parent`: mass of the decaying particle.  Daughters are rows [first, first + n) of
    `momentum`, changed in place; photons are appended to the rows of `photon`; `flight`: room of
    FLIGHT_COLUMNS for as many rows.  The stream's slot is the daughter's row, its attempt the
    photon's number.
    """
    excess = largest_excess(first, n, charge, momentum)
    for i in range(first, first + n):
        if charge[i] != 0.0:
            px, py, pz = momentum[i, 0], momentum[i, 1], momentum[i, 2]
            size = math.sqrt(px * px + py * py + pz * pz)
            u_count, u_excess, _, _ = uniform4(key, event, i, 0, 0)
            is_silent = _is_silent(
                u_count, u_excess, charge[i], excess, parent, least_energy, momentum[i, 3], size,
                mass[i],
            )
            flight[i, SILENT] = 1.0 if is_silent else 0.0
    return radiate_if_loud(
        key, event, parent, least_energy, mass, charge, spin_half, first, n, momentum, photon,
        n_photons, flight,
    )


@inner_kernel(forceinline=True)
def radiate_if_loud(key, event, parent, least_energy, mass, charge, spin_half, first, n, momentum,
                    photon, n_photons, flight):
    """As `radiate`, where the column SILENT of `flight` is known: of charged particles, 1 or 0."""
    is_loud = False
    for i in range(first, first + n):
        is_loud |= charge[i] != 0.0 and flight[i, SILENT] == 0.0
    if is_loud:
        n_photons = _radiate(
            key, event, parent, least_energy, mass, charge, spin_half, first, n,
            largest_excess(first, n, charge, momentum), momentum, photon, n_photons, flight,
        )
    _put_on_shell(mass, first, n, momentum)
    return n_photons
