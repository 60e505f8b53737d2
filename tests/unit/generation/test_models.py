"""Decay chains: description, errors, kinematics of nested decays, line shapes, streams."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch import particles
from lnvsearch.generation import Beam, Decay, RadiationSettings, generate
from lnvsearch.generation.phase_space import breakup_momentum, generate_phase_space
from lnvsearch.random_streams import stream_key

M_JPSI, M_K, M_E = (particles.mass_gev(name) for name in ("J/psi(1S)", "K+", "e-"))
KKEE = Decay("J/psi(1S)", ["K+", "K+", "e-", "e-"])
ALL_STREAMS = Decay.from_mapping(
    {
        "parent": "J/psi(1S)",
        "daughters": [
            {"name": "phi(1020)", "width_gev": "pdg", "daughters": ["K+", "K-"]},
            {"name": "eta", "model": "dalitz", "daughters": ["gamma", "e+", "e-"]},
        ],
    }
)


def nu(mass):
    return {"name": "nu_M", "mass_gev": mass, "daughters": ["K+", "e-"]}


def make(decay, n, **options):
    return generate(decay, n, **{"base_seed": 5, "sample": "models_test", **options})


def momenta_of(events, n_final):
    rows = events.offsets[:-1][:, None] + np.arange(n_final)
    return events.four_momentum[rows]


def mass_of(momenta):
    total = momenta.sum(axis=1)
    return np.sqrt(np.maximum(total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1), 0.0))


def assert_same_shape(values, reference):
    """Two-sample Kolmogorov-Smirnov distance below its 1e-5 quantile."""
    both = np.sort(np.concatenate([values, reference]))
    distance = np.max(
        np.abs(
            np.searchsorted(np.sort(values), both, side="right") / len(values)
            - np.searchsorted(np.sort(reference), both, side="right") / len(reference)
        )
    )
    scale = math.sqrt(1 / len(values) + 1 / len(reference))
    assert distance < 2.47 * scale


@pytest.mark.parametrize(
    ("daughters", "final"),
    [
        (["K+", "K+", "e-", "e-"], ("K+", "K+", "e-", "e-")),
        ([nu(0.575), nu(0.575)], ("K+", "e-", "K+", "e-")),
        (["K+", nu(1.2), "e-"], ("K+", "K+", "e-", "e-")),
    ],
)
def test_final_particles_come_in_the_written_order(daughters, final):
    decay = Decay("J/psi(1S)", daughters)
    assert decay.final_state == final
    events = make(decay, 50, charge_conjugate=False)
    codes = [particles.pdg_id(name) for name in final]
    assert np.array_equal(events.pdg_id.reshape(50, 4), np.tile(codes, (50, 1)))


def test_two_majorana_neutrinos_are_back_to_back_on_their_mass():
    decay = Decay("J/psi(1S)", [nu(0.575), nu(0.575)])
    momenta = momenta_of(make(decay, 2_000, beam=Beam(0.0, 0.0)), 4)
    for pair in ((0, 1), (2, 3)):
        assert np.allclose(mass_of(momenta[:, pair]), 0.575, rtol=0, atol=1e-12)
        size = np.sqrt(np.sum(momenta[:, pair, :3].sum(axis=1) ** 2, axis=1))
        assert np.allclose(size, breakup_momentum(M_JPSI, 0.575, 0.575), rtol=1e-12)


def test_one_majorana_neutrino_is_three_body_phase_space():
    decay = Decay("J/psi(1S)", [nu(1.0), "K+", "e-"])
    momenta = momenta_of(make(decay, 30_000), 4)
    assert np.allclose(mass_of(momenta[:, :2]), 1.0, rtol=0, atol=1e-12)
    reference = generate_phase_space(
        M_JPSI, [1.0, M_K, M_E], 60_000, stream_key(77, "reference", "phase_space")
    )
    assert_same_shape(mass_of(momenta[:, 2:]), mass_of(reference[:, 1:]))


def test_a_decay_without_nesting_is_bare_phase_space():
    events = make(KKEE, 500, beam=Beam(0.0, 0.0))
    bare = generate_phase_space(
        M_JPSI, [M_K, M_K, M_E, M_E], 500, stream_key(5, "models_test", "phase_space")
    )
    assert np.array_equal(momenta_of(events, 4)[..., :3], bare[..., :3])
    assert np.allclose(momenta_of(events, 4)[..., 3], bare[..., 3], rtol=1e-15, atol=0.0)


def test_the_beam_moves_the_event_and_leaves_its_mass():
    momenta = momenta_of(make(KKEE, 20_000, beam=Beam(0.034, 0.001)), 4)
    total = momenta.sum(axis=1)
    assert np.allclose(mass_of(momenta), M_JPSI, rtol=0, atol=1e-12)
    assert np.allclose(total[:, 0], 0.034, rtol=0, atol=1e-12)
    assert np.allclose(total[:, 1], 0.0, rtol=0, atol=1e-12)
    assert abs(total[:, 2].mean()) < 5 * 0.001 / math.sqrt(20_000)
    assert total[:, 2].std() == pytest.approx(0.001, rel=5 / math.sqrt(2 * 20_000))


def test_half_of_the_events_are_charge_conjugated_and_nothing_else_changes():
    plain = make(KKEE, 10_000, charge_conjugate=False)
    both = make(KKEE, 10_000)
    assert np.array_equal(plain.four_momentum, both.four_momentum)
    assert np.array_equal(np.abs(both.pdg_id), np.abs(plain.pdg_id))
    plain_codes, codes = plain.pdg_id.reshape(-1, 4), both.pdg_id.reshape(-1, 4)
    flipped = np.any(codes != plain_codes, axis=1)
    assert np.array_equal(codes[flipped], -plain_codes[flipped])
    assert abs(flipped.mean() - 0.5) < 5 * 0.5 / math.sqrt(10_000)


def test_charge_conjugation_leaves_photons_and_other_self_conjugate_particles():
    events = make(Decay("J/psi(1S)", ["gamma", "K+", "K-", "pi0"]), 200)
    codes = events.pdg_id.reshape(-1, 4)
    assert np.all(codes[:, 0] == 22) and np.all(codes[:, 3] == 111)
    assert set(codes[:, 1]) == {321, -321}


@pytest.mark.parametrize("decay", [KKEE, ALL_STREAMS], ids=["kkee", "phi_eta"])
def test_chunks_join_without_a_seam_and_one_event_replays(decay):
    options = {"radiation": RadiationSettings()}
    whole = make(decay, 300, **options)
    parts = [
        make(decay, n, first_event=first, **options) for first, n in ((0, 1), (1, 128), (129, 171))
    ]
    assert np.array_equal(np.concatenate([p.four_momentum for p in parts]), whole.four_momentum)
    assert np.array_equal(np.concatenate([p.pdg_id for p in parts]), whole.pdg_id)
    assert np.array_equal(np.concatenate([np.diff(p.offsets) for p in parts]),
                          np.diff(whole.offsets))
    assert np.array_equal(np.concatenate([p.event_number for p in parts]), whole.event_number)
    one = make(decay, 1, first_event=222, **options)
    rows = slice(whole.offsets[222], whole.offsets[223])
    assert np.array_equal(one.four_momentum, whole.four_momentum[rows])


def test_same_seed_same_events_other_seed_or_sample_other_events():
    first = make(KKEE, 100)
    assert np.array_equal(first.four_momentum, make(KKEE, 100).four_momentum)
    for other in (make(KKEE, 100, base_seed=6), make(KKEE, 100, sample="other")):
        assert not np.any(first.four_momentum[:, 1] == other.four_momentum[:, 1])


def test_no_events_is_an_empty_sample():
    events = make(KKEE, 0)
    assert len(events) == 0 and events.four_momentum.shape == (0, 4)
    assert np.array_equal(events.offsets, [0])


def test_the_arrays_grow_when_there_are_many_photons():
    """A tiny cut makes more photons than the room first reserved; no event may be lost."""
    decay = Decay("J/psi(1S)", ["e+", "e-"] * 3)
    events = make(decay, 3_000, radiation=RadiationSettings(photon_energy_cut=1e-8))
    assert np.diff(events.offsets).mean() > 6 + 1.5
    total = np.add.reduceat(events.four_momentum, events.offsets[:-1], axis=0)
    mass_squared = total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1)
    assert np.allclose(mass_squared, M_JPSI**2, rtol=0.0, atol=1e-10)


def test_a_resonance_has_its_line_shape_within_phase_space():
    decay = Decay(
        "J/psi(1S)", [{"name": "phi(1020)", "width_gev": "pdg", "daughters": ["K+", "K-"]}, "eta"]
    )
    found = mass_of(momenta_of(make(decay, 60_000), 3)[:, :2])
    pole, width = particles.mass_gev("phi(1020)"), particles.width_gev("phi(1020)")
    top = M_JPSI - particles.mass_gev("eta")
    assert found.min() >= 2 * M_K and found.max() <= top
    grid = np.linspace(2 * M_K, top, 400_001)
    shape = grid / ((grid**2 - pole**2) ** 2 + (pole * width) ** 2)
    eta = particles.mass_gev("eta")
    shape *= np.sqrt(
        (M_JPSI**2 - (grid + eta) ** 2).clip(0.0) * (M_JPSI**2 - (grid - eta) ** 2)
    )
    cumulative = np.cumsum(shape) / shape.sum()
    expected = np.searchsorted(cumulative, np.linspace(0.0005, 0.9995, 1_000))
    distance = np.abs(
        np.searchsorted(np.sort(found), grid[expected]) / len(found) - cumulative[expected]
    )
    assert distance.max() < 2.47 / math.sqrt(len(found))


def test_dalitz_decay_follows_kroll_and_wada():
    decay = Decay("pi0", ["gamma", "e+", "e-"], model="dalitz")
    momenta = momenta_of(make(decay, 60_000, beam=Beam(0.0, 0.0)), 3)
    parent = particles.mass_gev("pi0")
    assert np.allclose(mass_of(momenta), parent, rtol=1e-12)
    pair = mass_of(momenta[:, 1:])
    grid = np.exp(np.linspace(math.log(2 * M_E), math.log(parent), 400_001))
    ratio = (2 * M_E / grid) ** 2
    # dN/dlog(q) = q^2 dN/dq^2 up to a factor
    density = (1 + ratio / 2) * np.sqrt((1 - ratio).clip(0))
    density *= (1 - grid**2 / parent**2).clip(0) ** 3
    cumulative = np.cumsum(density) / density.sum()
    at = np.searchsorted(cumulative, np.linspace(0.001, 0.999, 500))
    distance = np.abs(np.searchsorted(np.sort(pair), grid[at]) / len(pair) - cumulative[at])
    assert distance.max() < 2.47 / math.sqrt(len(pair))
    assert momenta[:, 0, :3].mean(axis=0) == pytest.approx([0, 0, 0], abs=5 * 0.04 / math.sqrt(6e4))


def test_dalitz_leptons_have_one_plus_cosine_squared():
    """For q far above threshold <cos^2> = 2/5 in the pair's frame, along its flight."""
    decay = Decay("eta", ["gamma", "e+", "e-"], model="dalitz")
    momenta = momenta_of(make(decay, 60_000, beam=Beam(0.0, 0.0)), 3)
    pair, photon = mass_of(momenta[:, 1:]), momenta[:, 0]
    far = pair > 0.05
    difference = momenta[:, 1] - momenta[:, 2]
    # In the pair's frame the difference has no energy; its part along the flight transforms
    # with E_pair / M_pair, and the energy difference is (p_pair / M) times it.
    size = np.sqrt(np.sum(photon[:, :3] ** 2, axis=1))
    lepton = np.sqrt(pair**2 / 4 - M_E**2)
    cosine = (difference[:, 3] / size * pair) / (2 * lepton)
    spread = math.sqrt(3 / 7 * 1.1 - 0.16) / math.sqrt(far.sum())
    assert abs(np.mean(cosine[far] ** 2) - 0.4) < 5 * spread
    assert np.max(np.abs(cosine[far])) < 1 + 1e-9


