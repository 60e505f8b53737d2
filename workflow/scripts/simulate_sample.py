"""Generate the events of one sample, let the detector respond, and write what it records."""

from job import job
from overlays import sample_arguments, sample_settings
from quick_start import ready_kernels


def simulate_sample(experiment, output, simulations, inputs, **sample):
    """Write the ROOT file `output`; `sample`: n_events, base_seed and the sample's name."""
    from lnvsearch.experiments.interface import load_experiment

    face = load_experiment(experiment)
    face.write_events(output, face.simulate_sample(sample_settings(simulations, inputs), **sample))


if __name__ == "__main__":
    with job(snakemake):
        ready_kernels(snakemake.params.experiment, snakemake.config)
        simulate_sample(output=snakemake.output.events, **sample_arguments(snakemake))
