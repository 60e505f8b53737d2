"""Probabilities of particle identification as functions of momentum, as correctionlib JSON.

What identifies a track is simulated as a weight, as in the searches themselves: the probability
that a particle of one kind is taken for another.  The maps come from anchors, momenta at which a
probability is known (printed, mostly, as the extremes over a range), and an interpolation between
them; beyond the outermost anchors they are constant.  Whoever has measured maps puts a JSON file
with the same names in their place.

Names of the efficiency maps (`MAPS` says what each is) do not change with the search.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
    """The maps, evaluated once on a fine grid: `tables`: name -> (g,); `momentum_gev`: (g,)."""

    momentum_gev: np.ndarray
    tables: Mapping[str, np.ndarray]

    @classmethod
    def from_json(cls, path: str | Path) -> IdentificationMaps:
        """Read a correctionlib file; ValueError if it lacks a map or gives no probabilities.

        Maps of other names in the file are left alone.
        """
        text = Path(path).read_text()
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
        tables = {}
        for name in MAPS:
            try:
                table = np.asarray(corrections[name].evaluate(momentum))
            except (RuntimeError, ValueError, IndexError) as error:
                raise ValueError(
                    f"efficiency map {name!r} cannot be evaluated with one input, {_AXIS}: {error}"
                ) from error
            if not np.all((table >= 0) & (table <= 1)):
                raise ValueError(
                    f"efficiency map {name!r} leaves 0 ... 1 between 0 and {_HIGHEST_GEV:g} GeV"
                )
            tables[name] = table
        return cls(momentum, tables)

    def probability(self, name: str, momentum_gev: np.ndarray) -> np.ndarray:
        """Probability of a map at momenta (...), GeV; ValueError for an unknown name."""
        if name not in self.tables:
            raise ValueError(f"no efficiency map {name!r}; there are {', '.join(self.tables)}")
        from lnvsearch.experiments.na62.selection.kernels import interpolate

        momentum = np.asarray(momentum_gev, dtype=float)
        flat = np.ascontiguousarray(momentum).reshape(-1)
        return interpolate(flat, self.momentum_gev, self.tables[name]).reshape(momentum.shape)
