"""Tables that are put together from others."""

import csv

import pytest
from collect_background import collect_background
from collect_cutflow import collect_cutflow
from collect_efficiencies import collect_efficiencies

HEADER = "sample,variation,cut,events_in,events_out,cumulative_efficiency,cumulative_efficiency_uncertainty\n"


def rows(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_efficiencies_with_and_without_the_bin(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(HEADER + "phsp,nominal,signal_window,100,16,0.16,0.04\n")
    two.write_text(HEADER + "scan_m1.000,nominal,signal_window,100,20,0.2,0.04\n"
                   "scan_m1.000,nominal,majorana_mass_bin,20,18,0.18,0.04\n")
    collect_cutflow([one, two], tmp_path / "cutflow.csv")
    samples = {"phsp": {"model": "phase_space", "mass_gev": None},
               "scan_m1.000": {"model": "two_majorana", "mass_gev": 1.0}}
    collect_efficiencies(tmp_path / "cutflow.csv", tmp_path / "out.csv", samples, "signal_window")
    phsp, scan = rows(tmp_path / "out.csv")
    assert (phsp["n_selected"], phsp["efficiency_in_bin"]) == ("16", "")
    assert (scan["n_selected"], scan["n_selected_in_bin"], scan["mass_gev"]) == ("20", "18", "1.0")


def test_backgrounds_add_up(tmp_path):
    header = ("mode,branching_fraction,branching_fraction_uncertainty,n_generated,effective_jpsi,"
              "expected_events,expected_events_uncertainty,survival_percent,source\n")
    for name, expected in (("a", 3.0), ("b", 4.0)):
        (tmp_path / f"{name}.csv").write_text(
            header + f"{name},0.1,0.01,100,1e9,{expected},{expected / 10},1.0,x\n"
        )
    (tmp_path / "inclusive.csv").write_text(HEADER + "inclusive,nominal,fit,1000,0,0.0,0.001\n")
    continuum = {"on_resonance_luminosity_per_pb": 1.0, "on_resonance_energy_gev": 3.1,
                 "provenance": "memory",
                 "points": [{"energy_gev": 3.1, "luminosity_per_pb": 1.0, "observed": 2}]}
    collect_background(
        [tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "inclusive.csv",
        tmp_path / "table.csv", tmp_path / "total.json", 1e10, continuum,
    )
    import json

    total = json.loads((tmp_path / "total.json").read_text())
    assert total["cocktail_events"] == 7.0
    assert total["cocktail_events_uncertainty"] == pytest.approx(0.5)
    assert total["background_events"] == 9.0
    assert total["inclusive_upper_limit_90"] == pytest.approx(2.3026 * 1e7, rel=1e-4)
