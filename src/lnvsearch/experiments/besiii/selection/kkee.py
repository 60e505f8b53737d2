"""The cuts of the BESIII search for J/psi -> K+ K+ e- e- + c.c., one function each.

Section III of the paper, in words: four good tracks with zero net charge; two kaons of one
charge and two electrons of the other; of several combinations the one with the smallest
chi-square of the four-constraint (4C) fit; that chi-square smaller than those of K+K-pi+pi-,
2(K+K-) and 2(pi+pi-) in every assignment to the four tracks, and below 20; no e+e- pair from a
photon conversion; mass of the four particles in the signal window.

Other pairs of hadrons and leptons go through the same functions, with their own identification
(`selection.pions_and_muons`): K+ K+ mu- mu-, pi+ pi+ e- e-, K+ pi+ e- e-, ...  Of two different
hadrons, each way to name the tracks that the identification leaves is a combination of its own.

The control sample J/psi -> p pbar pi+ pi- goes through the same functions, without those on
particle identification: every assignment of its particles to four good tracks is then fitted.
"""

from __future__ import annotations

import numpy as np

from lnvsearch.experiments.besiii.events import RecordedEvents
from lnvsearch.experiments.besiii.selection import pions_and_muons
from lnvsearch.experiments.besiii.selection.state import (
    OTHER_FINAL_STATES,
    SearchState,
    Selection,
    conversion_pairs,
)
from lnvsearch.reconstruction import candidates, four_vectors, identification
from lnvsearch.reconstruction.kinematic_fit import fit, fit_shifts, gather_tracks
from lnvsearch.selection.cutflow import CutFlow, apply_cuts

__all__ = ["CUTS", "select", "select_with_masks"]

_SIGNAL = "signal"


def select(
    events: RecordedEvents, selection: Selection
) -> tuple[dict[str, np.ndarray], CutFlow]:
    """Candidates and cut flow of a chunk of events; see `select_with_masks`."""
    table, flow, _ = select_with_masks(events, selection)
    return table, flow


def select_with_masks(
    events: RecordedEvents, selection: Selection
) -> tuple[dict[str, np.ndarray], CutFlow, dict[str, np.ndarray]]:
    """Apply the cuts, with names as in `CUTS`, to a chunk of events.

    Returns the candidates (one row for each event with one: `event_number`, `weight`,
    `chi_square`, `other_chi_square`, `mass_gev` before the fit, the two masses of a hadron and a
    lepton `fitted_m_ke_1_gev` ... (`ke_1`: Selection.pairs), `passes_<cut>` for each cut from the
    fit on, and `weight_<variation>` of each of the events' `weights`), the cut flow, and what passes each cut by itself (n,), by name.
    Raises ValueError for an unknown cut or parameter, or one that comes before what it needs.
    """
    state = SearchState(events, selection)
    passes, flow = apply_cuts(selection.cuts, CUTS, state, len(events), events.n_generated)
    if state.best is None:
        raise ValueError("cuts: `kinematic_fit` is missing; it gives the candidates")
    names = list(passes)
    after_fit = names[names.index("kinematic_fit") :]
    rows = state.best.event_index
    table = {
        "event_number": events.event_number[rows],
        "weight": events.weight[rows],
        "chi_square": state.chi_square,
        "other_chi_square": state.other_chi_square,
        **state.masses,
        **{f"passes_{name}": passes[name][rows] for name in after_fit},
        **{f"weight_{name}": one[rows] for name, one in events.weights.items()},
    }
    return table, flow, passes


# ------------------------------------------------------------------------------- tracks


def polar_angle(state, alive, *, absolute_cos_theta_maximum, minimum_tracks):
    """Good tracks lie within |cos theta|; enough of them must be left."""
    cos_theta = four_vectors.cos_theta(state.events.track["tan_lambda"])
    state.good &= np.abs(cos_theta) < absolute_cos_theta_maximum
    return state.n_tracks(state.good) >= minimum_tracks


def impact_parameter(state, alive, *, r_xy_maximum_cm, r_z_maximum_cm, minimum_tracks):
    """Good tracks come from the interaction point: |dr| and |dz| in cm."""
    track = state.events.track
    state.good &= (np.abs(track["dr"]) < r_xy_maximum_cm) & (np.abs(track["dz"]) < r_z_maximum_cm)
    return state.n_tracks(state.good) >= minimum_tracks


def charged_tracks(state, alive, *, minimum, net_charge):
    """At least `minimum` good tracks, with this sum of charges."""
    sums = state.sums_of_tracks(state.good * state.events.track["charge"])
    return (state.n_tracks(state.good) >= minimum) & (sums == net_charge)


