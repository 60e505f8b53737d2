"""Particles of a known kind from decays that kinematics alone tell apart: probes of identification.

The searches measure identification with pions of K+ -> pi+ pi+ pi-, positrons of
K+ -> pi0 e+ nu and muons of K+ -> mu+ nu, none of which was identified to be selected.  The
windows are those of `Kinematics`; the kaon has the beam's mean momentum and direction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.na62.events import SpectrometerEvents
from lnvsearch.experiments.na62.selection.geometry import (
    angle_to_beam_rad,
    inside,
    position_at,
)
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.select import fit_vertices
from lnvsearch.experiments.na62.selection.settings import SelectionDetector
from lnvsearch.reconstruction.neutral_pion import find_photon_pairs

__all__ = [
    "PROBES",
    "Kinematics",
    "Probes",
    "muons_of_kmu2",
    "pions_of_k3pi",
    "positrons_of_ke3",
    "shares",
    "silent_probability",
]


@dataclass(frozen=True)
class Kinematics:
    """Windows of the kinematic selections, GeV and GeV^2.

    Pions: total momentum within a distance of the beam's and transverse momentum below a limit.
    Positrons and muons: the squared mass missing beside them (and beside the pi0) within a distance
    of zero.  Positrons, against K+ -> pi+ pi0: transverse momentum of track and pi0 above a limit,
    and the squared mass missing beside the track, taken for a pion, outside a distance of the pi0's.
    Photons are clusters above an energy.
    """

    total_momentum_deviation_maximum_gev: float = 2.5
    transverse_momentum_maximum_gev: float = 0.030
    missing_mass_squared_maximum_gev2: float = 0.010
    transverse_momentum_minimum_gev: float = 0.0
    pi0_mass_squared_distance_minimum_gev2: float = 0.0
    photon_energy_minimum_gev: float = 2.0


@dataclass(frozen=True)
class Probes:
    """Tracks that kinematics selected, (n,) each; `decayed`: whether a pion of their event did.

    `angle_rad`: before the magnet, to the axis of the beam.
    """

    momentum_gev: np.ndarray
    angle_rad: np.ndarray
    charge: np.ndarray
    true_pdg_id: np.ndarray
    muv3_tile: np.ndarray
    decayed: np.ndarray

    @staticmethod
    def joined(parts: Iterable[Probes]) -> Probes:
        """Those of all chunks of a sample."""
        parts = list(parts)
        names = (field.name for field in fields(Probes))
        return Probes(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))

    def of_map(self, name: str, maps: IdentificationMaps) -> np.ndarray:
        """Probability of an efficiency map for each, (n,)."""
        return maps.probability(name, **{one: getattr(self, one) for one in maps.needs})

    def of_kind(self, kind: str) -> Probes:
        """The probes that are truly `kind` or its antiparticle, and not from a pion's decay."""
        code = abs(particles.pdg_id(kind))
        kept = (np.abs(self.true_pdg_id) == code) & ~(self.decayed & (code == _MUON))
        return self.subset(kept)

    def subset(self, kept: np.ndarray) -> Probes:
        """Some of them: a mask (n,)."""
        return Probes(*(getattr(self, field.name)[kept] for field in fields(Probes)))


_MUON, _PION = abs(particles.pdg_id("mu+")), abs(particles.pdg_id("pi+"))


def pions_of_k3pi(
    events: SpectrometerEvents, detector: SelectionDetector, kinematics: Kinematics
) -> Probes:
    """All tracks of three-track vertices that have the beam's momentum together."""
    vertices = fit_vertices(events, detector)
    total = vertices.momentum_gev.sum(axis=1)
    good = _transverse(total, detector) < kinematics.transverse_momentum_maximum_gev
    deviation = np.linalg.norm(total, axis=1) - detector.beam.momentum_gev
    good &= np.abs(deviation) < kinematics.total_momentum_deviation_maximum_gev
    return _probes(events, vertices.event_index[good], vertices.track_index[good], detector)


