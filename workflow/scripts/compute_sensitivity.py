"""Number of kaon decays and single-event sensitivity, from published and simulated acceptances."""

from job import job, write_json


def compute_sensitivity(acceptance, calibration, output, channel):
    """Write what the published inputs give, and what this simulation predicts, by variation."""
    import math

    from lnvsearch.experiments.na62.estimates import acceptances, factor_of, read_factors
    from lnvsearch.sensitivity import recomputed

    decays, published = recomputed(channel["recomputation"])
    further = channel["recomputation"].get("further_branching_fraction", {"mean": 1.0})["mean"]
    signal = channel["signal"]
    factors = read_factors(calibration)
    simulated = {}
    for variation, value in acceptances(
        acceptance, signal["sample"], signal["selection"], signal["region"]
    ).items():
        factor, factor_uncertainty = factor_of(factors, variation)
        # The factor's own uncertainty is that of the simulated Standard-Model acceptance.
        relative = math.hypot(value.relative_uncertainty, factor_uncertainty / factor)
        predicted = factor * value.acceptance
        simulated[variation] = prediction(
            decays, predicted, relative, further, channel["normalisation"]["acceptance"]
        )
    target = channel["neutral_pion_acceptance"]
    record = {
        "n_kaon_decays": estimate(decays),
        "derived": {"single_event_sensitivity": estimate(published)},
        "simulated": simulated,
    }
    if target is not None:
        record["neutral_pion_factor"] = {
            "value": target / simulated["nominal"]["signal_acceptance"],
            "rule": "published over predicted acceptance of this very signal: a fit, no prediction",
        }
    write_json(output, record)


def prediction(decays, acceptance, relative, further, normalisation_acceptance):
    """The record of one predicted acceptance; uncertainties are this simulation's and N_K's."""
    import math

    sensitivity = 1.0 / (decays.mean * acceptance * further)
    ratio = normalisation_acceptance / acceptance
    return {
        "signal_acceptance": acceptance,
        "signal_acceptance_uncertainty": relative * acceptance,
        "acceptance_ratio": ratio,
        "acceptance_ratio_uncertainty": relative * ratio,
        "single_event_sensitivity": sensitivity,
        "single_event_sensitivity_uncertainty": sensitivity
        * math.hypot(relative, decays.sigma / decays.mean),
    }


def estimate(value):
    """An Estimate as a mapping, its uncertainties by origin."""
    return {
        "mean": value.mean,
        "statistical": value.statistical,
        "external": value.external,
        "systematic": value.systematic,
        "sigma": value.sigma,
    }


if __name__ == "__main__":
    with job(snakemake):
        compute_sensitivity(
            acceptance=snakemake.input.acceptance,
            calibration=snakemake.input.calibration,
            output=snakemake.output.sensitivity,
            channel=snakemake.params.channel,
        )
