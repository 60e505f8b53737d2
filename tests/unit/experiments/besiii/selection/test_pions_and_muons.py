"""Final states other than K+ K+ e- e-: two of pion and kaon of one charge, two muons or electrons of the other."""

from dataclasses import replace

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.experiments.besiii.chain import Generation, Simulation, simulate
from lnvsearch.experiments.besiii.events import (
    MUON_BRANCHES,
    read_recorded,
    write_recorded,
)
from lnvsearch.experiments.besiii.selection.acceptance import true_pair_masses
from lnvsearch.experiments.besiii.selection.kkee import CUTS, select
from lnvsearch.experiments.besiii.selection.state import (
    SearchState,
    Selection,
    hadrons_first,
)
from lnvsearch.generation.models import Beam, Decay
from lnvsearch.selection.cutflow import apply_cuts

NUMBER = 4000
TRACKS = [
    {"cut": "polar_angle", "absolute_cos_theta_maximum": 0.93, "minimum_tracks": 4},
    {"cut": "impact_parameter", "r_xy_maximum_cm": 1.0, "r_z_maximum_cm": 10.0, "minimum_tracks": 4},
    {"cut": "charged_tracks", "minimum": 4, "net_charge": 0},
]
IDENTIFICATION = {
    "K+": [{"cut": "kaon_identification", "confidence_level_minimum": 0.0}],
    "pi+": [{"cut": "pion_identification", "confidence_level_minimum": 0.001,
             "energy_over_momentum_maximum": 0.8}],
    "e-": [{"cut": "electron_identification", "confidence_level_minimum": 0.001,
            "confidence_level_ratio_minimum": 0.8},
           {"cut": "electron_energy_over_momentum", "minimum": 0.8, "maximum": 1.2}],
    "mu-": [{"cut": "muon_identification", "confidence_level_minimum": 0.001,
             "energy_over_momentum_maximum": 0.8},
            {"cut": "muon_counter", "momentum_minimum_gev": 0.4}],
}  # fmt: skip
FIT = [
    {"cut": "like_sign_pairs"},
    {"cut": "kinematic_fit"},
    {"cut": "smallest_chi_square", "hypotheses": ["kkpipi", "kkkk", "pipipipi"]},
    {"cut": "chi_square", "maximum": 20.0},
    {"cut": "signal_window", "mass_minimum_gev": 3.07, "mass_maximum_gev": 3.12},
]
FINAL_STATES = [("K+", "mu-"), ("pi+", "e-"), ("pi+", "mu-"), ("K+", "e-")]
LEPTONS = ["e-", "mu-"]


def selection_of(response, hadron, lepton, conjugate=False, second=None):
    final_state = [hadron, lepton, second or hadron, lepton]
    if conjugate:
        final_state = [name.translate(str.maketrans("+-", "-+")) for name in final_state]
    hadrons = dict.fromkeys((hadron, second or hadron))
    identified = [cut for name in (*hadrons, lepton) for cut in IDENTIFICATION[name]]
    fit = FIT
    if len(hadrons) == 2:
        others = [*FIT[2]["hypotheses"], "kpipipi"]
        fit = [*FIT[:2], {**FIT[2], "hypotheses": others}, *FIT[3:]]
    return Selection.of_decays(
        "J/psi(1S)", [*TRACKS, *identified, *fit],
        final_state=final_state, momentum_x_gev=response.beam.momentum_x_gev,
        magnetic_field_t=response.beam.magnetic_field_t,
    )  # fmt: skip


def events_of(response, daughters, number=NUMBER, radiation=None, muons=True):
    beam = Beam(response.beam.momentum_x_gev, response.beam.momentum_z_spread_gev)
    generation = Generation(Decay("J/psi(1S)", daughters), beam, radiation, True)
    settings = Simulation(generation, response, muons)
    chunks = list(simulate(settings, 4 * number, base_seed=8, sample="".join(map(str, daughters))))
    return replace(chunks[0], n_generated=len(chunks[0]))


@pytest.fixture(scope="module")
def flows(response):
    """Final state -> its events, candidates and cut flow."""
    found = {}
    for hadron, lepton in FINAL_STATES:
        events = events_of(response, [hadron, lepton, hadron, lepton])
        found[hadron, lepton] = (events, *select(events, selection_of(response, hadron, lepton)))
    return found


def efficiency(flow):
    return flow.events_out[-1] / NUMBER


