"""`lnvsearch limit`: limits of counting experiments, at the prompt or from a table.

Every setting is an option and, under the same name, a column of `--table`; see `limit_settings`.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from lnvsearch.cli import UsageError
from lnvsearch.computing_budget import OutOfBudget, budget
from lnvsearch.limit_answers import Extras, answers, too_long
from lnvsearch.limit_quantities import Uncertainty
from lnvsearch.limit_ranges import fraction_slip
from lnvsearch.limit_settings import SETTINGS, Request, completed, parsed
from lnvsearch.limit_table import no_experiments, open_table, read_table
from lnvsearch.limit_words import DEFAULT_METHOD, METHODS, choice, method_name, printed

if TYPE_CHECKING:
    from lnvsearch.limit_columns import Columns

EXAMPLES = """\
examples:
  one event, no background, efficiency 15.83 % +- 7 % (relative), as in BESIII's search:
    lnvsearch limit --method rolke --observed 1 --background 0 \\
        --efficiency 15.83% --efficiency-uncertainty 7%

  the same as a branching fraction, from 10.087e9 J/psi decays; JSON output:
    lnvsearch limit --method rolke --observed 1 --background 0 --efficiency 0.1583 \\
        --efficiency-uncertainty 7% --normalisation 10087e6 --json

  CLs with a single-event sensitivity of 1.28e-11:
    lnvsearch limit --method cls --observed 1 --background 0.91 --background-uncertainty 0.41 \\
        --single-event-sensitivity 1.28e-11 --single-event-sensitivity-uncertainty 0.04e-11

  an asymmetric background, CLs with profiled nuisances, expected limits:
    lnvsearch limit --method cls-profiled --observed 1 --background 0.7 \\
        --background-uncertainty +0.6-0.5 --efficiency 1.59e8 --expected

  background from 6 events in a sideband that is 3 times as wide as the signal region:
    lnvsearch limit --method feldman-cousins --observed 4 --sideband 6 --tau 3 --efficiency 0.2

  many at once; options on the command line fill the columns that the table lacks:
    lnvsearch limit --table counts.csv --method cls --cl 0.95

  a datacard of Combine, or a one-bin model of pyhf or HS3: limits on the signal strength:
    lnvsearch limit --method cls --model card.txt
