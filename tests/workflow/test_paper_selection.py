"""What is calibrated belongs to the paper's own selection: a changed cut does not tune it again."""

import pytest
import quick_yaml
from searches.configuration import ConfigurationError, read_yaml
from searches.load import load_papers
from searches.na62.paper_selection import PAPER_SELECTION

from lnvsearch.experiments.besiii.steps.calibrate_response import calibrate_response

CONFIG = "config/config.yaml"
NORMALISATIONS = {"norm_piee": "piee", "norm_pimumu": "pimumu"}
TIGHT = {"sm": {"cuts": {"transverse_momentum": {"maximum_gev": 0.02}}}}


@pytest.fixture
def load(project):
    """The searches of the project, with some of its YAML files changed."""

    def papers(**changes):
        for file, change in changes.items():
            path = project / f"config/papers/{file}.yaml"
            content = quick_yaml.load(path.read_text())
            change(content)
            path.write_text(quick_yaml.dump(content, sort_keys=False))
        return load_papers(read_yaml(project / CONFIG), project, CONFIG)

    return papers


def set_cut(cuts, name, **values):
    next(cut for cut in cuts if cut["cut"] == name).update(values)


def loose_chi_square(content):
    set_cut(content["selection"], "chi_square", maximum=60.0)


def loose_by_overlay(content):
    content["variations"]["loose"] = {
        "stage": "selection", "description": "a looser fit", "samples": ["signal_phsp"],
        "paper": {"selection": {"chi_square": {"maximum": 60.0}}},
    }  # fmt: skip


def settings_of(paper, step):
    return paper.steps[step].settings(paper, None)


def test_the_papers_selections_are_those_that_the_searches_have(load):
    """Whoever mends a cut of a paper mends it in both files."""
    papers = load()
    assert papers["besiii_2025"].calibration_cuts == papers["besiii_2025"].settings["selection"]
    for name in ("na62_2019", "na62_2022"):
        for sample in papers[name].samples:
            selections = papers[name].selection_parameters(sample, "nominal")["selections"]
            assert not any(PAPER_SELECTION in of_channel for of_channel in selections.values())


@pytest.mark.parametrize("change", [loose_chi_square, loose_by_overlay])
def test_a_changed_cut_leaves_the_detector_and_the_map(load, change):
    before = {step: settings_of(load()["besiii_2025"], step)
              for step in ("calibrate_response", "map_identification")}  # fmt: skip
    paper = load(besiii_2025=change)["besiii_2025"]
    assert {step: settings_of(paper, step) for step in before} == before
    changed = "loose" if change is loose_by_overlay else "nominal"
    cuts = paper.selection_of_sample("signal_phsp", changed)["cuts"]
    assert {"cut": "chi_square", "maximum": 60.0} in cuts
    # Its events are nominal's: with `keep_events`, nothing is simulated again.
    assert paper.job_of(changed) == paper.variation_at("detector", changed) == "nominal"


def test_the_scalar_stays_what_it_is(load):
    """k itself, on few events: in the changed selection it would be another one."""
    scalar = {}
    for change in (lambda content: None, loose_chi_square):
        paper = load(besiii_2025=change)["besiii_2025"]
        settings = {**settings_of(paper, "calibrate_response"), "n_events": 1000}
        scalar[change] = calibrate_response({}, settings)["record"]["values"]["nominal"]["value"]
    assert len(set(scalar.values())) == 1
    sample = paper.calibration["sample"]
    settings["selection"] = paper.selection_of_sample(sample, "nominal")
    hidden = calibrate_response({}, settings)["record"]["values"]["nominal"]["value"]
    assert hidden > 1.1 * scalar[loose_chi_square]


def tight(content):
    for channel in content["channels"].values():
        set_cut(channel["selections"]["sm"]["cuts"], "transverse_momentum", maximum_gev=0.02)


def tight_by_overlay(content, **more):
    content["variations"]["tight"] = {
        "stage": "selection", "description": "less transverse momentum", **more,
        "samples": list(NORMALISATIONS),
        "paper": {"channels": {name: {"selections": TIGHT} for name in ("piee", "pimumu")}},
    }  # fmt: skip


def tight_hypothesis(content):
    tight_by_overlay(content, compared=True)


@pytest.mark.parametrize("change", [tight, tight_by_overlay])
def test_the_flat_factor_is_that_of_the_paper_s_selection(load, change):
    original = load()["na62_2019"]
    before = {
        sample: original.selection_parameters(sample, "nominal")["selections"][channel]["sm"]
        for sample, channel in NORMALISATIONS.items()
    }
    factor = original.steps["calibrate_acceptance"].settings
    paper = load(na62_2019=change)["na62_2019"]
    changed = "tight" if change is tight_by_overlay else "nominal"
    for sample, channel in NORMALISATIONS.items():
        found = paper.selection_parameters(sample, changed)["selections"][channel]
        assert {"cut": "transverse_momentum", "maximum_gev": 0.02} in found["sm"]["cuts"]
        window = {"normalisation": before[sample]["regions"]["normalisation"]}
        assert found[PAPER_SELECTION] == {**before[sample], "regions": window}
        wildcards = type("Wildcards", (), {"normalisation": channel})
        assert factor(paper, wildcards) == factor(original, wildcards)
        simulation = paper.simulation_parameters(sample, changed)
        assert simulation == original.simulation_parameters(sample, "nominal")
    assert PAPER_SELECTION not in paper.selection_parameters("bkg_k3pi", changed)["selections"]["piee"]


def test_a_hypothesis_says_what_the_paper_s_selection_was(load):
    """Its own cuts give the published acceptance then, and the factor is found with them."""
    paper = load(na62_2019=tight_hypothesis)["na62_2019"]
    for sample, channel in NORMALISATIONS.items():
        assert PAPER_SELECTION not in paper.selection_parameters(sample, "tight")["selections"][channel]


def test_a_search_without_a_file_has_its_own_selection_for_the_paper_s(load):
    def without_file(content):
        for entry in content["normalisation"].values():
            del entry["paper_selection"]
        tight_by_overlay(content)

    paper = load(na62_2019=without_file)["na62_2019"]
    for sample, channel in NORMALISATIONS.items():
        assert PAPER_SELECTION not in paper.selection_parameters(sample, "nominal")["selections"][channel]
        found = paper.selection_parameters(sample, "tight")["selections"][channel]
        assert {"cut": "transverse_momentum", "maximum_gev": 0.03} in found[PAPER_SELECTION]["cuts"]


def test_a_file_that_is_not_there_is_refused(load):
    def lost(content):
        content["calibration"]["selection"] = "config/calibration/none.yaml"

    with pytest.raises(ConfigurationError, match=r"none\.yaml: no such file"):
        load(besiii_2025=lost)


def test_a_file_without_the_selection_is_refused(load):
    def of_another_paper(content):
        content["normalisation"]["pimumu"]["paper_selection"] = "config/calibration/na62_2022.yaml"

    with pytest.raises(ConfigurationError, match=r"na62_2022\.yaml: selections: no 'pimumu'"):
        load(na62_2019=of_another_paper)
