"""DST events, made of simulated ones, come back as what they were made of."""

import awkward as ak
import numpy as np
import pytest
from dst_arrays import FIELD_T, made_arrays

from lnvsearch.cli import main
from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.dst import files
from lnvsearch.experiments.besiii.dst.command import _PIPE_RADIUS_CM
from lnvsearch.experiments.besiii.dst.conversion import linked_tracks, recorded_events
from lnvsearch.experiments.besiii.events import TRACK_BRANCHES, read_recorded
from lnvsearch.generation.decay_events import generate
from lnvsearch.generation.models import Decay

VERTEX = (0.24, -0.19, 0.5)


@pytest.fixture(scope="module")
def events(response):
    streams = {"base_seed": 6, "sample": "dst"}
    decays = generate(Decay("J/psi(1S)", ["K+", "e-", "K+", "e-"]), 60, **streams)
    return simulate(decays, response, **streams)


@pytest.fixture(scope="module")
def arrays(events):
    return made_arrays(events, VERTEX)


def converted(arrays, **options):
    n = len(arrays["event"])
    options = {"field_z_t": FIELD_T, "n_generated": n, **options}
    return recorded_events(arrays, linked_tracks(arrays), np.tile(VERTEX, (n, 1)), **options)


def test_every_number_comes_back(events, arrays):
    found = converted(arrays)
    assert np.array_equal(found.track_offsets, events.track_offsets)
    assert np.array_equal(found.event_number, 9989 * 10**9 + events.event_number)
    for name in TRACK_BRANCHES:
        if name.startswith("emc_chi"):
            assert np.all(np.isnan(found.track[name])), name
            continue
        want = np.asarray(events.track[name], dtype=float)
        close = np.isclose(found.track[name], want, rtol=2e-5, atol=2e-5, equal_nan=True)
        if name == "phi0":
            close |= np.isclose(abs(found.track[name] - want), 2 * np.pi)
        assert close.all(), (name, found.track[name][~close][:3], want[~close][:3])


def test_true_particles_come_back_and_a_decayed_one_is_its_mother(events, arrays):
    found = converted(arrays)
    assert np.array_equal(found.truth_offsets, events.truth_offsets)
    for name in ("pdg_id", "px", "py", "pz", "energy"):
        assert np.allclose(found.truth[name], events.truth[name]), name
    of_data = converted({k: v for k, v in arrays.items() if k not in ("particles", "hits")})
    assert len(of_data.truth["pdg_id"]) == 0 and np.all(of_data.track["truth_index"] == -1)


def test_a_pion_that_decays_in_the_detector_is_there_and_a_string_is_not():
    from lnvsearch.experiments.besiii.dst.truth import generated

    def particle(index, pdg_id, flags, mother):
        momentum = dict.fromkeys((f"m_{axis}InitialMomentum" for axis in "xyze"), 0.1)
        return {"m_trackIndex": index, "m_particleID": pdg_id, "m_statusFlags": flags, "m_mother": mother,
                **momentum}  # fmt: skip

    # Codes and flags of an event of the experiment's generator: beams, quarks, string, J/psi, pion, muon.
    event = [particle(0, 23, 5, -99), particle(1, 4, 9, 0), particle(2, -4, 1, 0), particle(3, 91, 1, 2),
             particle(4, 443, 1, 3), particle(5, 11, 13, -99), particle(6, -22, 9, 4), particle(7, 211, 1, 4),
             particle(8, -211, 9, 4), particle(9, -13, 2, 7)]  # fmt: skip
    offsets, truth, places = generated(ak.Array([event]))
    assert truth["pdg_id"].tolist() == [211, -211, 22] and offsets.tolist() == [0, 3]
    assert places[0][9] == places[0][7] == 0 and 1 not in places[0]


def test_a_failed_fit_is_left_out_and_counted(events, arrays):
    kalman = ak.to_list(arrays["kalman"])
    kalman[0][0]["m_stat"] = [0, 0, 1, 0, 0]
    tracks = linked_tracks({**arrays, "kalman": ak.Array(kalman)})
    assert tracks.n_without_fit == 1
    assert len(tracks.row) == len(events.track["charge"]) - 1