def share_of(flow, cut):
    """Share of the events before a cut that pass it."""
    place = flow.cuts.index(cut)
    return flow.events_out[place] / flow.events_out[place - 1]


def test_efficiencies_lie_where_acceptance_and_tracking_leave_them(flows):
    for names, (_, _, flow) in flows.items():
        assert 0.10 < efficiency(flow) < 0.40, names


def test_muons_are_found_more_often_than_electrons_for_reasons(flows):
    """Muons neither radiate in the material nor need a measured E/p; the counter costs some of them."""
    _, _, of_muons = flows["K+", "mu-"]
    _, _, of_electrons = flows["K+", "e-"]
    assert efficiency(of_muons) > 1.05 * efficiency(of_electrons)
    # Same acceptance: both are light, and the hadrons are the same.
    assert of_muons.events_out[2] == pytest.approx(of_electrons.events_out[2], rel=0.08)
    # Two muons, nearly all above 0.4 GeV, within the chambers: 0.9^2 or more, as some are slower.
    assert 0.75 < share_of(of_muons, "muon_counter") < 0.95
    assert share_of(of_muons, "chi_square") > share_of(of_electrons, "chi_square")
    # Nothing decays in flight as kaons do.
    _, _, of_pions = flows["pi+", "e-"]
    assert of_pions.events_out[2] > 1.2 * of_electrons.events_out[2]


def test_pair_masses_are_those_of_hadron_and_lepton(flows, response):
    for (hadron, lepton), (events, table, _) in flows.items():
        selection = selection_of(response, hadron, lepton)
        passes = selected(table)
        true = true_pair_masses(events, selection.final_state)
        assert true.shape == (len(events), 2)
        lightest = particles.mass_gev(hadron) + particles.mass_gev(lepton)
        assert true.min() > lightest
        found = [table[f"fitted_m_{pair}_gev"][passes] for pair in selection.pairs]
        row = np.searchsorted(events.event_number, table["event_number"][passes])
        # Two ways to pair: where the chosen one is the true one, both masses agree with the truth.
        deviation = np.sort(found, axis=0)[::-1] - true[row].T
        is_true = np.all(np.abs(deviation) < 0.04, axis=0)
        assert 0.4 < np.mean(is_true) < 0.8
        assert np.std(deviation[:, is_true]) < 0.015


def test_the_mass_of_the_four_particles_is_that_of_the_parent(flows):
    for names, (_, table, _) in flows.items():
        passes = table["passes_chi_square"]
        assert np.median(table["mass_gev"][passes]) == pytest.approx(3.0969, abs=0.002), names


@pytest.mark.parametrize("names", FINAL_STATES)
def test_the_conjugate_final_state_is_the_same_selection(flows, response, names):
    events, table, flow = flows[names]
    found, other = select(events, selection_of(response, *names, conjugate=True))
    assert other.events_out == flow.events_out
    for name, values in table.items():
        assert np.array_equal(values, found[name], equal_nan=True), name


def test_no_decay_is_taken_for_another_of_the_wrong_kind(flows, response):
    """K+K+mu-mu- is no pi+pi+mu-mu- or K+K+e-e-: masses and identification exclude each other.

    Of one hadron, muons and electrons are told apart by E/p; kaons and pions by both.
    """
    for true, (events, _, flow) in flows.items():
        for assumed in FINAL_STATES:
            if assumed == true:
                continue
            _, wrong = select(events, selection_of(response, *assumed))
            assert wrong.events_out[-1] < 0.005 * flow.events_out[-1], (true, assumed)


def test_four_pions_rarely_pass_for_pions_and_muons(response):
    """J/psi -> 2(pi+ pi-): the counter must take both pions of one charge, or they are too slow for it."""
    events = events_of(response, ["pi+", "pi-", "pi+", "pi-"])
    _, flow = select(events, selection_of(response, "pi+", "mu-"))
    assert share_of(flow, "muon_counter") < 0.1
    assert 0.0 < efficiency(flow) < 0.004


def test_events_without_the_muon_hypothesis_are_told(response):
    events = events_of(response, ["K+", "mu-", "K+", "mu-"], number=200, muons=False)
    assert not set(MUON_BRANCHES) & set(events.track)
    with pytest.raises(ValueError, match="no track_dedx_chi_muon, .*which muons need"):
        select(events, selection_of(response, "K+", "mu-"))


