"""All limits of a search side by side."""

from job import job
from output import write_text


def tabulate_limits_by_method(limits, published, compared, csv, tex, md):
    """`limits`: channel -> file of records; three texts of the same table."""
    from lnvsearch.publication.limits_by_method import limits_by_method
    from lnvsearch.publication.published import read_published
    from lnvsearch.publication.results import read_inputs
    from lnvsearch.tables import to_csv, to_markdown, to_tex

    table = limits_by_method(read_inputs(limits), compared, read_published(published))
    for path, to_text in ((csv, to_csv), (tex, to_tex), (md, to_markdown)):
        write_text(path, to_text(table))


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
        )
