"""Pairs of Majorana fermions: the angles against explicit Dirac spinors, streams, errors."""

import math

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.generation import Beam, Decay, RadiationSettings, generate
from lnvsearch.generation.events import GeneratedEvents
from lnvsearch.generation.majorana_pair import analysing_power, angular_weight
from lnvsearch.generation.pair_weights import pair_weights
from lnvsearch.generation.phase_space import breakup_momentum

M_JPSI, M_K, M_E, M_MU = (particles.mass_gev(name) for name in ("J/psi(1S)", "K+", "e-", "mu-"))
MASSES = (0.5, 0.7, 1.2, 1.54)
AT_REST = Beam(0.0, 0.0)

# Dirac matrices in the chiral representation: gamma[0..3] with upper index.
_PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
GAMMA = np.zeros((4, 4, 4), dtype=complex)
GAMMA[0, :2, 2:] = GAMMA[0, 2:, :2] = np.eye(2)
for _k in range(3):
    GAMMA[_k + 1, :2, 2:], GAMMA[_k + 1, 2:, :2] = _PAULI[_k], -_PAULI[_k]
ONE = np.eye(4)
GAMMA_5 = np.diag([-1.0, -1.0, 1.0, 1.0])
LEFT, RIGHT = (ONE - GAMMA_5) / 2, (ONE + GAMMA_5) / 2
CHARGE_CONJUGATION = 1j * GAMMA[2] @ GAMMA[0]


def slash(momentum):
    px, py, pz, energy = momentum
    return energy * GAMMA[0] - px * GAMMA[1] - py * GAMMA[2] - pz * GAMMA[3]


def spinors(momentum, mass):
    """Two solutions u of (p-slash - m) u = 0, columns, with sum u u-bar = p-slash + m."""
    energy = momentum[3]
    basis = np.vstack([np.eye(2), np.eye(2)])  # at rest, over sqrt(m)
    return (slash(momentum) + mass * ONE) @ GAMMA[0] @ basis / math.sqrt(2 * (energy + mass))


def bar(spinor):
    return spinor.conj().T @ GAMMA[0]


def pair_decay(mass, model="majorana_pair", lepton="e-", swapped=False, power=None):
    first, second = ["K+", lepton], ["K+", lepton]
    if swapped:
        second.reverse()
    daughters = [
        {"name": "nu_M", "mass_gev": mass, "daughters": names} for names in (first, second)
    ]
    if power is None:
        power = 1.0 if model == "majorana_pair" else 0.0
    return Decay("J/psi(1S)", daughters, model=model, analysing_power=power)


def momenta_of(events):
    """(n, 4, 4): K+ e- K+ e- in the frame of the J/psi (events made at rest)."""
    return events.four_momentum[events.offsets[:-1][:, None] + np.arange(4)]


def make(decay, n, **options):
    settings = {"base_seed": 8, "sample": "pair", "beam": AT_REST, **options}
    return generate(decay, n, **settings)


def to_rest(frame, momentum):
    """Momenta (n, 4), boosted without a rotation to the rest frame of `frame` (n, 4)."""
    mass = np.sqrt(frame[:, 3] ** 2 - np.sum(frame[:, :3] ** 2, axis=1))
    along = np.sum(frame[:, :3] * momentum[:, :3], axis=1)
    scale = (along / (frame[:, 3] + mass) - momentum[:, 3]) / mass
    return momentum[:, :3] + scale[:, None] * frame[:, :3]


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def directions(momenta, leptons=(1, 3)):
    """Unit vectors: first Majorana fermion, and the leptons in their parents' rest frames."""
    parents = momenta[:, :2].sum(axis=1), momenta[:, 2:].sum(axis=1)
    return (
        unit(parents[0][:, :3]),
        *(unit(to_rest(p, momenta[:, k])) for p, k in zip(parents, leptons, strict=True)),
    )


