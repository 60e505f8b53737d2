"""Generate the decays of one sample and let the spectrometer respond, chunk by chunk."""

from job import job


def simulate_kaon_decays(output, simulation, n_events, base_seed, sample):
    """Write the recorded events of `n_events` decays to the ROOT file `output`."""
    from lnvsearch.experiments.na62.chain import simulate
    from lnvsearch.experiments.na62.event_files import write_spectrometer

    write_spectrometer(
        output, simulate(simulation, n_events, base_seed=base_seed, sample=sample)
    )


if __name__ == "__main__":
    with job(snakemake):
        simulate_kaon_decays(
            output=snakemake.output.events,
            simulation=snakemake.params.simulation,
            n_events=snakemake.params.n_events,
            base_seed=snakemake.params.base_seed,
            sample=snakemake.wildcards.sample,
        )
