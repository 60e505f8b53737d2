"""Expected limits, sensitivities, rankings and scans of one request of `lnvsearch limit`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from pathlib import Path

from lnvsearch.cli import UsageError
from lnvsearch.files import written_whole
from lnvsearch.limit_experiments import experiment_of, options_of, scale_of
from lnvsearch.limit_settings import Request

_SCAN_POINTS = 121
_PICTURES = (".pdf", ".png", ".svg")
# Every point of the averaged probabilities needs a table that grows with the count.
_MOST_AVERAGED_EVENTS = 1e5
SCAN_COLUMNS = ("signal", "minus_two_log_lambda", "cls", "posterior_above")


def expected(request: Request) -> dict[str, float]:
    """Return median and bands of the upper limit for background only, in produced decays."""
    from lnvsearch.statistics import CountingExperiment
    from lnvsearch.statistics.expected import expected_limits

    single = _single(request)
    options = options_of(request)
    prior = options.pop("prior", "lognormal")
    limits = expected_limits(
        CountingExperiment(0, single.background, single.efficiency, single.correlation),
        request["method"],
        request["cl"],
        prior,
        **options,
    )
    return {field.name: float(getattr(limits, field.name)) for field in fields(limits)}


def sensitivity(request: Request, discovery: float, power: float) -> dict[str, float]:
    """Return the critical count for a discovery and the signals that reach it, in decays."""
    from lnvsearch.statistics import CountingExperiment
    from lnvsearch.statistics.significance import discovery_sensitivity

    single = _single(request)
    found = discovery_sensitivity(
        CountingExperiment(0, single.background, single.efficiency),
        discovery,
        power,
        options_of(request).get("prior", "lognormal"),
    )
    return {
        "wanted_significance": discovery,
        "critical_count": found.critical_count,
        "median_signal": found.median_signal,
        "detectable_signal": found.detectable_signal,
        "power": power,
    }


def ranking(request: Request, upper: float) -> list[Request]:
    """Return what each uncertainty costs: the limit without it, the largest cost first."""
    entries = []
    for name in (
        "background",
        "efficiency",
        "normalisation",
        "single_event_sensitivity",
    ):
        if f"{name}_uncertainty" not in request:
            continue
        without = dict(request)
        for unused in (f"{name}_uncertainty", "correlation"):
            without.pop(unused, None)
        if name == "background":
            without.pop("background_shape", None)
        limit = _upper(without)
        entries.append(
            {
                "uncertainty": name,
                "upper_without": limit,
                "cost_percent": 100 * (upper / limit - 1),
            }
        )
    return sorted(entries, key=lambda entry: -abs(entry["cost_percent"]))


def scan(request: Request, answer: Request) -> list[Request]:
    """Return the likelihood and the probabilities against the signal, in the answer's quantity.

    `minus_two_log_lambda` is relative to the best signal >= 0; `cls` and `posterior_above` are
    averaged over the nuisances, the latter with a uniform prior.  All are empty where a model does
    not have them: an asymmetric background has no profile here, more than 1e5 events no averages.
    """
    import numpy as np

    from lnvsearch.statistics import AsymmetricBackground, bayesian, cls, rolke

    single, scale = _single(request), scale_of(request)
    end = answer["upper"] * scale
    signal = np.linspace(0.0, 2.0 * end if np.isfinite(end) else 10.0, _SCAN_POINTS)
    columns: dict[str, Any] = {"signal": signal / scale}
    if not isinstance(single.background, AsymmetricBackground):
        curve = np.asarray(rolke.minus_two_log_lambda(single, signal))
        best = float(single.observed) - float(single.background.estimate)
        columns["minus_two_log_lambda"] = curve - (curve[0] if best < 0.0 else 0.0)
    events = max(float(single.observed), float(single.background.estimate))
    if single.correlation == 0.0 and events <= _MOST_AVERAGED_EVENTS:
        prior = options_of(request).get("prior", "lognormal")
        columns["cls"] = cls.p_values(single, signal, prior).cls
        columns["posterior_above"] = bayesian.posterior_above(single, signal, "uniform", prior)
    return [
        {name: float(columns[name][row]) if name in columns else None for name in SCAN_COLUMNS}
        for row in range(signal.size)
    ]


def plot(path: str, request: Request, answer: Request) -> None:
    """Draw the likelihood, the interval and the expected band into a file (.pdf, .png, .svg).

    Raises UsageError where the file cannot be written, or its name is that of no picture.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    if Path(path).suffix.lower() not in _PICTURES:
        raise UsageError(f"--plot {path}: no file for a picture; end its name with {', '.join(_PICTURES)}")
    points, band, scale = scan(request, answer), expected(request), scale_of(request)
    signal = [point["signal"] for point in points]
    profile = points[0]["minus_two_log_lambda"] is not None
    curve = [point["minus_two_log_lambda" if profile else "cls"] for point in points]
    figure, axes = plt.subplots(figsize=(5.0, 3.6), constrained_layout=True)
    axes.axvspan(
        band["minus_two_sigma"] / scale,
        band["plus_two_sigma"] / scale,
        color="gold",
        alpha=0.5,
        label="expected limit, 95 %",
    )
    axes.axvspan(
        band["minus_one_sigma"] / scale,
        band["plus_one_sigma"] / scale,
        color="limegreen",
        alpha=0.6,
        label="expected limit, 68 %",
    )
    axes.axvline(band["median"] / scale, color="black", linestyle="--", label="expected, median")
    axes.plot(signal, curve, color="navy")
    for end in ("lower", "upper"):
        axes.axvline(answer[end], color="crimson", label="interval" if end == "upper" else None)
    axes.set_xlabel(answer["quantity"])
    axes.set_ylabel(r"$-2\,\ln\,\lambda$" if profile else r"CL$_s$")
    axes.set_ylim(0.0, min(max(curve), 12.0) or 1.0)
    axes.set_xlim(0.0, signal[-1])
    axes.legend(fontsize="small")
    try:
        with written_whole(path) as temporary:
            figure.savefig(temporary, metadata={"CreationDate": None} if path.endswith(".pdf") else None)
    except (OSError, ValueError) as error:
        raise UsageError(f"--plot {path} cannot be written: {getattr(error, 'strerror', None) or error}") from error
    finally:
        plt.close(figure)


def _single(request: Request):
    """The request's experiment with the shape () that the library wants for a single one."""
    from lnvsearch.statistics import CountingExperiment

    many = experiment_of([request])

    def first(part):
        names = part.__dataclass_fields__
        values = (getattr(part, name) for name in names)
        return type(part)(*(v if isinstance(v, str) else v.reshape(-1)[0] for v in values))

    return CountingExperiment(
        many.observed[0],
        first(many.background),
        first(many.efficiency),
        many.correlation,
    )


def _upper(request: Request) -> float:
    from lnvsearch.statistics import methods

    interval = methods.interval(
        request["method"], _single(request), request["cl"], **options_of(request)
    )
    return float(interval.upper)
