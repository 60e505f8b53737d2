"""Selections of toy decays: masses, momenta, weights, cuts, and losses."""

from dataclasses import fields

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.experiments.na62.events import SpectrometerEvents
from lnvsearch.experiments.na62.selection.candidates import Candidates, assignments
from lnvsearch.experiments.na62.selection.cuts import CUTS, one_vertex
from lnvsearch.experiments.na62.selection.select import (
    CANDIDATE_COLUMNS,
    fit_vertices,
    merge_candidates,
    select,
)
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings
from lnvsearch.reconstruction.three_track_vertex import ThreeTrackVertices
from lnvsearch.selection.weighted_cutflow import WeightedCutFlow

KAON = particles.mass_gev("K+")
LNV, SM = ("pi-", "e+", "e+"), ("pi+", "e+", "e-")
PAPER_CUTS = [
    {"cut": "track_separation", "chambers": [1, 2, 3, 4], "minimum_m": 0.015},
    {"cut": "lkr_separation", "minimum_m": 0.2},
    {"cut": "large_angle_veto"},
    {"cut": "total_momentum", "deviation_maximum_gev": 2.0},
    {"cut": "transverse_momentum", "maximum_gev": 0.030},
    {"cut": "rich_angle", "minimum_rad": 0.004},
]


def selection_of(final_state, cuts, charge=1, identification=(), trigger=()):
    regions = {"signal": [[0.4886, 0.4988]]}
    return SelectionSettings(final_state, charge, cuts, identification, trigger, regions=regions)


def chunk(events, rows):
    return SpectrometerEvents(
        {name: values[rows] for name, values in events.event.items()},
        {name: values[rows] for name, values in events.track.items()},
        {name: values[rows] for name, values in events.cluster.items()},
        events.n_generated,
        events.sum_weight,
        events.sum_squared_weight,
    )


@pytest.fixture(scope="module")
def lnv(toys):
    return toys.events(LNV, 4000, 11)


@pytest.fixture(scope="module")
def sm(toys):
    return toys.events(SM, 4000, 12)


def run(toys, events, selection, maps=None, trigger=None):
    found = select(
        events,
        selection,
        detector=toys.detector,
        identification=maps or toys.maps(),
        trigger=trigger,
    )
    return found.candidates, found.flow


def test_exact_decays_have_the_kaon_mass_and_the_beam_momentum(toys, lnv):
    table, flow = run(toys, lnv, selection_of(LNV, toys.loose_cuts + PAPER_CUTS, 1, ["lkr"]))
    assert tuple(table) == CANDIDATE_COLUMNS
    assert 200 < len(table["mass_gev"]) < len(lnv)
    assert np.allclose(table["mass_gev"], KAON, rtol=0, atol=1e-6)
    assert np.allclose(table["total_momentum_gev"], 75.0, rtol=0, atol=1e-5)
    # About the inclined axis of the beam; about z it would be 90 MeV.
    assert np.all(table["transverse_momentum_gev"] < 1e-5)
    assert np.allclose(table["z_vertex_m"], table["true_z_vertex_m"], atol=1e-4)
    assert np.all(np.isnan(table["z_neutral_m"]))
    assert np.all(table["weight"] == 1.0)
    assert flow.efficiency("trigger")[0] == pytest.approx(len(table["weight"]) / 4000)


def test_where_two_tracks_can_be_the_pion_both_choices_are_candidates(toys, sm):
    table, flow = run(toys, sm, selection_of(SM, toys.loose_cuts))
    _, number = np.unique(table["event_number"], return_counts=True)
    assert np.all(number == 2)
    right = np.abs(table["mass_gev"] - KAON) < 1e-6
    assert right.sum() == len(number)
    # Certain identification leaves the right one only.
    identified, identified_flow = run(toys, sm, selection_of(SM, toys.loose_cuts, 1, ["lkr"]))
    assert np.array_equal(identified["event_number"], table["event_number"][right])
    before = identified_flow.efficiency("track_momentum")
    assert before == flow.efficiency("track_momentum")
    assert before[0] == pytest.approx(len(number) / 4000)


def test_a_wrong_kind_enters_with_its_probability(toys, sm):
    """pi+ e+ e- as pi- e+ e+: both the pion and the electron are misidentified."""
    maps = toys.maps(
        electron_to_pion=0.015, pion_to_electron_lkr_positive=0.01, pion_to_electron_rich=0.01
    )
    table, _ = run(toys, sm, selection_of(LNV, toys.loose_cuts, 1, ["lkr", "rich"]), maps)
    assert len(table["weight"]) > 200
    assert np.allclose(table["weight"], 0.015 * 0.01 * 0.01)
    assert np.allclose(table["weight_without_identification"], 1.0)


