"""Coverage of every method's interval, for the published backgrounds and uncertainties."""

from job import job
from output import write_table, write_text

#: True signals in expected events: the range in which the papers' limits lie, finely.
LARGEST_SIGNAL, STEPS = 12.0, 240


def compute_coverage(paper, limits, confidence_level, output, undercoverage, tex, md):
    """Write coverage against the true signal, and where each method covers too little."""
    import numpy as np

    from lnvsearch.limit_inputs import limit_from
    from lnvsearch.limit_tables import coverage_table
    from lnvsearch.publication.undercoverage import undercoverage as summarised
    from lnvsearch.tables import to_csv, to_markdown, to_tex

    signal = np.linspace(0.0, LARGEST_SIGNAL, STEPS + 1)[1:]
    typed = {channel: limit_from(values) for channel, values in limits.items()}
    table = coverage_table(paper, typed, signal, confidence_level)
    write_table(output, table)
    summary = summarised(table)
    for path, to_text in ((undercoverage, to_csv), (tex, to_tex), (md, to_markdown)):
        write_text(path, to_text(summary))


if __name__ == "__main__":
    with job(snakemake):
        compute_coverage(
            paper=snakemake.wildcards.paper,
            limits=snakemake.params.limits,
            confidence_level=snakemake.params.confidence_level,
            output=snakemake.output.coverage,
            undercoverage=snakemake.output.undercoverage,
            tex=snakemake.output.tex,
            md=snakemake.output.md,
        )
