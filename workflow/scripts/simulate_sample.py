"""Generate the events of one sample and let the detector respond, chunk by chunk."""

from job import job, with_calibration


def simulate_sample(output, simulation, overlays, n_events, base_seed, sample):
    """Write `n_events` recorded events of `sample` to the ROOT file `output`."""
    from lnvsearch.experiments.besiii.chain import Simulation, simulate
    from lnvsearch.experiments.besiii.events import write_recorded

    detector = with_calibration(simulation["detector"], overlays)
    settings = Simulation.from_mapping({**simulation, "detector": detector})
    write_recorded(output, simulate(settings, n_events, base_seed=base_seed, sample=sample))


if __name__ == "__main__":
    with job(snakemake):
        simulate_sample(
            output=snakemake.output.events,
            simulation=snakemake.params.simulation,
            overlays=snakemake.input.get("calibration", []),
            n_events=snakemake.params.n_events,
            base_seed=snakemake.params.base_seed,
            sample=snakemake.wildcards.sample,
        )
