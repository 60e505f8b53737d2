"""Send the events of one sample through its selections; count candidates by region of mass."""

from job import job, write_table


def select_kaon_decays(events, maps, outputs, settings, sample):
    """Write candidates (ROOT), cut flow, acceptances, spectra and losses by single cuts (CSV).

    `settings`: by variation, the selections and what they need, whole for the first one; `maps`:
    the files of their efficiency maps.
    """
    from lnvsearch.experiments.na62.candidate_files import candidate_writer
    from lnvsearch.experiments.na62.chain import EVENTS_PER_CHUNK
    from lnvsearch.experiments.na62.event_files import iterate_spectrometer
    from lnvsearch.experiments.na62.selection.counting import count_sample, read_variations

    chunks = iterate_spectrometer(events, EVENTS_PER_CHUNK)
    with candidate_writer(outputs["candidates"]) as write:
        tables = count_sample(chunks, read_variations(settings, maps), sample, write)
    for kind, table in tables.items():
        write_table(outputs[kind], table)


if __name__ == "__main__":
    with job(snakemake):
        select_kaon_decays(
            events=snakemake.input.events,
            maps=snakemake.input.maps,
            outputs=dict(snakemake.output.items()),
            settings=snakemake.params.selection,
            sample=snakemake.wildcards.sample,
        )
