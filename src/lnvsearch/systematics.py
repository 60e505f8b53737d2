"""Systematic uncertainties: from pairs of efficiencies to a total; and the one calibration.

All uncertainties are relative and in percent, as papers print them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = [
    "COLUMNS",
    "OVERRIDDEN",
    "Calibration",
    "Estimate",
    "Percentage",
    "Source",
    "calibrate_scalar",
    "calibration_record",
    "linear_sum",
    "mc_statistics",
    "quadratic_sum",
    "relative_difference",
    "total_row",
]

#: Note on an external number that is not the published one.
OVERRIDDEN = "overridden by a number that is not the published one"
#: Columns of a table of uncertainties by source.
COLUMNS = (
    "source",
    "kind",
    "variation",
    "relative_uncertainty_percent",
    "statistical_uncertainty_percent",
    "published_percent",
    "in_total",
    "note",
)


@dataclass(frozen=True)
class Percentage:
    """A relative uncertainty in percent, with its own statistical uncertainty."""

    value: float
    statistical: float = 0.0


def linear_sum(per_particle: Iterable[tuple[float, int]]) -> float:
    """Fully correlated sum over particles: sum of percent x number, as for tracking and PID.

    >>> linear_sum([(0.7, 2), (0.3, 2)])
    2.0
    """
    return sum(percent * number for percent, number in per_particle)


def quadratic_sum(percentages: Iterable[float]) -> float:
    """Sum in quadrature of independent uncertainties.

    >>> quadratic_sum([3.0, 4.0])
    5.0
    """
    return math.hypot(*percentages)


def relative_difference(
    varied: float, varied_uncertainty: float, nominal: float, nominal_uncertainty: float
) -> Percentage:
    """(varied - nominal)/nominal in percent, signed.

    The statistical uncertainty treats the two efficiencies as independent: an upper bound, as a
    variation shares its random numbers with the nominal simulation.
    Raises ValueError if the nominal efficiency is not above zero.
    """
    if not nominal > 0.0:
        raise ValueError(f"nominal is {nominal}: an efficiency above 0 is needed; simulate more")
    ratio = varied / nominal
    uncertainty = math.hypot(varied_uncertainty, ratio * nominal_uncertainty) / nominal
    return Percentage(100.0 * (ratio - 1.0), 100.0 * uncertainty)


def mc_statistics(efficiency: float, n_generated: int) -> float:
    """Relative uncertainty of an efficiency from n events, percent: sqrt((1 - e)/(e n))."""
    if not 0.0 < efficiency <= 1.0 or n_generated < 1:
        raise ValueError(
            f"efficiency is {efficiency}, n_generated {n_generated}: "
            "give an efficiency in (0, 1] and at least one event"
        )
    return 100.0 * math.sqrt((1.0 - efficiency) / (efficiency * n_generated))


@dataclass(frozen=True)
class Estimate:
    """How a simulation estimates an uncertainty: an entry `estimate` of the search's file."""

    method: str
    sample: str | None = None
    variation: str | None = None
    cut: str | None = None


@dataclass(frozen=True)
class Source:
    """A source of uncertainty: an entry of `systematics` of the search's file.

    `external_percent`: the published number, None without one.  `in_total`: which one enters the
    total, `external`, `estimate` or `none`.  `inputs`: whether the external number is the
    `published` one or `overridden`; `own` without a paper.
    """

    source: str
    in_total: str
    external_percent: float | None = None
    estimate: Estimate | None = None
    note: str | None = None
    inputs: str = "published"

    @classmethod
    def from_mapping(cls, values: Mapping) -> Source:
        """From plain values; external numbers per particle, {percent, particles}, add linearly."""
        own = {name: value for name, value in values.items() if name != "label"}
        external = own.get("external_percent")
        if isinstance(external, (list, tuple)):
            own["external_percent"] = linear_sum(
                (part["percent"], part["particles"]) for part in external
            )
        if "estimate" in own:
            own["estimate"] = Estimate(**own["estimate"])
        return cls(**own)

    def rows(self, estimated: Percentage | None) -> list[dict]:
        """Rows of COLUMNS: the external number, and the estimate, as far as there are."""
        is_published, is_other = self.inputs == "published", self.inputs == "overridden"
        common = {
            "source": self.source,
            "note": "; ".join(filter(None, (self.note, OVERRIDDEN if is_other else None))) or None,
            "published_percent": self.external_percent if is_published else None,
        }
        rows = []
        if self.external_percent is not None:
            rows.append(
                {
                    **common,
                    "kind": "external",
                    "relative_uncertainty_percent": self.external_percent,
                    "in_total": self.in_total == "external",
                }
            )
        if estimated is not None:
            rows.append(
                {
                    **common,
                    "kind": "simulated",
                    "variation": self.estimate.variation if self.estimate else None,
                    "relative_uncertainty_percent": estimated.value,
                    "statistical_uncertainty_percent": estimated.statistical,
                    "in_total": self.in_total == "estimate",
                }
            )
        return rows


