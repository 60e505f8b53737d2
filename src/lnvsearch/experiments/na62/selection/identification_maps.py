"""Probabilities of particle identification against momentum and angle, as correctionlib JSON.

What identifies a track is simulated as a weight, as in the searches themselves: the probability
that a particle of one kind is taken for another.  The maps come from anchors, momenta at which a
probability is known (printed, mostly, as the extremes over a range), and an interpolation between
them; beyond the outermost anchors they are constant.  Whoever has measured maps puts a JSON file
with the same names in their place, or single maps (`measured_maps`); these may depend on the angle
of the track to the axis of the beam, too.

Names of the efficiency maps (`MAPS` says what each is) do not change with the search.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lnvsearch.experiments.na62.selection.measured_maps import INPUTS
from lnvsearch.files import MAKE_AGAIN, open_text
from lnvsearch.selection.ring_response import RingResponse

__all__ = ["INTERPOLATIONS", "MAPS", "IdentificationMaps", "correction_set"]

#: Name of a map -> the probability it gives.
MAPS: dict[str, str] = {
    "efficiency_pion": "pi -> pi by the calorimeter (E/p below the limit of the ee searches)",
    "efficiency_pion_muon_search": "pi -> pi by the calorimeter (E/p of the mumu search)",
    "efficiency_electron_lkr": "e -> e by the calorimeter",
    "efficiency_electron_rich": "e+ -> e+ by the RICH, after the calorimeter",
    "electron_to_pion": "e -> pi by the calorimeter",
    "electron_to_muon": "e -> mu by calorimeter and muon detector",
    "pion_to_electron_lkr_positive": "pi+ -> e+ by the calorimeter",
    "pion_to_electron_lkr_negative": "pi- -> e- by the calorimeter",
    "pion_to_electron_rich": "pi+ -> e+ by the RICH, after the calorimeter",
    "pion_to_muon": "pi -> mu by the muon detector",
    "efficiency_muon": "mu -> mu by calorimeter and muon detector",
    "muon_to_pion": "mu -> pi by the muon detector (mumu search)",
    "muon_to_pion_lkr": "mu -> pi by the calorimeter (ee searches)",
    "muon_to_electron": "mu -> e by the calorimeter",
}

#: Between two anchors the probability, or its logarithm, is linear in the momentum; or it is that of
#: a ring-imaging detector (`ring_response`).
INTERPOLATIONS = ("linear", "log-linear", "cherenkov")

_AXIS = "momentum_gev"
_SCHEMA_VERSION = 2
_HIGHEST_GEV = 100.0
_STEP_GEV = 0.01


def correction_set(maps: Mapping[str, Mapping]) -> dict:
    """A correctionlib CorrectionSet (schema v2), ready for `json.dump`, from anchors.

    `maps`: name -> {momentum_gev: [...], probability: [...], interpolation, provenance, source}, and
    for interpolation `cherenkov` threshold_momentum_gev and positron_hits.
    Raises ValueError for a missing or unknown map, anchors that do not ascend, probabilities
    outside [0, 1], or a logarithm of zero.
    """
    _check_names(maps, "efficiency maps")
    return {
        "schema_version": _SCHEMA_VERSION,
        "description": "Probabilities of particle identification against momentum",
        "corrections": [_correction(name, maps[name]) for name in MAPS],
    }


def _check_names(names: Iterable[str], where: str) -> None:
    missing = [name for name in MAPS if name not in names]
    if missing:
        raise ValueError(
            f"{where}: no {', '.join(missing)}; every map is needed: {', '.join(MAPS)}"
        )
    unknown = sorted(set(names) - set(MAPS))
    if unknown:
        raise ValueError(f"{where}: unknown {', '.join(unknown)}; known maps: {', '.join(MAPS)}")


def _correction(name: str, anchors: Mapping) -> dict:
    momentum = np.asarray(anchors["momentum_gev"], dtype=float)
    probability = np.asarray(anchors["probability"], dtype=float)
    interpolation = anchors.get("interpolation", "linear")
    _check_anchors(name, momentum, probability, interpolation)
    pieces = _ring_pieces if interpolation == "cherenkov" else _line_pieces
    edges, contents = pieces(name, momentum, probability, anchors)
    labels = f"{interpolation} between the anchors, constant beyond"
    said = "; ".join(
        f"{key}: {anchors[key]}" for key in ("provenance", "source") if anchors.get(key)
    )
    return {
        "name": name,
        "version": 1,
        "description": f"{MAPS[name]} ({labels}). {said}".strip(),
        "inputs": [{"name": _AXIS, "type": "real", "description": "momentum of the track, GeV"}],
        "output": {"name": "probability", "type": "real"},
        "data": {
            "nodetype": "binning",
            "input": _AXIS,
            "edges": [0.0, *edges, 1.0e4],
            "content": contents,
            "flow": "clamp",
        },
    }


def _line_pieces(name, momentum, probability, anchors) -> tuple[list[float], list]:
    """Edges between the pieces, and what a map is in each: lines from anchor to anchor."""
    logarithmic = anchors.get("interpolation") == "log-linear"
    values = np.log(probability) if logarithmic else probability
    contents: list = [float(probability[0])]
    for i in range(len(momentum) - 1):
        slope = (values[i + 1] - values[i]) / (momentum[i + 1] - momentum[i])
        line = f"{values[i]!r}+{slope!r}*(x-{momentum[i]!r})".replace("np.float64", "")
        contents.append(_formula(f"exp({line})" if logarithmic else line))
    return momentum.tolist(), [*contents, float(probability[-1])]


def _ring_pieces(name, momentum, probability, anchors) -> tuple[list[float], list]:
    """The same for a ring-imaging detector: constant, its response, constant."""
    try:
        ring = RingResponse.through(
            momentum.tolist(), probability.tolist(),
            float(anchors["threshold_momentum_gev"]), float(anchors["positron_hits"]),
        )  # fmt: skip
    except KeyError as error:
        raise ValueError(
            f"efficiency map {name!r}: interpolation cherenkov needs {error.args[0]}"
        ) from None
    except ValueError as error:
        raise ValueError(f"efficiency map {name!r}: {error}") from error
    edges = [ring.threshold_momentum_gev, ring.highest_momentum_gev]
    return edges, [ring.below_threshold, _formula(ring.formula()), float(probability[-1])]


def _formula(expression: str) -> dict:
    return {
        "nodetype": "formula", "expression": expression, "parser": "TFormula",
        "variables": [_AXIS],
    }  # fmt: skip


def _check_anchors(name, momentum, probability, interpolation) -> None:
    where = f"efficiency map {name!r}"
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"{where}: interpolation {interpolation!r}; give one of {INTERPOLATIONS}")
    if momentum.ndim != 1 or len(momentum) == 0 or momentum.shape != probability.shape:
        raise ValueError(f"{where}: give as many momentum_gev as probability, at least one")
    if np.any(momentum <= 0) or np.any(np.diff(momentum) <= 0):
        raise ValueError(f"{where}: momentum_gev must be positive and ascend, not {momentum}")
    if np.any((probability < 0) | (probability > 1)):
        raise ValueError(f"{where}: probability must lie in 0 ... 1, not {probability}")
    if interpolation == "log-linear" and np.any(probability == 0):
        raise ValueError(f"{where}: log-linear needs probabilities > 0; use linear")


@dataclass(frozen=True)
class IdentificationMaps:
    """The maps.  Those against momentum alone are evaluated once on a fine grid.

    `tables`: name -> (g,); `momentum_gev`: (g,).  `others`: name -> a map of several inputs.
    """

    momentum_gev: np.ndarray
    tables: Mapping[str, np.ndarray]
    others: Mapping[str, _ExactMap] = field(default_factory=dict)

    @classmethod
    def from_json(cls, path: str | Path) -> IdentificationMaps:
        """Read a correctionlib file; ValueError if it lacks a map or gives no probabilities.

        Maps of other names in the file are left alone.
        """
        with open_text(path, MAKE_AGAIN) as stream:
            text = stream.read()
        try:
            return cls.from_text(text)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    @classmethod
    def from_anchors(cls, maps: Mapping[str, Mapping]) -> IdentificationMaps:
        """Maps from the anchors of a search's settings, without a file between."""
        return cls.from_text(json.dumps(correction_set(maps)))

    @classmethod
    def from_text(cls, text: str) -> IdentificationMaps:
        """The maps of a JSON text; see `from_json`."""
        import correctionlib

        try:
            corrections = correctionlib.CorrectionSet.from_string(text)
        except RuntimeError as error:
            raise ValueError(f"no correctionlib file: {error}; delete it and run again") from error
        _check_names([name for name in corrections if name in MAPS], "efficiency maps")
        momentum = np.arange(_STEP_GEV, _HIGHEST_GEV + _STEP_GEV / 2, _STEP_GEV)
        tables, others = {}, {}
        for name in MAPS:
            if _is_of_momentum_alone(corrections[name]):
                tables[name] = _table(name, corrections[name], momentum)
            else:
                others[name] = _ExactMap.of(name, corrections[name])
        return cls(momentum, tables, others)

    @cached_property
    def row(self) -> dict[str, int]:
        """Name of a map against momentum alone -> its row in `rows`."""
        return {name: i for i, name in enumerate(self.tables)}

    @cached_property
    def rows(self) -> np.ndarray:
        """`tables` as one array, (m, g), for kernels."""
        return np.array(list(self.tables.values()))

    @property
    def needs(self) -> tuple[str, ...]:
        """Properties of a track that the maps are evaluated with: momentum_gev, angle_rad."""
        asked = {INPUTS[name][0] for one in self.others.values() for name in one.inputs}
        return tuple(sorted({_AXIS} | asked))

    def probability(
        self, name: str, momentum_gev: np.ndarray, angle_rad: np.ndarray | None = None
    ) -> np.ndarray:
        """Probability of a map at momenta (...), GeV, and angles to the axis of the beam, rad.

        Raises ValueError for an unknown name, or without the angle where a map needs it.
        """
        momentum = np.asarray(momentum_gev, dtype=float)
        if name in self.others:
            return self.others[name].probability({_AXIS: momentum, "angle_rad": angle_rad})
        if name not in self.tables:
            known = ", ".join([*self.tables, *self.others])
            raise ValueError(f"no efficiency map {name!r}; there are {known}")
        from lnvsearch.experiments.na62.selection.kernels import interpolate

        flat = np.ascontiguousarray(momentum).reshape(-1)
        return interpolate(flat, self.momentum_gev, self.tables[name]).reshape(momentum.shape)

    def of_tracks(self, name: str, track: Mapping[str, np.ndarray]) -> np.ndarray:
        """Probability of a map for tracks with the columns of `needs`."""
        return self.probability(name, **{one: track[one] for one in self.needs})


