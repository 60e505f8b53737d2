"""What a selection may make of a decay, judged from the true particles before they are flown.

A number from 0 to 1 that steers which decays are simulated (`thinning`).  It decides on the variance of an
estimate and never on its mean.  Windows are those of the selections of the ee and mu mu searches and wider:
what resolution, scattering, radiation and decays in flight move across an edge is rare there.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple


from lnvsearch import particles
from lnvsearch.experiments.na62.detector.beam import to_laboratory
from lnvsearch.experiments.na62.detector.calorimeter import SEEN, in_lkr, veto_passage
from lnvsearch.experiments.na62.detector.flight import ELECTRON, PHOTON, PION
from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "ELECTRON_FROM_GEV", "MUON_FROM_GEV", "ProspectNumbers", "TRACK_TO_GEV", "excess_of_momentum", "is_charged",
    "prospect_numbers", "prospect_of_tracks",
]  # fmt: skip

#: Momenta of tracks (GeV) that are to be electrons, or muons; of kaons that are not yet drawn, too.
ELECTRON_FROM_GEV, MUON_FROM_GEV, TRACK_TO_GEV = 5.7, 4.7, 46.0
#: Transverse momentum of all that is seen (GeV).
_TRANSVERSE_GEV, _TRANSVERSE_SCALE_GEV, _TRANSVERSE_END_GEV = 0.031, 0.0025, 0.055
#: Difference to the beam's momentum (GeV), without and with a pi0, and the scale of the fall beyond it.
_TOTAL_GEV, _TOTAL_WITH_PI0_GEV = 2.6, 3.1
_TOTAL_SCALE_GEV, _TOTAL_END_GEV = 0.35, 6.0
#: Photons in the large-angle veto above this energy (GeV) are seen under every threshold.
_VETOED_GEV = 0.055
#: Photons of a pi0: energy (GeV), distance from tracks (m), and distance of the two vertices (m).
_PHOTON_GEV, _PHOTON_APART_M = 1.85, 0.14
_VERTICES_M, _VERTICES_SCALE_M = 9.0, 1.5
#: Prospect of more than two such photons: two of them may make one cluster.
_MORE_PHOTONS = 0.3
#: Masses (GeV) around the signal's, and those that tables and figures show; prospects in the second, and outside.
_SIGNAL_GEV, _SHOWN_GEV = (0.462, 0.512), (0.29, 0.61)
_SHOWN, _ELSEWHERE = 0.5, 0.1
#: The same of pi mu mu: every mass is counted.
_SIGNAL_OF_MUONS_GEV = (0.476, 0.512)
#: Least mass of the lepton pair in the selection of pi+ e+ e- (GeV).
_DILEPTON_GEV = 0.13


class ProspectNumbers(NamedTuple):
    """Masses (GeV) of what a selection takes tracks and photons for, the kaon's lifetime (m).

    `electrons`, `muons`: whether selections ask for two electrons, and for two muons.
    """

    kaon_mass: float
    kaon_ctau_m: float
    electron_mass: float
    muon_mass: float
    pion_mass: float
    neutral_pion_mass: float
    electrons: bool
    muons: bool


def prospect_numbers(leptons: Collection[str] = ("e",)) -> ProspectNumbers:
    """The numbers that `prospect` needs; `leptons`: which ones the selections ask for, e and mu.

    Raises ValueError for other leptons, or none.
    """
    if not leptons or not set(leptons) <= {"e", "mu"}:
        raise ValueError(f"leptons is {leptons}: give e, mu, or both")
    names = ("K+", "e-", "mu-", "pi+", "pi0")
    kaon, electron, muon, pion, neutral = (particles.mass_gev(name) for name in names)
    return ProspectNumbers(
        kaon, particles.ctau_m("K+"), electron, muon, pion, neutral, "e" in leptons, "mu" in leptons
    )


@inner_kernel(forceinline=True)
def is_charged(species):
    """Whether particles of a species may have tracks."""
    return ELECTRON <= species <= PION


@inner_kernel(forceinline=True)
def _boost_photons(momentum, i, species, kaon, numbers, laboratory):
    """Four-momenta of photons in the laboratory, rows of (k, 4)."""
    p, slope_x, slope_y, _, _, _ = kaon
    for j in range(len(species)):
        if species[j] == PHOTON and momentum[i, j, 3] > 0.0:
            laboratory[j, 0], laboratory[j, 1], laboratory[j, 2], laboratory[j, 3] = to_laboratory(
                momentum[i, j, 0], momentum[i, j, 1], momentum[i, j, 2], momentum[i, j, 3],
                p, numbers.kaon_mass, slope_x, slope_y,
            )  # fmt: skip


@inner_kernel(forceinline=True)
def _nearest_track(x, y, impacts):
    """Distance (m) of a point in the calorimeter from the nearest of three tracks."""
    least = math.inf
    for t in range(3):
        dx, dy = x - impacts[t, 0], y - impacts[t, 1]
        least = min(least, dx * dx + dy * dy)
    return math.sqrt(least)


@inner_kernel(forceinline=True)
def _photons(species, laboratory, momentum, i, vertex, lkr, lav, impacts):
    """Photons of an event: (whether none is vetoed, how many may be a pi0's, first two of these).

    Their numbers are columns of `laboratory`.
    """
    found, one, two = 0, -1, -1
    x, y, z = vertex
    for j in range(len(species)):
        if species[j] != PHOTON or momentum[i, j, 3] <= 0.0 or laboratory[j, 2] <= 0.0:
            continue
        energy = laboratory[j, 3]
        slope_x, slope_y = laboratory[j, 0] / laboratory[j, 2], laboratory[j, 1] / laboratory[j, 2]
        if energy > _VETOED_GEV and veto_passage(x, y, z, slope_x, slope_y, lav) == SEEN:
            return False, found, one, two
        path = lkr.z_m - z
        at_x, at_y = x + path * slope_x, y + path * slope_y
        if energy < _PHOTON_GEV or not in_lkr(at_x, at_y, lkr):
            continue
        if _nearest_track(at_x, at_y, impacts) > _PHOTON_APART_M:
            one, two = (j, -1) if found == 0 else (one, j if found == 1 else two)
            found += 1
    return True, found, one, two


@inner_kernel(forceinline=True)
def _neutral_vertex(laboratory, one, two, vertex, lkr_z, mass):
    """Distance (m) of the place where two photons would come from a pi0 from the decay."""
    path = lkr_z - vertex[2]
    dx = path * (laboratory[one, 0] / laboratory[one, 2] - laboratory[two, 0] / laboratory[two, 2])
    dy = path * (laboratory[one, 1] / laboratory[one, 2] - laboratory[two, 1] / laboratory[two, 2])
    mean = math.sqrt(laboratory[one, 3] * laboratory[two, 3])
    return abs(path - math.sqrt(dx * dx + dy * dy) * mean / mass)


@inner_kernel(forceinline=True)
def _of_mass(mass, are_muons):
    if are_muons:
        return 1.0 if _SIGNAL_OF_MUONS_GEV[0] < mass < _SIGNAL_OF_MUONS_GEV[1] else _SHOWN
    if _SIGNAL_GEV[0] < mass < _SIGNAL_GEV[1]:
        return 1.0
    return _SHOWN if _SHOWN_GEV[0] < mass < _SHOWN_GEV[1] else _ELSEWHERE


@inner_kernel(forceinline=True)
def _energy(laboratory, j, mass):
    """Energy (GeV) of a particle if it had another mass."""
    x, y, z = laboratory[j, 0], laboratory[j, 1], laboratory[j, 2]
    return math.sqrt(x * x + y * y + z * z + mass * mass)


@inner_kernel(forceinline=True)
def _of_masses(species, charge, laboratory, extra, numbers, are_muons):
    """The better of both: the odd charge a pi- of pi- l+ l+, or another one the pi+ of pi+ l+ l-.

    `extra`: four-momentum of a pi0, or zeros; `are_muons`: l is a muon, not an electron.
    """
    x, y, z, leptons = extra
    total = 0.0
    lepton_mass = numbers.muon_mass if are_muons else numbers.electron_mass
    for j in range(len(species)):
        if is_charged(species[j]):
            x += laboratory[j, 0]
            y += laboratory[j, 1]
            z += laboratory[j, 2]
            leptons += _energy(laboratory, j, lepton_mass)
            total += charge[j]
    best = 0.0
    square = x * x + y * y + z * z
    for j in range(len(species)):
        if not is_charged(species[j]):
            continue
        of_lepton = _energy(laboratory, j, lepton_mass)
        energy = leptons - of_lepton + _energy(laboratory, j, numbers.pion_mass)
        value = _of_mass(math.sqrt(max(energy * energy - square, 0.0)), are_muons)
        if charge[j] * total > 0.0 and not are_muons:
            if extra[3] > 0.0:
                continue
            rest = leptons - of_lepton
            rx, ry, rz = x - laboratory[j, 0], y - laboratory[j, 1], z - laboratory[j, 2]
            pair = rest * rest - rx * rx - ry * ry - rz * rz
            if pair < _DILEPTON_GEV * _DILEPTON_GEV:
                continue
        best = max(best, value)
    return best


@inner_kernel(forceinline=True)
def _visible(species, laboratory, one, two):
    """Sum (px, py, pz) of the momenta of tracks, and of two photons where there are."""
    x, y, z = 0.0, 0.0, 0.0
    for j in range(len(species)):
        if is_charged(species[j]) or j == one or j == two:
            x += laboratory[j, 0]
            y += laboratory[j, 1]
            z += laboratory[j, 2]
    return x, y, z


@inner_kernel(forceinline=True)
def _across(x, y, z, beam):
    dx, dy = x - z * beam.slope_x, y - z * beam.slope_y
    return math.sqrt(dx * dx + dy * dy)


@inner_kernel(forceinline=True)
def excess_of_momentum(x, y, z, beam, with_pi0):
    """How far a total momentum, GeV, is out, in size and across the beam: its prospect is exp(-excess)."""
    across = _across(x, y, z, beam)
    away = abs(math.sqrt(x * x + y * y + z * z) - beam.momentum_gev)
    within = _TOTAL_WITH_PI0_GEV if with_pi0 else _TOTAL_GEV
    beyond = max(away - within, 0.0) / _TOTAL_SCALE_GEV
    beyond += max(across - _TRANSVERSE_GEV, 0.0) / _TRANSVERSE_SCALE_GEV
    return math.inf if (across > _TRANSVERSE_END_GEV) | (away > _TOTAL_END_GEV) else beyond


@inner_kernel()
def prospect_of_tracks(momentum, i, species, charge, with_pi0, kaon, least, apart, value, laboratory, impacts,
                       beam, lkr, lav, numbers):  # fmt: skip
    """Prospect, 0 to 1, of decay i of `momentum`, (n, k, 4), whose three charged particles are tracks.

    `kaon`: momentum, slopes and place of its decay, of `beam.draw_kaons`; `least`: energy (GeV) of a track;
    `apart`: whether tracks are apart in the calorimeter; `value`: prospect of the tracks' total momentum, where
    two photons are not to be a pi0 (`with_pi0`).  `laboratory`, (k, 4), has the tracks' four-momenta and space
    for those of photons; `impacts`, (3, 2), their places in the calorimeter.
    """
    # Only selections with electrons ask for a distance in the calorimeter, and for no photon in the veto.
    electrons = numbers.electrons and apart and least >= ELECTRON_FROM_GEV
    if not (electrons or numbers.muons):
        return 0.0
    _boost_photons(momentum, i, species, kaon, numbers, laboratory)
    vertex = kaon[3:]
    unseen, found, one, two = _photons(species, laboratory, momentum, i, vertex, lkr, lav, impacts)
    electrons = electrons and unseen
    if not electrons and not numbers.muons:
        return 0.0
    extra = (0.0, 0.0, 0.0, 0.0)
    if with_pi0:
        if found != 2:
            return _MORE_PHOTONS if found > 2 else 0.0
        px, py, pz = _visible(species, laboratory, one, two)
        value = math.exp(-excess_of_momentum(px, py, pz, beam, True))
        mass = numbers.neutral_pion_mass
        away = _neutral_vertex(laboratory, one, two, vertex, lkr.z_m, mass)
        value *= math.exp(-max(away - _VERTICES_M, 0.0) / _VERTICES_SCALE_M)
        px = laboratory[one, 0] + laboratory[two, 0]
        py = laboratory[one, 1] + laboratory[two, 1]
        pz = laboratory[one, 2] + laboratory[two, 2]
        extra = (px, py, pz, math.sqrt(px * px + py * py + pz * pz + mass * mass))
    best = 0.0
    if electrons:
        best = _of_masses(species, charge, laboratory, extra, numbers, False)
    if numbers.muons:
        best = max(best, _of_masses(species, charge, laboratory, extra, numbers, True))
    return value * best
