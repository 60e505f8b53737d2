"""What a schema cannot say of a kaon search: names that must exist, lower limits below upper ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import jsonschema

from searches import publication
from searches.configuration import ConfigurationError, check_schema, describe, overlaid, read_schema
from searches.search import DATA

if TYPE_CHECKING:
    from searches.na62.search import KaonSearch


def check_meaning(paper: KaonSearch) -> None:
    """All checks of a search; raises ConfigurationError with every problem found."""
    problems = [
        *_check_channels(paper),
        *_check_samples(paper),
        *_check_normalisations(paper),
        *_check_variations(paper),
        *_check_names(paper),
        *_check_identification(paper),
        *_check_closed_regions(paper),
        *publication.check(paper),
        *_check_published(paper),
    ]
    if problems:
        raise ConfigurationError("\n".join(f"{paper.file}: {line}" for line in problems))


#: What names of samples begin with, by role: tables and figures tell them apart by it.
_PREFIXES = {"signal": "signal_", "normalisation": "norm_", "background": "bkg_"}


#: Names of particles in those of identification maps.
_KINDS = {"pi": "pion", "mu": "muon", "e": "electron"}


def _unknown(key: str, name: str, known) -> Iterator[str]:
    if name not in known:
        yield f"{key}: {name!r} is not there; give one of {', '.join(known)}"


def _check_channels(paper: KaonSearch) -> Iterator[str]:
    for channel, entry in paper.channels.items():
        where = f"channels.{channel}"
        yield from _unknown(f"{where}.normalisation", entry["normalisation"],
                            paper.settings["normalisation"])
        yield from _check_choice(f"{where}.signal", entry["signal"], channel, paper)
        for sample in entry["background_systematic"]["samples"]:
            key = f"{where}.background_systematic.samples"
            yield from _unknown(key, sample, paper.settings["samples"])
        for name, selection in entry["selections"].items():
            yield from _check_selection(f"{where}.selections.{name}", selection, paper)
            yield from _check_inverted(f"{where}.selections.{name}", selection, paper)
        for process, name in entry["data_driven"].items():
            key = f"{where}.data_driven.{process}"
            yield from _unknown(key, f"bkg_{process}", paper.settings["samples"])
            yield from _unknown(key, name, entry["selections"])
            if "identified_as" not in entry["selections"].get(name, {"identified_as": ()}):
                yield f"{key}: the selection {name} has no identified_as; give it one"


def _check_choice(where: str, choice: Mapping, channel: str, paper: KaonSearch) -> Iterator[str]:
    """A sample that goes through a selection of the channel, and a region of that selection."""
    yield from _unknown(f"{where}.sample", choice["sample"], paper.settings["samples"])
    selections = paper.channels.get(channel, {}).get("selections", {})
    yield from _unknown(f"{where}.selection", choice["selection"], selections)
    if choice["selection"] in selections:
        regions = selections[choice["selection"]]["regions"]
        yield from _unknown(f"{where}.region", choice["region"], regions)


def _check_selection(where: str, selection: Mapping, paper: KaonSearch) -> Iterator[str]:
    definitions = read_schema("kaon_paper")["$defs"]["kaon_cuts"]
    known = [name for name in definitions if name != "description"]
    for i, cut in enumerate(selection["cuts"]):
        key = f"{where}.cuts[{i}]"
        if cut["cut"] not in known:
            yield f"{key}.cut: no cut {cut['cut']!r}; known cuts: {', '.join(known)}"
            continue
        validator = jsonschema.Draft202012Validator(definitions[cut["cut"]])
        for error in validator.iter_errors(cut):
            for line in describe(error, key):
                yield line.replace("]: ", "].", 1)
        for low in (name for name in cut if "minimum" in name):
            high = low.replace("minimum", "maximum")
            if high in cut and not cut[low] < cut[high]:
                yield (
                    f"{key}.{low}: {cut[low]} is not below {high} ({cut[high]}); "
                    "exchange them or mend one"
                )
    for chain in selection["trigger"]:
        yield from _unknown(f"{where}.trigger", chain, paper.settings["trigger"]["chains"])
    windows = [
        (f"{where}.regions.{name}", *window)
        for name, region in selection["regions"].items()
        for window in region
    ]
    spectrum = selection["spectrum"]
    windows.append((f"{where}.spectrum.low_gev", spectrum["low_gev"], spectrum["high_gev"]))
    for key, low, high in windows:
        if not low < high:
            yield f"{key}: {low} is not below {high}; exchange them or mend one"


def _check_inverted(where: str, selection: Mapping, paper: KaonSearch) -> Iterator[str]:
    """Inverted identification has the final state's charges, and a map for what it exchanges."""
    if "identified_as" not in selection:
        return
    key = f"{where}.identified_as"
    wanted = [name for name in selection["final_state"] if name != "pi0"]
    for one, other in zip(selection["identified_as"], wanted, strict=False):
        if one[-1] != other[-1]:
            yield f"{key}: {one} has not the charge of {other}; keep the final state's order"
        kinds = [_KINDS.get(name.rstrip("+-")) for name in (one, other)]
        if kinds[0] != kinds[1] and "_to_".join(map(str, kinds)) not in _maps(paper):
            yield f"{key}: no map says how often {one} is taken for {other}; exchange others"