def test_a_virtual_photon_falls_as_one_over_its_squared_mass():
    photon = {"name": "gamma", "model": "virtual_photon", "daughters": ["e+", "e-"]}
    momenta = momenta_of(make(Decay("J/psi(1S)", ["pi0", photon]), 40_000), 3)
    pair = mass_of(momenta[:, 1:])
    other = particles.mass_gev("pi0")
    grid = np.exp(np.linspace(math.log(2 * M_E), math.log(M_JPSI - other), 400_001))
    ratio = (2 * M_E / grid) ** 2
    momentum = np.sqrt(
        (M_JPSI**2 - (grid + other) ** 2).clip(0) * (M_JPSI**2 - (grid - other) ** 2)
    )
    density = (1 + ratio / 2) * np.sqrt((1 - ratio).clip(0)) * momentum
    cumulative = np.cumsum(density) / density.sum()
    at = np.searchsorted(cumulative, np.linspace(0.001, 0.999, 500))
    distance = np.abs(np.searchsorted(np.sort(pair), grid[at]) / len(pair) - cumulative[at])
    assert distance.max() < 2.47 / math.sqrt(len(pair))


@settings(deadline=None, max_examples=40)
@given(
    st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.sampled_from([0.0, 1e-6, 0.3, 1.0]),
    st.booleans(), st.integers(0, 10**6),
)
def test_any_masses_conserve_momentum_with_radiation(first, second, scale, swap, seed):
    """Neutrino masses from the K e threshold to the end of phase space, both ends included."""
    low = M_K + M_E
    room = (M_JPSI - 2 * low) * (1 - 1e-15)
    one = low + first * scale * room
    two = low + second * (room - (one - low))
    daughters = [nu(two), nu(one)] if swap else [nu(one), nu(two)]
    if one + two > M_JPSI:
        return
    decay = Decay("J/psi(1S)", daughters)
    events = make(decay, 20, base_seed=seed, radiation=RadiationSettings())
    total = np.add.reduceat(events.four_momentum, events.offsets[:-1], axis=0)
    mass_squared = total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1)
    assert np.all(np.isfinite(events.four_momentum))
    assert np.allclose(mass_squared, M_JPSI**2, rtol=0.0, atol=1e-10)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"parent": "J/psi(1S)", "daughters": ["K+"]}, "two particles"),
        ({"parent": "J/psi(1S)", "daughters": "K+"}, "list"),
        ({"parent": "J/psi(1S)"}, "daughters"),
        ({"daughters": ["K+", "K-"]}, "parent"),
        ({"parent": "J/psi(1S)", "daughters": ["K+", "K-"], "mas_gev": 3}, "mas_gev"),
        ({"parent": "J/psi(1S)", "daughters": ["K+", "Q-"]}, "'Q-'"),
        ({"parent": "J/psi(2S!)", "daughters": ["K+", "K-"]}, "J/psi"),
        ({"parent": "J/psi(1S)", "daughters": ["K+", "e-", "K+", "e+"]}, "charge"),
        ({"parent": "J/psi(1S)", "mass_gev": 3.08, "daughters": ["K+", "e+"]}, "charge"),
        ({"parent": "J/psi(1S)", "daughters": [nu(-0.5), nu(0.6)]}, "nu_M: mass_gev"),
        ({"parent": "J/psi(1S)", "daughters": [nu(1.6), nu(1.6)]}, r"J/psi\(1S\): .*3\.2 GeV"),
        ({"parent": "J/psi(1S)", "daughters": [nu(0.3), nu(0.6)]}, "nu_M: the daughters need"),
        ({"parent": "J/psi(1S)", "daughters": ["K+", "K-"], "width_gev": -1}, "width_gev"),
        ({"parent": "J/psi(1S)", "daughters": ["K+", "K-"], "model": "spin"}, "model"),
        ({"parent": "pi0", "daughters": ["e+", "e-", "gamma"], "model": "dalitz"}, "dalitz"),
        ({"parent": "pi0", "daughters": ["e+", "e-"], "model": "virtual_photon"}, "virtual"),
    ],
)
def test_impossible_decays_name_the_particle_and_the_key(mapping, message):
    with pytest.raises(ValueError, match=message):
        Decay.from_mapping(mapping)


def test_impossible_numbers_are_refused():
    with pytest.raises(ValueError, match="n_events"):
        make(KKEE, -1)
    with pytest.raises(ValueError, match="first_event"):
        make(KKEE, 1, first_event=-1)
    with pytest.raises(ValueError, match="spread"):
        Beam(momentum_z_spread_gev=-1.0)
    with pytest.raises(ValueError, match="momentum_x_gev"):
        Beam(momentum_x_gev=math.nan)
    with pytest.raises(ValueError, match="gamma"):
        make(Decay("gamma", ["e+", "e-"], model="virtual_photon"), 1)
