"""Send the events of one sample through its selections; count candidates by region of mass."""

import contextlib

from job import job, write_table

SPECTRUM_COLUMNS = (
    "sample", "variation", "selection", "mass_low_gev", "mass_high_gev", "acceptance",
    "acceptance_uncertainty", "channel",
)
LOSS_COLUMNS = (
    "sample", "variation", "selection", "condition", "relative_loss", "relative_loss_uncertainty",
    "channel",
)


def select_kaon_decays(events, maps, outputs, settings, sample):
    """Write candidates (ROOT), cut flow, acceptances, spectra and losses by single cuts (CSV).

    `settings`: by variation, the selections and what they need; `maps`: their files.  The file of
    candidates has one tree for each selection of the first variation, `<channel>_<selection>`, and
    the tree `Generated` with the sums of weights of all generated events.
    """
    import numpy as np

    from lnvsearch.experiments.na62.chain import EVENTS_PER_CHUNK
    from lnvsearch.experiments.na62.event_files import iterate_spectrometer
    from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
    from lnvsearch.experiments.na62.selection.select import fit_vertices, select_fully

    identification = {
        variation: IdentificationMaps.from_json(path)
        for variation, path in zip(settings, maps, strict=True)
    }
    selections = {
        (variation, channel, name): selection
        for variation, entry in settings.items()
        for channel, named in entry["selections"].items()
        for name, selection in named.items()
    }
    own = next(iter(settings))
    counts = {key: Counts(selection) for key, selection in selections.items()}
    with candidate_file(outputs["candidates"]) as write_candidates:
        for chunk in iterate_spectrometer(events, EVENTS_PER_CHUNK):
            vertices = fit_vertices(chunk, settings[own]["detector"])
            for (variation, *place), selection in selections.items():
                selected = select_fully(
                    chunk, selection, detector=settings[variation]["detector"],
                    identification=identification[variation],
                    trigger=settings[variation]["trigger"], vertices=vertices,
                    loss_region=next(iter(selection["regions"])),
                )
                counts[variation, *place].add(selected)
                if variation == own:
                    write_candidates("_".join(place), selected.candidates)
        generated = (chunk.n_generated, chunk.sum_weight, chunk.sum_squared_weight)
        names = ("n_generated", "sum_weight", "sum_squared_weight")
        write_candidates(
            "Generated", {k: np.array([v]) for k, v in zip(names, generated, strict=True)}
        )
    write_tables(outputs, counts, generated, sample)


class Counts:
    """Sums over the chunks of one selection: cut flow, losses, regions and spectrum."""

    def __init__(self, selection):
        from lnvsearch.selection.mass_regions import RegionCounter

        self.regions = RegionCounter(selection["regions"], spectrum_edges(selection))
        self.flows = []
        self.losses = {}

    def add(self, selected):
        self.regions.add(selected.candidates)
        self.flows.append(selected.flow)
        for name, loss in selected.losses.items():
            self.losses[name] = self.losses[name] + loss if name in self.losses else loss


def spectrum_edges(selection):
    """Edges of the bins of a selection's spectrum, in GeV."""
    import numpy as np

    bins = selection["spectrum"]
    number = round((bins["high_gev"] - bins["low_gev"]) / bins["width_gev"])
    return bins["low_gev"] + bins["width_gev"] * np.arange(number + 1)


@contextlib.contextmanager
def candidate_file(path):
    """Give a function that adds columns to a tree of a ROOT file, chunk by chunk."""
    import uproot

    from lnvsearch.files import written_whole

    with written_whole(path) as temporary:
        with uproot.recreate(temporary, compression=uproot.LZ4(1)) as file:
            trees = {}

            def write(name, columns):
                if name not in trees:
                    trees[name] = file.mktree(name, {k: v.dtype for k, v in columns.items()})
                trees[name].extend(columns)

            yield write


def write_tables(outputs, counts, generated, sample):
    """Cut flow, acceptances, spectra and losses; each row names its channel."""
    from lnvsearch.selection.mass_regions import ACCEPTANCE_COLUMNS
    from lnvsearch.selection.weighted_cutflow import COLUMNS, WeightedCutFlow
    from lnvsearch.tables import table_from_rows

    rows = {"cutflow": [], "acceptance": [], "spectra": [], "losses": []}
    for (variation, channel, name), found in counts.items():
        place = {
            "sample": sample, "variation": variation, "selection": name, "channel": channel,
        }
        flow = WeightedCutFlow.merged(found.flows)
        rows["cutflow"] += [{**place, **row} for row in flow.rows(sample, variation, name)]
        rows["acceptance"] += acceptance_table(found.regions, generated, place)
        rows["spectra"] += spectrum_rows(found.regions.spectrum(), generated[1], place)
        rows["losses"] += [
            {
                **place,
                "condition": condition,
                "relative_loss": none_if_nan(loss.relative_loss),
                "relative_loss_uncertainty": none_if_nan(loss.uncertainty),
            }
            for condition, loss in found.losses.items()
        ]
    columns = {
        "cutflow": (*COLUMNS, "channel"),
        "acceptance": (*ACCEPTANCE_COLUMNS, "channel"),
        "spectra": SPECTRUM_COLUMNS,
        "losses": LOSS_COLUMNS,
    }
    for kind, listed in rows.items():
        write_table(outputs[kind], table_from_rows(listed, columns[kind]))


def acceptance_table(regions, generated, place):
    """Rows of the library's table of acceptances, with the channel."""
    from lnvsearch.selection.mass_regions import acceptance_rows

    n_generated, sum_weight, sum_squared_weight = generated
    found = regions.acceptances(sum_weight=sum_weight, sum_squared_weight=sum_squared_weight)
    names = ("sample", "variation", "selection")
    rows = acceptance_rows(
        found, **{name: place[name] for name in names}, generated_events=n_generated
    )
    return [{**row, "channel": place["channel"]} for row in rows]


def spectrum_rows(spectrum, sum_weight, place):
    for i, content in enumerate(spectrum.content):
        yield {
            **place,
            "mass_low_gev": round(float(spectrum.edges_gev[i]), 9),
            "mass_high_gev": round(float(spectrum.edges_gev[i + 1]), 9),
            "acceptance": float(content) / sum_weight,
            "acceptance_uncertainty": float(spectrum.uncertainty[i]) / sum_weight,
        }


def none_if_nan(value):
    """An empty cell where there was nothing to lose."""
    return None if value != value else value


if __name__ == "__main__":
    with job(snakemake):
        select_kaon_decays(
            events=snakemake.input.events,
            maps=snakemake.input.maps,
            outputs={name: snakemake.output[name] for name in
                     ("candidates", "cutflow", "acceptance", "spectra", "losses")},
            settings=snakemake.params.selection,
            sample=snakemake.wildcards.sample,
        )
