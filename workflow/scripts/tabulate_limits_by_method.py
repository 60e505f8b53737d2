"""All limits of a search side by side."""

from job import job
from output import write_printed


def tabulate_limits_by_method(limits, published, compared, outputs, printing):
    """`limits`: channel -> file of records; `outputs`: format -> path of the same table.

    `printing`: words, caption, label, and what stands below a printed table where there are few events.
    """
    from lnvsearch.publication import limits_by_method as limit_table
    from lnvsearch.publication.printing import Printing
    from lnvsearch.publication.published import read_published
    from lnvsearch.publication.results import read_inputs

    table = limit_table.limits_by_method(read_inputs(limits), compared, read_published(published))
    write_printed(outputs, table, Printing(
        headings=limit_table.HEADINGS, short=limit_table.SHORT, rows=limit_table.SHORT_ROWS,
        **printing,
    ))


if __name__ == "__main__":
    with job(snakemake):
        tabulate_limits_by_method(
            limits={path.rpartition("/")[2].removesuffix(".json"): path
                    for path in snakemake.input.limits},
            published=snakemake.input.published,
            compared=snakemake.params.compared,
            printing=snakemake.params.printing,
            outputs=dict(snakemake.output.items()),
        )
