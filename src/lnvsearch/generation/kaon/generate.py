"""Events of a kaon's decay: primary decay, radiation, neutral pions, aiming, selection.

Radiation is that of the kaon's own charged daughters; leptons of a pion's Dalitz decay do not
radiate, nor do the modes with inner bremsstrahlung of their own.  A sample with radiation
therefore contains the photons of the corresponding `_gamma` modes: use one or the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numba import njit

from lnvsearch import particles
from lnvsearch.generation.kaon import neutral_pion, photon_aim, sharp_aim
from lnvsearch.generation.kaon.aim import (
    AIMED_FRACTION,
    PHOTON_FRACTIONS,
    aim_backwards,
    missing_is_small,
)
from lnvsearch.generation.kaon.decays import KaonDecays
from lnvsearch.generation.kaon.modes import MODES, KaonMode
from lnvsearch.generation.kaon.primary import KAON_MASS_GEV, primary_of
from lnvsearch.generation.kaon.reuse import groups_of, turn_randomly
from lnvsearch.generation.radiation import RadiationSettings
from lnvsearch.generation.radiation_together import radiate_all
from lnvsearch.random_streams import stream_key

__all__ = ["RADIATED_PHOTONS", "generate_kaon_decays", "generate_selected_kaon_decays"]

#: Columns for radiated photons.  Fewer than one pi e e event in a hundred (two e nu e e events)
#: fills them, and then radiates no further; four-momentum is conserved all the same.
RADIATED_PHOTONS = 3

#: Beam momentum for `largest_missing_gev`: 75 GeV/c (NA62, JINST 12 (2017) P05025).
_BEAM_MOMENTUM_GEV = 75.0
_CHUNK = 4096
_OPTIONS = {
    "aim": False,
    "flat_fraction": 0.5,
    "largest_missing_gev": math.inf,
    "largest_missing_pt_gev": math.inf,
    "decays_with_same_energies": 1,
}
#: Aims of photons for which the event is turned before the pi0 decays.
_MISSED = (photon_aim.MISSED, photon_aim.MISSED_SHARPLY)
_PI0_DECAYS = {
    "two_photons": neutral_pion.TWO_PHOTONS,
    "dalitz": neutral_pion.DALITZ,
    "double_dalitz": neutral_pion.DOUBLE_DALITZ,
    "direct": neutral_pion.DIRECT,
}


@njit(cache=True, error_model="numpy")
def _copy_columns(primary, source, target, momentum):
    """momentum[:, target] = primary[:, source], column by column."""
    for i in range(len(primary)):
        for j in range(len(source)):
            s, t = source[j], target[j]
            # All four are read first: then they are one vector, whatever the arrays share.
            px, py, pz, energy = primary[i, s, 0], primary[i, s, 1], primary[i, s, 2], primary[i, s, 3]
            momentum[i, t, 0], momentum[i, t, 1] = px, py
            momentum[i, t, 2], momentum[i, t, 3] = pz, energy


class _Generator:
    """One mode with its streams, ready to fill blocks of events."""

    def __init__(
        self, mode: str, base_seed: int, sample: str, radiation: bool, options: Mapping
    ) -> None:
        self.mode: KaonMode = MODES[mode]
        self.options = options
        self.keys = {
            process: stream_key(base_seed, sample, process)
            for process in ("kaon_decay", "neutral_pion", "radiation", "aim", "turn")
        }
        names = self.mode.primary
        self.charge = np.array([float(particles.charge(name)) for name in names])
        self.spin_half = np.array([particles.spin(name) == 0.5 for name in names])
        self.n_final = len(self.mode.final_state)
        self.radiates = radiation and self.mode.radiates
        self.n_columns = self.n_final + (RADIATED_PHOTONS if radiation else 0)
        kept = [(i, column) for i, column in enumerate(self.mode.columns) if column is not None]
        self.source = np.array([i for i, _ in kept])
        self.target = np.array([column for _, column in kept])
        photons = list(range(self.n_final, self.n_columns))
        self.missing = np.array([*self.mode.missing, *photons], dtype=np.int64)
        self.photon_aim, self.missing_primary = self._aims(len(photons))
        is_aimed = self.options["aim"] and self.mode.model in ("virtual_photon", "pion_pair")
        self.primary = primary_of(mode, is_aimed or self.photon_aim != photon_aim.ISOTROPIC)
        self.pdg_id = np.array(
            [particles.pdg_id(name) for name in self.mode.final_state]
            + [particles.pdg_id("gamma")] * (self.n_columns - self.n_final)
        )

    def _aims(self, n_photons: int) -> tuple[int, np.ndarray]:
        """What the photon of a Dalitz decay is aimed at, and what of the primary is missing.

        The latter are columns of the primary daughters with radiated photons behind them.
        """
        names, k = self.mode.primary, len(self.mode.primary)
        neutrinos = [i for i, name in enumerate(names) if name.startswith("nu")]
        missing = np.array([*neutrinos, *range(k, k + n_photons)], dtype=np.int64)
        if not self.options["aim"] or self._dalitz_photon() is None:
            return photon_aim.ISOTROPIC, missing
        if "gamma" in names:
            return photon_aim.PAIRED, missing
        # Without a neutrino, turning the whole event aims the photon already.
        if neutrinos and self._dalitz_photon() in self.mode.missing:
            # The selections with muons are others.
            is_sharp = "e+" in names
            return photon_aim.MISSED_SHARPLY if is_sharp else photon_aim.MISSED, missing
        return photon_aim.ISOTROPIC, missing

    def _dalitz_photon(self) -> int | None:
        """Column of the photon of a Dalitz decay."""
        for _, decay, columns in self.mode.neutral_pions:
            if decay == "dalitz":
                return columns[-1]
        return None

    def _turn_primary(
        self, first_event: int, primary: np.ndarray, momentum: np.ndarray, weight: np.ndarray
    ) -> np.ndarray:
        """Primary daughters with their photons, turned so that the neutrino flies backwards."""
        k = primary.shape[1]
        whole = np.concatenate([primary, momentum[:, self.n_final :]], axis=1)
        shape = (AIMED_FRACTION, 1.0)
        if self.photon_aim == photon_aim.MISSED_SHARPLY:
            shape = (sharp_aim.NEUTRINO_FRACTION, sharp_aim.NEUTRINO_NARROWING)
        aim_backwards(
            self.keys["aim"], first_event, self.missing_primary, shape[0], 0.0, whole, weight, shape[1]
        )
        momentum[:, self.n_final :] = whole[:, k:]
        return np.ascontiguousarray(whole[:, :k])

    def _primary(self, first_event: int, weight: np.ndarray) -> np.ndarray:
        """Four-momenta of the kaon's daughters, (n, k, 4), GeV; multiplies `weight`, (n,)."""
        flat, size = self.options["flat_fraction"], self.options["decays_with_same_energies"]
        if size == 1:
            primary = np.empty((len(weight), len(self.mode.primary), 4))
            self.primary.fill(self.keys["kaon_decay"], first_event, primary, weight, flat)
            return primary
        first_group, rows = groups_of(first_event, len(weight), size)
        shared = np.empty((rows[-1] + 1, len(self.mode.primary), 4))
        weights = np.ones(len(shared))
        self.primary.fill(self.keys["kaon_decay"], first_group, shared, weights, flat)
        primary = shared[rows]
        weight *= weights[rows]
        turn_randomly(self.keys["turn"], first_event, primary)
        return primary

    def fill(self, first_event: int, momentum: np.ndarray, weight: np.ndarray) -> None:
        """Events first_event ... into `momentum` (n, columns, 4) and `weight` (n,)."""
        weight[:] = 1.0
        flat = self.options["flat_fraction"]
        primary = self._primary(first_event, weight)
        if self.radiates:
            radiate_all(
                self.keys["radiation"], first_event, KAON_MASS_GEV,
                RadiationSettings().photon_energy_cut * KAON_MASS_GEV, self.primary.mass_gev,
                self.charge, self.spin_half, primary, self.n_final, momentum,
            )
        else:
            momentum[:, self.n_final :] = 0.0
        aims = self.photon_aim
        if aims in _MISSED:
            primary = self._turn_primary(first_event, primary, momentum, weight)
        partner = None
        if aims == photon_aim.PAIRED:
            partner = np.ascontiguousarray(primary[:, self.mode.primary.index("gamma")])
        _copy_columns(primary, self.source, self.target, momentum)
        for slot, (index, decay, columns) in enumerate(self.mode.neutral_pions):
            neutral_pion.fill_neutral_pion(
                self.keys["neutral_pion"], first_event, _PI0_DECAYS[decay],
                np.ascontiguousarray(primary[:, index]), np.array(columns), momentum, weight,
                slot=slot, flat_fraction=flat, aim=aims, partner=partner,
            )
        if self.options["aim"] and self.mode.missing and aims not in _MISSED:
            shares = (AIMED_FRACTION, 0.0)
            if self._dalitz_photon() in self.mode.missing:
                shares = PHOTON_FRACTIONS
            aim_backwards(
                self.keys["aim"], first_event, self.missing, *shares, momentum, weight
            )

    def decays(
        self, event_number: np.ndarray, weight: np.ndarray, momentum: np.ndarray
    ) -> KaonDecays:
        return KaonDecays(event_number, weight, self.pdg_id, momentum)


