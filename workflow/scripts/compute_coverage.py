"""Coverage of every method's interval, for the published backgrounds and uncertainties.

The interval of a method that gives upper limits only begins at 0.
"""

from job import job, write_table, write_text

COLUMNS = ("paper", "channel", "method", "true_signal", "coverage", "nominal")
#: True signals in expected events: the range in which the papers' limits lie, finely.
LARGEST_SIGNAL, STEPS = 12.0, 240


def compute_coverage(paper, limits, confidence_level, output, undercoverage, tex, md):
    """Write coverage against the true signal, and where each method covers too little.

    The truth is the published background and an efficiency of 1, so that signals are in expected
    events; the analysis knows them with the published uncertainties.  Sums over counts are exact.
    """
    import numpy as np
    from experiments import METHODS, counting_experiment, method_options

    from lnvsearch.papers.besiii_2025.tables import undercoverage as summarised
    from lnvsearch.statistics import coverage as coverage_of
    from lnvsearch.tables import table_from_rows, to_csv, to_markdown, to_tex

    signal = np.linspace(0.0, LARGEST_SIGNAL, STEPS + 1)[1:]
    rows = []
    for channel, limit in limits.items():
        background = limit["background"]
        experiment = counting_experiment(
            limit["observed"], background["mean"], background["sigma"], 1.0,
            relative_uncertainty(limit),
        )
        for method in METHODS:
            options = method_options(method, limit["bounded"], limit["priors"][0])
            values = coverage_of.coverage(
                experiment, signal, method, confidence_level, fluctuate=False, **options
            )
            rows += [
                {"paper": paper, "channel": channel, "method": method, "true_signal": float(s),
                 "coverage": float(c), "nominal": confidence_level}
                for s, c in zip(signal, values.interval, strict=True)
            ]
    table = table_from_rows(rows, COLUMNS)
    write_table(output, table)
    summary = summarised(table)
    for path, to_text in ((undercoverage, to_csv), (tex, to_tex), (md, to_markdown)):
        write_text(path, to_text(summary))


def relative_uncertainty(limit):
    """Relative uncertainty of the efficiency, or of the single-event sensitivity."""
    if "efficiency" in limit:
        return limit["efficiency"]["relative_sigma_percent"] / 100.0
    sensitivity = limit["single_event_sensitivity"]
    return sensitivity["sigma"] / sensitivity["mean"]


if __name__ == "__main__":
    with job(snakemake):
        compute_coverage(
            paper=snakemake.wildcards.paper,
            limits=snakemake.params.limits,
            confidence_level=snakemake.params.confidence_level,
            output=snakemake.output.coverage,
            undercoverage=snakemake.output.undercoverage,
            tex=snakemake.output.tex,
            md=snakemake.output.md,
        )
