"""The selection of a whole sample: its candidates into a file, and what each cut leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lnvsearch.event_files import candidate_file
from lnvsearch.experiments.besiii.events import RecordedEvents, read_events
from lnvsearch.experiments.besiii.selection.acceptance import true_pair_masses
from lnvsearch.experiments.besiii.selection.background_weights import weigh
from lnvsearch.experiments.besiii.selection.counts import count
from lnvsearch.experiments.besiii.selection.identification_map import (
    IdentificationMap,
    read_identification,
)
from lnvsearch.experiments.besiii.selection.kkee import select
from lnvsearch.experiments.besiii.selection.state import Selection
from lnvsearch.selection.cutflow import CutFlow
from lnvsearch.selection.sample_tables import joined

__all__ = ["select_chunks", "select_sample"]


def select_sample(
    events: str | Path,
    settings: Mapping[str, Mapping],
    maps: Sequence[str | Path],
    candidates: str | Path,
    *,
    sample: str,
) -> dict[str, dict[str, list]]:
    """Select a file of recorded events; tables `cutflow` and `acceptance` of all variations.

    `settings`: by variation, `selection` (arguments of `Selection.of_decays`) and the names
    `channel` and `selection_name` for the tables; `maps`: the identification map with which the
    events are weighed, or nothing.  `candidates` gets those of the first variation.
    """
    selections = {name: Selection.of_decays(**v["selection"]) for name, v in settings.items()}
    identification = read_identification(maps[0]) if maps else None
    flows = select_chunks(read_events(events), selections, candidates, identification)
    return joined(
        count(
            flow, channel=settings[name]["channel"], selection=settings[name]["selection_name"],
            sample=sample, variation=name,
        )
        for name, flow in flows.items()
    )  # fmt: skip


def select_chunks(
    chunks: Iterable[RecordedEvents],
    selections: Mapping[str, Selection],
    candidates: str | Path,
    identification: IdentificationMap | None = None,
) -> dict[str, CutFlow]:
    """Select events that come in chunks, by several selections; what the cuts of each leave.

    The file `candidates` (ROOT) is the first selection's.  It has the tree `Candidates`, one row an
    event with a candidate, and for simulated signal the tree `Generated` with the true K e masses
    of every event, and whether it passes all cuts.  What the cut `closed_window` sets aside (blind
    data) is not written.  With `identification`, the tree `Weighted` has the columns of `weigh`.
    """
    flows: dict[str, list[CutFlow]] = {name: [] for name in selections}
    first = next(iter(selections))
    with candidate_file(candidates) as write:
        for chunk in chunks:
            for name, selection in selections.items():
                table, flow = select(chunk, selection)
                flows[name].append(flow)
                if name == first:
                    _write_candidates(write, chunk, table)
            if identification is not None:
                write("Weighted", weigh(chunk, selections[first], identification))
    return {name: CutFlow.merged(parts) for name, parts in flows.items()}


def _write_candidates(write, events: RecordedEvents, table: Mapping[str, np.ndarray]) -> None:
    is_open = table.get("passes_closed_window", slice(None))
    write("Candidates", {name: values[is_open] for name, values in table.items()})
    truth = _true_masses(events, table)
    if truth is not None:
        write("Generated", truth)


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
