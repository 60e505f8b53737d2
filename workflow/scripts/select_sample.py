"""Reconstruct and select the events of one sample; weigh those of an exclusive background."""

from job import job, write_table


def select_sample(events, maps, outputs, selection, names):
    """Read the ROOT file `events`; write candidates (ROOT), cut flow and acceptance (CSV).

    `maps`: the identification map of a background, or nothing; `names`: of channel, selection,
    sample and variation.
    """
    from lnvsearch.experiments.besiii.chain import EVENTS_PER_CHUNK
    from lnvsearch.experiments.besiii.events import iterate_recorded
    from lnvsearch.experiments.besiii.selection.counts import count
    from lnvsearch.experiments.besiii.selection.identification_map import read_identification
    from lnvsearch.experiments.besiii.selection.sample import select_sample
    from lnvsearch.experiments.besiii.selection.state import Selection

    flow = select_sample(
        iterate_recorded(events, EVENTS_PER_CHUNK),
        Selection.of_decays(**selection),
        outputs["candidates"],
        read_identification(maps[0]) if maps else None,
    )
    for kind, table in count(flow, **names).items():
        write_table(outputs[kind], table)


if __name__ == "__main__":
    with job(snakemake):
        select_sample(
            events=snakemake.input.events,
            maps=snakemake.input.get("maps", []),
            outputs=dict(snakemake.output.items()),
            selection=snakemake.params.selection,
            names={
                **snakemake.params.names,
                "sample": snakemake.wildcards.sample,
                "variation": snakemake.wildcards.variation,
            },
        )
