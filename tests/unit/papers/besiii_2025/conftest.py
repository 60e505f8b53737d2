"""Small made-up results in the shape of the workflow's files, and the real published numbers."""

import copy
import math
from pathlib import Path

import pytest

from lnvsearch.publication.published import read_published

_FOLDER = Path(__file__).parents[4] / "resources" / "published" / "besiii_2025"


def _table(columns, rows):
    return {name: [row[i] for row in rows] for i, name in enumerate(columns.split(", "))}


@pytest.fixture(scope="session")
def published_folder():
    return _FOLDER


@pytest.fixture(scope="session")
def published():
    return read_published(_FOLDER / "numbers.csv")


@pytest.fixture
def results(shared_results):
    """Results at three masses: a legible one, a doubtful one, and the last.  Free to change."""
    return copy.deepcopy(shared_results)


@pytest.fixture(scope="session")
def shared_results():
    """The same, shared by tests that only read."""
    masses = (0.575, 0.65, 1.525)
    efficiency_rows = []
    scan_rows = []
    for variation, factor in (
        ("nominal", 1.0), ("uncalibrated", 1.06), ("pair_one_plus_cos2", 0.9),
        ("pair_v_minus_a", 0.75),
    ):  # fmt: skip
        efficiency_rows.append(
            ("signal_phsp", "phase_space", None, variation, 100000, 15680,
             0.1568 * factor, 0.00115, None, None, None)
        )  # fmt: skip
        for mass in masses:
            efficiency = (0.05 + 0.1 * mass) * factor
            for model in ("two_majorana", "one_majorana"):
                efficiency_rows.append(
                    (f"signal_{model}_m{mass:.3f}", model, mass, variation, 100000, 1,
                     efficiency, 0.001, 1, 0.97 * efficiency, 0.001)
                )  # fmt: skip
            for method, scale, reading, end in (
                ("rolke", 1.0, 0.97, ""), ("cls", 1.1, 0.97, ""),
                ("rolke", 1.0, 1.0, "_without_mass_bin"),
            ):  # fmt: skip
                events = 1.97 / (reading * efficiency) * scale
                scan_rows.append(
                    (mass, "simulated", f"{variation}{end}", method, 0, 0.0, reading * efficiency,
                     0.07 * reading * efficiency, events, events / 10087e6)
                )  # fmt: skip
    scan_rows.append(
        (0.575, "derived", "nominal", "rolke", 0, 0.0, 0.0897, 0.018, 22.55, 2.2357e-9)
    )
    return {
        "efficiencies": _table(
            "sample, model, mass_gev, variation, n_generated, n_selected, efficiency, "
            "efficiency_uncertainty, n_selected_in_bin, efficiency_in_bin, "
            "efficiency_in_bin_uncertainty",
            efficiency_rows,
        ),
        "systematics": _table(
            "source, kind, variation, relative_uncertainty_percent, "
            "statistical_uncertainty_percent, published_percent, in_total, note",
            [
                ("pid", "external", "nominal", 2.2, None, 2.2, True, None),
                ("pid", "simulated", "pid_tails", 3.413, 0.352, 2.2, False, "tails off"),
                ("total", "derived", "nominal", 7.0391, None, 7.0, True, None),
                ("material", "simulated", "more_material", 1.5, 0.41, None, False, None),
            ],
        ),
        "systematics_by_mass": _table(
            "mass_gev, efficiency_one_majorana, efficiency_two_majorana, modelling_percent, "
            "modelling_uncertainty_percent, common_percent, mc_statistics_percent, total_percent",
            [(mass, 0.1, 0.1, 10.0, 1.0, 6.99, 0.7, math.hypot(10.0, 7.0)) for mass in masses],
        ),
        "scan": _table(
            "mass_gev, kind, variant, method, observed, background, efficiency, "
            "efficiency_uncertainty, upper_events, upper_branching_fraction",
            scan_rows,
        ),
        "overall_limits": [
            {
                "kind": "derived", "variant": "nominal", "method": "rolke", "observed": 1,
                "background": 0.0, "efficiency": 0.1583, "efficiency_uncertainty": 0.0111,
                "upper_events": 23.187, "upper_branching_fraction": 23.187 / 10087e6,
            }
        ],
        "background": _table(
            "sample, region, expected_events, expected_events_uncertainty, effective_events, "
            "statistical_uncertainty, source",
            [
                ("bkg_kkpipi", "all", 6e-5, 3e-5, 10.0, 2e-5, "PDG"),
                ("bkg_kkee", "all", 2e-3, 4e-5, 100.0, 2e-5, "estimate"),
                ("bkg_4k", "all", 0.0, 1e-2, 0.0, 1e-2, "PDG"),
            ],
        ),
    }  # fmt: skip
