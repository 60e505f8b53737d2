"""Decays of a neutral pion in flight: two photons, Dalitz, double Dalitz, e+ e-.

Kroll and Wada, Phys. Rev. 98 (1955) 1355: the spectrum of x = q^2/M^2 is (1/x) (1 + r/2)
sqrt(1 - r) (1 - x)^3 |F(x)|^2, r = 4 m^2/q^2, F = 1 + a x.  Radiative corrections to the decay
and radiation from its leptons are left out.

Pair masses may be drawn from the mixture (1 - f) true + f flat in the mass, f the *flat
fraction*, with the weight that undoes it.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numba import njit

from lnvsearch import particles
from lnvsearch.generation.eikonal import FINE_STRUCTURE_CONSTANT
from lnvsearch.generation.kaon.kinematics import (
    boost_row,
    frame_about,
    orientation,
    place_three,
    place_two_pairs,
    two_body_momentum,
)
from lnvsearch.generation.kaon.photon_aim import ISOTROPIC, MISSED_SHARPLY, aimed_photon
from lnvsearch.generation.kaon.sharp_aim import pair_density, pair_mass
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = [
    "DALITZ", "DIRECT", "DOUBLE_DALITZ", "FORM_FACTOR_SLOPE", "TWO_PHOTONS",
    "dalitz_ratio", "double_dalitz_ratio", "fill_neutral_pion", "pair_spectrum",
]

#: a of F = 1 + a x, from pi0 -> e+ e- gamma (PDG 2022, pi0 electromagnetic form factor).
FORM_FACTOR_SLOPE = 0.0335

TWO_PHOTONS, DALITZ, DOUBLE_DALITZ, DIRECT = 0, 1, 2, 3
_MAXIMUM_ATTEMPTS = 1_000_000
_POINTS = 200
_ROUNDING = 1e-9


@inner_kernel(forceinline=True)
def pair_spectrum(mass, parent, lepton, slope):
    """dN/dmass of the pair of a Dalitz decay, in 1/GeV, without normalisation."""
    x = (mass / parent) ** 2
    ratio = 4.0 * lepton * lepton / (mass * mass)
    if ratio >= 1.0 or x >= 1.0:
        return 0.0
    form = 1.0 + slope * x
    return (
        2.0 / mass * (1.0 + 0.5 * ratio) * math.sqrt(1.0 - ratio) * (1.0 - x) ** 3 * form * form
    )


@inner_kernel(forceinline=True)
def _double_spectrum(mass_1, mass_2, parent, lepton, slope):
    """d2N/dmass dmass of the two pairs of a double Dalitz decay, without normalisation."""
    if mass_1 + mass_2 >= parent:
        return 0.0
    value = (2.0 * two_body_momentum(parent, mass_1, mass_2) / parent) ** 3
    for mass in (mass_1, mass_2):
        ratio = 4.0 * lepton * lepton / (mass * mass)
        form = 1.0 + slope * (mass / parent) ** 2
        value *= 2.0 / mass * (1.0 + 0.5 * ratio) * math.sqrt(max(1.0 - ratio, 0.0)) * form * form
    return value


@njit(cache=True, error_model="numpy")
def _integrals(parent, lepton, slope, node, node_weight):
    """Integrals of the two spectra: over ln(mass) from threshold, with ln = u^2 nodes.

    The square root at threshold is smooth in u.
    """
    low = 2.0 * lepton
    single, double = 0.0, 0.0
    top = math.sqrt(math.log(parent / low))
    for i in range(len(node)):
        u = top * node[i]
        mass = low * math.exp(u * u)
        jacobian = node_weight[i] * top * 2.0 * u * mass
        single += jacobian * pair_spectrum(mass, parent, lepton, slope)
        if mass + low >= parent:
            continue
        inner = math.sqrt(math.log((parent - mass) / low))
        for j in range(len(node)):
            v = inner * node[j]
            other = low * math.exp(v * v)
            double += (
                jacobian * node_weight[j] * inner * 2.0 * v * other
                * _double_spectrum(mass, other, parent, lepton, slope)
            )
    return single, double


@lru_cache(maxsize=8)
def _normalisation(parent: float, lepton: float, slope: float) -> tuple[float, float]:
    node, weight = np.polynomial.legendre.leggauss(_POINTS)
    single, double = _integrals(parent, lepton, slope, 0.5 * (node + 1.0), 0.5 * weight)
    return float(single), float(double)


def dalitz_ratio(slope: float = FORM_FACTOR_SLOPE) -> float:
    """Gamma(pi0 -> e+ e- gamma) / Gamma(pi0 -> 2 gamma) at lowest order (Kroll and Wada).

    >>> round(dalitz_ratio(0.0), 5)
    0.01185
    """
    single, _ = _normalisation(*_masses(), slope)
    return 2.0 * FINE_STRUCTURE_CONSTANT / (3.0 * math.pi) * single


def double_dalitz_ratio(slope: float = FORM_FACTOR_SLOPE) -> float:
    """Gamma(pi0 -> e+ e- e+ e-) / Gamma(2 gamma), exchange of identical leptons neglected.

    >>> 3.4e-5 < double_dalitz_ratio() < 3.5e-5
    True
    """
    _, double = _normalisation(*_masses(), slope)
    return (FINE_STRUCTURE_CONSTANT / (3.0 * math.pi)) ** 2 * double


def _masses() -> tuple[float, float]:
    return particles.mass_gev("pi0"), particles.mass_gev("e-")


@inner_kernel(forceinline=True)
def _draw_pair(key, event, slot, parent, lepton, slope):
    """Pair mass from the true spectrum."""
    low = 2.0 * lepton
    log_range = math.log(parent / low)
    largest = (1.0 + abs(slope)) ** 2
    for attempt in range(_MAXIMUM_ATTEMPTS):
        u1, u2, u3, u4 = uniform4(key, event, slot, attempt, 1)
        for first, second in ((u1, u2), (u3, u4)):
            mass = low * math.exp(log_range * first)
            if second * 2.0 * largest < mass * pair_spectrum(mass, parent, lepton, slope):
                return mass
    raise RuntimeError("Dalitz decay: no pair mass accepted")


@inner_kernel(forceinline=True)
def _draw_two_pairs(key, event, slot, parent, lepton, slope):
    """Masses of the two pairs from their true spectrum."""
    low = 2.0 * lepton
    log_range = math.log((parent - low) / low)
    largest = (1.0 + abs(slope)) ** 4
    for attempt in range(_MAXIMUM_ATTEMPTS):
        u1, u2, u3, _ = uniform4(key, event, slot, attempt, 1)
        mass_1 = low * math.exp(log_range * u1)
        mass_2 = low * math.exp(log_range * u2)
        value = mass_1 * mass_2 * _double_spectrum(mass_1, mass_2, parent, lepton, slope)
        # With one way out alone, LLVM makes dozens of attempts at once and throws most away.
        if value > 4.0 * largest:
            raise RuntimeError("double Dalitz decay: density above its maximum")
        if u3 * 4.0 * largest < value:
            return mass_1, mass_2
    raise RuntimeError("double Dalitz decay: no pair masses accepted")


@inner_kernel(forceinline=True)
def _draw_angle(key, event, slot, pair, lepton):
    """Cosine from 1 + cos^2 + r sin^2, and three numbers for the orientation."""
    ratio = 4.0 * lepton * lepton / (pair * pair)
    for attempt in range(_MAXIMUM_ATTEMPTS):
        u1, u2, u3, u4 = uniform4(key, event, slot, attempt, 2)
        for first, second in ((u1, u2), (u3, u4)):
            cosine = 2.0 * first - 1.0
            square = cosine * cosine
            if 2.0 * second < 1.0 + square + ratio * (1.0 - square):
                return cosine
    raise RuntimeError("Dalitz decay: no angle accepted")


@inner_kernel(forceinline=True)
def _draw_two_angles(key, event, slot, pair_1, pair_2, lepton):
    """Two cosines and the turn between the planes (in turns) of a double Dalitz decay.

    Two photons polarised across each other: 2 - a - b + a b sin^2(phi), a = beta^2 sin^2(theta)
    of one pair, b of the other; from the contraction of eps(q1, q2, j1, j2) with itself.
    """
    beta_1 = 1.0 - 4.0 * lepton * lepton / (pair_1 * pair_1)
    beta_2 = 1.0 - 4.0 * lepton * lepton / (pair_2 * pair_2)
    for attempt in range(_MAXIMUM_ATTEMPTS):
        u1, u2, u3, u4 = uniform4(key, event, slot, attempt, 2)
        cosine_1, cosine_2 = 2.0 * u1 - 1.0, 2.0 * u2 - 1.0
        a = beta_1 * (1.0 - cosine_1 * cosine_1)
        b = beta_2 * (1.0 - cosine_2 * cosine_2)
        sine = math.sin(2.0 * math.pi * u3)
        value = 2.0 - a - b + a * b * sine * sine
        # A second way out, as in `_draw_two_pairs`; a and b are at most 1.
        if value > 2.0 + _ROUNDING:
            raise RuntimeError("double Dalitz decay: angular density above its maximum")
        if 2.0 * u4 < value:
            return cosine_1, cosine_2, u3
    raise RuntimeError("double Dalitz decay: no angles accepted")


@inner_kernel(forceinline=True)
def _single(key, event, slot, parent, lepton, slope, flat, norm):
    """Pair mass of a Dalitz decay with its weight."""
    low = 2.0 * lepton
    u_choice, u_mass, _, _ = uniform4(key, event, slot, 0, 3)
    if flat > 0.0 and u_choice < flat:
        mass = low + u_mass * (parent - low)
    else:
        mass = _draw_pair(key, event, slot, parent, lepton, slope)
    if flat == 0.0:
        return mass, 1.0
    true = pair_spectrum(mass, parent, lepton, slope) / norm
    return mass, true / ((1.0 - flat) * true + flat / (parent - low))


@inner_kernel(forceinline=True)
def _sharp(key, event, slot, parent, lepton, slope, norm):
    """Pair mass of a Dalitz decay with its weight, as `sharp_aim` draws it."""
    low = 2.0 * lepton
    u_choice, u_mass, _, _ = uniform4(key, event, slot, 0, 3)
    mass = pair_mass(u_choice, u_mass, low, parent)
    if mass == 0.0:
        mass = _draw_pair(key, event, slot, parent, lepton, slope)
    true = pair_spectrum(mass, parent, lepton, slope) / norm
    return mass, true / pair_density(mass, true, low, parent)


@inner_kernel(forceinline=True)
def _double(key, event, slot, parent, lepton, slope, flat, norm):
    """Pair masses of a double Dalitz decay with the weight; the flat part fills the triangle."""
    low = 2.0 * lepton
    side = parent - 2.0 * low
    u_choice, u1, u2, _ = uniform4(key, event, slot, 0, 3)
    if flat > 0.0 and u_choice < flat:
        if u1 + u2 > 1.0:
            u1, u2 = 1.0 - u1, 1.0 - u2
        mass_1, mass_2 = low + side * u1, low + side * u2
    else:
        mass_1, mass_2 = _draw_two_pairs(key, event, slot, parent, lepton, slope)
    if flat == 0.0:
        return mass_1, mass_2, 1.0
    true = _double_spectrum(mass_1, mass_2, parent, lepton, slope) / norm
    return mass_1, mass_2, true / ((1.0 - flat) * true + flat * 2.0 / (side * side))


@njit(cache=True, error_model="numpy")
def _fill(key, first_event, kind, slot, flat, norm, parent, lepton, slope, pion, columns,
          aim, partner, momentum, weight):
    daughters = np.empty((4, 4))
    mass = np.zeros(4)
    count = 2
    if kind == DALITZ:
        count = 3
        mass[0] = mass[1] = lepton
    elif kind == DOUBLE_DALITZ:
        count = 4
        mass[:] = lepton
    elif kind == DIRECT:
        mass[0] = mass[1] = lepton
    inside = two_body_momentum(parent, mass[0], mass[1])
    for i in range(len(momentum)):
        event = first_event + i
        fx, fy, fz = pion[i, 0], pion[i, 1], pion[i, 2]
        frame_energy = math.sqrt(fx * fx + fy * fy + fz * fz + parent * parent)
        u1, u2, u3, _ = uniform4(key, event, slot, 0, 0)
        frame = orientation(u1, u2, u3)
        if kind == DALITZ:
            if aim == MISSED_SHARPLY:
                pair, factor = _sharp(key, event, slot, parent, lepton, slope, norm)
            else:
                pair, factor = _single(key, event, slot, parent, lepton, slope, flat, norm)
            if aim != ISOTROPIC:
                # The photon flies against the frame's z axis, along which the pair does.
                x, y, z, aimed = aimed_photon(
                    key, event, slot, aim, (-frame[6], -frame[7], -frame[8]),
                    0.5 * (parent - pair * pair / parent), (fx, fy, fz, frame_energy), parent,
                    (partner[i, 0], partner[i, 1], partner[i, 2]),
                )
                frame = frame_about(-x, -y, -z, u3)
                factor *= aimed
            cosine = _draw_angle(key, event, slot, pair, lepton)
            place_three(daughters, 0, parent, pair, cosine, lepton, lepton, 0.0, frame)
            weight[i] *= factor
        elif kind == DOUBLE_DALITZ:
            pair_1, pair_2, factor = _double(
                key, event, slot, parent, lepton, slope, flat, norm
            )
            cosine_1, cosine_2, turn = _draw_two_angles(
                key, event, slot, pair_1, pair_2, lepton
            )
            place_two_pairs(
                daughters, 0, parent, pair_1, pair_2, cosine_1, cosine_2, turn,
                lepton, lepton, lepton, lepton, frame,
            )
            weight[i] *= factor
        else:
            energy = 0.5 * parent
            for row in range(2):
                sign = 1.0 - 2.0 * row
                for axis in range(3):
                    daughters[row, axis] = sign * inside * frame[6 + axis]
                daughters[row, 3] = energy
        for row in range(count):
            boost_row(daughters, row, mass[row], fx, fy, fz, frame_energy, parent)
            for axis in range(4):
                momentum[i, columns[row], axis] = daughters[row, axis]


def fill_neutral_pion(
    key: np.ndarray,
    first_event: int,
    kind: int,
    pion: np.ndarray,
    columns: np.ndarray,
    momentum: np.ndarray,
    weight: np.ndarray,
    *,
    slot: int = 0,
    flat_fraction: float = 0.0,
    slope: float = FORM_FACTOR_SLOPE,
    aim: int = ISOTROPIC,
    partner: np.ndarray | None = None,
) -> None:
    """Decay n pions, (n, 4) in GeV, into the given columns of `momentum`, (n, k, 4).

    `kind`: TWO_PHOTONS, DALITZ (e+ e- gamma), DOUBLE_DALITZ (e+ e- e+ e-) or DIRECT (e+ e-);
    `weight`, (n,), is multiplied by the weight of the pair masses.  `slot` keeps the random
    numbers of two pions of one event apart.  `aim`: of the photon of a Dalitz decay, see
    `photon_aim`; for PAIRED, `partner`, (n, 4), is the other photon.
    """
    parent, lepton = _masses()
    norms = _normalisation(parent, lepton, slope)
    _fill(
        key, first_event, kind, slot, float(flat_fraction),
        norms[1] if kind == DOUBLE_DALITZ else norms[0],
        parent, lepton, slope, pion, columns, aim, pion if partner is None else partner,
        momentum, weight,
    )
