"""Identification of pions and muons, for final states other than K+ K+ e- e-; one function a cut.

There is no published search to take these cuts from.  They are the customary comparisons of
confidence levels, of dE/dx, flight time and shower energy together.  Pion and muon are not compared:
above 0.3 GeV only the muon counter tells them apart, and a track may pass as both.
"""

from __future__ import annotations

from lnvsearch.experiments.besiii.events import MUON_BRANCHES
from lnvsearch.reconstruction import identification
from lnvsearch.reconstruction.four_vectors import momentum_gev

__all__ = ["CUTS"]


def pion_identification(
    state, alive, *, confidence_level_minimum, energy_over_momentum_maximum
):
    """Pions by CL_pi, above the minimum, CL_e and CL_K, and by E/p; as many as the decay has."""
    confidence, ratio = state.identification(alive)
    state.hadrons["pi"] = state.good & identification.is_pion(
        confidence,
        ratio,
        minimum_confidence=confidence_level_minimum,
        maximum_energy_over_momentum=energy_over_momentum_maximum,
    )
    return state.has_pairs()


def muon_identification(
    state, alive, *, confidence_level_minimum, energy_over_momentum_maximum
):
    """Muons by CL_mu, above the minimum, CL_e and CL_K, and by E/p; two of one charge."""
    confidence, ratio = state.identification(alive)
    track = _with_muon_branches(state)
    muon = identification.confidence_levels(
        track, chosen=state.good & alive[state.event_of_track], hypotheses=("muon",)
    )
    state.lepton = state.good & identification.is_muon(
        confidence,
        muon[:, 0],
        ratio,
        minimum_confidence=confidence_level_minimum,
        maximum_energy_over_momentum=energy_over_momentum_maximum,
    )
    return state.has_pairs()


def muon_counter(state, alive, *, momentum_minimum_gev):
    """Muons above a momentum need a signal in the muon counter; slower ones do not reach it."""
    track = _with_muon_branches(state)
    momentum = momentum_gev(track["kappa"], track["tan_lambda"])
    state.lepton &= (momentum < momentum_minimum_gev) | (track["muon_counter"] == 1)
    return state.has_pairs()


def electron_energy_over_momentum(state, alive, *, minimum, maximum):
    """E/p of electrons in its range, without a condition on kaons."""
    _, ratio = state.identification(alive)
    state.lepton &= (ratio > minimum) & (ratio < maximum)
    return state.has_pairs()


def _with_muon_branches(state):
    """The tracks of a state.  Raises ValueError where the events know nothing of muons."""
    track = state.events.track
    if lost := [f"track_{name}" for name in MUON_BRANCHES if name not in track]:
        raise ValueError(
            f"the events have no {', '.join(lost)}, which muons need; write these branches "
            "(docs/events.md), or simulate with muons in the final state"
        )
    return track


#: The cuts by the names that the search's YAML file uses.
CUTS = {
    function.__name__: function
    for function in (
        pion_identification,
        muon_identification,
        muon_counter,
        electron_energy_over_momentum,
    )
}
