"""Copy the grids of a run to where they ship with a release, to four digits."""

import sys
from pathlib import Path

from job import job


def ship_grids(grids, folder):
    """`grids`: files results/<search>/recast/<decay>.csv; written to <folder>/<search>/<decay>.csv."""
    from lnvsearch.files import written_whole
    from lnvsearch.recast_grid import shipped_text

    for path in map(Path, grids):
        target = Path(folder) / path.parts[-3] / path.name
        with written_whole(target) as temporary:
            temporary.write_text(shipped_text(path), encoding="utf-8")
        print(f"{target}: written", file=sys.__stderr__)


if __name__ == "__main__":
    with job(snakemake):
        ship_grids(snakemake.input.grids, snakemake.params.folder)
