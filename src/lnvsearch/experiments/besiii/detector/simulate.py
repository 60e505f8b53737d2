"""Fast simulation of the BESIII detector: generated particles in, recorded tracks out.

Charged pions, kaons, protons, electrons and muons become tracks; photons may convert before the
chamber and become two; every other particle leaves nothing.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector.kernels import (
    PHOTON,
    PROCESSES,
    Constants,
    Keys,
    classify,
    simulate_chunk,
)
from lnvsearch.experiments.besiii.detector.measurements import COLUMNS, N_ROWS, SPECIES
from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.events import TRACK_BRANCHES, RecordedEvents
from lnvsearch.generation.events import GeneratedEvents
from lnvsearch.random_streams import stream_key

__all__ = ["PROCESSES", "SPECIES", "simulate"]

#: Keeps a chunk's columns in the processor's cache.
_EVENTS_PER_CHUNK = 2_000


def simulate(
    generated: GeneratedEvents, response: BesiiiResponse, *, base_seed: int, sample: str
) -> RecordedEvents:
    """What the detector records of generated events.

    `generated`: n events in the laboratory frame; all n are in the result, also those without a
    track.  `base_seed` and `sample` choose the random streams; the same event number gets the
    same numbers whatever events are simulated with it.  Tracks of an event follow its particles;
    `truth_index` is the position of the particle (of the photon, for a converted one).
    The written covariance is the bare one; the pull overlay enlarges the true errors only.
    Raises ValueError for a momentum that is not finite, or a charged particle without one across
    the beam.

    >>> recorded = simulate(generated, response, base_seed=1, sample="signal")  # doctest: +SKIP
    """
    if not np.isfinite(np.sum(generated.four_momentum)):
        raise ValueError("generated.four_momentum holds NaN or infinity: generate the events again")
    species, charge = classify(
        np.ascontiguousarray(generated.pdg_id, dtype=np.int64),
        np.array([particles.pdg_id(name) for name in SPECIES]),
        np.array([int(particles.charge(name)) for name in SPECIES]),
    )
    across = (generated.four_momentum[:, 0] != 0.0) | (generated.four_momentum[:, 1] != 0.0)
    if np.any((species >= 0) & ~across):
        raise ValueError(
            "generated.four_momentum has a charged particle without transverse momentum: its "
            "track has no helix; drop the particle or move it off the beam axis"
        )
    constants = _constants()
    keys = Keys(*(tuple(stream_key(base_seed, sample, process)) for process in PROCESSES))
    # One type each, whatever the events came in: the kernel compiles once.
    event_number = np.ascontiguousarray(generated.event_number, dtype=np.int64)
    offsets = np.ascontiguousarray(generated.offsets, dtype=np.int64)
    momentum = np.ascontiguousarray(generated.four_momentum, dtype=np.float64)
    start = np.empty((0, 4)) if generated.start_m is None else generated.start_m
    start = np.ascontiguousarray(start, dtype=np.float64)
    counts = np.zeros(len(generated), dtype=np.int64)
    room = _capacity(species, 0, len(species))
    track = _columns(room)
    output = np.empty((N_ROWS, _largest_capacity(species, offsets)))
    found = 0
    for first in range(0, len(generated), _EVENTS_PER_CHUNK):
        last = min(first + _EVENTS_PER_CHUNK, len(generated))
        n_tracks = simulate_chunk(
            first, last, event_number, offsets, species, charge, momentum, start, keys, constants,
            response, output, counts,
        )  # fmt: skip
        for name, row in zip(COLUMNS, output, strict=False):  # behind them: counters
            track[name][found : found + n_tracks] = row[:n_tracks]
        found += n_tracks
    return _recorded(generated, {name: row[:found] for name, row in track.items()}, counts)


def _constants() -> Constants:
    """What the kernels need of particle properties."""
    return Constants(
        masses=tuple(particles.mass_gev(name) for name in SPECIES),
        ctaus=tuple(particles.ctau_m(name) for name in SPECIES),
    )


def _columns(room: int) -> dict[str, np.ndarray]:
    """An uninitialised array of `room` entries for each track branch.

    Those of one type are rows of one array: numpy asks for large pages where an array is large.
    """
    kinds = [kind for kind, _ in TRACK_BRANCHES.values()]
    rows = {kind: iter(np.empty((kinds.count(kind), room), dtype=kind)) for kind in set(kinds)}
    return {name: next(rows[kind]) for name, kind in zip(COLUMNS, kinds, strict=True)}


def _capacity(species: np.ndarray, first: int, last: int) -> int:
    """Largest number of tracks of the particles [first, last)."""
    part = species[first:last]
    return int(np.count_nonzero(part >= 0) + 2 * np.count_nonzero(part == PHOTON))


def _largest_capacity(species: np.ndarray, offsets: np.ndarray) -> int:
    """Largest number of tracks of a chunk."""
    edges = [*range(0, len(offsets) - 1, _EVENTS_PER_CHUNK), len(offsets) - 1]
    return max((_capacity(species, offsets[a], offsets[b]) for a, b in pairwise(edges)), default=0)


def _recorded(
    generated: GeneratedEvents, track: dict[str, np.ndarray], counts: np.ndarray
) -> RecordedEvents:
    """Recorded events from the tracks and the generated truth."""
    px, py, pz, energy = generated.four_momentum.T
    return RecordedEvents(
        event_number=generated.event_number,
        weight=generated.weight,
        track_offsets=np.concatenate([[0], np.cumsum(counts)]),
        track=track,
        truth_offsets=generated.offsets,
        truth={"pdg_id": generated.pdg_id, "px": px, "py": py, "pz": pz, "energy": energy},
        n_generated=generated.n_generated,
        metadata=dict(generated.metadata),
    )
