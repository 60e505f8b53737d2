"""What every variation changes: the acceptance ratio to the known decay, and expected events."""

from job import job, write_table

COLUMNS = (
    "variation", "description", "quantity", "sample", "selection", "region", "nominal", "varied",
    "relative_difference_percent", "relative_difference_uncertainty_percent",
)


#: Regions below the signal's in which a background may be normalised.
BELOW_SIGNAL = ("lower", "control")
BRANCHING_FRACTIONS = {"branching_fractions": "one standard deviation of the branching fraction"}


def compute_kaon_systematics(acceptance, calibration, background, output, signal, settings, variations):
    """Write one row for every variation and quantity that it touches."""
    from lnvsearch.tables import read_csv, table_from_rows, table_rows

    expected = [
        row for row in table_rows(read_csv(background)) if row["selection"] == signal["selection"]
    ]
    rows = [
        *ratio_rows(acceptance, calibration, signal, variations),
        *branching_fraction_rows(expected, signal, settings),
        *background_rows(expected, signal, variations),
        *normalised_rows(expected, signal, variations),
    ]
    write_table(output, table_from_rows(rows, COLUMNS))


def branching_fraction_rows(expected, signal, settings):
    """The known decay's branching fraction moves the sensitivity, a background's its own events."""
    from lnvsearch.generation.kaon import MODES

    known = settings["recomputation"]["normalisation_branching_fraction"]
    yield row(
        "branching_fractions", BRANCHING_FRACTIONS, "single_event_sensitivity", signal["sample"],
        signal["selection"], signal["region"], known["mean"], known["mean"] + known["sigma"], 0.0,
    )
    for found in expected:
        entry = settings["samples"].get(found["sample"])
        fraction = None if entry is None else MODES[entry["mode"]].branching_fraction
        if fraction is None or found["variation"] != "nominal" or not found["expected_events"]:
            continue
        varied = found["expected_events"] * (1.0 + fraction.uncertainty / fraction.value)
        yield row(
            "branching_fractions", BRANCHING_FRACTIONS, "expected_events", found["sample"],
            found["selection"], found["region"], found["expected_events"], varied, 0.0,
        )


def ratio_rows(path, calibration, signal, variations):
    """A_SM/A_LNV, to which the sensitivity is proportional."""
    from lnvsearch.experiments.na62.estimates import acceptances, factor_of, read_factors

    factors = read_factors(calibration)
    found = acceptances(path, signal["sample"], signal["selection"], signal["region"])

    def inverse_of_prediction(variation):
        return 1.0 / (factor_of(factors, variation)[0] * found.get(variation, found["nominal"]).acceptance)

    for variation in variations:
        if variation not in found and variation not in factors:
            continue
        value = found.get(variation, found["nominal"])
        yield row(
            variation, variations, "single_event_sensitivity", signal["sample"],
            signal["selection"], signal["region"], inverse_of_prediction("nominal"),
            inverse_of_prediction(variation), value.relative_uncertainty,
        )


def background_rows(rows, signal, variations):
    """Expected events of every background in every region of the signal's selection."""
    nominal = {
        (r["sample"], r["region"]): r for r in rows if r["variation"] == "nominal"
    }
    for varied in rows:
        reference = nominal.get((varied["sample"], varied["region"]))
        if varied["variation"] not in variations or varied["sample"] == signal["sample"]:
            continue
        if not reference or not reference["expected_events"]:
            continue
        relative = varied["statistical_uncertainty"] / reference["expected_events"]
        yield row(
            varied["variation"], variations, "expected_events", varied["sample"],
            varied["selection"], varied["region"], reference["expected_events"],
            varied["expected_events"], relative,
        )


def normalised_rows(rows, signal, variations):
    """The same after the background was normalised below the signal region to its nominal there."""
    found = {(r["sample"], r["variation"], r["region"]): r for r in rows}
    for (sample, variation, region), varied in found.items():
        if variation not in variations or region in BELOW_SIGNAL or sample == signal["sample"]:
            continue
        nominal = found.get((sample, "nominal", region))
        below = [
            (found[sample, "nominal", name], found[sample, variation, name])
            for name in BELOW_SIGNAL
            if (sample, variation, name) in found
        ]
        if not below or not below[0][1]["expected_events"] or not nominal["expected_events"]:
            continue
        scale = below[0][0]["expected_events"] / below[0][1]["expected_events"]
        yield row(
            variation, variations, "expected_events_normalised_below_signal", sample,
            varied["selection"], region, nominal["expected_events"],
            scale * varied["expected_events"],
            scale * varied["statistical_uncertainty"] / nominal["expected_events"],
        )


def row(variation, variations, quantity, sample, selection, region, nominal, varied, relative):
    """One row; the uncertainty is that of the varied sample alone: most events are shared."""
    return dict(zip(COLUMNS, (
        variation, variations[variation], quantity, sample, selection, region, nominal, varied,
        100.0 * (varied / nominal - 1.0), 100.0 * relative,
    ), strict=True))


if __name__ == "__main__":
    with job(snakemake):
        compute_kaon_systematics(
            acceptance=snakemake.input.acceptance,
            calibration=snakemake.input.calibration,
            background=snakemake.input.background,
            output=snakemake.output.systematics,
            signal=snakemake.params.settings["signal"],
            settings=snakemake.params.settings,
            variations=snakemake.params.variations,
        )
