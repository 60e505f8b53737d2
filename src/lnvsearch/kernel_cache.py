"""Where numba keeps compiled kernels: a folder for each version of a module and of all that it imports.

Numba sees that a kernel's own file has changed, but not a file with a kernel or a constant that it
uses, and would go on with the old code.  Here the folder's name holds a stamp of the texts of a
module and of all modules of the package that it imports at its top, directly or not (a compiled
kernel can reach no others).  An edit therefore compiles anew what uses it, and nothing else.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import gc
import os
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numba
from numba.core import config
from numba.core.caching import InTreeCacheLocator
from numba.misc.appdirs import AppDirs

__all__ = ["KernelFolder", "compile_once", "is_compiled", "modules_reached"]

_PACKAGE = Path(__file__).resolve().parent  # numba names files by their links, if there are any
_IMPORT = re.compile(r"^(?:from ([\w.]+) import (\([^)]*\)|[^(\n]*)|import ([^\n]*))", re.MULTILINE)


class KernelFolder(InTreeCacheLocator):
    """Numba's locator of the compiled kernels in one file of this package.

    They are kept in `__pycache__/kernels` of the package, in NUMBA_CACHE_DIR where the user gives
    it, and in the user's own cache where neither can be written.
    """

    def __init__(self, py_func, py_file):
        super().__init__(py_func, py_file)
        path = Path(py_file).resolve().relative_to(_PACKAGE)
        self._cache_path = str(_base() / ".".join(path.with_suffix("").parts) / _stamp(path))

    @classmethod
    def from_function(cls, py_func, py_file):
        """None for a function of another package."""
        if not Path(py_file).resolve().is_relative_to(_PACKAGE):
            return None
        return super().from_function(py_func, py_file)


def is_compiled(module: str) -> bool:
    """Whether `compile_once` has been here, for this type of processor and this text of `module`."""
    return _mark(module).exists()


def compile_once(module: str, compile_all: Callable[[], None], say: Callable[[str], None]) -> None:
    """Call `compile_all` if no process has done so for this type of processor; others wait for it.

    `module`: the dotted name, inside this package, of what reaches all the kernels, such as an
    experiment; `say` gets a line if there is something to wait for.  Raises OSError where the folder
    cannot be written.
    """
    mark = _mark(module)
    if mark.exists():
        return
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"{mark.parent}: compiled kernels cannot be kept there ({error.strerror}); set NUMBA_CACHE_DIR to "
            "a folder that can be written"
        ) from error
    with open(mark.with_suffix(".lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another job that compiles kernels for {_processor()[0]}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists():
            say(f"compiling kernels for {_processor()[0]}: some minutes, once")
            with _garbage_collected_rarely():
                compile_all()
            mark.touch()


@contextlib.contextmanager
def _garbage_collected_rarely() -> Iterator[None]:
    """A compiler keeps nearly all that it makes: looking through it takes an eighth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 10, 4)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _mark(module: str) -> Path:
    name, features = _processor()
    processor = f"{name}-{zlib.crc32(features.encode()):08x}"
    stamp = _stamp(*_files(f"{_PACKAGE.name}.{module}"))
    return _base() / "compiled" / f"{module}-{stamp}-{processor}-numba-{numba.__version__}.mark"


def _processor() -> tuple[str, str]:
    """Name and features, by which numba tells compiled code apart."""
    from llvmlite import binding

    return binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()


def _base() -> Path:
    if config.CACHE_DIR:
        return Path(config.CACHE_DIR)
    if os.access(_PACKAGE, os.W_OK):
        return _PACKAGE / "__pycache__" / "kernels"
    return Path(AppDirs(appname=_PACKAGE.name, appauthor=False).user_cache_dir) / "kernels"


@functools.cache
def _stamp(*paths: Path) -> str:
    stamp = 0
    for reached in sorted(set().union(*map(modules_reached, paths))):
        stamp = zlib.crc32(f"{reached}\0{_text(reached)}".encode(), stamp)
    return f"{stamp:08x}"


def modules_reached(path: Path) -> set[Path]:
    """Files of the package that the file `path` imports at its top, directly or not, and itself.

    Paths are relative to the package's folder.  Of a package that loads its modules on first use,
    all modules count.
    """
    reached: set[Path] = set()
    open_paths = {path}
    while open_paths:
        reached |= open_paths
        open_paths = set().union(*map(_imported, open_paths)) - reached
    return reached


@functools.cache
def _imported(path: Path) -> frozenset[Path]:
    found: set[Path] = set()
    for module, names, modules in _IMPORT.findall(_text(path)):
        for name in modules.split(","):
            found |= _files(name.split(" as ")[0].strip())
        for name in re.sub(r"#.*", "", names).strip("()").split(","):
            found |= _files(module, name.split(" as ")[0].strip())
    return frozenset(found)


def _files(module: str, name: str = "") -> set[Path]:
    """Of `import module`, or of `from module import name`."""
    package, _, inside = module.partition(".")
    if package != _PACKAGE.name:
        return set()
    folder = Path(*inside.split("."))
    candidates = {folder / f"{name}.py", folder / name / "__init__.py"} if name else set()
    found = {path for path in candidates if (_PACKAGE / path).is_file()}
    if found:
        return found
    if (_PACKAGE / folder.with_suffix(".py")).is_file() and inside:
        return {folder.with_suffix(".py")}
    start = folder / "__init__.py"
    if "__getattr__" not in _text(start):
        return {start}
    return {path.relative_to(_PACKAGE) for path in (_PACKAGE / folder).glob("*.py")}


@functools.cache
def _text(path: Path) -> str:
    return (_PACKAGE / path).read_text(encoding="utf-8")
