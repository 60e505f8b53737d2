"""What a search makes of its configuration: settings, files, shared samples, what blinded data show."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from searches.configuration import read_yaml
from searches.differences import told_apart, whole
from searches.load import load_papers
from searches.search import Paper

CONFIG = "config/config.yaml"


@pytest.fixture(scope="module")
def besiii(root) -> Paper:
    return load_papers(read_yaml(root / CONFIG), root, CONFIG)["besiii_2025"]


def test_a_variation_uses_nominal_files_before_its_stage(besiii):
    assert besiii.selected_file("signal_phsp", "pulls_off").endswith("signal_phsp/nominal.root")
    assert besiii.selected_file("signal_phsp", "ideal").endswith("signal_phsp/ideal.root")
    nominal, pulls_off, radiation_off = (
        besiii.simulation_parameters("signal_phsp", name)
        for name in ("nominal", "pulls_off", "radiation_off")
    )
    assert pulls_off["generation"] == nominal["generation"] != radiation_off["generation"]
    assert radiation_off["detector"] == nominal["detector"] != pulls_off["detector"]


def test_uncalibrated_runs_without_the_calibration(besiii):
    assert besiii.simulation_inputs("signal_phsp", "uncalibrated")["overlay"] == []
    assert len(besiii.simulation_inputs("signal_phsp", "nominal")["overlay"]) == 1
    simulations = besiii.simulations("signal_phsp", "nominal")
    assert simulations["nominal"]["is_calibrated"]
    assert not simulations["uncalibrated"]["is_calibrated"]


def test_the_scan_s_cuts_end_with_the_bin_of_its_mass(besiii):
    cuts = besiii.selection_of_sample("signal_two_majorana_m0.575", "nominal")["cuts"]
    assert cuts[-1]["cut"] == "majorana_mass_bin" and cuts[-1]["mass_gev"] == 0.575
    assert besiii.selection_of_sample("signal_phsp", "nominal")["cuts"] == cuts[:-1]


def test_variations_that_share_decays_are_done_with_nominal(root):
    """Only a variation of the generation has a job of its own."""
    paper = load_papers(read_yaml(root / CONFIG), root, CONFIG)["na62_2019"]
    together = paper.selected_together("signal_piee", "nominal")
    assert together[0] == "nominal" and "transverse_momentum_tight" in together
    recorded = paper.recorded_together("signal_piee", "nominal")
    assert "material_up" in recorded and "transverse_momentum_tight" not in recorded
    assert paper.selected_together("signal_piee", "radiation_off") == ["radiation_off"]
    selections = paper.selections("signal_piee", "nominal")
    assert selections["nominal"]["events"] == "nominal"
    assert selections["material_up"]["events"] == "material_up"
    tight = selections["transverse_momentum_tight"]
    cuts = {cut["cut"]: cut for cut in tight["selections"]["piee"]["lnv"]["cuts"]}
    assert cuts["transverse_momentum"]["maximum_gev"] == 0.025
    # Nominal is whole; another variation says what differs, and nothing where that is the maps.
    assert set(tight) == {"selections"} and set(tight["selections"]["piee"]["lnv"]) == {"cuts"}
    assert selections["veto_threshold_low"] == {"detector": {"lav": {"threshold_gev": 0.010}}}
    assert selections["electron_to_pion_up"] == {}
    assert whole(selections)["veto_threshold_low"]["events"] == "nominal"
    # A job's parameters stay short: a list of cuts at most, and not the whole selection again.
    size = {name: len(repr(found)) for name, found in selections.items()}
    assert all(found < 0.35 * size["nominal"] for name, found in size.items() if name != "nominal")


def test_events_that_two_searches_simulate_alike_are_simulated_once(root):
    config = read_yaml(root / CONFIG)
    papers = load_papers(config, root, CONFIG)
    first, second = papers["na62_2019"], papers["na62_2022"]
    assert second.has_event_file("norm_piee", "nominal")
    assert second.recorded_file("norm_piee") == first.recorded_file("norm_piee")
    assert "events" in second.sample_inputs("norm_piee", "nominal")
    # One of them needs more than the other.
    needed = {paper.own_number_of_events("bkg_ke3_dalitz") for paper in (first, second)}
    assert len(needed) == 2
    assert second.recorded_file("bkg_ke3_dalitz") == first.recorded_file("bkg_ke3_dalitz")
    assert {paper.number_of_events("bkg_ke3_dalitz") for paper in (first, second)} == {max(needed)}
    for paper, sample in ((first, "signal_pimumu"), (second, "signal_pipi0ee")):
        assert not paper.has_event_file(sample, "nominal")
    assert papers["besiii_2025"].shared == {}
    (alone,) = load_papers({**config, "papers": ["na62_2022"]}, root, CONFIG).values()
    assert not alone.has_event_file("norm_piee", "nominal")


def test_a_sample_is_not_cut_into_more_jobs_than_it_has_chunks(root):
    config = read_yaml(root / CONFIG)
    for largest, parts in ((None, 1), (1_000_000, 1), (40_000, 3), (1, 10)):
        papers = load_papers({**config, "events_per_job": largest}, root, CONFIG)
        besiii = papers["besiii_2025"]
        assert besiii.number_of_events("signal_phsp", "nominal") == 100_000
        assert besiii.number_of_parts("signal_phsp", "nominal") == parts


@given(st.recursive(
    st.integers() | st.text(max_size=2),
    lambda values: st.dictionaries(st.sampled_from("abc"), values, min_size=1, max_size=3),
))
def test_what_is_told_by_differences_comes_back_whole(settings):
    """Variations change values and never remove a key, as an overlay does."""
    first = {"a": {"b": 1, "c": "x"}, "d": settings}
    for other in ({**first, "a": {"b": 2, "c": "x"}}, {**first, "d": 7}, first):
        assert whole(told_apart({"one": first, "two": other})) == {"one": first, "two": other}


def test_a_selection_is_given_the_sections_of_the_detector_that_it_asks(root):
    from dataclasses import fields

    from searches.na62.parameters import SELECTION_SECTIONS

    from lnvsearch.experiments.na62.selection.settings import SelectionDetector

    assert SELECTION_SECTIONS == tuple(field.name for field in fields(SelectionDetector))
    paper = load_papers(read_yaml(root / CONFIG), root, CONFIG)["na62_2019"]
    detector = paper.selection_parameters("signal_piee", "nominal")["detector"]
    assert SelectionDetector.from_mapping(detector) == SelectionDetector.from_mapping(paper.detector)


def test_a_hypothesis_may_change_a_background_s_decay_and_its_branching_fraction(root):
    from lnvsearch.experiments.na62.estimates import BackgroundSettings, branching_fraction

    paper = load_papers(read_yaml(root / CONFIG), root, CONFIG)["na62_2022"]
    sample, name = "bkg_ke3_dalitz_gamma", "hypothesis_e_radiative_ke3_of_pdg"
    nominal, varied = (paper.simulation_parameters(sample, v) for v in ("nominal", name))
    assert nominal["mode"] == "e_nu_pi0_dalitz_gamma"
    assert varied == {**nominal, "mode": "e_nu_pi0_dalitz_gamma_pdg"}
    factor = paper.varied_settings(name)["samples"][sample]["events_factor"]
    assert factor == paper.samples[sample]["events_factor"] / 4
    assert paper.number_of_events(sample, name) == factor * paper.config["statistics"]["kaon_background"]
    assert paper.number_of_events(sample, name) < paper.number_of_events(sample)
    other = "bkg_pipi0_dalitz_gamma"
    assert paper.simulation_parameters(other, name) == paper.simulation_parameters(other, "nominal")
    step = paper.steps["estimate_backgrounds"]
    parameters, others = (
        step.settings(paper, SimpleNamespace(channel=channel)) for channel in ("pipi0ee", "piee")
    )
    assert parameters["varied_modes"] == {
        name: {sample: varied["mode"]},
        **{
            f"radiative_ke3_from_{angle}_degrees": {sample: f"{nominal['mode']}_{angle}_degrees"}
            for angle in (10, 20)
        },
    }
    assert others["varied_modes"] == {}
    settings = BackgroundSettings.from_mapping({
        key: value for key, value in parameters.items() if key not in ("channel", "in_total", "inputs")
    })
    plain, of_pdg, of_other = (
        branching_fraction(settings.mode_of(*one))
        for one in ((sample, "nominal"), (sample, name), (other, name))
    )
    assert plain == pytest.approx(2.17e-3 * 1.174e-2, rel=1e-3)
    assert of_pdg == pytest.approx(2.698e-4 * 1.174e-2)
    assert of_other == branching_fraction(settings.mode_of(other))


def test_blinded_data_never_show_the_window(root, tmp_path):
    config = read_yaml(root / CONFIG)
    (tmp_path / "data.root").touch()
    config["data"]["besiii_2025"] = {"file": str(tmp_path / "data.root"), "unblind": False}
    paper = load_papers(config, root, CONFIG)["besiii_2025"]
    names = [cut["cut"] for cut in paper.data_parameters()["selection"]["cuts"]]
    assert "signal_window" not in names
    assert names.index("closed_window") == names.index("kinematic_fit") + 1
    simulated = paper.selection_of_sample("signal_phsp", "nominal")["cuts"]
    assert "closed_window" not in [cut["cut"] for cut in simulated]
    assert "data" not in paper.limit_inputs("kkee")


def test_a_variation_may_change_the_decay_of_its_samples_and_of_no_other(besiii):
    def decay_of(sample, variation):
        """Of a variation by weights: the decay for which nominal's events stand."""
        generation = besiii.simulation_parameters(sample, variation)["generation"]
        return generation.get("weights", {}).get(variation, generation["decay"])

    for name in ("signal_two_majorana_m0.575", "signal_one_majorana_m0.575", "signal_phsp"):
        nominal = decay_of(name, "nominal")
        assert nominal == besiii.samples[name].decay
        symmetric = decay_of(name, "pair_one_plus_cos2")
        varied = decay_of(name, "pair_v_minus_a")
        if name.startswith("signal_two"):
            assert nominal["model"] == "phase_space"  # the reading of the paper
            assert symmetric == {**nominal, "model": "majorana_pair"}
            assert varied == {**symmetric, "analysing_power": 1.0}
            assert [nu["mass_gev"] for nu in varied["daughters"]] == [0.575, 0.575]
        else:
            assert varied == symmetric == nominal


