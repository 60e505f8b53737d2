"""The variations of a search that change assumptions, and which numbers those are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from searches.search import Paper


def assumptions(paper: Paper) -> list[dict]:
    """Of every variation with `assumption`: its name, and the numbers that it changes.

    A number has the end of its key, `value`, `provenance` and what it is `varied_to`, as text; one
    that several selections have is named once.  Where it comes from the detector's file or a map of
    identification says; of others the variation does.
    """
    return [
        {
            "variation": name,
            "description": entry["description"],
            "numbers": _once(_numbers(paper, entry)),
        }
        for name, entry in paper.settings["variations"].items() if entry["assumption"]
    ]


def _once(numbers: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    return list({tuple(number.values()): number for number in numbers}.values())


def _numbers(paper: Paper, entry: Mapping) -> Iterator[dict[str, str]]:
    given = entry["provenance"]
    yield from _changes(paper.detector, entry.get("detector") or {}, given)
    yield from _changes(paper.settings, entry.get("paper") or {}, given)
    if not entry["calibrated"]:
        key = paper.settings["calibration"]["parameter"]
        section, name = key.split(".")
        yield _number(key, "calibrated", "calibrated", paper.detector[section][name]["value"])


def _changes(
    settings: Mapping, overlay: Mapping, provenance: str, where: str = ""
) -> Iterator[dict[str, str]]:
    """The numbers below some keys that an overlay changes, each with its key."""
    provenance = settings.get("provenance", provenance)
    for name, new in overlay.items():
        key, old = f"{where}{name}", settings[name]
        if isinstance(new, Mapping) and isinstance(old, list):
            old = {cut["cut"]: cut for cut in old}
        if isinstance(old, Mapping) and "value" in old:
            unit = "" if old["unit"] in ("", "1") else f" {old['unit']}"
            yield _number(key, f"{_text(old['value'])}{unit}", old["provenance"], new)
        elif isinstance(new, Mapping):
            yield from _changes(old, new, provenance, f"{key}.")
        else:
            yield _number(key, _text(old), provenance, new)


def _number(key: str, value: str, provenance: str, varied: object) -> dict[str, str]:
    name = ".".join(key.split(".")[-2:])
    return {"number": name, "value": value, "provenance": provenance, "varied_to": _text(varied)}


def _text(value: object) -> str:
    """A number, list or truth value as a search's file has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    return str(value)
