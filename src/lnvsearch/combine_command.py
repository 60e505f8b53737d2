"""`lnvsearch combine`: one limit from several counting channels, described in a YAML file."""

from __future__ import annotations

import argparse
import json
from typing import Any

from lnvsearch.cli import UsageError
from lnvsearch.computing_budget import OutOfBudget, budget
from lnvsearch.files import read_text
from lnvsearch.limit_answers import too_long
from lnvsearch.limit_quantities import parse_number, parse_uncertainty
from lnvsearch.limit_ranges import check_level, nearest
from lnvsearch.limit_words import METHODS, method_name, printed
from lnvsearch.nesting import yaml_of

EXAMPLE = """\
example of a file:
  quantity: branching fraction        # for the output only
  channels:
    run_1:
      observed: 0
      background: 0.43
      background_errors: {sideband_1: 30%}
      efficiency: 4.4e10              # expected events for a branching fraction of 1
      efficiency_errors: {normalisation: 3%, trigger_1: 2%}
      final_state: pi- e+ e+
      data_sets: [2016, 2017, 2018]
    run_2:
      observed: 1
      background: 0.8
      background_errors: {sideband_2: +40%-30%}
      single_event_sensitivity: 1.1e-11
      efficiency_errors: {normalisation: 3%}
      final_state: pi- e+ e+
      data_sets: [2021]

A source with one name in several places moves them together.  Errors are relative.  Channels with
the same final state and a common data set are refused: they hold the same events.
"""

