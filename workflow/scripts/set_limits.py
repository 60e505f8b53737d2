"""Upper limits of one channel, from published and simulated inputs, by all methods."""

from dataclasses import asdict, dataclass

from experiments import METHODS
from job import job, write_json

from lnvsearch.publication.results import USER_DATA


@dataclass(frozen=True)
class Inputs:
    """The numbers that one limit is set from; `scale` turns events into a branching fraction."""

    kind: str
    variant: str
    observed: int
    background: float
    background_uncertainty: float
    efficiency: float
    efficiency_uncertainty: float
    scale: float
    #: Methods to apply; by default all.
    methods: tuple[str, ...] = METHODS


def set_limits(output, inputs, own_method, bounded, priors, confidence_level):
    """Write one record for every set of `inputs`, method and prior.

    `priors`: the shapes of uncertain background and efficiency for the methods that average
    over them; with nothing uncertain, one is as good as another and only the first is used.
    """
    from experiments import counting_experiment, method_options, upper_limit

    records = []
    for numbers in inputs:
        experiment = counting_experiment(
            numbers.observed,
            numbers.background,
            numbers.background_uncertainty,
            numbers.efficiency,
            numbers.efficiency_uncertainty,
        )
        for method in numbers.methods:
            for prior in [None] if method == "rolke" else priors:
                options = method_options(method, bounded, prior)
                upper = float(upper_limit(method, experiment, confidence_level, **options))
                records.append({
                    **{k: v for k, v in asdict(numbers).items() if k != "methods"},
                    "method": method,
                    "prior": prior,
                    "confidence_level": confidence_level,
                    "is_paper_method": method == own_method,
                    "upper_events": upper,
                    "upper_branching_fraction": upper * numbers.scale,
                })
    write_json(output, records)


def published_inputs(limit, parent, published):
    """The published numbers, as printed, for a limit with an efficiency and N parents."""
    efficiency = limit["efficiency"]["mean"]
    sigma = limit["efficiency"]["relative_sigma_percent"] / 100.0
    variants = {"nominal": efficiency}
    if published is not None:
        variants["section_iii_efficiency"] = published.value("efficiency_percent") / 100.0
    return [
        Inputs("derived", name, limit["observed"], limit["background"]["mean"],
               limit["background"]["sigma"], value, sigma * value, 1.0 / parent["number"])
        for name, value in variants.items()
    ]


def simulated_inputs(limit, parent, simulation, sample):
    """This simulation's efficiency and background, with the published count and the user's own."""
    import json

    from lnvsearch.tables import find_rows, read_csv

    efficiencies = read_csv(simulation["efficiencies"])
    total = find_rows(read_csv(simulation["systematics"]), source="total")[0]
    with open(simulation["background"], encoding="utf-8") as stream:
        background = json.load(stream)
    relative = total["relative_uncertainty_percent"] / 100.0
    rows = {row["variation"]: row for row in find_rows(efficiencies, sample=sample)}
    variants = [("simulated", name, rows[name], limit["observed"])
                for name in ("nominal", "uncalibrated") if name in rows]
    if "data" in simulation:
        flow = read_csv(simulation["data"])
        variants.append((USER_DATA, "simulated_efficiency", rows["nominal"], flow["events_out"][-1]))
    return [
        Inputs(kind, name, observed,
               background["background_events"], background["background_events_uncertainty"],
               row["efficiency"], relative * row["efficiency"], 1.0 / parent["number"])
        for kind, name, row, observed in variants
    ]


def sensitivity_inputs(limit):
    """Published background with the printed and the recomputed single-event sensitivity."""
    from sensitivity import printed_sensitivity, recomputed_sensitivity

    result = []
    for variant, (mean, sigma) in {
        "printed_sensitivity": printed_sensitivity(limit),
        "recomputed_sensitivity": recomputed_sensitivity(limit),
    }.items():
        # One expected event for a branching fraction of one sensitivity: efficiency 1.
        result.append(
            Inputs("derived", variant, limit["observed"], limit["background"]["mean"],
                   limit["background"]["sigma"], 1.0, sigma / mean, mean)
        )
    return result


