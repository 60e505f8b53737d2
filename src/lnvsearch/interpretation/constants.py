"""Numbers of the weak interaction and of mesons that the widths of N need, each with its source.

Where a number has a choice (decay constants, mixing of quarks), it is that of HNLCalc (J. L. Feng,
A. Hewitt, F. Kling, D. La Rocco, Phys. Rev. D 110 (2024) 035029, arXiv:2405.07330), so that widths
can be compared digit by digit.  Masses and lifetimes are the PDG's (`lnvsearch.particles`).
"""

from __future__ import annotations

from functools import lru_cache

from lnvsearch import particles

__all__ = [
    "CHARGED_MESONS", "FERMI_CONSTANT", "HBAR_GEV_PS", "LEPTONS", "NEUTRAL_MESONS", "QUARK_MASS_GEV",
    "QUARK_MIXING", "SIN2_THETA_W", "STRONG_COUPLING", "Meson", "lepton_mass_gev",
]  # fmt: skip

#: GeV^-2, PDG 2022.
FERMI_CONSTANT = 1.166378e-5
#: Effective weak mixing angle at the Z pole, MS-bar, PDG 2022.
SIN2_THETA_W = 0.23121
#: Reduced Planck constant in GeV ps (CODATA 2018: 6.582119569e-25 GeV s).
HBAR_GEV_PS = 6.582119569e-13
#: Moduli of the CKM matrix, PDG 2022.
QUARK_MIXING = {("u", "d"): 0.97373, ("u", "s"): 0.2243, ("c", "d"): 0.221, ("c", "s"): 0.975}
#: Light quarks: PDG 2024, MS-bar at 2 GeV.  Charm: 1.5 GeV, a pole mass, as in HNLCalc.
QUARK_MASS_GEV = {"u": 0.00216, "d": 0.00470, "s": 0.0935, "c": 1.5}

#: alpha_s at a scale in GeV, four loops, three and four flavours, from alpha_s(m_Z) = 0.118; constant
#: below 1.12 GeV, where perturbation theory ends.  Read off the table that HNLCalc ships (alph_str.csv).
STRONG_COUPLING = (
    (1.0, 0.41045), (1.12, 0.41045), (1.152, 0.40235), (1.19, 0.39241), (1.228, 0.38333),
    (1.266, 0.37499), (1.304, 0.37765), (1.38, 0.36466), (1.456, 0.35327), (1.532, 0.34318),
    (1.608, 0.33417), (1.684, 0.32605), (1.76, 0.31869), (1.836, 0.31198), (1.912, 0.30583),
    (2.0, 0.29935),
)  # fmt: skip

LEPTONS = {"e": "e-", "mu": "mu-", "tau": "tau-"}


class Meson:
    """A meson that N decays to, with its coupling to the weak current.

    decay_constant_gev : in the normalisation f_pi = 130 MeV; of a vector its g / m
    coupling : |V_ud| and the like of a charged one; kappa of a neutral vector, 1 of a pseudoscalar
    """

    def __init__(self, pdg_name: str, decay_constant_gev: float, coupling: float, vector: bool):
        self.pdg_name = pdg_name
        self.decay_constant_gev = decay_constant_gev
        self.coupling = coupling
        self.vector = vector

    @property
    def mass_gev(self) -> float:
        """Mass in GeV (PDG)."""
        return particles.mass_gev(self.pdg_name)


_UD, _US = QUARK_MIXING["u", "d"], QUARK_MIXING["u", "s"]
# Decay constants: FLAG's pi and K; eta, eta' from A. Bazavov et al. and T. Feldmann (arXiv:hep-ph/9907491);
# vectors from tau decays and e+e- widths (arXiv:1805.00718), all as HNLCalc has them (`fH`).
CHARGED_MESONS = {
    "pi": Meson("pi+", 0.1303, _UD, False),
    "K": Meson("K+", 0.1564, _US, False),
    "rho": Meson("rho(770)+", 0.220, _UD, True),
    "K*": Meson("K*(892)+", 0.204, _US, True),
}
NEUTRAL_MESONS = {
    "pi0": Meson("pi0", 0.1303, 1.0, False),
    "eta": Meson("eta", 0.0784, 1.0, False),
    "eta'": Meson("eta'(958)", -0.0957, 1.0, False),
    "rho0": Meson("rho(770)0", 0.220, 1.0 - 2.0 * SIN2_THETA_W, True),
    "omega": Meson("omega(782)", 0.195, -2.0 * SIN2_THETA_W / 3.0, True),
    "phi": Meson("phi(1020)", 0.229, -(2.0**0.5) * (0.5 - 2.0 * SIN2_THETA_W / 3.0), True),
}


@lru_cache(maxsize=None)
def lepton_mass_gev(flavour: str) -> float:
    """Mass of e, mu or tau in GeV (PDG)."""
    return particles.mass_gev(LEPTONS[flavour])
