"""The kaon decays that can be generated: final states, branching fractions, ingredients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["MODES", "BranchingFraction", "KaonMode"]

#: The edition of resources/pdg_branching_fractions.csv, which a test compares with all of these.
_PDG = "PDG, Phys. Rev. D 110 (2024) 030001"


@dataclass(frozen=True)
class BranchingFraction:
    """A branching fraction with its uncertainty, its source and its provenance.

    `provenance`: "published", or "derived" where this project computed it; the source then says
    from what.
    """

    value: float
    uncertainty: float
    source: str
    provenance: str = "published"

    def times(self, other: BranchingFraction) -> BranchingFraction:
        """Product with the branching fraction of a daughter's decay; errors in quadrature."""
        value = self.value * other.value
        relative = (self.uncertainty / self.value) ** 2 + (other.uncertainty / other.value) ** 2
        derived = "derived" in (self.provenance, other.provenance)
        return BranchingFraction(
            value,
            value * relative**0.5,
            f"{self.source} x {other.source}",
            "derived" if derived else "published",
        )


@dataclass(frozen=True)
class KaonMode:
    """One decay of the K+.

    `final_state`: PDG names of the columns before radiated photons; `branching_fraction`:
    including that of the neutral pions' decays, None for lepton-number violation; `label`:
    mathtext.  `primary`: daughters of the kaon itself; `model`: how they are distributed;
    `columns`: of the primary daughters in the final state, None for a pi0 that decays;
    `neutral_pions`: (primary index, decay, columns of its daughters); `missing`: columns that a
    search does not measure (radiated photons count as missing, too); `radiates`: whether
    final-state radiation applies (not where the photon is part of the decay).
    """

    final_state: tuple[str, ...]
    label: str
    branching_fraction: BranchingFraction | None
    primary: tuple[str, ...]
    model: str
    columns: tuple[int | None, ...]
    neutral_pions: tuple[tuple[int, str, tuple[int, ...]], ...] = ()
    missing: tuple[int, ...] = ()
    radiates: bool = True


def _pdg(value: float, uncertainty: float, what: str) -> BranchingFraction:
    return BranchingFraction(value, uncertainty, f"{_PDG}: {what}")


_TWO_PHOTONS = _pdg(0.98823, 0.00034, "pi0 -> 2 gamma")
_DALITZ = _pdg(1.174e-2, 0.035e-2, "pi0 -> e+ e- gamma")
_DOUBLE_DALITZ = _pdg(3.34e-5, 0.16e-5, "pi0 -> e+ e+ e- e-")
_DIRECT = _pdg(6.46e-8, 0.33e-8, "pi0 -> e+ e-")
_PI_PI0 = _pdg(0.2067, 0.0008, "K+ -> pi+ pi0")
_PI_PI_PI = _pdg(5.583e-2, 0.024e-2, "K+ -> pi+ pi+ pi-")
_PI_PI0_PI0 = _pdg(1.760e-2, 0.023e-2, "K+ -> pi+ pi0 pi0")
_E_NU_PI0 = _pdg(5.07e-2, 0.04e-2, "K+ -> pi0 e+ nu")
_MU_NU_PI0 = _pdg(3.352e-2, 0.034e-2, "K+ -> pi0 mu+ nu")
_MU_NU = _pdg(0.6356, 0.0011, "K+ -> mu+ nu")
_TWO_OF_DALITZ = BranchingFraction(
    2.0 * _DALITZ.value * _TWO_PHOTONS.value,
    2.0 * _DALITZ.uncertainty * _TWO_PHOTONS.value,
    f"2 x {_DALITZ.source} x pi0 -> 2 gamma",
)

