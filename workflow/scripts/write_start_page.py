"""The first page of the results: what was run, the limits, and how to read the rest."""

from job import job
from output import write_text


def write_start_page(limits, published, output, searches, run):
    """`limits`, `published`: search -> its files; `searches`: search -> `title`, `channels` in words,
    `links`, `statistics`; `run`: words -> values."""
    from lnvsearch.publication.published import read_published
    from lnvsearch.publication.results import read_inputs
    from lnvsearch.publication.start_page import start_page

    records = {name: read_inputs(files) for name, files in limits.items()}
    numbers = {name: read_published(file) for name, file in published.items()}
    write_text(output, start_page(records, numbers, searches, run))


if __name__ == "__main__":
    with job(snakemake):
        searches = snakemake.params.searches
        limits = {name: {} for name in searches}
        for path in snakemake.input.limits:
            _, name, _, file = path.split("/")
            limits[name][file.removesuffix(".json")] = path
        write_start_page(
            limits=limits,
            published=dict(zip(searches, snakemake.input.published, strict=True)),
            output=snakemake.output.page,
            searches=searches,
            run=snakemake.params.run,
        )
