"""Efficiency maps that a user measured, against momentum and angle, with systematic keys.

A correction of a correctionlib file (schema v2) takes the place of one efficiency map.  Its inputs,
in their order, are said by name: a momentum or an angle with its unit, or `systematic`, a text of
which one key is chosen ("nominal", "up", "down").  What comes out is the same correction without
the text, its inputs named with their units, so that the file of the maps says all by itself.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

from lnvsearch.nesting import json_of

__all__ = ["INPUTS", "SYSTEMATIC", "measured_correction", "with_measured"]

#: Input of a map -> property of a track, and how much of the input is one unit of it.
INPUTS: dict[str, tuple[str, float]] = {
    "momentum_gev": ("momentum_gev", 1.0),
    "momentum_mev": ("momentum_gev", 1e3),
    "angle_rad": ("angle_rad", 1.0),
    "angle_mrad": ("angle_rad", 1e3),
}
#: The input that chooses a systematic variation.
SYSTEMATIC = "systematic"


def with_measured(maps: dict, measured: Mapping[str, Mapping], files: Mapping[str, str]) -> dict:
    """A CorrectionSet in which measured maps take the place of others of the same names.

    `maps`: of `identification_maps.correction_set`.  `measured`: name -> `correction`, `inputs` and
    `key`; `files`: name -> path.  Raises ValueError as `measured_correction` does.
    """
    found = {
        name: measured_correction(name, Path(files[name]), **entry)
        for name, entry in measured.items()
    }
    corrections = [found.get(one["name"], one) for one in maps["corrections"]]
    return {**maps, "corrections": corrections}


def measured_correction(
    name: str, path: Path, *, correction: str, inputs: list[str], key: str | None = None
) -> dict:
    """The map `name` from a file (JSON, or JSON with gzip), as an entry of a CorrectionSet.

    `inputs`: of INPUTS and SYSTEMATIC, in the order of the correction's own; `key`: of the
    systematic one.  Raises ValueError, one line with file and fix, for a file that is none, a
    correction or key that it lacks, and inputs of another number or type.
    """
    where = f"{path}, correction {correction!r}"
    entry = _find(path, correction)
    own = entry.get("inputs", [])
    if len(own) != len(inputs):
        listed = ", ".join(f"{one['name']} ({one['type']})" for one in own)
        raise ValueError(f"{where}: its inputs are {listed}, not {len(inputs)}; name each under inputs")
    for mine, said in zip(own, inputs, strict=True):
        wanted = ("string",) if said == SYSTEMATIC else ("real", "int")
        if mine.get("type") not in wanted:
            raise ValueError(
                f"{where}: input {mine.get('name')!r} is of type {mine.get('type')!r}, "
                f"{said} needs {wanted[0]}; put the inputs in the order of the file"
            )
    names = {mine["name"]: said for mine, said in zip(own, inputs, strict=True)}
    tree = _Tree(where, names, key).follow(entry["data"])
    generic = entry.get("generic_formulas") or []
    return {
        "name": name,
        "version": entry.get("version", 1),
        "description": where + ("" if key is None else f", key {key!r}"),
        "inputs": [
            {"name": said, "type": mine["type"]}
            for mine, said in zip(own, inputs, strict=True) if said != SYSTEMATIC
        ],
        "output": {"name": "probability", "type": "real"},
        "generic_formulas": [_Tree(where, names, key).follow(one) for one in generic],
        "data": tree,
    }  # fmt: skip


def _find(path: Path, correction: str) -> dict:
    try:
        raw = path.read_bytes()
        content = json_of(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}; give the path of the file") from None
    except ValueError as error:
        raise ValueError(f"{path}: no JSON ({error}); give a correctionlib file") from None
    if not isinstance(content, dict) or content.get("schema_version") != 2:
        raise ValueError(f"{path}: no correctionlib file of schema_version 2; convert it")
    known = {one.get("name"): one for one in content.get("corrections", [])}
    if correction not in known:
        raise ValueError(f"{path}: no correction {correction!r}; there are {', '.join(map(str, known))}")
    return known[correction]


class _Tree:
    """Nodes of a correction with other names of inputs, and one key of the systematic input."""

    def __init__(self, where: str, names: Mapping[str, str], key: str | None):
        self.where, self.names, self.key = where, names, key

    def follow(self, node):
        """The node, and all below it."""
        if not isinstance(node, dict):
            return node
        if node.get("nodetype") == "category" and self._name(node["input"]) == SYSTEMATIC:
            return self.follow(self._chosen(node))
        result = dict(node)
        for part in ("input", "inputs", "variables"):
            if part in node:
                result[part] = self._names(node[part])
        for part in ("content", "rule", "flow", "default"):
            if part in node:
                result[part] = self._below(node[part])
        if "edges" in node:
            result["edges"] = _floats(node["edges"])
        return result

    def _below(self, content):
        if not isinstance(content, list):
            return self.follow(content)
        return [
            {**one, "value": self.follow(one["value"])} if self._is_item(one) else self.follow(one)
            for one in content
        ]

    @staticmethod
    def _is_item(one) -> bool:
        return isinstance(one, dict) and "nodetype" not in one and "value" in one

    def _chosen(self, node: Mapping):
        values = {item["key"]: item["value"] for item in node["content"]}
        if self.key in values:
            return values[self.key]
        if node.get("default") is not None:
            return node["default"]
        raise ValueError(f"{self.where}: no key {self.key!r}; there are {', '.join(map(str, values))}")

    def _names(self, own):
        return [self._name(one) for one in own] if isinstance(own, list) else self._name(own)

    def _name(self, own: str) -> str:
        if own not in self.names:
            raise ValueError(f"{self.where}: a node asks for {own!r}, which is no input; fix the file")
        return self.names[own]


def _floats(edges):
    """Edges as correctionlib wants them: 5 is refused, 5.0 is not."""
    if isinstance(edges, list):
        return [_floats(edge) for edge in edges]
    return float(edges) if isinstance(edges, int) else edges
