"""Widths of a heavy neutral lepton N that mixes with the three neutrinos, for |U|^2 = 1.

Equations (W1) to (W8) of docs/recasting.md, which are those of K. Bondarenko, A. Boyarsky,
D. Gorbunov, O. Ruchayskiy, JHEP 11 (2018) 032, arXiv:1805.08567, section 3, agreeing with A. Atre,
T. Han, S. Pascoli, B. Zhang, JHEP 05 (2009) 030, appendix C.  Hadrons: single mesons up to 1 GeV,
quarks with QCD corrections above, where HNLCalc (Phys. Rev. D 110 (2024) 035029) changes, too.

A mode is named by its particles, leptons first: `e- pi+`, `nu rho0`, `e- mu+ nu`, `nu e- e+`,
`nu nu nu`, `mu+ dbar u`.  A Majorana N has each mode with charges and its conjugate, with equal widths,
a Dirac N (lepton number +1) those with the negative lepton, and half of the neutral ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from lnvsearch.interpretation import constants as c
from lnvsearch.interpretation.mixing import FLAVOURS, Mixing

__all__ = ["LARGEST_MASS_GEV", "QUARKS_ABOVE_GEV", "SMALLEST_MASS_GEV", "HeavyNeutralLepton"]

SMALLEST_MASS_GEV, LARGEST_MASS_GEV = 0.005, 2.0
#: Above this mass hadrons are quarks, up to it single mesons.
QUARKS_ABOVE_GEV = 1.0
_NODES = 64


@dataclass(frozen=True)
class HeavyNeutralLepton:
    """N of a mass (GeV, 0.005 to 2), mixing shares and nature; widths are for |U|^2 = 1.

    Raises ValueError for a mass outside that range.

    >>> electron = HeavyNeutralLepton(0.3, Mixing(1.0, 0.0, 0.0))
    >>> round(electron.branching_fraction("e+ pi-"), 3)
    0.294
    """

    mass_gev: float
    mixing: Mixing
    majorana: bool = True

    def __post_init__(self) -> None:
        if not (SMALLEST_MASS_GEV <= self.mass_gev <= LARGEST_MASS_GEV):
            raise ValueError(
                f"the mass of N must be {SMALLEST_MASS_GEV:g} to {LARGEST_MASS_GEV:g} GeV, where its "
                f"widths are known here; got {self.mass_gev:g}"
            )

    @cached_property
    def leptonic_widths_gev(self) -> dict[str, float]:
        """Widths of the modes without hadrons by name, in GeV."""
        return self._open(_leptonic(self.mass_gev, self.mixing))

    @cached_property
    def meson_widths_gev(self) -> dict[str, float]:
        """Widths to one meson by name, in GeV, at any mass."""
        return self._open(_mesons(self.mass_gev, self.mixing))

    @cached_property
    def quark_widths_gev(self) -> dict[str, float]:
        """Widths to a quark pair by name, in GeV, where hadrons are quarks; empty below."""
        if self.mass_gev <= QUARKS_ABOVE_GEV:
            return {}
        return self._open(_quarks(self.mass_gev, self.mixing))

    @cached_property
    def widths_gev(self) -> dict[str, float]:
        """Widths by mode whose sum is the total one, in GeV."""
        hadrons = self.quark_widths_gev or self.meson_widths_gev
        return {**self.leptonic_widths_gev, **hadrons}

    @cached_property
    def total_width_gev(self) -> float:
        """Total width in GeV for |U|^2 = 1; it goes with |U|^2."""
        return sum(self.widths_gev.values())

    def lifetime_ps(self, mixing_squared: float) -> float:
        """Lifetime in ps of an N with |U|^2 = |U_e|^2 + |U_mu|^2 + |U_tau|^2, > 0."""
        if not (mixing_squared > 0.0):
            raise ValueError(f"|U|^2 must be > 0; got {mixing_squared:g}")
        return c.HBAR_GEV_PS / (self.total_width_gev * mixing_squared)

    def branching_fraction(self, mode: str) -> float:
        """Branching fraction of a mode by name; 0 for one that is closed or does not exist.

        To one meson above 1 GeV: its width over the total one, whose hadrons are quarks.
        """
        width = {**self.meson_widths_gev, **self.widths_gev}.get(mode, 0.0)
        return width / self.total_width_gev

    def _open(self, modes) -> dict[str, float]:
        """Modes (name, conjugate name or "", width of Majorana N to the one) with a width."""
        widths: dict[str, float] = {}
        for name, conjugate, width, dirac in modes:
            if not self.majorana:
                width, conjugate = dirac, ""
            for mode in filter(None, (name, conjugate)):
                if width > 0.0:
                    widths[mode] = widths.get(mode, 0.0) + width
        return widths


def _leptonic(mass: float, mixing: Mixing):
    """(W1), (W2), (W3): mode, conjugate, width of Majorana and Dirac N."""
    scale = c.FERMI_CONSTANT**2 * mass**5 / (192.0 * math.pi**3)
    yield "nu nu nu", "", 2.0 * scale, scale
    for one, flavour in enumerate(FLAVOURS):
        x = c.lepton_mass_gev(flavour) / mass
        neutral = scale * sum(
            mixing.share(other) * _neutral_current(x, *_lepton_couplings(flavour == other))
            for other in FLAVOURS
        )
        yield f"nu {flavour}- {flavour}+", "", 2.0 * neutral, neutral
        for other in FLAVOURS[one + 1 :]:
            charged = scale * phase_space(0.0, x**2, (c.lepton_mass_gev(other) / mass) ** 2)
            mine, its = charged * mixing.share(flavour), charged * mixing.share(other)
            yield f"{flavour}- {other}+ nu", f"{other}- {flavour}+ nu", mine + its, mine
            yield f"{other}- {flavour}+ nu", "", 0.0, its


def _mesons(mass: float, mixing: Mixing):
    """(W4) to (W7): one charged or neutral meson, pseudoscalar or vector."""
    scale = c.FERMI_CONSTANT**2 * mass**3 / (16.0 * math.pi)
    for name, meson in c.CHARGED_MESONS.items():
        strength = scale * (meson.decay_constant_gev * meson.coupling) ** 2
        for flavour in FLAVOURS:
            x_l, x = c.lepton_mass_gev(flavour) / mass, meson.mass_gev / mass
            width = mixing.share(flavour) * strength * _two_body(x_l**2, x**2, meson.vector)
            yield f"{flavour}- {name}+", f"{flavour}+ {name}-", width, width
    for name, meson in c.NEUTRAL_MESONS.items():
        x2 = (meson.mass_gev / mass) ** 2
        strength = scale * (meson.decay_constant_gev * meson.coupling) ** 2
        width = strength * (1.0 - x2) ** 2 * (1.0 + 2.0 * x2 * meson.vector) if x2 < 1.0 else 0.0
        yield f"nu {name}", "", width, 0.5 * width


def _quarks(mass: float, mixing: Mixing):
    """(W1), (W2) with three colours and (W8): pairs of quarks."""
    scale = c.FERMI_CONSTANT**2 * mass**5 / (64.0 * math.pi**3)
    x = {quark: quark_mass / mass for quark, quark_mass in c.QUARK_MASS_GEV.items()}
    light = 1.0 + qcd_correction(mass)
    for (up, down), element in c.QUARK_MIXING.items():
        for flavour in FLAVOURS:
            x_l = c.lepton_mass_gev(flavour) / mass
            width = scale * mixing.share(flavour) * element**2 * (light if up == "u" else 1.0)
            width *= phase_space(x_l**2, x[up] ** 2, x[down] ** 2)
            width *= _tau_threshold(mass, down) if flavour == "tau" and up == "u" else 1.0
            yield f"{flavour}- {up} {down}bar", f"{flavour}+ {up}bar {down}", width, width
    for quark in c.QUARK_MASS_GEV:
        width = scale * _neutral_current(x[quark], *_quark_couplings(quark in "uc"))
        width *= 1.0 if quark == "c" else light
        if quark == "s":
            width *= math.sqrt(1.0 - (2.0 * c.CHARGED_MESONS["K"].mass_gev / mass) ** 2)
        yield f"nu {quark} {quark}bar", "", 2.0 * width, width


def _tau_threshold(mass: float, down: str) -> float:
    """Factor that opens tau and quarks at the mass of tau and two mesons (Bondarenko, section 3.2.2)."""
    second = c.CHARGED_MESONS["K" if down == "s" else "pi"].mass_gev
    least = c.lepton_mass_gev("tau") + c.CHARGED_MESONS["pi"].mass_gev + second
    return math.sqrt(1.0 - (least / mass) ** 2) if mass > least else 0.0


def qcd_correction(mass_gev: float) -> float:
    """Delta of (W8), hadronic over quark width less 1, as in tau decays, at a mass in GeV."""
    scales, values = zip(*c.STRONG_COUPLING, strict=True)
    a = float(np.interp(mass_gev, scales, values)) / math.pi
    return a + 5.2 * a**2 + 26.4 * a**3


def _lepton_couplings(same: bool) -> tuple[float, float]:
    """C1 and C2 of nu l l, with the charged current where the flavour of N's share is that of l."""
    s2 = c.SIN2_THETA_W
    sign = 1.0 if same else -1.0
    return 0.25 * (1.0 + sign * 4.0 * s2 + 8.0 * s2**2), 0.5 * s2 * (2.0 * s2 + sign)