# ------------------------------------------------------------------------ identification


def kaon_identification(state, alive, *, confidence_level_minimum):
    """Kaons by confidence level: CL_K above the minimum and above CL_pi; as many as the decay has."""
    confidence, ratio = state.identification(alive)
    state.hadrons["K"] = state.good & identification.is_kaon(
        confidence,
        ratio,
        minimum_confidence=confidence_level_minimum,
        maximum_energy_over_momentum=np.inf,
    )
    return state.has_pairs()


def electron_identification(
    state, alive, *, confidence_level_minimum, confidence_level_ratio_minimum
):
    """Electrons by confidence level; two of the charge opposite to the hadrons'.

    The paper's levels know the shape of the shower, too, which is not simulated.
    """
    confidence, ratio = state.identification(alive)
    state.lepton = state.good & identification.is_electron(
        confidence,
        ratio,
        minimum_confidence=confidence_level_minimum,
        minimum_fraction=confidence_level_ratio_minimum,
        energy_over_momentum_range=(-np.inf, np.inf),
    )
    return state.has_pairs()


def energy_over_momentum(state, alive, *, electron_minimum, electron_maximum, kaon_maximum):
    """E/p of electrons in its range, of kaons below its maximum."""
    _, ratio = state.identification(alive)
    state.lepton &= (ratio > electron_minimum) & (ratio < electron_maximum)
    state.hadrons["K"] &= ratio < kaon_maximum
    return state.has_pairs()


def like_sign_pairs(state, alive):
    """Combinations of two hadrons of one charge with two leptons of the other."""
    events = state.events
    usable = alive[state.event_of_track]
    first_charges: tuple[int, ...]
    first, second = state.hadron_masks()
    if not state.hadrons:  # no identification: any two tracks of each charge
        lepton, first_charges = state.good, (+1,)
    else:
        lepton, first_charges = state.lepton, (+1, -1)
    state.found = candidates.same_sign_candidates(
        events.track_offsets,
        events.track["charge"],
        (first | second) & usable,
        lepton & usable,
        first_charges,
    )
    if first is not second:
        state.found = candidates.both_orders(state.found, first, second)
    return np.bincount(state.found.event_index, minlength=len(events)) > 0


# ------------------------------------------------------------------------ kinematic fit


def kinematic_fit(state, alive):
    """4C fit of all combinations; the one with the smallest chi-square stays."""
    if state.found is None:
        raise ValueError("cuts: `kinematic_fit` needs `like_sign_pairs` before it")
    masses_gev = candidates.mass_hypotheses({_SIGNAL: state.selection.final_state}).masses_gev
    if state.hadrons:  # the candidates say which track is which
        masses_gev = masses_gev[:1]
    helix, covariance = gather_tracks(state.events.track, state.found.tracks)
    total = state.selection.total_four_momentum
    chosen, assignment, state.chi_square, shift = _best_fits(
        helix, covariance, state.found.event_index, masses_gev, total
    )
    state.best = state.found.select(chosen)
    if len(chosen) < len(helix):
        helix, covariance = helix[chosen], covariance[chosen]
    state.measured = helix, covariance
    state.other_chi_square = np.full(len(chosen), np.inf)
    state.masses = _masses(helix, shift, masses_gev[assignment], state.selection.pairs)
    return state.of_best(np.isfinite(state.chi_square), False)


def smallest_chi_square(state, alive, *, hypotheses):
    """The signal hypothesis fits better than every assignment of the other final states."""
    others = candidates.mass_hypotheses({name: OTHER_FINAL_STATES[name] for name in hypotheses})
    helix, covariance = _fitted(state).measured
    fits = fit(helix, covariance, others.masses_gev, state.selection.total_four_momentum)
    state.other_chi_square = fits.chi_square.min(axis=1)
    return state.of_best(state.chi_square < state.other_chi_square, False)


def chi_square(state, alive, *, maximum):
    """Chi-square of the 4C fit below its maximum."""
    return _fitted(state).of_best(state.chi_square < maximum, False)


# ------------------------------------------------------------- conversions, masses


