"""Backgrounds from control samples with inverted identification, and how precise they would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lnvsearch.experiments.na62.candidate_files import read_candidates, read_generated
from lnvsearch.experiments.na62.estimates import Sample, branching_fraction
from lnvsearch.experiments.na62.normalisation import Factors
from lnvsearch.experiments.na62.selection.control_transfer import (
    TRANSFER_COLUMNS,
    ControlTransfer,
    control_transfers,
)
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings, exposure_ratio
from lnvsearch.selection.mass_regions import Region
from lnvsearch.sensitivity import recomputed
from lnvsearch.tables import table_from_rows

__all__ = ["COLUMNS", "ControlSettings", "InvertedSelection", "estimate_from_control_samples"]

COLUMNS = (
    "process", "selection", "sample", "label", "region", "control_events",
    "control_events_uncertainty", "weight_per_control_event", "expected_events",
    "statistical_uncertainty", "effective_events", "expected_precision",
)  # fmt: skip


@dataclass(frozen=True)
class InvertedSelection:
    """A selection with inverted identification: the chains of its trigger, its mass regions."""

    selection: str
    chains: Sequence[str]
    regions: Mapping[str, Region]


@dataclass(frozen=True)
class ControlSettings:
    """How events of control samples become a background of one channel.

    `recomputation`: inputs of `lnvsearch.sensitivity.recomputed`.  `chains`: of the signal's
    trigger.  `data_driven`: process -> its selection.
    """

    channel: str
    samples: Mapping[str, Sample]
    recomputation: Mapping
    trigger: TriggerSettings
    chains: Sequence[str]
    data_driven: Mapping[str, InvertedSelection]

    @classmethod
    def from_mapping(cls, channel: str, values: Mapping) -> ControlSettings:
        """From plain values of the same names."""
        inverted = values["data_driven"].items()
        return cls(channel, **{
            **values,
            "samples": {name: Sample(**sample) for name, sample in values["samples"].items()},
            "trigger": TriggerSettings.from_mapping(values["trigger"]),
            "data_driven": {process: InvertedSelection(**entry) for process, entry in inverted},
        })  # fmt: skip


def estimate_from_control_samples(
    settings: ControlSettings, files: Mapping[str, str | Path], factors: Factors
) -> dict[str, list]:
    """A row (COLUMNS) for every control selection, sample that it lets in, and region of mass.

    `files`: sample -> its nominal candidates.
    """
    n_decays = recomputed(settings.recomputation)[0].mean
    factor = factors.of("nominal").value
    rows = []
    for process, inverted in settings.data_driven.items():
        ratio = exposure_ratio(settings.chains, inverted.chains, settings.trigger)
        for name, path in files.items():
            sample = settings.samples[name]
            decays = n_decays * factor * branching_fraction(sample.mode)
            for region, transfer in _transfers(path, settings.channel, inverted).items():
                found = transfer.expected(decays, ratio)
                rows.append(dict(zip(COLUMNS, (
                    process, inverted.selection, name, sample.title, region,
                    found.control_events, found.control_events_uncertainty,
                    found.weight_per_event, found.events, found.uncertainty,
                    found.effective_events, found.precision,
                ), strict=True)))  # fmt: skip
    return table_from_rows(rows, COLUMNS)


def _transfers(
    path: str | Path, channel: str, inverted: InvertedSelection
) -> dict[str, ControlTransfer]:
    """Transfers of a sample in one control selection, by region; none if it does not enter."""
    candidates = read_candidates(path, channel, inverted.selection, TRANSFER_COLUMNS)
    if candidates is None:
        return {}
    return control_transfers(candidates, inverted.regions, **read_generated(path))
