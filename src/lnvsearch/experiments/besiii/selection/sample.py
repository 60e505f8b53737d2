"""The selection of a whole sample: its candidates into a file, and what each cut leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from lnvsearch.event_files import candidate_file
from lnvsearch.experiments.besiii.events import RecordedEvents
from lnvsearch.experiments.besiii.selection.acceptance import true_pair_masses
from lnvsearch.experiments.besiii.selection.background_weights import weigh
from lnvsearch.experiments.besiii.selection.identification_map import IdentificationMap
from lnvsearch.experiments.besiii.selection.kkee import select
from lnvsearch.experiments.besiii.selection.state import Selection
from lnvsearch.selection.cutflow import CutFlow

__all__ = ["select_sample"]


def select_sample(
    chunks: Iterable[RecordedEvents],
    selection: Selection,
    candidates: str | Path,
    identification: IdentificationMap | None = None,
) -> CutFlow:
    """Select the events of a sample that comes in chunks; returns what each cut leaves.

    The file `candidates` (ROOT) has the tree `Candidates`, one row an event with a candidate, and
    for simulated signal the tree `Generated` with the true K e masses of every event, and whether
    it passes all cuts.  What the cut `closed_window` sets aside (blind data) is not written.
    With `identification`, the tree `Weighted` has the columns of `weigh`.
    """
    flows = []
    with candidate_file(candidates) as write:
        for chunk in chunks:
            table, flow = select(chunk, selection)
            flows.append(flow)
            is_open = table.get("passes_closed_window", slice(None))
            write("Candidates", {name: values[is_open] for name, values in table.items()})
            truth = _true_masses(chunk, table)
            if truth is not None:
                write("Generated", truth)
            if identification is not None:
                write("Weighted", weigh(chunk, selection, identification))
    return CutFlow.merged(flows)


def _true_masses(
    events: RecordedEvents, candidates: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray] | None:
    """Columns of the tree `Generated`; None for events that are no simulated signal."""
    masses = true_pair_masses(events)
    if masses is None:
        return None
    passes = [values for name, values in candidates.items() if name.startswith("passes_")]
    selected = candidates["event_number"][np.all(passes, axis=0)]
    return {
        "true_m_ke_1_gev": masses[:, 0],
        "true_m_ke_2_gev": masses[:, 1],
        "selected": np.isin(events.event_number, selected),
    }
