"""The comparison with this paper: what its simulated numbers have of their own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication import comparison
from lnvsearch.experiments.na62.publication.additions import Additions
from lnvsearch.experiments.na62.publication.numbers import Numbers
from lnvsearch.experiments.na62.publication.simulated import simulated_row
from lnvsearch.experiments.na62.publication.tables.background import (
    process_background,
    total_background,
)
from lnvsearch.papers.na62_2019.derivations import derived_rows
from lnvsearch.papers.na62_2019.inconsistencies import inconsistencies
from lnvsearch.papers.na62_2019.upstream import contaminations_with_upstream
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.summary import Summary
from lnvsearch.tables import Table

__all__ = ["ADDITIONS", "compare"]

Row = dict[str, Any]


#: Quantity, process and selection of a suppression by the RICH.
_RICH_SUPPRESSIONS = (
    ("k3pi_rich_suppression_normalisation", "k3pi", "sm"),
    ("k3pi_rich_suppression_signal", "k3pi", "lnv"),
    ("ke4_rich_suppression_signal", "ke4", "lnv"),
)
_MEAN_OVER = {
    "below": "mean over all masses below 470 MeV",
    "lower": "mean over the lower region, whose edge is assumed",
    "signal": "in the signal region",
}


def compare(published: PublishedNumbers, **given: Any) -> tuple[dict[str, list], Summary]:
    """Return comparison and summary, as that of all NA62 papers does."""
    return comparison.compare(published, additions=ADDITIONS, **given)


def simulated_rows(numbers: Numbers, results: Mapping[str, Any]) -> Iterator[Row]:
    """Yield what follows from the tables of backgrounds.

    Suppressions by the RICH, the share of two decays in flight, and what decays upstream of the
    fiducial volume make of the contamination of K⁺ → π⁺μ⁺μ⁻.
    """
    backgrounds = results.get("background") or {}
    if "piee" in backgrounds:
        yield from _suppression_rows(numbers, backgrounds["piee"])
    if "pimumu" in backgrounds:
        yield from _two_decay_rows(numbers, backgrounds["pimumu"])
        yield from _contamination_rows(numbers, backgrounds["pimumu"], results.get("compared") or {})


def _suppression_rows(numbers: Numbers, table: Table) -> Iterator[Row]:
    """Background of the auxiliary selection over that of the standard one.

    Of a mean over masses the paper names no range: nominal are all below the signal's, and those of
    the lower region, whose edge is assumed, stand beside them.
    """
    for quantity, process, base, variant, region in (
        *((*entry, variant, region) for entry in _RICH_SUPPRESSIONS
          for variant, region in (("nominal", "below"), ("lower_region", "lower"))),
        ("rich_background_suppression", None, "lnv", "nominal", "signal"),
    ):
        found = [
            total_background(table, selection, region) if process is None
            else process_background(table, process, selection, region)
            for selection in (f"{base}_auxiliary", base)
        ]
        if any(background is None or background.is_empty for background in found):
            continue
        auxiliary, standard = found
        ratio = auxiliary.events / standard.events
        relative = math.hypot(*(b.statistical / b.events for b in found))
        yield simulated_row(
            numbers.number(quantity, "piee"), variant, ratio, ratio * relative,
            f"follows from the entered maps, {_MEAN_OVER[region]}; overlap of rings in the RICH is "
            "not simulated",
            source="background",
        )


def _two_decay_rows(numbers: Numbers, table: Table) -> Iterator[Row]:
    """Share of K3pi with at least two decays in flight in the mu mu search's control region.

    Of decays in the fiducial volume: those before it are in no sum.
    """
    total = total_background(table, "lnv", "lower")
    two = process_background(table, "k3pi_downstream", "lnv", "lower")
    if two is None or total is None or total.is_empty:
        return
    share = two.events / total.events
    rest = math.sqrt(max(total.statistical**2 - two.statistical**2, 0.0))
    sigma = math.hypot((1 - share) * two.statistical, share * rest) / total.events
    yield simulated_row(
        numbers.number("two_decay_fraction_of_control_background_percent", "pimumu"), "nominal",
        100 * share, 100 * sigma, "share of the simulated background in the control region",
        source="background",
    )


def _contamination_rows(
    numbers: Numbers, table: Table, compared: Mapping[str, str]
) -> Iterator[Row]:
    """K3pi before the fiducial volume, which is in no sum, among the candidates of pi+ mu+ mu-."""
    number, candidates = (
        numbers.number(name, "pimumu")
        for name in ("normalisation_contamination", "normalisation_candidates")
    )
    for variation, found in contaminations_with_upstream(table, compared).items():
        suffix = "" if variation == "nominal" else f"_{variation}"
        yield simulated_row(
            number, f"with_upstream_decays{suffix}", found.events / candidates.value,
            found.sigma / candidates.value,
            f"with {found.events:.3g} events of K3pi upstream and all else, "
            f"{found.effective_events:.0f} effective; the paper has "
            f"{number.value * candidates.value:.2g} events",
            source="background", upper_bound=found.left_out / candidates.value,
        )


ADDITIONS = Additions(derived_rows, simulated_rows, inconsistencies)
