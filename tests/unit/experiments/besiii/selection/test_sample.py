"""A whole sample through its selection: its file, its weights, and what stays closed."""

from dataclasses import replace

import numpy as np
import pytest
import uproot

from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.selection.background_weights import weigh
from lnvsearch.experiments.besiii.selection.identification_map import (
    IDENTITIES,
    SPECIES,
    IdentificationMap,
)
from lnvsearch.experiments.besiii.selection.sample import (
    select_chunks,
    select_sample,
    tabulate_sample,
)
from lnvsearch.generation.decay_events import generate
from lnvsearch.generation.models import Decay
from lnvsearch.particles import pdg_id
from lnvsearch.selection.cutflow import CutFlow


def recorded(daughters, response, number=1000):
    """A sample in two chunks."""
    streams = {"base_seed": 4, "sample": "toy"}
    events = generate(Decay("J/psi(1S)", daughters), number, **streams)
    return [simulate(chunk, response, **streams) for chunk in events.chunks(600)]


@pytest.fixture(scope="module")
def signal(response):
    return recorded(["K+", "e-", "K+", "e-"], response)


def selected(chunks, selection, path, identification=None, name="nominal"):
    """The cut flow of one selection of chunks."""
    parts = ({name: chunk} for chunk in chunks)
    flows = select_chunks(parts, {name: (name, selection)}, path, identification)
    return CutFlow.merged(chunk[name] for chunk in flows)


def trees(path):
    with uproot.open(path) as file:
        found = file.keys(filter_classname="TTree", cycle=False)
        return {name: file[name].arrays(library="np") for name in found}


def test_the_file_holds_candidates_and_the_truth_of_every_event(signal, selection, tmp_path):
    flow = selected(signal, selection, tmp_path / "selected.root")
    found = trees(tmp_path / "selected.root")
    assert list(found) == ["Candidates", "Generated"]
    passes = [v for name, v in found["Candidates"].items() if name.startswith("passes_")]
    assert np.all(passes, axis=0).sum() == flow.events_out[-1] > 0
    assert found["Generated"]["selected"].sum() == flow.events_out[-1]
    assert len(found["Generated"]["selected"]) == flow.n_generated == 1000
    assert np.all(found["Generated"]["true_m_ke_1_gev"] >= found["Generated"]["true_m_ke_2_gev"])


def test_variations_of_the_detector_have_a_folder(signal, selection, tmp_path):
    """One with events of its own, and one that selects nominal's: it has no candidates there."""
    chunks = [{"nominal": signal[0], "pulls_off": signal[1]}, {"pulls_off": signal[0]}]
    looser = replace(selection, cuts=selection.cuts[:-1])
    flows = select_chunks(
        chunks,
        {"nominal": ("nominal", selection), "pulls_off": ("pulls_off", selection),
         "looser": ("nominal", looser)},
        tmp_path / "selected.root",
    )  # fmt: skip
    found = trees(tmp_path / "selected.root")
    assert {name for name in found if "/" in name} == {"pulls_off/Candidates", "pulls_off/Generated"}
    assert len(found["Generated"]["selected"]) == len(signal[0])
    assert len(found["pulls_off/Generated"]["selected"]) == 1000
    pulls_off = CutFlow.merged(chunk["pulls_off"] for chunk in flows)
    assert pulls_off == selected(signal, selection, tmp_path / "other.root")
    assert flows[0]["looser"].events_out[-1] >= flows[0]["nominal"].events_out[-1]
    assert set(flows[1]) == {"pulls_off"}


def test_what_the_closed_window_sets_aside_is_not_written(signal, selection, tmp_path):
    window = {"cut": "closed_window", "mass_minimum_gev": 3.07, "mass_maximum_gev": 3.12}
    place = [cut["cut"] for cut in selection.cuts].index("kinematic_fit") + 1
    cuts = [*selection.cuts[:place], window, *selection.cuts[place:-1]]
    selected(signal, replace(selection, cuts=cuts), tmp_path / "blind.root", name="data")
    mass = trees(tmp_path / "blind.root")["Candidates"]["mass_gev"]
    assert len(mass) and not np.any((mass > 3.07) & (mass < 3.12))


