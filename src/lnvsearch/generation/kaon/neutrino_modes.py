"""Decays K+ -> l+ (pi0) N, N -> pi- l+ by name: their particles, and the masses that N can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lnvsearch import particles

__all__ = ["NEUTRINO_MODES", "NeutrinoMode", "mass_range_gev"]


@dataclass(frozen=True)
class NeutrinoMode:
    """Lepton of both decays, and whether the kaon's has a pi0."""

    lepton: str
    neutral_pion: bool = False

    @property
    def final_state(self) -> tuple[str, ...]:
        """PDG names of the columns."""
        photons = ("gamma", "gamma") if self.neutral_pion else ()
        return ("pi-", self.lepton, self.lepton, *photons)


#: By name: final state pi-, lepton of N, lepton of the kaon (and two photons of a pi0).
NEUTRINO_MODES: Mapping[str, NeutrinoMode] = MappingProxyType({
    "pi_ee": NeutrinoMode("e+"),
    "pi_mumu": NeutrinoMode("mu+"),
    "pi_pi0_ee": NeutrinoMode("e+", neutral_pion=True),
})


def mass_range_gev(mode: str) -> tuple[float, float]:
    """Masses of N, GeV, between which both decays have phase space.

    >>> [round(mass, 3) for mass in mass_range_gev("pi_mumu")]
    [0.245, 0.388]
    """
    entry = NEUTRINO_MODES[mode]
    lepton = particles.mass_gev(entry.lepton)
    pion = particles.mass_gev("pi0") if entry.neutral_pion else 0.0
    return particles.mass_gev("pi-") + lepton, particles.mass_gev("K+") - lepton - pion