def test_muon_columns_survive_a_file(flows, tmp_path):
    events, _, _ = flows["K+", "mu-"]
    write_recorded(tmp_path / "events.root", events)
    found = read_recorded(tmp_path / "events.root")
    for name, (kind, _) in MUON_BRANCHES.items():
        assert found.track[name].dtype == kind
        assert np.array_equal(found.track[name], events.track[name], equal_nan=True)


def test_hadrons_come_first_and_positive():
    assert hadrons_first(["K-", "e+", "K-", "e+"]) == ("K+", "K+", "e-", "e-")
    assert hadrons_first(["mu-", "pi+", "mu-", "pi+"]) == ("pi+", "pi+", "mu-", "mu-")
    assert hadrons_first(["p", "p~", "pi+", "pi-"]) == ("p", "p~", "pi+", "pi-")


# ------------------------------------------------------------------ two different hadrons


@pytest.fixture(scope="module")
def mixed(response):
    """Lepton -> events of K+ pi+ and two of it, the state after all cuts, candidates and cut flow."""
    found = {}
    for lepton in LEPTONS:
        events = events_of(response, ["K+", lepton, "pi+", lepton])
        selection = selection_of(response, "K+", lepton, second="pi+")
        state = SearchState(events, selection)
        apply_cuts(selection.cuts, CUTS, state, len(events), len(events))
        found[lepton] = (events, state, *select(events, selection))
    return found


def selected(table):
    return np.all([v for k, v in table.items() if k.startswith("passes_")], axis=0)


def species_of(events, tracks):
    """PDG number of the particle that made each track."""
    of_event = np.repeat(events.truth_offsets[:-1], np.diff(events.track_offsets))
    return events.truth["pdg_id"][of_event[tracks] + events.track["truth_index"][tracks]]


@pytest.mark.parametrize("lepton", LEPTONS)
def test_kaon_and_pion_lie_between_two_kaons_and_two_pions(flows, mixed, lepton):
    """A kaon is lost more often than a pion: at equal momentum it decays seven times as soon.

    c tau/m is 3.7 m/0.49 GeV and 7.8 m/0.14 GeV.  Each hadron is lost by itself, so that about the
    geometric mean is left: of the tracks and after all cuts.
    """
    of_kaons, of_pions, of_both = flows["K+", lepton][2], flows["pi+", lepton][2], mixed[lepton][3]
    for cut in ("charged_tracks", "signal_window"):
        kaons, between, pions = (
            flow.events_out[flow.cuts.index(cut)] for flow in (of_kaons, of_both, of_pions)
        )
        assert kaons < between < pions, cut
        assert between == pytest.approx(np.sqrt(kaons * pions), rel=0.1), cut


def test_a_kaon_and_three_pions_compete_with_kaon_pion_and_muons(mixed, response):
    """From J/psi -> K_S0 K pi: muons weigh nearly what pions do.  Other hypotheses cost little."""
    events, _, _, flow = mixed["mu-"]
    selection = selection_of(response, "K+", "mu-", second="pi+")
    without = [
        {**cut, "hypotheses": ["kkpipi", "kkkk", "pipipipi"]} if "hypotheses" in cut else cut
        for cut in selection.cuts
    ]
    _, other = select(events, replace(selection, cuts=tuple(without)))
    assert share_of(other, "smallest_chi_square") > 0.95
    assert 0.65 < share_of(flow, "smallest_chi_square") < 0.85


@pytest.mark.parametrize("lepton", LEPTONS)
def test_kaon_and_pion_are_rarely_exchanged(mixed, lepton):
    """Both would have to be misidentified, and the fit to accept the wrong masses."""
    events, state, table, _ = mixed[lepton]
    first, second, *leptons = np.abs(species_of(events, state.best.tracks[selected(table)])).T
    exchanged = np.mean((first == 211) & (second == 321))
    assert exchanged < 0.003
    assert np.mean((first == 321) & (second == 211)) > 0.97
    for one in leptons:
        assert np.mean(one == particles.pdg_id(lepton)) > 0.97


