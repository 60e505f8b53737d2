"""What assumptions do to the headline of this search: the efficiency, to which its limit is inverse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lnvsearch.publication.assumptions import Effect, assumption_table
from lnvsearch.tables import Table, find_rows, table_rows

__all__ = ["assumptions"]

_CHANNEL = "kkee"
#: Samples whose efficiency is a headline begin so.
_SIGNAL = "signal_"


def assumptions(
    efficiencies: Table,
    calibration_record: Mapping[str, Any],
    assumptions: Iterable[Mapping[str, Any]],
) -> dict[str, list[str]]:
    """Return what another value of each assumption would do to the efficiencies of the signals.

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
    for row in table_rows(efficiencies):
        reference = nominal.get(row["sample"])
        if row["variation"] != variation or not row["sample"].startswith(_SIGNAL):
            continue
        if reference is not None and reference["efficiency"]:
            yield Effect(
                _CHANNEL, f"efficiency of {row['sample']}", reference["efficiency"],
                row["efficiency"], row["efficiency_uncertainty"] / reference["efficiency"],
            )
