"""Backgrounds from control samples with inverted identification, and how precise they would be."""

from job import job, write_table

COLUMNS = (
    "process", "selection", "sample", "label", "region", "control_events",
    "control_events_uncertainty", "weight_per_control_event", "expected_events",
    "statistical_uncertainty", "effective_events", "expected_precision",
)


def estimate_from_control_samples(selected, calibration, output, settings, channel):
    """Write a row for every control selection, sample that it lets in, and region of mass.

    `selected`: sample -> file of its nominal candidates.
    """
    from lnvsearch.experiments.na62.estimates import branching_fraction, label, read_factors
    from lnvsearch.experiments.na62.selection.trigger import exposure_ratio
    from lnvsearch.sensitivity import recomputed
    from lnvsearch.tables import table_from_rows

    n_decays = recomputed(settings["recomputation"])[0].mean
    factor = read_factors(calibration)["nominal"][0]
    rows = []
    for process, control in settings["data_driven"].items():
        ratio = exposure_ratio(settings["chains"], control["chains"], settings["trigger"])
        for sample, path in selected.items():
            entry = settings["samples"][sample]
            decays = n_decays * factor * branching_fraction(entry["mode"])
            for region, transfer in read_transfers(path, channel, control).items():
                found = transfer.expected(decays, ratio)
                rows.append(dict(zip(COLUMNS, (
                    process, control["selection"], sample, label(entry), region,
                    found.control_events, found.control_events_uncertainty,
                    found.weight_per_event, found.events, found.uncertainty,
                    found.effective_events, found.precision,
                ), strict=True)))
    write_table(output, table_from_rows(rows, COLUMNS))


def read_transfers(path, channel, control):
    """Transfers of a sample's candidates in one control selection; none if it does not enter."""
    import uproot

    from lnvsearch.experiments.na62.selection.control_transfer import (
        TRANSFER_COLUMNS,
        control_transfers,
    )

    with uproot.open(path) as file:
        name = f"{channel}_{control['selection']}"
        if name not in file:
            return {}
        generated = file["Generated"].arrays(library="np")
        candidates = file[name].arrays(TRANSFER_COLUMNS, library="np")
    return control_transfers(
        candidates, control["regions"], sum_weight=float(generated["sum_weight"][0]),
        sum_squared_weight=float(generated["sum_squared_weight"][0]),
    )


if __name__ == "__main__":
    with job(snakemake):
        settings = snakemake.params.settings
        estimate_from_control_samples(
            selected=dict(zip(settings["samples"], snakemake.input.selected, strict=True)),
            calibration=snakemake.input.calibration,
            output=snakemake.output.transferred,
            settings=settings,
            channel=snakemake.wildcards.channel,
        )
