"""Topologies of pions that decay in flight: exact weights, whatever the sampling prefers."""

from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch import particles
from lnvsearch.experiments.na62.detector import simulate as simulation
from lnvsearch.experiments.na62.detector.interest import (
    IDENTITY,
    MOMENTUM,
    SLOPE_X,
    SLOPE_Y,
    X,
    Y,
    identities,
    interest,
    interest_numbers,
    prepare,
    vertex,
)
from lnvsearch.experiments.na62.detector.pion_trials import (
    LARGEST_TRIAL_WEIGHT,
    draw_trial,
    pion_numbers,
    trial_space,
)
from lnvsearch.experiments.na62.detector.simulate import Na62Detector, simulate_spectrometer
from lnvsearch.experiments.na62.detector.upstream import draw_upstream_kaon, pass_beam_line
from lnvsearch.generation.kaon import generate_kaon_decays
from lnvsearch.random_streams import stream_key, uniform4

ROOT = Path(__file__).parents[5]
KEY = tuple(stream_key(1, "toy", "decay_in_flight"))
MASSES = tuple(particles.mass_gev(name) for name in ("e+", "mu+", "pi+"))
NEVER = (np.inf, 1.0, 0.0)


@pytest.fixture(scope="module")
def detector():
    return Na62Detector.from_settings(
        quick_yaml.load((ROOT / "config/detectors/na62.yaml").read_text())
    )


@pytest.fixture(scope="module")
def decays():
    return generate_kaon_decays("pi_pi_pi", 20_000, base_seed=1, sample="k3pi", radiation=False)


@pytest.fixture(scope="module")
def simulated(detector, decays):
    """Events of each mode, from the same decays."""
    modes = ("natural", "none", "one", "downstream", "upstream")
    return {mode: simulate(decays, detector, mode) for mode in modes}


def simulate(decays, detector, mode, **more):
    return simulate_spectrometer(
        decays, detector, base_seed=1, sample="k3pi", decay_in_flight=mode, **more
    )


def near_the_beam(events, within=4.5):
    """Events whose momenta add up to the beam's; modes with weights record no others."""
    total = np.where(events.track["charge"] != 0, events.track["momentum_gev"], 0.0).sum(axis=1)
    return np.abs(total - 75.0) < within


def rate(events, chosen):
    """Events per kaon decay in the fiducial volume, and its standard uncertainty."""
    weight = events.event["weight"][chosen]
    return weight.sum() / events.sum_weight, np.sqrt(np.sum(weight**2)) / events.sum_weight


def agree(first, second, sigmas=4.0):
    return abs(first[0] - second[0]) < sigmas * np.hypot(first[1], second[1])


# ------------------------------------------------------------------- trials


def trials(detector, charge, n=20_000, line=(0.003, 0.002), begin=120.0):
    response = detector.response
    end, mean = response.lkr.z_m, 1_400.0
    pion = pion_numbers(line, begin, end, mean, charge, response.beam, response.fiducial_volume,
                        response.spectrometer)  # fmt: skip
    drawn = np.array([draw_trial(*uniform4(KEY, event, 0, 1, 0)[:3], pion) for event in range(n)])
    return drawn, begin, end, mean


def test_weights_of_trials_restore_the_true_density(detector):
    """Every weighted moment is that of an exponential and an isotropic decay."""
    for charge, begin in ((1.0, 120.0), (-1.0, 120.0), (1.0, 98.0)):
        drawn, _, end, mean = trials(detector, charge, begin=begin)
        z, cosine, x, y, weight = drawn.T
        assert np.allclose(x**2 + y**2, 1.0)
        edges = np.array([begin, 150.0, 183.508, 197.1, 204.459, 218.885, end])
        exact = np.diff(-np.exp(-(edges - begin) / mean)) / -np.expm1(-(end - begin) / mean)
        observables = [((z >= low) & (z < high), value)
                       for low, high, value in zip(edges[:-1], edges[1:], exact, strict=True)]
        behind = z > edges[3]
        observables += [
            (np.ones(len(z)), 1.0), (cosine, 0.0), (cosine**2, 1 / 3), (x, 0.0), (y, 0.0), (x * y, 0.0),
            (x**2 - y**2, 0.0), (behind * x, 0.0), (behind * y, 0.0), (cosine > 0.9, 0.05),
        ]  # fmt: skip
        for values, expected in observables:
            terms = weight * values
            error = terms.std() / np.sqrt(len(z))
            assert abs(terms.mean() - expected) < 4.5 * error


def test_weights_of_trials_are_bounded_and_decays_lie_where_they_should(detector):
    drawn, begin, end, _ = trials(detector, 1.0, n=5_000)
    z, cosine, _, _, weight = drawn.T
    assert 0.0 < weight.min() and weight.max() <= LARGEST_TRIAL_WEIGHT
    assert z.min() >= begin and z.max() <= end
    assert np.abs(cosine).max() <= 1.0
    # More than naturally happen between magnet and third chamber, where a kink misleads.
    assert np.mean((z > 197.1) & (z < 204.459)) > 4 * (204.459 - 197.1) / (end - begin)


