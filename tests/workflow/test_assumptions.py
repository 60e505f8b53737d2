"""Every variation that a search's file marks as an assumption enters its table, with its numbers."""

import re

import pytest
from searches.assumptions import assumptions
from searches.configuration import read_yaml
from searches.load import load_papers

CONFIG = "config/config.yaml"


@pytest.fixture(scope="module")
def papers(root):
    return load_papers(read_yaml(root / CONFIG), root, CONFIG)


@pytest.mark.parametrize("name", ["na62_2019", "na62_2022", "besiii_2025"])
def test_every_assumption_names_its_numbers_with_their_provenance(papers, name):
    paper = papers[name]
    found = {entry["variation"]: entry["numbers"] for entry in assumptions(paper)}
    marked = [v for v, entry in paper.settings["variations"].items() if entry["assumption"]]
    assert list(found) == marked and len(marked) > 5
    for numbers in found.values():
        for number in numbers:
            assert number["value"] != number["varied_to"] and number["provenance"]
    assert paper.table("assumptions").settings["assumptions"] == assumptions(paper)


def test_values_are_those_of_the_files(papers):
    found = {entry["variation"]: entry["numbers"] for entry in assumptions(papers["na62_2022"])}
    assert found["beam_spot_up"] == [
        {"number": "beam.spot_x_m", "value": "0.012 m", "provenance": "memory", "varied_to": "0.0144"},
        {"number": "beam.spot_y_m", "value": "0.006 m", "provenance": "memory", "varied_to": "0.0072"},
    ]
    (hits,) = found["rich_few_hits"]
    assert hits["number"] == "pion_to_electron_rich.positron_hits"
    assert (hits["value"], hits["provenance"]) == ("14.0", "published_2019")
    (edge,) = found["lower_edge_300"]
    assert edge["number"] == "regions.lower"
    assert (edge["value"], edge["varied_to"]) == ("[[0.32, 0.47]]", "[[0.3, 0.47]]")


def test_a_cut_is_found_by_its_name_and_the_calibrated_scalar_by_its_parameter(papers):
    found = {entry["variation"]: entry["numbers"] for entry in assumptions(papers["na62_2019"])}
    (begin,) = found["hypothesis_c_vertex_inside"]
    assert begin["number"] == "one_vertex.z_minimum_m"  # of two selections, once
    assert (begin["value"], begin["varied_to"]) == ("105.0", "110.0")
    of_besiii = {entry["variation"]: entry["numbers"] for entry in assumptions(papers["besiii_2025"])}
    assert of_besiii["uncalibrated"] == [{
        "number": "electron_energy_response.low_momentum_scale", "value": "calibrated",
        "provenance": "calibrated", "varied_to": "1.0",
    }]


@pytest.mark.parametrize("name", ["na62_2019", "na62_2022", "besiii_2025"])
def test_every_number_without_a_source_is_varied_or_known_to_do_little(root, papers, name):
    """A new one must be tried: a variation if it moves a headline by 1 %, else a line of the document."""
    paper = papers[name]
    without_source = {
        f"{section}.{key}"
        for section, keys in paper.detector.items() if isinstance(keys, dict)
        for key, number in keys.items() if number["provenance"] in ("memory", "assumed")
    }  # fmt: skip
    varied = {number["number"] for entry in assumptions(paper) for number in entry["numbers"]}
    document = (root / f"docs/{paper.experiment}_simulation.md").read_text(encoding="utf-8")
    tried = document.split("## Numbers without a source")[1].split("\n## ")[0]
    assert len(without_source) > 10
    assert sorted(key for key in without_source - varied if f"`{key}`" not in tried) == []
    still_open = {key for key in re.findall(r"`(\w+\.\w+)`", tried) if "." in key}
    assert sorted(still_open - without_source) == []
