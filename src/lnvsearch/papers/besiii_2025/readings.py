"""Readings of the mass scan that the paper leaves open: the pair's angles, and the bin in mass.

The paper names a chain of decays beside "the PHSP generator", which is an isotropic pair.  Two
identical Majorana fermions follow 1 + cos^2, and V - A also correlates their decays.  Nor does the
paper say whether its efficiencies count only events in the 25 MeV bin of m(Ke).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import pdg_round_pair, round_significant
from lnvsearch.tables import Table, find_rows, text_table

__all__ = [
    "ANGLES",
    "BEYOND_OVERLAPS_GEV",
    "Reading",
    "pair_angles",
    "percent_at",
    "readings",
    "scan_readings",
]

#: Variation -> the angles of the pair in words; the first is the reproduction of the paper.
ANGLES = {
    "nominal": "isotropic",
    "pair_one_plus_cos2": "1 + cos²θ",
    "pair_v_minus_a": "V − A",
}
#: From this mass on K+ and e- do not meet in the detector; the slope is taken there.
BEYOND_OVERLAPS_GEV = 0.9

READING_COLUMNS = (
    "angles", "mass_bin", "masses", "rms_deviation_percent", "largest_deviation_percent",
    "largest_deviation_mass_gev", "masses_above", "mean_deviation_above_percent",
    "slope_percent_per_gev",
)  # fmt: skip
ANGLE_COLUMNS = (
    "mass_gev", "limit_published",
    "efficiency_isotropic", "efficiency_isotropic_uncertainty",
    "efficiency_one_plus_cos2", "efficiency_one_plus_cos2_uncertainty",
    "limit_ratio_one_plus_cos2", "limit_ratio_one_plus_cos2_uncertainty",
    "limit_moved_one_plus_cos2",
    "efficiency_v_minus_a", "efficiency_v_minus_a_uncertainty",
    "limit_ratio_v_minus_a", "limit_ratio_v_minus_a_uncertainty", "limit_moved_v_minus_a",
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """Deviations of the simulated efficiencies from the legible published ones, ascending in mass.

    `mass_gev`, `deviation_percent`: (n,), ratio - 1; `in_mass_bin`: whether events must lie in it.
    """

    variation: str
    in_mass_bin: bool
    mass_gev: Sequence[float]
    deviation_percent: Sequence[float]

    @property
    def rms_percent(self) -> float:
        """Root mean square of the deviations, in percent."""
        squares = math.fsum(d * d for d in self.deviation_percent)
        return math.sqrt(squares / len(self.deviation_percent))

    def above(self, lowest_gev: float = BEYOND_OVERLAPS_GEV) -> Reading:
        """The same from this mass on."""
        kept = [
            pair for pair in zip(self.mass_gev, self.deviation_percent, strict=True)
            if pair[0] > lowest_gev - 5e-7
        ]  # fmt: skip
        masses, deviations = zip(*kept, strict=True) if kept else ((), ())
        return Reading(self.variation, self.in_mass_bin, masses, deviations)

    @property
    def mean_percent(self) -> float | None:
        """Mean deviation in percent; None without any mass."""
        n = len(self.mass_gev)
        return math.fsum(self.deviation_percent) / n if n else None

    @property
    def slope_percent_per_gev(self) -> float | None:
        """Slope of the straight line of least squares through them; None with fewer than two."""
        if len(self.mass_gev) < 2:
            return None
        centre = math.fsum(self.mass_gev) / len(self.mass_gev)
        away = [mass - centre for mass in self.mass_gev]
        products = (a * d for a, d in zip(away, self.deviation_percent, strict=True))
        return math.fsum(products) / math.fsum(a * a for a in away)


def percent_at(
    efficiencies: Table, variation: str, mass_gev: float, in_mass_bin: bool
) -> tuple[float, float] | None:
    """Efficiency of the pair at a mass and its uncertainty in percent; None where not simulated."""
    found = find_rows(efficiencies, model="two_majorana", variation=variation, mass_gev=mass_gev)
    name = "efficiency_in_bin" if in_mass_bin else "efficiency"
    if not found or found[0][name] is None:
        return None
    return 100.0 * found[0][name], 100.0 * (found[0][f"{name}_uncertainty"] or 0.0)


def readings(efficiencies: Table, published: PublishedNumbers) -> Iterator[Reading]:
    """Every reading that was simulated at a legible mass: with the bin first, then without."""
    for variation in ANGLES:
        for in_mass_bin in (True, False):
            masses, deviations = [], []
            for mass in published.masses_gev():
                printed = published.legible_value("efficiency_percent", mass)
                simulated = percent_at(efficiencies, variation, mass, in_mass_bin)
                if printed is not None and simulated is not None:
                    masses.append(mass)
                    deviations.append(100.0 * (simulated[0] / printed - 1.0))
            if masses:
                yield Reading(variation, in_mass_bin, masses, deviations)


def scan_readings(efficiencies: Table, published: PublishedNumbers) -> dict[str, list[str]]:
    """Return how far every reading is from the legible efficiencies of the scan, in percent.

    The mean and the slope are those of the masses from 0.9 GeV on.
    """
    return text_table(map(_reading_row, readings(efficiencies, published)), READING_COLUMNS)


def pair_angles(
    efficiencies: Table,
    published: PublishedNumbers,
    *,
    in_mass_bin: bool = True,
    weighted_variations: Sequence[str] = (),
) -> dict[str, list[str]]:
    """Return what the angles of the pair do to the efficiency, and to the limit of the paper.

    Efficiencies in percent.  With the same count and relative uncertainty, a limit goes with the
    inverse of the efficiency: `limit_ratio` is that of the isotropic pair over that of the other,
    with its statistical uncertainty, and `limit_moved` the published limit times it.
    `weighted_variations`: those that are the isotropic pair's own events with weights.
    """
    rows = (_angle_row(mass, efficiencies, published, in_mass_bin, weighted_variations)
            for mass in _simulated_masses(efficiencies))  # fmt: skip
    return text_table(rows, ANGLE_COLUMNS)


def _reading_row(reading: Reading) -> dict[str, Any]:
    above = reading.above()
    largest = max(reading.deviation_percent, key=abs)
    at = reading.mass_gev[list(reading.deviation_percent).index(largest)]
    return {
        "angles": ANGLES[reading.variation],
        "mass_bin": "with" if reading.in_mass_bin else "without",
        "masses": len(reading.mass_gev),
        "rms_deviation_percent": f"{reading.rms_percent:.1f}",
        "largest_deviation_percent": f"{largest:+.1f}",
        "largest_deviation_mass_gev": f"{at:.3f}",
        "masses_above": len(above.mass_gev),
        "mean_deviation_above_percent": _signed(above.mean_percent),
        "slope_percent_per_gev": _signed(above.slope_percent_per_gev),
    }


def _angle_row(
    mass_gev: float, efficiencies: Table, published: PublishedNumbers, in_mass_bin: bool,
    weighted: Sequence[str],
) -> dict[str, str]:
    number = published.find("upper_limit_branching_fraction", mass_gev)
    printed = number.value if number is not None and number.legible else None
    row = {"mass_gev": f"{mass_gev:.3f}", "limit_published": number.digits if printed else ""}
    isotropic = percent_at(efficiencies, "nominal", mass_gev, in_mass_bin)
    for variation in ANGLES:
        name = "isotropic" if variation == "nominal" else variation.removeprefix("pair_")
        found = percent_at(efficiencies, variation, mass_gev, in_mass_bin)
        if found is None:
            continue
        cells = pdg_round_pair(*found)
        row[f"efficiency_{name}"], row[f"efficiency_{name}_uncertainty"] = cells
        if variation == "nominal" or not isotropic or not isotropic[0] * found[0]:
            continue
        ratio = isotropic[0] / found[0]
        generated = _generated_at(efficiencies, variation, mass_gev) if variation in weighted else None
        uncertainty = ratio * _relative_uncertainty(isotropic, found, generated)
        cells = pdg_round_pair(ratio, uncertainty)
        row[f"limit_ratio_{name}"], row[f"limit_ratio_{name}_uncertainty"] = cells
        if printed:
            row[f"limit_moved_{name}"] = round_significant(ratio * printed, 3)
    return row


def _relative_uncertainty(
    isotropic: tuple[float, float], other: tuple[float, float], generated: int | None
) -> float:
    """Relative uncertainty of the ratio of two efficiencies in percent, each with its own.

    `generated`: events, if both are of the same ones, the other by weights w.  The covariance of
    e' = sum w p/sum w and e = sum p/n, p = 0 or 1, by the delta method is then e' (1 - e')/n.
    """
    squares = (isotropic[1] / isotropic[0]) ** 2 + (other[1] / other[0]) ** 2
    if generated is not None:
        squares -= 2.0 * (100.0 - other[0]) / (generated * isotropic[0])
    return math.sqrt(max(squares, 0.0))


def _generated_at(efficiencies: Table, variation: str, mass_gev: float) -> int:
    """Generated events of the pair at a mass."""
    found = find_rows(efficiencies, model="two_majorana", variation=variation, mass_gev=mass_gev)
    return int(found[0]["n_generated"])


def _simulated_masses(efficiencies: Table) -> list[float]:
    rows = find_rows(efficiencies, model="two_majorana", variation="nominal")
    return sorted(row["mass_gev"] for row in rows)


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.1f}"
