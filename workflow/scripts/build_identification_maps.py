"""Maps of particle identification from the anchors of a search, as correctionlib JSON."""

from job import job, write_json


def build_identification_maps(output, identification):
    """Write the maps; `identification` as the search's YAML has it."""
    from lnvsearch.experiments.na62.selection.identification_maps import correction_set

    write_json(output, correction_set(identification["maps"]))


if __name__ == "__main__":
    with job(snakemake):
        build_identification_maps(
            output=snakemake.output.maps, identification=snakemake.params.identification
        )