def _quark_couplings(up: bool) -> tuple[float, float]:
    """C1 and C2 of nu q q, of an up-type or down-type quark."""
    s2, charge = c.SIN2_THETA_W, 2.0 / 3.0 if up else 1.0 / 3.0
    return (
        0.25 * (1.0 - 4.0 * charge * s2 + 8.0 * charge**2 * s2**2),
        0.5 * charge * s2 * (2.0 * charge * s2 - 1.0),
    )


def _neutral_current(x: float, c1: float, c2: float) -> float:
    """Phase space of nu f f times its couplings; x is the fermion's mass over that of N."""
    if x >= 0.5:
        return 0.0
    x2 = x * x
    root = math.sqrt(1.0 - 4.0 * x2)
    # ln[(1 - 3 x^2 - (1 - x^2) root) / (x^2 (1 + root))] without the difference of equal numbers.
    log = math.log(4.0 * x2**2 / ((1.0 - 3.0 * x2 + (1.0 - x2) * root) * (1.0 + root)))
    first = (1.0 - 14.0 * x2 - 2.0 * x2**2 - 12.0 * x2**3) * root + 12.0 * x2**2 * (
        x2**2 - 1.0
    ) * log
    second = (
        x2 * (2.0 + 10.0 * x2 - 12.0 * x2**2) * root
        + 6.0 * x2**2 * (1.0 - 2.0 * x2 + 2.0 * x2**2) * log
    )
    return c1 * first + 4.0 * c2 * second


