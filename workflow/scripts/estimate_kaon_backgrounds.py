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


def estimate_kaon_backgrounds(
    acceptance, calibration, spectra, background, spectra_output, settings, channel
):
    """Write expected events = N_K x branching fraction x flat factor x acceptance.

    N_K is the number of kaon decays that a selection's trigger chains see: the search's own for the
    signal's chains, fewer for chains with more downscaling.
    """
    from lnvsearch.experiments.na62.estimates import (
        all_acceptances,
        branching_fraction,
        factor_of,
        label,
        read_factors,
    )
    from lnvsearch.sensitivity import recomputed
    from lnvsearch.tables import table_from_rows

    factors = read_factors(calibration)
    n_decays = recomputed(settings["recomputation"])[0].mean
    seen = exposures(settings)
    samples = settings["samples"]

    def scale_of(sample, variation):
        """Expected events for an acceptance of one, with the signal's trigger chains."""
        produced = n_decays * branching_fraction(mode_of(sample, variation, settings))
        return produced * factor_of(factors, variation)[0]

    rows = []
    for (sample, variation, selection, region), value in all_acceptances(acceptance).items():
        scale = scale_of(sample, variation) * seen[selection]
        expected = scale * value.acceptance
        relative = settings["systematic"].get(sample, 0.0)
        rows.append(dict(zip(BACKGROUND_COLUMNS, (
            sample, label(samples[sample]), variation, selection, region, expected,
            scale * value.acceptance_uncertainty, relative * expected, value.effective_events,
        ), strict=True)))
    rows += pileup_rows(settings)
    write_table(background, table_from_rows(rows, BACKGROUND_COLUMNS))
    scales = {sample: scale_of(sample, "nominal") for sample in samples}
    write_table(spectra_output, table_from_rows(
        spectrum_rows(spectra, settings, channel, scales, seen), SPECTRUM_COLUMNS
    ))


def mode_of(sample, variation, settings):
    """The decay of a sample, which a variation may change."""
    varied = settings["varied_modes"].get(variation, {})
    return varied.get(sample, settings["samples"][sample]["mode"])


def exposures(settings):
    """Selection -> kaon decays that its trigger chains see, over those that the signal's see."""
    from lnvsearch.experiments.na62.selection.trigger import exposure_ratio

    chains = settings["chains"]
    own = chains[settings["signal"]["selection"]]
    return {
        name: exposure_ratio(other, own, settings["trigger"]) for name, other in chains.items()
    }


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


def spectrum_rows(spectra, settings, channel, scales, seen):
    """Spectra of all samples but controls, scaled to expected events."""
    from lnvsearch.experiments.na62.estimates import label
    from lnvsearch.tables import read_csv, table_rows

    for sample, path in spectra.items():
        if settings["samples"][sample]["role"] == "control":
            continue
        for row in table_rows(read_csv(path)):
            if row["channel"] != channel or row["variation"] != "nominal":
                continue
            scale = scales[sample] * seen[row["selection"]]
            yield {
                "selection": row["selection"],
                "sample": sample,
                "label": label(settings["samples"][sample]),
                "mass_low_gev": row["mass_low_gev"],
                "mass_high_gev": row["mass_high_gev"],
                "expected_events": scale * row["acceptance"],
                "uncertainty": scale * row["acceptance_uncertainty"],
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
