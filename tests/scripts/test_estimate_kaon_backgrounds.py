"""Expected events of a kaon search: exposure of the trigger chains, and tails of empty regions."""

import csv
import json

import numpy as np
import pytest
from estimate_kaon_backgrounds import estimate_kaon_backgrounds
from kaon_tables import branching_fraction

REGIONS = {"signal": [[0.490, 0.497]], "control": [[0.0, 0.484]]}
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
    "pileup": None,
    "chains": {"lnv": ["di_muon"], "inverted": ["multi_track"]},
    "regions": {"lnv": REGIONS, "inverted": REGIONS},
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
    """Tables of a sample whose spectrum falls by e every 5 MeV and ends before the signal region."""
    acceptance = write(
        tmp_path / "acceptance.csv",
        "sample,variation,selection,region,acceptance,acceptance_uncertainty,effective_events,"
        "generated_events,channel",
        [(sample, "nominal", selection, region, value, 1e-6, events, 1000, "pimumu")
         for sample in SETTINGS["samples"] for selection in ("lnv", "inverted")
         for region, value, events in (("control", 1e-3, 100.0), ("signal", 0.0, 0.0))],
    )
    edges = np.round(np.arange(0.40, 0.5201, 0.002), 9)
    counts = np.round(1e5 * np.exp(-(edges[:-1] - 0.40) / 0.005))  # none is left above 0.46 GeV
    content, sigma = 1e-9 * counts, 1e-9 * np.sqrt(counts)
    spectra = {
        sample: write(
            tmp_path / f"{sample}.csv",
            "sample,variation,selection,mass_low_gev,mass_high_gev,acceptance,"
            "acceptance_uncertainty,channel",
            [(sample, "nominal", selection, *values, "pimumu")
             for selection in ("lnv", "inverted")
             for values in zip(edges[:-1], edges[1:], content, sigma, strict=True)],
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


def test_an_empty_region_has_an_exponential_tail(made):
    scale = DECAYS * 0.6 * branching_fraction("pi_pi_pi") * 1e-4
    above = [np.exp(-(mass - 0.40) / 0.005) for mass in REGIONS["signal"][0]]
    expected = scale * (above[0] - above[1]) / (1.0 - np.exp(-0.002 / 0.005))
    (row,) = [r for r in made[0]
              if (r["sample"], r["selection"], r["region"]) == ("bkg_k3pi", "lnv", "signal")]
    ratio = float(row["extrapolated_events"]) / expected
    assert abs(np.log(ratio)) < np.log(float(row["extrapolated_factor"]))
    assert float(row["extrapolated_factor"]) > 1.5
    for row in made[0]:
        if row["region"] == "control":
            assert row["extrapolated_events"] == ""


def test_control_samples_are_in_no_spectrum(made):
    assert {row["sample"] for row in made[1]} == {"bkg_k3pi"}
    assert {row["sample"] for row in made[0]} == set(SETTINGS["samples"])