def _is_of_momentum_alone(correction) -> bool:
    """Whether there is one number as input; whatever its name, it is a momentum in GeV."""
    if len(correction.inputs) != 1 or correction.inputs[0].type == "string":
        return False
    return correction.inputs[0].name not in INPUTS or correction.inputs[0].name == _AXIS


def _table(name: str, correction, momentum_gev: np.ndarray) -> np.ndarray:
    try:
        table = np.asarray(correction.evaluate(momentum_gev))
    except (RuntimeError, ValueError, IndexError) as error:
        raise ValueError(
            f"efficiency map {name!r} cannot be evaluated from 0 to {_HIGHEST_GEV:g} GeV with one input, "
            f"{_AXIS}: {error}; give it such an input, and the flow clamp beyond its edges"
        ) from error
    if not np.all((table >= 0) & (table <= 1)):
        raise ValueError(
            f"efficiency map {name!r} leaves 0 ... 1 between 0 and {_HIGHEST_GEV:g} GeV"
        )
    return table


@dataclass(frozen=True)
class _ExactMap:
    """A map of any inputs of INPUTS, evaluated track by track; `where`: its name and origin."""

    where: str
    inputs: tuple[str, ...]
    correction: Any

    @classmethod
    def of(cls, name: str, correction) -> _ExactMap:
        inputs = tuple(one.name for one in correction.inputs)
        where = f"efficiency map {name!r} ({correction.description or 'without description'})"
        unknown = [one for one in inputs if one not in INPUTS]
        if unknown:
            raise ValueError(
                f"{where}: unknown input {unknown[0]!r}; name inputs {', '.join(INPUTS)}, or give the "
                "map under identification.measured, which says what they are"
            )
        return cls(where, inputs, correction)

    def probability(self, track: Mapping[str, np.ndarray | None]) -> np.ndarray:
        """Probability for tracks (...), given what INPUTS are made of."""
        columns = []
        for name in self.inputs:
            source, units = INPUTS[name]
            if track[source] is None:
                raise ValueError(f"{self.where} needs {source} of the tracks; give it")
            columns.append(np.asarray(track[source], dtype=float) * units)
        shape = columns[0].shape
        try:
            result = np.asarray(self.correction.evaluate(*(one.reshape(-1) for one in columns)))
        except (RuntimeError, ValueError, IndexError) as error:
            ends = ", ".join(
                f"{name} {one.min():.4g} to {one.max():.4g}"
                for name, one in zip(self.inputs, columns, strict=True)
            )
            raise ValueError(
                f"{self.where}: not defined for some tracks with {ends} ({error}); give it bins there, or "
                "the flow clamp"
            ) from error
        if not np.all((result >= 0) & (result <= 1)):
            raise ValueError(f"{self.where} leaves 0 ... 1: {result.min():.4g} to {result.max():.4g}")
        return result.reshape(shape)
