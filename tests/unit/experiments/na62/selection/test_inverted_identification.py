"""Control samples with inverted identification: what is selected, and what its events weigh."""

import numpy as np
import pytest

from lnvsearch.experiments.na62.selection.candidates import assignments
from lnvsearch.experiments.na62.selection.control_transfer import control_transfers
from lnvsearch.experiments.na62.selection.identification import transfer_probability
from lnvsearch.experiments.na62.selection.select import select
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.selection.mass_regions import region_acceptances

K3PI = ("pi-", "pi+", "pi+")
FINAL_STATE = ["pi-", "mu+", "mu+"]
REGIONS = {"all": [[0.0, 1.0]], "empty": [[0.9, 1.0]]}
P_MUON = 0.01
ANCHORS = {"momentum_gev": [5.0, 45.0], "probability": [0.009, 0.004]}


def selection(cuts, identified_as=None):
    return SelectionSettings(
        FINAL_STATE, 1, cuts, ["lkr", "muon"], identified_as=identified_as, regions=REGIONS
    )


@pytest.fixture(scope="module")
def k3pi(toys):
    return toys.events(K3PI, 4000, 31)


def candidates(toys, events, identified_as=None, **maps):
    return select(
        events,
        selection(toys.loose_cuts, identified_as),
        detector=toys.detector,
        identification=toys.maps(**maps),
    ).candidates


def acceptance(table, events):
    sums = {"sum_weight": events.sum_weight, "sum_squared_weight": events.sum_squared_weight}
    return region_acceptances(table, REGIONS, **sums)["all"].acceptance


def transfer(table, events, region="all"):
    sums = {"sum_weight": events.sum_weight, "sum_squared_weight": events.sum_squared_weight}
    return control_transfers(table, REGIONS, **sums)[region]


def test_equal_particles_identified_as_different_ones_are_two_candidates():
    assert len(assignments(FINAL_STATE, [1, 1, -1])) == 1
    assert len(assignments(FINAL_STATE, [1, 1, -1], ["pi-", "pi+", "pi+"])) == 1
    assert assignments(FINAL_STATE, [1, 1, -1], ["pi-", "pi+", "mu+"]) == [(2, 0, 1), (2, 1, 0)]


@pytest.mark.parametrize("identified_as", [["pi-", "pi+", "pi-"], ["pi-", "pi+"]])
def test_other_charges_are_refused(toys, k3pi, identified_as):
    with pytest.raises(ValueError, match="identified_as"):
        candidates(toys, k3pi, identified_as)


def test_the_masses_are_those_of_the_final_state(toys, k3pi):
    direct = candidates(toys, k3pi, pion_to_muon=P_MUON)
    inverted = candidates(toys, k3pi, ["pi-", "pi+", "pi+"], pion_to_muon=P_MUON)
    assert len(direct["mass_gev"]) > 500
    assert np.array_equal(inverted["mass_gev"], direct["mass_gev"])
    assert np.all(inverted["mass_gev"] < 0.46)  # pions of K3pi with the masses of muons


def test_without_decays_the_control_sample_gives_the_direct_background(toys, k3pi):
    """As many events but for the two pions that must be silent in the control sample."""
    maps = {"pion_to_muon": P_MUON, "efficiency_pion_muon_search": 0.99}
    direct = candidates(toys, k3pi, **maps)
    inverted = candidates(toys, k3pi, ["pi-", "pi+", "pi+"], **maps)
    assert np.all(direct["transfer_probability"] == 1.0)
    assert np.allclose(inverted["transfer_probability"], P_MUON**2)
    found = transfer(inverted, k3pi)
    silent = (0.99 * (1.0 - P_MUON)) ** 2
    assert found.transferred.acceptance / acceptance(direct, k3pi) == pytest.approx(silent)
    assert found.control.acceptance == pytest.approx(acceptance(inverted, k3pi))


