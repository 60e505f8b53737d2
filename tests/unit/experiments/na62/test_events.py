"""Files of spectrometer events: what comes back, and what is said of files that cannot be used."""

import json
import re
from dataclasses import replace
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
from root_branches import branches_of, copy_without, write_branches

from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.na62.event_files import (
    as_stored,
    iterate_data,
    iterate_spectrometer,
    read_events,
    write_events,
    write_spectrometer,
)
from lnvsearch.experiments.na62.events import (
    CLUSTER_BRANCHES,
    EVENT_BRANCHES,
    MUV3_INNER_TILES,
    MUV3_OUTER_TILES,
    OPTIONAL_EVENT_BRANCHES,
    OPTIONAL_TRACK_BRANCHES,
    TRACK_BRANCHES,
)

DOCUMENT = Path(__file__).parents[4] / "docs/kaon_events.md"
TRUTH = {"n_decays_in_flight", "true_z_vertex_m", "true_mass_1_gev", "true_mass_2_gev",
         "track_true_pdg_id"}  # fmt: skip


def read(path):
    (whole,) = iterate_spectrometer(path, events_per_chunk=None)
    return whole


def assert_equal(first, second):
    for part in ("event", "track", "cluster"):
        ours, theirs = getattr(first, part), getattr(second, part)
        assert list(ours) == list(theirs)
        for name in ours:
            assert ours[name].dtype == theirs[name].dtype, name
            assert np.array_equal(ours[name], theirs[name], equal_nan=True), name


# ------------------------------------------------------------------------------ round trip


