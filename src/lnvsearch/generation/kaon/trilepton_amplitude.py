"""Amplitude of K+ -> l+ nu l'+ l'-, l' = l: Bijnens, Ecker and Gasser.

Nucl. Phys. B396 (1993) 81: T = -i G_F e^2 V_us^* (1/q^2) ubar(l-) gamma_mu v(l+) {F_K L^mu -
H^{mu nu} l_nu}, minus the same with the two l+ exchanged.  L^mu is inner bremsstrahlung, which
helicity suppresses, H^{mu nu} the structure-dependent part with the form factors V1, A1, A2 and
A4 of the next-to-leading order, momentum-dependent through the vector form factor of the kaon.
"""

from __future__ import annotations

import math


from lnvsearch.generation.kaon.spinors import (
    add,
    dot,
    lepton_spinors,
    neutrino_spinor,
    pair_currents,
    row,
    sigma_current,
    square,
    weak_current,
)
from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "KAON_DECAY_CONSTANT", "bremsstrahlung_vector", "hadron_vector", "kaon_form_factor",
    "squared_amplitude",
]

#: F_K and F_pi in GeV, in the convention F = f / sqrt 2: f_K+ = 155.7 MeV, f_pi+ = 130.2 MeV
#: (PDG 2022, review of leptonic decays of charged pseudoscalar mesons).
KAON_DECAY_CONSTANT = 0.1557 / math.sqrt(2.0)
PION_DECAY_CONSTANT = 0.1302 / math.sqrt(2.0)
#: L9 + L10 of the chiral Lagrangian (Bijnens, Ecker, Gasser; from pi -> e nu gamma).
L9_PLUS_L10 = 1.4e-3
# V1 = -1 / (8 pi^2 F), A1 = -4 (L9 + L10) / F, in 1/GeV.
_V1 = -1.0 / (8.0 * math.pi**2 * PION_DECAY_CONSTANT)
_A1 = -4.0 * L9_PLUS_L10 / PION_DECAY_CONSTANT
# Squared masses of rho, omega and phi, GeV^2 (PDG 2022), and their shares in the kaon's form
# factor by the quarks' charges and SU(3): 1/2, 1/6, 1/3.
_RHO, _OMEGA, _PHI = 0.77526**2, 0.78266**2, 1.019461**2


@inner_kernel(forceinline=True)
def kaon_form_factor(squared):
    """F_V - 1 over q^2 (1/GeV^2) of the charged kaon, by vector-meson dominance.

    At q^2 = 0 it is <r^2>/6 = 1.42/GeV^2, r = 0.577 fm; PDG: r = 0.560 +- 0.031 fm.
    """
    return (
        0.5 / (_RHO - squared) + (1.0 / 6.0) / (_OMEGA - squared) + (1.0 / 3.0) / (_PHI - squared)
    )


@inner_kernel(forceinline=True)
def bremsstrahlung_vector(q, charged, neutrino, lepton, mass, kaon):
    """L^mu of one spinor of l+, `lepton`.

    L^mu = m ubar(nu) (1 + gamma5) [(2p - q)^mu / (2 p.q - q^2) - (2 p_l^mu + qslash gamma^mu) /
    (2 p_l.q + q^2)] v(l).  `q`, `charged`: four-momenta of photon and l+; `kaon`: mass.
    """
    squared = dot(q, q)
    with_kaon = 2.0 * mass / (2.0 * kaon * q[3] - squared)
    with_lepton = 2.0 * mass / (2.0 * dot(charged, q) + squared)
    n0, n1 = neutrino
    # a = sigmabar.q n, sigmabar.q = E + q.sigma.
    a0 = (q[3] + q[2]) * n0 + complex(q[0], -q[1]) * n1
    a1 = complex(q[0], q[1]) * n0 + (q[3] - q[2]) * n1
    turned = sigma_current(a0, a1, lepton[2], lepton[3], 1.0)
    scalar = n0.conjugate() * lepton[2] + n1.conjugate() * lepton[3]
    of_kaon, of_lepton = with_kaon * scalar, 2.0 * with_lepton * scalar
    return (
        -q[0] * of_kaon - charged[0] * of_lepton - with_lepton * turned[0],
        -q[1] * of_kaon - charged[1] * of_lepton - with_lepton * turned[1],
        -q[2] * of_kaon - charged[2] * of_lepton - with_lepton * turned[2],
        (2.0 * kaon - q[3]) * of_kaon - charged[3] * of_lepton - with_lepton * turned[3],
    )