def predicted_inputs(limit, simulation):
    """This simulation's sensitivity and background, with the published count.

    By the paper's own method: what another method makes of it, the derived limits show.  A
    variation changes the sensitivity; the background is nominal's throughout (what variations do to
    it stands in the table of systematics).
    """
    from lnvsearch.publication.results import read_json

    predictions = read_json(simulation["sensitivity"])["simulated"]
    background, uncertainty = simulated_background(limit, simulation)
    return [
        Inputs("simulated", variation, limit["observed"], background, uncertainty, 1.0,
               value["single_event_sensitivity_uncertainty"] / value["single_event_sensitivity"],
               value["single_event_sensitivity"], (limit["method"],))
        for variation, value in predictions.items()
    ]


def user_data_inputs(limit, files):
    """The user's own count, with the number of kaon decays of the user's known decay.

    Backgrounds, published and simulated, are those of as many kaon decays.  Nothing without a known
    decay to count them with.
    """
    from lnvsearch.publication.results import read_json
    from lnvsearch.tables import find_rows, read_csv

    record = read_json(files["data_sensitivity"])
    if "without_sensitivity" in record:
        return []
    (row,) = find_rows(read_csv(files["data_counts"]), **limit["signal"])
    published = limit["background"]["mean"], limit["background"]["sigma"]
    sources = {
        "published_acceptances": (published, METHODS),
        "simulated_acceptances": (simulated_background(limit, files), (limit["method"],)),
    }
    result = []
    for variant, ((background, uncertainty), methods) in sources.items():
        sensitivity = record["single_event_sensitivity"][variant]
        result.append(Inputs(
            USER_DATA, variant, row["events"], record["exposure"] * background,
            record["exposure"] * uncertainty, 1.0, sensitivity["sigma"] / sensitivity["mean"],
            sensitivity["mean"], methods,
        ))
    return result


def simulated_background(limit, simulation):
    """Expected events and their uncertainty in the signal region, for the published kaon decays."""
    from lnvsearch.tables import read_csv, table_rows

    return total_background(
        table_rows(read_csv(simulation["background"])), limit["background_samples"],
        limit["signal"]["selection"],
    )


def total_background(rows, samples, selection):
    """Expected events in the signal region; systematic uncertainties add up linearly.

    A sample without any event there has an upper bound only, which the table of backgrounds shows;
    it is left out here.
    """
    import math

    chosen = [
        row for row in rows
        if row["sample"] in samples and row["variation"] == "nominal"
        and row["selection"] == selection and row["region"] == "signal"
        and row["effective_events"] > 0.0
    ]
    return (
        sum(row["expected_events"] for row in chosen),
        math.hypot(
            *(row["statistical_uncertainty"] for row in chosen),
            sum(row["systematic_uncertainty"] for row in chosen),
        ),
    )


if __name__ == "__main__":
    with job(snakemake):
        from lnvsearch.publication.published import read_published

        limit, parent = snakemake.params.limit, snakemake.params.parent
        if "single_event_sensitivity" in limit:
            inputs = sensitivity_inputs(limit)
        else:
            inputs = published_inputs(limit, parent, read_published(snakemake.input.published))
        files = {name: snakemake.input[name] for name in snakemake.params.simulation}
        if "sensitivity" in files:
            inputs += predicted_inputs(limit, files)
            if "data_counts" in files:
                inputs += user_data_inputs(limit, files)
        else:
            inputs += simulated_inputs(limit, parent, files, snakemake.params.efficiency_sample)
        set_limits(
            output=snakemake.output.limits,
            inputs=inputs,
            own_method=limit["method"],
            bounded=limit["bounded"],
            priors=limit["priors"],
            confidence_level=snakemake.params.confidence_level,
        )
