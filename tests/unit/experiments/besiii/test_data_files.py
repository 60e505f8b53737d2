"""Recorded events that would give a wrong answer without a word are refused, or said what is done."""

from dataclasses import replace

import awkward as ak
import numpy as np
import pytest
import uproot
from root_branches import branches_of, write_branches

from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.besiii.data_files import iterate_data
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.events import (
    COVARIANCE_ELEMENTS,
    read_recorded,
    write_recorded,
)
from lnvsearch.generation.decay_events import generate
from lnvsearch.generation.models import Decay


@pytest.fixture(scope="module")
def events(response):
    streams = {"base_seed": 6, "sample": "data"}
    decays = generate(Decay("J/psi(1S)", ["K+", "e-", "K+", "e-"]), 400, **streams)
    return simulate(decays, response, **streams)


def changed(events, **factors):
    """Events of which columns of tracks are multiplied."""
    track = {**events.track, **{k: v * events.track[k] for k, v in factors.items()}}
    return replace(events, track=track)


COVARIANCES = dict.fromkeys(COVARIANCE_ELEMENTS, 1.0)
MM = {"dr": 10.0, "dz": 10.0} | {
    name: 10.0 ** sum(name.count(part) for part in ("_dr", "_dz")) for name in COVARIANCE_ELEMENTS
}


@pytest.mark.parametrize(("factors", "words"), [
    ({"kappa": 1e-3}, "track_kappa: half of all transverse momenta in GeV .*from MeV"),
    ({"kappa": 0.0}, "track_kappa is wrong in .* charge over the transverse momentum"),
    ({"kappa": -1.0}, "track_charge is wrong in .* sign of track_kappa"),
    ({"emc_energy": 1e3}, "track_emc_energy: half of all showers in GeV .*from MeV"),
    ({"emc_energy": 0.0}, r"track_emc_energy is 0 for all of \d+ tracks"),
    ({"emc_energy": 10.0}, "track_emc_energy: half of all energies over momenta"),
    ({"emc_energy": -1.0}, "track_emc_energy is wrong in .* write 0 where there is no shower"),
    ({"dz": 10.0}, "track_dz: half of all distances dz in their standard deviations .*write dz in cm"),
    ({"tan_lambda": 57.29578}, "track_tan_lambda: half of all ratios .* no angle"),
    ({"phi0": 57.29578}, "track_phi0 is wrong in .* radians"),
    (MM, "track_cov_dr_dr: half of all standard deviations of dr in cm .*from mm"),
    ({"dr": 10.0, "dz": 10.0}, "track_dr: half of all distances dr in their standard deviations"),
    (dict.fromkeys(COVARIANCES, 1e30), "track_cov_dr_dr: half of all standard deviations"),
    (dict.fromkeys(COVARIANCES, 0.0), r"covariance of (\d+) of \1 tracks is not positive definite, or without bounds \(100"),
    (dict.fromkeys(COVARIANCES, -1.0), r"covariance of (\d+) of \1 tracks is not positive definite, or without bounds \(100"),
    ({name: 1e15 ** (name.count("dz")) for name in COVARIANCES if "dz" in name},
     "track_cov_dz_dz: half of all standard deviations of dz in cm"),
    ({"cov_kappa_kappa": 1e-6}, "track_cov_kappa_kappa: half of all relative standard deviations"),
    ({"cov_phi0_phi0": 3283.0}, "track_cov_phi0_phi0: half of all standard deviations of phi0 in rad"),
    ({"cov_tan_lambda_tan_lambda": 3283.0}, "track_cov_tan_lambda_tan_lambda: half of all standard deviations"),
    ({"dr": 0.0, "dz": 0.0}, "track_dr: half of all distances dr in their standard deviations"),
    ({"dz": 0.01}, "track_dz: half of all distances dz in their standard deviations"),
    ({"dz": 10.0, **{name: 10.0 ** name.count("_dz") for name in COVARIANCES if "_dz" in name}},
     "track_cov_dz_dz: half of all standard deviations of dz in cm"),
    ({"tan_lambda": 0.0}, "track_tan_lambda: half of all ratios"),
    ({"cov_kappa_phi0": 30.0}, r"covariance of \d+ of \d+ tracks is not positive definite, or without bounds \(\d"),
])  # fmt: skip
def test_other_units_and_covariances_are_refused_by_name(tmp_path, events, factors, words):
    write_recorded(tmp_path / "own.root", changed(events, **factors))
    with pytest.raises(EventFileError, match=rf"own\.root: .*{words}"):
        list(iterate_data(tmp_path / "own.root", 100))