def test_weights_of_a_background_are_those_of_its_chunks(response, selection, tmp_path):
    chunks = recorded(["K+", "K-", "pi+", "pi-"], response)
    codes = [pdg_id(name) for name in SPECIES]
    grid = np.array([0.5, 1.0]), np.array([0.2, 0.7])
    probability = {code: {name: np.full((2, 2), 0.1) for name in IDENTITIES} for code in codes}
    relative = {code: dict.fromkeys(IDENTITIES, 0.1) for code in codes}
    identification = IdentificationMap(*grid, probability, relative)
    selected(chunks, selection, tmp_path / "selected.root", identification)
    found = trees(tmp_path / "selected.root")
    assert set(found) == {"Candidates", "Weighted"}
    expected = [weigh(chunk, selection, identification) for chunk in chunks]
    for name, values in found["Weighted"].items():
        assert np.array_equal(values, np.concatenate([part[name] for part in expected]))
    assert len(found["Weighted"]["weight"]) > 0


def plain_settings(selection, **changed):
    """Settings of `select_sample` that make this selection."""
    plain = {
        "parent": "J/psi(1S)", "cuts": list(selection.cuts), "final_state": ["K+", "K+", "e-", "e-"],
        "momentum_x_gev": selection.total_four_momentum[0],
        "magnetic_field_t": selection.magnetic_field_t,
    }  # fmt: skip
    return {"events": "nominal", "selection": plain, "channel": "kkee", "selection_name": "lnv", **changed}


def test_a_variation_by_weights_is_the_same_events_counted_otherwise(signal, selection, tmp_path):
    """Of equal weights the numbers of events themselves; of others the sums of what is selected."""
    weights = np.random.default_rng(1).uniform(0.5, 1.5, 1000)
    parts = weights[:600], weights[600:]
    chunks = [
        {"nominal": replace(chunk, weights={"equal": np.full(len(chunk), 2.0), "other": part})}
        for chunk, part in zip(signal, parts, strict=True)
    ]
    settings = {"nominal": plain_settings(selection)}
    settings |= {name: plain_settings(selection, by_weights=True) for name in ("equal", "other")}
    path = tmp_path / "selected.root"
    tables = tabulate_sample(select_sample(chunks, settings, [], path), settings, sample="toy")
    acceptance = tables["acceptance"]
    assert acceptance["variation"] == ["nominal", "equal", "other"]
    nominal, equal, other = acceptance["acceptance"]
    assert equal == pytest.approx(nominal, rel=1e-12)
    assert acceptance["acceptance_uncertainty"][1] == pytest.approx(acceptance["acceptance_uncertainty"][0])
    assert acceptance["effective_events"][1] == pytest.approx(acceptance["effective_events"][0])
    assert acceptance["generated_events"] == [1000, 1000, 1000]
    found = trees(path)
    chosen = found["Generated"]["selected"]
    assert other == pytest.approx(weights[chosen].sum() / weights.sum(), rel=1e-12)
    candidates = found["Candidates"]
    assert np.array_equal(candidates["weight_other"], weights[candidates["event_number"]])
    assert list(found) == ["Candidates", "Generated"]
    assert tables["cutflow"]["events_out"][-1] == pytest.approx(weights[chosen].sum())


def test_a_variation_by_weights_has_the_selection_of_its_events(signal, selection, tmp_path):
    looser = replace(selection, cuts=selection.cuts[:-1])
    settings = {
        "nominal": plain_settings(selection), "other": plain_settings(looser, by_weights=True)
    }
    with pytest.raises(ValueError, match="variation other: by_weights, but selected otherwise"):
        select_sample([], settings, [], tmp_path / "selected.root")
