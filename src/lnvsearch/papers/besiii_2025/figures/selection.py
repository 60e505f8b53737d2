"""The selection: how many events each cut leaves, and how the fit's cut was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lnvsearch.publication.figures.style import COLOURS, column_figure, in_style, label_axes
from lnvsearch.tables import Table, find_rows, table_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["cut_flow", "punzi_curve"]

_LOOKS = (("blue", "o"), ("vermilion", "s"), ("green", "^"), ("purple", "D"), ("black", "v"))


@in_style
def cut_flow(
    cutflow: Table,
    *,
    samples: Sequence[str],
    variation: str = "nominal",
    cut_labels: Mapping[str, str] | None = None,
    sample_labels: Mapping[str, str] | None = None,
) -> tuple[Figure, dict[str, list]]:
    """Draw the cumulative efficiency after each cut, one line a sample (at most five).

    `cutflow` has the columns of its result file, cuts in their order; the labels replace names for
    print.  The numbers: `sample, cut, cumulative_efficiency, cumulative_efficiency_uncertainty`
    (fractions).  Raises ValueError for a sample that the table lacks.
    """
    if not 1 <= len(samples) <= len(_LOOKS):
        raise ValueError(f"samples must name 1 to {len(_LOOKS)} samples, not {len(samples)}")
    cut_labels, sample_labels = cut_labels or {}, sample_labels or {}
    flows = {name: find_rows(cutflow, sample=name, variation=variation) for name in samples}
    missing = [name for name, rows in flows.items() if not rows]
    if missing:
        raise ValueError(f"no rows of variation {variation!r} for the samples {missing}")
    cuts = list(dict.fromkeys(row["cut"] for rows in flows.values() for row in rows))
    place = {cut: index for index, cut in enumerate(cuts)}
    figure, axes = column_figure(columns=2, height_cm=7.0)
    numbers: dict[str, list] = {
        name: []
        for name in (
            "sample",
            "cut",
            "cumulative_efficiency",
            "cumulative_efficiency_uncertainty",
        )
    }
    smallest = 1.0
    for index, ((sample, rows), (colour, marker)) in enumerate(
        zip(flows.items(), _LOOKS, strict=False)
    ):
        # Side by side, so that equal efficiencies do not hide each other.
        shift = 0.14 * (index - (len(flows) - 1) / 2)
        points = [
            (
                place[row["cut"]] + shift,
                100 * row["cumulative_efficiency"],
                100 * (row["cumulative_efficiency_uncertainty"] or 0.0),
            )
            for row in rows
        ]
        # A logarithmic axis cannot show zero: the line ends where nothing is left.
        visible = [point for point in points if point[1] > 0]
        smallest = min([smallest, *(point[1] / 100 for point in visible)])
        axes.errorbar(
            *zip(*visible, strict=True),
            color=COLOURS[colour],
            marker=marker,
            markersize=3.6,
            linewidth=1.0,
            label=sample_labels.get(sample, sample),
        )
        for row in rows:
            cells = (
                sample,
                row["cut"],
                row["cumulative_efficiency"],
                row["cumulative_efficiency_uncertainty"],
            )
            for column, cell in zip(numbers.values(), cells, strict=True):
                column.append(cell)
    axes.set_yscale("log")
    axes.set_ylim(50.0 * smallest, 200.0)
    axes.set_xlim(-0.5, len(cuts) - 0.5)
    axes.set_xticks(range(len(cuts)), [cut_labels.get(cut, cut.replace("_", " ")) for cut in cuts])
    axes.tick_params(axis="x", rotation=35, which="major")
    axes.tick_params(axis="x", which="minor", bottom=False, top=False)
    for label in axes.get_xticklabels():
        label.set(ha="right", rotation_mode="anchor")
    axes.set_ylabel("Cumulative efficiency [%]")
    axes.grid(axis="y", which="major")
    axes.legend(loc="lower left")
    label_axes(axes)
    return figure, numbers


@in_style
def punzi_curve(punzi: Table, *, published_cut: float) -> tuple[Figure, dict[str, list]]:
    """Draw the figure of merit ε/(1.5 + √b) against the cut on the fit's χ².

    `punzi` has the columns `chi_square_cut, efficiency, background, figure_of_merit`; the paper's
    cut is marked.  The numbers are the same columns, ascending in the cut, and
    `relative_figure_of_merit`, relative to the largest.
    """
    rows = sorted(table_rows(punzi), key=lambda row: row["chi_square_cut"])
    if not rows:
        raise ValueError("punzi has no rows; give at least one cut")
    best = max(rows, key=lambda row: row["figure_of_merit"])
    relative = [row["figure_of_merit"] / best["figure_of_merit"] for row in rows]
    cuts = [row["chi_square_cut"] for row in rows]
    figure, axes = column_figure()
    axes.plot(cuts, relative, color=COLOURS["blue"], label=r"$\varepsilon/(1.5+\sqrt{b})$")
    efficiencies = [row["efficiency"] / max(r["efficiency"] for r in rows) for row in rows]
    axes.plot(
        cuts, efficiencies,
        color=COLOURS["green"], linestyle="-.", label=r"Efficiency $\varepsilon$",
    )
    axes.plot(
        best["chi_square_cut"],
        1.0,
        color=COLOURS["blue"],
        marker="o",
        linestyle="",
        label=f"Largest, at {best['chi_square_cut']:g}",
    )
    axes.axvline(
        published_cut,
        color=COLOURS["vermilion"],
        linestyle="--",
        linewidth=1.0,
        label=f"Published cut, {published_cut:g}",
    )
    axes.set(xlim=(0.0, max(cuts)), ylim=(0.0, 1.15))
    axes.set_xlabel(r"Cut on $\chi^2_{4C}$")
    axes.set_ylabel("Relative to the largest")
    axes.legend(loc="lower right")
    label_axes(axes)
    columns = ("chi_square_cut", "efficiency", "background", "figure_of_merit")
    numbers = {name: [row[name] for row in rows] for name in columns}
    return figure, numbers | {"relative_figure_of_merit": relative}
