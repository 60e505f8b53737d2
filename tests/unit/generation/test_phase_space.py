"""n-body phase space: kinematics, exact mass distributions, volumes, reproducibility."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.generation.phase_space import (
    breakup_momentum,
    generate_phase_space,
    generate_weighted_phase_space,
    maximum_weight,
    phase_space_volume,
)
from lnvsearch.random_streams import stream_key

KEY = stream_key(7, "test", "phase_space")
M_JPSI, M_K, M_E, M_PI = 3.0969, 0.493677, 0.000510999, 0.139570
KKEE = [M_K, M_K, M_E, M_E]


def invariant_mass(momenta, *which):
    total = momenta[:, which].sum(axis=1)
    squared = total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1)
    return np.sqrt(np.maximum(squared, 0.0))


def assert_distribution(values, low, high, density, bins=50):
    """Chi-square of a histogram against a density that need not be normalised."""
    counts, edges = np.histogram(values, bins, (low, high))
    fine = np.linspace(low, high, bins * 40 + 1)
    middle = 0.5 * (fine[1:] + fine[:-1])
    expected = np.array([density(x) for x in middle]).reshape(bins, 40).sum(axis=1)
    expected *= len(values) / expected.sum()
    assert counts.sum() == len(values)
    filled = expected > 5.0
    chi_square = np.sum((counts - expected)[filled] ** 2 / expected[filled])
    degrees = filled.sum() - 1
    assert abs(chi_square - degrees) < 5.0 * math.sqrt(2.0 * degrees)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 2.0)), min_size=2, max_size=7),
    st.one_of(st.just(0.0), st.floats(1e-9, 5.0)),
    st.integers(0, 10**6),
)
def test_momentum_is_conserved_and_masses_are_on_shell(masses, kinetic, seed):
    # As the library adds them: since Python 3.12 the built-in sum rounds otherwise.
    parent = float(np.sum(masses)) + kinetic
    if parent <= 0.0:
        return
    momenta = generate_phase_space(parent, masses, 5, stream_key(seed, "test", "phase_space"))
    total = momenta.sum(axis=1)
    assert np.all(np.isfinite(momenta))
    assert np.allclose(total, [0.0, 0.0, 0.0, parent], rtol=0.0, atol=1e-12 * parent)
    on_shell = np.sqrt(np.sum(momenta[..., :3] ** 2, axis=-1) + np.square(masses))
    assert np.allclose(momenta[..., 3], on_shell, rtol=1e-12, atol=0.0)


def test_two_body_momentum_is_fixed_and_isotropic():
    momenta = generate_phase_space(M_JPSI, [M_K, M_PI], 40_000, KEY)
    size = np.sqrt(np.sum(momenta[..., :3] ** 2, axis=-1))
    expected = math.sqrt(
        (M_JPSI**2 - (M_K + M_PI) ** 2) * (M_JPSI**2 - (M_K - M_PI) ** 2)
    ) / (2 * M_JPSI)
    assert np.allclose(size, expected, rtol=1e-13)
    assert breakup_momentum(M_JPSI, M_K, M_PI) == pytest.approx(expected, rel=1e-14)
    assert_distribution(momenta[:, 0, 2] / expected, -1.0, 1.0, lambda x: 1.0)
    azimuth = np.arctan2(momenta[:, 1, 1], momenta[:, 1, 0])
    assert_distribution(azimuth, -math.pi, math.pi, lambda x: 1.0)


def test_three_body_pair_mass_follows_the_analytic_density():
    masses = [M_K, M_K, M_PI]
    momenta = generate_phase_space(M_JPSI, masses, 50_000, KEY)

    def density(pair):
        return breakup_momentum(pair, M_K, M_K) * breakup_momentum(M_JPSI, pair, M_PI)

    # Every pair, so that none of the chain's steps is privileged.
    assert_distribution(invariant_mass(momenta, 0, 1), 2 * M_K, M_JPSI - M_PI, density)
    for pair in ((0, 2), (1, 2)):
        assert_distribution(
            invariant_mass(momenta, *pair), M_K + M_PI, M_JPSI - M_K,
            lambda m: breakup_momentum(m, M_K, M_PI) * breakup_momentum(M_JPSI, m, M_K),
        )


def test_the_dalitz_plot_of_three_massless_particles_is_flat():
    momenta = generate_phase_space(1.0, [0.0, 0.0, 0.0], 100_000, KEY)
    x, y = invariant_mass(momenta, 0, 1) ** 2, invariant_mass(momenta, 1, 2) ** 2
    # Fold the triangle x + y < 1 into the unit square: flat if the triangle is.
    x, y = np.where(x + y > 1.0, 1.0 - x, x), np.where(x + y > 1.0, 1.0 - y, y)
    side = np.sqrt(np.clip(x + y, 0.0, 1.0))  # P(x + y < s) = s^2, hence (x + y)^2 is uniform
    assert_distribution(side**4, 0.0, 1.0, lambda z: 1.0)
    assert_distribution(x / (x + y), 0.0, 1.0, lambda z: 1.0)


def test_four_massless_particles_have_the_analytic_energy_spectrum():
    momenta = generate_phase_space(1.0, [0.0] * 4, 50_000, KEY)
    # dN/dE ~ E * (volume of the other three) ~ E (1 - 2 E): a massless three-body volume is ~ M^2
    for particle in range(4):
        assert_distribution(momenta[:, particle, 3], 0.0, 0.5, lambda e: e * (1 - 2 * e))


def test_the_pair_masses_of_two_kaons_and_two_electrons_follow_the_volumes():
    momenta = generate_phase_space(M_JPSI, KKEE, 200_000, KEY)
    low, high = 2 * M_K, M_JPSI - 2 * M_E
    mass = invariant_mass(momenta, 0, 1)

    def density(m):
        pair = phase_space_volume(m, [M_K, M_K])
        return m * pair * phase_space_volume(M_JPSI, [m, M_E, M_E], points=8)

    assert_distribution(mass, low, high, density, bins=40)


def test_azimuths_of_every_particle_are_flat():
    momenta = generate_phase_space(M_JPSI, KKEE, 100_000, KEY)
    azimuth = np.arctan2(momenta[..., 1], momenta[..., 0])
    for particle in range(4):
        assert_distribution(azimuth[:, particle], -math.pi, math.pi, lambda x: 1.0, bins=64)


def test_directions_of_every_particle_are_isotropic():
    momenta = generate_phase_space(M_JPSI, KKEE, 30_000, KEY)
    cosine = momenta[..., 2] / np.sqrt(np.sum(momenta[..., :3] ** 2, axis=-1))
    for particle in range(4):
        assert_distribution(cosine[:, particle], -1.0, 1.0, lambda x: 1.0, bins=20)


@pytest.mark.parametrize(
    ("parent", "masses"),
    [(M_JPSI, KKEE), (1.1, KKEE), (M_JPSI, [M_PI] * 6), (1.0, [0.0] * 3), (2.0, [0.0, 1.9, 0.0])],
)
def test_the_maximum_weight_is_never_passed_and_is_attained(parent, masses):
    _, weights = generate_weighted_phase_space(parent, masses, 300_000, KEY)
    assert weights.min() > 0.0
    assert weights.max() <= 1.0
    assert weights.max() > (0.99 if len(masses) < 6 else 0.97)


@pytest.mark.parametrize("masses", [KKEE, [M_PI] * 6, [M_K, 0.0, M_PI, M_E, 0.0]])
def test_the_maximum_is_that_of_another_optimiser(masses):
    from scipy.optimize import minimize

    kinetic = M_JPSI - sum(masses)

    def negative_log_weight(logits):
        steps = np.exp(np.append(logits, 0.0))
        steps *= kinetic / steps.sum()
        inner, total = masses[0], 0.0
        for step, mass in zip(steps, masses[1:], strict=True):
            outer = inner + mass + step
            total -= math.log(breakup_momentum(outer, inner, mass))
            inner = outer
        return total

    best = minimize(negative_log_weight, np.zeros(len(masses) - 2), method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 20_000}).fun
    assert math.log(maximum_weight(M_JPSI, masses)) == pytest.approx(-best, abs=1e-7)


def test_the_maximum_of_three_massless_particles_is_exact():
    # p12 * p3 = m/2 * (1 - m^2)/2 has its maximum at m^2 = 1/3.
    exact = (1 - 1 / 3) / (4 * math.sqrt(3))
    assert exact <= maximum_weight(1.0, [0.0, 0.0, 0.0]) < exact * (1 + 1e-8)


def test_weighted_and_unweighted_events_agree():
    plain = generate_phase_space(M_JPSI, KKEE, 60_000, KEY)
    weighted, weights = generate_weighted_phase_space(
        M_JPSI, KKEE, 120_000, stream_key(8, "test", "phase_space")
    )
    for pair in ((0, 1), (0, 2), (2, 3)):
        edges = np.quantile(invariant_mass(plain, *pair), np.linspace(0, 1, 21))
        edges[0], edges[-1] = 0.0, M_JPSI
        share = 1 / 20
        sums = np.histogram(invariant_mass(weighted, *pair), edges, weights=weights)[0]
        squares = np.histogram(invariant_mass(weighted, *pair), edges, weights=weights**2)[0]
        total = weights.sum()
        variance = squares / total**2 + share * (1 - share) / len(plain)
        pull = (sums / total - share) / np.sqrt(variance)
        assert np.max(np.abs(pull)) < 4.5


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_massless_volume_is_the_closed_form(n):
    exact = (math.pi / 2) ** (n - 1) * 2.5 ** (2 * n - 4)
    exact /= math.factorial(n - 1) * math.factorial(n - 2)
    assert phase_space_volume(2.5, [0.0] * n) == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("masses", [KKEE, [M_K, M_PI, M_PI], [M_PI] * 5])
def test_mean_weight_gives_the_volume(masses):
    n, kinetic = len(masses), M_JPSI - sum(masses)
    _, weights = generate_weighted_phase_space(M_JPSI, masses, 200_000, KEY)
    flat = 2 ** (n - 2) * math.pi ** (n - 1) / M_JPSI * kinetic ** (n - 2) / math.factorial(n - 2)
    scale = flat * maximum_weight(M_JPSI, masses)
    error = weights.std() / math.sqrt(len(weights))
    volume = phase_space_volume(M_JPSI, masses)
    assert abs(scale * weights.mean() - volume) < 4.5 * scale * error


def test_the_volume_does_not_depend_on_the_order_of_the_particles():
    assert phase_space_volume(M_JPSI, KKEE) == pytest.approx(
        phase_space_volume(M_JPSI, KKEE[::-1]), rel=1e-7
    )


def test_at_threshold_all_particles_rest():
    momenta = generate_phase_space(0.75, [0.25, 0.5, 0.0], 3, KEY)
    assert np.array_equal(momenta[..., :3], np.zeros((3, 3, 3)))
    assert np.array_equal(momenta[..., 3], np.tile([0.25, 0.5, 0.0], (3, 1)))
    _, weights = generate_weighted_phase_space(0.75, [0.25, 0.5, 0.0], 3, KEY)
    assert np.array_equal(weights, np.ones(3))


@pytest.mark.parametrize("masses", [[M_K, M_PI], [M_K, M_PI, M_E], KKEE, [M_PI] * 6])
@pytest.mark.parametrize("first_event", [0, 2**32 - 1000])
def test_chunks_join_without_a_seam_and_one_event_replays(masses, first_event):
    whole = generate_phase_space(M_JPSI, masses, 2_100, KEY, first_event=first_event)
    parts = [
        generate_phase_space(M_JPSI, masses, n, KEY, first_event=first_event + first)
        for first, n in ((0, 1), (1, 32), (33, 67), (100, 1_100), (1_200, 900))
    ]
    assert np.array_equal(np.concatenate(parts), whole)
    one = generate_phase_space(M_JPSI, masses, 1, KEY, first_event=first_event + 1_077)
    assert np.array_equal(one[0], whole[1_077])


def test_the_same_attempts_are_weighted_or_accepted():
    # The first attempt of an event is accepted with a probability of its weight.
    plain = generate_phase_space(M_JPSI, KKEE, 20_000, KEY)
    momenta, weights = generate_weighted_phase_space(M_JPSI, KKEE, 20_000, KEY)
    at_once = np.all(plain == momenta, axis=(1, 2))
    error = math.sqrt(np.sum(weights * (1.0 - weights)))
    assert abs(at_once.sum() - weights.sum()) < 4.5 * error
    assert not np.any(at_once & (weights < 2.0**-40))


def test_another_seed_gives_other_events():
    first = generate_phase_space(M_JPSI, KKEE, 50, stream_key(1, "test", "phase_space"))
    again = generate_phase_space(M_JPSI, KKEE, 50, stream_key(1, "test", "phase_space"))
    other = generate_phase_space(M_JPSI, KKEE, 50, stream_key(2, "test", "phase_space"))
    assert np.array_equal(first, again)
    assert not np.any(np.isclose(first[..., :3], other[..., :3], rtol=1e-9, atol=0.0))


@pytest.mark.parametrize(
    ("parent", "masses", "message"),
    [
        (1.0, [0.5], "two daughters"),
        (1.0, [-0.1, 0.2], "masses_gev"),
        (1.0, [0.6, 0.6], "closed"),
        (0.0, [0.0, 0.0], "parent_mass_gev"),
        (math.nan, [0.1, 0.1], "parent_mass_gev"),
        (1.0, [math.nan, 0.1], "masses_gev"),
    ],
)
def test_impossible_decays_are_refused(parent, masses, message):
    with pytest.raises(ValueError, match=message):
        generate_phase_space(parent, masses, 1, KEY)
    with pytest.raises(ValueError, match=message):
        maximum_weight(parent, masses)


def test_cosine_and_sine_of_a_turn():
    turns = np.concatenate([np.linspace(0.0, 1.0, 2_001), [0.125, 0.625, 1e-16]])
    for turn in turns:
        cosine, sine = cosine_and_sine_of_turn(turn)
        assert abs(cosine - math.cos(2 * math.pi * turn)) < 1.5e-15
        assert abs(sine - math.sin(2 * math.pi * turn)) < 1.5e-15