@inner_kernel(forceinline=True)
def hadron_vector(q, w, kaon, v1, a1, a2, a4, weak):
    """H^{mu nu} l_nu for one weak current l = `weak`.

    H^{mu nu} = i V1 eps^{mu nu a b} q_a p_b - A1 (q.W g - W^mu q^nu) - A2 (q^2 g - q^mu q^nu) -
    A4 (q.W q^mu - q^2 W^mu) W^nu.  `q`: photon; `w` = p - q.  The sign of eps is the one for
    which V1 + A1 multiplies the SD+ term of K -> e nu gamma.
    """
    squared, product = dot(q, q), dot(q, w)
    along_q, along_w = dot(q, weak), dot(w, weak)
    of_weak = -a1 * product - a2 * squared
    of_q = a2 * along_q - a4 * product * along_w
    of_w = a1 * along_q + a4 * squared * along_w
    # The kaon is at rest: only b = E counts, and the rest is a cross product.
    curl = complex(0.0, v1 * kaon)
    return (
        of_weak * weak[0] + of_q * q[0] + of_w * w[0] + curl * (weak[1] * q[2] - weak[2] * q[1]),
        of_weak * weak[1] + of_q * q[1] + of_w * w[1] + curl * (weak[2] * q[0] - weak[0] * q[2]),
        of_weak * weak[2] + of_q * q[2] + of_w * w[2] + curl * (weak[0] * q[1] - weak[1] * q[0]),
        of_weak * weak[3] + of_q * q[3] + of_w * w[3],
    )


@inner_kernel(forceinline=True)
def _vertex(q, w, charged, neutrino, lepton, mass, kaon, a2, a4):
    """F_K L^mu - H^{mu nu} l_nu of one spinor of l+."""
    brems = bremsstrahlung_vector(q, charged, neutrino, lepton, mass, kaon)
    hadron = hadron_vector(q, w, kaon, _V1, _A1, a2, a4, weak_current(neutrino, lepton))
    return (
        KAON_DECAY_CONSTANT * brems[0] - hadron[0], KAON_DECAY_CONSTANT * brems[1] - hadron[1],
        KAON_DECAY_CONSTANT * brems[2] - hadron[2], KAON_DECAY_CONSTANT * brems[3] - hadron[3],
    )


@inner_kernel(forceinline=True)
def _ordering(first, neutrino, plus, minus, spins_first, left, spins_plus, spins_minus, mass,
              kaon):
    """Amplitudes with l+ `first` at the weak vertex, by the spins (first, l-, l+)."""
    q, w = add(plus, minus), add(first, neutrino)
    inverse = 1.0 / dot(q, q)
    slope = kaon_form_factor(dot(q, q))
    a2 = -2.0 * KAON_DECAY_CONSTANT * slope
    a4 = 2.0 * KAON_DECAY_CONSTANT * slope / (kaon * kaon - dot(w, w))
    up = _vertex(q, w, first, left, spins_first[0], mass, kaon, a2, a4)
    down = _vertex(q, w, first, left, spins_first[1], mass, kaon, a2, a4)
    j0, j1, j2, j3 = pair_currents(spins_minus, spins_plus)
    return (
        inverse * dot(j0, up), inverse * dot(j1, up), inverse * dot(j2, up),
        inverse * dot(j3, up), inverse * dot(j0, down), inverse * dot(j1, down),
        inverse * dot(j2, down), inverse * dot(j3, down),
    )


@inner_kernel()
def squared_amplitude(momentum, mass, kaon):
    """Spin sum of |{...}|^2 / q^4 with both orderings, in GeV^-2 (times G_F^2 e^4 |V_us|^2).

    `momentum`: rows l+, nu, l+, l- (4, 4), in the kaon's rest frame; `mass`: of the charged
    leptons.  The factor 1/2 for two identical particles is left to the phase space.
    """
    first, neutrino = row(momentum, 0), row(momentum, 1)
    second, minus = row(momentum, 2), row(momentum, 3)
    spins_1 = lepton_spinors(first, mass, True)
    spins_2 = lepton_spinors(second, mass, True)
    spins_minus = lepton_spinors(minus, mass, False)
    left = neutrino_spinor(neutrino)
    d = _ordering(first, neutrino, second, minus, spins_1, left, spins_2, spins_minus, mass, kaon)
    e = _ordering(second, neutrino, first, minus, spins_2, left, spins_1, spins_minus, mass, kaon)
    # (first, l-, second) of d is (second, l-, first) of e: places 1 <-> 4 and 3 <-> 6.
    return (
        square(d[0] - e[0]) + square(d[1] - e[4]) + square(d[2] - e[2]) + square(d[3] - e[6])
        + square(d[4] - e[1]) + square(d[5] - e[5]) + square(d[6] - e[3]) + square(d[7] - e[7])
    )
