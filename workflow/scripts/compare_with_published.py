"""Every number that a paper prints, beside this project's."""

from job import job, write_table, write_text

from lnvsearch.publication.results import of_the_paper, read_json, read_results


def compare_with_published(published, companion, files, settings, comparison, summary):
    """`files`: the results by name, CSV tables and JSON; `settings`: published inputs as used."""
    from lnvsearch.publication.published import read_published

    published = read_published(published)
    if "scan" in files:
        table, text = compare_besiii(published, files, settings)
    else:
        table, text = compare_na62(published, companion, files, settings)
    write_table(comparison, table)
    write_text(summary, text)


def compare_besiii(published, files, settings):
    """Comparison and summary of the simulated search."""
    from lnvsearch.papers.besiii_2025.comparison import comparison_for_besiii, summary_markdown
    from lnvsearch.tables import read_csv

    names = ("efficiencies", "systematics", "systematics_by_mass", "scan", "background")
    resolution = read_json(files["resolution"])
    (records,) = (read_json(path) for name, path in files.items() if name.startswith("limits_"))
    records = of_the_paper(records)
    half_width = "window_half_width_in_resolutions"
    results = {
        **{name: read_csv(files[name]) for name in names},
        # The records of one prior stand for their method.
        "overall_limits": list(
            {(r["kind"], r["variant"], r["method"]): r for r in reversed(records)}.values()
        ),
        "settings": settings,
        "simulated_numbers": [{
            "quantity": "signal_window_half_width_in_resolutions",
            "value": resolution[half_width],
            "uncertainty": resolution[f"{half_width}_uncertainty"],
            "source": "resolution",
            "note": f"resolution {1e3 * resolution['mass_resolution_gev']:.2f} MeV",
        }],
    }
    table = comparison_for_besiii(published, results)
    return table, summary_markdown(table, published, results)


def compare_na62(published, companion, files, settings):
    """Comparison and summary of a search for a kaon decay."""
    from lnvsearch.experiments.na62.publication.comparison import (
        comparison_for_na62,
        summary_for_na62,
    )
    from lnvsearch.publication.comparison_na62_settings import detector_settings
    from lnvsearch.publication.published import read_published

    used = detector_settings(settings["detector"], published)
    used |= {tuple(key.split("/")): value for key, value in settings["values"].items()}
    results = read_results(files) | {"settings": used, "title": settings["title"]}
    results["limits"] = {c: of_the_paper(records) for c, records in results["limits"].items()}
    if companion is not None:
        results["companion"] = read_published(companion)
    table = comparison_for_na62(published, results)
    return table, summary_for_na62(table, published, results)


if __name__ == "__main__":
    with job(snakemake):
        compare_with_published(
            published=snakemake.input.published,
            companion=next(iter(snakemake.input.companion), None),
            files={name: snakemake.input[name] for name in snakemake.params.results},
            settings=snakemake.params.settings,
            comparison=snakemake.output.comparison,
            summary=snakemake.output.summary,
        )