def test_links_that_do_not_fit_are_refused(arrays):
    links = ak.to_list(arrays["links"])
    event = next(i for i, rows in enumerate(links) if len(rows) > 3)
    first, second = links[event][0], links[event][1]
    first["m_mdcKalTrackId"], second["m_mdcKalTrackId"] = second["m_mdcKalTrackId"], first["m_mdcKalTrackId"]
    with pytest.raises(EventFileError, match="m_mdcKalTrackCol has tracks of other numbers"):
        linked_tracks({**arrays, "links": ak.Array(links)})
    first["m_mdcKalTrackId"] = 40
    with pytest.raises(EventFileError, match="m_mdcKalTrackCol ends before a row"):
        linked_tracks({**arrays, "links": ak.Array(links)})


@pytest.fixture
def as_files(monkeypatch, arrays):
    """DST files that hold the arrays, in two chunks."""
    half = len(arrays["event"]) // 2
    parts = [{k: v[:half] for k, v in arrays.items()}, {k: v[half:] for k, v in arrays.items()}]
    monkeypatch.setattr(files, "_number_of_events", lambda path: len(arrays["event"]))
    monkeypatch.setattr(files, "_chunks", lambda path, with_truth=True: iter(parts))


def test_a_file_is_written_with_the_point_that_its_tracks_say(tmp_path, events, as_files):
    done = files.convert(["one.dst"], tmp_path / "out.root")
    found = read_recorded(tmp_path / "out.root")
    assert len(found) == done.n_events == len(events) == found.n_generated
    (point,) = done.vertex_cm.values()
    # Of four tracks an event, each with 0.02 cm and the beam spot's width.
    assert point[:2] == pytest.approx(VERTEX[:2], abs=0.03)
    assert found.metadata["converted_from"] == ["one.dst"]
    files.convert(["one.dst"], tmp_path / "given.root", vertex_cm=VERTEX)
    given = read_recorded(tmp_path / "given.root")
    assert np.allclose(given.track["dr"], events.track["dr"], atol=1e-6)


def test_a_file_given_twice_is_refused_by_whatever_name(tmp_path, as_files, monkeypatch):
    """Its events would count twice; nor is what is read written over."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.dst").touch()
    (tmp_path / "link.dst").symlink_to("one.dst")
    for files_, words in (
        (["one.dst", "one.dst"], r"^one\.dst: given before, and"),
        (["two.dst", "one.dst", tmp_path / "one.dst"], r"one\.dst: given before as one\.dst, and"),
        (["one.dst", "link.dst"], r"^link\.dst: given before as one\.dst, and its events would count twice; give it once"),
        (["two.dst", "out.root"], r"^out\.root: is one of the files to read"),
    ):
        with pytest.raises(EventFileError, match=words):
            files.convert(files_, "out.root", vertex_cm=VERTEX)
    assert not (tmp_path / "out.root").exists()


@pytest.mark.parametrize("point", ["0 0 1e9", "1e9 0 0", "2.5 2.5 0", "0 nan 0", "0 0 inf", "0 0 -10"])
def test_a_point_outside_the_beam_pipe_is_refused(point, capsys):
    assert main(["convert-dst", "one.dst", "out.root", "--vertex-cm", *point.split()]) == 2
    assert "not in the beam pipe where the beams meet; give centimetres" in capsys.readouterr().err


def test_the_beam_pipe_is_that_of_the_simulation(response):
    assert response.material.beam_pipe_radius_cm == _PIPE_RADIUS_CM


def test_a_wrong_unpacking_of_covariances_is_noticed(monkeypatch, tmp_path, arrays, as_files):
    from lnvsearch.experiments.besiii.dst import conversion

    monkeypatch.setattr(
        conversion.LinkedTracks, "covariance", property(lambda self: self.of("first_fit", "m_err"))
    )
    with pytest.raises(EventFileError, match="Kalman covariance of .* is not positive definite"):
        files.convert(["one.dst"], tmp_path / "out.root", vertex_cm=VERTEX)
    assert not (tmp_path / "out.root").exists()


def test_showers_are_compared_with_the_response_of_simulation(root, events, arrays):
    from lnvsearch.experiments.besiii.dst.showers import shower_of

    found = converted(arrays, shower=shower_of(root / "config/detectors/besiii.yaml"))
    barrel = np.abs(events.track["tan_lambda"]) < 1.0  # all made showers are the barrel's
    for name in ("electron", "pion", "kaon"):
        column = f"emc_chi_{name}"
        assert np.allclose(
            found.track[column][barrel], events.track[column][barrel], rtol=1e-3, atol=1e-3, equal_nan=True
        )
