"""Which search belongs to which experiment: the only place that knows them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from lnvsearch.detector.parameters import known_names
from lnvsearch.experiments.interface import ExperimentError, load_experiment
from searches.besiii.search import ColliderSearch
from searches.combined import check_channels, check_searches
from searches.configuration import (
    ConfigurationError,
    checked,
    fill_defaults,
    raise_if_any,
    read_yaml,
)
from searches.definitions import Config
from searches.na62.search import KaonSearch
from searches.search import Paper
from searches.shared import share_events

#: Name of a detector -> the searches with it.
EXPERIMENTS = {"besiii": ColliderSearch, "na62": KaonSearch}


def load_papers(config: dict, root: str | Path, files: str) -> dict[str, Paper]:
    """Check `config` (filling in its defaults) and load every search that it names.

    `files`: the names of the files that `config` was read from, for messages.
    """
    fill_defaults(config, checked(Config, config, files))
    folder = Path(root) / "config" / "papers"
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    problems = [
        f"papers: no search {name!r} ({folder / name}.yaml: no such file); known: {known_names(name, known)}"
        for name in config["papers"] if name not in known
    ] + [
        f"data.{name}: no such search; give one of {known_names(name, known)}"
        for name in config["data"] if name not in known
    ] + [
        f"data.{name}.file: {entry['file']}: no such file; give the path of your events, or null"
        for name, entry in config["data"].items()
        if name in config["papers"] and entry.get("file") and not Path(entry["file"]).is_file()
    ]  # fmt: skip
    problems += [
        f"data.{name}.off_resonance[{i}].file: {point['file']}: no such file; give the path of your events"
        for name, entry in config["data"].items() if name in config["papers"]
        for i, point in enumerate(entry.get("off_resonance", ())) if not Path(point["file"]).is_file()
    ]  # fmt: skip
    raise_if_any(files, problems)
    check_searches(config, known, files)
    papers = {}
    for name in config["papers"]:
        file = folder / f"{name}.yaml"
        content = read_yaml(file)
        detector = str(content.get("detector"))
        if detector not in EXPERIMENTS:
            fix = f"give one of {', '.join(EXPERIMENTS)}"
            raise ConfigurationError(f"{file}: detector: {detector!r} is not known; {fix}")
        papers[name] = EXPERIMENTS[detector](name, content, config, Path(root), files)
        try:
            load_experiment(papers[name].experiment)
        except ExperimentError as error:
            raise ConfigurationError(f"{file}: detector: {error}") from None
    check_channels(config, papers, folder, files)
    raise_if_any(files, _unknown_variations(config, papers, folder))
    raise_if_any(files, (
        f"data.{name}.open: the search has no masked region; write signal"
        for name, paper in papers.items() if paper.config["data"].get(name, {}).get("open") == "masked"
        and "masked" not in paper.closed_regions
    ))  # fmt: skip
    raise_if_any(files, _without_use(papers))
    share_events(papers.values())
    return papers


def _without_use(papers: Mapping[str, Paper]) -> Iterator[str]:
    """Numbers that normalise data of a search that counts parents, given to another."""
    for name, paper in papers.items():
        entry = paper.config["data"].get(name, {})
        for key in ("n_parents", "luminosity_per_pb", "off_resonance"):
            if entry.get(key) and key not in paper.data_keys:
                yield (
                    f"data.{name}.{key}: the search does not use it, or takes it from its normalisation "
                    "channel; remove it"
                )


def _unknown_variations(
    config: Mapping, papers: Mapping[str, Paper], folder: Path
) -> Iterator[str]:
    """Variations that the user asks for must be those of a search, whether it runs or not."""
    if config["variations"] == "all":
        return
    known = {name for paper in papers.values() for name in paper.settings["variations"]}
    if set(config["variations"]) - known:
        known.update(*(read_yaml(path).get("variations") or () for path in folder.glob("*.yaml")))
    for name in config["variations"]:
        if name not in known:
            fix = f"give `all` or some of {known_names(name, sorted(map(str, known)))}"
            yield f"variations: no search has a variation {name!r}; {fix}"
