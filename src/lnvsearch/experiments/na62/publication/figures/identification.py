"""Identification probabilities against momentum: what went in, and what tag and probe gives back.

The papers' curves are inputs of the simulation.  What can be shown is closure: lines are the maps
that went in, points are the same quantities measured on simulated K3pi (pions), Ke3 (electrons) and
Kmu2 (muons) decays the way the papers measure theirs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lnvsearch.experiments.na62.publication.tables.identification import closure_rows
from lnvsearch.publication.figures.style import COLOURS, column_figure, in_style, label_axes
from lnvsearch.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MAPS", "muon_identification", "pion_and_electron_identification"]

#: The maps drawn: name -> (panel, legend, colour, marker, line style, drawn as its complement).
MAPS: dict[str, tuple[str, str, str, str, str, bool]] = {
    "pion_to_electron_lkr_positive": ("pion", r"$\pi^+$, LKr", "blue", "s", "-", False),
    "pion_to_electron_lkr_negative": ("pion", r"$\pi^-$, LKr", "sky", "D", "--", False),
    "pion_to_electron_rich": ("pion", r"$\pi^+$, RICH", "green", "^", "-.", False),
    "pion_to_electron_positive": ("pion", r"$\pi^+$, both", "vermilion", "o", ":", False),
    "electron_to_pion": ("electron", r"$P_{e\pi}$, LKr", "blue", "s", "-", False),
    "efficiency_electron_lkr": (
        "electron", r"$1-\varepsilon_e$, LKr", "orange", "D", "--", True),
    "efficiency_electron_rich": (
        "electron", r"$1-\varepsilon_e$, RICH", "green", "^", "-.", True),
    "pion_to_muon": ("muon", r"$\pi^\pm\to\mu^\pm$", "blue", "s", "-", False),
    "muon_to_pion": ("muon", r"$\mu^\pm\to\pi^\pm$", "vermilion", "o", "--", False),
}
_COLUMNS = (
    "panel",
    "map",
    "momentum_gev",
    "drawn_as",
    "true_probability",
    "measured_probability",
    "uncertainty",
)


@in_style
def pion_and_electron_identification(closure: Table) -> tuple[Figure, dict[str, list]]:
    """Draw the (mis)identification probabilities of pions (left) and electrons (right).

    `closure` has the columns `map, momentum_gev, true_probability, measured_probability,
    uncertainty`; drawn are those of `MAPS`, the RICH after the calorimeter.  Efficiencies are drawn as
    1 - efficiency.  The numbers are the rows as drawn, `drawn_as` telling `probability` or
    `complement`.  Raises ValueError if `closure` has none of one panel.
    """
    figure, axes = column_figure(2, height_cm=7.2, ncols=2)
    numbers: dict[str, list] = {name: [] for name in _COLUMNS}
    for panel, name in zip(axes, ("pion", "electron"), strict=True):
        _draw_panel(panel, name, closure, numbers)
        label_axes(panel)
    axes[0].set_ylabel(r"Pion misidentification $P_{\pi e}$")
    axes[1].set_ylabel("Electron misidentification, inefficiency")
    return figure, numbers


@in_style
def muon_identification(closure: Table) -> tuple[Figure, dict[str, list]]:
    """Draw how often pions pass for muons and muons for pions in the muon detector.

    As `pion_and_electron_identification`, for a search with muons: probes are pions of K3pi and
    muons of Kmu2.
    """
    figure, axes = column_figure(1, height_cm=7.2)
    numbers: dict[str, list] = {name: [] for name in _COLUMNS}
    _draw_panel(axes, "muon", closure, numbers)
    label_axes(axes)
    axes.set_ylabel("Misidentification")
    return figure, numbers


def _draw_panel(axes: Axes, panel: str, closure: Table, numbers: dict[str, list]) -> None:
    """Draw all maps of one panel: a line for what went in, points for what came out."""
    drawn: list[float] = []
    for name, (of_panel, legend, colour, marker, style, complement) in MAPS.items():
        rows = closure_rows(closure, name)
        if of_panel != panel or not rows:
            continue
        momenta = [row["momentum_gev"] for row in rows]
        true, measured = (
            [_drawn(row[column], complement) for row in rows]
            for column in ("true_probability", "measured_probability")
        )
        axes.plot(momenta, true, color=COLOURS[colour], linestyle=style, linewidth=1.1)
        points = [
            (p, value, row["uncertainty"] or 0.0)
            for p, value, row in zip(momenta, measured, rows, strict=True)
            if value is not None and value > 0
        ]
        if points:
            places, heights, errors = zip(*points, strict=True)
            axes.errorbar(
                places, heights, errors, fmt=marker, markersize=3.0, color=COLOURS[colour],
                markerfacecolor="white", markeredgewidth=0.8, elinewidth=0.8,
            )
        axes.plot([], [], color=COLOURS[colour], linestyle=style, marker=marker, markersize=3.0,
                  markerfacecolor="white", label=legend)
        drawn += [value for value in (*true, *(point[1] for point in points)) if value > 0]
        for row, went_in, came_out in zip(rows, true, measured, strict=True):
            cells = (panel, name, row["momentum_gev"], "complement" if complement else
                     "probability", went_in, came_out, row["uncertainty"])
            for column, cell in zip(numbers.values(), cells, strict=True):
                column.append(cell)
    if not drawn:
        wanted = [name for name, style in MAPS.items() if style[0] == panel]
        raise ValueError(f"the table of closure has none of {wanted} to draw")
    # Room for the legend: a third of the panel.
    decades = max(math.log10(max(drawn) / min(drawn)), 0.7)
    top = max(drawn) * 10 ** (0.5 * decades)
    axes.set(yscale="log", xlim=(4, 46), ylim=(0.6 * min(drawn), top))
    axes.set_xlabel(r"Momentum [GeV/$c$]")
    axes.legend(loc="upper right", ncols=2, columnspacing=1.0,
                title="Closure: line in, points tag and probe", title_fontsize=8)


def _drawn(probability: float | None, complement: bool) -> float | None:
    if probability is None:
        return None
    return 1.0 - probability if complement else probability
