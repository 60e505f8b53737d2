"""The selection of a whole sample: its candidates into a file, and what each cut leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lnvsearch.event_files import folder_of, tree_file
from lnvsearch.experiments.besiii.events import RecordedEvents
from lnvsearch.experiments.besiii.selection.acceptance import true_pair_masses
from lnvsearch.experiments.besiii.selection.background_weights import weigh
from lnvsearch.experiments.besiii.selection.counts import count
from lnvsearch.experiments.besiii.selection.identification_map import (
    IdentificationMap,
    read_identification,
)
from lnvsearch.experiments.besiii.selection.kkee import select_with_masks
from lnvsearch.experiments.besiii.selection.state import Selection
from lnvsearch.selection.cutflow import CutFlow
from lnvsearch.selection.sample_tables import joined
from lnvsearch.selection.weighted_cutflow import WeightedCutFlow, flow_of_events

__all__ = ["select_chunks", "select_sample", "tabulate_sample"]

#: What is counted of one variation: by weights or not.
AnyFlow = CutFlow | WeightedCutFlow


def select_sample(
    chunks: Iterable[Mapping[str, RecordedEvents]],
    settings: Mapping[str, Mapping],
    maps: Sequence[str | Path],
    candidates: str | Path,
) -> list[dict[str, AnyFlow]]:
    """Select recorded events; what the cuts leave of each chunk, by variation.

    `chunks`: by variation of the detector.  `settings`: by variation: the variation whose `events`
    it selects, `selection` (arguments of `Selection.of_decays`), what `tabulate_sample` asks, and
    `by_weights`, true where it is these events with other weights, selected alike;
    `maps`: the identification map with which the events are
    weighed, or nothing.  `candidates` gets those of variations with events of their own.
    Raises ValueError for a variation by weights whose selection is another one.
    """
    weighted = {name: one["events"] for name, one in settings.items() if one.get("by_weights")}
    for name, events in weighted.items():
        if settings[name]["selection"] != settings[events]["selection"]:
            raise ValueError(f"variation {name}: by_weights, but selected otherwise than {events}")
    selections = {
        name: (one["events"], Selection.of_decays(**one["selection"]))
        for name, one in settings.items() if name not in weighted
    }  # fmt: skip
    identification = read_identification(maps[0]) if maps else None
    return select_chunks(chunks, selections, candidates, identification, weighted)


def tabulate_sample(
    counts: Sequence[Mapping[str, AnyFlow]], settings: Mapping[str, Mapping], *, sample: str
) -> dict[str, dict[str, list]]:
    """Tables `cutflow` and `acceptance` of all variations, from what `select_sample` gives.

    `settings`: by variation, `channel` and `selection_name`, for the tables.
    """
    return joined(
        count(
            _whole([flows[name] for flows in counts if name in flows]),
            channel=one["channel"], selection=one["selection_name"], sample=sample, variation=name,
        )
        for name, one in settings.items()
    )  # fmt: skip


def select_chunks(
    chunks: Iterable[Mapping[str, RecordedEvents]],
    selections: Mapping[str, tuple[str, Selection]],
    candidates: str | Path,
    identification: IdentificationMap | None = None,
    weighted: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Select events that come in chunks, by several selections; what the cuts leave of each chunk.

    `selections`: by variation, whose events it selects, and how.  The file `candidates` (ROOT) has
    for each variation with events of its own the tree `Candidates`, one row an event with a
    candidate, and for simulated signal the tree `Generated` with the true masses of pairs
    of every event, and whether it passes all cuts; at the top for the first, in a folder of its
    name for others.  What the cut `closed_window` sets aside (blind
    data) is not written.  With `identification`, the tree `Weighted` has the columns of `weigh`.
    `weighted`: variations that are the events of another with their `weights` of that name; these are
    columns of its candidates.
    """
    flows: list[dict[str, Any]] = []
    first = next(iter(selections))
    with tree_file(candidates) as write:
        for parts in chunks:
            flows.append({})
            for name, (events, selection) in selections.items():
                if events not in parts:
                    continue
                table, flows[-1][name], passes = select_with_masks(parts[events], selection)
                if name == events:
                    flows[-1] |= _weighted_flows(parts[events], passes, name, weighted or {})
                    _write_candidates(write, folder_of(name, first), parts[events], table, selection)
            if identification is not None and first in parts:
                write("Weighted", weigh(parts[first], selections[first][1], identification))
    return flows


def _weighted_flows(
    events: RecordedEvents, passes: Mapping[str, np.ndarray], selected: str, weighted: Mapping[str, str]
) -> dict[str, WeightedCutFlow]:
    """What the cuts leave of the variations that are `selected` with weights, by name."""
    return {
        name: flow_of_events(passes, events.weights[name], events.n_generated)
        for name, of in weighted.items() if of == selected
    }  # fmt: skip


def _whole(flows: Sequence[AnyFlow]) -> AnyFlow:
    """The sum over the chunks of a sample."""
    unweighted = [flow for flow in flows if isinstance(flow, CutFlow)]
    if unweighted:
        return CutFlow.merged(unweighted)
    parts = [flow for flow in flows if isinstance(flow, WeightedCutFlow)]
    return WeightedCutFlow.merged(parts, (
        parts[0].n_generated, sum(part.sum_weight for part in parts),
        sum(part.sum_squared_weight for part in parts),
    ))  # fmt: skip


def _write_candidates(
    write, folder: str, events: RecordedEvents, table: Mapping[str, np.ndarray],
    selection: Selection,
) -> None:
    is_open = table.get("passes_closed_window", slice(None))
    write(f"{folder}Candidates", {name: values[is_open] for name, values in table.items()})
    truth = _true_masses(events, table, selection)
    if truth is not None:
        write(f"{folder}Generated", truth)


def _true_masses(
    events: RecordedEvents, candidates: Mapping[str, np.ndarray], selection: Selection
) -> dict[str, np.ndarray] | None:
    """Columns of the tree `Generated`; None for events that are no simulated signal."""
    masses = true_pair_masses(events, selection.final_state)
    if masses is None:
        return None
    passes = [values for name, values in candidates.items() if name.startswith("passes_")]
    selected = candidates["event_number"][np.all(passes, axis=0)]
    return {
        **{f"true_m_{pair}_gev": masses[:, i] for i, pair in enumerate(selection.pairs)},
        "selected": np.isin(events.event_number, selected),
    }
