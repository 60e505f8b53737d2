"""What is said of files of spectrometer events that cannot be used."""

import awkward as ak
import numpy as np
import pytest
import uproot
from root_branches import branches_of, copy_without, write_branches
from unreadable_files import FAULTS, unreadable

from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.na62.event_files import iterate_spectrometer, write_spectrometer


def read(path):
    (whole,) = iterate_spectrometer(path, events_per_chunk=None)
    return whole


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_read_is_named(tmp_path, events, fault):
    path, message = unreadable(fault, tmp_path, lambda path: write_spectrometer(path, events))
    with pytest.raises(EventFileError, match=message):
        read(path)


@pytest.mark.parametrize(
    "name", ["track_momentum_gev", "cluster_x_m", "event_number", "lav_energy_gev"]
)
def test_missing_branch_is_named(tmp_path, events, name):
    write_spectrometer(tmp_path / "events.root", events)
    copy_without(tmp_path / "events.root", tmp_path / "less.root", name)
    with pytest.raises(EventFileError, match=rf"less\.root: tree Events has no branch {name};"):
        read(tmp_path / "less.root")


def test_empty_tree_of_data_is_refused(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", events)
    empty = {name: values[:0] for name, values in branches_of(tmp_path / "events.root").items()}
    write_branches(tmp_path / "empty.root", empty)
    with pytest.raises(EventFileError, match=r"empty\.root: tree Events is empty"):
        read(tmp_path / "empty.root")


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    ("part", "name"), [("track", "slope_x"), ("cluster", "energy_gev"), ("event", "weight")]
)
def test_not_a_number_is_named_with_its_branch(tmp_path, events, part, name, value):
    getattr(events, part)[name][1] = value
    write_spectrometer(tmp_path / "bad.root", events)
    branch = name if part == "event" else f"{part}_{name}"
    with pytest.raises(EventFileError, match=rf"bad\.root: branch {branch} holds NaN or infinity"):
        read(tmp_path / "bad.root")


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [("track", "charge", 2), ("track", "momentum_gev", -1.0), ("cluster", "energy_gev", -1.0),
     ("track", "muv3_tile", 148), ("track", "muv3_tile", -2), ("track", "rich_positron", 2)],
)  # fmt: skip
def test_value_that_cannot_be_is_named_with_its_branch(tmp_path, events, part, name, value):
    events.track["rich_positron"] = (events.track["charge"] != 0).astype("int8")
    getattr(events, part)[name][1, 0] = value
    write_spectrometer(tmp_path / "bad.root", events)
    with pytest.raises(EventFileError, match=rf"bad\.root: branch {part}_{name} must be"):
        read(tmp_path / "bad.root")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("track_momentum_gev", np.ones(5)),
        ("track_charge", np.ones(5, dtype="int8")),
        ("lav_energy_gev", ak.Array([[1.0]] * 5)),
        ("track_x_m", ak.Array(["left"] * 5)),
    ],
)
def test_a_branch_of_another_type_is_named(tmp_path, events, name, values):
    write_spectrometer(tmp_path / "events.root", events)
    branches = {**branches_of(tmp_path / "events.root"), name: ak.Array(values)}
    write_branches(tmp_path / "typed.root", branches)
    with pytest.raises(EventFileError, match=rf"typed\.root: branch {name} holds values of the"):
        read(tmp_path / "typed.root")


@pytest.mark.parametrize(("name", "kind", "words"), [
    ("event_number", "float32", "float32; write integers"),
    ("track_charge", "float64", "float64; write integers"),
    ("track_charge", "bool", r"bool; write integers \(int8\)"),
    ("track_muv3_tile", "float32", "float32; write integers"),
    ("weight", "int32", "int32; write floating-point numbers"),
    ("track_momentum_gev", "int64", "int64; write floating-point numbers"),
    ("cluster_energy_gev", "uint8", "uint8; write floating-point numbers"),
])  # fmt: skip
def test_integers_for_real_numbers_and_the_reverse_are_named(tmp_path, events, name, kind, words):
    write_spectrometer(tmp_path / "events.root", events)
    branches = branches_of(tmp_path / "events.root")
    write_branches(tmp_path / "typed.root", {**branches, name: ak.values_astype(branches[name], kind)})
    with pytest.raises(EventFileError, match=rf"typed\.root: branch {name} holds values of the type {words}"):
        read(tmp_path / "typed.root")


def test_other_widths_of_the_same_kind_are_read(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", events)
    branches, expected = branches_of(tmp_path / "events.root"), read(tmp_path / "events.root")
    kinds = {"event_number": "uint32", "track_charge": "int64", "weight": "float32", "track_x_m": "float32",
             "lav_energy_gev": "float64"}  # fmt: skip
    changed = {name: ak.values_astype(branches[name], kind) for name, kind in kinds.items()}
    write_branches(tmp_path / "typed.root", {**branches, **changed})
    found = read(tmp_path / "typed.root")
    assert np.array_equal(found.event["event_number"], expected.event["event_number"])
    assert np.array_equal(found.track["charge"], expected.track["charge"])
    assert np.allclose(found.track["x_m"], expected.track["x_m"])


def test_branches_of_unequal_length_are_named(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", events)
    branches = branches_of(tmp_path / "events.root")
    branches["track_y_m"] = branches["track_y_m"][:, :1]
    write_branches(tmp_path / "uneven.root", branches)
    with pytest.raises(EventFileError, match="branch track_y_m has another number of entries"):
        read(tmp_path / "uneven.root")


def test_metadata_without_a_sum_is_refused(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", events)
    branches = branches_of(tmp_path / "events.root")
    write_branches(tmp_path / "half.root", branches)
    with uproot.update(tmp_path / "half.root") as file:
        file["metadata"] = '{"n_generated": 5}'
    with pytest.raises(EventFileError, match=r"half\.root: `metadata` has no sum_weight, sum_sq"):
        read(tmp_path / "half.root")
