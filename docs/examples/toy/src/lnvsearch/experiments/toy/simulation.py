"""Samples of simulated events: a decay in phase space, and what the detector records of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lnvsearch.detector.parameters import read
from lnvsearch.event_files import candidate_file
from lnvsearch.experiments.toy.detector import ToyResponse, record
from lnvsearch.experiments.toy.events import COLUMNS, EVENTS_PER_CHUNK
from lnvsearch.generation.phase_space import generate_phase_space
from lnvsearch.particles import mass_gev
from lnvsearch.random_streams import stream_key

__all__ = ["simulate_sample", "warm_up"]


def simulate_sample(
    path: str | Path, settings: Mapping, n_events: int, *, base_seed: int, sample: str
) -> None:
    """Write the recorded events of a sample to a ROOT file.

    `settings`: `parent` and its two `daughters` (PDG names), and `detector`, the response.
    """
    response = read(ToyResponse, settings["detector"])
    masses_gev = [mass_gev(name) for name in settings["daughters"]]
    decays = stream_key(base_seed, sample, "phase_space")
    noise = np.random.Generator(np.random.Philox(key=stream_key(base_seed, sample, "detector")))
    with candidate_file(path) as write:
        for first in range(0, n_events, EVENTS_PER_CHUNK):
            number = min(EVENTS_PER_CHUNK, n_events - first)
            true = generate_phase_space(
                mass_gev(settings["parent"]), masses_gev, number, decays, first
            )
            tracks = record(true[..., :3], response.tracking, noise).reshape(number, -1)
            write("Events", dict(zip(COLUMNS, tracks.T, strict=True)))


def warm_up(settings: Mapping) -> None:
    """Compile the kernels of the phase space; no setting matters."""
    generate_phase_space(1.0, (0.1, 0.2), 10, stream_key(0, "warm_up", "phase_space"))
