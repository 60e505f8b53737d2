"""Kaon decays of the user's own events, and the limit that they give."""

import json

import pytest
import yaml
from normalise_kaon_data import normalise_kaon_data
from set_limits import simulated_inputs, user_data_inputs

PREDICTED = {"signal_acceptance": 0.0365, "signal_acceptance_uncertainty": 0.0004}
COUNTS = "channel,selection,region,events\npiee,sm,normalisation,{}\npiee,lnv,signal,{}\n"
BACKGROUND = (
    "sample,variation,selection,region,expected_events,statistical_uncertainty,"
    "systematic_uncertainty,effective_events\nbkg_x,nominal,lnv,signal,0.8,0.2,0.1,9\n"
)
PLACE = {"channel": "piee", "selection": "lnv", "region": "signal"}


@pytest.fixture
def settings(root):
    paper = yaml.safe_load((root / "config/papers/na62_2022.yaml").read_text())
    return paper["channels"]["piee"]["limit"], paper["normalisation"]["piee"]


def normalised(tmp_path, settings, candidates, observed=""):
    """The record, and the files of a limit."""
    limit, normalisation = settings
    counts, predicted, own, background = (
        str(tmp_path / name)
        for name in ("counts.csv", "predicted.json", "own.json", "background.csv")
    )
    for path, text in (
        (counts, COUNTS.format(candidates, observed)),
        (predicted, json.dumps({"simulated": {"nominal": PREDICTED}})),
        (background, BACKGROUND),
    ):
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
    channel = {"recomputation": limit["recomputation"], "normalisation": normalisation}
    normalise_kaon_data(counts, predicted, own, channel)
    with open(own, encoding="utf-8") as stream:
        record = json.load(stream)
    return record, {"data_counts": counts, "data_sensitivity": own, "background": background}


def test_the_published_candidates_give_the_published_sensitivity(tmp_path, settings):
    record, _ = normalised(tmp_path, settings, 11041)
    assert record["exposure"] == pytest.approx(1.0)
    assert record["n_kaon_decays"]["mean"] == pytest.approx(1.015e12, rel=1e-3)
    assert record["n_kaon_decays"]["statistical"] == pytest.approx(0.010e12, abs=0.0005e12)
    sensitivity = record["single_event_sensitivity"]
    assert sensitivity["published_acceptances"]["mean"] == pytest.approx(2.28e-11, abs=0.005e-11)
    ratio = sensitivity["simulated_acceptances"]["mean"] / sensitivity["published_acceptances"]["mean"]
    assert ratio == pytest.approx(0.0432 / 0.0365)


def test_backgrounds_of_the_limit_are_those_of_as_many_kaons(tmp_path, settings):
    record, files = normalised(tmp_path, settings, 5520, observed=2)
    limit = {**settings[0], "signal": PLACE, "background_samples": ["bkg_x"]}
    published, simulated = user_data_inputs(limit, files)
    assert {published.kind, simulated.kind} == {"user_data"}
    assert published.observed == simulated.observed == 2
    half = record["exposure"]
    assert half == pytest.approx(0.5, rel=1e-3)
    assert published.background == pytest.approx(half * 0.43)
    assert published.background_uncertainty == pytest.approx(half * 0.09)
    assert simulated.background == pytest.approx(half * 0.8)
    assert published.scale == record["single_event_sensitivity"]["published_acceptances"]["mean"]
    assert len(published.methods) > 1 and simulated.methods == ("cls",)


def test_without_a_known_decay_there_is_a_reason_and_no_limit(tmp_path, settings):
    record, files = normalised(tmp_path, settings, 0, observed=1)
    assert "piee_sm" in record["without_sensitivity"] and "n_kaon_decays" not in record
    assert user_data_inputs({**settings[0], "signal": PLACE}, files) == []


def test_besiii_s_own_data_have_a_kind_of_their_own(tmp_path):
    """What compares with the paper leaves it out by that."""
    from lnvsearch.publication.results import of_the_paper

    (tmp_path / "efficiencies.csv").write_text("sample,variation,efficiency\nsignal,nominal,0.157\n")
    (tmp_path / "systematics.csv").write_text("source,relative_uncertainty_percent\ntotal,7.0\n")
    (tmp_path / "data.csv").write_text("cut,events_out\nfirst,10\nlast,3\n")
    (tmp_path / "background.json").write_text(
        '{"background_events": 0.1, "background_events_uncertainty": 0.05}'
    )
    files = {name: str(tmp_path / f"{name}.csv") for name in ("efficiencies", "systematics", "data")}
    files["background"] = str(tmp_path / "background.json")
    nominal, own = simulated_inputs({"observed": 1}, {"number": 1e10}, files, "signal")
    assert (nominal.kind, nominal.observed) == ("simulated", 1)
    assert (own.kind, own.observed) == ("user_data", 3)
    records = [{"kind": nominal.kind}, {"kind": own.kind}]
    assert of_the_paper(records) == records[:1]
