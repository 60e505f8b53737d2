"""One step of an experiment between result files; the rule's name says which."""

from job import job
from output import write_result
from overlays import with_overlays


def run_step(experiment, step, inputs, outputs, settings):
    """Write what the step gives, by the names of its outputs; `inputs`: files by name."""
    from lnvsearch.experiments.interface import load_experiment

    found = getattr(load_experiment(experiment), step)(inputs, with_overlays(settings, inputs))
    for name, path in outputs.items():
        write_result(path, found[name])


if __name__ == "__main__":
    with job(snakemake):
        if "kernels" in snakemake.input.keys():
            from quick_start import ready_kernels

            ready_kernels(snakemake.params.experiment, snakemake.config)
        run_step(
            experiment=snakemake.params.experiment,
            step=snakemake.rule,
            inputs=dict(snakemake.input.items()),
            outputs={name: path for name, path in snakemake.output.items() if name != "provenance"},
            settings=snakemake.params.settings,
        )
