"""The user's own files of recorded events: read as any other, and nothing of what is true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from lnvsearch.experiments.besiii.events import RecordedEvents, iterate_recorded

__all__ = ["iterate_data"]


def iterate_data(path: str | Path, events_per_chunk: int | None = 50_000) -> Iterator[RecordedEvents]:
    """Read a file of recorded events in chunks, as `iterate_recorded` does, without any truth.

    Simulated events may stand in for data: what is true of them must not reach any output.
    Raises EventFileError.
    """
    for chunk in iterate_recorded(path, events_per_chunk):
        yield _without_truth(chunk)


def _without_truth(events: RecordedEvents) -> RecordedEvents:
    unknown = np.full(len(events.track["charge"]), -1, dtype=np.int32)
    return replace(
        events,
        track={**events.track, "truth_index": unknown},
        truth={name: values[:0] for name, values in events.truth.items()},
        truth_offsets=np.zeros(len(events) + 1, dtype=np.int64),
    )
