"""Files of settings: read, and laid over one another.  What keys mean, `configuration` knows.

Jobs that read an overlay import this alone: the definitions of all keys cost them a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from lnvsearch.detector.parameters import fix_of_unknown, join
from lnvsearch.nesting import NestedTooDeeplyError, check_nesting


class ConfigurationError(ValueError):
    """The configuration cannot be used; the message names file, key and fix, line by line."""


def raise_if_any(file: str | Path, problems: Iterable[str]) -> None:
    """Raise a ConfigurationError if there is any line `key: problem; fix`."""
    if lines := [f"{file}: {line}" for line in problems]:
        raise ConfigurationError("\n".join(lines))


# The compiled parser is ten times as fast, where it is installed.
class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML in which nothing holds itself."""

    def __init__(self, text: str):
        super().__init__(text)
        self.deep_construct = True  # refuses what holds itself


def _wrong_keys(node: yaml.Node | None, where: str, seen: set[int]) -> Iterator[str]:
    """Keys of a YAML file that are no text, or stand twice in one mapping."""
    if id(node) in seen:  # again, by `*name`
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for i, entry in enumerate(node.value):
            yield from _wrong_keys(entry, f"{where}[{i}]", seen)
    lines: dict[str, int] = {}
    for name, content in node.value if isinstance(node, yaml.MappingNode) else ():
        line, key = name.start_mark.line + 1, join(where, name.value)
        is_merge = name.tag == "tag:yaml.org,2002:merge"
        if not is_merge and name.tag != "tag:yaml.org,2002:str":
            yield (
                f"{key}: line {line}: YAML takes this key for something else than text; write it in "
                "quotes, or another name"
            )
        elif name.value in lines:
            yield f"{key}: given twice, in lines {lines[name.value]} and {line}; keep one"
        lines[str(name.value)] = line
        yield from _wrong_keys(content, where if is_merge else key, seen)


def read_yaml(path: str | Path) -> dict:
    """A YAML file as a dictionary; ConfigurationError if it is missing or not YAML."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        check_nesting(text, _Loader)
        loader = _Loader(text)
        try:
            tree = loader.get_single_node()
            problems = list(_wrong_keys(tree, "", set()))
            content = tree and loader.construct_document(tree)
        finally:
            loader.dispose()
    except OSError as error:
        raise ConfigurationError(
            f"{path}: no such file or not readable ({error.strerror}); check the name or restore it"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except NestedTooDeeplyError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    except Exception as error:  # noqa: BLE001 - explicit tags raise whatever their texts lead to
        problem = " ".join(str(error).replace('in "<unicode string>", ', "in ").split())
        raise ConfigurationError(f"{path}: not valid YAML ({problem}); fix the syntax") from None
    raise_if_any(path, problems)
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path}: holds no keys; write `key: value` lines")
    return content


def overlaid(settings: Mapping, overlay: Mapping, file: str | Path, where: str = "") -> dict:
    """`settings` with the values of `overlay`; a leaf {value: ...} takes a bare new value.

    A list of cuts takes a mapping from the names of cuts to new values of their parameters.  What
    the overlay leaves alone is shared with `settings`, not copied.

    Raises ConfigurationError for a key that `settings` does not have: an overlay changes values,
    it never adds any.
    """
    result = dict(settings)
    for name, new in overlay.items():
        key = join(where, name)
        if name not in result:
            raise ConfigurationError(
                f"{file}: {key}: an overlay cannot add a key; {fix_of_unknown(name, result)}"
            )
        old = result[name]
        if isinstance(new, Mapping) and _are_cuts(old):
            cuts = overlaid({cut["cut"]: cut for cut in old}, new, file, key)
            result[name] = list(cuts.values())
        elif isinstance(new, Mapping) and isinstance(old, Mapping):
            result[name] = overlaid(old, new, file, key)
        elif isinstance(old, Mapping) and "value" in old:
            result[name] = {**old, "value": new}
        else:
            result[name] = new
    return result


def _are_cuts(content: object) -> bool:
    return isinstance(content, list) and all(
        isinstance(entry, Mapping) and "cut" in entry for entry in content
    )
