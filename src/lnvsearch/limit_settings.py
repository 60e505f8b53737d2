"""The settings of `lnvsearch limit`: its options, the columns of its table, and their rules.

A *request* is one experiment with its method: a dict from the setting's name (with underscores) to
its value, without the settings that are not given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lnvsearch.cli import UsageError
from lnvsearch.limit_quantities import Uncertainty, parse_number, parse_uncertainty
from lnvsearch.limit_ranges import (
    check_level,
    check_ranges,
    check_relative,
    check_size,
    nearest,
)
from lnvsearch.limit_words import DEFAULT_METHOD, METHODS, choice, method_name

Request = dict[str, Any]

DEFAULT_CONFIDENCE_LEVEL = 0.90
# An absolute error of the efficiency of this fraction or more may have been meant as relative.
_SUSPICIOUS_FRACTION = 0.25


@dataclass(frozen=True)
class Setting:
    """One option of the command and column of the table.

    `kind` is "number", "uncertainty", "text" or "flag".
    """

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
    Setting(
        "method",
        "text",
        f"how to set the limit (default {DEFAULT_METHOD}); cls (or cls-averaged) averages the "
        "nuisances, cls-profiled profiles them as the LHC experiments do",
        choices=METHODS,
    ),
    Setting("observed", "number", "observed number of events", "N"),
    Setting("background", "number", "expected background events", "B"),
    Setting(
        "background_uncertainty",
        "uncertainty",
        "standard uncertainty of B: events (0.41), relative (45%%), asymmetric (+0.6-0.5)",
        "U",
    ),
    Setting(
        "background_shape",
        "text",
        "what an asymmetric uncertainty means: bifurcated-gaussian (default) or lognormal",
        choices=("bifurcated-gaussian", "lognormal"),
    ),
    Setting("sideband", "number", "events in a sideband, instead of --background", "M"),
    Setting(
        "tau",
        "number",
        "background in the sideband over that in the signal region",
        "T",
    ),
    Setting(
        "efficiency",
        "number",
        "selected events for one produced, 0.1583 or 15.83%%; above 1 only without --normalisation",
        "E",
    ),
    Setting(
        "efficiency_uncertainty",
        "uncertainty",
        "standard uncertainty of E: absolute (0.0111) or relative (7%%)",
        "U",
    ),
    Setting(
        "correlation",
        "number",
        "of the errors of background and efficiency, -1 to 1",
        "R",
    ),
    Setting("passed", "number", "simulated events selected, instead of --efficiency", "P"),
    Setting("generated", "number", "simulated events generated, with --passed", "G"),
    Setting(
        "single_event_sensitivity",
        "number",
        "branching fraction for which one event is expected, instead of --efficiency",
        "S",
    ),
    Setting(
        "single_event_sensitivity_uncertainty",
        "uncertainty",
        "standard uncertainty of S: absolute or relative (4%%)",
        "U",
    ),
    Setting("normalisation", "number", "parent decays; gives a branching fraction", "N"),
    Setting(
        "normalisation_uncertainty",
        "uncertainty",
        "standard uncertainty of N, absolute or relative (2%%); its relative size joins that of E "
        "in quadrature",
        "U",
    ),
    Setting(
        "prior",
        "text",
        "prior of uncertain background and efficiency, or two as BACKGROUND,EFFICIENCY: none, "
        "lognormal (default), lognormal-mean, truncated-gaussian, truncated-gaussian-mean, gamma, "
        "posterior-gamma; not with rolke or cls-profiled",
        "PRIOR",
    ),
    Setting(
        "signal_prior",
        "text",
        "bayesian only: uniform (default) or reciprocal-sqrt",
        "PRIOR",
    ),
    Setting("bounded", "flag", "rolke only: a negative best signal counts as zero"),
    Setting(
        "convention",
        "text",
        "feldman-cousins only: paper (default; as in the 1998 paper), outermost (largest accepted "
        "signal), root (first exit, as ROOT's TFeldmanCousins)",
        choices=("paper", "outermost", "root"),
    ),
    Setting(
        "ordering",
        "text",
        "feldman-cousins only, where something is uncertain: cousins-highland (default), hill, "
        "profile-likelihood",
        choices=("cousins-highland", "hill", "profile-likelihood"),
    ),
    Setting("cl", "number", f"confidence level (default {DEFAULT_CONFIDENCE_LEVEL})", "CL"),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}

# Settings that only these methods know.
_ONLY_WITH = {
    "bounded": ("rolke",),
    "prior": ("cls", "feldman-cousins", "bayesian"),
    "signal_prior": ("bayesian",),
    "convention": ("feldman-cousins",),
    "ordering": ("feldman-cousins",),
}
# Settings that have no meaning without another one.
_NEEDS = {
    "background_uncertainty": "background",
    "background_shape": "background_uncertainty",
    "sideband": "tau",
    "tau": "sideband",
    "efficiency_uncertainty": "efficiency",
    "passed": "generated",
    "generated": "passed",
    "single_event_sensitivity_uncertainty": "single_event_sensitivity",
    "normalisation_uncertainty": "normalisation",
    "correlation": "background_uncertainty",
}


def parsed(name: str, text: str) -> Any:
    """Return the value of a setting from what was typed; ValueError without the setting's name."""
    setting = BY_NAME[name]
    if setting.kind == "number":
        return parse_number(text)
    if setting.kind == "uncertainty":
        return parse_uncertainty(text)
    if setting.kind == "flag":
        words = {
            "true": True,
            "yes": True,
            "1": True,
            "false": None,
            "no": None,
            "0": None,
        }
        if text.lower() not in words:
            raise ValueError(f"must be true or false; got {text!r}")
        return words[text.lower()]
    text = method_name(text) if name == "method" else choice(text)
    if setting.choices and text not in setting.choices:
        slip = nearest(text, setting.choices)
        raise ValueError(f"must be one of {', '.join(setting.choices)}; got {text!r}{slip}")
    return text


