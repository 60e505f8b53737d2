"""Draw one figure: PDF, PNG, and the numbers drawn."""

from job import job, write_table


def draw_figure(name, files, published, settings, pdf, png, csv):
    """`files`: the figure's inputs by name; `settings`: its other arguments."""
    from lnvsearch.files import written_whole
    from lnvsearch.publication.figures import figure_bytes
    from lnvsearch.publication.published import read_published

    figure, numbers = DRAWERS[name](files, read_published(published), settings)
    for path, kind in ((pdf, "pdf"), (png, "png")):
        with written_whole(path) as temporary:
            temporary.write_bytes(figure_bytes(figure, kind))
    write_table(csv, numbers)


def table(path):
    from lnvsearch.tables import read_csv

    return read_csv(path)


def tree(path, name):
    """Columns of a tree of a file of selected events."""
    import uproot

    with uproot.open(path) as file:
        return file[name].arrays(library="np")


def draw_figure1(files, published, settings):
    from lnvsearch.papers.besiii_2025.figures import figure1

    return figure1()


def draw_figure2(files, published, settings):
    """Candidates that pass everything but the window; the user's data, or pseudo-data."""
    from lnvsearch.papers.besiii_2025.figures import figure2

    def masses(path):
        candidates = tree(path, "Candidates")
        keep = candidates["passes_conversion_veto"] & candidates["passes_chi_square"]
        keep &= candidates["passes_smallest_chi_square"]
        return candidates["mass_gev"][keep]

    signal = masses(files.pop("signal"))
    if "data" in files:
        data, label = masses(files["data"]), "Data"
    else:
        data, expected = pseudo_data(table(files["spectra"]), settings)
        label = f"Background pseudo-data, {expected:.1g} expected"
    window = tuple(settings["window_gev"])
    return figure2(signal, data, window_gev=window, data_label=label)


def pseudo_data(spectra, settings):
    """One draw of the expected background: masses at the centres of the bins, and its mean."""
    import numpy as np

    n_samples = len(set(spectra["sample"]))
    low, high, expected = (
        np.array(spectra[name]).reshape(n_samples, -1)
        for name in ("mass_low_gev", "mass_high_gev", "expected_events")
    )
    low, high, expected = low[0], high[0], expected.sum(axis=0)
    generator = np.random.Generator(np.random.Philox(settings["base_seed"]))
    return np.repeat(0.5 * (low + high), generator.poisson(expected)), float(expected.sum())


def draw_figure3(files, published, settings):
    from lnvsearch.papers.besiii_2025.figures import figure3

    return figure3(table(files["scan"]), published)


def draw_efficiency_vs_mass(files, published, settings):
    from lnvsearch.papers.besiii_2025.figures import efficiency_vs_mass

    return efficiency_vs_mass(
        table(files["efficiencies"]), published, in_mass_bin=settings["in_mass_bin"]
    )


def draw_cut_flow(files, published, settings):
    from lnvsearch.papers.besiii_2025.figures import cut_flow

    return cut_flow(table(files["cutflow"]), samples=settings["samples"])


def draw_chi_square_probability(files, published, settings):
    from lnvsearch.papers.besiii_2025.figures import chi_square_probability

    return chi_square_probability(
        {label: tree(files[name], "Candidates")["chi_square"]
         for name, label in settings["labels"].items()}
    )


def draw_punzi_curve(files, published, settings):
    from lnvsearch.papers.besiii_2025.figures import punzi_curve

    return punzi_curve(table(files["punzi"]), published_cut=settings["published_cut"])


def draw_modelling(files, published, settings):
    from lnvsearch.papers.besiii_2025.figures import modelling

    return modelling(table(files["systematics"]), published)


def draw_acceptance_map(files, published, settings):
    from lnvsearch.papers.besiii_2025.figures import acceptance_map

    generated = tree(files["signal"], "Generated")
    return acceptance_map(
        generated["true_m_ke_1_gev"], generated["true_m_ke_2_gev"], generated["selected"]
    )


def draw_calibration_curve(files, published, settings):
    import json

    from lnvsearch.papers.besiii_2025.figures import calibration_curve

    with open(files["record"], encoding="utf-8") as stream:
        record = json.load(stream)
    return calibration_curve(table(files["trials"]), published, chosen_scale=record["value"])


def draw_coverage_map(files, published, settings):
    from lnvsearch.publication.figures import coverage_map

    return coverage_map(table(files["coverage"]))


DRAWERS = {
    function.__name__.removeprefix("draw_"): function
    for function in (
        draw_figure1,
        draw_figure2,
        draw_figure3,
        draw_efficiency_vs_mass,
        draw_cut_flow,
        draw_chi_square_probability,
        draw_punzi_curve,
        draw_modelling,
        draw_acceptance_map,
        draw_calibration_curve,
        draw_coverage_map,
    )
}


if __name__ == "__main__":
    with job(snakemake):
        draw_figure(
            name=snakemake.wildcards.figure,
            files=dict(zip(snakemake.params.settings["inputs"], snakemake.input.data, strict=True)),
            published=snakemake.input.published,
            settings=snakemake.params.settings,
            pdf=snakemake.output.pdf,
            png=snakemake.output.png,
            csv=snakemake.output.csv,
        )
