"""Final-state radiation: published rates, the eikonal limit, exact kinematics."""

import itertools
import math

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.generation import Decay, RadiationSettings, generate
from lnvsearch.generation.eikonal import (
    FINE_STRUCTURE_CONSTANT,
    FLIGHT_COLUMNS,
    _logarithm_bound,
    eikonal_ratio,
    fill_flight,
    largest_excess,
    least_silence,
    mean_bound,
    mean_photon_factor,
)
from lnvsearch.generation.kaon import generate_kaon_decays
from lnvsearch.generation.phase_space import generate_phase_space
from lnvsearch.generation.radiation import radiate
from lnvsearch.generation.radiation_together import radiate_all
from lnvsearch.random_streams import stream_key

M_JPSI = particles.mass_gev("J/psi(1S)")


def make(daughters, n, cut=1e-4, parent="J/psi(1S)", **options):
    return generate(
        Decay(parent, daughters, **options), n, base_seed=3, sample="radiation_test",
        radiation=RadiationSettings(photon_energy_cut=cut), charge_conjugate=False,
    )


def event_sum(events, values):
    return np.add.reduceat(values, events.offsets[:-1])


def rest_frame_energy(events):
    """Energy of every particle in the rest frame of its event."""
    total = np.add.reduceat(events.four_momentum, events.offsets[:-1], axis=0)
    total = np.repeat(total, np.diff(events.offsets), axis=0)
    metric = np.array([-1.0, -1.0, -1.0, 1.0])
    return np.sum(total * events.four_momentum * metric, axis=1) / M_JPSI


def test_hard_photons_from_jpsi_to_ee_have_the_measured_rate():
    events = make(["e-", "e+"], 200_000)
    hard = (events.pdg_id == 22) & (rest_frame_energy(events) > 0.1)
    fraction = np.mean(event_sum(events, hard) > 0)
    # PDG: B(e+ e- gamma, E > 100 MeV) / B(e+ e-) = (8.8 +- 1.4)e-3 / 5.971e-2 = 14.7 +- 2.4 %.
    assert 0.14 < fraction < 0.15
    assert abs(fraction - 8.8e-3 / 5.971e-2) < 1.4e-3 / 5.971e-2


def test_photon_number_is_the_eikonal_integral():
    """Few, soft photons: the spectrum's hardening is calculable and the angles are the dipole's."""
    n, cut = 400_000, 1e-2
    for pair in (["mu+", "mu-"], ["K+", "K-"]):
        mass = particles.mass_gev(pair[0])
        beta = math.sqrt(1.0 - 4.0 * mass**2 / M_JPSI**2)
        logarithm = math.log((1 + beta) / (1 - beta))
        dipole = (1 + beta**2) / beta * logarithm - 2.0
        largest = 0.5 * (M_JPSI - 4.0 * mass**2 / M_JPSI)
        x = np.exp(np.linspace(math.log(cut * M_JPSI / largest), 0.0, 20_001))[:-1]
        hard = 0.5 + 0.5 * (1 - x) ** 2 if pair[0] == "mu+" else 1 - x
        # The dipole of the pair as the photon leaves it.
        left = np.sqrt(1.0 - 4.0 * mass**2 / (M_JPSI**2 - 2.0 * M_JPSI * largest * x))
        dipole_left = (1 + left**2) / left * np.log((1 + left) / (1 - left)) - 2.0
        spectrum = np.trapezoid(hard * dipole_left / dipole, np.log(x))
        expected = n * FINE_STRUCTURE_CONSTANT / math.pi * dipole * spectrum
        found = np.sum(make(pair, n, cut).pdg_id == 22)
        # Kinematics forbid some hard photons at wide angles: a few per cent of the heavy kaons'.
        assert found < expected + 5 * math.sqrt(expected)
        assert found > 0.97 * expected - 5 * math.sqrt(expected)


#: Parent and daughters.
SIX_DECAYS = {
    "J/psi -> e e": ("J/psi(1S)", ["e+", "e-"]),
    "J/psi -> K K e e": ("J/psi(1S)", ["K+", "K+", "e-", "e-"]),
    "K -> pi e e": ("K+", ["pi+", "e+", "e-"]),
    "K -> pi mu mu": ("K+", ["pi-", "mu+", "mu+"]),
    "K -> pi pi0 e e": ("K+", ["pi-", "pi0", "e+", "e+"]),
    "K -> pi0 e nu": ("K+", ["pi0", "e+", "nu(e)"]),
}
_METRIC = np.array([-1.0, -1.0, -1.0, 1.0])


