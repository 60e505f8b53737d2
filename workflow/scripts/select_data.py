"""Send the user's own recorded events through all selections; what is closed stays closed."""

from job import job
from output import write_result
from quick_start import ready_kernels


def select_data(experiment, paper, events, outputs, settings, opened, closed):
    """Write candidates (ROOT), the tables of DATA_COLUMNS, and what was `opened` when.

    `closed`: the windows in mass that are closed where nothing is opened.
    """
    import frozen

    from lnvsearch.experiments.interface import load_experiment
    from lnvsearch.selection.sample_tables import DATA_COLUMNS

    # First the log: whatever happens then, it says who looked.
    frozen.open_or_close(paper, opened, events, closed)
    tables = load_experiment(experiment).select_data(events, settings, outputs["candidates"])
    for kind, columns in DATA_COLUMNS.items():
        write_result(outputs[kind], tables.get(kind, {name: [] for name in columns}))
    write_result(outputs["blinding"], frozen.history(paper))


if __name__ == "__main__":
    with job(snakemake):
        ready_kernels(snakemake.params.experiment, snakemake.config)
        select_data(
            experiment=snakemake.params.experiment,
            paper=snakemake.wildcards.paper,
            events=snakemake.input.events,
            outputs=dict(snakemake.output.items()),
            settings=snakemake.params.selection,
            opened=snakemake.params.opened,
            closed=snakemake.params.closed,
        )
