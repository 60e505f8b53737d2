"""Files that are written whole or not at all, and texts and JSON files read."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

__all__ = [
    "NotUtf8Error", "check_no_device", "open_text", "packed", "read_json", "read_text", "text_of", "written_whole",
    "zipped",
]

#: Letters of a text that are read together.
_PIECE = 262_144
#: Letters of the longest line of a text that somebody wrote.
LONGEST_LINE = 1_000_000
#: What to do with a file of another encoding that somebody wrote, and with one that the workflow made.
SAVE, MAKE_AGAIN = "save it as UTF-8", "delete it and run again, or copy it again"


def _nothing() -> None:
    """Whoever writes may."""


#: Asked before a written file gets its name; does not return if it may not be written any more.
before_renaming: Callable[[], None] = _nothing


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; rename it to `path` if the block ends well.

    A reader therefore sees the old file, or the new one, and never half of either.  If the block
    raises, what it wrote is removed and `path` stays as it was.  Missing folders are made.
    An OSError for want of space, or beyond a limit on the size of a file, names `path`; so does one
    for a device or a pipe, which must not be replaced by a file.

    >>> with written_whole("table.csv") as temporary:       # doctest: +SKIP
    ...     temporary.write_text("mass_gev,limit\\n")
    """
    target = Path(path)
    check_no_device(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    # The suffix is kept: some writers (matplotlib) choose the format by it.
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")
    try:
        yield temporary
        before_renaming()
        os.replace(temporary, target)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise OSError(error.errno, f"{error.strerror}; free some and run again", str(target)) from error
    finally:
        temporary.unlink(missing_ok=True)


def check_no_device(path: str | Path) -> None:
    """Raise OSError if a path to write to is there and is a device, a pipe or a socket."""
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise OSError(errno.EINVAL, "a device or a pipe; give the name of a file", str(path))


class NotUtf8Error(ValueError):
    """Of a file of other bytes than UTF-8's, as a spreadsheet, a picture or a text in Latin-1."""

    def __init__(self, place: str = "it is ", fix: str = SAVE) -> None:
        super().__init__(f"{place}not UTF-8 text; {fix}")


@contextmanager
def open_text(path: str | Path, fix: str = SAVE) -> Iterator[TextIO]:
    """A text (UTF-8, with or without a BOM) to read, with the ends of lines that it has.

    Raises OSError, or NotUtf8Error, which names the file and the fix.
    """
    with open(path, newline="", encoding="utf-8-sig") as stream:
        try:
            yield stream
        except UnicodeDecodeError as error:
            raise NotUtf8Error(f"{path}: ", fix) from error


def read_text(path: str | Path, longest_line: int = LONGEST_LINE, newline: str | None = None) -> str:
    """A file's text (UTF-8, with or without a BOM); OSError, or ValueError as of `text_of`."""
    with open(path, encoding="utf-8-sig", newline=newline) as stream:
        return text_of(stream, longest_line)


def text_of(stream: TextIO, longest_line: int = LONGEST_LINE) -> str:
    """All of a stream's text.  Raises NotUtf8Error, or ValueError at the first NUL byte or line of more letters
    than `longest_line`, as devices without an end have them: what is no text is not read to its end."""
    pieces: list[str] = []
    open_line = 0
    while piece := _next_piece(stream):
        if "\0" in piece:
            raise ValueError("it is no text, but holds a NUL byte; give a text file")
        first = min((at for end in "\n\r" if (at := piece.find(end)) >= 0), default=len(piece))
        if open_line + first > longest_line:
            raise ValueError(f"it has a line of more than {longest_line} letters; give a text of lines")
        last = max(piece.rfind("\n"), piece.rfind("\r"))
        open_line = len(piece) - last - 1 + (open_line if last < 0 else 0)
        pieces.append(piece)
    return "".join(pieces)


def _next_piece(stream: TextIO) -> str:
    try:
        return stream.read(_PIECE)
    except UnicodeDecodeError as error:
        raise NotUtf8Error from error


def read_json(path: str | Path) -> Any:
    """What a JSON file holds.  Raises ValueError, naming file and fix, for one that is not whole."""
    from lnvsearch.nesting import json_of

    with open_text(path, MAKE_AGAIN) as stream:
        text = stream.read()
    try:
        return json_of(text)
    except ValueError as error:
        raise ValueError(f"{path}: not a whole JSON file ({error}); {MAKE_AGAIN}") from error


def packed(folder: str | Path, archive: str | Path) -> None:
    """Write a folder's files as `archive`, a .tar.gz that depends on names and contents alone.

    Written whole or not at all.
    """
    import gzip
    import tarfile

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        member.mode = 0o644
        return member

    with written_whole(archive) as temporary, open(temporary, "wb") as stream:
        with gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as packing:
            with tarfile.open(fileobj=packing, mode="w") as files:
                for path in sorted(Path(folder).rglob("*")):
                    if path.is_file():
                        files.add(path, path.relative_to(folder).as_posix(), filter=plain)


def zipped(members: Mapping[str, str | Path], archive: str | Path) -> None:
    """Write `archive`, a .zip of texts and files by name, that depends on names and contents alone."""
    import zipfile

    with written_whole(archive) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as packing:
        for name, content in sorted(members.items()):
            data = content.encode() if isinstance(content, str) else content.read_bytes()
            packing.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