class Soft:
    """Phase-space decays with photons of energies far below all others.

    `photons`: (n, columns, 4); the energies reach from 1e-30 to `largest` of the parent's mass.
    """

    largest = 1e-6

    def __init__(self, name, n):
        parent, names = SIX_DECAYS[name]
        self.parent = particles.mass_gev(parent)
        mass = [0.0 if name.startswith("nu") else particles.mass_gev(name) for name in names]
        self.mass = np.array(mass)
        self.charge = np.array([float(particles.charge(name)) for name in names])
        spin_half = np.array([particles.spin(name) == 0.5 for name in names])
        key = stream_key(4, name, "phase_space")
        self.before = generate_phase_space(self.parent, self.mass, n, key)
        daughters, room = self.before.copy(), np.empty((n, 24, 4))
        radiate_all(
            stream_key(4, name, "radiation"), 0, self.parent, 1e-30 * self.parent, self.mass,
            self.charge, spin_half, daughters, 0, room,
        )
        assert np.all(room[:, -1, 3] == 0.0)
        self.photons = room
        self.soft = (room[..., 3] > 0.0) & (room[..., 3] < self.largest * self.parent)
        # The parent comes in: eta = -1.
        rest = np.tile([0.0, 0.0, 0.0, self.parent], (n, 1, 1))
        self.momenta = np.concatenate([self.before, rest], axis=1)
        self.signed = np.append(self.charge, -float(particles.charge(parent)))
        self.masses = np.append(self.mass, self.parent)

    @property
    def logarithm(self):
        return math.log(self.largest / 1e-30)

    def coefficients(self):
        """-(alpha / pi) sum eta eta Q Q f of every event: photons a unit of ln k."""
        total = np.zeros(len(self.before))
        for i, j in itertools.product(np.flatnonzero(self.signed), repeat=2):
            f = 1.0
            if i != j:
                product = np.sum(self.momenta[:, i] * self.momenta[:, j] * _METRIC, axis=1)
                gamma = product / (self.masses[i] * self.masses[j])
                f = np.arccosh(gamma) / np.sqrt(1.0 - gamma**-2)
            total -= self.signed[i] * self.signed[j] * f
        return FINE_STRUCTURE_CONSTANT / math.pi * total

    def density(self, direction):
        """Photons a unit of ln k and of solid angle, (n,), in one direction an event."""
        k = np.concatenate([direction, np.ones((len(direction), 1))], axis=1)
        total = np.zeros(len(direction))
        for i, j in itertools.product(np.flatnonzero(self.signed), repeat=2):
            p, q = self.momenta[:, i], self.momenta[:, j]
            pairs = ((p, q), (p, k), (q, k))
            product, p_k, q_k = (np.sum(a * b * _METRIC, axis=1) for a, b in pairs)
            total -= self.signed[i] * self.signed[j] * product / (p_k * q_k)
        return FINE_STRUCTURE_CONSTANT / (4.0 * math.pi**2) * total

    def is_wide(self, direction):
        """Directions, (n, ..., 3), at 0.5 rad at least from every charged daughter."""
        wide = np.ones(direction.shape[:-1], dtype=bool)
        for i in np.flatnonzero(self.charge):
            unit = self.before[:, i, :3] / np.linalg.norm(self.before[:, i, :3], axis=1)[:, None]
            unit = unit.reshape(len(unit), *[1] * (direction.ndim - 2), 3)
            wide &= np.sum(unit * direction, axis=-1) < math.cos(0.5)
        return wide


