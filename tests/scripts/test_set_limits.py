"""Limits from the papers' settings."""

import json

import pytest
import yaml
from set_limits import Inputs, published_inputs, sensitivity_inputs, set_limits


def limit_of(root, paper, channel):
    settings = yaml.safe_load((root / f"config/papers/{paper}.yaml").read_text())
    return settings["channels"][channel]["limit"], settings.get("parent")


def test_besiii_s_published_inputs(root):
    limit, parent = limit_of(root, "besiii_2025", "kkee")
    (inputs,) = published_inputs(limit, parent, None)
    assert (inputs.observed, inputs.background) == (1, 0.0)
    assert inputs.efficiency_uncertainty / inputs.efficiency == pytest.approx(0.07)
    assert inputs.scale == pytest.approx(1 / 10087e6)


def test_both_sensitivities_of_na62(root):
    limit, _ = limit_of(root, "na62_2019", "pimumu")
    printed, recomputed = sensitivity_inputs(limit)
    assert printed.scale == 1.28e-11 and recomputed.scale == pytest.approx(1.283e-11, rel=1e-3)
    assert printed.efficiency == recomputed.efficiency == 1.0


def test_every_method_has_its_record(tmp_path):
    inputs = [Inputs("derived", "nominal", 1, 0.0, 0.0, 0.1583, 0.07 * 0.1583, 1e-10)]
    set_limits(tmp_path / "limits.json", inputs, "rolke", False, ["none", "gamma"], 0.90)
    records = json.loads((tmp_path / "limits.json").read_text())
    assert [(r["method"], r["prior"]) for r in records] == [
        ("rolke", None), ("cls", "none"), ("cls", "gamma"), ("feldman-cousins", "none"),
        ("feldman-cousins", "gamma"), ("bayesian", "none"), ("bayesian", "gamma"),
    ]
    assert records[0]["upper_events"] == pytest.approx(23.187, abs=5e-4)
    assert sum(r["is_paper_method"] for r in records) == 1
    # n = 1 without background: CLs is (1 + s) exp(-s) = 0.1, s = 3.8897.
    assert records[1]["upper_events"] * 0.1583 == pytest.approx(3.8897, abs=1e-4)
