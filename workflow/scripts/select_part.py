"""Simulate and select a part of a sample; `select_sample` joins what the parts count."""

from job import job
from overlays import sample_arguments, sample_settings
from parts import write_counts
from quick_start import ready_kernels


def select_part(experiment, simulations, selections, inputs, outputs, **sample):
    """Write candidates (ROOT) and counts of a part.

    `sample`: n_events of the whole sample, base_seed, the sample's name and the part.
    """
    from lnvsearch.experiments.interface import load_experiment

    face = load_experiment(experiment)
    chunks = face.simulate_sample(sample_settings(simulations, inputs), **sample)
    settings = sample_settings(selections, {})
    counts = face.select_sample(chunks, settings, inputs["maps"], outputs["candidates"])
    write_counts(outputs["counts"], counts)


if __name__ == "__main__":
    with job(snakemake):
        ready_kernels(snakemake.params.experiment, snakemake.config)
        select_part(
            selections=snakemake.params.selections,
            outputs=dict(snakemake.output.items()),
            part=(int(snakemake.wildcards.part), snakemake.params.n_parts),
            **sample_arguments(snakemake),
        )
