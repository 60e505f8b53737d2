"""The whole simulation: identification, radiation and conversions of particles."""

import math

import numpy as np
import pytest

from lnvsearch.experiments.besiii.detector import tracks
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.generation.events import GeneratedEvents

SEED = {"base_seed": 5, "sample": "test"}
EXACT_MOMENTUM = {"tracking.kappa_scattering": 0.0, "tracking.kappa_resolution_per_gev": 0.0}

# ---------------------------------------------------------------------------- identification


@pytest.mark.parametrize(
    ("code", "name"), [(-11, "electron"), (211, "pion"), (-211, "pion"), (321, "kaon")]
)
def test_chi_of_the_true_hypothesis_is_standard_normal(isotropic, ideal, code, name):
    exact = ideal.with_values(EXACT_MOMENTUM)
    generated = isotropic((code,), 20_000, momentum=(0.4, 1.2), cos_theta=0.8)
    recorded = simulate(generated, exact, **SEED)
    for detector in ("dedx", "tof"):
        chi = recorded.track[f"{detector}_chi_{name}"]
        chi = chi[np.isfinite(chi)]
        assert chi.mean() == pytest.approx(0.0, abs=4 / math.sqrt(len(chi)))
        assert chi.std() == pytest.approx(1.0, abs=0.03)


def test_electron_showers_match_their_hypothesis(isotropic, ideal):
    exact = ideal.with_values(
        EXACT_MOMENTUM | {"electron_energy_response.tail_fraction_gev": 0.0}
    )
    generated = isotropic((11,), 20_000, momentum=(0.5, 1.2), cos_theta=0.8)
    chi = simulate(generated, exact, **SEED).track["emc_chi_electron"]
    assert np.all(np.isfinite(chi))
    assert chi.mean() == pytest.approx(0.0, abs=0.05)
    assert chi.std() == pytest.approx(1.0, abs=0.03)


def test_ratio_of_energy_and_momentum_tells_electrons(isotropic, response):
    share = {}
    for code in (11, -211, 321):
        generated = isotropic((code,), 5_000, momentum=(0.8, 1.2), cos_theta=0.8)
        track = simulate(generated, response, **SEED).track
        ratio = track["emc_energy"] * np.abs(track["kappa"]) / np.sqrt(1 + track["tan_lambda"] ** 2)
        share[code] = np.mean((ratio > 0.8) & (ratio < 1.2))
    assert share[11] > 0.93
    assert share[-211] < 0.03
    assert share[321] < 0.01


def test_flight_time_separates_kaons_from_pions_up_to_900_mev(isotropic, ideal):
    generated = isotropic((321,), 5_000, momentum=(0.88, 0.92), cos_theta=0.3)
    chi = simulate(generated, ideal, **SEED).track["tof_chi_pion"]
    assert 2.0 < np.nanmean(chi) < 6.0


def test_no_shower_means_no_energy_and_no_chi(isotropic, response):
    generated = isotropic((211,), 2_000, momentum=(0.09, 0.12), cos_theta=0.2)
    track = simulate(generated, response, **SEED).track
    assert len(track["kappa"]) > 500
    assert np.all(track["emc_energy"] == 0.0)
    assert np.all(np.isnan(track["emc_chi_electron"])) and np.all(np.isnan(track["tof_chi_kaon"]))


# ----------------------------------------------------------------------------------- material


def test_bremsstrahlung_lowers_the_momentum_of_electrons_only(isotropic, ideal, response):
    thick = ideal.with_values({"material.beam_pipe_x0": 0.1})
    for code, changes in ((11, True), (321, False), (211, False)):
        generated = isotropic((code,), 3_000, momentum=(0.5, 1.2))
        thin_track, thick_track = (
            simulate(generated, r, **SEED).track["kappa"] for r in (ideal, thick)
        )
        if changes:
            assert np.median(np.abs(thick_track)) > np.median(np.abs(thin_track))
        else:
            assert np.array_equal(thin_track, thick_track)


