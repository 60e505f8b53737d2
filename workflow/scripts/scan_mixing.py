"""Limits on |U|^2 of a heavy neutral lepton for patterns of mixing in equal steps."""

from job import job
from output import write_table


def scan_mixing(output, grids, steps, combined, confidence_level):
    """`grids`: (search, channel, file) each; `combined`: patterns with `shares` and `combined` channels."""
    from lnvsearch.interpretation.explore.patterns import pattern_limits

    files = {(paper, channel): path for paper, channel, path in grids}
    write_table(output, pattern_limits(
        files, steps, combined, confidence_level=confidence_level,
    ))  # fmt: skip


if __name__ == "__main__":
    with job(snakemake):
        scan_mixing(
            output=snakemake.output.csv,
            grids=[(*key, path) for key, path in zip(snakemake.params.channels, snakemake.input.grids,
                                                     strict=True)],
            steps=snakemake.params.steps,
            combined=snakemake.params.combined,
            confidence_level=snakemake.params.confidence_level,
        )
