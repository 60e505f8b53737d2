"""Figure 3: the upper limit on the branching fraction against the Majorana mass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lnvsearch.papers.besiii_2025.figures.readings import reading_curves
from lnvsearch.publication.figures.style import (
    COLOURS,
    column_figure,
    in_style,
    label_axes,
    say_too_few,
)
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table, find_rows, table_from_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figure3"]

_UNIT = 1e-9
_EXPECTED = "expected_nominal"
_COLUMNS = ("mass_gev", "series", "upper_branching_fraction", "reading_confidence")
_DERIVED = ("derived", "nominal", "Derived from the paper", "vermilion", "^", "")


@in_style
def figure3(
    scan: Table,
    published: PublishedNumbers,
    *,
    in_mass_bin: bool = True,
    method: str = "rolke",
    confidence_level: float = 0.90,
    bounded: bool = False,
) -> tuple[Figure, dict[str, list]]:
    """Draw the limits at 90 % confidence level: simulated, derived and published.

    `scan` has the columns of the mass scan's file.  Simulated are all three angles of the pair, with
    equal weight, and each with the other reading of the bin in mass (thin and dashed), and the
    isotropic pair before the calibration; all with `method`.  Published points are filled where
    legible, hollow where read with low confidence, and missing where not read.  The band is what the
    isotropic pair's limits would be for background alone, from 2.3 to 97.7 % of the experiments.  The
    numbers are `mass_gev, series, upper_branching_fraction, reading_confidence`.
    """
    figure, axes = column_figure(height_cm=10.0)
    curves = [*(("simulated", *curve) for curve in reading_curves(in_mass_bin)), _DERIVED]
    rows = [
        *_draw_curves(axes, scan, method, curves),
        *_draw_published(axes, published),
        *_draw_expected(axes, scan, method, confidence_level, bounded),
    ]
    numbers = table_from_rows([dict(zip(_COLUMNS, row, strict=True)) for row in rows], _COLUMNS)
    drawn = numbers["upper_branching_fraction"]
    if drawn:
        axes.set_ylim(0.85 * min(drawn) / _UNIT, 1.05 * max(drawn) / _UNIT)
    else:
        say_too_few(axes, "no mass has a limit")
    axes.set_xlim(0.5, 1.6)
    axes.set_xlabel(r"$m_{\nu_M}$ [GeV/$c^2$]")
    axes.set_ylabel(
        rf"$\mathcal{{B}}^{{\mathrm{{UL}}}}$ at {100 * confidence_level:g}% CL [$10^{{-9}}$]"
    )
    figure.legend(loc="outside lower center", ncols=2, columnspacing=0.6, handlelength=1.4)
    label_axes(axes)
    return figure, numbers


def _draw_expected(
    axes: Axes, scan: Table, method: str, confidence_level: float, bounded: bool
) -> Iterator[tuple]:
    """Draw the limits of the isotropic pair that background alone leads one to expect."""
    import numpy as np

    from lnvsearch.statistics import expected, methods

    rows = find_rows(scan, kind="simulated", variant="nominal", method=method)
    rows = sorted(
        (row for row in rows if row["mass_gev"] is not None), key=lambda row: row["mass_gev"]
    )
    if not rows:
        return
    background, efficiency, sigma = (
        np.array([row[name] for row in rows], dtype=float)
        for name in ("background", "efficiency", "efficiency_uncertainty")
    )
    experiment = methods.counting_experiment(0, background, 0.0, efficiency, sigma)
    limits = expected.expected_limits(experiment, method, confidence_level, bounded=bounded)
    # What one produced decay is as a branching fraction.
    one = np.array([row["upper_branching_fraction"] / row["upper_events"] for row in rows])
    masses = [row["mass_gev"] for row in rows]
    low, middle, high = (
        one * quantile for quantile in (limits.minus_two_sigma, limits.median, limits.plus_two_sigma)
    )
    no_width = np.allclose(low, high)
    legend = r"Expected, $b=0$" if no_width else "Expected, 95% band"
    axes.fill_between(
        masses, low / _UNIT, high / _UNIT, facecolor="#F7E27A", edgecolor=COLOURS["orange"],
        linewidth=2.4, zorder=0, label=legend,
    )
    for name, values in (("_low_95", low), ("", middle), ("_high_95", high)):
        for mass, limit in zip(masses, values, strict=True):
            yield mass, _EXPECTED + name, float(limit), None


def _draw_curves(
    axes: Axes, scan: Table, method: str, curves: Sequence[tuple]
) -> Iterator[tuple]:
    for kind, variant, legend, colour, marker, style in curves:
        points = _curve(scan, kind, variant, method)
        if not points:
            continue
        axes.plot(
            *_in_units(points),
            color=COLOURS[colour],
            marker=marker or None,
            linestyle=style,
            linewidth=1.0 if legend and marker else 0.8,
            markersize=3.2,
            label=legend,
        )
        for mass, limit in points:
            yield mass, f"{kind}_{variant}", limit, None


def _draw_published(axes: Axes, published: PublishedNumbers) -> Iterator[tuple]:
    for legible, legend in ((True, "Published"), (False, "Published, doubtful reading")):
        by_confidence = _published_points(published, legible)
        points = [point for _, point in by_confidence]
        if points:
            axes.plot(
                *_in_units(points),
                color="black" if legible else COLOURS["grey"],
                marker="o",
                markersize=3.6,
                markerfacecolor="black" if legible else "white",
                markeredgewidth=0.8,
                linestyle="",
                label=legend,
            )
        for confidence, (mass, limit) in by_confidence:
            yield mass, "published", limit, confidence


def _curve(scan: Table, kind: str, variant: str, method: str) -> list[tuple[float, float]]:
    rows = find_rows(scan, kind=kind, variant=variant, method=method)
    return sorted(
        (row["mass_gev"], row["upper_branching_fraction"])
        for row in rows
        if row["mass_gev"] is not None and row["upper_branching_fraction"] is not None
    )


def _published_points(
    published: PublishedNumbers, legible: bool
) -> list[tuple[str, tuple[float, float]]]:
    return [
        (number.reading_confidence, (number.mass_gev, number.value))
        for number in published
        if number.quantity == "upper_limit_branching_fraction"
        and number.mass_gev is not None
        and number.value is not None
        and number.legible == legible
    ]


def _in_units(points: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [mass for mass, _ in points], [limit / _UNIT for _, limit in points]