def positrons_of_ke3(
    events: SpectrometerEvents, detector: SelectionDetector, kinematics: Kinematics
) -> Probes:
    """Single tracks beside the two photons of a pi0, with no mass missing."""
    rows = _single_tracks(events)
    track = {name: values[rows, 0] for name, values in events.track.items()}
    photons = find_photon_pairs(
        {name: values[rows] for name, values in events.cluster.items()},
        *(np.asarray(u)[:, None] for u in position_at(track, detector.lkr.z_m, detector.spectrometer)),
        energy_minimum_gev=kinematics.photon_energy_minimum_gev,
        track_distance_minimum_m=0.0,
    )
    pion = _neutral_pion(track, photons, detector)
    positron = _four_momentum(track, particles.mass_gev("e+"))
    kaon = _beam_four_momentum(detector)
    with np.errstate(invalid="ignore"):  # no pi0: NaN, which passes nothing
        good = photons.number == 2
        missing = _squared(kaon - pion - positron)
        good &= np.abs(missing) < kinematics.missing_mass_squared_maximum_gev2
        across = _transverse((pion + positron)[:, :3], detector)
        good &= across >= kinematics.transverse_momentum_minimum_gev
    recoil = _squared(kaon - _four_momentum(track, particles.mass_gev("pi+")))
    distance = np.abs(recoil - particles.mass_gev("pi0") ** 2)
    good &= distance >= kinematics.pi0_mass_squared_distance_minimum_gev2
    return _probes(events, rows[good], _first(good), detector)


def muons_of_kmu2(
    events: SpectrometerEvents, detector: SelectionDetector, kinematics: Kinematics
) -> Probes:
    """Single tracks towards the muon detector, without photons and with no mass missing."""
    rows = _single_tracks(events)
    track = {name: values[rows, 0] for name, values in events.track.items()}
    muon = _four_momentum(track, particles.mass_gev("mu+"))
    missing = _squared(_beam_four_momentum(detector) - muon)
    good = np.abs(missing) < kinematics.missing_mass_squared_maximum_gev2
    energy = np.asarray(events.cluster["energy_gev"])[rows]
    good &= ~np.any(energy > kinematics.photon_energy_minimum_gev, axis=1)
    good &= np.asarray(events.event["lav_energy_gev"])[rows] < detector.lav.threshold_gev
    good &= inside(track, "lkr", detector) & inside(track, "muv3", detector)
    return _probes(events, rows[good], _first(good), detector)


#: Kind of particle -> its probes.
PROBES: dict[str, Callable[[SpectrometerEvents, SelectionDetector, Kinematics], Probes]] = {
    "pi+": pions_of_k3pi,
    "e+": positrons_of_ke3,
    "mu+": muons_of_kmu2,
}


def silent_probability(probes: Probes, maps: IdentificationMaps) -> np.ndarray:
    """Probability that the muon detector has no signal of a track, (n,).

    A muon that a pion decayed to has one or has none, as simulated; see `identification`.
    """
    code = np.abs(probes.true_pdg_id)
    result = np.ones(len(code))
    pion, muon = code == _PION, code == _MUON
    pions, muons = probes.subset(pion), probes.subset(muon)
    result[pion] -= pions.of_map("pion_to_muon", maps)
    result[muon] = np.where(
        muons.decayed, muons.muv3_tile < 0, muons.of_map("muon_to_pion", maps)
    )
    return result


