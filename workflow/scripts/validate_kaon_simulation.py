"""Quantities that no calibration touches: resolutions, relative losses, ratios."""

from job import job, write_table


def validate_kaon_simulation(files, output, settings):
    """Write one row a quantity; `files`: results of the search by name."""
    from lnvsearch.experiments.na62.validation import ValidationSettings, validation_table
    from lnvsearch.publication.results import read_results

    candidates = {
        tuple(name.removeprefix("candidates_").split("__")): path
        for name, path in files.items()
        if name.startswith("candidates_")
    }
    results = read_results({k: v for k, v in files.items() if not k.startswith("candidates_")})
    table = validation_table(
        ValidationSettings.from_mapping(settings), candidates, results["losses"],
        results["acceptance"],
    )  # fmt: skip
    write_table(output, table)


if __name__ == "__main__":
    with job(snakemake):
        validate_kaon_simulation(
            files=dict(snakemake.input.items()),
            output=snakemake.output.validation,
            settings=snakemake.params.settings,
        )
