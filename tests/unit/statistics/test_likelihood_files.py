"""Likelihoods in the forms of pyhf and HS3: the same probability, the same limit."""

import warnings

import numpy as np
import pytest
from scipy import stats

from lnvsearch.statistics import combination
from lnvsearch.statistics.channels import Channel
from lnvsearch.statistics.likelihood_files import hs3_document, pyhf_workspace

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pyhf

#: pyhf still uses a name that jsonschema is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:jsonschema:DeprecationWarning")

REFERENCE = 1e-10


def channel(name="piee", observed=3, background=2.0, **errors):
    return Channel(
        name, observed, background, 4e10,
        {"background of piee": errors.get("background", 0.25)}, {"normalisation": errors.get("efficiency", 0.04)},
    )  # fmt: skip


def model_of(channels):
    workspace = pyhf.Workspace(pyhf_workspace(channels, REFERENCE))
    model = workspace.model()
    return model, workspace.data(model)


@pytest.mark.parametrize(("mu", "efficiency", "background"), [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.7, 1.3, -2.1)])
def test_the_probability_is_that_of_the_formula(mu, efficiency, background):
    """Poisson(mu s 1.04^theta + b 1.25^theta) and unit Gaussians, outside +-1 exactly log-normal."""
    model, data = model_of([channel()])
    parameters = dict(zip(model.config.par_order, np.zeros(3), strict=True))
    parameters |= {"mu": mu, "normalisation": efficiency, "background of piee": background}
    found = float(model.logpdf([parameters[name] for name in model.config.par_order], data)[0])
    mean = mu * 4.0 * 1.04**efficiency + 2.0 * 1.25**background
    wanted = stats.poisson.logpmf(3, mean) + stats.norm.logpdf([efficiency, background]).sum()
    assert found == pytest.approx(wanted, abs=1e-9)


def test_the_limit_is_that_of_the_library_where_counts_are_large():
    """Asymptotic formulae against sums: a few per cent at 60 counts, and no more."""
    many = [channel(observed=62, background=60.0, background_error=0.1)]
    model, data = model_of(many)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pyhf.infer.intervals.upper_limits.upper_limit(data, model, np.linspace(0.5, 12.0, 24), level=0.1)[0]
    exact = combination.interval(many, "cls-profiled", 0.90).upper / REFERENCE
    assert float(found) == pytest.approx(exact, rel=0.04)


def test_sources_of_one_name_are_one_parameter():
    model, _ = model_of([channel(), channel("other")])
    assert sorted(model.config.par_order) == ["background of piee", "mu", "normalisation"]


def test_a_channel_without_background_has_only_signal():
    (entry,) = pyhf_workspace([Channel("kkee", 1, 0.0, 1e9)], 1e-9)["channels"]
    assert [sample["name"] for sample in entry["samples"]] == ["signal"]
    assert entry["samples"][0]["data"] == [1.0]


def test_asymmetric_errors_keep_both_sides():
    asymmetric = Channel("c", 1, 0.7, 1e9, {"b": (0.6 / 0.7, 0.5 / 0.7)})
    modifier = pyhf_workspace([asymmetric], 1e-9)["channels"][0]["samples"][1]["modifiers"][0]
    assert modifier["data"] == {"hi": pytest.approx(1 + 0.6 / 0.7), "lo": pytest.approx(1 - 0.5 / 0.7)}


def test_hs3_has_the_numbers_of_pyhf():
    channels = [channel(), channel("other", observed=0)]
    document, workspace = hs3_document(channels, REFERENCE), pyhf_workspace(channels, REFERENCE)
    axes = {axis["name"] for axis in document["domains"][0]["axes"]}
    assert axes == {"mu", "alpha_normalisation", "alpha_background_of_piee"}
    assert {entry["name"] for entry in document["parameter_points"][0]["parameters"]} == axes
    for distribution, entry in zip(document["distributions"], workspace["channels"], strict=True):
        for sample, same in zip(distribution["samples"], entry["samples"], strict=True):
            assert sample["data"]["contents"] == same["data"]
            for modifier, other in zip(sample["modifiers"], same["modifiers"], strict=True):
                assert modifier["parameter"] in axes and modifier.get("data") == other["data"]
    (likelihood,) = document["likelihoods"]
    assert likelihood["distributions"] == [d["name"] for d in document["distributions"]]
    assert likelihood["data"] == [d["name"] for d in document["data"]]
    assert [d["contents"] for d in document["data"]] == [[3], [0]]


@pytest.mark.parametrize("reference", [0.0, -1.0, 2.0, float("nan")])
def test_a_reference_that_is_none_is_refused(reference):
    with pytest.raises(ValueError, match="reference: .*give a branching fraction"):
        pyhf_workspace([channel()], reference)


def test_channels_that_overlap_are_refused():
    with pytest.raises(ValueError, match="appears twice"):
        hs3_document([channel(), channel()], REFERENCE)
