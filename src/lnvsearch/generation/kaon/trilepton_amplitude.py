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
    sigma_current,
    weak_current,
)
from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "KAON_DECAY_CONSTANT", "amplitudes", "bremsstrahlung_vector", "hadron_vector",
    "kaon_form_factor", "spin_sum",
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
def amplitudes(first, neutrino, plus, minus, mass, kaon):
    """{...}/q^2 with l+ `first` at the weak vertex and the pair `plus` and `minus`, in 1/GeV (times G_F e^2 V_us).

    Four-momenta are tuples, in the kaon's rest frame; `mass`: of the charged leptons.  Real and imaginary
    parts of 8 numbers, 16 in all: their spins (first, l-, plus) count as binary digits.
    """
    spins_first = lepton_spinors(first, mass, True)
    left = neutrino_spinor(neutrino)
    q, w = add(plus, minus), add(first, neutrino)
    inverse = 1.0 / dot(q, q)
    slope = kaon_form_factor(dot(q, q))
    a2 = -2.0 * KAON_DECAY_CONSTANT * slope
    a4 = 2.0 * KAON_DECAY_CONSTANT * slope / (kaon * kaon - dot(w, w))
    up = _vertex(q, w, first, left, spins_first[0], mass, kaon, a2, a4)
    down = _vertex(q, w, first, left, spins_first[1], mass, kaon, a2, a4)
    j0, j1, j2, j3 = pair_currents(
        lepton_spinors(minus, mass, False), lepton_spinors(plus, mass, True)
    )
    a, b, c, d = dot(j0, up), dot(j1, up), dot(j2, up), dot(j3, up)
    e, f, g, h = dot(j0, down), dot(j1, down), dot(j2, down), dot(j3, down)
    return (
        inverse * a.real, inverse * a.imag, inverse * b.real, inverse * b.imag,
        inverse * c.real, inverse * c.imag, inverse * d.real, inverse * d.imag,
        inverse * e.real, inverse * e.imag, inverse * f.real, inverse * f.imag,
        inverse * g.real, inverse * g.imag, inverse * h.real, inverse * h.imag,
    )


@inner_kernel(forceinline=True)
def _difference(d, e, i, k):
    x, y = d[2 * i] - e[2 * k], d[2 * i + 1] - e[2 * k + 1]
    return x * x + y * y


@inner_kernel(forceinline=True)
def spin_sum(d, e):
    """Squared amplitude in GeV^-2 (times G_F^2 e^4 |V_us|^2) from `amplitudes`, and those with the l+ exchanged.

    The factor 1/2 for two identical particles is left to the phase space.
    """
    # (first, l-, second) of d is (second, l-, first) of e: places 1 <-> 4 and 3 <-> 6.
    return (
        _difference(d, e, 0, 0) + _difference(d, e, 1, 4) + _difference(d, e, 2, 2)
        + _difference(d, e, 3, 6) + _difference(d, e, 4, 1) + _difference(d, e, 5, 5)
        + _difference(d, e, 6, 3) + _difference(d, e, 7, 7)
    )