def _generator(
    mode: str, n_events: int, base_seed: int, sample: str, first_event: int, radiation: bool,
    options: Mapping | None,
) -> _Generator:
    if mode not in MODES:
        raise ValueError(f"mode {mode!r}: known are {', '.join(sorted(MODES))}")
    for name, value in (("n_events", n_events), ("first_event", first_event)):
        if value < 0:
            raise ValueError(f"{name} is {value}: give a number >= 0")
    given = dict(options or {})
    unknown = sorted(set(given) - set(_OPTIONS))
    if unknown:
        raise ValueError(
            f"options: unknown key {', '.join(map(str, unknown))}; known are {', '.join(_OPTIONS)}"
        )
    settings = {**_OPTIONS, **given}
    if not 0.0 <= settings["flat_fraction"] < 1.0:
        raise ValueError(
            f"options: flat_fraction is {settings['flat_fraction']}; give a number in [0, 1)"
        )
    size = settings["decays_with_same_energies"]
    if not 1 <= size <= _CHUNK or size != int(size):
        raise ValueError(
            f"options: decays_with_same_energies is {size}; give a whole number from 1 to {_CHUNK}"
        )
    for name in ("largest_missing_gev", "largest_missing_pt_gev"):
        if not settings[name] > 0.0:
            raise ValueError(f"options: {name} is {settings[name]}; give an energy > 0 GeV")
    return _Generator(mode, base_seed, sample, radiation, settings)


