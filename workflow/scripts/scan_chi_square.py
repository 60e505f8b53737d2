"""Scan the cut on chi^2 with Punzi's figure of merit."""

from job import job, write_table


def scan_chi_square(signal, backgrounds, output, chi_square_scan, selection):
    """Efficiency, background and figure of merit for every cut of the scan."""
    import numpy as np
    import uproot

    from lnvsearch.statistics import punzi
    from lnvsearch.tables import read_csv

    scans = [read_csv(path) for path in backgrounds]
    grid = np.array(scans[0]["chi_square_cut"], dtype=float)
    background = np.sum([scan["expected_events"] for scan in scans], axis=0)
    with uproot.open(signal) as file:
        candidates = file["Candidates"].arrays(library="np")
        n_generated = file["Generated"].num_entries
    keep = np.ones(len(candidates["chi_square"]), dtype=bool)
    for cut in selection:
        passes = candidates.get(f"passes_{cut['cut']}")
        if passes is not None and cut["cut"] != "chi_square":
            keep &= passes.astype(bool)
    values = np.sort(candidates["chi_square"][keep])
    efficiency = np.searchsorted(values, grid) / n_generated
    significance = 2.0 * chi_square_scan["punzi_constant"]
    merit = punzi.figure_of_merit(efficiency, background, significance=significance)
    write_table(output, {
        "chi_square_cut": grid.tolist(),
        "efficiency": efficiency.tolist(),
        "background": background.tolist(),
        "figure_of_merit": merit.tolist(),
    })


if __name__ == "__main__":
    with job(snakemake):
        scan_chi_square(
            signal=snakemake.input.signal,
            backgrounds=snakemake.input.backgrounds,
            output=snakemake.output.scan,
            chi_square_scan=snakemake.params.chi_square_scan,
            selection=snakemake.params.selection,
        )
