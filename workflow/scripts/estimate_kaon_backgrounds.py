"""Expected events of every sample in every region of mass, and their spectra."""

from job import job, write_table

BACKGROUND_COLUMNS = (
    "sample", "label", "variation", "selection", "region", "expected_events",
    "statistical_uncertainty", "systematic_uncertainty", "effective_events",
)
SPECTRUM_COLUMNS = (
    "selection", "sample", "label", "mass_low_gev", "mass_high_gev", "expected_events",
    "uncertainty",
)
#: Branching fraction at which the spectrum of an undiscovered decay is drawn.
SIGNAL_BRANCHING_FRACTION = 1e-10


def estimate_kaon_backgrounds(
    acceptance, calibration, spectra, background, spectra_output, settings, channel
):
    """Write expected events = N_K x branching fraction x flat factor x acceptance."""
    from kaon_tables import all_acceptances, factor_of, read_factors
    from sensitivity import recomputed

    from lnvsearch.publication.table_files import table_from_rows

    factors = read_factors(calibration)
    n_decays = recomputed(settings["recomputation"])[0].mean
    rows = []
    for (sample, variation, selection, region), value in all_acceptances(acceptance).items():
        scale = n_decays * factor_of(factors, variation)[0]
        scale *= branching_fraction(sample, settings, variation)
        expected = scale * value.acceptance
        relative = settings["systematic"].get(sample, 0.0)
        rows.append(dict(zip(BACKGROUND_COLUMNS, (
            sample, label(sample, settings), variation, selection, region, expected,
            scale * value.acceptance_uncertainty, relative * expected, value.effective_events,
        ), strict=True)))
    rows += pileup_rows(settings)
    write_table(background, table_from_rows(rows, BACKGROUND_COLUMNS))
    scales = {
        sample: n_decays * factors["nominal"][0] * branching_fraction(sample, settings)
        for sample in spectra
    }
    write_table(
        spectra_output,
        table_from_rows(spectrum_rows(spectra, scales, settings, channel), SPECTRUM_COLUMNS),
    )


def branching_fraction(sample, settings, variation="nominal"):
    """Of the sample's decay; an undiscovered one gets SIGNAL_BRANCHING_FRACTION."""
    from lnvsearch.generation.kaon import MODES

    varied = settings["varied_modes"].get(variation, {})
    known = MODES[varied.get(sample, settings["samples"][sample]["mode"])].branching_fraction
    return SIGNAL_BRANCHING_FRACTION if known is None else known.value


def label(sample, settings):
    """Name of a sample in tables and figures."""
    from lnvsearch.generation.kaon import MODES

    entry = settings["samples"][sample]
    return entry.get("label") or MODES[entry["mode"]].label


def pileup_rows(settings):
    """Accidental photons, uniform in mass, from the published count in the time sidebands."""
    pileup = settings["pileup"]
    if pileup is None:
        return []
    in_time = pileup["sideband_events"] / pileup["width_ratio"]
    uncertainty = max(pileup["sideband_events"], 1) ** 0.5 / pileup["width_ratio"]
    widths = {"control": pileup["control_width_mev"], "signal": pileup["signal_width_mev"]}
    total = sum(widths.values())
    signal = settings["signal"]
    return [
        dict(zip(BACKGROUND_COLUMNS, (
            "pileup", "pileup (derived)", "nominal", signal["selection"], region,
            in_time * width / total, uncertainty * width / total, 0.0,
            float(pileup["sideband_events"]),
        ), strict=True))
        for region, width in widths.items()
    ]


def spectrum_rows(spectra, scales, settings, channel):
    """Spectra of all samples but controls, scaled to expected events."""
    from lnvsearch.publication.table_files import read_csv, table_rows

    for sample, path in spectra.items():
        if settings["samples"][sample]["role"] == "control":
            continue
        for row in table_rows(read_csv(path)):
            if row["channel"] != channel or row["variation"] != "nominal":
                continue
            yield {
                "selection": row["selection"],
                "sample": sample,
                "label": label(sample, settings),
                "mass_low_gev": row["mass_low_gev"],
                "mass_high_gev": row["mass_high_gev"],
                "expected_events": scales[sample] * row["acceptance"],
                "uncertainty": scales[sample] * row["acceptance_uncertainty"],
            }


if __name__ == "__main__":
    with job(snakemake):
        settings = snakemake.params.settings
        estimate_kaon_backgrounds(
            acceptance=snakemake.input.acceptance,
            calibration=snakemake.input.calibration,
            spectra=dict(zip(settings["samples"], snakemake.input.spectra, strict=True)),
            background=snakemake.output.background,
            spectra_output=snakemake.output.spectra,
            settings=settings,
            channel=snakemake.wildcards.channel,
        )
