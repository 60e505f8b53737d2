"""What a search with muons needs of recorded tracks: the muon hypothesis, and the muon counter.

The deviations under the muon hypothesis follow from those that are recorded: the measured value is
the same, only the expectation differs.  Of the flight time, t_h = L E_h/(p c) for all hypotheses h of
one track, so that path and resolution cancel:

    chi_mu = chi_pi + (chi_e - chi_pi) (E_pi - E_mu)/(E_pi - E_e).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numba import njit

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector import calorimeter, identification
from lnvsearch.experiments.besiii.detector.measurements import SPECIES
from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.events import MUON_BRANCHES, RecordedEvents
from lnvsearch.random_streams import stream_key, uniform4
from lnvsearch.reconstruction.four_vectors import momentum_gev

__all__ = ["PROCESS", "with_muons"]

#: Name of the random stream of the muon counter.
PROCESS = "muon_counter"
_ELECTRON, _MUON, _PION = (SPECIES.index(name) for name in ("e-", "mu-", "pi+"))
_MASSES_GEV = tuple(particles.mass_gev(name) for name in SPECIES)


def with_muons(
    recorded: RecordedEvents, response: BesiiiResponse, *, base_seed: int, sample: str
) -> RecordedEvents:
    """The same events, whose tracks have the columns of MUON_BRANCHES, too.

    `base_seed` and `sample` choose the random stream of the muon counter; all other numbers stay.
    """
    track = recorded.track
    hypothesis = muon_deviations(
        momentum_gev(track["kappa"], track["tan_lambda"]).astype(float), track["charge"],
        *(track[f"{name}_chi_pion"] for name in ("dedx", "tof")), track["tof_chi_electron"],
        track["emc_chi_pion"], track["emc_energy"], response.dedx, response.emc,
    )  # fmt: skip
    counted = counter_signals(
        tuple(stream_key(base_seed, sample, PROCESS)),
        np.repeat(recorded.event_number, np.diff(recorded.track_offsets)),
        track["truth_index"], *_truth_of_tracks(recorded), response.muon_counter,
    )  # fmt: skip
    columns = zip(MUON_BRANCHES.items(), (*hypothesis, counted), strict=True)
    return replace(
        recorded, track={**track, **{name: v.astype(kind) for (name, (kind, _)), v in columns}}
    )


def _truth_of_tracks(recorded: RecordedEvents) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place in SPECIES (-1: none of them), momentum (GeV) and |cos theta| of each track's particle."""
    owner = np.repeat(recorded.truth_offsets[:-1], np.diff(recorded.track_offsets))
    index = owner + recorded.track["truth_index"]
    code = np.abs(recorded.truth["pdg_id"][index])
    species = np.full(len(code), -1)
    for place, name in enumerate(SPECIES):
        species[code == abs(particles.pdg_id(name))] = place
    px, py, pz = (recorded.truth[name][index] for name in ("px", "py", "pz"))
    p = np.sqrt(px * px + py * py + pz * pz)
    return species, p, np.abs(pz) / p


@njit(cache=True, error_model="numpy")
def muon_deviations(
    p_gev, charge, dedx_pion, tof_pion, tof_electron, emc_pion, emc_energy_gev, dedx, emc
):
    """(Measured - expected)/resolution as a muon of dE/dx, flight time and shower, (m,) each.

    `p_gev`: measured momenta; `..._pion`, `..._electron`: deviations under other hypotheses; NaN where
    there is no measurement.
    """
    n = len(p_gev)
    of_dedx, of_tof, of_emc = np.empty(n), np.empty(n), np.empty(n)
    pion, muon, electron = _MASSES_GEV[_PION], _MASSES_GEV[_MUON], _MASSES_GEV[_ELECTRON]
    for i in range(n):
        p = p_gev[i]
        ratio = identification.dedx_curve(p / pion, dedx) / identification.dedx_curve(p / muon, dedx)
        of_dedx[i] = ((1.0 + dedx.resolution * dedx_pion[i]) * ratio - 1.0) / dedx.resolution
        e_pion = math.hypot(p, pion)
        share = (e_pion - math.hypot(p, muon)) / (e_pion - math.hypot(p, electron))
        of_tof[i] = tof_pion[i] + (tof_electron[i] - tof_pion[i]) * share
        of_emc[i] = np.nan
        if not math.isnan(emc_pion[i]):
            expected, resolution = calorimeter.expected_hadron_energy(_MUON, charge[i], p, muon, emc)
            of_emc[i] = (emc_energy_gev[i] - expected) / resolution
    return of_dedx, of_tof, of_emc


@njit(cache=True, error_model="numpy")
def counter_signals(key, event, slot, species, p_gev, absolute_cos_theta, counter):
    """Whether each track has a signal in the muon counter, (m,) of 0 and 1.

    `event`, `slot`: where its random number is; `species`: place in SPECIES, `p_gev` and
    `absolute_cos_theta` of the particle.  Electrons are absorbed before they get there.
    """
    result = np.zeros(len(p_gev), dtype=np.int8)
    for i in range(len(p_gev)):
        if p_gev[i] < counter.momentum_threshold_gev:
            continue
        if absolute_cos_theta[i] > counter.cos_theta_maximum or species[i] <= _ELECTRON:
            continue
        probability = counter.other_hadron_probability
        if species[i] == _MUON:
            probability = counter.efficiency
        elif species[i] == _PION:
            probability = counter.pion_probability
        u, _, _, _ = uniform4(key, event[i], slot[i], 0, 0)
        result[i] = u < probability
    return result
