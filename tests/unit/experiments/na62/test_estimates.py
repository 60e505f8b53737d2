"""Expected events: exposure of the trigger chains, which samples are drawn, pileup."""

import pytest

from lnvsearch.experiments.na62.estimates import (
    BackgroundSettings,
    background_table,
    branching_fraction,
    spectrum_table,
)
from lnvsearch.experiments.na62.normalisation import Acceptance, Acceptances, Factor, Factors
from lnvsearch.tables import find_rows, table_rows

VALUES = {
    "samples": {
        "bkg_k3pi": {"mode": "pi_pi_pi", "role": "background"},
        "control_kmu3": {"mode": "mu_nu_pi0_dalitz", "role": "control", "label": "Kmu3"},
    },
    "recomputation": {
        "candidates": 8357, "contamination": 0.0,
        "normalisation_branching_fraction": {"mean": 0.962e-7, "sigma": 0.025e-7},
        "normalisation_acceptance": {"mean": 0.1093, "sigma": 0.0},
        "signal_acceptance": {"mean": 0.0981, "sigma": 0.0},
    },
    "signal": {"sample": "signal_pimumu", "selection": "lnv", "region": "signal"},
    "systematic": {"bkg_k3pi": 0.15},
    "varied_modes": {"other_decay": {"bkg_k3pi": "pi_mumu_sm"}},
    "pileup": None,
    "chains": {"lnv": ["di_muon"], "inverted": ["multi_track"]},
    "trigger": {"chains": {"di_muon": {"downscaling": 2.0}, "multi_track": {"downscaling": 100.0}}},
}  # fmt: skip
DECAYS = 8357 / (0.962e-7 * 0.1093)
FACTORS = Factors({"nominal": Factor(0.6, 0.01), "shifted": Factor(0.9, 0.01)})
SETTINGS = BackgroundSettings.from_mapping(VALUES)


@pytest.fixture
def background():
    found = {
        (sample, variation, selection, region): Acceptance(value, 1e-6, events, 1000)
        for sample in SETTINGS.samples
        for variation in ("nominal", "shifted", "other_decay")
        for selection in ("lnv", "inverted")
        for region, value, events in (("control", 1e-3, 100.0), ("signal", 0.0, 0.0))
    }
    return background_table(SETTINGS, Acceptances(found, "acceptance.csv"), FACTORS)


def only(table, **wanted):
    (row,) = find_rows(table, **wanted)
    return row


def test_a_chain_with_more_downscaling_sees_fewer_kaons(background):
    place = {"sample": "bkg_k3pi", "region": "control", "variation": "nominal"}
    expected = DECAYS * 0.6 * branching_fraction("pi_pi_pi") * 1e-3
    row = only(background, selection="lnv", **place)
    assert row["expected_events"] == pytest.approx(expected)
    assert row["statistical_uncertainty"] == pytest.approx(expected * 1e-3)
    assert row["systematic_uncertainty"] == pytest.approx(0.15 * expected)
    inverted = only(background, selection="inverted", **place)
    assert inverted["expected_events"] == pytest.approx(expected * 2.0 / 100.0)


def test_a_variation_may_have_another_factor_or_another_decay(background):
    place = {"sample": "bkg_k3pi", "region": "control", "selection": "lnv"}
    nominal, shifted, other = (
        only(background, variation=name, **place)["expected_events"]
        for name in ("nominal", "shifted", "other_decay")
    )
    assert shifted / nominal == pytest.approx(0.9 / 0.6)
    ratio = branching_fraction("pi_mumu_sm") / branching_fraction("pi_pi_pi")
    # The normalisation channel does not see the other decay: its factor is nominal's.
    assert other / nominal == pytest.approx(ratio)


def test_an_empty_region_has_the_uncertainty_of_its_acceptance(background):
    row = only(background, sample="control_kmu3", region="signal", selection="lnv",
               variation="nominal")  # fmt: skip
    assert row["expected_events"] == 0.0 and row["statistical_uncertainty"] > 0.0
    assert row["label"] == "Kmu3"


def test_spectra_are_scaled_alike_and_hold_no_control_sample():
    rows = [
        ("pimumu", "nominal", selection, low, low + 0.002, 3e-4, 1e-5)
        for selection in ("lnv", "inverted") for low in (0.430, 0.432)
    ] + [("piee", "nominal", "lnv", 0.43, 0.432, 1.0, 1.0)]  # fmt: skip
    names = ("channel", "variation", "selection", "mass_low_gev", "mass_high_gev", "acceptance",
             "acceptance_uncertainty")  # fmt: skip
    table = {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    found = spectrum_table(SETTINGS, dict.fromkeys(SETTINGS.samples, table), FACTORS, "pimumu")
    assert set(found["sample"]) == {"bkg_k3pi"} and len(found["sample"]) == 4
    expected = DECAYS * 0.6 * branching_fraction("pi_pi_pi") * 3e-4
    for row in table_rows(found):
        exposure = {"lnv": 1.0, "inverted": 0.02}[row["selection"]]
        assert row["expected_events"] == pytest.approx(exposure * expected)
        assert row["uncertainty"] == pytest.approx(exposure * expected / 30.0)


def test_pileup_is_uniform_in_mass():
    pileup = {"sideband_events": 6, "width_ratio": 3.0, "control_width_mev": 30.0,
              "signal_width_mev": 10.0}  # fmt: skip
    settings = BackgroundSettings.from_mapping({**VALUES, "pileup": pileup})
    table = background_table(settings, Acceptances({}, "acceptance.csv"), FACTORS)
    assert table["region"] == ["control", "signal"] and table["selection"] == ["lnv", "lnv"]
    assert table["expected_events"] == pytest.approx([1.5, 0.5])
    assert table["statistical_uncertainty"] == pytest.approx([1.5 / 6**0.5, 0.5 / 6**0.5])
    assert table["effective_events"] == [6.0, 6.0]
