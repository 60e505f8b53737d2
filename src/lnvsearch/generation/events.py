"""Generated events: four-momenta at the production point, and the file that holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lnvsearch.event_files import EventFileError
from lnvsearch.files import written_whole

__all__ = ["GeneratedEvents", "read_generated", "write_generated"]

@dataclass(frozen=True)
class GeneratedEvents:
    """Generated particles of n events, m particles in all, as flat arrays with offsets.

    `event_number`, `weight`: shape (n,).  `offsets`: shape (n + 1,), particles of event i are
    [offsets[i], offsets[i+1]).  `pdg_id`: (m,).  `four_momentum`: (m, 4) as (px, py, pz, E), GeV,
    in the laboratory.  The daughters of the decay come first, in the decay's order, radiated
    photons behind them.  `n_generated` counts the trials that the sample stands for.
    """

    event_number: np.ndarray
    weight: np.ndarray
    offsets: np.ndarray
    pdg_id: np.ndarray
    four_momentum: np.ndarray
    n_generated: int
    metadata: Mapping[str, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.event_number)

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
            )


def write_generated(path: str | Path, events: GeneratedEvents) -> None:
    """Write generated events to `path` (.npz), whole or not at all."""
    header = json.dumps({"n_generated": events.n_generated, "metadata": dict(events.metadata)})
    with written_whole(path) as temporary, open(temporary, "wb") as stream:
        np.savez(
            stream,
            header=np.array(header),
            event_number=events.event_number,
            weight=events.weight,
            offsets=events.offsets,
            pdg_id=events.pdg_id,
            four_momentum=events.four_momentum,
        )


def read_generated(path: str | Path) -> GeneratedEvents:
    """Read what `write_generated` wrote; raises EventFileError for anything else."""
    import zipfile

    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        header = json.loads(str(arrays.pop("header")))
        return GeneratedEvents(**arrays, **header)
    except FileNotFoundError as error:
        raise EventFileError(f"{path}: no such file; run the rule that generates it") from error
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise EventFileError(
            f"{path}: not a whole file of generated events ({error}); delete it and generate again"
        ) from error