def completed(given: Request) -> Request:
    """Return the request with its defaults filled in and its errors in units of their values.

    Raises UsageError for impossible combinations and values.
    """
    request = {name: value for name, value in given.items() if value is not None}
    if "observed" not in request:
        raise UsageError("--observed is missing")
    request["method"] = method_name(request.get("method", DEFAULT_METHOD))
    _check_partners(request)
    check_ranges(request)
    for name, methods in _ONLY_WITH.items():
        if name in request and request["method"] not in methods:
            raise UsageError(f"{option(name)} is only for --method {' or '.join(methods)}")
    _check_sensitivity(request)
    _check_normalisation(request)
    _resolve_uncertainties(request)
    request.setdefault("cl", DEFAULT_CONFIDENCE_LEVEL)
    check_level(request["cl"])
    check_size(request)
    if request.get("sideband", 0.0) % 1.0 != 0.0:
        request.setdefault("questions", []).append(
            f"question: the sideband count {request['sideband']:g} is no whole number and is taken "
            "as the effective count of weighted events; an expectation would be --background"
        )
    if request["method"] in _ONLY_WITH["prior"]:
        request.setdefault("prior", "lognormal")
    if request["method"] in _ONLY_WITH["signal_prior"]:
        request.setdefault("signal_prior", "uniform")
    return request


def _check_partners(request: Request) -> None:
    for name, partner in _NEEDS.items():
        if name in request and partner not in request:
            raise UsageError(f"{option(name)} needs {option(partner)}")
    if "correlation" in request and not (
        "efficiency_uncertainty" in request or "single_event_sensitivity_uncertainty" in request
    ):
        raise UsageError("--correlation needs --efficiency-uncertainty")
    for kinds, missing in (
        (("background", "sideband"), "--background B, or --sideband M and --tau T"),
        (
            ("efficiency", "passed", "single_event_sensitivity"),
            "--efficiency E (1 for a limit on the selected decays), or --passed P and --generated G, or "
            "--single-event-sensitivity S",
        ),
    ):
        present = [name for name in kinds if name in request]
        if len(present) > 1:
            raise UsageError(f"{option(present[0])} and {option(present[1])} exclude each other")
        if not present:
            raise UsageError(f"one of these must be given: {missing}")
    if "passed" in request and "normalisation_uncertainty" in request:
        raise UsageError(
            "--normalisation-uncertainty needs --efficiency (with --efficiency-uncertainty), not "
            "--passed: only Gaussian uncertainties are combined"
        )


