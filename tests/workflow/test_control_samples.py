"""Control samples and probes of a kaon search that mean nothing are refused, with file and key."""

from types import SimpleNamespace

import pytest
import quick_yaml
from searches.configuration import ConfigurationError, read_yaml
from searches.load import load_papers

FILE = "config/papers/na62_2019.yaml"
CONFIG = "config/config.yaml"


def inverted(content):
    """The control sample of K3pi without decays."""
    return content["channels"]["pimumu"]["selections"]["lnv_inverted_none"]


BAD = {
    "inverted identification with another charge": (
        lambda c: inverted(c).update(identified_as=["pi-", "pi+", "pi-"]),
        ["lnv_inverted_none.identified_as", "pi-", "mu+"],
    ),
    "inverted identification without a map": (
        lambda c: inverted(c).update(
            final_state=["pi-", "mu+", "e+"], identified_as=["pi-", "mu+", "pi+"]),
        ["lnv_inverted_none.identified_as", "pi+", "e+"],
    ),
    "inverted identification of four tracks": (
        lambda c: inverted(c).update(identified_as=["pi-", "e+", "pi+", "pi+"]),
        ["lnv_inverted_none.identified_as"],
    ),
    "control sample of a background that is not there": (
        lambda c: c["channels"]["pimumu"]["data_driven"].update(k4pi="lnv_inverted_one"),
        ["data_driven.k4pi", "bkg_k4pi"],
    ),
    "control sample without inverted identification": (
        lambda c: c["channels"]["pimumu"]["data_driven"].update(k3pi_no_decay="lnv"),
        ["data_driven.k3pi_no_decay", "identified_as"],
    ),
    "table of control samples that are not there": (
        lambda c: c["channels"]["pimumu"].update(data_driven={}), ["tables.control_samples"]
    ),
    "misspelt window of a probe": (
        lambda c: c["closure"]["electron"]["kinematics"].update(missing_mass_gev=0.01),
        ["closure.electron.kinematics", "missing_mass_gev"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_control_sample_is_refused(project, case):
    change, expected = BAD[case]
    content = quick_yaml.load((project / FILE).read_text())
    change(content)
    (project / FILE).write_text(quick_yaml.dump(content, sort_keys=False))
    with pytest.raises(ConfigurationError) as caught:
        load_papers(read_yaml(project / CONFIG), project, CONFIG)
    for words in ("na62_2019.yaml", *expected):
        assert words in str(caught.value)


def test_a_control_sample_is_known_to_the_job_that_weighs_it(root):
    paper = load_papers(read_yaml(root / CONFIG), root, CONFIG)["na62_2019"]
    step, job = paper.steps["estimate_from_control_samples"], SimpleNamespace(channel="pimumu")
    parameters = step.settings(paper, job)
    assert parameters["data_driven"]["k3pi_one_decay"]["selection"] == "lnv_inverted_one"
    assert parameters["data_driven"]["k3pi_one_decay"]["chains"] == ["multi_track"]
    assert parameters["chains"] == ["di_muon"]
    # Backgrounds enter it, the normalisation channel is one of them, controls and the signal do not.
    assert "norm_pimumu" in parameters["samples"] and "bkg_k3pi_one_decay" in parameters["samples"]
    assert not [n for n in parameters["samples"] if n.startswith(("control_", "signal_"))]
    files = step.inputs(paper, job)["selected"]
    assert [path.split("/")[-2] for path in files] == list(parameters["samples"])
    transferred = [name for name in paper.table("control_samples").files if "transferred" in name]
    assert transferred == ["transferred/pimumu"]


def test_decays_called_negligible_are_in_no_sum(root):
    paper = load_papers(read_yaml(root / CONFIG), root, CONFIG)["na62_2019"]
    job = SimpleNamespace(channel="pimumu")
    summed = paper.steps["estimate_backgrounds"].settings(paper, job)["in_total"]
    assert {"control_kmu3_dalitz", "control_pipi0_dalitz"} <= set(paper.samples_of("pimumu"))
    assert not {"control_kmu3_dalitz", "control_pipi0_dalitz"} & set(summed)
