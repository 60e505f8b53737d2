"""Send the events of one sample through its selections, under one variation or several."""

from job import job
from output import write_result


def select_sample(experiment, events, maps, outputs, settings, sample):
    """Write candidates (ROOT) and the tables of SAMPLE_COLUMNS; `settings`: by variation."""
    from lnvsearch.experiments.interface import load_experiment
    from lnvsearch.selection.sample_tables import SAMPLE_COLUMNS

    tables = load_experiment(experiment).select_sample(
        events, settings, maps, outputs["candidates"], sample=sample
    )
    for kind, columns in SAMPLE_COLUMNS.items():
        write_result(outputs[kind], tables.get(kind, {name: [] for name in columns}))


if __name__ == "__main__":
    with job(snakemake):
        select_sample(
            experiment=snakemake.params.experiment,
            events=snakemake.input.events,
            maps=snakemake.input.maps,
            outputs=dict(snakemake.output.items()),
            settings=snakemake.params.selection,
            sample=snakemake.wildcards.sample,
        )
