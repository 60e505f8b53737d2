"""Versions of what is not the project's own, and may change a number: Python and packages."""

from __future__ import annotations

import platform
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_PROJECT = Path(__file__).parents[1] / "pyproject.toml"
#: They start jobs, read settings or draw: no number comes from them.
_NO_NUMBERS = frozenset({"snakemake", "matplotlib", "mplhep", "pydantic", "pyyaml", "rich"})


def versions() -> dict[str, str]:
    """Name -> version of Python and of all packages that the project's numbers depend on."""
    project = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["simulation"]]
    left = [Requirement(line) for line in declared]
    found = {"python": platform.python_version()}
    while left:
        name = canonicalize_name(left.pop().name)
        if name in found or name in _NO_NUMBERS:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:  # for another version of Python, or another system
            continue
        found[name] = package.version
        further = [Requirement(line) for line in package.requires or ()]
        left += [p for p in further if p.marker is None or p.marker.evaluate({"extra": ""})]
    return dict(sorted(found.items()))
