"""Why a job runs again, in a line: the key that has changed, and both values.

Snakemake says `Params have changed since last execution` and prints all parameters before and now;
where one holds a search's settings, these are two pages that differ in a number.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

#: A parameter `code` as the rules write it: a fingerprint and what it is of.
_CODE = re.compile(r"[0-9a-f]{16} of (.+)")
#: So many keys are named; the number of the others follows.
_NAMED = 3


def shorten_reasons() -> None:
    """Let Snakemake print `in_short` of parameters that have changed.

    It has no place for it but the text of its record of a change; where a version has none, its
    reasons stay as long as they are.
    """
    from snakemake import persistence

    change = getattr(persistence, "ParamsChange", None)
    if {"only_old", "only_new"} <= set(getattr(change, "__annotations__", ())):
        change.__str__ = lambda self: in_short(self.only_old, self.only_new)


def in_short(before: set[str], now: set[str]) -> str:
    """What differs between parameters, each given as Python writes it.

    >>> in_short({"{'cut': {'e_over_p': 0.8}, 'n': 1}"}, {"{'cut': {'e_over_p': 0.9}, 'n': 1}"})
    'cut.e_over_p: 0.8 -> 0.9'
    """
    if not before and not now:
        return "no parameter has changed"
    old, new = _parsed(before), _parsed(now)
    said = []
    for one in old:
        # The other is the one that has most in common with it; a value of one kind becomes another's.
        other = max(new, key=lambda two, one=one: _in_common(one, two), default=None)
        if other is not None:
            new.remove(other)
        said += _differences(one, other or {})
    said += [line for two in new for line in _differences({}, two)]
    more = f" and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    return "; ".join(said[:_NAMED]) + more


def _parsed(texts: set[str]) -> list[dict[str, Any]]:
    return [dict(_flat(_value(text))) for text in sorted(texts)]


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values of nested mappings and lists."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list | tuple) and any(isinstance(inner, dict | list | tuple) for inner in value):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{place}[{index}]")
    elif isinstance(value, str) and not place and (code := _CODE.fullmatch(value)):
        yield f"the code of {code[1]}", value
    else:
        yield place, value


def _in_common(one: dict, other: dict) -> tuple[int, int]:
    same_keys = one.keys() & other.keys()
    return sum(one[key] == other[key] for key in same_keys), len(same_keys)


def _differences(old: dict, new: dict) -> list[str]:
    lines = []
    for key in [*old, *(key for key in new if key not in old)]:
        if key in old and key in new and old[key] == new[key]:
            continue
        if key.startswith("the code of "):
            lines.append(key)
        elif key:
            lines.append(f"{key}: {_shown(old, key)} -> {_shown(new, key)}")
        else:
            lines.append(f"{_shown(old, key)} -> {_shown(new, key)}")
    return lines


def _shown(values: dict, key: str) -> str:
    text = repr(values[key]) if key in values else "nothing"
    return text if len(text) <= 80 else f"{text[:77]}..."
