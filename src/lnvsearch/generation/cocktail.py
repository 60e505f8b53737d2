"""The cocktail: exclusive backgrounds with their branching fractions, read from a CSV file.

Columns: `sample` (name), `daughters` (of the J/psi; a YAML list as `Decay` takes it),
`branching_fraction` (of the whole chain, secondary decays included) and its standard uncertainty,
`source`, `note`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from lnvsearch.files import open_text
from lnvsearch.generation.models import Decay

__all__ = ["CocktailMode", "load_cocktail"]

_COLUMNS = (
    "sample",
    "daughters",
    "branching_fraction",
    "branching_fraction_uncertainty",
    "source",
    "note",
)


@dataclass(frozen=True)
class CocktailMode:
    """One exclusive decay of the cocktail.

    `branching_fraction` is that of the whole chain; `source` tells where it comes from.
    """

    sample: str
    decay: Decay
    branching_fraction: float
    branching_fraction_uncertainty: float
    source: str
    note: str = ""

    def event_weight(self, n_parents: float, n_generated: int) -> float:
        """Weight of a generated event: the weighted sample corresponds to `n_parents` decays of the parent.

        ValueError for a sample of no events.
        """
        if n_generated <= 0:
            raise ValueError(f"{self.sample}: n_generated is {n_generated}; generate some events")
        return n_parents * self.branching_fraction / n_generated


def load_cocktail(path: str | Path, parent: str = "J/psi(1S)") -> list[CocktailMode]:
    """Read the modes of a cocktail.

    Raises ValueError, naming file, line and column, for missing columns, a sample named twice,
    a branching fraction outside (0, 1], a negative uncertainty, a mode with no source, or an
    impossible decay.
    """
    import yaml

    with open_text(path) as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path}: no column {', '.join(missing)}; add it to the header")
        rows = list(reader)
    modes: list[CocktailMode] = []
    for line, row in enumerate(rows, start=2):
        place = f"{path}, line {line}"
        if not row["sample"] or row["sample"] in {mode.sample for mode in modes}:
            raise ValueError(f"{place}: sample {row['sample']!r} is empty or named twice; rename")
        if not row["source"]:
            raise ValueError(f"{place}: source is empty; say where the branching fraction is from")
        try:
            fraction = float(row["branching_fraction"])
            uncertainty = float(row["branching_fraction_uncertainty"])
            decay = Decay(parent, yaml.safe_load(row["daughters"]))
        except (ValueError, yaml.YAMLError) as error:
            raise ValueError(f"{place}: {error}") from error
        if not 0.0 < fraction <= 1.0:
            raise ValueError(f"{place}: branching_fraction is {fraction}; give one in (0, 1]")
        if not uncertainty >= 0.0:
            raise ValueError(
                f"{place}: branching_fraction_uncertainty is {uncertainty}; give one >= 0"
            )
        modes.append(
            CocktailMode(row["sample"], decay, fraction, uncertainty, row["source"], row["note"])
        )
    return modes
