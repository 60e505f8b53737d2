"""The response: what is read, what is refused, in a file and alone."""

import copy

import pytest

from lnvsearch.detector.parameters import ResponseError, parameters, problems
from lnvsearch.experiments.besiii.detector.response import BesiiiResponse

PARAMETERS = [
    (section, key, parameter)
    for section, keys in parameters(BesiiiResponse).items()
    for key, parameter in keys.items()
]


@pytest.fixture
def changed(mapping):
    return copy.deepcopy(mapping)


def test_values_are_those_of_the_file(mapping, response):
    for section, key, _ in PARAMETERS:
        value = mapping[section][key]["value"]
        expected = tuple(value) if isinstance(value, list) else value
        assert getattr(getattr(response, section), key) == expected


def test_bare_numbers_are_accepted(mapping, response):
    bare = {
        section: {key: leaf["value"] for key, leaf in keys.items()}
        for section, keys in mapping.items()
        if isinstance(keys, dict)
    }
    assert BesiiiResponse.from_mapping(bare) == response


@pytest.mark.parametrize("side", ["minimum", "maximum"])
@pytest.mark.parametrize(("section", "key", "parameter"), [p for p in PARAMETERS if p[2].unit])
def test_every_number_is_held_to_its_range(changed, section, key, parameter, side):
    outside = getattr(parameter, side) + (-1.0 if side == "minimum" else 1.0)
    value = [outside] * parameter.length if parameter.length else outside
    changed[section][key]["value"] = value
    with pytest.raises(ResponseError, match=rf"{section}\.{key}\S*: .*give a number in \["):
        BesiiiResponse.from_mapping(changed)


def test_missing_key_is_named(changed):
    del changed["dedx"]["resolution"]
    with pytest.raises(ValueError, match=r"dedx\.resolution: missing; add it"):
        BesiiiResponse.from_mapping(changed)


def test_missing_section_is_named(changed):
    del changed["tof"]
    with pytest.raises(ValueError, match="tof: missing; add it"):
        BesiiiResponse.from_mapping(changed)


def test_misspelt_key_is_named(changed):
    changed["emc"]["barel_resolution"] = 0.025
    with pytest.raises(ValueError, match=r"emc\.barel_resolution: unknown key; did you mean `barrel_resolution`"):
        BesiiiResponse.from_mapping(changed)


def test_misspelt_key_of_a_leaf_is_named(changed):
    changed["emc"]["barrel_resolution"]["vaule"] = 0.025
    with pytest.raises(ValueError, match=r"emc\.barrel_resolution\.vaule: unknown key; did you mean `value`"):
        BesiiiResponse.from_mapping(changed)


def test_section_that_is_no_mapping(changed):
    changed["emc"] = 3
    with pytest.raises(ValueError, match="emc: 3 is not allowed; give a mapping"):
        BesiiiResponse.from_mapping(changed)


@pytest.mark.parametrize("value", ["0.06", None, True, float("nan")])
def test_what_is_no_number_is_refused(changed, value):
    changed["dedx"]["resolution"] = value
    with pytest.raises(ValueError, match=r"dedx\.resolution"):
        BesiiiResponse.from_mapping(changed)


def test_switch_takes_true_or_false_only(changed):
    changed["pulls"]["enabled"] = 1
    with pytest.raises(ValueError, match=r"pulls\.enabled: 1 is not allowed; give true or false"):
        BesiiiResponse.from_mapping(changed)


def test_overlapping_barrel_and_end_cap_are_refused(response):
    with pytest.raises(ValueError, match=r"emc\.barrel_cos_theta: 0\.9 is not below emc\.end_cap_cos"):
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


def test_every_problem_has_its_line(changed):
    changed["dedx"]["resolution"]["value"] = "wide"
    del changed["tof"]["hit_efficiency"]
    with pytest.raises(ResponseError) as caught:
        BesiiiResponse.from_mapping(changed)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "tof.hit_efficiency", "dedx.resolution",
    ]  # fmt: skip


def test_every_number_of_the_file_has_its_source(mapping):
    assert list(problems(BesiiiResponse, mapping, sourced=True)) == []


@pytest.mark.parametrize(("word", "value", "line"), [
    ("source", None, "tof.hit_efficiency.source: missing; add it"),
    ("source", "", "tof.hit_efficiency.source: '' is not allowed; say where"),
    ("provenance", None, "tof.hit_efficiency.provenance: missing; add it"),
    ("provenance", "rumour", "tof.hit_efficiency.provenance: 'rumour' is not known; give one of"),
    ("unit", None, "tof.hit_efficiency.unit: missing; add it"),
    ("unit", "%", "tof.hit_efficiency.unit: '%' is not its unit; convert"),
])  # fmt: skip
def test_a_number_of_a_file_needs_unit_provenance_and_source(changed, word, value, line):
    leaf = changed["tof"]["hit_efficiency"]
    if value is None:
        del leaf[word]
        assert BesiiiResponse.from_mapping(changed)
    else:
        leaf[word] = value
    (found,) = problems(BesiiiResponse, changed, sourced=True)
    assert found.startswith(line)


def test_a_bare_number_has_no_source(changed):
    changed["pulls"]["enabled"] = False
    (found,) = problems(BesiiiResponse, changed, sourced=True)
    assert found.startswith("pulls.enabled: False has no source; give value, unit, provenance")
