"""Put the cut flows of all samples and variations into one table."""

from job import job, write_table


def collect_cutflow(cutflows, output):
    """Concatenate the tables `cutflows`, in their order."""
    from lnvsearch.selection.cutflow import COLUMNS
    from lnvsearch.tables import read_csv, table_from_rows, table_rows

    rows = [row for path in cutflows for row in table_rows(read_csv(path))]
    write_table(output, table_from_rows(rows, COLUMNS))


if __name__ == "__main__":
    with job(snakemake):
        collect_cutflow(snakemake.input.cutflows, snakemake.output.cutflow)
