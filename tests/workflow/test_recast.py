"""Grids of masses and lifetimes, and what a search's file may not say of them."""

from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from searches import recast
from searches.besiii.recast import observed
from searches.configuration import read_yaml
from searches.keys import WrongKeys
from searches.load import load_papers
from searches.na62.recast import KaonRecastDecay
from searches.recast import lifetime_grid, mass_grid


def test_grids():
    assert len(mass_grid(0.155, 0.467, 40)) == 40
    lifetimes = lifetime_grid(0.1, 1e9, 60)
    assert (len(lifetimes), lifetimes[0], lifetimes[1], lifetimes[-1]) == (60, 0.0, 0.1, 1e9)
    assert sorted(set(lifetimes)) == lifetimes


@pytest.mark.parametrize(
    ("definition", "values", "message"),
    [
        (recast.Masses, {"first_gev": 0.4, "last_gev": 0.3}, "not above first_gev"),
        (recast.Masses, {"first_gev": 0.4, "last_gev": 0.5, "number": 1}, "number"),
        (recast.Lifetimes, {"shortest_ps": 0.0, "longest_ps": 1.0}, "shortest_ps"),
        (recast.Lifetimes, {"shortest_ps": 2.0, "longest_ps": 1.0}, "not above shortest_ps"),
        (recast.Flight, {"prompt_share": 1.0, "shortest_m": 0.1, "longest_m": 1.0}, "prompt_share"),
        (recast.Flight, {"prompt_share": 0.5, "shortest_m": 2.0, "longest_m": 1.0}, "not above"),
        (KaonRecastDecay, {"label": "x", "mode": "pi_mumu",
                           "masses": {"first_gev": 0.2, "last_gev": 0.3}}, "0.2452 and 0.3880"),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(definition, values, message):
    with pytest.raises((ValidationError, WrongKeys), match=message):
        definition(**values)


@pytest.fixture(scope="module")
def papers(root):
    config = read_yaml(root / "config/config.yaml")
    return load_papers({**config, "recast_masses": 3, "recast_lifetimes": 5}, root, "config.yaml")


def settings_of(papers, paper, decay):
    search = papers[paper]
    return search.steps["recast_search"].settings(search, SimpleNamespace(decay=decay))


def test_points_are_as_many_as_the_configuration_asks_for(papers):
    settings = settings_of(papers, "na62_2019", "pimumu")
    assert settings["masses_gev"] == [0.247, 0.3165, 0.386]
    assert (len(settings["lifetimes_ps"]), settings["lifetimes_ps"][-1]) == (5, 1e9)
    assert settings["limit"]["observed"] == 1


def test_the_factor_of_the_neutral_pion_is_that_of_the_papers_signal(papers):
    search = papers["na62_2022"]
    files = {
        decay: search.steps["recast_search"].inputs(search, SimpleNamespace(decay=decay))
        for decay in search.recast_decays
    }
    assert files["pipi0ee"]["sensitivity"] == "results/na62_2022/sensitivity/pipi0ee.json"
    assert files["piee"]["sensitivity"] == "results/na62_2022/sensitivity/piee.json"


@pytest.mark.parametrize(
    ("paper", "decay"), [("na62_2019", "pimumu"), ("na62_2022", "piee"), ("na62_2022", "pipi0ee")]
)
def test_conditions_on_the_vertex_vary_in_the_decays_own_selection(papers, paper, decay):
    varied = settings_of(papers, paper, decay)["varied_selections"]
    cuts = [next(cut for cut in one["cuts"] if cut["cut"] == "one_vertex") for one in varied]
    found = [(cut["chi_square_maximum"], cut["z_minimum_m"]) for cut in cuts]
    assert found == [(10.0, 105.0), (25.0, 107.0)]


@pytest.mark.parametrize(
    ("mass", "events"), [(1.0, 0), (1.15, 0), (1.16, 1), (1.175, 1), (1.2, 1), (1.22, 1), (1.225, 0)]
)
def test_the_candidate_counts_where_the_printed_counts_do_not_exclude_it(papers, mass, events):
    """Its bin is that about 1.175 or about 1.200 GeV."""
    assert observed(papers["besiii_2025"], mass, in_mass_bin=True) == events
    assert observed(papers["besiii_2025"], mass, in_mass_bin=False) == 1


def test_a_pair_has_the_bin_of_its_mass_and_one_alone_has_none(papers):
    pair, one = (settings_of(papers, "besiii_2025", d) for d in ("majorana_pair", "one_majorana"))
    assert (pair["n_neutrinos"], one["n_neutrinos"]) == (2, 1)
    for point in pair["points"]:
        assert point["cuts"][-1]["mass_gev"] == point["mass_gev"]
        assert [d["mass_gev"] for d in point["decay"]["daughters"]] == [point["mass_gev"]] * 2
    assert all(cut["cut"] != "majorana_mass_bin" for p in one["points"] for cut in p["cuts"])
    assert pair["is_calibrated"]


def test_files_and_figures_are_leaves(papers):
    for search in papers.values():
        for decay in search.recast_decays:
            folder = f"results/{search.name}"
            assert f"{folder}/recast/{decay}.csv" in search.leaves()
            assert f"{folder}/figures/recast_{decay}.pdf" in search.leaves()
            assert search.figure(f"recast_{decay}").files["recast"] == f"{folder}/recast/{decay}.csv"


@pytest.mark.parametrize(
    ("paper", "change", "message"),
    [
        ("na62_2022", {"piee": {"masses": {"last_gev": 0.6}}}, "phase space between 0.1401 and 0.4932"),
        ("besiii_2025", {"majorana_pair": {"masses": {"last_gev": 1.6}}}, "1.6 GeV is impossible"),
        ("besiii_2025", {"majorana_pair": {"sample": "signal_phsp"}}, "no daughter of mass majorana_mass"),
        ("besiii_2025", {"majorana_pair": {"sample": "none"}}, "recast.decays.majorana_pair.sample"),
    ],
)
def test_what_cannot_be_recast_is_refused(refused, paper, change, message):
    def changed(content):
        for decay, values in change.items():
            entry = content["recast"]["decays"][decay]
            for key, value in values.items():
                entry[key] = {**entry[key], **value} if isinstance(value, dict) else value

    assert message in refused(f"config/papers/{paper}.yaml", changed)
