"""Specific energy loss and time of flight."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector import identification, tracks
from lnvsearch.random_streams import uniform4

KEY = np.array([7, 8], dtype=np.uint64)


def uniforms(n):
    """Four numbers of each event."""
    return [uniform4(KEY, i, 0, 0, 0) for i in range(n)]


def test_electron_to_pion_ratio_is_the_recorded_one(response):
    electron = identification.dedx_curve(0.8 / particles.mass_gev("e-"), response.dedx)
    pion = identification.dedx_curve(0.8 / particles.mass_gev("pi+"), response.dedx)
    assert electron / pion == pytest.approx(1.33, abs=0.005)


def test_energy_loss_has_its_minimum_where_it_belongs(response):
    least = minimize_scalar(
        lambda x: identification.dedx_curve(x, response.dedx), bounds=(1.0, 20.0), method="bounded"
    )
    assert 3.0 < least.x < 4.5


def test_energy_loss_reaches_a_plateau(response):
    at = [identification.dedx_curve(x, response.dedx) for x in (10.0, 100.0, 1e4, 1e5)]
    assert at == sorted(at)
    assert at[3] / at[2] == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("beta_gamma", [0.3, 1.0, 3.0])
def test_energy_loss_is_bethes_formula_below_the_rise(response, beta_gamma):
    beta_square = beta_gamma**2 / (1.0 + beta_gamma**2)
    bethe = response.dedx.bethe_constant + 2.0 * math.log(beta_gamma) - beta_square
    curve = identification.dedx_curve(beta_gamma, response.dedx)
    assert curve == pytest.approx(bethe / beta_square, rel=1e-3)


def test_measured_energy_loss_has_its_resolution_and_efficiency(response):
    dedx = response.dedx._replace(tail_fraction=0.0)
    measured = np.array([identification.measure_dedx(*u, 5.0, dedx) for u in uniforms(20_000)])
    relative = measured / identification.dedx_curve(5.0, dedx)
    assert np.isnan(relative).mean() == pytest.approx(1.0 - dedx.efficiency, abs=0.003)
    assert np.nanmean(relative) == pytest.approx(1.0, abs=4 * dedx.resolution / 141)
    assert np.nanstd(relative) == pytest.approx(dedx.resolution, rel=0.02)


def test_tail_of_the_energy_loss(response):
    dedx = response.dedx._replace(tail_fraction=0.2, tail_scale=3.0, efficiency=1.0)
    measured = np.array([identification.measure_dedx(*u, 5.0, dedx) for u in uniforms(20_000)])
    pull = (measured / identification.dedx_curve(5.0, dedx) - 1.0) / dedx.resolution
    assert np.mean(pull**2) == pytest.approx(0.8 + 0.2 * 9.0, rel=0.05)


def test_flight_time_of_light_and_of_a_kaon():
    assert identification.flight_time_ns(0.299792458, 1e6, 0.5) == pytest.approx(1.0)
    beta = 0.5 / math.hypot(0.5, 0.4937)
    assert identification.flight_time_ns(0.844, 0.5, 0.4937) == pytest.approx(
        0.844 / (beta * 0.299792458)
    )


def test_flight_path_is_longer_than_the_straight_line(response):
    region, path = identification.flight_path_m(0.5, 0.3, 1.0, response.tof)
    assert region == tracks.BARREL
    assert path > response.tof.barrel_radius_m * math.sqrt(1.0 + 0.3**2)


def test_counters_end_between_barrel_and_end_cap_and_at_the_beam(response):
    def region(cos_theta):
        tangent = cos_theta / math.sqrt(1.0 - cos_theta**2)
        return identification.flight_path_m(1000.0, tangent, 1.0, response.tof)[0]

    assert region(0.5) == tracks.BARREL
    assert region(0.83) == tracks.MISSED
    assert region(0.9) == tracks.END_CAP
    assert region(0.96) == tracks.MISSED


def test_no_hit_is_not_a_number(response):
    tof = response.tof._replace(hit_efficiency=0.0)
    assert math.isnan(identification.measure_flight_time(*uniform4(KEY, 0, 0, 0, 0), 1.0, 0.9, 0.07, tof))


def test_measured_time_scatters_by_its_resolution(response):
    tof = response.tof._replace(hit_efficiency=1.0, tail_fraction=0.0)
    time = np.array(
        [identification.measure_flight_time(*u, 0.9, 0.8, 0.068, tof) for u in uniforms(20_000)]
    )
    assert time.mean() == pytest.approx(0.9 / (0.8 * 0.299792458), abs=4 * 0.068 / 141)
    assert time.std() == pytest.approx(0.068, rel=0.02)
