"""Fast simulation of the NA62 detector: kaon decays in, tracks and photon clusters out.

The kaon's flight, boost and direction are drawn here, so that decays are generated at rest.
Simulated: the chambers' acceptance, multiple scattering, bremsstrahlung before the magnet, pion
decays in flight, the track fit, calorimeter energies, photons in the calorimeter and in the
large-angle veto, muons in the muon detector.  Not simulated: conversions of photons, pileup,
hadronic interactions, inefficiencies of straws; acceptance behind the chambers and particle
identification belong to the selection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lnvsearch import particles
from lnvsearch.detector.na62_decays_in_flight import (
    NO_PION_DECAYS,
    ONE_PION_DECAYS,
    PIONS_DECAY,
    PIONS_DECAY_UPSTREAM,
    trial_space,
)
from lnvsearch.detector.na62_flight import (
    DECAYS_NATURALLY,
    DECAYS_NEVER,
    ELECTRON,
    INVISIBLE,
    MUON,
    PHOTON,
    PION,
)
from lnvsearch.detector.na62_interest import interest_numbers
from lnvsearch.detector.na62_kernels import (
    CLUSTER_COLUMNS,
    EVENT_COLUMNS,
    MINIMUM_TRACKS,
    PROCESSES,
    TRACK_COLUMNS,
    Constants,
    Keys,
    Output,
    simulate_block,
)
from lnvsearch.detector.na62_response import Na62Response
from lnvsearch.detector.na62_track_fit import (
    FitNumbers,
    fit_numbers,
    parameter_covariance,
    scattering_gev,
)
from lnvsearch.kaon_events import (
    CLUSTER_BRANCHES,
    EVENT_BRANCHES,
    TRACK_BRANCHES,
    KaonDecays,
    SpectrometerEvents,
)
from lnvsearch.random_streams import stream_key

__all__ = ["DECAYS_IN_FLIGHT", "Na62Detector", "simulate_spectrometer", "track_covariance"]

#: Names of the ways in which pions decay in flight.  The last four are topologies of three pions,
#: with weights: no decay, exactly one, two or three, and two or three of a kaon that decays before
#: the fiducial volume.
DECAYS_IN_FLIGHT = {
    "natural": DECAYS_NATURALLY,
    "off": DECAYS_NEVER,
    "none": NO_PION_DECAYS,
    "one": ONE_PION_DECAYS,
    "downstream": PIONS_DECAY,
    "upstream": PIONS_DECAY_UPSTREAM,
}

_SPECIES = {"e-": ELECTRON, "mu-": MUON, "pi+": PION, "gamma": PHOTON,
            "nu(e)": INVISIBLE, "nu(mu)": INVISIBLE, "nu(tau)": INVISIBLE}  # fmt: skip
#: Keeps a block's output in the processor's cache.
_EVENTS_PER_BLOCK = 2_000


class Block(NamedTuple):
    """Recorded events of a block."""

    event: dict[str, np.ndarray]
    track: dict[str, np.ndarray]
    cluster: dict[str, np.ndarray]
    most_tracks: int
    most_clusters: int


@dataclass(frozen=True)
class Na62Detector:
    """The detector: its numbers, and what follows from them."""

    response: Na62Response

    @classmethod
    def from_settings(cls, settings: Mapping) -> Na62Detector:
        """Detector from the content of config/detectors/na62.yaml (leaves or bare numbers).

        Raises ValueError naming the key, the allowed range and the mend.
        """
        return cls(Na62Response.from_mapping(settings))

    @cached_property
    def fit(self) -> FitNumbers:
        """Constants of the track fit."""
        return fit_numbers(self.response.spectrometer)

    def spectrometer_numbers(self) -> dict[str, float | tuple[float, ...]]:
        """Plain numbers for a vertex fit: chambers, magnet, resolution, scattering.

        `scattering_gev` over the momentum in GeV is the rms angle (one plane, rad) of one chamber;
        the line of a track is that before chamber 1.
        """
        straws = self.response.spectrometer
        return {
            "chamber_z_m": straws.chamber_z_m,
            "magnet_z_m": straws.magnet_z_m,
            "magnet_kick_gev": straws.magnet_kick_gev,
            "hit_resolution_m": straws.hit_resolution_m,
            "scattering_gev": scattering_gev(straws.thickness_x0),
        }


def track_covariance(detector: Na62Detector, momentum_gev: float) -> np.ndarray:
    """Covariance (5, 5) of (x m, y m, slope_x, slope_y, charge/p 1/GeV) of a track at chamber 1.

    For small slopes; raises ValueError for a momentum that is not positive.

    >>> 1e2 * 20 * track_covariance(detector, 20.0)[4, 4] ** 0.5    # sigma(p)/p in %
    ... # doctest: +SKIP
    """
    if not momentum_gev > 0.0:
        raise ValueError(f"momentum_gev is {momentum_gev}: give a positive momentum in GeV")
    return parameter_covariance(detector.response.spectrometer, momentum_gev)


def simulate_spectrometer(
    decays: KaonDecays,
    detector: Na62Detector,
    *,
    base_seed: int,
    sample: str,
    decay_in_flight: str = "natural",
    minimum_tracks: int = MINIMUM_TRACKS,
    n_generated: int | None = None,
    sum_weight: float | None = None,
    sum_squared_weight: float | None = None,
) -> SpectrometerEvents:
    """Tracks and clusters of the decays that have three tracks at least in all four chambers.

    `decays` stand for decays in the fiducial volume.  `base_seed` and `sample` choose the random
    streams; an event number gets the same numbers whatever events are simulated with it.
    `decay_in_flight`: a key of DECAYS_IN_FLIGHT.  Topologies with weights are for three charged
    pions; the weights are such that sums over recorded events over `sum_weight` are efficiencies
    for each decay in the fiducial volume, of that topology and recorded, and events whose momenta
    add up to a total farther than na62_kernels.RECORDED_WITHIN_GEV from the beam's momentum are
    not recorded.  `minimum_tracks`: fewest tracks of a recorded event; fewer than three are for
    control decays.  The last three are sums over all generated events, for decays of which some
    were left out already; by default those of `decays`.
    Raises ValueError for a particle that cannot fly, a momentum that is not finite, an unknown
    `decay_in_flight`, or other final states than a topology's.

    >>> events = simulate_spectrometer(decays, detector, base_seed=1, sample="pi_pi_pi")
    ... # doctest: +SKIP
    """
    if decay_in_flight not in DECAYS_IN_FLIGHT:
        raise ValueError(
            f"decay_in_flight is {decay_in_flight!r}: give one of {', '.join(DECAYS_IN_FLIGHT)}"
        )
    if not np.isfinite(np.sum(decays.four_momentum)):
        raise ValueError("decays.four_momentum holds NaN or infinity: generate the decays again")
    weight = np.ascontiguousarray(decays.weight, dtype=np.float64)
    keys = Keys(*(tuple(stream_key(base_seed, sample, process)) for process in PROCESSES))
    mode = DECAYS_IN_FLIGHT[decay_in_flight]
    parts = _simulate(decays, weight, detector, keys, mode, minimum_tracks)
    columns = _joined(parts)
    return SpectrometerEvents(
        **columns,
        n_generated=len(decays) if n_generated is None else int(n_generated),
        sum_weight=float(np.sum(weight) if sum_weight is None else sum_weight),
        sum_squared_weight=float(
            np.sum(weight * weight) if sum_squared_weight is None else sum_squared_weight
        ),
        metadata={"detector": "na62", "sample": sample, "decay_in_flight": decay_in_flight},
    )


def _simulate(
    decays: KaonDecays,
    weight: np.ndarray,
    detector: Na62Detector,
    keys: Keys,
    mode: int,
    minimum_tracks: int,
) -> list[Block]:
    """Recorded events, block by block."""
    species, charge = _classify(decays.pdg_id)
    constants = _constants(detector)
    n_tracks = int(np.count_nonzero((species >= ELECTRON) & (species <= PION)))
    # Every electron may radiate once in each of two chambers.
    n_photons = int(np.count_nonzero(species == PHOTON) + 2 * np.count_nonzero(species == ELECTRON))
    leptons = _lepton_columns(species)
    pions = _pion_columns(species, mode, minimum_tracks)
    numbers, space = interest_numbers(detector.response), trial_space()
    # One type each, whatever the decays came in: the kernel compiles once.
    event_number = np.ascontiguousarray(decays.event_number, dtype=np.int64)
    momentum = np.ascontiguousarray(decays.four_momentum, dtype=np.float64)
    output = _output(_EVENTS_PER_BLOCK, max(n_tracks, MINIMUM_TRACKS), max(n_photons, 1))
    parts = [_typed(output, 0)]  # for no event at all
    for first in range(0, len(decays), _EVENTS_PER_BLOCK):
        last = min(first + _EVENTS_PER_BLOCK, len(decays))
        recorded = simulate_block(
            first, last, event_number, weight, species, charge, momentum, leptons, minimum_tracks,
            mode, pions, keys, constants, detector.response, detector.fit, numbers, space, output,
        )  # fmt: skip
        parts.append(_typed(output, recorded))
    return parts


def _typed(output: Output, recorded: int) -> Block:
    """Columns of a block in the types of a file; rows that an event does not have are 0."""
    tracks, clusters = output.tracks[:recorded], output.clusters[:recorded]
    n_tracks, n_clusters = output.n_tracks[:recorded], output.n_clusters[:recorded]
    tracks[np.arange(tracks.shape[1]) >= n_tracks[:, np.newaxis]] = 0.0
    clusters[np.arange(clusters.shape[1]) >= n_clusters[:, np.newaxis]] = 0.0
    event = dict(zip(EVENT_COLUMNS, output.events[:recorded].T, strict=True))
    event["event_number"] = output.event_number[:recorded]
    return Block(
        event={name: event[name].astype(kind) for name, (kind, _) in EVENT_BRANCHES.items()},
        track={name: tracks[..., i].astype(TRACK_BRANCHES[name][0])
               for i, name in enumerate(TRACK_COLUMNS)},
        cluster={name: clusters[..., i].astype(CLUSTER_BRANCHES[name][0])
                 for i, name in enumerate(CLUSTER_COLUMNS)},
        most_tracks=int(n_tracks.max(initial=MINIMUM_TRACKS)),
        most_clusters=int(n_clusters.max(initial=1)),
    )  # fmt: skip


def _joined(blocks: list[Block]) -> dict[str, dict[str, np.ndarray]]:
    """Columns of all blocks, as wide as the event with the most tracks and clusters."""
    tracks = max(block.most_tracks for block in blocks)
    clusters = max(block.most_clusters for block in blocks)

    def join(part: str, *width: slice) -> dict[str, np.ndarray]:
        columns = [getattr(block, part) for block in blocks]
        return {
            name: np.concatenate([column[name][(slice(None), *width)] for column in columns])
            for name in columns[0]
        }

    return {
        "event": join("event"),
        "track": join("track", slice(tracks)),
        "cluster": join("cluster", slice(clusters)),
    }


def _classify(pdg_id: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Species and charge (k,) of PDG codes."""
    known = {}
    for name, species in _SPECIES.items():
        code = particles.pdg_id(name)
        anticode = particles.conjugate_pdg_id(name)
        known[code] = species, particles.charge(name)
        known[anticode] = species, -particles.charge(name)
    codes = [int(code) for code in pdg_id]
    if unknown := [code for code in codes if code not in known]:
        raise ValueError(
            f"decays.pdg_id holds {', '.join(map(str, unknown))}: the detector knows charged pions "
            "and leptons, photons and neutrinos; let other particles decay in the generator"
        )
    species, charge = zip(*(known[code] for code in codes), strict=True)
    return np.array(species, dtype=np.int64), np.array(charge, dtype=np.float64)