# What this project computes from the amplitudes (`four_body`, `densities`, `pion_pair`); the
# tests recompute each.
_LOW = "inner bremsstrahlung (Low, Phys. Rev. 110 (1958) 974) of"
_PI_PI0_GAMMA_HARD = BranchingFraction(
    6.70e-4, 0.13e-4, f"{_LOW} {_PI_PI0.source}, E_gamma* > 10 MeV; 2 % assumed for the rest",
    "derived",
)
_PI_PI0_GAMMA_SOFT = BranchingFraction(
    9.07e-4, 0.18e-4, f"{_LOW} {_PI_PI0.source}, 1 < E_gamma* < 10 MeV; 2 % assumed", "derived"
)
_E_NU_PI0_GAMMA = BranchingFraction(
    4.28e-2 * _E_NU_PI0.value, 0.09e-2 * _E_NU_PI0.value,
    f"4.28 % inner bremsstrahlung, E_gamma* > 10 MeV, of {_E_NU_PI0.source}; 2 % assumed",
    "derived",
)
#: The same with a least angle between photon and positron in the kaon's rest frame: computed shares
#: 0.4203 and 0.2847, to 4e-4, of all photons above 10 MeV.
_E_NU_PI0_GAMMA_10_DEGREES, _E_NU_PI0_GAMMA_20_DEGREES = (
    BranchingFraction(
        share * _E_NU_PI0_GAMMA.value, share * _E_NU_PI0_GAMMA.uncertainty,
        f"{_E_NU_PI0_GAMMA.source}; computed share {share} at {degrees} degrees or more to e+",
        "derived",
    )
    for share, degrees in ((0.4203, 10), (0.2847, 20))
)
#: PDG's entry has the angle to the positron in a window that leaves out the collinear photons.
_E_NU_PI0_GAMMA_PDG = _pdg(
    2.698e-4, 0.033e-4, "K+ -> pi0 e+ nu gamma, E_gamma* > 10 MeV, 0.6 < cos(e gamma) < 0.9"
)
#: Computed share of K+ -> e+ nu e+ e- with both pair masses above 150 MeV, where PDG has the
#: branching fraction (2.48 +- 0.20)e-8: it fixes the scale.
_E_NU_EE_ABOVE_150_MEV = 0.1342
_E_NU_EE = BranchingFraction(
    2.48e-8 / _E_NU_EE_ABOVE_150_MEV, 0.20e-8 / _E_NU_EE_ABOVE_150_MEV,
    f"{_PDG}: K+ -> e+ nu e+ e-, m_ee > 150 MeV, over the computed share of both m_ee > 150 MeV",
    "derived",
)
_MU_NU_MUMU = BranchingFraction(
    1.20e-8, 0.12e-8,
    "amplitude of Bijnens, Ecker, Gasser, Nucl. Phys. B396 (1993) 81; 10 % assumed for its "
    "form factors (PDG: < 4.1e-7)",
    "derived",
)
_PI_PI_E_NU = _pdg(4.247e-5, 0.024e-5, "K+ -> pi+ pi- e+ nu")
#: PDG's measurement, (1.4 +- 0.9)e-5 from seven events, says less than lepton universality.
_PI_PI_MU_NU = BranchingFraction(
    0.1201 * _PI_PI_E_NU.value, 0.012 * _PI_PI_E_NU.value,
    f"0.1201 (same form factors, R of lowest order, 10 % assumed) x {_PI_PI_E_NU.source}",
    "derived",
)
#: As the search of 2019 uses it.
_PI_MUMU = BranchingFraction(
    0.962e-7, 0.025e-7, "NA48/2, Phys. Lett. B697 (2011) 107: K+ -> pi+ mu+ mu-"
)

_PI0_DAUGHTERS = {
    "two_photons": ("gamma", "gamma"),
    "dalitz": ("e+", "e-", "gamma"),
    "double_dalitz": ("e+", "e-", "e+", "e-"),
    "direct": ("e+", "e-"),
}
# Order of the final state: pions, charged leptons, photons, neutrinos; within each class the
# kaon's own daughters come before those of its pions.
_CLASS = {"pi+": 0, "pi-": 0, "gamma": 2, "nu(e)": 3, "nu(mu)": 3}
_PHOTONS_AND_NEUTRINOS = ("gamma", "nu(e)", "nu(mu)")


