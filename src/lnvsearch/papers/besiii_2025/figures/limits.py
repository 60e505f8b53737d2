"""Figure 3: the upper limit on the branching fraction against the Majorana mass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lnvsearch.papers.besiii_2025.figures.readings import reading_curves
from lnvsearch.publication.figures.style import COLOURS, column_figure, in_style, label_axes
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table, find_rows, table_from_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figure3"]

_UNIT = 1e-9
_COLUMNS = ("mass_gev", "series", "upper_branching_fraction", "reading_confidence")
_DERIVED = ("derived", "nominal", "Derived from published inputs", "vermilion", "^", "")


@in_style
def figure3(
    scan: Table, published: PublishedNumbers, *, in_mass_bin: bool = True, method: str = "rolke"
) -> tuple[Figure, dict[str, list]]:
    """Draw the limits at 90 % confidence level: simulated, derived and published.

    `scan` has the columns of the mass scan's file.  Simulated are all three angles of the pair, with
    equal weight, and each with the other reading of the bin in mass (thin and dashed), and the
    isotropic pair before the calibration; all with `method`.  Published points are filled where
    legible, hollow where read with low confidence, and missing where not read.  The numbers are
    `mass_gev, series, upper_branching_fraction, reading_confidence`.
    """
    figure, axes = column_figure(height_cm=8.6)
    curves = [*(("simulated", *curve) for curve in reading_curves(in_mass_bin)), _DERIVED]
    rows = [*_draw_curves(axes, scan, method, curves), *_draw_published(axes, published)]
    numbers = table_from_rows([dict(zip(_COLUMNS, row, strict=True)) for row in rows], _COLUMNS)
    drawn = numbers["upper_branching_fraction"]
    if drawn:
        axes.set_ylim(0.0, 1.9 * max(drawn) / _UNIT)
    axes.set_xlim(0.5, 1.6)
    axes.set_xlabel(r"$m_{\nu_M}$ [GeV/$c^2$]")
    axes.set_ylabel(r"$\mathcal{B}^{\mathrm{UL}}$ at 90% CL [$10^{-9}$]")
    axes.legend(loc="upper right", ncols=1)
    label_axes(axes)
    return figure, numbers


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
