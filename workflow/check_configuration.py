"""Check configuration files without Snakemake: `python workflow/check_configuration.py FILE…`.

Files are read as data: nothing in them runs.  They are checked in the order in which `--configfile`
would take them, over config/config.yaml; what is wrong is said, a line a problem, with exit code 2.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from searches.configuration import ConfigurationError, read_config, read_yaml
from searches.load import load_papers


def check(files: Sequence[str], root: Path) -> str:
    """What the files ask for, in one line.  Raises ConfigurationError."""
    from snakemake.utils import update_config

    names = [str(root / "config" / "config.yaml"), *files]
    config = read_config(names)
    for file in files:
        update_config(config, read_yaml(file))
    papers = load_papers(config, root, " + ".join(names))
    opened = [name for name, paper in papers.items() if paper.data_file and paper.opened]
    return f"{', '.join(files)}: can be used; searches: {', '.join(papers)}" + (
        f"; opens data of {', '.join(opened)}" if opened else ""
    )


def main() -> None:
    """Print the line, or what is wrong."""
    try:
        print(check(sys.argv[1:], Path(__file__).parents[1]))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