# ---------------------------------------------------------------- topologies


def test_topologies_add_up_to_what_nature_does(simulated):
    """Rates by number of decays, in a region of total momentum where all are recorded."""
    natural = simulated["natural"]
    number = natural.event["n_decays_in_flight"]
    for mode, chosen in (("none", number == 0), ("one", number == 1), ("downstream", number >= 2)):
        events = simulated[mode]
        expected = rate(natural, near_the_beam(natural) & chosen)
        assert agree(rate(events, near_the_beam(events)), expected), mode


def test_number_of_decays_is_that_of_the_topology(simulated):
    assert np.all(simulated["none"].event["n_decays_in_flight"] == 0)
    assert np.all(simulated["one"].event["n_decays_in_flight"] == 1)
    for mode in ("downstream", "upstream"):
        assert set(np.unique(simulated[mode].event["n_decays_in_flight"])) == {2, 3}


def test_one_decay_has_the_natural_spectra(simulated):
    """Momentum and origin of muons, kinks and lost momentum: the sampling leaves no trace."""
    natural, forced = simulated["natural"], simulated["one"]

    def observables(events):
        muon = np.abs(events.track["true_pdg_id"]) == 13
        chosen = near_the_beam(events) & (muon.sum(axis=1) == 1)
        track = {name: (events.track[name] * muon).sum(axis=1)
                 for name in ("momentum_gev", "chi_square", "charge", "slope_x")}  # fmt: skip
        total = events.track["momentum_gev"].sum(axis=1)
        z = events.event["true_z_vertex_m"]
        return [
            chosen & (track["momentum_gev"] < 15.0), chosen & (track["momentum_gev"] > 30.0),
            chosen & (track["chi_square"] < 20.0), chosen & (track["chi_square"] > 100.0),
            chosen & (track["charge"] < 0), chosen & (track["slope_x"] > 0.002),
            chosen & (total < 73.0), chosen & (total > 76.0), chosen & (z < 130.0),
        ]  # fmt: skip

    pairs = zip(observables(natural), observables(forced), strict=True)
    for i, (expected, chosen) in enumerate(pairs):
        assert expected.sum() > 20
        assert agree(rate(natural, expected), rate(forced, chosen)), i


def test_rate_does_not_depend_on_what_is_preferred(detector, decays, simulated, monkeypatch):
    """Downstream and upstream with all combinations alike: other events, the same rates."""
    monkeypatch.setattr(
        simulation, "interest_numbers", lambda response: interest_numbers(response, strength=0.0)
    )
    for mode in ("downstream", "upstream"):
        plain, steered = simulate(decays, detector, mode), simulated[mode]
        assert not np.array_equal(plain.event["event_number"], steered.event["event_number"])
        for within in (1.0, 4.5):
            chosen = near_the_beam(plain, within)
            assert chosen.sum() > 100
            assert agree(rate(plain, chosen), rate(steered, near_the_beam(steered, within)))


def test_steering_enriches_what_a_search_would_take(detector, decays, simulated, monkeypatch):
    monkeypatch.setattr(
        simulation, "interest_numbers", lambda response: interest_numbers(response, strength=0.0)
    )
    plain, steered = simulate(decays, detector, "downstream"), simulated["downstream"]

    def shares(events):
        """Of candidates with a high mass: both positive tracks are muons; one is, and the negative one."""
        charge, is_muon = events.track["charge"], np.abs(events.track["true_pdg_id"]) == 13
        heavy = near_the_beam(events, 2.5) & (mass_of(events) > 0.455)
        n_positive = np.sum(is_muon & (charge > 0), axis=1)
        is_negative = np.any(is_muon & (charge < 0), axis=1)
        return np.mean(heavy & (n_positive == 2)), np.mean(heavy & (n_positive == 1) & is_negative)

    search, normalisation = zip(shares(steered), shares(plain), strict=True)
    assert search[0] > 3 * search[1] > 0.0
    assert normalisation[0] > 1.5 * normalisation[1] > 0.0


def test_kaons_that_are_not_looked_at_leave_no_trace(detector, decays, simulated, monkeypatch):
    """Fewer events downstream, whose rate is that of all combinations alike, by the pions' momenta."""
    monkeypatch.setattr(
        simulation, "interest_numbers", lambda response: interest_numbers(response, strength=0.0)
    )
    plain, steered = simulate(decays, detector, "downstream"), simulated["downstream"]
    assert len(steered) < 0.6 * len(plain)

    def slow(events):
        momentum, charge = events.track["momentum_gev"], events.track["charge"]
        return np.where(charge < 0, momentum, 0.0).sum(axis=1) < 20.0

    for chosen in (slow, lambda events: ~slow(events)):
        both = [rate(events, near_the_beam(events) & chosen(events)) for events in (plain, steered)]
        assert agree(*both) and both[0][0] > 0.0


