"""The NA62 response: what is read, what is refused, and that the schema says the same."""

import copy
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml

from lnvsearch.detector.parameters import ResponseError
from lnvsearch.experiments.na62.detector.response import Na62Response, parameters

ROOT = Path(__file__).parents[5]


@pytest.fixture(scope="module")
def schema():
    return yaml.safe_load((ROOT / "workflow/schemas/na62_detector.schema.yaml").read_text())


@pytest.fixture(scope="module")
def na62_mapping():
    return yaml.safe_load((ROOT / "config/detectors/na62.yaml").read_text())


@pytest.fixture
def changed(na62_mapping):
    return copy.deepcopy(na62_mapping)


def test_values_are_those_of_the_file(na62_mapping):
    response = Na62Response.from_mapping(na62_mapping)
    for section, key, _, length in parameters():
        value = getattr(getattr(response, section), key)
        expected = na62_mapping[section][key]["value"]
        assert value == (tuple(expected) if length else expected)


def test_bare_numbers_are_accepted(na62_mapping):
    bare = {
        section: {key: leaf["value"] for key, leaf in keys.items()}
        for section, keys in na62_mapping.items()
        if isinstance(keys, dict)
    }
    assert Na62Response.from_mapping(bare) == Na62Response.from_mapping(na62_mapping)


@pytest.mark.parametrize("side", ["minimum", "maximum"])
@pytest.mark.parametrize(("section", "key", "parameter", "length"), list(parameters()))
def test_every_number_is_held_to_its_range(changed, section, key, parameter, length, side):
    value = getattr(parameter, side) + (-1.0 if side == "minimum" else 1.0)
    changed[section][key]["value"] = [value] * length if length else value
    with pytest.raises(ResponseError, match=rf"{section}\.{key}(\[0\])? is .*give a value in \["):
        Na62Response.from_mapping(changed)


@pytest.mark.parametrize("value", [[1.0], 183.5, "four", [183.508, 194.066, 204.459, "x"]])
def test_list_of_another_length_or_kind_is_refused(changed, value):
    changed["spectrometer"]["chamber_z_m"]["value"] = value
    with pytest.raises(ResponseError, match=r"spectrometer\.chamber_z_m.*give a"):
        Na62Response.from_mapping(changed)


def test_missing_and_misspelt_keys_are_named(changed):
    changed["lkr"]["apotem_m"] = changed["lkr"].pop("apothem_m")
    with pytest.raises(ResponseError, match=r"missing: lkr\.apothem_m"):
        Na62Response.from_mapping(changed)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("spectrometer.magnet_z_m", 190.0, r"chamber_z_m\[1\] is 194.* must be smaller"),
        ("fiducial_volume.begin_z_m", 180.0, "must be smaller"),
        ("lkr.inner_radius_m", 1.0, None),
        ("rich.inner_radius_m", 1.0, None),
        ("slab_hodoscope.inner_radius_m", 0.9, None),
    ],
)
def test_planes_and_radii_must_be_in_order(na62_mapping, key, value, message):
    response = Na62Response.from_mapping(na62_mapping)
    if message is None:
        assert response.with_values({key: value})
        outer = {"lkr": "lkr.apothem_m"}.get(key.split(".")[0], key.replace("inner", "outer"))
        with pytest.raises(ResponseError, match="must be smaller"):
            response.with_values({key: value, outer: value})
        return
    with pytest.raises(ResponseError, match=message):
        response.with_values({key: value})


def test_with_values_refuses_an_unknown_key(na62_mapping):
    response = Na62Response.from_mapping(na62_mapping)
    with pytest.raises(ResponseError, match="no such key"):
        response.with_values({"lkr.radius": 1.0})


def test_the_beam_passes_through_the_holes(na62_mapping):
    """Axis before the magnet, its kick, and the holes: three sources of one line."""
    response = Na62Response.from_mapping(na62_mapping)
    beam, straws = response.beam, response.spectrometer
    assert beam.slope_x == pytest.approx(response.upstream.trim5_kick_gev / beam.momentum_gev)
    z = np.array(straws.chamber_z_m)
    x = beam.slope_x * (z - beam.axis_origin_z_m)
    behind = np.maximum(z - straws.magnet_z_m, 0.0)
    x -= straws.magnet_kick_gev / beam.momentum_gev * behind
    offset = np.abs(x - np.array(straws.hole_centre_x_m))
    assert offset.max() < 0.010
    assert offset.max() + 3 * beam.spot_x_m < straws.hole_half_size_m


# ----------------------------------------------------------------------------------- schema


def test_file_follows_the_schema(schema, na62_mapping):
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(na62_mapping)


def test_schema_has_the_keys_ranges_and_units_of_the_code(schema):
    sections = {k: v["properties"] for k, v in schema["properties"].items() if "properties" in v}
    assert {(s, k) for s, keys in sections.items() for k in keys} == {
        (section, key) for section, key, _, _ in parameters()
    }
    for section, key, parameter, length in parameters():
        entry = sections[section][key]
        leaf = entry["properties"]
        assert entry["description"] == parameter.meaning
        assert leaf["unit"]["const"] == parameter.unit
        assert key in schema["properties"][section]["required"]
        for place in (entry, leaf["value"]):
            if length:
                assert place["minItems"] == place["maxItems"] == length
                place = place["items"]
            assert (place["minimum"], place["maximum"]) == parameter[1:3]


def test_schema_is_closed_and_wants_sources(schema, changed):
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(changed)
    for place in (changed, changed["beam"], changed["beam"]["spot_x_m"]):
        place["misspelt"] = 1
        assert not validator.is_valid(changed)
        del place["misspelt"]
    for word in ("source", "provenance", "unit"):
        leaf = changed["lav"]["front_z_m"]
        kept = leaf.pop(word)
        assert not validator.is_valid(changed)
        leaf[word] = kept


def test_an_overlay_of_bare_values_follows_the_schema(schema, changed):
    changed["spectrometer"]["chamber_z_m"] = changed["spectrometer"]["chamber_z_m"]["value"]
    changed["spectrometer"]["hit_resolution_m"] = 0.00012
    assert jsonschema.Draft202012Validator(schema).is_valid(changed)
