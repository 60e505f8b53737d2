"""From selected events and published numbers to the counting experiments that limits are set from.

How a paper sets its limit, and from which numbers, is a `ParentLimit` where a number of parents
turns events into a branching fraction, and a `NormalisedLimit` where a normalisation channel does.
`limit_from` makes either of plain values.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lnvsearch.selection.cutflow import ALL_CUTS
from lnvsearch.selection.mass_regions import bound_of_none
from lnvsearch.sensitivity import recomputed
from lnvsearch.statistics.methods import TABLE_METHODS
from lnvsearch.tables import find_rows

__all__ = [
    "USER_DATA",
    "Inputs",
    "Limit",
    "NormalisedLimit",
    "ParentLimit",
    "Uncertain",
    "limit_from",
    "total_background",
]

#: Kind of a limit that is set from the user's own data.
USER_DATA = "user_data"

@dataclass(frozen=True)
class Inputs:
    """The numbers that one limit is set from; `scale` turns events into a branching fraction."""

    kind: str
    variant: str
    observed: int
    background: float
    background_uncertainty: float
    efficiency: float
    efficiency_uncertainty: float
    scale: float
    #: Whether the paper's numbers among them are the `published` ones or `overridden`; `own` without a paper.
    inputs: str = "published"
    #: Methods to apply; by default all.
    methods: tuple[str, ...] = TABLE_METHODS
    #: Upper bound at 90 % confidence level on what `background` leaves out: backgrounds of which no
    #: simulated event is left; 0 where there are none.
    background_left_out: float = 0.0


class Uncertain(NamedTuple):
    """A number with its standard uncertainty."""

    mean: float
    sigma: float


# ------------------------------------------------------------------------------ how a limit is set


@dataclass(frozen=True, kw_only=True)
class Limit(ABC):
    """How a paper sets its limit, and the numbers that all have.

    Both kinds have the `relative_uncertainty` of the efficiency, or single-event sensitivity, too.

    `inputs` and `simulation_inputs` say whether the paper's numbers are the `published` ones or
    `overridden`: those that a limit is derived from, and all that enter a simulated one.
    """

    method: str
    bounded: bool
    priors: Sequence[str]
    observed: int
    background: Uncertain
    inputs: str
    simulation_inputs: str

    @abstractmethod
    def derived_inputs(self) -> list[Inputs]:
        """Return the inputs of the limits that follow from the paper's own numbers."""

    @abstractmethod
    def own_inputs(self, results: Mapping[str, Any]) -> list[Inputs]:
        """Return the inputs from this simulation, and from the user's own data where there are any.

        `results`: by name, as each kind of limit needs them.
        """


