"""From acceptances to expected events: every sample in every region of mass, and its spectrum.

Expected events are N_K x branching fraction x flat factor x acceptance.  N_K is the number of kaon
decays that a selection's trigger chains see: the search's own for the signal's chains, fewer for
chains with more downscaling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lnvsearch.experiments.na62.normalisation import Acceptances, Factors, Place
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings, exposure_ratio
from lnvsearch.generation.kaon import MODES
from lnvsearch.limit_inputs import total_background
from lnvsearch.selection.mass_regions import BACKGROUND_COLUMNS, SPECTRUM_COLUMNS
from lnvsearch.sensitivity import recomputed
from lnvsearch.tables import Table, read_csv, table_from_rows, table_rows

__all__ = [
    "SIGNAL_BRANCHING_FRACTION",
    "BackgroundSettings",
    "Pileup",
    "Sample",
    "background_table",
    "branching_fraction",
    "estimate_backgrounds",
    "spectrum_table",
]

#: Branching fraction at which events and the spectrum of an undiscovered decay are given.
SIGNAL_BRANCHING_FRACTION = 1e-10

def branching_fraction(mode: str) -> float:
    """Of a decay mode; an undiscovered one gets SIGNAL_BRANCHING_FRACTION."""
    known = MODES[mode].branching_fraction
    return SIGNAL_BRANCHING_FRACTION if known is None else known.value


@dataclass(frozen=True)
class Sample:
    """One simulated decay: its mode, role, and name in tables and figures if not the decay's."""

    mode: str
    role: str
    label: str = ""

    @property
    def title(self) -> str:
        """Name in tables and figures."""
        return self.label or MODES[self.mode].label


@dataclass(frozen=True)
class Pileup:
    """Accidental photons: events in the sidebands of the photons' times, which are wider by a ratio.

    They are uniform in mass over the control and the signal region.
    """

    sideband_events: int
    width_ratio: float
    control_width_mev: float
    signal_width_mev: float

    def expected(self) -> Iterator[tuple[str, float, float]]:
        """Regions with expected events and their uncertainty, that of one event at least."""
        in_time = self.sideband_events / self.width_ratio
        uncertainty = max(self.sideband_events, 1) ** 0.5 / self.width_ratio
        widths = {"control": self.control_width_mev, "signal": self.signal_width_mev}
        total = sum(widths.values())
        for region, width in widths.items():
            yield region, in_time * width / total, uncertainty * width / total


@dataclass(frozen=True)
class BackgroundSettings:
    """How the acceptances of one channel become expected events.

    `varied_modes`: variation -> sample -> decay mode, where it is another than nominally.
    `recomputation`: inputs of `lnvsearch.sensitivity.recomputed`.  `systematic`: relative, by
    sample.  `chains`: selection -> names of its trigger's chains.
    """

    samples: Mapping[str, Sample]
    varied_modes: Mapping[str, Mapping[str, str]]
    recomputation: Mapping
    signal: Place
    systematic: Mapping[str, float]
    chains: Mapping[str, Sequence[str]]
    trigger: TriggerSettings
    pileup: Pileup | None = None

    @classmethod
    def from_mapping(cls, values: Mapping) -> BackgroundSettings:
        """From plain values of the same names."""
        pileup = values["pileup"]
        return cls(**{
            **values,
            "samples": {name: Sample(**sample) for name, sample in values["samples"].items()},
            "signal": Place(**values["signal"]),
            "trigger": TriggerSettings.from_mapping(values["trigger"]),
            "pileup": None if pileup is None else Pileup(**pileup),
        })  # fmt: skip

    def mode_of(self, sample: str, variation: str = "nominal") -> str:
        """The decay of a sample, which a variation may change."""
        return self.varied_modes.get(variation, {}).get(sample, self.samples[sample].mode)

    def exposure(self, selection: str) -> float:
        """Kaon decays of a selection's trigger chains over those of the signal's chains."""
        own = self.chains[self.signal.selection]
        return exposure_ratio(self.chains[selection], own, self.trigger)

    @cached_property
    def n_decays(self) -> float:
        """Kaon decays that the signal's trigger chains see."""
        return recomputed(self.recomputation)[0].mean

    def scale(self, sample: str, variation: str, factors: Factors) -> float:
        """Expected events for an acceptance of one, with the signal's trigger chains."""
        produced = self.n_decays * branching_fraction(self.mode_of(sample, variation))
        return produced * factors.of(variation).value


