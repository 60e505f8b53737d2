"""Find the one free scalar of the detector from the one published efficiency."""

from job import job, write_json, write_table, write_text


def calibrate_response(outputs, calibration, simulation, selection, n_events, base_seed):
    """Write the overlay file with the scalar, the record of how it was found, and all trials."""
    import yaml
    from searches.configuration import nested

    from lnvsearch.experiments.besiii import calibration as calibrations
    from lnvsearch.experiments.besiii.chain import Simulation
    from lnvsearch.experiments.besiii.selection.state import Selection

    parameter = calibration["parameter"]
    found = calibrations.calibrate_response(
        Simulation.from_mapping(simulation), Selection.of_decays(**selection), n_events,
        base_seed=base_seed,
        **{name: calibration[name] for name in
           ("sample", "parameter", "target", "minimum", "maximum")},
    )
    overlay = {"detector": nested(parameter, found.value)}
    write_text(outputs["overlay"], yaml.safe_dump(overlay))
    write_table(
        outputs["trials"],
        calibrations.trials_table(found, parameter.rpartition(".")[2], n_events),
    )
    write_json(outputs["record"], {
        "parameter": parameter,
        "value": found.value,
        "allowed": [calibration["minimum"], calibration["maximum"]],
        "outcome": found.outcome,
        "target": calibration["target"],
        "target_source": "published efficiency of the phase-space model, section III",
        "efficiency": found.efficiency,
        "efficiency_at_minimum": found.trials[0][1],
        "efficiency_at_maximum": found.trials[1][1],
        "sample": calibration["sample"],
        "events": n_events,
        "base_seed": base_seed,
        "rule": "bisection of the efficiency on one sample, the random streams of which no "
        "other sample uses; everything else stays as published or estimated beforehand",
    })


if __name__ == "__main__":
    with job(snakemake):
        calibrate_response(
            outputs=dict(snakemake.output.items()),
            calibration=snakemake.params.calibration,
            simulation=snakemake.params.simulation,
            selection=snakemake.params.selection,
            n_events=snakemake.params.n_events,
            base_seed=snakemake.params.base_seed,
        )
