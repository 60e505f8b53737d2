"""Compile the kernels of one experiment by sending a few events through its whole chain."""

from job import job


def warm_up_kernels(experiment, config, root):
    """Warm up with the settings of every search of the experiment."""
    from searches.load import load_papers

    from lnvsearch.experiments.interface import load_experiment

    for search in load_papers(config, root, "the configuration").values():
        if search.experiment == experiment:
            load_experiment(experiment).warm_up(search.warm_up_parameters())


if __name__ == "__main__":
    with job(snakemake):
        from pathlib import Path

        warm_up_kernels(
            experiment=snakemake.wildcards.experiment,
            config=snakemake.config,
            root=Path(snakemake.scriptdir).resolve().parents[1],
        )
