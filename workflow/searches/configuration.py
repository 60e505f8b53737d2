"""The configuration: files read, checked against the definitions of their keys, overlaid.

Every error is one `ConfigurationError` with a line a problem, each naming the file, the key and
the fix.  Definitions of the keys are classes (keys.py); those of a detector's file are the
annotations of its response.  What the rules know of a search they ask a `Paper` object.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import ValidationError

from lnvsearch.detector import parameters
from lnvsearch.detector.parameters import fix_of_unknown, join, known_names
from searches.keys import Keys, WrongKeys, follow, kind
from searches.reading import ConfigurationError, overlaid, raise_if_any, read_yaml

Definition = TypeVar("Definition", bound=Keys)
#: A key of Snakemake's with which values of a file would run as Python.
_CODE_KEY = "__use_yte__"


# ------------------------------------------------------------------------------------------- reading


def read_config(files: Iterable[str | Path], command_line: Mapping[str, Any] = MappingProxyType({})) -> dict:
    """The first of the files of a user's knobs; the others, and `--config`, change some of them.

    ConfigurationError for one in which something would run, that is empty, or of which a part has no effect.
    """
    read = [(file, read_yaml(file)) for file in files]
    for i, (file, content) in enumerate([*read, ("--config", command_line)]):
        if _CODE_KEY in content:
            raise ConfigurationError(f"{file}: {_CODE_KEY}: would run values as code; remove it")
        if not content and i < len(read):
            raise ConfigurationError(f"{file}: holds no keys; write `key: value` lines")
        raise_if_any(file, dict.fromkeys(line for _, earlier in read[:i] for line in _without_effect(content, earlier)))
    return read[0][1]


def _without_effect(content: Mapping, earlier: Mapping, where: str = "") -> Iterator[str]:
    """Empty mappings: files of knobs are merged key by key, and no key changes nothing."""
    for name, value in content.items():
        key, known = join(where, name), earlier.get(name, {})
        if isinstance(value, Mapping) and not value and known != {}:
            yield f"{key}: empty, which changes nothing of what an earlier file says; give a value, or remove the key"
        elif isinstance(value, Mapping) and isinstance(known, Mapping):
            yield from _without_effect(value, known, key)


# ------------------------------------------------------------------------------------------ checking


def checked(
    definition: type[Definition],
    content: Mapping,
    file: str | Path,
    elsewhere: Callable[[str], str] = lambda key: "",
) -> Definition:
    """The typed content of a file; ConfigurationError with all that its definition refuses.

    `elsewhere`: where else a missing key could be given.
    """
    try:
        return definition.model_validate(content)
    except ValidationError as error:
        raise _refusal(error, definition, content, file, elsewhere) from None


def read_detector(response: type, path: Path) -> dict:
    """A detector's file, checked against the annotations of its response."""
    content = read_yaml(path)
    name = content.get("detector")
    problems = list(parameters.problems(response, content, sourced=True))
    if name != path.stem:
        problems.append(f"detector: {name!r} is not the file's name; write {path.stem}")
    raise_if_any(path, problems)
    return content


def fill_defaults(content: Any, typed: Any) -> Any:
    """Put the defaults of the definitions where keys of `content` are missing, at every depth."""
    if isinstance(typed, Keys):
        for name in type(typed).model_fields:
            value = getattr(typed, name)
            if name in content:
                fill_defaults(content[name], value)
            elif isinstance(value, Keys):
                content[name] = value.model_dump(exclude_none=True)
            elif value is not None:
                content[name] = value
    elif isinstance(typed, (dict, list)):
        parts = typed.items() if isinstance(typed, dict) else enumerate(typed)
        for name, value in parts:
            fill_defaults(content[name], value)
    return content


def _refusal(
    error: ValidationError,
    definition: type[Keys],
    content: Mapping,
    file: str | Path,
    elsewhere: Callable[[str], str] = lambda key: "",
) -> ConfigurationError:
    """What pydantic found, with a line a problem: file, key, problem, fix.

    What stands in the file once, and again by `*name`, is told where it stands first.
    """
    lines = {}
    for one in error.errors(include_url=False):
        names, annotation, meaning = follow(definition, one["loc"])
        place = _place_in(content, names)
        for i, line in enumerate(_lines_of(one, names, annotation, meaning, elsewhere)):
            lines.setdefault((place, one["type"], i), f"{file}: {line}")
    return ConfigurationError("\n".join(dict.fromkeys(lines.values())))


def _place_in(content: Any, names: list[str | int]) -> tuple:
    """The last mapping or list on the way to a key, and the way from there."""
    for i, name in enumerate(names):
        is_there = name in content if isinstance(content, dict) else (
            isinstance(content, list) and isinstance(name, int) and name < len(content)
        )
        if not is_there or not isinstance(content[name], (dict, list)):
            return id(content), *names[i:]
        content = content[name]
    return (id(content),)


def _lines_of(
    error: Mapping, names: list, annotation: Any, meaning: str, elsewhere: Callable[[str], str]
) -> Iterator[str]:
    key, value = key_of(names), error["input"]
    match error["type"]:
        case "missing":
            yield f"{key}: missing; add it{elsewhere(key)}"
        case "extra_forbidden":
            yield f"{key}: unknown key; {fix_of_unknown(names[-1], annotation.model_fields)}"
        case "invalid_key":
            yield f"{key}: {value!r} is no text, as every key must be; write it in quotes"
        case "value_error" if isinstance(error["ctx"]["error"], WrongKeys):
            for name, problem in error["ctx"]["error"].problems:
                yield f"{join(key, name)}: {problem}"
        case "value_error":
            yield f"{key}: {error['ctx']['error']}"
        case "union_tag_not_found":
            yield f"{join(key, 'cut')}: missing; add it"
        case "union_tag_invalid" if error["ctx"]["discriminator"] == "'cut'":
            tag, known = error["ctx"]["tag"], error["ctx"]["expected_tags"].replace("'", "").split(", ")
            yield f"{join(key, 'cut')}: no cut {tag!r}; known cuts: {known_names(tag, known)}"
        case _:
            finite = "is not finite" if error["type"] == "finite_number" else "is not allowed"
            said = f"{kind(annotation, value)}{f' ({meaning})' if meaning else ''}"
            yield f"{key}: {reprlib.repr(value)} {finite}; expected {said}{_trap(value, said)}"


def _trap(value: Any, wanted: str) -> str:
    """YAML's rule on numbers, where it was what went wrong."""
    try:
        is_number = isinstance(value, str) and bool(float(value) + 1.0)
    except ValueError:
        is_number = False
    if not is_number or not wanted.startswith("number"):
        return ""
    return "; YAML takes 1e-4 and quotes for text, 1.0e-4 for a number"


def key_of(names: Iterable[str | int]) -> str:
    """`a.b[0]` of (a, b, 0)."""
    key = ""
    for name in names:
        key = f"{key}[{name}]" if isinstance(name, int) else join(key, name)
    return key


# ------------------------------------------------------------------------------------------ overlays


def check_overlay(typed: Definition, settings: Mapping, overlay: Mapping, where: str) -> Definition:
    """The overlaid settings, typed, and checked as far as the overlay changes anything."""
    varied = overlaid(settings, overlay, where)
    copy = typed.model_copy()
    for section in overlay:
        try:
            setattr(copy, section, varied[section])
        except ValidationError as error:
            raise _refusal(error, type(typed), varied, where) from None
    return copy


def nested(dotted_key: str, value: object) -> dict:
    """{"a": {"b": value}} of "a.b"."""
    for part in reversed(dotted_key.split(".")):
        value = {part: value}
    return value
