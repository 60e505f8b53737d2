"""Production of N in decays of kaons and of the J/psi, as branching fractions for |U|^2 = 1.

Equations (P1) to (P3) of docs/recasting.md.  (P1), (P2): R. E. Shrock, Phys. Lett. B 96 (1980) 159;
Bondarenko et al., JHEP 11 (2018) 032, section 2.1.1.  (P3): L. N. Chang, O. Lebedev, J. N. Ng, Phys.
Lett. B 441 (1998) 419, for a massless neutrino.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lnvsearch import particles
from lnvsearch.interpretation import constants as c
from lnvsearch.interpretation.widths import endpoint_nodes, kallen

__all__ = [
    "FORM_FACTORS", "FormFactors", "jpsi_to_pair", "kaon_to_lepton", "kaon_to_pion_lepton",
]  # fmt: skip

# Speed of light in m / ps times hbar in GeV ps, for widths from decay lengths.
_HBAR_C_GEV_M = c.HBAR_GEV_PS * particles.SPEED_OF_LIGHT_M_PER_NS * 1e-3


@dataclass(frozen=True)
class FormFactors:
    """f+ and f0 of K -> pi as poles, f(q^2) = f(0) / (1 - q^2 / M^2), and a factor for the rate."""

    at_zero: float
    vector_pole_gev: float
    scalar_pole_gev: float
    rate_factor: float = 1.0


# Poles: PDG 2022, "K_l3 form factors", fits of all K_L experiments, 878 and 1252 MeV.  f+(0) |V_us| =
# 0.2165 (PDG 2022, "V_ud, V_us").  The factor holds S_EW = 1.0232 and, for K+, the isospin breaking of
# pi0 and eta, (1 + 0.0273)^2 (FlaviaNet, Eur. Phys. J. C 69 (2010) 399).
_AT_ZERO = 0.2165 / c.QUARK_MIXING["u", "s"]
FORM_FACTORS = {
    "measured": {
        "K+": FormFactors(_AT_ZERO, 0.878, 1.252, 1.0232 * 1.0273**2),
        "K0": FormFactors(_AT_ZERO, 0.878, 1.252, 1.0232),
    },
    # HNLCalc's (get_3body_dbr_pseudoscalar): no corrections; of K+ the poles are K*(892)0 and K0, of
    # which the second is no scalar state and makes f0 twice too large at the largest q^2.
    "hnlcalc": {
        "K+": FormFactors(0.970, particles.mass_gev("K*(892)0"), particles.mass_gev("K0")),
        "K0": FormFactors(0.9636, 0.878, 1.252),
    },
}


def kaon_to_lepton(mass_gev: float, flavour: str) -> float:
    """B(K+ -> l+ N) for |U_l|^2 = 1 by (P1); 0 where it is closed.

    >>> round(kaon_to_lepton(0.3, "e"), 2)
    2.21
    """
    kaon = particles.mass_gev("K+")
    meson = c.CHARGED_MESONS["K"]
    n, lepton = (mass_gev / kaon) ** 2, (c.lepton_mass_gev(flavour) / kaon) ** 2
    if math.sqrt(n) + math.sqrt(lepton) >= 1.0:
        return 0.0
    strength = (c.FERMI_CONSTANT * meson.decay_constant_gev * meson.coupling) ** 2
    width = strength * kaon**3 / (8.0 * math.pi)
    width *= (n + lepton - (n - lepton) ** 2) * math.sqrt(kallen(1.0, n, lepton))
    return width / _width_gev("K+")


def kaon_to_pion_lepton(
    mass_gev: float, flavour: str, parent: str = "K+", form_factors: str = "measured"
) -> float:
    """B(K+ -> pi0 l+ N), or of the K_L to pi- l+ N, for |U_l|^2 = 1 by (P2); 0 where it is closed.

    `parent`: `K+` or `K(L)0`; `form_factors`: a key of FORM_FACTORS.  ValueError for any other.
    """
    if parent not in ("K+", "K(L)0") or form_factors not in FORM_FACTORS:
        raise ValueError(
            f"parent must be K+ or K(L)0 and form_factors one of {', '.join(FORM_FACTORS)}; "
            f"got {parent}, {form_factors}"
        )
    factors = FORM_FACTORS[form_factors]["K+" if parent == "K+" else "K0"]
    kaon = particles.mass_gev(parent)
    pion = particles.mass_gev("pi0" if parent == "K+" else "pi+")
    lepton, n = c.lepton_mass_gev(flavour) ** 2, mass_gev**2
    low, high = (math.sqrt(lepton) + mass_gev) ** 2, (kaon - pion) ** 2
    if math.sqrt(lepton) + mass_gev + pion >= kaon:
        return 0.0
    q2, weight = endpoint_nodes(low, high)
    vector = factors.at_zero / (1.0 - q2 / factors.vector_pole_gev**2)
    scalar = factors.at_zero / (1.0 - q2 / factors.scalar_pole_gev**2)
    hadrons, leptons = kallen(kaon**2, pion**2, q2), kallen(q2, lepton, n)
    long = q2 * (lepton + n) - (lepton - n) ** 2
    density = hadrons * vector**2 * (2.0 * q2**2 - q2 * (lepton + n) - (lepton - n) ** 2)
    density += 3.0 * (kaon**2 - pion**2) ** 2 * scalar**2 * long
    density *= np.sqrt(np.maximum(hadrons, 0.0) * np.maximum(leptons, 0.0)) / (2.0 * q2**3)
    # One half: the share of u ubar in the pi0, of one charge in the K_L.
    strength = 0.5 * (c.FERMI_CONSTANT * c.QUARK_MIXING["u", "s"]) ** 2
    width = strength * float(weight @ density) / (192.0 * math.pi**3 * kaon**3)
    return factors.rate_factor * width / _width_gev(parent)


def jpsi_to_pair(mass_gev: float) -> float:
    """B(J/psi -> N N) of Majorana N for |U|^2 = 1, through the Z, by (P3); it goes with |U|^4.

    The coupling of a Majorana pair to the Z is axial: beta^3, and the rate of one massless neutrino
    and antineutrino where N is light.
    """
    jpsi = particles.mass_gev("J/psi(1S)")
    if 2.0 * mass_gev >= jpsi:
        return 0.0
    # PDG 2022: B(J/psi -> e+ e-) = 5.971 %; alpha at the mass of the J/psi about 1/134.
    electrons, alpha = 0.05971, 1.0 / 134.0
    ratio = 9.0 * c.FERMI_CONSTANT**2 * jpsi**4 * (1.0 - 8.0 * c.SIN2_THETA_W / 3.0) ** 2
    ratio /= 256.0 * math.pi**2 * alpha**2
    return electrons * ratio * (1.0 - (2.0 * mass_gev / jpsi) ** 2) ** 1.5


def _width_gev(parent: str) -> float:
    """Total width of a kaon in GeV, from its decay length."""
    return _HBAR_C_GEV_M / particles.ctau_m(parent)
