"""Kaon decays and single-event sensitivity of the user's own events, from their known decay."""

from job import job, write_json


def normalise_kaon_data(counts, sensitivity, output, channel):
    """Write N_K and the sensitivity with the published and with this simulation's acceptance."""
    from lnvsearch.experiments.na62.normalisation import Normalisation, data_sensitivity_record
    from lnvsearch.publication.results import read_json
    from lnvsearch.tables import read_csv

    record = data_sensitivity_record(
        read_csv(counts),
        read_json(sensitivity),
        recomputation=channel["recomputation"],
        normalisation=Normalisation(**channel["normalisation"]),
    )
    write_json(output, record)


if __name__ == "__main__":
    with job(snakemake):
        normalise_kaon_data(
            counts=snakemake.input.counts,
            sensitivity=snakemake.input.sensitivity,
            output=snakemake.output.sensitivity,
            channel=snakemake.params.channel,
        )
