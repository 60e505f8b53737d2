"""Candidates of three tracks in the NA62 searches, and what is computed of them.

A candidate is a vertex together with an assignment of its tracks to the final state: the pion
first, then the leptons.  Where the charges leave a choice (which of two positive tracks is the
pion), each choice is a candidate with its own weight of identification.

Tracks may be identified as other particles than those of the final state, whose masses they get:
control samples with inverted identification are selected so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from itertools import permutations, product

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.na62.events import SpectrometerEvents
from lnvsearch.experiments.na62.selection.geometry import (
    angle_to_beam_rad,
    line_at,
    line_resolution,
    position_at,
)
from lnvsearch.experiments.na62.selection.identification import KINDS
from lnvsearch.experiments.na62.selection.kernels import (
    kinematics,
    matching_candidates,
    smallest_distance,
    sums_of_tracks,
)
from lnvsearch.experiments.na62.selection.settings import SelectionDetector
from lnvsearch.reconstruction.neutral_pion import (
    NeutralPions,
    PhotonPairs,
    reconstruct_neutral_pions,
)
from lnvsearch.reconstruction.three_track_vertex import ThreeTrackVertices, find_vertices

__all__ = ["Candidates", "assignments"]

_SLOPES_BEHIND = ("downstream_slope_x", "downstream_slope_y") * 2


def assignments(
    final_state: Sequence[str],
    charges: Sequence[int],
    identified_as: Sequence[str] | None = None,
) -> list[tuple[int, ...]]:
    """Orders in which tracks of these charges can be the charged particles of a final state.

    Orders that differ by an exchange of equal particles, identified as equal ones, count once.

    >>> assignments(["pi+", "e+", "e-"], [1, 1, -1])
    [(0, 1, 2), (1, 0, 2)]
    >>> assignments(["pi-", "mu+", "mu+"], [1, 1, -1], ["pi-", "pi+", "mu+"])
    [(2, 0, 1), (2, 1, 0)]
    """
    wanted = [particles.charge(name) for name in final_state]
    found: dict[tuple, tuple[int, ...]] = {}
    for order in permutations(range(3)):
        if [int(charges[i]) for i in order] == wanted:
            key = tuple(sorted(zip(final_state, identified_as or final_state, order, strict=True)))
            found.setdefault(key, order)
    return list(found.values())


@dataclass
class Candidates:
    """r candidates of the events of a chunk, and what the cuts compute of them, once each.

    `vertex`: (r,), rows of `vertices`, in the order of the events.  `order`: (3, r), which of the
    vertex's three tracks is which particle of `final_state`.  `flat`: (3, r), where these tracks
    are in a flat branch of the events.  Arrays of tracks are (3, r).  `identified_as`: what the
    three tracks are identified as.
    """

    events: SpectrometerEvents
    vertices: ThreeTrackVertices
    final_state: tuple[str, ...]
    identified_as: tuple[str, ...]
    detector: SelectionDetector
    vertex: np.ndarray
    order: np.ndarray
    flat: np.ndarray
    photons: PhotonPairs | None = None
    _branch: dict[str, np.ndarray] = field(default_factory=dict)
    _track: dict[str, np.ndarray] = field(init=False, default_factory=dict)

    @classmethod
    def of(
        cls,
        events: SpectrometerEvents,
        final_state: Sequence[str],
        charge: int,
        detector: SelectionDetector,
        vertices: ThreeTrackVertices | None = None,
        identified_as: Sequence[str] | None = None,
    ) -> Candidates:
        """All candidates of a final state; `vertices` of the events, if they are known already.

        `identified_as`: three particles as which the tracks are identified, by default those of
        the final state.
        Raises ValueError for a final state that is not three charged particles and a pi0 at most,
        or whose charge is another, or tracks identified as particles of other charges.
        """
        charged = [name for name in final_state if name != "pi0"]
        _check_final_state(final_state, charged, charge)
        identified_as = charged if identified_as is None else list(identified_as)
        _check_identified(identified_as, charged)
        if vertices is None:
            vertices = find_vertices(events.track, line_resolution(detector.spectrometer))
        vertex, order, flat = matching_candidates(
            np.asarray(events.track["charge"]),
            vertices.event_index,
            vertices.track_index,
            *_ways(tuple(charged), tuple(identified_as)),
        )
        return cls(
            events, vertices, tuple(final_state), tuple(identified_as), detector, vertex, order, flat
        )

    def subset(self, rows: np.ndarray) -> Candidates:
        """Some of the candidates, `rows` ascending; what was computed of them is computed anew."""
        photons = self.photons
        if photons is not None:
            photons = PhotonPairs(*(getattr(photons, f.name)[rows] for f in fields(photons)))
        return Candidates(
            self.events,
            self.vertices,
            self.final_state,
            self.identified_as,
            self.detector,
            self.vertex[rows],
            np.take(self.order, rows, axis=1),
            np.take(self.flat, rows, axis=1),
            photons,
            self._branch,
        )

    def __len__(self) -> int:
        return len(self.vertex)

    @cached_property
    def event(self) -> np.ndarray:
        """Row of each candidate's event, (r,)."""
        return self.vertices.event_index[self.vertex]

    def branch(self, name: str) -> np.ndarray:
        """A track branch of all events, flat; `flat` says where a candidate's tracks are."""
        if name not in self._branch:
            self._branch[name] = np.ascontiguousarray(self.events.track[name]).reshape(-1)
        return self._branch[name]

    def lines(self, names: Sequence[str]) -> list[np.ndarray]:
        """Flat branches as the kernels take them: float64."""
        return [np.asarray(self.branch(name), dtype=np.float64) for name in names]

    def track(self, name: str) -> np.ndarray:
        """A track branch of the three tracks, (3, r), in the order of the final state; or angle_rad."""
        if name == "angle_rad":
            return angle_to_beam_rad(self.tracks, self.detector)
        if name not in self._track:
            self._track[name] = np.take(self.branch(name), self.flat)
        return self._track[name]

    @property
    def tracks(self) -> Mapping[str, np.ndarray]:
        """All track branches, by name, as `track` gives them.

        Not kept: candidates that hold what holds them would outlive their chunk, with all its arrays.
        """
        return _Lazy(self)

    @cached_property
    def position_m(self) -> np.ndarray:
        return self.vertices.position_m[self.vertex]

    @property
    def z_vertex_m(self) -> np.ndarray:
        return self.vertices.position_m[:, 2][self.vertex]

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Hypotheses of the three tracks: pion, electron or muon."""
        return _kinds(name for name in self.final_state if name != "pi0")

    @cached_property
    def identified_kinds(self) -> tuple[str, ...]:
        """What the three tracks are identified as: pion, electron or muon."""
        return _kinds(self.identified_as)

    @cached_property
    def _track_sums(self) -> tuple[np.ndarray, np.ndarray]:
        """Four-momenta at the vertex of all three tracks, and of the two leptons: (4, r) each."""
        charged = [name for name in self.final_state if name != "pi0"]
        mass = np.array([particles.mass_gev(name) for name in charged])
        (momentum,) = self.lines(["momentum_gev"])
        return sums_of_tracks(
            self.vertices.momentum_gev, self.vertex, self.order, self.flat, momentum, mass
        )

    def impacts(self, z_m: float) -> tuple[np.ndarray, np.ndarray]:
        """x and y in m of the three tracks at a plane, (3, r) each."""
        return position_at(self.tracks, z_m, self.detector.spectrometer)

    @cached_property
    def neutral_pions(self) -> NeutralPions:
        if self.photons is None:
            raise ValueError("a final state with a pi0 needs the cut photons before others")
        return reconstruct_neutral_pions(
            self.photons, self.position_m, self.detector.lkr.z_m
        )

    @cached_property
    def total(self) -> np.ndarray:
        """Four-momentum of the final state, (4, r)."""
        total = self._track_sums[0]
        return total + self.neutral_pions.four_momentum.T if "pi0" in self.final_state else total

    @cached_property
    def _kinematics(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mass, momentum, and momentum across the axis of the beam, which is inclined, (r,)."""
        beam = self.detector.beam
        axis = np.array([beam.slope_x, beam.slope_y, 1.0])
        return kinematics(self.total, axis / np.linalg.norm(axis))

    @property
    def mass_gev(self) -> np.ndarray:
        return self._kinematics[0]

    @property
    def total_momentum_gev(self) -> np.ndarray:
        return self._kinematics[1]

    @property
    def transverse_momentum_gev(self) -> np.ndarray:
        return self._kinematics[2]

    @cached_property
    def dilepton_mass_gev(self) -> np.ndarray:
        return _mass(self._track_sums[1])

    def smallest_distance(self, z_m: float) -> np.ndarray:
        """Distance in m of the two tracks that are closest in a plane, (r,)."""
        names, along = line_at(z_m, self.detector.spectrometer)
        return smallest_distance(self.flat, *self.lines(names), along)

    @cached_property
    def smallest_angle(self) -> np.ndarray:
        """Smallest angle of two tracks behind the magnet, (r,), rad.

        Slopes are below 0.03: the angle is the distance of the slopes to 1e-3 of itself.
        """
        return smallest_distance(self.flat, *self.lines(_SLOPES_BEHIND), 0.0)


