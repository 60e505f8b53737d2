"""Kaons are counted with a normalisation channel: its flat factor, and single-event sensitivities.

The one flat factor of a data set makes the simulated acceptance of the normalisation channel the
published one; the signal's acceptance is then a prediction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lnvsearch.files import read_json
from lnvsearch.sensitivity import by_origin, prediction, recomputed
from lnvsearch.systematics import calibration_record
from lnvsearch.tables import Table, find_rows, read_csv, table_rows

__all__ = [
    "Acceptance",
    "Acceptances",
    "Factor",
    "Factors",
    "Normalisation",
    "Place",
    "factor_record",
    "data_sensitivity_record",
    "sensitivity_record",
]


@dataclass(frozen=True)
class Place:
    """Where a decay is counted: a sample in a selection and a region of mass."""

    sample: str
    selection: str
    region: str


@dataclass(frozen=True)
class Normalisation(Place):
    """A normalisation channel: sample, selection, region, channel of the selection, published acceptance."""

    channel: str
    acceptance: float


@dataclass(frozen=True)
class Acceptance:
    """Share of the generated decays that end in a region, identification and trigger included."""

    acceptance: float
    acceptance_uncertainty: float
    effective_events: float
    generated_events: float

    @property
    def relative_uncertainty(self) -> float:
        """Statistical; 0 where nothing was found (the absolute one is given then)."""
        return self.acceptance_uncertainty / self.acceptance if self.acceptance else 0.0


@dataclass(frozen=True)
class Acceptances:
    """All acceptances of a channel: (sample, variation, selection, region) -> Acceptance.

    `source`: the file, for messages.
    """

    values: Mapping[tuple[str, str, str, str], Acceptance]
    source: str

    @classmethod
    def read(cls, path: str | Path) -> Acceptances:
        """From the table of a channel."""
        names = ("acceptance", "acceptance_uncertainty", "effective_events", "generated_events")
        values = {
            (row["sample"], row["variation"], row["selection"], row["region"]): Acceptance(
                *(float(row[name]) for name in names)
            )
            for row in table_rows(read_csv(path))
        }
        return cls(values, str(path))

    def at(self, place: Place) -> dict[str, Acceptance]:
        """Variation -> acceptance in one place; ValueError if the nominal one is missing."""
        found = self._by_variation(place)
        if not found or not found["nominal"].acceptance > 0.0:
            raise ValueError(
                f"{self.source}: no event of {place.sample} passes {place.selection} into the "
                f"region {place.region}; raise `statistics` of the configuration"
            )
        return found

    def in_paper_selection(self, place: Place, name: str) -> dict[str, Acceptance]:
        """Variation -> acceptance in the selection `name` where there is one, else in the place's."""
        own = self._by_variation(replace(place, selection=name))
        return {variation: own.get(variation, value) for variation, value in self.at(place).items()}

    def _by_variation(self, place: Place) -> dict[str, Acceptance]:
        return {
            variation: value
            for (sample, variation, *where), value in self.values.items()
            if sample == place.sample and where == [place.selection, place.region]
        }


@dataclass(frozen=True)
class Factor:
    """A flat factor of acceptances; its uncertainty is that of the simulated acceptance."""

    value: float
    uncertainty: float


@dataclass(frozen=True)
class Factors:
    """The flat factor of a data set, by variation."""

    values: Mapping[str, Factor]

    @classmethod
    def read(cls, path: str | Path) -> Factors:
        """From a record of `factor_record`."""
        values = read_json(path)["values"]
        return cls({
            name: Factor(entry["value"], entry["uncertainty"]) for name, entry in values.items()
        })

    def of(self, variation: str) -> Factor:
        """Of a variation; nominal's where the normalisation channel does not see the variation."""
        return self.values.get(variation, self.values["nominal"])


