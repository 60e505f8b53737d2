"""The rows of one channel from the tables of all samples and variations."""

from job import job
from output import write_table


def collect_channel(tables, output, channel):
    """Write the rows whose column `channel` holds `channel`, without that column."""
    from lnvsearch.tables import read_csv, table_from_rows, table_rows

    parts = [read_csv(path) for path in tables]
    columns = [name for name in parts[0] if name != "channel"]
    rows = [
        {name: row[name] for name in columns}
        for part in parts
        for row in table_rows(part)
        if row["channel"] == channel
    ]
    write_table(output, table_from_rows(rows, columns))


if __name__ == "__main__":
    with job(snakemake):
        collect_channel(
            tables=snakemake.input.tables,
            output=snakemake.output.table,
            channel=snakemake.wildcards.channel,
        )
