"""Every number that a paper prints and this project's, side by side; and what agrees, as text."""

from job import job
from output import write_json, write_table, write_text


def compare_with_published(module, files, settings, comparison, summary, parts):
    """`module` declares the comparison; `files`: its results by name; `parts`: the text in pieces."""
    from importlib import import_module

    from lnvsearch.publication.entered import check_accounted
    from lnvsearch.publication.results import read_inputs

    paper, results = import_module(f"lnvsearch.{module.removeprefix('lnvsearch.')}"), read_inputs(files)
    table, found = paper.COMPARISON.make(results, settings)
    check_accounted(table, results["published"])
    write_table(comparison, table)
    write_text(summary, found.text())
    write_json(parts, found.parts())


if __name__ == "__main__":
    with job(snakemake):
        compare_with_published(
            module=snakemake.params.module,
            files=dict(zip(snakemake.params.results, snakemake.input.results, strict=True)),
            settings=snakemake.params.settings,
            comparison=snakemake.output.comparison,
            summary=snakemake.output.summary,
            parts=snakemake.output.parts,
        )
