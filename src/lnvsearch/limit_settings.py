"""The settings of `lnvsearch limit`: its options, the columns of its table, and their rules.

A *request* is one experiment with its method: a dict from the setting's name (with underscores) to
its value, without the settings that are not given.
"""

from __future__ import annotations

import csv
import io
import math
import sys
from dataclasses import dataclass
from typing import Any

from lnvsearch.cli import UsageError

Request = dict[str, Any]

METHODS = ("rolke", "cls", "feldman-cousins", "bayesian")
DEFAULT_CONFIDENCE_LEVEL = 0.90


@dataclass(frozen=True)
class Setting:
    """One option of the command and column of the table; `kind` is "number", "text" or "flag"."""

    name: str
    kind: str
    help: str
    metavar: str | None = None
    choices: tuple[str, ...] | None = None

    @property
    def option(self) -> str:
        """The name as it is typed after the two dashes and in the head of a table."""
        return self.name.replace("_", "-")


SETTINGS = (
    Setting("method", "text", "how to set the limit", choices=METHODS),
    Setting("observed", "number", "observed number of events", "N"),
    Setting("background", "number", "expected background events", "B"),
    Setting("background_uncertainty", "number", "standard uncertainty of B, in events", "U"),
    Setting("sideband", "number", "events in a sideband, instead of --background", "M"),
    Setting("tau", "number", "background in the sideband over that in the signal region", "T"),
    Setting("efficiency", "number", "selected events for one produced; may exceed 1", "E"),
    Setting("efficiency_uncertainty", "number", "standard uncertainty of E, absolute", "U"),
    Setting("passed", "number", "simulated events selected, instead of --efficiency", "P"),
    Setting("generated", "number", "simulated events generated, with --passed", "G"),
    Setting("normalisation", "number", "parent decays; gives a branching fraction", "N"),
    Setting(
        "normalisation_uncertainty",
        "number",
        "standard uncertainty of N, absolute; its relative size joins that of E in quadrature",
        "U",
    ),
    Setting(
        "prior",
        "text",
        "prior of uncertain background and efficiency, or two as BACKGROUND,EFFICIENCY: none, "
        "lognormal (default), lognormal-mean, truncated-gaussian, truncated-gaussian-mean, gamma, "
        "posterior-gamma; not with rolke",
        "PRIOR",
    ),
    Setting(
        "signal_prior", "text", "bayesian only: uniform (default) or reciprocal-sqrt", "PRIOR"
    ),
    Setting("bounded", "flag", "rolke only: a negative best signal counts as zero"),
    Setting("bridge_gaps", "flag", "feldman-cousins only: largest accepted signal"),
    Setting(
        "monotone_in_background",
        "flag",
        "feldman-cousins only: upper end made to fall with B, as in the paper's tables",
    ),
    Setting("cl", "number", f"confidence level (default {DEFAULT_CONFIDENCE_LEVEL})", "CL"),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}

# Settings that only these methods know.
_ONLY_WITH = {
    "bounded": ("rolke",),
    "prior": ("cls", "feldman-cousins", "bayesian"),
    "signal_prior": ("bayesian",),
    "bridge_gaps": ("feldman-cousins",),
    "monotone_in_background": ("feldman-cousins",),
}
# Settings that have no meaning without another one.
_NEEDS = {
    "background_uncertainty": "background",
    "sideband": "tau",
    "tau": "sideband",
    "efficiency_uncertainty": "efficiency",
    "passed": "generated",
    "generated": "passed",
    "normalisation_uncertainty": "normalisation",
}


