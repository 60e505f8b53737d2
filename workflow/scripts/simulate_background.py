"""One exclusive background: its cut flow, and the events expected, by mis-identification weights."""

from job import job, with_calibration, write_table


def simulate_background(
    mode, cocktail, probabilities, cutflow, scan, shape, table, generation, detector, overlays,
    selection, chi_square_scan, n_parent, n_events, base_seed,
):
    """Write the plain cut flow, the weights below every cut on chi^2, their shape in the mass of
    the four particles, and the mode's summary.
    """
    import numpy as np

    from lnvsearch.experiments.besiii.chain import cocktail_mode
    from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
    from lnvsearch.experiments.besiii.selection.background_weights import read_identification
    from lnvsearch.selection.cutflow import COLUMNS, CutFlow
    from lnvsearch.tables import table_from_rows

    sample = f"bkg_{mode}"
    chunks, flows = [], []
    for chunk, flow in weighted_chunks(
        sample, cocktail, generation, BesiiiResponse.from_mapping(with_calibration(detector, overlays)),
        selection, read_identification(probabilities), n_events, base_seed,
    ):
        chunks.append(chunk)
        flows.append(flow)
    rows = CutFlow.merged(flows, n_generated=n_events).rows(sample, "nominal")
    write_table(cutflow, table_from_rows(rows, COLUMNS))

    found = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
    entry = cocktail_mode(cocktail, sample)
    event_weight = entry.event_weight(n_parent, n_events)
    passes = found["chi_square"] < chi_square_scan["paper"]
    write_table(shape, mass_shape(found["mass_gev"][passes], event_weight * found["weight"][passes]))
    inside = {name: values[found["in_window"]] for name, values in found.items()}
    write_table(
        scan, scan_of_cut(inside["chi_square"], inside["weight"], chi_square_scan, event_weight)
    )
    row = summary(mode, entry, inside, chi_square_scan["paper"], n_parent, n_events)
    write_table(table, table_from_rows([row], list(row)))


def weighted_chunks(sample, cocktail, generation, response, selection, identification, n_events,
                    base_seed):
    """Weights and cut flow of a sample, chunk by chunk of events: memory stays bounded."""
    from lnvsearch.experiments.besiii.chain import EVENTS_PER_CHUNK, generate, selection_arguments
    from lnvsearch.experiments.besiii.detector import simulate as besiii
    from lnvsearch.experiments.besiii.selection import kkee as besiii_kkee
    from lnvsearch.experiments.besiii.selection.background_weights import weigh

    arguments = selection_arguments(selection)
    for first in range(0, n_events, EVENTS_PER_CHUNK):
        number = min(EVENTS_PER_CHUNK, n_events - first)
        events = generate(generation, number, base_seed, sample, cocktail, first_event=first)
        recorded = besiii.simulate(events, response, base_seed=base_seed, sample=sample)
        _, flow = besiii_kkee.select(recorded, selection["cuts"], **arguments)
        yield weigh(recorded, selection["cuts"], identification, **arguments), flow


def scan_of_cut(chi_square, weight, settings, event_weight):
    """Expected events below every cut of the scan, with their statistical uncertainties."""
    number = round((settings["last"] - settings["first"]) / settings["step"]) + 1
    grid = [settings["first"] + i * settings["step"] for i in range(number)]
    passing = [weight[chi_square < cut] for cut in grid]
    return {
        "chi_square_cut": grid,
        "expected_events": [event_weight * float(w.sum()) for w in passing],
        "expected_events_uncertainty": [event_weight * float((w**2).sum()) ** 0.5
                                        for w in passing],
    }


def mass_shape(mass_gev, weight):
    """Expected events in bins of the mass of the four particles, with uncertainties."""
    import hist

    spectrum = hist.Hist(
        hist.axis.Regular(100, 3.0, 3.2, name="mass_gev"), storage=hist.storage.Weight()
    ).fill(mass_gev, weight=weight)
    edges = spectrum.axes[0].edges
    return {
        "mass_low_gev": edges[:-1].tolist(),
        "mass_high_gev": edges[1:].tolist(),
        "expected_events": spectrum.values().tolist(),
        "expected_events_uncertainty": (spectrum.variances() ** 0.5).tolist(),
    }


def summary(mode, entry, found, cut, n_parent, n_events):
    """The mode's row in the table of backgrounds."""
    import math

    event_weight = entry.event_weight(n_parent, n_events)
    passes = found["chi_square"] < cut
    passing = found["weight"][passes]
    expected = event_weight * float(passing.sum())
    statistical = event_weight * float((passing**2).sum()) ** 0.5
    from_map = event_weight * float(found["map_uncertainty"][passes].sum())
    relative = entry.branching_fraction_uncertainty / entry.branching_fraction
    return {
        "mode": mode,
        "branching_fraction": entry.branching_fraction,
        "branching_fraction_uncertainty": entry.branching_fraction_uncertainty,
        "n_generated": n_events,
        # J/psi that a plain simulation would need for the same relative uncertainty.
        "effective_jpsi": n_parent * expected / statistical**2 if statistical > 0 else None,
        "expected_events": expected,
        "expected_events_uncertainty": math.hypot(statistical, from_map, relative * expected),
        "survival_percent": 100.0 * len(passing) / n_events,
        "source": entry.source,
    }


if __name__ == "__main__":
    with job(snakemake):
        simulate_background(
            mode=snakemake.wildcards.mode,
            cocktail=snakemake.input.cocktail,
            probabilities=snakemake.input.probabilities,
            cutflow=snakemake.output.cutflow,
            scan=snakemake.output.scan,
            shape=snakemake.output.shape,
            table=snakemake.output.table,
            generation=snakemake.params.generation,
            detector=snakemake.params.detector,
            overlays=snakemake.input.get("calibration", []),
            selection=snakemake.params.selection,
            chi_square_scan=snakemake.params.chi_square_scan,
            n_parent=snakemake.params.n_parent,
            n_events=snakemake.params.n_events,
            base_seed=snakemake.params.base_seed,
        )
