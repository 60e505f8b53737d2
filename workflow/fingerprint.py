"""Which code a result depends on: all that the script of its rule imports, directly or not.

The fingerprint of that code is a parameter of every rule, so an edit runs again what it reaches and
nothing else.  Files are read, never run.  Imports count wherever they stand, in functions too, but
not under `if TYPE_CHECKING`; comments, docstrings and formatting do not count.

A package whose `__getattr__` loads modules on first use is followed to the module that has the
imported name only.  What it loads must be written as `import_module(f"{__name__}.{_HOME[name]}")`,
with `_HOME` a dictionary from names to modules, `f"{__name__}.{name}"` or `f"{__name__}.module"`.

Anywhere else `import_module(f"package.{name}")` is a choice at run time: the rule says what its job
will load, and a script that gets there without being told is refused.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from source_text import Import, KeptTexts, Text


class UnknownCodeError(Exception):
    """What a script loads cannot be told from its text."""


class ProjectCode:
    """The modules in some folders and which of them reach which, as the files are when asked.

    `kept`: a file that keeps what was read of them from one run to the next.
    """

    def __init__(self, *folders: Path, kept: Path = Path(os.devnull)):
        self._folders = folders
        self._kept = KeptTexts(kept)
        self._texts: dict[str, Text] = {}
        self._imports: dict[str, set[str]] = {}
        self._fingerprints: dict[tuple[str, ...], str] = {}

    def keep(self) -> None:
        """Keep what was read of files for the next time, in the file `kept`."""
        self._kept.save()

    def fingerprint(self, script: str, *loaded: str) -> str:
        """Of the code that `script` reaches, and of what its job loads by name.

        `script` is the script's name without `.py`, `loaded` the full names of modules (with all
        that they load on first use) or of single names in them.  Raises UnknownCodeError, with
        file and line, for an import that leads nowhere or cannot be told.
        """
        key = (script, *loaded)
        if key not in self._fingerprints:
            digest = hashlib.sha256()
            for module in sorted(self.reached(script, *loaded)):
                digest.update(module.encode() + b"\0" + self._text(module).digest)
            self._fingerprints[key] = digest.hexdigest()[:16]
        return self._fingerprints[key]

    def reached(self, script: str, *loaded: str) -> dict[str, Path]:
        """The modules behind `fingerprint`, each with its file.  Raises UnknownCodeError."""
        where = f"the code of {script}"
        named = {module for name in loaded for module in self._loaded(name, where)}
        waiting = self._module(script, where) | named
        found: set[str] = set()
        while waiting:
            module = waiting.pop()
            found.add(module)
            self._check_choices(module, named)
            waiting |= self._imports_of(module) - found
        places = {module: self._places[module] for module in found}
        return {module: place for module, place in places.items() if place.suffix == ".py"}

    def _imports_of(self, module: str) -> set[str]:
        """The modules that a module imports itself, with the packages they lie in."""
        if module not in self._imports:
            place = self._places[module]
            text = self._text(module)
            found: set[str] = set()
            for statement in text.imports:
                where = f"{place}:{statement.line}"
                name = self._absolute(statement.module, module, where)
                if name.split(".")[0] in self._places:  # Else it is not of this project.
                    found |= self._imported(name, statement, text, where)
            for line, pattern in text.choices:
                name = pattern.replace("{__name__}", module)
                if "{" not in name and name.split(".")[0] in self._places:
                    found |= self._loaded(name, f"{place}:{line}")
            self._imports[module] = found
        return self._imports[module]

    def _imported(self, name: str, statement: Import, text: Text, where: str) -> set[str]:
        """What an import of module `name` leads to, by itself and by its use in the file."""
        found = self._module(name, where)
        if statement.wanted is None:
            bound = name if statement.alias else name.split(".")[0]
        else:
            bound = f"{name}.{statement.wanted}"
            having = self._having(name, statement.wanted)
            if not having:
                raise UnknownCodeError(f"{where}: {name} has no {statement.wanted}")
            found |= having
        if bound in found:
            # Never used here: imported for other files, which may ask for anything it has.
            for attributes in text.uses.get(statement.alias or bound.split(".")[-1], [()]):
                found |= self._attribute(bound, attributes)
        return found

    def _module(self, name: str, where: str) -> set[str]:
        """A module and the packages it lies in."""
        parts = name.split(".")
        modules = [".".join(parts[: end + 1]) for end in range(len(parts))]
        for module in modules:
            if module not in self._places:
                raise UnknownCodeError(f"{where}: there is no module {module}")
        return set(modules)

    def _having(self, module: str, name: str) -> set[str]:
        """The modules that `name` of a module may come from; none if it has no such name."""
        text = self._text(module)
        if name in text.names or not self._is_package(module):
            found = {module}
        else:
            found = set()
            for served, target in self._served(module):
                has = name in self._text(target).names
                is_module = self._is_package(target) or target == f"{module}.{name}"
                if name == served and not has and not is_module:
                    raise UnknownCodeError(
                        f"{self._places[target]}: no {name}, which {module} says it has; write it, or "
                        f"name its module in {self._places[module]}"
                    )
                if name == served or served is None and has:
                    found |= self._module(target, module)
            if not found and "__getattr__" in text.names and not text.served:
                found = {module}
        if f"{module}.{name}" in self._places:
            found |= {module, f"{module}.{name}"}
        return found

    def _served(self, module: str) -> Iterator[tuple[str | None, str]]:
        """Names that a package loads on first use, with the module of each (None: all it has)."""
        place = self._places[module]
        text = self._text(module)
        for line, pattern in text.served:
            target = pattern.replace("{__name__}", module)
            choice = re.search(r"\{(\w+)(\[\w+\])?\}", target)
            if "{" not in target:
                pairs = [(None, target)]
            elif choice and choice[2] and choice[1] in text.dictionaries:
                homes = text.dictionaries[choice[1]].items()
                pairs = [(name, target.replace(choice[0], home)) for name, home in homes]
            elif choice and not choice[2] and target == f"{module}.{choice[0]}":
                below = [name for name in self._places if name.rpartition(".")[0] == module]
                pairs = [(name.rpartition(".")[2], name) for name in below]
            else:
                raise UnknownCodeError(f"{place}:{line}: what {pattern!r} loads is unclear")
            for name, found in pairs:
                self._module(found, f"{place}:{line}")
                yield name, found

    def _attribute(self, module: str, attributes: tuple[str, ...]) -> set[str]:
        """What `module.attribute.attribute` reaches; `module` by itself, all that it loads."""
        if not attributes:
            return {part for _, target in self._served(module) for part in self._module(target, "")}
        found = self._having(module, attributes[0])  # Empty: another variable of this name.
        if (below := f"{module}.{attributes[0]}") in found:
            found |= self._attribute(below, attributes[1:])
        return found

    def _loaded(self, name: str, where: str) -> set[str]:
        """What a job loads by name: a module with all it loads on first use, or a name in one."""
        package, _, last = name.rpartition(".")
        if name in self._places:
            return self._module(name, where) | self._attribute(name, ())
        if package not in self._places or not self._having(package, last):
            raise UnknownCodeError(f"{where}: there is no module {name}")
        return self._module(package, where) | self._having(package, last)

    def _check_choices(self, module: str, named: set[str]) -> None:
        """Refuse a choice at run time between modules of which the rule names none."""
        for line, pattern in self._text(module).choices:
            parts = re.split(r"\{.*?\}", pattern.replace("{__name__}", module))
            package, dot, _ = parts[0].partition(".")
            chosen = re.compile(r"[\w.]+".join(re.escape(part) for part in parts))
            if len(parts) == 1 or dot and package not in self._places:
                continue  # One module, or not of this project.
            if not dot or not any(chosen.fullmatch(name) for name in named):
                raise UnknownCodeError(
                    f"{self._places[module]}:{line}: what import_module loads is chosen at run time"
                    f" ({pattern}); let it begin with a package, and name the module that the job"
                    " loads in the rule's parameter `code`, after the script"
                )

    def _absolute(self, name: str, module: str, where: str) -> str:
        """The full name of a module that `module` imports, relatively or not."""
        relative = name.lstrip(".")
        level = len(name) - len(relative)
        if level == 0:
            return name
        package = module.split(".")
        package = package[: len(package) + self._is_package(module) - level]
        if not package:
            raise UnknownCodeError(f"{where}: {name} leads out of its package")
        return ".".join([*package, relative] if relative else package)

    def _is_package(self, module: str) -> bool:
        place = self._places[module]
        return place.suffix != ".py" or place.name == "__init__.py"

    @functools.cached_property
    def _places(self) -> dict[str, Path]:
        """Module -> its file; package without `__init__.py` -> its folder."""
        files: dict[str, Path] = {}
        folders: dict[str, Path] = {}
        for top in self._folders:
            for path in top.rglob("*.py"):
                *inside, name = path.relative_to(top).with_suffix("").parts
                files.setdefault(".".join(inside if name == "__init__" else [*inside, name]), path)
                for number in range(len(inside)):
                    package = inside[: number + 1]
                    folders.setdefault(".".join(package), top.joinpath(*package))
        return folders | files

    def _text(self, module: str) -> Text:
        """What the file of a module says; an empty text for a folder."""
        if module not in self._texts:
            place = self._places[module]
            self._texts[module] = self._kept.read(place) if place.suffix == ".py" else Text()
        return self._texts[module]
