"""One mixing's limits on |U|^2 against the mass of N, beside those of other searches."""

from job import job
from output import write_table


def draw_mixing_limits(limits, public, labels, outputs):
    """`outputs`: pdf, png and csv, the numbers drawn."""
    from lnvsearch.files import written_whole
    from lnvsearch.interpretation.mixing_figure import mixing_figure
    from lnvsearch.publication.figures.style import figure_bytes
    from lnvsearch.tables import read_csv

    figure, numbers = mixing_figure(read_csv(limits), read_csv(public), labels)
    for kind in ("pdf", "png"):
        with written_whole(outputs[kind]) as temporary:
            temporary.write_bytes(figure_bytes(figure, kind))
    write_table(outputs["csv"], numbers)


if __name__ == "__main__":
    with job(snakemake):
        draw_mixing_limits(
            limits=snakemake.input.limits,
            public=snakemake.input.public,
            labels=snakemake.params.labels,
            outputs={kind: snakemake.output[kind] for kind in ("pdf", "png", "csv")},
        )