@pytest.mark.parametrize(("name", "factor", "words"), [
    ("kappa", 1e-3, "transverse momenta in GeV .* are above the 0.005 to 10 that can be; .*from MeV"),
    ("kappa", 1e3, "transverse momenta in GeV .* are below the 0.005 to 10"),
    ("emc_energy", 1e3, "showers in GeV .* are above the 0.002 to 10 .*from MeV"),
    ("emc_energy", 1e-3, "showers in GeV .* are below the 0.002 to 10"),
    ("tan_lambda", "degrees", "ratios of p_z to pT .* are above the 0 to 10 .* no angle"),
])  # fmt: skip
def test_one_run_of_twenty_in_other_units_is_refused(tmp_path, events, name, factor, words):
    values = events.track[name].astype(float)
    other = np.degrees(np.arctan(values)) if factor == "degrees" else factor * values
    is_other = np.repeat(np.arange(400) % 20 == 7, np.diff(events.track_offsets))
    write_recorded(tmp_path / "own.root", with_columns(events, **{name: np.where(is_other, other, values)}))
    with pytest.raises(EventFileError, match=rf"branch track_{name}: \d+ of \d+ {words}.* in all parts of the file"):
        list(iterate_data(tmp_path / "own.root"))


def test_a_few_tracks_that_were_measured_wrongly_are_accepted(tmp_path, events):
    kappa = events.track["kappa"].copy()
    kappa[:3] *= 1e-3
    write_recorded(tmp_path / "own.root", with_columns(events, kappa=kappa))
    assert sum(map(len, iterate_data(tmp_path / "own.root"))) == 400


def test_a_momentum_in_the_place_of_kappa_is_refused(tmp_path, events):
    track = {**events.track, "kappa": 1.0 / events.track["kappa"]}
    write_recorded(tmp_path / "own.root", replace(events, track=track))
    with pytest.raises(EventFileError, match="track_kappa: .* not the momentum"):
        list(iterate_data(tmp_path / "own.root"))


def with_columns(events, **columns):
    return replace(events, track={**events.track, **columns})


def first(values, value, number):
    """The column with another value in its first places."""
    return np.concatenate([np.full(number, value), values[number:]])


@pytest.mark.parametrize(("change", "words"), [
    (lambda t: {"phi0": 0.159 * t["phi0"]}, "track_phi0: the tracks of an event balance no better"),
    (lambda t: {"phi0": np.degrees(t["phi0"]) % (2 * np.pi)}, "track_phi0: the tracks of an event balance no better"),
    (lambda t: {"tan_lambda": np.arctan(t["tan_lambda"])}, "track_tan_lambda: 1 % of all ratios .* no cosine"),
    (lambda t: {"tan_lambda": np.sin(np.arctan(t["tan_lambda"]))}, "track_tan_lambda: 1 % of all ratios"),
    (lambda t: {"tan_lambda": np.arctan2(1.0, t["tan_lambda"])}, "track_tan_lambda: 100% are positive"),
    (lambda t: {"charge": np.abs(t["charge"]), "kappa": np.abs(t["kappa"])}, "track_charge: the mean is 1, "),
    (lambda t: {"kappa": first(t["kappa"], 1e-3, 300) * np.sign(t["charge"]) * np.sign(first(t["kappa"], 1, 300))},
     "track_kappa: 2.% of all transverse momenta in GeV are above .* in all parts of the file"),
    (lambda t: {"dr": first(t["dr"], 1e200, 3)}, "track_dr is wrong in 3 of .* none can be beyond"),
    (lambda t: {"emc_energy": first(t["emc_energy"], 2e30, 3)}, "track_emc_energy is wrong in 3 of .* beyond"),
])  # fmt: skip
def test_what_medians_do_not_show_is_refused_by_name(tmp_path, events, change, words):
    write_recorded(tmp_path / "own.root", with_columns(events, **change(events.track)))
    with pytest.raises(EventFileError, match=rf"own\.root: branch {words}"):
        list(iterate_data(tmp_path / "own.root"))


