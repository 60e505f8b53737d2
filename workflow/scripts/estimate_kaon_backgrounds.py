"""Expected events of every sample in every region of mass, and their spectra."""

from job import job, write_table


def estimate_kaon_backgrounds(
    acceptance, calibration, spectra, background, spectra_output, settings, channel
):
    """Write expected events, and the nominal spectra; `spectra`: one file a sample, in order."""
    from lnvsearch.experiments.na62.estimates import (
        BackgroundSettings,
        background_table,
        spectrum_table,
    )
    from lnvsearch.experiments.na62.normalisation import Acceptances, Factors
    from lnvsearch.tables import read_csv

    typed, factors = BackgroundSettings.from_mapping(settings), Factors.read(calibration)
    write_table(background, background_table(typed, Acceptances.read(acceptance), factors))
    tables = {name: read_csv(path) for name, path in zip(typed.samples, spectra, strict=True)}
    write_table(spectra_output, spectrum_table(typed, tables, factors, channel))


if __name__ == "__main__":
    with job(snakemake):
        estimate_kaon_backgrounds(
            acceptance=snakemake.input.acceptance,
            calibration=snakemake.input.calibration,
            spectra=snakemake.input.spectra,
            background=snakemake.output.background,
            spectra_output=snakemake.output.spectra,
            settings=snakemake.params.settings,
            channel=snakemake.wildcards.channel,
        )
