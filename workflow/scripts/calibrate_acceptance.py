"""The one flat factor of a data set: published over simulated acceptance of the known decay."""

from job import job, write_json


def calibrate_acceptance(acceptance, record, normalisation):
    """Write the factor, and how it was found, for every variation of the known decay."""
    from lnvsearch.experiments.na62.estimates import acceptances

    target = normalisation["acceptance"]
    found = {
        variation: value
        for (variation, value) in acceptances(
            acceptance, normalisation["sample"], normalisation["selection"], normalisation["region"]
        ).items()
    }
    write_json(
        record,
        {
            "target": target,
            "target_source": "published acceptance of the known decay",
            **{name: normalisation[name] for name in ("channel", "sample", "selection", "region")},
            "factors": {
                variation: {
                    "factor": target / value.acceptance,
                    "factor_uncertainty": target / value.acceptance * value.relative_uncertainty,
                    "acceptance_simulated": value.acceptance,
                    "acceptance_simulated_uncertainty": value.acceptance_uncertainty,
                }
                for variation, value in found.items()
            },
            "rule": "one factor for all samples of the data set, so that the Standard-Model decay has "
            "its published acceptance; the signal's acceptance is then a prediction",
        },
    )


if __name__ == "__main__":
    with job(snakemake):
        calibrate_acceptance(
            acceptance=snakemake.input.acceptance,
            record=snakemake.output.record,
            normalisation=snakemake.params.normalisation,
        )
