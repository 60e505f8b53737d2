"""`lnvsearch limit`: limits of counting experiments, at the prompt or from a table.

Every setting is an option and, under the same name, a column of `--table`; see `limit_settings`.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math

from lnvsearch.cli import UsageError
from lnvsearch.limit_settings import SETTINGS, Request, completed, read_table

EXAMPLES = """\
examples:
  one event, no background, efficiency 15.83 % +- 7 % (relative), as in BESIII's search:
    lnvsearch limit --method rolke --observed 1 --background 0 \\
        --efficiency 0.1583 --efficiency-uncertainty 0.011081

  the same as a branching fraction, from 10.087e9 J/psi decays; JSON output:
    lnvsearch limit --method rolke --observed 1 --background 0 --efficiency 0.1583 \\
        --efficiency-uncertainty 0.011081 --normalisation 10087e6 --json

  CLs with a single-event sensitivity of 1.28e-11 (efficiency = 1 / sensitivity):
    lnvsearch limit --method cls --observed 1 --background 0.91 --background-uncertainty 0.41 \\
        --efficiency 7.8125e10 --prior lognormal-mean

  background from 6 events in a sideband that is 3 times as wide as the signal region:
    lnvsearch limit --method feldman-cousins --observed 4 --sideband 6 --tau 3 --efficiency 0.2

  many at once; options on the command line fill the columns that the table lacks:
    lnvsearch limit --table counts.csv --method cls --cl 0.95
