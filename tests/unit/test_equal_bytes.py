"""Equal contents are equal bytes, whenever, by whichever process and under whatever name they are written."""

import time

import numpy as np
import pytest
import uproot
from same_results import assert_same_file

from lnvsearch import equal_bytes
from lnvsearch.event_files import read_tree, tree_file


def write(path, seed):
    generator = np.random.default_rng(seed)
    with tree_file(path) as add:
        for _ in range(2):
            masses = generator.normal(size=2_000)
            add("Events", {"mass_gev": masses, "charge": np.sign(masses).astype(np.int8)})
            add("shifted/Events", {"mass_gev": masses})
        add.write_text("metadata", "{}")
    return path


def test_neither_time_nor_name_is_in_a_file_and_content_is(tmp_path):
    one = write(tmp_path / "one.root", 1)
    time.sleep(1.1)  # times in a ROOT file are whole seconds
    assert_same_file(write(tmp_path / "a_longer_name.root", 1), one)
    assert write(tmp_path / "other.root", 2).read_bytes() != one.read_bytes()
    # Uproot keeps what it has read by identifier: it is another one, and all that is read is of its file.
    masses, identifiers = [], set()
    for name in ("one", "a_longer_name", "other"):
        with uproot.open(tmp_path / f"{name}.root") as file:
            identifiers.add(file.file.uuid)
            assert file.file.uuid.bytes in (tmp_path / f"{name}.root").read_bytes()
        masses.append(read_tree(tmp_path / f"{name}.root", "shifted/Events")["mass_gev"].sum())
    assert len(identifiers) == 2
    assert masses[0] == masses[1] != masses[2]
    assert equal_bytes.PLACEHOLDER not in identifiers
    assert equal_bytes.PLACEHOLDER.bytes not in one.read_bytes()


@pytest.mark.parametrize("block", [1 << 20, 17, 16, 1])
def test_places_across_the_edges_of_blocks(tmp_path, monkeypatch, block):
    monkeypatch.setattr(equal_bytes, "_BLOCK", block)
    what = bytes(range(1, 17))
    path = tmp_path / "file"
    path.write_bytes(b"0" * 30 + what + b"0" * 3 + what + what + what[:7])
    with open(path, "rb") as stream:
        assert equal_bytes._places(stream, what) == [30, 49, 65]


def test_uproot_s_clock_is_back_afterwards(tmp_path):
    from uproot.writing import _cascade

    before = _cascade.datetime
    write(tmp_path / "one.root", 1)
    assert _cascade.datetime is before
