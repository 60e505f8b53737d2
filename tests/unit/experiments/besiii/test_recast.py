"""Recast for an on-shell N: lifetimes and couplings by weights against samples made so; the flight."""

from dataclasses import replace

import numpy as np
import pytest
import quick_yaml

from lnvsearch import particles
from lnvsearch.experiments.besiii.chain import generate
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.recast import (
    NeutrinoSearch,
    lifetime_sums,
    selected_events,
    v_minus_a_weights,
)
from lnvsearch.generation.displaced import let_fly
from lnvsearch.generation.flight import FixedLifetime, FlightProposal

MASS = 1.0
STREAMS = {"base_seed": 1, "sample": "toy"}
PROPOSAL = FlightProposal(prompt_share=0.5, shortest_m=1e-4, longest_m=0.5)
N = {"name": "nu_M", "mass_gev": MASS, "daughters": ["K+", "e-"]}
DECAYS = {
    2: {"parent": "J/psi(1S)", "daughters": [N, N]},
    1: {"parent": "J/psi(1S)", "daughters": [N, "K+", "e-"]},
}
LIFETIMES = (0.0, 30.0, 300.0)


class FixedLength:
    """Every N flies so far."""

    def __init__(self, length_m):
        self.length_m = length_m

    def lengths(self, choice, uniform, boost):
        return np.full(len(boost), self.length_m)


@pytest.fixture(scope="module")
def detector(root):
    content = quick_yaml.load((root / "config/detectors/besiii.yaml").read_text())
    return {k: v for k, v in content.items() if isinstance(v, dict)}


@pytest.fixture(scope="module")
def make(root, detector):
    content = quick_yaml.load((root / "config/papers/besiii_2025.yaml").read_text())

    def search(n_neutrinos, decay=None, radiation=True):
        cuts = list(content["selection"])
        if n_neutrinos == 2:
            cuts.append({"cut": "majorana_mass_bin", "mass_gev": MASS, "width_gev": 0.025,
                         "masses": "fitted"})  # fmt: skip
        return NeutrinoSearch.from_mapping({
            "generation": {
                "decay": decay or DECAYS[n_neutrinos], "cocktail": None,
                "beam": {"momentum_x_gev": 0.034, "momentum_z_spread_gev": 0.001},
                "final_state_radiation": radiation, "charge_conjugate": True,
            },
            "detector": detector,
            "selection": {
                "parent": "J/psi(1S)", "cuts": cuts, "final_state": ["K+", "K+", "e-", "e-"],
                "momentum_x_gev": 0.034, "magnetic_field_t": 1.0,
            },
            "n_neutrinos": n_neutrinos,
            "mass_gev": MASS,
        })  # fmt: skip

    return search


@pytest.fixture(scope="module")
def weighted(make):
    found = {}
    for n_neutrinos in DECAYS:
        sums = lifetime_sums(make(n_neutrinos), PROPOSAL, LIFETIMES, 160_000, **STREAMS)
        found |= {
            (n_neutrinos, row["chirality"], row["lifetime_ps"]): row for row in sums.rows()
        }
    return found


@pytest.mark.parametrize("n_neutrinos", DECAYS)
@pytest.mark.parametrize("lifetime", LIFETIMES)
def test_weights_agree_with_a_sample_of_that_lifetime(make, weighted, n_neutrinos, lifetime):
    n = 60_000
    streams = {"base_seed": 2, "sample": "fixed"}
    _, rows = selected_events(make(n_neutrinos), FixedLifetime(lifetime), n, **streams)
    found = weighted[n_neutrinos, "isotropic", lifetime]
    uncertainty = np.hypot(np.sqrt(len(rows)) / n, found["acceptance_statistical"])
    assert found["acceptance"] == pytest.approx(len(rows) / n, abs=4 * uncertainty)
    assert found["acceptance_statistical"] < 0.08 * found["acceptance"]


def test_v_minus_a_pair_agrees_with_one_made_so(make, weighted):
    made = {**DECAYS[2], "model": "majorana_pair", "analysing_power": 1.0}
    n = 60_000
    _, rows = selected_events(
        make(2, made), FixedLifetime(0.0), n, base_seed=3, sample="v_minus_a"
    )
    found = weighted[2, "v_minus_a", 0.0]
    uncertainty = np.hypot(np.sqrt(len(rows)) / n, found["acceptance_statistical"])
    assert found["acceptance"] == pytest.approx(len(rows) / n, abs=4 * uncertainty)
    assert found["acceptance"] < weighted[2, "isotropic", 0.0]["acceptance"] - 5 * uncertainty


