"""One figure: PDF, PNG, and the numbers drawn."""

from figure_files import write_figure
from job import job


def draw_figure(module, figure, files, settings, outputs, statistics=""):
    """`module` declares the `figure`; `files`: its results by name; `outputs`: format -> path.

    `statistics`: what is written over a figure of events where there are few.
    """
    from importlib import import_module

    from lnvsearch.publication.figures.style import mark_small_statistics
    from lnvsearch.publication.results import read_inputs

    paper = import_module(f"lnvsearch.{module.removeprefix('lnvsearch.')}")
    drawing, numbers = paper.FIGURES[figure].make(read_inputs(files), settings)
    mark_small_statistics(drawing, statistics)
    write_figure(outputs, drawing, numbers)


if __name__ == "__main__":
    with job(snakemake):
        draw_figure(
            module=snakemake.params.module,
            figure=snakemake.params.name,
            files=dict(zip(snakemake.params.results, snakemake.input.results, strict=True)),
            settings=snakemake.params.settings,
            statistics=snakemake.params.statistics,
            outputs={kind: snakemake.output[kind] for kind in ("pdf", "png", "csv")},
        )
