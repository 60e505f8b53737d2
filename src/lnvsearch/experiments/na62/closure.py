"""Tag and probe on simulated control decays: the efficiency maps that went in must come out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lnvsearch.experiments.na62.chain import simulate
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.probes import (
    PROBES,
    Kinematics,
    Probes,
    shares,
    silent_probability,
)
from lnvsearch.experiments.na62.selection.settings import SelectionDetector
from lnvsearch.generation.kaon import MODES
from lnvsearch.random_streams import stream_key
from lnvsearch.tables import table_from_rows

__all__ = [
    "COLUMNS",
    "FEWEST_PROBES",
    "MOMENTUM_BINS",
    "ProbeSettings",
    "close_identification",
    "contamination_rows",
    "efficiency_rows",
]

#: Columns of the two tables.
COLUMNS = {
    "closure": ("map", "momentum_gev", "true_probability", "measured_probability", "uncertainty"),
    "contamination": (
        "probe", "mode", "label", "momentum_gev", "fraction", "uncertainty",
        "fraction_without_muon_signal", "uncertainty_without_muon_signal",
    ),
}  # fmt: skip
MOMENTUM_BINS = 17
#: Fewest probes of a bin for which a number is given.
FEWEST_PROBES = 10
#: What the kinds of probes are.
PARTICLES = {"pion": "pi+", "pion_of_muon_search": "pi+", "electron": "e+", "muon": "mu+"}


@dataclass(frozen=True)
class ProbeSettings:
    """One kind of probe: its control decay, the efficiency maps it measures, and where.

    `momentum_gev`: lower and upper end.  `contamination`: other decays that the kinematic
    selection may let in.  `n_events`: of each decay.
    """

    mode: str
    n_events: int
    maps: Sequence[str]
    momentum_gev: tuple[float, float]
    kinematics: Kinematics
    contamination: Sequence[str] = ()

    @property
    def edges_gev(self) -> np.ndarray:
        """Edges of the bins of momentum."""
        return np.linspace(*self.momentum_gev, MOMENTUM_BINS + 1)


def close_identification(
    settings: Mapping[str, Mapping], maps: IdentificationMaps, detector: Mapping, base_seed: int
) -> dict[str, dict[str, list]]:
    """The tables of COLUMNS: what went into every efficiency map and what the probes give.

    And, for every kind of probe, the share of other decays that its kinematic selection lets in.
    `settings`: keys of PARTICLES -> fields of ProbeSettings; `detector`: section -> key -> number.
    """
    rows: dict[str, list] = {name: [] for name in COLUMNS}
    for name, values in settings.items():
        probe = ProbeSettings(**{**values, "kinematics": Kinematics(**values["kinematics"])})
        sample = f"closure_{name}"
        found = {probe.mode: _probes(name, probe, probe.mode, detector, base_seed, sample)}
        known = found[probe.mode].of_kind(PARTICLES[name])
        rows["closure"] += efficiency_rows(known, probe, maps, base_seed, sample)
        for mode in probe.contamination:
            found[mode] = _probes(name, probe, mode, detector, base_seed, f"{sample}_{mode}")
        rows["contamination"] += contamination_rows(name, probe, found, maps)
    return {name: table_from_rows(rows[name], columns) for name, columns in COLUMNS.items()}


def _probes(
    name: str, probe: ProbeSettings, mode: str, detector: Mapping, base_seed: int, sample: str
) -> Probes:
    """What the kinematic selection of a probe takes of a decay, all chunks together."""
    particle = PARTICLES[name]
    simulation = {
        "mode": mode, "detector": detector, "minimum_tracks": 3 if particle == "pi+" else 1,
    }  # fmt: skip
    planes = SelectionDetector.from_mapping(detector)
    return Probes.joined(
        PROBES[particle](chunk, planes, probe.kinematics)
        for chunk in simulate(simulation, probe.n_events, base_seed=base_seed, sample=sample)
    )


def efficiency_rows(
    probes: Probes, settings: ProbeSettings, maps: IdentificationMaps, base_seed: int, sample: str
) -> Iterator[dict]:
    """What went into each efficiency map, and the share of the probes that it identifies.

    The uncertainty is at least that of one probe.
    """
    edges = settings.edges_gev
    for name in settings.maps:
        # Each map has its own random stream, so that their decisions are independent.
        generator = np.random.Generator(np.random.Philox(key=stream_key(base_seed, sample, name)))
        probability = probes.of_map(name, maps)
        identified = generator.random(len(probability)) < probability
        which = np.digitize(probes.momentum_gev, edges) - 1
        which[~_of_charge(name, probes.charge)] = -1
        # Small numbers are sorted quickly; the probes of a bin keep their order.
        order = np.argsort(which.astype(np.int8), kind="stable")
        ends = np.searchsorted(which[order], np.arange(MOMENTUM_BINS + 1))
        for i in range(MOMENTUM_BINS):
            here = order[ends[i] : ends[i + 1]]
            number = len(here)
            if number < FEWEST_PROBES:
                continue
            expected = float(probability[here].mean())
            uncertainty = max(np.sqrt(expected * (1.0 - expected) / number), 1.0 / number)
            yield dict(zip(COLUMNS["closure"], (
                name, _middle(edges, i), expected, float(identified[here].mean()),
                float(uncertainty),
            ), strict=True))  # fmt: skip


def _of_charge(name: str, charge: np.ndarray) -> np.ndarray:
    """Which probes an efficiency map is for."""
    if name.endswith(("_positive", "_rich")):
        return charge > 0
    return charge < 0 if name.endswith("_negative") else np.ones(len(charge), dtype=bool)


def _middle(edges: np.ndarray, i: int) -> float:
    return float(edges[i] + edges[i + 1]) / 2.0


def contamination_rows(
    name: str, settings: ProbeSettings, found: Mapping[str, Probes], maps: IdentificationMaps
) -> Iterator[dict]:
    """Share of every other decay among the probes, by kinematics and without a muon's signal.

    `found`: mode -> its probes, the wanted one first.  Of muons the second share is empty: that
    signal is what they measure.
    """
    scales = [MODES[mode].branching_fraction.value / settings.n_events for mode in found]
    momenta = [probes.momentum_gev for probes in found.values()]
    edges = settings.edges_gev
    columns = [*shares(momenta, scales, edges)]
    if PARTICLES[name] != "mu+":
        silent = [silent_probability(probes, maps) for probes in found.values()]
        columns += shares(momenta, scales, edges, silent)
    number = np.histogram(momenta[0], edges)[0]
    for k, mode in list(enumerate(found))[1:]:
        for i in np.flatnonzero(number >= FEWEST_PROBES).tolist():
            place = (name, mode, MODES[mode].label, _middle(edges, i))
            cells = (*place, *(float(column[k, i]) for column in columns))
            yield dict(zip(COLUMNS["contamination"], cells, strict=False))
