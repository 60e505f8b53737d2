"""The comparison with this paper: what its simulated numbers have of their own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication import comparison
from lnvsearch.experiments.na62.publication.additions import Additions
from lnvsearch.experiments.na62.publication.numbers import Numbers
from lnvsearch.experiments.na62.publication.simulated import simulated_row, variant_notes
from lnvsearch.experiments.na62.publication.tables.acceptance import sensitivity_variants
from lnvsearch.experiments.na62.publication.tables.background import background_of, combined
from lnvsearch.papers.na62_2022.derivations import derived_rows
from lnvsearch.papers.na62_2022.inconsistencies import inconsistencies
from lnvsearch.publication.comparison import NO_TEST, left_out_note
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.summary import Summary
from lnvsearch.tables import Table, table_rows

__all__ = ["ADDITIONS", "compare"]

Row = dict[str, Any]

#: What the names of selections with another charge begin with.
_SAME_SIGN = "same_sign_"


def compare(published: PublishedNumbers, **given: Any) -> tuple[dict[str, list], Summary]:
    """Return comparison and summary, as that of all NA62 papers does."""
    return comparison.compare(published, additions=ADDITIONS, **given)


def simulated_rows(numbers: Numbers, results: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the ratio of the two signals' acceptances, and controls with another charge."""
    records = results.get("sensitivity") or {}
    if {"piee", "pipi0ee"} <= set(records):
        yield from _ratio_rows(numbers, records, variant_notes(results))
    backgrounds = results.get("background") or {}
    if "piee" in backgrounds:
        yield from _same_sign_rows(numbers, backgrounds["piee"])


def _ratio_rows(
    numbers: Numbers, records: Mapping[str, Mapping], notes: Mapping[str, str]
) -> Iterator[Row]:
    """The two acceptances, one over the other."""
    quantity = "signal_acceptance_percent"
    number = numbers.number("acceptance_ratio_pipi0ee_to_piee")
    ee = sensitivity_variants(records["piee"])["nominal"][quantity]
    for variant, of_variant in sensitivity_variants(records["pipi0ee"]).items():
        if variant in notes:
            value, sigma = of_variant[quantity]
            ratio = value / ee[0]
            yield simulated_row(
                number, variant, ratio, ratio * math.hypot(sigma / value, ee[1] / ee[0]),
                "no dead cells, satellite clusters or accidental photons"
                if variant == "nominal" else notes[variant], source="sensitivity",
            )


def _same_sign_rows(numbers: Numbers, table: Table) -> Iterator[Row]:
    """Controls with another charge: all samples that were simulated for them, together."""
    samples: dict[tuple[str, str], list[str]] = {}
    for row in table_rows(table):
        if row["selection"].startswith(_SAME_SIGN) and row["variation"] == "nominal":
            samples.setdefault((row["selection"], row["region"]), []).append(row["sample"])
    for (selection, region), names in samples.items():
        name = selection.removeprefix(_SAME_SIGN)
        found = (background_of(table, sample, selection, region) for sample in names)
        total = combined([part for part in found if part is not None])
        if total.is_empty:
            continue
        note = "conversions in the first chamber only; no accidental signals in the hodoscope"
        if "minus" not in name:
            note = f"{NO_TEST}: the trigger's negative track, outside the vertex, taken for certain"
        note = "; ".join(filter(None, [note, left_out_note(total.left_out)]))
        yield simulated_row(
            numbers.number(f"control_events_{name}", "piee"), "nominal", total.events, total.sigma,
            note, source="background", upper_bound=total.left_out,
        )


ADDITIONS = Additions(derived_rows, simulated_rows, inconsistencies)
