"""Assumptions of an NA62 search: sensitivities, totals, and what changes most."""

import invented_na62 as invented
import pytest

from lnvsearch.experiments.na62.publication.tables.assumptions import assumptions
from lnvsearch.experiments.na62.publication.tables.background import total_background
from lnvsearch.tables import table_from_rows, table_rows

COLUMNS = (
    "variation, description, quantity, sample, selection, region, nominal, varied, "
    "relative_difference_percent, relative_difference_uncertainty_percent"
)
MARKED = [{"variation": "edge", "description": "an edge", "numbers": [
    {"number": "regions.lower", "value": "0.32", "provenance": "assumed", "varied_to": "0.30"}]}]


def shift(variation, quantity, sample, region, nominal, varied, sigma=1.0):
    difference = 100 * (varied / nominal - 1)
    return (variation, "", quantity, sample, "lnv", region, nominal, varied, difference, sigma)


@pytest.fixture
def background():
    """The invented one, and half as much radiative background under the variation."""
    table = invented.backgrounds("na62_2022")["piee"]
    rows = table_rows(table)
    varied = [
        {**row, "variation": "edge", "expected_events": 0.5 * row["expected_events"]}
        for row in rows
        if (row["sample"], row["selection"], row["region"]) == ("bkg_ke3_dalitz", "lnv", "signal")
        and row["variation"] == "nominal"
    ]
    return table_from_rows([*rows, *varied], list(table))


def share_of_radiative(background):
    """Of the nominal total of the signal region."""
    nominal = total_background(background, "lnv", "signal").events
    return next(
        row["expected_events"] for row in table_rows(background)
        if (row["sample"], row["selection"], row["region"], row["variation"])
        == ("bkg_ke3_dalitz", "lnv", "signal", "nominal")
    ) / nominal  # fmt: skip


def test_headlines_are_sensitivity_total_and_the_largest_change_of_a_region(background):
    systematics = invented.table(COLUMNS, [
        shift("edge", "single_event_sensitivity", "signal_piee", "signal", 2.0, 2.1),
        shift("edge", "expected_events", "bkg_k3pi", "lower", 0.6, 1.9),
        shift("edge", "expected_events", "bkg_ke4", "lower", 4.5, 5.6),
        shift("edge", "expected_events", "norm_piee", "lower", 1e-4, 5e-4),
        shift("edge", "expected_events", "bkg_eeenu", "upper", 0.760, 0.761),
        shift("other", "expected_events", "bkg_ke4", "lower", 4.5, 45.0),
    ])  # fmt: skip
    rows = table_rows(assumptions({"piee": systematics}, {"piee": background}, MARKED))
    found = {row["headline"]: row for row in rows}
    name = f"total background, signal region ({100 * share_of_radiative(background):.0f} % of it varied)"
    assert set(found) == {"single-event sensitivity (limit)", name, "k3pi, lower region"}
    assert found["single-event sensitivity (limit)"]["effect_percent"] == "+5.0"
    lost_percent = 50 * share_of_radiative(background)
    assert float(found[name]["effect_percent"]) == pytest.approx(-lost_percent, abs=0.06)
    assert found["k3pi, lower region"]["effect_percent"] == "+216.7"


def test_a_total_of_which_hardly_anything_was_varied_is_no_headline(background):
    """The normalisation decay alone, a background of the other selection, tells nothing of the sum."""
    rows = table_rows(background)
    one = next(row for row in rows if (row["selection"], row["region"]) == ("lnv", "signal"))
    of_norm = [
        {**one, "sample": "norm_piee", "role": "normalisation", "variation": variation,
         "expected_events": events}
        for variation, events in (("nominal", 1e-4), ("spot", 3e-4))
    ]  # fmt: skip
    table = table_from_rows([*rows, *of_norm], list(background))
    marked = [{**MARKED[0], "variation": "spot"}]
    systematics = invented.table(COLUMNS, [
        shift("spot", "single_event_sensitivity", "signal_piee", "signal", 2.0, 2.1),
    ])  # fmt: skip
    (row,) = table_rows(assumptions({"piee": systematics}, {"piee": table}, marked))
    assert row["headline"] == "single-event sensitivity (limit)"