def shares(
    momenta_gev: Sequence[np.ndarray],
    scales: Sequence[float],
    edges_gev: np.ndarray,
    weights: Sequence[np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Share of each of k decays among the probes in bins of momentum: value, uncertainty (k, b).

    `momenta_gev`: of each decay's probes.  `scales`: branching fraction over generated events.
    `weights`: of each probe, 1 without them.  The uncertainty is that of the decay's own events,
    one more or less at least; 0/0 is NaN.

    >>> value, _ = shares([np.full(3, 20.0), np.full(1, 20.0)], [1.0, 1.0], np.array([10.0, 30.0]))
    >>> value.ravel().tolist()
    [0.75, 0.25]
    """
    if weights is None:
        weights = [np.ones(len(momentum)) for momentum in momenta_gev]
    sums, squares = (
        np.array([
            scale**power * np.histogram(momentum, edges_gev, weights=np.asarray(weight) ** power)[0]
            for momentum, weight, scale in zip(momenta_gev, weights, scales, strict=True)
        ])
        for power in (1, 2)
    )  # fmt: skip
    heaviest = [np.max(weight, initial=0.0) or 1.0 for weight in weights]
    least = (np.array(scales) * heaviest)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        value = sums / sums.sum(axis=0)
        spread = np.maximum(np.sqrt(squares), least) / sums.sum(axis=0)
    return value, (1.0 - value) * spread


def _single_tracks(events: SpectrometerEvents) -> np.ndarray:
    """Rows of the events with one track, a positive one."""
    charge = np.asarray(events.track["charge"])
    return np.flatnonzero((np.sum(charge != 0, axis=1) == 1) & (charge[:, 0] > 0))


def _first(good: np.ndarray) -> np.ndarray:
    """The first column, for every event of a mask, (k, 1)."""
    return np.zeros((np.count_nonzero(good), 1), dtype=np.int64)


def _probes(
    events: SpectrometerEvents, rows: np.ndarray, columns: np.ndarray, detector: SelectionDetector
) -> Probes:
    """Tracks in `columns`, (k, t), of the events in `rows`, (k,)."""
    names = ("momentum_gev", "slope_x", "slope_y", "charge", "true_pdg_id", "muv3_tile")
    track = {
        name: np.take_along_axis(np.asarray(events.track[name])[rows], columns, axis=1).ravel()
        for name in names
    }
    decayed = np.asarray(events.event["n_decays_in_flight"])[rows] > 0
    return Probes(
        track["momentum_gev"],
        angle_to_beam_rad(track, detector),
        track["charge"],
        track["true_pdg_id"],
        track["muv3_tile"],
        np.repeat(decayed, columns.shape[1]),
    )


def _neutral_pion(track: Mapping[str, np.ndarray], photons, detector: SelectionDetector) -> np.ndarray:
    """Four-momentum (n, 4) of a pi0 that decayed on the track; NaN without two photons."""
    z_front = detector.lkr.z_m
    energy, x, y = photons.energy_gev, photons.x_m, photons.y_m
    z = z_front - photons.separation_m * np.sqrt(energy.prod(axis=1)) / particles.mass_gev("pi0")
    along = z - detector.spectrometer.chamber_z_m[0]
    x_decay = track["x_m"] + track["slope_x"] * along
    y_decay = track["y_m"] + track["slope_y"] * along
    flight = np.stack(
        [
            x - x_decay[:, None],
            y - y_decay[:, None],
            np.broadcast_to((z_front - z)[:, None], x.shape),
        ],
        axis=-1,
    )
    flight /= np.linalg.norm(flight, axis=-1, keepdims=True)
    momentum = (energy[..., None] * flight).sum(axis=1)
    return np.concatenate([momentum, energy.sum(axis=1)[:, None]], axis=1)


def _four_momentum(track: Mapping[str, np.ndarray], mass_gev: float) -> np.ndarray:
    """(n, 4) from the size of the momentum and its slopes."""
    momentum, slope_x, slope_y = (track[name] for name in ("momentum_gev", "slope_x", "slope_y"))
    pz = momentum / np.sqrt(1.0 + slope_x**2 + slope_y**2)
    return np.stack([pz * slope_x, pz * slope_y, pz, np.hypot(momentum, mass_gev)], axis=1)


def _beam_four_momentum(detector: SelectionDetector) -> np.ndarray:
    """(1, 4) of a kaon with the beam's mean momentum and direction."""
    beam = {name: np.array([getattr(detector.beam, name)]) for name in _BEAM}
    return _four_momentum(beam, particles.mass_gev("K+"))


_BEAM = ("momentum_gev", "slope_x", "slope_y")


def _squared(four_momentum: np.ndarray) -> np.ndarray:
    return four_momentum[:, 3] ** 2 - np.sum(four_momentum[:, :3] ** 2, axis=1)


def _transverse(momentum: np.ndarray, detector: SelectionDetector) -> np.ndarray:
    """Momentum (n, 3) across the axis of the beam, (n,)."""
    axis = np.array([detector.beam.slope_x, detector.beam.slope_y, 1.0])
    axis /= np.linalg.norm(axis)
    return np.linalg.norm(momentum - np.outer(momentum @ axis, axis), axis=1)