@pytest.mark.parametrize("decay", SIX_DECAYS)
def test_soft_photons_have_the_eikonal_mean_and_angles_of_their_event(decay):
    sample = Soft(decay, 400_000 if "mu" in decay else 100_000)
    coefficient = sample.coefficients()
    expected = sample.logarithm * coefficient.mean()
    assert np.sum(sample.soft) / len(coefficient) == pytest.approx(expected, rel=0.01)
    # Where the coefficient is large the photons are many: event by event, not on average.
    above = coefficient > np.median(coefficient)
    if np.ptp(coefficient) > 1e-3 * coefficient.mean():
        for part in (above, ~above):
            expected = sample.logarithm * coefficient[part].mean()
            found = np.sum(sample.soft[part]) / np.sum(part)
            assert found == pytest.approx(expected, rel=0.02)
    # Far from every particle what is left is interference.
    direction = np.random.default_rng(7).normal(size=(len(coefficient), 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    wide = 4.0 * math.pi * sample.density(direction) * sample.is_wide(direction)
    with np.errstate(invalid="ignore"):
        found = sample.photons[..., :3] / sample.photons[..., 3:]
    found = np.sum(sample.soft & sample.is_wide(found))
    expected = sample.logarithm * np.sum(wide)
    error = math.sqrt(found + sample.logarithm**2 * np.sum(wide**2))
    assert error < 0.02 * expected
    assert abs(found - expected) < 4.0 * error


@pytest.mark.parametrize("decay", SIX_DECAYS)
def test_the_ratio_to_what_is_drawn_keeps_its_bound(decay):
    """Beside the particles, where the largest values are, and anywhere."""
    parent, names = SIX_DECAYS[decay]
    mass = np.array([0.0 if n.startswith("nu") else particles.mass_gev(n) for n in names])
    charge = np.array([float(particles.charge(name)) for name in names])
    key = stream_key(5, decay, "phase_space")
    momenta = generate_phase_space(particles.mass_gev(parent), mass, 400, key)
    rng, flight, largest = np.random.default_rng(8), np.empty((len(mass), FLIGHT_COLUMNS)), 0.0
    for momentum in momenta:
        fill_flight(0, len(mass), charge, mass, momentum, flight)
        bound = 1.0 + largest_excess(0, len(mass), charge, momentum)
        for _ in range(60):
            direction = rng.normal(size=3)
            if rng.random() < 0.5:
                place = rng.choice(np.flatnonzero(charge))
                direction = flight[place, :3] + 10.0 ** rng.uniform(-3, 0) * direction
            direction /= np.linalg.norm(direction)
            ratio = eikonal_ratio(0, len(mass), charge, flight, *direction)
            assert 0.0 <= ratio < bound * (1.0 + 1e-9)
            largest = max(largest, ratio / bound)
    assert largest > 0.7


def test_hard_photons_of_jpsi_to_ee_have_the_spectrum_of_first_order_qed():
    """(alpha / pi) (1 + (1 - x)^2) / x (ln(s (1 - x) / m^2) - 1), e.g. of Z -> l l gamma.

    With room for one photon, the first of each event: two take energy from each other.
    """
    n, mass, cut = 500_000, particles.mass_gev("e-"), 0.01

    def first_order(low, high):
        x = 2.0 * np.geomspace(low, high, 10_001) / M_JPSI
        spectrum = (1 + (1 - x) ** 2) / x * (np.log(M_JPSI**2 * (1 - x) / mass**2) - 1)
        return FINE_STRUCTURE_CONSTANT / math.pi * np.trapezoid(spectrum, x)

    bins = ((0.1, 0.3), (0.3, 0.8), (0.8, 1.2), (1.2, 1.5))
    found, masses = np.zeros(len(bins)), np.array([mass, mass])
    charge, spin_half = np.array([1.0, -1.0]), np.array([True, True])
    for chunk in range(4):
        key = stream_key(chunk, "J/psi -> e e", "phase_space")
        pair = generate_phase_space(M_JPSI, masses, n, key)
        photon = np.empty((n, 1, 4))
        key = stream_key(chunk, "J/psi -> e e", "radiation")
        radiate_all(key, 0, M_JPSI, cut * M_JPSI, masses, charge, spin_half, pair, 0, photon)
        energy = photon[:, 0, 3]
        found += [np.sum((energy > low) & (energy < high)) for low, high in bins]
    mean = first_order(cut * M_JPSI, 0.4999 * M_JPSI)
    first = (1.0 - math.exp(-mean)) / mean
    expected = 4 * n * first * np.array([first_order(low, high) for low, high in bins])
    assert found == pytest.approx(expected, rel=0.03)
    assert np.all(np.abs(found - expected) < 4.0 * np.sqrt(expected))


def test_the_rate_factor_matches_numerical_integration_of_the_dipole():
    for mass in (0.000511, 0.1, 0.9):
        energy = 1.2
        momentum = math.sqrt(energy**2 - mass**2)
        beta = momentum / energy
        # Substitute 1 - beta c = t, logarithmically spaced, to resolve the collinear peak.
        grid = np.linspace(math.log(1 - beta), math.log(1 + beta), 200_001)
        t = np.exp(0.5 * (grid[1:] + grid[:-1]))
        c = (1 - t) / beta
        dipole = 4 * beta**2 * (1 - c**2) / (1 - beta**2 * c**2) ** 2 * (1 + beta * c) / 2
        integral = np.sum(dipole * t / beta) * (grid[1] - grid[0])
        expected = FINE_STRUCTURE_CONSTANT / (2 * math.pi) * integral
        assert mean_photon_factor(energy, momentum, mass) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "daughters",
    [
        ["K+", "K+", "e-", "e-"],
        [{"name": "nu_M", "mass_gev": 0.575, "daughters": ["K+", "e-"]}] * 2,
        ["gamma", "e+", "e-"],
        ["p", "p~", "pi+", "pi-"],
    ],
)
def test_momentum_and_masses_are_exact_with_photons(daughters):
    events = make(daughters, 20_000)
    assert np.sum(events.pdg_id == 22) > 100
    total = np.add.reduceat(events.four_momentum, events.offsets[:-1], axis=0)
    mass_squared = total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1)
    assert np.allclose(mass_squared, M_JPSI**2, rtol=0.0, atol=1e-10)
    assert np.allclose(total[:, 0], 0.034, rtol=0.0, atol=1e-10)
    assert np.allclose(total[:, 1], 0.0, rtol=0.0, atol=1e-10)
    masses = np.array([particles.mass_gev(int(code)) for code in events.pdg_id])
    momentum = events.four_momentum
    off_shell = momentum[:, 3] ** 2 - np.sum(momentum[:, :3] ** 2, axis=1) - masses**2
    assert np.max(np.abs(off_shell)) < 1e-12


