"""The response: what is read, what is refused, and that the schema says the same."""

import copy
from pathlib import Path

import jsonschema
import pytest
import yaml

from lnvsearch.detector.parameters import ResponseError
from lnvsearch.experiments.besiii.detector.response import BesiiiResponse, parameters

SCHEMA_FILE = Path(__file__).parents[5] / "workflow/schemas/detector.schema.yaml"


@pytest.fixture(scope="module")
def schema():
    return yaml.safe_load(SCHEMA_FILE.read_text())


@pytest.fixture
def changed(mapping):
    return copy.deepcopy(mapping)


def test_values_are_those_of_the_file(mapping, response):
    for section, key, _ in parameters():
        assert getattr(getattr(response, section), key) == mapping[section][key]["value"]


def test_bare_numbers_are_accepted(mapping, response):
    bare = {
        section: {key: leaf["value"] for key, leaf in keys.items()}
        for section, keys in mapping.items()
        if isinstance(keys, dict)
    }
    assert BesiiiResponse.from_mapping(bare) == response


@pytest.mark.parametrize("side", ["minimum", "maximum"])
@pytest.mark.parametrize(("section", "key", "parameter"), [p for p in parameters() if p[2].unit])
def test_every_number_is_held_to_its_range(changed, section, key, parameter, side):
    step = -1.0 if side == "minimum" else 1.0
    changed[section][key]["value"] = getattr(parameter, side) + step
    with pytest.raises(ResponseError, match=rf"{section}\.{key} is .*give a value in \["):
        BesiiiResponse.from_mapping(changed)


def test_missing_key_is_named(changed):
    del changed["dedx"]["resolution"]
    with pytest.raises(ValueError, match=r"missing: dedx\.resolution"):
        BesiiiResponse.from_mapping(changed)


def test_missing_section_is_named(changed):
    del changed["tof"]
    with pytest.raises(ValueError, match="missing: tof"):
        BesiiiResponse.from_mapping(changed)


def test_misspelt_key_is_named(changed):
    changed["emc"]["barel_resolution"] = 0.025
    with pytest.raises(ValueError, match=r"unknown key emc\.barel_resolution"):
        BesiiiResponse.from_mapping(changed)


def test_misspelt_key_of_a_leaf_is_named(changed):
    changed["emc"]["barrel_resolution"]["vaule"] = 0.025
    with pytest.raises(ValueError, match=r"emc\.barrel_resolution: .*vaule"):
        BesiiiResponse.from_mapping(changed)


def test_section_that_is_no_mapping(changed):
    changed["emc"] = 3
    with pytest.raises(ValueError, match="emc is 3: give a mapping"):
        BesiiiResponse.from_mapping(changed)


@pytest.mark.parametrize("value", ["0.06", None, True, float("nan")])
def test_what_is_no_number_is_refused(changed, value):
    changed["dedx"]["resolution"] = value
    with pytest.raises(ValueError, match=r"dedx\.resolution"):
        BesiiiResponse.from_mapping(changed)


def test_switch_takes_true_or_false_only(changed):
    changed["pulls"]["enabled"] = 1
    with pytest.raises(ValueError, match=r"pulls\.enabled is 1: give true or false"):
        BesiiiResponse.from_mapping(changed)


def test_overlapping_barrel_and_end_cap_are_refused(response):
    with pytest.raises(ValueError, match=r"emc\.barrel_cos_theta is 0\.9 .*must be smaller"):
        response.with_values({"emc.barrel_cos_theta": 0.9})


def test_with_values_changes_what_it_names_only(response):
    other = response.with_values({"dedx.resolution": 0.07})
    assert other.dedx.resolution == 0.07
    assert other._replace(dedx=response.dedx) == response


def test_with_values_refuses_an_unknown_key(response):
    for key in ("dedx.sigma", "sigma", "nothing.resolution"):
        with pytest.raises(ValueError, match="no such key"):
            response.with_values({key: 1.0})


def test_the_calibrated_scalar_may_be_0_to_3(response):
    key = "electron_energy_response.low_momentum_scale"
    for value in (0, 1, 3):
        assert response.with_values({key: value})
    with pytest.raises(ValueError, match=r"in \[0, 3\]"):
        response.with_values({key: 3.1})


def test_file_follows_the_schema(schema, mapping):
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(mapping)


def test_schema_has_the_keys_ranges_and_units_of_the_code(schema):
    sections = {k: v["properties"] for k, v in schema["properties"].items() if "properties" in v}
    assert {(s, k) for s, keys in sections.items() for k in keys} == {
        (section, key) for section, key, _ in parameters()
    }
    for section, key, parameter in parameters():
        entry = sections[section][key]
        leaf = entry["properties"]
        assert entry["description"] == parameter.meaning
        assert leaf["unit"]["const"] == parameter.unit
        assert key in schema["properties"][section]["required"]
        if parameter.unit:
            for place in (entry, leaf["value"]):
                assert (place["minimum"], place["maximum"]) == parameter[1:3]


def test_schema_is_closed(schema, changed):
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(changed)
    for place in (changed, changed["beam"], changed["beam"]["spot_x_cm"]):
        place["misspelt"] = 1
        assert not validator.is_valid(changed)
        del place["misspelt"]


def test_schema_wants_a_source_of_every_number(schema, changed):
    validator = jsonschema.Draft202012Validator(schema)
    for word in ("source", "provenance", "unit"):
        leaf = changed["tof"]["hit_efficiency"]
        kept = leaf.pop(word)
        assert not validator.is_valid(changed)
        leaf[word] = kept


def test_an_overlay_of_bare_values_follows_the_schema(schema, changed):
    changed["pulls"]["enabled"] = False
    changed["electron_energy_response"]["low_momentum_scale"] = 1.3
    assert jsonschema.Draft202012Validator(schema).is_valid(changed)
