"""Flat factors and single-event sensitivities of numbers that one can compute by hand."""

import json
import math

import pytest

from lnvsearch.experiments.na62.normalisation import (
    Acceptance,
    Acceptances,
    Factor,
    Factors,
    Normalisation,
    Place,
    data_sensitivity_record,
    factor_record,
    sensitivity_record,
)

CHANNEL = Normalisation("norm_piee", "sm", "normalisation", channel="piee", acceptance=0.04)
SIGNAL = Place("signal_piee", "lnv", "signal")
#: 1e12 kaon decays.
RECOMPUTATION = {
    "candidates": 10_000, "contamination": 0.0,
    "normalisation_branching_fraction": {"mean": 2.5e-7, "sigma": 0.0},
    "normalisation_acceptance": {"mean": 0.04, "sigma": 0.0},
    "signal_acceptance": {"mean": 0.05, "sigma": 0.0},
}  # fmt: skip


def acceptances(place, **by_variation):
    values = {
        (place.sample, variation, place.selection, place.region): Acceptance(
            value, value / 50.0, 2500.0, 1e5
        )
        for variation, value in by_variation.items()
    }
    return Acceptances(values, "acceptance/piee.csv")


def test_the_factor_makes_the_acceptance_the_published_one(tmp_path):
    record = factor_record(acceptances(CHANNEL, nominal=0.05, shifted=0.08), CHANNEL, "own")
    assert (record["target"], record["channel"], record["region"]) == (0.04, "piee", "normalisation")
    nominal = record["values"]["nominal"]
    assert nominal["value"] == pytest.approx(0.8)
    assert nominal["uncertainty"] == pytest.approx(0.8 / 50.0)
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(record))
    factors = Factors.read(path)
    assert factors.of("shifted").value == pytest.approx(0.5)
    assert factors.of("not seen by it") == factors.of("nominal")


def test_a_changed_cut_does_not_change_the_factor():
    """Where the paper's own selection stands beside a changed one, the factor is that of its own."""
    own = Normalisation("norm_piee", "own", "normalisation", channel="piee", acceptance=0.04)
    changed = acceptances(CHANNEL, nominal=0.03, shifted=0.08).values
    both = Acceptances({**changed, **acceptances(own, nominal=0.05).values}, "acceptance/piee.csv")
    values = factor_record(both, CHANNEL, "own")["values"]
    assert values["nominal"]["value"] == pytest.approx(0.8)
    assert values["shifted"]["value"] == pytest.approx(0.5)  # it has the paper's selection itself


def test_acceptances_are_read_by_place(tmp_path):
    path = tmp_path / "acceptance.csv"
    path.write_text(
        "sample,variation,selection,region,acceptance,acceptance_uncertainty,effective_events,"
        "generated_events\nnorm_piee,nominal,sm,normalisation,0.05,0.001,2500,100000\n"
        "norm_piee,nominal,sm,control,0,0.00001,0,100000\n"
    )
    found = Acceptances.read(path)
    assert found.at(CHANNEL)["nominal"].relative_uncertainty == pytest.approx(0.02)
    for place in (Place("norm_piee", "sm", "control"), SIGNAL):
        with pytest.raises(ValueError, match=rf"{path.name}: no event of {place.sample} passes"):
            found.at(place)


def test_an_acceptance_of_nothing_has_no_relative_uncertainty():
    assert Acceptance(0.0, 1e-6, 0.0, 100.0).relative_uncertainty == 0.0


def test_a_prediction_is_the_calibrated_acceptance():
    factors = Factors({"nominal": Factor(0.8, 0.8 * 0.03)})
    record = sensitivity_record(
        acceptances(SIGNAL, nominal=0.05, shifted=0.1), factors, RECOMPUTATION, SIGNAL, CHANNEL
    )
    assert record["n_kaon_decays"]["mean"] == pytest.approx(1e12)
    assert record["n_kaon_decays"]["statistical"] == pytest.approx(1e10)
    assert record["derived"]["single_event_sensitivity"]["mean"] == pytest.approx(2e-11)
    nominal = record["simulated"]["nominal"]
    relative = math.hypot(0.02, 0.03)
    assert nominal["signal_acceptance"] == pytest.approx(0.04)
    assert nominal["signal_acceptance_uncertainty"] == pytest.approx(0.04 * relative)
    assert nominal["acceptance_ratio"] == pytest.approx(1.0)
    assert nominal["single_event_sensitivity"] == pytest.approx(2.5e-11)
    assert record["simulated"]["shifted"]["single_event_sensitivity"] == pytest.approx(1.25e-11)
    assert "neutral_pion_factor" not in record


def test_a_further_decay_and_a_further_factor():
    further = {**RECOMPUTATION, "further_branching_fraction": {"mean": 0.5, "sigma": 0.0}}
    record = sensitivity_record(
        acceptances(SIGNAL, nominal=0.05), Factors({"nominal": Factor(1.0, 0.0)}), further, SIGNAL,
        CHANNEL, neutral_pion_acceptance=0.04,
    )  # fmt: skip
    assert record["simulated"]["nominal"]["single_event_sensitivity"] == pytest.approx(4e-11)
    assert record["derived"]["single_event_sensitivity"]["mean"] == pytest.approx(4e-11)
    assert record["neutral_pion_factor"]["value"] == pytest.approx(0.8)


def counts(candidates):
    return {
        "channel": ["piee", "piee"], "selection": ["sm", "lnv"],
        "region": ["normalisation", "signal"], "events": [candidates, None],
    }  # fmt: skip


PREDICTED = {
    "simulated": {"nominal": {"signal_acceptance": 0.1, "signal_acceptance_uncertainty": 0.001}}
}


def test_the_user_s_own_kaons_are_counted_with_their_own_candidates():
    record = data_sensitivity_record(counts(2500), PREDICTED, RECOMPUTATION, CHANNEL)
    assert record["normalisation_candidates"] == 2500
    assert record["exposure"] == pytest.approx(0.25)
    assert record["n_kaon_decays"]["mean"] == pytest.approx(2.5e11)
    assert record["n_kaon_decays"]["statistical"] == pytest.approx(2.5e11 / 50.0)
    sensitivity = record["single_event_sensitivity"]
    assert sensitivity["published_acceptances"]["mean"] == pytest.approx(8e-11)
    assert sensitivity["simulated_acceptances"]["mean"] == pytest.approx(4e-11)
    assert sensitivity["simulated_acceptances"]["systematic"] == pytest.approx(4e-13)


def test_without_a_candidate_there_is_a_reason():
    record = data_sensitivity_record(counts(0), PREDICTED, RECOMPUTATION, CHANNEL)
    assert "piee_sm, region normalisation" in record["without_sensitivity"]
    assert "n_kaon_decays" not in record
