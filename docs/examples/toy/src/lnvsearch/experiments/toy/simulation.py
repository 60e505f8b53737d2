"""Samples of simulated events: a decay in phase space, and what the detector records of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from lnvsearch.chunks import chunks_of_part
from lnvsearch.detector.parameters import read
from lnvsearch.experiments.toy.detector import ToyResponse, record
from lnvsearch.experiments.toy.events import EVENTS_PER_CHUNK
from lnvsearch.generation.phase_space import generate_phase_space
from lnvsearch.particles import mass_gev
from lnvsearch.random_streams import stream_key

__all__ = ["simulate_sample", "warm_up"]


def simulate_sample(
    settings: Mapping[str, Mapping],
    n_events: int,
    *,
    base_seed: int,
    sample: str,
    part: tuple[int, int] = (0, 1),
) -> Iterator[dict[str, np.ndarray]]:
    """Measured momenta of a sample's tracks, (n, 2, 3), by variation, chunk by chunk.

    `settings`: by variation, `parent` and its two `daughters` (PDG names), which are the same for
    all, and `detector`, the response; `part`: of `chunks_of_part`.
    """
    first, *_ = settings.values()
    masses_gev = [mass_gev(name) for name in first["daughters"]]
    decays = stream_key(base_seed, sample, "phase_space")
    for start, number in chunks_of_part(n_events, EVENTS_PER_CHUNK, part):
        true = generate_phase_space(mass_gev(first["parent"]), masses_gev, number, decays, start)
        noise = stream_key(base_seed, sample, f"detector from event {start}")
        yield {
            name: record(
                true[..., :3],
                read(ToyResponse, one["detector"]).tracking,
                np.random.Generator(np.random.Philox(key=noise)),
            )
            for name, one in settings.items()
        }


def warm_up(settings: Mapping) -> None:
    """Compile the kernels of the phase space; no setting matters."""
    generate_phase_space(1.0, (0.1, 0.2), 10, stream_key(0, "warm_up", "phase_space"))