def test_collinear_photon_adds_to_the_shower_of_a_fast_electron(isotropic, ideal):
    """A photon along a track of 1.5 GeV ends 0.09 rad from it: inside 0.1, outside 0.08."""
    electrons = isotropic((11,), 2_000, momentum=(1.499, 1.5), cos_theta=0.1)
    energy = 0.3
    direction = electrons.four_momentum[:, :3] / np.linalg.norm(
        electrons.four_momentum[:, :3], axis=1, keepdims=True
    )
    photon = np.append(energy * direction, np.full((len(electrons), 1), energy), axis=1)
    n = len(electrons)
    radiative = GeneratedEvents(
        event_number=electrons.event_number,
        weight=electrons.weight,
        offsets=np.arange(n + 1) * 2,
        pdg_id=np.tile([11, 22], n),
        four_momentum=np.stack([electrons.four_momentum, photon], axis=1).reshape(-1, 4),
        n_generated=n,
    )
    narrow, wide = (
        simulate(radiative, ideal.with_values({"emc.merging_angle_rad": angle}), **SEED).track
        for angle in (0.08, 0.1)
    )
    assert np.median(wide["emc_energy"]) - np.median(narrow["emc_energy"]) == pytest.approx(
        energy, rel=0.05
    )


@pytest.fixture(scope="module")
def conversions(isotropic, ideal):
    """Photons of which one in three converts in either wall."""
    thick = ideal.with_values({"material.beam_pipe_x0": 0.25, "material.inner_wall_x0": 0.25})
    generated = isotropic((22,), 20_000, momentum=(0.4, 1.2), cos_theta=0.3)
    return generated, thick, simulate(generated, thick, **SEED)


def test_photons_convert_as_their_walls_are_thick(conversions):
    generated, thick, recorded = conversions
    sine = np.hypot(*generated.four_momentum[:, :2].T) / generated.four_momentum[:, 3]
    expected = -np.expm1(-7 / 9 * 0.5 / sine)
    some_track = np.diff(recorded.track_offsets) > 0
    spread = math.sqrt(np.sum(expected * (1 - expected)))
    assert some_track.sum() == pytest.approx(expected.sum(), abs=5 * spread)


def pairs_of(recorded):
    """Track numbers (electron, positron) of events with both."""
    both = np.flatnonzero(np.diff(recorded.track_offsets) == 2)
    first = recorded.track_offsets[both]
    assert np.all(recorded.track["charge"][first] == -1)
    assert np.all(recorded.track["charge"][first + 1] == 1)
    return first, first + 1


def test_pairs_point_to_their_photon_and_share_its_momentum(conversions):
    generated, _, recorded = conversions
    electron, positron = pairs_of(recorded)
    assert len(electron) > 3000
    assert np.all(recorded.track["truth_index"] == 0)
    p = np.sqrt(1 + recorded.track["tan_lambda"] ** 2) / np.abs(recorded.track["kappa"])
    event = np.searchsorted(recorded.track_offsets, electron, side="right") - 1
    ratio = (p[electron] + p[positron]) / generated.four_momentum[event, 3]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.003)


def test_pairs_begin_at_the_radii_of_the_walls(conversions):
    """Both circles run in parallel at the vertex: its radius follows from dr, r^2 = -2 rho dr."""
    _, thick, recorded = conversions
    rho = 100.0 / (tracks.CURVATURE_GEV_PER_T_M * recorded.track["kappa"])
    dr, sigma = recorded.track["dr"], np.sqrt(recorded.track["cov_dr_dr"].astype(float))
    walls = (thick.material.beam_pipe_radius_cm, thick.material.inner_wall_radius_cm)
    # |axis|^2 = rho^2 + r^2 for a track that starts radially at r.
    pulls = [
        (dr - np.sign(rho) * (np.hypot(rho, r) - np.abs(rho))) / sigma for r in walls
    ]
    curved = np.abs(rho) < 60.0
    nearest = np.min(np.abs(pulls), axis=0)[curved]
    assert np.mean(nearest < 4.0) > 0.97
    far = [np.abs(p[curved]) > 4.0 for p in pulls]
    assert np.mean(far[0]) > 0.2 and np.mean(far[1]) > 0.2


def test_conversions_can_be_switched_off(conversions):
    generated, thick, _ = conversions
    off = simulate(generated, thick.with_values({"conversion.enabled": False}), **SEED)
    assert off.track_offsets[-1] == 0
