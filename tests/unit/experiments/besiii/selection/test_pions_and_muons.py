"""Final states other than K+ K+ e- e-: two pions or kaons of one charge, two muons or electrons of the other."""

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
from lnvsearch.experiments.besiii.selection.kkee import select
from lnvsearch.experiments.besiii.selection.state import Selection, hadrons_first
from lnvsearch.generation.models import Beam, Decay

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


def selection_of(response, hadron, lepton, conjugate=False):
    final_state = [hadron, hadron, lepton, lepton]
    if conjugate:
        final_state = [hadron.replace("+", "-"), lepton.replace("-", "+")] * 2
    return Selection.of_decays(
        "J/psi(1S)", [*TRACKS, *IDENTIFICATION[hadron], *IDENTIFICATION[lepton], *FIT],
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
        passes = np.all([v for k, v in table.items() if k.startswith("passes_")], axis=0)
        true = true_pair_masses(events, selection.final_state)
        assert true.shape == (len(events), 2)
        lightest = particles.mass_gev(hadron) + particles.mass_gev(lepton)
        assert true.min() > lightest
        found = [table[f"fitted_m_{selection.pair}_{i}_gev"][passes] for i in (1, 2)]
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
