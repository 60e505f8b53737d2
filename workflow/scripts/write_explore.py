"""The page of the recasts: maps of mass and lifetime, and limits on |U|^2 of any pattern of mixing."""

from job import job
from output import write_text


def write_explore(output, grids, limits, patterns, public, steps, sources):
    """`grids`, `limits`: (search, channel) -> file, of a grid and of the limits of an even density."""
    from lnvsearch.files import read_json
    from lnvsearch.interpretation.explore.page import explore_page
    from lnvsearch.publication.start_page import limits_by_kind
    from lnvsearch.tables import read_csv

    uniform = {
        key: {kind: value for kind, value in limits_by_kind(read_json(path)).items() if value}
        for key, path in limits.items()
    }
    write_text(output, explore_page(
        grids, read_csv(patterns), read_csv(public), steps, uniform, sources,
    ))  # fmt: skip


if __name__ == "__main__":
    with job(snakemake):
        grids = zip(map(tuple, snakemake.params.channels), snakemake.input.grids, strict=True)
        limits = zip(map(tuple, snakemake.params.limited), snakemake.input.limits, strict=True)
        write_explore(
            output=snakemake.output.page,
            grids=dict(grids),
            limits=dict(limits),
            patterns=snakemake.input.patterns,
            public=snakemake.input.public,
            steps=snakemake.params.steps,
            sources=snakemake.params.sources,
        )
