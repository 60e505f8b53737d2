"""The whole simulation: resolutions, efficiencies, independence of its parts."""

import math

import numpy as np
import pytest
from scipy import stats

from lnvsearch import particles
from lnvsearch.detector import material
from lnvsearch.experiments.besiii.detector import tracks
from lnvsearch.experiments.besiii.detector.simulate import PROCESSES, SPECIES, simulate
from lnvsearch.experiments.besiii.events import HELIX_PARAMETERS, TRACK_BRANCHES
from lnvsearch.generation.events import GeneratedEvents

SEED = {"base_seed": 5, "sample": "test"}
SIGNAL = (321, 11, 321, 11)


def part(events, first, last):
    """The events [first, last) as a sample of their own."""
    begin, end = events.offsets[first], events.offsets[last]
    return GeneratedEvents(
        event_number=events.event_number[first:last],
        weight=events.weight[first:last],
        offsets=events.offsets[first : last + 1] - begin,
        pdg_id=events.pdg_id[begin:end],
        four_momentum=events.four_momentum[begin:end],
        n_generated=last - first,
    )


def truth_of_tracks(recorded, generated):
    """Index of the generated particle of each track."""
    owner = np.repeat(generated.offsets[:-1], np.diff(recorded.track_offsets))
    return owner + recorded.track["truth_index"]


def true_helix(generated, index):
    px, py, pz, _ = generated.four_momentum[index].T
    charge = np.array([particles.charge(int(code)) for code in generated.pdg_id[index]])
    pt = np.hypot(px, py)
    zero = np.zeros(len(index))
    return np.stack([zero, np.arctan2(-px, py) % (2 * np.pi), charge / pt, zero, pz / pt], axis=1)


def measured_helix(recorded):
    return np.stack([recorded.track[name] for name in HELIX_PARAMETERS], axis=1)


def deviations(recorded, generated):
    truth = true_helix(generated, truth_of_tracks(recorded, generated))
    difference = measured_helix(recorded) - truth
    difference[:, 1] = np.remainder(difference[:, 1] + np.pi, 2 * np.pi) - np.pi
    return difference


@pytest.fixture(scope="module")
def events(isotropic):
    return isotropic(SIGNAL, 10_000)


@pytest.fixture(scope="module")
def recorded(events, response):
    return simulate(events, response, **SEED)


# --------------------------------------------------------------------------- shape and truth


def test_recorded_events_are_complete(events, recorded):
    assert set(recorded.track) == set(TRACK_BRANCHES)
    for name, (kind, _) in TRACK_BRANCHES.items():
        assert recorded.track[name].dtype == kind
        assert len(recorded.track[name]) == recorded.track_offsets[-1]
    assert len(recorded) == len(events) and recorded.n_generated == events.n_generated
    assert np.array_equal(recorded.event_number, events.event_number)
    assert np.array_equal(recorded.truth["pdg_id"], events.pdg_id)


def test_tracks_carry_the_charge_of_their_particle(events, recorded):
    code = events.pdg_id[truth_of_tracks(recorded, events)]
    assert np.array_equal(recorded.track["charge"], np.where(code == 321, 1, -1))
    assert np.array_equal(np.sign(recorded.track["kappa"]), recorded.track["charge"])


def test_no_event_and_no_track_are_fine(isotropic, response):
    empty = simulate(isotropic(SIGNAL, 0), response, **SEED)
    assert len(empty) == 0 and len(empty.track["kappa"]) == 0
    neutral = simulate(isotropic((111, 2112, 130), 5), response, **SEED)
    assert len(neutral) == 5 and np.all(neutral.track_offsets == 0)


def test_momentum_that_is_not_finite_is_refused(isotropic, response):
    events = isotropic(SIGNAL, 3)
    events.four_momentum[5, 1] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity"):
        simulate(events, response, **SEED)


def test_charged_particle_on_the_beam_axis_is_refused(isotropic, response):
    events = isotropic(SIGNAL, 3)
    events.four_momentum[5, :2] = 0.0
    with pytest.raises(ValueError, match="transverse momentum"):
        simulate(events, response, **SEED)


# ------------------------------------------------------------------------------- determinism


def assert_same_tracks(first, second):
    for name in TRACK_BRANCHES:
        assert np.array_equal(first.track[name], second.track[name], equal_nan=True), name


def test_same_seed_same_numbers_other_seed_others(events, recorded, response):
    assert_same_tracks(recorded, simulate(events, response, **SEED))
    for other in ({"base_seed": 6, "sample": "test"}, {"base_seed": 5, "sample": "other"}):
        kappa = simulate(events, response, **other).track["kappa"]
        assert not np.any(np.isin(kappa, recorded.track["kappa"]))


def test_splitting_the_events_changes_nothing(events, recorded, response):
    """Splits on both sides of the inner chunk's border, and one event alone."""
    for first, last in ((0, 1), (1999, 2001), (3, 4500), (9_999, 10_000)):
        piece = simulate(part(events, first, last), response, **SEED)
        begin, end = recorded.track_offsets[first], recorded.track_offsets[last]
        for name in TRACK_BRANCHES:
            assert np.array_equal(
                piece.track[name], recorded.track[name][begin:end], equal_nan=True
            ), name


