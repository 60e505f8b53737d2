"""The NA62 simulation as a whole: decays at rest in, tracks and clusters out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch import particles
from lnvsearch.experiments.na62.detector import simulate
from lnvsearch.experiments.na62.detector.beam import N_KAON_NUMBERS, draw_kaons, to_laboratory
from lnvsearch.experiments.na62.detector.simulate import (
    Na62Detector,
    simulate_spectrometer,
    track_covariance,
)
from lnvsearch.experiments.na62.events import (
    CLUSTER_BRANCHES,
    EVENT_BRANCHES,
    OPTIONAL_TRACK_BRANCHES,
    TRACK_BRANCHES,
)
from lnvsearch.generation.kaon.decays import KaonDecays
from lnvsearch.random_streams import stream_key

ROOT = Path(__file__).parents[5]
SAMPLE = {"base_seed": 1, "sample": "toy"}
KAON_MASS = particles.mass_gev("K+")


@pytest.fixture(scope="module")
def detector():
    return Na62Detector.from_settings(
        quick_yaml.load((ROOT / "config/detectors/na62.yaml").read_text())
    )


def changed(detector, **values):
    """The same detector with other numbers, section__key=value."""
    settings = {name.replace("__", "."): value for name, value in values.items()}
    return Na62Detector(detector.response.with_values(settings))


def breakup(mass, first, second):
    """Momentum of the daughters of a two-body decay."""
    return np.sqrt((mass**2 - (first + second) ** 2) * (mass**2 - (first - second) ** 2)) / 2 / mass


def decays(names, n=4_000, first=0, seed=7):
    """Uniform three-body decays, K -> 1 (23), with masses of (23) drawn evenly."""
    random = np.random.default_rng([seed, first])
    m1, m2, m3 = (particles.mass_gev(name) for name in names)

    def isotropic(size):
        cosine, azimuth = random.uniform(-1, 1, size), random.uniform(0, 2 * np.pi, size)
        sine = np.sqrt(1 - cosine**2)
        return np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=1)

    pair = random.uniform(m2 + m3, KAON_MASS - m1, n)
    p1, p2 = breakup(KAON_MASS, pair, m1), breakup(pair, m2, m3)
    direction, inner = isotropic(n), isotropic(n)
    momentum = np.empty((n, 3, 4))
    momentum[:, 0, :3], momentum[:, 0, 3] = p1[:, None] * direction, np.hypot(p1, m1)
    gamma, beta_gamma = np.hypot(p1, pair) / pair, -p1 / pair
    along = np.sum(inner * direction, axis=1) * p2
    for j, sign, mass in ((1, 1.0, m2), (2, -1.0, m3)):
        energy = np.hypot(p2, mass)
        shift = (gamma - 1.0) * sign * along + beta_gamma * energy
        momentum[:, j, :3] = sign * p2[:, None] * inner + shift[:, None] * direction
        momentum[:, j, 3] = gamma * energy + beta_gamma * sign * along
    assert np.allclose(momentum.sum(axis=1), [0, 0, 0, KAON_MASS])
    codes = np.array([particles.pdg_id(name) for name in names])
    return KaonDecays(np.arange(first, first + n), np.ones(n), codes, momentum)


def part(sample, rows):
    return KaonDecays(sample.event_number[rows], sample.weight[rows], sample.pdg_id,
                      sample.four_momentum[rows])  # fmt: skip


def with_photons(sample, photons):
    """The same decays with photons (n, p, 4) in further columns; momentum is not balanced."""
    return replace(
        sample,
        pdg_id=np.concatenate([sample.pdg_id, [22] * photons.shape[1]]),
        four_momentum=np.concatenate([sample.four_momentum, photons], axis=1),
    )


def true_tracks(events, sample, detector):
    """True (x, y, slope_x, slope_y at chamber 1, charge/p) of the tracks of each event."""
    response = detector.response
    key = tuple(stream_key(1, "toy", "beam"))
    charge = [int(particles.charge(int(code))) for code in sample.pdg_id]
    result = np.empty((len(events), 3, 5))
    number = events.event["event_number"]
    kaons = np.empty((N_KAON_NUMBERS, len(events)))
    draw_kaons(key, number, response.beam, response.fiducial_volume, KAON_MASS,
               particles.ctau_m("K+"), kaons)  # fmt: skip
    for i, event in enumerate(number):
        p, slope_x, slope_y, x, y, z = kaons[:, i]
        path = response.spectrometer.chamber_z_m[0] - z
        for j in range(3):
            px, py, pz, _ = to_laboratory(
                *sample.four_momentum[event - sample.event_number[0], j], p, KAON_MASS,
                slope_x, slope_y,
            )  # fmt: skip
            result[i, j] = (x + px / pz * path, y + py / pz * path, px / pz, py / pz,
                            charge[j] / np.sqrt(px**2 + py**2 + pz**2))  # fmt: skip
    return result


# ------------------------------------------------------------------------------- track fit


@pytest.fixture(scope="module")
def muons(detector):
    """Tracks that neither decay nor radiate, with their decays."""
    sample = decays(["pi-", "mu+", "mu+"], 8_000)
    return simulate_spectrometer(sample, detector, **SAMPLE, decay_in_flight="off"), sample


def test_pulls_are_centred_and_of_width_one(detector, muons):
    events, sample = muons
    true = true_tracks(events, sample, detector)
    track = events.track
    measured = np.stack(
        [track["x_m"], track["y_m"], track["slope_x"], track["slope_y"],
         track["charge"] / track["momentum_gev"]], axis=-1,
    )  # fmt: skip
    grid = np.geomspace(1.0, 80.0, 200)
    sigma = np.sqrt([np.diag(track_covariance(detector, p)) for p in grid])
    momentum = 1.0 / np.abs(true[..., 4])
    fast = momentum > 3.0  # below, the pion's velocity and the bend are not small-angle
    for i in range(5):
        pull = ((measured - true)[..., i] / np.interp(momentum, grid, sigma[:, i]))[fast]
        assert abs(pull.mean()) < 5.0 / np.sqrt(pull.size), i
        assert pull.std() == pytest.approx(1.0, abs=5.0 / np.sqrt(2.0 * pull.size)), i


def test_chi_square_is_that_of_three_degrees_of_freedom(muons):
    events, _ = muons
    chi_square = events.track["chi_square"][events.track["momentum_gev"] > 3.0]
    error = 5.0 / np.sqrt(chi_square.size)
    assert chi_square.mean() == pytest.approx(3.0, abs=np.sqrt(6.0) * error)
    assert chi_square.var() == pytest.approx(6.0, abs=15.0 * error)


def test_muons_fire_tiles_and_other_particles_do_not(detector):
    sample = decays(["pi-", "mu+", "e+"], 8_000)
    track = simulate_spectrometer(sample, detector, **SAMPLE).track
    fired, code = track["muv3_tile"] >= 0, np.abs(track["true_pdg_id"])
    assert not np.any(fired[(code == 211) | (code == 11)])
    slow = track["momentum_gev"] < detector.response.muv.minimum_momentum_gev - 1.0
    assert not np.any(fired[slow])
    # Pions that have decayed are muons, too.
    for charge in (-1, 1):
        assert np.mean(fired[(code == 13) & (track["charge"] == charge) & ~slow]) > 0.5


def test_kinked_tracks_have_a_larger_chi_square(detector):
    sample = decays(["pi-", "mu+", "mu+"], 8_000)
    events = simulate_spectrometer(sample, detector, **SAMPLE)
    kinked = (events.track["true_pdg_id"] == 13) & (events.track["charge"] == -1)
    assert np.mean(events.track["chi_square"][kinked]) > 30.0


def test_charge_and_line_behind_the_magnet_follow_the_bending(muons):
    events, _ = muons
    track = events.track
    codes = track["true_pdg_id"]
    assert np.array_equal(codes, np.tile([-211, -13, -13], (len(events), 1)))
    assert np.array_equal(track["charge"], np.tile([-1, 1, 1], (len(events), 1)))
    change = track["downstream_slope_x"] - track["slope_x"]
    assert np.all(np.sign(change) == -track["charge"])
    assert np.median(np.abs(change) * track["momentum_gev"]) == pytest.approx(0.270, rel=0.001)


# ------------------------------------------------------------------- decay in flight, radiation


def test_decays_in_flight_have_the_share_of_the_lifetime(detector):
    sample = decays(["pi-", "mu+", "mu+"], 40_000)
    still = simulate_spectrometer(sample, detector, **SAMPLE, decay_in_flight="off")
    moving = simulate_spectrometer(sample, detector, **SAMPLE)
    assert np.all(still.event["n_decays_in_flight"] == 0)
    path = detector.response.lkr.z_m - still.event["true_z_vertex_m"]
    mean = still.track["momentum_gev"][:, 0] * particles.ctau_m("pi+") / particles.mass_gev("pi+")
    expected = -np.expm1(-path / mean).mean()
    found = moving.event["n_decays_in_flight"].mean()
    # A muon flies on nearly as the pion did, so that the acceptance hardly changes.
    assert found == pytest.approx(expected, abs=0.008)
    assert len(moving) == pytest.approx(len(still), rel=0.01)
    decayed = moving.event["n_decays_in_flight"] == 1
    assert np.all(moving.track["true_pdg_id"][decayed, 0] == 13)
    assert np.all(moving.track["true_pdg_id"][~decayed, 0] == -211)
    # The two other muons come from the vertex.
    assert np.array_equal(moving.track["true_from_pion"][:, 0], decayed)
    assert not np.any(moving.track["true_from_pion"][:, 1:])


def test_switching_decays_off_leaves_the_others_as_they_were(detector):
    sample = decays(["pi-", "mu+", "mu+"])
    still = simulate_spectrometer(sample, detector, **SAMPLE, decay_in_flight="off")
    moving = simulate_spectrometer(sample, detector, **SAMPLE)
    untouched = moving.event["n_decays_in_flight"] == 0
    numbers = moving.event["event_number"][untouched]
    same = np.isin(still.event["event_number"], numbers)
    assert same.sum() == untouched.sum() > 0
    for name in TRACK_BRANCHES:
        assert np.array_equal(moving.track[name][untouched], still.track[name][same]), name


def test_electrons_lose_what_the_chambers_before_the_magnet_take(detector):
    sample = decays(["pi-", "e+", "e+"], 20_000)
    nothing = changed(detector, spectrometer__thickness_x0=0.0)
    plain = simulate_spectrometer(sample, nothing, **SAMPLE, decay_in_flight="off")
    radiating = simulate_spectrometer(sample, detector, **SAMPLE, decay_in_flight="off")
    assert np.all(plain.cluster["energy_gev"] == 0.0)
    _, i, j = np.intersect1d(plain.event["event_number"], radiating.event["event_number"],
                             return_indices=True)  # fmt: skip
    left = radiating.track["momentum_gev"][j, 1:] / plain.track["momentum_gev"][i, 1:]
    # dN/dy = t (4/3 - 4/3 y + y^2)/y in two chambers, between shares that the momentum resolution
    # and the acceptance of soft electrons leave alone.
    low, high = 0.03, 0.3
    photons = 4 / 3 * np.log(high / low) - 4 / 3 * (high - low) + (high**2 - low**2) / 2
    expected = 2 * 0.0045 * photons
    share = np.mean((left > 1 - high) & (left < 1 - low))
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected / left.size))
    assert np.mean(np.any(radiating.cluster["energy_gev"] > 0, axis=1)) > 0.02
    inside = radiating.track["lkr_energy_gev"] > 0.0
    ratio = (radiating.track["lkr_energy_gev"] / radiating.track["momentum_gev"])[:, 1:]
    assert np.median(ratio[inside[:, 1:]]) == pytest.approx(1.0, abs=0.003)


# ----------------------------------------------------------------------------------- photons


def test_two_photons_of_a_pion_have_its_mass(detector):
    sample = decays(["pi-", "mu+", "mu+"], 8_000)
    random = np.random.default_rng(1)
    pion_mass = particles.mass_gev("pi0")
    transverse = random.normal(0.0, 0.4, (len(sample), 2)) * pion_mass / 2
    along = np.sqrt(pion_mass**2 / 4 - np.minimum((transverse**2).sum(axis=1), pion_mass**2 / 4))
    momentum = np.concatenate([transverse, along[:, None]], axis=1)
    energy = np.linalg.norm(momentum, axis=1)
    photons = np.stack(
        [np.concatenate([sign * momentum, energy[:, None]], axis=1) for sign in (1, -1)], axis=1
    )
    events = simulate_spectrometer(with_photons(sample, photons), detector, **SAMPLE)
    energy, x, y = (events.cluster[name].astype(float) for name in ("energy_gev", "x_m", "y_m"))
    two = np.count_nonzero(energy > 0.0, axis=1) == 2
    assert two.sum() > 100
    distance = np.hypot(x[:, 0] - x[:, 1], y[:, 0] - y[:, 1])[two]
    path = detector.response.lkr.z_m - events.event["true_z_vertex_m"][two]
    mass = distance * np.sqrt(energy[two, 0] * energy[two, 1]) / path
    assert np.median(mass) == pytest.approx(pion_mass, rel=0.05)


def test_photons_at_large_angles_are_seen_by_the_veto(detector):
    sample = decays(["pi-", "mu+", "mu+"])
    sideways = np.tile([0.03, 0.0, -0.02, np.hypot(0.03, 0.02)], (len(sample), 1, 1))
    events = simulate_spectrometer(with_photons(sample, sideways), detector, **SAMPLE)
    without = simulate_spectrometer(sample, detector, **SAMPLE)
    assert np.all(without.event["lav_energy_gev"] == 0.0)
    gamma = 75.0 / KAON_MASS
    expected = gamma * (np.hypot(0.03, 0.02) - 0.02)
    seen = events.event["lav_energy_gev"] > 0.0
    assert 0.3 < seen.mean() < 1.0
    assert np.median(events.event["lav_energy_gev"][seen]) == pytest.approx(expected, rel=0.02)
    for name in TRACK_BRANCHES:
        assert np.array_equal(events.track[name], without.track[name]), name


# ----------------------------------------------------------------------------- event contents


def test_true_masses_and_weights_are_those_of_the_decays(detector):
    sample = decays(["pi-", "mu+", "mu+"])
    sample = replace(sample, weight=np.random.default_rng(2).uniform(0.5, 1.5, len(sample)))
    events = simulate_spectrometer(sample, detector, **SAMPLE)
    rows = events.event["event_number"]
    assert np.array_equal(events.event["weight"], sample.weight[rows])
    for lepton in (1, 2):
        pair = sample.four_momentum[rows, 0] + sample.four_momentum[rows, lepton]
        mass = np.sqrt(pair[:, 3] ** 2 - (pair[:, :3] ** 2).sum(axis=1))
        assert events.event[f"true_mass_{lepton}_gev"] == pytest.approx(mass, rel=1e-6)
    assert events.n_generated == len(sample)
    assert events.sum_weight == pytest.approx(sample.weight.sum())
    assert events.sum_squared_weight == pytest.approx((sample.weight**2).sum())


def test_sums_of_decays_that_were_left_out_may_be_given(detector):
    events = simulate_spectrometer(
        decays(["pi-", "mu+", "mu+"], 10), detector, **SAMPLE,
        n_generated=100, sum_weight=90.0, sum_squared_weight=120.0,
    )  # fmt: skip
    assert (events.n_generated, events.sum_weight, events.sum_squared_weight) == (100, 90.0, 120.0)


def test_there_is_no_true_mass_without_a_pion_and_two_leptons(detector):
    events = simulate_spectrometer(decays(["pi+", "pi+", "pi-"]), detector, **SAMPLE)
    assert len(events) and np.all(np.isnan(events.event["true_mass_1_gev"]))


def test_branches_have_the_types_of_the_file(detector):
    events = simulate_spectrometer(decays(["pi-", "e+", "e+"]), detector, **SAMPLE)
    tracks = {**TRACK_BRANCHES, "true_from_pion": OPTIONAL_TRACK_BRANCHES["true_from_pion"]}
    for columns, schema in ((events.event, EVENT_BRANCHES), (events.track, tracks),
                            (events.cluster, CLUSTER_BRANCHES)):  # fmt: skip
        assert list(columns) == list(schema)
        for name, (kind, _) in schema.items():
            assert columns[name].dtype == np.dtype(kind), name


# ------------------------------------------------------------------------------ determinism


def assert_same(first, second):
    for name in ("event", "track", "cluster"):
        ours, theirs = getattr(first, name), getattr(second, name)
        for column in ours:
            assert np.array_equal(ours[column], theirs[column], equal_nan=True), column


def test_an_event_is_the_same_whatever_it_is_simulated_with(detector):
    sample = decays(["pi-", "mu+", "mu+"])
    whole = simulate_spectrometer(sample, detector, **SAMPLE)
    later = simulate_spectrometer(part(sample, slice(2_500, 3_000)), detector, **SAMPLE)
    rows = (whole.event["event_number"] >= 2_500) & (whole.event["event_number"] < 3_000)
    assert rows.sum() == len(later) > 100
    for name in TRACK_BRANCHES:
        assert np.array_equal(whole.track[name][rows], later.track[name]), name


def test_seed_and_sample_choose_the_numbers(detector):
    sample = decays(["pi-", "mu+", "mu+"], 500)
    first = simulate_spectrometer(sample, detector, base_seed=1, sample="toy")
    assert_same(first, simulate_spectrometer(sample, detector, base_seed=1, sample="toy"))
    for other in ({"base_seed": 2, "sample": "toy"}, {"base_seed": 1, "sample": "other"}):
        second = simulate_spectrometer(sample, detector, **other)
        assert not np.array_equal(first.event["true_z_vertex_m"], second.event["true_z_vertex_m"])


# ----------------------------------------------------------------------------------- errors


def test_no_decays_give_no_events(detector):
    nothing = part(decays(["pi-", "mu+", "mu+"]), slice(0))
    events = simulate_spectrometer(nothing, detector, **SAMPLE)
    assert len(events) == 0 and events.n_generated == 0
    assert events.track["charge"].shape == (0, 3) and events.cluster["x_m"].shape == (0, 1)


def test_fewer_than_three_charged_particles_are_never_recorded(detector):
    sample = decays(["pi+", "gamma", "gamma"])
    assert len(simulate_spectrometer(sample, detector, **SAMPLE)) == 0


def test_particle_that_cannot_fly_is_named(detector):
    sample = decays(["pi-", "mu+", "mu+"], 10)
    sample = replace(sample, pdg_id=np.array([111, -13, -13]))
    with pytest.raises(ValueError, match="pdg_id holds 111: .*decay in the generator"):
        simulate_spectrometer(sample, detector, **SAMPLE)


def test_momentum_that_is_not_finite_is_refused(detector):
    sample = decays(["pi-", "mu+", "mu+"], 10)
    sample.four_momentum[3, 1, 2] = np.nan
    with pytest.raises(ValueError, match="four_momentum holds NaN"):
        simulate_spectrometer(sample, detector, **SAMPLE)


def test_unknown_way_of_decaying_is_refused(detector):
    with pytest.raises(ValueError, match="is 'sometimes': give one of natural, off"):
        simulate_spectrometer(decays(["pi-", "mu+", "mu+"], 10), detector, **SAMPLE,
                              decay_in_flight="sometimes")  # fmt: skip


@pytest.mark.parametrize("momentum", [0.0, -1.0, float("nan")])
def test_covariance_needs_a_momentum(detector, momentum):
    with pytest.raises(ValueError, match="give a positive momentum"):
        track_covariance(detector, momentum)


def test_electrons_from_the_beam_line_radiate_by_numbers_of_their_own(detector, monkeypatch):
    """Nothing of what the room held before the call."""
    sample = decays(["pi-", "e+", "e+"], 20_000)
    back = np.zeros((len(sample), 4))
    back[:, 2] = -np.random.default_rng(2).uniform(0.0, 0.3, len(back))  # 46 m and less in the laboratory
    sample = replace(sample, displacement_m=back, displaced=np.array([False, True, True]))
    room, found = simulate._room, []
    for before in (0.0, 1.0):

        def filled(*size, before=before):
            new = room(*size)
            new.drawn[:] = before
            return new

        monkeypatch.setattr(simulate, "_room", filled)
        found.append(simulate_spectrometer(sample, detector, minimum_tracks=2, **SAMPLE))
    first, second = found
    assert len(first) > 1000
    for one, other in ((first.event, second.event), (first.track, second.track), (first.cluster, second.cluster)):
        for name in one:
            assert np.array_equal(one[name], other[name], equal_nan=True), name
