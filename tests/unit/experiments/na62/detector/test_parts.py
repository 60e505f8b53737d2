"""The parts of the NA62 simulation one by one: beam, fit, flight, calorimeter, vetoes."""

from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch import particles
from lnvsearch.detector.gaussian import normal_quantile
from lnvsearch.experiments.na62.detector import calorimeter
from lnvsearch.experiments.na62.detector.beam import (
    N_KAON_NUMBERS,
    draw_kaons,
    kaon_from,
    to_laboratory,
)
from lnvsearch.experiments.na62.detector.block import (
    Constants,
    Keys,
    enter_laboratory,
    kaon_of,
    second_vertex,
)
from lnvsearch.experiments.na62.detector.enter_together import (
    APART,
    MAY,
    N_PARTICLE,
    PX,
    PZ,
    enter_together,
)
from lnvsearch.experiments.na62.detector.flight import (
    DECAYS_NATURALLY,
    DECAYS_NEVER,
    ELECTRON,
    MUON,
    N_FLOWN,
    PION,
    decay_pion,
    fly,
    in_chamber,
    sample_decay_z,
)
from lnvsearch.experiments.na62.detector.flight_together import (
    FOUND,
    LOST,
    N_DRAWN,
    fly_together,
)
from lnvsearch.experiments.na62.detector.response import Na62Response
from lnvsearch.experiments.na62.detector.track_fit import (
    fit_numbers,
    fit_track,
    parameter_covariance,
    scattering_gev,
)
from lnvsearch.random_streams import stream_key, uniform4

ROOT = Path(__file__).parents[5]
KEY = tuple(stream_key(1, "toy", "part"))
KAON_MASS, KAON_CTAU = particles.mass_gev("K+"), particles.ctau_m("K+")
PION_MASS, MUON_MASS = particles.mass_gev("pi+"), particles.mass_gev("mu+")


@pytest.fixture(scope="module")
def response():
    return Na62Response.from_mapping(
        quick_yaml.load((ROOT / "config/detectors/na62.yaml").read_text())
    )


# ------------------------------------------------------------------------------------- beam


def kaons(response, n, first=0):
    """Columns of n kaons."""
    result = np.empty((N_KAON_NUMBERS, n))
    draw_kaons(KEY, np.arange(first, first + n), response.beam, response.fiducial_volume, KAON_MASS,
               KAON_CTAU, result)  # fmt: skip
    return result


def test_kaons_have_the_beam_of_the_settings(response):
    n = 20_000
    momentum, slope_x, slope_y, x, y, z = kaons(response, n)
    error = 5.0 / np.sqrt(n)
    assert momentum.mean() == pytest.approx(75.0, abs=0.75 * error)
    assert momentum.std() == pytest.approx(0.75, rel=error)
    assert slope_x.mean() == pytest.approx(0.0012, abs=0.00011 * error)
    assert slope_y.std() == pytest.approx(0.00011, rel=error)
    at_begin = x - slope_x * (z - 105.0), y - slope_y * (z - 105.0)
    assert at_begin[0].std() == pytest.approx(0.012, rel=error)
    assert at_begin[1].std() == pytest.approx(0.006, rel=error)
    assert at_begin[0].mean() == pytest.approx(0.0012 * (105.0 - 101.8), abs=0.012 * error)


def test_decays_are_exponential_in_the_fiducial_volume(response):
    n = 20_000
    z = kaons(response, n)[5]
    assert z.min() > 105.0 and z.max() < 180.0
    length = 75.0 * KAON_CTAU / KAON_MASS
    expected = 105.0 + length - 75.0 / np.expm1(75.0 / length)  # mean of the truncated exponential
    assert z.mean() == pytest.approx(expected, abs=5.0 * z.std() / np.sqrt(n))


