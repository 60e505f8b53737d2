"""The 4C fit: its defining properties, then agreement with general-purpose minimisation."""

import numpy as np
import pytest

from lnvsearch.reconstruction.four_vectors import four_momenta
from lnvsearch.reconstruction.kinematic_fit import (
    FIT_PARAMETERS,
    chi_square_probability,
    fit,
    fit_parameters,
    fit_tracks,
    gather_tracks,
)

LOWER_TRIANGLE = np.tril_indices(3)


def assert_flat(probability):
    """Kolmogorov-Smirnov distance from the uniform distribution, at 1 %."""
    ordered = np.sort(probability)
    middle = (np.arange(ordered.size) + 0.5) / ordered.size
    assert np.max(np.abs(ordered - middle)) < 1.63 / np.sqrt(ordered.size)


def assert_chi_square_of_four_degrees(chi_square):
    """Mean 4 within 3.3 standard errors (variance 8), and a flat probability."""
    assert abs(chi_square.mean() - 4.0) < 3.3 * np.sqrt(8.0 / chi_square.size)
    assert_flat(chi_square_probability(chi_square))


def test_right_hypothesis_gives_chi_square_of_four_degrees(toys, signal_events):
    result = fit(*signal_events, [toys.SIGNAL_MASSES], toys.TOTAL)
    assert result.n_failed == 0
    assert_chi_square_of_four_degrees(result.chi_square[:, 0])


@pytest.mark.parametrize("masses", [(0.1396, 0.1396), (0.938, 0.938, 0.1396), (0.1396,) * 6])
def test_any_number_of_tracks(toys, masses):
    helix, covariance = toys.measured_events(20_000, masses, seed=len(masses))
    chi_square = fit(helix, covariance, [masses], toys.TOTAL).chi_square[:, 0]
    assert_chi_square_of_four_degrees(chi_square)


def test_small_errors_give_the_solution_of_the_linear_problem(toys):
    masses = toys.SIGNAL_MASSES
    helix, covariance = toys.measured_events(6000, masses, seed=2, error_scale=1e-3)
    chi_square = fit(helix, covariance, [masses], toys.TOTAL).chi_square[:, 0]
    # One step by hand: derivatives by central differences, chi2 = f^T (A C A^T)^-1 f.
    step = 1e-6
    matrix = np.zeros((len(helix), 4, 4))
    for track in range(4):
        jacobian = np.empty((len(helix), 4, 3))
        for i in range(3):
            shifted = [helix[:, track].copy() for _ in range(2)]
            shifted[0][:, i] += step
            shifted[1][:, i] -= step
            up, down = (four_momenta(*point.T, masses[track]) for point in shifted)
            jacobian[:, :, i] = (up - down) / (2 * step)
        matrix += jacobian @ covariance[:, track] @ np.swapaxes(jacobian, 1, 2)
    residual = four_momenta(*np.moveaxis(helix, 2, 0), masses).sum(axis=1) - toys.TOTAL
    linear = np.einsum("ni,nij,nj->n", residual, np.linalg.inv(matrix), residual)
    np.testing.assert_allclose(chi_square, linear, rtol=1e-3)
    assert_chi_square_of_four_degrees(chi_square)


def minimum_by_scipy(helix, covariance, masses, total):
    """Chi-square of one event, by a general minimiser with constraints."""
    from scipy.optimize import minimize

    root = np.linalg.cholesky(covariance)

    def imbalance(z):
        point = helix + np.einsum("kij,kj->ki", root, z.reshape(-1, 3))
        return four_momenta(*point.T, masses).sum(axis=0) - total

    return minimize(
        lambda z: z @ z,
        np.zeros(helix.size),
        jac=lambda z: 2.0 * z,
        constraints={"type": "eq", "fun": imbalance},
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 300},
    ).fun


def test_equals_constrained_minimisation_by_scipy(toys, signal_events):
    helix, covariance = (array[:12] for array in signal_events)
    pion = toys.PION
    hypotheses = np.array([toys.SIGNAL_MASSES, (toys.KAON, pion, toys.KAON, pion)])
    chi_square = fit(helix, covariance, hypotheses, toys.TOTAL).chi_square
    for event in range(len(helix)):
        for row, masses in enumerate(hypotheses):
            minimum = minimum_by_scipy(helix[event], covariance[event], masses, toys.TOTAL)
            assert chi_square[event, row] == pytest.approx(minimum, rel=1e-6)


def test_only_hopeless_hypotheses_do_not_settle(toys, signal_events):
    helix, covariance = signal_events
    masses = np.array([(toys.KAON, toys.PION, toys.KAON, toys.PION), (toys.KAON,) * 4])
    result = fit(helix, covariance, masses, toys.TOTAL)
    failures = np.argwhere(~result.converged)
    assert len(failures) < 2e-3 * result.chi_square.size
    for event, row in failures[:20]:
        event_and_errors = helix[event], covariance[event]
        assert minimum_by_scipy(*event_and_errors, masses[row], toys.TOTAL) > 500.0


