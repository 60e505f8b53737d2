"""Files appear whole or not at all."""

import errno
import os

import pytest

from lnvsearch.files import written_whole


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
