"""Measured maps against momentum and angle: equal where the angle says nothing, and variations."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from lnvsearch.experiments.na62.selection.counting import count_sample, read_variations, tables_of
from lnvsearch.experiments.na62.selection.identification_maps import (
    MAPS,
    IdentificationMaps,
    correction_set,
)
from lnvsearch.experiments.na62.selection.measured_maps import measured_correction, with_measured
from lnvsearch.experiments.na62.steps.map_identification import map_identification
from lnvsearch.tables import find_rows

EXAMPLE = Path(__file__).parents[5] / "docs/examples/identification_map/rich_positrons.json"
INPUTS = ["momentum_gev", "angle_mrad", "systematic"]
NAME = "efficiency_electron_rich"
FLAT = {name: {"momentum_gev": [10.0], "probability": [0.9]} for name in MAPS}


def tree(content, flow="clamp", edges=((5.0, 20.0, 80.0), (0.0, 3.0, 20.0))):
    return {"nodetype": "multibinning", "inputs": ["p", "theta"], "edges": list(map(list, edges)),
            "content": content, "flow": flow}  # fmt: skip


def correction(data=None, keys=True):
    """Up to 20 GeV 0.6, above 0.8; up and down 10 % of these more and less, whatever the angle."""
    inputs = [("p", "real"), ("theta", "real"), ("syst", "string")]
    values = {"nominal": 1.0, "up": 1.1, "down": 0.9}
    by_key = {"nodetype": "category", "input": "syst", "content": [
        {"key": key, "value": tree([0.6 * f, 0.6 * f, 0.8 * f, 0.8 * f])} for key, f in values.items()
    ]}  # fmt: skip
    return {"name": "mine", "version": 1, "output": {"name": "w", "type": "real"},
            "inputs": [{"name": n, "type": t} for n, t in (inputs if keys else inputs[:2])],
            "data": data or by_key}  # fmt: skip


@pytest.fixture
def written(tmp_path):
    def write(entry):
        path = tmp_path / "own.json"
        path.write_text(json.dumps({"schema_version": 2, "corrections": [entry]}))
        return path

    return write


def maps_of(path, inputs=INPUTS, key="nominal", name=NAME, correction="mine"):
    measured = {name: {"correction": correction, "inputs": list(inputs), "key": key}}
    content = with_measured(correction_set(FLAT), measured, {name: str(path)})
    return IdentificationMaps.from_text(json.dumps(content))


def test_a_map_of_two_inputs_constant_in_angle_is_that_of_one(written):
    two = maps_of(written(correction()))
    one_input = correction({"nodetype": "binning", "input": "p", "edges": [5.0, 20.0, 80.0],
                            "content": [0.6, 0.8], "flow": "clamp"})  # fmt: skip
    one_input["inputs"] = one_input["inputs"][:1]
    one = maps_of(written(one_input), ["momentum_gev"], None)
    rng = np.random.default_rng(3)
    momentum, angle = rng.uniform(1.0, 90.0, (2, 400)), rng.uniform(0.0, 0.03, (2, 400))
    momentum = momentum[:, np.all(np.abs(momentum - 20.0) > 0.02, axis=0)]
    angle = angle[:, : momentum.shape[1]]
    found = two.probability(NAME, momentum, angle)
    assert found.shape == momentum.shape and set(np.unique(found)) == {0.6, 0.8}
    assert np.allclose(found, one.probability(NAME, momentum), rtol=1e-12)
    assert one.needs == ("momentum_gev",) and two.needs == ("angle_rad", "momentum_gev")
    # All other maps stay.
    assert np.all(two.probability("muon_to_pion", momentum) == 0.9)


def test_units_are_those_that_are_said(written):
    data = tree([0.1, 0.2, 0.3, 0.4])
    path = written(correction(data, keys=False))
    mrad = maps_of(path, ["momentum_gev", "angle_mrad"], None)
    assert mrad.probability(NAME, [10.0, 10.0, 30.0], [0.002, 0.004, 0.004]).tolist() == [0.1, 0.2, 0.4]
    data = tree([0.1, 0.2, 0.3, 0.4], edges=((5e3, 20e3, 80e3), (0.0, 0.003, 0.02)))
    other = maps_of(written(correction(data, keys=False)), ["momentum_mev", "angle_rad"], None)
    assert other.probability(NAME, [10.0, 10.0, 30.0], [0.002, 0.004, 0.004]).tolist() == [0.1, 0.2, 0.4]


def test_up_and_down_shift_the_acceptance_by_what_the_file_says(written, toys, tmp_path):
    """Two positrons in the RICH: 1.1 squared more and 0.9 squared less, of the same events."""
    path, files, settings = written(correction()), [], {}
    names = {"nominal": "nominal", "identification_map_up": "up", "identification_map_down": "down"}
    selection = {
        "final_state": ["pi-", "e+", "e+"], "charge": 1, "cuts": toys.loose_cuts,
        "identification": ["lkr", "rich"], "regions": {"signal": [[0.4886, 0.4988]]},
        "spectrum": {"low_gev": 0.48, "high_gev": 0.50, "width_gev": 0.01},
    }  # fmt: skip
    for name, key in names.items():
        measured = {NAME: {"correction": "mine", "inputs": INPUTS, "key": key}}
        found = map_identification({NAME: str(path)}, {"maps": FLAT, "measured": measured})
        assert NAME not in found["table"]["map"] and "muon_to_pion" in found["table"]["map"]
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps(found["maps"]))
        settings[name] = {"events": "nominal", "selections": {"piee": {"lnv": selection}},
                          "detector": toys_detector(), "trigger": {"inefficiency": {}, "chains": {}}}  # fmt: skip
    variations = read_variations(settings, files)
    events = toys.events(("pi-", "e+", "e+"), 400, 7)
    counts = count_sample(({"nominal": events},), variations, lambda name, columns: None)
    selections = {(v.name, place): s for v in variations for place, s in v.selections.items()}
    tables = tables_of(counts, selections, dict.fromkeys(names, "nominal"), "signal_piee")
    acceptance = {
        name: find_rows(tables["acceptance"], variation=name, region="signal")[0]["acceptance"]
        for name in names
    }
    assert 0.01 < acceptance["nominal"] < 0.9
    up, down = (acceptance[f"identification_map_{end}"] / acceptance["nominal"] for end in ("up", "down"))
    assert (up, down) == (pytest.approx(1.1**2, rel=1e-9), pytest.approx(0.9**2, rel=1e-9))


def toys_detector():
    import quick_yaml

    return quick_yaml.load((EXAMPLE.parents[3] / "config/detectors/na62.yaml").read_text())


def test_the_example_is_read_also_with_gzip(tmp_path):
    packed = tmp_path / "rich_positrons.json.gz"
    packed.write_bytes(gzip.compress(EXAMPLE.read_bytes()))
    for path in (EXAMPLE, packed):
        found = [
            float(maps_of(path, key=key, correction="positron_by_rich").probability(NAME, 20.0, 0.005))
            for key in ("down", "nominal", "up")
        ]
        assert found == [0.96, 0.97, 0.98]


WRONG = {
    "a correction that is not there": ({"correction": "yours"}, "no correction 'yours'; there are mine"),
    "a key that is not there": ({"key": "high"}, "no key 'high'; there are nominal, up, down"),
    "an input too few": ({"inputs": INPUTS[:2]}, r"p \(real\), theta \(real\), syst \(string\), not 2"),
    "inputs in another order": (
        {"inputs": ["systematic", "momentum_gev", "angle_mrad"]}, "'p' is of type 'real', systematic needs string",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_one_line_with_the_file(written, case):
    changed, message = WRONG[case]
    entry = {"correction": "mine", "inputs": INPUTS, "key": "nominal"} | changed
    with pytest.raises(ValueError, match=message) as error:
        measured_correction(NAME, written(correction()), **entry)
    assert "own.json" in str(error.value) and "\n" not in str(error.value)


def test_files_that_are_none_are_refused(tmp_path):
    entry = {"correction": "mine", "inputs": INPUTS, "key": "nominal"}
    path = tmp_path / "own.json"
    for text, message in (("{", "no JSON"), ("[]", "schema_version 2"), (None, "give the path")):
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        with pytest.raises(ValueError, match=message):
            measured_correction(NAME, path, **entry)
    unknown = correction(tree([0.1, 0.2, 0.3, 0.4]) | {"inputs": ["p", "eta"]})
    path.write_text(json.dumps({"schema_version": 2, "corrections": [unknown]}))
    with pytest.raises(ValueError, match="asks for 'eta', which is no input"):
        measured_correction(NAME, path, **entry)


def test_beyond_the_edges_the_file_decides(written):
    clamped = maps_of(written(correction(tree([0.1, 0.2, 0.3, 0.4]), keys=False)), INPUTS[:2], None)
    assert clamped.probability(NAME, [1.0, 95.0], [0.0, 0.1]).tolist() == [0.1, 0.4]
    strict = maps_of(written(correction(tree([0.1, 0.2, 0.3, 0.4], "error"), keys=False)), INPUTS[:2], None)
    assert strict.probability(NAME, [10.0], [0.004]).tolist() == [0.2]
    with pytest.raises(ValueError, match=r"own\.json.*momentum_gev 10 to 95.*the flow clamp"):
        strict.probability(NAME, [10.0, 95.0], [0.004, 0.004])


def test_probabilities_and_the_angle_are_checked(written):
    wrong = maps_of(written(correction(tree([0.1, 0.2, 0.3, 1.4]), keys=False)), INPUTS[:2], None)
    with pytest.raises(ValueError, match=r"leaves 0 \.\.\. 1"):
        wrong.probability(NAME, [30.0], [0.004])
    with pytest.raises(ValueError, match="needs angle_rad"):
        wrong.probability(NAME, [30.0])


def test_a_whole_file_of_two_inputs_names_them(written):
    content = correction_set(FLAT)
    own = measured_correction(
        NAME, written(correction(tree([0.1, 0.2, 0.3, 0.4]), keys=False)),
        correction="mine", inputs=INPUTS[:2],
    )  # fmt: skip
    content["corrections"] = [own if one["name"] == NAME else one for one in content["corrections"]]
    assert IdentificationMaps.from_text(json.dumps(content)).probability(NAME, 10.0, 0.004) == 0.2
    own["inputs"][1]["name"] = own["data"]["inputs"][1] = "eta"
    with pytest.raises(ValueError, match="unknown input 'eta'; name inputs momentum_gev"):
        IdentificationMaps.from_text(json.dumps(content))
