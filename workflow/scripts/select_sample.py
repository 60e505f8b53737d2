"""Simulate a sample, read its events or join its parts: what its selections leave, as tables."""

import records
from job import job
from output import write_result
from overlays import sample_arguments, sample_settings
from quick_start import ready_kernels


def select_sample(experiment, simulations, selections, inputs, outputs, **sample):
    """Write candidates (ROOT) and the tables of SAMPLE_COLUMNS, of all variations.

    `sample`: n_events, base_seed and the sample's name.
    """
    from lnvsearch.experiments.interface import load_experiment
    from lnvsearch.selection.sample_tables import SAMPLE_COLUMNS

    face = load_experiment(experiment)
    settings = sample_settings(selections, {})
    if "parts" in inputs:
        from parts import join_parts

        counts = join_parts(inputs["parts"], inputs["counts"], outputs["candidates"])
    else:
        if "events" in inputs:
            chunks = face.read_events(inputs["events"], list(simulations))
        else:
            chunks = face.simulate_sample(sample_settings(simulations, inputs), **sample)
        counts = face.select_sample(chunks, settings, inputs["maps"], outputs["candidates"])
    tables = face.tabulate_sample(counts, settings, sample=sample["sample"])
    print(*records.counts(tables["cutflow"]), sep="\n")
    for kind, columns in SAMPLE_COLUMNS.items():
        write_result(outputs[kind], tables.get(kind, {name: [] for name in columns}))


if __name__ == "__main__":
    with job(snakemake):
        ready_kernels(snakemake.params.experiment, snakemake.config)
        select_sample(
            selections=snakemake.params.selections,
            outputs=dict(snakemake.output.items()),
            **sample_arguments(snakemake),
        )