def test_generated_weights_and_the_trigger_multiply(toys):
    weight = np.linspace(0.5, 1.5, 500)
    events = toys.events(LNV, 500, 13, weight=weight)
    trigger = TriggerSettings({"any": toys.chain}, {"straw": 0.04})
    maps = toys.maps(efficiency_pion=0.5)
    selection = selection_of(LNV, toys.loose_cuts, 1, ["lkr"], ["any"])
    table, flow = run(toys, events, selection, maps, trigger)
    assert np.allclose(table["weight"], weight[table["event_number"]] * 0.96 * 0.5)
    assert np.allclose(table["weight_without_identification"], table["weight"] / 0.5)
    assert flow.sums[-1].weight == pytest.approx(table["weight"].sum())


def test_chunks_join_without_a_seam(toys, sm):
    selection = selection_of(SM, toys.loose_cuts + PAPER_CUTS, 1, ["lkr", "rich"])
    maps = toys.maps(electron_to_pion=0.015, pion_to_electron_lkr_positive=0.01)
    whole, flow = run(toys, sm, selection, maps)
    halves = (slice(1500), slice(1500, None))
    parts = [run(toys, chunk(sm, rows), selection, maps) for rows in halves]
    joined = merge_candidates(table for table, _ in parts)
    for name in CANDIDATE_COLUMNS:
        assert np.array_equal(whole[name], joined[name], equal_nan=True)
    merged = WeightedCutFlow.merged(part for _, part in parts)
    assert merged.efficiency("trigger") == pytest.approx(flow.efficiency("trigger"))


def test_the_loss_by_one_cut_is_that_of_leaving_it_out(toys, sm):
    cuts = toys.loose_cuts + PAPER_CUTS + [{"cut": "dilepton_mass", "minimum_gev": 0.14}]
    maps = toys.maps(electron_to_pion=0.02, efficiency_electron_rich=0.9)

    def losses(cuts, identification):
        return select(
            sm,
            selection_of(SM, cuts, 1, identification),
            detector=toys.detector,
            identification=maps,
            loss_region="signal",
        )

    full = losses(cuts, ["lkr", "rich"])
    for name in ("dilepton_mass", "rich_angle", "geometry"):
        less = losses([cut for cut in cuts if cut["cut"] != name], ["lkr", "rich"])
        ratio = full.losses["rich_angle"].kept / less.losses["one_vertex"].kept
        assert full.losses[name].relative_loss == pytest.approx(1.0 - ratio)
        assert 0.0 < full.losses[name].uncertainty < 0.1
    # The RICH looks at one positron.
    assert full.losses["rich_identification"].relative_loss == pytest.approx(0.1)
    without = losses(cuts, ["lkr"])
    assert "rich_identification" not in without.losses


def test_uncertainty_of_a_loss_is_binomial_for_equal_weights(toys, lnv):
    cuts = toys.loose_cuts + PAPER_CUTS
    result = select(
        lnv, selection_of(LNV, cuts), detector=toys.detector, identification=toys.maps()
    )
    loss = result.losses["rich_angle"]
    total = loss.kept + loss.lost
    expected = np.sqrt(loss.relative_loss * (1 - loss.relative_loss) / total)
    assert loss.uncertainty == pytest.approx(expected)


def test_total_momentum_and_missing_momentum_exclude_each_other(toys, lnv):
    shared = toys.loose_cuts
    near = [*shared, {"cut": "total_momentum", "deviation_maximum_gev": 2.0}]
    far = [*shared, {"cut": "missing_momentum", "minimum_gev": 10.0}]
    assert len(run(toys, lnv, selection_of(LNV, near))[0]["mass_gev"]) > 0
    assert len(run(toys, lnv, selection_of(LNV, far))[0]["mass_gev"]) == 0


def test_a_photon_in_the_large_angle_veto_rejects_the_event(toys):
    energy = np.where(np.arange(300) % 2, 0.5, 0.01).astype(np.float32)
    events = toys.events(LNV, 300, 14, lav_energy_gev=energy)
    cuts = [*toys.loose_cuts, {"cut": "large_angle_veto"}]
    table, _ = run(toys, events, selection_of(LNV, cuts))
    assert len(table["event_number"]) > 0
    assert np.all(table["event_number"] % 2 == 0)
    cuts[-1] = {"cut": "large_angle_veto", "threshold_gev": 1.0}
    assert len(run(toys, events, selection_of(LNV, cuts))[0]["mass_gev"]) > len(table["mass_gev"])