@dataclass(frozen=True, kw_only=True)
class ParentLimit(Limit):
    """A limit with an efficiency and a number of parents.

    `relative_uncertainty` is the published one of the `efficiency`, which is None (and the other 0) in a
    search without a paper; `other_efficiencies`: other
    printed values by variant; `efficiency_sample`: the sample of this simulation's efficiency.
    """

    n_parents: float
    efficiency: float | None
    relative_uncertainty: float
    efficiency_sample: str
    other_efficiencies: Mapping[str, float] = field(default_factory=dict)

    def derived_inputs(self) -> list[Inputs]:
        """Return the published numbers, as printed; nothing without a published efficiency."""
        if self.efficiency is None:
            return []
        efficiencies = {"nominal": self.efficiency, **self.other_efficiencies}
        return [
            Inputs("derived", variant, self.observed, *self.background, efficiency,
                   self.relative_uncertainty * efficiency, 1.0 / self.n_parents, self.inputs)
            for variant, efficiency in efficiencies.items()
        ]

    def own_inputs(self, results: Mapping[str, Any]) -> list[Inputs]:
        """Return this simulation's efficiency and background with the published count, and the user's.

        The efficiency is the `acceptance` of `efficiency_sample` in the region of the events that
        pass all cuts, before and after the calibration; `systematics` has a row for the source
        `total`; `background` holds `background_events` and its `_uncertainty` (without it, the limit's own
        number is taken); `data_counts`, where
        they are, are those of the user's own events, and `data_sensitivity` their number of parents,
        background and efficiencies; without it, the paper's number is taken.
        """
        total = find_rows(results["systematics"], source="total")[0]
        relative = total["relative_uncertainty_percent"] / 100.0
        found = find_rows(
            results["acceptance"], sample=self.efficiency_sample, region=ALL_CUTS
        )
        acceptances = {row["variation"]: row["acceptance"] for row in found}
        variants = [("simulated", name, acceptances[name], self.observed)
                    for name in ("nominal", "uncalibrated") if name in acceptances]
        if "data_sensitivity" in results:
            return self._of_variants(variants, results, relative) + self._user_inputs(results)
        if "data_counts" in results:
            own = find_rows(results["data_counts"], region="signal")[0]["events"]
            variants.append((USER_DATA, "simulated_efficiency", acceptances["nominal"], own))
        return self._of_variants(variants, results, relative)

    def _of_variants(
        self, variants: Iterable[tuple], results: Mapping[str, Any], relative: float
    ) -> list[Inputs]:
        """Of (kind, variant, efficiency, count), with the simulated background."""
        background = _simulated_background(results) if "background" in results else self.background
        return [
            Inputs(kind, name, observed, *background, acceptance,
                   relative * acceptance, 1.0 / self.n_parents, self.simulation_inputs,
                   background_left_out=_left_out(results))
            for kind, name, acceptance, observed in variants
        ]

    def _user_inputs(self, results: Mapping[str, Any]) -> list[Inputs]:
        """The user's own count, with their parents, backgrounds of as many, and two efficiencies."""
        own, counts = results["data_sensitivity"], results["data_counts"]
        (row,) = find_rows(counts, region="signal")
        inputs = []
        for variant, used in (
            ("published_efficiency", self.inputs), ("simulated_efficiency", self.simulation_inputs),
        ):  # fmt: skip
            efficiency = own["efficiency"][variant]
            inputs.append(Inputs(
                USER_DATA, variant, row["events"], own["background_events"],
                own["background_events_uncertainty"], efficiency["mean"], efficiency["sigma"],
                1.0 / own["n_parents"]["mean"], used,
                background_left_out=own["background_left_out"],
            ))
        return inputs