@pytest.mark.parametrize("daughters", [
    pytest.param(["p", "p~", "pi+", "pi-"], id="protons, of which all three hypotheses are wrong"),
    pytest.param([Decay("phi(1020)", ["K+", "K-"]), Decay("eta", ["gamma", "gamma"])], id="pairs that fly one way"),
])
def test_tracks_of_other_decays_are_accepted(tmp_path, response, daughters):
    streams = {"base_seed": 6, "sample": "other"}
    other = simulate(generate(Decay("J/psi(1S)", daughters), 300, **streams), response, **streams)
    write_recorded(tmp_path / "own.root", other)
    if np.diff(other.track_offsets).max() < 4:
        with pytest.raises(EventFileError, match="none of 300 events has more than . tracks"):  # at the end
            list(iterate_data(tmp_path / "own.root"))
    else:
        assert sum(map(len, iterate_data(tmp_path / "own.root"))) == 300


def deviations(events, detector, change):
    names = [f"{detector}_chi_{hypothesis}" for hypothesis in ("electron", "pion", "kaon")]
    return with_columns(events, **{name: change(events.track[name].astype(float)) for name in names})


def probability(chi):
    from scipy.stats import chi2

    return chi2.sf(chi**2, 1)


@pytest.mark.parametrize("change", [
    pytest.param(probability, id="probabilities"), pytest.param(np.square, id="chi squares"),
    pytest.param(np.abs, id="sizes"), pytest.param(np.negative, id="sign"),
    pytest.param(lambda chi: 10.0 * chi, id="times 10"), pytest.param(lambda chi: 1000.0 * chi, id="times 1000"),
    pytest.param(lambda chi: 0.1 * chi, id="divided by 10"), pytest.param(lambda chi: 0.0 * chi, id="zero"),
    pytest.param(lambda chi: np.where(np.arange(chi.size).reshape(chi.shape) % 50, chi, -999.0), id="-999 for nothing"),
    pytest.param(lambda chi: np.where(chi > 3.0, np.inf, chi), id="infinity"),
    pytest.param(lambda chi: 1.0 + 0.06 * chi, id="raw"),
])
@pytest.mark.parametrize("detector", ["dedx", "tof"])
def test_deviations_in_other_than_standard_deviations_are_refused(tmp_path, events, detector, change):
    write_recorded(tmp_path / "own.root", deviations(events, detector, change))
    with pytest.raises(EventFileError, match=rf"own\.root: branch track_{detector}_chi_.*write "):
        list(iterate_data(tmp_path / "own.root"))


@pytest.mark.parametrize("change", [probability, lambda chi: 10.0 * chi, lambda chi: 0.01 * chi])
def test_deviations_of_showers_in_another_scale_are_refused(tmp_path, events, change):
    write_recorded(tmp_path / "own.root", deviations(events, "emc", change))
    with pytest.raises(EventFileError, match=r"own\.root: branch track_emc_chi_.*write "):
        list(iterate_data(tmp_path / "own.root"))


@pytest.mark.parametrize("exchanged", [("electron", "pion"), ("pion", "kaon"), ("electron", "kaon")])
@pytest.mark.parametrize("detector", ["dedx", "tof"])
def test_exchanged_hypotheses_are_refused(tmp_path, events, detector, exchanged):
    one, other = (f"{detector}_chi_{hypothesis}" for hypothesis in exchanged)
    swapped = with_columns(events, **{one: events.track[other], other: events.track[one]})
    write_recorded(tmp_path / "own.root", swapped)
    with pytest.raises(EventFileError, match=rf"branch track_{detector}_chi_\w+: half of all differences to"):
        list(iterate_data(tmp_path / "own.root"))