def _lepton_columns(species: np.ndarray) -> tuple[int, int]:
    """Columns of two charged leptons behind a pion in column 0; (-1, -1) for other final states."""
    leptons = np.flatnonzero((species == ELECTRON) | (species == MUON))
    if len(leptons) == 2 and species[0] == PION:
        return int(leptons[0]), int(leptons[1])
    return -1, -1


def _pion_columns(species: np.ndarray, mode: int, minimum_tracks: int) -> np.ndarray:
    """Columns of three pions, (3,); checked for the modes in which they decay together."""
    charged = np.flatnonzero((species >= ELECTRON) & (species <= PION))
    pions = np.flatnonzero(species == PION)
    if mode < NO_PION_DECAYS:
        return np.zeros(3, dtype=np.int64)
    if len(pions) != 3 or len(charged) != 3 or minimum_tracks != MINIMUM_TRACKS:
        raise ValueError(
            "decay_in_flight none, one, downstream and upstream are topologies of three charged "
            "pions, all recorded: give such decays and minimum_tracks 3, or use natural"
        )
    return pions


def _constants(detector: Na62Detector) -> Constants:
    """What the kernels need of particle properties."""
    charged = ("e+", "mu+", "pi+")
    return Constants(
        kaon_mass=particles.mass_gev("K+"),
        kaon_ctau_m=particles.ctau_m("K+"),
        masses=tuple(particles.mass_gev(name) for name in charged),
        pion_ctau_m=particles.ctau_m("pi+"),
        scattering_gev=scattering_gev(detector.response.spectrometer.thickness_x0),
        codes=tuple(particles.pdg_id(name) for name in charged),
    )


def _output(n_events: int, n_tracks: int, n_clusters: int) -> Output:
    return Output(
        event_number=np.empty(n_events, dtype=np.int64),
        events=np.empty((n_events, len(EVENT_COLUMNS))),
        tracks=np.empty((n_events, n_tracks, len(TRACK_COLUMNS))),
        n_tracks=np.empty(n_events, dtype=np.int64),
        clusters=np.empty((n_events, n_clusters, len(CLUSTER_COLUMNS))),
        n_clusters=np.empty(n_events, dtype=np.int64),
    )
