"""Fast simulation of the BESIII detector: generated particles in, recorded tracks out.

Charged pions, kaons, protons, electrons and muons become tracks; photons may convert before the
chamber and become two; every other particle leaves nothing.
"""

from __future__ import annotations

import numpy as np

from lnvsearch import particles
from lnvsearch.detector.besiii_kernels import (
    PHOTON,
    PROCESSES,
    SPECIES,
    Constants,
    Output,
    simulate_chunk,
)
from lnvsearch.detector.response import BesiiiResponse
from lnvsearch.detector.tracks import correlation_matrix
from lnvsearch.events import COVARIANCE_ELEMENTS, GeneratedEvents, RecordedEvents
from lnvsearch.random_streams import stream_key

__all__ = ["PROCESSES", "SPECIES", "simulate"]

_HYPOTHESES = ("electron", "pion", "kaon")
_EVENTS_PER_CHUNK = 20_000


def simulate(
    generated: GeneratedEvents, response: BesiiiResponse, *, base_seed: int, sample: str
) -> RecordedEvents:
    """What the detector records of generated events.

    `generated`: n events in the laboratory frame; all n are in the result, also those without a
    track.  `base_seed` and `sample` choose the random streams; the same event number gets the
    same numbers whatever events are simulated with it.  Tracks of an event follow its particles;
    `truth_index` is the position of the particle (of the photon, for a converted one).
    The written covariance is the bare one; the pull overlay enlarges the true errors only.
    Raises ValueError for a charged particle at rest or a momentum that is not finite.

    >>> recorded = simulate(generated, response, base_seed=1, sample="signal")  # doctest: +SKIP
    """
    if not np.all(np.isfinite(generated.four_momentum)):
        raise ValueError("generated.four_momentum holds NaN or infinity: generate the events again")
    species, charge = _classify(generated.pdg_id)
    transverse = np.hypot(generated.four_momentum[:, 0], generated.four_momentum[:, 1])
    if np.any(transverse[species >= 0] == 0.0):
        raise ValueError(
            "generated.four_momentum has a charged particle without transverse momentum: its "
            "track has no helix; drop the particle or move it off the beam axis"
        )
    constants = _constants(response)
    keys = np.stack([stream_key(base_seed, sample, process) for process in PROCESSES])
    parts, counts = [], np.zeros(len(generated), dtype=np.int64)
    for first in range(0, len(generated), _EVENTS_PER_CHUNK):
        last = min(first + _EVENTS_PER_CHUNK, len(generated))
        output = _empty_output(_capacity(species, generated.offsets[first], generated.offsets[last]))
        n_tracks = simulate_chunk(
            first, last, generated.event_number, generated.offsets, species, charge,
            generated.four_momentum, keys, constants, response, output, counts,
        )  # fmt: skip
        parts.append(Output(*(column[..., :n_tracks] for column in output)))
    whole = (
        Output(*(np.concatenate(columns, axis=-1) for columns in zip(*parts, strict=True)))
        if parts
        else _empty_output(0)
    )
    return _recorded(generated, whole, counts)


def _constants(response: BesiiiResponse) -> Constants:
    """What the kernels need of particle properties and of the response's derived numbers."""
    correlation = correlation_matrix(response.tracking)
    return Constants(
        masses=np.array([particles.mass_gev(name) for name in SPECIES]),
        ctaus=np.array([particles.ctau_m(name) for name in SPECIES]),
        correlation=correlation,
        cholesky=np.linalg.cholesky(correlation),
    )


def _classify(pdg_id: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Species (-1: leaves nothing, -2: photon) and charge of each particle, int8."""
    species = np.full(len(pdg_id), -1, dtype=np.int8)
    charge = np.zeros(len(pdg_id), dtype=np.int8)
    for index, name in enumerate(SPECIES):
        code = particles.pdg_id(name)
        sign = int(particles.charge(name))
        species[np.abs(pdg_id) == abs(code)] = index
        charge[pdg_id == code] = sign
        charge[pdg_id == -code] = -sign
    species[pdg_id == particles.pdg_id("gamma")] = PHOTON
    return species, charge


def _capacity(species: np.ndarray, first: int, last: int) -> int:
    """Largest number of tracks of the particles [first, last)."""
    part = species[first:last]
    return int(np.count_nonzero(part >= 0) + 2 * np.count_nonzero(part == PHOTON))


def _empty_output(capacity: int) -> Output:
    return Output(
        helix=np.empty((5, capacity)),
        covariance=np.empty((len(COVARIANCE_ELEMENTS), capacity), dtype=np.float32),
        dedx=np.empty((3, capacity), dtype=np.float32),
        tof=np.empty((3, capacity), dtype=np.float32),
        emc_chi=np.empty((3, capacity), dtype=np.float32),
        emc_energy=np.empty(capacity, dtype=np.float32),
        charge=np.empty(capacity, dtype=np.int8),
        truth_index=np.empty(capacity, dtype=np.int32),
    )


def _recorded(generated: GeneratedEvents, output: Output, counts: np.ndarray) -> RecordedEvents:
    """Recorded events from the kernel's columns and the generated truth."""
    track = {
        "charge": output.charge,
        **dict(zip(("dr", "phi0", "kappa", "dz", "tan_lambda"), output.helix, strict=True)),
        **dict(zip(COVARIANCE_ELEMENTS, output.covariance, strict=True)),
    }
    for detector, chi in (("dedx", output.dedx), ("tof", output.tof), ("emc", output.emc_chi)):
        for hypothesis, column in zip(_HYPOTHESES, chi, strict=True):
            track[f"{detector}_chi_{hypothesis}"] = column
    track["emc_energy"] = output.emc_energy
    track["truth_index"] = output.truth_index
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
