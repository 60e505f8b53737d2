"""Figure 1: how J/ψ → K⁺K⁺e⁻e⁻ could come about.

The two diagrams are the two decay models of the simulation: two Majorana neutrinos from one neutral
boson, and one Majorana neutrino beside K⁺e⁻.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lnvsearch.publication.figures.style import COLOURS, PLAIN_LABEL, column_figure, in_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figure1"]


@dataclass(frozen=True)
class Line:
    """A particle's line from one vertex to another, in the units of its panel.

    `label_shift` is the place of the label relative to `label_at`, the fraction of the way.
    """

    particle: str
    kind: str  # "fermion", "antifermion", "majorana" or "boson"
    start: tuple[float, float]
    end: tuple[float, float]
    label: str = ""
    label_shift: tuple[float, float] = (0.0, 0.32)
    label_at: float = 0.5


_INITIAL = (
    Line("c", "fermion", (0.9, 4.5), (2.4, 3.0), r"$c$", (0.28, 0.22)),
    Line("c~", "antifermion", (0.9, 1.5), (2.4, 3.0), r"$\bar{c}$", (0.28, -0.25)),
)


def _kaon(vertex: tuple[float, float], upper: float, lower: float) -> tuple[Line, Line]:
    """Return the u and anti-s lines from a W vertex to the heights where the kaon is labelled."""
    return (
        Line("u", "fermion", vertex, (9.3, upper), r"$u$", (0.0, 0.0), 1.03),
        Line("s~", "antifermion", (9.3, lower), vertex, r"$\bar{s}$", (0.0, 0.0), -0.03),
    )


_TWO_MAJORANA = (
    *_INITIAL,
    Line("Z", "boson", (2.4, 3.0), (4.2, 3.0), r"$Z^{*}$", (0.0, 0.42)),
    Line("nu_M", "majorana", (4.2, 3.0), (5.7, 4.4), r"$\nu_M$", (-0.32, 0.2)),
    Line("nu_M", "majorana", (4.2, 3.0), (5.7, 1.6), r"$\nu_M$", (-0.32, -0.22)),
    Line("e-", "fermion", (5.7, 4.4), (9.3, 5.6), r"$e^{-}$", (0.15, 0.0), 1.03),
    Line("W+", "boson", (5.7, 4.4), (7.3, 4.05), r"$W^{+}$", (0.0, -0.5)),
    *_kaon((7.3, 4.05), 4.5, 3.6),
    Line("e-", "fermion", (5.7, 1.6), (9.3, 0.4), r"$e^{-}$", (0.15, 0.0), 1.03),
    Line("W+", "boson", (5.7, 1.6), (7.3, 1.95), r"$W^{+}$", (0.0, 0.45)),
    *_kaon((7.3, 1.95), 2.4, 1.5),
)
_ONE_MAJORANA = (
    *_INITIAL,
    Line("gamma", "boson", (2.4, 3.0), (4.2, 3.0), r"$\gamma^{*}, Z^{*}$", (0.0, 0.42)),
    Line("e-", "fermion", (4.2, 3.0), (9.3, 5.6), r"$e^{-}$", (0.15, 0.0), 1.03),
    Line("e+", "antifermion", (5.2, 2.0), (4.2, 3.0), r"$e^{+}$", (-0.3, -0.2)),
    Line("nu_M", "majorana", (5.2, 2.0), (6.5, 3.0), r"$\nu_M$", (-0.3, 0.22)),
    Line("W+", "boson", (5.2, 2.0), (6.9, 1.1), r"$W^{+}$", (-0.2, -0.4)),
    *_kaon((6.9, 1.1), 1.4, 0.5),
    Line("e-", "fermion", (6.5, 3.0), (9.3, 4.0), r"$e^{-}$", (0.15, 0.0), 1.03),
    Line("W+", "boson", (6.5, 3.0), (7.7, 2.65), r"$W^{+}$", (-0.1, -0.45)),
    *_kaon((7.7, 2.65), 3.05, 2.2),
)
_DIAGRAMS = {
    "two_majorana": (_TWO_MAJORANA, ((4.5, 3.6), (2.4, 1.5))),
    "one_majorana": (_ONE_MAJORANA, ((3.05, 2.2), (1.4, 0.5))),
}
_TITLES = {
    "two_majorana": r"(a)  $J/\psi\to\nu_M\nu_M\to(K^{+}e^{-})(K^{+}e^{-})$",
    "one_majorana": r"(b)  $J/\psi\to\nu_M K^{+}e^{-}\to(K^{+}e^{-})K^{+}e^{-}$",
}


@in_style
def figure1() -> tuple[Figure, dict[str, list]]:
    """Draw two Feynman diagrams of the decay, one for each Majorana model of the simulation.

    The numbers are the lines: `diagram, particle, kind, x_start, y_start, x_end, y_end`, in the
    arbitrary units of a panel.
    """
    figure, panels = column_figure(columns=2, height_cm=6.2, ncols=2)
    numbers: dict[str, list] = {
        name: []
        for name in ("diagram", "particle", "kind", "x_start", "y_start", "x_end", "y_end")
    }
    for axes, (name, (lines, kaons)) in zip(panels, _DIAGRAMS.items(), strict=True):
        _draw_panel(axes, lines, kaons, _TITLES[name])
        for line in lines:
            row = (name, line.particle, line.kind, *line.start, *line.end)
            for column, cell in zip(numbers.values(), row, strict=True):
                column.append(cell)
    figure.text(
        0.01, 0.01, f"{PLAIN_LABEL} — diagrams of the decay models (a) two_majorana, (b) one_majorana",
        size=8, style="italic",
    )
    return figure, numbers


def _draw_panel(axes: Axes, lines, kaons, title: str) -> None:
    axes.set(xlim=(-0.2, 10.6), ylim=(-0.5, 6.0), aspect="equal")
    axes.axis("off")
    axes.set_title(title, fontsize=9)
    for line in lines:
        _draw_line(axes, line)
    vertices = [line.start for line in lines] + [line.end for line in lines]
    inner = sorted({point for point in vertices if 1.0 < point[0] < 9.0})
    axes.plot(*zip(*inner, strict=True), "o", color="black", markersize=2.8, zorder=3)
    _brace(axes, 0.75, 1.5, 4.5, side=-1)
    axes.text(0.35, 3.0, r"$J/\psi$", ha="right", va="center")
    for upper, lower in kaons:
        _brace(axes, 9.75, lower, upper, side=1)
        axes.text(10.02, (upper + lower) / 2, r"$K^{+}$", ha="left", va="center")


def _draw_line(axes: Axes, line: Line) -> None:
    start, end = np.array(line.start), np.array(line.end)
    if line.kind == "boson":
        axes.plot(*_wave(start, end), color=COLOURS["blue"], linewidth=1.1)
    elif line.kind == "majorana":
        # No arrow: the particle is its own antiparticle.  Heavier, so that grey print shows it.
        axes.plot(*zip(start, end, strict=True), color=COLOURS["vermilion"], linewidth=2.2)
    else:
        # The arrow shows the flow of the fermion's number: an antifermion's line ends where
        # the antifermion begins.
        axes.plot(*zip(start, end, strict=True), color="black", linewidth=0.9)
        flow = (start, end) if line.kind == "fermion" or line.particle != "c~" else (end, start)
        _arrow(axes, *flow)
    if line.label:
        x, y = start + line.label_at * (end - start) + np.array(line.label_shift)
        on_line_end = line.label_at not in (0.5,)
        axes.text(x, y, line.label, ha="left" if on_line_end else "center", va="center", fontsize=9)


def _arrow(axes: Axes, start: np.ndarray, end: np.ndarray) -> None:
    middle = start + 0.5 * (end - start)
    direction = (end - start) / np.hypot(*(end - start))
    axes.annotate(
        "",
        xy=middle + 0.16 * direction,
        xytext=middle - 0.01 * direction,
        arrowprops={"arrowstyle": "-|>", "color": "black", "mutation_scale": 8, "linewidth": 0.5},
    )


def _wave(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the points of a sine wave with a whole number of periods from start to end."""
    along = end - start
    length = np.hypot(*along)
    across = np.array([-along[1], along[0]]) / length
    periods = max(round(length / 0.36), 2)
    fraction = np.linspace(0.0, 1.0, 40 * periods)
    offset = 0.11 * np.sin(2.0 * np.pi * periods * fraction)
    return tuple((start + np.outer(fraction, along) + np.outer(offset, across)).T)


def _brace(axes: Axes, x: float, lower: float, upper: float, side: int) -> None:
    """Draw a bracket at x that opens away from its label; side +1 has the label on the right."""
    tip = 0.12 * side
    axes.plot(
        [x - tip, x, x, x - tip], [lower, lower, upper, upper], color="black", linewidth=0.8
    )