def _mode(
    label: str,
    branching_fraction: BranchingFraction | None,
    primary: str,
    model: str,
    *neutral_pions: str,
    missing: str = "all",
) -> KaonMode:
    """A mode with its columns worked out.

    `neutral_pions`: decay of each pi0 of `primary`, in order.  `missing`: "all" photons and
    neutrinos, "neutrinos", or "dalitz": the photons of Dalitz decays.
    """
    daughters = tuple(primary.split())
    decays = iter(neutral_pions)
    rows: list[tuple[str, int, str]] = []  # name, primary index, decay of the pi0 that made it
    kinds: dict[int, str] = {}
    for index, name in enumerate(daughters):
        if name == "pi0":
            kinds[index] = next(decays)
            rows.extend((one, index, kinds[index]) for one in _PI0_DAUGHTERS[kinds[index]])
        else:
            rows.append((name, index, ""))
    order = sorted(
        range(len(rows)), key=lambda row: (_CLASS.get(rows[row][0], 1), rows[row][2] != "")
    )
    place = {row: column for column, row in enumerate(order)}
    from_primary = {rows[row][1]: place[row] for row in order if not rows[row][2]}
    lost = {
        "all": lambda name, decay: name in _PHOTONS_AND_NEUTRINOS,
        "neutrinos": lambda name, decay: name.startswith("nu"),
        "dalitz": lambda name, decay: name == "gamma" and decay == "dalitz",
    }[missing]
    return KaonMode(
        final_state=tuple(rows[row][0] for row in order),
        label=rf"$K^+\to {label}$",
        branching_fraction=branching_fraction,
        primary=daughters,
        model=model,
        columns=tuple(from_primary.get(index) for index in range(len(daughters))),
        neutral_pions=tuple(
            (index, kind, tuple(place[row] for row in range(len(rows)) if rows[row][1] == index))
            for index, kind in kinds.items()
        ),
        missing=tuple(
            column for column, row in enumerate(order) if lost(rows[row][0], rows[row][2])
        ),
        radiates=not model.startswith("bremsstrahlung"),
    )


def _forbidden() -> dict[str, KaonMode]:
    return {
        "pi_ee_lnv": _mode(r"\pi^-e^+e^+", None, "pi- e+ e+", "uniform"),
        "pi_mumu_lnv": _mode(r"\pi^-\mu^+\mu^+", None, "pi- mu+ mu+", "uniform"),
        "pi_mue_lnv": _mode(r"\pi^-\mu^+e^+", None, "pi- mu+ e+", "uniform"),
        "pi_pi0_ee_lnv": _mode(
            r"\pi^-\pi^0e^+e^+", None, "pi- e+ e+ pi0", "uniform", "two_photons",
            missing="neutrinos",
        ),
    }


def _without_photon() -> dict[str, KaonMode]:
    return {
        "pi_ee_sm": _mode(
            r"\pi^+e^+e^-", _pdg(3.00e-7, 0.09e-7, "K+ -> pi+ e+ e-"), "e+ e- pi+", "lepton_pair"
        ),
        "pi_mumu_sm": _mode(
            r"\pi^+\mu^+\mu^-", _PI_MUMU, "mu+ mu- pi+", "lepton_pair"
        ),
        "pi_pi_pi": _mode(r"\pi^+\pi^+\pi^-", _PI_PI_PI, "pi+ pi+ pi-", "slopes"),
        "pi_pi_e_nu": _mode(
            r"\pi^+\pi^-e^+\nu", _PI_PI_E_NU, "pi+ pi- e+ nu(e)", "pion_pair"
        ),
        "pi_pi_mu_nu": _mode(
            r"\pi^+\pi^-\mu^+\nu", _PI_PI_MU_NU, "pi+ pi- mu+ nu(mu)", "pion_pair"
        ),
        "pi_pi0_dalitz": _mode(
            r"\pi^+\pi^0_D", _PI_PI0.times(_DALITZ), "pi+ pi0", "uniform", "dalitz"
        ),
        "pi_pi0_double_dalitz": _mode(
            r"\pi^+\pi^0_{DD}", _PI_PI0.times(_DOUBLE_DALITZ), "pi+ pi0", "uniform",
            "double_dalitz",
        ),
        "pi_pi0_ee_direct": _mode(
            r"\pi^+\pi^0_{ee}", _PI_PI0.times(_DIRECT), "pi+ pi0", "uniform", "direct"
        ),
        "e_nu_pi0_dalitz": _mode(
            r"\pi^0_De^+\nu", _E_NU_PI0.times(_DALITZ), "pi0 e+ nu(e)", "semileptonic", "dalitz"
        ),
        "mu_nu_pi0_dalitz": _mode(
            r"\pi^0_D\mu^+\nu", _MU_NU_PI0.times(_DALITZ), "pi0 mu+ nu(mu)", "semileptonic",
            "dalitz",
        ),
        "e_nu_pi0": _mode(
            r"\pi^0e^+\nu", _E_NU_PI0.times(_TWO_PHOTONS), "pi0 e+ nu(e)", "semileptonic",
            "two_photons",
        ),
        "mu_nu_pi0": _mode(
            r"\pi^0\mu^+\nu", _MU_NU_PI0.times(_TWO_PHOTONS), "pi0 mu+ nu(mu)", "semileptonic",
            "two_photons",
        ),
        "mu_nu": _mode(r"\mu^+\nu", _MU_NU, "mu+ nu(mu)", "uniform"),
        "pi_pi0": _mode(
            r"\pi^+\pi^0", _PI_PI0.times(_TWO_PHOTONS), "pi+ pi0", "uniform", "two_photons"
        ),
        "e_nu_ee": _mode(
            r"e^+\nu e^+e^-", _E_NU_EE, "e+ nu(e) e+ e-", "trilepton"
        ),
        "mu_nu_mumu": _mode(
            r"\mu^+\nu\mu^+\mu^-", _MU_NU_MUMU, "mu+ nu(mu) mu+ mu-", "trilepton"
        ),
    }


