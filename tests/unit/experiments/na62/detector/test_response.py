"""The NA62 response: what is read and what is refused."""

import copy
from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch.detector.parameters import ResponseError, parameters, problems
from lnvsearch.experiments.na62.detector.response import Na62Response

ROOT = Path(__file__).parents[5]
PARAMETERS = [
    (section, key, parameter)
    for section, keys in parameters(Na62Response).items()
    for key, parameter in keys.items()
]


@pytest.fixture(scope="module")
def na62_mapping():
    return quick_yaml.load((ROOT / "config/detectors/na62.yaml").read_text())


@pytest.fixture
def changed(na62_mapping):
    return copy.deepcopy(na62_mapping)


def test_values_are_those_of_the_file(na62_mapping):
    response = Na62Response.from_mapping(na62_mapping)
    for section, key, parameter in PARAMETERS:
        value = getattr(getattr(response, section), key)
        expected = na62_mapping[section][key]["value"]
        assert value == (tuple(expected) if parameter.length else expected)


def test_bare_numbers_are_accepted(na62_mapping):
    bare = {
        section: {key: leaf["value"] for key, leaf in keys.items()}
        for section, keys in na62_mapping.items()
        if isinstance(keys, dict)
    }
    assert Na62Response.from_mapping(bare) == Na62Response.from_mapping(na62_mapping)


@pytest.mark.parametrize("side", ["minimum", "maximum"])
@pytest.mark.parametrize(("section", "key", "parameter"), PARAMETERS)
def test_every_number_is_held_to_its_range(changed, section, key, parameter, side):
    value = getattr(parameter, side) + (-1.0 if side == "minimum" else 1.0)
    changed[section][key]["value"] = [value] * parameter.length if parameter.length else value
    with pytest.raises(ResponseError, match=rf"{section}\.{key}(\[0\])?: .*give a number in \["):
        Na62Response.from_mapping(changed)


@pytest.mark.parametrize("value", [[1.0], 183.5, "four", [183.508, 194.066, 204.459, "x"]])
def test_list_of_another_length_or_kind_is_refused(changed, value):
    changed["spectrometer"]["chamber_z_m"]["value"] = value
    with pytest.raises(ResponseError, match=r"spectrometer\.chamber_z_m.*give a"):
        Na62Response.from_mapping(changed)


def test_missing_and_misspelt_keys_are_named(changed):
    changed["lkr"]["apotem_m"] = changed["lkr"].pop("apothem_m")
    with pytest.raises(ResponseError, match=r"lkr\.apotem_m: unknown key; did you mean `apothem_m`\?\nlkr\.apothem_m: missing"):
        Na62Response.from_mapping(changed)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("spectrometer.magnet_z_m", 190.0, r"chamber_z_m\[1\]: 194.* is not below"),
        ("fiducial_volume.begin_z_m", 180.0, "is not below"),
        ("upstream.gtk1_z_m", 1.5, r"ktag_z_m: .* is not below upstream.gtk1_z_m"),
        ("lav.inner_radius_m", [1.0] * 11 + [0.5], r"inner_radius_m\[10\]: 1 is not below .*\[11\]"),
        ("lav.front_z_m", [121.0] * 12, r"front_z_m\[0\]: 121 is not below"),
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
        with pytest.raises(ResponseError, match="is not below"):
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


def test_every_number_of_the_file_has_its_source(na62_mapping, changed):
    assert list(problems(Na62Response, na62_mapping, sourced=True)) == []
    changed["lav"]["front_z_m"] = changed["lav"]["front_z_m"]["value"]
    (found,) = problems(Na62Response, changed, sourced=True)
    assert "lav.front_z_m: [121.363" in found and "has no source" in found
