"""All that a configuration asks for: what the workflow plans with, and what `lnvsearch check-config` checks.

Whatever is refused of a configuration is refused here, so that both refuse the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakemake.utils import update_config

from searches.combined import combinations_of
from searches.configuration import read_config, read_yaml
from searches.interpretation import mixings_of
from searches.load import load_papers
from searches.search import Paper

__all__ = ["Plan", "plan", "read_knobs"]


@dataclass(frozen=True)
class Plan:
    """Searches, combinations and limits on mixing, by name."""

    papers: dict[str, Paper]
    combinations: dict[str, dict]
    mixings: dict[str, dict[str, Any]]


def read_knobs(files: Iterable[str | Path]) -> dict:
    """The first of the files of a user's knobs, with what the others change.  Raises ConfigurationError."""
    names = list(files)
    config = read_config(names)
    for file in names[1:]:
        update_config(config, read_yaml(file))
    return config


def plan(config: dict, root: str | Path, files: str) -> Plan:
    """Check `config`, filling in its defaults, and all files that it leads to.

    `files`: the names of the files that `config` was read from, for messages.  Raises ConfigurationError.
    """
    papers = load_papers(config, root, files)
    return Plan(papers, combinations_of(config, papers, files), mixings_of(config, papers, files))
