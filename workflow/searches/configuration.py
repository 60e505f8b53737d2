"""The configuration: read, checked against the schemas and for meaning, resolved for the rules.

Every error is one `ConfigurationError` with a line a problem, each naming the file, the key and
the mend.  What the rules know of a search they ask a `Paper` object (paper.py).
"""

from __future__ import annotations

import copy
import difflib
import functools
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import jsonschema
import yaml

SCHEMAS = Path(__file__).parent.parent / "schemas"
# The compiled loader is ten times as fast, where it is installed.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ConfigurationError(ValueError):
    """The configuration cannot be used; the message names file, key and mend, line by line."""


# --------------------------------------------------------------------------- reading and checking


def read_yaml(path: str | Path) -> dict:
    """A YAML file as a dictionary; ConfigurationError if it is missing or not YAML."""
    try:
        content = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=_LOADER)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file; check the name or restore it") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = " ".join(str(error).split())
        raise ConfigurationError(f"{path}: not valid YAML ({problem}); mend the syntax") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path}: holds no keys; write `key: value` lines")
    return content


@functools.cache
def read_schema(name: str) -> dict:
    """The schema workflow/schemas/<name>.schema.yaml, with the $defs of those it `includes`."""
    schema = read_yaml(SCHEMAS / f"{name}.schema.yaml")
    for other in schema.pop("includes", ()):
        schema["$defs"] = {**schema.get("$defs", {}), **read_schema(other)["$defs"]}
    return schema


def check_schema(content: dict, schema: str, file: str | Path) -> None:
    """Check `content` against workflow/schemas/<schema>.schema.yaml and fill in the defaults."""
    definition = read_schema(schema)
    validator = jsonschema.Draft202012Validator(definition)
    problems = [
        line for error in validator.iter_errors(content) for line in describe(error, file)
    ]
    problems += [
        f"{file}: {key}: {value} is not a finite number; give one"
        for key, value in _numbers(content)
        if not math.isfinite(value)
    ]
    if problems:
        raise ConfigurationError("\n".join(problems))
    _fill_defaults(content, definition, definition)


def _numbers(content: object, path: tuple = ()) -> Iterator[tuple[str, float]]:
    """All numbers of nested mappings and lists, with their keys."""
    if isinstance(content, float):
        yield _key(path), content
    elif isinstance(content, (Mapping, list)):
        parts = content.items() if isinstance(content, Mapping) else enumerate(content)
        for name, value in parts:
            yield from _numbers(value, (*path, name))


def describe(error: jsonschema.ValidationError, file: str | Path) -> Iterator[str]:
    """One line for each problem behind a validation error: file, key, problem, mend."""
    where = _key(error.absolute_path)
    if error.context:  # of the alternatives, tell the one that came closest
        yield from describe(max(error.context, key=lambda inner: len(inner.absolute_path)), file)
        return
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", {}))
        for name in sorted(set(error.instance) - set(known)):
            close = difflib.get_close_matches(name, known, n=1)
            mend = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(known)}"
            yield f"{file}: {_join(where, name)}: unknown key; {mend}"
    elif error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                yield f"{file}: {_join(where, name)}: missing; add it"
    else:
        description = error.schema.get("description", "")
        mend = f"expected {_expectation(error)}" + (f" ({description})" if description else "")
        yield f"{file}: {where or 'top level'}: {error.instance!r} is not allowed; {mend}"


def _expectation(error: jsonschema.ValidationError) -> str:
    wanted = error.validator_value
    words = {
        "type": f"a value of type {wanted}",
        "minimum": f"a number >= {wanted}",
        "maximum": f"a number <= {wanted}",
        "exclusiveMinimum": f"a number > {wanted}",
        "exclusiveMaximum": f"a number < {wanted}",
        "enum": f"one of {wanted}",
        "const": f"{wanted!r}",
        "minItems": f"at least {wanted} entries",
        "uniqueItems": "no entry twice",
    }
    return words.get(error.validator, f"what the schema says ({error.message})")


def _fill_defaults(content: dict, schema: Mapping, root: Mapping) -> None:
    """Put the schema's defaults where keys are missing, at every depth of objects."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    for key, part in schema.get("properties", {}).items():
        if key not in content and "default" in part:
            content[key] = copy.deepcopy(part["default"])
        for value in _mappings(content.get(key)):
            _fill_defaults(value, part.get("items", part), root)
    other = schema.get("additionalProperties")
    if isinstance(other, dict):
        for value in _mappings(list(content.values())):
            _fill_defaults(value, other, root)


def _mappings(content: object) -> list[dict]:
    """`content` itself, or its entries, as far as they are mappings."""
    entries = content if isinstance(content, list) else [content]
    return [entry for entry in entries if isinstance(entry, dict)]


def _key(path) -> str:
    key = ""
    for part in path:
        key = f"{key}[{part}]" if isinstance(part, int) else _join(key, part)
    return key


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else str(name)


def overlaid(settings: Mapping, overlay: Mapping, file: str | Path, where: str = "") -> dict:
    """`settings` with the values of `overlay`; a leaf {value: ...} takes a bare new value.

    A list of cuts takes a mapping from the names of cuts to new values of their parameters.

    Raises ConfigurationError for a key that `settings` does not have: an overlay changes values,
    it never adds any.
    """
    result = copy.deepcopy(dict(settings))
    for name, new in overlay.items():
        key = _join(where, name)
        if name not in result:
            close = difflib.get_close_matches(str(name), [str(k) for k in result], n=1)
            mend = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(result)}"
            raise ConfigurationError(f"{file}: {key}: an overlay cannot add a key; {mend}")
        old = result[name]
        if isinstance(old, Mapping) and "value" in old and not isinstance(new, Mapping):
            result[name]["value"] = new
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            result[name] = overlaid(old, new, file, key)
        elif isinstance(old, list) and isinstance(new, Mapping):
            cuts = overlaid({cut["cut"]: cut for cut in old}, new, file, key)
            result[name] = [cuts[cut["cut"]] for cut in old]
        else:
            result[name] = copy.deepcopy(new)
    return result


def nested(dotted_key: str, value: object) -> dict:
    """{"a": {"b": value}} of "a.b"."""
    for part in reversed(dotted_key.split(".")):
        value = {part: value}
    return value
