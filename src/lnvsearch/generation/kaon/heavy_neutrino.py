"""Kaon decays to an on-shell heavy neutrino N that lives for a while: K+ -> l+ (pi0) N, N -> pi- l+.

Isotropic: flat in the phase space of both decays.  V - A couplings are a weight of the same events
(module `chirality`), with the current p(K) of K -> l N, and

    f+ (p(K) + p(pi0)) + f- q,   f- = (f0 - f+) (m_K^2 - m_pi0^2)/q^2,   q = p(K) - p(pi0),

of K -> pi0 l N.  N is narrow: amplitudes with the two equal leptons exchanged do not interfere, and
the branching fraction is the product of those of both decays.  No particle radiates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from lnvsearch import particles
from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.generation.chirality import minkowski, weight_of_current
from lnvsearch.generation.flight import Flight
from lnvsearch.generation.kaon import densities, neutral_pion, three_body
from lnvsearch.generation.kaon.decays import KaonDecays
from lnvsearch.generation.kaon.kinematics import boost_row, two_body_momentum
from lnvsearch.generation.kaon.neutrino_modes import (
    NEUTRINO_MODES,
    NeutrinoMode,
    mass_range_gev,
)
from lnvsearch.generation.kaon.primary import KAON_MASS_GEV, SEMILEPTONIC_SLOPES
from lnvsearch.generation.phase_space import maximum_weight
from lnvsearch.generation.phase_space_blocks import fill_phase_space
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import stream_key, uniform4

__all__ = ["NeutrinoDecays", "generate_neutrino_decays"]

#: Beam momentum of the boosts to the laboratory: 75 GeV/c (NA62, JINST 12 (2017) P05025).
_BEAM_MOMENTUM_GEV = 75.0
_BETA_GAMMA = _BEAM_MOMENTUM_GEV / KAON_MASS_GEV
_GAMMA = math.hypot(1.0, _BETA_GAMMA)
_PION, _DECAY_LEPTON, _LEPTON = range(3)  # columns of the final state
_PI0 = 2  # of the kaon's daughters, behind N and lepton
_DISPLACED = (_PION, _DECAY_LEPTON)


@dataclass(frozen=True)
class NeutrinoDecays:
    """n decays with the flight of N.

    `decays`: flat in phase space, displaced by `length_m` (n,), in the laboratory of a kaon of
    75 GeV/c; `boost`: (n,), beta gamma of N there; `v_minus_a`: (n,), weights for V - A
    couplings, without normalisation.
    """

    decays: KaonDecays
    length_m: np.ndarray
    boost: np.ndarray
    v_minus_a: np.ndarray


@njit(cache=True, error_model="numpy")
def _decay_neutrinos(key, first_event, neutrino, mass, pion_mass, lepton_mass, momentum, uniform):
    """N -> pi l, isotropic, into columns 0 and 1 of `momentum`, (n, k, 4).

    `neutrino`: (n, 4) four-momenta; `uniform`, (n, 2), gets two further random numbers an event.
    """
    size = two_body_momentum(mass, pion_mass, lepton_mass)
    for i in range(len(neutrino)):
        u_polar, u_azimuth, uniform[i, 0], uniform[i, 1] = uniform4(key, first_event + i, 0, 0, 0)
        polar = 2.0 * u_polar - 1.0
        side = size * math.sqrt(max(1.0 - polar * polar, 0.0))
        cosine, sine = cosine_and_sine_of_turn(u_azimuth)
        for row, sign, own in ((0, 1.0, pion_mass), (1, -1.0, lepton_mass)):
            momentum[i, row, 0], momentum[i, row, 1] = sign * side * cosine, sign * side * sine
            momentum[i, row, 2] = sign * size * polar
            momentum[i, row, 3] = math.sqrt(size * size + own * own)
            boost_row(
                momentum[i], row, own, neutrino[i, 0], neutrino[i, 1], neutrino[i, 2],
                neutrino[i, 3], mass,
            )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _weigh_and_boost(primary, momentum, mass_squared, form, boost, v_minus_a):
    """Put the first lepton in its place; weights for V - A and boosts of N, (n,) each.

    `form`: see `_form_of_current`.
    """
    for i in range(len(primary)):
        momentum[i, _LEPTON] = primary[i, 1]
        energy = _GAMMA * primary[i, 0, 3] + _BETA_GAMMA * primary[i, 0, 2]
        boost[i] = math.sqrt(max(energy * energy / mass_squared - 1.0, 0.0))
        current = (0.0, 0.0, 0.0, KAON_MASS_GEV)
        if primary.shape[1] > _PI0:
            current = _current(form, primary[i, _PI0])
        v_minus_a[i] = weight_of_current(
            primary[i, 1], current, momentum[i, _DECAY_LEPTON], momentum[i, _PION]
        )


@inner_kernel(forceinline=True)
def _current(form, pion):
    """The current of K -> pi0 l N in the kaon's rest frame."""
    linear, half_quadratic, scalar, scale, difference = form
    transfer = (-pion[0], -pion[1], -pion[2], KAON_MASS_GEV - pion[3])
    squared = minkowski(transfer, transfer)
    ratio = squared / scale
    plus = 1.0 + linear * ratio + half_quadratic * (ratio * ratio)
    minus = (1.0 + scalar * ratio - plus) * (difference / squared)
    return (
        plus * pion[0] + minus * transfer[0], plus * pion[1] + minus * transfer[1],
        plus * pion[2] + minus * transfer[2],
        plus * (KAON_MASS_GEV + pion[3]) + minus * transfer[3],
    )  # fmt: skip


