"""Upper limits of one channel, from published and simulated inputs, by all methods."""

from job import job
from output import write_json


def set_limits(output, limit, files, confidence_level):
    """Write one record for every set of inputs, method and prior; `files`: the results by name."""
    from lnvsearch.limit_inputs import limit_from
    from lnvsearch.limit_tables import limit_records
    from lnvsearch.publication.results import read_inputs

    typed = limit_from(limit)
    inputs = [*typed.derived_inputs(), *typed.own_inputs(read_inputs(files))]
    write_json(output, limit_records(inputs, typed, confidence_level))


if __name__ == "__main__":
    with job(snakemake):
        set_limits(
            output=snakemake.output.limits,
            limit=snakemake.params.limit,
            files={name: snakemake.input[name] for name in snakemake.params.simulation},
            confidence_level=snakemake.params.confidence_level,
        )