def test_tracks_of_which_nothing_or_one_hypothesis_is_known_are_refused(tmp_path, events):
    none = {name: np.full_like(values, np.nan) for name, values in events.track.items() if "_chi_" in name}
    write_recorded(tmp_path / "none.root", with_columns(events, **none))
    with pytest.raises(EventFileError, match=r"NaN for all of \d+ tracks: no kaon can be told from a pion"):
        list(iterate_data(tmp_path / "none.root"))
    one = "dedx_chi_kaon"
    write_recorded(tmp_path / "one.root", with_columns(events, **{one: none[one]}))
    with pytest.raises(EventFileError, match="track_dedx_chi_kaon is NaN for .* write all three, or NaN in all"):
        list(iterate_data(tmp_path / "one.root"))


def test_event_numbers_beyond_64_bits_are_refused(written):
    numbers = np.arange(400, dtype="uint64") + np.uint64(2**63)
    write_branches(written, {**branches_of(written), "event_number": ak.Array(numbers)})
    with pytest.raises(EventFileError, match="event_number holds numbers beyond int64"):
        list(iterate_data(written))


@pytest.mark.parametrize("change", [
    pytest.param(lambda values: values, id="as it is"), pytest.param(lambda values: values[:, ::-1], id="reordered"),
    pytest.param(lambda values: ak.values_astype(ak.values_astype(values, "float32"), "float64"), id="float32"),
])
def test_a_copy_under_new_event_numbers_is_refused(written, change):
    one = {k: v for k, v in branches_of(written).items() if not k.startswith("truth_")}
    copy = {name: change(v) if v.ndim == 2 and ("float64" in str(v.type) or change(v[:1]).type == v[:1].type) else v
            for name, v in one.items()}  # fmt: skip
    both = {name: ak.concatenate([v[:50], copy[name]]) for name, v in one.items()}
    write_branches(written, {**both, "event_number": ak.Array(np.arange(450))})
    with pytest.raises(EventFileError, match=r"(4\d|50) of 4\d\d events occur more than once, .* same tracks"):
        list(iterate_data(written, 100))


def test_a_track_that_is_there_twice_in_an_event_is_refused(written):
    branches = {k: v for k, v in branches_of(written).items() if not k.startswith("truth_")}
    twice = {name: ak.concatenate([v, v[:, :1]], axis=1) if v.ndim == 2 else v for name, v in branches.items()}
    write_branches(written, twice)
    with pytest.raises(EventFileError, match=r"of 400 events have the same track twice, .* write every track once"):
        list(iterate_data(written))


@pytest.mark.parametrize(("numbers", "words"), [
    (np.zeros(400, dtype="int64"), "event_number is 0 for all 400 events"),
    (np.arange(400) + 0.5, r"event_number holds values of the type float64; write integers \(int64\)"),
    (np.arange(400) > 3, r"event_number holds values of the type bool; write integers \(int64\)"),
])  # fmt: skip
def test_event_numbers_that_tell_nothing_are_refused(written, numbers, words):
    write_branches(written, {**branches_of(written), "event_number": ak.Array(numbers)})
    with pytest.raises(EventFileError, match=rf"own\.root: branch {words}"):
        list(iterate_data(written))


def test_an_event_of_a_thousand_tracks_is_refused_before_they_are_combined(written):
    many = {
        name: ak.from_regular(values[:1][:, [0] * 1000]) if name.startswith("track_") else values[:1]
        for name, values in branches_of(written).items() if not name.startswith("truth_")
    }
    write_branches(written, many)
    with pytest.raises(EventFileError, match=r"own\.root: an event has 1000 tracks, .* at most 40"):
        list(iterate_data(written))


def test_a_file_without_an_event_of_four_tracks_is_refused(written):
    branches = {name: values[:, :3] if name.startswith("track_") else values
                for name, values in branches_of(written).items() if not name.startswith("truth_")}  # fmt: skip
    write_branches(written, branches)
    with pytest.raises(EventFileError, match=r"own\.root: none of 400 events has more than 3 tracks, where 4 "):
        list(iterate_data(written, 100))


def test_weights_of_variations_do_not_reach_data(tmp_path, events):
    path = tmp_path / "own.root"
    write_recorded(path, replace(events, weights={"other": np.full(len(events), np.nan)}))
    assert all(chunk.weights == {} for chunk in iterate_data(path))
    sound = {"other": np.linspace(0.0, 2.0, len(events))}
    write_recorded(path, replace(events, weights=sound))
    assert np.array_equal(read_recorded(path).weights["other"], sound["other"])


