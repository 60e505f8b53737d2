"""Which grids and limits the page of `snakemake explore` is made of."""

import pytest

from lnvsearch.interpretation.grids import read_grids
from searches.configuration import read_yaml
from searches.interpretation import (
    explored_grids,
    explored_in_words,
    explored_limits,
    few_events,
    grids_of,
)
from searches.load import load_papers

MADE = "results/na62_2022/recast/piee.csv"


@pytest.fixture(scope="module")
def papers(root):
    return load_papers(read_yaml(root / "config/config.yaml"), root, "config.yaml")


def test_grids_that_ship_stand_in_for_those_of_no_run(papers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = explored_grids(papers)
    assert set(found) == set(grids_of(papers)) and len(found) == 6
    assert all(not path.startswith("results") and read_grids(path) for path in found.values())
    assert explored_in_words(found, papers).startswith("Grids that ship with the release: ")
    assert "Grids of this run" not in explored_in_words(found, papers)


def test_few_events_are_said_once_for_each_number(papers, root):
    small = read_yaml(root / "config/config.yaml") | {"statistics": read_yaml(root / "config/test.yaml")["statistics"]}
    assert few_events(papers) == ""
    assert few_events(load_papers(small, root, "test.yaml")) == (
        "Test configuration: 2,000 events, not 100,000; Test configuration: 20,000 events, not 2,000,000"
    )


def test_grids_of_the_run_come_first(papers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / MADE).parent.mkdir(parents=True)
    (tmp_path / MADE).touch()
    found = explored_grids(papers)
    assert found["na62_2022", "piee"] == MADE
    assert explored_in_words(found, papers).endswith("Grids of this run: na62_2022 piee")


def test_limits_are_those_that_are_there_of_the_channel_that_sees_the_decay(papers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert explored_limits(papers) == {}
    for path in ("results/besiii_2025/limits/kkee.json", "results/na62_2019/limits/pimumu.json"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
    kkee = "results/besiii_2025/limits/kkee.json"
    assert explored_limits(papers) == {
        ("besiii_2025", "majorana_pair"): kkee, ("besiii_2025", "one_majorana"): kkee,
        ("na62_2019", "pimumu"): "results/na62_2019/limits/pimumu.json",
    }  # fmt: skip
