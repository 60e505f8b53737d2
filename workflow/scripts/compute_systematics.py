"""Systematic uncertainties: external numbers, this simulation's estimates, totals."""

from job import job, write_table

COLUMNS = (
    "source",
    "kind",
    "variation",
    "relative_uncertainty_percent",
    "statistical_uncertainty_percent",
    "published_percent",
    "in_total",
    "note",
)
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
#: Sources that the scan has at each mass anew.
PER_MASS = ("mc_statistics", "mc_modeling")


def compute_systematics(cutflow, efficiencies, table, by_mass, systematics):
    """Write Table 1's rows and the totals at each mass."""
    from lnvsearch.systematics import quadratic_sum
    from lnvsearch.tables import find_rows, read_csv, table_from_rows

    cutflow, efficiencies = read_csv(cutflow), read_csv(efficiencies)
    external = {
        row["source"]: external_percent(row) for row in systematics if "external_percent" in row
    }
    common = quadratic_sum(
        external[row["source"]]
        for row in systematics
        if row["in_total"] == "external" and row["source"] not in PER_MASS
    )
    flat = find_rows(efficiencies, model="phase_space", variation="nominal")[0]
    masses = [
        mass_row(flat, one, two, common) for one, two in pairs_of_models(efficiencies)
    ]
    write_table(by_mass, table_from_rows(masses, MASS_COLUMNS))
    rows = []
    for row in systematics:
        rows += source_rows(row, external, cutflow, efficiencies, masses)
    in_total = [r["relative_uncertainty_percent"] for r in rows if r["in_total"]]
    rows.append({
        "source": "total", "kind": "derived",
        "relative_uncertainty_percent": quadratic_sum(in_total),
        "in_total": False, "note": "sum in quadrature of the rows that enter",
    })
    write_table(table, table_from_rows(rows, COLUMNS))


def external_percent(row):
    """The published number of a source; per-particle numbers are added linearly."""
    from lnvsearch.systematics import linear_sum

    external = row["external_percent"]
    if isinstance(external, list):
        return linear_sum((part["percent"], part["particles"]) for part in external)
    return external


def source_rows(row, external, cutflow, efficiencies, masses):
    """One row for the external number and one for the estimate, as far as the source has them."""
    common = {"source": row["source"], "note": row.get("note"),
              "published_percent": external.get(row["source"])}
    rows = []
    if row["source"] in external:
        rows.append({
            **common, "kind": "external",
            "relative_uncertainty_percent": external[row["source"]],
            "in_total": row["in_total"] == "external",
        })
    if "estimate" in row:
        value = estimate(row["estimate"], cutflow, efficiencies, masses)
        if value is not None:
            rows.append({
                **common, "kind": "simulated", "variation": row["estimate"].get("variation"),
                "relative_uncertainty_percent": value.value,
                "statistical_uncertainty_percent": value.statistical,
                "in_total": row["in_total"] == "estimate",
            })
    return rows


def estimate(settings, cutflow, efficiencies, masses):
    """This simulation's estimate of one source, a Percentage; None without any mass."""
    from lnvsearch.systematics import Percentage, mc_statistics, relative_difference
    from lnvsearch.tables import find_rows

    if settings["method"] == "modelling":
        if not masses:
            return None
        largest = max(masses, key=lambda row: row["modelling_percent"])
        return Percentage(largest["modelling_percent"], largest["modelling_uncertainty_percent"])
    sample = settings["sample"]
    if settings["method"] == "mc_statistics":
        row = find_rows(efficiencies, sample=sample, variation="nominal")[0]
        return Percentage(mc_statistics(row["efficiency"], row["n_generated"]))
    nominal, varied = (
        efficiency(cutflow, sample, variation, settings.get("cut"))
        for variation in ("nominal", settings["variation"])
    )
    return relative_difference(*varied, *nominal)


def efficiency(cutflow, sample, variation, cut=None):
    """(efficiency, uncertainty) of one cut, or of all cuts together."""
    from lnvsearch.selection.cutflow import binomial_uncertainty
    from lnvsearch.tables import find_rows

    flow = find_rows(cutflow, sample=sample, variation=variation)
    row = next(row for row in flow if row["cut"] == cut) if cut else flow[-1]
    total = row["events_in"] if cut else flow[0]["events_in"]
    if total == 0:
        raise ValueError(
            f"sample {sample}, variation {variation}: no event is left before the cut {cut}; "
            "raise `statistics` in the configuration"
        )
    return row["events_out"] / total, binomial_uncertainty(row["events_out"], total)


def pairs_of_models(efficiencies):
    """Rows of both Majorana models at each mass, ascending in mass."""
    from lnvsearch.tables import find_rows

    models = {
        model: {
            row["mass_gev"]: row
            for row in find_rows(efficiencies, model=model, variation="nominal")
        }
        for model in ("one_majorana", "two_majorana")
    }
    shared = sorted(set(models["one_majorana"]) & set(models["two_majorana"]))
    return [(models["one_majorana"][mass], models["two_majorana"][mass]) for mass in shared]


def mass_row(flat, one, two, common_percent):
    """Modelling, statistics and total at one mass.

    The modelling that enters is the difference of the two Majorana models, which has the shape of
    what Table 2 of the paper implies; that to phase space stands beside it.
    """
    from lnvsearch.systematics import mc_statistics, quadratic_sum, relative_difference

    difference = relative_difference(
        one["efficiency"], one["efficiency_uncertainty"],
        two["efficiency"], two["efficiency_uncertainty"],
    )
    statistics = mc_statistics(two["efficiency"], two["n_generated"])
    return {
        "mass_gev": two["mass_gev"],
        "efficiency_phase_space": flat["efficiency"],
        "efficiency_one_majorana": one["efficiency"],
        "efficiency_two_majorana": two["efficiency"],
        "phase_space_difference_percent":
            100.0 * abs(flat["efficiency"] / two["efficiency"] - 1.0),
        "modelling_percent": abs(difference.value),
        "modelling_uncertainty_percent": difference.statistical,
        "common_percent": common_percent,
        "mc_statistics_percent": statistics,
        "total_percent": quadratic_sum((common_percent, statistics, difference.value)),
    }


if __name__ == "__main__":
    with job(snakemake):
        compute_systematics(
            cutflow=snakemake.input.cutflow,
            efficiencies=snakemake.input.efficiencies,
            table=snakemake.output.table,
            by_mass=snakemake.output.by_mass,
            systematics=snakemake.params.systematics,
        )