def test_branches_of_other_names_are_read(written):
    names = {"track_kappa": "q_over_pt", "event_number": "evt"}
    (expected,) = iterate_data(written)
    write_branches(written, {names.get(k, k): v for k, v in branches_of(written).items()})
    with pytest.raises(EventFileError, match="no branch event_number, track_kappa; .*under `branches`"):
        list(iterate_data(written))
    (found,) = iterate_data(written, branches=names)
    assert np.array_equal(found.track["kappa"], expected.track["kappa"])
    assert np.array_equal(found.event_number, expected.event_number)
    for wrong, words in (
        ({"track_kappa": "kap"}, "no branch kap, which `branches` gives for track_kappa; give one of .*evt"),
        ({"track_pt": "q_over_pt"}, "`branches`: track_pt is not the name of a branch"),
    ):  # fmt: skip
        with pytest.raises(EventFileError, match=words):
            list(iterate_data(written, branches=wrong))


def test_an_rntuple_with_fields_of_structures_is_read(written):
    (expected,) = iterate_data(written)
    given = branches_of(written)
    track = {k.removeprefix("track_"): v for k, v in given.items() if k.startswith("track_")}
    columns = {k: v for k, v in given.items() if "_" not in k or k == "event_number"}
    with uproot.recreate(written) as file:
        file.mkrntuple("Events", {**columns, "track": ak.zip(track)})
    (found,) = iterate_data(written)
    for name, values in expected.track.items():
        assert np.array_equal(found.track[name], values, equal_nan=True), name
    parts = list(iterate_data(written, 150))
    assert [len(part) for part in parts] == [150, 150, 100]


@pytest.mark.parametrize("content", ["text", np.histogram([1.0, 2.0])])
def test_what_is_no_tree_is_named(tmp_path, content):
    with uproot.recreate(tmp_path / "own.root") as file:
        file["Events"] = content
    with pytest.raises(EventFileError, match=r"own\.root: Events is a .*, no tree of events"):
        list(iterate_data(tmp_path / "own.root"))


def test_weights_are_refused(tmp_path, events):
    write_recorded(tmp_path / "own.root", replace(events, weight=3.0 * events.weight))
    with pytest.raises(EventFileError, match="branch weight is wrong in 100 of 100 places"):
        list(iterate_data(tmp_path / "own.root", 100))


def test_good_events_come_back_without_truth(tmp_path, events):
    write_recorded(tmp_path / "own.root", events)
    chunks = list(iterate_data(tmp_path / "own.root", 150))
    assert [len(chunk) for chunk in chunks] == [150, 150, 100]
    kappa = np.concatenate([chunk.track["kappa"] for chunk in chunks])
    assert np.array_equal(kappa, events.track["kappa"])
    assert all(len(chunk.truth["pdg_id"]) == 0 for chunk in chunks)
    assert all(np.all(chunk.track["truth_index"] == -1) for chunk in chunks)


def test_an_event_that_is_there_twice_is_refused_but_not_one_of_another_run(tmp_path, events):
    write_recorded(tmp_path / "twice.root", [replace(events, n_generated=800)] * 2)
    with pytest.raises(EventFileError, match=r"twice\.root: \d+ of \d+ events occur more than once, .*write every event once"):
        list(iterate_data(tmp_path / "twice.root", 100))
    other = changed(events, phi0=0.99)
    write_recorded(tmp_path / "runs.root", [replace(one, n_generated=800) for one in (events, other)])
    assert sum(map(len, iterate_data(tmp_path / "runs.root", 100))) == 800


