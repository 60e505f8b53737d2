"""Squared amplitudes of three-body kaon decays as functions of the energies.

Energies in the kaon's rest frame, GeV; each density has its own arbitrary scale, except where
it says that it is absolute.
"""

from __future__ import annotations

import math

from numba import njit

from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "BREMSSTRAHLUNG", "LEPTON_PAIR", "SEMILEPTONIC", "SLOPES", "SOFT_NEUTRINO", "UNIFORM",
    "bremsstrahlung", "density", "lepton_pair", "pion_loop", "semileptonic", "slopes",
    "softness",
]

UNIFORM, SLOPES, SEMILEPTONIC, LEPTON_PAIR, BREMSSTRAHLUNG, SOFT_NEUTRINO = 0, 1, 2, 3, 4, 5


@inner_kernel(forceinline=True)
def slopes(parameter, parent, energy_1, energy_2, energy_3):
    """K -> 3 pi: 1 + g u + h u^2 + k v^2 (PDG, 'Dalitz plot parameters for K -> 3 pi').

    u = (s3 - s0) / m^2, v = (s1 - s2) / m^2, s_i = (p_K - p_i)^2, m the charged pion's mass, 3
    the odd pion.  `parameter`: g, h, k, m, and the squared masses of the pions 1, 2, 3.
    """
    m = parameter[3]
    s1 = parent * parent + parameter[4] - 2.0 * parent * energy_1
    s2 = parent * parent + parameter[5] - 2.0 * parent * energy_2
    s3 = parent * parent + parameter[6] - 2.0 * parent * energy_3
    u = (s3 - (s1 + s2 + s3) / 3.0) / (m * m)
    v = (s1 - s2) / (m * m)
    return 1.0 + parameter[0] * u + parameter[1] * u * u + parameter[2] * v * v


@inner_kernel(forceinline=True)
def semileptonic(parameter, parent, energy_pion, energy_lepton, energy_neutrino):
    """K -> pi l nu: f+^2 (A + B xi + C xi^2), xi = f-/f+ (PDG, 'K_l3 form factors').

    f+ = 1 + lambda' t/m^2 + lambda''/2 t^2/m^4 and f0 = 1 + lambda_0 t/m^2 with the charged
    pion's m.  `parameter`: lambda', lambda'', lambda_0, m, mass of the neutral pion, of the
    lepton.
    """
    pion, lepton = parameter[4], parameter[5]
    t = parent * parent + pion * pion - 2.0 * parent * energy_pion
    scaled = t / (parameter[3] * parameter[3])
    plus = 1.0 + scaled * (parameter[0] + 0.5 * parameter[1] * scaled)
    zero = 1.0 + scaled * parameter[2]
    minus = (zero - plus) * (parent * parent - pion * pion) / t
    largest = 0.5 * (parent * parent + pion * pion - lepton * lepton) / parent
    rest = largest - energy_pion
    squared = lepton * lepton
    a = parent * (2.0 * energy_lepton * energy_neutrino - parent * rest) + squared * (
        0.25 * rest - energy_neutrino
    )
    b = squared * (energy_neutrino - 0.5 * rest)
    c = 0.25 * squared * rest
    return plus * plus * a + plus * minus * b + minus * minus * c


@njit(inline="always", error_model="numpy")
def softness(energy, scale):
    """Factor, 1 at most, that biases a density towards a soft neutrino."""
    ratio = energy / scale
    return 1.0 / (1.0 + ratio * ratio)


