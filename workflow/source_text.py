"""What the text of one Python file says: which code it is, and what it imports.

Comments, docstrings and formatting do not count.  Reading a file costs milliseconds, and every job of
a cluster asks for hundreds: what was read is kept beside the workflow's own records.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple


class Import(NamedTuple):
    """`import module as alias` or `from module import wanted as alias`."""

    line: int
    #: With the dots of a relative import.
    module: str
    wanted: str | None
    alias: str | None


@dataclass
class Text:
    """What the text of one file says; nothing for a folder."""

    digest: bytes = b""
    imports: list[Import] = field(default_factory=list)
    #: Variable -> the attributes of attributes that are asked of it; () where it stands alone.
    uses: dict[str, set[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(set))
    #: What the module itself defines or imports at its top.
    names: set[str] = field(default_factory=set)
    #: Those at the top that lead from texts to texts.
    dictionaries: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Line and argument of each import_module: in the module's `__getattr__`, and elsewhere.
    served: list[tuple[int, str]] = field(default_factory=list)
    choices: list[tuple[int, str]] = field(default_factory=list)


def read_source(path: Path) -> Text:
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
        self.text = Text()
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
                found = Import(node.lineno, alias.name, None, alias.asname)
            else:
                module = "." * node.level + (node.module or "")
                found = Import(node.lineno, module, alias.name, alias.asname)
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


class KeptTexts:
    """Texts by file, read again where a file has changed; kept in a JSON file if that can be written.

    A file has changed if its size or its time has, to the nanosecond.
    """

    def __init__(self, kept: Path):
        self._kept = kept
        self._entries: dict[str, list] = {}
        self._has_new = False
        version = _version()
        with contextlib.suppress(OSError, ValueError):
            content = json.loads(kept.read_text(encoding="utf-8"))
            if content.get("version") == version:
                self._entries = content["files"]
        self._version = version

    def read(self, path: Path) -> Text:
        """The text of a file.  Raises SyntaxError, with file and line."""
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns]
        entry = self._entries.get(str(path))
        if entry is None or entry[0] != stamp:
            self._entries[str(path)] = entry = [stamp, _to_json(read_source(path))]
            self._has_new = True
        return _from_json(entry[1])

    def save(self) -> None:
        """Keep what was read, whole or not at all."""
        if not self._has_new:
            return
        temporary = self._kept.with_name(f".{self._kept.name}.{os.getpid()}.part")
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps({"version": self._version, "files": self._entries}))
            temporary.replace(self._kept)


def _version() -> str:
    """Of this reader: what another one wrote is read anew."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]


def _to_json(text: Text) -> dict:
    return {
        **vars(text),
        "digest": text.digest.hex(),
        "names": sorted(text.names),
        "uses": {name: sorted(map(list, uses)) for name, uses in text.uses.items()},
    }


def _from_json(content: dict) -> Text:
    uses = {name: {tuple(use) for use in found} for name, found in content["uses"].items()}
    return Text(**{
        **content,
        "digest": bytes.fromhex(content["digest"]),
        "imports": [Import(*entry) for entry in content["imports"]],
        "uses": defaultdict(set, uses),
        "names": set(content["names"]),
        "served": [tuple(entry) for entry in content["served"]],
        "choices": [tuple(entry) for entry in content["choices"]],
    })