def squared_amplitude(event, conjugate=False):
    """Sum over spins of |M|^2 from spinors alone, both transverse polarisations of the J/psi.

    Left-handed currents on both sides (K- e+: the conjugate ones); the pair couples to the J/psi
    as a Majorana field can, with gamma^mu gamma5; u(N1) and v(N2) = C u-bar(N2)^T.
    """
    kaon_1, electron_1, kaon_2, electron_2 = event
    n_1, n_2 = kaon_1 + electron_1, kaon_2 + electron_2
    mass = math.sqrt(n_1[3] ** 2 - n_1[:3] @ n_1[:3])
    u_1, u_2 = spinors(n_1, mass), spinors(n_2, mass)
    side = LEFT if conjugate else RIGHT
    # N -> K e: u-bar(e) K-slash P u(N); the amplitudes of e+ are those of the conjugate field.
    decay_1 = bar(spinors(electron_1, M_E)) @ slash(kaon_1) @ (ONE - side) @ u_1
    decay_2 = bar(spinors(electron_2, M_E)) @ slash(kaon_2) @ (ONE - side) @ u_2
    v_2 = CHARGE_CONJUGATION @ bar(u_2).T
    total = 0.0
    for polarisation in (1, 2):
        pair = bar(u_1) @ GAMMA[polarisation] @ GAMMA_5 @ v_2
        amplitude = decay_1 @ pair @ decay_2.T
        total += np.sum(np.abs(amplitude) ** 2)
    return total


@pytest.mark.parametrize("mass", MASSES)
@pytest.mark.parametrize("conjugate", [False, True])
def test_the_angles_are_those_of_dirac_spinors(mass, conjugate):
    momenta = momenta_of(make(pair_decay(mass, "phase_space"), 200))
    squared = np.array([squared_amplitude(event, conjugate) for event in momenta])
    weight = angular_weight(*directions(momenta), analysing_power(mass, M_E, M_K) ** 2)
    ratio = squared / weight
    assert np.allclose(ratio, ratio[0], rtol=0, atol=1e-8 * ratio[0])
    assert weight.std() > 0.5


def test_a_vector_current_of_a_majorana_pair_vanishes():
    kaon_1, electron_1, kaon_2, electron_2 = momenta_of(make(pair_decay(0.9), 1))[0]
    u_1, u_2 = (spinors(n, 0.9) for n in (kaon_1 + electron_1, kaon_2 + electron_2))
    v_1, v_2 = (CHARGE_CONJUGATION @ bar(u).T for u in (u_1, u_2))
    for matrix, sign in ((GAMMA[1], -1), (GAMMA[1] @ GAMMA_5, +1)):
        # Exchange of the two identical fermions: only what is odd survives.
        exchanged = -(bar(u_2) @ matrix @ v_1).T
        assert np.allclose(exchanged, sign * (bar(u_1) @ matrix @ v_2))


@pytest.mark.parametrize("mass", [M_MU + M_K + 0.01, 0.8, 1.5])
def test_the_analysing_power_is_that_of_dirac_spinors(mass):
    """Spin of N along z: rates at cos = +1 and -1."""
    size = breakup_momentum(mass, M_MU, M_K)
    spin_up = spinors(np.array([0.0, 0.0, 0.0, mass]), mass)[:, :1]
    rates = []
    for sign in (+1, -1):
        lepton = np.array([0.0, 0.0, sign * size, math.hypot(size, M_MU)])
        kaon = np.array([0.0, 0.0, 0.0, mass]) - lepton
        amplitude = bar(spinors(lepton, M_MU)) @ slash(kaon) @ LEFT @ spin_up
        rates.append(np.sum(np.abs(amplitude) ** 2))
    asymmetry = (rates[1] - rates[0]) / (rates[0] + rates[1])
    assert analysing_power(mass, M_MU, M_K) == pytest.approx(asymmetry, rel=1e-9)
    assert analysing_power(mass, 0.0, M_K) == pytest.approx(1.0, abs=1e-12)
    assert analysing_power(0.5, M_MU, M_K) == 0.0