class _Lazy(Mapping):
    """Track branches of candidates, gathered when they are asked for."""

    def __init__(self, candidates: Candidates):
        self._candidates = candidates

    def __getitem__(self, name: str) -> np.ndarray:
        return self._candidates.track(name)

    def __iter__(self):
        return iter(self._candidates.events.track)

    def __len__(self) -> int:
        return len(self._candidates.events.track)


def _check_final_state(final_state, charged, charge: int) -> None:
    codes = [abs(particles.pdg_id(name)) for name in charged]
    is_known = len(codes) == 3 and codes[0] == 211 and all(c in (11, 13) for c in codes[1:])
    if not is_known or len(final_state) - len(charged) > 1:
        raise ValueError(
            f"final_state is {list(final_state)}: give a charged pion, two charged leptons "
            "and possibly a pi0, in this order"
        )
    total = sum(particles.charge(name) for name in charged)
    if total != charge:
        raise ValueError(f"charge is {charge}, but {list(final_state)} has {total}; fix one")


def _check_identified(identified_as: Sequence[str], charged: Sequence[str]) -> None:
    wanted = [particles.charge(name) for name in charged]
    if [particles.charge(name) for name in identified_as] != wanted:
        raise ValueError(
            f"identified_as is {list(identified_as)}: give three particles with the charges of "
            f"{list(charged)}, in the same order"
        )


def _kinds(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(KINDS[abs(particles.pdg_id(name))] for name in names)


def _mass(four_momentum: np.ndarray) -> np.ndarray:
    squared = four_momentum[3] ** 2 - np.sum(four_momentum[:3] ** 2, axis=0)
    return np.sqrt(np.maximum(squared, 0.0))


@lru_cache(maxsize=64)
def _ways(
    charged: tuple[str, ...], identified_as: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """For each pattern of signs (bit i: track i is positive) the orders that fit, and how many."""
    found = []
    for pattern in product((-1, 1), repeat=3):  # track 2 changes fastest
        found.append(assignments(charged, pattern, identified_as))
    index = [sum(1 << i for i in range(3) if bits[i]) for bits in product((0, 1), repeat=3)]
    ways = np.zeros((8, 6, 3), dtype=np.int64)
    n_ways = np.zeros(8, dtype=np.int64)
    for i, orders in zip(index, found, strict=True):
        n_ways[i] = len(orders)
        ways[i, : len(orders)] = np.reshape(orders, (-1, 3))
    return ways, n_ways
