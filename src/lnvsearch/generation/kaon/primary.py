"""The kaon's own decay: which kernel with which numbers gives a mode's primary daughters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lnvsearch import particles
from lnvsearch.generation.eikonal import FINE_STRUCTURE_CONSTANT
from lnvsearch.generation.kaon import densities, four_body, pion_pair, three_body
from lnvsearch.generation.kaon.four_body_attempts import SOFT_SHARE
from lnvsearch.generation.kaon.modes import MODES
from lnvsearch.generation.phase_space import maximum_weight
from lnvsearch.generation.phase_space_blocks import fill_phase_space

__all__ = ["KAON_MASS_GEV", "Primary", "primary_of"]

KAON_MASS_GEV = particles.mass_gev("K+")
_M_PI, _M_PI0 = particles.mass_gev("pi+"), particles.mass_gev("pi0")

#: Fermi constant in GeV^-2 and |V_us| (PDG 2022).
FERMI_CONSTANT = 1.1663788e-5
V_US = 0.2243
#: Width of the K+ in GeV: h-bar over the mean life.
KAON_WIDTH_GEV = particles.width_gev("K+")

#: Slopes g, h, k of K+ -> pi+ pi+ pi- and K+ -> pi0 pi0 pi+ (PDG 2022, K+ -> 3 pi review).
THREE_PION_SLOPES = {"pi-": (-0.21134, 0.0185, -0.00463), "pi+": (0.626, 0.052, 0.0054)}
#: lambda'_+, lambda''_+ and lambda_0 of K_l3: FlaviaNet, arXiv:0801.1817 (from memory).
SEMILEPTONIC_SLOPES = {"e+": (0.0249, 0.0016, 0.0134), "mu+": (0.0249, 0.0016, 0.0134)}
#: a_+, b_+ of K+ -> pi+ l+ l-: NA48/2, Phys. Lett. B677 (2009) 246 (e), B697 (2011) 107 (mu);
#: from memory.
LEPTON_PAIR_FORM_FACTOR = {"e+": (-0.578, -0.779), "mu+": (-0.575, -0.813)}
#: alpha_+, beta_+ of the pion loop, from a fit to K -> 3 pi (D'Ambrosio, Ecker, Isidori,
#: Portoles, JHEP 08 (1998) 004; from memory).
PION_LOOP = (-20.6e-8, -2.6e-8)
_RHO_GEV = 0.77526
#: fs', fs'', fe', fp, gp, gp', hp over f_s: NA48/2, Phys. Lett. B715 (2012) 105.
PION_PAIR_FORM_FACTORS = (0.152, -0.073, 0.068, -0.048, 0.868, 0.089, -0.398)
#: f_+(0) of K0 -> pi- (Nf = 2 + 1 + 1 lattice average, FLAG 2021).
SEMILEPTONIC_AT_ZERO = 0.9698
#: B(K+ -> pi+ pi0) (PDG 2022).
TWO_PION_FRACTION = 0.2067
#: Photon energies (kaon's rest frame, GeV) of the modes with inner bremsstrahlung.
LEAST_PHOTON_GEV, SPLIT_PHOTON_GEV = 0.001, 0.010
#: Where the cosine between photon and positron, in the kaon's rest frame, is limited: at a least
#: angle of 10 or 20 degrees, or as in PDG's entry.
RADIATIVE_COSINE = {
    "e_nu_pi0_dalitz_gamma_10_degrees": (-np.inf, np.cos(np.radians(10.0))),
    "e_nu_pi0_dalitz_gamma_20_degrees": (-np.inf, np.cos(np.radians(20.0))),
    "e_nu_pi0_dalitz_gamma_pdg": (0.6, 0.9),
}

#: Neutrino energy (kaon's rest frame) about which K_l3 decays are drawn where they are aimed: a
#: search that asks for little missing momentum selects softer neutrinos than the decay has.
SOFT_NEUTRINO_GEV = 0.05
#: The same of K_l4.
SOFT_NEUTRINO_OF_PION_PAIR_GEV = 0.03
#: Photon energies below which few decays are drawn where they are aimed: a real photon that makes a neutral
#: pion with that of the Dalitz decay, and a virtual one of which both leptons are hard.
HARD_PHOTON_GEV, HARD_PAIR_GEV = 0.020, 0.070
#: 2 p_e.k (GeV^2) above which it is drawn from 1/x, where the photon must leave the positron.
_AWAY_GEV2 = {
    "e_nu_pi0_dalitz_gamma_10_degrees": 3e-5,
    "e_nu_pi0_dalitz_gamma_20_degrees": 1e-4,
    "e_nu_pi0_dalitz_gamma_pdg": 3e-4,
}
_INTEGRATION_POINTS = 1000


@dataclass(frozen=True)
class Primary:
    """How the primary daughters of one mode are drawn; `fill` draws them.

    `mass_gev`: their masses in the order of the mode's `primary`.
    """

    model: str
    mass_gev: np.ndarray
    parameter: np.ndarray
    maximum: float = 0.0
    kind: int = 0
    photon_range_gev: np.ndarray | None = None
    shares: tuple[float, float] = (1.0, 1.0)
    mean_softness: float = 1.0
    soft_gev: float = np.inf

    def fill(
        self, key: np.ndarray, first_event: int, momentum: np.ndarray, weight: np.ndarray,
        flat_fraction: float,
    ) -> None:
        """Four-momenta of n decays, (n, k, 4), GeV; multiplies `weight`, (n,)."""
        mass = self.mass_gev
        if self.model == "phase_space":
            kinetic = KAON_MASS_GEV - float(mass.sum())
            fill_phase_space(
                key, first_event, kinetic, mass, self.maximum, momentum, np.empty(0)
            )
        elif self.model == "three_body":
            three_body.fill_three_body(
                key, first_event, self.kind, self.parameter, KAON_MASS_GEV, mass,
                self.photon_range_gev, self.maximum, momentum,
            )
            if self.kind == densities.SOFT_NEUTRINO:
                scale = self.parameter[6]
                weight *= self.mean_softness / densities.softness(momentum[:, 2, 3], scale)
        elif self.model == "pion_pair":
            pion_pair.fill_pion_pair(
                key, first_event, self.parameter, KAON_MASS_GEV, self.maximum, momentum, self.soft_gev,
                weight,
            )
            weight *= self.mean_softness
        else:
            four_body.fill_four_body(
                self.kind, key, first_event, self.parameter, KAON_MASS_GEV,
                float(flat_fraction), self.maximum, self.shares, momentum, weight,
            )
            if self.kind == four_body.RADIATIVE and self.parameter[9] > 0.0:
                weight /= densities.softness(momentum[:, 3, 3], self.parameter[9])
                weight /= np.where(momentum[:, 0, 3] < self.parameter[10], SOFT_SHARE, 1.0)
            if self.kind == four_body.VIRTUAL_PHOTON and self.parameter[4] > 0.0:
                energy = momentum[:, 2, 3] + momentum[:, 3, 3]
                weight /= np.where(energy < self.parameter[4], SOFT_SHARE, 1.0)


@lru_cache(maxsize=64)
def primary_of(mode: str, aimed: bool = False) -> Primary:
    """The primary decay of a mode, with the maximum of its density.

    `aimed`: draw K_l3 decays, radiative or not, and K_l4 with a soft neutrino more often, and photons of four-body
    decays, real or virtual, with a low energy less often, with weights.
    """
    names = MODES[mode].primary
    model = MODES[mode].model
    mass = np.array([particles.mass_gev(name) if not name.startswith("nu") else 0.0
                     for name in names])
    if model == "uniform" and len(names) != 3:
        return Primary("phase_space", mass, np.empty(0), maximum_weight(KAON_MASS_GEV, mass))
    if model == "pion_pair":
        parameter = np.array([*PION_PAIR_FORM_FACTORS, _M_PI, mass[2]])
        return _pion_pair(mass, parameter, aimed)
    if model in _FOUR_BODY:
        return _four_body(mode, model, mass, aimed)
    kind, parameter, photon = _three_body(model, names, mass)
    if aimed and kind == densities.SEMILEPTONIC:
        return _with_aimed(mass, parameter, photon)
    maximum = three_body.find_maximum(kind, parameter, KAON_MASS_GEV, mass, photon)
    return Primary("three_body", mass, parameter, maximum, kind, photon)


def _pion_pair(mass: np.ndarray, parameter: np.ndarray, aimed: bool) -> Primary:
    """K_l4, or, `aimed`, times `densities.softness`, with the mean of that factor over the true decay."""
    if not aimed:
        maximum, _ = pion_pair.pion_pair_maximum(parameter, KAON_MASS_GEV)
        return Primary("pion_pair", mass, parameter, maximum)
    scale = SOFT_NEUTRINO_OF_PION_PAIR_GEV
    maximum, mean = pion_pair.soft_pion_pair(parameter, KAON_MASS_GEV, scale)
    return Primary("pion_pair", mass, parameter, maximum, mean_softness=mean, soft_gev=scale)


def _with_aimed(mass: np.ndarray, parameter: np.ndarray, photon: np.ndarray) -> Primary:
    """K_l3 times `densities.softness`, with the mean of that factor over the true decay."""
    parameter = np.append(parameter, SOFT_NEUTRINO_GEV)
    soft, true = (
        three_body.dalitz_integral(
            kind, parameter, KAON_MASS_GEV, mass, photon, _INTEGRATION_POINTS
        )
        for kind in (densities.SOFT_NEUTRINO, densities.SEMILEPTONIC)
    )
    kind = densities.SOFT_NEUTRINO
    maximum = three_body.find_maximum(kind, parameter, KAON_MASS_GEV, mass, photon)
    return Primary(
        "three_body", mass, parameter, maximum, kind, photon, mean_softness=soft / true
    )


def _three_body(model: str, names: tuple[str, ...], mass: np.ndarray):
    """Density, its parameters and the range of photon energies (zeros: no photon)."""
    none = np.zeros(2)
    if model == "uniform":
        return densities.UNIFORM, np.empty(0), none
    if model == "slopes":
        numbers = [*THREE_PION_SLOPES[names[2]], _M_PI, *mass**2]
        return densities.SLOPES, np.array(numbers), none
    if model == "semileptonic":
        numbers = [*SEMILEPTONIC_SLOPES[names[1]], _M_PI, mass[0], mass[1]]
        return densities.SEMILEPTONIC, np.array(numbers), none
    if model == "lepton_pair":
        return densities.LEPTON_PAIR, lepton_pair_parameters(names[0]), none
    hardest = 0.5 * (KAON_MASS_GEV - (_M_PI + _M_PI0) ** 2 / KAON_MASS_GEV)
    hard = model == "bremsstrahlung_hard"
    photon = (SPLIT_PHOTON_GEV, hardest) if hard else (LEAST_PHOTON_GEV, SPLIT_PHOTON_GEV)
    return densities.BREMSSTRAHLUNG, np.array([_M_PI, _M_PI0]), np.array(photon)


def lepton_pair_parameters(lepton: str) -> np.ndarray:
    """Numbers of `densities.lepton_pair` for "e+" or "mu+"."""
    return np.array([
        *LEPTON_PAIR_FORM_FACTOR[lepton], FERMI_CONSTANT * KAON_MASS_GEV**2, _M_PI, *PION_LOOP,
        (_M_PI / KAON_MASS_GEV) ** 2, (_RHO_GEV / KAON_MASS_GEV) ** 2,
    ])


_FOUR_BODY = {
    "trilepton": four_body.TRILEPTON,
    "bremsstrahlung_semileptonic": four_body.RADIATIVE,
    "virtual_photon": four_body.VIRTUAL_PHOTON,
}
# c, A0 and A1 of `four_body` from 10^7 points (A1 to 5e-4 at worst); the tests recompute them.
_SCANNED = {
    "e_nu_ee": (8.7e-7, 0.99894, 1.0420),
    "mu_nu_mumu": (6.3e-8, 1.0, 0.88128),
    "e_nu_pi0_dalitz_gamma": (1.3e-2, 0.99978, 0.99978),
    "e_nu_pi0_dalitz_gamma_10_degrees": (1.3e-2, 1.0, 1.0),
    "e_nu_pi0_dalitz_gamma_20_degrees": (1.3e-2, 1.0, 1.0),
    "e_nu_pi0_dalitz_gamma_pdg": (1.3e-2, 1.0, 1.0),
    "pi_pi0_ee_sm": (1.1e-5, 0.77214, 0.17510),
}

# The same where they are aimed, with the softness of the neutrino and the hardness of the photon in f, over
# the integrals without them (1.2e7 points, to 1.1e-3 at worst).
_SCANNED_AIMED = {
    "e_nu_pi0_dalitz_gamma": (1.2e-3, 0.11358, 0.11358),
    "e_nu_pi0_dalitz_gamma_10_degrees": (8e-4, 0.12413, 0.12413),
    "e_nu_pi0_dalitz_gamma_20_degrees": (5.8e-4, 0.12435, 0.12435),
    "e_nu_pi0_dalitz_gamma_pdg": (6e-4, 0.12057, 0.12057),
    "pi_pi0_ee_sm": (4.5e-6, 0.19907, 0.07461),
}


def four_body_parameters(mode: str, aimed: bool = False) -> np.ndarray:
    """Masses and the factor that turns |M|^2 into a differential branching fraction."""
    charge_squared = 4.0 * np.pi * FINE_STRUCTURE_CONSTANT
    rate = 1.0 / (2.0 * KAON_MASS_GEV * KAON_WIDTH_GEV)
    weak = rate * (FERMI_CONSTANT * V_US) ** 2
    if mode in ("e_nu_ee", "mu_nu_mumu"):
        lepton = particles.mass_gev("e-" if mode == "e_nu_ee" else "mu-")
        peaked = 0.3 if mode == "e_nu_ee" else 0.0
        return np.array([lepton, 0.5 * weak * charge_squared**2, peaked])
    if mode.startswith("e_nu_pi0_dalitz_gamma"):
        # |M|^2 is (G_F^2/2) |V_us|^2 (f_+(0)^2/2) e^2 times |T|^2: 1/sqrt 2 of K+ -> pi0.
        factor = 0.25 * weak * charge_squared * SEMILEPTONIC_AT_ZERO**2
        plus, curvature, _ = SEMILEPTONIC_SLOPES["e+"]
        # Without a window of angles: a cosine may pass 1 by rounding.
        window = RADIATIVE_COSINE.get(mode, (-np.inf, np.inf))
        return np.array([
            _M_PI0, particles.mass_gev("e-"), SPLIT_PHOTON_GEV, factor, plus, curvature, _M_PI,
            *window, SOFT_NEUTRINO_GEV if aimed else 0.0,
            HARD_PHOTON_GEV if aimed else 0.0, _AWAY_GEV2.get(mode, 0.0),
        ])
    # |M(pi pi)|^2 = 8 pi M^2 Gamma(pi+ pi0) / p, a constant.
    from lnvsearch.generation.phase_space import breakup_momentum

    two_body = 8.0 * np.pi * KAON_MASS_GEV**2 * TWO_PION_FRACTION / breakup_momentum(
        KAON_MASS_GEV, _M_PI, _M_PI0
    )
    factor = charge_squared**2 * two_body / (2.0 * KAON_MASS_GEV)
    hard = HARD_PAIR_GEV if aimed else 0.0
    return np.array([_M_PI, _M_PI0, particles.mass_gev("e-"), factor, hard])


def _four_body(mode: str, model: str, mass: np.ndarray, aimed: bool) -> Primary:
    aimed = aimed and mode in _SCANNED_AIMED
    ceiling, *shares = (_SCANNED_AIMED if aimed else _SCANNED)[mode]
    return Primary(
        "four_body", mass, four_body_parameters(mode, aimed), ceiling, _FOUR_BODY[model],
        shares=(shares[0], shares[1]),
    )
