"""Probes of identification: kinematics alone must tell the control decays apart."""

from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch.experiments.na62.detector.simulate import Na62Detector, simulate_spectrometer
from lnvsearch.experiments.na62.selection.probes import (
    Kinematics,
    Probes,
    muons_of_kmu2,
    pions_of_k3pi,
    positrons_of_ke3,
    shares,
    silent_probability,
)
from lnvsearch.experiments.na62.selection.settings import SelectionDetector
from lnvsearch.generation.kaon import generate_kaon_decays

ROOT = Path(__file__).parents[5]
SETTINGS = quick_yaml.load((ROOT / "config/detectors/na62.yaml").read_text())
DETECTOR = SelectionDetector.from_mapping(SETTINGS)
N = 20_000


@pytest.fixture(scope="module")
def recorded():
    """mode -> recorded events with one track or more, pions decaying as they do."""
    made = {}

    def simulate(mode):
        if mode not in made:
            made[mode] = simulate_spectrometer(
                generate_kaon_decays(mode, N, base_seed=8, sample=mode),
                Na62Detector.from_settings(SETTINGS), base_seed=8, sample=mode,
                minimum_tracks=3 if mode == "pi_pi_pi" else 1,
            )  # fmt: skip
        return made[mode]

    return simulate


def test_muons_of_kmu2_are_muons_and_nothing_else_gets_in(recorded):
    probes = muons_of_kmu2(recorded("mu_nu"), DETECTOR, Kinematics())
    assert len(probes.charge) > 0.3 * N
    assert np.all(probes.true_pdg_id == -13) and np.all(probes.charge == 1)
    assert len(probes.of_kind("mu+").charge) == len(probes.charge)
    # Most have a signal of the muon detector: they are where it is, and pass the iron.
    assert np.mean(probes.muv3_tile >= 0) > 0.95
    for mode in ("pi_pi0", "mu_nu_pi0"):
        others = muons_of_kmu2(recorded(mode), DETECTOR, Kinematics())
        assert len(others.charge) < 2e-3 * len(probes.charge), mode


def test_the_missing_mass_of_a_neutrino_is_zero_within_its_resolution(recorded):
    """Half the window keeps more than half: the distribution peaks at zero."""
    wide, narrow = (
        len(muons_of_kmu2(recorded("mu_nu"), DETECTOR,
                          Kinematics(missing_mass_squared_maximum_gev2=window)).charge)
        for window in (0.010, 0.005)
    )
    assert 0.55 * wide < narrow < wide


def test_positrons_of_ke3_are_told_from_pions_by_two_windows(recorded):
    windows = Kinematics(transverse_momentum_minimum_gev=0.040,
                         pi0_mass_squared_distance_minimum_gev2=0.020)
    found = {
        name: [len(positrons_of_ke3(recorded(mode), DETECTOR, kinematics).charge)
               for kinematics in (Kinematics(), windows)]
        for name, mode in (("positrons", "e_nu_pi0"), ("pions", "pi_pi0"))
    }
    assert found["positrons"][1] > 0.4 * found["positrons"][0] > 400
    assert found["pions"][1] < 0.02 * found["pions"][0]


def test_pions_of_k3pi_that_decayed_are_no_pions(recorded):
    probes = pions_of_k3pi(recorded("pi_pi_pi"), DETECTOR, Kinematics())
    pions = probes.of_kind("pi+")
    assert len(pions.charge) % 3 != 0 or len(pions.charge) < len(probes.charge)
    assert np.all(np.abs(pions.true_pdg_id) == 211)
    assert np.mean(pions.charge > 0) == pytest.approx(2.0 / 3.0, abs=0.02)
    # A muon of a decay is none from the kaon.
    assert len(probes.of_kind("mu+").charge) == 0


def test_what_has_no_signal_of_the_muon_detector(toys):
    maps = toys.maps(pion_to_muon=0.006, muon_to_pion=0.0015)
    probes = Probes(
        momentum_gev=np.full(5, 20.0),
        angle_rad=np.zeros(5),
        charge=np.ones(5),
        true_pdg_id=np.array([211, -11, -13, -13, -13]),
        muv3_tile=np.array([-1, -1, 3, -1, 3]),
        decayed=np.array([False, False, False, True, True]),
    )
    assert silent_probability(probes, maps) == pytest.approx([0.994, 1.0, 0.0015, 1.0, 0.0])


def test_shares_add_up_and_an_empty_decay_has_the_uncertainty_of_one_event():
    edges = np.array([0.0, 10.0, 20.0])
    momenta = [np.array([5.0, 5.0, 15.0]), np.array([5.0]), np.array([])]
    value, sigma = shares(momenta, [1.0, 2.0, 0.5], edges)
    assert value.sum(axis=0) == pytest.approx([1.0, 1.0])
    assert value[:, 0] == pytest.approx([0.5, 0.5, 0.0])
    assert sigma[2] == pytest.approx([0.5 / 4.0, 0.5 / 1.0])
    weighted, _ = shares(momenta, [1.0, 2.0, 0.5], edges, [np.ones(3), np.full(1, 0.1), np.ones(0)])
    assert weighted[1, 0] == pytest.approx(0.2 / 2.2)