def test_the_nested_vertex_keeps_its_mass_including_its_own_photons():
    """Photons of the nu_M vertex belong to the nu_M: with one vertex neutral, all photons do."""
    nested = {"name": "nu_M", "mass_gev": 1.0, "daughters": ["K+", "e-", "pi0"]}
    decay = ["gamma", nested]
    events = make(decay, 5_000)
    inner = np.ones(len(events.pdg_id))
    inner[events.offsets[:-1]] = 0.0  # the first photon is the partner of the nu_M
    total = np.add.reduceat(events.four_momentum * inner[:, None], events.offsets[:-1], axis=0)
    mass = np.sqrt(total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1))
    assert np.allclose(mass, 1.0, rtol=0.0, atol=1e-10)


def test_a_lower_cut_leaves_hard_radiation_alone():
    fractions = []
    for cut in (1e-3, 1e-5):
        events = make(["e-", "e+"], 100_000, cut)
        hard = (events.pdg_id == 22) & (rest_frame_energy(events) > 0.1)
        fractions.append(np.mean(event_sum(events, hard) > 0))
    assert abs(fractions[0] - fractions[1]) < 5 * math.sqrt(2 * 0.14 * 0.86 / 100_000)


def test_photons_leave_the_phase_space_draw_as_it_was():
    """Events without a photon are those of the run without radiation, bit for bit."""
    decay = Decay("J/psi(1S)", ["K+", "K+", "e-", "e-"])
    plain = generate(decay, 2_000, base_seed=3, sample="s")
    radiated = generate(decay, 2_000, base_seed=3, sample="s", radiation=RadiationSettings())
    quiet = np.flatnonzero(np.diff(radiated.offsets) == 4)
    assert 500 < len(quiet) < 1900
    rows = radiated.offsets[quiet][:, None] + np.arange(4)
    expected = plain.four_momentum.reshape(-1, 4, 4)[quiet]
    # Energies are put on shell once more after radiation: equal to rounding, momenta likewise.
    assert np.allclose(radiated.four_momentum[rows], expected, rtol=1e-14, atol=1e-15)
    assert np.array_equal(
        radiated.pdg_id[radiated.offsets[:-1][:, None] + np.arange(4)],
        plain.pdg_id.reshape(-1, 4),
    )


def test_neutral_particles_do_not_radiate():
    assert np.all(np.diff(make(["pi0", "eta"], 1_000).offsets) == 2)


@pytest.mark.parametrize("cut", [0.0, -1.0, 0.5, math.nan])
def test_impossible_cuts_are_refused(cut):
    with pytest.raises(ValueError, match="photon_energy_cut"):
        RadiationSettings(photon_energy_cut=cut)


def exact_silence(parent, least_energy, energy, momentum, mass):
    """Probability of no photon as the Poisson mean says, 1 where no photon is possible."""
    rest_squared = max((parent - energy - momentum) * (parent - energy + momentum), 0.0)
    heaviest = mass + math.sqrt(rest_squared)
    largest = 0.5 * (parent - heaviest) * (parent + heaviest) / parent
    if largest <= least_energy:
        return 1.0
    mean = math.log(largest / least_energy) * mean_photon_factor(energy, momentum, mass)
    return math.exp(-mean)


