"""Which search belongs to which experiment: the only place that knows them all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from searches.besiii.search import ColliderSearch
from searches.configuration import ConfigurationError, check_schema, read_yaml
from searches.na62.search import KaonSearch
from searches.search import Paper

#: Name of a detector -> the searches with it.
EXPERIMENTS = {"besiii": ColliderSearch, "na62": KaonSearch}


def load_papers(config: dict, root: str | Path, files: str) -> dict[str, Paper]:
    """Check `config` (filling in its defaults) and load every search that it names.

    `files`: the names of the files that `config` was read from, for messages.
    """
    check_schema(config, "config", files)
    papers = {}
    for name in config["papers"]:
        file = Path(root) / "config" / "papers" / f"{name}.yaml"
        if not file.exists():
            known = ", ".join(sorted(path.stem for path in file.parent.glob("*.yaml")))
            raise ConfigurationError(
                f"{files}: papers: no search {name!r} ({file}: no such file); known: {known}"
            )
        detector = read_yaml(file).get("detector")
        if detector not in EXPERIMENTS:
            raise ConfigurationError(
                f"{file}: detector: {detector!r} is not known; give one of {', '.join(EXPERIMENTS)}"
            )
        papers[name] = EXPERIMENTS[detector](name, config, Path(root), files)
    _check_variations(config, Path(root), files)
    _check_data(config, Path(root), files)
    return papers


def _check_variations(config: Mapping, root: Path, files: str) -> None:
    """Variations that the user asks for must be those of a search, whether it runs or not."""
    if config["variations"] == "all":
        return
    searches = [read_yaml(path) for path in sorted((root / "config" / "papers").glob("*.yaml"))]
    known = sorted({name for search in searches for name in search.get("variations", {})})
    for name in config["variations"]:
        if name not in known:
            raise ConfigurationError(
                f"{files}: variations: no search has a variation {name!r}; give `all` or some of "
                f"{', '.join(known)}"
            )


def _check_data(config: Mapping, root: Path, files: str) -> None:
    """Data must be those of a search, whether it runs or not."""
    known = sorted(path.stem for path in (root / "config" / "papers").glob("*.yaml"))
    for name in config["data"]:
        if name not in known:
            raise ConfigurationError(
                f"{files}: data.{name}: no such search; give one of {', '.join(known)}"
            )