def test_a_few_unusable_covariances_are_dropped_or_raised_and_told(tmp_path, events, capsys):
    track = {name: values.copy() for name, values in events.track.items()}
    track["cov_dz_dz"][5] = -1.0
    for name in COVARIANCE_ELEMENTS:  # a correlation of 1, and no other: singular but for rounding
        _, first, second = name.replace("tan_lambda", "tanlambda").split("_")
        if first != second:
            track[name][20] = 0.0
    product = np.sqrt(track["cov_phi0_phi0"][20] * track["cov_dr_dr"][20])
    track["cov_phi0_dr"][20] = product * (1.0 + 1e-7)
    write_recorded(tmp_path / "own.root", replace(events, track=track))
    (chunk,) = iterate_data(tmp_path / "own.root")
    said = capsys.readouterr().out
    n = len(track["dr"])
    assert f"the covariance of 1 of {n} tracks is not positive definite, or without bounds: these tracks are dropped" in said
    assert f"1 of {n} tracks is not positive definite by rounding: its lowest eigenvalue was raised" in said
    assert len(chunk.track["dr"]) == n - 1 and chunk.track_offsets[-1] == n - 1
    assert np.array_equal(np.delete(track["kappa"], 5), chunk.track["kappa"])
    lowest = np.linalg.eigvalsh(chunk.track_covariance())[:, 0]
    assert np.all(lowest > 0.0)
    unchanged = np.delete(np.arange(n), [5, 20])
    assert np.array_equal(np.delete(chunk.track["cov_phi0_dr"], 19), track["cov_phi0_dr"][unchanged])


# ----------------------------------------------------------------- what a file says of itself


@pytest.fixture
def written(tmp_path, events):
    write_recorded(tmp_path / "own.root", events)
    return tmp_path / "own.root"


@pytest.mark.parametrize(("metadata", "words"), [
    ("[1, 2]", "no JSON object"), ("null", "no JSON object"), ("{", "not JSON"),
    ('{"n_generated": "many"}', "n_generated 'many' is no integer"),
    ('{"n_generated": true}', "n_generated True is no integer"),
    ('{"n_generated": NaN}', "n_generated nan is no integer"),
    ('{"n_generated": ' + 400 * "9" + "}", r"n_generated 9{40} is no integer \(of 64 bits"),
    (2000 * '{"metadata": ' + "1" + 2000 * "}", "not JSON"),
    ('{"n_generated": 400.0}', "n_generated 400.0 is no integer"),
    ('{"n_generated": 3}', "n_generated 3 is less than the 400 entries of the tree"),
    ('{"n_generated": 0}', "n_generated 0 is no number of events for a tree with 400"),
    ('{"n_generated": -5}', "n_generated -5 is no number of events"),
    ('{"n_events": 0}', "n_events 0 is no number of events"),
    ('{"n_events": -1, "n_generated": 600}', "n_events -1 is no number of events"),
    ('{"metadata": [1]}', "no JSON object, or holds none"),
    ('{"n_generated": 400, "run": 7}', "`metadata` has run, which nothing reads"),
    ('{"n_generated": 600, "n_events": 600}', "400 of 600 events that were written"),
    ('{"n_generated": 600, "n_events": 200}', r"tells of 200: a merged file \(hadd\)"),
])  # fmt: skip
def test_metadata_of_a_wrong_shape_or_of_other_events_is_refused(written, metadata, words):
    write_branches(written, branches_of(written), metadata)
    with pytest.raises(EventFileError, match=rf"own\.root: .*{words}"):
        read_recorded(written)


def test_a_merged_file_is_refused_by_what_the_first_part_says(written):
    """As hadd makes it: trees below one another, and the first metadata."""
    with uproot.open(written) as file:
        metadata = str(file["metadata"])
    one = branches_of(written)
    merged = {name: ak.concatenate([values, values]) for name, values in one.items()}
    write_branches(written.with_name("merged.root"), merged, metadata)
    with pytest.raises(EventFileError, match=r"merged\.root: .* 800 entries, but `metadata` tells of 400"):
        read_recorded(written.with_name("merged.root"))
    # A file that was cut to fewer whole events.
    write_branches(written, {name: values[:300] for name, values in one.items()}, metadata)
    with pytest.raises(EventFileError, match=r"own\.root: .* 300 of 400 events that were written"):
        read_recorded(written)


@pytest.mark.parametrize(("name", "values"), [
    ("track_kappa", np.ones(400)),
    ("track_charge", np.ones(400, dtype="int8")),
    ("weight", ak.Array([[1.0]] * 400)),
    ("track_charge", ak.Array(["+"] * 400)),
])
def test_a_branch_of_another_type_is_named(written, name, values):
    write_branches(written, {**branches_of(written), name: ak.Array(values)})
    with pytest.raises(EventFileError, match=rf"own\.root: branch {name} holds values of the type"):
        read_recorded(written)


