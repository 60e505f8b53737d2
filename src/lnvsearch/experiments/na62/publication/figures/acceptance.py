"""Acceptances of the NA62 searches: over the Dalitz plane, and their ratios to the published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch import particles
from lnvsearch.event_files import read_tree
from lnvsearch.experiments.na62.candidate_files import read_generated
from lnvsearch.experiments.na62.publication.numbers import Channels, Numbers
from lnvsearch.experiments.na62.publication.tables.acceptance import (
    acceptance_ratios,
    published_ratio,
)
from lnvsearch.publication.figures.style import (
    COLOURS,
    column_figure,
    in_style,
    label_axes,
    say_too_few,
)
from lnvsearch.publication.labels import particle_label
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import pdg_round_pair
from lnvsearch.tables import Table, table_from_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "acceptance_dalitz",
    "acceptance_ratio",
    "dalitz_area_fractions",
    "dalitz_limits",
    "draw_dalitz",
]

_STEPS_A_BIN = 40
# Cells with a smaller share inside the plane are left blank: radiation moves events across its
# edge.
_SMALLEST_SHARE = 0.25
_DALITZ_COLUMNS = (
    "channel", "mass_squared_1_low_gev2", "mass_squared_2_low_gev2", "bin_width_gev2",
    "share_of_generated", "selected_weight", "acceptance", "uncertainty",
)


def acceptance_dalitz(
    dalitz_candidates: Mapping[str, str],
    *,
    signals: Mapping[str, Mapping[str, Any]],
    labels: Mapping[str, str],
) -> tuple[Figure, dict[str, list]]:
    """Draw the acceptance over the Dalitz plane of the candidates in the signal region.

    `dalitz_candidates[channel]` is the file of the selected signal; `signals[channel]` has its
    `selection`, the windows `region_gev` of its signal region and its `final_state`.  All else as
    in `draw_dalitz`.
    """
    candidates, sums, states = {}, {}, {}
    for channel, path in dalitz_candidates.items():
        signal = signals[channel]
        columns = read_tree(
            path, f"{channel}_{signal['selection']}",
            ["weight", "mass_gev", "true_mass_1_gev", "true_mass_2_gev"],
        )
        sums[channel] = read_generated(path)["sum_weight"]
        mass = columns.pop("mass_gev")
        inside = np.any([(mass > low) & (mass < high) for low, high in signal["region_gev"]], axis=0)
        candidates[channel] = {name: values[inside] for name, values in columns.items()}
        states[channel] = signal["final_state"]
    return draw_dalitz(candidates, sums, final_states=states, labels=labels)


@in_style
def draw_dalitz(
    candidates: Mapping[str, Mapping[str, Any]], sum_of_weights: Mapping[str, float], *,
    final_states: Mapping[str, Sequence[str]], labels: Mapping[str, str], bins: int = 24,
) -> tuple[Figure, dict[str, list]]:
    """Draw the acceptance over the Dalitz plane, m²(π l₁) against m²(π l₂), of π l l decays.

    `candidates[channel]` holds the columns `weight, true_mass_1_gev, true_mass_2_gev` of the
    candidates selected in the signal region; `sum_of_weights[channel]` is the sum of the weights of
    all decays generated, uniform in the plane: the generated density is this sum over the plane's
    area, and needs no events.  `final_states` are PDG names: pion, first, second lepton; `labels`
    name the decays.  Where the leptons are alike, each candidate counts half at both of its points.
    The numbers are `channel, mass_squared_1_low_gev2, mass_squared_2_low_gev2, bin_width_gev2,
    share_of_generated, selected_weight, acceptance, uncertainty`.  Raises ValueError for a channel
    without a final state, or without any channel.
    """
    unknown = [channel for channel in candidates if channel not in final_states]
    if unknown or not candidates:
        raise ValueError(f"channels {unknown or 'none'}: the Dalitz plane is drawn for one or more "
                         f"of {list(final_states)}")
    figure, axes = column_figure(2 if len(candidates) > 1 else 1, height_cm=7.4,
                                 ncols=len(candidates), squeeze=False)
    rows: list[dict[str, Any]] = []
    for panel, (channel, columns) in zip(axes.flat, candidates.items(), strict=True):
        pion, *leptons = final_states[channel]
        cells = _Cells(columns, leptons, bins, sum_of_weights[channel])
        mesh = panel.pcolormesh(
            cells.edges, cells.edges, cells.drawn_percent.T, cmap="cividis", vmin=0.0,
            rasterized=True,
        )
        _draw_boundary(panel, *leptons)
        ends = (cells.edges[0], cells.edges[-1])
        panel.set(xlim=ends, ylim=ends, aspect="equal")
        first, second = (rf"{particle_label(pion)}{particle_label(lepton)}" for lepton in leptons)
        if first == second:
            first, second = f"{first}_1", f"{second}_2"
        panel.set_xlabel(rf"$m^2({first})$ [GeV$^2$/$c^4$]")
        panel.set_ylabel(rf"$m^2({second})$ [GeV$^2$/$c^4$]")
        mean, sigma = _mean_percent(columns["weight"], sum_of_weights[channel])
        if mean == 0.0:
            say_too_few(panel, "no decay is selected")
        digits = pdg_round_pair(mean, sigma)[0]
        panel.text(0.96, 0.95, f"{labels[channel]}\nmean {digits}%",
                   transform=panel.transAxes, ha="right", va="top", fontsize=8)
        figure.colorbar(mesh, ax=panel, pad=0.02, shrink=0.8).set_label("Acceptance [%]")
        label_axes(panel)
        rows += cells.rows(channel)
    return figure, table_from_rows(rows, _DALITZ_COLUMNS)


def _mean_percent(weights: Any, sum_of_weights: float) -> tuple[float, float]:
    """The acceptance of all decays together, and its statistical uncertainty, in percent."""
    weights = np.asarray(weights, dtype=float)
    sums = float(weights.sum()), float(np.sqrt((weights**2).sum()))
    return 100.0 * sums[0] / sum_of_weights, 100.0 * sums[1] / sum_of_weights


class _Cells:
    """The plane in cells: their share of the generated decays, what is selected, the acceptance."""

    def __init__(
        self, columns: Mapping[str, Any], leptons: Sequence[str], bins: int, sum_of_weights: float
    ):
        first, second = leptons
        self.edges, self.shares = dalitz_area_fractions(first, bins, second)
        self.selected, variance = _selected(columns, self.edges, alike=first == second)
        expected = self.shares * sum_of_weights
        self.inside = self.shares > 0
        self.acceptance = np.divide(
            self.selected, expected, out=np.full_like(self.selected, np.nan), where=self.inside
        )
        self.sigma = np.divide(
            np.sqrt(variance), expected, out=np.zeros_like(self.selected), where=self.inside
        )

    @property
    def drawn_percent(self) -> np.ndarray:
        whole = self.shares > _SMALLEST_SHARE * self.shares.max()
        return np.where(whole, 100.0 * self.acceptance, np.nan)

    def rows(self, channel: str) -> Iterator[dict[str, Any]]:
        """Yield the numbers of all cells that have a part of the plane."""
        width = round(float(self.edges[1] - self.edges[0]), 9)
        for i, j in zip(*np.nonzero(self.inside), strict=True):
            cells = (
                channel, round(float(self.edges[i]), 9), round(float(self.edges[j]), 9), width,
                *(float(values[i, j]) for values in
                  (self.shares, self.selected, self.acceptance, self.sigma)),
            )
            yield dict(zip(_DALITZ_COLUMNS, cells, strict=True))


def dalitz_area_fractions(
    lepton: str, bins: int, other: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return edges (bins + 1) in GeV² and the share (bins, bins) of the plane's area in each cell.

    `other` is the second lepton, without it one like the first; both axes have the same edges.
    The plane is m²(π l₁) against m²(π l₂) of K⁺ → π l l; limits of the second at given first:
    PDG, Kinematics, Eq. (49.23).  Phase space is uniform in it, so a share is the fraction of
    decays in the cell.  Exact in one direction, midpoint rule in the other.
    """
    kaon, pion, mass, other_mass = (
        particles.mass_gev(name) for name in ("K+", "pi+", lepton, other or lepton)
    )
    lightest = min(mass, other_mass)
    edges = np.linspace((pion + lightest) ** 2, (kaon - lightest) ** 2, bins + 1)
    steps = np.linspace(edges[0], edges[-1], bins * _STEPS_A_BIN + 1)
    middles = 0.5 * (steps[1:] + steps[:-1])
    low, high = dalitz_limits(middles, kaon, pion, mass, other_mass)
    upper = np.minimum(high[:, None], edges[None, 1:])
    lower = np.maximum(low[:, None], edges[None, :-1])
    overlap = np.clip(upper - lower, 0.0, None)
    area = overlap.reshape(bins, _STEPS_A_BIN, bins).sum(axis=1)
    return edges, area / area.sum()


