"""What the definitions of keys cannot say of any search: names that must exist, and overlays.

Every check yields lines that name the key and the fix; a search's file with any is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lnvsearch.detector.parameters import known_names
from lnvsearch.detector.parameters import problems as problems_of_response
from searches import publication
from searches.configuration import ConfigurationError, check_overlay, overlaid, raise_if_any

if TYPE_CHECKING:
    from searches.definitions import SearchKeys
    from searches.search import Paper


def of_every_search(paper: Paper, data: str) -> Iterator[str]:
    """Names of the file and of its samples, the variations, and what is published.

    `data`: the name of the user's own events.
    """
    keys = paper.definition
    if keys.paper != paper.name:
        yield f"paper: {keys.paper!r} is not the file's name; write {paper.name}"
    if data in keys.samples:
        yield f"samples.{data}: the name of the user's own events; rename it"
    companion = paper.companion_file()
    if companion is not None and not Path(companion).exists():
        yield f"companion: {companion}: no such file; name a search with published numbers"
    elif companion == paper.published_file():
        yield f"companion: {paper.name!r} is the search itself; name another, or leave it out"
    for name, entry in keys.channels.items():
        if len(paper.published) and getattr(entry.limit, "efficiency", 0) is None:
            yield (
                f"channels.{name}.limit.efficiency: missing; add it, or name it under `entered` of its "
                f"number in {paper.published_file()}"
            )
    for name, entry in keys.variations.items():
        where = f"variations.{name}"
        for sample in entry.samples:
            yield from unknown(f"{where}.samples", sample, keys.samples)
        if entry.compared and "compared" not in paper.contents.COMPARISON.settings:
            yield f"{where}.compared: the comparison of this search does not use it; remove it"
        for section in ("generation", "samples"):
            if section in (entry.paper or {}) and entry.stage != "generation":
                yield f"{where}.stage: {entry.stage!r}, but `{section}` changes; write generation"
        if entry.by_weights and not paper.weighs_decays:
            yield f"{where}.by_weights: this search has no such weights; remove it"
        try:
            varied = varied_keys(paper, where, entry.paper or {}, entry.detector or {})
        except ConfigurationError as error:
            yield from str(error).splitlines()
        else:
            yield from paper.problems_of_variation(where, entry, varied)
    for name, display in keys.event_displays.items():
        yield from unknown(f"event_displays.{name}.sample", display.sample, paper.samples)
    yield from publication.check(paper)


def of_overlay(paper: Paper, where: str, settings: Mapping, detector: Mapping) -> Iterator[str]:
    """An overlay must change existing keys, to values that the definitions allow."""
    try:
        varied_keys(paper, where, settings, detector)
    except ConfigurationError as error:
        yield from str(error).splitlines()


def varied_keys(paper: Paper, where: str, settings: Mapping, detector: Mapping) -> SearchKeys:
    """The search's file under an overlay, whose key is `where`.  Raises ConfigurationError."""
    varied = check_overlay(paper.definition, paper.settings, settings, where)
    if detector:
        response = overlaid(paper.detector, detector, where)
        raise_if_any(where, problems_of_response(paper.response, response, sourced=True))
    return varied


def unknown(key: str, name: str, known: Collection[str]) -> Iterator[str]:
    """A name that leads nowhere."""
    if name not in known:
        yield f"{key}: {name!r} does not exist; give one of {known_names(name, known)}"
