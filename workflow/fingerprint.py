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

import ast
import functools
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple


class UnknownCodeError(Exception):
    """What a script loads cannot be told from its text."""


class ProjectCode:
    """The modules in some folders and which of them reach which, as the files are when asked."""

    def __init__(self, *folders: Path):
        self._folders = folders
        self._texts: dict[str, _Text] = {}
        self._imports: dict[str, set[str]] = {}
        self._fingerprints: dict[tuple[str, ...], str] = {}

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
                if "{" not in name:
                    found |= self._loaded(name, f"{place}:{line}")
            self._imports[module] = found
        return self._imports[module]

    def _imported(self, name: str, statement: _Import, text: _Text, where: str) -> set[str]:
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
                if name == served or served is None and name in self._text(target).names:
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

    def _text(self, module: str) -> _Text:
        """What the file of a module says; an empty text for a folder."""
        if module not in self._texts:
            place = self._places[module]
            self._texts[module] = _read(place) if place.suffix == ".py" else _Text()
        return self._texts[module]


class _Import(NamedTuple):
    """`import module as alias` or `from module import wanted as alias`."""

    line: int
    #: With the dots of a relative import.
    module: str
    wanted: str | None
    alias: str | None


@dataclass
class _Text:
    """What the text of one file says; nothing for a folder."""

    digest: bytes = b""
    imports: list[_Import] = field(default_factory=list)
    #: Variable -> the attributes of attributes that are asked of it; () where it stands alone.
    uses: dict[str, set[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(set))
    #: What the module itself defines or imports at its top.
    names: set[str] = field(default_factory=set)
    #: Those at the top that lead from texts to texts.
    dictionaries: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Line and argument of each import_module: in the module's `__getattr__`, and elsewhere.
    served: list[tuple[int, str]] = field(default_factory=list)
    choices: list[tuple[int, str]] = field(default_factory=list)


def _read(path: Path) -> _Text:
    """Raises SyntaxError, with file and line."""
    reader = _Reader()
    tree = ast.parse(path.read_bytes(), str(path))
    reader.walk(tree)
    text = reader.text
    text.digest = hashlib.sha256("\0".join(reader.written).encode()).digest()
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            variable = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            pairs = list(zip(node.value.keys, node.value.values, strict=True))
            if all(isinstance(part, ast.Constant) for pair in pairs for part in pair):
                homes = {str(key.value): str(value.value) for key, value in pairs}
                text.dictionaries[ast.unparse(variable)] = homes
    return text


#: Fields of a node that say nothing more, or nothing at run time.
_DO_NOT_COUNT = {"ctx", "kind", "type_comment", "type_ignores"}


class _Reader:
    """One walk over a syntax tree, which writes down what counts and notes what is imported."""

    def __init__(self):
        self.text = _Text()
        self.written: list[str] = []
        self._loaders = {"import_module", "__import__"}
        self._scopes: list[str] = []

    def walk(self, node: ast.AST) -> None:
        """Write a node and all below it, the same whatever the version of Python."""
        special = self._SPECIAL.get(type(node))
        if special and special(self, node):
            return
        self._write(node)

    def _write(self, node: ast.AST) -> None:
        write = self.written.append
        write(type(node).__name__)
        for name in node._fields:
            value = getattr(node, name, None)
            if value is None or value == [] or name in _DO_NOT_COUNT:
                continue
            write(name)
            for item in value if type(value) is list else (value,):
                if isinstance(item, ast.AST):
                    self.walk(item)
                else:
                    write(repr(item))
        write(")")

    def _expression(self, node: ast.Expr) -> bool:
        """A text that stands alone is a docstring: it does not count."""
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

    def _if(self, node: ast.If) -> bool:
        """What only a type checker reads does not count."""
        test = node.test
        name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
        if name != "TYPE_CHECKING":
            return False
        for statement in node.orelse:
            self.walk(statement)
        return True

    def _import(self, node: ast.Import | ast.ImportFrom) -> bool:
        for alias in node.names:
            here = alias.asname or alias.name.split(".")[0]
            if isinstance(node, ast.Import):
                found = _Import(node.lineno, alias.name, None, alias.asname)
            else:
                module = "." * node.level + (node.module or "")
                found = _Import(node.lineno, module, alias.name, alias.asname)
                if (module, alias.name) == ("importlib", "import_module"):
                    self._loaders.add(here)
            self.text.imports.append(found)
            if not self._scopes:
                self.text.names.add(here)
        return False

    def _scope(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
        if not self._scopes:
            self.text.names.add(node.name)
        self._scopes.append(node.name)
        self._write(node)
        self._scopes.pop()
        return True

    def _name(self, node: ast.Name) -> bool:
        if isinstance(node.ctx, ast.Load):
            self.text.uses[node.id].add(())
        elif not self._scopes:
            self.text.names.add(node.id)
        return False

    def _attribute(self, node: ast.Attribute) -> bool:
        """`variable.attribute.attribute` is one use of the variable."""
        attributes: tuple[str, ...] = ()
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            attributes = (inner.attr, *attributes)
            inner = inner.value
        self.written += ["Attribute", repr(attributes)]
        if isinstance(inner, ast.Name):
            self.text.uses[inner.id].add(attributes)
            self.written.append(repr(inner.id))
        else:
            self.walk(inner)
        return True

    def _call(self, node: ast.Call) -> bool:
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name in self._loaders:
            at_first_use = self._scopes == ["__getattr__"]
            noted = self.text.served if at_first_use else self.text.choices
            noted.append((node.lineno, _argument(node)))
        return False

    _SPECIAL: ClassVar = {
        ast.Expr: _expression,
        ast.If: _if,
        ast.Import: _import,
        ast.ImportFrom: _import,
        ast.FunctionDef: _scope,
        ast.AsyncFunctionDef: _scope,
        ast.ClassDef: _scope,
        ast.Name: _name,
        ast.Attribute: _attribute,
        ast.Call: _call,
    }


def _argument(call: ast.Call) -> str:
    """The first argument as text, with the code of what is not constant in braces."""
    argument = call.args[0] if call.args else None
    pieces = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    text = ""
    for piece in pieces:
        if isinstance(piece, ast.Constant):
            text += str(piece.value)
        elif piece is not None:
            code = piece.value if isinstance(piece, ast.FormattedValue) else piece
            text += "{" + ast.unparse(code) + "}"
    return text
