"""Maps of identification: anchors come out, files are checked, correctionlib agrees."""

import json

import numpy as np
import pytest

from lnvsearch.experiments.na62.selection.identification_maps import (
    MAPS,
    IdentificationMaps,
    correction_set,
)


def anchors(**changed):
    flat = {"momentum_gev": [8.0, 45.0], "probability": [0.02, 0.012], "interpolation": "linear"}
    return {name: dict(flat) for name in MAPS} | changed


PION_RICH = {
    "momentum_gev": [10.0, 25.0, 45.0],
    "probability": [0.2, 1e-3, 0.01],
    "interpolation": "log-linear",
    "provenance": "assumed",
    "source": "for this test",
}


def test_anchors_come_out_and_beyond_them_nothing_changes():
    maps = IdentificationMaps.from_anchors(anchors(pion_to_electron_rich=PION_RICH))
    found = maps.probability("pion_to_electron_rich", np.array([2.0, 10.0, 25.0, 45.0, 70.0]))
    assert np.allclose(found, [0.2, 0.2, 1e-3, 0.01, 0.01], rtol=1e-9)
    assert maps.probability("electron_to_pion", 26.5) == pytest.approx(0.016)


def test_log_linear_means_the_geometric_mean_half_way():
    maps = IdentificationMaps.from_anchors(anchors(pion_to_electron_rich=PION_RICH))
    middle = maps.probability("pion_to_electron_rich", np.array([17.5, 35.0]))
    assert np.allclose(middle, np.sqrt([0.2 * 1e-3, 1e-3 * 0.01]), rtol=1e-5)


def test_the_fast_table_agrees_with_correctionlib():
    import correctionlib

    content = correction_set(anchors(pion_to_electron_rich=PION_RICH))
    corrections = correctionlib.CorrectionSet.from_string(json.dumps(content))
    maps = IdentificationMaps.from_text(json.dumps(content))
    momentum = np.random.default_rng(1).uniform(1.0, 74.0, 500)
    for name in MAPS:
        exact = corrections[name].evaluate(momentum)
        assert np.allclose(maps.probability(name, momentum), exact, rtol=1e-5)
    text = corrections["pion_to_electron_rich"].description
    assert "log-linear" in text and "assumed" in text and "for this test" in text


def test_a_measured_file_takes_the_place_of_the_anchors(tmp_path):
    content = correction_set(anchors())
    for correction in content["corrections"]:
        correction["data"] = {
            "nodetype": "binning",
            "input": "momentum_gev",
            "edges": [0.0, 20.0, 50.0],
            "content": [0.25, 0.5],
            "flow": "clamp",
        }
    path = tmp_path / "measured.json"
    path.write_text(json.dumps(content))
    maps = IdentificationMaps.from_json(path)
    assert maps.probability("efficiency_muon", np.array([5.0, 30.0, 60.0])).tolist() == [
        0.25,
        0.5,
        0.5,
    ]


def test_a_file_that_lacks_a_map_says_which(tmp_path):
    content = correction_set(anchors())
    content["corrections"] = [c for c in content["corrections"] if c["name"] != "muon_to_pion"]
    path = tmp_path / "maps.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"maps\.json: .*no muon_to_pion; every map is needed"):
        IdentificationMaps.from_json(path)


def test_a_file_that_is_none_or_gives_no_probabilities_is_refused(tmp_path):
    path = tmp_path / "maps.json"
    path.write_text("{}")
    with pytest.raises(ValueError, match="no correctionlib file"):
        IdentificationMaps.from_json(path)
    content = correction_set(anchors())
    content["corrections"][0]["data"]["content"] = [1.5, 1.5, 1.5]
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="'efficiency_pion' leaves 0 ... 1"):
        IdentificationMaps.from_json(path)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"momentum_gev": [9.0, 8.0], "probability": [0.1, 0.1]}, "ascend"),
        ({"momentum_gev": [8.0], "probability": [0.1, 0.1]}, "as many"),
        ({"momentum_gev": [8.0], "probability": [1.1]}, "0 ... 1"),
        ({"momentum_gev": [8.0], "probability": [0.0], "interpolation": "log-linear"}, "> 0"),
        ({"momentum_gev": [8.0], "probability": [0.1], "interpolation": "cubic"}, "cubic"),
    ],
)
def test_anchors_that_mean_nothing_are_refused(entry, message):
    with pytest.raises(ValueError, match=message):
        correction_set(anchors(muon_to_pion=entry))


def test_names_are_checked():
    some = anchors()
    del some["muon_to_pion"]
    with pytest.raises(ValueError, match="no muon_to_pion"):
        correction_set(some)
    with pytest.raises(ValueError, match="unknown magic"):
        correction_set(anchors(magic=PION_RICH))
    with pytest.raises(ValueError, match="no efficiency map 'magic'"):
        IdentificationMaps.from_anchors(anchors()).probability("magic", 10.0)