def factor_record(
    acceptances: Acceptances, normalisation: Normalisation, paper_selection: str
) -> dict:
    """The flat factor, and how it was found, for every variation of the normalisation channel.

    `paper_selection`: name of the paper's own selection where the analysis has another; a changed
    cut changes acceptances, and not the factor.
    """
    target = normalisation.acceptance
    return calibration_record(
        "flat factor of all acceptances",
        {
            variation: {
                "value": target / value.acceptance,
                "uncertainty": target / value.acceptance * value.relative_uncertainty,
                "simulated": value.acceptance,
                "simulated_uncertainty": value.acceptance_uncertainty,
            }
            for variation, value in acceptances.in_paper_selection(
                normalisation, paper_selection
            ).items()
        },
        sample=normalisation.sample,
        target=target,
        target_source="published acceptance of the normalisation channel",
        rule="one factor for all samples of the data set, so that the Standard-Model decay has its "
        "published acceptance; the signal's acceptance is then a prediction",
        channel=normalisation.channel,
        selection=normalisation.selection,
        region=normalisation.region,
    )


def sensitivity_record(
    acceptances: Acceptances,
    factors: Factors,
    recomputation: Mapping,
    signal: Place,
    normalisation: Normalisation,
    neutral_pion_acceptance: float | None = None,
) -> dict:
    """N_K and the single-event sensitivity of the published inputs, and predictions by variation.

    `recomputation`: inputs of `recomputed`.  `neutral_pion_acceptance`: the published acceptance of
    the signal, if a further factor for its pi0 is to be found.
    """
    decays, published = recomputed(recomputation)
    further = recomputation.get("further_branching_fraction", {"mean": 1.0})["mean"]
    simulated = {}
    for variation, value in acceptances.at(signal).items():
        factor = factors.of(variation)
        # The factor's own uncertainty is that of the simulated Standard-Model acceptance.
        relative = math.hypot(value.relative_uncertainty, factor.uncertainty / factor.value)
        simulated[variation] = prediction(
            decays, factor.value * value.acceptance, relative, normalisation.acceptance, further
        )
    record = {
        "n_kaon_decays": by_origin(decays),
        "derived": {"single_event_sensitivity": by_origin(published)},
        "simulated": simulated,
    }
    if neutral_pion_acceptance is not None:
        record["neutral_pion_factor"] = {
            "value": neutral_pion_acceptance / simulated["nominal"]["signal_acceptance"],
            "rule": "published over predicted acceptance of this very signal: a fit, no prediction",
        }
    return record


def data_sensitivity_record(
    counts: Table, predicted: Mapping, recomputation: Mapping, normalisation: Normalisation
) -> dict:
    """N_K and the sensitivity of the user's own events, with two acceptances of the signal.

    `counts`: events by channel, selection and region.  `predicted`: a `sensitivity_record`.  N_K
    takes the published acceptance of the normalisation channel, which the flat factor gives to the
    simulated one, too.  `exposure` is the number of kaon decays over the published one.  Without a
    candidate of the normalisation channel there is a reason in their place.
    """
    place = {
        name: getattr(normalisation, name) for name in ("channel", "selection", "region")
    }
    (candidates,) = [row["events"] for row in find_rows(counts, **place)]
    record = {"normalisation_candidates": candidates, "normalisation": place}
    if candidates == 0:
        return record | {
            "without_sensitivity": "no candidate of the normalisation channel in "
            f"{normalisation.channel}_{normalisation.selection}, region {normalisation.region}: "
            "there is nothing to count kaon decays with"
        }
    own = {**recomputation, "candidates": candidates}
    nominal = predicted["simulated"]["nominal"]
    simulated = {
        "mean": nominal["signal_acceptance"], "sigma": nominal["signal_acceptance_uncertainty"],
    }  # fmt: skip
    decays, with_published = recomputed(own)
    _, with_simulated = recomputed({**own, "signal_acceptance": simulated})
    return record | {
        "exposure": decays.mean / recomputed(recomputation)[0].mean,
        "n_kaon_decays": by_origin(decays),
        "single_event_sensitivity": {
            "published_acceptances": by_origin(with_published),
            "simulated_acceptances": by_origin(with_simulated),
        },
    }
