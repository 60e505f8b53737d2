"""What assumptions do to the headline of this search: the efficiency, to which its limit is inverse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lnvsearch.publication.assumptions import Effect, assumption_table
from lnvsearch.tables import Table, find_rows

__all__ = ["assumptions"]

_CHANNEL = "kkee"
#: The headline; samples of single masses begin with `_PAIR`, those of the scan in mass with `_SCAN`.
_OVERALL = "signal_phsp"
_PAIR = "pair_"
_SCAN = "signal_two_majorana_"


def assumptions(
    efficiencies: Table,
    calibration_record: Mapping[str, Any],
    assumptions: Iterable[Mapping[str, Any]],
) -> dict[str, list[str]]:
    """Return what another value of each assumption would do to the overall efficiency.

    So it is for pairs of single masses; of assumptions that were varied along the scan in mass, the
    mass that changes most has a row.
    `assumptions`: see `lnvsearch.publication.assumptions`.  The calibrated scalar is what the
    calibration found, and stays as it is under all variations but that without it.
    Uncertainties, of the varied sample alone, are upper bounds: both share their random numbers.
    """
    found = calibration_record["values"]["nominal"]["value"]
    entries = [
        {**entry, "numbers": [_with_calibrated(number, found) for number in entry["numbers"]]}
        for entry in assumptions
    ]
    effects = {
        entry["variation"]: list(_effects(efficiencies, entry["variation"])) for entry in entries
    }
    return assumption_table(entries, effects)


def _with_calibrated(number: Mapping[str, str], found: float) -> dict[str, str]:
    return {**number, "value": number["value"].replace("calibrated", f"{found:.4g}")}


def _effects(efficiencies: Table, variation: str) -> Iterator[Effect]:
    nominal = {row["sample"]: row for row in find_rows(efficiencies, variation="nominal")}
    found = {
        row["sample"]: Effect(
            _CHANNEL, f"efficiency of {row['sample']}", nominal[row["sample"]]["efficiency"],
            row["efficiency"], row["efficiency_uncertainty"] / nominal[row["sample"]]["efficiency"],
        )
        for row in find_rows(efficiencies, variation=variation)
        if nominal.get(row["sample"], {}).get("efficiency")
    }  # fmt: skip
    for sample, effect in found.items():
        if sample == _OVERALL or sample.startswith(_PAIR):
            yield effect
    scan = [effect for sample, effect in found.items() if sample.startswith(_SCAN)]
    if scan:
        yield max(scan, key=lambda effect: abs(effect.percent))
