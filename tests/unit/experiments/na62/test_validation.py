"""Resolutions of candidates with known errors, and losses of known acceptances."""

import numpy as np
import pytest

from lnvsearch.event_files import tree_file
from lnvsearch.experiments.na62.validation import (
    ValidationSettings,
    core_width,
    validation_table,
)
from lnvsearch.tables import find_rows


def test_the_core_of_a_gaussian_does_not_see_its_tails():
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(0.494, 0.0017, 40_000), rng.uniform(0.4, 0.6, 1_000)])
    values[::100] = np.nan
    width, uncertainty = core_width(values)
    assert abs(width - 0.0017) < 4.0 * uncertainty + 0.02 * 0.0017
    assert uncertainty == pytest.approx(width / np.sqrt(2 * 0.9545 * 0.99 * 40_000), rel=0.02)


@pytest.fixture
def candidates(tmp_path):
    """Signal and normalisation channel with masses and vertices of known widths."""
    rng = np.random.default_rng(2)
    files = {}
    for sample, selection, mass_gev in (("signal_piee", "lnv", 0.002), ("norm_piee", "sm", 0.001)):
        n = 20_000
        z = rng.uniform(110.0, 170.0, n)
        likely = np.arange(n) % 10 > 0
        columns = {
            # The wrong assignment, with a hundredth of the weight, has any mass.
            "mass_gev": np.where(likely, rng.normal(0.494, mass_gev, n), rng.uniform(0.4, 0.6, n)),
            "weight": np.where(likely, 0.9, 0.009),
            "weight_without_identification": np.ones(n),
            "true_z_vertex_m": z,
            "z_vertex_m": z + rng.normal(0.0, 0.5, n),
            "z_neutral_m": np.full(n, np.nan),
        }
        path = tmp_path / f"{sample}.root"
        with tree_file(path) as write:
            for channel in ("piee", "pimumu"):
                write(f"{channel}_{selection}", columns)
        files[sample, "nominal"] = path, ""
    return files


def settings(alike=True):
    entry = {
        "signal": {"sample": "signal_piee", "selection": "lnv", "region": "signal"},
        "normalisation": {"channel": "piee", "sample": "norm_piee", "selection": "sm",
                          "region": "normalisation", "acceptance": 0.04},
        "alike": alike,
    }  # fmt: skip
    return ValidationSettings.from_mapping({"channels": {"piee": entry}})


LOSSES = {
    "sample": ["signal_piee", "signal_piee", "norm_piee", "norm_piee", "norm_piee"],
    "variation": ["nominal"] * 4 + ["shifted"],
    "selection": ["lnv", "lnv", "sm", "sm", "sm"],
    "condition": ["rich_angle", "dilepton_mass", "rich_angle", "dilepton_mass", "rich_angle"],
    "relative_loss": [0.10, 0.2, 0.12, 0.25, 0.5],
    "relative_loss_uncertainty": [0.01] * 5,
}
ACCEPTANCES = {
    "sample": ["norm_piee", "norm_piee"], "variation": ["nominal", "nominal"],
    "selection": ["sm", "sm_rich"], "region": ["normalisation", "normalisation"],
    "acceptance": [0.05, 0.04], "acceptance_uncertainty": [0.001, 0.001],
}  # fmt: skip


def made(candidates, entered):
    by_channel = dict.fromkeys(entered.channels, LOSSES), dict.fromkeys(entered.channels, ACCEPTANCES)
    return validation_table(entered, candidates, *by_channel)


def value(table, quantity):
    (row,) = find_rows(table, quantity=quantity)
    return row["value"]


def test_resolutions_are_those_of_the_candidates(candidates):
    table = made(candidates, settings())
    assert value(table, "mass_resolution_mev") == pytest.approx(1.0, abs=0.05)
    assert value(table, "track_vertex_z_resolution_m") == pytest.approx(0.5, abs=0.02)
    assert find_rows(table, quantity="neutral_vertex_z_resolution_m") == []
    # A normalisation channel of other particles has another resolution: the signal's is taken.
    other = made(candidates, settings(alike=False))
    assert value(other, "mass_resolution_mev") == pytest.approx(2.0, abs=0.1)


def test_losses_are_called_by_what_the_papers_print(candidates):
    table = made(candidates, settings())
    assert value(table, "rich_angle_acceptance_loss_percent") == pytest.approx(10.0)
    assert value(table, "rich_angle_acceptance_loss_sm_percent") == pytest.approx(12.0)
    # Of the Standard-Model selection alone.
    assert value(table, "ee_mass_acceptance_loss_percent") == pytest.approx(25.0)
    (row,) = find_rows(table, quantity="control_normalisation_acceptance_loss_percent")
    assert (row["value"], row["uncertainty"]) == pytest.approx((20.0, 2.0))
