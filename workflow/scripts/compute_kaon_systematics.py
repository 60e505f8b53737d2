"""What every variation changes: the acceptance ratio to the known decay, and expected events."""

from job import job, write_table


def compute_kaon_systematics(acceptance, calibration, background, output, settings, variations):
    """Write one row for every variation and quantity that it touches."""
    from lnvsearch.experiments.na62.estimates import BackgroundSettings
    from lnvsearch.experiments.na62.normalisation import Acceptances, Factors
    from lnvsearch.experiments.na62.systematics import systematics_table
    from lnvsearch.tables import read_csv

    table = systematics_table(
        Acceptances.read(acceptance),
        Factors.read(calibration),
        read_csv(background),
        BackgroundSettings.from_mapping(settings),
        variations,
    )
    write_table(output, table)


if __name__ == "__main__":
    with job(snakemake):
        compute_kaon_systematics(
            acceptance=snakemake.input.acceptance,
            calibration=snakemake.input.calibration,
            background=snakemake.input.background,
            output=snakemake.output.systematics,
            settings=snakemake.params.settings,
            variations=snakemake.params.variations,
        )
