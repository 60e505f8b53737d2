"""The acceptance of phase-space events over the two K⁺e⁻ masses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.event_files import read_tree
from lnvsearch.publication.figures.style import column_figure, in_style, label_axes, say_too_few

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["acceptance_map", "draw_acceptance"]


def acceptance_map(selected: str) -> tuple[Figure, dict[str, list]]:
    """Draw the acceptance from the generated decays in a file of selected events."""
    generated = read_tree(selected, "Generated")
    return draw_acceptance(
        generated["true_m_ke_1_gev"], generated["true_m_ke_2_gev"], generated["selected"]
    )


@in_style
def draw_acceptance(
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

    figure, axes = column_figure(height_cm=5.6)
    drawn = np.where(generated >= 20, 100.0 * efficiency, np.nan)
    # A few sparse bins fluctuate far up; they must not set the scale of all.
    highest = float(np.nanpercentile(drawn, 99)) if np.isfinite(drawn).any() else 1.0
    mesh = axes.pcolormesh(
        edges, edges, drawn.T, cmap="cividis", vmin=0.0, vmax=highest, rasterized=True
    )
    axes.plot(range_gev, range_gev, color="black", linestyle="--", linewidth=0.8)
    if not np.isfinite(drawn).any():
        say_too_few(axes, "no bin has 20 generated events")
    axes.set(xlim=range_gev, ylim=_filled_range(edges, generated, range_gev), aspect="equal")
    axes.set_xlabel(r"True $m(K^{+}e^{-})_1$ [GeV/$c^2$]")
    axes.set_ylabel(r"True $m(K^{+}e^{-})_2$ [GeV/$c^2$]")
    bar = figure.colorbar(mesh, cax=axes.inset_axes([1.02, 0.0, 0.04, 1.0]))
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


def _filled_range(
    edges: np.ndarray, generated: np.ndarray, range_gev: tuple[float, float]
) -> tuple[float, float]:
    """The range of the second mass: to the highest bin with events and one more."""
    filled = np.flatnonzero(generated.any(axis=0))
    last = min(filled[-1] + 2, len(edges) - 1) if len(filled) else len(edges) - 1
    return range_gev[0], float(edges[last])