def moment_scale(n):
    return 5.0 / math.sqrt(n)


@pytest.mark.parametrize(
    ("swapped", "power"), [(False, 1.0), (True, 1.0), (False, 0.6), (False, 0.0)]
)
def test_generated_pairs_follow_the_weight(swapped, power):
    """Means of six functions of the angles, against those of phase space with the weight W."""
    n = 60_000
    leptons = (1, 2) if swapped else (1, 3)
    drawn = directions(momenta_of(make(pair_decay(0.7, swapped=swapped, power=power), n)), leptons)
    flat = directions(momenta_of(make(pair_decay(0.7, "phase_space"), n)))
    weight = angular_weight(*flat, power**2)
    assert weight.mean() == pytest.approx(4 / 3, abs=moment_scale(n))
    assert 0.0 <= weight.min() and weight.max() <= 4.0

    def moments(n_1, first, second):
        cosine = n_1[:, 2]
        return np.array([
            cosine**2, np.sum(n_1 * first, axis=1) * np.sum(n_1 * second, axis=1),
            np.sum(first * second, axis=1), first[:, 2] * second[:, 2],
            np.sum(n_1 * first, axis=1), np.sum(n_1 * second, axis=1),
        ])  # fmt: skip

    expected = (moments(*flat) * weight).mean(axis=1) / weight.mean()
    assert np.allclose(moments(*drawn).mean(axis=1), expected, atol=moment_scale(n))
    # By hand: <cos^2> = 2/5, <x1 x2> = power^2/9; the leptons alone are isotropic.
    assert np.allclose(expected[:2], [2 / 5, power**2 / 9], atol=moment_scale(n))
    assert np.allclose(expected[4:], 0.0, atol=moment_scale(n))


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_the_polar_angle_is_one_plus_cosine_squared_for_any_coupling(power):
    cosine = directions(momenta_of(make(pair_decay(1.2, power=power), 40_000)))[0][:, 2]
    uniform = (cosine**3 + 3 * cosine + 4) / 8
    ranks = (np.arange(len(cosine)) + 0.5) / len(cosine)
    assert np.max(np.abs(np.sort(uniform) - ranks)) < 2.2 / math.sqrt(len(cosine))


@pytest.mark.parametrize("chiralities", [(1.0, 0.0), (0.8, 0.6), (2**-0.5, 2**-0.5)])
def test_the_analysing_power_is_the_asymmetry_of_the_chiralities(chiralities):
    """Rates of N (spin along z) -> e K at cos = +1 and -1, left and right couplings together."""
    left, right = chiralities
    vertex = left * LEFT + right * RIGHT
    size = breakup_momentum(0.7, M_E, M_K)
    spin_up = spinors(np.array([0.0, 0.0, 0.0, 0.7]), 0.7)[:, :1]
    rates = []
    for sign in (+1, -1):
        lepton = np.array([0.0, 0.0, sign * size, math.hypot(size, M_E)])
        kaon = np.array([0.0, 0.0, 0.0, 0.7]) - lepton
        amplitude = bar(spinors(lepton, M_E)) @ slash(kaon) @ vertex @ spin_up
        rates.append(np.sum(np.abs(amplitude) ** 2))
    asymmetry = (rates[1] - rates[0]) / (rates[0] + rates[1])
    assert asymmetry == pytest.approx(left**2 - right**2, abs=1e-3)  # m_e/m_N


def test_without_analysing_power_the_decays_are_isotropic_and_independent():
    n = 40_000
    _, first, second = directions(momenta_of(make(pair_decay(0.7, power=0.0), n)))
    for lepton in (first, second):
        assert np.allclose(lepton.mean(axis=0), 0.0, atol=moment_scale(n))
        assert np.allclose((lepton**2).mean(axis=0), 1 / 3, atol=moment_scale(n))
    assert np.allclose(first.T @ second / n, 0.0, atol=moment_scale(n))


