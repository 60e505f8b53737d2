"""The BESIII cuts on events whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.events import RecordedEvents
from lnvsearch.experiments.besiii.selection.acceptance import true_pair_masses
from lnvsearch.experiments.besiii.selection.kkee import (
    CUTS,
    charged_tracks,
    conversion_veto,
    select,
)
from lnvsearch.experiments.besiii.selection.state import SearchState, conversion_pairs
from lnvsearch.generation.decay_events import generate
from lnvsearch.generation.models import Decay
from lnvsearch.selection.cutflow import apply_cuts

NUMBER = 3000


def recorded(daughters, response, number=NUMBER, sample="toy"):
    events = generate(Decay("J/psi(1S)", daughters), number, base_seed=5, sample=sample)
    return simulate(events, response, base_seed=5, sample=sample)


@pytest.fixture(scope="module")
def signal(response):
    return recorded(["K+", "e-", "K+", "e-"], response)


@pytest.fixture(scope="module")
def selected(signal, selection):
    return select(signal, selection)


def test_the_flow_falls_and_follows_the_paper_s_order(selected, settings):
    _, flow = selected
    assert flow.cuts == tuple(cut["cut"] for cut in settings["selection"])
    assert all(np.diff(flow.events_out) <= 0)
    assert 0.05 < flow.events_out[-1] / NUMBER < 0.4


def test_each_cut_holds_for_the_candidates_that_pass_it(selected):
    table, _ = selected
    good = table["passes_chi_square"]
    assert np.all(table["chi_square"][good] < 20)
    best = table["passes_smallest_chi_square"]
    assert np.all(table["chi_square"][best] < table["other_chi_square"][best])
    window = table["passes_signal_window"]
    assert np.all((table["mass_gev"][window] > 3.07) & (table["mass_gev"][window] < 3.12))


def test_the_table_and_the_flow_count_the_same(selected):
    table, flow = selected
    passes = np.all([v for k, v in table.items() if k.startswith("passes_")], axis=0)
    assert passes.sum() == flow.events_out[-1]


def test_chunks_give_the_same_answer(signal, selected, selection):
    table, flow = selected
    half = len(signal) // 2
    parts = [
        select(part(signal, where), selection)
        for where in (slice(0, half), slice(half, len(signal)))
    ]
    joined = np.concatenate([t["chi_square"] for t, _ in parts])
    assert np.array_equal(joined, table["chi_square"])
    total = np.sum([f.events_out for _, f in parts], axis=0)
    assert tuple(total) == flow.events_out


def part(events, where):
    """Some events of a sample."""
    tracks = slice(events.track_offsets[where.start], events.track_offsets[where.stop])
    truth = slice(events.truth_offsets[where.start], events.truth_offsets[where.stop])
    return RecordedEvents(
        event_number=events.event_number[where],
        weight=events.weight[where],
        track_offsets=events.track_offsets[where.start : where.stop + 1] - tracks.start,
        track={name: values[tracks] for name, values in events.track.items()},
        truth_offsets=events.truth_offsets[where.start : where.stop + 1] - truth.start,
        truth={name: values[truth] for name, values in events.truth.items()},
        n_generated=events.n_generated,
    )


def test_right_charges_do_not_pass(response, selection):
    """K+ K- e+ e- has no two kaons of one charge, but for mis-identification."""
    events = recorded(["K+", "K-", "e+", "e-"], response, sample="right_charges")
    _, flow = select(events, selection)
    counts = dict(zip(flow.cuts, flow.events_out, strict=True))
    assert counts["charged_tracks"] > 0.3 * NUMBER
    assert counts["signal_window"] <= 0.001 * NUMBER


def test_pions_prefer_their_own_hypothesis(response, settings, selection):
    """2(pi+ pi-) taken for K K e e must lose against the fit as pions."""
    cuts = [c for c in settings["selection"] if not c["cut"].endswith("identification")
            and c["cut"] not in ("energy_over_momentum", "conversion_veto", "signal_window")]
    events = recorded(["pi+", "pi-", "pi+", "pi-"], response, sample="pions")
    _, flow = select(events, replace(selection, cuts=cuts))
    counts = dict(zip(flow.cuts, flow.events_out, strict=True))
    assert counts["chi_square"] < 0.01 * counts["kinematic_fit"]


def test_the_bin_of_the_majorana_mass_holds_its_events(response, selection):
    neutrino = {"name": "nu_M", "mass_gev": 1.0, "daughters": ["K+", "e-"]}
    events = recorded([neutrino, neutrino], response, sample="two_majorana")
    bins = {}
    for mass in (1.0, 1.1):
        cut = {"cut": "majorana_mass_bin", "mass_gev": mass, "width_gev": 0.025, "masses": "fitted"}
        _, flow = select(events, replace(selection, cuts=(*selection.cuts, cut)))
        bins[mass] = flow.events_out[-1] / flow.events_out[-2]
    assert bins[1.0] > 0.8 and bins[1.1] < 0.02
    masses = true_pair_masses(events)
    assert np.allclose(masses, 1.0, atol=1e-9)


@pytest.mark.parametrize("net_charge", [0, 2])
def test_the_net_charge_is_that_of_the_good_tracks(signal, selection, net_charge):
    state = SearchState(signal, selection)
    state.good = np.random.default_rng(1).random(len(state.good)) < 0.8
    everything = np.ones(len(signal), dtype=bool)
    mask = charged_tracks(state, everything, minimum=2, net_charge=net_charge)
    for event, result in enumerate(mask[:500]):
        tracks = slice(*signal.track_offsets[event : event + 2])
        charges = signal.track["charge"][tracks][state.good[tracks]].astype(int)
        assert result == (len(charges) >= 2 and charges.sum() == net_charge)
    assert mask.any() and not mask.all()


def test_cuts_on_the_fit_need_the_fit(signal, selection):
    cuts = [{"cut": "chi_square", "maximum": 20.0}]
    with pytest.raises(ValueError, match="kinematic_fit"):
        select(signal, replace(selection, cuts=cuts))


def test_the_control_sample_fits_under_its_own_hypothesis(response, settings, selection):
    events = recorded(["p", "p~", "pi+", "pi-"], response, sample="control")
    without = settings["samples"]["control_pppipi"]["without_cuts"]
    cuts = [cut for cut in settings["selection"] if cut["cut"] not in without]
    state = ("p", "p~", "pi+", "pi-")
    _, flow = select(events, replace(selection, cuts=cuts, final_state=state))
    counts = dict(zip(flow.cuts, flow.events_out, strict=True))
    assert counts["chi_square"] > 0.85 * counts["kinematic_fit"]


@pytest.fixture(scope="module")
def lightest_pair(response):
    """K+ and e- of a light nu_M fly side by side, like a conversion's tracks."""
    neutrino = {"name": "nu_M", "mass_gev": 0.575, "daughters": ["K+", "e-"]}
    return recorded([neutrino, neutrino], response, sample="lightest")