"""


_SPELLED = {"method": method_name}
#: Lines of a table from which on compiled kernels are asked; methods that ask them whatever is uncertain.
_MANY_LINES, _COMPILED = 4096, ("rolke", "feldman-cousins")
_UNCERTAIN = re.compile("uncertainty|tau|passed")
_DEFAULT_NOTE = (
    f"default: no --method was given; this is {DEFAULT_METHOD}, one of {', '.join(METHODS)}"
)


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declare the subcommand."""
    parser = subparsers.add_parser(
        "limit",
        help="interval or upper limit for a counting experiment",
        description="Interval or upper limit on the produced signal decays of a counting "
        "experiment, or on the branching fraction where a normalisation is given.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for setting in SETTINGS:
        if setting.kind == "flag":
            parser.add_argument(
                f"--{setting.option}",
                action="store_true",
                default=None,
                help=setting.help,
            )
        else:
            parser.add_argument(
                f"--{setting.option}",
                choices=setting.choices,
                metavar=setting.metavar,
                type=_SPELLED.get(setting.name, choice if setting.choices else str),
                help=setting.help,
            )
    parser.add_argument(
        "--table",
        metavar="FILE.csv",
        help="one experiment a line ('-': from stdin), separated by commas, semicolons or tabs; the "
        "columns are named as the options, and a column 'label' is carried along; prints CSV",
    )
    parser.add_argument(
        "--model",
        metavar="FILE",
        help="counts, background and efficiency from a Combine datacard or from pyhf or HS3 JSON",
    )
    _add_extras(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def _add_extras(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--expected",
        action="store_true",
        help="median, 1 and 2 sigma of the upper limit for background only",
    )
    parser.add_argument(
        "--sensitivity",
        action="store_true",
        help="count that a discovery needs, and the signals that reach it",
    )
    parser.add_argument(
        "--discovery",
        metavar="Z",
        default="3",
        help="significance of a discovery (default 3)",
    )
    parser.add_argument(
        "--power",
        metavar="P",
        default="0.9",
        help="probability to see the least detectable signal (default 0.9)",
    )
    parser.add_argument("--ranking", action="store_true", help="what each uncertainty costs")
    parser.add_argument(
        "--scan",
        action="store_true",
        help="print likelihood, CLs and posterior against the signal",
    )
    parser.add_argument(
        "--plot",
        metavar="FILE.pdf",
        help="draw the likelihood, the interval, the expected band",
    )


def run(arguments: argparse.Namespace) -> str | Iterator[str]:
    """Return the text that the command prints, of a table in pieces.

    Raises UsageError where a setting is missing, contradicts another or is outside its range.
    """
    given = {}
    for setting in SETTINGS:
        value = getattr(arguments, setting.name)
        if value is not None and setting.kind != "flag":
            try:
                value = parsed(setting.name, value)
            except ValueError as error:
                raise UsageError(f"argument --{setting.option} {error}") from error
        given[setting.name] = value
    extras = _extras(arguments)
    if arguments.model is not None:
        from lnvsearch.limit_models import read_model

        given = read_model(arguments.model, given)
    if arguments.table is None:
        if given.get("method") is None:
            notes = [*(given.get("model_notes") or []), _DEFAULT_NOTE]
            given = {**given, "model_notes": notes}
        request = completed(given)
        answer = answers([request], [""], extras)[0]
        return _single_output(arguments, request, answer)
    if arguments.scan or arguments.plot or arguments.model:
        raise UsageError("--table cannot be combined with --scan, --plot or --model")
    if not extras.wanted:
        return _table_text(arguments.table, given, arguments.json)
    requests, places = read_table(arguments.table, given)
    many = answers(requests, places, extras)
    if arguments.json:
        return json.dumps([for_json(answer) for answer in many], indent=1, allow_nan=False)
    return as_csv([_flattened(answer) for answer in many])


def _table_text(path: str, given: Request, as_json: bool) -> Iterator[str]:
    """The text of a table, in pieces."""
    from lnvsearch.limit_columns import columns_of
    from lnvsearch.limit_table_answers import table_text

    name, head, rows = open_table(path)
    table = columns_of(head, rows, given, name)
    if not table.lines.size:
        raise no_experiments(name)
    if _kernels_are_worth(table):
        from lnvsearch.numba_start import start_numba

        start_numba()
    return table_text(table, name, as_json)


def _kernels_are_worth(table: Columns) -> bool:
    """Whether some limits of a table are, in all likelihood, those of a compiled kernel."""
    return find_spec("numba") is not None and any(
        block.rows.size >= _MANY_LINES
        and (block.first["method"] in _COMPILED or any(map(_UNCERTAIN.search, block.columns)))
        for block in table.blocks
    )


def _extras(arguments: argparse.Namespace) -> Extras:
    numbers = {}
    for name in ("discovery", "power"):
        try:
            numbers[name] = float(getattr(arguments, name))
        except ValueError as error:
            raise UsageError(
                f"--{name} must be a number; got {getattr(arguments, name)!r}"
            ) from error
    if not 0.0 < numbers["discovery"] < 38.0:
        raise UsageError(f"--discovery must be > 0 and < 38; got {arguments.discovery}")
    if not 0.0 < numbers["power"] < 1.0:
        slip = fraction_slip(numbers["power"])
        raise UsageError(f"--power must be between 0 and 1; got {arguments.power}{slip}")
    return Extras(arguments.expected, arguments.sensitivity, arguments.ranking, **numbers)


def _single_output(arguments: argparse.Namespace, request: Request, answer: Request) -> str:
    if arguments.plot:
        _computed("--plot", "plot", arguments.plot, request, answer)
    if arguments.scan:
        points = _computed("--scan", "scan", request, answer)
        if arguments.json:
            return json.dumps(for_json({**answer, "scan": points}), allow_nan=False)
        return as_csv(points)
    return json.dumps(for_json(answer), allow_nan=False) if arguments.json else readable(answer)


def _computed(option: str, function: str, *inputs):
    """Return what a function of `limit_extras` makes of the inputs; UsageError where it cannot."""
    import numpy as np

    from lnvsearch import limit_extras

    try:
        with budget(), np.errstate(all="ignore"):
            return getattr(limit_extras, function)(*inputs)
    except (OutOfBudget, MemoryError) as error:
        raise UsageError(too_long(option)) from error
    except (ValueError, RuntimeError, ArithmeticError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{option} is not possible with these numbers: {error}") from error


# --- output --------------------------------------------------------------------------------------


def for_json(value: Any) -> Any:
    """The answer with null for what JSON does not know: infinite and undefined numbers."""
    if isinstance(value, dict):
        return {name: for_json(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [for_json(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Uncertainty) else value


def readable(answer: Request) -> str:
    """A few lines for people."""
    lines = [
        f"{answer['method']}, {100.0 * answer['confidence_level']:g} % confidence level",
        f"lower  {printed(answer['lower'])}",
        f"upper  {printed(answer['upper'])}  {answer['quantity']}",
    ]
    if "expected" in answer:
        band = answer["expected"]
        lines.append(
            f"expected  {printed(band['median'])}  (68 %: {printed(band['minus_one_sigma'])} to "
            f"{printed(band['plus_one_sigma'])}; 95 %: {printed(band['minus_two_sigma'])} to "
            f"{printed(band['plus_two_sigma'])})"
        )
    lines.append(
        f"p-value of the background alone  {answer['p_value']:.4g}  "
        f"(significance {answer['significance']:.3g})"
    )
    if "sensitivity" in answer:
        found = answer["sensitivity"]
        lines.append(
            f"{found['wanted_significance']:g} sigma  from {found['critical_count']} events; signal "
            f"{printed(found['median_signal'])} for half, {printed(found['detectable_signal'])} for "
            f"{100 * found['power']:g} % of the experiments"
        )
    for entry in answer.get("ranking", []):
        lines.append(
            f"without the uncertainty of {entry['uncertainty']}  {printed(entry['upper_without'])}  "
            f"(costs {entry['cost_percent']:+.3g} %)"
        )
    return "\n".join(lines + [f"note  {note}" for note in answer["notes"]])


def _flattened(answer: Request) -> Request:
    """The answer with one column a number, and the notes in one cell, last."""
    flat: Request = {}
    for name, value in answer.items():
        if name == "notes":
            continue
        if isinstance(value, dict):
            flat.update({f"{name}_{key}": entry for key, entry in value.items()})
        elif isinstance(value, list):
            flat.update({f"cost_{e['uncertainty']}_percent": e["cost_percent"] for e in value})
        else:
            flat[name] = value
    return {**flat, "notes": " | ".join(answer["notes"])}


def as_csv(rows: list[Request]) -> str:
    """One line an experiment, in the order of the input; cells that do not apply are empty."""
    columns = list(dict.fromkeys(name for row in rows for name in row if name != "notes"))
    if any("notes" in row for row in rows):
        columns.append("notes")
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")
