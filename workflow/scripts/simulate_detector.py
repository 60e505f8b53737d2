"""Let the detector respond to the events of one sample."""

from job import job, with_calibration


def simulate_detector(events, output, detector, overlays, base_seed, sample):
    """Read generated `events`, write recorded ones to the ROOT file `output`, chunk by chunk."""
    from lnvsearch.experiments.besiii.chain import EVENTS_PER_CHUNK
    from lnvsearch.experiments.besiii.detector import simulate as besiii
    from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
    from lnvsearch.experiments.besiii.events import write_recorded
    from lnvsearch.generation.events import read_generated

    response = BesiiiResponse.from_mapping(with_calibration(detector, overlays))
    write_recorded(
        output,
        (
            besiii.simulate(chunk, response, base_seed=base_seed, sample=sample)
            for chunk in read_generated(events).chunks(EVENTS_PER_CHUNK)
        ),
    )


if __name__ == "__main__":
    with job(snakemake):
        simulate_detector(
            events=snakemake.input.events,
            output=snakemake.output.events,
            detector=snakemake.params.detector,
            overlays=snakemake.input.get("calibration", []),
            base_seed=snakemake.params.base_seed,
            sample=snakemake.wildcards.sample,
        )
