"""Send the user's own recorded events through all selections; count them by region of mass."""

from job import job, write_table


def select_kaon_data(events, outputs, settings):
    """Write candidates (ROOT), cut flow, counts and spectra (CSV); what is closed is in none."""
    from lnvsearch.experiments.na62.candidate_files import candidate_writer
    from lnvsearch.experiments.na62.chain import EVENTS_PER_CHUNK
    from lnvsearch.experiments.na62.event_files import iterate_data
    from lnvsearch.experiments.na62.selection.recorded import RecordedSettings, count_recorded

    typed = RecordedSettings.from_mapping(settings)
    chunks = iterate_data(events, EVENTS_PER_CHUNK, rich_for=typed.with_rich)
    with candidate_writer(outputs["candidates"]) as write:
        tables = count_recorded(chunks, typed, write, source=events)
    for kind, table in tables.items():
        write_table(outputs[kind], table)


if __name__ == "__main__":
    with job(snakemake):
        select_kaon_data(
            events=snakemake.input.events,
            outputs=dict(snakemake.output.items()),
            settings=snakemake.params.selection,
        )
