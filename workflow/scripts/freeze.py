"""Write the manifests of the frozen analysis; what changed is said on the terminal."""

import sys

from job import job


def freeze(parts):
    """`parts`: hashes by search and part."""
    import frozen

    for line in frozen.freeze(parts):
        print(line, file=sys.__stderr__)


if __name__ == "__main__":
    with job(snakemake):
        freeze(snakemake.params.parts)
