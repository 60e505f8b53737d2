"""Muons in the detector: the muon hypothesis of every track, and the muon counter."""

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector import identification
from lnvsearch.experiments.besiii.detector.calorimeter import expected_hadron_energy
from lnvsearch.experiments.besiii.detector.muons import with_muons
from lnvsearch.experiments.besiii.detector.simulate import SPECIES, simulate
from lnvsearch.experiments.besiii.events import MUON_BRANCHES, TRACK_BRANCHES
from lnvsearch.reconstruction.four_vectors import cos_theta, momentum_gev

MUON, PION, ELECTRON, KAON = 13, 211, 11, 321
NUMBER = 40_000


def tracks_of(code, response, isotropic, momentum, number=NUMBER, cos_theta=0.8):
    """Track columns of single particles, with those of muons."""
    events = isotropic([code], number, momentum=momentum, cos_theta=cos_theta)
    streams = {"base_seed": 3, "sample": f"single_{code}"}
    return with_muons(simulate(events, response, **streams), response, **streams).track


def level(track, name):
    """chi^2 of dE/dx and flight time under a hypothesis."""
    return track[f"dedx_chi_{name}"] ** 2 + track[f"tof_chi_{name}"] ** 2


@pytest.mark.parametrize("momentum", [(0.15, 0.25), (0.4, 0.6), (1.0, 1.4)])
def test_a_muon_deviates_from_the_muon_hypothesis_by_its_resolution_alone(
    ideal, isotropic, momentum
):
    alone = ideal.with_values({"shared_counters.enabled": False})
    track = tracks_of(MUON, alone, isotropic, momentum)
    for name in ("dedx_chi_muon", "tof_chi_muon", "emc_chi_muon"):
        chi = track[name][np.isfinite(track[name])]
        assert len(chi) > 0.5 * NUMBER
        # The expectation is at the measured momentum; its resolution adds little.
        assert np.mean(chi) == pytest.approx(0.0, abs=0.1), name
        assert np.std(chi) == pytest.approx(1.0, abs=0.12), name


def test_the_deviations_are_those_of_the_definition(ideal, isotropic):
    """Worked out again from what was measured: of the flight time by t = L/(beta c)."""
    track = tracks_of(MUON, ideal, isotropic, (0.3, 1.2), number=300, cos_theta=0.6)
    p = momentum_gev(track["kappa"], track["tan_lambda"])
    mass = {name: particles.mass_gev(code) for name, code in
            (("muon", MUON), ("pion", PION), ("kaon", KAON))}
    for i in np.flatnonzero(np.isfinite(track["tof_chi_pion"]) & (track["emc_energy"] > 0))[:50]:
        tan_lambda = track["tan_lambda"][i]
        pt = p[i] / np.hypot(1.0, tan_lambda)
        _, path = identification.flight_path_m(pt, tan_lambda, 1.0, ideal.tof)
        times = {n: identification.flight_time_ns(path, p[i], m) for n, m in mass.items()}
        chi = {name: track[f"tof_chi_{name}"][i] for name in mass}
        sigma = (times["pion"] - times["kaon"]) / (chi["kaon"] - chi["pion"])
        # The path is that of the true momentum in the simulation, of the measured one here.
        assert chi["muon"] - chi["pion"] == pytest.approx(
            (times["pion"] - times["muon"]) / sigma, rel=1e-3, abs=1e-4
        )
        expected = {n: identification.dedx_curve(p[i] / m, ideal.dedx) for n, m in mass.items()}
        measured = {
            n: (1.0 + ideal.dedx.resolution * track[f"dedx_chi_{n}"][i]) * expected[n] for n in mass
        }
        if np.isfinite(measured["pion"]):
            assert measured["muon"] == pytest.approx(measured["pion"], rel=1e-5)
            assert measured["kaon"] == pytest.approx(measured["pion"], rel=1e-5)
        energy, sigma = expected_hadron_energy(
            SPECIES.index("mu-"), track["charge"][i], p[i], mass["muon"], ideal.emc
        )
        assert track["emc_chi_muon"][i] == pytest.approx(
            (track["emc_energy"][i] - energy) / sigma, rel=1e-4, abs=1e-4
        )


def test_muons_and_pions_separate_below_0_3_gev_and_not_above(response, isotropic):
    """From masses of 106 and 140 MeV: 4 standard deviations of the flight time at 0.2 GeV, under 1 at 0.5."""
    separation = []
    for momentum in ((0.19, 0.21), (0.29, 0.31), (0.49, 0.51), (0.95, 1.05)):
        muons = tracks_of(MUON, response, isotropic, momentum, cos_theta=0.5)
        separation.append(np.nanmedian(muons["tof_chi_muon"] - muons["tof_chi_pion"]))
    # t_pi - t_mu = L (E_pi - E_mu)/(p c), with L of 0.844 m in xy and 1.03 as mean of 1/sin theta.
    expected = [
        0.844 * 1.04 / 0.2998 * (np.hypot(1.0, 0.1396 / p) - np.hypot(1.0, 0.1057 / p)) / 0.068
        for p in (0.2, 0.3, 0.5, 1.0)
    ]
    assert np.all(np.diff(separation) < 0)
    assert separation == pytest.approx(expected, rel=0.12)
    assert separation[0] > 3.0 and separation[2] < 1.0


def share(code, response, isotropic, momentum, **more):
    track = tracks_of(code, response, isotropic, momentum, **more)
    return np.mean(track["muon_counter"]), len(track["charge"])


def test_the_counter_takes_muons_above_its_threshold_and_few_hadrons(response, isotropic):
    counter = response.muon_counter
    for code, expected in (
        (MUON, counter.efficiency), (-MUON, counter.efficiency), (PION, counter.pion_probability),
        (-KAON, counter.other_hadron_probability), (ELECTRON, 0.0),
    ):  # fmt: skip
        found, number = share(code, response, isotropic, (0.5, 1.2))
        assert found == pytest.approx(expected, abs=4.0 * np.sqrt(0.25 / number) + 1e-12), code
        slow, _ = share(code, response, isotropic, (0.2, 0.39), number=4000)
        assert slow == 0.0


def test_no_chambers_beyond_their_last_angle(response, isotropic):
    track = tracks_of(MUON, response, isotropic, (0.5, 1.2), cos_theta=0.93)
    outside = np.abs(cos_theta(track["tan_lambda"])) > response.muon_counter.cos_theta_maximum + 0.01
    assert outside.sum() > 500
    assert np.all(track["muon_counter"][outside] == 0)


def test_all_other_columns_stay_as_they_are(response, isotropic):
    events = isotropic([KAON, MUON, -PION, -ELECTRON], 500)
    streams = {"base_seed": 3, "sample": "four"}
    plain = simulate(events, response, **streams)
    found = with_muons(plain, response, **streams)
    assert set(found.track) == set(TRACK_BRANCHES) | set(MUON_BRANCHES)
    for name in TRACK_BRANCHES:
        assert np.array_equal(found.track[name], plain.track[name], equal_nan=True)
    for name in ("dedx", "tof", "emc"):
        missing = np.isnan(plain.track[f"{name}_chi_pion"])
        assert np.array_equal(np.isnan(found.track[f"{name}_chi_muon"]), missing)
    part = simulate(next(iter(events.chunks(250))), response, **streams)
    counted = with_muons(part, response, **streams).track["muon_counter"]
    assert np.array_equal(counted, found.track["muon_counter"][: len(counted)])