def test_tracks_that_pass_as_both_are_tried_as_both(mixed, response):
    """Without confidence levels to decide, the masses in the fit do, mostly: E/p takes out electrons."""
    events, _, _, flow = mixed["e-"]
    selection = selection_of(response, "K+", "e-", second="pi+")
    state = SearchState(events, selection)
    alive = np.ones(len(events), dtype=bool)
    for cut in selection.cuts:
        parameters = {key: value for key, value in cut.items() if key != "cut"}
        if cut["cut"] == "like_sign_pairs":
            either = state.good & ~state.lepton
            state.hadrons = {"K": either, "pi": either.copy()}
        alive = alive & CUTS[cut["cut"]](state, alive, **parameters)
    assert np.array_equal(state.found.tracks[0::2, 0], state.found.tracks[1::2, 1])
    assert len(state.found) >= 2 * len(state.best)
    one = state.best.tracks[alive[state.best.event_index]]
    first, second, *_ = np.abs(species_of(events, one)).T
    right = np.mean((first == 321) & (second == 211))
    assert 0.75 < right < 1.0  # by chance: a half
    assert np.count_nonzero(alive) >= flow.events_out[-1]


@pytest.mark.parametrize("lepton", LEPTONS)
def test_masses_are_named_by_their_hadron(mixed, lepton):
    events, _, table, _ = mixed[lepton]
    bare = lepton.rstrip("-")
    passes = selected(table)
    selection = mixed[lepton][1].selection
    assert selection.pairs == (f"k{bare}", f"pi{bare}")
    true = true_pair_masses(events, selection.final_state)
    for mass, hadron in zip(true.T, ("K+", "pi+"), strict=True):
        assert mass.min() > particles.mass_gev(hadron) + particles.mass_gev(lepton)
    # The lightest kaon pairs are heavier than the lightest pion pairs by the hadrons' masses.
    assert true[:, 1].min() < 0.45 < true[:, 0].min()
    row = np.searchsorted(events.event_number, table["event_number"][passes])
    found = np.stack([table[f"fitted_m_{pair}_gev"][passes] for pair in selection.pairs], axis=1)
    deviation = found - true[row]
    is_true = np.all(np.abs(deviation) < 0.04, axis=1)
    assert 0.4 < np.mean(is_true) < 0.8
    assert np.std(deviation[is_true]) < 0.015
    # Exchanged, the names would rarely fit: the pairs of phase space have different masses.
    assert np.mean(np.all(np.abs(found[:, ::-1] - true[row]) < 0.04, axis=1)) < 0.1


def test_true_masses_do_not_depend_on_the_order_of_the_decay(response):
    one = events_of(response, ["pi+", "e-", "K+", "e-"], number=300)
    masses = true_pair_masses(one, ("K+", "pi+", "e-", "e-"))
    assert np.array_equal(masses[:, ::-1], true_pair_masses(one, ("pi+", "K+", "e-", "e-")))
    assert masses[:, 0].min() > particles.mass_gev("K+")
    assert true_pair_masses(one) is None


@pytest.mark.parametrize("lepton", LEPTONS)
def test_both_charges_are_found_alike(mixed, response, lepton):
    events, _, table, flow = mixed[lepton]
    for turned in (
        selection_of(response, "K+", lepton, conjugate=True, second="pi+"),
        selection_of(response, "pi+", lepton, second="K+"),
    ):
        cuts = {name: n for name, n in zip(flow.cuts, flow.events_out, strict=True)}
        found, other = select(events, turned)
        assert other.events_out[-1] == cuts["signal_window"]
        assert np.array_equal(found["chi_square"], table["chi_square"])
    row = np.searchsorted(events.event_number, table["event_number"][selected(table)])
    kaon = events.truth["pdg_id"][events.truth_offsets[:-1]]
    made = [np.count_nonzero(kaon == code) for code in (321, -321)]
    left = [np.count_nonzero(kaon[row] == code) for code in (321, -321)]
    assert sum(made) == NUMBER and sum(left) == flow.events_out[-1]
    sigma = np.hypot(*(np.sqrt(n) / m for n, m in zip(left, made, strict=True)))
    assert abs(left[0] / made[0] - left[1] / made[1]) < 4.0 * sigma


@pytest.mark.parametrize("lepton", LEPTONS)
def test_equal_hadrons_are_not_taken_for_different_ones(flows, mixed, response, lepton):
    events, _, _, flow = mixed[lepton]
    for hadron in ("K+", "pi+"):
        _, wrong = select(
            flows[hadron, lepton][0], selection_of(response, "K+", lepton, second="pi+")
        )
        assert wrong.events_out[-1] < 0.005 * flow.events_out[-1]
        _, wrong = select(events, selection_of(response, hadron, lepton))
        assert wrong.events_out[-1] < 0.005 * flow.events_out[-1]
