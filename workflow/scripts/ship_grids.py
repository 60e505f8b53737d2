"""Copy the grids of a run to where they ship with a release, to four digits; planes as they are."""

import sys
from pathlib import Path

from job import job


def ship_grids(grids, planes, folder):
    """Write <folder>/<search>/<name>.csv of files results/<search>/recast/<name>.csv.

    `grids`: of mass and lifetime; `planes`: acceptances over the plane of two masses.
    """
    from lnvsearch.files import written_whole
    from lnvsearch.recast_grid import shipped_text

    texts = {path: shipped_text(path) for path in map(Path, grids)}
    texts |= {path: path.read_text(encoding="utf-8") for path in map(Path, planes)}
    for path, text in texts.items():
        target = Path(folder) / path.parts[-3] / path.name
        with written_whole(target) as temporary:
            temporary.write_text(text, encoding="utf-8")
        print(f"{target}: written", file=sys.__stderr__)


if __name__ == "__main__":
    with job(snakemake):
        ship_grids(snakemake.input.grids, snakemake.input.planes, snakemake.params.folder)