def _check_sensitivity(request: Request) -> None:
    sensitivity = request.get("single_event_sensitivity")
    if sensitivity is None:
        return
    if not (math.isfinite(sensitivity) and sensitivity > 0.0):
        raise UsageError(f"--single-event-sensitivity must be finite and > 0; got {sensitivity:g}")
    if sensitivity > 1.0:
        raise UsageError(
            f"--single-event-sensitivity is a branching fraction, at most 1; got {sensitivity:g}; "
            "its inverse would be given as --efficiency"
        )
    if "normalisation" in request:
        raise UsageError(
            "--single-event-sensitivity and --normalisation exclude each other: the sensitivity "
            "contains the normalisation"
        )


def _check_normalisation(request: Request) -> None:
    """Check what the library never sees: the number of parents, and efficiencies beside it."""
    if "normalisation" not in request:
        return
    normalisation = request["normalisation"]
    if not (math.isfinite(normalisation) and normalisation > 0.0):
        raise UsageError(f"--normalisation must be finite and > 0; got {normalisation:g}")
    efficiency = request.get("efficiency", 0.0)
    if efficiency > 1.0:
        slip = (
            f"{efficiency:g} per cent is written {efficiency:g}% or {efficiency / 100:g}"
            if efficiency <= 100.0
            else "an inverse single-event sensitivity already contains the normalisation"
        )
        raise UsageError(
            f"--efficiency must be at most 1 with --normalisation; got {efficiency:g}; {slip}"
        )


def _resolve_uncertainties(request: Request) -> None:
    """Put every error into the unit of its value; a number where it is symmetric."""
    for name in (
        "background_uncertainty",
        "efficiency_uncertainty",
        "normalisation_uncertainty",
        "single_event_sensitivity_uncertainty",
    ):
        if name not in request:
            continue
        uncertainty = request[name]
        if not isinstance(uncertainty, Uncertainty):
            uncertainty = Uncertainty(uncertainty, uncertainty)
        value = request[name.removesuffix("_uncertainty")]
        if uncertainty.relative and value == 0.0:
            raise UsageError(f"{option(name)} must be absolute for a value of 0; got a percentage")
        if name == "efficiency_uncertainty" and not uncertainty.relative:
            _ask(request, uncertainty.up)
        uncertainty = uncertainty.absolute(value)
        check_relative(name, value, max(uncertainty.up, uncertainty.down))
        if not uncertainty.symmetric and name != "background_uncertainty":
            raise UsageError(f"{option(name)} must be one number; got {uncertainty}")
        request[name] = uncertainty.up if uncertainty.symmetric else uncertainty
    asymmetric = isinstance(request.get("background_uncertainty"), Uncertainty)
    if asymmetric:
        request.setdefault("background_shape", "bifurcated-gaussian")
        errors = request["background_uncertainty"]
        if errors.up <= 0.0 or errors.down <= 0.0:
            raise UsageError(
                f"--background-uncertainty must have both errors above 0; got {errors}"
            )
        if request["method"] == "cls-profiled" and errors.down >= request["background"]:
            raise UsageError(
                f"--background-uncertainty must go down by less than --background "
                f"{request['background']:g} for cls-profiled, which takes asymmetric errors as "
                f"log-normal; got {errors}"
            )
        if "correlation" in request:
            raise UsageError("--correlation needs a symmetric --background-uncertainty")
    elif "background_shape" in request:
        raise UsageError("--background-shape needs an asymmetric --background-uncertainty")


def _ask(request: Request, uncertainty: float) -> None:
    """Put a note `question` to an absolute error that is allowed but looks like a relative one."""
    efficiency = request["efficiency"]
    if looks_relative(efficiency, uncertainty):
        request.setdefault("questions", []).append(
            f"question: the efficiency uncertainty {uncertainty:g} is taken as absolute, "
            f"{100 * uncertainty / efficiency:.3g} % of {efficiency:g}; if it is relative, write "
            f"{100 * uncertainty:g}%"
        )


def looks_relative(efficiency: Any, uncertainty: Any) -> Any:
    """Whether an absolute error of an efficiency may be meant as relative; numbers or arrays."""
    return (
        (efficiency > 0.0)
        & (efficiency < 1.0)
        & (efficiency * _SUSPICIOUS_FRACTION <= uncertainty)
        & (uncertainty < 1.0)
    )


def option(name: str) -> str:
    """The option of a setting, as it is typed."""
    return f"--{BY_NAME[name].option}"
