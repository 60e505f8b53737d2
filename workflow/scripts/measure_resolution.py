"""Resolution in the mass of the four particles before the fit."""

from job import job, write_json


def measure_resolution(candidates, output, signal_window):
    """Write the resolution of candidates that pass all cuts but the window."""
    import uproot

    from lnvsearch.experiments.besiii.validation import mass_resolution

    with uproot.open(candidates) as file:
        columns = file["Candidates"].arrays(library="np")
    keep = columns["passes_smallest_chi_square"] & columns["passes_chi_square"]
    keep &= columns["passes_conversion_veto"]
    write_json(output, mass_resolution(columns["mass_gev"][keep], signal_window))


if __name__ == "__main__":
    with job(snakemake):
        measure_resolution(
            candidates=snakemake.input.candidates,
            output=snakemake.output.resolution,
            signal_window=snakemake.params.signal_window,
        )
