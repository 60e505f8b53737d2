"""Vertices of three tracks: truth, pulls, an independent minimiser, and which triples there are."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from lnvsearch.reconstruction.three_track_vertex import (
    DEGREES_OF_FREEDOM,
    LineResolution,
    find_vertices,
    fit_three_lines,
)

CHAMBERS = (183.508, 194.066, 204.459, 218.885)
ORIGIN = CHAMBERS[0]
RESOLUTION = LineResolution(90e-6, CHAMBERS, 0.0045, 197.1)


def toy_lines(n, seed, smear=True):
    """Lines (n, 3, 5) from common points (n, 3), with true slopes (n, 3, 2)."""
    rng = np.random.default_rng(seed)
    vertex = np.stack(
        [rng.normal(0, 0.012, n), rng.normal(0, 0.006, n), rng.uniform(105, 180, n)], axis=1
    )
    momentum = rng.uniform(5.0, 45.0, (n, 3))
    slope = rng.normal(0.0, 0.004, (n, 3, 2))
    lines = np.empty((n, 3, 5))
    covariance = RESOLUTION.covariance(momentum)
    for axis in range(2):
        xx, xs, ss = np.moveaxis(covariance[:, :, axis], -1, 0)
        first, second = rng.normal(size=(2, n, 3)) * smear
        path = ORIGIN - vertex[:, 2:]
        lines[:, :, axis] = vertex[:, axis : axis + 1] + slope[..., axis] * path
        lines[:, :, axis] += np.sqrt(xx) * first
        lines[:, :, 2 + axis] = slope[..., axis] + xs / np.sqrt(xx) * first
        lines[:, :, 2 + axis] += np.sqrt(ss - xs**2 / xx) * second
    lines[:, :, 4] = momentum
    return lines, vertex, slope


def full_covariance(packed):
    result = np.empty((len(packed), 3, 3))
    places = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]
    for k, (i, j) in enumerate(places):
        result[:, i, j] = result[:, j, i] = packed[:, k]
    return result


def test_exact_lines_give_their_common_point_and_their_slopes():
    lines, vertex, slope = toy_lines(500, 1, smear=False)
    position, _, chi_square, fitted, momentum = fit_three_lines(lines, RESOLUTION, ORIGIN)
    assert np.allclose(position, vertex, rtol=0, atol=1e-8)
    assert np.all(chi_square < 1e-12)
    assert np.allclose(fitted, slope, rtol=0, atol=1e-10)
    assert np.allclose(np.linalg.norm(momentum, axis=-1), lines[:, :, 4])
    assert np.allclose(momentum[..., 0] / momentum[..., 2], slope[..., 0])


def test_pulls_and_chi_square_are_what_the_covariance_says():
    n = 20_000
    lines, vertex, _ = toy_lines(n, 2)
    position, packed, chi_square, _, _ = fit_three_lines(lines, RESOLUTION, ORIGIN)
    pull = (position - vertex) / np.sqrt(packed[:, :3])
    tolerance = 4.0 / np.sqrt(n)
    assert np.all(np.abs(pull.mean(axis=0)) < tolerance)
    assert np.allclose(pull.std(axis=0), 1.0, atol=tolerance)
    # All three coordinates with their correlations.
    error = (position - vertex)[..., None]
    distance = np.swapaxes(error, 1, 2) @ np.linalg.inv(full_covariance(packed)) @ error
    assert distance.mean() == pytest.approx(3.0, abs=4.0 * np.sqrt(6.0 / n))
    assert chi_square.mean() == pytest.approx(
        DEGREES_OF_FREEDOM, abs=4.0 * np.sqrt(2.0 * DEGREES_OF_FREEDOM / n)
    )


def test_the_answer_is_that_of_a_general_minimiser():
    lines, vertex, _ = toy_lines(15, 3)
    position, _, chi_square, _, _ = fit_three_lines(lines, RESOLUTION, ORIGIN)
    covariance = RESOLUTION.covariance(lines[:, :, 4])
    for i in range(len(lines)):

        def pulls(point, line=lines[i], matrix=covariance[i]):
            path = point[2] - ORIGIN
            variance = matrix[..., 0] + 2 * path * matrix[..., 1] + path**2 * matrix[..., 2]
            distance = line[:, :2] + line[:, 2:4] * path - point[:2]
            return (distance / np.sqrt(variance)).ravel()

        best = least_squares(
            pulls, vertex[i], x_scale=[1e-4, 1e-4, 0.1], xtol=1e-15, ftol=1e-15, gtol=1e-15
        )
        assert np.allclose(position[i], best.x, rtol=0, atol=1e-6)
        # The fit takes its covariances from a table.
        assert chi_square[i] == pytest.approx(2.0 * best.cost, rel=1e-4)


def test_the_vertex_makes_the_slopes_better():
    lines, _, slope = toy_lines(5000, 4)
    _, _, _, fitted, _ = fit_three_lines(lines, RESOLUTION, ORIGIN)
    before = (lines[:, :, 2:4] - slope).std()
    after = (fitted - slope).std()
    assert after < 0.9 * before


def test_the_order_of_the_tracks_does_not_matter():
    lines, _, _ = toy_lines(200, 5)
    one = fit_three_lines(lines, RESOLUTION, ORIGIN)
    other = fit_three_lines(lines[:, [2, 0, 1]], RESOLUTION, ORIGIN)
    assert np.allclose(one[0], other[0], rtol=0, atol=1e-8)
    assert np.allclose(one[2], other[2], rtol=1e-9)
    assert np.allclose(one[4][:, [2, 0, 1]], other[4], rtol=1e-9)


def test_parallel_tracks_have_no_vertex_but_do_no_harm():
    lines = np.zeros((1, 3, 5))
    lines[0, :, 0] = [0.0, 0.1, 0.2]
    lines[0, :, 4] = 20.0
    _, _, chi_square, _, _ = fit_three_lines(lines, RESOLUTION, ORIGIN)
    assert not chi_square[0] < 25.0


@pytest.mark.parametrize("n", [1, 16, 37])
def test_a_vertex_does_not_depend_on_those_beside_it(n):
    """Bit for bit, in blocks that are full or not; one of them has no minimum to find."""
    lines, _, _ = toy_lines(n, 9)
    lines[n // 2, :, 2:4] = lines[n // 2, :1, 2:4]  # parallel
    together = fit_three_lines(lines, RESOLUTION, ORIGIN)
    alone = [fit_three_lines(lines[i : i + 1], RESOLUTION, ORIGIN) for i in range(n)]
    for whole, parts in zip(together, zip(*alone, strict=True), strict=True):
        assert np.array_equal(whole, np.concatenate(parts), equal_nan=True)


def test_every_three_tracks_make_a_vertex():
    lines, vertex, _ = toy_lines(3, 6, smear=False)
    names = ("x_m", "y_m", "slope_x", "slope_y", "momentum_gev")
    track = {name: np.zeros((3, 5)) for name in names}
    charge = np.zeros((3, 5), dtype=np.int8)
    for row, n_tracks in enumerate((3, 4, 2)):
        for column in range(n_tracks):
            source = lines[row, column % 3]
            for k, name in enumerate(names):
                track[name][row, column] = source[k]
            charge[row, column] = 1 if column != 1 else -1
    track["charge"] = charge
    vertices = find_vertices(track, RESOLUTION)
    assert vertices.event_index.tolist() == [0, 1, 1, 1, 1]
    assert vertices.track_index[1:].tolist() == [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]
    assert vertices.charge.tolist() == [1, 1, 1, 3, 1]
    assert np.allclose(vertices.position_m[:2], vertex[:2], atol=1e-8)
    assert len(find_vertices(track, RESOLUTION, charge=3)) == 1
    narrow = {name: values[:, :2] for name, values in track.items()}
    assert len(find_vertices(narrow, RESOLUTION)) == 0


def test_without_scattering_the_slope_is_that_of_a_straight_line_fit():
    ideal = LineResolution(1e-4, CHAMBERS, 0.0, 197.1)
    z = np.array(CHAMBERS)
    expected = 1e-8 / np.sum((z - z.mean()) ** 2)
    assert ideal.covariance(20.0)[1, 2] == pytest.approx(expected)
    # In x the bending is free, and the slope is known less well.
    assert ideal.covariance(20.0)[0, 2] > expected


def test_line_errors_follow_from_hits_and_scattering():
    rng = np.random.default_rng(7)
    z, n, momentum = np.array(CHAMBERS), 20_000, 10.0
    angle = 0.0136 / momentum * np.sqrt(0.0045) * (1 + 0.038 * np.log(0.0045))
    kinks = rng.normal(0, angle, (n, 4))
    ahead = np.maximum(z[:, None] - z, 0.0)
    hits = kinks @ ahead.T + rng.normal(0, 90e-6, (n, 4))
    variance = 90e-6**2 * np.eye(4) + angle**2 * ahead @ ahead.T
    design = np.stack([np.ones(4), z - z[0]], axis=1)
    weight = np.linalg.inv(variance)
    fitted = hits @ (np.linalg.inv(design.T @ weight @ design) @ design.T @ weight).T
    sampled = np.cov(fitted.T)
    xx, xs, ss = RESOLUTION.covariance(momentum)[1]
    assert np.allclose(sampled, [[xx, xs], [xs, ss]], rtol=0.05)


def test_the_table_of_covariances_is_fine_enough():
    lines, _, _ = toy_lines(300, 8)
    _, packed, _, _, _ = fit_three_lines(lines, RESOLUTION, ORIGIN)
    grid = RESOLUTION.grid.reshape(-1, 2, 3)
    momenta = np.exp(np.linspace(np.log(0.5), np.log(200.0), len(grid)))
    middle = np.sqrt(momenta[1:] * momenta[:-1])
    between = 0.5 * (grid[1:] + grid[:-1])
    assert np.allclose(between, RESOLUTION.covariance(middle), rtol=1e-4)
    assert np.all(packed[:, :3] > 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((9e-5, (1.0, 2.0, 3.0), 0.0, 2.5), "four ascending"),
        ((9e-5, (4.0, 3.0, 2.0, 1.0), 0.0, 2.5), "four ascending"),
        ((9e-5, CHAMBERS, 0.0045, 150.0), "between chambers 2 and 3"),
        ((0.0, CHAMBERS, 0.0045, 197.1), "hit_resolution_m must be > 0"),
    ],
)
def test_impossible_spectrometers_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        LineResolution(*arguments)
