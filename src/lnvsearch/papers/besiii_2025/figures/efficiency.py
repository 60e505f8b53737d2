"""Efficiencies: against the Majorana mass, between the models, and under calibration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lnvsearch.limit_tables import other_reading
from lnvsearch.papers.besiii_2025.figures.readings import reading_curves
from lnvsearch.papers.besiii_2025.readings import percent_at
from lnvsearch.publication.figures.style import COLOURS, column_figure, in_style, label_axes
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import pdg_round
from lnvsearch.tables import Table, find_rows, table_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["calibration_curve", "efficiency_vs_mass", "modelling"]


@in_style
def efficiency_vs_mass(
    efficiencies: Table, published: PublishedNumbers, *, in_mass_bin: bool = True
) -> tuple[Figure, dict[str, list]]:
    """Draw the efficiency for two Majorana neutrinos against their mass.

    `efficiencies` has the columns of its result file.  Drawn are all three angles of the pair, with
    equal weight, and each with the other reading of the 25 MeV bin of m(Ke) (thin and dashed), the
    isotropic pair before the calibration, and what the paper prints, hollow where the
    reading is doubtful.  Published bars are the paper's total systematic uncertainty, where it is
    legible.  The numbers, in percent: `mass_gev, series, efficiency_percent, uncertainty_percent,
    reading_confidence`.
    """
    figure, axes = column_figure(height_cm=8.6)
    numbers: dict[str, list] = {
        column: []
        for column in (
            "mass_gev",
            "series",
            "efficiency_percent",
            "uncertainty_percent",
            "reading_confidence",
        )
    }
    end = other_reading(in_mass_bin)
    for variant, legend, colour, marker, style in reading_curves(in_mass_bin):
        variation = variant.removesuffix(end)
        is_other = variation != variant
        points = _efficiencies(efficiencies, variation, in_mass_bin != is_other)
        if not points:
            continue
        axes.errorbar(
            *zip(*points, strict=True),
            color=COLOURS[colour],
            marker=marker or None,
            markersize=2.8,
            linestyle=style,
            linewidth=1.0 if marker else 0.8,
            elinewidth=1.0 if marker else 0.0,
            label=legend,
        )
        for mass, value, uncertainty in points:
            _append(numbers, (mass, f"simulated_{variant}", value, uncertainty, None))
    _draw_published(axes, published, numbers)
    highest = max((value for value in numbers["efficiency_percent"]), default=1.0)
    axes.set(xlim=(0.5, 1.6), ylim=(0.0, 1.25 * highest))
    axes.set_xlabel(r"$m_{\nu_M}$ [GeV/$c^2$]")
    axes.set_ylabel(r"Efficiency $\varepsilon_{2\nu_M}$ [%]")
    axes.legend(loc="lower right")
    label_axes(axes)
    return figure, numbers


def _efficiencies(
    efficiencies: Table, variation: str, in_mass_bin: bool
) -> list[tuple[float, float, float]]:
    """Mass in GeV, efficiency of the pair and its uncertainty in percent, ascending in mass."""
    rows = find_rows(efficiencies, model="two_majorana", variation=variation)
    masses = sorted(row["mass_gev"] for row in rows if row["mass_gev"] is not None)
    found = ((mass, percent_at(efficiencies, variation, mass, in_mass_bin)) for mass in masses)
    return [(mass, *percent) for mass, percent in found if percent is not None]


@in_style
def modelling(
    systematics_by_mass: Table, published: PublishedNumbers
) -> tuple[Figure, dict[str, list]]:
    """Draw the difference of the two Majorana models against what Table 2 of the paper implies.

    Simulated: |ε(1ν) − ε(2ν)|/ε(2ν), column `modelling_percent` with its statistical uncertainty.
    Published: √(Δ² − Δ₀²), with Δ of Table 2 and Δ₀ the total of Table 1, hollow where the reading
    is doubtful, and 0 where Δ does not exceed Δ₀.  The numbers: `mass_gev, series,
    modelling_percent, uncertainty_percent, reading_confidence`.
    """
    common = published.value("systematic_total_percent")
    figure, axes = column_figure()
    numbers: dict[str, list] = {
        column: []
        for column in (
            "mass_gev",
            "series",
            "modelling_percent",
            "uncertainty_percent",
            "reading_confidence",
        )
    }
    points = sorted(
        (row["mass_gev"], row["modelling_percent"], row["modelling_uncertainty_percent"] or 0.0)
        for row in table_rows(systematics_by_mass)
        if row["modelling_percent"] is not None
    )
    if points:
        axes.errorbar(
            *zip(*points, strict=True),
            color=COLOURS["blue"],
            marker="s",
            markersize=2.8,
            linestyle="-",
            linewidth=1.0,
            label=r"Simulated $|\varepsilon_{1\nu}-\varepsilon_{2\nu}|/\varepsilon_{2\nu}$",
        )
    for mass, value, uncertainty in points:
        _append(numbers, (mass, "simulated", value, uncertainty, None))
    for legible in (True, False):
        drawn = []
        for number in published:
            is_total = number.quantity == "systematic_total_percent" and number.mass_gev is not None
            if is_total and number.value is not None and number.legible == legible:
                implied = math.sqrt(max(number.value**2 - common**2, 0.0))
                drawn.append((number.mass_gev, implied))
                _append(
                    numbers,
                    (number.mass_gev, "published", implied, None, number.reading_confidence),
                )
        if drawn:
            legend = r"Published $\sqrt{\Delta^2-\Delta_0^2}$" if legible else "Doubtful reading"
            axes.plot(*zip(*drawn, strict=True), label=legend, **_published_marker(legible))
    highest = max(numbers["modelling_percent"], default=1.0)
    axes.set(xlim=(0.5, 1.6), ylim=(-0.03 * highest, 1.45 * highest))
    axes.set_xlabel(r"$m_{\nu_M}$ [GeV/$c^2$]")
    axes.set_ylabel("Modelling uncertainty [%]")
    axes.legend(loc="upper center")
    label_axes(axes)
    return figure, numbers


@in_style
def calibration_curve(
    calibration_trials: Table, published: PublishedNumbers, calibration_record: Mapping[str, Any]
) -> tuple[Figure, dict[str, list]]:
    """Draw the phase-space efficiency against the calibrated scalar, and the published value.

    `calibration_trials` has the columns `low_momentum_scale, efficiency, efficiency_uncertainty`
    (fractions), one row a simulated value of the scalar k; the nominal value of the record is the k
    that was kept.  The band is the published efficiency with half a unit of its last digit.  The numbers:
    `low_momentum_scale, efficiency_percent, efficiency_uncertainty_percent, chosen,
    published_percent`.
    """
    chosen_scale = calibration_record["values"]["nominal"]["value"]
    number = published.find("efficiency_percent")
    target = published.value("efficiency_percent")
    rows = sorted(
        (
            row["low_momentum_scale"],
            100 * row["efficiency"],
            100 * (row["efficiency_uncertainty"] or 0.0),
        )
        for row in table_rows(calibration_trials)
    )
    figure, axes = column_figure()
    axes.axhspan(
        target - number.resolution / 2,
        target + number.resolution / 2,
        color=COLOURS["orange"],
        label=f"Published {number.digits}%",
    )
    axes.errorbar(
        *zip(*rows, strict=True),
        color=COLOURS["blue"],
        marker="o",
        markersize=3,
        linewidth=1.0,
        label="Simulated phase space",
    )
    axes.axvline(1.0, color=COLOURS["grey"], linestyle=":", linewidth=1.0,
                 label="$k=1$, uncalibrated")
    axes.axvline(
        chosen_scale,
        color=COLOURS["vermilion"],
        linestyle="--",
        linewidth=1.0,
        label=f"Calibrated, $k$ = {_with_error(calibration_record)}",
    )
    axes.set_xlabel("Scale $k$ of the low-momentum electron response")
    axes.set_ylabel("Efficiency [%]")
    efficiencies = [target, *(row[1] for row in rows)]
    low, high = min(efficiencies), max(efficiencies)
    axes.set_ylim(low - 0.1 * (high - low) - 0.05, high + 0.65 * (high - low) + 0.05)
    axes.legend(loc="upper right")
    label_axes(axes)
    return figure, {
        "low_momentum_scale": [row[0] for row in rows],
        "efficiency_percent": [row[1] for row in rows],
        "efficiency_uncertainty_percent": [row[2] for row in rows],
        "chosen": [row[0] == chosen_scale for row in rows],
        "published_percent": [target] * len(rows),
    }


def _with_error(record: Mapping[str, Any]) -> str:
    """The calibrated scalar with the digits that the events allow.

    Its uncertainty is that of the efficiency over the slope between the ends of the range.
    """
    found = record["values"]["nominal"]
    (first, last), (begin, end) = record["allowed"], record["simulated_at_ends"]
    slope = abs(end - begin) / (last - first)
    return pdg_round(found["value"], found["simulated_uncertainty"] / slope if slope else 0.0)


def _draw_published(axes, published: PublishedNumbers, numbers: dict[str, list]) -> None:
    for legible, legend in ((True, "Published"), (False, "Published, doubtful reading")):
        points = []
        for number in published:
            is_efficiency = number.quantity == "efficiency_percent" and number.mass_gev is not None
            if not is_efficiency or number.value is None or number.legible != legible:
                continue
            relative = published.legible_value("systematic_total_percent", number.mass_gev)
            uncertainty = None if relative is None else number.value * relative / 100
            points.append((number.mass_gev, number.value, uncertainty))
            _append(
                numbers,
                (
                    number.mass_gev,
                    "published",
                    number.value,
                    uncertainty,
                    number.reading_confidence,
                ),
            )
        if points:
            masses, values, uncertainties = zip(*points, strict=True)
            axes.errorbar(
                masses,
                values,
                [u if u is not None and legible else 0.0 for u in uncertainties],
                elinewidth=0.8,
                zorder=3,
                label=legend,
                **_published_marker(legible),
            )


def _published_marker(legible: bool) -> dict:
    return {
        "color": "black" if legible else COLOURS["grey"],
        "marker": "o",
        "markersize": 3.6,
        "markerfacecolor": "black" if legible else "white",
        "markeredgewidth": 0.8,
        "linestyle": "",
    }


def _append(numbers: dict[str, list], row: tuple) -> None:
    for column, cell in zip(numbers.values(), row, strict=True):
        column.append(cell)
