"""Compile the kernels of one experiment by sending a few events through its whole chain."""

import os
from pathlib import Path

from job import job


def warm_up_kernels(experiment, config):
    """Warm up with the settings of every search of the experiment, unless that was done."""
    from lnvsearch.kernel_cache import compile_once

    module = f"experiments.{experiment}"
    compile_once(module, lambda: _warm_up(experiment, config), lambda line: print(line, flush=True))


def _warm_up(experiment, config):
    from searches.load import load_papers

    from lnvsearch.experiments.interface import load_experiment
    from lnvsearch.numba_start import start_numba

    start_numba()
    root = Path(os.environ["LNVSEARCH_CONFIGURATION"])
    for search in load_papers(config, root, "the configuration").values():
        if search.experiment == experiment:
            load_experiment(experiment).warm_up(search.warm_up_parameters())


if __name__ == "__main__":
    with job(snakemake):
        warm_up_kernels(snakemake.wildcards.experiment, snakemake.config)
        Path(snakemake.output.mark).touch()
