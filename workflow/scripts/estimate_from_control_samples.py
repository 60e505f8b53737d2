"""Backgrounds from control samples with inverted identification, and how precise they would be."""

from job import job, write_table


def estimate_from_control_samples(selected, calibration, output, settings, channel):
    """Write expected events; `selected`: nominal candidates, one file a sample, in order."""
    from lnvsearch.experiments.na62 import control_samples
    from lnvsearch.experiments.na62.normalisation import Factors

    typed = control_samples.ControlSettings.from_mapping(channel, settings)
    files = dict(zip(typed.samples, selected, strict=True))
    table = control_samples.estimate_from_control_samples(typed, files, Factors.read(calibration))
    write_table(output, table)


if __name__ == "__main__":
    with job(snakemake):
        estimate_from_control_samples(
            selected=snakemake.input.selected,
            calibration=snakemake.input.calibration,
            output=snakemake.output.transferred,
            settings=snakemake.params.settings,
            channel=snakemake.wildcards.channel,
        )