def with_a_fourth_track(toys, n, seed, same_point):
    """LNV decays and one more negative pion, from the same point or from 20 m behind."""
    momentum = toys.in_laboratory(toys.phase_space(LNV, n, seed))
    vertex = toys.vertices(n, seed)
    one = toys.recorded(momentum, [-211, -11, -11], vertex)
    extra = toys.in_laboratory(toys.phase_space(LNV, n, seed + 1))[:, :1]
    shift = np.array([0.0, 0.0, 0.0 if same_point else 20.0])
    shift = shift + np.array([0.0, 0.0 if same_point else 0.2, 0.0])
    other = toys.recorded(extra, [-211], vertex + shift)
    track = {
        name: np.concatenate([one.track[name], other.track[name]], axis=1) for name in one.track
    }
    return SpectrometerEvents(one.event, track, one.cluster, n, float(n), float(n))


def test_exactly_one_vertex(toys):
    cut = [toys.loose_cuts[0]]
    ambiguous = with_a_fourth_track(toys, 200, 15, same_point=True)
    table, _ = run(toys, ambiguous, selection_of(LNV, cut))
    assert len(table["mass_gev"]) == 0
    clean = with_a_fourth_track(toys, 200, 15, same_point=False)
    table, _ = run(toys, clean, selection_of(LNV, cut))
    # Of two negative tracks one comes from the vertex.
    assert len(table["mass_gev"]) > 190
    assert np.allclose(table["mass_gev"], KAON, atol=1e-6)


@pytest.mark.parametrize(
    ("chi_square", "z_m", "is_counted"),
    [(99.0, 120.0, True), (101.0, 120.0, False), (30.0, 51.0, True), (30.0, 49.0, False),
     (30.0, 181.0, False)],
)  # fmt: skip
def test_vertices_are_counted_before_they_are_cut(toys, chi_square, z_m, is_counted):
    """NA62's builder has vertices of chi^2 < 100 between 50 and 180 m; a second one is too many.

    Whether it passes the selection's own cuts on a vertex, 25 and 105 m, does not matter.
    """
    events = toys.events(LNV, 2, 41)
    vertices = fit_vertices(events, toys.detector)
    again = {
        field.name: np.concatenate([getattr(vertices, field.name)] * 2) for field in fields(vertices)
    }
    again["chi_square"][2:], again["position_m"][2:, 2] = chi_square, z_m
    result = one_vertex(
        Candidates.of(events, LNV, 1, toys.detector, ThreeTrackVertices(**again)), None,
        chi_square_maximum=25.0, z_minimum_m=105.0, z_maximum_m=180.0,
    )  # fmt: skip
    assert np.count_nonzero(result) == (0 if is_counted else 2)


def test_tracks_with_a_bad_fit_make_no_vertex(toys):
    events = toys.events(LNV, 200, 42)
    cut = toys.loose_cuts[0]
    number = len(run(toys, events, selection_of(LNV, [cut]))[0]["mass_gev"])
    events.track["chi_square"][::2, 1] = 150.0
    assert len(run(toys, events, selection_of(LNV, [cut]))[0]["mass_gev"]) == number
    strict = {**cut, "counted": {"track_chi_square_maximum": 100.0}}
    table, _ = run(toys, events, selection_of(LNV, [strict]))
    assert np.all(table["event_number"] % 2 == 1) and len(table["mass_gev"]) > 0.4 * number


def test_vertices_outside_the_volume_are_lost(toys, lnv):
    cut = {**toys.loose_cuts[0], "z_minimum_m": 130.0, "z_maximum_m": 150.0}
    table, _ = run(toys, lnv, selection_of(LNV, [cut]))
    assert np.all((table["z_vertex_m"] > 130.0) & (table["z_vertex_m"] < 150.0))
    expected = np.sum((lnv.event["true_z_vertex_m"] > 130) & (lnv.event["true_z_vertex_m"] < 150))
    assert len(table["z_vertex_m"]) == pytest.approx(expected, abs=2)


