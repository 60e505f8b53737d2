"""All limits of a search side by side."""

from job import job
from output import write_text


def tabulate_limits_by_method(limits, published, compared, csv, tex, md, statistics=""):
    """`limits`: channel -> file of records; three texts of the same table.

    `statistics`: what stands below the printed ones where there are few events.
    """
    from lnvsearch.publication.limits_by_method import limits_by_method
    from lnvsearch.publication.published import read_published
    from lnvsearch.publication.results import read_inputs
    from lnvsearch.tables import to_csv, to_markdown, to_tex, with_note

    table = limits_by_method(read_inputs(limits), compared, read_published(published))
    write_text(csv, to_csv(table))
    for kind, path, to_text in (("tex", tex, to_tex), ("md", md, to_markdown)):
        write_text(path, with_note(to_text(table), kind, statistics))


if __name__ == "__main__":
    with job(snakemake):
        tabulate_limits_by_method(
            limits={path.rpartition("/")[2].removesuffix(".json"): path
                    for path in snakemake.input.limits},
            published=snakemake.input.published,
            compared=snakemake.params.compared,
            csv=snakemake.output.csv,
            tex=snakemake.output.tex,
            md=snakemake.output.md,
            statistics=snakemake.params.statistics,
        )
