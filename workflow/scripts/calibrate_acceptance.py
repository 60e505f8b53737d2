"""The one flat factor of a data set: published over simulated acceptance of the known decay."""

from job import job, write_json


def calibrate_acceptance(acceptance, record, normalisation):
    """Write the factor, and how it was found, for every variation of the known decay."""
    from lnvsearch.experiments.na62.normalisation import (
        Acceptances,
        Normalisation,
        calibration_record,
    )

    found = Acceptances.read(acceptance)
    write_json(record, calibration_record(found, Normalisation(**normalisation)))


if __name__ == "__main__":
    with job(snakemake):
        calibrate_acceptance(
            acceptance=snakemake.input.acceptance,
            record=snakemake.output.record,
            normalisation=snakemake.params.normalisation,
        )
