"""The summaries of all searches in one text: the answer of all of them first."""

import json
from pathlib import Path

from job import job
from output import write_text


def summarise_comparison(parts, output):
    """`parts`: a file with the pieces of each search's summary, in their order."""
    from lnvsearch.publication.summary import joined

    write_text(output, joined(json.loads(Path(path).read_text("utf-8")) for path in parts))


if __name__ == "__main__":
    with job(snakemake):
        summarise_comparison(snakemake.input.parts, snakemake.output.summary)
