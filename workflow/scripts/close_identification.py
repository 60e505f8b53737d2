"""Tag and probe on simulated control decays: the efficiency maps that went in must come out."""

from job import job, write_table


def close_identification(maps, outputs, settings, detector, base_seed):
    """Write what went into every efficiency map and what comes out, and other decays' shares."""
    from lnvsearch.experiments.na62 import closure
    from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps

    tables = closure.close_identification(
        settings, IdentificationMaps.from_json(maps), detector, base_seed
    )
    for name, table in tables.items():
        write_table(outputs[name], table)


if __name__ == "__main__":
    with job(snakemake):
        close_identification(
            maps=snakemake.input.maps,
            outputs=dict(snakemake.output.items()),
            settings=snakemake.params.settings,
            detector=snakemake.params.detector,
            base_seed=snakemake.params.base_seed,
        )
