"""Upper limits against the mass of the Majorana neutrino."""

from job import job, write_table

COLUMNS = (
    "mass_gev",
    "kind",
    "variant",
    "method",
    "observed",
    "background",
    "efficiency",
    "efficiency_uncertainty",
    "upper_events",
    "upper_branching_fraction",
)


def scan_limits(published, efficiencies, systematics, output, method, bounded, scan_model,
                n_parent, in_mass_bin, confidence_level):
    """One row for each mass and kind: derived where the paper is legible, simulated everywhere."""
    import numpy as np
    from experiments import counting_experiment, upper_limit

    from lnvsearch.publication.published import read_published
    from lnvsearch.tables import find_rows, read_csv, table_from_rows

    published = read_published(published)
    efficiencies, systematics = read_csv(efficiencies), read_csv(systematics)
    rows = derived_rows(published)
    for variant in ("nominal", "uncalibrated"):
        for row in find_rows(efficiencies, model=scan_model, variation=variant):
            rows.append(simulated_row(row, variant, published, systematics, in_mass_bin))
    columns = {name: np.array([row[name] for row in rows], dtype=float)
               for name in ("observed", "background", "efficiency", "efficiency_uncertainty")}
    experiment = counting_experiment(
        columns["observed"], columns["background"], 0.0,
        columns["efficiency"], columns["efficiency_uncertainty"],
    )
    uppers = upper_limit(method, experiment, confidence_level, bounded=bounded)
    for row, upper in zip(rows, uppers, strict=True):
        row["method"] = method
        row["upper_events"] = float(upper)
        row["upper_branching_fraction"] = float(upper) / n_parent
    rows.sort(key=lambda row: (row["kind"], row["variant"], row["mass_gev"]))
    write_table(output, table_from_rows(rows, COLUMNS))


def derived_rows(published):
    """The masses at which efficiency and uncertainty are printed legibly."""
    rows = []
    for mass in published.masses_gev():
        efficiency = published.legible_value("efficiency_percent", mass)
        total = published.legible_value("systematic_total_percent", mass)
        if efficiency is None or total is None:
            continue
        rows.append({
            "mass_gev": mass, "kind": "derived", "variant": "nominal",
            "observed": count(published, "observed_events", mass),
            "background": count(published, "background_events", mass),
            "efficiency": efficiency / 100.0,
            "efficiency_uncertainty": efficiency * total / 1e4,
        })
    return rows


def simulated_row(row, variant, published, systematics, in_mass_bin):
    """Inputs from this simulation, with the published counts of the bin (none elsewhere)."""
    from lnvsearch.tables import find_rows

    mass = row["mass_gev"]
    efficiency = row["efficiency_in_bin" if in_mass_bin else "efficiency"]
    if efficiency <= 0.0:
        raise ValueError(
            f"sample {row['sample']}: no event is selected; raise statistics.signal"
        )
    total = find_rows(systematics, mass_gev=mass)[0]["total_percent"]
    return {
        "mass_gev": mass, "kind": "simulated", "variant": variant,
        "observed": count(published, "observed_events", mass),
        "background": count(published, "background_events", mass),
        "efficiency": efficiency,
        "efficiency_uncertainty": efficiency * total / 100.0,
    }


def count(published, quantity, mass_gev):
    """The count of a bin as printed, whatever the confidence of its reading; 0 off the scan."""
    number = published.find(quantity, mass_gev)
    return number.value if number is not None and number.value is not None else 0.0


if __name__ == "__main__":
    with job(snakemake):
        limit = snakemake.params.limit
        scan_limits(
            published=snakemake.input.published,
            efficiencies=snakemake.input.efficiencies,
            systematics=snakemake.input.systematics,
            output=snakemake.output.scan,
            method=limit["method"],
            bounded=limit["bounded"],
            scan_model=snakemake.params.scan_model,
            n_parent=snakemake.params.n_parent,
            in_mass_bin=snakemake.params.in_mass_bin,
            confidence_level=snakemake.params.confidence_level,
        )
