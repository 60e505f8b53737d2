"""What the definitions of keys cannot say of a kaon search: names that must exist, overlays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from lnvsearch.experiments.na62.selection.measured_maps import measured_correction
from searches.checks import unknown
from searches.configuration import overlaid, raise_if_any
from searches.na62 import recast
from searches.search import NOMINAL
from searches.wanted import problems_of_places

if TYPE_CHECKING:
    from searches.definitions import Variation
    from searches.na62.definitions import Choice, KaonKeys
    from searches.na62.search import KaonSearch

#: What names of samples begin with, by role: tables and figures tell them apart by it.
_PREFIXES = {"signal": "signal_", "normalisation": "norm_", "background": "bkg_"}


def check_meaning(paper: KaonSearch) -> None:
    """All checks of a search; raises ConfigurationError with every problem found."""
    keys = paper.definition
    problems = [
        *_names(keys),
        *_check_displays(keys),
        *_check_identification(paper),
        *recast.problems(keys),
        *paper.problems(),
        *_check_published(paper),
    ]
    raise_if_any(paper.file, problems)


def _names(keys: KaonKeys) -> Iterator[str]:
    """Names that lead nowhere, of sections that name others."""
    yield from _check_channels(keys)
    yield from _check_samples(keys)
    yield from _check_normalisations(keys)
    yield from _check_names(keys)


def check_varied_names(paper: KaonSearch, where: str, varied: KaonKeys) -> Iterator[str]:
    """What a variation names must be there, too."""
    told = set(_names(paper.definition))
    yield from (f"{where}.paper.{line}" for line in _names(varied) if line not in told)


def _check_displays(keys: KaonKeys) -> Iterator[str]:
    """Events are drawn from selections that their samples go through."""
    for name, display in keys.event_displays.items():
        if (sample := keys.samples.get(display.sample)) is None:
            continue
        trees = [
            f"{channel}_{selection}"
            for channel in sample.channels if channel in keys.channels
            for selection in keys.channels[channel].selections
            if sample.selections is None or selection in sample.selections
        ]  # fmt: skip
        yield from unknown(f"event_displays.{name}.tree", display.tree, trees)


def _check_channels(keys: KaonKeys) -> Iterator[str]:
    for channel, entry in keys.channels.items():
        where = f"channels.{channel}"
        yield from unknown(f"{where}.normalisation", entry.normalisation, keys.normalisation)
        wanted = {"sample": f"signal_{channel}", "selection": "lnv", "region": "signal"}
        yield from _check_choice(f"{where}.signal", entry.signal, channel, wanted, keys)
        for sample in entry.background_systematic.samples:
            yield from unknown(f"{where}.background_systematic.samples", sample, keys.samples)
        for name, selection in entry.selections.items():
            for chain in selection.trigger:
                key = f"{where}.selections.{name}.trigger"
                yield from unknown(key, chain, keys.trigger.chains)
        for process, name in entry.data_driven.items():
            key = f"{where}.data_driven.{process}"
            yield from unknown(key, f"bkg_{process}", keys.samples)
            yield from unknown(key, name, entry.selections)
            if name in entry.selections and entry.selections[name].identified_as is None:
                yield f"{key}: the selection {name} has no identified_as; give it one"


def _check_choice(
    where: str, choice: Choice, channel: str, wanted: Mapping[str, str], keys: KaonKeys
) -> Iterator[str]:
    """A sample that goes through a selection of the channel, and a region of that selection.

    `wanted`: names by which tables, figures and the comparison find their numbers.
    """
    known: dict[str, Collection[str]] = {"sample": keys.samples}
    if channel in keys.channels:
        known["selection"] = keys.channels[channel].selections
        selection = known["selection"].get(wanted["selection"])
        if selection is not None:
            known["region"] = selection.regions
    for key, names in known.items():
        name = getattr(choice, key)
        must_be = wanted.get(key, name)
        if name != must_be:
            add = "" if must_be in names else f", and call a {key} so"
            yield f"{where}.{key}: {name!r} must be called {must_be!r}; write {must_be}{add}"
        elif key in wanted and name not in names:
            yield f"{where}.{key}: no {key} is called {name!r}; give one this name"
        else:
            yield from unknown(f"{where}.{key}", name, names)


def _check_samples(keys: KaonKeys) -> Iterator[str]:
    for name, entry in keys.samples.items():
        for channel in entry.channels:
            yield from unknown(f"samples.{name}.channels", channel, keys.channels)
        known = [
            selection
            for channel in entry.channels if channel in keys.channels
            for selection in keys.channels[channel].selections
        ]  # fmt: skip
        for selection in entry.selections or ():
            yield from unknown(f"samples.{name}.selections", selection, known)
        regions = {
            (channel, selection): one.regions
            for channel in entry.channels if channel in keys.channels
            for selection, one in keys.channels[channel].selections.items()
            if entry.selections is None or selection in entry.selections
        }  # fmt: skip
        wanted = [one.model_dump() for one in entry.wanted_uncertainty or ()]
        yield from problems_of_places(f"samples.{name}.wanted_uncertainty", wanted, regions)


def _check_normalisations(keys: KaonKeys) -> Iterator[str]:
    for name, entry in keys.normalisation.items():
        yield from unknown(f"normalisation.{name}.channel", entry.channel, keys.channels)
        wanted = {"selection": "sm", "region": "normalisation"}
        yield from _check_choice(f"normalisation.{name}", entry, entry.channel, wanted, keys)


def check_varied_samples(paper: KaonSearch, where: str, entry: Variation) -> Iterator[str]:
    """A sample is simulated anew for the variations that change it."""
    varied = overlaid(paper.settings, entry.paper or {}, where)["samples"]
    for sample, of_sample in varied.items():
        if of_sample != paper.settings["samples"].get(sample) and sample not in entry.samples:
            yield f"{where}.samples: without {sample}, which the variation changes; add it"


def _check_names(keys: KaonKeys) -> Iterator[str]:
    """Names by which the comparison finds a decay's numbers."""
    for name, entry in keys.samples.items():
        prefix = _PREFIXES.get(entry.role, "")
        if not name.startswith(prefix):
            yield f"samples.{name}: a {entry.role} sample's name begins with {prefix}; rename it"


