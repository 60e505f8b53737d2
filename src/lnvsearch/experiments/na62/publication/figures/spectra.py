"""Mass spectra of the NA62 searches: stacked backgrounds, signal, and the regions of the papers.

All functions take `spectra`, a table `selection, sample, label, mass_low_gev, mass_high_gev,
expected_events, uncertainty` of one channel, and the paper's published numbers.  Samples are told by
the beginning of their names: `signal_` is drawn as an outline, `norm_` and `bkg_` are stacked, all
others (control samples) are left out.  The collaboration's events are not public: what the paper
prints are counts of whole regions, and only those are quoted, as text; a user's own events are
points.  The numbers of a figure are the rows drawn, with `channel` and `drawn_as` in front
(`stacked`, `outline`, `published` for a count of data, in the column `published_events`, or `data`
for a user's, in `data_events`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch.experiments.na62.publication.figures.data import (
    DataPoints,
    printed_counts,
    quote_counts,
)
from lnvsearch.experiments.na62.publication.figures.looks import (
    Regions,
    channel_label,
    look_of,
    regions_of,
)
from lnvsearch.publication.figures.style import COLOURS, column_figure, in_style, label_axes
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table, find_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "na62_2019_figure2",
    "na62_2019_figure3",
    "na62_2022_figure3",
    "na62_2022_figure4",
    "na62_2022_figure5",
    "spectra_figure",
]

_COLUMNS = (
    "channel",
    "drawn_as",
    "selection",
    "sample",
    "label",
    "mass_low_gev",
    "mass_high_gev",
    "expected_events",
    "uncertainty",
    "published_events",
)
# Other control selections leave nothing of the signal, and nothing is masked in them.
_WITH_REGIONS = ("sm", "sm_auxiliary", "sm_rich", "lnv", "lnv_auxiliary")
_DRAWN = ("signal_", "norm_", "bkg_")
_MASS = {
    ("piee", True): r"$m(\pi^+e^+e^-)$",
    ("piee", False): r"$m(\pi^-e^+e^+)$",
    ("pimumu", True): r"$m(\pi^+\mu^+\mu^-)$",
    ("pimumu", False): r"$m(\pi^-\mu^+\mu^+)$",
    ("pipi0ee", False): r"$m(\pi^-\pi^0e^+e^+)$",
}


@in_style
def na62_2019_figure2(
    spectra: Table,
    published: PublishedNumbers,
    *,
    signal_branching_fraction: float = 1e-10,
    data: Table | None = None,
) -> tuple[Figure, dict[str, list]]:
    """Draw the π e e masses of the 2017 data: SM and LNV, standard and auxiliary selection.

    Selections `sm`, `lnv`, `sm_auxiliary`, `lnv_auxiliary` of channel `piee`;
    `signal_branching_fraction` is the one to which the table normalises the LNV signal.
    """
    panels = (
        ("sm", "standard, SM"),
        ("lnv", "standard, LNV"),
        ("sm_auxiliary", "auxiliary (no RICH), SM"),
        ("lnv_auxiliary", "auxiliary (no RICH), LNV"),
    )
    return spectra_figure(
        spectra, published, "piee", panels, (2, 2), signal_branching_fraction, data=data
    )


@in_style
def na62_2019_figure3(
    spectra: Table,
    published: PublishedNumbers,
    *,
    signal_branching_fraction: float = 1e-10,
    data: Table | None = None,
) -> tuple[Figure, dict[str, list]]:
    """Draw the π μ μ masses of the 2017 data: selections `sm` and `lnv` of channel `pimumu`."""
    panels = (("sm", "SM"), ("lnv", "LNV"))
    return spectra_figure(
        spectra, published, "pimumu", panels, (1, 2), signal_branching_fraction, data=data
    )


@in_style
def na62_2022_figure3(
    spectra: Table, published: PublishedNumbers, *, data: Table | None = None
) -> tuple[Figure, dict[str, list]]:
    """Draw the π⁺e⁺e⁻ masses of 2016-18: selections `sm` and `sm_rich` of channel `piee`."""
    panels = (("sm", "standard"), ("sm_rich", r"control: $e^+$ in the RICH"))
    return spectra_figure(spectra, published, "piee", panels, (1, 2), None, data=data)


@in_style
def na62_2022_figure4(
    spectra: Table,
    published: PublishedNumbers,
    *,
    signal_branching_fraction: float = 1e-10,
    data: Table | None = None,
) -> tuple[Figure, dict[str, list]]:
    """Draw the π⁻e⁺e⁺ masses of 2016-18: selections `lnv` and `lnv_missing_momentum`."""
    panels = (("lnv", "LNV"), ("lnv_missing_momentum", "control: missing momentum"))
    return spectra_figure(
        spectra, published, "piee", panels, (1, 2), signal_branching_fraction, data=data
    )


@in_style
def na62_2022_figure5(
    spectra: Table,
    published: PublishedNumbers,
    *,
    signal_branching_fraction: float = 1e-10,
    data: Table | None = None,
) -> tuple[Figure, dict[str, list]]:
    """Draw the π⁻π⁰e⁺e⁺ masses of 2016-18: selection `lnv` of channel `pipi0ee`.

    Pileup, which the paper takes from its data, is not simulated: the panel says so.
    """
    panels = (("lnv", "LNV; pileup is not simulated"),)
    return spectra_figure(
        spectra, published, "pipi0ee", panels, (1, 1), signal_branching_fraction, data=data
    )


def spectra_figure(
    spectra: Table,
    published: PublishedNumbers,
    channel: str,
    panels: Sequence[tuple[str, str]],
    grid: tuple[int, int],
    signal_branching_fraction: float | None,
    *,
    label: str | None = None,
    regions: Mapping[str, Regions] | None = None,
    masses: Mapping[str, str] | None = None,
    data: Table | None = None,
) -> tuple[Figure, dict[str, list]]:
    """Draw one panel a selection, and one legend for all below them.

    `label`, `regions` and `masses` (of each selection) are those of the papers if not given.
    `data`: a user's own events, see `na62_data.DataPoints`.
    """
    rows, columns = grid
    width = 2 if columns == 2 else 1
    figure, axes = column_figure(
        width, height_cm=6.0 * rows + (2.6 if width == 2 else 4.4), nrows=rows, ncols=columns,
        squeeze=False,
    )
    signal_label = _signal_label(label or channel_label(channel), signal_branching_fraction)
    drawn = _COLUMNS if data is None else (*_COLUMNS, "data_events")
    numbers: dict[str, list] = {name: [] for name in drawn}
    handles: dict[str, Any] = {}
    for (selection, title), panel in zip(panels, axes.flat, strict=False):
        components = _components(spectra, selection)
        of_panel = regions[selection] if regions else regions_of(published, channel)
        points = DataPoints(data, selection)
        _draw_panel(
            panel, channel, selection, components, of_panel, signal_label, handles, numbers, points
        )
        mass = masses[selection] if masses else _MASS[channel, selection.startswith("sm")]
        panel.set_xlabel(f"{mass} [MeV/$c^2$]")
        found = printed_counts(channel, selection, published)
        quote_counts(panel, title, found)
        counts = (
            {"channel": channel, "drawn_as": "published", "selection": selection,
             "sample": number.quantity, "label": f"data, {name}",
             "published_events": int(number.value)}
            for name, number in found
        )
        for row in (*counts, *points.rows(channel)):
            _append(numbers, row)
    for panel in axes.flat[len(panels):]:
        panel.remove()
    for panel in axes[0, 0], *([] if columns == 1 else [axes[0, 1]]):
        label_axes(panel)
    figure.legend(
        handles.values(), handles.keys(), loc="outside lower center",
        ncols=3 if width == 2 else 2, handleheight=1.1, columnspacing=1.2,
    )
    return figure, numbers


class _Component:
    """The spectrum of one sample in one selection: edges and counts, and what it is drawn as."""

    def __init__(self, selection: str, sample: str, rows: list[dict[str, Any]]):
        rows = sorted(rows, key=lambda row: row["mass_low_gev"])
        self.selection, self.sample, self.label = selection, sample, str(rows[0]["label"])
        lows = np.array([row["mass_low_gev"] for row in rows], dtype=float)
        highs = np.array([row["mass_high_gev"] for row in rows], dtype=float)
        if not np.allclose(lows[1:], highs[:-1], atol=1e-7):
            raise ValueError(
                f"the bins of sample {sample!r}, selection {selection!r}, leave gaps or overlap; "
                "each must begin where the one before ends"
            )
        self.edges = np.append(lows, highs[-1])
        self.events = np.array([row["expected_events"] or 0.0 for row in rows], dtype=float)
        self.sigma = np.array([row["uncertainty"] or 0.0 for row in rows], dtype=float)

    @property
    def is_sm_signal(self) -> bool:
        """Whether this is the Standard-Model decay in its own selection."""
        return self.sample.startswith("norm_") and self.selection.startswith("sm")

    @property
    def is_lnv_signal(self) -> bool:
        return self.sample.startswith("signal_")


def _components(spectra: Table, selection: str) -> list[_Component]:
    """Return what one selection holds: the Standard-Model signal first, then by size, falling."""
    by_sample: dict[str, list[dict[str, Any]]] = {}
    for row in find_rows(spectra, selection=selection):
        if not row["sample"].startswith(_DRAWN):
            continue
        by_sample.setdefault(row["sample"], []).append(row)
    if not by_sample:
        raise ValueError(
            f"the spectra have no selection {selection!r}; they have "
            f"{sorted(set(spectra['selection']))}"
        )
    components = [_Component(selection, name, rows) for name, rows in by_sample.items()]
    first = components[0]
    for component in components:
        if not np.array_equal(component.edges, first.edges):
            raise ValueError(
                f"samples {first.sample!r} and {component.sample!r} of selection {selection!r} "
                "have different bins; all samples of one selection must share theirs"
            )
    return sorted(components, key=lambda c: (not c.is_sm_signal, -c.events.sum()))


def _draw_panel(
    axes: Axes,
    channel: str,
    selection: str,
    components: list[_Component],
    regions: Regions,
    signal_label: str,
    handles: dict[str, Any],
    numbers: dict[str, list],
    points: DataPoints,
) -> None:
    """Stack the components upwards, the smallest at the bottom, and mark the regions."""
    edges = 1e3 * components[0].edges
    stacked = [c for c in components if not c.is_lnv_signal and c.events.sum() > 0]
    base = np.zeros(len(edges) - 1)
    for component in reversed(stacked):
        top = base + component.events
        look = look_of(component.sample)
        patch = axes.stairs(
            top, edges, baseline=base, fill=True, facecolor=look.colour, edgecolor="black",
            hatch=look.hatch, linewidth=0.4, zorder=1,
        )
        handles.setdefault(component.label, patch)
        _note(numbers, channel, "stacked", component)
        base = top
    variance = sum((c.sigma**2 for c in stacked), np.zeros(len(base)))
    axes.stairs(base, edges, color="black", linewidth=0.9, zorder=2)
    _draw_uncertainty(axes, edges, base, np.sqrt(variance), handles)
    for component in components:
        if component.is_lnv_signal and component.events.sum() > 0:
            line = axes.stairs(
                component.events, edges, color=COLOURS["vermilion"], linewidth=1.3,
                linestyle=(0, (4, 1.5)), zorder=4,
            )
            handles.setdefault(signal_label, line)
            _note(numbers, channel, "outline", component)
    _scale(axes, edges, components, base, points.highest)
    points.draw(axes, handles)
    if selection in _WITH_REGIONS:
        _mark_regions(axes, regions, selection.startswith("sm"), handles)
    axes.set_ylabel(f"Events / ({edges[1] - edges[0]:.3g} MeV/$c^2$)")


def _draw_uncertainty(axes: Axes, edges, total, sigma, handles: dict[str, Any]) -> None:
    """Bars of the statistical uncertainty of the simulation, where there is anything."""
    filled = total > 0
    if not filled.any():
        return
    bars = axes.errorbar(
        (0.5 * (edges[1:] + edges[:-1]))[filled], total[filled], sigma[filled],
        fmt="none", ecolor="black", elinewidth=0.7, zorder=3,
    )
    handles.setdefault("simulation, statistical", bars)


def _scale(
    axes: Axes, edges, components: list[_Component], total, highest_of_data: float
) -> None:
    """Logarithmic, over what is worth seeing, with room for the text above."""
    highest = max(
        highest_of_data,
        float(total.max(initial=0.0)),
        *(float(c.events.max()) for c in components),
    )
    highest = highest if highest > 0 else 1.0
    lowest = min(float(total[total > 0].min(initial=highest)), highest)
    bottom = max(0.5 * lowest, 1e-6 * highest)
    decades = np.log10(highest / bottom)
    room = 0.35 * max(decades, 1.5)
    # The limits first: the scale must not look for them among empty bins.
    axes.set(xlim=(edges[0], edges[-1]), ylim=(bottom, highest * 10**room))
    axes.set_yscale("log")


def _mark_regions(axes: Axes, regions: Regions, is_sm: bool, handles: dict[str, Any]) -> None:
    """Arrows at the ends of the Standard-Model signal; else a band, and dashes inside it."""
    if is_sm:
        if regions.normalisation is None:
            return
        low, high = axes.get_ylim()
        for edge in regions.normalisation:
            axes.annotate(
                "", xy=(1e3 * edge, low), xytext=(1e3 * edge, (low * low * high) ** (1 / 3)),
                arrowprops={"arrowstyle": "-|>", "color": COLOURS["vermilion"], "linewidth": 1.1},
                zorder=5,
            )
        (mark,) = axes.plot(
            [], [], color=COLOURS["vermilion"], marker=r"$\downarrow$", linestyle="", markersize=6,
        )
        handles.setdefault("SM signal region", mark)
        return
    masked = regions.masked or regions.signal
    if masked is None:
        return
    low, high = (1e3 * edge for edge in masked)
    band = axes.axvspan(low, high, facecolor="#DDDDDD", edgecolor="none", zorder=0)
    if regions.signal in (masked, None):
        handles.setdefault("signal region, masked", band)
    else:
        handles.setdefault("masked region", band)
        for edge in regions.signal:
            line = axes.axvline(
                1e3 * edge, color="black", linestyle=(0, (3, 2)), linewidth=0.8, zorder=5
            )
        handles.setdefault("LNV signal region", line)


def _signal_label(label: str, branching_fraction: float | None) -> str:
    if branching_fraction is None:
        return label
    mantissa, exponent = f"{branching_fraction:.3e}".split("e")
    power = f"10^{{{int(exponent)}}}"
    factor = f"{float(mantissa):g}"
    value = power if factor == "1" else rf"{factor}\times{power}"
    return label + rf", $\mathcal{{B}}={value}$"


def _note(
    numbers: dict[str, list], channel: str, drawn_as: str, component: _Component
) -> None:
    """Append the bins of a component to the numbers drawn."""
    bins = zip(
        component.edges[:-1], component.edges[1:], component.events, component.sigma, strict=True
    )
    for low, high, events, sigma in bins:
        _append(numbers, {
            "channel": channel, "drawn_as": drawn_as, "selection": component.selection,
            "sample": component.sample, "label": component.label,
            "mass_low_gev": round(float(low), 9), "mass_high_gev": round(float(high), 9),
            "expected_events": float(events), "uncertainty": float(sigma),
        })


def _append(numbers: dict[str, list], row: Mapping[str, Any]) -> None:
    """One row of the numbers drawn; cells that it lacks are empty."""
    for name, column in numbers.items():
        column.append(row.get(name))
