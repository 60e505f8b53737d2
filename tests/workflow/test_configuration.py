"""Bad configurations are refused with one message that names file, key and mend."""

import re

import pytest
import quick_yaml
from searches.combined import combinations_of
from searches.configuration import ConfigurationError, checked, fill_defaults, overlaid, read_yaml
from searches.definitions import Config
from searches.load import load_papers

PAPER = "config/papers/besiii_2025.yaml"
KAONS = "config/papers/na62_2019.yaml"
NA62 = "config/detectors/na62.yaml"
DETECTOR = "config/detectors/besiii.yaml"
CONFIG = "config/config.yaml"


def load(project):
    """What the Snakefile does with its configuration."""
    return load_papers(read_yaml(project / CONFIG), project, CONFIG)


def spoil(project, file, change):
    """Apply `change` to the content of a YAML file."""
    content = quick_yaml.load((project / file).read_text())
    change(content)
    (project / file).write_text(quick_yaml.dump(content, sort_keys=False))


def refusal(project):
    with pytest.raises(ConfigurationError) as caught:
        load(project)
    return str(caught.value)


def test_the_project_s_own_configuration_is_accepted(project):
    papers = load(project)
    assert len(papers["besiii_2025"].masses_gev) == 39
    samples = papers["besiii_2025"].samples.values()
    assert sum(sample.statistics == "signal" for sample in samples) == 81  # and the pair at two masses, for assumptions


