"""Reconstruct and select the events of one sample."""

from job import job, write_table


def select_events(events, candidates, cutflow, selection, sample, variation):
    """Read the ROOT file `events`; write the candidates (ROOT) and the cut flow (CSV).

    The file of candidates has the tree `Candidates`, one row an event with a candidate, and for
    simulated signal the tree `Generated` with the true K e masses of every event, and whether
    it passes all cuts.  What the cut `closed_window` sets aside (blind data) is not written.
    """
    import numpy as np
    import uproot

    from lnvsearch.experiments.besiii.chain import EVENTS_PER_CHUNK, selection_arguments
    from lnvsearch.experiments.besiii.events import iterate_recorded
    from lnvsearch.experiments.besiii.selection import kkee as besiii_kkee
    from lnvsearch.experiments.besiii.selection.acceptance import true_pair_masses
    from lnvsearch.files import written_whole
    from lnvsearch.selection.cutflow import COLUMNS, CutFlow
    from lnvsearch.tables import table_from_rows

    arguments = selection_arguments(selection)
    tables, flows, truth = [], [], []
    for chunk in iterate_recorded(events, EVENTS_PER_CHUNK):
        table, flow = besiii_kkee.select(chunk, selection["cuts"], **arguments)
        masses = true_pair_masses(chunk)
        if masses is not None:
            passed = np.all([v for k, v in table.items() if k.startswith("passes_")], axis=0)
            selected = np.isin(chunk.event_number, table["event_number"][passed])
            truth.append(
                {"true_m_ke_1_gev": masses[:, 0], "true_m_ke_2_gev": masses[:, 1],
                 "selected": selected}
            )
        if "passes_closed_window" in table:
            open_rows = table["passes_closed_window"]
            table = {name: values[open_rows] for name, values in table.items()}
        tables.append(table)
        flows.append(flow)
    with written_whole(candidates) as temporary:
        with uproot.recreate(temporary, compression=uproot.LZ4(1)) as file:
            for tree, parts in (("Candidates", tables), ("Generated", truth)):
                if parts:
                    file[tree] = {
                        name: np.concatenate([part[name] for part in parts]) for name in parts[0]
                    }
    rows = CutFlow.merged(flows).rows(sample, variation)
    write_table(cutflow, table_from_rows(rows, COLUMNS))


if __name__ == "__main__":
    with job(snakemake):
        select_events(
            events=snakemake.input.events,
            candidates=snakemake.output.candidates,
            cutflow=snakemake.output.cutflow,
            selection=snakemake.params.selection,
            sample=snakemake.wildcards.sample,
            variation=snakemake.wildcards.variation,
        )
