"""Assumptions of this search: efficiencies of the signals, with the calibrated scalar as it was found."""

from lnvsearch.papers.besiii_2025.assumptions import assumptions
from lnvsearch.tables import table_from_rows, table_rows

COLUMNS = ("sample", "variation", "efficiency", "efficiency_uncertainty")


def entry(variation, key, value, varied):
    number = {"number": key, "value": value, "provenance": "assumed", "varied_to": varied}
    return {"variation": variation, "description": variation, "numbers": [number]}


def test_efficiencies_of_signals_with_and_without_each_assumption():
    efficiencies = table_from_rows((
        dict(zip(COLUMNS, row, strict=True)) for row in (
            ("signal_phsp", "nominal", 0.160, 0.001),
            ("signal_phsp", "kaon_decay_radius", 0.144, 0.002),
            ("pair_0575_mev", "nominal", 0.080, 0.001),
            ("pair_0575_mev", "kaon_decay_radius", 0.076, 0.001),
            ("signal_phsp", "uncalibrated", 0.168, 0.001),
            ("signal_two_majorana_m0.575", "nominal", 0.100, 0.001),
            ("signal_two_majorana_m0.575", "uncalibrated", 0.120, 0.001),
            ("signal_two_majorana_m1.000", "nominal", 0.200, 0.001),
            ("signal_two_majorana_m1.000", "uncalibrated", 0.210, 0.001),
            ("control_pppipi", "nominal", 0.500, 0.001),
            ("control_pppipi", "uncalibrated", 0.600, 0.001),
        )
    ), COLUMNS)  # fmt: skip
    table = assumptions(
        efficiencies, {"values": {"nominal": {"value": 1.52}}},
        [entry("kaon_decay_radius", "kaon_decay.effective_radius_m", "0.8 m", "1.0"),
         entry("uncalibrated", "electron_energy_response.low_momentum_scale", "calibrated", "1.0")],
    )
    radius, radius_of_pairs, *scalar = table_rows(table)
    assert radius_of_pairs["headline"] == "efficiency of pair_0575_mev"
    assert radius_of_pairs["effect_percent"] == "-5.0"
    assert (radius["headline"], radius["effect_percent"]) == ("efficiency of signal_phsp", "-10.0")
    assert (radius["value"], radius["uncertainty_percent"]) == ("0.8 m", "1.2")
    assert [row["effect_percent"] for row in scalar] == ["+5.0", "+20.0"]
    assert {row["value"] for row in scalar} == {"1.52"}
