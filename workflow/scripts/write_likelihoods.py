"""The likelihood of a channel or a combination in the forms of pyhf and HS3, derived and simulated."""

from job import job
from output import write_json

#: Branching fraction at which the signal strength is 1.
REFERENCE = 1e-10


def write_likelihoods(outputs, combination, files):
    """`outputs`: by kind of numbers and form; `files`: the limits of each part's channel."""
    from lnvsearch.limit_combination import channels_of, parts_from
    from lnvsearch.publication.results import read_inputs
    from lnvsearch.statistics.likelihood_files import hs3_document, pyhf_workspace

    records = read_inputs(files)
    parts = parts_from(combination["parts"])
    for kind in ("derived", "simulated"):
        channels = channels_of(parts, records, kind, combination["common_percent"])
        write_json(outputs[f"{kind}_pyhf"], pyhf_workspace(channels, REFERENCE))
        write_json(outputs[f"{kind}_hs3"], hs3_document(channels, REFERENCE))


if __name__ == "__main__":
    with job(snakemake):
        parts = snakemake.params.combination["parts"]
        write_likelihoods(
            outputs=dict(snakemake.output.items()),
            combination=snakemake.params.combination,
            files=dict(zip(parts, snakemake.input.limits, strict=True)),
        )
