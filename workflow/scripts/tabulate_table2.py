"""Table 2 in three formats."""

from job import job, write_text


def tabulate_table2(published, efficiencies, systematics, scan, outputs, in_mass_bin):
    """`outputs`: format (csv, tex, md) -> path."""
    from lnvsearch.papers.besiii_2025.tables import render, table2
    from lnvsearch.publication.published import read_published
    from lnvsearch.tables import read_csv

    table = table2(
        read_published(published),
        read_csv(efficiencies),
        read_csv(systematics),
        read_csv(scan),
        in_mass_bin=in_mass_bin,
    )
    for text_format, path in outputs.items():
        write_text(path, render(table, text_format))


if __name__ == "__main__":
    with job(snakemake):
        tabulate_table2(
            published=snakemake.input.published,
            efficiencies=snakemake.input.efficiencies,
            systematics=snakemake.input.systematics,
            scan=snakemake.input.scan,
            outputs=dict(snakemake.output.items()),
            in_mass_bin=snakemake.params.in_mass_bin,
        )
