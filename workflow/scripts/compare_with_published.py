"""Every number that a paper prints, side by side with this project's."""

from job import job, write_table, write_text


def compare_with_published(module, published, companion, files, settings, comparison, summary):
    """`module`: what compares, in lnvsearch; `files`: the results by name, CSV tables and JSON;
    `settings`: published inputs as used."""
    from importlib import import_module

    from lnvsearch.publication.entered import Entered, check_accounted
    from lnvsearch.publication.published import read_published

    compare = import_module(f"lnvsearch.{module}").compare
    entered = {tuple(key): Entered(value, source) for *key, value, source in settings["entered"]}
    published = read_published(published)
    others = None if companion is None else read_published(companion)
    table, text = compare(published, files, {**settings, "entered": entered}, others)
    check_accounted(table, published)
    write_table(comparison, table)
    write_text(summary, text)


if __name__ == "__main__":
    with job(snakemake):
        compare_with_published(
            module=snakemake.params.module,
            published=snakemake.input.published,
            companion=next(iter(snakemake.input.companion), None),
            files={name: snakemake.input[name] for name in snakemake.params.results},
            settings=snakemake.params.settings,
            comparison=snakemake.output.comparison,
            summary=snakemake.output.summary,
        )
