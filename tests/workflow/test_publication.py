"""Tables, figures and comparisons: each is made from what it reads, and found by the paper's name."""

import sys
from types import ModuleType

import pytest
from searches.configuration import ConfigurationError, read_yaml
from searches.load import load_papers
from searches.publication import module_of

CONFIG = "config/config.yaml"


@pytest.fixture(scope="module")
def papers(root):
    return load_papers(read_yaml(root / CONFIG), root, CONFIG)


def readers(paper, result):
    """Names of all tables and figures that are made from a result file, and the comparison."""
    made = {name: paper.table(name) for name in paper.tables}
    made |= {name: paper.figure(name) for name in paper.figures}
    made["comparison"] = paper.comparison()
    path = f"results/{paper.name}/{result}"
    return {name for name, making in made.items() if path in making.files.values()}


@pytest.mark.parametrize(("name", "result", "expected"), [
    ("na62_2019", "identification/closure.csv",
     {"table1", "identification", "muon_identification"}),
    ("na62_2019", "background/pimumu.csv",
     {"table2", "table3", "control_samples", "vertex_conditions", "comparison", "assumptions",
      "branching_fractions"}),
    ("na62_2019", "spectra/pimumu.csv", {"figure3"}),
    ("na62_2019", "systematics/piee.csv", {"systematics", "assumptions"}),
    ("na62_2022", "background/pipi0ee.csv",
     {"table2", "vertex_conditions", "comparison", "assumptions", "branching_fractions"}),
    ("na62_2022", "acceptance/piee.csv",
     {"validation", "vertex_conditions", "acceptance_ratio", "comparison"}),
    ("besiii_2025", "systematics/kkee.csv", {"table1", "comparison"}),
    ("besiii_2025", "limits/kkee_scan.csv", {"table2", "figure3", "comparison"}),
    ("besiii_2025", "limits/coverage.csv", {"coverage_map"}),
])
def test_a_result_is_an_input_of_what_reads_it_alone(papers, name, result, expected):
    assert readers(papers[name], result) == expected


def test_a_figure_that_draws_no_result_has_no_input(papers):
    assert papers["besiii_2025"].figure("figure1").files == {}
    assert papers["na62_2019"].figure("figure1").files == {}


def test_the_module_is_found_by_the_papers_name_or_is_the_experiments(papers):
    for name, paper in papers.items():
        assert paper.contents.__name__ == f"lnvsearch.papers.{name}"
    further = type("Paper", (), {"name": "na62_2031", "experiment": "na62", "file": "x.yaml"})()
    assert module_of(further).__name__ == "lnvsearch.experiments.na62.publication"


def test_a_module_without_a_part_is_told(monkeypatch):
    module = ModuleType("lnvsearch.papers.na62_2031")
    module.__file__, module.__spec__ = "na62_2031.py", sys.__spec__
    module.TABLES, module.FIGURES = {}, {}
    monkeypatch.setitem(sys.modules, module.__name__, module)
    paper = type("Paper", (), {"name": "na62_2031", "experiment": "na62", "file": "x.yaml"})()
    with pytest.raises(ConfigurationError, match=r"na62_2031\.py: no COMPARISON, HEADINGS; add"):
        module_of(paper)


def test_what_is_not_declared_is_refused_with_the_nearest_that_are(papers):
    with pytest.raises(ConfigurationError, match=r"no 'table7'; give one of table2, table1, .* and \d+ more"):
        papers["na62_2022"].table("table7")


def test_hypotheses_are_those_that_the_searchs_file_compares(papers):
    settings = papers["na62_2022"].comparison().settings
    variations = papers["na62_2022"].settings["variations"]
    assert list(settings["compared"]) == [
        "physical_radiation", "radiative_ke3_from_10_degrees", "radiative_ke3_from_20_degrees",
        "hypothesis_e_radiative_ke3_of_pdg", "hypothesis_d_veto_sees_wall",
    ]
    for name, note in settings["compared"].items():
        assert note == variations[name]["description"]
    assert settings["channels"]["pipi0ee"] == {
        "normalisation_channel": "piee", "normalisation_sample": "norm_piee",
        "normalisation_mode": "pi_ee_sm",
        "further_branching_fraction": {"mean": 0.98823, "sigma": 0.00034},
    }


def test_samples_radiate_as_the_experiments_generator_has_them(papers):
    """Photons from pi+ e+ e- and the backgrounds, none from LNV decays, nor from pi+ mu+ mu-."""
    for paper in (papers["na62_2019"], papers["na62_2022"]):
        radiates = {
            sample: paper.simulation_parameters(sample, "nominal")["radiation"]
            for sample in paper.samples
        }
        without = {name for name, radiation in radiates.items() if not radiation}
        assert without == {
            name for name in paper.samples if name.startswith("signal_") or name == "norm_pimumu"
        }
        varied = paper.variation("physical_radiation")["samples"]
        assert set(varied) == without
        for sample in varied:
            assert paper.simulation_parameters(sample, "physical_radiation")["radiation"]
        assert not paper.simulation_parameters("norm_piee", "radiation_off")["radiation"]
