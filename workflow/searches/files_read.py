"""The files that a search's numbers depend on, other than results and the user's events.

Settings read theirs through `reads`; what jobs read is asked of the jobs and steps themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

from searches.definitions import NOMINAL

PROJECT = Path(__file__).resolve().parents[2]


class FilesRead:
    """The part of a search that knows the files which it and its jobs read."""

    @cached_property
    def _read(self) -> set[Path]:
        return set()

    def reads(self, file: str | Path) -> Path:
        """A file from which settings are read beside the search's own and the detector's: it is frozen with them."""
        path = Path(file)
        self._read.add(path)
        return path

    def resource(self, file: str) -> Path:
        """A file of `resources`: the user's copy if there is one, otherwise the project's."""
        own = self.root / "resources"
        return (own if own.is_dir() else PROJECT / "resources") / file

    def published_file(self) -> str:
        return str(self.resource(f"published/{self.name}/numbers.csv"))

    def reasons_file(self) -> str | None:
        """The file with reasons why numbers disagree, if there is one."""
        path = self.resource(f"published/{self.name}/reasons.csv")
        return str(path) if path.exists() else None

    def data_files(self) -> list[str]:
        """All files of the user's own events."""
        chosen = self.config["data"].get(self.name, {})
        own = [chosen.get("file"), *(entry["file"] for entry in chosen.get("off_resonance", ()))]
        return [file for file in own if file]

    def files_read(self) -> dict[str, Path]:
        """All of them, by their names within the project; of others the whole path."""
        for sample, job in self.jobs:
            self.number_of_events(sample, job)  # may read a file, and does so when it is asked
        own = {Path(entry) for entry in self.data_files()}
        jobs = {Path(entry) for entry in self._inputs() if not entry.startswith("results/")}
        return dict(sorted((self._name(path), path) for path in (self._read | jobs) - own))

    def _inputs(self) -> Iterator[str]:
        """What any job reads that leads to a limit, results too."""
        yield self.published_file()  # limits against mass
        for sample, job in self.jobs:
            yield from _flat(self.part_inputs(sample, job))
        for step, wildcards in itertools.product(self.steps.values(), self._wildcards()):
            yield from _flat(step.inputs(self, wildcards))

    def _wildcards(self) -> list[SimpleNamespace]:
        """All that jobs of steps may be called with."""
        values = {
            "channel": self.channels,
            "variation": (NOMINAL, *self.settings["variations"]),
            "normalisation": self.settings.get("normalisation", [""]),
            "decay": self.recast_decays or [""],
        }
        return [
            SimpleNamespace(**dict(zip(values, chosen, strict=True)))
            for chosen in itertools.product(*values.values())
        ]

    def _name(self, path: Path) -> str:
        whole = path.absolute()
        for folder in (Path(self.root).absolute(), PROJECT):
            if whole.is_relative_to(folder):
                return str(whole.relative_to(folder))
        return str(path)


def _flat(inputs: dict[str, str | Iterable[str]]) -> Iterator[str]:
    """Paths of the named inputs of a job: one each, or several."""
    for entry in inputs.values():
        yield from [entry] if isinstance(entry, str) else entry