BAD = {
    "misspelt key": (
        CONFIG, lambda c: c.update(base_sead=c.pop("base_seed")), ["base_sead", "base_seed"]
    ),
    "wrong type": (CONFIG, lambda c: c.update(base_seed="one"), ["base_seed", "integer"]),
    "negative seed": (CONFIG, lambda c: c.update(base_seed=-1), ["base_seed", ">= 0"]),
    "confidence level of 1": (
        CONFIG, lambda c: c.update(confidence_level=1.0), ["confidence_level", "< 1"]
    ),
    "confidence level that no limit has": (
        CONFIG, lambda c: c.update(confidence_level=1 - 1e-12), ["confidence_level", "give 0.01 to 1 - 1e-9"]
    ),
    "confidence level of nothing": (
        CONFIG, lambda c: c.update(confidence_level=1e-5), ["confidence_level", "1e-05 is not allowed"]
    ),
    "not a number": (
        CONFIG, lambda c: c.update(confidence_level=float("nan")), ["confidence_level", "finite"]
    ),
    "too few events": (
        CONFIG, lambda c: c["statistics"].update(signal=0), ["statistics.signal", ">= 100"]
    ),
    "negative mass": (
        CONFIG, lambda c: c.update(majorana_masses_gev=[-0.6]), ["majorana_masses_gev", "> 0"]
    ),
    "mass below the threshold": (
        CONFIG, lambda c: c.update(majorana_masses_gev=[0.3]), ["signal_two_majorana_m0.300", "mass"]
    ),
    "mass beyond the phase space": (
        CONFIG, lambda c: c.update(majorana_masses_gev=[1.6]), ["signal_two_majorana_m1.600", "GeV"]
    ),
    "unknown paper": (CONFIG, lambda c: c.update(papers=["besiii"]), ["papers", "besiii_2025"]),
    "misspelt section": (
        PAPER, lambda c: c.update(varations=c.pop("variations")), ["varations", "variations"]
    ),
    "misspelt parameter of a cut": (
        PAPER, lambda c: c["selection"][0].update(minimum_track=4), ["selection[0]", "minimum_track"]
    ),
    "unknown cut": (
        PAPER, lambda c: c["selection"].append({"cut": "magic"}), ["magic", "known cuts"]
    ),
    "window upside down": (
        PAPER,
        lambda c: c["selection"][-1].update(mass_minimum_gev=3.2),
        ["mass_minimum_gev", "3.2", "3.12"],
    ),
    "scan upside down": (
        PAPER, lambda c: c.update(mass_scan={"first_gev": 1.6}), ["mass_scan.first_gev", "1.525"]
    ),
    "variation of a sample that is not there": (
        PAPER,
        lambda c: c["variations"]["pulls_off"].update(samples=["signal_phps"]),
        ["variations.pulls_off.samples", "signal_phps", "signal_phsp"],
    ),
    "systematic naming a sample that is not there": (
        PAPER,
        lambda c: c["systematics"][3]["estimate"].update(sample="control"),
        ["systematics[3]", "control"],
    ),
    "systematic naming a variation that is not there": (
        PAPER,
        lambda c: c["systematics"][3]["estimate"].update(variation="pulls"),
        ["systematics[3]", "pulls_off"],
    ),
    "overlay of a key that is not there": (
        PAPER,
        lambda c: c["variations"]["pulls_off"].update(detector={"pulls": {"enable": False}}),
        ["pulls_off", "pulls.enable", "enabled"],
    ),
    "overlay with a value out of range": (
        PAPER,
        lambda c: c["variations"]["kaon_decay_radius"].update(
            detector={"kaon_decay": {"effective_radius_m": -1.0}}
        ),
        ["kaon_decay_radius", "effective_radius_m"],
    ),
    "calibration on a sample of the analysis": (
        PAPER, lambda c: c["calibration"].update(sample="signal_phsp"), ["calibration.sample"]
    ),
    "calibrating two ways": (
        PAPER, lambda c: c["calibration"].update(minimum=3.0, maximum=0.0), ["calibration"]
    ),
    "analysing power beyond 1": (
        PAPER,
        lambda c: c["samples"]["signal_two_majorana"]["decay"].update(analysing_power=1.5),
        ["signal_two_majorana.decay.analysing_power", "1.5"],
    ),
    "analysing power of phase space": (
        PAPER,
        lambda c: c["samples"]["signal_two_majorana"]["decay"].update(
            model="phase_space", analysing_power=0.5
        ),
        ["signal_two_majorana", "analysing_power", "majorana_pair"],
    ),
    "charge not conserved": (
        PAPER,
        lambda c: c["samples"]["signal_phsp"]["decay"].update(daughters=["K+", "K+", "e-", "e+"]),
        ["signal_phsp", "charges"],
    ),
    "unknown particle": (
        PAPER,
        lambda c: c["samples"]["signal_phsp"]["decay"].update(daughters=["K+", "K+", "e-", "x-"]),
        ["signal_phsp", "x-"],
    ),
    "detector value of a wrong type": (
        DETECTOR, lambda c: c["tof"]["hit_efficiency"].update(value="high"), ["tof", "hit_efficiency"]
    ),
    "detector value out of range": (
        DETECTOR, lambda c: c["tof"]["hit_efficiency"].update(value=1.5), ["hit_efficiency", "1"]
    ),
    "detector number without a source": (
        DETECTOR, lambda c: c["tof"]["hit_efficiency"].pop("source"), ["hit_efficiency", "source"]
    ),
}




def lnv(content):
    """The selection of K+ -> pi- e+ e+ in a kaon search's file."""
    return content["channels"]["piee"]["selections"]["lnv"]


