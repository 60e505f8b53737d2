"""Fast simulation of the BESIII detector: generated particles in, recorded tracks out.

Charged pions, kaons, protons, electrons and muons become tracks; photons may convert before the
chamber and become two; every other particle leaves nothing.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector.draws import PROCESSES, Keys
from lnvsearch.experiments.besiii.detector.kernels import (
    PHOTON,
    Constants,
    classify,
    simulate_events,
)
from lnvsearch.experiments.besiii.detector.measurements import COLUMNS, SPECIES
from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.events import TRACK_BRANCHES, RecordedEvents
from lnvsearch.generation.events import GeneratedEvents
from lnvsearch.random_streams import stream_key

__all__ = ["PROCESSES", "SPECIES", "simulate"]


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
    columns = _room_for_tracks(int(np.sum(species >= 0) + 2 * np.sum(species == PHOTON)))
    found = simulate_events(
        event_number, offsets, species, charge, momentum, start, keys, constants, response, columns,
        counts,
    )  # fmt: skip
    rows = (row[:found] for block in columns for row in np.atleast_2d(block))
    return _recorded(generated, dict(zip(COLUMNS, rows, strict=True)), counts)


def _constants() -> Constants:
    """What the kernels need of particle properties."""
    return Constants(
        masses=tuple(particles.mass_gev(name) for name in SPECIES),
        ctaus=tuple(particles.ctau_m(name) for name in SPECIES),
    )


def _room_for_tracks(room: int) -> tuple[np.ndarray, ...]:
    """The columns of TRACK_BRANCHES, uninitialised: neighbours of one type are rows of one array.

    Of an array that is large numpy asks for large pages.
    """
    kinds = [(kind, len(list(group))) for kind, group in groupby(k for k, _ in TRACK_BRANCHES.values())]
    return tuple(np.empty(room if n == 1 else (n, room), dtype=kind) for kind, n in kinds)


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
        weights=generated.weights,
    )