def test_the_bound_that_spares_the_poisson_number_lies_below_it():
    """What it settles is what the Poisson number would be: results keep every bit."""
    rng = np.random.default_rng(4)
    settled = []
    for name in ("e-", "mu-", "pi+", "K+", "p"):
        mass = particles.mass_gev(name)
        for parent in (0.4936, 0.575, 1.02, M_JPSI):
            largest = 0.5 * (parent - mass**2 / parent)
            if parent <= 1.01 * mass:
                continue
            for cut in (1e-8, 1e-4, 0.05):
                for momentum in largest * rng.uniform(0.002, 1.0, 60):
                    kinematics = (cut * parent, math.hypot(momentum, mass), momentum, mass)
                    bound = least_silence(mean_bound(parent, *kinematics))
                    exact = exact_silence(parent, *kinematics)
                    assert bound < exact
                    if cut == 1e-4 and momentum > 0.2 * largest:
                        settled.append(bound / exact)
    # It is good for something: most particles without a photon are settled by it.
    assert np.mean(settled) > 0.9


def test_the_bound_of_the_logarithm_is_close_and_above():
    x = np.geomspace(1e-3, 1e6, 5001)
    excess = np.array([_logarithm_bound(value) for value in x]) - np.log(x)
    assert np.all(excess > 0.0)
    assert np.all(excess < 0.06)


def kaons_to_electrons(n):
    """Decays at rest to pi e e, and what radiation must know of them."""
    names = ["pi-", "e+", "e+"]
    kaon, mass = particles.mass_gev("K+"), np.array([particles.mass_gev(name) for name in names])
    stream = {"base_seed": 3, "sample": "radiate_all"}
    primary = generate_kaon_decays("pi_ee_lnv", n, radiation=False, **stream).four_momentum
    kinds = (np.array([-1.0, 1.0, 1.0]), np.array([False, True, True]))
    return primary, (kaon, 1e-4 * kaon, mass, *kinds)


def test_many_decays_at_once_radiate_as_one_by_one():
    """Numbers of photons, with room for fewer than some decays have, and their energies."""
    n, room = 40_000, 2
    primary, arguments = kaons_to_electrons(n)
    key = stream_key(3, "radiate_all", "radiation")
    together = primary.copy()
    columns = np.full((n, 3 + room, 4), np.nan)
    radiate_all(key, 100, *arguments, together, 3, columns)
    photons = columns[:, 3:, 3]
    assert np.all(np.isnan(columns[:, :3]))
    total = together.sum(axis=1) + columns[:, 3:].sum(axis=1)
    assert total == pytest.approx(np.tile([0.0, 0.0, 0.0, arguments[0]], (n, 1)), abs=1e-12)
    alone = np.zeros((n, room))
    for i in range(n):
        photon, flight = np.empty((room, 4)), np.empty((3, FLIGHT_COLUMNS))
        count = radiate(key, 100 + i, *arguments, 0, 3, primary[i], photon, 0, flight)
        alone[i, :count] = photon[:count, 3]
    for number in (1, 2):
        found, expected = (np.mean(np.sum(some > 0.0, axis=1) >= number) for some in (photons, alone))
        assert found == pytest.approx(expected, abs=4.0 * np.sqrt(2.0 * expected / n))
    for energy in (0.001, 0.01, 0.03, 0.1):
        found, expected = (np.mean(np.sum(some, axis=1) > energy) for some in (photons, alone))
        assert found == pytest.approx(expected, abs=4.0 * np.sqrt(2.0 * expected / n))


def test_radiation_of_a_decay_does_not_depend_on_those_beside_it():
    n = 3_000
    primary, arguments = kaons_to_electrons(n)
    key = stream_key(3, "radiate_all", "radiation")
    whole, photons = primary.copy(), np.empty((n, 3, 4))
    radiate_all(key, 0, *arguments, whole, 0, photons)
    for start, stop in ((0, 1), (1, 700), (700, n)):
        some, columns = primary[start:stop].copy(), np.empty((stop - start, 3, 4))
        radiate_all(key, start, *arguments, some, 0, columns)
        assert np.array_equal(some, whole[start:stop])
        assert np.array_equal(columns, photons[start:stop])
