"""Fast simulation of the NA62 detector: kaon decays in, tracks and photon clusters out.

The kaon's flight, boost and direction are drawn here, so that decays are generated at rest.
Simulated: the chambers' acceptance, multiple scattering, bremsstrahlung before the magnet, pion
decays in flight, the track fit, calorimeter energies, photons in the calorimeter and in the
large-angle veto, muons in the muon detector.  Not simulated: conversions of photons (for samples
of them see `conversions`), pileup, hadronic interactions, inefficiencies of straws;
acceptance behind the chambers and particle identification belong to the selection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.na62.detector.beam import N_KAON_NUMBERS
from lnvsearch.experiments.na62.detector.block import (
    CLUSTER_COLUMNS,
    MINIMUM_TRACKS,
    PROCESSES,
    Constants,
    Keys,
    Output,
    Room,
)
from lnvsearch.experiments.na62.detector.decays_in_flight import (
    NO_PION_DECAYS,
    ONE_PION_DECAYS,
    PIONS_DECAY,
    PIONS_DECAY_UPSTREAM,
)
from lnvsearch.experiments.na62.detector.flight import (
    DECAYS_NATURALLY,
    DECAYS_NEVER,
    ELECTRON,
    INVISIBLE,
    MUON,
    N_FLOWN,
    PHOTON,
    PION,
)
from lnvsearch.experiments.na62.detector.flight_together import CHARGE, MASS, N_DRAWN, SPECIES
from lnvsearch.experiments.na62.detector.interest import interest_numbers
from lnvsearch.experiments.na62.detector.kernels import simulate_block
from lnvsearch.experiments.na62.detector.measurement import TRACK_COLUMNS
from lnvsearch.experiments.na62.detector.natural_kernel import (
    N_PARTICLE,
    Particles,
    simulate_naturally,
)
from lnvsearch.experiments.na62.detector.pion_trials import trial_space
from lnvsearch.experiments.na62.detector.response import Na62Response
from lnvsearch.experiments.na62.detector.track_fit import (
    FitNumbers,
    fit_numbers,
    parameter_covariance,
    scattering_gev,
)
from lnvsearch.experiments.na62.detector.truth import EVENT_COLUMNS
from lnvsearch.experiments.na62.events import (
    CLUSTER_BRANCHES,
    EVENT_BRANCHES,
    OPTIONAL_TRACK_BRANCHES,
    TRACK_BRANCHES,
    SpectrometerEvents,
)
from lnvsearch.generation.kaon.decays import KaonDecays
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
#: Keep what is needed in the processor's cache: decays that go through a kernel together, step by
#: step; and decays of one call, whose tracks are copied behind it.
_DECAYS_TOGETHER, _EVENTS_PER_BLOCK = 1_000, 16_000
#: The same where every decay takes long.
_EVENTS_WITH_WEIGHTS = 4_000


@dataclass(frozen=True)
class Na62Detector:
    """The detector: its numbers, and what follows from them."""

    response: Na62Response

    @classmethod
    def from_settings(cls, settings: Mapping) -> Na62Detector:
        """Detector from the content of config/detectors/na62.yaml (leaves or bare numbers).

        Raises ValueError naming the key, the allowed range and the fix.
        """
        return cls(Na62Response.from_mapping(settings))

    @cached_property
    def fit(self) -> FitNumbers:
        """Constants of the track fit."""
        return fit_numbers(self.response.spectrometer)

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
    add up to a total farther than kernels.RECORDED_WITHIN_GEV from the beam's momentum are
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
    weight = np.ascontiguousarray(decays.weight, dtype=np.float64)
    keys = Keys(*(tuple(stream_key(base_seed, sample, process)) for process in PROCESSES))
    mode = DECAYS_IN_FLIGHT[decay_in_flight]
    columns = _simulate(decays, weight, detector, keys, mode, minimum_tracks).finish()
    if decays.generated_weight is not None:
        order = np.argsort(decays.event_number, kind="stable")
        rows = np.searchsorted(decays.event_number, columns["event"]["event_number"], sorter=order)
        columns["event"]["generated_weight"] = np.asarray(decays.generated_weight, float)[order[rows]]
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
) -> _Columns:
    """Columns of the recorded events."""
    species, charge = charges_and_species(decays.pdg_id)
    n_tracks = int(np.count_nonzero((species >= ELECTRON) & (species <= PION)))
    # Every electron may radiate once in each of two chambers.
    n_photons = int(np.count_nonzero(species == PHOTON) + 2 * np.count_nonzero(species == ELECTRON))
    # One type each, whatever the decays came in: the kernel compiles once.
    event_number = np.ascontiguousarray(decays.event_number, dtype=np.int64)
    momentum = np.ascontiguousarray(decays.four_momentum, dtype=np.float64)
    is_natural, width = mode < NO_PION_DECAYS, max(n_tracks, MINIMUM_TRACKS)
    in_block = _EVENTS_PER_BLOCK if is_natural else _EVENTS_WITH_WEIGHTS
    output = _output(in_block, width, max(n_photons, 1))
    room = _room(_DECAYS_TOGETHER if is_natural else in_block, width)
    inputs = (
        event_number, weight, species, charge, momentum, *_flight_of(decays, len(species)),
        _lepton_columns(species), minimum_tracks, mode,
    )  # fmt: skip
    of_detector = (keys, _constants(detector), detector.response, detector.fit)
    pions = _pion_columns(species, mode, minimum_tracks)
    if is_natural:
        particles = _particles(_DECAYS_TOGETHER, species, charge, of_detector[1].masses)

        def simulate(first: int, last: int) -> int:
            return simulate_naturally(first, last, *inputs, *of_detector, output, room, particles)
    else:
        numbers, space = interest_numbers(detector.response), trial_space()

        def simulate(first: int, last: int) -> int:
            if not np.isfinite(np.sum(momentum[first:last])):
                return -1
            return simulate_block(
                first, last, *inputs, pions, *of_detector, numbers, space, output, room
            )

    columns = _Columns(len(decays), output)
    for first in range(0, len(decays), in_block):
        recorded = simulate(first, min(first + in_block, len(decays)))
        if recorded < 0:
            raise ValueError("decays.four_momentum holds NaN or infinity: generate the decays again")
        columns.add(output, recorded)
    return columns


class _Columns:
    """Columns of the recorded events, in the types of a file; filled block by block."""

    def __init__(self, n_decays: int, output: Output) -> None:
        shape = n_decays, output.tracks.shape[1] // len(output.n_tracks)
        kinds = TRACK_BRANCHES | OPTIONAL_TRACK_BRANCHES
        self.recorded = 0
        self.event = {name: np.empty(n_decays, kind) for name, (kind, _) in EVENT_BRANCHES.items()}
        self.track = {name: np.empty(shape, kinds[name][0]) for name in TRACK_COLUMNS}
        # Of events that have some, and their rows.
        self.clusters = [output.clusters[:0]]
        self.with_clusters = [np.empty(0, dtype=np.int64)]
        self.most_tracks, self.most_clusters = MINIMUM_TRACKS, 1

    def add(self, output: Output, n: int) -> None:
        """Append the first n rows of a block."""
        rows = slice(self.recorded, self.recorded + n)
        some = np.flatnonzero(output.n_clusters[:n])
        self.clusters.append(output.clusters[some])
        self.with_clusters.append(some + self.recorded)
        self.recorded += n
        self.event["event_number"][rows] = output.event_number[:n]
        for column, values in zip(EVENT_COLUMNS, output.events, strict=True):
            self.event[column][rows] = values[:n]
        for column, values in zip(TRACK_COLUMNS, output.tracks, strict=True):
            target, width = self.track[column], self.track[column].shape[1]
            target[rows] = values[: n * width].reshape(n, width)
        self.most_tracks = int(output.n_tracks[:n].max(initial=self.most_tracks))
        self.most_clusters = int(output.n_clusters[:n].max(initial=self.most_clusters))

    def finish(self) -> dict[str, dict[str, np.ndarray]]:
        """All columns, as wide as the event with the most tracks and clusters."""
        rows, clusters = np.concatenate(self.with_clusters), np.concatenate(self.clusters)
        cluster = {
            name: np.zeros((self.recorded, self.most_clusters), CLUSTER_BRANCHES[name][0])
            for name in CLUSTER_COLUMNS
        }
        for i, column in enumerate(cluster.values()):
            column[rows] = clusters[:, : self.most_clusters, i]
        return {
            "event": {name: self._shrunk(values, 1) for name, values in self.event.items()},
            "track": {name: self._shrunk(values, self.most_tracks) for name, values in self.track.items()},
            "cluster": cluster,
        }

    def _shrunk(self, column: np.ndarray, width: int) -> np.ndarray:
        if column.ndim == 2 and column.shape[1] > width:
            return np.ascontiguousarray(column[: self.recorded, :width])
        # Gives the rest of the memory back; nobody else has seen the array.
        column.resize((self.recorded, *column.shape[1:]), refcheck=False)
        return column


def charges_and_species(pdg_id: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
    found = [known[code] for code in codes]
    return (
        np.array([species for species, _ in found], dtype=np.int64),
        np.array([charge for _, charge in found], dtype=np.float64),
    )


def _lepton_columns(species: np.ndarray) -> tuple[int, int]:
    """Columns of two charged leptons behind a pion in column 0; (-1, -1) for other final states."""
    leptons = np.flatnonzero((species == ELECTRON) | (species == MUON))
    if len(leptons) == 2 and species[0] == PION:
        return int(leptons[0]), int(leptons[1])
    return -1, -1


def _flight_of(decays: KaonDecays, n_particles: int) -> tuple[np.ndarray, np.ndarray]:
    """Displacement (n, 4), or (0, 4) where there is none, and which particles have it, (k,)."""
    if decays.displacement_m is None:
        return np.empty((0, 4)), np.zeros(n_particles, dtype=np.bool_)
    displacement = np.ascontiguousarray(decays.displacement_m, dtype=np.float64)
    return displacement, np.asarray(decays.displaced, dtype=np.bool_)


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
        events=np.empty((len(EVENT_COLUMNS), n_events)),
        tracks=np.empty((len(TRACK_COLUMNS), n_events * n_tracks)),
        n_tracks=np.empty(n_events, dtype=np.int64),
        clusters=np.empty((n_events, n_clusters, len(CLUSTER_COLUMNS))),
        n_clusters=np.empty(n_events, dtype=np.int64),
    )


def _room(n_events: int, n_tracks: int) -> Room:
    width = n_events * n_tracks
    return Room(
        kaons=np.empty((N_KAON_NUMBERS, n_events)),
        flown=np.empty((N_FLOWN + 1, width)),
        nearby=np.empty(width),
        muons=np.empty((3, width + 1), dtype=np.int64),
        drawn=np.empty((N_DRAWN, width)),
        **_integers(("slots", "sources", "which", "source", "list_events", "list_slots"), width),
    )


def _particles(n_decays: int, species: np.ndarray, charge: np.ndarray, masses: Sequence[float]) -> Particles:
    columns = np.flatnonzero((species >= ELECTRON) & (species <= PION))
    width = n_decays * len(columns)
    begin = np.empty((N_PARTICLE, width))
    for row, values in ((MASS, np.take(masses, species[columns])), (CHARGE, charge[columns]),
                        (SPECIES, species[columns])):  # fmt: skip
        begin[row] = np.repeat(values, n_decays)
    names = ("place", "which", "event", "slot", "wide_slot")
    return Particles(
        columns=columns,
        rows=np.empty(n_decays, dtype=np.int64),
        begin=begin,
        decayed=np.empty(n_decays, dtype=np.int64),
        first_photon=np.empty(n_decays + 1, dtype=np.int64),
        photons=np.empty((2 * width, 6)),
        **_integers(names, width + 1),
    )


def _integers(names: Sequence[str], n: int) -> dict[str, np.ndarray]:
    return {name: np.empty(n, dtype=np.int64) for name in names}
