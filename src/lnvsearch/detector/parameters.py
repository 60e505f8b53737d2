"""One number of a detector's response: unit, allowed range, meaning and source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, get_args

__all__ = ["Parameter", "ResponseError", "at", "check_keys", "number", "read_value"]

_LEAF_KEYS = {"value", "unit", "provenance", "source"}


class ResponseError(ValueError):
    """A response that cannot be used; the message names key, range and mend."""


class Parameter(NamedTuple):
    """Unit, closed range and meaning of one number of the response."""

    unit: str
    minimum: float
    maximum: float
    meaning: str


def number(unit: str, minimum: float, maximum: float, meaning: str) -> Any:
    """The annotation of a number in a section of a response."""
    return Annotated[float, Parameter(unit, minimum, maximum, meaning)]


def at(response: NamedTuple, key: str) -> float:
    """The number at `section.key` of a response."""
    section, _, name = key.partition(".")
    return getattr(getattr(response, section), name)


def check_keys(where: str, mapping: Any, required: set, optional: frozenset | set = frozenset()):
    """Raise ResponseError unless `mapping` has all `required` keys and no unknown one."""
    if not isinstance(mapping, Mapping):
        raise ResponseError(f"{where or 'the response'} is {mapping!r}: give a mapping of keys")
    prefix = f"{where}." if where else ""
    if missing := required - set(mapping):
        raise ResponseError(f"missing: {', '.join(prefix + k for k in sorted(missing))}; add it")
    if unknown := set(mapping) - required - optional:
        raise ResponseError(
            f"unknown key {', '.join(prefix + str(k) for k in sorted(unknown, key=str))}; "
            f"known are {', '.join(sorted(required))}"
        )


def read_value(key: str, hint: Any, leaf: Any) -> float | bool:
    """Number (or truth value) of a leaf, checked against its range."""
    kind, parameter = get_args(hint)
    if isinstance(leaf, Mapping):
        if "value" not in leaf or set(leaf) - _LEAF_KEYS:
            raise ResponseError(
                f"{key}: a mapping needs `value` and may have unit, provenance, source; "
                f"it has {', '.join(map(str, leaf))}"
            )
        leaf = leaf["value"]
    if kind is bool:
        if not isinstance(leaf, bool):
            raise ResponseError(f"{key} is {leaf!r}: give true or false")
        return leaf
    if isinstance(leaf, bool) or not isinstance(leaf, (int, float)):
        raise ResponseError(f"{key} is {leaf!r}: give a number{_range(parameter)}")
    if not parameter.minimum <= leaf <= parameter.maximum:
        raise ResponseError(f"{key} is {leaf}: give a value{_range(parameter)}")
    return float(leaf)


def _range(parameter: Parameter) -> str:
    unit = "" if parameter.unit in ("", "1") else f" {parameter.unit}"
    return f" in [{parameter.minimum:g}, {parameter.maximum:g}]{unit}"
