"""Find the one free scalar of the detector from the one published efficiency."""

from job import job, write_json, write_table


def calibrate_response(
    overlay, record, trials, calibration, generation, detector, selection, n_events, base_seed
):
    """Write the overlay file with the scalar, the record of how it was found, and all trials."""
    import yaml
    from searches.configuration import nested

    from lnvsearch.experiments.besiii.chain import EVENTS_PER_CHUNK, generate, selection_arguments
    from lnvsearch.experiments.besiii.detector import simulate as besiii
    from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
    from lnvsearch.experiments.besiii.selection import kkee as besiii_kkee
    from lnvsearch.files import written_whole
    from lnvsearch.selection.cutflow import binomial_uncertainty
    from lnvsearch.systematics import calibrate_scalar

    sample, parameter = calibration["sample"], calibration["parameter"]
    events = generate(generation, n_events, base_seed, sample)
    response = BesiiiResponse.from_mapping(detector)
    arguments = selection_arguments(selection)

    def efficiency_of(scalar):
        varied = response.with_values({parameter: scalar})
        selected = 0
        for chunk in events.chunks(EVENTS_PER_CHUNK):
            recorded = besiii.simulate(chunk, varied, base_seed=base_seed, sample=sample)
            _, flow = besiii_kkee.select(recorded, selection["cuts"], **arguments)
            selected += flow.events_out[-1]
        return selected / n_events

    found = calibrate_scalar(
        efficiency_of, calibration["target"], calibration["minimum"], calibration["maximum"]
    )
    with written_whole(overlay) as temporary:
        temporary.write_text(
            yaml.safe_dump({"detector": nested(parameter, found.value)}), encoding="utf-8"
        )
    write_table(
        trials,
        {
            parameter.rpartition(".")[2]: [scalar for scalar, _ in found.trials],
            "efficiency": [efficiency for _, efficiency in found.trials],
            "efficiency_uncertainty": [
                binomial_uncertainty(efficiency * n_events, n_events)
                for _, efficiency in found.trials
            ],
        },
    )
    write_json(
        record,
        {
            "parameter": parameter,
            "value": found.value,
            "allowed": [calibration["minimum"], calibration["maximum"]],
            "outcome": found.outcome,
            "target": calibration["target"],
            "target_source": "published efficiency of the phase-space model, section III",
            "efficiency": found.efficiency,
            "efficiency_at_minimum": found.trials[0][1],
            "efficiency_at_maximum": found.trials[1][1],
            "sample": sample,
            "events": n_events,
            "base_seed": base_seed,
            "rule": "bisection of the efficiency on one sample, the random streams of which no "
            "other sample uses; everything else stays as published or estimated beforehand",
        },
    )


if __name__ == "__main__":
    with job(snakemake):
        calibrate_response(
            overlay=snakemake.output.overlay,
            record=snakemake.output.record,
            trials=snakemake.output.trials,
            calibration=snakemake.params.calibration,
            generation=snakemake.params.generation,
            detector=snakemake.params.detector,
            selection=snakemake.params.selection,
            n_events=snakemake.params.n_events,
            base_seed=snakemake.params.base_seed,
        )