def generate_kaon_decays(
    mode: str,
    n_events: int,
    *,
    base_seed: int,
    sample: str,
    first_event: int = 0,
    radiation: bool = True,
    options: Mapping | None = None,
) -> KaonDecays:
    """Decays `first_event` ... of one mode (a key of MODES) at rest.

    Columns are `MODES[mode].final_state`, with `radiation` followed by three for radiated
    photons (zeros where there is none; always, in modes whose photon is part of the decay).
    Weights have mean 1 over all generated events; those of lepton-number-violating modes are 1.

    `options`: `aim` (False) turns what a search does not measure backwards (module `aim`) and
    Dalitz photons to where they are missed, or look like a pion's (`photon_aim`);
    `flat_fraction` (0.5): share of lepton-pair masses drawn flat, in decays with a virtual
    photon; `largest_missing_gev`, `largest_missing_pt_gev`: keep only events whose unmeasured
    particles have less energy and p_T in the laboratory than these (GeV, a kaon of 75 GeV/c);
    `generate_selected_kaon_decays` then tells the weight of all;
    `decays_with_same_energies` (1): in a row, each turned by itself (module `reuse`).

    Raises ValueError for an unknown mode or option, a negative number, or no sample name.

    >>> decays = generate_kaon_decays("pi_ee_lnv", 10, base_seed=1, sample="toy")
    >>> decays.four_momentum.shape
    (10, 6, 4)
    """
    return generate_selected_kaon_decays(
        mode, n_events, base_seed=base_seed, sample=sample, first_event=first_event,
        radiation=radiation, options=options,
    )[0]  # fmt: skip