def dalitz_limits(
    mass_squared: np.ndarray, kaon: float, pion: float, lepton: float, other: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the largest m²(π l₂) at given m²(π l₁), GeV²; PDG Eq. (49.23).

    `other` is the mass of l₂, if not that of l₁.  Outside the range of m²(π l₁) the two are equal.
    """
    other = lepton if other is None else other
    mass = np.sqrt(mass_squared)
    pion_energy = (mass_squared - lepton**2 + pion**2) / (2 * mass)
    lepton_energy = (kaon**2 - mass_squared - other**2) / (2 * mass)
    pion_p = np.sqrt(np.clip(pion_energy**2 - pion**2, 0.0, None))
    lepton_p = np.sqrt(np.clip(lepton_energy**2 - other**2, 0.0, None))
    total = (pion_energy + lepton_energy) ** 2
    return total - (pion_p + lepton_p) ** 2, total - (pion_p - lepton_p) ** 2


def _selected(columns: Mapping[str, Any], edges, *, alike: bool) -> tuple[np.ndarray, np.ndarray]:
    """Sum weights and their squares in the cells, of alike leptons both ways round."""
    first, second = (
        np.asarray(columns[name], dtype=float) ** 2
        for name in ("true_mass_1_gev", "true_mass_2_gev")
    )
    weight = np.asarray(columns["weight"], dtype=float)
    inside = np.isfinite(first) & np.isfinite(second)
    first, second, weight = first[inside], second[inside], weight[inside]
    result = []
    for values in (weight, weight**2):
        counts, _, _ = np.histogram2d(first, second, [edges, edges], weights=values)
        result.append(0.5 * (counts + counts.T) if alike else counts)
    return result[0], result[1]


def _draw_boundary(axes, lepton: str, other: str) -> None:
    kaon, pion, mass, other_mass = (
        particles.mass_gev(name) for name in ("K+", "pi+", lepton, other)
    )
    # Closer together at the ends, where the boundary is steep.
    phase = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, 400))
    x = (pion + mass) ** 2 + phase * ((kaon - other_mass) ** 2 - (pion + mass) ** 2)
    low, high = dalitz_limits(x, kaon, pion, mass, other_mass)
    axes.plot(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]]), color="black",
              linewidth=0.8)


# How the default and then the hypotheses, in their order, are drawn: colour and marker.
_RATIO_STYLES = (
    ("blue", "s"), ("green", "^"), ("orange", "D"), ("purple", "v"), ("sky", "o"), ("grey", "P"),
)
_RATIO_COLUMNS = (
    "channel", "variation", "ratio", "ratio_uncertainty", "ratio_published",
    "ratio_published_uncertainty", "ratio_published_rounding", "ratio_over_published",
)


@in_style
def acceptance_ratio(
    acceptance: Mapping[str, Table],
    published: PublishedNumbers,
    *,
    channels: Channels,
    labels: Mapping[str, str],
    legends: Mapping[str, str],
) -> tuple[Figure, dict[str, list]]:
    """Draw A_SM/A_LNV over the published ratio: default, and under hypotheses.

    `acceptance[channel]` has the columns of the acceptance tables; `channels` says how the kaons of
    each channel are counted.  Where the paper prints no ratio the default stands in for it.
    `labels` name the decays, `legends` the hypotheses that are drawn, {variation: legend}.  The
    numbers: `channel, variation, ratio, ratio_uncertainty, ratio_published,
    ratio_published_uncertainty, ratio_published_rounding, ratio_over_published`.
    """
    numbers = Numbers(published, channels)
    styles = {
        variation: (legend, *style)
        for (variation, legend), style in zip(
            {"nominal": "Simulated, default", **legends}.items(), _RATIO_STYLES, strict=False
        )
    }
    figure, axes = column_figure(1, height_cm=4.2 + 2.2 * len(acceptance))
    rows: list[dict[str, Any]] = []
    ticks = []
    named: set[str] = set()
    for index, channel in enumerate(acceptance):
        ratios = acceptance_ratios(acceptance, channel, channels)
        of_paper = published_ratio(numbers, channel)
        # Without an accepted event there is nothing to set a scale.
        reference = of_paper.value if of_paper else ratios.get("nominal", (1.0, 0.0))[0]
        text = "not published"
        if of_paper is not None:
            text = f"published {reference:.{3 if reference < 10 else 2}f}"
            width = ((of_paper.sigma or 0.0) + of_paper.rounding) / reference
            axes.fill_betweenx(
                [-index - 0.42, -index + 0.42], 1 - width, 1 + width,
                facecolor="#DDDDDD", edgecolor="none",
                label=_once("Published, with its ± and rounding", named),
            )
        ticks.append(f"{labels[channel]}\n{text}")
        shown = {variation: ratios[variation] for variation in styles if variation in ratios}
        _draw_ratios(axes, -index, shown, reference, styles, named)
        for variation, ratio in shown.items():
            cells = (channel, variation, *ratio, *(of_paper or (None,) * 3), ratio[0] / reference)
            rows.append(dict(zip(_RATIO_COLUMNS, cells, strict=True)))
    axes.axvline(1.0, color="black", linewidth=0.8)
    values = [1.0, *(row["ratio_over_published"] for row in rows)]
    span = max(max(values) - min(values), 0.1)
    axes.set_xlim(min(values) - 0.25 * span, max(values) + 0.25 * span)
    axes.set_ylim(-len(acceptance) + 0.4, 0.6)
    axes.set_yticks([-index for index in range(len(ticks))], ticks)
    axes.tick_params(axis="y", which="both", length=0)
    is_published = any(row["ratio_published"] is not None for row in rows)
    over = "the published ratio" if is_published else "the default's"
    axes.set_xlabel(r"$(A_{\mathrm{SM}}/A_{\mathrm{LNV}})$ over " + over)
    figure.legend(loc="outside lower center", ncols=1)
    label_axes(axes)
    return figure, table_from_rows(rows, _RATIO_COLUMNS)


def _once(legend: str, named: set[str]) -> str | None:
    """The legend at its first use only; `named` holds those already drawn."""
    if legend in named:
        return None
    named.add(legend)
    return legend


def _draw_ratios(
    axes: Axes, centre: float, ratios: Mapping[str, tuple[float, float]], reference: float,
    styles: Mapping[str, tuple[str, str, str]], named: set[str],
) -> None:
    """Draw the ratios of one channel below each other, with their values."""
    for place, (variation, (value, uncertainty)) in enumerate(ratios.items()):
        legend, colour, marker = styles[variation]
        height = centre + 0.3 - 0.6 * (place + 0.5) / len(ratios)
        axes.errorbar(
            [value / reference], [height], xerr=[uncertainty / reference], fmt=marker,
            color=COLOURS[colour], markersize=4, elinewidth=0.9, label=_once(legend, named),
        )
        axes.annotate(pdg_round_pair(value, uncertainty)[0],
                      (value / reference, height), xytext=(0, 3.5), textcoords="offset points",
                      va="bottom", ha="center", fontsize=8)
