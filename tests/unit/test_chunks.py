"""Chunks of a sample: the same ones, however many parts it is cut into."""

from hypothesis import given
from hypothesis import strategies as st

from lnvsearch.chunks import chunks_of_part


@given(st.integers(1, 10**9), st.integers(1, 10**6), st.integers(1, 12))
def test_parts_have_the_chunks_of_the_whole(n_events, least, n_parts):
    largest = max(least, n_events // 500)
    whole = list(chunks_of_part(n_events, largest))
    parts = [c for i in range(n_parts) for c in chunks_of_part(n_events, largest, (i, n_parts))]
    assert parts == whole
    assert sum(number for _, number in whole) == n_events
    assert [first for first, _ in whole[1:]] == [first + number for first, number in whole[:-1]]
    assert max(number for _, number in whole) <= largest


def test_a_small_sample_can_be_cut_too():
    assert len(list(chunks_of_part(2000, 200_000))) == 4
    assert list(chunks_of_part(2, 10)) == [(0, 1), (1, 1)]
