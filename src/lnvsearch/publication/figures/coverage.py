"""How often the intervals of each limit method hold the true signal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lnvsearch.publication.figures.style import (
    COLOURS,
    PLAIN_LABEL,
    column_figure,
    in_style,
    label_axes,
)
from lnvsearch.publication.undercoverage import (
    COLUMNS,
    Curve,
    coverage_curves,
    is_undercovered,
)
from lnvsearch.tables import Table, table_from_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["coverage_map"]

_CLS = r"CL$_\mathrm{s}$"
# The style of each method: legend, name in the strip, colour, line style, width.
_STYLES: dict[str, tuple[str, str, str, Any, float]] = {
    "rolke": ("Rolke", "Rolke", "vermilion", "-", 1.0),
    "feldman-cousins": ("Feldman–Cousins", "F–C", "blue", (0, (4, 1.2)), 1.0),
    "cls": (_CLS, _CLS, "black", "-.", 1.0),
    "bayesian": ("Bayesian", "Bayes", "green", (0, (1, 1)), 1.4),
}


@in_style
def coverage_map(coverage: Table, *, labels: Mapping[str, str]) -> tuple[Figure, dict[str, list]]:
    """Draw the coverage against the true signal: a panel a channel, a line a method.

    `coverage` has the columns `paper, channel, method, true_signal, coverage, nominal` and
    optionally `coverage_uncertainty` (see `undercoverage`); methods are `rolke`, `feldman-cousins`,
    `cls` and `bayesian`.  `labels` name the decays of the channels.  The nominal level is a dashed
    line, everything below it is shaded, and bars in the strip below a panel mark the signals that
    each method under-covers.  The numbers are the table by ascending signal, with `under_covered`
    (true/false) added.

    Raises ValueError for an unknown method, or what `coverage_curves` refuses.
    """
    curves = coverage_curves(coverage)
    unknown = sorted({method for _, _, method in curves} - _STYLES.keys())
    if unknown:
        raise ValueError(f"the coverage table has the methods {unknown}; known are {list(_STYLES)}")
    searches = list(dict.fromkeys((paper, channel) for paper, channel, _ in curves))
    columns = 1 if len(searches) == 1 else 2
    rows = -(-len(searches) // columns)
    figure, axes = column_figure(
        columns,
        height_cm=1.6 + 6.4 * rows,
        nrows=2 * rows,
        ncols=columns,
        squeeze=False,
        height_ratios=[3.2, 1.0] * rows,
    )
    # Each search has a panel and, below it, a strip.
    pairs = [pair for row in range(rows) for pair in axes[2 * row : 2 * row + 2].T]
    for (panel, strip), search in zip(pairs, searches, strict=False):
        of_search = {
            method: curves[*search, method] for method in _STYLES if (*search, method) in curves
        }
        _draw_panel(panel, of_search)
        _draw_strip(strip, of_search)
        panel.text(
            0.97, 0.965, _title(search, searches, labels), transform=panel.transAxes, ha="right",
            va="top",
        )
    for panel, strip in pairs[len(searches) :]:
        panel.remove()
        strip.remove()
    label_axes(axes[0, 0], f"{PLAIN_LABEL} — exact sums over counts")
    _legend(figure, [method for method in _STYLES if any(key[2] == method for key in curves)])
    return figure, _numbers(curves)


def _draw_panel(axes: Axes, curves: dict[str, Curve]) -> None:
    rows = [row for curve in curves.values() for row in curve]
    nominals = {row["nominal"] for row in rows}
    lowest = min(min(row["coverage"] for row in rows), min(nominals))
    # Room below the lowest, and above full coverage for the name of the channel.
    bottom, top = 1.0 - 1.1 * (1.0 - lowest), 1.0 + 0.18 * (1.0 - lowest)
    axes.set(xlim=_signal_range(curves), ylim=(bottom, top), ylabel="Coverage")
    axes.tick_params(labelbottom=False)
    axes.axhspan(bottom, min(nominals), color=COLOURS["grey"], alpha=0.15, linewidth=0)
    for nominal in nominals:
        axes.axhline(nominal, color=COLOURS["grey"], linestyle="--", linewidth=0.8)
    for method, curve in curves.items():
        _, _, colour, style, width = _STYLES[method]
        axes.plot(
            [row["true_signal"] for row in curve],
            [row["coverage"] for row in curve],
            color=COLOURS[colour],
            linestyle=style,
            linewidth=width,
        )


def _draw_strip(axes: Axes, curves: dict[str, Curve]) -> None:
    """Mark the under-covered signals, each as wide as half way to its neighbours."""
    for height, (method, curve) in enumerate(curves.items()):
        signal = [row["true_signal"] for row in curve]
        middles = [0.5 * (low + high) for low, high in zip(signal, signal[1:], strict=False)]
        edges = [signal[0], *middles, signal[-1]]
        bars = [
            (edges[index], edges[index + 1] - edges[index])
            for index, row in enumerate(curve)
            if is_undercovered(row)
        ]
        colour = COLOURS[_STYLES[method][2]]
        axes.broken_barh(bars, (height - 0.3, 0.6), facecolor=colour, linewidth=0)
    axes.set(xlim=_signal_range(curves), ylim=(len(curves) - 0.4, -0.6))
    axes.set_yticks(range(len(curves)), [_STYLES[method][1] for method in curves])
    axes.tick_params(axis="y", which="both", length=0)
    axes.tick_params(axis="x", which="both", top=False)
    axes.set_xlabel(r"True signal $s\varepsilon$ [expected events]")


def _signal_range(curves: dict[str, Curve]) -> tuple[float, float]:
    signals = [row["true_signal"] for curve in curves.values() for row in curve]
    return min(signals), max(signals)


def _title(
    search: tuple[str, str], searches: list[tuple[str, str]], labels: Mapping[str, str]
) -> str:
    """Name of the channel, with the paper where two papers have the same."""
    paper, channel = search
    # In braces, a superscript keeps its distance from what follows.
    name = re.sub(r"\^([+-]|0)", r"^{\1}", labels.get(channel, channel))
    several = sum(other == channel for _, other in searches) > 1
    return f"{name} ({paper.replace('_', ' ')})" if several else name


def _legend(figure: Figure, methods: list[str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=COLOURS[colour], linestyle=style, linewidth=width, label=legend)
        for legend, _, colour, style, width in (_STYLES[method] for method in methods)
    ]
    grey = COLOURS["grey"]
    handles.append(Line2D([], [], color=grey, linestyle="--", linewidth=0.8, label="Nominal"))
    handles.append(Patch(color=grey, linewidth=0, label="Under-covered"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, columnspacing=1.0)


def _numbers(curves: dict[tuple[str, str, str], Curve]) -> dict[str, list]:
    rows = [
        row | {"under_covered": is_undercovered(row)} for curve in curves.values() for row in curve
    ]
    further = ["coverage_uncertainty"] if "coverage_uncertainty" in rows[0] else []
    return table_from_rows(rows, [*COLUMNS, *further, "under_covered"])
