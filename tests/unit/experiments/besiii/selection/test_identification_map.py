"""Identification maps: from counts to probabilities, sampled, written and read."""

import json

import numpy as np
import pytest

from lnvsearch.experiments.besiii.selection.identification_map import (
    SPECIES,
    map_from_counts,
    map_rows,
    read_identification,
    sample_counts,
)
from lnvsearch.particles import pdg_id


@pytest.fixture(scope="module")
def counts(response, selection):
    return sample_counts(response, selection.cuts, n_samples=100, base_seed=1)


def test_species_are_taken_for_themselves(counts):
    """At 1 GeV across the beam: few electrons are lost, and no pion is an electron."""
    i = int(np.argmin(np.abs(counts["momentum_gev"] - 1.0)))
    found = {name: counts[f"{pdg_id(name)}_found"][i, 0] for name in SPECIES}
    assert all(50 < number <= 100 for number in found.values())

    def share(name, identity):
        return counts[f"{pdg_id(name)}_{identity}_identified"][i, 0] / found[name]

    assert share("e-", "electron") > 0.8 and share("e+", "electron") > 0.8
    assert share("K+", "kaon") > 0.8
    assert share("pi+", "electron") < 0.05 and share("e-", "kaon") < 0.05


def test_rows_hold_the_probabilities_of_the_map(counts):
    rows = list(map_rows(map_from_counts(counts)))
    assert len(rows) == len(SPECIES) * 2 * 32 * 5
    row = next(row for row in rows if row["species"] == "e-" and row["momentum_gev"] == 1.0)
    identified, found = (counts[f"11_{name}"][19, 0] for name in ("electron_identified", "found"))
    assert row["absolute_cos_theta"] == 0.1
    assert row["probability"] == identified / found


def test_the_map_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "map.json"
    path.write_text(json.dumps({
        "momentum_gev": [0.5, 1.0],
        "absolute_cos_theta": [0.2, 0.7],
        "-211_found": [[1000, 1000], [1000, 1000]],
        "-211_electron_identified": [[100, 200], [300, 400]],
        "-211_kaon_identified": [[0, 0], [0, 0]],
    }))
    probability, relative = read_identification(path).lookup(
        np.array([-211, -211, 321]), np.array([0.1, 2.0, 1.0]), np.array([0.0, 0.9, 0.5])
    )
    assert probability["electron"].tolist() == [0.1, 0.4, 0.0]
    assert relative["electron"][:2] == pytest.approx(1 / np.sqrt(1000))
    # Never seen in 4000 tracks: not zero, but the posterior mean, uncertain by itself.
    assert probability["kaon"][:2] == pytest.approx(1 / 4002)
    assert relative["kaon"][0] == 1.0
