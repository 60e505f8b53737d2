"""Expected events of a kaon search: exposure of the trigger chains, and which samples are drawn."""

import csv
import json

import pytest
from estimate_kaon_backgrounds import estimate_kaon_backgrounds

from lnvsearch.experiments.na62.estimates import branching_fraction

SETTINGS = {
    "samples": {
        "bkg_k3pi": {"mode": "pi_pi_pi", "role": "background"},
        "control_kmu3": {"mode": "mu_nu_pi0_dalitz", "role": "control"},
    },
    "recomputation": {
        "candidates": 8357, "contamination": 0.0,
        "normalisation_branching_fraction": {"mean": 0.962e-7, "sigma": 0.025e-7},
        "normalisation_acceptance": {"mean": 0.1093, "sigma": 0.0},
        "signal_acceptance": {"mean": 0.0981, "sigma": 0.0},
    },
    "signal": {"sample": "signal_pimumu", "selection": "lnv", "region": "signal"},
    "systematic": {},
    "varied_modes": {},
    "pileup": None,
    "chains": {"lnv": ["di_muon"], "inverted": ["multi_track"]},
    "trigger": {"chains": {"di_muon": {"downscaling": 2.0}, "multi_track": {"downscaling": 100.0}}},
}  # fmt: skip
DECAYS = 8357 / (0.962e-7 * 0.1093)


def rows(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def write(path, header, lines):
    path.write_text("\n".join([header, *(",".join(map(str, line)) for line in lines)]) + "\n")
    return path


@pytest.fixture
def made(tmp_path):
    """Tables of a background and of a control sample, both with three filled bins."""
    acceptance = write(
        tmp_path / "acceptance.csv",
        "sample,variation,selection,region,acceptance,acceptance_uncertainty,effective_events,"
        "generated_events,channel",
        [(sample, "nominal", selection, region, value, 1e-6, events, 1000, "pimumu")
         for sample in SETTINGS["samples"] for selection in ("lnv", "inverted")
         for region, value, events in (("control", 1e-3, 100.0), ("signal", 0.0, 0.0))],
    )
    spectra = {
        sample: write(
            tmp_path / f"{sample}.csv",
            "sample,variation,selection,mass_low_gev,mass_high_gev,acceptance,"
            "acceptance_uncertainty,channel",
            [(sample, "nominal", selection, low, round(low + 0.002, 3), 3e-4, 1e-5, "pimumu")
             for selection in ("lnv", "inverted") for low in (0.430, 0.432, 0.434)],
        )
        for sample in SETTINGS["samples"]
    }
    calibration = tmp_path / "calibration.json"
    calibration.write_text(json.dumps(
        {"factors": {"nominal": {"factor": 0.6, "factor_uncertainty": 0.01}}}
    ))
    outputs = tmp_path / "background.csv", tmp_path / "spectra.csv"
    estimate_kaon_backgrounds(acceptance, calibration, spectra, *outputs, SETTINGS, "pimumu")
    return [rows(path) for path in outputs]


def test_a_chain_with_more_downscaling_sees_fewer_kaons(made):
    events = {
        row["selection"]: float(row["expected_events"])
        for row in made[0] if (row["sample"], row["region"]) == ("bkg_k3pi", "control")
    }
    expected = DECAYS * 0.6 * branching_fraction("pi_pi_pi") * 1e-3
    assert events["lnv"] == pytest.approx(expected)
    assert events["inverted"] == pytest.approx(expected * 2.0 / 100.0)
    # Spectra are scaled alike.
    drawn = {
        row["selection"]: float(row["expected_events"])
        for row in made[1] if row["mass_low_gev"] == "0.43"
    }
    assert drawn["lnv"] == pytest.approx(0.3 * expected)
    assert drawn["inverted"] == pytest.approx(0.3 * events["inverted"])


def test_control_samples_are_in_no_spectrum(made):
    assert {row["sample"] for row in made[1]} == {"bkg_k3pi"}
    assert {row["sample"] for row in made[0]} == set(SETTINGS["samples"])
