"""Reading the tables that the jobs of a kaon search hand to one another."""

from __future__ import annotations

import json
from dataclasses import dataclass

#: Branching fraction at which events and the spectrum of an undiscovered decay are given.
SIGNAL_BRANCHING_FRACTION = 1e-10


@dataclass(frozen=True)
class Acceptance:
    """Share of the generated decays that end in a region, identification and trigger included."""

    acceptance: float
    acceptance_uncertainty: float
    effective_events: float
    generated_events: float

    @property
    def relative_uncertainty(self) -> float:
        """Statistical; 0 where nothing was found (the absolute one is given then)."""
        return self.acceptance_uncertainty / self.acceptance if self.acceptance else 0.0


def all_acceptances(path) -> dict[tuple[str, str, str, str], Acceptance]:
    """(sample, variation, selection, region) -> acceptance, of acceptance/<channel>.csv."""
    from lnvsearch.tables import read_csv, table_rows

    names = ("acceptance", "acceptance_uncertainty", "effective_events", "generated_events")
    return {
        (row["sample"], row["variation"], row["selection"], row["region"]): Acceptance(
            *(float(row[name]) for name in names)
        )
        for row in table_rows(read_csv(path))
    }


def acceptances(path, sample, selection, region) -> dict[str, Acceptance]:
    """Variation -> acceptance of one sample in one region; ValueError if there is none."""
    found = {
        variation: value
        for (name, variation, *place), value in all_acceptances(path).items()
        if name == sample and place == [selection, region]
    }
    if not found or not found["nominal"].acceptance > 0.0:
        raise ValueError(
            f"{path}: no event of {sample} passes {selection} into the region {region}; "
            "raise `statistics` of the configuration"
        )
    return found


def branching_fraction(mode) -> float:
    """Of a decay mode; an undiscovered one gets SIGNAL_BRANCHING_FRACTION."""
    from lnvsearch.generation.kaon import MODES

    known = MODES[mode].branching_fraction
    return SIGNAL_BRANCHING_FRACTION if known is None else known.value


def label(entry) -> str:
    """Name of a sample, an entry of `samples`, in tables and figures."""
    from lnvsearch.generation.kaon import MODES

    return entry.get("label") or MODES[entry["mode"]].label


def read_factors(path) -> dict[str, tuple[float, float]]:
    """Variation -> (flat factor, uncertainty) of calibration/<normalisation>.json."""
    with open(path, encoding="utf-8") as stream:
        record = json.load(stream)
    return {
        name: (entry["factor"], entry["factor_uncertainty"])
        for name, entry in record["factors"].items()
    }


def factor_of(factors, variation):
    """The factor of a variation; nominal's where the known decay does not see the variation."""
    return factors.get(variation, factors["nominal"])
