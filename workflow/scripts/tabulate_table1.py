"""Table 1 in three formats."""

from job import job, write_text


def tabulate_table1(published, systematics, outputs):
    """`outputs`: format (csv, tex, md) -> path."""
    from lnvsearch.papers.besiii_2025.tables import render, table1
    from lnvsearch.publication.published import read_published
    from lnvsearch.tables import read_csv

    table = table1(read_csv(systematics), read_published(published))
    for text_format, path in outputs.items():
        write_text(path, render(table, text_format))


if __name__ == "__main__":
    with job(snakemake):
        tabulate_table1(
            snakemake.input.published, snakemake.input.systematics, dict(snakemake.output.items())
        )