def test_with_one_muon_either_pion_may_be_misidentified(toys, k3pi):
    """A pion that decayed to a muon with a signal: one track is the muon, for certain."""
    tracks = dict(k3pi.track)
    codes = np.array(tracks["true_pdg_id"])
    codes[:, 1] = -13
    tiles = np.full(codes.shape, -1, dtype=np.int16)
    tiles[:, 1] = 17
    tracks |= {"true_pdg_id": codes, "muv3_tile": tiles}
    event = {**k3pi.event, "n_decays_in_flight": np.ones(len(k3pi), dtype=np.int8)}
    decayed = type(k3pi)(
        event, tracks, k3pi.cluster, k3pi.n_generated, k3pi.sum_weight, k3pi.sum_squared_weight
    )
    maps = {"pion_to_muon": P_MUON}
    direct = candidates(toys, decayed, **maps)
    inverted = candidates(toys, decayed, ["pi-", "pi+", "mu+"], **maps)
    # The other choice, pion for muon and muon for pion, is impossible: the tile has a signal.
    assert len(inverted["weight"]) == len(direct["weight"]) > 500
    assert np.allclose(inverted["transfer_probability"], P_MUON)
    found = transfer(inverted, decayed)
    assert found.transferred.acceptance / acceptance(direct, decayed) == pytest.approx(1 - P_MUON)
    # None of them is in the sample of three pions.
    assert len(candidates(toys, decayed, ["pi-", "pi+", "pi+"], **maps)["weight"]) == 0


def test_two_pions_enter_the_sample_with_one_muon_twice(toys, k3pi):
    """One pion misidentified in the control sample, the other by its weight: either may be it."""
    maps = {"pion_to_muon": P_MUON}
    found = transfer(candidates(toys, k3pi, ["pi-", "pi+", "mu+"], **maps), k3pi)
    direct = acceptance(candidates(toys, k3pi, **maps), k3pi)
    assert found.transferred.acceptance / direct == pytest.approx(2.0 * (1.0 - P_MUON))


def test_the_probability_follows_the_momentum(toys):
    from lnvsearch.experiments.na62.selection.identification_maps import MAPS, IdentificationMaps

    constant = {"momentum_gev": [10.0], "probability": [0.5]}
    maps = IdentificationMaps.from_anchors(dict.fromkeys(MAPS, constant) | {"pion_to_muon": ANCHORS})
    track = {"momentum_gev": np.array([[20.0, 20.0], [5.0, 25.0], [45.0, 25.0]])}
    kinds = ("pion", "muon", "muon")
    found = transfer_probability(("pion", "pion", "pion"), kinds, track, maps)
    assert found == pytest.approx([0.009 * 0.004, 0.0065**2], rel=1e-3)
    assert transfer_probability(kinds, kinds, track, maps).tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="pion_to_electron"):
        transfer_probability(("pion", "pion", "pion"), ("pion", "electron", "pion"), track, maps)


def test_the_precision_is_the_spread_of_repeated_control_samples(toys, k3pi):
    """Control events fluctuate as Poisson numbers, and each has its own weight."""
    table = candidates(toys, k3pi, ["pi-", "pi+", "pi+"], pion_to_muon=P_MUON)
    n = len(table["weight"])
    rng = np.random.default_rng(3)
    table["transfer_probability"] = rng.uniform(1e-5, 1e-4, n)
    found = transfer(table, k3pi).expected(decays=2e5, downscaling_ratio=50.0)
    expected = 2e5 / 50.0 * table["weight"] / k3pi.sum_weight
    counts = rng.poisson(expected, (4000, n))
    sums = counts @ (50.0 * table["transfer_probability"])
    assert found.control_events == pytest.approx(expected.sum())
    assert found.events == pytest.approx(sums.mean(), rel=0.01)
    assert found.precision == pytest.approx(sums.std(), rel=0.05)
    assert found.weight_per_event == pytest.approx(found.events / found.control_events)


def test_an_empty_region_has_a_bound_and_no_weight(toys, k3pi):
    table = candidates(toys, k3pi, ["pi-", "pi+", "pi+"], pion_to_muon=P_MUON)
    found = transfer(table, k3pi, "empty").expected(1e6, 50.0)
    assert (found.control_events, found.events) == (0.0, 0.0)
    assert found.weight_per_event is None
    # One event more: its weight is that of the others, times D1/D2 over as many fewer decays.
    one = found.control_events_uncertainty
    assert found.uncertainty == pytest.approx(50.0 * P_MUON**2 * one)
