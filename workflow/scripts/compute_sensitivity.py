"""Number of kaon decays and single-event sensitivity, from published and simulated acceptances."""

from job import job, write_json


def compute_sensitivity(acceptance, calibration, output, channel):
    """Write what the published inputs give, and what this simulation predicts, by variation."""
    from lnvsearch.experiments.na62.normalisation import (
        Acceptances,
        Factors,
        Normalisation,
        Place,
        sensitivity_record,
    )

    record = sensitivity_record(
        Acceptances.read(acceptance),
        Factors.read(calibration),
        recomputation=channel["recomputation"],
        signal=Place(**channel["signal"]),
        normalisation=Normalisation(**channel["normalisation"]),
        neutral_pion_acceptance=channel["neutral_pion_acceptance"],
    )
    write_json(output, record)


if __name__ == "__main__":
    with job(snakemake):
        compute_sensitivity(
            acceptance=snakemake.input.acceptance,
            calibration=snakemake.input.calibration,
            output=snakemake.output.sensitivity,
            channel=snakemake.params.channel,
        )
