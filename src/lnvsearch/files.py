"""Files that are written whole or not at all, and JSON files read."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["packed", "read_json", "written_whole", "zipped"]


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; rename it to `path` if the block ends well.

    A reader therefore sees the old file, or the new one, and never half of either.  If the block
    raises, what it wrote is removed and `path` stays as it was.  Missing folders are made.
    An OSError for want of space, or beyond a limit on the size of a file, names `path`.

    >>> with written_whole("table.csv") as temporary:       # doctest: +SKIP
    ...     temporary.write_text("mass_gev,limit\\n")
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # The suffix is kept: some writers (matplotlib) choose the format by it.
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")
    try:
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise OSError(error.errno, f"{error.strerror}; free some and run again", str(target)) from error
    finally:
        temporary.unlink(missing_ok=True)


def read_json(path: str | Path) -> Any:
    """What a JSON file holds.  Raises ValueError, naming file and fix, for one that is not whole."""
    import json

    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"{path}: not a whole JSON file ({error}); delete it and run again, or copy it again"
        ) from error


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
