"""YAML and JSON texts whose lists and mappings are not nested so deeply that reading them ends the program.

The readers call themselves for every level: libyaml's until the stack is full, which ends the process without a
word, Python's until a RecursionError.
"""

from __future__ import annotations

from typing import Any

__all__ = ["NestedTooDeeplyError", "check_nesting", "json_of", "yaml_of"]

#: Levels of the deepest file that somebody writes, with room: configurations have ten.
_MOST = 100


class NestedTooDeeplyError(ValueError):
    """Of a text with too many lists or mappings within one another; the message has the fix."""

    def __init__(self, where: str = "") -> None:
        super().__init__(
            f"{where}more than {_MOST} lists or mappings are within one another; close brackets, or write it flat"
        )


def check_nesting(text: str, loader: Any) -> None:
    """Raise NestedTooDeeplyError, with the line, before the YAML loader builds what is nested too deeply.

    What is no YAML passes: the loader says it better.
    """
    import yaml

    depth = 0
    try:
        for event in yaml.parse(text, loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > _MOST:
                    raise NestedTooDeeplyError(f"line {event.start_mark.line + 1}: ")
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        pass


def yaml_of(text: str) -> Any:
    """What a YAML text holds; NestedTooDeeplyError, or yaml.YAMLError.

    >>> yaml_of("mass_gev: 0.3")
    {'mass_gev': 0.3}
    """
    import yaml

    check_nesting(text, yaml.SafeLoader)
    return yaml.safe_load(text)


def json_of(text: str | bytes) -> Any:
    """What a JSON text holds; NestedTooDeeplyError, or ValueError as of `json.loads`.

    >>> json_of('{"channels": []}')
    {'channels': []}
    """
    import json

    try:
        content = json.loads(text)
    except RecursionError as error:
        raise NestedTooDeeplyError from error
    level, depth = [content], 0
    while level := [part for one in level for part in _parts(one) if isinstance(part, (dict, list))]:
        depth += 1
        if depth >= _MOST:
            raise NestedTooDeeplyError
    return content


def _parts(content: Any) -> Any:
    if isinstance(content, dict):
        return content.values()
    return content if isinstance(content, list) else ()
