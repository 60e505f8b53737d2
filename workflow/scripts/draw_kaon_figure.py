"""Draw one figure of a kaon search: PDF, PNG, and the numbers drawn."""

from job import job, write_table


def draw_kaon_figure(name, files, published, settings, pdf, png, csv):
    """`files`: the figure's inputs by name; `settings`: its other arguments."""
    from lnvsearch.files import written_whole
    from lnvsearch.publication.figures import figure_bytes
    from lnvsearch.publication.published import read_published

    draw = DRAWERS.get(name, draw_figure_of_the_paper)
    figure, numbers = draw(files, read_published(published), settings)
    for path, kind in ((pdf, "pdf"), (png, "png")):
        with written_whole(path) as temporary:
            temporary.write_bytes(figure_bytes(figure, kind))
    write_table(csv, numbers)


def draw_figure_of_the_paper(files, published, settings):
    """The layout from the detector's settings, the closure of the maps, or mass spectra."""
    from lnvsearch.experiments.na62.publication import figures
    from lnvsearch.tables import read_csv

    draw = getattr(figures, settings["drawing"])
    if "detector" in settings:
        return draw(settings["detector"])
    if "identification" in files:
        return draw(read_csv(files["identification"]))
    data = None
    if "data" in files:
        data = table_of_channel(read_csv(files["data"]), settings["channel"])
    if "panels" in settings:
        from lnvsearch.generation.kaon import MODES

        return draw(
            read_csv(files["spectra"]), published, channel=settings["channel"],
            panels=settings["panels"], label=MODES[settings["mode"]].label, data=data,
        )
    return draw(read_csv(files["spectra"]), published, data=data)


def table_of_channel(table, channel):
    from lnvsearch.tables import find_rows, table_from_rows

    return table_from_rows(find_rows(table, channel=channel), list(table))


def draw_acceptance_dalitz(files, published, settings):
    """Candidates in the signal region, over the plane of the true masses."""
    import numpy as np
    import uproot

    from lnvsearch.experiments.na62.publication.figures import na62_acceptance_dalitz

    candidates, sums = {}, {}
    for channel, path in files.items():
        signal = settings["signals"][channel]
        with uproot.open(path) as file:
            tree = file[f"{channel}_{signal['selection']}"]
            columns = tree.arrays(
                ["weight", "mass_gev", "true_mass_1_gev", "true_mass_2_gev"], library="np"
            )
            sums[channel] = float(file["Generated"]["sum_weight"].array(library="np")[0])
        mass = columns.pop("mass_gev")
        inside = np.any([(mass > low) & (mass < high) for low, high in signal["region_gev"]], axis=0)
        candidates[channel] = {name: values[inside] for name, values in columns.items()}
    final_states = {name: signal["final_state"] for name, signal in settings["signals"].items()}
    return na62_acceptance_dalitz(
        candidates, sums, final_states=final_states, labels=labels(settings)
    )


def labels(settings):
    """Names of the channels' decays as text for matplotlib."""
    from lnvsearch.generation.kaon import MODES

    return {channel: MODES[mode].label for channel, mode in settings["modes"].items()}


def draw_acceptance_ratio(files, published, settings):
    from lnvsearch.experiments.na62.publication.figures import na62_acceptance_ratio
    from lnvsearch.tables import read_csv

    tables = {name.removeprefix("acceptance_"): read_csv(path) for name, path in files.items()}
    return na62_acceptance_ratio(tables, published, labels=labels(settings))


def draw_coverage_map(files, published, settings):
    from lnvsearch.publication.figures import coverage_map
    from lnvsearch.tables import read_csv

    return coverage_map(read_csv(files["coverage"]))


DRAWERS = {
    "acceptance_dalitz": draw_acceptance_dalitz,
    "acceptance_ratio": draw_acceptance_ratio,
    "coverage_map": draw_coverage_map,
}


if __name__ == "__main__":
    with job(snakemake):
        draw_kaon_figure(
            name=snakemake.wildcards.figure,
            files=dict(zip(snakemake.params.settings["inputs"], snakemake.input.data, strict=True)),
            published=snakemake.input.published,
            settings=snakemake.params.settings,
            pdf=snakemake.output.pdf,
            png=snakemake.output.png,
            csv=snakemake.output.csv,
        )
