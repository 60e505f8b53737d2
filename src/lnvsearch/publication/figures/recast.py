"""Limits on decays through an on-shell, long-lived N against its mass and lifetime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch.publication.figures.style import COLOURS, column_figure, in_style, label_axes
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table, table_from_rows, table_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["recast_map"]

_TITLES = {"isotropic": "isotropic", "v_minus_a": r"$V-A$"}
#: Acceptances of the contours.
_ACCEPTANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
#: Decades of limits that the colours span, from the lowest limit on.
_DECADES = 7.0
#: Quantities with the published acceptance.
_PUBLISHED_ACCEPTANCES = ("signal_acceptance_percent", "efficiency_percent")


@in_style
def recast_map(
    recast: Table, published: PublishedNumbers, *, decay_label: str, published_channel: str
) -> tuple[Figure, dict[str, list]]:
    """Draw the limit as colour and the acceptance as contours, a panel a chirality.

    `recast`: a grid of `lnvsearch.recast_grid`.  The published limit, which is that of a density
    uniform over the phase space and of no lifetime, is marked in the colour bar, and a dashed line
    shows where the limit on N is the same; the published acceptance is in the title.  Prompt decays
    lie below the shortest lifetime.  The numbers are those drawn, with the published ones in the
    last row.
    """
    from matplotlib.colors import LogNorm

    rows = list(table_rows(recast))
    chiralities = list(dict.fromkeys(row["chirality"] for row in rows))
    limits = np.array([_number(row["branching_fraction_limit"]) for row in rows])
    if not np.isfinite(limits).any():
        raise ValueError("the grid has no limit at all; raise statistics.recast of the configuration")
    lowest = float(np.nanmin(limits))
    norm = LogNorm(lowest, lowest * 10.0**_DECADES)
    figure, axes = column_figure(
        2, height_cm=8.6, ncols=len(chiralities), squeeze=False, sharey=True
    )
    limit, acceptance = _published(published, published_channel)
    for panel, chirality in zip(axes[0], chiralities, strict=True):
        mesh = _draw_panel(panel, [row for row in rows if row["chirality"] == chirality], norm, limit)
        panel.set_xlabel(r"$m_N$ [GeV]")
        panel.text(0.96, 0.95, _TITLES.get(chirality, chirality), transform=panel.transAxes,
                   ha="right", va="top", bbox={"facecolor": "white", "linewidth": 0, "pad": 1.5})  # fmt: skip
    axes[0, 0].set_ylabel(r"$\tau_N$ [ps]")
    bar = figure.colorbar(mesh, ax=list(axes[0]), extend="max", pad=0.01)
    bar.set_label(f"Upper limit, {decay_label}")
    if limit is not None:
        bar.ax.axhline(limit, color=COLOURS["vermilion"], linestyle="--", linewidth=1.6)
    label_axes(axes[0, 0])
    if acceptance is not None:
        axes[0, -1].set_title(
            f"dashed: published limit, uniform density (acceptance {acceptance:g} %)", loc="right",
            fontsize=8, pad=4,
        )  # fmt: skip
    return figure, _numbers(rows, limit, acceptance)


def _number(cell: Any) -> float:
    return float("nan") if cell in (None, "") else float(cell)


def _published(
    published: PublishedNumbers, channel: str
) -> tuple[float | None, float | None]:
    """Published limit and acceptance (%) of a channel, None where there is none."""
    found: dict[str, float] = {}
    for number in published:
        if number.channel == channel and number.mass_gev is None and number.value is not None:
            found.setdefault(number.quantity, float(number.value))
    acceptance = next((found[name] for name in _PUBLISHED_ACCEPTANCES if name in found), None)
    return found.get("upper_limit_branching_fraction"), acceptance


def _draw_panel(axes: Axes, rows: list[dict], norm: Any, published: float | None) -> Any:
    """The map of one chirality; lifetimes of 0 have no place on a logarithmic axis."""
    masses = sorted({row["mass_gev"] for row in rows})
    lifetimes = sorted({row["lifetime_ps"] for row in rows if row["lifetime_ps"] > 0.0})
    shape = (len(lifetimes), len(masses))
    limit, acceptance = np.full(shape, np.nan), np.full(shape, np.nan)
    for row in rows:
        if row["lifetime_ps"] > 0.0:
            place = lifetimes.index(row["lifetime_ps"]), masses.index(row["mass_gev"])
            limit[place] = _number(row["branching_fraction_limit"])
            acceptance[place] = row["acceptance"]
    mesh = axes.pcolormesh(
        masses, lifetimes, np.ma.masked_invalid(limit), norm=norm, cmap="viridis_r",
        shading="nearest", rasterized=True,
    )  # fmt: skip
    axes.set_yscale("log")
    # Of logarithms: the acceptance falls by a decade from one lifetime to the next.
    # Where there is no limit, too few events say what it is.
    accepted = np.ma.masked_where(~np.isfinite(limit) | (acceptance <= 0.0), acceptance)
    logarithm = np.ma.log10(accepted)
    inside = [
        level for level in np.log10(_ACCEPTANCES[::-1]) if logarithm.min() < level < logarithm.max()
    ]
    if inside and min(shape) > 1:
        contours = axes.contour(masses, lifetimes, logarithm, levels=inside, colors="black",
                                linewidths=0.7, linestyles="-")  # fmt: skip
        axes.clabel(contours, fmt=lambda level: f"{10.0 ** (level + 2.0):.4g} %", fontsize=8)
    drawable = np.isfinite(limit)
    if published is not None and min(shape) > 1 and drawable.any():
        if np.nanmin(limit) < published < np.nanmax(limit):
            axes.contour(masses, lifetimes, np.ma.masked_invalid(np.log10(limit)),
                         levels=[np.log10(published)], colors=COLOURS["vermilion"],
                         linestyles="--", linewidths=1.6)  # fmt: skip
    return mesh


def _numbers(
    rows: list[dict], limit: float | None, acceptance: float | None
) -> dict[str, list]:
    columns = (
        "mass_gev", "lifetime_ps", "chirality", "acceptance", "branching_fraction_limit",
    )  # fmt: skip
    last = {
        "chirality": "published, uniform density",
        "acceptance": None if acceptance is None else acceptance / 100.0,
        "branching_fraction_limit": limit,
    }
    return table_from_rows([*rows, last], columns)