def test_events_come_back_to_the_last_bit(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", events)
    back = read(tmp_path / "events.root")
    assert_equal(back, events)
    assert (back.n_generated, back.sum_weight, back.sum_squared_weight) == (7, 6.5, 6.25)
    assert back.metadata == {"sample": "toy"}


@pytest.mark.parametrize("size", [1, 2, 100])
def test_chunks_join_to_the_whole(tmp_path, events, size):
    write_spectrometer(tmp_path / "events.root", events)
    chunks = list(iterate_spectrometer(tmp_path / "events.root", events_per_chunk=size))
    assert sum(len(chunk) for chunk in chunks) == len(events)
    assert {chunk.n_generated for chunk in chunks} == {7}
    for part, present in (("track", "charge"), ("cluster", "energy_gev")):
        whole = getattr(events, part)
        parts = [getattr(chunk, part) for chunk in chunks]
        for name in whole:
            joined = np.concatenate([columns[name][columns[present] != 0] for columns in parts])
            assert np.array_equal(joined, whole[name][whole[present] != 0])


def test_padding_is_as_wide_as_the_widest_event_and_three_tracks_at_least(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", events)
    chunks = list(iterate_spectrometer(tmp_path / "events.root", events_per_chunk=1))
    assert [chunk.track["charge"].shape[1] for chunk in chunks] == [3, 4, 3, 5, 3]
    assert [chunk.cluster["x_m"].shape[1] for chunk in chunks] == [1, 2, 1, 1, 1]


def test_sums_of_parts_are_added_up(tmp_path, events):
    nothing = replace(
        events,
        **{part: {name: column[:0] for name, column in getattr(events, part).items()}
           for part in ("event", "track", "cluster")},
        n_generated=3, sum_weight=1.5,
    )  # fmt: skip
    write_spectrometer(tmp_path / "events.root", iter([nothing, events, nothing, events]))
    back = read(tmp_path / "events.root")
    assert len(back) == 10
    assert (back.n_generated, back.sum_weight, back.sum_squared_weight) == (20, 16.0, 25.0)


def test_variations_come_back_in_their_chunks_with_their_sums(tmp_path, events):
    """The first is what a reader of the file sees who knows of no variation."""
    other = replace(events, n_generated=11)
    chunks = [{"nominal": part} for part in events.parts(3)] + [{"material_up": other}] * 2
    write_events(tmp_path / "events.root", chunks)
    back = list(read_events(tmp_path / "events.root", ["nominal", "material_up"]))
    assert [list(chunk) for chunk in back] == [["nominal"]] * 2 + [["material_up"]] * 2
    assert [len(*chunk.values()) for chunk in back] == [3, 2, 5, 5]
    assert [next(iter(chunk.values())).n_generated for chunk in back] == [7, 0, 22, 0]
    assert_equal(back[2]["material_up"], other)
    assert len(read(tmp_path / "events.root")) == 5
    with pytest.raises(EventFileError, match=r"events\.root: no events of the variation pulls_off"):
        list(read_events(tmp_path / "events.root", ["nominal", "pulls_off"]))


def test_events_have_the_precision_of_a_file_before_they_are_written(tmp_path, events):
    # A float32 and a relative difference far below its precision.
    exact = events.track["chi_square"].astype("float64") * (1 + 1e-10)
    wide = replace(events, track={**events.track, "chi_square": exact})
    assert_equal(as_stored(wide), events)


def test_simulation_that_recorded_nothing_gives_one_chunk_with_its_sums(tmp_path, events):
    nothing = replace(
        events,
        **{part: {name: column[:0] for name, column in getattr(events, part).items()}
           for part in ("event", "track", "cluster")},
    )  # fmt: skip
    write_spectrometer(tmp_path / "none.root", nothing)
    (back,) = iterate_spectrometer(tmp_path / "none.root")
    assert len(back) == 0 and back.n_generated == 7
    assert back.track["charge"].shape == (0, 3) and back.cluster["x_m"].shape == (0, 1)


def test_data_have_no_truth_and_sums_of_one(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", events)
    copy_without(tmp_path / "events.root", tmp_path / "data.root", *TRUTH)
    data = read(tmp_path / "data.root")
    assert np.all(data.event["n_decays_in_flight"] == -1)
    assert np.all(np.isnan(data.event["true_z_vertex_m"]))
    assert np.all(data.track["true_pdg_id"] == 0)
    assert (data.n_generated, data.sum_weight, data.sum_squared_weight) == (1, 1.0, 1.0)
    assert np.array_equal(data.track["momentum_gev"], events.track["momentum_gev"])


# ------------------------------------------------------------------------------------- data


def with_rich(events, decision):
    """Events of weight 1 with one decision of the RICH for every track."""
    there = events.track["charge"] != 0
    truth = {"true_from_pion": np.where(there, 1, 0).astype("int8")}
    track = {**events.track, **truth, "rich_positron": np.where(there, decision, 0).astype("int8")}
    weights = {"weight": np.ones(len(events)), "generated_weight": np.full(len(events), 0.5)}
    return replace(events, event={**events.event, **weights}, track=track)


def read_data(path, **options):
    (whole,) = iterate_data(path, events_per_chunk=None, **options)
    return whole


def test_simulation_read_as_data_has_no_truth_and_counts_its_events(tmp_path, events):
    given = with_rich(events, 1)
    write_spectrometer(tmp_path / "events.root", given)
    data = read_data(tmp_path / "events.root", rich_for=["lnv"])
    assert np.all(data.event["n_decays_in_flight"] == -1)
    for name in ("true_z_vertex_m", "true_mass_1_gev", "true_mass_2_gev"):
        assert np.all(np.isnan(data.event[name]))
    assert not np.any(data.track["true_pdg_id"])
    assert "generated_weight" not in data.event and "true_from_pion" not in data.track
    assert (data.n_generated, data.sum_weight, data.sum_squared_weight) == (5, 5.0, 5.0)
    for name in ("momentum_gev", "lkr_energy_gev", "muv3_tile", "rich_positron"):
        assert np.array_equal(data.track[name], given.track[name]), name
    # The same file, read as simulation, keeps everything.
    assert_equal(read(tmp_path / "events.root"), given)


def test_the_decision_of_the_rich_is_optional(tmp_path, events):
    write_spectrometer(tmp_path / "without.root", events)
    assert "rich_positron" not in read(tmp_path / "without.root").track
    given = with_rich(events, 1)
    write_spectrometer(tmp_path / "one.root", replace(
        events, event={**events.event, "weight": np.ones(5)}
    ))
    assert "rich_positron" not in read_data(tmp_path / "one.root").track
    with pytest.raises(EventFileError, match=r"one\.root: .* no branch track_rich_positron.*: lnv;"):
        read_data(tmp_path / "one.root", rich_for=["lnv"])
    write_spectrometer(tmp_path / "known.root", given)
    assert "rich_positron" in read(tmp_path / "known.root").track


@pytest.mark.parametrize(("part", "name", "factor", "words"), [
    ("track", "momentum_gev", 1e3, "track_momentum_gev: half of all momenta in GeV .*from MeV"),
    ("track", "lkr_energy_gev", 1e3, "track_lkr_energy_gev: half of all energies over momenta"),
    ("track", "lkr_energy_gev", -1.0, "track_lkr_energy_gev is wrong in .* write 0"),
    ("track", "x_m", 1e3, "track_x_m: half of all distances in m .*from mm"),
    ("track", "x_m", 1e2, "track_x_m: half of all distances in m .*from mm"),
    ("track", "slope_x", 1e3, "track_slope_x: half of all slopes .*from mrad"),
    ("track", "chi_square", -1.0, "track_chi_square is wrong in"),
    ("event", "lav_energy_gev", -1.0, "lav_energy_gev is wrong in 5 of 5 places"),
])  # fmt: skip
def test_data_in_other_units_are_refused_by_name(tmp_path, events, part, name, factor, words):
    given = with_rich(events, 1)
    columns = getattr(given, part)
    write_spectrometer(tmp_path / "own.root", replace(
        given, **{part: {**columns, name: factor * columns[name]}}
    ))
    with pytest.raises(EventFileError, match=rf"own\.root: branch {words}"):
        read_data(tmp_path / "own.root")


@pytest.mark.parametrize("number", [float("nan"), "many", True, None, -1.0])
def test_sums_that_are_no_numbers_are_refused(tmp_path, events, number):
    write_spectrometer(tmp_path / "own.root", events)
    with uproot.open(tmp_path / "own.root") as file:
        metadata = json.loads(str(file["metadata"]))
    write_branches(tmp_path / "own.root", branches_of(tmp_path / "own.root"))
    with uproot.update(tmp_path / "own.root") as file:
        file["metadata"] = json.dumps({**metadata, "sum_weight": number})
    with pytest.raises(EventFileError, match=r"own\.root: `metadata`: sum_weight is .*, no number"):
        read(tmp_path / "own.root")


def test_branches_of_other_names_are_read(tmp_path, events):
    write_spectrometer(tmp_path / "own.root", with_rich(events, 1))
    given = branches_of(tmp_path / "own.root")
    write_branches(tmp_path / "own.root", {"p" if k == "track_momentum_gev" else k: v for k, v in given.items()})
    with pytest.raises(EventFileError, match="no branch track_momentum_gev"):
        read_data(tmp_path / "own.root")
    found = read_data(tmp_path / "own.root", branches={"track_momentum_gev": "p"})
    assert np.array_equal(found.track["momentum_gev"], events.track["momentum_gev"])


def test_events_of_data_have_three_tracks_and_come_once(tmp_path, events):
    given = with_rich(events, 1)
    write_spectrometer(tmp_path / "twice.root", [given, given])
    with pytest.raises(EventFileError, match=r"twice\.root: 5 of 10 events occur more than once"):
        read_data(tmp_path / "twice.root")
    two = {name: np.where(np.arange(5) < 2, v, 0).astype(v.dtype) for name, v in given.track.items()}
    write_spectrometer(tmp_path / "two.root", replace(given, track=two))
    with pytest.raises(EventFileError, match="track_charge is wrong in 5 of 5 .* three tracks"):
        read_data(tmp_path / "two.root")


def test_an_event_of_a_thousand_tracks_is_refused_before_they_are_combined(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", with_rich(events, 1))
    branches = branches_of(tmp_path / "events.root")
    many = {
        name: ak.from_regular(values[:, [0] * 1000]) if name.startswith("track_") else values
        for name, values in branches.items()
    }
    write_branches(tmp_path / "many.root", many)
    with pytest.raises(EventFileError, match=r"many\.root: an event has 1000 tracks, .* at most 40"):
        read_data(tmp_path / "many.root")


def test_a_merged_file_is_refused_by_what_the_first_part_says(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", events)
    with uproot.open(tmp_path / "events.root") as file:
        metadata = str(file["metadata"])
    branches = branches_of(tmp_path / "events.root")
    merged = {name: ak.concatenate([values] * 2) for name, values in branches.items()}
    write_branches(tmp_path / "merged.root", merged)
    with uproot.update(tmp_path / "merged.root") as file:
        file["metadata"] = metadata
    with pytest.raises(EventFileError, match=r"merged\.root: .* 10 entries, but `metadata` tells of 5"):
        read(tmp_path / "merged.root")


def test_a_rich_that_never_decides_is_told(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", with_rich(events, -1))
    assert len(read_data(tmp_path / "events.root")) == 5
    with pytest.raises(EventFileError, match=r"track_rich_positron is -1, not known, for every"):
        read_data(tmp_path / "events.root", rich_for=["lnv"])


def test_data_have_weights_of_one(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", events)
    with pytest.raises(EventFileError, match=r"events\.root: branch weight must be 1"):
        read_data(tmp_path / "events.root")


# ----------------------------------------------------------------------------- readability


def test_uproot_alone_reads_the_file(tmp_path, events):
    write_spectrometer(tmp_path / "events.root", events)
    with uproot.open(tmp_path / "events.root") as file:
        tree = file["Events"]
        assert tree["ntrack"].array().tolist() == [3, 4, 3, 5, 3]
        assert tree["ncluster"].array().tolist() == [0, 2, 1, 0, 0]
        assert [len(row) for row in tree["track_momentum_gev"].array()] == [3, 4, 3, 5, 3]
        assert '"n_generated": 7' in str(file["metadata"])


def test_the_document_lists_every_branch_with_its_type_and_no_other():
    rows = re.findall(r"^\| (`.+?`) \| (\w+) \|", DOCUMENT.read_text(), flags=re.MULTILINE)
    listed = {name: kind for names, kind in rows for name in re.findall(r"`(\w+)`", names)}
    expected = {name: kind for name, (kind, _) in (EVENT_BRANCHES | OPTIONAL_EVENT_BRANCHES).items()}
    tracks = TRACK_BRANCHES | OPTIONAL_TRACK_BRANCHES
    expected |= {f"track_{name}": kind for name, (kind, _) in tracks.items()}
    expected |= {f"cluster_{name}": kind for name, (kind, _) in CLUSTER_BRANCHES.items()}
    assert listed == expected


def test_tiles_are_148_of_which_eight_are_inner():
    assert (MUV3_OUTER_TILES, MUV3_INNER_TILES) == (140, 8)


# --------------------------------------------------------------------------- whole or not at all


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, events):
    path = tmp_path / "events.root"
    write_spectrometer(path, events)
    before = path.read_bytes()

    def fails():
        yield events
        raise RuntimeError("simulation stopped")

    with pytest.raises(RuntimeError):
        write_spectrometer(path, fails())
    with pytest.raises(ValueError, match=r"events\.root: no events to write"):
        write_spectrometer(path, iter([]))
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["events.root"]


def test_only_what_is_there_is_importable():
    from lnvsearch.experiments.na62 import events as module

    with pytest.raises(AttributeError, match="no attribute 'read_everything'"):
        module.read_everything  # noqa: B018
