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

    root = Path(os.environ["LNVSEARCH_CONFIGURATION"])
    for search in load_papers(config, root, "the configuration").values():
        if search.experiment == experiment:
            _in_its_own_process(_warm_up_search, experiment, search.warm_up_parameters())


def _warm_up_search(experiment, parameters):
    from lnvsearch.experiments.interface import load_experiment

    load_experiment(experiment).warm_up(parameters)


def _in_its_own_process(work, *arguments):
    """Do work whose memory is gone with the process: the compiler keeps hundreds of megabytes."""
    from multiprocessing import get_context

    process = get_context("fork").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"the process that compiles ended with {process.exitcode}: see above why")


if __name__ == "__main__":
    with job(snakemake):
        warm_up_kernels(snakemake.wildcards.experiment, snakemake.config)