def generate_selected_kaon_decays(
    mode: str,
    n_events: int,
    *,
    base_seed: int,
    sample: str,
    first_event: int = 0,
    radiation: bool = True,
    options: Mapping | None = None,
    choose: Callable[[KaonDecays], KaonDecays] | None = None,
) -> tuple[KaonDecays, int, float, float]:
    """As `generate_kaon_decays`, with the totals of all generated events beside those kept.

    `choose`: gives copies of those of a block of decays that are to be kept, with new weights if need be; the
    arrays of the block are written again.
    Returns (decays, n_generated, sum of weights, sum of squared weights); memory follows the
    number of events kept.
    """
    generator = _generator(mode, n_events, base_seed, sample, first_event, radiation, options)
    if choose is None and not _selects(generator):
        decays, sums = _all(generator, n_events, first_event)
    else:
        decays, sums = _selected(generator, n_events, first_event, choose)
    return decays, n_events, math.fsum(one for one, _ in sums), math.fsum(two for _, two in sums)


def _selects(generator: _Generator) -> bool:
    limits = ("largest_missing_gev", "largest_missing_pt_gev")
    return any(math.isfinite(generator.options[name]) for name in limits)


def _sums(weight: np.ndarray) -> tuple[float, float]:
    return weight.sum(), np.square(weight).sum()


def _all(
    generator: _Generator, n_events: int, first_event: int
) -> tuple[KaonDecays, list[tuple[float, float]]]:
    """All decays, and sums of weights and of their squares of each block."""
    momentum = np.empty((n_events, generator.n_columns, 4))
    weight = np.empty(n_events)
    sums = []
    for start, stop in _chunks(n_events):
        generator.fill(first_event + start, momentum[start:stop], weight[start:stop])
        sums.append(_sums(weight[start:stop]))
    number = np.arange(first_event, first_event + n_events, dtype=np.int64)
    return generator.decays(number, weight, momentum), sums


def _selected(
    generator: _Generator,
    n_events: int,
    first_event: int,
    choose: Callable[[KaonDecays], KaonDecays] | None,
) -> tuple[KaonDecays, list[tuple[float, float]]]:
    """The same of decays with little missing momentum, and of them those that `choose` keeps."""
    gamma = math.hypot(_BEAM_MOMENTUM_GEV, KAON_MASS_GEV) / KAON_MASS_GEV
    beta = math.sqrt(1.0 - 1.0 / gamma**2)
    momentum = np.empty((min(n_events, _CHUNK), generator.n_columns, 4))
    weight = np.empty(len(momentum))
    kept = np.empty(len(momentum), dtype=np.int64)
    numbers, weights, momenta, generated = [], [], [], []
    sums, selects = [], _selects(generator)
    for start, stop in _chunks(n_events):
        size = stop - start
        generator.fill(first_event + start, momentum[:size], weight[:size])
        sums.append(_sums(weight[:size]))
        number = np.arange(first_event + start, first_event + stop, dtype=np.int64)
        if selects:
            count = missing_is_small(
                generator.missing, gamma, beta, generator.options["largest_missing_gev"],
                generator.options["largest_missing_pt_gev"], momentum[:size], kept,
            )
            rows = kept[:count]
            block = generator.decays(number[rows], weight[rows], momentum[rows])
        else:
            block = generator.decays(number, weight[:size], momentum[:size])
        if choose is not None:
            block = choose(block)
        numbers.append(block.event_number)
        weights.append(block.weight)
        momenta.append(block.four_momentum)
        if block.generated_weight is not None:
            generated.append(block.generated_weight)
    decays = generator.decays(
        np.concatenate([np.empty(0, dtype=np.int64), *numbers]),
        np.concatenate([np.empty(0), *weights]),
        np.concatenate([np.empty((0, generator.n_columns, 4)), *momenta]),
    )
    if generated:
        decays = replace(decays, generated_weight=np.concatenate(generated))
    return decays, sums


def _chunks(n_events: int) -> Iterator[tuple[int, int]]:
    for start in range(0, n_events, _CHUNK):
        yield start, min(start + _CHUNK, n_events)
