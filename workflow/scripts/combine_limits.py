"""One limit from several channels, by all methods."""

from job import job
from output import write_text


def combine_limits(outputs, name, combination, files, confidence_level, seed):
    """Write the table in each format; `files`: the limits of each part's channel."""
    from lnvsearch.limit_combination import combined_limits, parts_from
    from lnvsearch.publication.results import read_inputs
    from lnvsearch.tables import to_csv, to_markdown, to_tex

    table = combined_limits(
        name, parts_from(combination["parts"]), read_inputs(files), confidence_level,
        combination["common_percent"], seed,
    )
    for kind, to_text in (("csv", to_csv), ("tex", to_tex), ("md", to_markdown)):
        write_text(outputs[kind], to_text(table))


if __name__ == "__main__":
    with job(snakemake):
        combine_limits(
            outputs={kind: snakemake.output[kind] for kind in ("csv", "tex", "md")},
            name=snakemake.wildcards.combination,
            combination=snakemake.params.combination,
            files=dict(zip(snakemake.params.combination["parts"], snakemake.input.limits,
                           strict=True)),
            confidence_level=snakemake.params.confidence_level,
            seed=snakemake.params.seed,
        )
