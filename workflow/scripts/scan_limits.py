"""Upper limits against the mass of the Majorana neutrino."""

from job import job
from output import write_table


def scan_limits(published, efficiencies, systematics, output, limit, scan_model, in_mass_bin,
                confidence_level):
    """One row for each mass and kind: derived where the paper is legible, simulated everywhere."""
    from lnvsearch.limit_inputs import limit_from
    from lnvsearch.limit_tables import scan_table
    from lnvsearch.publication.published import read_published
    from lnvsearch.tables import read_csv

    write_table(output, scan_table(
        limit_from(limit), read_published(published), read_csv(efficiencies),
        read_csv(systematics), confidence_level, model=scan_model, in_mass_bin=in_mass_bin,
    ))


if __name__ == "__main__":
    with job(snakemake):
        scan_limits(
            published=snakemake.input.published,
            efficiencies=snakemake.input.efficiencies,
            systematics=snakemake.input.systematics,
            output=snakemake.output.scan,
            limit=snakemake.params.limit,
            scan_model=snakemake.params.scan_model,
            in_mass_bin=snakemake.params.in_mass_bin,
            confidence_level=snakemake.params.confidence_level,
        )
