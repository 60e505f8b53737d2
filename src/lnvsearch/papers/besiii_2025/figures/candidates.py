"""Distributions of candidates: their mass, and the fit's probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.event_files import read_tree
from lnvsearch.publication.figures.style import (
    COLOURS,
    DATA_LABEL,
    LABEL,
    column_figure,
    in_style,
    label_axes,
    say_too_few,
)
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "chi_square_probability",
    "draw_masses",
    "draw_probabilities",
    "figure2",
    "pseudo_data",
]

#: Legends of the samples in the figure of the fit's probability, by variation.
_PROBABILITY_LABELS = {
    "ideal": "no radiation, no material, pulls off",
    "radiation_off": "no radiation",
    "nominal": "nominal",
}
_PROBABILITY_COLUMNS = (
    "sample", "probability_low", "probability_high", "candidates", "density", "density_uncertainty",
)
Window = tuple[float, float]


def figure2(
    published: PublishedNumbers,
    selected: str,
    spectra: Table,
    user_spectra: Table | None = None,
    *,
    window_gev: Window,
    base_seed: int,
) -> tuple[Figure, dict[str, list]]:
    """Draw the candidates that pass everything but the window; the user's data, or pseudo-data.

    `selected` is a file of selected events, `user_spectra` the table `mass_low_gev, mass_high_gev,
    events` of the user's data, without a number where they are closed; without it, one draw of the
    expected backgrounds, whose `spectra` these are, and the events that the paper prints.  The window
    that the paper prints is marked where it is another than `window_gev`.  All else as in
    `draw_masses`.
    """
    closed: list[Window] = []
    observed = None
    if user_spectra is not None:
        data, closed = _user_masses(user_spectra)
        label = "Data, closed bins left out" if closed else "Data"
    else:
        data, expected = pseudo_data(spectra, base_seed)
        label = f"Background, {_power_of_ten(expected)} expected, drawn"
        observed = published.legible_value("observed_events")
    printed = tuple(
        published.legible_value(f"signal_window_{end}_gev") for end in ("low", "high")
    )
    generated = len(read_tree(selected, "Generated", ["selected"])["selected"])
    return draw_masses(
        _masses(selected), data, window_gev=tuple(window_gev), data_label=label, closed_gev=closed,
        is_data=user_spectra is not None, published_events=observed,
        published_window_gev=None if None in printed else printed,
        branching_fraction_per_candidate=generated / published.value("n_jpsi"),
    )


def _power_of_ten(value: float) -> str:
    """A small number with one digit, as text for matplotlib."""
    mantissa, exponent = f"{value:.0e}".split("e")
    if value == 0 or -2 <= int(exponent) <= 2:
        return f"{value:.1g}"
    return rf"${mantissa}\times10^{{{int(exponent)}}}$"


def _user_masses(spectra: Table) -> tuple[np.ndarray, list[Window]]:
    """Masses of the user's candidates, as the centres of their bins, and the bins that are closed."""
    low, high, events = (spectra[name] for name in ("mass_low_gev", "mass_high_gev", "events"))
    centres = 0.5 * (np.array(low) + np.array(high))
    closed = [(a, b) for a, b, n in zip(low, high, events, strict=True) if n is None]
    return np.repeat(centres, [n or 0 for n in events]), closed


def _masses(path: str) -> np.ndarray:
    """Masses (GeV) of the candidates that pass all cuts but the window."""
    candidates = read_tree(path, "Candidates")
    keep = candidates["passes_conversion_veto"] & candidates["passes_chi_square"]
    keep &= candidates["passes_smallest_chi_square"]
    return candidates["mass_gev"][keep]


def pseudo_data(spectra: Table, base_seed: int) -> tuple[np.ndarray, float]:
    """Return one draw of the expected background, and how many events are expected.

    `spectra`: a table `sample, mass_low_gev, mass_high_gev, expected_events`, the samples one after
    the other in the same bins.  Masses are the centres of their bins.
    """
    n_samples = len(set(spectra["sample"]))
    low, high, expected = (
        np.array(spectra[name]).reshape(n_samples, -1)
        for name in ("mass_low_gev", "mass_high_gev", "expected_events")
    )
    low, high, expected = low[0], high[0], expected.sum(axis=0)
    generator = np.random.Generator(np.random.Philox(base_seed))
    return np.repeat(0.5 * (low + high), generator.poisson(expected)), float(expected.sum())