def total_row(rows: Sequence[Mapping]) -> dict:
    """The quadratic sum of the rows that enter the total, as a row of COLUMNS."""
    return {
        "source": "total",
        "kind": "derived",
        "relative_uncertainty_percent": quadratic_sum(
            row["relative_uncertainty_percent"] for row in rows if row["in_total"]
        ),
        "in_total": False,
        "note": "sum in quadrature of the rows that enter" + (
            f"; some of them are {OVERRIDDEN}"
            if any((row.get("note") or "").endswith(OVERRIDDEN) for row in rows) else ""
        ),
    }


@dataclass(frozen=True)
class Calibration:
    """What a calibration did: the value found, the efficiency there, every trial, the outcome.

    `outcome`: "converged", "at minimum" or "at maximum" (the target was out of reach, and the
    nearest end of the allowed range is the value).
    """

    value: float
    efficiency: float
    outcome: str
    trials: tuple[tuple[float, float], ...]


def calibrate_scalar(
    efficiency_of: Callable[[float], float],
    target: float,
    minimum: float,
    maximum: float,
    tolerance: float = 1e-3,
) -> Calibration:
    """Find the scalar at which a falling efficiency equals `target`, by bisection.

    `efficiency_of` must give the same answer for the same argument (fixed random numbers); its
    steps of one event are why bisection is right and a gradient wrong.  `tolerance`: width of
    the final interval.  The value is never outside [minimum, maximum].
    Raises ValueError for an empty range or an efficiency that does not fall over the range.
    """
    if not minimum < maximum:
        raise ValueError(f"minimum {minimum} is not below maximum {maximum}: exchange them")
    trials = []

    def tried(value: float) -> float:
        efficiency = efficiency_of(value)
        trials.append((value, efficiency))
        return efficiency

    at_minimum, at_maximum = tried(minimum), tried(maximum)
    if at_minimum <= at_maximum:
        raise ValueError(
            f"the efficiency rises from {at_minimum:.4f} to {at_maximum:.4f} over the range: "
            "the parameter cannot calibrate it; choose another"
        )
    if target >= at_minimum:
        return Calibration(minimum, at_minimum, "at minimum", tuple(trials))
    if target <= at_maximum:
        return Calibration(maximum, at_maximum, "at maximum", tuple(trials))
    low, high = minimum, maximum
    while high - low > tolerance:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if tried(middle) > target else (low, middle)
    value = 0.5 * (low + high)
    return Calibration(value, tried(value), "converged", tuple(trials))


def calibration_record(
    calibrated: str,
    values: Mapping[str, Mapping[str, float | None]],
    *,
    sample: str,
    target: float,
    target_source: str,
    rule: str,
    **details: object,
) -> dict:
    """The record of a calibration, with the same keys for every experiment.

    `calibrated`: what is; `values`: variation -> `value` and its `uncertainty`, and what was
    `simulated` of the target, with `simulated_uncertainty`; `rule`: how it was found.
    """
    return {
        "calibrated": calibrated,
        "sample": sample,
        "target": target,
        "target_source": target_source,
        "values": {name: dict(entry) for name, entry in values.items()},
        "rule": rule,
        **details,
    }
