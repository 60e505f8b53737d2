"""Radiation, conversion, decay: against the integrals that define them."""

import math

import numpy as np
import pytest

from lnvsearch.detector import material
from lnvsearch.random_streams import uniform4

KEY = np.array([3, 4], dtype=np.uint64)


def test_survival_is_the_exponential_law():
    one_length = material.survival_probability(0.4937, 3.711, 0.4937, 3.711)
    assert one_length == pytest.approx(math.exp(-1))
    assert material.survival_probability(0.000511, math.inf, 1.0, 100.0) == 1.0


def energies_behind_a_wall(thickness, n=40_000):
    return np.array([
        material.radiate_in_walls(KEY, i, 0, 0.8, material.photon_number(thickness, uniform4(KEY, i, 0, 0, 0)[0]))
        for i in range(n)
    ])  # fmt: skip


def test_no_wall_takes_no_energy():
    assert np.all(energies_behind_a_wall(0.0, n=100) == 0.8)


@pytest.mark.parametrize("power", [1, 2, 8])
def test_moments_of_the_energy_are_those_of_the_spectrum(power):
    """Photons are independent: E[(E'/E)^k] = exp(-integral (1 - (1 - y)^k) dN)."""
    thickness = 0.3
    share = np.linspace(1e-3, 1.0, 20_001)
    density = thickness * (4 / 3 - 4 / 3 * share + share**2) / share
    expected = math.exp(-np.trapezoid((1.0 - (1.0 - share) ** power) * density, share))
    moment = (energies_behind_a_wall(thickness) / 0.8) ** power
    assert moment.mean() == pytest.approx(expected, abs=4 * moment.std() / 200)
    if power == 1:
        assert expected == pytest.approx(math.exp(-thickness), rel=1e-3)


def test_fit_sees_a_change_of_curvature_as_the_legendre_projection_says():
    s = np.linspace(0.0, 1.0, 4001)
    for break_at in (0.0, 0.2, 0.5, 0.8, 1.0):
        kink = 0.5 * np.clip(s - break_at, 0.0, None) ** 2
        curvature = 2.0 * np.polynomial.polynomial.polyfit(s, kink, 2)[2]
        assert material.curvature_weight(1.0 - break_at) == pytest.approx(curvature, abs=1e-3)


def test_radiation_in_the_chamber_conserves_energy_and_bends_more():
    merged_any = False
    for event in range(3000):
        n_photons = material.photon_number(0.1, uniform4(KEY, event, 0, 0, 1)[0])
        left, curvature, merged = material.radiate_in_chamber(
            KEY, event, 0, 1.0, n_photons, 0.95, 1.0, 3.3, 0.08
        )
        assert 0.0 < left <= 1.0 and curvature >= 1.0
        assert 0.0 <= merged <= 1.0 - left + 1e-12
        merged_any |= merged > 0.0
    assert merged_any


def test_only_photons_near_the_track_merge():
    # Radiated at the origin at pT = 1 GeV (R = 3.3 m): 0.94/(2 R) = 0.14 rad apart.
    assert material.merges_with_shower(0.0, 0.95, 1.0, 3.3, 0.15)
    assert not material.merges_with_shower(0.0, 0.95, 1.0, 3.3, 0.13)
    assert material.merges_with_shower(0.95, 0.95, 1.0, 3.3, 0.01)
    assert not material.merges_with_shower(0.0, math.inf, 1.0, 0.3, 10.0)


def test_share_of_a_converted_photon_inverts_its_distribution():
    for u in (0.0, 0.01, 0.3, 0.5, 0.77, 1.0):
        x = material.conversion_share(u)
        assert 9 / 7 * (x - 2 / 3 * x**2 + 4 / 9 * x**3) == pytest.approx(u, abs=1e-12)


def test_kicked_momentum_has_its_size_and_its_angle():
    photon = (0.3, -0.4, 1.2, 1.3)
    three = np.array(material.kicked_momentum(photon, 0.8, 0.01, 0.7))
    along = three @ np.array(photon[:3]) / 1.3
    assert np.linalg.norm(three) == pytest.approx(0.8, rel=1e-12)
    assert math.sqrt(0.8**2 - along**2) == pytest.approx(0.01, rel=1e-6)
    opposite = np.array(material.kicked_momentum(photon, 0.8, -0.01, 0.7))
    assert (three + opposite) / 2 == pytest.approx(along * np.array(photon[:3]) / 1.3, abs=1e-12)