def test_a_pair_falls_twice_as_fast_as_one(weighted, make):
    for n_neutrinos in DECAYS:
        sums = lifetime_sums(make(n_neutrinos), PROPOSAL, (1e4, 1e5), 20_000, **STREAMS)
        near, far = [r["acceptance"] for r in sums.rows() if r["chirality"] == "isotropic"]
        assert far / near == pytest.approx(0.1**n_neutrinos, rel=0.03)


def test_v_minus_a_of_one_neutrino_knows_the_beam_and_forbids_what_helicity_does(make):
    """Both leptons have the same helicity; a current across the beam has no part along it."""
    events = generate(make(1, radiation=False).simulation.generation, 40_000, **STREAMS)
    weight = v_minus_a_weights(events, 1, MASS)
    assert (weight > -1e-9).all()
    momentum = events.four_momentum.reshape(-1, 4, 4)
    cosine = momentum[:, 3, 2] / np.linalg.norm(momentum[:, 3, :3], axis=1)
    along, across = weight[np.abs(cosine) > 0.8], weight[np.abs(cosine) < 0.2]
    assert abs(along.mean() / across.mean() - 1.0) > 0.02


@pytest.mark.parametrize("n_neutrinos", DECAYS)
def test_daughters_and_photons_of_n_start_where_it_decays(make, n_neutrinos):
    search = make(n_neutrinos)
    events = generate(search.simulation.generation, 5_000, **STREAMS)
    flying = tuple(range(1, 1 + n_neutrinos))
    flown = let_fly(events, flying, MASS, FixedLength(0.02), **STREAMS)
    start, origin = flown.events.start_m, events.origin
    assert not start[origin == 0].any()
    moved = np.linalg.norm(start[origin > 0][:, :3], axis=1)
    assert moved == pytest.approx(0.02, rel=1e-9)
    # Photons included, the daughters of a node have the mass of N and its direction.
    event = np.repeat(np.arange(len(events)), np.diff(events.offsets))
    rows = np.flatnonzero(origin == 1)
    total = np.stack(
        [np.bincount(event[rows], events.four_momentum[rows, i]) for i in range(4)], axis=1
    )
    mass = np.sqrt(total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1))
    assert mass == pytest.approx(MASS, abs=1e-6)
    assert (events.pdg_id[rows] == particles.pdg_id("gamma")).any()
    first = start[rows[np.unique(event[rows], return_index=True)[1]]]
    assert np.cross(first[:, :3], total[:, :3]) == pytest.approx(0.0, abs=1e-9)


def test_no_flight_leaves_every_bit(make):
    search = make(2)
    events = generate(search.simulation.generation, 2_000, **STREAMS)
    plain = simulate(events, search.simulation.response, **STREAMS)
    flown = let_fly(events, (1, 2), MASS, FixedLength(0.0), **STREAMS)
    moved = simulate(flown.events, search.simulation.response, **STREAMS)
    for name, values in plain.track.items():
        assert np.array_equal(values, moved.track[name], equal_nan=True), name


def test_impact_parameters_and_flight_times_follow_the_flight(make):
    """Of an N that flies 1 cm: |dr| is the distance of its line, and all of its tracks come late."""
    search = make(2)
    events = generate(search.simulation.generation, 4_000, **STREAMS)
    near, far = (
        simulate(let_fly(events, (1, 2), MASS, FixedLength(length), **STREAMS).events,
                 search.simulation.response, **STREAMS)
        for length in (0.0, 0.01)
    )  # fmt: skip
    assert np.std(far.track["dr"]) > 5 * np.std(near.track["dr"])
    # No farther than 1 cm, but for the resolution.
    assert np.quantile(np.abs(far.track["dr"]), 0.995) < 1.1
    late = np.nanmedian(far.track["tof_chi_kaon"]) - np.nanmedian(near.track["tof_chi_kaon"])
    assert 0.0 < late < 1.0


def test_tracks_from_beyond_the_inner_wall_are_not_found(make):
    search = make(2)
    events = generate(search.simulation.generation, 500, **STREAMS)
    flown = let_fly(events, (1, 2), MASS, FixedLength(1.0), **STREAMS)
    recorded = simulate(replace(flown.events), search.simulation.response, **STREAMS)
    radius = np.hypot(*flown.events.start_m[:, :2].T)
    beyond = np.repeat(np.arange(len(events)), np.diff(events.offsets))[radius > 0.07]
    tracks = np.diff(recorded.track_offsets)
    only_beyond = np.bincount(beyond, minlength=500) == np.diff(events.offsets)
    assert only_beyond.sum() > 400
    assert not tracks[only_beyond].any()
