"""Tables of the user's own recorded events and what the paper prints of its data, side by side.

Cells are text; what is still closed says `closed`, and a number that the paper does not print, or
that is not legible, leaves an empty cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lnvsearch.limit_inputs import USER_DATA
from lnvsearch.publication.own_data import printed_limit
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import pdg_round
from lnvsearch.tables import Table, table_rows, text_table

__all__ = ["data_counts", "data_sensitivity"]

_VARIANTS = ("published_efficiency", "simulated_efficiency")
_LIMIT = "upper_limit_branching_fraction"
_MASS_BIN = "mass_bin_"


def data_counts(published: PublishedNumbers, user_counts: Table) -> dict[str, list[str]]:
    """Return the events of the selection by region: published, and the user's own.

    `user_counts`: a table `channel, selection, region, events`, empty where a region is closed; regions are
    the sides of the signal window, the window (`signal`) and the bins of the mass scan in it.
    """
    rows = [
        {
            **row,
            "published": _published_count(published, row["region"]),
            "user_data": "closed" if row["events"] is None else str(row["events"]),
        }
        for row in table_rows(user_counts)
    ]
    return text_table(rows, ("channel", "selection", "region", "published", "user_data"))


def _published_count(published: PublishedNumbers, region: str) -> str:
    if region == "signal":
        number = published.find("observed_events")
    elif region.startswith(_MASS_BIN):
        number = published.find("observed_events", float(region.removeprefix(_MASS_BIN)))
    else:
        return ""
    return number.digits if number is not None and number.legible else ""


def data_sensitivity(
    published: PublishedNumbers,
    user_sensitivity: Mapping[str, Mapping[str, Any]],
    limits: Mapping[str, Iterable[Mapping[str, Any]]],
) -> dict[str, list[str]]:
    """Return parents, background, efficiency, sensitivity and limit of the user's file.

    `user_sensitivity[channel]`: the record of sensitivity/data/<channel>.json; `limits[channel]`:
    those of limits/<channel>.json, in which the user's data have a limit once they are open.
    """
    rows = []
    for channel, record in user_sensitivity.items():
        of_data = [r for r in limits.get(channel, ()) if r["kind"] == USER_DATA]
        both = dict.fromkeys(_VARIANTS, "")
        parents = _estimate(record["n_parents"])
        background = _estimate({
            "mean": record["background_events"], "sigma": record["background_events_uncertainty"],
        })  # fmt: skip
        cells = {
            "n_parents": dict.fromkeys(_VARIANTS, parents),
            "off_resonance_events": dict.fromkeys(
                _VARIANTS, " ".join(map(str, record["off_resonance_observed"]))
            ),
            "continuum_events": dict.fromkeys(_VARIANTS, f"{record['continuum_events']:.3g}"),
            "background_events": dict.fromkeys(_VARIANTS, background),
            "efficiency_percent": {v: _percent(record["efficiency"][v]) for v in _VARIANTS},
            "single_event_sensitivity": both | {
                v: _estimate(one) for v, one in record["single_event_sensitivity"].items()
            },
            _LIMIT: {v: printed_limit(of_data, v) for v in _VARIANTS},
        }  # fmt: skip
        for quantity, of_variants in cells.items():
            rows.append({
                "channel": channel, "quantity": quantity, "published": _printed(published, quantity),
                **{f"{USER_DATA}_{variant}": cell for variant, cell in of_variants.items()},
                "note": record["continuum_from"] if quantity == "continuum_events" else "",
            })  # fmt: skip
    columns = ("channel", "quantity", "published", *(f"{USER_DATA}_{v}" for v in _VARIANTS), "note")
    return text_table(rows, columns)


#: Names under which the paper's numbers stand.
_NAMES = {
    "n_parents": "n_jpsi", "continuum_events": "", "off_resonance_events": "",
    "efficiency_percent": "efficiency_used_in_limit_percent",
}  # fmt: skip


def _printed(published: PublishedNumbers, quantity: str) -> str:
    number = published.find(_NAMES.get(quantity, quantity))
    return number.digits if number is not None and number.legible else ""


def _percent(value: Mapping[str, float]) -> str:
    return _estimate({name: 100.0 * number for name, number in value.items()})


def _estimate(value: Mapping[str, float]) -> str:
    if not value["sigma"]:
        return f"{value['mean']:.5g}"
    return pdg_round(value["mean"], value["sigma"])