@pytest.mark.parametrize(("name", "kind", "words"), [
    ("event_number", "float32", "float32; write integers"),
    ("track_charge", "float64", "float64; write integers"),
    ("track_charge", "bool", r"bool; write integers \(int8\)"),
    ("track_emc_energy", "bool", "bool; write floating-point numbers"),
    ("truth_pdg_id", "float32", "float32; write integers"),
    ("weight", "int32", "int32; write floating-point numbers"),
    ("track_kappa", "int64", "int64; write floating-point numbers"),
    ("track_dedx_chi_pion", "int8", "int8; write floating-point numbers"),
])  # fmt: skip
def test_integers_for_real_numbers_and_the_reverse_are_named(written, name, kind, words):
    given = branches_of(written)
    values = given[name] if name != "track_dedx_chi_pion" else ak.zeros_like(given[name])
    write_branches(written, {**given, name: ak.values_astype(values, kind)})
    with pytest.raises(EventFileError, match=rf"own\.root: branch {name} holds values of the type {words}"):
        read_recorded(written)


def test_other_widths_of_the_same_kind_are_read(written):
    given, (expected,) = branches_of(written), iterate_data(written)
    kinds = {"event_number": "uint32", "track_charge": "int64", "weight": "float32", "track_kappa": "float32",
             "track_emc_energy": "float64"}  # fmt: skip
    write_branches(written, {**given, **{name: ak.values_astype(given[name], kind) for name, kind in kinds.items()}})
    (found,) = iterate_data(written)
    assert np.array_equal(found.event_number, expected.event_number)
    assert np.array_equal(found.track["charge"], expected.track["charge"])
    assert np.allclose(found.track["kappa"], expected.track["kappa"])


def test_the_tree_may_have_another_name(written):
    path = written.with_name("named.root")
    branches = branches_of(written)
    with uproot.recreate(path) as file:
        file.mktree("ntuple", {name: values.type for name, values in branches.items()})
        file["ntuple"].extend(branches)
    assert sum(map(len, iterate_data(path, tree_name="ntuple"))) == 400
    with pytest.raises(EventFileError, match=r"named\.root: no tree named Events \(it holds: ntuple"):
        list(iterate_data(path))


@pytest.mark.parametrize("number", [-999.0, 99.0, 9999.0, -1e9, 1e20, 3.4028234663852886e38, -2147483648.0])
@pytest.mark.parametrize(("name", "fix"), [
    ("dedx_chi_pion", "write NaN"), ("emc_chi_kaon", "write NaN"), ("emc_energy", "write 0 where there is no shower"),
    ("dz", "leave out what is no track"), ("kappa", "leave out"), ("cov_dz_dr", "leave out"),
])  # fmt: skip
def test_a_single_number_for_what_is_not_there_is_refused(tmp_path, events, name, number, fix):
    values = events.track[name].copy()
    values[[7, 9]] = number
    write_recorded(tmp_path / "own.root", with_columns(events, **{name: values}))
    with pytest.raises(EventFileError, match=rf"own\.root: branch track_{name} is \S+ in 2 of \d+ places, .*; {fix}"):
        list(iterate_data(tmp_path / "own.root"))


@pytest.mark.parametrize("number", [0.0, -1.0, 12.5])
def test_one_number_under_all_hypotheses_is_refused(tmp_path, events, number):
    names = [f"tof_chi_{hypothesis}" for hypothesis in ("electron", "pion", "kaon")]
    known = np.flatnonzero(np.isfinite(events.track[names[0]]))[:5]
    columns = {name: events.track[name].copy() for name in names}
    for values in columns.values():
        values[known] = number
    write_recorded(tmp_path / "own.root", with_columns(events, **columns))
    with pytest.raises(EventFileError, match=rf"track_tof_chi_\*: 5 of \d+ tracks have one number .{number:g}. under all"):
        list(iterate_data(tmp_path / "own.root"))
