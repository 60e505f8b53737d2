"""Limits on |U|^2 of a heavy neutral lepton from the grids of all searches, for one mixing."""

from job import job
from output import write_table, write_text


def limit_mixing(outputs, grids, shares, combined, chirality, confidence_level):
    """Write the table and the combined limits in HNLimits' form; `grids`: (search, channel, file) each."""
    from lnvsearch.interpretation.hnlimits import hnlimits_text
    from lnvsearch.interpretation.mixing_table import COMBINED, mixing_table
    from lnvsearch.tables import find_rows

    table = mixing_table(
        {(paper, channel): path for paper, channel, path in grids}, shares, map(tuple, combined),
        chirality, confidence_level,
    )
    write_table(outputs["csv"], table)
    together = find_rows(table, searches=COMBINED)
    searches = ", ".join(" ".join(part) for part in combined)
    write_text(outputs["hnlimits"], hnlimits_text(together, f"combination of {searches}"))


if __name__ == "__main__":
    with job(snakemake):
        limit_mixing(
            outputs=dict(snakemake.output.items()),
            grids=[(*key, path) for key, path in zip(snakemake.params.channels, snakemake.input.grids,
                                                     strict=True)],
            shares=snakemake.params.shares,
            combined=snakemake.params.combined,
            chirality=snakemake.params.chirality,
            confidence_level=snakemake.params.confidence_level,
        )