@pytest.mark.parametrize("is_muon", [True, False])
def test_a_muon_keeps_its_interest_where_the_detector_shows_what_the_search_takes(detector, is_muon):
    """Far within the muon detector as a muon, far outside as a pion; slow ones stop."""
    muv = detector.response.muv
    inside, outside, stopped = (
        identities(p, x, 0.0, muv)[is_muon] for p, x in ((20.0, 0.5), (20.0, 2.0), (2.0, 0.5))
    )
    wanted, rejected = (inside, outside) if is_muon else (outside, inside)
    assert wanted == 1.0 and 0.0 < rejected < 0.1
    assert stopped == outside


def mass_of(events):
    """Mass of three tracks with the muon's mass for the positive ones, from their fitted lines."""
    track = events.track
    slope = np.stack([track["slope_x"], track["slope_y"], np.ones_like(track["slope_x"])])
    unit = slope / np.linalg.norm(slope, axis=0)
    total = np.sum(unit * track["momentum_gev"], axis=2)
    mass = np.where(track["charge"] > 0, MASSES[1], MASSES[2])
    energy = np.sum(np.hypot(track["momentum_gev"], mass), axis=1)
    return np.sqrt(energy**2 - np.sum(total**2, axis=0))


def test_generated_weights_multiply_and_sums_stay_those_of_the_decays(detector, decays):
    few = type(decays)(decays.event_number[:500], 2.0 * decays.weight[:500], decays.pdg_id,
                       decays.four_momentum[:500])  # fmt: skip
    once = type(decays)(few.event_number, decays.weight[:500], few.pdg_id, few.four_momentum)
    for mode in ("none", "one", "downstream", "upstream"):
        twice, single = simulate(few, detector, mode), simulate(once, detector, mode)
        assert np.array_equal(twice.event["weight"], 2.0 * single.event["weight"])
        assert (single.sum_weight, twice.sum_weight) == (500.0, 1_000.0)
        assert single.metadata["decay_in_flight"] == mode


def test_events_are_the_same_whatever_is_simulated_with_them(detector, decays, simulated):
    chosen = np.arange(0, 4_000, 7)
    some = type(decays)(decays.event_number[chosen], decays.weight[chosen], decays.pdg_id,
                        decays.four_momentum[chosen])  # fmt: skip
    for mode in ("one", "downstream", "upstream"):
        events, everything = simulate(some, detector, mode), simulated[mode]
        rows = np.flatnonzero(np.isin(everything.event["event_number"], chosen))
        assert len(events) == len(rows) > 0
        assert np.array_equal(events.event["weight"], everything.event["weight"][rows])
        assert np.array_equal(events.track["momentum_gev"], everything.track["momentum_gev"][rows])


def test_other_final_states_are_named(detector):
    semileptonic = generate_kaon_decays("pi_pi_mu_nu", 10, base_seed=1, sample="a", radiation=False)
    with pytest.raises(ValueError, match="topologies of three charged pions"):
        simulate(semileptonic, detector, "downstream")
    pions = generate_kaon_decays("pi_pi_pi", 10, base_seed=1, sample="a", radiation=False)
    with pytest.raises(ValueError, match="minimum_tracks 3"):
        simulate(pions, detector, "one", minimum_tracks=2)


# ------------------------------------------------------------------ upstream


def upstream_kaons(detector, n=20_000):
    response = detector.response
    mass, ctau = particles.mass_gev("K+"), particles.ctau_m("K+")
    return np.array([
        draw_upstream_kaon(KEY, event, response.beam, response.fiducial_volume, response.upstream,
                           mass, ctau)
        for event in range(n)
    ])  # fmt: skip


def test_kaons_decay_upstream_as_often_as_their_lifetime_says(detector):
    momentum, _, _, _, _, z, weight = upstream_kaons(detector).T
    response = detector.response
    begin, middle = response.upstream.decays_begin_z_m, response.fiducial_volume.begin_z_m
    assert z.min() >= begin and z.max() <= middle
    flight = response.beam.momentum_gev * particles.ctau_m("K+") / particles.mass_gev("K+")
    end = response.fiducial_volume.end_z_m
    survive = np.exp((begin - np.array([begin, middle, end])) / flight)
    assert weight.mean() == pytest.approx((1 - survive[1]) / (survive[1] - survive[2]), rel=2e-3)
    assert abs(np.mean((z - begin) / (middle - begin)) - 0.5) < 0.01