def estimate_backgrounds(inputs: Mapping[str, Any], settings: Mapping) -> dict:
    """Tables `background` and `spectra` of a channel, and the record `total` of its signal region.

    `inputs`: files `acceptance`, `calibration`, and `spectra`, one for each sample; `settings`: of
    `BackgroundSettings`, with the `channel`, `in_total`, the samples that the total adds up, and
    `inputs`, whether the paper's numbers are the published ones or overridden.
    """
    own = dict(settings)
    channel, in_total, origin = (own.pop(name) for name in ("channel", "in_total", "inputs"))
    typed, factors = BackgroundSettings.from_mapping(own), Factors.read(inputs["calibration"])
    background = background_table(typed, Acceptances.read(inputs["acceptance"]), factors)
    files = dict(zip(typed.samples, inputs["spectra"], strict=True))
    spectra = {name: read_csv(path) for name, path in files.items()}
    events, uncertainty, left_out = total_background(
        table_rows(background), in_total, typed.signal.selection
    )
    return {
        "background": background,
        "spectra": spectrum_table(typed, spectra, factors, channel),
        "total": {
            "background_events": events,
            "background_events_uncertainty": uncertainty,
            "background_left_out": left_out,
            "inputs": origin,
        },
    }


def background_table(
    settings: BackgroundSettings, acceptances: Acceptances, factors: Factors
) -> dict[str, list]:
    """Expected events (BACKGROUND_COLUMNS) of every sample and variation in every region."""
    rows = []
    for (sample, variation, selection, region), value in acceptances.values.items():
        if selection not in settings.chains:  # the paper's own, beside a changed one of the analysis
            continue
        scale = settings.scale(sample, variation, factors) * settings.exposure(selection)
        expected = scale * value.acceptance
        relative = settings.systematic.get(sample, 0.0)
        rows.append((
            sample, settings.samples[sample].title, settings.samples[sample].role, variation,
            selection, region, expected, scale * value.acceptance_uncertainty,
            relative * expected, value.effective_events,
        ))  # fmt: skip
    if settings.pileup is not None:
        rows += [
            (
                "pileup", "pileup (derived)", "derived", "nominal", settings.signal.selection, region,
                events, uncertainty, 0.0, float(settings.pileup.sideband_events),
            )
            for region, events, uncertainty in settings.pileup.expected()
        ]  # fmt: skip
    return _table(rows, BACKGROUND_COLUMNS)


def spectrum_table(
    settings: BackgroundSettings, spectra: Mapping[str, Table], factors: Factors, channel: str
) -> dict[str, list]:
    """Nominal spectra (SPECTRUM_COLUMNS) of all samples but controls, in expected events.

    `spectra`: sample -> table `spectra` of its counting.
    """
    rows = []
    for name, table in spectra.items():
        sample = settings.samples[name]
        if sample.role == "control":
            continue
        own_scale = settings.scale(name, "nominal", factors)
        for row in table_rows(table):
            if row["channel"] != channel or row["variation"] != "nominal":
                continue
            if row["selection"] not in settings.chains:
                continue
            scale = own_scale * settings.exposure(row["selection"])
            rows.append((
                row["selection"], name, sample.title, sample.role, row["mass_low_gev"],
                row["mass_high_gev"], scale * row["acceptance"],
                scale * row["acceptance_uncertainty"],
            ))  # fmt: skip
    return _table(rows, SPECTRUM_COLUMNS)


def _table(rows: Sequence[tuple], columns: Sequence[str]) -> dict[str, list]:
    return table_from_rows((dict(zip(columns, row, strict=True)) for row in rows), columns)