@pytest.mark.parametrize("power", [-0.1, 1.1, float("nan"), "V-A", True])
def test_an_analysing_power_beyond_0_and_1_is_refused(power):
    with pytest.raises(ValueError, match=r"J/psi\(1S\): analysing_power is .*give 0 to 1"):
        pair_decay(0.7, power=power)


def test_an_analysing_power_without_a_pair_is_refused():
    with pytest.raises(ValueError, match=r"analysing_power is 1.0 with the model phase_space"):
        pair_decay(0.7, "phase_space", power=1.0)
    assert pair_decay(0.7, "phase_space", power=0.0).model == "phase_space"


def test_a_mapping_gives_the_analysing_power():
    nu = {"name": "nu_M", "mass_gev": 0.7, "daughters": ["K+", "e-"]}
    mapping = {"parent": "J/psi(1S)", "model": "majorana_pair", "daughters": [nu, nu]}
    assert Decay.from_mapping(mapping).analysing_power == 0.0
    assert Decay.from_mapping({**mapping, "analysing_power": 0.5}) == pair_decay(0.7, power=0.5)


@pytest.mark.parametrize("mass", MASSES)
def test_momentum_and_masses_are_kept(mass):
    momenta = momenta_of(make(pair_decay(mass), 2_000))
    assert np.allclose(momenta.sum(axis=1), [0, 0, 0, M_JPSI], rtol=0, atol=1e-12)
    for pair in (slice(0, 2), slice(2, 4)):
        total = momenta[:, pair].sum(axis=1)
        squared = total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1)
        assert np.allclose(np.sqrt(squared), mass, rtol=0, atol=1e-12)
        size = np.linalg.norm(total[:, :3], axis=1)
        assert np.allclose(size, breakup_momentum(M_JPSI, mass, mass), rtol=1e-11)


def test_a_split_sample_joins_without_a_seam():
    decay = pair_decay(0.7)
    options = {"beam": Beam(), "radiation": RadiationSettings()}
    whole = make(decay, 400, **options)
    parts = [make(decay, 150, **options), make(decay, 250, first_event=150, **options)]
    joined = np.concatenate([part.four_momentum for part in parts])
    assert np.array_equal(whole.four_momentum, joined)
    assert isinstance(whole, GeneratedEvents)


def test_charge_conjugation_changes_nothing_but_the_codes():
    plain = make(pair_decay(0.7), 500, charge_conjugate=False)
    both = make(pair_decay(0.7), 500)
    assert np.array_equal(plain.four_momentum, both.four_momentum)
    assert 0 < np.mean(both.pdg_id[::4] == 321) < 1


def test_the_pair_radiates_like_any_other():
    fractions = []
    for model in ("majorana_pair", "phase_space"):
        events = make(pair_decay(0.7, model), 20_000, radiation=RadiationSettings())
        fractions.append(np.mean(np.diff(events.offsets) > 4))
    assert fractions[0] == pytest.approx(fractions[1], abs=5 * 0.5 / math.sqrt(10_000))
    assert fractions[0] > 0.01


@pytest.mark.parametrize(
    "daughters",
    [
        [{"name": "N", "mass_gev": 0.7, "daughters": ["K+", "e-"]}, "K+", "e-"],
        [{"name": "N", "mass_gev": m, "daughters": ["K+", "e-"]} for m in (0.7, 0.8)],
        [{"name": "N", "mass_gev": 0.7, "daughters": d} for d in (["K+", "e-"], ["K-", "e+"])],
        [{"name": "N", "mass_gev": 0.7, "daughters": ["pi+", "pi-"]}] * 2,
        [{"name": "N", "mass_gev": 0.7, "width_gev": 0.1, "daughters": ["K+", "e-"]}] * 2,
    ],
)
def test_other_decays_are_refused(daughters):
    with pytest.raises(ValueError, match=r"J/psi\(1S\): model majorana_pair needs two decays"):
        Decay("J/psi(1S)", daughters, model="majorana_pair")


