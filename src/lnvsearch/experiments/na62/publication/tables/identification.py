"""Particle identification of the NA62 searches: the maps that went in, and what closure gives back.

A closure table has the columns `map, momentum_gev, true_probability, measured_probability,
uncertainty`: the map's value, and what tag and probe on simulated control decays measures.  A table
of contamination has `probe, mode, label, momentum_gev, fraction, uncertainty,
fraction_without_muon_signal, uncertainty_without_muon_signal`: the share of another decay among the
probes, by kinematics alone and where the muon detector has no signal.
"""

from __future__ import annotations

import math
from typing import Any

from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.rounding import pdg_round, round_significant
from lnvsearch.tables import Table, cell_text, find_rows, table_from_rows

__all__ = ["COMBINED", "closure_rows", "probe_contamination", "table1_2019"]

#: Probabilities of two conditions in a row, by the maps whose product they are.
COMBINED = {
    "pion_to_electron_positive": ("pion_to_electron_lkr_positive", "pion_to_electron_rich"),
    "efficiency_positron": ("efficiency_electron_lkr", "efficiency_electron_rich"),
}
# Particle, quantity, unit, names of the printed extremes, the map that they describe.  The last
# two stand in section 3.2.
_TABLE1_2019 = (
    ("pi+, pi-", "identification efficiency", "%", "pion_efficiency_{}_percent",
     "efficiency_pion"),
    ("pi+", "misidentification as e+", "1", "pi_plus_to_e_plus_probability_{}",
     "pion_to_electron_positive"),
    ("pi-", "misidentification as e-", "%", "pi_minus_to_e_minus_probability_{}_percent",
     "pion_to_electron_lkr_negative"),
    ("e+", "identification efficiency", "%", "positron_efficiency_{}_percent",
     "efficiency_positron"),
    ("e-", "identification efficiency", "%", "electron_efficiency_{}_percent",
     "efficiency_electron_lkr"),
    ("e+, e-", "misidentification as pi", "%", "electron_to_pion_probability_{}_percent",
     "electron_to_pion"),
    ("pi+, pi-", "misidentification as mu", "%", "pion_to_muon_probability_{}_momentum_percent",
     "pion_to_muon"),
    ("mu+, mu-", "misidentification as pi", "%", "muv3_inefficiency_percent", "muon_to_pion"),
)
# Of a probability that falls with momentum the paper prints both ends by their momenta.
_ENDS = {"minimum": "high", "maximum": "low"}
_COLUMNS = (
    "particle", "quantity", "unit", "published_minimum", "published_maximum", "input_minimum",
    "input_maximum", "closure_minimum", "closure_maximum",
)


def closure_rows(maps: Table, name: str) -> list[dict[str, Any]]:
    """Return the rows of one map in order of momentum; of one of `COMBINED`, the product.

    A combined map that the table has itself is taken from there.  Uncertainties of a product are
    independent; it is left empty where a part was not measured.
    """
    own = sorted(find_rows(maps, map=name), key=lambda row: row["momentum_gev"])
    if own or name not in COMBINED:
        return own
    first, second = (
        {row["momentum_gev"]: row for row in find_rows(maps, map=part)} for part in COMBINED[name]
    )
    return [_product(name, first[p], second[p]) for p in sorted(set(first) & set(second))]


