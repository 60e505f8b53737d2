"""Upper limits of one channel, from published and simulated inputs, by all methods."""

from job import job
from output import write_json


def set_limits(output, limit, files, confidence_level):
    """Write one record for every set of inputs, method and prior; `files`: the results by name."""
    from lnvsearch.limit_inputs import derived_inputs, limit_records

    inputs = [*derived_inputs(limit), *own_inputs(limit, files)]
    write_json(output, limit_records(inputs, limit, confidence_level))


def own_inputs(limit, files):
    """Inputs from this simulation, and from the user's own data where there are any."""
    from lnvsearch.limit_inputs import (
        predicted_inputs,
        simulated_inputs,
        user_data_inputs,
    )
    from lnvsearch.publication.results import read_json
    from lnvsearch.tables import read_csv

    read = {name: read_json(path) if path.endswith(".json") else read_csv(path)
            for name, path in files.items()}
    if limit["normalised_to"] == "parents":
        return simulated_inputs(
            limit, read["acceptance"], read["systematics"], read["background"], read.get("data_counts")
        )
    inputs = predicted_inputs(limit, read["sensitivity"], read["background"])
    if "data_counts" in read:
        inputs += user_data_inputs(
            limit, read["data_sensitivity"], read["data_counts"], read["background"]
        )
    return inputs


if __name__ == "__main__":
    with job(snakemake):
        set_limits(
            output=snakemake.output.limits,
            limit=snakemake.params.limit,
            files={name: snakemake.input[name] for name in snakemake.params.simulation},
            confidence_level=snakemake.params.confidence_level,
        )
