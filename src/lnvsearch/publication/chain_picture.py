"""The chain of a search from decay to limit, with the numbers of one channel: the README's picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lnvsearch.tables import Table, find_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["chain_steps", "drawn_chain"]

# The style of figures is for print; this is a picture of a page.
_BLUE, _GREY = "#0072B2", "#7F7F7F"
_BOX = {"width": 0.94, "height": 1.0}


def chain_steps(
    title: str, cutflow: Table, limits: Sequence[Mapping[str, Any]], *, sample: str, method: str
) -> list[tuple[str, str]]:
    """(name of the step, what it gives) in the order of the analysis.

    `cutflow` and `limits`: the results of a channel; `sample`: its signal; `method`: of the limit.
    Raises ValueError where the sample, or a simulated nominal limit by the method, is missing.
    """
    cuts = find_rows(cutflow, sample=sample, variation="nominal")
    found = [
        record for record in limits
        if (record["kind"], record["variant"], record["method"]) == ("simulated", "nominal", method)
    ]  # fmt: skip
    if not cuts or not found:
        raise ValueError(f"no cut flow of {sample}, or no simulated limit by {method}: run the whole search")
    limit = found[0]
    generated, first, last = cuts[0]["events_in"], cuts[0], cuts[-1]
    relative = 100.0 * limit["efficiency_uncertainty"] / limit["efficiency"]
    return [
        ("generation", f"{title}\n{generated:,.0f} decays"),
        ("detector", f"{100.0 * first['events_out'] / generated:.0f} % with\nfour tracks"),
        ("selection", f"{100.0 * last['events_out'] / generated:.1f} %\nefficiency"),
        ("background", f"{limit['background']:.4f}\nevents expected"),
        ("systematics", f"efficiency\n± {relative:.1f} %"),
        ("limit", f"{limit['observed']} seen (published)\nB < {_power(limit['upper_branching_fraction'])}"),
    ]


def drawn_chain(steps: Sequence[tuple[str, str]]) -> Figure:
    """Boxes with arrows, one for each step."""
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    figure = Figure(figsize=(1.75 * len(steps), 1.5))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1.15 * len(steps) - 0.1), ylim=(-0.35, 1.25))
    axes.axis("off")
    for i, (name, text) in enumerate(steps):
        left = 1.15 * i + 0.03
        box = FancyBboxPatch((left, 0), _BOX["width"], _BOX["height"], boxstyle="round,pad=0.02",
                             facecolor="#f2f6f9", edgecolor=_BLUE)  # fmt: skip
        axes.add_patch(box)
        middle = left + _BOX["width"] / 2
        axes.text(middle, 0.8, name, ha="center", va="center", weight="bold", fontsize=10)
        axes.text(middle, 0.36, text, ha="center", va="center", fontsize=8.5)
        if i + 1 < len(steps):
            start = left + _BOX["width"] + 0.03
            axes.add_patch(FancyArrowPatch((start, 0.5), (start + 0.16, 0.5), arrowstyle="-|>",
                                           mutation_scale=11, color=_GREY))  # fmt: skip
    axes.text(0.02, -0.22, "lnvsearch reproduction: all events are simulated", fontsize=8, color=_GREY)
    return figure


def _power(value: float) -> str:
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}$\\times10^{{{int(exponent)}}}$"
