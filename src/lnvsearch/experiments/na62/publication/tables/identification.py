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

from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import pdg_round, round_significant
from lnvsearch.tables import Table, find_rows, text_table

__all__ = ["COMBINED", "closure_rows", "measured_cell", "probe_contamination"]

#: Probabilities of two conditions in a row, by the maps whose product they are.
COMBINED = {
    "pion_to_electron_positive": ("pion_to_electron_lkr_positive", "pion_to_electron_rich"),
    "efficiency_positron": ("efficiency_electron_lkr", "efficiency_electron_rich"),
}


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
    return text_table(rows, (
        "probe", "decay", "extreme", "momentum_gev", "share", "share_without_muon_signal",
        "published",
    ))


def _shown_share(row: dict[str, Any]) -> tuple[float, float]:
    """The share without a muon's signal, where there is one, else that by kinematics; uncertainty."""
    if row["fraction_without_muon_signal"] is None:
        return row["fraction"], row["uncertainty"]
    return row["fraction_without_muon_signal"], row["uncertainty_without_muon_signal"]


def _share(value: float | None, sigma: float | None) -> str:
    return "" if value is None else measured_cell(100.0 * value, 100.0 * sigma)


def measured_cell(value: float, sigma: float) -> str:
    """Return value and uncertainty; where nothing was found an upper bound at 90 % CL.

    `sigma` is then what one event would have counted.
    """
    if value == 0.0:
        return f"< {round_significant(-math.log(0.1) * sigma, 2)}"
    return pdg_round(value, sigma)