def test_a_variation_by_weights_is_done_with_nominal_and_simulates_nothing(besiii):
    sample, angles = "signal_two_majorana_m0.575", ("pair_one_plus_cos2", "pair_v_minus_a")
    assert not any((sample, name) in besiii.jobs for name in angles)
    assert set(angles) < set(besiii.selected_together(sample, "nominal"))
    assert besiii.recorded_together(sample, "nominal") == ["nominal", "uncalibrated"]
    selections = besiii.selections(sample, "nominal")
    assert [selections[name] for name in angles] == [{"by_weights": True}] * 2
    simulations = besiii.simulations(sample, "nominal")
    assert list(simulations["nominal"]["generation"]["weights"]) == list(angles)
    assert "generation" not in simulations["uncalibrated"]
    assert "weights" not in besiii.simulations("signal_phsp", "nominal")["nominal"]["generation"]


def test_a_recast_does_not_ask_for_the_weights_of_variations(besiii):
    settings = besiii.steps["recast_search"].settings(besiii, SimpleNamespace(decay="majorana_pair"))
    assert "charge_conjugate" in settings["generation"]
    assert not {"decay", "weights"} & set(settings["generation"])


def test_a_cocktail_in_another_encoding_is_named_with_the_fix(refused, project):
    (project / "config/own.csv").write_bytes("sample,é\n".encode("latin-1"))
    message = refused(
        "config/papers/besiii_2025.yaml", lambda paper: paper["backgrounds"].update(cocktail="config/own.csv")
    )
    assert "besiii_2025.yaml: backgrounds.cocktail: " in message
    assert message.endswith("config/own.csv: not UTF-8 text; save it as UTF-8")
