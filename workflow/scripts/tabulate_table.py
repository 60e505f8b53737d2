"""One table: CSV, LaTeX in two versions, and Markdown."""

from job import job
from output import write_printed


def tabulate_table(module, table, files, settings, outputs, printing):
    """`module` declares the `table`; `files`: its results by name; `outputs`: format -> path.

    `printing`: words, caption, label, and what stands below a printed table where there are few events.
    """
    from importlib import import_module

    from lnvsearch.publication.printing import Printing
    from lnvsearch.publication.results import read_inputs

    paper = import_module(f"lnvsearch.{module.removeprefix('lnvsearch.')}")
    content = paper.TABLES[table]
    cells = content.make(read_inputs(files), settings)
    write_printed(outputs, cells, Printing(
        headings=paper.HEADINGS, short=content.short, rows=content.short_rows, **printing
    ))


if __name__ == "__main__":
    with job(snakemake):
        tabulate_table(
            module=snakemake.params.module,
            table=snakemake.params.name,
            files=dict(zip(snakemake.params.results, snakemake.input.results, strict=True)),
            settings=snakemake.params.settings,
            printing=snakemake.params.printing,
            outputs=dict(snakemake.output.items()),
        )
