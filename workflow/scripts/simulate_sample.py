"""Generate the events of one sample and let the detector respond, chunk by chunk."""

from job import job, with_overlays


def simulate_sample(experiment, output, settings, inputs, n_events, base_seed, sample):
    """Write `n_events` recorded events of `sample` to the ROOT file `output`."""
    from lnvsearch.experiments.interface import load_experiment

    load_experiment(experiment).simulate_sample(
        output, with_overlays(settings, inputs), n_events, base_seed=base_seed, sample=sample
    )


if __name__ == "__main__":
    with job(snakemake):
        simulate_sample(
            experiment=snakemake.params.experiment,
            output=snakemake.output.events,
            settings=snakemake.params.simulation,
            inputs=dict(snakemake.input.items()),
            n_events=snakemake.params.n_events,
            base_seed=snakemake.params.base_seed,
            sample=snakemake.wildcards.sample,
        )
