"""Send the events of one sample through its selections; count candidates by region of mass."""

from job import job, write_table

ACCEPTANCE_COLUMNS = (
    "sample", "variation", "selection", "region", "acceptance", "acceptance_uncertainty",
    "effective_events", "generated_events", "channel",
)
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
    from kaon_simulation import EVENTS_PER_CHUNK

    from lnvsearch.kaon_events import iterate_spectrometer
    from lnvsearch.selection.identification_maps import IdentificationMaps
    from lnvsearch.selection.na62 import fit_vertices, select_fully

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
    parts = {key: [] for key in selections}
    for chunk in iterate_spectrometer(events, EVENTS_PER_CHUNK):
        vertices = fit_vertices(chunk, settings[own]["detector"])
        for (variation, *place), selection in selections.items():
            parts[variation, *place].append(select_fully(
                chunk, selection, detector=settings[variation]["detector"],
                identification=identification[variation], trigger=settings[variation]["trigger"],
                vertices=vertices, loss_region=next(iter(selection["regions"])),
            ))
    generated = (chunk.n_generated, chunk.sum_weight, chunk.sum_squared_weight)
    merged = {key: merge(found) for key, found in parts.items()}
    write_candidates(
        outputs["candidates"],
        {key[1:]: found for key, found in merged.items() if key[0] == own},
        generated,
    )
    write_tables(outputs, merged, selections, generated, sample)


def merge(found):
    """Candidates, cut flow and losses of all chunks."""
    from lnvsearch.selection.na62 import merge_candidates
    from lnvsearch.selection.weighted_cutflow import WeightedCutFlow

    losses = {
        name: sum((part.losses[name] for part in found[1:]), start=found[0].losses[name])
        for name in found[0].losses
    }
    candidates = merge_candidates(part.candidates for part in found)
    return candidates, WeightedCutFlow.merged(part.flow for part in found), losses


def write_candidates(path, merged, generated):
    """One tree a selection, and the sums over all generated events."""
    import numpy as np
    import uproot

    from lnvsearch.files import written_whole

    names = ("n_generated", "sum_weight", "sum_squared_weight")
    with written_whole(path) as temporary:
        with uproot.recreate(temporary, compression=uproot.LZ4(1)) as file:
            for (channel, name), (candidates, _, _) in merged.items():
                file[f"{channel}_{name}"] = candidates
            file["Generated"] = {
                name: np.array([value]) for name, value in zip(names, generated, strict=True)
            }


def write_tables(outputs, merged, selections, generated, sample):
    """Cut flow, acceptances, spectra and losses; each row names its channel."""
    from lnvsearch.publication.table_files import table_from_rows
    from lnvsearch.selection.weighted_cutflow import COLUMNS

    rows = {"cutflow": [], "acceptance": [], "spectra": [], "losses": []}
    for (variation, channel, name), (candidates, flow, losses) in merged.items():
        place = {
            "sample": sample, "variation": variation, "selection": name, "channel": channel,
        }
        selection = selections[variation, channel, name]
        rows["cutflow"] += [{**place, **row} for row in flow.rows(sample, variation, name)]
        rows["acceptance"] += acceptance_rows(candidates, selection, generated, place)
        rows["spectra"] += spectrum_rows(candidates, selection, generated[1], place)
        rows["losses"] += [
            {
                **place,
                "condition": condition,
                "relative_loss": none_if_nan(loss.relative_loss),
                "relative_loss_uncertainty": none_if_nan(loss.uncertainty),
            }
            for condition, loss in losses.items()
        ]
    columns = {
        "cutflow": (*COLUMNS, "channel"),
        "acceptance": ACCEPTANCE_COLUMNS,
        "spectra": SPECTRUM_COLUMNS,
        "losses": LOSS_COLUMNS,
    }
    for kind, found in rows.items():
        write_table(outputs[kind], table_from_rows(found, columns[kind]))


def acceptance_rows(candidates, selection, generated, place):
    from lnvsearch.selection.mass_regions import region_acceptances

    n_generated, sum_weight, sum_squared_weight = generated
    found = region_acceptances(
        candidates, selection["regions"], sum_weight=sum_weight,
        sum_squared_weight=sum_squared_weight,
    )
    for region, value in found.items():
        yield {
            **place,
            "region": region,
            "acceptance": value.acceptance,
            "acceptance_uncertainty": value.uncertainty,
            "effective_events": value.effective_events,
            "generated_events": n_generated,
        }


def spectrum_rows(candidates, selection, sum_weight, place):
    import numpy as np

    from lnvsearch.selection.mass_regions import mass_spectrum

    bins = selection["spectrum"]
    number = round((bins["high_gev"] - bins["low_gev"]) / bins["width_gev"])
    edges = bins["low_gev"] + bins["width_gev"] * np.arange(number + 1)
    spectrum = mass_spectrum(candidates["mass_gev"], candidates["weight"], edges)
    for i in range(number):
        yield {
            **place,
            "mass_low_gev": round(float(edges[i]), 9),
            "mass_high_gev": round(float(edges[i + 1]), 9),
            "acceptance": float(spectrum.content[i]) / sum_weight,
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