def _two_body(lepton: float, meson: float, vector: bool) -> float:
    """Phase space of a lepton and a charged meson; arguments are squares of mass ratios to N."""
    if math.sqrt(lepton) + math.sqrt(meson) >= 1.0:
        return 0.0
    if vector:
        square = (1.0 - lepton) ** 2 + meson * (1.0 + lepton) - 2.0 * meson**2
    else:
        square = (1.0 - lepton) ** 2 - meson * (1.0 + lepton)
    return square * math.sqrt(kallen(1.0, lepton, meson))


def kallen(a: Any, b: Any, c: Any) -> Any:
    """Kallen's triangle function of three squares of masses; arrays broadcast."""
    return a * a + b * b + c * c - 2.0 * (a * b + b * c + c * a)


@lru_cache(maxsize=4096)
def phase_space(x: float, y: float, z: float) -> float:
    """I(x, y, z) of (W1), squares of mass ratios of the three fermions; 1 for three massless ones."""
    low, high = (math.sqrt(y) + math.sqrt(z)) ** 2, (1.0 - math.sqrt(x)) ** 2
    if math.sqrt(x) + math.sqrt(y) + math.sqrt(z) >= 1.0:
        return 0.0
    s, weight = endpoint_nodes(low, high)
    s = np.maximum(s, 1e-300)
    roots = np.sqrt(np.maximum(kallen(s, y, z), 0.0) * np.maximum(kallen(1.0, s, x), 0.0))
    return float(12.0 * np.sum(weight * (s - y - z) * (1.0 + x - s) * roots / s))


def endpoint_nodes(low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of an integral whose integrand goes with a root at either end."""
    t, weight = _legendre()
    nodes = low + (high - low) * 0.5 * (1.0 - np.cos(np.pi * t))
    return nodes, weight * (high - low) * 0.5 * np.pi * np.sin(np.pi * t)


@lru_cache(maxsize=1)
def _legendre() -> tuple[np.ndarray, np.ndarray]:
    t, weight = np.polynomial.legendre.leggauss(_NODES)
    return 0.5 * (t + 1.0), 0.5 * weight
