"""Resolution in the mass of the four particles before the fit."""

from job import job, write_json


def measure_resolution(candidates, output, signal_window):
    """Half the width of the interval with the central 68.3 % of the candidates.

    Candidates pass all cuts but the window; its half width in resolutions is what the paper
    calls three.
    """
    import numpy as np
    import uproot

    with uproot.open(candidates) as file:
        columns = file["Candidates"].arrays(library="np")
    keep = columns["passes_smallest_chi_square"] & columns["passes_chi_square"]
    keep &= columns["passes_conversion_veto"]
    mass = columns["mass_gev"][keep]
    if len(mass) < 10:
        raise ValueError(f"{candidates}: only {len(mass)} events pass; raise statistics.signal")
    low, high = np.quantile(mass, [0.1587, 0.8413])
    resolution = 0.5 * (high - low)
    # Variance of the half difference of two quantiles of n normal numbers (Stuart and Ord,
    # vol. 1, sec. 10.10): their correlation is 0.189, their densities phi(1).
    density = np.exp(-0.5) / np.sqrt(2.0 * np.pi)
    per_quantile = np.sqrt(0.1587 * 0.8413 / len(mass)) / density
    uncertainty = resolution * per_quantile * np.sqrt((1.0 - 0.1587 / 0.8413) / 2.0)
    half_width = 0.5 * (signal_window[1] - signal_window[0])
    write_json(output, {
        "mass_resolution_gev": float(resolution),
        "mass_resolution_gev_uncertainty": float(uncertainty),
        "median_mass_gev": float(np.median(mass)),
        "window_half_width_in_resolutions": float(half_width / resolution),
        "window_half_width_in_resolutions_uncertainty":
            float(half_width / resolution * uncertainty / resolution),
        "candidates": len(mass),
    })


if __name__ == "__main__":
    with job(snakemake):
        measure_resolution(
            candidates=snakemake.input.candidates,
            output=snakemake.output.resolution,
            signal_window=snakemake.params.signal_window,
        )
