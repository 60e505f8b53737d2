"""Files that the workflow reads back: what cannot be read is named, with the fix."""

import numpy as np
import pytest

from lnvsearch.event_files import EventFileError, join_tree_files, read_tree, tree_file
from lnvsearch.experiments.besiii.steps.scan_cut import scan_cut
from lnvsearch.experiments.na62.candidate_files import read_candidates, read_generated
from lnvsearch.files import read_json
from lnvsearch.tables import read_csv

AGAIN = "delete it and run the workflow again|make or copy it again"


@pytest.fixture
def selected(tmp_path):
    path = tmp_path / "selected.root"
    rng = np.random.default_rng(1)
    with tree_file(path) as write:
        for _ in range(3):
            write("Candidates", {"mass_gev": rng.random(2000), "chi_square": rng.random(2000)})
    return path


def test_columns_come_back_as_they_were_written(selected):
    columns = read_tree(selected, "Candidates")
    assert set(columns) == {"mass_gev", "chi_square"} and len(columns["mass_gev"]) == 6000
    assert set(read_tree(selected, "Candidates", ["mass_gev"])) == {"mass_gev"}


@pytest.mark.parametrize("share", [0.99, 0.9, 0.5, 0.05, 0.0])
def test_a_cut_file_is_named(selected, share):
    whole = selected.read_bytes()
    selected.write_bytes(whole[: int(share * len(whole))])
    for read in (
        lambda: read_tree(selected, "Candidates"),
        lambda: read_candidates(selected, "a", "b"),
        lambda: read_generated(selected),
        lambda: join_tree_files([selected], selected.with_name("joined.root")),
        lambda: scan_cut({"signal": selected}, {}),
    ):
        with pytest.raises(EventFileError, match=rf"selected\.root: not a whole ROOT file.*({AGAIN})"):
            read()


def test_a_missing_tree_or_column_is_named(selected):
    with pytest.raises(EventFileError, match=rf"selected\.root: no tree Weighted .*Candidates.*({AGAIN})"):
        read_tree(selected, "Weighted")
    with pytest.raises(EventFileError, match=rf"tree Candidates has no weight; ({AGAIN})"):
        read_tree(selected, "Candidates", ["mass_gev", "weight"])


def test_a_damaged_basket_is_named(selected):
    content = bytearray(selected.read_bytes())
    for start in range(2000, 20_000, 500):
        content[start : start + 100] = bytes(100)
    selected.write_bytes(content)
    with pytest.raises(EventFileError, match=rf"selected\.root: .*({AGAIN})"):
        read_tree(selected, "Candidates")


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"\xff\xfe", b"x,y\n1\n"])
def test_texts_that_are_not_whole_are_named(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.json: not (a whole JSON file .*|UTF-8 text; .*)run again"):
        read_json(path)


def test_a_table_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"x,y\n1,\xff\n")
    with pytest.raises(ValueError, match=r"a\.csv: not UTF-8 text; .*run again, or copy it again"):
        read_csv(path)