def test_fitted_momenta_balance_and_explain_the_chi_square(toys, signal_events):
    helix, covariance = signal_events
    tracks = fit_parameters(helix, covariance, toys.SIGNAL_MASSES, toys.TOTAL)
    np.testing.assert_allclose(
        tracks.four_momentum.sum(axis=1), np.tile(toys.TOTAL, (len(helix), 1)), atol=1e-7
    )
    shift = helix - tracks.helix
    distance = np.einsum("nki,nkij,nkj->n", shift, np.linalg.inv(covariance), shift)
    np.testing.assert_allclose(distance, tracks.chi_square, rtol=1e-8)
    quick = fit(helix, covariance, [toys.SIGNAL_MASSES], toys.TOTAL).chi_square[:, 0]
    np.testing.assert_allclose(quick, tracks.chi_square, rtol=1e-6)


def test_pulls_are_standard_normal(toys, signal_events):
    pulls = fit_parameters(*signal_events, toys.SIGNAL_MASSES, toys.TOTAL).pulls
    n = len(pulls)
    assert np.max(np.abs(pulls.mean(axis=0))) < 4.0 / np.sqrt(n)
    assert np.max(np.abs(pulls.std(axis=0) - 1.0)) < 4.0 / np.sqrt(2 * n)


def test_fit_improves_the_resolution(toys):
    rng = np.random.default_rng(4)
    truth = toys.isotropic_decays(5000, toys.SIGNAL_MASSES, rng)
    truth = truth[np.all(np.hypot(truth[..., 0], truth[..., 1]) > 0.15, axis=1)]
    helix = toys.helix_of(truth)
    covariance = toys.tracker_covariance(helix, toys.SIGNAL_MASSES)
    noise = rng.normal(size=helix.shape)
    measured = helix + np.einsum("nkij,nkj->nki", np.linalg.cholesky(covariance), noise)
    tracks = fit_parameters(measured, covariance, toys.SIGNAL_MASSES, toys.TOTAL)
    before = four_momenta(*np.moveaxis(measured, 2, 0), toys.SIGNAL_MASSES)[..., :3] - truth
    after = tracks.four_momentum[..., :3] - truth
    assert np.std(after) < 0.9 * np.std(before)


def test_wrong_hypotheses_fit_worse(toys, signal_events):
    helix, covariance = signal_events
    pion, kaon = toys.PION, toys.KAON
    masses = [toys.SIGNAL_MASSES, (kaon, pion, kaon, pion), (kaon,) * 4, (pion,) * 4]
    chi_square = fit(helix, covariance, masses, toys.TOTAL).chi_square
    right = np.mean(np.argmin(chi_square, axis=1) == 0)
    assert right > 0.9
    assert np.median(chi_square[:, 2]) > 100 * np.median(chi_square[:, 0])


@pytest.mark.parametrize("n", [1, 15, 16, 17, 40])
def test_batch_equals_one_by_one_to_the_bit(toys, signal_events, n):
    helix, covariance = (array[:n] for array in signal_events)
    masses = [toys.SIGNAL_MASSES, (toys.PION,) * 4]
    together = fit(helix, covariance, masses, toys.TOTAL).chi_square
    tracks = fit_parameters(helix, covariance, toys.SIGNAL_MASSES, toys.TOTAL)
    for i in range(n):
        event = helix[i : i + 1], covariance[i : i + 1]
        np.testing.assert_array_equal(fit(*event, masses, toys.TOTAL).chi_square[0], together[i])
        alone = fit_parameters(*event, toys.SIGNAL_MASSES, toys.TOTAL)
        np.testing.assert_array_equal(alone.helix[0], tracks.helix[i])


def test_hypotheses_are_independent_to_the_bit(toys, signal_events):
    helix, covariance = (array[:100] for array in signal_events)
    masses = np.array([(toys.PION,) * 4, toys.SIGNAL_MASSES, (toys.KAON,) * 4])
    together = fit(helix, covariance, masses, toys.TOTAL).chi_square
    for row in range(3):
        alone = fit(helix, covariance, masses[row : row + 1], toys.TOTAL).chi_square[:, 0]
        np.testing.assert_array_equal(alone, together[:, row])


@pytest.mark.parametrize("angle", [0.3, 2.0, -4.0, 2 * np.pi])
def test_rotation_about_the_beam_changes_nothing(toys, signal_events, angle):
    helix, covariance = (array[:500] for array in signal_events)
    cosine, sine = np.cos(angle), np.sin(angle)
    px, py, pz, energy = toys.TOTAL
    total = [cosine * px - sine * py, sine * px + cosine * py, pz, energy]
    rotated = fit(helix + [angle, 0, 0], covariance, [toys.SIGNAL_MASSES], total)
    original = fit(helix, covariance, [toys.SIGNAL_MASSES], toys.TOTAL)
    np.testing.assert_allclose(rotated.chi_square, original.chi_square, rtol=1e-8, atol=1e-9)


