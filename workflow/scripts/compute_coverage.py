"""Coverage of every method's interval, for the published backgrounds and uncertainties."""

from job import job
from output import write_printed, write_table

#: True signals in expected events: the range in which the papers' limits lie, finely.
LARGEST_SIGNAL, STEPS = 12.0, 240


def compute_coverage(paper, limits, confidence_level, outputs, printing):
    """Write coverage against the true signal, and where each method covers too little.

    `outputs`: `coverage`, and the texts of the second table by format; `printing`: words, caption, label.
    """
    import numpy as np

    from lnvsearch.limit_inputs import limit_from
    from lnvsearch.limit_tables import coverage_table
    from lnvsearch.publication import undercoverage
    from lnvsearch.publication.printing import Printing

    signal = np.linspace(0.0, LARGEST_SIGNAL, STEPS + 1)[1:]
    typed = {channel: limit_from(values) for channel, values in limits.items()}
    table = coverage_table(paper, typed, signal, confidence_level)
    write_table(outputs["coverage"], table)
    write_printed(outputs, undercoverage.undercoverage(table), Printing(
        headings=undercoverage.HEADINGS, short=undercoverage.SHORT, **printing
    ))


if __name__ == "__main__":
    with job(snakemake):
        compute_coverage(
            paper=snakemake.wildcards.paper,
            limits=snakemake.params.limits,
            confidence_level=snakemake.params.confidence_level,
            printing=snakemake.params.printing,
            outputs=dict(snakemake.output.items()),
        )
