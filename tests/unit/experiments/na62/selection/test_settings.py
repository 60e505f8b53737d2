"""Settings of a selection from plain values."""

from dataclasses import fields
from pathlib import Path

import pytest
import quick_yaml

from lnvsearch.experiments.na62.detector.response import Na62Response
from lnvsearch.experiments.na62.selection.settings import SelectionDetector, SelectionSettings

ROOT = Path(__file__).parents[5]


@pytest.fixture
def mapping():
    return quick_yaml.load((ROOT / "config/detectors/na62.yaml").read_text())


def test_the_detector_of_a_selection_is_part_of_the_response(mapping):
    detector, response = SelectionDetector.from_mapping(mapping), Na62Response.from_mapping(mapping)
    for field in fields(detector):
        assert getattr(detector, field.name) == getattr(response, field.name)


def test_what_is_missing_or_unknown_is_named(mapping):
    del mapping["lav"]["threshold_gev"]
    with pytest.raises(ValueError, match="lav.threshold_gev: missing; add it"):
        SelectionDetector.from_mapping(mapping)
    mapping["lav"]["threshold_gev"] = mapping["lav"]["threshold_mev"] = 0.02
    with pytest.raises(ValueError, match="lav.threshold_mev: unknown key"):
        SelectionDetector.from_mapping(mapping)
    del mapping["lav"]
    with pytest.raises(ValueError, match="lav: missing; add it"):
        SelectionDetector.from_mapping(mapping)


def test_a_selection_is_what_the_file_says(mapping):
    paper = quick_yaml.load((ROOT / "config/papers/na62_2019.yaml").read_text())
    values = paper["channels"]["pimumu"]["selections"]["lnv_inverted_one"]
    selection = SelectionSettings.from_mapping(values)
    assert selection.identified_as == ["pi-", "pi+", "mu+"]
    assert selection.trigger == ["multi_track"] and selection.cuts == values["cuts"]
    edges = selection.spectrum.edges_gev
    assert len(edges) == 81 and edges[[0, -1]] == pytest.approx([0.36, 0.52])