def test_the_way_to_the_laboratory_keeps_masses_and_gives_the_kaon_back():
    random = np.random.default_rng(5)
    for _ in range(50):
        p = random.normal(0.0, 0.1, 3)
        energy = np.sqrt(p @ p + MUON_MASS**2)
        lab = np.array(to_laboratory(*p, energy, 75.0, KAON_MASS, 0.0012, -0.0003))
        assert lab[3] ** 2 - lab[:3] @ lab[:3] == pytest.approx(MUON_MASS**2, rel=1e-6)
    kaon = np.array(to_laboratory(0.0, 0.0, 0.0, KAON_MASS, 75.0, KAON_MASS, 0.0012, -0.0003))
    assert np.linalg.norm(kaon[:3]) == pytest.approx(75.0)
    assert kaon[:2] / kaon[2] == pytest.approx([0.0012, -0.0003])


# -------------------------------------------------------------------------------- track fit


def true_hits(response, x, y, slope_x, slope_y, momentum, charge):
    """Positions in the chambers with the exact kick."""
    straws = response.spectrometer
    z = np.array(straws.chamber_z_m)
    norm = np.sqrt(1.0 + slope_x**2 + slope_y**2)
    px = momentum * slope_x / norm - charge * straws.magnet_kick_gev
    py = momentum * slope_y / norm
    pz = np.sqrt(momentum**2 - px**2 - py**2)
    behind = np.maximum(z - straws.magnet_z_m, 0.0)
    before = z - z[0] - behind
    return (
        x + slope_x * before + px / pz * behind,
        y + slope_y * before + py / pz * behind,
    )


@pytest.mark.parametrize("charge", [-1, 1])
@pytest.mark.parametrize("momentum", [5.0, 20.0, 60.0])
def test_exact_hits_give_the_track_back(response, momentum, charge):
    hits_x, hits_y = true_hits(response, 0.2, -0.3, 0.004, -0.003, momentum, charge)
    fit = fit_track(tuple(hits_x), tuple(hits_y), fit_numbers(response.spectrometer))
    assert fit[:4] == pytest.approx((0.2, -0.3, 0.004, -0.003), abs=3e-6)
    assert fit[4] == pytest.approx(momentum, rel=1e-4)
    assert fit[5] == charge
    assert fit[6] < 0.02  # p_z changes in the magnet: the line in y is not quite straight


@pytest.mark.parametrize("momentum", [8.0, 40.0])
def test_fit_is_the_least_squares_solution_with_the_full_covariance(response, momentum):
    straws = response.spectrometer
    z = np.array(straws.chamber_z_m)
    random = np.random.default_rng(2)
    hits = [h + random.normal(0.0, 2e-4, 4)
            for h in true_hits(response, 0.2, -0.3, 1e-3, 1e-3, momentum, 1)]  # fmt: skip
    numbers = fit_numbers(straws)
    fit = fit_track(tuple(hits[0]), tuple(hits[1]), numbers)
    # The weights' momentum is that of the fit without scattering.
    bend = np.array(numbers.inverse_x)[1:] @ hits[0]
    slope_y = np.array(numbers.inverse_y)[1] @ hits[1]
    sines = [s / np.sqrt(1.0 + s**2 + slope_y**2) for s in (bend[0], bend.sum())]
    theta = scattering_gev(straws.thickness_x0) * abs(sines[0] - sines[1]) / straws.magnet_kick_gev
    lever = np.maximum(z[:, np.newaxis] - z, 0.0)
    weight = np.linalg.inv(
        straws.hit_resolution_m**2 * np.eye(4) + theta**2 * lever @ lever.T
    )
    chi_square = 0.0
    columns = np.stack([np.ones(4), z - z[0], np.maximum(z - straws.magnet_z_m, 0.0)], axis=1)
    planes = ((hits[0], columns, (fit[0], fit[2])), (hits[1], columns[:, :2], (fit[1], fit[3])))
    for measured, design, ours in planes:
        solution = np.linalg.solve(design.T @ weight @ design, design.T @ weight @ measured)
        rest = measured - design @ solution
        chi_square += rest @ weight @ rest
        assert ours == pytest.approx(solution[:2], rel=1e-9, abs=1e-12)
    assert fit[6] == pytest.approx(chi_square, rel=1e-6)


