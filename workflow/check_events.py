"""What the closed selection of a search sees of a file: `python workflow/check_events.py JSON`.

JSON: {experiment, search or null, file, tree, branches}.  Nothing is opened, whatever config.yaml says.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

# The library of this project, whichever is installed.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "src")]

from searches.configuration import ConfigurationError, read_config
from searches.load import load_papers

from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.interface import load_experiment
from lnvsearch.tables import table_rows


def main() -> None:
    """Print the lines, or what is wrong."""
    try:
        for line in seen(json.loads(sys.argv[1]), Path(__file__).parents[1]):
            print(line)
    except (ConfigurationError, EventFileError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def seen(asked: Mapping, root: Path) -> Iterator[str]:
    """A line for each selection of the search, or one that asks for its name."""
    file = str(root / "config" / "config.yaml")
    config = read_config([file])
    config["papers"] = sorted(path.stem for path in (root / "config" / "papers").glob("*.yaml"))
    config["data"], config["combinations"] = {}, {}
    known = [name for name, paper in load_papers(config, root, file).items()
             if paper.experiment == asked["experiment"]]  # fmt: skip
    search = asked["search"] or (known[0] if len(known) == 1 else None)
    if search is None:
        yield f"selection: name a search to look at it: --search {' or '.join(known)}"
        return
    if search not in known:
        raise ConfigurationError(f"--search {search}: the file is one of {' or '.join(known)}; give that")
    config["data"] = {search: {name: asked[name] for name in ("file", "tree", "branches")}}
    paper = load_papers(config, root, file)[search]
    with tempfile.TemporaryDirectory() as folder:
        tables = load_experiment(paper.experiment).select_data(
            paper.data_file, paper.data_parameters(), Path(folder) / "candidates.root"
        )
    yield from _lines(search, tables)


def _lines(search: str, tables: Mapping) -> Iterator[str]:
    """By selection: events in, left by the cuts outside closed regions, and open regions."""
    flows: dict[tuple, list[dict]] = {}
    for row in table_rows(tables["cutflow"]):
        flows.setdefault((row["channel"], row["selection"]), []).append(row)
    counts = list(table_rows(tables["counts"]))
    for place, rows in flows.items():
        regions = {row["region"]: row["events"] for row in counts
                   if (row["channel"], row["selection"]) == place}  # fmt: skip
        shown = [f"{name} {n:g}" for name, n in regions.items() if n is not None]
        closed = [name for name, n in regions.items() if n is None and not name.startswith("mass_bin")]
        cuts = ", ".join(f"{row['cut']} {row['events_out']:g}" for row in rows)
        yield (
            f"{search} {'/'.join(place)}: {rows[0]['events_in']:g} events in; {cuts}; "
            f"regions: {', '.join(shown) or 'none open'}"
            + (f"; closed: {', '.join(closed)}" if closed else "")
        )


if __name__ == "__main__":
    main()
