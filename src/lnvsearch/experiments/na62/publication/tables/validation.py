"""What checks the NA62 simulation without a factor, and what its variations change, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication.numbers import (
    NOT_INDEPENDENT,
    Channels,
    Numbers,
    rounding,
)
from lnvsearch.experiments.na62.publication.tables.acceptance import (
    acceptance_pairs,
    acceptance_ratios,
    compared_variants,
    published_ratio,
)
from lnvsearch.publication.agreement import agreement_of
from lnvsearch.publication.comparison import NO_TEST
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import pdg_round_pair, round_significant
from lnvsearch.tables import Table, table_rows, text_table

__all__ = ["systematics", "validation"]

_VALIDATION_COLUMNS = (
    "quantity", "channel", "variant", "published", "simulated", "uncertainty", "status", "note",
)
_SYSTEMATICS_COLUMNS = (
    "variation", "description", "channel", "quantity", "sample", "selection", "region", "nominal",
    "varied", "relative_difference_percent", "uncertainty_percent",
)
_NO_PREDICTION = (
    "trigger, random veto, the demand of one vertex, pileup and hadronic interactions take the "
    "rest: one flat factor {:.3f}"
)


def validation(
    published: PublishedNumbers,
    validation: Table,
    acceptance: Mapping[str, Table],
    channels: Channels,
    compared: Mapping[str, str],
) -> dict[str, list[str]]:
    """Return published and simulated values of what tests the simulation, with a status.

    `validation` are the measurements, with `VALIDATION_COLUMNS`; a quantity that the
    paper does not print has no published value and no status.  `acceptance[channel]` are the
    acceptance tables: they add
    A_SM/A_LNV, nominal and under each variation of `compared`, {variation: note}, and the
    acceptances before any factor.
    Status: how well they agree, by the rules of the comparison (`lnvsearch.publication.agreement`),
    with the difference in percent; `no test` for what was in view when the response was chosen.
    """
    rows = [
        *_measured_rows(published, validation),
        *_ratio_rows(Numbers(published, channels), acceptance, channels, compared),
        *_acceptance_rows(published, acceptance, channels),
    ]
    return text_table(rows, _VALIDATION_COLUMNS)


def _measured_rows(published: PublishedNumbers, measurements: Table) -> Iterator[dict[str, Any]]:
    for row in table_rows(measurements):
        if row["value"] is None:
            continue
        number = published.find(row["quantity"], channel=row["channel"])
        if number is None or not number.legible:
            yield _row(row["quantity"], row["channel"], row["variant"] or "nominal", "",
                       row["value"], row["uncertainty"], "not printed", row["note"])
            continue
        status = NO_TEST if number.quantity in NOT_INDEPENDENT else _status(
            row["value"], row["uncertainty"], number.value, number.uncertainty, rounding(number)
        )
        yield _row(row["quantity"], row["channel"], row["variant"] or "nominal", number.digits,
                   row["value"], row["uncertainty"], status, row["note"])


def _ratio_rows(
    numbers: Numbers, acceptance: Mapping[str, Table], channels: Channels,
    compared: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """A_SM/A_LNV of each channel, which no flat factor changes."""
    for channel in acceptance:
        printed = published_ratio(numbers, channel)
        ratios = acceptance_ratios(acceptance, channel, channels)
        for variant in compared_variants(compared):
            if variant in ratios:
                value, uncertainty = ratios[variant]
                note = compared.get(variant, "")
                if printed is None:
                    yield _row("acceptance_ratio_sm_to_lnv", channel, variant, "", value,
                               uncertainty, "not printed", note)
                    continue
                reference = printed.value
                yield _row("acceptance_ratio_sm_to_lnv", channel, variant,
                           round_significant(reference, 3 if reference < 1 else 4), value,
                           uncertainty, _status(value, uncertainty, *printed), note)


def _acceptance_rows(
    published: PublishedNumbers, acceptance: Mapping[str, Table], channels: Channels
) -> Iterator[dict[str, Any]]:
    """The acceptances as simulated: no test, because they are not predictions."""
    for channel in acceptance:
        pair = acceptance_pairs(acceptance, channel, channels).get("nominal")
        if pair is None:
            continue
        for quantity, (value, uncertainty) in (
            ("normalisation_acceptance_percent", pair[0]), ("signal_acceptance_percent", pair[1]),
        ):
            number = published.find(quantity, channel=channel)
            if number is not None and number.legible:
                yield _row(quantity, channel, "uncalibrated", number.digits, 100 * value,
                           100 * uncertainty, "no prediction",
                           _NO_PREDICTION.format(number.value / (100 * value)))


def _row(
    quantity: str, channel: str, variant: str, published: str, value: float,
    uncertainty: float | None, status: str, note: str | None,
) -> dict[str, Any]:
    if uncertainty:
        simulated, sigma = pdg_round_pair(value, uncertainty)
    else:
        simulated, sigma = round_significant(value, 4), ""
    return dict(zip(
        _VALIDATION_COLUMNS,
        (quantity, channel, variant, published, simulated, sigma, status, note or ""),
        strict=True,
    ))


def _status(
    value: float, uncertainty: float | None, published: float, sigma: float | None,
    half_width: float,
) -> str:
    found = agreement_of(value, published, uncertainty, sigma, half_width)
    if found == "printed digits" or not published:
        return found
    difference = 100 * (value - published) / published
    return f"{found}, {difference:+.{0 if abs(difference) >= 10 else 1}f} %"


def systematics(systematics: Mapping[str, Table]) -> dict[str, list[str]]:
    """Return what each variation changes, all channels in one table.

    `systematics[channel]` has the columns `variation, description, quantity, sample, selection,
    region, nominal, varied, relative_difference_percent, relative_difference_uncertainty_percent`.  Nominal
    and varied share their random numbers: the uncertainty, of the varied sample alone, is an upper
    bound.
    """
    rows = []
    for channel, table in systematics.items():
        for row in table_rows(table):
            sigma = row["relative_difference_uncertainty_percent"]
            difference = row["relative_difference_percent"]
            shown, shown_sigma = "", ""
            if difference is not None:
                shown, shown_sigma = f"{difference:+.1f}", "" if sigma is None else f"{sigma:.1f}"
            rows.append({
                **{name: row[name] for name in _SYSTEMATICS_COLUMNS if name in row},
                "channel": channel,
                "nominal": _short(row["nominal"]),
                "varied": _short(row["varied"]),
                "relative_difference_percent": shown,
                "uncertainty_percent": shown_sigma,
            })
    return text_table(rows, _SYSTEMATICS_COLUMNS)


def _short(value: float | None) -> str:
    return "" if value is None else round_significant(value, 4)
