"""Kaon decays of the user's own events, and the limit that they give."""

import json
from types import SimpleNamespace

import pytest
from searches.configuration import read_yaml
from searches.load import load_papers
from set_limits import own_inputs

from lnvsearch.experiments.na62 import normalise_data

PREDICTED = {
    "signal_acceptance": 0.0365, "signal_acceptance_uncertainty": 0.0004,
    "single_event_sensitivity": 2.7e-11, "single_event_sensitivity_uncertainty": 0.1e-11,
}  # fmt: skip
COUNTS = "channel,selection,region,events\npiee,sm,normalisation,{}\npiee,lnv,signal,{}\n"
BACKGROUND = json.dumps({"background_events": 0.8, "background_events_uncertainty": 0.3})


@pytest.fixture
def search(root):
    return load_papers(read_yaml(root / "config/config.yaml"), root, "config")["na62_2022"]


def normalised(tmp_path, search, candidates, observed=""):
    """The record, and the files of a limit."""
    counts, predicted, own, background = (
        str(tmp_path / name)
        for name in ("counts.csv", "predicted.json", "own.json", "background.json")
    )
    for path, text in (
        (counts, COUNTS.format(candidates, observed)),
        (predicted, json.dumps({"simulated": {"nominal": PREDICTED}})),
        (background, BACKGROUND),
    ):
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
    step = search.steps["normalise_data"]
    settings = step.settings(search, SimpleNamespace(channel="piee"))
    record = normalise_data({"counts": counts, "predicted": predicted}, settings)["sensitivity"]
    with open(own, "w", encoding="utf-8") as stream:
        json.dump(record, stream)
    files = {"data_counts": counts, "data_sensitivity": own, "background": background}
    return record, {"sensitivity": predicted, **files}


def user_data_inputs(search, files):
    found = own_inputs(search.limit_parameters("piee"), files)
    return [one for one in found if one.kind == "user_data"]


def test_the_published_candidates_give_the_published_sensitivity(tmp_path, search):
    record, _ = normalised(tmp_path, search, 11041)
    assert record["exposure"] == pytest.approx(1.0)
    assert record["n_kaon_decays"]["mean"] == pytest.approx(1.015e12, rel=1e-3)
    assert record["n_kaon_decays"]["statistical"] == pytest.approx(0.010e12, abs=0.0005e12)
    sensitivity = record["single_event_sensitivity"]
    assert sensitivity["published_acceptances"]["mean"] == pytest.approx(2.28e-11, abs=0.005e-11)
    ratio = sensitivity["simulated_acceptances"]["mean"] / sensitivity["published_acceptances"]["mean"]
    assert ratio == pytest.approx(0.0432 / 0.0365)


def test_backgrounds_of_the_limit_are_those_of_as_many_kaons(tmp_path, search):
    record, files = normalised(tmp_path, search, 5520, observed=2)
    published, simulated = user_data_inputs(search, files)
    assert published.observed == simulated.observed == 2
    half = record["exposure"]
    assert half == pytest.approx(0.5, rel=1e-3)
    assert published.background == pytest.approx(half * 0.43)
    assert published.background_uncertainty == pytest.approx(half * 0.09)
    assert simulated.background == pytest.approx(half * 0.8)
    assert published.scale == record["single_event_sensitivity"]["published_acceptances"]["mean"]
    assert len(published.methods) > 1 and simulated.methods == ("cls",)


def test_without_a_known_decay_there_is_a_reason_and_no_limit(tmp_path, search):
    record, files = normalised(tmp_path, search, 0, observed=1)
    assert "piee_sm" in record["without_sensitivity"] and "n_kaon_decays" not in record
    assert user_data_inputs(search, files) == []


def test_the_user_s_own_data_have_a_kind_of_their_own():
    """What compares with the paper leaves it out by that."""
    from lnvsearch.publication.results import of_the_paper

    records = [{"kind": "simulated"}, {"kind": "user_data"}]
    assert of_the_paper(records) == records[:1]