def test_a_decay_with_a_neutral_pion(toys):
    """Three tracks and a pi0 from one point: their mass, and both vertices."""
    n = 3000
    rng = np.random.default_rng(16)
    # Slower tracks, and the pi0 that balances them: a parent at rest, of any mass.
    share = np.array([0.35, 0.25, 0.30])[:, None]
    slow = share * toys.phase_space(LNV, n, 16)[:, :, :3]
    masses = np.array([particles.mass_gev(name) for name in LNV])
    tracks = np.concatenate([slow, np.sqrt(np.sum(slow**2, 2) + masses**2)[..., None]], axis=2)
    pion_mass, momentum = particles.mass_gev("pi0"), -slow.sum(axis=1)
    pion = np.concatenate([momentum, np.sqrt(np.sum(momentum**2, 1) + pion_mass**2)[:, None]], 1)
    parent = tracks.sum(axis=1) + pion
    direction = rng.normal(size=(n, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    half = np.concatenate([direction * pion_mass / 2, np.full((n, 1), pion_mass / 2)], axis=1)
    opposite = half * np.array([-1.0, -1.0, -1.0, 1.0])
    photons = np.stack([toys.boosted(half, pion), toys.boosted(opposite, pion)], axis=1)
    everything = toys.in_laboratory(np.concatenate([tracks, photons], axis=1))
    vertex = toys.vertices(n, 17)
    path = (toys.detector.lkr.z_m - vertex[:, 2])[:, None]
    flying = everything[:, 3:]
    cluster = {
        "energy_gev": flying[..., 3],
        "x_m": vertex[:, :1] + flying[..., 0] / flying[..., 2] * path,
        "y_m": vertex[:, 1:2] + flying[..., 1] / flying[..., 2] * path,
    }
    events = toys.recorded(everything[:, :3], [-211, -11, -11], vertex, cluster=cluster)
    cuts = [
        *toys.loose_cuts[:1],
        {"cut": "photons", "energy_minimum_gev": 2.0, "separation_minimum_m": 0.15},
        {"cut": "neutral_vertex", "distance_maximum_m": 8.0},
    ]
    table, _ = run(toys, events, selection_of((*LNV, "pi0"), cuts))
    assert len(table["mass_gev"]) > 500
    mass = np.sqrt(parent[:, 3] ** 2 - np.sum(parent[:, :3] ** 2, axis=1))
    assert np.allclose(table["mass_gev"], mass[table["event_number"]], rtol=0, atol=1e-6)
    assert np.allclose(table["z_neutral_m"], table["z_vertex_m"], rtol=0, atol=0.5)


def test_the_charge_may_be_another(toys):
    events = toys.events(("pi+", "e+", "e+"), 300, 18)
    cuts = [toys.loose_cuts[0]]
    table, _ = run(toys, events, selection_of(("pi+", "e+", "e+"), cuts, 3, ["lkr"]))
    assert len(table["mass_gev"]) == 300
    assert np.allclose(table["mass_gev"], KAON, atol=1e-6)
    none, flow = run(toys, events, selection_of(LNV, [toys.loose_cuts[0]], 1, ["lkr"]))
    assert len(none["mass_gev"]) == 0
    assert flow.efficiency("trigger")[0] == 0.0


@pytest.mark.parametrize(
    ("final_state", "charges", "number"),
    [
        (("pi-", "e+", "e+"), (1, -1, 1), 1),
        (("pi+", "e+", "e-"), (1, -1, 1), 2),
        (("pi-", "mu+", "e+"), (1, -1, 1), 2),
        (("pi-", "e-", "e-"), (-1, -1, -1), 3),
        (("pi-", "e+", "e+"), (1, 1, 1), 0),
    ],
)
def test_assignments(final_state, charges, number):
    found = assignments(final_state, charges)
    assert len(found) == number
    for order in found:
        assert [charges[i] for i in order] == [particles.charge(name) for name in final_state]


@pytest.mark.parametrize(
    ("final_state", "charge", "message"),
    [
        (("e+", "pi-", "e+"), 1, "a charged pion, two charged leptons"),
        (("pi-", "e+"), 0, "a charged pion, two charged leptons"),
        (LNV, -1, "charge is -1"),
    ],
)
def test_final_states_are_checked(toys, lnv, final_state, charge, message):
    with pytest.raises(ValueError, match=message):
        Candidates.of(lnv, final_state, charge, toys.detector)


def test_an_unknown_cut_or_chain_is_named(toys, lnv):
    with pytest.raises(ValueError, match="no chain any; known: none, as no trigger was given"):
        run(toys, lnv, selection_of(LNV, toys.loose_cuts, 1, ["lkr"], ["any"]))
    with pytest.raises(ValueError, match="'magic' is unknown; known cuts: one_vertex"):
        run(toys, lnv, selection_of(LNV, [{"cut": "magic"}]))
    assert all(function.__doc__ for function in CUTS.values())


def test_no_events_give_no_candidates(toys, lnv):
    empty = chunk(lnv, slice(0, 0))
    table, flow = run(toys, empty, selection_of(LNV, toys.loose_cuts + PAPER_CUTS, 1, ["lkr"]))
    assert len(table["mass_gev"]) == 0
    assert flow.sums[-1].weight == 0.0
