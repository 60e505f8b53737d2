"""Commands on a user's files of events, whose experiment is known by a branch."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

__all__ = ["telling_branches"]


def telling_branches(function: str) -> dict[str, str]:
    """Experiment -> the branch that only its files of events have, of those that serve a `function`.

    `function`: one beyond the interface, as `draw_event`; such an experiment serves `TELLING_BRANCH`, too.
    """
    import lnvsearch.experiments

    names = sorted(one.name for one in iter_modules(lnvsearch.experiments.__path__) if one.ispkg)
    packages = {name: import_module(f"lnvsearch.experiments.{name}") for name in names}
    return {
        name: package.TELLING_BRANCH for name, package in packages.items()
        if function in getattr(package, "__all__", ())
    }  # fmt: skip