def test_order_and_charges_of_the_tracks_change_nothing(toys, signal_events):
    helix, covariance = (array[:500] for array in signal_events)
    masses = np.array([toys.SIGNAL_MASSES])
    original = fit(helix, covariance, masses, toys.TOTAL).chi_square
    order = [2, 0, 3, 1]
    permuted = fit(helix[:, order], covariance[:, order], masses[:, order], toys.TOTAL).chi_square
    np.testing.assert_allclose(permuted, original, rtol=1e-8, atol=1e-9)
    mirror = np.array([1.0, -1.0, 1.0])
    conjugate = fit(helix * mirror, covariance * np.outer(mirror, mirror), masses, toys.TOTAL)
    np.testing.assert_allclose(conjugate.chi_square, original, rtol=1e-8, atol=1e-9)


def test_both_forms_of_the_covariance_agree(toys, signal_events):
    helix, covariance = (array[:50] for array in signal_events)
    masses = [toys.SIGNAL_MASSES]
    np.testing.assert_array_equal(
        fit(helix, covariance, masses, toys.TOTAL).chi_square,
        fit(helix, covariance[..., *LOWER_TRIANGLE], masses, toys.TOTAL).chi_square,
    )


def test_hopeless_events_give_infinity_and_spare_their_neighbours(toys, signal_events):
    helix, covariance = (array[:20].copy() for array in signal_events)
    masses = [toys.SIGNAL_MASSES]
    clean = fit(helix, covariance, masses, toys.TOTAL).chi_square[:, 0]
    helix[1, 2, 0] = np.nan
    covariance[3, 0, 1, 1] = np.nan
    covariance[5] = 0.0
    covariance[7] *= -1.0
    helix[9, 1, 1] = 0.0
    helix[11, :, 1] *= 20.0  # far too little momentum for the total
    result = fit(helix, covariance, masses, toys.TOTAL)
    bad = np.isin(np.arange(20), [1, 3, 5, 7, 9, 11])
    assert np.all(np.isposinf(result.chi_square[bad, 0]))
    np.testing.assert_array_equal(result.chi_square[~bad, 0], clean[~bad])
    assert result.n_failed == bad.sum()
    np.testing.assert_array_equal(result.converged[:, 0], ~bad)
    tracks = fit_parameters(helix, covariance, toys.SIGNAL_MASSES, toys.TOTAL)
    assert np.all(np.isnan(tracks.pulls[bad])) and np.all(np.isfinite(tracks.pulls[~bad]))


def test_no_events_and_no_hypotheses(toys, signal_events):
    helix, covariance = signal_events
    masses = [toys.SIGNAL_MASSES]
    assert fit(helix[:0], covariance[:0], masses, toys.TOTAL).chi_square.shape == (0, 1)
    empty = np.empty((0, 4))
    assert fit(helix, covariance, empty, toys.TOTAL).chi_square.shape == (len(helix), 0)
    assert fit_parameters(helix[:0], covariance[:0], masses[0], toys.TOTAL).pulls.shape[0] == 0


def test_wrong_shapes_are_named(toys, signal_events):
    helix, covariance = (array[:3] for array in signal_events)
    masses = [toys.SIGNAL_MASSES]
    with pytest.raises(ValueError, match="helix"):
        fit(helix[:, :1], covariance[:, :1], [[0.1]], toys.TOTAL)
    with pytest.raises(ValueError, match="covariance"):
        fit(helix, covariance[:2], masses, toys.TOTAL)
    with pytest.raises(ValueError, match="masses_gev"):
        fit(helix, covariance, [[0.1, 0.2]], toys.TOTAL)
    with pytest.raises(ValueError, match="masses_gev"):
        fit(helix, covariance, [[-0.1, 0.1, 0.1, 0.1]], toys.TOTAL)
    with pytest.raises(ValueError, match="total_four_momentum"):
        fit(helix, covariance, masses, toys.TOTAL[:3])


def test_tracks_of_an_event_file_are_gathered_and_fitted_in_chunks(toys, signal_events):
    helix, covariance = (array[:60] for array in signal_events)
    track = {name: helix[..., i].ravel() for i, name in enumerate(FIT_PARAMETERS)}
    for i, j in zip(*LOWER_TRIANGLE):
        name = f"cov_{FIT_PARAMETERS[i]}_{FIT_PARAMETERS[j]}"
        track[name] = covariance[..., i, j].ravel().astype("float32")
    index = np.arange(240).reshape(60, 4)[::-1]
    gathered_helix, gathered_covariance = gather_tracks(track, index)
    np.testing.assert_array_equal(gathered_helix, helix[::-1])
    expected = covariance[::-1][..., *LOWER_TRIANGLE]
    np.testing.assert_allclose(gathered_covariance, expected, rtol=1e-7)
    masses = [toys.SIGNAL_MASSES, (toys.PION,) * 4]
    in_chunks = fit_tracks(track, index, masses, toys.TOTAL, candidates_per_chunk=7)
    at_once = fit(gathered_helix, gathered_covariance, masses, toys.TOTAL)
    np.testing.assert_array_equal(in_chunks.chi_square, at_once.chi_square)
