"""One table: CSV, LaTeX and Markdown."""

from job import job
from output import write_text


def tabulate_table(module, table, files, settings, outputs, statistics=""):
    """`module` declares the `table`; `files`: its results by name; `outputs`: format -> path.

    `statistics`: what stands below a printed table where there are few events.
    """
    from importlib import import_module

    from lnvsearch.publication.results import read_inputs
    from lnvsearch.tables import render, with_note

    paper = import_module(f"lnvsearch.{module.removeprefix('lnvsearch.')}")
    cells = paper.TABLES[table].make(read_inputs(files), settings)
    for text_format, path in outputs.items():
        text = render(cells, text_format, paper.HEADINGS)
        write_text(path, with_note(text, text_format, statistics))


if __name__ == "__main__":
    with job(snakemake):
        tabulate_table(
            module=snakemake.params.module,
            table=snakemake.params.name,
            files=dict(zip(snakemake.params.results, snakemake.input.results, strict=True)),
            settings=snakemake.params.settings,
            statistics=snakemake.params.statistics,
            outputs={kind: snakemake.output[kind] for kind in ("csv", "tex", "md")},
        )
