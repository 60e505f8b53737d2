"""Limits on |U|^2 against the mass of N: with its lifetime, as a prompt reading, and those of others."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

from lnvsearch.interpretation.channels import find_channel
from lnvsearch.interpretation.mixing_table import COMBINED
from lnvsearch.publication.figures.style import COLOURS, column_figure, in_style, label_axes
from lnvsearch.tables import Table, find_rows, table_from_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["DRAWN_COLUMNS", "mixing_figure"]

DRAWN_COLUMNS = ("curve", "kind", "mass_gev", "mixing_limit")
_AXES = {"e": r"$|U_e|^2$", "mu": r"$|U_\mu|^2$", "tau": r"$|U_\tau|^2$"}
_CHANNEL_STYLES = (
    ("blue", "-"), ("vermilion", (0, (5, 1.2))), ("green", "-."), ("purple", (0, (3, 1, 1, 1))),
    ("orange", (0, (1, 1))), ("sky", (0, (8, 2))),
)  # fmt: skip
_PUBLIC_STYLES = ("-", ":", "--")


@in_style
def mixing_figure(limits: Table, public: Table) -> tuple[Figure, dict[str, list]]:
    """Draw one mixing's table of MIXING_COLUMNS: channels by their papers' methods, and combined.

    `public`: mixing, experiment, mass_gev, mixing_limit of other searches; those of the same mixing
    are drawn.  Channels without a limit below 1 are named in the figure.  Returns the figure and the
    numbers drawn (DRAWN_COLUMNS).
    """
    figure, axes = column_figure(2, height_cm=9.5)
    mixing = next(value for value in limits["mixing"] if value)
    rows, without = _channels(axes, limits)
    together = [row for row in find_rows(limits, searches=COMBINED) if row["mixing_limit"]]
    if together and len({row["curve"] for row in rows}) > 2:
        style: dict[str, Any] = {"color": "black", "ls": "-", "lw": 2.6, "zorder": 1}
        rows += _curve(axes, together, "mixing_limit", "combined", "simulated", **style)
    of_mixing = find_rows(public, mixing=mixing)
    experiments = dict.fromkeys(row["experiment"] for row in of_mixing)
    for experiment, line in zip(experiments, cycle(_PUBLIC_STYLES), strict=False):
        found = [row for row in of_mixing if row["experiment"] == experiment]
        style = {"color": COLOURS["grey"], "ls": line, "lw": 1.0}
        rows += _curve(axes, found, "mixing_limit", experiment, "published", **style)
    axes.set_yscale("log")
    axes.set_xlabel(r"mass of $N$ [GeV]", loc="right")
    axes.set_ylabel(f"upper limit on {_AXES.get(mixing, r'$|U|^2$')} (90 % CL)")
    text = "thin: read as prompt,\nwhich contradicts itself"
    if without:
        text += "\nno bound below 1:\n" + "\n".join(without)
    axes.text(1.02, 0.0, text, transform=axes.transAxes, fontsize=8.0, va="bottom")
    if rows:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    label_axes(axes)
    return figure, table_from_rows(rows, DRAWN_COLUMNS)


def _channels(axes: Axes, limits: Table) -> tuple[list[dict], list[str]]:
    """Draw every channel's limit and, thin, its prompt reading; numbers drawn, and who has no limit."""
    rows, without = [], []
    styles = cycle(_CHANNEL_STYLES)
    for name in dict.fromkeys(limits["searches"]):
        if name == COMBINED:
            continue
        label = find_channel(*name.split()).label
        found = find_rows(limits, searches=name, method="paper")
        if not any(row["mixing_limit"] for row in found):
            without.append(label)
            continue
        colour, line = next(styles)
        style: dict[str, Any] = {"color": COLOURS[colour], "ls": line}
        rows += _curve(axes, found, "mixing_limit", label, "simulated", **style)
        rows += _curve(
            axes, found, "mixing_limit_prompt_reading", f"{label}, read as prompt", "simulated",
            **style, lw=0.6, alpha=0.6, shown="_nolegend_",
        )  # fmt: skip
    return rows, without


def _curve(
    axes: Axes, rows, column: str, name: str, kind: str, shown: str | None = None, **style
) -> list[dict]:
    """Draw a column against the mass; returns the numbers drawn."""
    points = sorted((row["mass_gev"], row[column]) for row in rows if row[column])
    if not points:
        return []
    # A line of one point would not be seen.
    style["marker"] = "o" if len(points) == 1 else ""
    axes.plot(*zip(*points, strict=True), label=shown or name, **style)
    return [
        {"curve": name, "kind": kind, "mass_gev": mass, "mixing_limit": limit}
        for mass, limit in points
    ]
