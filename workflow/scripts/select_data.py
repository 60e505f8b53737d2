"""Send the user's own recorded events through all selections; what is closed stays closed."""

from job import job
from output import write_result


def select_data(experiment, events, outputs, settings):
    """Write candidates (ROOT) and the tables of DATA_COLUMNS."""
    from lnvsearch.experiments.interface import load_experiment
    from lnvsearch.selection.sample_tables import DATA_COLUMNS

    tables = load_experiment(experiment).select_data(events, settings, outputs["candidates"])
    for kind, columns in DATA_COLUMNS.items():
        write_result(outputs[kind], tables.get(kind, {name: [] for name in columns}))


if __name__ == "__main__":
    with job(snakemake):
        select_data(
            experiment=snakemake.params.experiment,
            events=snakemake.input.events,
            outputs=dict(snakemake.output.items()),
            settings=snakemake.params.selection,
        )
