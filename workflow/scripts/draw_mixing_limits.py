"""One mixing's limits on |U|^2 against the mass of N, beside those of other searches."""

from figure_files import write_figure
from job import job


def draw_mixing_limits(limits, public, statistics, outputs):
    """`outputs`: pdf, png and csv, the numbers drawn; `statistics`: a mark where there are few events."""
    from lnvsearch.interpretation.mixing_figure import mixing_figure
    from lnvsearch.publication.figures.style import mark_small_statistics
    from lnvsearch.tables import read_csv

    figure, numbers = mixing_figure(read_csv(limits), read_csv(public))
    mark_small_statistics(figure, statistics)
    write_figure(outputs, figure, numbers)


if __name__ == "__main__":
    with job(snakemake):
        draw_mixing_limits(
            limits=snakemake.input.limits,
            public=snakemake.input.public,
            statistics=snakemake.params.statistics,
            outputs={kind: snakemake.output[kind] for kind in ("pdf", "png", "csv")},
        )
