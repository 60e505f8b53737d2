"""Copy branching fractions of one edition of the PDG from its package `pdg` to a CSV file.

Run once, by hand; its output is versioned (resources/pdg_branching_fractions.csv)::

    python resources/extract_branching_fractions.py resources/pdg_branching_fractions.csv
"""

from __future__ import annotations

import argparse
import csv
import io
import re
from decimal import Decimal
from pathlib import Path

from lnvsearch.files import written_whole

COLUMNS = ("pdg_identifier", "decay", "branching_fraction", "uncertainty", "printed", "edition")
#: Identifiers of the PDG: what the cocktail of J/psi decays and the kaon's modes are made of.
IDENTIFIERS = (
    "M070.16", "M070.19", "M070.8", "M070.54", "M070.334", "M070.37", "M070.378",
    "M070.272", "M070.83", "M004.1",
    "S014.1", "S014.8", "S009.1", "S009.2", "S009.3", "S009.6", "S010.1", "S010.2", "S010.3",
    "S010.4", "S010.5", "S010.6", "S010.7", "S010.9", "S010.15", "S010.16", "S010.18", "S010.32",
    "S010.120",
)  # fmt: skip
_PRINTED = re.compile(
    r"\(?(?P<value>[\d.]+)\+-?(?P<plus>[\d.]+)(?:-(?P<minus>[\d.]+))?\)?(?P<power>E-?\d+|%)"
)


def rounded(printed: str) -> tuple[Decimal, Decimal]:
    """Value and uncertainty of a text as `(3.20+-0.25)E-3`; the larger one of two uncertainties."""
    found = _PRINTED.fullmatch(printed.replace(" ", ""))
    if found is None:
        raise ValueError(f"{printed!r} is no value with an uncertainty")
    scale = Decimal("0.01") if found["power"] == "%" else Decimal("1" + found["power"])
    uncertainty = max(Decimal(found["plus"]), Decimal(found["minus"] or 0))
    return Decimal(found["value"]) * scale, uncertainty * scale


def extract_branching_fractions(output: Path) -> int:
    """Write the branching fractions as the edition prints them; returns how many."""
    import pdg

    api = pdg.connect()
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(COLUMNS)
    for identifier in IDENTIFIERS:
        entry = api.get(identifier)
        value, uncertainty = rounded(entry.display_value_text)
        table.writerow([
            identifier, entry.description, f"{value:g}", f"{uncertainty:g}",
            entry.display_value_text, api.edition,
        ])
    with written_whole(output) as temporary:
        temporary.write_text(buffer.getvalue())
    return len(IDENTIFIERS)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("output", type=Path)
    count = extract_branching_fractions(arguments.parse_args().output)
    print(count, "branching fractions")