def test_a_pair_further_down_is_refused():
    jpsi = {
        "name": "J/psi(1S)", "model": "majorana_pair",
        "daughters": [{"name": "N", "mass_gev": 0.7, "daughters": ["K+", "e-"]}] * 2,
    }  # fmt: skip
    with pytest.raises(ValueError, match="first parent of all"):
        Decay("psi(2S)", [jpsi, "eta"])


# ------------------------------------------------------- an isotropic pair with weights


STREAMS = {"base_seed": 8, "sample": "pair"}


@pytest.mark.parametrize("swapped", [False, True])
def test_weights_are_the_density_over_its_mean_in_the_events_own_directions(swapped):
    flat = pair_decay(0.7, "phase_space", swapped=swapped)
    full = pair_decay(0.7, swapped=swapped)
    momenta = momenta_of(make(flat, 500))
    expected = angular_weight(
        *directions(momenta, (1, 2 if swapped else 3)), analysing_power(0.7, M_E, M_K) ** 2
    )
    found = pair_weights(flat, {"full": full}, 500, **STREAMS)["full"]
    assert found == pytest.approx(0.75 * expected, abs=1e-9)


def test_weights_of_chunks_join():
    flat, others = pair_decay(0.7, "phase_space"), {"full": pair_decay(0.7)}
    whole = pair_weights(flat, others, 100, **STREAMS)["full"]
    parts = [pair_weights(flat, others, n, first_event=first, **STREAMS)["full"]
             for first, n in ((0, 33), (33, 67))]  # fmt: skip
    assert np.array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_weighted_events_with_radiation_are_those_of_the_pair(power):
    """Means of what the weight knows and of what it does not, against events of the other decay."""
    flat, full, n = pair_decay(0.6, "phase_space"), pair_decay(0.6, power=power), 60_000
    options = {"radiation": RadiationSettings(), "charge_conjugate": False}
    weight = pair_weights(flat, {"full": full}, n, **STREAMS)["full"]
    assert abs(weight.mean() - 1.0) < 5 * weight.std() / math.sqrt(n)
    assert 0.0 <= weight.min() and weight.max() <= 3.0

    def observables(events):
        momenta = momenta_of(events)
        first, lepton_1, lepton_2 = directions(momenta)
        energies = np.sort(momenta[:, (1, 3), 3], axis=1)
        forward = np.abs(momenta[..., 2]).max(axis=1)
        product = np.sum(first * lepton_1, axis=1) * np.sum(first * lepton_2, axis=1)
        return np.column_stack([first[:, 2] ** 2, product, energies, forward])

    weighted = observables(make(flat, n, **options))
    direct = observables(make(full, n, sample="another", **options))
    mean = (weight[:, None] * weighted).sum(axis=0) / weight.sum()
    error = (weight[:, None] * (weighted - mean)).std(axis=0) / math.sqrt(n)
    pulls = (mean - direct.mean(axis=0)) / np.hypot(error, direct.std(axis=0) / math.sqrt(n))
    assert np.all(np.abs(pulls) < 4.5)
    # Without weights, the angle of the pair would be off by far.
    assert abs(weighted[:, 0].mean() - direct[:, 0].mean()) > 20 * error[0]


@pytest.mark.parametrize("decay, other", [
    (pair_decay(0.7), pair_decay(0.7)),
    (pair_decay(0.7, "phase_space"), pair_decay(0.8)),
    (pair_decay(0.7, "phase_space"), pair_decay(0.7, "phase_space")),
])  # fmt: skip
def test_other_decays_have_no_such_weights(decay, other):
    with pytest.raises(ValueError, match=r"J/psi.*weights exist.*events of its own"):
        pair_weights(decay, {"other": other}, 10, **STREAMS)