def _maps(paper: KaonSearch) -> Mapping:
    return paper.settings["identification"]["maps"]


def _check_samples(paper: KaonSearch) -> Iterator[str]:
    for name, entry in paper.settings["samples"].items():
        for channel in entry["channels"]:
            yield from _unknown(f"samples.{name}.channels", channel, paper.channels)
        selections = [
            selection
            for channel in entry["channels"]
            for selection in paper.channels.get(channel, {}).get("selections", {})
        ]
        for selection in entry.get("selections", ()):
            yield from _unknown(f"samples.{name}.selections", selection, selections)


def _check_normalisations(paper: KaonSearch) -> Iterator[str]:
    for name, entry in paper.settings["normalisation"].items():
        yield from _unknown(f"normalisation.{name}.channel", entry["channel"], paper.channels)
        yield from _check_choice(f"normalisation.{name}", entry, entry["channel"], paper)


def _check_variations(paper: KaonSearch) -> Iterator[str]:
    """Every variation runs on existing samples and changes existing keys to allowed values."""
    for name, entry in paper.settings["variations"].items():
        where = f"variations.{name}"
        for sample in entry["samples"]:
            yield from _unknown(f"{where}.samples", sample, paper.settings["samples"])
        try:
            settings = overlaid(paper.settings, entry.get("paper", {}), where)
            check_schema(settings, "kaon_paper", where)
            detector = overlaid(paper.detector, entry.get("detector", {}), where)
            check_schema(detector, "na62_detector", where)
        except ConfigurationError as error:
            yield from str(error).splitlines()
            continue
        yield from _check_varied_samples(where, entry, settings["samples"], paper)


def _check_varied_samples(
    where: str, entry: Mapping, varied: Mapping, paper: KaonSearch
) -> Iterator[str]:
    """A sample is simulated anew for the variations that change it."""
    for sample, of_sample in varied.items():
        if of_sample == paper.settings["samples"][sample]:
            continue
        if entry["stage"] != "generation":
            yield f"{where}.stage: {entry['stage']!r}, but {sample} changes; write generation"
        if sample not in entry["samples"]:
            yield f"{where}.samples: without {sample}, which the variation changes; add it"


def _check_names(paper: KaonSearch) -> Iterator[str]:
    """Names by which tables, figures and the comparison find their numbers."""
    if paper.settings["paper"] != paper.name:
        yield f"paper: {paper.settings['paper']!r} is not the file's name; write {paper.name}"
    if DATA in paper.settings["samples"]:
        yield f"samples.{DATA}: the name of the user's own events; rename it"
    for name, entry in paper.settings["samples"].items():
        prefix = _PREFIXES.get(entry["role"], "")
        if not name.startswith(prefix):
            yield f"samples.{name}: a {entry['role']} sample's name begins with {prefix}; rename it"
    for channel, entry in paper.channels.items():
        wanted = {"sample": f"signal_{channel}", "selection": "lnv", "region": "signal"}
        yield from _other_names(f"channels.{channel}.signal", entry["signal"], wanted)
    for name, entry in paper.settings["normalisation"].items():
        wanted = {"selection": "sm", "region": "normalisation"}
        yield from _other_names(f"normalisation.{name}", entry, wanted)


def _other_names(where: str, entry: Mapping, wanted: Mapping[str, str]) -> Iterator[str]:
    for key, name in wanted.items():
        if entry[key] != name:
            yield f"{where}.{key}: {entry[key]!r} must be called {name!r}; rename it"


def _check_identification(paper: KaonSearch) -> Iterator[str]:
    """Windows of E/p by which a track is one kind only, and all that the selections need."""
    where = "identification.energy_over_momentum"
    windows = paper.settings["identification"]["energy_over_momentum"]
    low, high = windows["electron_minimum"], windows["electron_maximum"]
    if not low < high:
        yield f"{where}.electron_minimum: {low} is not below electron_maximum ({high}); mend one"
    for name in ("pion_maximum", "pion_maximum_muon_search"):
        if windows.get(name, 0.0) > low:
            yield (
                f"{where}.{name}: {windows[name]} is above electron_minimum ({low}): a track would "
                "be pion and electron; mend one"
            )
    kinds = {
        kind
        for entry in paper.channels.values()
        for selection in entry["selections"].values()
        for kind in selection["identification"]
    }
    for name in ("pion_maximum_muon_search", "muon_maximum"):
        if "muon" in kinds and name not in windows:
            yield f"{where}.{name}: missing; a selection identifies muons: add it"


def _check_closed_regions(paper: KaonSearch) -> Iterator[str]:
    """The masked region holds the signal's: both stay closed in data together."""
    for channel, entry in paper.channels.items():
        for name, selection in entry["selections"].items():
            regions = selection["regions"]
            masked = regions.get("masked", regions.get("signal", ()))
            for low, high in regions.get("signal", ()):
                if not any(begin <= low and high <= end for begin, end in masked):
                    yield (
                        f"channels.{channel}.selections.{name}.regions.masked: {masked} does not "
                        f"hold the signal region [{low}, {high}]; widen it"
                    )


def _check_published(paper: KaonSearch) -> Iterator[str]:
    """The published numbers are of the search's channels."""
    for channel in paper.published.channels():
        key = f"{paper.published_file()}: channel"
        yield from _unknown(key, channel, [*paper.channels, "all"])
