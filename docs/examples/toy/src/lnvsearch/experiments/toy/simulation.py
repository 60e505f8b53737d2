"""Samples of simulated events: a decay in phase space, and what the detector records of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from lnvsearch.detector.parameters import read
from lnvsearch.experiments.toy.detector import ToyResponse, record
from lnvsearch.experiments.toy.events import EVENTS_PER_CHUNK
from lnvsearch.generation.phase_space import generate_phase_space
from lnvsearch.particles import mass_gev
from lnvsearch.random_streams import stream_key

__all__ = ["simulate_sample", "warm_up"]


def simulate_sample(
    settings: Mapping[str, Mapping], n_events: int, *, base_seed: int, sample: str
) -> Iterator[dict[str, np.ndarray]]:
    """Measured momenta of a sample's tracks, (n, 2, 3), by variation, chunk by chunk.

    `settings`: by variation, `parent` and its two `daughters` (PDG names), which are the same for
    all, and `detector`, the response.
    """
    first, *_ = settings.values()
    masses_gev = [mass_gev(name) for name in first["daughters"]]
    decays = stream_key(base_seed, sample, "phase_space")
    noise = {
        name: np.random.Generator(np.random.Philox(key=stream_key(base_seed, sample, "detector")))
        for name in settings
    }
    for start in range(0, n_events, EVENTS_PER_CHUNK):
        number = min(EVENTS_PER_CHUNK, n_events - start)
        true = generate_phase_space(mass_gev(first["parent"]), masses_gev, number, decays, start)
        yield {
            name: record(
                true[..., :3], read(ToyResponse, one["detector"]).tracking, noise[name]
            )
            for name, one in settings.items()
        }


def warm_up(settings: Mapping) -> None:
    """Compile the kernels of the phase space; no setting matters."""
    generate_phase_space(1.0, (0.1, 0.2), 10, stream_key(0, "warm_up", "phase_space"))
