"""Scan the cut on chi^2 with Punzi's figure of merit."""

from job import job, write_table


def scan_cut(signal, backgrounds, output, cuts, punzi_constant):
    """Efficiency, background and figure of merit for every cut of the table `backgrounds`."""
    import uproot

    from lnvsearch.experiments.besiii.cut_scan import scan_chi_square
    from lnvsearch.tables import read_csv

    with uproot.open(signal) as file:
        candidates = file["Candidates"].arrays(library="np")
        n_generated = file["Generated"].num_entries
    write_table(output, scan_chi_square(
        candidates, n_generated, read_csv(backgrounds),
        other_cuts=[name for name in cuts if name != "chi_square"], punzi_constant=punzi_constant,
    ))


if __name__ == "__main__":
    with job(snakemake):
        scan_cut(
            signal=snakemake.input.signal,
            backgrounds=snakemake.input.backgrounds,
            output=snakemake.output.scan,
            cuts=[cut["cut"] for cut in snakemake.params.selection],
            punzi_constant=snakemake.params.punzi_constant,
        )