def _check_identification(paper: KaonSearch) -> Iterator[str]:
    """Windows of E/p for all that the selections need, and maps of the user's own that exist."""
    keys = paper.definition
    own = keys.identification.file
    if own is not None and not (paper.root / own).is_file():
        yield f"identification.file: {paper.root / own}: no such file; give its path, or remove the key"
    yield from _check_measured(paper)
    kinds = {
        kind
        for entry in keys.channels.values()
        for selection in entry.selections.values()
        for kind in selection.identification
    }
    windows = keys.identification.energy_over_momentum
    for name in ("pion_maximum_muon_search", "muon_maximum"):
        if "muon" in kinds and getattr(windows, name) is None:
            yield (
                f"identification.energy_over_momentum.{name}: missing; a selection identifies muons: "
                "add it"
            )


def _has_measured(identification: object) -> bool:
    return isinstance(identification, Mapping) and "measured" in identification


def _check_measured(paper: KaonSearch) -> Iterator[str]:
    """Measured maps, and the keys that variations choose, are in their files."""
    varied = [
        name
        for name, entry in paper.settings["variations"].items()
        if _has_measured((entry.get("paper") or {}).get("identification"))
    ]
    for variation in (NOMINAL, *varied):
        where = "" if variation == NOMINAL else f"variations.{variation}.paper."
        for name, entry in paper.measured_maps(variation).items():
            parts = {part: value for part, value in entry.items() if part != "file"}
            try:
                measured_correction(name, paper.root / entry["file"], **parts)
            except ValueError as error:
                yield f"{where}identification.measured.{name}: {error}"


def _check_published(paper: KaonSearch) -> Iterator[str]:
    """The published numbers are of the search's channels."""
    for channel in paper.published.channels():
        key = f"{paper.published_file()}: channel"
        yield from unknown(key, channel, [*paper.channels, "all"])
