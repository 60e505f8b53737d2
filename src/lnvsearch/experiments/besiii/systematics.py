"""This simulation's estimates of systematic uncertainties, and the totals at each mass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lnvsearch.selection.cutflow import binomial_uncertainty
from lnvsearch.systematics import (
    COLUMNS,
    Estimate,
    Percentage,
    Source,
    mc_statistics,
    quadratic_sum,
    relative_difference,
    total_row,
)
from lnvsearch.tables import Table, find_rows, read_csv, table_from_rows, table_rows

__all__ = [
    "MASS_COLUMNS",
    "common_percent",
    "compute_systematics",
    "efficiency_of",
    "estimate",
    "mass_row",
    "mass_rows",
]

MASS_COLUMNS = (
    "mass_gev",
    "efficiency_phase_space",
    "efficiency_one_majorana",
    "efficiency_two_majorana",
    "phase_space_difference_percent",
    "modelling_percent",
    "modelling_uncertainty_percent",
    "common_percent",
    "mc_statistics_percent",
    "total_percent",
)
#: Sources that the scan estimates at each mass separately.
_PER_MASS = ("mc_statistics", "mc_modeling")


def common_percent(sources: Iterable[Source]) -> float:
    """Quadratic sum of the external uncertainties that are the same at every mass."""
    return quadratic_sum(
        source.external_percent
        for source in sources
        if source.in_total == "external"
        and source.source not in _PER_MASS
        and source.external_percent is not None
    )


def mass_rows(efficiencies: Table, common: float) -> Iterator[dict]:
    """Rows of MASS_COLUMNS at each mass that both Majorana models have, ascending in mass."""
    (flat,) = find_rows(efficiencies, model="phase_space", variation="nominal")[:1]
    one, two = (
        {row["mass_gev"]: row for row in find_rows(efficiencies, model=model, variation="nominal")}
        for model in ("one_majorana", "two_majorana")
    )
    for mass in sorted(one.keys() & two.keys()):
        yield mass_row(flat, one[mass], two[mass], common)


def mass_row(flat: Mapping, one: Mapping, two: Mapping, common: float) -> dict:
    """Modelling, statistics and total at one mass, from rows of efficiencies.

    The modelling that enters is the difference of the two Majorana models, which has the shape of
    what Table 2 of the paper implies; the difference to phase space has a column of its own.
    """
    difference = relative_difference(
        one["efficiency"],
        one["efficiency_uncertainty"],
        two["efficiency"],
        two["efficiency_uncertainty"],
    )
    statistics = mc_statistics(two["efficiency"], two["n_generated"])
    return {
        "mass_gev": two["mass_gev"],
        "efficiency_phase_space": flat["efficiency"],
        "efficiency_one_majorana": one["efficiency"],
        "efficiency_two_majorana": two["efficiency"],
        "phase_space_difference_percent": 100.0
        * abs(flat["efficiency"] / two["efficiency"] - 1.0),
        "modelling_percent": abs(difference.value),
        "modelling_uncertainty_percent": difference.statistical,
        "common_percent": common,
        "mc_statistics_percent": statistics,
        "total_percent": quadratic_sum((common, statistics, difference.value)),
    }


def estimate(
    how: Estimate, cutflow: Table, efficiencies: Table, masses: Iterable[Mapping]
) -> Percentage | None:
    """This simulation's estimate of one source; None for the modelling without any mass.

    `masses`: rows of MASS_COLUMNS.
    """
    if how.method == "modelling":
        largest = max(masses, key=lambda row: row["modelling_percent"], default=None)
        if largest is None:
            return None
        return Percentage(largest["modelling_percent"], largest["modelling_uncertainty_percent"])
    if how.method == "mc_statistics":
        row = find_rows(efficiencies, sample=how.sample, variation="nominal")[0]
        return Percentage(mc_statistics(row["efficiency"], row["n_generated"]))
    assert how.sample and how.variation
    nominal, varied = (
        efficiency_of(cutflow, how.sample, variation, how.cut)
        for variation in ("nominal", how.variation)
    )
    return relative_difference(*varied, *nominal)


def efficiency_of(
    cutflow: Table, sample: str, variation: str, cut: str | None = None
) -> tuple[float, float]:
    """Efficiency and its uncertainty, of one cut or of all cuts together.

    Raises ValueError if no event is left before the cut.
    """
    flow = find_rows(cutflow, sample=sample, variation=variation)
    row = next(row for row in flow if row["cut"] == cut) if cut else flow[-1]
    total = row["events_in"] if cut else flow[0]["events_in"]
    if total == 0:
        raise ValueError(
            f"sample {sample}, variation {variation}: no event is left before the cut {cut}; "
            "raise `statistics` in the configuration"
        )
    return row["events_out"] / total, binomial_uncertainty(row["events_out"], total)


def compute_systematics(inputs: Mapping[str, str], settings: Mapping) -> dict:
    """External numbers, this simulation's estimates and the total: the table `systematics`.

    `inputs`: files `cutflow`, `efficiencies` and `by_mass`; `settings`: `sources`, the rows of the
    search's file.
    """
    cutflow, efficiencies = read_csv(inputs["cutflow"]), read_csv(inputs["efficiencies"])
    masses = list(table_rows(read_csv(inputs["by_mass"])))
    rows = []
    for source in map(Source.from_mapping, settings["sources"]):
        value = None
        if source.estimate is not None:
            value = estimate(source.estimate, cutflow, efficiencies, masses)
        rows += source.rows(value)
    return {"systematics": table_from_rows([*rows, total_row(rows)], COLUMNS)}
