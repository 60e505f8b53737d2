"""Decays of the neutral pion: Kroll-Wada spectrum, rates, angles, and the flat mixture."""

import math

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.generation import Decay, generate
from lnvsearch.generation.kaon import neutral_pion as npi
from lnvsearch.random_streams import stream_key

METRIC = np.array([-1.0, -1.0, -1.0, 1.0])
M, M_E = particles.mass_gev("pi0"), particles.mass_gev("e-")


def decay(kind, n, columns, moving=False, **options):
    """Decays of pions at rest, or of pions with 0.2 GeV along x."""
    pion = np.zeros((n, 4))
    pion[:, 0] = 0.2 if moving else 0.0
    pion[:, 3] = np.hypot(pion[:, 0], M)
    momentum, weight = np.zeros((n, columns, 4)), np.ones(n)
    npi.fill_neutral_pion(
        stream_key(6, "toy", "neutral_pion"), 0, kind, pion, np.arange(columns), momentum,
        weight, **options,
    )
    assert np.abs(momentum.sum(axis=1) - pion).max() < 1e-13
    return momentum, weight


def mass_of(momentum, *rows):
    total = momentum[:, list(rows)].sum(axis=1)
    return np.sqrt(np.maximum(np.sum(METRIC * total**2, axis=1), 0.0))


def expected_shares(edges, slope):
    """Shares of the pair-mass spectrum between the edges."""
    low = np.log(2 * M_E * (1 + 1e-12))
    grid = np.exp(low + (np.log(M) - low) * np.linspace(0, 1, 200_001) ** 2)
    density = np.array([npi.pair_spectrum(m, M, M_E, slope) for m in grid])
    cumulative = np.concatenate([[0], np.cumsum(0.5 * (density[1:] + density[:-1])
                                                * np.diff(grid))])
    return np.diff(np.interp(edges, grid, cumulative)) / cumulative[-1]


@pytest.mark.parametrize("flat", [0.0, 0.5])
def test_pair_mass_follows_kroll_and_wada(flat):
    n = 200_000
    momentum, weight = decay(npi.DALITZ, n, 3, moving=True, flat_fraction=flat)
    edges = np.concatenate([np.geomspace(2 * M_E, 0.03, 12), np.linspace(0.04, M, 8)])
    shares = expected_shares(edges, npi.FORM_FACTOR_SLOPE)
    pair = mass_of(momentum, 0, 1)
    found = np.histogram(pair, edges, weights=weight)[0] / n
    error = np.sqrt(np.histogram(pair, edges, weights=weight**2)[0] / n - found**2) / math.sqrt(n)
    chi_square = np.sum(((found - shares) / error) ** 2)
    assert chi_square < len(shares) + 4 * math.sqrt(2 * len(shares))
    assert abs(weight.mean() - 1) < 4 * weight.std() / math.sqrt(n) + 1e-12
    assert weight.max() <= 1 / (1 - flat) + 1e-9


def test_flat_mixture_fills_the_high_masses():
    high = [
        np.sum(mass_of(decay(npi.DALITZ, 50_000, 3, flat_fraction=flat)[0], 0, 1) > 0.12)
        for flat in (0.0, 0.5)
    ]
    assert high[1] > 20 * high[0]


def test_dalitz_rates():
    # Lowest order 1.185 % (Kroll and Wada), with the slope 1.2 % more; PDG 1.174 / 0.98823 %
    # contains radiative corrections.
    assert npi.dalitz_ratio(0.0) == pytest.approx(1.185e-2, rel=1e-3)
    assert npi.dalitz_ratio() == pytest.approx(1.174e-2 / 0.98823, rel=0.03)
    # PDG: (3.34 +- 0.16)e-5.
    assert npi.double_dalitz_ratio() == pytest.approx(3.34e-5 / 0.98823, abs=0.16e-5)


def test_agrees_with_the_general_model():
    """The `dalitz` model of decay trees has no slope: same spectrum, same angles."""
    n = 60_000
    momentum, _ = decay(npi.DALITZ, n, 3, slope=0.0)
    other = generate(
        Decay("pi0", ["gamma", "e+", "e-"], model="dalitz"), n, base_seed=1, sample="toy",
        charge_conjugate=False,
    ).four_momentum.reshape(n, 3, 4)
    edges = np.geomspace(2 * M_E, M, 21)
    one = np.histogram(mass_of(momentum, 0, 1), edges)[0]
    two = np.histogram(mass_of(other, 1, 2), edges)[0]
    assert np.sum((one - two) ** 2 / np.maximum(one + two, 1)) < 20 + 4 * math.sqrt(40)
    # Invariant share of one lepton: (p_K.l+ - p_K.l-) in the photon's light-cone variable.
    share = []
    for photon, plus, minus in (
        (momentum[:, 2], momentum[:, 0], momentum[:, 1]), (other[:, 0], other[:, 1], other[:, 2])
    ):
        first = np.sum(METRIC * photon * plus, axis=1)
        share.append(np.histogram(
            first / (first + np.sum(METRIC * photon * minus, axis=1)), np.linspace(0, 1, 21)
        )[0])
    difference = np.sum((share[0] - share[1]) ** 2 / (share[0] + share[1]))
    assert difference < 20 + 4 * math.sqrt(40)


def test_double_dalitz_angles():
    """Planes of the two pairs: 1 + 2 A sin^2(phi), as eps(q1, q2, j1, j2) demands."""
    n = 100_000
    momentum, weight = decay(npi.DOUBLE_DALITZ, n, 4)
    assert np.all(weight == 1.0)
    first, second = momentum[:, :2], momentum[:, 2:]
    axis = first.sum(axis=1)[:, :3]
    axis /= np.linalg.norm(axis, axis=1)[:, None]
    normals = [np.cross(pair[:, 0, :3], axis) for pair in (first, second)]
    cosine = np.sum(normals[0] * normals[1], axis=1) / (
        np.linalg.norm(normals[0], axis=1) * np.linalg.norm(normals[1], axis=1)
    )
    masses = [mass_of(momentum, 0, 1), mass_of(momentum, 2, 3)]
    beta = [1 - 4 * M_E**2 / mass**2 for mass in masses]
    # <sin^2 phi> after both polar angles: (S + T 3/8) / (2 S + T / 2)...
    a, b = beta[0] * 2 / 3, beta[1] * 2 / 3
    flat, modulated = 2 - a - b, a * b
    expected = np.mean((flat / 2 + modulated * 3 / 8) / (flat + modulated / 2))
    found = 1 - cosine**2
    assert abs(found.mean() - expected) < 5 * found.std() / math.sqrt(n)
    assert expected > 0.52  # parity of the pion: planes across each other


def test_two_photons_and_two_electrons():
    for kind, mass in ((npi.TWO_PHOTONS, 0.0), (npi.DIRECT, M_E)):
        momentum, _ = decay(kind, 20_000, 2, moving=True)
        shell = np.sum(METRIC * momentum**2, axis=2)
        assert np.abs(shell - mass**2).max() < 1e-13
        spread = momentum[:, 0, 3].std()
        flat = 0.2 * math.sqrt(1 - 4 * mass**2 / M**2) / math.sqrt(12)
        assert spread == pytest.approx(flat, rel=0.02)  # a flat spectrum between its ends


def test_slots_are_independent():
    one, _ = decay(npi.TWO_PHOTONS, 10, 2)
    two, _ = decay(npi.TWO_PHOTONS, 10, 2, slot=1)
    assert not np.any(one[..., :3] == two[..., :3])
