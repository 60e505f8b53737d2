"""Squared amplitudes of inner bremsstrahlung: K+ -> pi0 e+ nu gamma and K+ -> pi+ pi0 gamma*.

Both are gauge invariant by themselves and contain Low's terms (Phys. Rev. 110 (1958) 974);
structure-dependent emission is left out.
"""

from __future__ import annotations


from lnvsearch.generation.kaon.spinors import (
    add,
    dot,
    lepton_spinors,
    neutrino_spinor,
    row,
    sigma_current,
    square,
)
from lnvsearch.inner_kernel import inner_kernel

__all__ = ["radiative_semileptonic", "semileptonic_vector", "virtual_photon_current"]


@inner_kernel(forceinline=True)
def semileptonic_vector(k, pion, charged, neutrino, lepton, kaon):
    """T^mu of K+ -> pi0 l+ nu gamma for one spinor of l+, `lepton`.

    Photons from the kaon, from the lepton and from the derivative coupling (p_K + p_pi) of the
    weak vertex: T^mu = -(2p - k)^mu/(2 p.k) (Q - k).l + ubar Qslash (1 - gamma5) (2 p_l^mu +
    kslash gamma^mu) v / (2 p_l.k) - l^mu, Q = p + p_pi, l the weak current; k.T = 0.
    """
    n0, n1 = neutrino
    energy = kaon + pion[3]
    # a = sigmabar.Q n and b = sigma.k a.
    a0 = (energy + pion[2]) * n0 + complex(pion[0], -pion[1]) * n1
    a1 = complex(pion[0], pion[1]) * n0 + (energy - pion[2]) * n1
    b0 = (k[3] - k[2]) * a0 - complex(k[0], -k[1]) * a1
    b1 = -complex(k[0], k[1]) * a0 + (k[3] + k[2]) * a1
    weak = sigma_current(n0, n1, lepton[0], lepton[1], -1.0)
    turned = sigma_current(b0, b1, lepton[0], lepton[1], -1.0)
    of_pion = dot(pion, weak) + kaon * weak[3]
    of_kaon = (of_pion - dot(k, weak)) / (kaon * k[3])
    inverse = 1.0 / dot(charged, k)
    of_lepton = 2.0 * inverse * of_pion
    return (
        k[0] * of_kaon + charged[0] * of_lepton + inverse * turned[0] - 2.0 * weak[0],
        k[1] * of_kaon + charged[1] * of_lepton + inverse * turned[1] - 2.0 * weak[1],
        k[2] * of_kaon + charged[2] * of_lepton + inverse * turned[2] - 2.0 * weak[2],
        (k[3] - 2.0 * kaon) * of_kaon + charged[3] * of_lepton + inverse * turned[3]
        - 2.0 * weak[3],
    )


@inner_kernel()
def radiative_semileptonic(momentum, parameter, kaon):
    """Spin sum of |T|^2 f_+(t)^2, rows gamma l+ pi0 nu, in GeV^2 (times e^2 G_F^2 ...).

    `parameter`: [0] and [1] masses of pi0 and l+, [4] lambda', [5] lambda'', [6] the charged
    pion's mass; f_-, whose share is suppressed by m_l^2, is left out.
    """
    k, charged, pion = row(momentum, 0), row(momentum, 1), row(momentum, 2)
    neutrino = neutrino_spinor(row(momentum, 3))
    spins = lepton_spinors(charged, parameter[1], True)
    total = 0.0
    for spin in range(2):
        lepton = spins[spin]
        vector = semileptonic_vector(k, pion, charged, neutrino, lepton, kaon)
        total += square(vector[0]) + square(vector[1]) + square(vector[2]) - square(vector[3])
    mass = parameter[0]
    scaled = (kaon * kaon + mass * mass - 2.0 * kaon * pion[3]) / (parameter[6] * parameter[6])
    form = 1.0 + scaled * (parameter[4] + 0.5 * parameter[5] * scaled)
    return total * form * form


@inner_kernel()
def virtual_photon_current(momentum, kaon):
    """J^mu J^nu L_mu nu / q^4, rows pi+ pi0 e+ e-, in GeV^-4 (times e^4 |M(pi pi)|^2).

    J = (2 p_pi + q)/(2 p_pi.q + q^2) - (2 p_K - q)/(2 p_K.q - q^2), conserved: q.J = 0;
    L_mu nu = 4 (l+_mu l-_nu + l-_mu l+_nu - g q^2/2).
    """
    pion, plus, minus = row(momentum, 0), row(momentum, 2), row(momentum, 3)
    q = add(plus, minus)
    squared = dot(q, q)
    of_pion = 2.0 / (2.0 * dot(pion, q) + squared)
    with_kaon = 2.0 * kaon * q[3] - squared
    of_q = 0.5 * of_pion + 1.0 / with_kaon
    current = (
        of_pion * pion[0] + of_q * q[0],
        of_pion * pion[1] + of_q * q[1],
        of_pion * pion[2] + of_q * q[2],
        of_pion * pion[3] + of_q * q[3] - 2.0 * kaon / with_kaon,
    )
    contraction = 2.0 * dot(current, plus) * dot(current, minus)
    contraction -= 0.5 * squared * dot(current, current)
    return 4.0 * max(contraction, 0.0) / (squared * squared)
