"""The summaries of all searches in one text."""

from pathlib import Path

from job import job
from output import write_text


def summarise_comparison(summaries, output):
    """Concatenate the searches' summaries, in their order."""
    write_text(output, "\n".join(Path(path).read_text(encoding="utf-8") for path in summaries))


if __name__ == "__main__":
    with job(snakemake):
        summarise_comparison(snakemake.input.summaries, snakemake.output.summary)