@pytest.mark.parametrize(
    ("change", "untouched"),
    [
        ({"pulls.enabled": False}, ("cov_", "emc_energy", "charge")),
        ({"dedx.resolution": 0.08}, (*HELIX_PARAMETERS, "cov_", "tof_", "emc_")),
        ({"dedx.tail_fraction": 0.0}, (*HELIX_PARAMETERS, "cov_", "tof_", "emc_")),
        ({"tof.tail_fraction": 0.0}, (*HELIX_PARAMETERS, "cov_", "dedx_", "emc_")),
        ({"tof.upgraded_fraction": 0.0}, (*HELIX_PARAMETERS, "cov_", "dedx_", "emc_")),
        (
            {"electron_energy_response.low_momentum_scale": 3.0},
            (*HELIX_PARAMETERS, "cov_", "dedx_", "tof_"),
        ),
        ({"conversion.enabled": False}, tuple(TRACK_BRANCHES)),
        ({"tracking.kappa_resolution_per_gev": 0.01}, ("dr", "phi0", "dz", "tan_lambda")),
    ],
)
def test_changing_one_process_leaves_the_others(events, recorded, response, change, untouched):
    other = simulate(events, response.with_values(change), **SEED)
    same = {
        name: np.array_equal(other.track[name], recorded.track[name], equal_nan=True)
        for name in TRACK_BRANCHES
    }
    assert all(same[name] for name in TRACK_BRANCHES if name.startswith(untouched))
    if len(untouched) < len(TRACK_BRANCHES):
        assert not all(same.values())


def test_longer_kaon_path_removes_kaons_only(events, recorded, response):
    other = simulate(
        events, response.with_values({"kaon_decay.effective_radius_m": 1.0}), **SEED
    )
    before, after = truth_of_tracks(recorded, events), truth_of_tracks(other, events)
    assert np.all(np.isin(after, before))
    lost = np.setdiff1d(before, after)
    assert len(lost) > 100 and np.all(events.pdg_id[lost] == 321)
    kept = np.isin(before, after)
    assert np.array_equal(recorded.track["kappa"][kept], other.track["kappa"])


def test_photons_behind_the_daughters_leave_these_as_they_are(events, recorded, response):
    """Radiation adds photons behind the daughters: outside the calorimeter nothing may change."""
    n = len(events)
    photon = np.tile([0.0, 0.03, 0.04, 0.05], (n, 1))
    four_momentum = np.concatenate(
        [events.four_momentum.reshape(n, 4, 4), photon[:, None]], axis=1
    ).reshape(-1, 4)
    radiated = GeneratedEvents(
        event_number=events.event_number,
        weight=events.weight,
        offsets=np.arange(n + 1) * 5,
        pdg_id=np.append(events.pdg_id.reshape(n, 4), np.full((n, 1), 22), axis=1).ravel(),
        four_momentum=four_momentum,
        n_generated=n,
    )
    other = simulate(radiated, response, **SEED)
    primary = other.track["truth_index"] < 4
    for name in (*HELIX_PARAMETERS, "dedx_chi_kaon", "tof_chi_kaon", "truth_index"):
        assert np.array_equal(
            other.track[name][primary], recorded.track[name], equal_nan=True
        ), name


def test_every_process_has_a_stream_of_its_own():
    assert len(set(PROCESSES)) == len(PROCESSES)


# -------------------------------------------------------------------------------- resolution


@pytest.fixture(scope="module")
def gaussian(isotropic, ideal):
    generated = isotropic(SIGNAL, 10_000)
    return generated, simulate(generated, ideal, **SEED)


def test_pulls_have_mean_0_and_width_1(gaussian):
    generated, recorded = gaussian
    sigma = np.sqrt(np.diagonal(recorded.track_covariance(), axis1=1, axis2=2))
    pulls = deviations(recorded, generated) / sigma
    n = len(pulls)
    assert n > 30_000
    assert pulls.mean(axis=0) == pytest.approx(0.0, abs=4 / math.sqrt(n))
    assert pulls.std(axis=0) == pytest.approx(1.0, abs=4 / math.sqrt(2 * n))
    for column in pulls.T:
        assert stats.kstest(column[:5000], "norm").pvalue > 1e-3


def test_chi_square_of_the_five_parameters_is_5(gaussian):
    generated, recorded = gaussian
    difference = deviations(recorded, generated)
    inverse = np.linalg.inv(recorded.track_covariance())
    chi_square = np.einsum("ni,nij,nj->n", difference, inverse, difference)
    assert chi_square.mean() == pytest.approx(5.0, abs=4 * math.sqrt(10 / len(chi_square)))
    assert stats.kstest(chi_square[:5000], "chi2", args=(5,)).pvalue > 1e-3


