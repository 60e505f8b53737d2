"""Helices, their errors and where tracks go."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.experiments.besiii.detector import tracks
from lnvsearch.random_streams import uniform4

PION_MASS = 0.13957
momenta = st.floats(-1.5, 1.5).filter(lambda value: abs(value) > 0.02)
positions = st.floats(-4.0, 4.0)
charges = st.sampled_from([-1, 1])
fields = st.sampled_from([1.0, 0.9])


def point_and_direction(helix, turn, field_t):
    """Position (cm) and unit direction in xy on a helix, `turn` behind its closest point."""
    dr, phi0, kappa, dz, tan_lambda = helix
    rho = 100.0 / (tracks.CURVATURE_GEV_PER_T_M * field_t * kappa)
    x = dr * math.cos(phi0) + rho * (math.cos(phi0) - math.cos(phi0 + turn))
    y = dr * math.sin(phi0) + rho * (math.sin(phi0) - math.sin(phi0 + turn))
    z = dz - rho * tan_lambda * turn
    return (x, y, z), (-math.sin(phi0 + turn), math.cos(phi0 + turn))


@settings(deadline=None, max_examples=100)
@given(positions, positions, positions, momenta, momenta, momenta, charges, fields)
def test_helix_goes_through_its_point_with_its_momentum(x, y, z, px, py, pz, charge, field_t):
    helix = tracks.helix_at_closest_approach(x, y, z, px, py, pz, charge, field_t)
    dr, phi0, kappa, dz, tan_lambda = helix
    pt = math.hypot(px, py)
    # The turn by which the momentum's direction is ahead of the closest point's.
    turn = math.remainder(math.atan2(-px, py) - phi0, 2.0 * math.pi)
    point, direction = point_and_direction(helix, turn, field_t)
    assert point == pytest.approx((x, y, z), abs=1e-9)
    assert direction == pytest.approx((px / pt, py / pt), abs=1e-9)
    assert kappa == pytest.approx(charge / pt)
    assert tan_lambda == pytest.approx(pz / pt)
    assert 0.0 <= phi0 <= 2.0 * math.pi


@settings(deadline=None, max_examples=50)
@given(positions, positions, momenta, momenta, charges)
def test_no_point_of_the_helix_is_closer(x, y, px, py, charge):
    helix = tracks.helix_at_closest_approach(x, y, 0.0, px, py, 0.3, charge, 1.0)
    points = [point_and_direction(helix, turn, 1.0)[0] for turn in np.linspace(-3.1, 3.1, 301)]
    assert min(math.hypot(p[0], p[1]) for p in points) >= abs(helix[0]) - 1e-9


def test_particle_from_the_origin_has_no_impact_parameter():
    helix = tracks.helix_at_closest_approach(0.0, 0.0, 0.0, 0.0, 0.8, 0.4, -1, 1.0)
    assert helix == pytest.approx((0.0, 0.0, -1.25, 0.0, 0.5), abs=1e-12)


def test_positive_charge_turns_clockwise():
    helix = tracks.helix_at_closest_approach(0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1, 1.0)
    (x, y, _), _ = point_and_direction(helix, -0.1, 1.0)  # against phi: forward for kappa > 0
    assert y > 0.0 and x > 0.0


@settings(deadline=None, max_examples=50)
@given(positions, positions, momenta, momenta, charges, st.floats(-3.0, 3.0))
def test_rotation_about_z_changes_phi0_only(x, y, px, py, charge, angle):
    cosine, sine = math.cos(angle), math.sin(angle)

    def turned(a, b):
        return cosine * a - sine * b, sine * a + cosine * b

    first = tracks.helix_at_closest_approach(x, y, 1.0, px, py, 0.2, charge, 1.0)
    second = tracks.helix_at_closest_approach(
        *turned(x, y), 1.0, *turned(px, py), 0.2, charge, 1.0
    )
    assert math.remainder(second[1] - first[1] - angle, 2.0 * math.pi) == pytest.approx(0, abs=1e-9)
    assert np.delete(second, 1) == pytest.approx(np.delete(first, 1), abs=1e-9)


def test_errors_of_the_published_pion_covariances(response):
    errors = tracks.helix_errors(1.0, 1.0, 1.0 / math.hypot(1.0, PION_MASS), response.tracking)
    assert errors[2] == pytest.approx(0.0043, rel=0.02)  # sigma(pT)/pT at 1 GeV, 90 degrees
    assert errors[1] == pytest.approx(math.hypot(0.5e-3, 1.4e-3), rel=0.02)
    assert errors[4] == pytest.approx(math.hypot(2.8e-3, 1.4e-3), rel=0.02)
    assert 0.012 < errors[0] < 0.02
    assert errors[3] == pytest.approx(0.13, rel=0.02)


def test_slow_and_forward_tracks_are_measured_worse(response):
    def errors(pt, p):
        return np.array(tracks.helix_errors(pt, p, 0.9, response.tracking))

    central, slow, forward = errors(0.5, 0.5), errors(0.3, 0.3), errors(0.25, 0.5)
    keep = [0, 1, 3, 4]
    assert np.all(slow[keep] > central[keep])
    assert np.all(forward[keep] > central[keep])
    assert slow[2] * 0.3 > 0 and forward[2] > central[2]


def test_deviations_are_standard_normal_and_correlated(response):
    key = np.array([1, 2], dtype=np.uint64)
    n = 20_000
    deviations = np.array(
        [
            tracks.correlated_normals(
                *uniform4(key, i, 0, 0, 0), *uniform4(key, i, 0, 0, 1)[:2], response.tracking
            )
            for i in range(n)
        ]
    )
    assert deviations.mean(axis=0) == pytest.approx(0.0, abs=4 / math.sqrt(n))
    assert deviations.std(axis=0) == pytest.approx(1.0, abs=4 / math.sqrt(2 * n))
    observed = np.corrcoef(deviations.T)
    tracking = response.tracking
    assert observed[0, 1] == pytest.approx(tracking.correlation_dr_phi0, abs=0.02)
    assert observed[1, 2] == pytest.approx(tracking.correlation_phi0_kappa, abs=0.03)
    assert observed[3, 4] == pytest.approx(tracking.correlation_dz_tan_lambda, abs=0.02)
    assert observed[:3, 3:] == pytest.approx(0.0, abs=0.03)
    # dr and kappa are linked through phi0 only.
    assert np.linalg.inv(observed)[0, 2] == pytest.approx(0.0, abs=0.06)


def test_finding_probability_turns_on_and_ends_at_the_edge(response):
    acceptance = response.acceptance

    def found(species, p, cos_theta=0.0):
        pt = p * math.sqrt(1.0 - cos_theta**2)
        return tracks.finding_probability(species, pt, p, cos_theta, acceptance)

    assert found(0, 1.0) == pytest.approx(acceptance.efficiency)
    assert found(0, acceptance.light_pt_threshold_gev) == pytest.approx(acceptance.efficiency / 2)
    assert found(3, acceptance.kaon_p_threshold_gev) == pytest.approx(acceptance.efficiency / 2)
    assert found(3, 0.10) < 1e-3 < found(0, 0.10)
    assert found(2, 1.0, 0.93) > 0.99 * acceptance.efficiency
    assert found(2, 1.0, 0.97) < 1e-3


def test_arc_of_a_straight_and_of_a_curling_track():
    assert tracks.transverse_arc_m(1e4, 0.8, 1.0) == pytest.approx(0.8)
    assert tracks.transverse_arc_m(0.11, 0.8, 1.0) == math.inf
    radius = 0.5 / tracks.CURVATURE_GEV_PER_T_M
    arc = tracks.transverse_arc_m(0.5, 0.8, 1.0)
    assert 2.0 * radius * math.sin(0.5 * arc / radius) == pytest.approx(0.8)  # chord = radius


def test_tracks_leave_through_barrel_or_end():
    barrel = tracks.first_crossing(1.0, 0.2, 1.0, 0.9, 1.4)
    assert barrel[0] == tracks.BARREL and barrel[2] == 0.9
    end = tracks.first_crossing(1.0, 2.0, 1.0, 0.9, 1.4)
    assert end[0] == tracks.END_CAP and end[1] == pytest.approx(0.7) and end[2] < 0.7
    assert tracks.first_crossing(0.1, 0.0, 1.0, 0.9, 1.4)[0] == tracks.MISSED


def test_pull_scales_have_their_shares(response):
    key = np.array([1, 2], dtype=np.uint64)
    scales = np.array([tracks.pull_scales(*uniform4(key, i, 0, 0, 0)[:2], response.pulls) for i in range(20_000)])
    pulls = response.pulls
    assert set(np.unique(scales)) == {pulls.core_scale, pulls.tail_scale}
    tail = scales == pulls.tail_scale
    spread = math.sqrt(pulls.tail_fraction / len(scales))
    assert tail.mean(axis=0) == pytest.approx(pulls.tail_fraction, abs=4 * spread)
    both = np.mean(tail[:, 0] & tail[:, 1])
    assert both == pytest.approx(pulls.tail_fraction**2, abs=4 * pulls.tail_fraction / 141)