#: Of `lnvsearch.statistics.combination_unified`, which loads numpy.
CONVENTIONS = ("paper", "outermost")
#: Counts beyond this need minutes; numbers outside 1 / _LARGEST to _LARGEST are slips.
_MOST_EVENTS, _LARGEST = 1e4, 1e100
#: Efficiencies further apart than this are in different units.
_LARGEST_RATIO = 1e6
_KEYS = (
    "observed",
    "background",
    "background_errors",
    "efficiency",
    "single_event_sensitivity",
    "efficiency_errors",
    "final_state",
    "data_sets",
)


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declare the subcommand."""
    parser = subparsers.add_parser(
        "combine",
        help="one limit from several channels or data sets",
        description="One limit from several counting channels with shared and separate "
        "uncertainties.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("file", metavar="FILE.yaml", help="the channels")
    parser.add_argument(
        "--method",
        choices=METHODS,
        type=method_name,
        default=None,
        help="one method; by default all that can be used",
    )
    parser.add_argument(
        "--cl", metavar="CL", default="0.90", help="confidence level (default 0.90)"
    )
    parser.add_argument(
        "--toys",
        metavar="N",
        default="4000",
        help="toys of cls-profiled per hypothesis",
    )
    parser.add_argument(
        "--convention",
        choices=CONVENTIONS,
        default="paper",
        help="upper end of feldman-cousins: paper (does not fall when all backgrounds fall by a common "
        "factor; the default) or outermost",
    )
    parser.add_argument("--seed", metavar="N", default="0", help="seed of the toys")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> str:
    """Return the text that the command prints; UsageError for what cannot be used."""
    channels, quantity = read_channels(arguments.file)
    level = _number(arguments.cl, "--cl")
    check_level(level)
    toys = _whole(arguments.toys, "--toys", 100, 100_000)
    seed = _whole(arguments.seed, "--seed", 0, 10**18)
    methods = [arguments.method] if arguments.method else METHODS
    import numpy as np

    from lnvsearch.statistics import combination

    results, failures = [], []
    for method in methods:
        try:
            combination.refuse_overlap(channels)
            # Intermediate results may overflow; one that is no number is refused.
            with budget(), np.errstate(all="ignore"):
                found = combination.interval(
                    channels, method, level, toys=toys, seed=seed, convention=arguments.convention
                )
            if not (np.isfinite(found.lower) and np.isfinite(found.upper)):
                raise ValueError("finds no limit from these numbers: they are too extreme for it")
        except (ValueError, RuntimeError, ArithmeticError, MemoryError) as caught:
            error = caught
            if isinstance(caught, (OutOfBudget, MemoryError)):
                error = ValueError(too_long(f"--method {method}"))
            if arguments.method or "overlap" in str(error) or "confidence" in str(error):
                raise UsageError(f"{arguments.file}: {error}") from error
            failures.append(f"{method}: {error}")
            continue
        results.append({"method": method, "lower": float(found.lower), "upper": float(found.upper)})
    answer = {
        "confidence_level": level,
        "quantity": quantity,
        "channels": [channel.name for channel in channels],
        "limits": results,
        "notes": [*_notes(channels), *_method_notes(results, arguments.convention, level), *failures],
    }
    return json.dumps(answer, allow_nan=False) if arguments.json else _readable(answer)


def read_channels(path: str) -> tuple[list, str]:
    """Return the channels of a file and the name of what they limit; UsageError names the key."""
    import yaml

    from lnvsearch.statistics.combination import Channel

    try:
        text = read_text(path)
        content = yaml_of(text)
        _refuse_repeated_keys(yaml.compose(text, yaml.SafeLoader), path)
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not valid YAML: {error}") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("channels"), dict):
        raise UsageError(f"{path}: needs the key 'channels' with one entry a channel")
    unknown = set(content) - {"channels", "quantity"}
    if unknown:
        raise UsageError(f"{path}: unknown key {sorted(unknown)[0]!r}; allowed: quantity, channels")
    channels = []
    for name, entry in content["channels"].items():
        try:
            channels.append(Channel(str(name), **_channel(entry)))
        except ValueError as error:
            where = "" if str(error).startswith(f"{name}:") else f"channels.{name}."
            raise UsageError(f"{path}: {where}{error}") from error
    if not channels:
        raise UsageError(f"{path}: channels holds no channel")
    return channels, str(content.get("quantity", "signal"))


def _refuse_repeated_keys(node: Any, path: str) -> None:
    """Raise UsageError if a mapping has a key twice (YAML would silently keep the last one)."""
    pending = [node]
    while pending:
        node = pending.pop()
        if not isinstance(getattr(node, "value", None), list):
            continue
        seen = set()
        for entry in node.value:
            pending.extend(entry if isinstance(entry, tuple) else [entry])
            if isinstance(entry, tuple) and isinstance(entry[0].value, str):
                name, line = entry[0].value, entry[0].start_mark.line + 1
                if name in seen:
                    raise UsageError(f"{path}, line {line}: {name} is given twice; keep one")
                seen.add(name)


def _channel(entry: Any) -> dict[str, Any]:
    """The arguments of a `Channel`; ValueError that begins with the key."""
    if not isinstance(entry, dict):
        raise ValueError("must hold observed, background and efficiency")
    for key in entry:
        if key not in _KEYS:
            slip = nearest(str(key), _KEYS)
            raise ValueError(f"{key} is unknown{slip}; allowed: {', '.join(_KEYS)}")
    for key in ("observed", "background"):
        if key not in entry:
            raise ValueError(f"{key} is missing")
    if ("efficiency" in entry) == ("single_event_sensitivity" in entry):
        raise ValueError("efficiency or single_event_sensitivity must be given, one of them")
    numbers = {
        key: _value(entry[key], key)
        for key in ("observed", "background", "efficiency", "single_event_sensitivity")
        if key in entry
    }
    if "single_event_sensitivity" in numbers:
        sensitivity = numbers.pop("single_event_sensitivity")
        if not sensitivity > 0.0:
            raise ValueError(f"single_event_sensitivity must be > 0; got {sensitivity:g}")
        numbers["efficiency"] = 1.0 / sensitivity
    for key, value in numbers.items():
        most = _MOST_EVENTS if key in ("observed", "background") else _LARGEST
        if value > most or (key != "observed" and 0.0 < value < 1.0 / _LARGEST):
            raise ValueError(f"{key} must be at most {most:g}; got {value:g}; is the exponent right?")
    for key in ("background_errors", "efficiency_errors"):
        if not isinstance(entry.get(key) or {}, dict):
            raise ValueError(
                f"{key} must name each source, as {{normalisation: 3%}}; got {entry[key]!r}"
            )
    errors = {
        key: {str(source): _error(error, f"{key}.{source}") for source, error in given.items()}
        for key in ("background_errors", "efficiency_errors")
        if (given := entry.get(key))
    }
    final_state, data_sets = entry.get("final_state"), entry.get("data_sets", [])
    if not isinstance(data_sets, list):
        raise ValueError(f"data_sets must be a list; got {data_sets!r}")
    return {
        **numbers,
        **errors,
        "final_state": None if final_state is None else str(final_state),
        "data_sets": tuple(str(label) for label in data_sets),
    }


def _value(value: Any, key: str) -> float:
    try:
        return parse_number(str(value))
    except ValueError as error:
        raise ValueError(f"{key} {error}") from error


def _error(value: Any, key: str) -> float | tuple[float, float]:
    """A relative error: `7%`, 0.07 or `+40%-30%`."""
    try:
        uncertainty = parse_uncertainty(str(value))
    except ValueError as error:
        raise ValueError(f"{key} {error}") from error
    if uncertainty.up > 5.0:
        raise ValueError(
            f"{key} must be relative, at most 5; got {uncertainty.up:g}; per cent need a % sign"
        )
    return uncertainty.up if uncertainty.symmetric else (uncertainty.up, uncertainty.down)


def _number(text: str, option: str) -> float:
    try:
        return parse_number(text)
    except ValueError as error:
        raise UsageError(f"{option} {error}") from error


def _whole(text: str, option: str, least: int, most: int) -> int:
    value = _number(text, option)
    if not (least <= value <= most and value == int(value)):
        raise UsageError(f"{option} must be a whole number from {least} to {most:g}; got {text}")
    return int(value)


def _notes(channels) -> list[str]:
    """What was taken as shared between channels."""
    where: dict[str, list[str]] = {}
    for channel in channels:
        for source in {**channel.background_errors, **channel.efficiency_errors}:
            where.setdefault(source, []).append(channel.name)
    shared = [f"{source} ({', '.join(names)})" for source, names in where.items() if len(names) > 1]
    notes = [f"shared: {'; '.join(shared)}" if shared else "shared: no source of uncertainty"]
    low, high = (find(channels, key=lambda channel: channel.efficiency) for find in (min, max))
    if high.efficiency > _LARGEST_RATIO * low.efficiency:
        notes.append(
            f"question: the efficiency of {high.name} is {high.efficiency / low.efficiency:.2g} times "
            f"that of {low.name}, which then counts for nothing; all must be expected events for one "
            "and the same signal, such as a branching fraction of 1"
        )
    return notes


def _method_notes(results: list[dict[str, Any]], convention: str, level: float) -> list[str]:
    """How the numbers of some methods are meant, where they are among the results."""
    notes = {
        "rolke": f"rolke: {100 * level:g} % is two-sided; the upper end alone is about a one-sided "
        f"limit at {50 * (1 + level):g} %",
        "cls-profiled": "cls-profiled: sampled with toys, good to some per cent; more with --toys",
        "feldman-cousins": "feldman-cousins: no upper end falls when all backgrounds fall by a common "
        "factor",
    }
    if convention == "outermost":
        notes["feldman-cousins"] = (
            "feldman-cousins: largest accepted signal; it may fall with falling backgrounds"
        )
    return [notes[result["method"]] for result in results if result["method"] in notes]


def _readable(answer: dict[str, Any]) -> str:
    count = len(answer["channels"])
    lines = [
        f"{count} channel{'s' * (count > 1)} ({', '.join(answer['channels'])}), "
        f"{100.0 * answer['confidence_level']:g} % confidence level, {answer['quantity']}"
    ]
    lines += [
        f"{entry['method']:<16} {printed(entry['lower'])} to {printed(entry['upper'])}"
        for entry in answer["limits"]
    ]
    return "\n".join(lines + [f"note  {note}" for note in answer["notes"]])
