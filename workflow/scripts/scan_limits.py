"""Upper limits against the mass of the Majorana neutrino."""

from job import job
from output import write_table


def scan_limits(files, output, limit, scan_model, in_mass_bin, confidence_level):
    """One row for each mass and kind: derived where the paper is legible, simulated everywhere.

    `files` by name; the user's own `data_counts` and `data_sensitivity` once they are open.
    """
    from lnvsearch.files import read_json
    from lnvsearch.limit_inputs import limit_from
    from lnvsearch.limit_tables import scan_table
    from lnvsearch.publication.published import read_published
    from lnvsearch.tables import read_csv

    own = None
    if "data_counts" in files:
        own = read_csv(files["data_counts"]), read_json(files["data_sensitivity"])
    write_table(output, scan_table(
        limit_from(limit), read_published(files["published"]), read_csv(files["efficiencies"]),
        read_csv(files["systematics"]), confidence_level, model=scan_model,
        in_mass_bin=in_mass_bin, own=own,
    ))


if __name__ == "__main__":
    with job(snakemake):
        scan_limits(
            files=dict(snakemake.input.items()),
            output=snakemake.output.scan,
            limit=snakemake.params.limit,
            scan_model=snakemake.params.scan_model,
            in_mass_bin=snakemake.params.in_mass_bin,
            confidence_level=snakemake.params.confidence_level,
        )
