"""What every variation changes: the signal's acceptance ratio, and expected events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lnvsearch.experiments.na62.estimates import BackgroundSettings
from lnvsearch.experiments.na62.normalisation import Acceptances, Factors, Place
from lnvsearch.generation.kaon import MODES
from lnvsearch.tables import Table, find_rows, read_csv, table_from_rows

__all__ = ["COLUMNS", "compute_systematics", "systematics_table"]

COLUMNS = (
    "variation", "description", "quantity", "sample", "selection", "region", "nominal", "varied",
    "relative_difference_percent", "relative_difference_uncertainty_percent",
)  # fmt: skip
#: Regions below the signal's in which a background may be normalised.
BELOW_SIGNAL = ("lower", "control")
#: The variation that is no sample of its own, and its description.
BRANCHING_FRACTIONS = "branching_fractions"
_DESCRIPTION = "one standard deviation of the branching fraction"


@dataclass(frozen=True)
class _Shift:
    """A quantity with and without a variation; the uncertainty is that of the varied one alone.

    Most events are shared.
    """

    variation: str
    quantity: str
    place: Place
    nominal: float
    varied: float
    relative_uncertainty: float = 0.0

    def row(self, description: str) -> dict:
        return dict(zip(COLUMNS, (
            self.variation, description, self.quantity, self.place.sample, self.place.selection,
            self.place.region, self.nominal, self.varied,
            100.0 * (self.varied / self.nominal - 1.0), 100.0 * self.relative_uncertainty,
        ), strict=True))  # fmt: skip


@dataclass(frozen=True)
class _Expected:
    """Expected events of a sample under a variation."""

    variation: str
    place: Place
    events: float
    uncertainty: float


def compute_systematics(inputs: Mapping[str, str], settings: Mapping) -> dict:
    """What every variation changes in a channel: the table `systematics`.

    `inputs`: files `acceptance`, `calibration` and `background`; `settings`: of
    `BackgroundSettings`, with `variations`, their descriptions by name.
    """
    own = dict(settings)
    variations = own.pop("variations")
    table = systematics_table(
        Acceptances.read(inputs["acceptance"]), Factors.read(inputs["calibration"]),
        read_csv(inputs["background"]), BackgroundSettings.from_mapping(own), variations,
    )  # fmt: skip
    return {"systematics": table}


def systematics_table(
    acceptances: Acceptances,
    factors: Factors,
    background: Table,
    settings: BackgroundSettings,
    variations: Mapping[str, str],
) -> dict[str, list]:
    """One row (COLUMNS) for every variation and quantity that it touches.

    `background`: the channel's table of expected events; of it the signal's selection counts.
    `variations`: name -> description.
    """
    expected = [
        _Expected(
            row["variation"], Place(row["sample"], row["selection"], row["region"]),
            row["expected_events"], row["statistical_uncertainty"],
        )
        for row in find_rows(background, selection=settings.signal.selection)
    ]  # fmt: skip
    of_others = [found for found in expected if found.place.sample != settings.signal.sample]
    shifts = [
        *_ratios(acceptances, factors, settings.signal, variations),
        *_branching_fractions(expected, settings),
        *_backgrounds(of_others, variations),
        *_normalised_below_signal(of_others, variations),
    ]
    descriptions = {**variations, BRANCHING_FRACTIONS: _DESCRIPTION}
    return table_from_rows((s.row(descriptions[s.variation]) for s in shifts), COLUMNS)


def _ratios(
    acceptances: Acceptances, factors: Factors, signal: Place, variations: Mapping[str, str]
) -> Iterator[_Shift]:
    """A_SM/A_LNV, to which the sensitivity is proportional."""
    found = acceptances.at(signal)

    def inverse_of_prediction(variation: str) -> float:
        value = found.get(variation, found["nominal"])
        return 1.0 / (factors.of(variation).value * value.acceptance)

    for variation in variations:
        if variation in found or variation in factors.values:
            yield _Shift(
                variation, "single_event_sensitivity", signal, inverse_of_prediction("nominal"),
                inverse_of_prediction(variation),
                found.get(variation, found["nominal"]).relative_uncertainty,
            )  # fmt: skip


def _branching_fractions(
    expected: Sequence[_Expected], settings: BackgroundSettings
) -> Iterator[_Shift]:
    """One standard deviation of each branching fraction: of the sensitivity, or of a background."""
    known = settings.recomputation["normalisation_branching_fraction"]
    yield _Shift(
        BRANCHING_FRACTIONS, "single_event_sensitivity", settings.signal, known["mean"],
        known["mean"] + known["sigma"],
    )  # fmt: skip
    for found in expected:
        sample = settings.samples.get(found.place.sample)
        fraction = None if sample is None else MODES[sample.mode].branching_fraction
        if fraction is None or found.variation != "nominal" or not found.events:
            continue
        varied = found.events * (1.0 + fraction.uncertainty / fraction.value)
        yield _Shift(BRANCHING_FRACTIONS, "expected_events", found.place, found.events, varied)


def _backgrounds(
    expected: Sequence[_Expected], variations: Mapping[str, str]
) -> Iterator[_Shift]:
    """Expected events of every background in every region."""
    nominal = {found.place: found for found in expected if found.variation == "nominal"}
    for varied in expected:
        reference = nominal.get(varied.place)
        if varied.variation in variations and reference and reference.events:
            yield _Shift(
                varied.variation, "expected_events", varied.place, reference.events, varied.events,
                varied.uncertainty / reference.events,
            )  # fmt: skip


def _normalised_below_signal(
    expected: Sequence[_Expected], variations: Mapping[str, str]
) -> Iterator[_Shift]:
    """The same with the background below the signal region scaled to its nominal value there."""
    events = {
        (e.place.sample, e.variation, e.place.region): e.events for e in expected
    }
    for varied in expected:
        sample, variation, region = varied.place.sample, varied.variation, varied.place.region
        if variation not in variations or region in BELOW_SIGNAL:
            continue
        below = [name for name in BELOW_SIGNAL if (sample, variation, name) in events]
        nominal = events.get((sample, "nominal", region))
        if not below or not events[sample, variation, below[0]] or not nominal:
            continue
        scale = events[sample, "nominal", below[0]] / events[sample, variation, below[0]]
        yield _Shift(
            variation, "expected_events_normalised_below_signal", varied.place, nominal,
            scale * varied.events, scale * varied.uncertainty / nominal,
        )  # fmt: skip
