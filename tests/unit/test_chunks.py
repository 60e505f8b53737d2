"""Chunks of a sample: the same ones, however many parts it is cut into."""

from types import SimpleNamespace

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


def test_long_work_says_how_far_it_is(monkeypatch, caplog):
    """Every five seconds by a clock on which a chunk takes two."""
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr("lnvsearch.chunks.time", SimpleNamespace(monotonic=lambda: next(clock)))
    with caplog.at_level("INFO", logger="lnvsearch"):
        assert len(list(chunks_of_part(100, 10))) == 10
    assert caplog.messages == [
        "30 of 100 events, 5 a second, 14 s remain",
        "60 of 100 events, 5 a second, 8 s remain",
        "90 of 100 events, 5 a second, 2 s remain",
    ]


def test_short_work_says_nothing(caplog):
    with caplog.at_level("INFO", logger="lnvsearch"):
        list(chunks_of_part(100, 10))
    assert not caplog.messages
