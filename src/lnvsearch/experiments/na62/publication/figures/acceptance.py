"""Acceptances of the NA62 searches: over the Dalitz plane, and their ratios to the published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.na62.publication.figures.looks import channel_label, particle_label
from lnvsearch.experiments.na62.publication.tables.acceptance import (
    acceptance_ratios,
    published_ratio,
)
from lnvsearch.publication.figures.style import COLOURS, column_figure, in_style, label_axes
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["dalitz_area_fractions", "na62_acceptance_dalitz", "na62_acceptance_ratio"]

# Final states of the papers' channels with a Dalitz plane.
_FINAL_STATES = {"piee": ("pi-", "e+", "e+"), "pimumu": ("pi-", "mu+", "mu+")}
_STEPS_A_BIN = 40
# Cells that lie in the plane by less than this are left blank: radiation moves events across.
_SMALLEST_SHARE = 0.25


@in_style
def na62_acceptance_dalitz(
    candidates: Mapping[str, Mapping[str, Any]], sum_of_weights: Mapping[str, float], *,
    final_states: Mapping[str, Sequence[str]] | None = None,
    labels: Mapping[str, str] | None = None, bins: int = 24,
) -> tuple[Figure, dict[str, list]]:
    """Draw the acceptance over the Dalitz plane, m²(π l₁) against m²(π l₂), of π l l decays.

    `candidates[channel]` holds the columns `weight, true_mass_1_gev, true_mass_2_gev` of the
    candidates selected in the signal region; `sum_of_weights[channel]` is the sum of the weights of
    all decays generated, uniform in the plane: the generated density is this sum over the plane's
    area, and needs no events.  Channels are `piee`, `pimumu`, or those of `final_states` (PDG
    names: pion, first, second lepton); `labels` names their decays.  Where the leptons are alike,
    each candidate counts half at both of its points.  The numbers are `channel, mass_squared_1_low_gev2,
    mass_squared_2_low_gev2, bin_width_gev2, share_of_generated, selected_weight, acceptance,
    uncertainty`.  Raises ValueError for another channel.
    """
    names = ("channel", "mass_squared_1_low_gev2", "mass_squared_2_low_gev2", "bin_width_gev2",
             "share_of_generated", "selected_weight", "acceptance", "uncertainty")
    numbers: dict[str, list] = {name: [] for name in names}
    states = {**_FINAL_STATES, **(final_states or {})}
    unknown = [channel for channel in candidates if channel not in states]
    if unknown or not candidates:
        raise ValueError(f"channels {unknown or 'none'}: the Dalitz plane is drawn for one or more "
                         f"of {list(states)}")
    many = len(candidates) > 1
    figure, axes = column_figure(2 if many else 1, height_cm=7.4, ncols=len(candidates),
                                 squeeze=False)
    for panel, (channel, columns) in zip(axes.flat, candidates.items(), strict=True):
        pion, *leptons = states[channel]
        edges, shares = dalitz_area_fractions(leptons[0], bins, leptons[1])
        selected, variance = _selected(columns, edges, alike=leptons[0] == leptons[1])
        expected = shares * sum_of_weights[channel]
        inside = shares > 0
        acceptance = np.divide(selected, expected, out=np.full_like(selected, np.nan), where=inside)
        sigma = np.divide(np.sqrt(variance), expected, out=np.zeros_like(selected), where=inside)
        width = edges[1] - edges[0]
        whole = shares > _SMALLEST_SHARE * shares.max()
        drawn = np.where(whole, 100.0 * acceptance, np.nan)
        mesh = panel.pcolormesh(edges, edges, drawn.T, cmap="cividis", vmin=0.0, rasterized=True)
        _draw_boundary(panel, *leptons)
        panel.set(xlim=(edges[0], edges[-1]), ylim=(edges[0], edges[-1]), aspect="equal")
        first, second = (rf"{particle_label(pion)}{particle_label(lepton)}" for lepton in leptons)
        if first == second:
            first, second = f"{first}_1", f"{second}_2"
        panel.set_xlabel(rf"$m^2({first})$ [GeV$^2$/$c^4$]")
        panel.set_ylabel(rf"$m^2({second})$ [GeV$^2$/$c^4$]")
        mean = 100.0 * float(np.sum(columns["weight"])) / sum_of_weights[channel]
        panel.text(0.96, 0.95, f"{channel_label(channel, labels)}\nmean {mean:.2f}%",
                   transform=panel.transAxes, ha="right", va="top", fontsize=8)
        figure.colorbar(mesh, ax=panel, pad=0.02, shrink=0.8).set_label("Acceptance [%]")
        label_axes(panel)
        for i, j in zip(*np.nonzero(inside), strict=True):
            cells = (channel, round(float(edges[i]), 9), round(float(edges[j]), 9),
                     round(float(width), 9), float(shares[i, j]), float(selected[i, j]),
                     float(acceptance[i, j]), float(sigma[i, j]))
            for column, cell in zip(numbers.values(), cells, strict=True):
                column.append(cell)
    return figure, numbers


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
    mass_squared, kaon: float, pion: float, lepton: float, other: float | None = None
):
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


_RATIO_LOOKS = {
    "nominal": ("Simulated, default", "blue", "s"),
    "hypothesis_a_no_fsr_in_signal": ("Hypothesis A: no radiation in the LNV sample", "green", "^"),
    "hypothesis_b_outer_tiles": ("Hypothesis B: outer muon tiles at L0", "orange", "D"),
}


@in_style
def na62_acceptance_ratio(
    acceptance: Mapping[str, Table], published: PublishedNumbers, *,
    labels: Mapping[str, str] | None = None,
) -> tuple[Figure, dict[str, list]]:
    """Draw A_SM/A_LNV over the published ratio: default, and under the hypotheses named.

    `acceptance[channel]` has the columns of the acceptance tables; a channel without a
    Standard-Model decay of its own is set against that of `piee`.  Where the paper prints no ratio
    the default stands in for it.  `labels` names the decays.  The numbers: `channel,
    variation, ratio, ratio_uncertainty, ratio_published, ratio_published_uncertainty,
    ratio_over_published`.
    """
    names = ("channel", "variation", "ratio", "ratio_uncertainty", "ratio_published",
             "ratio_published_uncertainty", "ratio_over_published")
    numbers: dict[str, list] = {name: [] for name in names}
    figure, axes = column_figure(1, height_cm=4.2 + 2.2 * len(acceptance))
    ticks, labelled = [], set()
    for index, channel in enumerate(acceptance):
        ratios = acceptance_ratios(acceptance, channel)
        shown = [name for name in _RATIO_LOOKS if name in ratios]
        of_paper = published_ratio(published, channel)
        label = channel_label(channel, labels)
        if of_paper is None:
            # Without an accepted event there is nothing to set a scale.
            reference, sigma = ratios.get("nominal", (1.0, 0.0))[0], None
            ticks.append((-index, f"{label}\nnot published"))
        else:
            reference, sigma = of_paper
            digits = 3 if reference < 10 else 2
            ticks.append((-index, f"{label}\npublished {reference:.{digits}f}"))
            axes.fill_betweenx(
                [-index - 0.42, -index + 0.42], 1 - sigma / reference, 1 + sigma / reference,
                facecolor="#DDDDDD", edgecolor="none",
                label=None if "published" in labelled else "Published, with its ± or rounding",
            )
            labelled.add("published")
        for place, variation in enumerate(shown):
            value, uncertainty = ratios[variation]
            legend, colour, marker = _RATIO_LOOKS[variation]
            height = -index + 0.3 - 0.6 * (place + 0.5) / len(shown)
            axes.errorbar(
                [value / reference], [height], xerr=[uncertainty / reference], fmt=marker,
                color=COLOURS[colour], markersize=4, elinewidth=0.9,
                label=None if variation in labelled else legend,
            )
            axes.annotate(f"{value:.3f}" if value < 10 else f"{value:.2f}",
                          (value / reference, height), xytext=(0, 3.5), textcoords="offset points",
                          va="bottom", ha="center", fontsize=8)
            labelled.add(variation)
            cells = (channel, variation, value, uncertainty, *(of_paper or (None, None)),
                     value / reference)
            for column, cell in zip(numbers.values(), cells, strict=True):
                column.append(cell)
    axes.axvline(1.0, color="black", linewidth=0.8)
    values = [1.0, *numbers["ratio_over_published"]]
    span = max(max(values) - min(values), 0.1)
    axes.set_xlim(min(values) - 0.25 * span, max(values) + 0.25 * span)
    axes.set_ylim(-len(acceptance) + 0.4, 0.6)
    axes.set_yticks([tick for tick, _ in ticks], [text for _, text in ticks])
    axes.tick_params(axis="y", which="both", length=0)
    over = "the published ratio" if "published" in labelled else "the default's"
    axes.set_xlabel(r"$(A_{\mathrm{SM}}/A_{\mathrm{LNV}})$ over " + over)
    figure.legend(loc="outside lower center", ncols=1)
    label_axes(axes)
    return figure, numbers