def test_errors_are_correlated_as_the_written_covariance_says(gaussian, ideal):
    generated, recorded = gaussian
    covariance = recorded.track_covariance()
    sigma = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    written = covariance / sigma[:, :, np.newaxis] / sigma[:, np.newaxis, :]
    observed = np.corrcoef((deviations(recorded, generated) / sigma).T)
    assert observed == pytest.approx(written.mean(axis=0), abs=4 / math.sqrt(len(sigma)))
    tracking = ideal.tracking
    assert written[:, 0, 1] == pytest.approx(tracking.correlation_dr_phi0, rel=1e-5)
    assert written[:, 1, 2] == pytest.approx(tracking.correlation_phi0_kappa, rel=1e-5)
    assert written[:, 3, 4] == pytest.approx(tracking.correlation_dz_tan_lambda, rel=1e-5)
    assert np.all(np.linalg.eigvalsh(covariance) > 0.0)


def test_overlay_enlarges_the_errors_and_not_the_covariance(isotropic, ideal):
    generated = isotropic(SIGNAL, 10_000)
    overlaid = ideal.with_values({"pulls.enabled": True})
    recorded = simulate(generated, overlaid, **SEED)
    bare = simulate(generated, ideal, **SEED)
    assert np.array_equal(recorded.track["cov_kappa_kappa"], bare.track["cov_kappa_kappa"])
    ratio = deviations(recorded, generated) / deviations(bare, generated)
    pulls = overlaid.pulls
    expected = (1 - pulls.tail_fraction) * pulls.core_scale**2
    expected += pulls.tail_fraction * pulls.tail_scale**2
    assert np.median(ratio) == pytest.approx(pulls.core_scale, rel=1e-6)
    assert np.mean(ratio**2) == pytest.approx(expected, rel=0.03)
    # r-phi errors grow together, z errors together, and the two groups apart.
    assert ratio[:, 0] == pytest.approx(ratio[:, 2], rel=1e-4)
    assert not np.allclose(ratio[:, 0], ratio[:, 3], rtol=1e-2)


def test_momentum_resolution_is_near_the_published_half_percent(isotropic, ideal):
    generated = isotropic((211,), 20_000, momentum=(0.999, 1.001), cos_theta=0.1)
    recorded = simulate(generated, ideal, **SEED)
    p = np.sqrt(1 + recorded.track["tan_lambda"] ** 2) / np.abs(recorded.track["kappa"])
    assert 0.004 < np.std(p) < 0.005


def test_collision_points_spread_the_impact_parameters(isotropic, ideal):
    generated = isotropic((211, 211), 10_000, momentum=(1.0, 1.2))
    spread = ideal.with_values({"beam.spot_x_cm": 0.05, "beam.spot_z_cm": 1.0})
    recorded = simulate(generated, spread, **SEED)
    assert recorded.track["dz"].std() == pytest.approx(1.0, rel=0.05)
    # One point an event: the two tracks of an event share it, their own errors apart.
    dz = recorded.track["dz"].reshape(-1, 2)
    assert np.std(dz[:, 0] - dz[:, 1]) < 0.3


# -------------------------------------------------------------------------------- efficiency


@pytest.mark.parametrize("code", [211, -321, 2212, 13])
def test_efficiency_is_found_times_survived(isotropic, response, code):
    generated = isotropic((code,), 20_000, momentum=(0.1, 0.6))
    recorded = simulate(generated, response, **SEED)
    px, py, pz, _ = generated.four_momentum.T
    pt, p = np.hypot(px, py), np.sqrt(px**2 + py**2 + pz**2)
    species = SPECIES.index({211: "pi+", 321: "K+", 2212: "p", 13: "mu-"}[abs(code)])
    decay = response.kaon_decay
    radius = {321: decay.effective_radius_m, 211: decay.pion_effective_radius_m}.get(abs(code), 0.0)
    mass, ctau = particles.mass_gev(code), particles.ctau_m(code)
    expected = np.array(
        [
            tracks.finding_probability(species, *point, response.acceptance)
            * material.survival_probability(mass, ctau, point[1], radius * point[1] / point[0])
            for point in zip(pt, p, pz / p, strict=True)
        ]
    )
    found = len(recorded.track["kappa"])
    spread = math.sqrt(np.sum(expected * (1 - expected)))
    assert found == pytest.approx(expected.sum(), abs=4 * spread)


def test_acceptance_ends_a_little_beyond_the_cut_of_the_paper(isotropic, response):
    generated = isotropic((211,), 40_000, momentum=(0.8, 1.2), cos_theta=0.999)
    recorded = simulate(generated, response, **SEED)
    cosine = generated.four_momentum[:, 2] / np.linalg.norm(generated.four_momentum[:, :3], axis=1)
    found = np.isin(np.arange(len(generated)), truth_of_tracks(recorded, generated))
    inside = found[np.abs(cosine) < 0.92].mean()
    assert inside > 0.94
    assert found[(np.abs(cosine) > 0.925) & (np.abs(cosine) < 0.93)].mean() > 0.9 * inside
    assert not np.any(found[np.abs(cosine) > 0.975])
