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
    "Percentage",
    "calibrate_scalar",
    "calibration_record",
    "external_percent",
    "linear_sum",
    "mc_statistics",
    "quadratic_sum",
    "relative_difference",
    "source_rows",
    "total_row",
]

#: Columns of a table of uncertainties by source.
#: Note on an external number that is not the published one.
OVERRIDDEN = "overridden by a number that is not the published one"
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


def external_percent(source: Mapping) -> float | None:
    """The published number of a source, None without one; numbers per particle add linearly.

    `source`: an entry of `systematics` of the search's file.
    """
    external = source.get("external_percent")
    if isinstance(external, (list, tuple)):
        return linear_sum((part["percent"], part["particles"]) for part in external)
    return external


def source_rows(source: Mapping, estimate: Percentage | None) -> list[dict]:
    """Rows of COLUMNS of one source: the external number, and the estimate, as far as there are.

    `source`: an entry of `systematics` of the search's file; its `in_total` says which one enters,
    its `inputs` whether the external number is the `published` one or `overridden`.
    """
    external = external_percent(source)
    is_published = source.get("inputs", "published") == "published"
    marks = (source.get("note"), None if is_published else OVERRIDDEN)
    common = {
        "source": source["source"],
        "note": "; ".join(filter(None, marks)) or None,
        "published_percent": external if is_published else None,
    }
    rows = []
    if external is not None:
        rows.append(
            {
                **common,
                "kind": "external",
                "relative_uncertainty_percent": external,
                "in_total": source["in_total"] == "external",
            }
        )
    if estimate is not None:
        rows.append(
            {
                **common,
                "kind": "simulated",
                "variation": source["estimate"].get("variation"),
                "relative_uncertainty_percent": estimate.value,
                "statistical_uncertainty_percent": estimate.statistical,
                "in_total": source["in_total"] == "estimate",
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
            "the parameter is no lever for it; choose another"
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
