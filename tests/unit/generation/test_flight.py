"""Flights of every lifetime from one proposal: integrals that are known exactly."""

import numpy as np
import pytest

from lnvsearch.generation.flight import LIGHT_M_PER_PS, FixedLifetime, FlightProposal

PROPOSAL = FlightProposal(prompt_share=0.3, shortest_m=0.01, longest_m=100.0)
BOOSTS = np.array([20.0, 150.0, 400.0])


def drawn(flight, boost, n=200_000):
    random = np.random.default_rng(1)
    return flight.lengths(random.random(n), 1.0 - random.random(n), np.full(n, boost))


@pytest.mark.parametrize("boost", BOOSTS)
@pytest.mark.parametrize("lifetime", [1.0, 30.0, 1e3])
@pytest.mark.parametrize("cut", [0.5, 10.0, 99.0])
def test_share_of_flights_below_a_length_is_that_of_an_exponential(boost, lifetime, cut):
    length = drawn(PROPOSAL, boost)
    weight = PROPOSAL.weights(length, np.full(len(length), boost), np.array([lifetime]))[:, 0]
    passed = np.where(length < cut, weight, 0.0)
    expected = -np.expm1(-cut / (boost * LIGHT_M_PER_PS * lifetime))
    assert passed.mean() == pytest.approx(expected, abs=5 * passed.std() / np.sqrt(len(length)))


def test_a_kilometre_of_mean_flight_is_reached_by_weights():
    lifetime = 1e3 / (150.0 * LIGHT_M_PER_PS)
    length = drawn(PROPOSAL, 150.0)
    weight = PROPOSAL.weights(length, np.full(len(length), 150.0), np.array([lifetime]))[:, 0]
    passed = np.where(length < 2.0, weight, 0.0)
    assert passed.mean() == pytest.approx(2e-3, rel=0.02)
    assert weight.sum() ** 2 / (weight**2).sum() > 2e4


def test_prompt_is_the_atom_alone():
    weights = PROPOSAL.weights(np.array([0.0, 0.02]), np.ones(2), np.array([0.0, 1e-3]))
    assert weights[:, 0] == pytest.approx([1 / 0.3, 0.0])
    assert weights[:, 1] == pytest.approx([1 / 0.3, 0.0])


def test_weights_never_overflow_and_fall_as_one_over_the_lifetime():
    lifetimes = np.array([0.0, 1e-9, 1e9, 1e12])
    weights = PROPOSAL.weights(np.array([0.0, 0.01, 100.0]), np.full(3, 1e-6), lifetimes)
    assert np.isfinite(weights).all()
    long = PROPOSAL.weights(np.array([0.0, 1.0]), np.full(2, 100.0), np.array([1e9, 1e10]))
    assert long[:, 0] == pytest.approx(10.0 * long[:, 1], rel=1e-6)


def test_fixed_lifetime_is_exponential():
    length = drawn(FixedLifetime(100.0), 150.0)
    assert length.mean() == pytest.approx(150.0 * LIGHT_M_PER_PS * 100.0, rel=0.01)
    assert drawn(FixedLifetime(0.0), 150.0).max() == 0.0


@pytest.mark.parametrize(
    "values", [(0.0, 0.01, 1.0), (1.0, 0.01, 1.0), (0.3, 0.0, 1.0), (0.3, 2.0, 1.0), (0.3, 1.0, np.inf)]
)
def test_proposal_refuses_what_it_cannot_draw(values):
    with pytest.raises(ValueError, match="give"):
        FlightProposal(*values)


@pytest.mark.parametrize("lifetime", [-1.0, np.nan, np.inf])
def test_weights_refuse_a_lifetime_that_is_none(lifetime):
    with pytest.raises(ValueError, match="lifetime_ps"):
        PROPOSAL.weights(np.zeros(1), np.ones(1), np.array([lifetime]))


@pytest.mark.parametrize("alike", [0.0, 0.6])
@pytest.mark.parametrize("lifetime", [0.0, 1.0, 30.0])
def test_two_flights_of_an_event_are_exponential_whatever_they_share(alike, lifetime):
    """Both below a length: the square of what one has."""
    n, boost, cut = 400_000, 150.0, 0.5
    random = np.random.default_rng(3)
    choice, common = random.random((2, n)), random.random(n)
    choice[1] = np.where(common < alike, choice[0], choice[1])
    boosts = np.full(n, boost)
    length = np.array([PROPOSAL.lengths(one, 1.0 - random.random(n), boosts) for one in choice])
    weight = PROPOSAL.weights_together(
        length, np.array([boosts, boosts]), np.array([lifetime]), alike
    )[:, 0]
    passed = np.where((length < cut).all(axis=0), weight, 0.0)
    one = -np.expm1(-cut / (boost * LIGHT_M_PER_PS * lifetime)) if lifetime else 1.0
    assert passed.mean() == pytest.approx(one**2, abs=5 * passed.std() / np.sqrt(n))


def test_flights_together_refuse_a_share_of_all():
    with pytest.raises(ValueError, match="alike"):
        PROPOSAL.weights_together(np.zeros((2, 1)), np.ones((2, 1)), np.zeros(1), 1.0)
