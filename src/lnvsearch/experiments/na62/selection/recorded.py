"""The user's own recorded events in all selections of a search; what is masked stays closed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lnvsearch.event_files import Write, tree_file
from lnvsearch.experiments.na62.candidate_files import tree_name
from lnvsearch.experiments.na62.event_files import EVENTS_PER_CHUNK, iterate_data
from lnvsearch.experiments.na62.events import SpectrometerEvents
from lnvsearch.experiments.na62.selection.blinding import closed_flow, closed_selection
from lnvsearch.experiments.na62.selection.counting import Place, selections_by_place
from lnvsearch.experiments.na62.selection.decisions import EnergyOverMomentum
from lnvsearch.experiments.na62.selection.select import Selected, fit_vertices, select
from lnvsearch.experiments.na62.selection.settings import SelectionDetector, SelectionSettings
from lnvsearch.selection.blinding import (
    closed_spectrum,
    closed_windows,
    count_regions,
    regions_to_count,
)
from lnvsearch.selection.sample_tables import DATA_COLUMNS
from lnvsearch.selection.weighted_cutflow import WeightedCutFlow
from lnvsearch.tables import table_from_rows

__all__ = ["RecordedSettings", "count_recorded", "select_data"]

@dataclass(frozen=True)
class RecordedSettings:
    """All that the selection of recorded events depends on."""

    selections: Mapping[Place, SelectionSettings]
    windows: EnergyOverMomentum
    detector: SelectionDetector
    is_unblinded: bool
    opened: Collection[str] = ()
    tree: str = "Events"
    branches: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, values: Mapping) -> RecordedSettings:
        """From selections ({channel: {name: ...}}), energy_over_momentum, detector, is_unblinded.

        `opened`: closed regions that are open before all are; `tree`: its name in the file;
        `branches`: what the file calls those with other names.
        """
        return cls(
            selections_by_place(values["selections"]),
            EnergyOverMomentum(**values["energy_over_momentum"]),
            SelectionDetector.from_mapping(values["detector"]),
            values["is_unblinded"],
            values.get("opened", ()),
            values.get("tree", "Events"),
            values.get("branches", {}),
        )

    @property
    def with_rich(self) -> list[str]:
        """Names of the selections that need the decision of the RICH."""
        return [
            tree_name(*place)
            for place, selection in self.selections.items()
            if "rich" in selection.identification
        ]


def select_data(
    events: str | Path, settings: Mapping, candidates: str | Path
) -> dict[str, dict[str, list]]:
    """Select a file of recorded events; the tables of DATA_COLUMNS.

    `settings`: as `RecordedSettings.from_mapping` takes them.  What is closed is in no output.
    """
    typed = RecordedSettings.from_mapping(settings)
    chunks = iterate_data(
        events, EVENTS_PER_CHUNK, rich_for=typed.with_rich, tree_name=typed.tree,
        branches=typed.branches,
    )  # fmt: skip
    with tree_file(candidates) as write:
        return count_recorded(chunks, typed, write, source=str(events))


def count_recorded(
    chunks: Iterable[SpectrometerEvents],
    settings: RecordedSettings,
    write: Write,
    *,
    source: str = "events",
) -> dict[str, dict[str, list]]:
    """Select recorded events; the tables of DATA_COLUMNS, by name.

    `write` gets the candidates, chunk by chunk.  What is closed is in no output: a cell of a count
    or a bin that overlaps a closed window is empty.
    Raises ValueError, naming `source`, where an event has several candidates, which counts cannot
    hold.
    """
    searched = {
        place: _Searched(place, selection, settings)
        for place, selection in settings.selections.items()
    }
    for chunk in chunks:
        vertices = fit_vertices(chunk, settings.detector)
        for place, part in searched.items():
            selected = select(
                chunk, part.selection, detector=settings.detector,
                identification=settings.windows, vertices=vertices,
            )  # fmt: skip
            part.add(selected, source)
            write(tree_name(*place), selected.candidates)
    rows = {
        "cutflow": _Searched.cutflow_rows,
        "counts": _Searched.count_rows,
        "spectra": _Searched.spectrum_rows,
    }
    return {
        kind: table_from_rows((row for part in searched.values() for row in rows[kind](part)), names)
        for kind, names in DATA_COLUMNS.items()
    }


class _Searched:
    """One selection of recorded events, with its closed windows, and what it finds."""

    def __init__(self, place: Place, selection: SelectionSettings, settings: RecordedSettings):
        self.place = dict(zip(("channel", "selection"), place, strict=True))
        self.closed = (
            [] if settings.is_unblinded else closed_windows(selection.regions, settings.opened)
        )
        # Recorded events passed the trigger.
        self.selection = replace(selection, trigger=())
        if self.closed:
            self.selection = closed_selection(self.selection, self.closed, settings.windows)
        self._masses: list[np.ndarray] = []
        self._flows: list[WeightedCutFlow] = []

    def add(self, selected: Selected, source: str) -> None:
        mass = selected.candidates["mass_gev"]
        if selected.flow.sums[-1].n_events != len(mass):
            raise ValueError(
                f"{source}: an event has several candidates in {tree_name(*self.place.values())}, "
                "which counts cannot hold; let its cuts ask for one vertex (one_vertex)"
            )
        self._masses.append(mass)
        self._flows.append(selected.flow)

    @property
    def mass_gev(self) -> np.ndarray:
        return np.concatenate(self._masses)

    def cutflow_rows(self) -> Iterator[dict]:
        flow = WeightedCutFlow.merged(self._flows)
        rows = [
            row
            for row in flow.rows("data", "nominal", self.place["selection"])
            if row["cut"] != "trigger"
        ]
        for row in closed_flow(rows) if self.closed else rows:
            yield {**self.place, **row}

    def count_rows(self) -> Iterator[dict]:
        regions = regions_to_count(self.selection.regions)
        for region, number in count_regions(self.mass_gev, regions, self.closed).items():
            yield {**self.place, "region": region, "events": number}

    def spectrum_rows(self) -> Iterator[dict]:
        assert self.selection.spectrum is not None
        edges = self.selection.spectrum.edges_gev
        numbers = closed_spectrum(self.mass_gev, edges, self.closed)
        for low, high, number in zip(edges[:-1], edges[1:], numbers, strict=True):
            yield {
                **self.place, "mass_low_gev": round(float(low), 9),
                "mass_high_gev": round(float(high), 9), "events": number,
            }  # fmt: skip
