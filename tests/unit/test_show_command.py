"""`lnvsearch show`: an event as a picture, and what stays closed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lnvsearch import cli, particles
from lnvsearch.experiments.besiii import event_display as collider
from lnvsearch.experiments.besiii.chain import Simulation, simulate
from lnvsearch.experiments.besiii.events import write_recorded
from lnvsearch.experiments.na62.event_files import without_truth, write_spectrometer
from lnvsearch.experiments.na62.events import CLUSTER_BRANCHES, EVENT_BRANCHES, TRACK_BRANCHES, SpectrometerEvents
from lnvsearch.experiments.na62.publication.figures import event_display as kaons

ROOT = Path(__file__).resolve().parents[2]


def settings(name):
    import quick_yaml

    return quick_yaml.load((ROOT / f"config/detectors/{name}.yaml").read_text())


def show(file, number, output, *options):
    detector = "besiii" if "besiii" in str(file) else "na62"
    return cli.main([
        "show", str(file), "--event", str(number), "--output", str(output), "--detector",
        str(ROOT / f"config/detectors/{detector}.yaml"), *options,
    ])  # fmt: skip


@pytest.fixture(scope="module")
def collisions():
    """Forty decays J/psi -> K+ K+ e- e- as BESIII records them."""
    simulation = Simulation.from_mapping({
        "generation": {
            "decay": {"parent": "J/psi(1S)", "daughters": ["K+", "e-", "K+", "e-"]},
            "cocktail": None, "beam": {"momentum_x_gev": 0.034, "momentum_z_spread_gev": 0.001},
            "final_state_radiation": False, "charge_conjugate": False,
        },
        "detector": settings("besiii"),
    })
    return next(simulate(simulation, 160, base_seed=1, sample="shown"))


def decay_of_kaon(mass_gev=None):
    """One event of a K+ -> pi- e+ e+ of 75 GeV at z = 130 m whose three lines meet there."""
    mass = particles.mass_gev("K+") if mass_gev is None else mass_gev
    pion, electron = particles.mass_gev("pi-"), particles.mass_gev("e+")
    # Pion and one electron back to back in x at rest, the other electron at rest almost.
    momentum = (mass**2 - pion**2) / (2 * mass)
    rest = np.array([
        [np.hypot(pion, momentum), momentum, 0.0, 0.0], [momentum, -momentum, 0.0, 0.0],
        [electron, 0.0, 0.0, 0.0],
    ])  # fmt: skip
    gamma = 75.0 / mass
    boosted = rest.copy()
    boosted[:, 3] = np.sqrt(gamma**2 - 1.0) * rest[:, 0]
    boosted[:, 0] = gamma * rest[:, 0]
    p = np.linalg.norm(boosted[:, 1:], axis=1)
    slopes = boosted[:, 1:3] / boosted[:, 3:4]
    first, last, vertex = 183.508, 218.885, 130.0
    track = {name: np.zeros((1, 3), dtype=kind) for name, (kind, _) in TRACK_BRANCHES.items()}
    track["charge"][0] = [-1, 1, 1]
    track["momentum_gev"][0] = p
    track["muv3_tile"][0] = -1
    track["true_pdg_id"][0] = [-211, -11, -11]
    for i, axis in enumerate("xy"):
        track[f"slope_{axis}"][0] = track[f"downstream_slope_{axis}"][0] = slopes[:, i]
        track[f"{axis}_m"][0] = slopes[:, i] * (first - vertex)
        track[f"downstream_{axis}_m"][0] = slopes[:, i] * (last - vertex)
    cluster = {name: np.zeros((1, 1), dtype=kind) for name, (kind, _) in CLUSTER_BRANCHES.items()}
    event = {name: np.ones(1, dtype=kind) for name, (kind, _) in EVENT_BRANCHES.items()}
    return SpectrometerEvents(event, track, cluster, 1, 1.0, 1.0)


def test_helices_leave_the_point_of_closest_approach_along_the_momentum(collisions):
    size = collider._Sizes(settings("besiii"))
    for i in range(len(collisions.track["charge"])):
        track = {name: float(values[i]) for name, values in collisions.track.items()}
        path = collider._helix(track, size)
        phi = track["phi0"]
        begin = 0.01 * track["dr"] * np.array([np.cos(phi), np.sin(phi)])
        assert path[0] == pytest.approx([*begin, 0.01 * track["dz"]])
        step = path[1] - path[0]
        along = np.array([-np.sin(phi), np.cos(phi), track["tan_lambda"]])
        cosine = step @ along / np.linalg.norm(step) / np.linalg.norm(along)
        assert cosine > 0.9999
        # Positive charges turn clockwise, seen from +z.
        after = path[2] - path[1]
        turn = step[0] * after[1] - step[1] * after[0]
        assert np.sign(turn) == -np.sign(track["charge"])


def test_lines_of_a_kaon_meet_at_its_vertex():
    lines = kaons._Lines(decay_of_kaon(), settings("na62"))
    assert lines.z_vertex == pytest.approx(130.0)


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_an_event_of_either_experiment_becomes_a_picture(kind, collisions, tmp_path, capsys):
    write_recorded(tmp_path / "besiii.root", collisions)
    write_spectrometer(tmp_path / "na62.root", decay_of_kaon())
    for name, number in (("besiii", collisions.event_number[3]), ("na62", 1)):
        output = tmp_path / f"{name}.{kind}"
        assert show(tmp_path / f"{name}.root", number, output) == 0
        assert output.read_bytes()[:4] == {"png": b"\x89PNG", "pdf": b"%PDF"}[kind]
    capsys.readouterr()


def test_recorded_events_that_could_be_signal_stay_closed(collisions, tmp_path, capsys):
    nothing = {name: values[:0] for name, values in collisions.truth.items()}
    data = replace(
        collisions, truth=nothing, truth_offsets=np.zeros(len(collisions) + 1, dtype=int)
    )
    four = [n for n in data.event_number
            if len(collider.pick_event(data, n).track["charge"]) == 4
            and collider.could_be_signal(collider.pick_event(data, n))]
    assert len(four) > 5
    write_recorded(tmp_path / "besiii.root", data)
    write_spectrometer(tmp_path / "na62.root", without_truth(decay_of_kaon()))
    for name, number in (("besiii", four[0]), ("na62", 1)):
        output = tmp_path / f"{name}.png"
        assert show(tmp_path / f"{name}.root", number, output) == 2
        assert "closed" in capsys.readouterr().err and not output.exists()
        assert show(tmp_path / f"{name}.root", number, output, "--open") == 0
        assert output.exists()
    capsys.readouterr()


def test_a_kaon_far_from_its_mass_is_no_signal_and_is_shown(tmp_path, capsys):
    far = without_truth(decay_of_kaon(0.400))
    assert not kaons.could_be_signal(far) and kaons.could_be_signal(decay_of_kaon())
    write_spectrometer(tmp_path / "na62.root", far)
    assert show(tmp_path / "na62.root", 1, tmp_path / "far.png") == 0
    capsys.readouterr()


@pytest.mark.parametrize(("arguments", "said"), [
    (["--event", "99"], "no event 99"), (["--event", "1", "--output", "x.gif"], ".png or .pdf"),
    (["--event", "1", "--tree", "T"], "no tree T (it holds: Events"), (["--event", "1", "--detector", "no"], "--detector"),
])  # fmt: skip
def test_what_cannot_be_shown_is_said_in_a_line(arguments, said, tmp_path, capsys):
    write_spectrometer(tmp_path / "na62.root", decay_of_kaon())
    assert cli.main(["show", str(tmp_path / "na62.root"), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
