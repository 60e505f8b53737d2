"""Files appear whole or not at all; what is no text is not read to its end."""

import errno
import io
import os
import re
from pathlib import Path

import pytest

import lnvsearch
from lnvsearch.files import NotUtf8Error, read_json, read_text, text_of, written_whole
from lnvsearch.generation.cocktail import load_cocktail
from lnvsearch.publication.published import read_published
from lnvsearch.publication.reasons import read_reasons
from lnvsearch.tables import read_csv


def test_a_file_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "folder" / "a.csv"
    with written_whole(target) as temporary:
        temporary.write_text("x")
        assert not target.exists() and temporary.suffix == ".csv"
    assert target.read_text() == "x"
    assert [path.name for path in target.parent.iterdir()] == ["a.csv"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a.csv"
    target.write_text("old")
    with pytest.raises(RuntimeError), written_whole(target) as temporary:
        temporary.write_text("new")
        raise RuntimeError
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_full_disk_names_the_file_and_the_fix(tmp_path):
    target = tmp_path / "a.csv"
    with pytest.raises(OSError, match=r"No space left.*free some and run again.*a\.csv"):
        with written_whole(target):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_not_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.root")
    with pytest.raises(OSError, match=r"a device or a pipe; give the name of a file.*pipe\.root"):
        with written_whole(tmp_path / "pipe.root"):
            pass
    assert (tmp_path / "pipe.root").is_fifo()


class Endless(io.StringIO):
    """A device that gives the same letters again and again, but not for ever."""

    def __init__(self, letters):
        super().__init__()
        self.letters, self.n_read = letters, 0

    def read(self, size=-1):
        assert 0 < size and self.n_read < 10_000_000, "read to an end that is not there"
        self.n_read += size
        return (self.letters * size)[:size]


@pytest.mark.parametrize(("letters", "words"), [
    ("\0", "it is no text, but holds a NUL byte"), ("0\n\0", "NUL byte"), ("1,", "a line of more than 1000000 letters"),
])  # fmt: skip
def test_what_has_no_end_is_no_text(letters, words):
    with pytest.raises(ValueError, match=words):
        text_of(Endless(letters))


#: What reads texts by itself: the package's own, the workflow's records, the system's, and packed ones.
READS_ITSELF = {"checksum_records.py", "files.py", "kernel_cache.py", "computing_budget.py", "interpretation/decay_files.py"}


def test_every_text_that_somebody_gives_is_read_here():
    """So each says what to do with one in another encoding."""
    package = Path(lnvsearch.__file__).parent
    reading = re.compile(r"\.read_text\(|\bopen\([^\n]*encoding=")
    found = {
        path.relative_to(package).as_posix() for path in package.rglob("*.py")
        if any(reading.search(line) and '"w"' not in line for line in path.read_text("utf-8").splitlines())
    }  # fmt: skip
    assert found == READS_ITSELF


@pytest.mark.parametrize("read", [read_text, read_json, read_csv, read_published, read_reasons, load_cocktail])
def test_a_text_in_another_encoding_is_named_with_the_fix(read, tmp_path):
    (tmp_path / "a.csv").write_bytes("é\n".encode("latin-1"))
    with pytest.raises(NotUtf8Error, match="not UTF-8 text; (save it as UTF-8|delete it and run again)"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_long_text_of_lines_is_read_as_it_is(tmp_path, end):
    text = ("µ" * 999_999 + end) + 3 * ("1,2" + end) + "x" * 1_000_000
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_text(tmp_path / "a.csv", newline="") == text
    with pytest.raises(ValueError, match="a line of more than 1000000 letters"):
        text_of(io.StringIO(text + "x", newline=""))
    with pytest.raises(ValueError, match="a line of more than 999999 letters"):
        text_of(io.StringIO("1" + text, newline=""), 999_999)
