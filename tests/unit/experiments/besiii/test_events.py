"""Files of events: what comes back, and what is said of files that cannot be used."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import uproot
from root_branches import branches_of, copy_without, write_branches
from unreadable_files import FAULTS, unreadable

from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.besiii.events import (
    COVARIANCE_ELEMENTS,
    EVENT_BRANCHES,
    HELIX_PARAMETERS,
    MAY_BE_NAN,
    MUON_BRANCHES,
    REQUIRED_TRACK_BRANCHES,
    TRACK_BRANCHES,
    TRUTH_BRANCHES,
    RecordedEvents,
    iterate_recorded,
    read_events,
    read_recorded,
    write_events,
    write_recorded,
)

DOCUMENT = Path(__file__).parents[4] / "docs/events.md"


def jagged(random, counts, schema):
    n = counts.sum()
    columns = {}
    for name, (kind, _) in schema.items():
        values = random.normal(size=n) * 10
        columns[name] = values.astype(kind)
    return np.concatenate([[0], np.cumsum(counts)]), columns


@pytest.fixture
def recorded():
    """Five events with 4, 0, 1, 2, 4 tracks; some measurements are missing."""
    random = np.random.default_rng(3)
    track_offsets, track = jagged(random, np.array([4, 0, 1, 2, 4]), TRACK_BRANCHES)
    truth_offsets, truth = jagged(random, np.array([4, 4, 4, 5, 4]), TRUTH_BRANCHES)
    track["charge"] = np.where(random.random(track_offsets[-1]) < 0.5, -1, 1).astype("int8")
    track["tof_chi_kaon"][[0, 3]] = np.nan
    return RecordedEvents(
        event_number=np.arange(10, 15),
        weight=np.array([1.0, 0.5, 1.0, 2.0, 1.0]),
        track_offsets=track_offsets,
        track=track,
        truth_offsets=truth_offsets,
        truth=truth,
        n_generated=7,
        metadata={"sample": "toy", "seed": 3},
    )


def assert_equal(first: RecordedEvents, second: RecordedEvents):
    for name in ("event_number", "weight", "track_offsets", "truth_offsets"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name
    for columns in ("track", "truth"):
        ours, theirs = getattr(first, columns), getattr(second, columns)
        assert ours.keys() == theirs.keys()
        for name in ours:
            assert ours[name].dtype == theirs[name].dtype, name
            assert np.array_equal(ours[name], theirs[name], equal_nan=True), name
    assert first.n_generated == second.n_generated
    assert dict(first.metadata) == dict(second.metadata)


# ------------------------------------------------------------------------------ round trip


def test_recorded_events_come_back_to_the_last_bit(tmp_path, recorded):
    write_recorded(tmp_path / "events.root", recorded)
    assert_equal(read_recorded(tmp_path / "events.root"), recorded)


def test_weights_of_variations_come_back(tmp_path, recorded):
    weighted = replace(recorded, weights={"pair": np.linspace(0.0, 3.0, len(recorded))})
    write_recorded(tmp_path / "events.root", weighted)
    back = read_recorded(tmp_path / "events.root")
    assert_equal(back, recorded)
    assert list(back.weights) == ["pair"]
    assert np.array_equal(back.weights["pair"], weighted.weights["pair"])


def test_variations_come_back_in_their_chunks(tmp_path, recorded):
    """The first is what a reader of the file sees who knows of no variation."""
    other = replace(recorded, weight=2.0 * recorded.weight, n_generated=14)
    write_events(
        tmp_path / "events.root", [{"nominal": recorded, "pulls_off": other}, {"pulls_off": other}]
    )
    back = list(read_events(tmp_path / "events.root", ["nominal", "pulls_off"]))
    assert [list(chunk) for chunk in back] == [["nominal"], ["pulls_off"], ["pulls_off"]]
    assert_equal(back[0]["nominal"], recorded)
    assert_equal(back[2]["pulls_off"], other)
    assert_equal(read_recorded(tmp_path / "events.root"), recorded)
    with pytest.raises(EventFileError, match=r"events\.root: no events of the variation ideal"):
        list(read_events(tmp_path / "events.root", ["nominal", "ideal"]))


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_chunks_join_to_the_whole(tmp_path, recorded, size):
    write_recorded(tmp_path / "events.root", recorded)
    chunks = list(iterate_recorded(tmp_path / "events.root", events_per_chunk=size))
    assert [len(chunk) for chunk in chunks[:-1]] == [size] * (len(chunks) - 1)
    assert sum(len(chunk) for chunk in chunks) == len(recorded)
    assert {chunk.n_generated for chunk in chunks} == {recorded.n_generated}
    for name in TRACK_BRANCHES:
        joined = np.concatenate([chunk.track[name] for chunk in chunks])
        assert np.array_equal(joined, recorded.track[name], equal_nan=True)


def test_events_without_any_track_are_kept(tmp_path, recorded):
    counts = np.zeros(5, dtype=int)
    offsets, track = jagged(np.random.default_rng(1), counts, TRACK_BRANCHES)
    write_recorded(tmp_path / "none.root", replace(recorded, track_offsets=offsets, track=track))
    assert len(read_recorded(tmp_path / "none.root")) == 5


def test_data_have_no_truth(tmp_path, recorded):
    write_recorded(tmp_path / "events.root", recorded)
    copy_without(tmp_path / "events.root", tmp_path / "data.root", "truth_", "track_truth_index")
    data = read_recorded(tmp_path / "data.root")
    assert np.all(data.track["truth_index"] == -1)
    assert len(data.truth["px"]) == 0 and np.all(data.truth_offsets == 0)
    assert data.n_generated == len(recorded)  # no metadata: one entry, one event
    assert np.array_equal(data.track["kappa"], recorded.track["kappa"])


def test_covariance_matrices_are_symmetric_and_in_order(recorded):
    matrix = recorded.track_covariance()
    assert matrix.shape == (11, 5, 5)
    assert np.array_equal(matrix, matrix.transpose(0, 2, 1))
    kappa, phi0 = HELIX_PARAMETERS.index("kappa"), HELIX_PARAMETERS.index("phi0")
    assert np.array_equal(matrix[:, phi0, kappa], recorded.track["cov_kappa_phi0"])
    assert len(COVARIANCE_ELEMENTS) == 15


# ----------------------------------------------------------------------------- readability


def test_uproot_alone_reads_the_file(tmp_path, recorded):
    write_recorded(tmp_path / "events.root", recorded)
    with uproot.open(tmp_path / "events.root") as file:
        tree = file["Events"]
        assert tree.num_entries == 5
        names = set(tree.keys())
        assert set(EVENT_BRANCHES) <= names
        assert {f"track_{name}" for name in TRACK_BRANCHES} <= names
        assert {f"truth_{name}" for name in TRUTH_BRANCHES} <= names
        kappa = tree["track_kappa"].array()
        assert [len(tracks) for tracks in kappa] == [4, 0, 1, 2, 4]
        assert tree["ntrack"].array().tolist() == [4, 0, 1, 2, 4]
        assert '"n_generated": 7' in str(file["metadata"])


def test_the_document_lists_every_branch_with_its_type_and_no_other():
    rows = re.findall(r"^\| (`.+?`) \| (\w+) \|", DOCUMENT.read_text(), flags=re.MULTILINE)
    listed = {name: kind for names, kind in rows for name in re.findall(r"`(\w+)`", names)}
    expected = {name: kind for name, (kind, _) in EVENT_BRANCHES.items()}
    branches = {**TRACK_BRANCHES, **MUON_BRANCHES}
    expected |= {f"track_{name}": kind for name, (kind, _) in branches.items()}
    expected |= {f"truth_{name}": kind for name, (kind, _) in TRUTH_BRANCHES.items()}
    assert listed == expected


# ------------------------------------------------------------------- files that cannot be used


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_read_is_named(tmp_path, recorded, fault):
    path, message = unreadable(fault, tmp_path, lambda path: write_recorded(path, recorded))
    with pytest.raises(EventFileError, match=message):
        read_recorded(path)


@pytest.mark.parametrize("name", ["track_kappa", "track_cov_dz_dz", "event_number"])
def test_missing_branch_is_named(tmp_path, recorded, name):
    write_recorded(tmp_path / "events.root", recorded)
    copy_without(tmp_path / "events.root", tmp_path / "less.root", name)
    with pytest.raises(EventFileError, match=rf"less\.root: tree Events has no branch {name};"):
        read_recorded(tmp_path / "less.root")


def test_only_the_truth_index_may_be_missing_of_the_tracks():
    assert set(TRACK_BRANCHES) - set(REQUIRED_TRACK_BRANCHES) == {"truth_index"}


def test_empty_tree_is_refused(tmp_path, recorded):
    nothing = np.zeros(1, dtype=int)
    empty = RecordedEvents(
        event_number=np.empty(0, dtype=int),
        weight=np.empty(0),
        track_offsets=nothing,
        track={name: column[:0] for name, column in recorded.track.items()},
        truth_offsets=nothing,
        truth={name: column[:0] for name, column in recorded.truth.items()},
        n_generated=0,
    )
    write_recorded(tmp_path / "empty.root", empty)
    with pytest.raises(EventFileError, match=r"empty\.root: tree Events is empty"):
        read_recorded(tmp_path / "empty.root")


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["kappa", "dr", "cov_phi0_phi0", "emc_energy"])
def test_not_a_number_is_named_with_its_branch(tmp_path, recorded, name, value):
    recorded.track[name][2] = value
    write_recorded(tmp_path / "bad.root", recorded)
    message = rf"bad\.root: branch track_{name} holds NaN or infinity in 1 places"
    with pytest.raises(EventFileError, match=message):
        read_recorded(tmp_path / "bad.root")


def test_missing_measurements_may_be_nan(tmp_path, recorded):
    assert {k for k in (*TRACK_BRANCHES, *MUON_BRANCHES) if "_chi_" in k} == MAY_BE_NAN
    for name in MAY_BE_NAN & set(TRACK_BRANCHES):
        recorded.track[name][:] = np.nan
    write_recorded(tmp_path / "events.root", recorded)
    assert np.all(np.isnan(read_recorded(tmp_path / "events.root").track["dedx_chi_pion"]))


def test_weight_that_is_not_a_number_is_named(tmp_path, recorded):
    recorded.weight[1] = np.nan
    write_recorded(tmp_path / "bad.root", recorded)
    with pytest.raises(EventFileError, match="branch weight holds NaN"):
        read_recorded(tmp_path / "bad.root")


def test_charge_must_be_plus_or_minus_one(tmp_path, recorded):
    recorded.track["charge"][1] = 2
    write_recorded(tmp_path / "bad.root", recorded)
    with pytest.raises(EventFileError, match=r"track_charge must be \+1 or -1"):
        read_recorded(tmp_path / "bad.root")


def test_branches_of_unequal_length_are_named(tmp_path, recorded):
    write_recorded(tmp_path / "events.root", recorded)
    branches = branches_of(tmp_path / "events.root")
    branches["track_dz"] = branches["track_dz"][:, :1]
    write_branches(tmp_path / "uneven.root", branches)
    with pytest.raises(EventFileError, match="branch track_dz has another number of entries"):
        read_recorded(tmp_path / "uneven.root")


# --------------------------------------------------------------------------- whole or not at all


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, recorded):
    path = tmp_path / "events.root"
    write_recorded(path, recorded)
    before = path.read_bytes()
    broken = replace(recorded, track={"charge": recorded.track["charge"]})
    with pytest.raises(KeyError):
        write_recorded(path, broken)
    unserialisable = replace(recorded, metadata={"sample": object()})
    with pytest.raises(TypeError):
        write_recorded(path, unserialisable)
    assert path.read_bytes() == before
    assert files_in(tmp_path) == ["events.root"]


def test_write_that_fails_half_way_leaves_nothing(tmp_path, recorded, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr("uproot.writing.writable.WritableTree.extend", fail)
    with pytest.raises(OSError, match="no space"):
        write_recorded(tmp_path / "events.root", recorded)
    assert files_in(tmp_path) == []


def test_missing_folders_are_made(tmp_path, recorded):
    write_recorded(tmp_path / "a/b/events.root", recorded)
    assert files_in(tmp_path / "a/b") == ["events.root"]
