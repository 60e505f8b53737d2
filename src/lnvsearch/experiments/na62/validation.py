"""Quantities that no calibration touches: resolutions, relative losses, ratios of exposures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lnvsearch.experiments.na62.candidate_files import read_candidates
from lnvsearch.experiments.na62.normalisation import Normalisation, Place
from lnvsearch.selection.sample_tables import VALIDATION_COLUMNS
from lnvsearch.tables import Table, find_rows, table_from_rows

__all__ = ["ChannelSettings", "ValidationSettings", "core_width", "validation_table"]

#: Condition of a selection -> printed quantity of its relative loss, in percent.
LOSSES = {
    "dilepton_mass": "ee_mass_acceptance_loss_percent",
    "rich_angle": "rich_angle_acceptance_loss_percent",
    "rich_identification": "rich_identification_loss_percent",
    "large_angle_veto": "large_angle_veto_loss_percent",
}

#: Files of candidates and the folder in each, by sample and variation.
CandidateFiles = Mapping[tuple[str, str], tuple[str | Path, str]]


@dataclass(frozen=True)
class ChannelSettings:
    """Where the quantities of one channel are measured.

    `alike`: whether the normalisation channel has the particles of this one, but for their charges.
    """

    signal: Place
    normalisation: Normalisation
    alike: bool


@dataclass(frozen=True)
class ValidationSettings:
    """The channels of a search."""

    channels: Mapping[str, ChannelSettings]

    @classmethod
    def from_mapping(cls, values: Mapping) -> ValidationSettings:
        """From plain values of the same names."""
        channels = {
            name: ChannelSettings(**{
                **entry, "signal": Place(**entry["signal"]),
                "normalisation": Normalisation(**entry["normalisation"]),
            })
            for name, entry in values["channels"].items()
        }  # fmt: skip
        return cls(channels)


def validation_table(
    settings: ValidationSettings,
    candidates: CandidateFiles,
    losses: Mapping[str, Table],
    acceptances: Mapping[str, Table],
    references: Iterable[tuple[str, float, float, str]] = (),
) -> dict[str, list]:
    """One row (VALIDATION_COLUMNS) a quantity; `losses` and `acceptances`: tables by channel.

    `references`: name, value, uncertainty and note of what belongs to no channel.
    """
    rows: list[dict] = []
    for channel, entry in settings.channels.items():
        rows += _resolutions(channel, entry, candidates)
        rows += _losses(channel, entry, losses[channel])
        rows += _control_loss(channel, entry, acceptances[channel])
    rows += [_row(name, "all", *found) for name, *found in references]
    return table_from_rows(rows, VALIDATION_COLUMNS)


def _row(quantity, channel, value, uncertainty, note, variant="nominal") -> dict:
    cells = (quantity, channel, variant, value, uncertainty, note)
    return dict(zip(VALIDATION_COLUMNS, cells, strict=True))


def core_width(values: np.ndarray) -> tuple[float, float]:
    """Width of a Gaussian's core, iterated within two widths, and its uncertainty.

    The standard deviation of a Gaussian cut at two widths is 0.8796 of the whole one's.
    """
    values = values[np.isfinite(values)]
    centre = float(np.median(values))
    width = float(np.subtract(*np.percentile(values, [84.13, 15.87]))) / 2.0
    for _ in range(30):
        inside = values[np.abs(values - centre) < 2.0 * width]
        centre, width = float(inside.mean()), float(inside.std()) / 0.87963
    return width, width / np.sqrt(2.0 * len(inside))


def _resolutions(
    channel: str, entry: ChannelSettings, candidates: CandidateFiles
) -> Iterator[dict]:
    """Widths of the mass and of the vertices' positions, for every variation of the detector."""
    signal, known = entry.signal, entry.normalisation
    # The papers read the resolution off the normalisation channel; where that has other particles,
    # it is the signal's.
    choice = known if known.channel == channel and entry.alike else signal
    for (sample, variation), place in candidates.items():
        if sample == choice.sample:
            columns = _likely_candidates(place, channel, choice.selection)
            width, uncertainty = core_width(columns["mass_gev"])
            yield _row("mass_resolution_mev", channel, 1e3 * width, 1e3 * uncertainty,
                       f"core of {choice.sample}, {choice.selection}", variation)  # fmt: skip
    columns = _likely_candidates(candidates[signal.sample, "nominal"], channel, signal.selection)
    for name, column, note in (
        ("track", "z_vertex_m", "simulated signal"),
        ("neutral", "z_neutral_m",
         "simulated signal, behind the cut on the distance of the vertices"),
    ):  # fmt: skip
        if np.any(np.isfinite(columns[column])):
            found = core_width(columns[column] - columns["true_z_vertex_m"])
            yield _row(f"{name}_vertex_z_resolution_m", channel, *found, note)


def _likely_candidates(
    place: tuple[str | Path, str], channel: str, selection: str
) -> dict[str, np.ndarray]:
    """Candidates that are identified with more than a tenth of the usual probability.

    The wrong assignment of two tracks of one charge has a weight of a hundredth or less.
    """
    path, folder = place
    columns = read_candidates(path, channel, selection, folder=folder)
    if columns is None:
        raise ValueError(f"{path}: no candidates of {channel}, selection {selection}")
    likely = columns["weight"] > 0.1 * columns["weight_without_identification"]
    return {name: values[likely] for name, values in columns.items()}


def _losses(channel: str, entry: ChannelSettings, table: Table) -> Iterator[dict]:
    """Relative losses by single conditions, with all others applied."""
    places = {
        "": (entry.signal.sample, entry.signal.selection),
        "_sm": (entry.normalisation.sample, "sm"),
        "_sm_rich": (entry.normalisation.sample, "sm_rich"),
    }
    for suffix, (sample, selection) in places.items():
        for row in find_rows(table, sample=sample, selection=selection, variation="nominal"):
            condition, loss = row["condition"], row["relative_loss"]
            if condition not in LOSSES or loss is None:
                continue
            name = LOSSES[condition]
            # Only the Standard-Model selection has a cut on the mass of the pair.
            if condition != "dilepton_mass":
                name = name.replace("_percent", f"{suffix}_percent")
            elif suffix != "_sm":
                continue
            uncertainty = row["relative_loss_uncertainty"]
            yield _row(name, channel, 100.0 * loss, 100.0 * uncertainty, f"{sample}, {selection}")


def _control_loss(channel: str, entry: ChannelSettings, table: Table) -> Iterator[dict]:
    """Loss of the normalisation channel where the RICH identifies positrons, as in the controls."""
    known = entry.normalisation
    found = {
        row["selection"]: row
        for row in find_rows(table, sample=known.sample, variation="nominal", region=known.region)
    }
    if "sm_rich" in found:
        plain, with_rich = found["sm"], found["sm_rich"]
        loss = 1.0 - with_rich["acceptance"] / plain["acceptance"]
        uncertainty = with_rich["acceptance_uncertainty"] / plain["acceptance"]
        yield _row("control_normalisation_acceptance_loss_percent", channel, 100.0 * loss,
                   100.0 * uncertainty,
                   "identification of the positron and angle, together")  # fmt: skip