"""

# What defines the code path: experiments that agree in these are computed as one array.
_GROUPED_BY = (
    "method",
    "prior",
    "signal_prior",
    "bounded",
    "bridge_gaps",
    "monotone_in_background",
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
                f"--{setting.option}", action="store_true", default=None, help=setting.help
            )
        else:
            parser.add_argument(
                f"--{setting.option}",
                type=float if setting.kind == "number" else str,
                choices=setting.choices,
                metavar=setting.metavar,
                help=setting.help,
            )
    parser.add_argument(
        "--table",
        metavar="FILE.csv",
        help="one experiment a line ('-': from stdin); the columns are named as the options, and a "
        "column 'label' is carried along; prints CSV",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> str:
    """Return the text that the command prints.

    Raises UsageError where a setting is missing, contradicts another or is outside its range.
    """
    given = {setting.name: getattr(arguments, setting.name) for setting in SETTINGS}
    if arguments.table is None:
        answer = _answer([completed(given)], [""])[0]
        return json.dumps(_for_json(answer)) if arguments.json else _readable(answer)
    requests, places = read_table(arguments.table, given)
    answers = _answer(requests, places)
    if arguments.json:
        return json.dumps([_for_json(answer) for answer in answers], indent=1)
    return _as_csv(answers)


# --- calculation ---------------------------------------------------------------------------------


def _answer(requests: list[Request], places: list[str]) -> list[Request]:
    """Return the requests with `lower`, `upper` and `quantity`, in the same order."""
    groups: dict[tuple, list[int]] = {}
    for row, request in enumerate(requests):
        settings = tuple(request.get(name) for name in _GROUPED_BY)
        key = (*settings, _background_kind(request), _efficiency_kind(request))
        groups.setdefault(key, []).append(row)
    ends: dict[int, tuple[float, float]] = {}
    for rows in groups.values():
        try:
            ends.update(zip(rows, _ends([requests[row] for row in rows]), strict=True))
        except ValueError as group_error:
            # One by one, to name the first line that is wrong.
            for row in rows:
                try:
                    _ends([requests[row]])
                except ValueError as error:
                    raise UsageError(f"{places[row]}{error}") from error
            raise UsageError(str(group_error)) from group_error
    return [_with_ends(request, *ends[row]) for row, request in enumerate(requests)]


def _background_kind(request: Request) -> str:
    if "sideband" in request:
        return "poisson"
    return "gaussian" if "background_uncertainty" in request else "known"


def _efficiency_kind(request: Request) -> str:
    if "passed" in request:
        return "binomial"
    uncertain = "efficiency_uncertainty" in request or "normalisation_uncertainty" in request
    return "gaussian" if uncertain else "known"


def _ends(requests: list[Request]) -> list[tuple[float, float]]:
    """Lower and upper limits, in produced decays, of requests that differ in numbers only."""
    from lnvsearch import statistics
    from lnvsearch.statistics import methods

    first = requests[0]
    experiment = statistics.CountingExperiment(
        [request["observed"] for request in requests],
        _background(requests),
        _efficiency(requests),
    )
    options = {name: first[name] for name in methods.OPTIONS[first["method"]] if name in first}
    if "," in options.get("prior", ""):
        options["prior"] = tuple(options["prior"].split(","))
    level = [request["cl"] for request in requests]
    interval = methods.interval(first["method"], experiment, level, **options)
    return list(zip(interval.lower, interval.upper, strict=True))


def _column(requests: list[Request], name: str) -> list[float]:
    return [request.get(name, 0.0) for request in requests]


def _background(requests: list[Request]):
    from lnvsearch import statistics

    kind = _background_kind(requests[0])
    if kind == "poisson":
        return statistics.PoissonBackground(_column(requests, "sideband"), _column(requests, "tau"))
    mean = _column(requests, "background")
    if kind == "known":
        return statistics.KnownBackground(mean)
    return statistics.GaussianBackground(mean, _column(requests, "background_uncertainty"))


def _efficiency(requests: list[Request]):
    from lnvsearch import statistics

    kind = _efficiency_kind(requests[0])
    if kind == "binomial":
        passed, generated = _column(requests, "passed"), _column(requests, "generated")
        return statistics.BinomialEfficiency(passed, generated)
    mean = _column(requests, "efficiency")
    if kind == "known":
        return statistics.KnownEfficiency(mean)
    sigma = [_combined_uncertainty(request) for request in requests]
    return statistics.GaussianEfficiency(mean, sigma)


def _combined_uncertainty(request: Request) -> float:
    """Absolute uncertainty of the efficiency with that of the normalisation added in quadrature.

    s = N * B events are produced, and s * E are selected: a limit on B sees only the product
    N * E, whose relative uncertainty is the quadratic sum of the two.
    """
    own = request.get("efficiency_uncertainty", 0.0)
    if own < 0.0 or "normalisation_uncertainty" not in request:
        return own  # the library refuses a negative one
    relative = request["normalisation_uncertainty"] / request["normalisation"]
    return math.hypot(own, relative * request["efficiency"])


def _with_ends(request: Request, lower: float, upper: float) -> Request:
    """Return the answer: method, level, limits and what they are limits on, then the inputs."""
    inputs = dict(request)
    label = {"label": inputs.pop("label")} if "label" in inputs else {}
    scale = inputs.get("normalisation", 1.0)
    return {
        **label,
        "method": inputs.pop("method"),
        "confidence_level": inputs.pop("cl"),
        "lower": float(lower) / scale,
        "upper": float(upper) / scale,
        "quantity": "branching fraction" if "normalisation" in inputs else "produced signal decays",
        **inputs,
        "observed": int(inputs["observed"]),
    }


# --- output --------------------------------------------------------------------------------------


def _for_json(answer: Request) -> Request:
    """The answer with null for an infinite upper limit, which JSON does not know."""
    return {**answer, "upper": answer["upper"] if math.isfinite(answer["upper"]) else None}


def _readable(answer: Request) -> str:
    """Three lines for people."""
    return "\n".join(
        [
            f"{answer['method']}, {100.0 * answer['confidence_level']:g} % confidence level",
            f"lower  {answer['lower']:.6g}",
            f"upper  {answer['upper']:.6g}  {answer['quantity']}",
        ]
    )


def _as_csv(answers: list[Request]) -> str:
    """One line an experiment, in the order of the input; cells that do not apply are empty."""
    columns = list(dict.fromkeys(name for answer in answers for name in answer))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(answers)
    return text.getvalue().rstrip("\n")
