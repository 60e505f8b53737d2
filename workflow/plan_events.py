"""Take from results what events a wanted uncertainty needs: `python workflow/plan_events.py [results]`.

Writes resources/effective_events/<search>.csv of every search in the results; commit it.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

from searches.wanted import SHARE_COLUMNS

#: Effective events from which a share is taken: its own error is then half of it at most.
_FEWEST = 5.0


def shares(search: Path) -> Iterator[dict[str, str]]:
    """Rows of SHARE_COLUMNS, of all samples of a search's results under its nominal variation.

    Places with few events, or a bound only, have none.
    """
    for table in sorted(search.glob("acceptance/*/nominal.csv")):
        with open(table, newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                value, error = float(row["acceptance"]), float(row["acceptance_uncertainty"])
                if row["variation"] == "nominal" and float(row["effective_events"]) >= _FEWEST:
                    share = (value / error) ** 2 / float(row["generated_events"])
                    yield {name: row[name] for name in SHARE_COLUMNS[:-1]} | {
                        "effective_share": f"{share:.4g}"
                    }


def write_shares(results: Path, folder: Path) -> list[Path]:
    """Write the file of every search; returns the files."""
    written = []
    for search in sorted({path.parent for path in results.glob("*/acceptance")}):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{search.name}.csv"
        with open(path, "w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, SHARE_COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(shares(search))
        written.append(path)
    return written


def main() -> None:
    """Write the files, and say which."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="?", default="results", type=Path)
    for path in write_shares(parser.parse_args().results, Path("resources/effective_events")):
        print(path)


if __name__ == "__main__":
    main()
