"""From requests of `lnvsearch limit` to limits, notes, expectations: arrays where they agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lnvsearch.cli import UsageError
from lnvsearch.computing_budget import MOST_BYTES, MOST_SECONDS, OutOfBudget, budget
from lnvsearch.limit_experiments import (
    background_kind,
    efficiency_kind,
    experiment_from,
    measured_numbers,
    options_of,
    scale_of,
)
from lnvsearch.limit_extras import expected, ranking, sensitivity
from lnvsearch.limit_quantities import Uncertainty
from lnvsearch.limit_settings import Request

if TYPE_CHECKING:
    import numpy as np

    from lnvsearch.statistics.note_columns import NoteColumns

# What defines the code path: experiments that agree in these are computed as one array.
_GROUPED_BY = (
    "method",
    "prior",
    "signal_prior",
    "bounded",
    "convention",
    "ordering",
    "correlation",
    "background_shape",
)
# What the library's messages call by the names of its arguments.
_OPTIONS_OF_WORDS = {
    "efficiency sigma": "--efficiency-uncertainty",
    "use prior 'lognormal'": "use --prior lognormal",
}


@dataclass(frozen=True)
class Extras:
    """What is wanted beside the limits."""

    expected: bool = False
    sensitivity: bool = False
    ranking: bool = False
    discovery: float = 3.0
    power: float = 0.9

    @property
    def wanted(self) -> bool:
        """Whether there is anything beside the limits."""
        return self.expected or self.sensitivity or self.ranking


def answers(requests: list[Request], places: list[str], extras: Extras) -> list[Request]:
    """Return the requests with their limits and all that belongs to them, in the same order.

    `places` (one a request) begin the messages of what is wrong with it.  Raises UsageError.
    """
    groups: dict[tuple, list[int]] = {}
    for row, request in enumerate(requests):
        groups.setdefault(group_key(request), []).append(row)
    results: dict[int, Request] = {}
    for rows in groups.values():
        group = _results_or_refusal(requests, rows, places, extras)
        results.update(zip(rows, group, strict=True))
    return [shown(request, results[row]) for row, request in enumerate(requests)]


def group_key(request: Request) -> tuple:
    """Return what requests have in common whose limits are computed as one array."""
    settings = (request.get(name) for name in _GROUPED_BY)
    return (*settings, background_kind(request), efficiency_kind(request))


def _results_or_refusal(requests, rows: list[int], places: list[str], extras) -> list[Request]:
    """Results of the chosen requests as one array; UsageError names the first that is wrong."""
    try:
        with budget(len(rows)):
            return _group_results([requests[row] for row in rows], extras)
    except (ValueError, RuntimeError, ArithmeticError, MemoryError) as error:
        if len(rows) == 1:
            request = requests[rows[0]]
            observed = request["observed"]
            raise refusal(places[rows[0]], request["method"], observed, error) from error
    # By halves, to name the first line that is wrong.
    half = len(rows) // 2
    return [
        result
        for part in (rows[:half], rows[half:])
        for result in _results_or_refusal(requests, part, places, extras)
    ]


def refusal(place: str, method: str, observed: float, error: Exception) -> UsageError:
    """What a method says where it refuses its input; where it fails, which numbers to look at."""
    if isinstance(error, ValueError):
        text = str(error)
        for word, option in _OPTIONS_OF_WORDS.items():
            text = text.replace(word, option)
        return UsageError(f"{place}{text}")
    if isinstance(error, (OutOfBudget, MemoryError)):
        return UsageError(place + too_long(f"--method {method} for --observed {observed:g}"))
    return UsageError(
        f"{place}--method {method} finds no limit from --observed {observed:g} with "
        "the given background, efficiency, uncertainties and --cl: they are too extreme for it; "
        "try --method rolke"
    )


def too_long(what: str) -> str:
    """The message for a computation that is out of its budget."""
    return (
        f"{what} needs more than {MOST_SECONDS:g} s of processor time or {MOST_BYTES / 1e9:g} GB of "
        "memory with these numbers; look at the uncertainties and --cl, or use another method"
    )


def _group_results(requests: list[Request], extras: Extras) -> list[Request]:
    """Limits in produced decays, p-values and notes of requests that differ in numbers only."""
    import numpy as np

    numbers = [
        measured_numbers({name: [value] for name, value in request.items()})
        for request in requests
    ]
    joined = {name: np.array([one[name][0] for one in numbers]) for name in numbers[0]}
    level = np.array([request["cl"] for request in requests])
    scale = np.array([scale_of(request) for request in requests])
    limits, notes = group_limits(requests[0], joined, level, scale)
    results = [
        {
            **{name: float(values[row]) for name, values in limits.items()},
            "notes": [
                *request.get("questions", []),
                *request.get("model_notes", []),
                *texts,
            ],
        }
        for row, (request, texts) in enumerate(zip(requests, notes.lists(), strict=True))
    ]
    if extras.wanted:
        with np.errstate(all="ignore"):
            for request, result in zip(requests, results, strict=True):
                _add_extras(result, request, extras)
    return results


def group_limits(
    first: Request,
    numbers: Mapping[str, np.ndarray],
    level: np.ndarray,
    scale: np.ndarray | float,
) -> tuple[dict[str, Any], NoteColumns]:
    """Return lower and upper ends in produced decays, p-values and significances; and the notes.

    `numbers`: of `limit_experiments.measured_numbers`; `first`: the request of one of them; `level`:
    confidence levels; `scale`: what the limits in the notes are divided by.  Raises ArithmeticError where a method has no finite number.
    """
    import numpy as np

    from lnvsearch.statistics import methods, significance
    from lnvsearch.statistics.notes import note_columns

    experiment, options = experiment_from(first, numbers), options_of(first)
    prior = options.get("prior", "lognormal")
    # Intermediate results may overflow where the result is finite; one that is not is refused.
    with np.errstate(all="ignore"):
        interval = methods.interval(first["method"], experiment, level, **options)
        p_values = significance.p_value(_without_correlation(experiment), prior)
        if not (np.isfinite(interval.lower).all() and np.isfinite(p_values).all()):
            raise ArithmeticError("no finite number")
        if np.isnan(interval.upper).any():
            raise ArithmeticError("no number")
        notes = note_columns(first["method"], experiment, level, interval, scale, **options)
    limits = {
        "lower": interval.lower,
        "upper": interval.upper,
        "p_value": p_values,
        "significance": significance.of_p_value(p_values),
    }
    return limits, notes


def _without_correlation(experiment):
    from lnvsearch.statistics import CountingExperiment

    return CountingExperiment(experiment.observed, experiment.background, experiment.efficiency)


def _add_extras(result: Request, request: Request, extras: Extras) -> None:
    """Expected limits, sensitivities and the ranking of one request, in produced decays."""
    if extras.expected:
        result["expected"] = expected(request)
    if extras.sensitivity:
        result["sensitivity"] = sensitivity(request, extras.discovery, extras.power)
    if extras.ranking:
        result["ranking"] = ranking(request, result["upper"])


def quantity_of(efficiency: float, request: Request) -> str:
    """Return what the limit is on: an efficiency above 1 is that for a branching fraction of 1."""
    branching = "normalisation" in request or "single_event_sensitivity" in request
    return "branching fraction" if branching or efficiency > 1.0 else "produced signal decays"


def shown(request: Request, result: Request) -> Request:
    """Return the answer: method, level, limits and what they are limits on, then the inputs."""
    inputs = {k: v for k, v in request.items() if k not in ("questions", "model_notes")}
    label = {"label": inputs.pop("label")} if "label" in inputs else {}
    scale = scale_of(inputs)
    if isinstance(inputs.get("background_uncertainty"), Uncertainty):
        inputs["background_uncertainty"] = str(inputs["background_uncertainty"])
    answer = {
        **label,
        "method": inputs.pop("method"),
        "confidence_level": inputs.pop("cl"),
        "lower": result["lower"] / scale,
        "upper": result["upper"] / scale,
        "quantity": inputs.pop("quantity", None)
        or quantity_of(request.get("efficiency", 0.0), request),
        "p_value": result["p_value"],
        "significance": result["significance"],
    }
    if "expected" in result:
        answer["expected"] = {k: v / scale for k, v in result["expected"].items()}
    if "sensitivity" in result:
        answer["sensitivity"] = {
            k: v / scale if k.endswith("signal") else v for k, v in result["sensitivity"].items()
        }
    if "ranking" in result:
        answer["ranking"] = [
            {**entry, "upper_without": entry["upper_without"] / scale}
            for entry in result["ranking"]
        ]
    return {
        **answer,
        **inputs,
        "observed": int(inputs["observed"]),
        "notes": result["notes"],
    }