def _product(name: str, first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    measured = sigma = None
    parts = [(row["measured_probability"], row["uncertainty"] or 0.0) for row in (first, second)]
    if all(value is not None for value, _ in parts):
        (a, sigma_a), (b, sigma_b) = parts
        measured = a * b
        # The last part counts where nothing was identified at all.
        sigma = math.hypot(sigma_a * b, a * sigma_b, 0.0 if measured else sigma_a * sigma_b)
    return {
        "map": name,
        "momentum_gev": first["momentum_gev"],
        "true_probability": first["true_probability"] * second["true_probability"],
        "measured_probability": measured,
        "uncertainty": sigma,
    }


def _extreme(published: PublishedNumbers, pattern: str, end: str) -> PublishedNumber | None:
    """Return the printed number of one end, of the ee search or else of the mumu search."""
    return published.find(pattern.format(end), channel="piee") or published.find(
        pattern.format(_ENDS[end]), channel="pimumu")


def probe_contamination(
    published: PublishedNumbers, contamination: Table
) -> dict[str, list[str]]:
    """Return the least and the largest share of every other decay among the probes, in percent.

    Published is what the search of 2016-18 subtracts at most from its positrons, all other decays
    together, after a selection that it does not describe: no test.
    """
    number = published.find("positron_sample_contamination_percent", channel="all")
    rows = []
    for probe, decay in dict.fromkeys(
        zip(contamination["probe"], contamination["mode"], strict=True)
    ):
        found = list(find_rows(contamination, probe=probe, mode=decay))
        for end, choose in (("least", min), ("largest", max)):
            row = choose(found, key=_shown_share)
            rows.append({
                "probe": probe, "decay": decay, "extreme": end,
                "momentum_gev": f"{row['momentum_gev']:.1f}",
                "share": _share(row["fraction"], row["uncertainty"]),
                "share_without_muon_signal": _share(
                    row["fraction_without_muon_signal"], row["uncertainty_without_muon_signal"]),
                "published": number.digits
                if number is not None and (probe, end) == ("electron", "largest") else "",
            })
    table = table_from_rows(rows, (
        "probe", "decay", "extreme", "momentum_gev", "share", "share_without_muon_signal",
        "published",
    ))
    return {name: [cell_text(cell) for cell in column] for name, column in table.items()}


def _shown_share(row: dict[str, Any]) -> tuple[float, float]:
    """The share without a muon's signal, where there is one, else that by kinematics; uncertainty."""
    if row["fraction_without_muon_signal"] is None:
        return row["fraction"], row["uncertainty"]
    return row["fraction_without_muon_signal"], row["uncertainty_without_muon_signal"]


def _share(value: float | None, sigma: float | None) -> str:
    return "" if value is None else _measured(100.0 * value, 100.0 * sigma)


def _measured(value: float, sigma: float) -> str:
    """Value and uncertainty; where nothing was found an upper bound at 90 % confidence level.

    `sigma` is then what one event would have counted.
    """
    if value == 0.0:
        return f"< {round_significant(-math.log(0.1) * sigma, 2)}"
    return pdg_round(value, sigma)


def table1_2019(published: PublishedNumbers, maps: Table) -> dict[str, list[str]]:
    """Return the extremes of (mis)identification: published, entered, and measured in closure.

    `maps` is a closure table.  The entered maps follow the printed extremes, so closure tests the
    method and not the detector; the extremes of measured points fluctuate outwards.  Where no probe
    was identified there is an upper bound at 90 % confidence level.
    """
    rows = []
    for particle, quantity, unit, pattern, name in _TABLE1_2019:
        factor = 100.0 if unit == "%" else 1.0
        row = {"particle": particle, "quantity": quantity, "unit": unit}
        points = closure_rows(maps, name)
        for end, choose in (("minimum", min), ("maximum", max)):
            number = _extreme(published, pattern, end)
            row[f"published_{end}"] = "" if number is None else number.digits
            if points:
                entered = choose(point["true_probability"] for point in points)
                row[f"input_{end}"] = round_significant(factor * entered, 3)
            measured = [
                (point["measured_probability"], point["uncertainty"] or 0.0)
                for point in points
                if point["measured_probability"] is not None
            ]
            if measured:
                value, sigma = choose(measured)
                row[f"closure_{end}"] = _measured(factor * value, factor * sigma)
        rows.append(row)
    table = table_from_rows(rows, _COLUMNS)
    return {name: [cell_text(cell) for cell in column] for name, column in table.items()}