def _with_photons() -> dict[str, KaonMode]:
    return {
        "pi_pi0_pi0_dalitz": _mode(
            r"\pi^+\pi^0\pi^0_D", _PI_PI0_PI0.times(_TWO_OF_DALITZ), "pi0 pi0 pi+", "slopes",
            "dalitz", "two_photons", missing="dalitz",
        ),
        "pi_pi0_dalitz_gamma": _mode(
            r"\pi^+\pi^0_D\gamma", _PI_PI0_GAMMA_HARD.times(_DALITZ), "pi+ pi0 gamma",
            "bremsstrahlung_hard", "dalitz", missing="neutrinos",
        ),
        "pi_pi0_dalitz_gamma_soft": _mode(
            r"\pi^+\pi^0_D\gamma", _PI_PI0_GAMMA_SOFT.times(_DALITZ), "pi+ pi0 gamma",
            "bremsstrahlung_soft", "dalitz", missing="neutrinos",
        ),
        "e_nu_pi0_dalitz_gamma": _mode(
            r"\pi^0_De^+\nu\gamma", _E_NU_PI0_GAMMA.times(_DALITZ), "gamma e+ pi0 nu(e)",
            "bremsstrahlung_semileptonic", "dalitz", missing="neutrinos",
        ),
        "e_nu_pi0_dalitz_gamma_10_degrees": _mode(
            r"\pi^0_De^+\nu\gamma", _E_NU_PI0_GAMMA_10_DEGREES.times(_DALITZ),
            "gamma e+ pi0 nu(e)", "bremsstrahlung_semileptonic", "dalitz", missing="neutrinos",
        ),
        "e_nu_pi0_dalitz_gamma_20_degrees": _mode(
            r"\pi^0_De^+\nu\gamma", _E_NU_PI0_GAMMA_20_DEGREES.times(_DALITZ),
            "gamma e+ pi0 nu(e)", "bremsstrahlung_semileptonic", "dalitz", missing="neutrinos",
        ),
        "e_nu_pi0_dalitz_gamma_pdg": _mode(
            r"\pi^0_De^+\nu\gamma", _E_NU_PI0_GAMMA_PDG.times(_DALITZ), "gamma e+ pi0 nu(e)",
            "bremsstrahlung_semileptonic", "dalitz", missing="neutrinos",
        ),
        "pi_pi0_ee_sm": _mode(
            r"\pi^+\pi^0e^+e^-",
            _pdg(4.24e-6, 0.14e-6, "K+ -> pi+ pi0 e+ e-").times(_TWO_PHOTONS),
            "pi+ pi0 e+ e-", "virtual_photon", "two_photons", missing="neutrinos",
        ),
    }


#: Every decay that `generate_kaon_decays` knows.
MODES: Mapping[str, KaonMode] = MappingProxyType(
    {**_forbidden(), **_without_photon(), **_with_photons()}
)
