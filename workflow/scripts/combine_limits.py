"""One limit from several channels, by all methods."""

from job import job
from output import write_printed


def combine_limits(outputs, name, combination, files, confidence_level, seed, printing):
    """Write the table in each format; `files`: the limits of each part's channel."""
    from lnvsearch.limit_combination import HEADINGS, SHORT, combined_limits, parts_from
    from lnvsearch.publication.printing import Printing
    from lnvsearch.publication.results import read_inputs

    table = combined_limits(
        name, parts_from(combination["parts"]), read_inputs(files), confidence_level,
        combination["common_percent"], seed,
    )
    write_printed(outputs, table, Printing(headings=HEADINGS, short=SHORT, **printing))


if __name__ == "__main__":
    with job(snakemake):
        combine_limits(
            outputs=dict(snakemake.output.items()),
            printing=snakemake.params.printing,
            name=snakemake.wildcards.combination,
            combination=snakemake.params.combination,
            files=dict(zip(snakemake.params.combination["parts"], snakemake.input.limits,
                           strict=True)),
            confidence_level=snakemake.params.confidence_level,
            seed=snakemake.params.seed,
        )
