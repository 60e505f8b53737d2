"""Efficiencies of all samples and variations, from the cut flows."""

from job import job, write_table

COLUMNS = (
    "sample",
    "model",
    "mass_gev",
    "variation",
    "n_generated",
    "n_selected",
    "efficiency",
    "efficiency_uncertainty",
    "n_selected_in_bin",
    "efficiency_in_bin",
    "efficiency_in_bin_uncertainty",
)


def collect_efficiencies(cutflow, output, samples, efficiency_cut):
    """`samples`: name -> model and mass; `efficiency_cut`: the last cut before the mass bin."""
    from lnvsearch.tables import read_csv, table_from_rows, table_rows

    flows = {}
    for row in table_rows(read_csv(cutflow)):
        flows.setdefault((row["sample"], row["variation"]), {})[row["cut"]] = row
    rows = []
    for (sample, variation), flow in flows.items():
        first = next(iter(flow.values()))
        # A control sample may lack the cut; its last one counts then.
        last = flow.get(efficiency_cut, next(reversed(flow.values())))
        row = {
            "sample": sample,
            **samples[sample],
            "variation": variation,
            "n_generated": first["events_in"],
            "n_selected": last["events_out"],
            "efficiency": last["cumulative_efficiency"],
            "efficiency_uncertainty": last["cumulative_efficiency_uncertainty"],
        }
        if "majorana_mass_bin" in flow:
            binned = flow["majorana_mass_bin"]
            row["n_selected_in_bin"] = binned["events_out"]
            row["efficiency_in_bin"] = binned["cumulative_efficiency"]
            row["efficiency_in_bin_uncertainty"] = binned["cumulative_efficiency_uncertainty"]
        rows.append(row)
    write_table(output, table_from_rows(rows, COLUMNS))


if __name__ == "__main__":
    with job(snakemake):
        collect_efficiencies(
            snakemake.input.cutflow,
            snakemake.output.efficiencies,
            snakemake.params.samples,
            snakemake.params.efficiency_cut,
        )
