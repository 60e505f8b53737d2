"""Experiments: each folder is one detector with its events, its selection and its samples.

An experiment knows the layers (generation, reconstruction, selection, statistics, publication); it
knows no other experiment and no paper.  All have the same face (`interface`).
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

__all__ = ["telling_branches"]


def telling_branches(function: str) -> dict[str, str]:
    """Experiment -> the branch that only its files of events have, of those that serve a `function`.

    `function`: one beyond the interface, as `draw_event`; such an experiment serves `TELLING_BRANCH`, too.
    """
    names = sorted(one.name for one in iter_modules(__path__) if one.ispkg)
    packages = {name: import_module(f"{__name__}.{name}") for name in names}
    return {
        name: package.TELLING_BRANCH for name, package in packages.items()
        if function in getattr(package, "__all__", ())
    }  # fmt: skip
