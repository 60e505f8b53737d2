"""Map the probabilities to take a particle for an electron or a kaon."""

from job import job, with_calibration, write_table


def map_identification(probabilities, table, detector, overlays, cuts, n_samples, base_seed):
    """Sample the response on a grid; write the counts (.npz) and the probabilities (CSV)."""
    from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
    from lnvsearch.experiments.besiii.selection import identification_map
    from lnvsearch.tables import table_from_rows

    response = BesiiiResponse.from_mapping(with_calibration(detector, overlays))
    counts = identification_map.sample_counts(
        response, cuts, n_samples=n_samples, base_seed=base_seed
    )
    identification_map.write_counts(probabilities, counts)
    rows = list(identification_map.map_rows(identification_map.map_from_counts(counts)))
    write_table(table, table_from_rows(rows, list(rows[0])))


if __name__ == "__main__":
    with job(snakemake):
        map_identification(
            probabilities=snakemake.output.probabilities,
            table=snakemake.output.table,
            detector=snakemake.params.detector,
            overlays=snakemake.input.get("calibration", []),
            cuts=snakemake.params.selection,
            n_samples=snakemake.params.n_samples,
            base_seed=snakemake.params.base_seed,
        )