@dataclass(frozen=True, kw_only=True)
class NormalisedLimit(Limit):
    """A limit with a single-event sensitivity, from a normalisation channel.

    `recomputation`: the inputs of the sensitivity (lnvsearch.sensitivity); `place`: channel,
    selection and region of the user's own count.
    """

    single_event_sensitivity: Uncertain
    recomputation: Mapping[str, Any]
    place: Mapping[str, str]

    @property
    def relative_uncertainty(self) -> float:
        """Of the printed single-event sensitivity."""
        return self.single_event_sensitivity.sigma / self.single_event_sensitivity.mean

    def derived_inputs(self) -> list[Inputs]:
        """Return the published background with the printed and the recomputed sensitivity."""
        own = recomputed(self.recomputation)[1]
        # One expected event for a branching fraction of one sensitivity: efficiency 1.
        return [
            Inputs("derived", variant, self.observed, *self.background, 1.0,
                   value.sigma / value.mean, value.mean, self.inputs)
            for variant, value in (
                ("printed_sensitivity", self.single_event_sensitivity),
                ("recomputed_sensitivity", own),
            )
        ]

    def own_inputs(self, results: Mapping[str, Any]) -> list[Inputs]:
        """Return this simulation's `sensitivity` and `background`, with the published count.

        By the paper's own method: what another method makes of it, the derived limits show.  A
        variation changes the sensitivity; the background is nominal's throughout (what variations
        do to it stands in the table of systematics).  With the user's own `data_counts` and
        `data_sensitivity`, those too.
        """
        inputs = [
            Inputs("simulated", variation, self.observed, *_simulated_background(results), 1.0,
                   value["single_event_sensitivity_uncertainty"] / value["single_event_sensitivity"],
                   value["single_event_sensitivity"], self.simulation_inputs, (self.method,),
                   _left_out(results))
            for variation, value in results["sensitivity"]["simulated"].items()
        ]
        return inputs + (self._user_inputs(results) if "data_counts" in results else [])

    def _user_inputs(self, results: Mapping[str, Any]) -> list[Inputs]:
        """The user's own count, with the kaon decays of the user's normalisation channel.

        Backgrounds, published and simulated, are those of as many decays.  Nothing without a decay
        of the normalisation channel to count them with.
        """
        own = results["data_sensitivity"]
        if "without_sensitivity" in own:
            return []
        (row,) = find_rows(results["data_counts"], **self.place)
        inputs = []
        for variant, background, used, applied, left_out in (
            ("published_acceptances", self.background, self.inputs, TABLE_METHODS, 0.0),
            ("simulated_acceptances", _simulated_background(results), self.simulation_inputs,
             (self.method,), _left_out(results)),
        ):  # fmt: skip
            found = own["single_event_sensitivity"][variant]
            sensitivity = Uncertain(found["mean"], found["sigma"])
            events, error = (own["exposure"] * value for value in background)
            inputs.append(Inputs(
                USER_DATA, variant, row["events"], events, error, 1.0,
                sensitivity.sigma / sensitivity.mean, sensitivity.mean, used, applied,
                own["exposure"] * left_out,
            ))
        return inputs


def limit_from(values: Mapping[str, Any]) -> Limit:
    """Return the limit of plain values, whose `normalised_to` is `parents` or `normalisation_channel`.

    The others are named as the fields, numbers with an uncertainty {mean, sigma}; of a `ParentLimit`
    the `efficiency` is {mean, relative_sigma_percent}, or missing.
    """
    values = dict(values)
    kind = values.pop("normalised_to")
    values["background"] = Uncertain(**values["background"])
    if kind == "normalisation_channel":
        sensitivity = Uncertain(**values.pop("single_event_sensitivity"))
        return NormalisedLimit(single_event_sensitivity=sensitivity, **values)
    efficiency = values.pop("efficiency", None)
    if efficiency is None:
        return ParentLimit(efficiency=None, relative_uncertainty=0.0, **values)
    relative = efficiency["relative_sigma_percent"] / 100.0
    return ParentLimit(efficiency=efficiency["mean"], relative_uncertainty=relative, **values)


def _simulated_background(results: Mapping[str, Any]) -> Uncertain:
    found = results["background"]
    return Uncertain(found["background_events"], found["background_events_uncertainty"])


def _left_out(results: Mapping[str, Any]) -> float:
    return results.get("background", {}).get("background_left_out") or 0.0


def total_background(
    rows: Iterable[Mapping[str, Any]], samples: Sequence[str], selection: str
) -> tuple[float, float, float]:
    """Return expected events in the signal region; systematic uncertainties add up linearly.

    A sample without any event there has an upper bound only: the third number bounds them all, at
    90 % confidence level, and is 0 where there are none.
    """
    of_region = [
        row for row in rows
        if row["sample"] in samples and row["variation"] == "nominal"
        and row["selection"] == selection and row["region"] == "signal"
    ]
    chosen = [row for row in of_region if row["effective_events"] > 0.0]
    bounds = (
        bound_of_none(row["statistical_uncertainty"])
        for row in of_region if row["effective_events"] == 0.0
    )  # fmt: skip
    return (
        sum(row["expected_events"] for row in chosen),
        math.hypot(
            *(row["statistical_uncertainty"] for row in chosen),
            sum(row["systematic_uncertainty"] for row in chosen),
        ),
        max(bounds, default=0.0),
    )
