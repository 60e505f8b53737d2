"""Generated events: four-momenta at the production point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = ["GeneratedEvents"]


@dataclass(frozen=True)
class GeneratedEvents:
    """Generated particles of n events, m particles in all, as flat arrays with offsets.

    `event_number`, `weight`: shape (n,).  `offsets`: shape (n + 1,), particles of event i are
    [offsets[i], offsets[i+1]).  `pdg_id`: (m,).  `four_momentum`: (m, 4) as (px, py, pz, E), GeV,
    in the laboratory.  The daughters of the decay come first, in the decay's order, radiated
    photons behind them.  `n_generated` counts the trials that the sample stands for.  `origin`: (m,),
    the decay that a particle comes from, counted from that of the first parent, 0, through the tree in
    breadth-first order (of all nodes); None where it is not known.  `start_m`: (m, 4), (x, y, z, ct)
    of where particles start, from the first decay; None where all start there.  `weights`: by name,
    (n,), those with which the same events stand for other decays.
    """

    event_number: np.ndarray
    weight: np.ndarray
    offsets: np.ndarray
    pdg_id: np.ndarray
    four_momentum: np.ndarray
    n_generated: int
    metadata: Mapping[str, object] = field(default_factory=dict)
    origin: np.ndarray | None = None
    start_m: np.ndarray | None = None
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.event_number)

    def __repr__(self) -> str:
        return f"<{len(self)} generated events, {len(self.pdg_id)} particles, of {self.n_generated} trials>"

    def chunks(self, events_per_chunk: int) -> Iterator[GeneratedEvents]:
        """The same events in parts of at most `events_per_chunk`; every part has all metadata."""
        for start in range(0, len(self), events_per_chunk):
            stop = min(start + events_per_chunk, len(self))
            particles = slice(self.offsets[start], self.offsets[stop])
            yield GeneratedEvents(
                event_number=self.event_number[start:stop],
                weight=self.weight[start:stop],
                offsets=self.offsets[start : stop + 1] - self.offsets[start],
                pdg_id=self.pdg_id[particles],
                four_momentum=self.four_momentum[particles],
                n_generated=self.n_generated,
                metadata=self.metadata,
                origin=None if self.origin is None else self.origin[particles],
                start_m=None if self.start_m is None else self.start_m[particles],
                weights={name: one[start:stop] for name, one in self.weights.items()},
            )