def test_momentum_resolution_against_the_published_one(response):
    """The papers: 0.30 % + 0.005 % p in quadrature (2022), 0.3-0.4 % (2019)."""
    momentum = np.array([10.0, 20.0, 40.0])
    published = np.hypot(0.0030, 0.00005 * momentum)
    straws = response.spectrometer
    ours = np.array([p * np.sqrt(parameter_covariance(straws, p)[4, 4]) for p in momentum])
    assert np.all((ours / published > 1.0) & (ours / published < 1.25))
    adjusted = response.with_values(
        {"spectrometer.hit_resolution_m": 72e-6, "spectrometer.thickness_x0": 0.0033}
    ).spectrometer
    ours = np.array([p * np.sqrt(parameter_covariance(adjusted, p)[4, 4]) for p in momentum])
    assert ours == pytest.approx(published, abs=0.00004)


def test_scattering_is_highlands_formula():
    assert scattering_gev(1.0) == pytest.approx(0.0136)
    expected = 0.0136 * 0.0045**0.5 * (1 + 0.038 * np.log(0.0045))
    assert scattering_gev(0.0045) == pytest.approx(expected)
    assert scattering_gev(0.0) == 0.0


# ----------------------------------------------------------------------------------- flight


def test_chambers_have_a_hole_of_two_squares_and_a_round_edge(response):
    straws = response.spectrometer
    hole = straws.hole_centre_x_m[2]
    assert not in_chamber(hole, 0.0, 2, straws)
    assert not in_chamber(hole + 0.0637, -0.0637, 2, straws)
    corner = np.sqrt(2.0) * 0.0638  # of the square that is turned by 45 degrees
    assert not in_chamber(hole + corner - 1e-4, 0.0, 2, straws)
    assert in_chamber(hole + corner + 1e-4, 0.0, 2, straws)
    assert in_chamber(hole + 0.0639, 0.0639 * (np.sqrt(2.0) - 1.0) + 1e-4, 2, straws)
    assert in_chamber(0.0, 0.999, 2, straws) and not in_chamber(0.71, 0.71, 2, straws)


def test_decays_in_flight_are_exponential_with_the_lifetime():
    n, begin, end, mean = 20_000, 150.0, 241.0, 300.0
    drawn = np.array([
        sample_decay_z(KEY, i, 0, DECAYS_NATURALLY, begin, end, mean) for i in range(n)
    ])  # fmt: skip
    z, weight = drawn.T
    share = -np.expm1(-(end - begin) / mean)
    decayed = np.isfinite(z)
    assert decayed.mean() == pytest.approx(share, abs=5.0 * np.sqrt(share * (1 - share) / n))
    assert np.all((z[decayed] > begin) & (z[decayed] < end)) and np.all(weight == 1.0)
    assert sample_decay_z(KEY, 1, 0, DECAYS_NEVER, begin, end, 1e-9) == (np.inf, 1.0)


def test_muon_of_a_pion_has_the_two_body_kinematics():
    n, momentum = 5_000, 20.0
    muons = np.array([
        decay_pion(KEY, i, 0, momentum, 0.003, -0.002, PION_MASS, MUON_MASS) for i in range(n)
    ])  # fmt: skip
    direction = np.stack([muons[:, 1], muons[:, 2], np.ones(n)], axis=1)
    three = muons[:, :1] * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    pion = np.array([0.003, -0.002, 1.0])
    pion *= momentum / np.linalg.norm(pion)
    neutrino = np.linalg.norm(pion - three, axis=1)
    energy = np.hypot(momentum, PION_MASS)
    assert np.hypot(muons[:, 0], MUON_MASS) + neutrino == pytest.approx(energy, rel=1e-9)
    # Isotropic in the pion's frame: the muon's energy is flat between its kinematic limits.
    share = np.hypot(muons[:, 0], MUON_MASS) / energy
    low = (MUON_MASS / PION_MASS) ** 2
    assert share.min() > low - 1e-3 and share.max() < 1.0
    assert share.mean() == pytest.approx(0.5 * (1.0 + low), abs=5.0 * share.std() / np.sqrt(n))
    assert share.std() == pytest.approx((1.0 - low) / np.sqrt(12.0), rel=0.05)


