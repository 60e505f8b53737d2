"""Expected backgrounds of a channel: exclusive decays, inclusive check and continuum."""

from job import job, write_json, write_table


def estimate_backgrounds(selected, acceptance, cocktail, outputs, settings):
    """Write the table of decays, their mass spectra, the scan of the cut on chi^2 and the total.

    `selected`: files of candidates by sample of the table `cocktail`.
    """
    import uproot

    from lnvsearch.experiments.besiii import backgrounds
    from lnvsearch.experiments.besiii.cut_scan import cut_grid
    from lnvsearch.experiments.besiii.selection.continuum import OffResonance, continuum_events
    from lnvsearch.generation.cocktail import load_cocktail
    from lnvsearch.tables import read_csv

    weighted = {}
    for sample, path in selected.items():
        with uproot.open(path) as file:
            weighted[sample] = file["Weighted"].arrays(library="np")
    scan, continuum = settings["chi_square_scan"], settings["continuum"]
    found = backgrounds.estimate_backgrounds(
        weighted,
        read_csv(acceptance),
        load_cocktail(cocktail),
        backgrounds.BackgroundSettings(
            selection=settings["selection"],
            n_parents=settings["n_parent"],
            chi_square_cut=scan["paper"],
            chi_square_grid=cut_grid(scan["first"], scan["last"], scan["step"]),
            inclusive_sample=settings["inclusive_sample"],
            continuum_events=continuum_events(
                [OffResonance(**point) for point in continuum["points"]],
                luminosity_per_pb=continuum["on_resonance_luminosity_per_pb"],
                energy_gev=continuum["on_resonance_energy_gev"],
            ),
            continuum_provenance=continuum["provenance"],
        ),
    )
    write_json(outputs["total"], found.pop("total"))
    for kind, table in found.items():
        write_table(outputs[kind], table)


if __name__ == "__main__":
    with job(snakemake):
        estimate_backgrounds(
            selected=dict(zip(snakemake.params.samples, snakemake.input.selected, strict=True)),
            acceptance=snakemake.input.acceptance,
            cocktail=snakemake.input.cocktail,
            outputs=dict(snakemake.output.items()),
            settings=snakemake.params.settings,
        )
