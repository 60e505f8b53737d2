"""Send the user's own recorded events through all selections; count them by region of mass."""

from job import job, write_table

COUNT_COLUMNS = ("channel", "selection", "region", "events")
SPECTRUM_COLUMNS = ("channel", "selection", "mass_low_gev", "mass_high_gev", "events")


def select_kaon_data(events, outputs, settings):
    """Write candidates (ROOT), cut flow, counts and spectra (CSV).

    The file of candidates has one tree for each selection, `<channel>_<selection>`.  What is closed
    is in no output: a cell of a count or a bin that overlaps a closed window is empty.
    """
    from select_kaon_decays import candidate_file

    from lnvsearch.experiments.na62.chain import EVENTS_PER_CHUNK
    from lnvsearch.experiments.na62.event_files import iterate_data
    from lnvsearch.experiments.na62.selection.decisions import EnergyOverMomentum
    from lnvsearch.experiments.na62.selection.select import fit_vertices, select

    windows = EnergyOverMomentum(**settings["energy_over_momentum"])
    searched = [
        Searched(channel, name, selection, windows, settings["is_unblinded"])
        for channel, named in settings["selections"].items()
        for name, selection in named.items()
    ]
    with_rich = [s.name for s in searched if "rich" in s.selection["identification"]]
    with candidate_file(outputs["candidates"]) as write_candidates:
        for chunk in iterate_data(events, EVENTS_PER_CHUNK, rich_for=with_rich):
            vertices = fit_vertices(chunk, settings["detector"])
            for part in searched:
                candidates, flow = select(
                    chunk, part.selection, detector=settings["detector"],
                    identification=windows, vertices=vertices,
                )
                part.add(events, candidates, flow)
                write_candidates(part.name, candidates)
    write_tables(outputs, searched)


class Searched:
    """One selection of recorded events, with its closed windows, and what it finds."""

    def __init__(self, channel, name, selection, windows, is_unblinded):
        from lnvsearch.experiments.na62.selection.blinding import closed_selection, closed_windows

        self.place = {"channel": channel, "selection": name}
        self.name = f"{channel}_{name}"
        self.closed = [] if is_unblinded else closed_windows(selection["regions"])
        # Recorded events passed the trigger.
        self.selection = {**selection, "trigger": []}
        if self.closed:
            self.selection = closed_selection(self.selection, self.closed, windows)
        self.masses, self.flows = [], []

    def add(self, events, candidates, flow):
        if flow.sums[-1].n_events != len(candidates["mass_gev"]):
            raise ValueError(
                f"{events}: an event has several candidates in {self.name}, which counts cannot "
                "hold; let its cuts ask for one vertex (one_vertex)"
            )
        self.masses.append(candidates["mass_gev"])
        self.flows.append(flow)

    @property
    def mass_gev(self):
        import numpy as np

        return np.concatenate(self.masses)

    def cutflow_rows(self):
        from lnvsearch.experiments.na62.selection.blinding import closed_flow
        from lnvsearch.selection.weighted_cutflow import WeightedCutFlow

        flow = WeightedCutFlow.merged(self.flows)
        rows = flow.rows("data", "nominal", self.place["selection"])
        rows = [row for row in rows if row["cut"] != "trigger"]
        for row in closed_flow(rows) if self.closed else rows:
            yield {**self.place, **row}

    def count_rows(self):
        from lnvsearch.experiments.na62.selection.blinding import count_regions, regions_to_count

        regions = regions_to_count(self.selection["regions"])
        for region, number in count_regions(self.mass_gev, regions, self.closed).items():
            yield {**self.place, "region": region, "events": number}

    def spectrum_rows(self):
        from select_kaon_decays import spectrum_edges

        from lnvsearch.experiments.na62.selection.blinding import closed_spectrum

        edges = spectrum_edges(self.selection)
        bins = zip(edges[:-1], edges[1:], closed_spectrum(self.mass_gev, edges, self.closed))
        for low, high, number in bins:
            yield {
                **self.place, "mass_low_gev": round(float(low), 9),
                "mass_high_gev": round(float(high), 9), "events": number,
            }


def write_tables(outputs, searched):
    from lnvsearch.selection.weighted_cutflow import COLUMNS
    from lnvsearch.tables import table_from_rows

    for kind, columns, rows in (
        ("cutflow", (*COLUMNS, "channel"), Searched.cutflow_rows),
        ("counts", COUNT_COLUMNS, Searched.count_rows),
        ("spectra", SPECTRUM_COLUMNS, Searched.spectrum_rows),
    ):
        listed = [row for part in searched for row in rows(part)]
        write_table(outputs[kind], table_from_rows(listed, columns))


if __name__ == "__main__":
    with job(snakemake):
        select_kaon_data(
            events=snakemake.input.events,
            outputs={name: snakemake.output[name] for name in
                     ("candidates", "cutflow", "counts", "spectra")},
            settings=snakemake.params.selection,
        )