# ------------------------------------------------------------------- calorimeter and vetoes


def test_calorimeter_is_an_octagon_with_a_hole(response):
    lkr = response.lkr
    for angle in np.arange(8) * np.pi / 4:
        x, y = np.cos(angle), np.sin(angle)
        assert calorimeter.in_lkr(1.129 * x, 1.129 * y, lkr)
        assert not calorimeter.in_lkr(1.131 * x, 1.131 * y, lkr)
        assert not calorimeter.in_lkr(0.149 * x, 0.149 * y, lkr)
        assert calorimeter.in_lkr(0.151 * x, 0.151 * y, lkr)


def numbers(event):
    """Two normal and two uniform numbers of an event."""
    first, second, third, fourth = uniform4(KEY, event, 0, 0, 0)
    return normal_quantile(first), normal_quantile(second), third, fourth


def test_electron_energy_has_the_published_resolution(response):
    n = 10_000
    for energy in (5.0, 30.0):
        measured = np.array([
            calorimeter.track_energy(numbers(i), 0, energy, 0.0, response.lkr) for i in range(n)
        ])  # fmt: skip
        expected = np.sqrt(0.048**2 / energy + (0.11 / energy) ** 2 + 0.009**2)
        assert measured.std() / energy == pytest.approx(expected, rel=0.04)
        assert measured.mean() == pytest.approx(energy, rel=5.0 * expected / np.sqrt(n))


def test_pions_and_muons_leave_less_than_electrons(response):
    n = 5_000
    muons, pions = (
        np.array([
            calorimeter.track_energy(numbers(i), species, 20.0, 0.0, response.lkr) for i in range(n)
        ])
        for species in (MUON, PION)
    )  # fmt: skip
    assert np.median(muons) == pytest.approx(0.56, abs=0.02)
    assert (pions > 2.0).mean() == pytest.approx(0.8 * (1 - 2.0 / 16.0), abs=0.03)
    assert np.max(pions) < 18.5


def test_photons_meet_the_veto_stations_behind_their_origin(response):
    lav = response.lav
    passage = calorimeter.veto_passage
    assert passage(0.0, 0.0, 110.0, 0.0, 0.0, lav) == calorimeter.PASSED
    reach = 0.7 / (121.363 - 110.0)  # into the ring of the first station
    assert passage(0.0, 0.0, 110.0, reach, 0.0, lav) == calorimeter.SEEN
    assert passage(0.0, 0.0, 110.0, 3.0 * reach, 0.0, lav) == calorimeter.GONE
    assert passage(0.0, 0.0, 122.0, reach, 0.0, lav) == calorimeter.SEEN  # the second, 7 m on
    assert passage(0.0, 0.0, 122.0, 2.5 * reach, 0.0, lav) == calorimeter.GONE
    assert passage(0.0, 0.0, 238.8, reach, 0.0, lav) == calorimeter.PASSED  # behind the last


def test_photons_enter_a_station_through_its_bore(response):
    """Within the bore at the front of a station, in its glass before the back."""
    lav = response.lav
    front, inner, depth = lav.front_z_m[0], lav.inner_radius_m[0], lav.depth_m[0]
    passage = calorimeter.veto_passage
    for z in (front - 1.0, front + 0.1):
        to_back = front + depth - z
        steep, flat = 1.01 * inner / to_back, 0.99 * inner / to_back
        assert passage(0.0, 0.0, z, steep, 0.0, lav) == calorimeter.SEEN
        assert passage(0.0, 0.0, z, flat, 0.0, lav) != calorimeter.SEEN
    # The second station is missed by a photon that passes the first within its bore and is steep.
    assert passage(0.0, 0.0, front - 1.0, 0.99 * inner / (1.0 + depth), 0.0, lav) == calorimeter.GONE