def conversion_veto(
    state,
    alive,
    *,
    pair_mass_maximum_gev,
    opening_angle_maximum_rad,
    radius_minimum_cm,
    radius_maximum_cm,
):
    """No two good tracks of opposite charge, both identified as electrons, from the beam pipe.

    "The selected K+K-e+e- and pi+pi-e+e- combinations will be rejected if the e+e- pair comes from
    gamma conversions": a kaon beside an electron is no such pair, however close they are.
    """
    has_candidate = _fitted(state).of_best(np.ones(len(state.best), dtype=bool), False)
    electron = state.good if state.lepton is None else state.lepton
    event_index, _ = conversion_pairs(
        state,
        electron & has_candidate[state.event_of_track],
        pair_mass_maximum_gev=pair_mass_maximum_gev,
        opening_angle_maximum_rad=opening_angle_maximum_rad,
        radius_minimum_cm=radius_minimum_cm,
        radius_maximum_cm=radius_maximum_cm,
    )
    return np.bincount(event_index, minlength=len(state.events)) == 0


def signal_window(state, alive, *, mass_minimum_gev, mass_maximum_gev):
    """Mass of the four particles, before the fit, in the signal window."""
    mass = _fitted(state).masses["mass_gev"]
    return state.of_best((mass > mass_minimum_gev) & (mass < mass_maximum_gev), False)


def closed_window(state, alive, *, mass_minimum_gev, mass_maximum_gev):
    """Blinding: set aside all candidates in the signal window, before the decisive cuts."""
    mass = _fitted(state).masses["mass_gev"]
    return state.of_best((mass < mass_minimum_gev) | (mass > mass_maximum_gev), False)


def majorana_mass_bin(state, alive, *, mass_gev, width_gev, masses):
    """Both masses of a hadron and a lepton in a bin around the mass of the Majorana neutrino.

    `masses`: "fitted" or "measured", after or before the 4C fit.  Of the two ways to pair them,
    the one with the closer masses counts.
    """
    lower, upper = mass_gev - width_gev / 2, mass_gev + width_gev / 2
    inside = np.ones(len(_fitted(state).best), dtype=bool)
    for pair in state.selection.pairs:
        mass = state.masses[f"{masses}_m_{pair}_gev"]
        inside &= (mass >= lower) & (mass < upper)
    return state.of_best(inside, False)


def _fitted(state):
    if state.best is None:
        raise ValueError("cuts: `kinematic_fit` must come before the cuts on its result")
    return state


def _best_fits(helix, covariance, event_index, masses_gev, total):
    """The best of c candidates in each of their events, over h assignments of masses (h, 4).

    Returns positions, rows of `masses_gev`, chi-squares, and fitted minus measured parameters.
    """
    if len(masses_gev) == 1:
        fits, shift = fit_shifts(helix, covariance, masses_gev[0], total)
        chosen = candidates.best_candidates(event_index, fits)
        if len(chosen) == len(fits):
            return chosen, np.zeros(len(chosen), dtype=np.int64), fits, shift
        return chosen, np.zeros(len(chosen), dtype=np.int64), fits[chosen], shift[chosen]
    fits = fit(helix, covariance, masses_gev, total).chi_square
    chosen = candidates.best_candidates(event_index, fits.min(axis=1))
    assignment = np.argmin(fits[chosen], axis=1)
    shift = np.empty((len(chosen), *helix.shape[1:]))
    for which, row in enumerate(masses_gev):
        same = assignment == which
        one = chosen[same]
        shift[same] = fit_shifts(helix[one], covariance[one], row, total)[1]
    return chosen, assignment, fits[chosen].min(axis=1), shift


def _masses(measured, shift, masses_gev, names):
    """Masses of c candidates: of all four before the fit, of two pairs (`names`) before and after.

    `measured`: their helices, (c, 4, 3); `shift`: what the fit adds; `masses_gev`: (c, 4).
    """
    from lnvsearch.reconstruction._track_kernels import candidate_masses

    mass, pairs = np.empty(len(measured)), np.empty((len(measured), 2))
    result: dict[str, np.ndarray] = {}
    for name, helix in (("fitted", measured + shift), ("measured", measured)):
        candidate_masses(helix, masses_gev, mass, pairs)
        result |= {f"{name}_m_{pair}_gev": pairs[:, which].copy() for which, pair in enumerate(names)}
    return {"mass_gev": mass, **result}


#: The cuts by the names that the search's YAML file uses.
CUTS = {
    function.__name__: function
    for function in (
        polar_angle,
        impact_parameter,
        charged_tracks,
        kaon_identification,
        electron_identification,
        energy_over_momentum,
        like_sign_pairs,
        kinematic_fit,
        smallest_chi_square,
        chi_square,
        conversion_veto,
        signal_window,
        closed_window,
        majorana_mass_bin,
    )
} | pions_and_muons.CUTS