@inner_kernel(forceinline=True)
def pion_loop(z, ratio_squared, alpha, beta, vector_ratio_squared):
    """Pion-loop term W_pipi(z) of K+ -> pi+ gamma*, real and imaginary part.

    D'Ambrosio, Ecker, Isidori, Portoles, JHEP 08 (1998) 004, eqs. for W_pipi, F_V and chi:
    [alpha + beta (z - z0)/r^2] / r^2 (1 + z/r_V^2) chi(z), z0 = 1/3 + r^2, r^2 = `ratio_squared`
    = m_pi^2/m_K^2, r_V = m_rho/m_K.
    """
    y = z / ratio_squared
    if y <= 4.0:
        real = math.sqrt(4.0 / y - 1.0) * math.asin(0.5 * math.sqrt(y))
        imaginary = 0.0
    else:
        root = math.sqrt(1.0 - 4.0 / y)
        real = -0.5 * root * math.log((1.0 - root) / (1.0 + root))
        imaginary = -0.5 * root * math.pi
    chi = 4.0 / 9.0 - 4.0 / (3.0 * y) - (1.0 - 4.0 / y) * real / 3.0
    chi_imaginary = -(1.0 - 4.0 / y) * imaginary / 3.0
    factor = (alpha + beta * (z - 1.0 / 3.0 - ratio_squared) / ratio_squared) / ratio_squared
    factor *= 1.0 + z / vector_ratio_squared
    return factor * chi, factor * chi_imaginary


@inner_kernel(forceinline=True)
def lepton_pair(parameter, parent, energy_plus, energy_minus, energy_pion):
    """K+ -> pi+ gamma* -> pi+ l+ l-: |W(z)|^2 (2 P.l+ P.l- - P^2 q^2/2) / M^4, P = p_K + p_pi.

    One photon between two spinless mesons: the lepton's angle to the pion follows sin^2 with
    mass terms.  W = c (a + b z) + loop, z = q^2/M^2, c = G_F M^2.  `parameter`: a, b, c, the
    pion's mass, alpha, beta, squared mass ratios of pion and rho to the kaon.
    """
    pion = parameter[3]
    squared = parent * parent + pion * pion - 2.0 * parent * energy_pion
    z = squared / (parent * parent)
    real, imaginary = pion_loop(z, parameter[6], parameter[4], parameter[5], parameter[7])
    real += parameter[2] * (parameter[0] + parameter[1] * z)
    plus = 2.0 * parent * energy_plus - 0.5 * squared
    minus = 2.0 * parent * energy_minus - 0.5 * squared
    sum_squared = 2.0 * parent * parent + 2.0 * pion * pion - squared
    current = 2.0 * plus * minus - 0.5 * sum_squared * squared
    return (real * real + imaginary * imaginary) * max(current, 0.0) / parent**4


@inner_kernel(forceinline=True)
def bremsstrahlung(parameter, parent, energy_pion, energy_neutral, energy_photon):
    """K+ -> pi+ pi0 gamma, inner bremsstrahlung: -(p_pi/(p_pi.k) - p_K/(p_K.k))^2, GeV^-2.

    Low, Phys. Rev. 110 (1958) 974; exact for a constant K pi pi amplitude.  `parameter`: masses
    of the charged and the neutral pion.
    """
    pion, neutral = parameter[0], parameter[1]
    pair = parent * parent + neutral * neutral - 2.0 * parent * energy_neutral
    with_pion = 0.5 * (pair - pion * pion)
    with_kaon = parent * energy_photon
    value = (
        2.0 * parent * energy_pion / (with_pion * with_kaon)
        - pion * pion / (with_pion * with_pion)
        - 1.0 / (energy_photon * energy_photon)
    )
    return max(value, 0.0)


@inner_kernel(forceinline=True)
def density(kind, parameter, parent, energy_1, energy_2, energy_3):
    """The density that `kind` names."""
    if kind == SLOPES:
        return slopes(parameter, parent, energy_1, energy_2, energy_3)
    if kind == SEMILEPTONIC:
        return semileptonic(parameter, parent, energy_1, energy_2, energy_3)
    if kind == SOFT_NEUTRINO:
        value = semileptonic(parameter, parent, energy_1, energy_2, energy_3)
        return value * softness(energy_3, parameter[6])
    if kind == LEPTON_PAIR:
        return lepton_pair(parameter, parent, energy_1, energy_2, energy_3)
    if kind == BREMSSTRAHLUNG:
        return bremsstrahlung(parameter, parent, energy_1, energy_2, energy_3)
    return 1.0
