"""The benchmarks with few events: the file that they write, and that what they time is right."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    output = tmp_path_factory.mktemp("benchmark") / "benchmark.json"
    subprocess.run(
        [sys.executable, ROOT / "benchmark/run.py", output, "--scale", "0.001", "--rounds", "2"],
        check=True, capture_output=True, cwd=ROOT,
    )
    return json.loads(output.read_text())


def test_ratios_come_first_and_are_numbers_or_explained(result):
    assert next(iter(result)) == "ratios"
    assert len(result["ratios"]) == 14
    for name, ratio in result["ratios"].items():
        if ratio is None:
            assert "ROOT" in result["why_a_ratio_is_null"], name
        else:
            assert 0.0 < ratio["lowest"] <= ratio["median"] <= ratio["highest"], name
    assert result["ratios"]["4C fits / the same fit in numpy"] is not None


def test_each_case_has_its_times_its_size_and_its_rate(result):
    assert set(result["items"]) == set(result["cpu_seconds"]) == set(result["median_per_cpu_second"])
    assert all(len(times) == 2 for times in result["cpu_seconds"].values())
    assert result["machine"]["processor"]
    assert {"python", "numba", "numpy", "root"} <= set(result["versions"])


def test_what_is_timed_is_accurate(result):
    accuracy = result["accuracy"]
    assert accuracy["phase_space"]["largest_imbalance"] < 1e-12
    assert accuracy["limits"]["largest_error_against_bracketing_solver"] < 1e-6
    assert accuracy["fit"]["largest_error_against_converged_solution"] < 1e-6
    assert abs(accuracy["besiii"]["pull"]) < 5.0
    assert abs(accuracy["na62"]["median_mass_gev"] - 0.493677) < 1e-3
    for case in ("na62_chain", "na62_chain_radiating"):
        assert 0.5 < accuracy["na62"][f"{case}_worth_of_a_decay"] < 1.3


def test_upstream_decays_are_flown_both_ways():
    process = subprocess.run(
        [sys.executable, ROOT / "benchmark/kaon_upstream.py", "20000", "20000"],
        check=True, capture_output=True, cwd=ROOT, text=True,
    )  # fmt: skip
    assert process.stdout.count("pull") == 3