def test_photons_merge_with_tracks_and_with_each_other(response):
    lkr_z = response.lkr.z_m
    photons = np.zeros((4, 6))
    photons[:, 2] = 150.0
    positions = np.array([[0.55, 0.0], [-0.5, 0.3], [-0.5, 0.33], [0.0, 0.8]])
    photons[:, 3:5] = positions / (lkr_z - 150.0)
    photons[:, 5] = [4.0, 10.0, 10.0, 0.1]
    flown = np.zeros((2, 8))
    flown[0, :2], flown[1, :2] = (0.5, 0.0), (0.0, -0.6)
    clusters = np.zeros((1, 4, 3))
    n_clusters, in_veto = calorimeter.end_photons(
        KEY, 0, photons, 4, flown, 2, response.lkr, response.lav, clusters, 0
    )
    assert flown[:, 2].tolist() == [4.0, 0.0]  # 5 cm from the first track
    assert (n_clusters, in_veto) == (1, 0.0)  # the soft one is below threshold
    assert clusters[0, 0] == pytest.approx([20.0, -0.5, 0.315], abs=1.5)
    assert clusters[0, 0, 1:] == pytest.approx([-0.5, 0.315], abs=0.006)


def test_tiles_cover_the_muon_detector_once(response):
    half = response.muv.half_width_m
    centres = (np.arange(12) - 5.5) * 0.22
    outer = [
        calorimeter.tile_at(x, y, half)
        for y in centres for x in centres if max(abs(x), abs(y)) > 0.22
    ]  # fmt: skip
    assert outer == list(range(140))
    small = np.array([-1, 0, 1]) * 0.44 / 3
    inner = [calorimeter.tile_at(x, y, half) for y in small for x in small]
    assert inner == [140, 141, 142, 143, -1, 144, 145, 146, 147]
    assert calorimeter.tile_at(1.33, 0.0, half) == -1


def test_muons_below_the_range_fire_no_tile(response):
    at = (0.5, 0.5, 0.0, 0.0, response.lkr.z_m, response.muv)
    fired = [calorimeter.muv3_tile(numbers(i)[:3], 30.0, *at) for i in range(4_000)]
    assert np.mean(np.array(fired) >= 0) == pytest.approx(0.9985, abs=0.003)
    assert calorimeter.muv3_tile(numbers(0)[:3], 2.9, *at) == -1


def test_kaons_do_not_depend_on_those_beside_them(response):
    together = kaons(response, 500, first=7)
    assert np.array_equal(together[:, 100:], kaons(response, 400, first=107))


def test_a_kaon_without_luck_flies_along_the_axis(response):
    beam, volume = response.beam, response.fiducial_volume
    momentum, slope_x, slope_y, x, y, z = kaon_from(
        1e-9, (0.0,) * 5, beam, volume, KAON_MASS, KAON_CTAU
    )
    assert (momentum, slope_x, slope_y) == (beam.momentum_gev, beam.slope_x, beam.slope_y)
    assert z == pytest.approx(volume.begin_z_m, abs=1e-6)
    assert x == pytest.approx(beam.slope_x * (z - beam.axis_origin_z_m))
    assert y == pytest.approx(beam.slope_y * (z - beam.axis_origin_z_m))


