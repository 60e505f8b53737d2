"""Say what is done, stale, edited and left, on the terminal."""

import sys

from job import job


def status(config, root, asked_mb, cores, triggers):
    """`asked_mb`: memory by rule; `triggers`: what runs a job again (`--rerun-triggers`)."""
    from pathlib import Path

    from searches.load import load_papers
    from status_report import lines

    papers = load_papers(config, root, "the configuration")
    for line in lines(papers, Path("results"), asked_mb, cores, triggers):
        print(line, file=sys.__stdout__)


if __name__ == "__main__":
    with job(snakemake):
        import os
        from pathlib import Path

        status(
            config=snakemake.config,
            root=Path(os.environ["LNVSEARCH_CONFIGURATION"]),
            asked_mb=snakemake.params.asked_mb,
            cores=snakemake.params.cores,
            triggers=snakemake.params.triggers,
        )