def test_a_kaon_that_passes_the_magnet_is_on_the_axis_of_the_beam(detector):
    """The kaon's own track, carried through collimator and magnet, is the beam of the volume."""
    response = detector.response
    kaons = upstream_kaons(detector, 4_000)
    kaons = kaons[kaons[:, 5] < response.upstream.early_collimator_z_m - 0.6]
    ends = []
    for momentum, slope_x, slope_y, x, y, z, _ in kaons:
        passes, decays, p, x, y, z, slope_x, slope_y = pass_beam_line(
            momentum, x, y, z, slope_x, slope_y, 1.0, NEVER, MASSES, response.upstream
        )
        assert not decays and p == momentum
        if passes:
            ends.append((slope_x, slope_y, x, y))
    assert len(ends) > 0.97 * len(kaons)
    slope_x, slope_y, x, y = np.array(ends).T
    assert slope_x.mean() == pytest.approx(response.beam.slope_x, abs=1e-5)
    assert slope_x.std() == pytest.approx(response.beam.divergence_rad, rel=0.05)
    assert abs(slope_y.mean()) < 1e-5 and abs(x.mean()) < 1e-3 and abs(y.mean()) < 1e-3


def test_steel_and_iron_stop_what_misses_the_opening(detector):
    upstream = detector.response.upstream

    def passes(x, y, z):
        return pass_beam_line(20.0, x, y, z, 0.0, 0.0, 1.0, NEVER, MASSES, upstream)[0]

    assert passes(0.032, 0.016, 99.5) and passes(0.0, 0.0, 99.5)
    assert not any(passes(*at, 99.5) for at in ((0.034, 0.0), (0.0, 0.017), (-0.07, -0.07)))
    # Outside the block of 2017 a particle meets the iron of the magnet; outside that, nothing.
    assert not passes(0.08, 0.0, 99.5) and passes(0.31, 0.0, 99.5)
    # Between the two there is only the gap of the magnet to pass.
    assert passes(0.049, 0.049, 101.4) and not passes(0.051, 0.0, 101.4)


def test_the_last_beam_magnet_bends_by_its_kick(detector):
    upstream = detector.response.upstream
    for charge in (1.0, -1.0):
        result = pass_beam_line(
            20.0, 0.0, 0.0, 101.0, 0.001, 0.002, charge, NEVER, MASSES, upstream
        )
        slope_x, slope_y = result[6:]
        unit = 1.0 / np.sqrt(1.0 + slope_x**2 + slope_y**2)
        before = 20.0 * 0.001 / np.sqrt(1.0 + 0.001**2 + 0.002**2)
        assert 20.0 * slope_x * unit - before == pytest.approx(charge * upstream.trim5_kick_gev)
        assert result[5] == upstream.trim5_z_m


def test_quick_vertex_finds_where_lines_meet(detector):
    numbers = interest_numbers(detector.response)
    slopes = np.array([[0.004, -0.001], [-0.003, 0.003], [0.001, -0.004]])
    z = 130.0
    at = np.array([0.02, -0.01]) + slopes * (numbers.first_chamber_z_m - z)
    x, y = tuple(at[:, 0]), tuple(at[:, 1])
    distance, chi_square = vertex(
        (20.0, 25.0, 30.0), x, y, tuple(slopes[:, 0]), tuple(slopes[:, 1]), -60.0, numbers
    )
    assert numbers.first_chamber_z_m + distance == pytest.approx(z, abs=1e-6)
    assert abs(chi_square) < 1e-6


def test_prepared_tracks_have_the_interest_of_a_plain_candidate(detector):
    """Three tracks from one point with the beam's momentum are of interest, others of none."""
    numbers = interest_numbers(detector.response)
    trials, _, _ = trial_space()
    p = np.array([20.0, 25.0, 30.0])
    across = np.array([[0.1, 0.02], [-0.06, 0.08], [-0.04, -0.1]])
    beam = np.array([numbers.beam_slope_x, numbers.beam_slope_y])
    slopes = beam + across / p[:, np.newaxis]
    at = slopes * (numbers.first_chamber_z_m - 130.0)
    for row, (total, offset) in enumerate([(75.0, 0.0), (80.0, 0.0), (75.0, 0.05)]):
        for pion in range(3):
            columns = {MOMENTUM: p[pion] * total / 75.0, X: at[pion, 0] + pion * offset,
                       Y: at[pion, 1], SLOPE_X: slopes[pion, 0], SLOPE_Y: slopes[pion, 1],
                       IDENTITY: 1.0}
            for column, value in columns.items():
                trials[pion, column, row] = value
    for pion in range(3):
        prepare(trials, pion, pion == 0, numbers)
    plain, too_fast, no_vertex = (interest(trials, i, i, i, 0, numbers) for i in range(3))
    assert plain >= 1.0 and too_fast == 0.0 and no_vertex == 0.0
