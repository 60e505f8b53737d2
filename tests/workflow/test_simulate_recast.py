"""The program that simulates one point of a recast says what it cannot do."""

import pytest
from simulate_recast import simulate

REQUEST = {"search": "na62_2022", "channel": "piee", "mass_gev": 0.3, "lifetimes_ps": [0.0, 1.0], "n_events": 1000,
           "seed": 1}  # fmt: skip


def test_results_that_are_missing_are_named_with_their_command(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"needs results/na62_2022/.*; make it first: snakemake --cores 2 results/"):
        simulate(REQUEST, root)


@pytest.mark.parametrize("change", [{"search": "nowhere"}, {"channel": "nothing"}])
def test_what_has_no_recast_is_refused(root, change):
    with pytest.raises(ValueError, match="the workflow has no recast of it to simulate"):
        simulate({**REQUEST, **change}, root)
