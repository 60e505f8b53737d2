"""Candidates chunk by chunk into trees, and back."""

import numpy as np
import pytest
import uproot

from lnvsearch.experiments.na62.candidate_files import (
    candidate_file,
    read_candidates,
    read_generated,
)


def test_chunks_follow_one_another_in_a_tree(tmp_path):
    path = tmp_path / "candidates.root"
    with candidate_file(path) as write:
        for first in (0, 3):
            write("piee_lnv", {"event_number": np.arange(first, first + 3), "weight": np.ones(3)})
        write("piee_sm", {"weight": np.empty(0)})
        write("Generated", {"sum_weight": np.array([5.0]), "sum_squared_weight": np.array([6.0])})
    assert read_candidates(path, "piee", "lnv")["event_number"].tolist() == [0, 1, 2, 3, 4, 5]
    assert list(read_candidates(path, "piee", "lnv", ["weight"])) == ["weight"]
    assert len(read_candidates(path, "piee", "sm")["weight"]) == 0
    assert read_candidates(path, "piee", "inverted") is None
    assert read_generated(path) == {"sum_weight": 5.0, "sum_squared_weight": 6.0}


def test_an_interrupted_file_is_not_there(tmp_path):
    path = tmp_path / "candidates.root"
    with pytest.raises(RuntimeError), candidate_file(path) as write:
        write("piee_lnv", {"weight": np.ones(3)})
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_few_candidates_a_chunk_are_written_together(tmp_path):
    path = tmp_path / "candidates.root"
    with candidate_file(path) as write:
        for first in range(0, 25_000, 500):
            write("piee_lnv", {"event_number": np.arange(first, first + 500)})
    assert np.array_equal(read_candidates(path, "piee", "lnv")["event_number"], np.arange(25_000))
    with uproot.open(path) as file:
        assert file["piee_lnv"]["event_number"].num_baskets == 3