def completed(given: Request) -> Request:
    """Return the request with its defaults filled in; UsageError for impossible combinations."""
    request = {name: value for name, value in given.items() if value is not None}
    for name in ("method", "observed"):
        if name not in request:
            raise UsageError(f"--{name} is missing")
    for name, partner in _NEEDS.items():
        if name in request and partner not in request:
            raise UsageError(f"{_option(name)} needs {_option(partner)}")
    for one, other, missing in (
        ("background", "sideband", "--background B, or --sideband M and --tau T"),
        ("efficiency", "passed", "--efficiency E, or --passed P and --generated G"),
    ):
        if one in request and other in request:
            raise UsageError(f"{_option(one)} and {_option(other)} exclude each other")
        if one not in request and other not in request:
            raise UsageError(f"one of these must be given: {missing}")
    if "passed" in request and "normalisation_uncertainty" in request:
        raise UsageError(
            "--normalisation-uncertainty needs --efficiency (with --efficiency-uncertainty), not "
            "--passed: only Gaussian uncertainties are combined"
        )
    for name, methods in _ONLY_WITH.items():
        if name in request and request["method"] not in methods:
            raise UsageError(f"{_option(name)} is only for --method {' or '.join(methods)}")
    _check_normalisation(request)
    request.setdefault("cl", DEFAULT_CONFIDENCE_LEVEL)
    if request["method"] in _ONLY_WITH["prior"]:
        request.setdefault("prior", "lognormal")
    if request["method"] in _ONLY_WITH["signal_prior"]:
        request.setdefault("signal_prior", "uniform")
    return request


def _check_normalisation(request: Request) -> None:
    """Check the two settings that the library never sees."""
    normalisation = request.get("normalisation", 1.0)
    if not (math.isfinite(normalisation) and normalisation > 0.0):
        raise UsageError(f"--normalisation must be finite and > 0; got {normalisation:g}")
    uncertainty = request.get("normalisation_uncertainty", 0.0)
    if not (math.isfinite(uncertainty) and uncertainty >= 0.0):
        raise UsageError(
            f"--normalisation-uncertainty must be finite and >= 0; got {uncertainty:g}"
        )


def _option(name: str) -> str:
    return f"--{_BY_NAME[name].option}"


def read_table(path: str, given: Request) -> tuple[list[Request], list[str]]:
    """Return the requests of a CSV file and, for messages, the place of each."""
    name = "stdin" if path == "-" else path
    try:
        if path == "-":
            text = sys.stdin.read()
        else:
            with open(path, encoding="utf-8-sig", newline="") as file:
                text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--table {name} cannot be read: {error}") from error
    reader = csv.reader(io.StringIO(text), strict=True)
    requests, places = [], []
    try:
        columns = _columns(next(reader, []), name)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            place = f"{name}, line {reader.line_num}: "
            requests.append(_row_request(columns, cells, given, place))
            places.append(place)
    except csv.Error as error:
        raise UsageError(f"{name}, line {reader.line_num}: not valid CSV: {error}") from error
    if not requests:
        raise UsageError(f"--table {name} holds no experiments below its head line")
    return requests, places


def _columns(head: list[str], name: str) -> list[str]:
    """Return the settings' names for the head line of a table."""
    columns = [column.strip().lstrip("-").replace("-", "_") for column in head]
    for column, typed in zip(columns, head, strict=True):
        if column not in _BY_NAME and column != "label":
            allowed = ", ".join(setting.option for setting in SETTINGS)
            raise UsageError(f"{name}: unknown column {typed!r}; allowed: {allowed}, label")
        if columns.count(column) > 1:
            raise UsageError(f"{name}: column {typed!r} appears twice")
    return columns


def _row_request(columns: list[str], cells: list[str], given: Request, place: str) -> Request:
    """Return the request of one line: its cells, over what the command line gives."""
    if len(cells) != len(columns):
        raise UsageError(f"{place}{len(cells)} cells for {len(columns)} columns")
    request = dict(given)
    for column, cell in zip(columns, cells, strict=True):
        if cell.strip():
            request[column] = _cell_value(column, cell.strip(), place)
    try:
        return completed(request)
    except UsageError as error:
        raise UsageError(f"{place}{error}") from error


def _cell_value(column: str, cell: str, place: str) -> Any:
    """Convert one cell, as argparse does with the option of that name."""
    if column == "label":
        return cell
    setting = _BY_NAME[column]
    if setting.kind == "number":
        try:
            return float(cell)
        except ValueError as error:
            raise UsageError(f"{place}{setting.option} must be a number; got {cell!r}") from error
    if setting.kind == "flag":
        words = {"true": True, "yes": True, "1": True, "false": None, "no": None, "0": None}
        if cell.lower() not in words:
            raise UsageError(f"{place}{setting.option} must be true or false; got {cell!r}")
        return words[cell.lower()]
    if setting.choices and cell not in setting.choices:
        allowed = ", ".join(setting.choices)
        raise UsageError(f"{place}{setting.option} must be one of {allowed}; got {cell!r}")
    return cell
