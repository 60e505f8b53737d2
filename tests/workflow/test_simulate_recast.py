"""The program that simulates one point of a recast says what it cannot do."""

import pytest
from simulate_recast import simulate

REQUEST = {"search": "na62_2022", "channel": "piee", "mass_gev": 0.3, "lifetimes_ps": [0.0, 1.0], "n_events": 1000,
           "seed": 1}  # fmt: skip


PAIR = {"search": "besiii_2025", "channel": "majorana_pair", "mass_gev": 1.00005}


@pytest.mark.parametrize("point", [{}, PAIR], ids=["NA62", "BESIII"])
def test_results_that_are_missing_are_named_with_their_command(root, tmp_path, monkeypatch, point):
    monkeypatch.chdir(tmp_path)
    request = {**REQUEST, **point}
    needed = rf"needs results/{request['search']}/.*; make it first: snakemake --cores 2 results/"
    with pytest.raises(ValueError, match=needed):
        simulate(request, root)


def test_a_point_is_simulated_at_both_experiments(whole_dag, root, monkeypatch):
    """With the calibration of the run; the mass is the one that was asked for, not a rounded one."""
    monkeypatch.chdir(whole_dag)
    for point, low, high in (({}, 0.02, 0.10), (PAIR, 0.1, 0.3)):
        prompt, *others = [row for row in simulate({**REQUEST, **point}, root)
                           if row["chirality"] == "isotropic"]  # fmt: skip
        assert prompt["mass_gev"] == {**REQUEST, **point}["mass_gev"] and prompt["lifetime_ps"] == 0
        assert low < prompt["acceptance"] < high and [row["lifetime_ps"] for row in others] == [1.0]


@pytest.mark.parametrize("change", [{"search": "nowhere"}, {"channel": "nothing"}])
def test_what_has_no_recast_is_refused(root, change):
    with pytest.raises(ValueError, match="the workflow has no recast of it to simulate"):
        simulate({**REQUEST, **change}, root)