def state_before_veto(events, selection):
    names = [cut["cut"] for cut in selection.cuts]
    cuts = selection.cuts[: names.index("conversion_veto")]
    state = SearchState(events, selection)
    apply_cuts(cuts, CUTS, state, len(events), events.n_generated)
    return state, np.ones(len(events), dtype=bool), selection.parameters()["conversion_veto"]


def test_a_kaon_beside_an_electron_is_no_conversion(lightest_pair, selection):
    """The signal has no e+ e- pair, so that the veto costs nothing, at any mass."""
    _, flow = select(lightest_pair, selection)
    place = flow.cuts.index("conversion_veto")
    assert flow.events_out[place] == flow.events_out[place - 1] > 0
    state, _, veto = state_before_veto(lightest_pair, selection)
    assert len(conversion_pairs(state, state.good, **veto)[0]) > 10  # K+ and e- would look like one


def test_pairs_of_two_electrons_are_vetoed(lightest_pair, selection):
    """The same pairs, had both tracks been identified as electrons."""
    state, alive, veto = state_before_veto(lightest_pair, selection)
    events, _ = conversion_pairs(state, state.good, **veto)
    with_candidate = np.intersect1d(events, state.best.event_index)
    assert conversion_veto(state, alive, **veto).all()
    state.lepton = state.good
    assert list(np.flatnonzero(~conversion_veto(state, alive, **veto))) == list(with_candidate)
    assert len(with_candidate) > 0
