"""Quantities that no calibration touches: resolutions, relative losses, ratios."""

from job import job, write_table

COLUMNS = ("quantity", "channel", "variant", "value", "uncertainty", "note")
#: Condition of a selection -> printed quantity of its relative loss, in percent.
LOSSES = {
    "dilepton_mass": "ee_mass_acceptance_loss_percent",
    "rich_angle": "rich_angle_acceptance_loss_percent",
    "rich_identification": "rich_identification_loss_percent",
    "large_angle_veto": "large_angle_veto_loss_percent",
}


def validate_kaon_simulation(files, output, settings):
    """Write one row a quantity; `files`: results of the search by name."""
    from lnvsearch.publication.results import read_results
    from lnvsearch.tables import table_from_rows

    candidates = {
        tuple(name.removeprefix("candidates_").split("__")): path
        for name, path in files.items()
        if name.startswith("candidates_")
    }
    results = read_results({k: v for k, v in files.items() if not k.startswith("candidates_")})
    rows = []
    for channel, entry in settings["channels"].items():
        rows += resolution_rows(channel, entry, candidates)
        rows += loss_rows(channel, entry, results["losses"][channel])
        rows += control_rows(channel, entry, results["acceptance"][channel])
    rows += exposure_rows(settings)
    write_table(output, table_from_rows(rows, COLUMNS))


def cell(quantity, channel, value, uncertainty, note="", variant="nominal"):
    return dict(zip(COLUMNS, (quantity, channel, variant, value, uncertainty, note), strict=True))


def resolution_rows(channel, entry, candidates):
    """Widths of the mass and of the vertices' positions, for every variation of the detector."""
    import numpy as np

    signal, known = entry["signal"], entry["normalisation"]
    # The papers read the resolution off the known decay; a channel without one of the same
    # particles uses the signal.
    choice = known if known["channel"] == channel and entry["alike"] else signal
    for (sample, variation), path in candidates.items():
        if sample == choice["sample"]:
            columns = read_candidates(path, channel, choice["selection"])
            width, uncertainty = core_width(columns["mass_gev"])
            yield cell("mass_resolution_mev", channel, 1e3 * width, 1e3 * uncertainty,
                       f"core of {choice['sample']}, {choice['selection']}", variation)
    columns = read_candidates(candidates[signal["sample"], "nominal"], channel, signal["selection"])
    width, uncertainty = core_width(columns["z_vertex_m"] - columns["true_z_vertex_m"])
    yield cell("track_vertex_z_resolution_m", channel, width, uncertainty, "simulated signal")
    if np.any(np.isfinite(columns["z_neutral_m"])):
        width, uncertainty = core_width(columns["z_neutral_m"] - columns["true_z_vertex_m"])
        yield cell("neutral_vertex_z_resolution_m", channel, width, uncertainty,
                   "simulated signal, behind the cut on the distance of the vertices")


def read_candidates(path, channel, selection):
    """Candidates that are identified with more than a tenth of the usual probability.

    The wrong assignment of two tracks of one charge has a weight of a hundredth or less.
    """
    import uproot

    with uproot.open(path) as file:
        columns = file[f"{channel}_{selection}"].arrays(library="np")
    likely = columns["weight"] > 0.1 * columns["weight_without_identification"]
    return {name: values[likely] for name, values in columns.items()}


def core_width(values, window=2.0):
    """Width of a Gaussian's core, iterated within `window` widths, and its uncertainty.

    The standard deviation of a Gaussian cut at two widths is 0.8796 of the whole one's.
    """
    import numpy as np

    values = values[np.isfinite(values)]
    centre = float(np.median(values))
    width = float(np.subtract(*np.percentile(values, [84.13, 15.87]))) / 2.0
    for _ in range(30):
        inside = values[np.abs(values - centre) < window * width]
        centre, width = float(inside.mean()), float(inside.std()) / 0.87963
    return width, width / np.sqrt(2.0 * len(inside))


def loss_rows(channel, entry, table):
    """Relative losses by single conditions, with all others applied."""
    from lnvsearch.tables import table_rows

    places = {
        "": (entry["signal"]["sample"], entry["signal"]["selection"]),
        "_sm": (entry["normalisation"]["sample"], "sm"),
        "_sm_rich": (entry["normalisation"]["sample"], "sm_rich"),
    }
    for suffix, place in places.items():
        for row in table_rows(table):
            found = (row["sample"], row["selection"]) == place and row["variation"] == "nominal"
            if not found or row["condition"] not in LOSSES or row["relative_loss"] is None:
                continue
            quantity = LOSSES[row["condition"]]
            # The Standard-Model selection alone asks for a mass of the pair.
            name = quantity if row["condition"] == "dilepton_mass" else quantity.replace(
                "_percent", f"{suffix}_percent")
            if row["condition"] == "dilepton_mass" and suffix != "_sm":
                continue
            yield cell(name, channel, 100.0 * row["relative_loss"],
                       100.0 * row["relative_loss_uncertainty"], f"{place[0]}, {place[1]}")


def control_rows(channel, entry, table):
    """Loss of the known decay where the RICH identifies positrons, as the control selection does."""
    from lnvsearch.tables import find_rows

    known = entry["normalisation"]
    found = {
        row["selection"]: row
        for row in find_rows(table, sample=known["sample"], variation="nominal", region=known["region"])
    }
    if "sm_rich" in found:
        loss = 1.0 - found["sm_rich"]["acceptance"] / found["sm"]["acceptance"]
        uncertainty = found["sm_rich"]["acceptance_uncertainty"] / found["sm"]["acceptance"]
        yield cell("control_normalisation_acceptance_loss_percent", channel, 100.0 * loss,
                   100.0 * uncertainty, "identification of the positron and angle, together")


def exposure_rows(settings):
    """Ratio of the kaon decays that two searches see, from the downscaling of their triggers."""
    from lnvsearch.experiments.na62.selection.trigger import exposure_ratio

    chains = {
        channel: entry["trigger"] for channel, entry in settings["channels"].items()
    }
    if {"piee", "pimumu"} <= chains.keys():
        ratio = exposure_ratio(chains["pimumu"], chains["piee"], settings["trigger"])
        yield cell("n_kaon_decays_ratio", "all", ratio, 0.0, "downscaling of the trigger chains")


if __name__ == "__main__":
    with job(snakemake):
        validate_kaon_simulation(
            files=dict(snakemake.input.items()),
            output=snakemake.output.validation,
            settings=snakemake.params.settings,
        )