@in_style
def draw_masses(
    signal_mass_gev: ArrayLike,
    data_mass_gev: ArrayLike,
    *,
    window_gev: Window,
    published_window_gev: Window | None = None,
    published_events: float | None = None,
    branching_fraction_per_candidate: float | None = None,
    closed_gev: Sequence[Window] = (),
    is_data: bool = False,
    data_label: str = "Pseudo-data",
    range_gev: Window = (3.00, 3.20),
    bin_width_gev: float = 0.002,
) -> tuple[Figure, dict[str, list]]:
    """Draw the mass of the K⁺K⁺e⁻e⁻ candidates, signal shape against data, and the window.

    `signal_mass_gev` and `data_mass_gev` are the masses (GeV) of the candidates that pass all cuts
    but the window.  The signal shape is scaled to the highest bin of the data, or to 1; with
    `branching_fraction_per_candidate`, the branching fraction that one candidate stands for unscaled,
    the legend says which branching fraction that is.  `published_events`: a count that the paper
    prints for the whole of its window, drawn as a point across it.  Bins with
    their centre in a window of `closed_gev` are hatched, and have no number of data; `is_data` says
    that the data are recorded events.  The numbers are `mass_low_gev, mass_high_gev,
    signal_candidates, signal_scaled, data_candidates, in_window`.
    """
    bins = round((range_gev[1] - range_gev[0]) / bin_width_gev)
    edges = np.linspace(*range_gev, bins + 1)
    signal, data = (
        np.histogram(np.asarray(masses, dtype=float), edges)[0]
        for masses in (signal_mass_gev, data_mass_gev)
    )
    centres = (edges[:-1] + edges[1:]) / 2
    is_closed = np.any([(centres > low) & (centres < high) for low, high in closed_gev or [(0, 0)]], axis=0)
    highest = max(int(data.max()), 1)
    scale = highest / max(int(signal.max()), 1)
    scaled = signal * scale
    figure, axes = column_figure()
    legend = _signal_legend(scale, branching_fraction_per_candidate)
    _draw_histograms(axes, edges, data, f"{data_label}: {int(data.sum())}", scaled, legend)
    if not signal.any():
        say_too_few(axes, "no candidate of the signal is left")
    _hatch(axes, edges, is_closed)
    _mark_window(axes, window_gev, 0.75 * highest)
    _draw_published(axes, published_events, published_window_gev or window_gev)
    _mark_published_window(axes, window_gev, published_window_gev)
    axes.set(xlim=range_gev, ylim=(0, 1.7 * max(highest, published_events or 0)))
    axes.set_xlabel(r"$M(K^{+}K^{+}e^{-}e^{-}+\mathrm{c.c.})$ [GeV/$c^2$]")
    axes.set_ylabel(f"Candidates / ({1000 * bin_width_gev:g} MeV/$c^2$)")
    axes.legend(loc="upper left", ncols=1)
    label_axes(axes, DATA_LABEL if is_data else LABEL)
    return figure, {
        "mass_low_gev": edges[:-1].round(9).tolist(),
        "mass_high_gev": edges[1:].round(9).tolist(),
        "signal_candidates": signal.tolist(),
        "signal_scaled": scaled.tolist(),
        "data_candidates": [
            None if hidden else n for n, hidden in zip(data.tolist(), is_closed, strict=True)
        ],
        "in_window": ((centres > window_gev[0]) & (centres < window_gev[1])).tolist(),
    }


def _signal_legend(scale: float, branching_fraction_per_candidate: float | None) -> str:
    """What the signal is scaled to."""
    if branching_fraction_per_candidate is None:
        return "Signal simulation (scaled)"
    value = _power_of_ten(scale * branching_fraction_per_candidate)
    return rf"Signal simulation, as for $\mathcal{{B}}=${value}"


