"""Distributions of candidates: their mass, the fit's probability, the acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.publication.figures.style import COLOURS, column_figure, in_style, label_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["acceptance_map", "chi_square_probability", "figure2"]


@in_style
def figure2(
    signal_mass_gev: ArrayLike,
    data_mass_gev: ArrayLike | None,
    *,
    window_gev: tuple[float, float],
    data_label: str = "Pseudo-data",
    range_gev: tuple[float, float] = (3.00, 3.20),
    bin_width_gev: float = 0.002,
) -> tuple[Figure, dict[str, list]]:
    """Draw the mass of the K⁺K⁺e⁻e⁻ candidates, signal shape against data, and the window.

    `signal_mass_gev` and `data_mass_gev` (None: no data to draw) are the masses (GeV) of the
    candidates that pass all cuts but the window.  The signal shape is scaled to the highest bin of
    the data, or to 1.  The numbers are `mass_low_gev, mass_high_gev, signal_candidates,
    signal_scaled, data_candidates, in_window`.
    """
    import mplhep

    bins = round((range_gev[1] - range_gev[0]) / bin_width_gev)
    edges = np.linspace(*range_gev, bins + 1)
    signal, _ = np.histogram(np.asarray(signal_mass_gev, dtype=float), edges)
    data = np.zeros(bins, dtype=int)
    if data_mass_gev is not None:
        data, _ = np.histogram(np.asarray(data_mass_gev, dtype=float), edges)
    highest = max(int(data.max()), 1)
    scaled = signal * (highest / max(int(signal.max()), 1))

    figure, axes = column_figure()
    if data_mass_gev is not None:
        mplhep.histplot(
            data,
            edges,
            ax=axes,
            histtype="fill",
            facecolor="#F7E27A",
            edgecolor=COLOURS["orange"],
            hatch="/////",
            linewidth=0.6,
            label=f"{data_label} ({int(data.sum())})",
        )
    mplhep.histplot(
        scaled,
        edges,
        ax=axes,
        histtype="step",
        yerr=False,
        color=COLOURS["blue"],
        linewidth=1.2,
        label="Signal simulation (scaled)",
    )
    top = 1.45 * highest
    for edge in window_gev:
        axes.annotate(
            "",
            xy=(edge, 0.0),
            xytext=(edge, 0.75 * highest),
            arrowprops={"arrowstyle": "-|>", "color": COLOURS["vermilion"], "linewidth": 1.2},
        )
    axes.plot(
        [],
        [],
        color=COLOURS["vermilion"],
        marker=r"$\downarrow$",
        linestyle="",
        markersize=6,
        label="Signal window",
    )
    axes.set(xlim=range_gev, ylim=(0.0, top))
    axes.set_xlabel(r"$M(K^{+}K^{+}e^{-}e^{-}+\mathrm{c.c.})$ [GeV/$c^2$]")
    axes.set_ylabel(f"Candidates / ({1000 * bin_width_gev:g} MeV/$c^2$)")
    axes.legend(loc="upper left", ncols=1)
    label_axes(axes)
    centres = (edges[:-1] + edges[1:]) / 2
    return figure, {
        "mass_low_gev": edges[:-1].round(9).tolist(),
        "mass_high_gev": edges[1:].round(9).tolist(),
        "signal_candidates": signal.tolist(),
        "signal_scaled": scaled.tolist(),
        "data_candidates": data.tolist(),
        "in_window": ((centres > window_gev[0]) & (centres < window_gev[1])).tolist(),
    }


@in_style
def chi_square_probability(
    chi_square: Mapping[str, ArrayLike], *, degrees_of_freedom: int = 4, bins: int = 20
) -> tuple[Figure, dict[str, list]]:
    """Draw the probability of the kinematic fit for one or more samples.

    `chi_square` maps the legend to the χ² of the sample's true candidates; without radiation and
    with right covariances the distribution is flat at 1.  The numbers are, bin by bin,
    `sample, probability_low, probability_high, candidates, density, density_uncertainty`.
    Raises ValueError for an empty sample.
    """
    from scipy.special import chdtrc

    figure, axes = column_figure()
    numbers: dict[str, list] = {
        name: []
        for name in (
            "sample",
            "probability_low",
            "probability_high",
            "candidates",
            "density",
            "density_uncertainty",
        )
    }
    edges = np.linspace(0.0, 1.0, bins + 1)
    looks = zip(("blue", "vermilion", "green", "purple"), ("o", "s", "^", "D"), strict=True)
    lowest = highest = 1.0
    for (label, values), (colour, marker) in zip(chi_square.items(), looks, strict=False):
        values = np.asarray(values, dtype=float)
        if values.size == 0:
            raise ValueError(f"chi_square[{label!r}] is empty; give at least one candidate")
        counts, _ = np.histogram(chdtrc(degrees_of_freedom, values), edges)
        density = counts * bins / values.size
        uncertainty = np.sqrt(counts) * bins / values.size
        highest = max(highest, float(density.max()))
        lowest = min(lowest, float(density[counts > 0].min()))
        axes.stairs(density, edges, color=COLOURS[colour], linewidth=1.0)
        axes.errorbar(
            (edges[:-1] + edges[1:]) / 2,
            density,
            uncertainty,
            fmt=marker,
            markersize=3.2,
            linewidth=0.8,
            color=COLOURS[colour],
            label=rf"{label}: $\langle\chi^2\rangle$ = {values[np.isfinite(values)].mean():.2f}",
        )
        rows = zip(edges[:-1], edges[1:], counts, density, uncertainty, strict=True)
        for row in rows:
            cells = (label, *(cell.item() for cell in row))
            for column, cell in zip(numbers.values(), cells, strict=True):
                column.append(cell)
    axes.axhline(1.0, color="black", linestyle=":", linewidth=0.9)
    axes.set(xlim=(0.0, 1.0), yscale="log", ylim=(0.5 * lowest, 4.0 * highest))
    axes.set_xlabel(rf"Fit probability $P(\chi^2_{{4C}},\,{degrees_of_freedom})$")
    axes.set_ylabel("Density of candidates")
    axes.legend(loc="upper right")
    label_axes(axes)
    return figure, numbers


@in_style
def acceptance_map(
    generated_m_ke_1_gev: ArrayLike,
    generated_m_ke_2_gev: ArrayLike,
    selected: ArrayLike,
    *,
    bin_width_gev: float = 0.05,
    range_gev: tuple[float, float] = (0.45, 2.65),
) -> tuple[Figure, dict[str, list]]:
    """Draw the selection efficiency against the two true K⁺e⁻ masses of phase-space decays.

    The arrays have one entry an event: the two masses (GeV) of one pairing, at random or the
    better one, and whether the event is selected.  Bins with fewer than 20 events stay blank.  The
    numbers are `m_ke_1_low_gev, m_ke_2_low_gev, bin_width_gev, generated, selected, efficiency`
    for all bins with events.
    """
    first = np.asarray(generated_m_ke_1_gev, dtype=float)
    second = np.asarray(generated_m_ke_2_gev, dtype=float)
    passed = np.asarray(selected, dtype=bool)
    if not first.shape == second.shape == passed.shape:
        raise ValueError(
            "the two masses and `selected` must have one entry an event, not the shapes "
            f"{first.shape}, {second.shape} and {passed.shape}"
        )
    bins = round((range_gev[1] - range_gev[0]) / bin_width_gev)
    edges = np.linspace(*range_gev, bins + 1)
    generated, _, _ = np.histogram2d(first, second, [edges, edges])
    kept, _, _ = np.histogram2d(first[passed], second[passed], [edges, edges])
    efficiency = np.divide(kept, generated, out=np.full_like(kept, np.nan), where=generated > 0)

    figure, axes = column_figure(height_cm=7.2)
    drawn = np.where(generated >= 20, 100.0 * efficiency, np.nan)
    # A few sparse bins fluctuate far up; they must not set the scale of all.
    highest = float(np.nanpercentile(drawn, 99)) if np.isfinite(drawn).any() else 1.0
    mesh = axes.pcolormesh(
        edges, edges, drawn.T, cmap="cividis", vmin=0.0, vmax=highest, rasterized=True
    )
    axes.plot(range_gev, range_gev, color="black", linestyle="--", linewidth=0.8)
    axes.set(xlim=range_gev, ylim=range_gev, aspect="equal")
    axes.set_xlabel(r"True $m(K^{+}e^{-})_1$ [GeV/$c^2$]")
    axes.set_ylabel(r"True $m(K^{+}e^{-})_2$ [GeV/$c^2$]")
    bar = figure.colorbar(mesh, ax=axes, pad=0.02)
    bar.set_label("Efficiency [%]")
    label_axes(axes)
    filled = np.nonzero(generated > 0)
    return figure, {
        "m_ke_1_low_gev": edges[filled[0]].round(9).tolist(),
        "m_ke_2_low_gev": edges[filled[1]].round(9).tolist(),
        "bin_width_gev": [bin_width_gev] * len(filled[0]),
        "generated": generated[filled].astype(int).tolist(),
        "selected": kept[filled].astype(int).tolist(),
        "efficiency": efficiency[filled].tolist(),
    }