def _form_of_current(entry: NeutrinoMode) -> tuple[float, ...]:
    """Slopes (of the quadratic one the half) and squared masses of the form factors of K -> pi0 l."""
    linear, quadratic, scalar = SEMILEPTONIC_SLOPES[entry.lepton]
    difference = KAON_MASS_GEV**2 - particles.mass_gev("pi0") ** 2
    return linear, 0.5 * quadratic, scalar, particles.mass_gev("pi+") ** 2, difference


def generate_neutrino_decays(
    mode: str,
    mass_gev: float,
    n_events: int,
    flight: Flight,
    *,
    base_seed: int,
    sample: str,
    first_event: int = 0,
) -> NeutrinoDecays:
    """Decays `first_event` ... of a mode (a key of NEUTRINO_MODES) for one mass of N.

    Raises ValueError for an unknown mode, or a mass outside `mass_range_gev`.
    """
    if mode not in NEUTRINO_MODES:
        raise ValueError(f"mode {mode!r}: known are {', '.join(NEUTRINO_MODES)}")
    low, high = mass_range_gev(mode)
    if not low < mass_gev < high:
        raise ValueError(
            f"mass_gev is {mass_gev}: {mode} has phase space between {low:.4f} and {high:.4f} GeV"
        )
    entry = NEUTRINO_MODES[mode]
    keys = {
        process: stream_key(base_seed, sample, process)
        for process in ("kaon_decay", "neutrino_decay", "neutral_pion")
    }
    primary = _primary(entry, mass_gev, n_events, keys["kaon_decay"], first_event)
    neutrino = np.ascontiguousarray(primary[:, 0])
    momentum = np.empty((n_events, len(entry.final_state), 4))
    uniform = np.empty((n_events, 2))
    masses = (particles.mass_gev("pi-"), particles.mass_gev(entry.lepton))
    _decay_neutrinos(
        keys["neutrino_decay"], first_event, neutrino, mass_gev, *masses, momentum, uniform
    )
    boost, v_minus_a = np.empty(n_events), np.empty(n_events)
    _weigh_and_boost(primary, momentum, mass_gev**2, _form_of_current(entry), boost, v_minus_a)
    weight = np.ones(n_events)
    if entry.neutral_pion:
        neutral_pion.fill_neutral_pion(
            keys["neutral_pion"], first_event, neutral_pion.TWO_PHOTONS,
            np.ascontiguousarray(primary[:, 2]), np.array([3, 4]), momentum, weight,
        )  # fmt: skip
    length = flight.lengths(uniform[:, 0], uniform[:, 1], boost)
    decays = KaonDecays(
        event_number=np.arange(first_event, first_event + n_events, dtype=np.int64),
        weight=weight,
        pdg_id=np.array([particles.pdg_id(name) for name in entry.final_state]),
        four_momentum=momentum,
        # Proper time times four-velocity.
        displacement_m=neutrino * (length / (boost * mass_gev))[:, np.newaxis],
        displaced=np.isin(np.arange(len(entry.final_state)), _DISPLACED),
    )
    return NeutrinoDecays(decays, length, boost, v_minus_a)


def _primary(
    entry: NeutrinoMode, mass_gev: float, n_events: int, key: np.ndarray, first_event: int
) -> np.ndarray:
    """N, lepton (and pi0) of the kaon's decay, (n, 2 or 3, 4), flat in phase space."""
    mass = np.array([mass_gev, particles.mass_gev(entry.lepton)])
    if not entry.neutral_pion:
        primary = np.empty((n_events, 2, 4))
        fill_phase_space(
            key, first_event, KAON_MASS_GEV - float(mass.sum()), mass,
            maximum_weight(KAON_MASS_GEV, mass), primary, np.empty(0),
        )  # fmt: skip
        return primary
    mass = np.append(mass, particles.mass_gev("pi0"))
    primary, none = np.empty((n_events, 3, 4)), np.zeros(2)
    numbers = (densities.UNIFORM, np.empty(0), KAON_MASS_GEV, mass, none)
    maximum = three_body.find_maximum(*numbers)
    three_body.fill_three_body(key, first_event, *numbers, maximum, primary)
    return primary

