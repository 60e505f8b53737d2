"""Tables of the user's own recorded events and what a paper prints of its data, side by side.

Cells are text; a count that is still closed says `closed`, and a number that the paper does not
print, or that is not legible, leaves an empty cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication.numbers import counts_outside_signal
from lnvsearch.publication.own_data import printed_limit
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import pdg_round
from lnvsearch.tables import Table, table_rows, text_table

__all__ = ["data_counts", "data_sensitivity"]

_LIMIT = "upper_limit_branching_fraction"
_VARIANTS = ("published_acceptances", "simulated_acceptances")
_KIND = "user_data"


def data_counts(published: PublishedNumbers, user_counts: Table) -> dict[str, list[str]]:
    """Return the events of each selection by region of mass: published, and the user's own.

    `user_counts`: a table `channel, selection, region, events`, empty where a region is closed.
    """
    rows = [
        {
            **row,
            "published": _published_count(published, row),
            "user_data": "closed" if row["events"] is None else str(row["events"]),
        }
        for row in table_rows(user_counts)
    ]
    return text_table(rows, ("channel", "selection", "region", "published", "user_data"))


def _published_count(published: PublishedNumbers, row: Mapping[str, Any]) -> str:
    for quantity in _quantities(row["selection"], row["region"]):
        number = published.find(quantity, channel=row["channel"])
        if number is None or not number.legible:
            continue
        # The paper on 2017 data counts the masked region without the signal's.
        is_outside = counts_outside_signal(number)
        if row["region"].startswith("masked") and is_outside != ("outside" in row["region"]):
            continue
        return number.digits
    return ""


def _quantities(selection: str, region: str) -> Iterator[str]:
    """Names under which a paper's count of a region may stand."""
    if region == "normalisation":
        yield from {"sm": ["normalisation_candidates"],
                    "sm_rich": ["control_normalisation_candidates"]}.get(selection, ())
    elif selection == "lnv":
        name = region.removesuffix("_outside_signal")
        yield "observed_events" if region == "signal" else f"observed_events_{name}_region"
    elif selection.startswith("same_sign_"):
        yield f"control_events_{selection.removeprefix('same_sign_')}"


def data_sensitivity(
    published: PublishedNumbers,
    user_sensitivity: Mapping[str, Mapping[str, Any]],
    limits: Mapping[str, Iterable[Mapping[str, Any]]],
) -> dict[str, list[str]]:
    """Return normalisation candidates, kaon decays, sensitivity and limit of each channel.

    `user_sensitivity[channel]` is the record of sensitivity/data/<channel>.json, `limits[channel]`
    those of limits/<channel>.json, in which the user's data have a limit once they are open.  Both
    columns of the user's data have the same number of kaon decays; the acceptance of the signal is
    the published one, or this project's.
    """
    rows = []
    for channel, record in user_sensitivity.items():
        of_data = [r for r in limits.get(channel, ()) if r["kind"] == _KIND]
        reason = record.get("without_sensitivity", "")
        quantities: dict[str, dict[str, str]] = {
            "normalisation_candidates": dict.fromkeys(
                _VARIANTS, str(record["normalisation_candidates"])
            ),
            "n_kaon_decays": {}, "single_event_sensitivity": {}, _LIMIT: {},
        }
        for variant in () if reason else _VARIANTS:
            quantities["n_kaon_decays"][variant] = _estimate(record["n_kaon_decays"])
            quantities["single_event_sensitivity"][variant] = _estimate(
                record["single_event_sensitivity"][variant]
            )
            quantities[_LIMIT][variant] = printed_limit(of_data, variant)
        known = record["normalisation"]["channel"]
        for quantity, cells in quantities.items():
            of = known if quantity in ("normalisation_candidates", "n_kaon_decays") else channel
            rows.append({
                "channel": channel, "quantity": quantity,
                "published": _printed(published, quantity, of),
                **{f"{_KIND}_{variant}": cell for variant, cell in cells.items()},
                "note": "" if quantity == "normalisation_candidates" else reason,
            })
    columns = ("channel", "quantity", "published", *(f"{_KIND}_{v}" for v in _VARIANTS), "note")
    return text_table(rows, columns)


def _printed(published: PublishedNumbers, quantity: str, channel: str) -> str:
    for of in (channel, "all"):
        number = published.find(quantity, channel=of)
        if number is not None and number.legible:
            return number.digits
    return ""


def _estimate(value: Mapping[str, float]) -> str:
    return pdg_round(value["mean"], value["sigma"])
