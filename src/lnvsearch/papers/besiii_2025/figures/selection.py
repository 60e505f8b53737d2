"""The selection: how many events each cut leaves, and how the fit's cut was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lnvsearch.publication.figures.style import (
    COLOURS,
    column_figure,
    in_style,
    label_axes,
    say_too_few,
)
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table, find_rows, table_from_rows, table_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["cut_flow", "punzi_curve"]

_STYLES = (("blue", "o"), ("vermilion", "s"), ("green", "^"), ("purple", "D"), ("black", "v"))
#: Cuts in words for the axis; another has its name.
_CUTS = {
    "polar_angle": "polar angle",
    "impact_parameter": "distance from the vertex",
    "charged_tracks": "four tracks, charge 0",
    "kaon_identification": "two kaons",
    "electron_identification": "two electrons",
    "energy_over_momentum": "$E/p$ of the electrons",
    "like_sign_pairs": "pairs of like charge",
    "kinematic_fit": "kinematic fit converges",
    "smallest_chi_square": r"smallest $\chi^2$ of all sets",
    "chi_square": r"cut on $\chi^2_{4C}$",
    "conversion_veto": "no photon conversion",
    "signal_window": "signal window",
    "majorana_mass_bin": r"bin of $m(K^{+}e^{-})$",
}
_MODELS = {
    "signal_phsp": "Phase space",
    "signal_two_majorana": r"$\nu_M\nu_M$",
    "signal_one_majorana": r"$\nu_M K^{+}e^{-}$",
}
#: √b below this share of 1.5 does not move the figure of merit visibly.
_NO_BACKGROUND = 0.05
#: Ticks of an axis of percentages: 1, 2 and 5 times the powers of ten.
_TICKS_PERCENT = tuple(factor * 10.0**power for power in range(-4, 3) for factor in (1, 2, 5))
_COLUMNS = ("sample", "cut", "cumulative_efficiency", "cumulative_efficiency_uncertainty")


@in_style
def cut_flow(
    cutflow: Table, *, samples: Sequence[str], variation: str = "nominal"
) -> tuple[Figure, dict[str, list]]:
    """Draw the cumulative efficiency after each cut, one line a sample (at most five).

    `cutflow` has the columns of its result file, cuts in their order.  The numbers: `sample, cut,
    cumulative_efficiency, cumulative_efficiency_uncertainty` (fractions).  Raises ValueError for a
    sample that the table lacks.
    """
    if not 1 <= len(samples) <= len(_STYLES):
        raise ValueError(f"samples must name 1 to {len(_STYLES)} samples, not {len(samples)}")
    flows = {name: find_rows(cutflow, sample=name, variation=variation) for name in samples}
    missing = [name for name, rows in flows.items() if not rows]
    if missing:
        raise ValueError(f"no rows of variation {variation!r} for the samples {missing}")
    drawn = [row for rows in flows.values() for row in rows]
    cuts = list(dict.fromkeys(row["cut"] for row in drawn))
    figure, axes = column_figure(columns=2, height_cm=7.0)
    for index, ((sample, rows), style) in enumerate(zip(flows.items(), _STYLES, strict=False)):
        # Side by side, so that equal efficiencies do not hide each other.
        shift = 0.14 * (index - (len(flows) - 1) / 2)
        _draw_flow(axes, sample, rows, cuts, shift, style)
    visible = [row["cumulative_efficiency"] for row in drawn if row["cumulative_efficiency"] > 0]
    axes.set_yscale("log")
    axes.set_ylim(40.0 * min([1.0, *visible]), 120.0)
    ticks = [tick for tick in _TICKS_PERCENT if axes.get_ylim()[0] <= tick <= 120.0]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)
    if not visible:
        say_too_few(axes, "no event passes the first cut")
    axes.set_xlim(-0.5, len(cuts) - 0.5)
    axes.set_xticks(range(len(cuts)), [_CUTS.get(cut, cut.replace("_", " ")) for cut in cuts])
    axes.tick_params(axis="x", rotation=35, which="major")
    axes.tick_params(axis="x", which="minor", bottom=False, top=False)
    for label in axes.get_xticklabels():
        label.set(ha="right", rotation_mode="anchor")
    axes.set_ylabel("Events left [%]")
    axes.grid(axis="y", which="major")
    axes.legend(loc="lower left")
    label_axes(axes)
    return figure, table_from_rows(drawn, _COLUMNS)


def _draw_flow(
    axes: Axes, sample: str, rows: Sequence[Mapping[str, Any]], cuts: Sequence[str], shift: float,
    style: tuple[str, str],
) -> None:
    # A logarithmic axis cannot show zero: the line ends where nothing is left.
    visible = [row for row in rows if row["cumulative_efficiency"] > 0]
    colour, marker = style
    axes.errorbar(
        [cuts.index(row["cut"]) + shift for row in visible],
        [100 * row["cumulative_efficiency"] for row in visible],
        [100 * (row["cumulative_efficiency_uncertainty"] or 0.0) for row in visible],
        color=COLOURS[colour],
        marker=marker,
        markersize=3.6,
        linewidth=1.0,
        label=_in_words(sample),
    )


def _in_words(sample: str) -> str:
    """A sample as the legend names it: its decay, and the mass that its name ends with."""
    name, _, mass = sample.rpartition("_m")
    if name in _MODELS and mass:
        return rf"{_MODELS[name]}, $m_{{\nu_M}}$ = {mass} GeV/$c^2$"
    return _MODELS.get(sample, sample.replace("_", " "))


@in_style
def punzi_curve(published: PublishedNumbers, punzi: Table) -> tuple[Figure, dict[str, list]]:
    """Draw the figure of merit ε/(1.5 + √b) against the cut on the fit's χ².

    `punzi` has the columns `chi_square_cut, efficiency, background, figure_of_merit`; the paper's
    cut is marked.  The numbers are the same columns, ascending in the cut, and
    `relative_figure_of_merit`, relative to the largest.
    """
    published_cut = published.value("chi_square_4c_maximum")
    rows = sorted(table_rows(punzi), key=lambda row: row["chi_square_cut"])
    if not rows:
        raise ValueError("punzi has no rows; give at least one cut")
    best = max(rows, key=lambda row: row["figure_of_merit"])
    figure, axes = column_figure()
    columns = ("chi_square_cut", "efficiency", "background", "figure_of_merit")
    numbers = {name: [row[name] for row in rows] for name in columns}
    if best["figure_of_merit"] == 0.0:
        say_too_few(axes, "no event is selected at any cut")
        label_axes(axes)
        return figure, numbers | {"relative_figure_of_merit": [None] * len(rows)}
    relative = [row["figure_of_merit"] / best["figure_of_merit"] for row in rows]
    cuts = [row["chi_square_cut"] for row in rows]
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
        label=_name_of_largest(best["chi_square_cut"], cuts[-1]),
    )
    axes.axvline(
        published_cut,
        color=COLOURS["vermilion"],
        linestyle="--",
        linewidth=1.0,
        label=f"Published cut, {published_cut:g}",
    )
    _say_without_background(axes, rows)
    axes.set(xlim=(0.0, max(cuts)), ylim=(0.0, 1.15))
    axes.set_xlabel(r"Cut on $\chi^2_{4C}$")
    axes.set_ylabel("Relative to the largest")
    axes.legend(loc="lower right")
    label_axes(axes)
    return figure, numbers | {"relative_figure_of_merit": relative}


def _name_of_largest(cut: float, last: float) -> str:
    """A largest value at the end of the range is none: the figure of merit still rises there."""
    return f"Still rises at the last cut, {cut:g}" if cut == last else f"Largest, at {cut:g}"


def _say_without_background(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Say that the figure of merit is the efficiency where √b is small beside 1.5 at every cut."""
    largest = max(row["background"] for row in rows)
    if largest**0.5 < _NO_BACKGROUND * 1.5:
        mantissa, exponent = f"{largest:.0e}".split("e")
        value = rf"{mantissa}\times10^{{{int(exponent)}}}" if largest else "0"
        axes.text(
            0.97, 0.42, rf"$b\leq{value}$ events at every cut:" "\n"
            r"$\sqrt{b}\ll 1.5$, so the figure of merit" "\n" "is the efficiency; it asks for no cut",
            transform=axes.transAxes, ha="right", va="bottom", fontsize=8,
        )