BAD |= {
    "kaons: variation that no search has": (
        CONFIG, lambda c: c.update(variations=["veto"]), ["variations", "veto", "veto_threshold_low"]
    ),
    "kaons: unknown detector": (
        KAONS, lambda c: c.update(detector="na48"), ["detector", "na48", "na62"]
    ),
    "kaons: misspelt section": (
        KAONS, lambda c: c.update(chanels=c.pop("channels")), ["chanels", "channels"]
    ),
    "kaons: unknown decay": (
        KAONS, lambda c: c["samples"]["norm_piee"].update(mode="pi_ee"), ["norm_piee.mode", "pi_ee_sm"]
    ),
    "kaons: unknown cut": (
        KAONS, lambda c: lnv(c)["cuts"].append({"cut": "magic"}), ["magic", "known cuts"]
    ),
    "kaons: misspelt parameter of a cut": (
        KAONS, lambda c: lnv(c)["cuts"].append({"cut": "rich_angle", "minimum": 0.004}),
        ["lnv.cuts", "minimum_rad"],
    ),
    "kaons: window of a cut upside down": (
        KAONS,
        lambda c: lnv(c)["cuts"].append(
            {"cut": "track_momentum", "minimum_gev": 45.0, "maximum_gev": 8.0}
        ),
        ["minimum_gev", "45.0", "8.0"],
    ),
    "kaons: region upside down": (
        KAONS, lambda c: lnv(c)["regions"].update(signal=[[0.5, 0.48]]), ["regions.signal", "0.48"]
    ),
    "kaons: a name in a legend that is not drawn": (
        KAONS, lambda c: c["variations"]["veto_threshold_low"].update(legend="low"),
        ["variations.veto_threshold_low.legend", "add compared: true, or remove it"],
    ),
    "a hypothesis of a search that compares none": (
        PAPER, lambda c: c["variations"]["pulls_off"].update(compared=True),
        ["variations.pulls_off.compared", "does not use it; remove it"],
    ),
    "kaons: channel of a figure that has none": (
        KAONS, lambda c: c["figures"]["figure1"].update(channel="piee"),
        ["figures.figure1.channel", "does not use it; remove it"],
    ),
    "panels of a figure that has none": (
        PAPER, lambda c: c["figures"]["figure2"].update(panels={"lnv": "LNV"}),
        ["figures.figure2.panels", "remove it"],
    ),
    "kaons: no region of the signal": (
        KAONS, lambda c: lnv(c)["regions"].pop("signal"),
        ["channels.piee.signal.region: no region is called 'signal'; give one this name"],
    ),
    "kaons: unknown trigger chain": (
        KAONS, lambda c: lnv(c).update(trigger=["di_pion"]), ["lnv.trigger", "di_pion", "di_electron"]
    ),
    "kaons: signal in a region that is not there": (
        KAONS, lambda c: c["channels"]["piee"]["signal"].update(region="sigal"), ["sigal", "signal"]
    ),
    "kaons: normalisation with a sample that is not there": (
        KAONS, lambda c: c["normalisation"]["piee"].update(sample="norm"), ["normalisation.piee.sample"]
    ),
    "kaons: sample of a channel that is not there": (
        KAONS, lambda c: c["samples"]["bkg_ke4"].update(channels=["pie"]), ["bkg_ke4.channels", "piee"]
    ),
    "kaons: sample of a selection that is not there": (
        KAONS, lambda c: c["samples"]["signal_piee"].update(selections=["lv"]), ["selections", "lnv"]
    ),
    "kaons: variation of a sample that is not there": (
        KAONS, lambda c: c["variations"]["material_up"].update(samples=["signal"]),
        ["variations.material_up.samples", "signal_piee"],
    ),
    "kaons: overlay of a cut that is not there": (
        KAONS,
        lambda c: c["variations"]["material_up"].update(
            paper={"channels": {"piee": {"selections": {"lnv": {"cuts": {"magic": {}}}}}}}
        ),
        ["material_up", "magic"],
    ),
    "kaons: another decay of a sample that the variation does not simulate": (
        KAONS,
        lambda c: c["variations"]["material_up"].update(
            paper={"samples": {"bkg_kmu4": {"mode": "pi_pi_e_nu"}}}
        ),
        ["material_up.stage", "generation", "material_up.samples", "bkg_kmu4"],
    ),
    "kaons: generation that changes behind the decays": (
        KAONS,
        lambda c: c["variations"]["material_up"].update(
            paper={"generation": {"final_state_radiation": False}}
        ),
        ["material_up.stage", "'detector', but `generation` changes", "write generation"],
    ),
    "another decay behind the generation": (
        PAPER,
        lambda c: c["variations"]["pair_one_plus_cos2"].update(stage="selection"),
        ["pair_one_plus_cos2.stage", "'selection', but `samples` changes", "write generation"],
    ),
    "weights to a decay that has none": (
        PAPER,
        lambda c: c["variations"]["radiation_off"].update(by_weights=True),
        ["radiation_off.by_weights", "only `paper.samples` may change"],
    ),
    "weights from another decay than phase space": (
        PAPER,
        lambda c: c["samples"]["signal_two_majorana"]["decay"].update(model="majorana_pair"),
        ["pair_v_minus_a.by_weights", "from the model phase_space"],
    ),
    "kaons: weights of a variation": (
        KAONS,
        lambda c: c["variations"]["material_up"].update(by_weights=True),
        ["material_up.by_weights", "no such weights", "remove it"],
    ),
    "kaons: probability above 1": (
        KAONS,
        lambda c: c["identification"]["maps"]["efficiency_pion"].update(probability=[0.98, 1.2]),
        ["efficiency_pion.probability", "1.2"],
    ),
    "kaons: negative branching fraction": (
        KAONS,
        lambda c: c["channels"]["piee"]["limit"].update(single_event_sensitivity={"mean": -1e-10}),
        ["single_event_sensitivity.mean", "> 0"],
    ),
    "kaons: detector value out of range": (
        NA62, lambda c: c["muv"]["efficiency"].update(value=1.5), ["muv.efficiency", "1"]
    ),
    "kaons: detector number without a source": (
        NA62, lambda c: c["muv"]["efficiency"].pop("source"), ["muv.efficiency", "source"]
    ),
    "kaons: three chambers": (
        NA62, lambda c: c["spectrometer"]["chamber_z_m"]["value"].pop(), ["chamber_z_m"]
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_configuration_is_refused(refused, case):
    file, change, expected = BAD[case]
    message = refused(file, change)
    assert file.rpartition("/")[2] in message
    for words in expected:
        assert words in message, message


def test_every_problem_has_its_line(project):
    spoil(project, PAPER, lambda c: c["selection"].append({"cut": "magic"}))
    spoil(project, PAPER, lambda c: c["mass_bin"].update(width_gev=-1.0))
    assert len(refusal(project).splitlines()) == 2


def test_what_stands_once_has_one_line(project):
    """Four selections of the muon search share their cut on momentum by an anchor."""
    file, text = project / KAONS, (project / KAONS).read_text()
    cut = re.search(r"- &\w+ \{cut: (\w+)", text)
    assert cut is not None and len(re.findall(rf"\*{cut[0][3:].split()[0]}\b", text)) > 1
    file.write_text(text.replace(cut[0], f"{cut[0]}, misspelt: 1.0"))
    (line,) = refusal(project).splitlines()
    assert "selections.sm.cuts[0].misspelt: unknown key" in line


def test_a_wrong_signal_has_one_line(project):
    spoil(project, KAONS, lambda c: c["channels"]["piee"]["signal"].update(region="sigal"))
    (line,) = refusal(project).splitlines()
    assert line.endswith("channels.piee.signal.region: 'sigal' must be called 'signal'; write signal")


@pytest.mark.parametrize(("final_state", "said"), [
    (["K+", "K+", "mu-", "mu-"], "mu: the selection does not identify it and would keep no event; add the cut mu"),
    (["pi+", "pi+", "e-", "e-"], "pi: the selection does not identify it"),
    (["p", "p", "e-", "e-"], "p: the selection identifies K, pi, e and mu and would keep no event"),
    (["K+", "K+", "tau-", "tau-"], "tau-: the selection identifies K, pi, e and mu"),
    (["K+", "K-", "e+", "e-"], "pairs two hadrons of one charge with two equal leptons of the other"),
    (["K+", "K+", "K+", "e-"], "pairs two hadrons of one charge"),
    (["K+", "K+", "e+", "e+"], "pairs two hadrons of one charge"),
    (["K+", "pi+", "e-", "e-"], "pi: the selection does not identify it"),
    (["K+", "K+", "e-", "mu-"], "pairs two hadrons of one charge"),
])  # fmt: skip
def test_a_final_state_that_the_selection_does_not_know_is_named(project, final_state, said):
    """Its efficiency would be 0, without a word."""
    spoil(project, PAPER, lambda c: c["channels"]["kkee"].update(final_state=final_state))
    message = refusal(project)
    assert "channels.kkee.final_state: " in message and said in message


def test_every_name_that_leads_nowhere_has_its_line(project):
    spoil(project, PAPER, lambda c: c["calibration"].update(sample="signal_phsp"))
    spoil(project, PAPER, lambda c: c["variations"]["radiation_off"].update(samples=["nothing"]))
    assert len(refusal(project).splitlines()) >= 2


@pytest.mark.parametrize("text", ["papers: [", "- 1\n- 2\n", "\x00"])
def test_broken_yaml_is_refused(project, text):
    (project / CONFIG).write_text(text)
    assert CONFIG in refusal(project)


def test_missing_file_is_named(project):
    (project / PAPER).unlink()
    assert "besiii_2025.yaml: no such file" in refusal(project)


def test_defaults_are_filled_in(project):
    config = {"papers": ["besiii_2025"], "base_seed": 1, "confidence_level": 0.9,
              "statistics": read_yaml(project / CONFIG)["statistics"]}
    fill_defaults(config, checked(Config, config, CONFIG))
    assert config["majorana_masses_gev"] == "paper" and config["data"] == {}


def test_an_overlay_changes_values_only():
    settings = {"a": {"b": {"value": 1, "source": "x"}, "c": 2}}
    varied = overlaid(settings, {"a": {"b": 3}}, "file")
    assert varied == {"a": {"b": {"value": 3, "source": "x"}, "c": 2}}
    assert settings["a"]["b"]["value"] == 1
    with pytest.raises(ConfigurationError, match="a.d"):
        overlaid(settings, {"a": {"d": 3}}, "file")


def test_an_experiment_without_a_part_of_its_interface_is_refused_at_once(project, monkeypatch):
    from lnvsearch.experiments import na62

    monkeypatch.setattr(na62, "__all__", [name for name in na62.__all__ if name != "warm_up"])
    with pytest.raises(ConfigurationError, match=r"experiments/na62/__init__\.py: no `warm_up`"):
        load(project)


@pytest.mark.parametrize("name", ["na62_2222", "na62_2022"])
def test_a_companion_that_is_not_there_or_the_search_itself_is_refused(refused, name):
    def change(content):
        content["companion"] = name

    message = refused("config/papers/na62_2022.yaml", change)
    assert "companion: " in message and name in message


# --- combinations --------------------------------------------------------------------------------


def combined(project, parts, **more):
    """The combinations of a configuration with one of these parts."""
    entry = {"title": "a test", "parts": parts, **more}
    spoil(project, CONFIG, lambda c: c.update(combinations={"new": entry}))
    config = read_yaml(project / CONFIG)
    return combinations_of(config, load_papers(config, project, CONFIG), CONFIG)


def test_the_halves_of_besiii_are_combined(project):
    config = read_yaml(project / CONFIG)
    found = combinations_of(config, load_papers(config, project, CONFIG), CONFIG)
    (entry,) = found.values()
    assert [part["observed"] for part in entry["parts"].values()] == [1, 0]


def test_a_combination_without_one_of_its_searches_is_left_out(project):
    spoil(project, CONFIG, lambda c: c.update(papers=["na62_2019"]))
    config = read_yaml(project / CONFIG)
    assert combinations_of(config, load_papers(config, project, CONFIG), CONFIG) == {}


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (("na62_2019", "piee"), ("na62_2022", "piee"),
         "combinations.new.parts.two: na62_2022 and na62_2019 (one) both search for K+ -> pi- e+ e+ "
         "in the data of run_2017 of na62: the events of one are in the other; leave one out"),
        (("na62_2019", "piee"), ("na62_2019", "pimumu"),
         "K+ -> pi- mu+ mu+ and K+ -> pi- e+ e+ (one) have different branching fractions"),
        (("na62_2022", "piee"), ("na62_2022", "pipi0ee"), "give the `model` that links them"),
        (("na62_2022", "piee"), ("na62_2022", "pimumu"), "give one of piee, pipi0ee"),
        (("na62_2022", "piee"), ("na62_2023", "piee"), "no search 'na62_2023'"),
    ],
)  # fmt: skip
def test_what_must_not_be_combined_is_refused(project, first, second, message):
    parts = {name: {"paper": paper, "channel": channel}
             for name, (paper, channel) in {"one": first, "two": second}.items()}
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        combined(project, parts)


def test_a_model_links_two_final_states(project):
    parts = {
        "electrons": {"paper": "na62_2019", "channel": "piee"},
        "muons": {"paper": "na62_2019", "channel": "pimumu", "rate": 0.5},
    }
    found = combined(project, parts, model="a model")
    assert found["new"]["parts"]["muons"]["rate"] == 0.5
