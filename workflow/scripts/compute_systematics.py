"""Efficiencies with their models, and systematic uncertainties: external, estimated, in total."""

from job import job, write_table


def compute_systematics(cutflow, acceptance, outputs, systematics, samples):
    """Write the efficiencies, Table 1's rows and the totals at each mass."""
    from lnvsearch.experiments.besiii.efficiencies import efficiency_table
    from lnvsearch.experiments.besiii.systematics import (
        MASS_COLUMNS,
        common_percent,
        estimate,
        mass_rows,
    )
    from lnvsearch.systematics import COLUMNS, source_rows, total_row
    from lnvsearch.tables import read_csv, table_from_rows

    cutflow = read_csv(cutflow)
    efficiencies = efficiency_table(read_csv(acceptance), samples)
    masses = list(mass_rows(efficiencies, common_percent(systematics)))
    rows = []
    for source in systematics:
        value = None
        if "estimate" in source:
            value = estimate(source["estimate"], cutflow, efficiencies, masses)
        rows += source_rows(source, value)
    write_table(outputs["efficiencies"], efficiencies)
    write_table(outputs["by_mass"], table_from_rows(masses, MASS_COLUMNS))
    write_table(outputs["table"], table_from_rows([*rows, total_row(rows)], COLUMNS))


if __name__ == "__main__":
    with job(snakemake):
        compute_systematics(
            cutflow=snakemake.input.cutflow,
            acceptance=snakemake.input.acceptance,
            outputs=dict(snakemake.output.items()),
            systematics=snakemake.params.systematics,
            samples=snakemake.params.samples,
        )
