"""From recorded events to tables: one pass of a sample through all its selections and variations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lnvsearch.event_files import Write, folder_of
from lnvsearch.experiments.na62.candidate_files import GENERATED, candidate_file, tree_name
from lnvsearch.experiments.na62.events import NO_SUMS, SpectrometerEvents
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.select import (
    Selected,
    SingleCutLoss,
    fit_vertices,
    select_together,
)
from lnvsearch.experiments.na62.selection.settings import (
    SelectionDetector,
    SelectionSettings,
)
from lnvsearch.experiments.na62.selection.together import Asked
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings
from lnvsearch.selection.mass_regions import RegionCounter, acceptance_rows
from lnvsearch.selection.sample_tables import SAMPLE_COLUMNS
from lnvsearch.selection.weighted_cutflow import WeightedCutFlow
from lnvsearch.tables import table_from_rows

__all__ = [
    "ChunkCounts",
    "Variation",
    "count_sample",
    "read_variations",
    "select_sample",
    "selections_by_place",
    "tables_of",
    "tabulate_sample",
]

#: Channel and name of a selection.
Place = tuple[str, str]


@dataclass(frozen=True)
class ChunkCounts:
    """What is counted of a chunk: the variation whose events it has, sums over generated events
    (`n_generated` and the weights), and by variation and selection what was found."""

    events: str
    generated: Mapping[str, float]
    found: Mapping[tuple[str, Place], _Counts]


@dataclass(frozen=True)
class Variation:
    """Selections of one variation, the variation whose events they see, and what they need."""

    name: str
    events: str
    selections: Mapping[Place, SelectionSettings]
    detector: SelectionDetector
    identification: IdentificationMaps
    trigger: TriggerSettings

    @classmethod
    def from_mapping(cls, name: str, values: Mapping, maps: IdentificationMaps) -> Variation:
        """From plain values: events, selections ({channel: {name: ...}}), detector, trigger."""
        return cls(
            name,
            values["events"],
            selections_by_place(values["selections"]),
            SelectionDetector.from_mapping(values["detector"]),
            maps,
            TriggerSettings.from_mapping(values["trigger"]),
        )


def selections_by_place(selections: Mapping[str, Mapping]) -> dict[Place, SelectionSettings]:
    """Selections from channel -> name -> their plain values."""
    return {
        (channel, name): SelectionSettings.from_mapping(values)
        for channel, named in selections.items()
        for name, values in named.items()
    }


def read_variations(settings: Mapping[str, Mapping], maps: Sequence[str | Path]) -> list[Variation]:
    """Variations from plain values and the files of their efficiency maps, in the same order.

    `settings`: by name the values of `Variation.from_mapping`.
    """
    read = {path: IdentificationMaps.from_json(path) for path in dict.fromkeys(map(str, maps))}
    return [
        Variation.from_mapping(name, values, read[str(path)])
        for (name, values), path in zip(settings.items(), maps, strict=True)
    ]


def select_sample(
    chunks: Iterable[Mapping[str, SpectrometerEvents]],
    settings: Mapping[str, Mapping],
    maps: Sequence[str | Path],
    candidates: str | Path,
) -> list[ChunkCounts]:
    """Select recorded events; what is counted of each chunk.

    `chunks`: by variation of the detector; `settings` and `maps`: as `read_variations` takes them.
    The file `candidates` gets those of the variations with events of their own: one tree a
    selection, and the sums over generated events (`lnvsearch.experiments.na62.candidate_files`).
    """
    with candidate_file(candidates) as write:
        return count_sample(chunks, read_variations(settings, maps), write)


def tabulate_sample(
    counts: Iterable[ChunkCounts], settings: Mapping[str, Mapping], *, sample: str
) -> dict[str, dict[str, list]]:
    """The tables of SAMPLE_COLUMNS of all variations, from what `select_sample` gives.

    The sums over generated events of all chunks are added up.
    """
    selections = {
        (variation, place): selection
        for variation, one in settings.items()
        for place, selection in selections_by_place(one["selections"]).items()
    }
    events = {name: one["events"] for name, one in settings.items()}
    return tables_of(counts, selections, events, sample)


def count_sample(
    chunks: Iterable[Mapping[str, SpectrometerEvents]],
    variations: Sequence[Variation],
    write: Write,
) -> list[ChunkCounts]:
    """Select simulated events under all variations; what is counted of each chunk.

    `chunks`: by variation, one at least of each.  `write` gets the candidates of variations with
    events of their own and the sums over generated events, chunk by chunk.
    """
    counts = []
    for parts in chunks:
        for events, chunk in parts.items():
            seen = [variation for variation in variations if variation.events == events]
            found = _count_chunk(chunk, seen, write, variations[0].name)
            sums = {name: getattr(chunk, name) for name in NO_SUMS}
            counts.append(ChunkCounts(events, sums, found))
            if sums != NO_SUMS:
                columns = {name: np.array([value]) for name, value in sums.items()}
                write(folder_of(events, variations[0].name) + GENERATED, columns)
    return counts


def tables_of(
    counts: Iterable[ChunkCounts],
    selections: Mapping[tuple[str, Place], SelectionSettings],
    events: Mapping[str, str],
    sample: str,
) -> dict[str, dict[str, list]]:
    """The tables of SAMPLE_COLUMNS; `events`: the variation whose events each variation sees."""
    found = {key: _Counts(selection) for key, selection in selections.items()}
    generated: dict[str, dict] = {}
    for chunk in counts:
        sums = generated.setdefault(chunk.events, dict.fromkeys(NO_SUMS, 0))
        for name in sums:
            sums[name] += chunk.generated[name]
        for key, one in chunk.found.items():
            found[key].include(one)
    rows: dict[str, list] = {kind: [] for kind in SAMPLE_COLUMNS}
    for (variation, (channel, name)), one in found.items():
        place = {"sample": sample, "variation": variation, "selection": name}
        for kind, listed in one.rows(place, **generated[events[variation]]).items():
            rows[kind] += [{**place, "channel": channel, **row} for row in listed]
    return {kind: table_from_rows(rows[kind], columns) for kind, columns in SAMPLE_COLUMNS.items()}


def _count_chunk(
    chunk: SpectrometerEvents, variations: Sequence[Variation], write: Write, first: str
) -> dict[tuple[str, Place], _Counts]:
    """Select one chunk under the variations that see its events; their vertices are fitted once."""
    counts = {}
    vertices = fit_vertices(chunk, variations[0].detector)
    asked = [
        (variation, place, Asked(
            selection, variation.detector, variation.identification, variation.trigger,
            loss_region=next(iter(selection.regions)),
        ))
        for variation in variations
        for place, selection in variation.selections.items()
    ]  # fmt: skip
    for index, selected in select_together(chunk, [one for *_, one in asked], vertices):
        variation, place, one = asked[index]
        counts[variation.name, place] = _Counts(one.selection)
        counts[variation.name, place].add(selected)
        if variation.name == variation.events:
            folder = folder_of(variation.events, first)
            write(folder + tree_name(*place), selected.candidates)
    return counts


class _Counts:
    """Sums over chunks of one selection: cut flow, losses, regions and spectrum."""

    def __init__(self, selection: SelectionSettings):
        assert selection.spectrum is not None
        self.regions = RegionCounter(selection.regions, selection.spectrum.edges_gev)
        self.flows: list[WeightedCutFlow] = []
        self.losses: dict[str, SingleCutLoss] = {}

    def add(self, selected: Selected) -> None:
        """Count what was selected of a chunk."""
        self.regions.add(selected.candidates)
        self.flows.append(selected.flow)
        self._lose(selected.losses)

    def include(self, other: _Counts) -> None:
        """Count what another has counted, of later chunks."""
        self.regions.include(other.regions)
        self.flows += other.flows
        self._lose(other.losses)

    def _lose(self, losses: Mapping[str, SingleCutLoss]) -> None:
        for name, loss in losses.items():
            self.losses[name] = self.losses[name] + loss if name in self.losses else loss

    def rows(
        self, place: Mapping, n_generated: int, sum_weight: float, sum_squared_weight: float
    ) -> dict[str, Iterable[dict]]:
        """Rows of all tables; `place` names sample, variation and selection."""
        totals = (n_generated, sum_weight, sum_squared_weight)
        found = self.regions.acceptances(
            sum_weight=sum_weight, sum_squared_weight=sum_squared_weight
        )
        return {
            "cutflow": WeightedCutFlow.merged(self.flows, totals).rows(**place),
            "acceptance": acceptance_rows(found, **place, generated_events=n_generated),
            "spectra": self._spectrum_rows(sum_weight),
            "losses": self._loss_rows(),
        }

    def _spectrum_rows(self, sum_weight: float) -> Iterator[dict]:
        spectrum = self.regions.spectrum()
        for low, high, content, uncertainty in zip(
            spectrum.edges_gev[:-1], spectrum.edges_gev[1:], spectrum.content, spectrum.uncertainty,
            strict=True,
        ):  # fmt: skip
            yield {
                "mass_low_gev": round(float(low), 9),
                "mass_high_gev": round(float(high), 9),
                "acceptance": float(content) / sum_weight,
                "acceptance_uncertainty": float(uncertainty) / sum_weight,
            }

    def _loss_rows(self) -> Iterator[dict]:
        """Where there was nothing to lose, the loss is not a number: an empty cell."""
        for condition, loss in self.losses.items():
            yield {
                "condition": condition,
                "relative_loss": loss.relative_loss,
                "relative_loss_uncertainty": loss.uncertainty,
            }