@pytest.mark.parametrize(("species", "mass"), [(ELECTRON, 0.000511), (MUON, 0.10566), (PION, 0.13957)])
def test_particles_together_fly_as_one_alone(response, species, mass):
    """Without material nothing is drawn: hits and ends are the same to the last bit."""
    empty = response.with_values({"spectrometer.thickness_x0": 0.0})
    random, n, species_ = np.random.default_rng(1), 200, np.full(200, species)
    momentum = random.uniform([-0.3, -0.3, 3.0], [0.3, 0.3, 40.0], (n, 3))
    origin = random.uniform([-0.02, -0.02, 105.0], [0.02, 0.02, 180.0], (n, 3))
    charge = random.choice([-1.0, 1.0], n)
    size = np.sqrt(momentum[:, 0] ** 2 + momentum[:, 1] ** 2 + momentum[:, 2] ** 2)
    begin = np.array([*origin.T, momentum[:, 0] / momentum[:, 2], momentum[:, 1] / momentum[:, 2],
                      size, np.full(n, mass), charge, species_])  # fmt: skip
    keys = Keys(*[KEY] * len(Keys._fields))
    constants = Constants(KAON_MASS, KAON_CTAU, (0.000511, 0.10566, 0.13957), 7.8, 0.0, (-11, -13, 211))
    events, slots, drawn = np.arange(n), np.zeros(n, dtype=np.int64), np.empty((N_DRAWN, n))
    together, alone = np.empty((N_FLOWN + 1, n)), np.empty((N_FLOWN + 1, n))
    fly_together(keys, events, slots, n * (species == ELECTRON), n, begin, events, empty.spectrometer, empty.lkr.z_m,
                 0.0, slots.copy(), drawn, together)  # fmt: skip
    found = np.array([
        fly(keys, i, 0, species, charge[i], (*momentum[i], 0.0), tuple(origin[i]), (np.inf, 1.0, 0.0),
            (0.0, 0.0), constants, empty, alone, i, np.empty((4, 6)), 0)[0] for i in range(n)
    ])  # fmt: skip
    assert 20 < found.sum() < n
    assert np.array_equal(together[N_FLOWN] == FOUND, found)
    assert np.array_equal(together[N_FLOWN] == LOST, ~found)
    assert np.array_equal(together[:N_FLOWN, found], alone[:N_FLOWN, found])


@pytest.mark.parametrize("minimum", [2, 3])
@pytest.mark.parametrize("is_displaced", [False, True])
def test_decays_enter_the_laboratory_together_as_one_by_one(response, minimum, is_displaced):
    """The same decays are left, with the same particles to the last bit; not all fill the lanes."""
    n, first, last = 700, 30, 663
    random, species = np.random.default_rng(7), np.array([PION, 3, ELECTRON, MUON])
    charge, displaced = np.array([1.0, 0.0, -1.0, 1.0]), np.array([False, False, is_displaced, False])
    masses = np.array([0.13957, 0.0, 0.000511, 0.10566])
    momentum = np.empty((n, 4, 4))
    momentum[..., :3] = random.normal(0.0, 0.08, (n, 4, 3))
    momentum[..., 3] = np.sqrt(np.sum(momentum[..., :3] ** 2, axis=-1) + masses**2)
    displacement = random.normal(0.0, [0.01, 0.01, 2.0, 1.0], (n, 4)) if is_displaced else np.empty((0, 4))
    constants = Constants(KAON_MASS, KAON_CTAU, (0.000511, 0.10566, 0.13957), 7.8, 0.0, (-11, -13, 211))
    of_kaons, columns, room = kaons(response, n), np.array([0, 2, 3]), n + 1
    of_part = np.ascontiguousarray(of_kaons[:, first:last])
    rows, begin = np.empty(room, dtype=np.int64), np.empty((N_PARTICLE, 3 * room))
    beam_line_end = 120.0  # so that some begin before it
    left = enter_together(
        first, last, columns, species, charge, momentum, displacement, displaced, minimum, constants,
        response.spectrometer, beam_line_end, of_part, rows, begin,
    )  # fmt: skip
    found = 0
    for i in range(first, last):
        laboratory = np.empty((4, 4))
        kaon, vertex = kaon_of(of_kaons, i)
        second = second_vertex(displacement, i, kaon, vertex, constants)
        possible = enter_laboratory(momentum, i, species, 3, minimum, kaon, vertex, second, displaced,
                                    constants, response.spectrometer, laboratory)  # fmt: skip
        if possible < minimum:
            continue
        assert rows[found] == i - first
        for c, j in enumerate(columns):
            t = c * room + i - first
            assert begin[MAY, t] == (laboratory[j, 3] > 0.0)
            if laboratory[j, 3] > 0.0:
                place = second if displaced[j] else vertex
                assert begin[APART, t] == (laboratory[j, 2] <= 0.0 or place[2] < beam_line_end)
                assert np.array_equal(begin[PX : PZ + 1, t], laboratory[j, :3])
                assert np.array_equal(begin[:3, t], place)
        found += 1
    assert found == left
    assert 50 < left < last - first
