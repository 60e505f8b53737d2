"""The numbers of a detector's response: each has its unit, range and meaning in one place.

A response is a named tuple of sections, and these are named tuples of numbers, so that numba takes
them as they are.  Their annotations (`number`, `switch`) are the one definition of every key: what
a file may hold, what a response is read from and what the manual says all follow from them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, NamedTuple, get_args, get_type_hints

__all__ = [
    "PROVENANCES", "Parameter", "ResponseError", "fix_of_unknown", "join", "known_names", "number",
    "parameters", "problems", "read", "switch", "with_values",
]  # fmt: skip

#: Kinds of sources that a number may have.
PROVENANCES = (
    "paper", "detector_publication", "simulation_package", "dst", "pdg", "derived", "memory",
    "assumed",
)  # fmt: skip
_LEAF_KEYS = ("value", "unit", "provenance", "source")
_BESIDE_SECTIONS = ("detector", "description")


class ResponseError(ValueError):
    """A response that cannot be used; each line of the message names key, problem and fix."""


class Parameter(NamedTuple):
    """Unit, closed range and meaning of a number; `length` of a list of them, 0 for one alone.

    A truth value has no unit and the range [False, True].
    """

    unit: str
    minimum: float
    maximum: float
    meaning: str
    length: int = 0

    @property
    def wanted(self) -> str:
        """What a value must be, in words."""
        if self.minimum is False:
            return "true or false"
        unit = "" if self.unit == "1" else f" {self.unit}"
        what = f"a list of {self.length} numbers" if self.length else "a number"
        return f"{what} in [{self.minimum:g}, {self.maximum:g}]{unit}"


def number(unit: str, minimum: float, maximum: float, meaning: str, length: int = 0) -> Any:
    """The annotation of a number in a section of a response, or of a list of `length` numbers."""
    kind: Any = tuple[(float,) * length] if length else float  # type: ignore[misc]
    return Annotated[kind, Parameter(unit, minimum, maximum, meaning, length)]


def switch(meaning: str) -> Any:
    """The annotation of a truth value in a section of a response."""
    return Annotated[bool, Parameter("", False, True, meaning)]


@cache
def parameters(response: type) -> dict[str, dict[str, Parameter]]:
    """Section -> key -> Parameter of a kind of response: the source of checks and manual."""
    return {
        section: {
            key: get_args(annotation)[1]
            for key, annotation in get_type_hints(kind, include_extras=True).items()
        }
        for section, kind in get_type_hints(response).items()
    }


def read(response: type, mapping: Mapping[str, Any]) -> Any:
    """Build and check a response from nested mappings, as read from config/detectors.

    `mapping`: section -> key -> number (or list), or -> mapping with `value` (and unit, provenance,
    source).  `detector` and `description` beside the sections are let pass.
    Raises ResponseError with a line a problem.
    """
    if found := list(problems(response, mapping)):
        raise ResponseError("\n".join(found))
    sections = get_type_hints(response)
    return response(**{
        section: sections[section](**{key: _typed(mapping[section][key]) for key in keys})
        for section, keys in parameters(response).items()
    })  # fmt: skip


def with_values(response: Any, values: Mapping[str, Any]) -> Any:
    """Copy of a response with other values, checked; keys are `section.key`.

    >>> response.with_values({"pulls.enabled": False})      # doctest: +SKIP
    """
    mapping = {name: section._asdict() for name, section in response._asdict().items()}
    for key, value in values.items():
        section, _, name = key.partition(".")
        if name not in mapping.get(section, {}):
            raise ResponseError(f"{key}: no such key; keys are section.key, as in the file")
        mapping[section][name] = value
    return read(type(response), mapping)


def problems(response: type, mapping: Any, *, sourced: bool = False) -> Iterator[str]:
    """All that is wrong with the numbers of a response, a line `key: problem; fix` each.

    `sourced`: every number must come with its unit, provenance and source, as a file's must.
    """
    known = parameters(response)
    optional = _BESIDE_SECTIONS if isinstance(mapping, Mapping) else ()
    found = list(_wrong_keys("", mapping, known, optional))
    for section, keys in known.items() if isinstance(mapping, Mapping) else ():
        if section not in mapping:
            continue
        found += _wrong_keys(section, mapping[section], keys)
        for key, parameter in keys.items():
            if isinstance(mapping[section], Mapping) and key in mapping[section]:
                found += _wrong_leaf(f"{section}.{key}", parameter, mapping[section][key], sourced)
    yield from found or _wrong_order(response, mapping)


def fix_of_unknown(name: Any, known: Collection) -> str:
    """How to fix a name that is not among the known ones."""
    close = get_close_matches(str(name), [str(other) for other in known], n=1)
    return f"did you mean `{close[0]}`?" if close else f"known: {known_names(name, known)}"


def known_names(name: Any, known: Iterable, most: int = 12) -> str:
    """The known names for a message: all if they are few, else those most like `name`, and how many more.

    >>> known_names("pi", ["e", "mu", "pi+", "pi0"], most=2)
    'pi0, pi+ and 2 more'
    """
    names = list(dict.fromkeys(map(str, known)))
    if len(names) <= most:
        return ", ".join(names)
    near = get_close_matches(str(name), names, n=most, cutoff=0.0)
    return f"{', '.join(near)} and {len(names) - len(near)} more"


def _wrong_keys(where: str, mapping: Any, required: Collection, optional=()) -> Iterator[str]:
    if not isinstance(mapping, Mapping):
        yield f"{where or 'the response'}: {mapping!r} is not allowed; give a mapping of keys"
        return
    for name in mapping:
        if name not in required and name not in optional:
            fix = fix_of_unknown(name, [*required, *optional])
            yield f"{join(where, name)}: unknown key; {fix}"
    yield from (f"{join(where, name)}: missing; add it" for name in required if name not in mapping)


def join(where: str, name: Any) -> str:
    """`a.b` of a and b, with quotes about a name that would not be seen."""
    name = str(name) if str(name).isprintable() and str(name).strip() else repr(name)
    return f"{where}.{name}" if where else name


def _wrong_leaf(key: str, parameter: Parameter, leaf: Any, sourced: bool) -> Iterator[str]:
    if not isinstance(leaf, Mapping):
        if sourced:
            yield f"{key}: {leaf!r} has no source; give {', '.join(_LEAF_KEYS)}"
        yield from _wrong_value(key, parameter, leaf)
        return
    required = _LEAF_KEYS if sourced else _LEAF_KEYS[:1]
    yield from _wrong_keys(key, leaf, required, _LEAF_KEYS)
    if "value" in leaf:
        yield from _wrong_value(key, parameter, leaf["value"])
    if leaf.get("unit", parameter.unit) != parameter.unit:
        yield f"{key}.unit: {leaf['unit']!r} is not its unit; convert the number to {parameter.unit}"
    if leaf.get("provenance", PROVENANCES[0]) not in PROVENANCES:
        fix = f"give one of {', '.join(PROVENANCES)}"
        yield f"{key}.provenance: {leaf['provenance']!r} is not known; {fix}"
    source = leaf.get("source", "none needed")
    if not isinstance(source, str) or len(source) < 3:
        yield f"{key}.source: {source!r} is not allowed; say where the number comes from"


def _wrong_value(key: str, parameter: Parameter, value: Any) -> Iterator[str]:
    if parameter.length:
        if isinstance(value, (list, tuple)) and len(value) == parameter.length:
            for i, one in enumerate(value):
                yield from _wrong_value(f"{key}[{i}]", parameter._replace(length=0), one)
        else:
            yield f"{key}: {value!r} is not allowed; give {parameter.wanted}"
        return
    is_truth = isinstance(value, bool)
    is_right = is_truth or isinstance(value, (int, float))
    if (
        is_truth is not (parameter.minimum is False)
        or not is_right
        or not parameter.minimum <= value <= parameter.maximum
    ):
        yield f"{key}: {value!r} is not allowed; give {parameter.wanted}"


def _typed(leaf: Any) -> float | bool | tuple[float, ...]:
    value = leaf["value"] if isinstance(leaf, Mapping) else leaf
    if isinstance(value, bool):
        return value
    return tuple(map(float, value)) if isinstance(value, (list, tuple)) else float(value)


def _wrong_order(response: type, mapping: Mapping) -> Iterator[str]:
    """Numbers of `response.ascending`, where it has that, that do not ascend.

    Each entry of it is a row of keys, `section.key` or `section.key[i]`, whose numbers ascend; a
    list as a whole must not descend.
    """
    for row in getattr(response, "ascending", ()):
        numbers = [pair for name in row for pair in _numbers_at(mapping, name)]
        for (low, one), (high, other) in zip(numbers, numbers[1:], strict=False):
            if one > other or (one == other and len(row) > 1):
                yield f"{low}: {one:g} is not below {high}, {other:g}; fix the smaller or the larger"


def _numbers_at(mapping: Mapping, name: str) -> Iterator[tuple[str, float]]:
    found = re.fullmatch(r"(\w+)\.(\w+)(?:\[(\d+)\])?", name)
    assert found, name
    section, key, index = found.groups()
    value: Any = _typed(mapping[section][key])
    if index is not None:
        yield name, value[int(index)]
    elif isinstance(value, tuple):
        yield from ((f"{name}[{i}]", one) for i, one in enumerate(value))
    else:
        yield name, value
