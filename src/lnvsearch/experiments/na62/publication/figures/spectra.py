"""Mass spectra of the NA62 searches: stacked backgrounds, signal, and the regions of mass.

The spectra are a table `selection, sample, label, role, mass_low_gev, mass_high_gev,
expected_events, uncertainty` of one channel.  The signal is drawn as an outline, the normalisation
channel and backgrounds are stacked, samples of another role are left out.  The
collaboration's events are not public: what the paper prints are counts of whole regions, and only
those are quoted, as text; a user's own events are points.  The numbers of a figure are the rows
drawn, with `channel` and `drawn_as` in front (`stacked`, `outline`, `published` for a count of data,
in the column `published_events`, or `data` for a user's, in `data_events`).
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
from lnvsearch.experiments.na62.publication.figures.style import (
    Regions,
    printed_regions,
    style_of,
)
from lnvsearch.experiments.na62.publication.numbers import Channels, Numbers
from lnvsearch.publication.figures.style import (
    COLOURS,
    column_figure,
    in_style,
    label_axes,
    say_too_few,
)
from lnvsearch.publication.labels import particle_label
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table, find_rows, table_from_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["masses"]

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
_DRAWN = ("signal", "normalisation", "background")
# Regions that differ by less (GeV) are the same: what floating point makes of printed digits.
_SAME_EDGE_GEV = 1e-6


@in_style
def masses(
    spectra: Table,
    published: PublishedNumbers,
    *,
    channel: str,
    panels: Sequence[Mapping[str, Any]],
    label: str,
    channels: Channels,
    signal_branching_fraction: float = 1e-10,
    user_spectra: Table | None = None,
) -> tuple[Figure, dict[str, list]]:
    """Draw the masses of a channel: a panel for each of its selections, one legend below them.

    A panel has the keys `selection`, `title`, `final_state` (PDG names) and `regions`
    ({name: windows in GeV}): `normalisation`, `masked` and `signal` are marked where it has them,
    and those that the paper prints where they differ; one with `normalisation` is a selection of
    the normalisation channel.  `label` names the signal decay, which the
    table normalises to `signal_branching_fraction`; `channels` says how the kaons of each channel
    are counted.  Counts of data are quoted if legible.  `user_spectra`: a user's own events of all
    channels, `channel, selection, mass_low_gev, mass_high_gev, events`.
    """
    figure, axes = _grid(len(panels))
    data = _of_channel(user_spectra, channel)
    drawn = _COLUMNS if data is None else (*_COLUMNS, "data_events")
    numbers: dict[str, list] = {name: [] for name in drawn}
    handles: dict[str, Any] = {}
    signal_label = _signal_label(label, signal_branching_fraction)
    printed = printed_regions(Numbers(published, channels), channel)
    for panel, place in zip(panels, axes.flat, strict=False):
        selection, points = panel["selection"], DataPoints(data, panel["selection"])
        applied = _regions(panel["regions"])
        is_sm = applied.normalisation is not None
        components = _components(spectra, selection, is_sm)
        _draw_panel(place, channel, components, signal_label, handles, numbers, points)
        _mark_regions(place, applied, is_sm, handles)
        _mark_printed(place, applied, printed, is_sm, handles)
        place.set_xlabel(f"{_mass(panel['final_state'])} [MeV/$c^2$]")
        found = printed_counts(channel, selection, published)
        quote_counts(place, panel["title"], found)
        counts = (
            {"channel": channel, "drawn_as": "published", "selection": selection,
             "sample": number.quantity, "label": f"data, {name}",
             "published_events": int(number.value)}
            for name, number in found
        )
        for row in (*counts, *points.rows(channel)):
            _append(numbers, row)
    for place in axes.flat[len(panels):]:
        place.remove()
    for place in axes[0]:
        label_axes(place)
    figure.legend(
        handles.values(), handles.keys(), loc="outside lower center",
        ncols=2 if len(panels) == 1 else 3, handleheight=1.1, columnspacing=1.2,
    )
    return figure, numbers


def _grid(panels: int) -> tuple[Figure, np.ndarray]:
    """A figure of one column for one panel, of two for more."""
    columns = min(panels, 2)
    rows = -(-panels // columns)
    return column_figure(
        columns, height_cm=6.0 * rows + (2.6 if columns == 2 else 4.4), nrows=rows, ncols=columns,
        squeeze=False,
    )


def _of_channel(user_spectra: Table | None, channel: str) -> Table | None:
    if user_spectra is None:
        return None
    return table_from_rows(find_rows(user_spectra, channel=channel), list(user_spectra))


def _regions(regions: Mapping[str, Sequence[Sequence[float]]]) -> Regions:
    """The regions of a selection, each from its first window's beginning to its last one's end."""
    hulls = (
        (windows[0][0], windows[-1][1]) if (windows := regions.get(name)) else None
        for name in ("normalisation", "masked", "signal")
    )
    return Regions(*hulls)


def _mass(final_state: Sequence[str]) -> str:
    """The mass of all particles, the pions first."""
    pion, *others = final_state
    others.sort(key=lambda name: name != "pi0")
    return rf"$m({''.join(map(particle_label, [pion, *others]))})$"


class _Component:
    """The spectrum of one sample in one selection: edges and counts, and what it is drawn as."""

    def __init__(self, selection: str, sample: str, rows: list[dict[str, Any]]):
        rows = sorted(rows, key=lambda row: row["mass_low_gev"])
        self.selection, self.sample, self.label = selection, sample, str(rows[0]["label"])
        self.role = rows[0]["role"]
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
    def is_lnv_signal(self) -> bool:
        return self.role == "signal"


def _components(spectra: Table, selection: str, is_sm: bool) -> list[_Component]:
    """Return what one selection holds: the signal that `is_sm` first, then by size, falling."""
    by_sample: dict[str, list[dict[str, Any]]] = {}
    for row in find_rows(spectra, selection=selection):
        if row["role"] in _DRAWN:
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
    return sorted(
        components, key=lambda c: (not (is_sm and c.role == "normalisation"), -c.events.sum())
    )


def _draw_panel(
    axes: Axes,
    channel: str,
    components: list[_Component],
    signal_label: str,
    handles: dict[str, Any],
    numbers: dict[str, list],
    points: DataPoints,
) -> None:
    """Stack the components upwards, the smallest at the bottom."""
    edges = 1e3 * components[0].edges
    stacked = [c for c in components if not c.is_lnv_signal and c.events.sum() > 0]
    base = np.zeros(len(edges) - 1)
    for component in reversed(stacked):
        top = base + component.events
        style = style_of(component.sample, component.role)
        patch = axes.stairs(
            top, edges, baseline=base, fill=True, facecolor=style.colour, edgecolor="black",
            hatch=style.hatch, linewidth=0.4, zorder=1,
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
    if not any(component.events.sum() > 0 for component in components):
        say_too_few(axes, "no simulated one passes this selection")
    _scale(axes, edges, components, base, points.highest)
    points.draw(axes, handles)
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


def _mark_printed(
    axes: Axes, applied: Regions, printed: Regions, is_sm: bool, handles: dict[str, Any]
) -> None:
    """Lines at the ends of regions that the paper prints otherwise than they were applied."""
    for name in ("normalisation",) if is_sm else ("masked", "signal"):
        ours, theirs = getattr(applied, name), getattr(printed, name)
        if ours is None or theirs is None or np.allclose(
            ours, theirs, rtol=0.0, atol=_SAME_EDGE_GEV
        ):
            continue
        for edge in theirs:
            line = axes.axvline(
                1e3 * edge, color=COLOURS["grey"], linestyle="-.", linewidth=0.9, zorder=5
            )
        handles.setdefault("published region", line)


def _signal_label(label: str, branching_fraction: float) -> str:
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