def _mark_published_window(axes: Axes, window_gev: Window, published_gev: Window | None) -> None:
    """Lines at the ends of the window that the paper prints, where it is another."""
    if published_gev not in (None, window_gev):
        for edge in published_gev:
            line = axes.axvline(edge, color=COLOURS["grey"], linestyle="-.", linewidth=0.9)
        line.set_label("Published window")


def _draw_published(axes: Axes, events: float | None, window_gev: Window) -> None:
    """The count that the paper prints, across the window: where in it is not printed."""
    if events:
        middle = 0.5 * (window_gev[0] + window_gev[1])
        axes.errorbar(
            [middle], [events], xerr=0.5 * (window_gev[1] - window_gev[0]), fmt="o", color="black",
            markersize=3.6, elinewidth=0.9, zorder=5,
            label=f"Published: {events:g} in the window, mass not printed",
        )


def _draw_histograms(axes: Axes, edges, data, data_label: str, signal, signal_label: str) -> None:
    import mplhep

    mplhep.histplot(
        data,
        edges,
        ax=axes,
        histtype="fill",
        facecolor="#F7E27A",
        edgecolor=COLOURS["orange"],
        hatch="/////",
        linewidth=0.6,
        label=data_label,
    )
    mplhep.histplot(
        signal,
        edges,
        ax=axes,
        histtype="step",
        yerr=False,
        color=COLOURS["blue"],
        linewidth=1.2,
        label=signal_label,
    )


def _hatch(axes: Axes, edges, is_closed) -> None:
    """Stripes over the bins that are closed, one patch for each run of them, below the legend."""
    runs = np.flatnonzero(np.diff(np.concatenate([[0], is_closed, [0]]))).reshape(-1, 2)
    for i, (first, end) in enumerate(runs):
        axes.axvspan(
            edges[first], edges[end], 0.0, 0.68, facecolor="none", edgecolor=COLOURS["grey"],
            hatch="xxx", linewidth=0.0, label=None if i else "Closed",
        )


def _mark_window(axes: Axes, window_gev: Window, height: float) -> None:
    """Arrows from a height down to the ends of the window."""
    for edge in window_gev:
        axes.annotate(
            "",
            xy=(edge, 0.0),
            xytext=(edge, height),
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


def chi_square_probability(selected: Mapping[str, str]) -> tuple[Figure, dict[str, list]]:
    """Draw the probability of the fit from files of selected events, {variation: path}."""
    return draw_probabilities({
        _PROBABILITY_LABELS[variation]: read_tree(path, "Candidates")["chi_square"]
        for variation, path in selected.items()
    })


@in_style
def draw_probabilities(
    chi_square: Mapping[str, ArrayLike], *, degrees_of_freedom: int = 4, bins: int = 20
) -> tuple[Figure, dict[str, list]]:
    """Draw the probability of the kinematic fit for one or more samples.

    `chi_square` maps the legend to the χ² of the sample's true candidates; without radiation and
    with right covariances the distribution is flat at 1.  The numbers are, bin by bin,
    `sample, probability_low, probability_high, candidates, density, density_uncertainty`.
    A sample without candidates is named in the legend and not drawn.
    """
    from scipy.special import chdtrc

    figure, axes = column_figure()
    numbers: dict[str, list] = {name: [] for name in _PROBABILITY_COLUMNS}
    edges = np.linspace(0.0, 1.0, bins + 1)
    styles = zip(("blue", "vermilion", "green", "purple"), ("o", "s", "^", "D"), strict=True)
    lowest = highest = 1.0
    for (label, values), (colour, marker) in zip(chi_square.items(), styles, strict=False):
        values = np.asarray(values, dtype=float)
        if values.size == 0:
            axes.plot([], [], marker, color=COLOURS[colour], label=f"{label}: no candidate")
            continue
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
            label=f"{label}: median {np.median(values):.1f}",
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
    axes.legend(loc="upper right", title=r"$\chi^2_{4C}$ of candidates (flat: median 3.4)",
                title_fontsize=8)
    if not numbers["sample"]:
        say_too_few(axes, "no candidate is left")
    label_axes(axes)
    return figure, numbers
