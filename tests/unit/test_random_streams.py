"""The counter-based generator: numpy's numbers, independent streams, uniform and normal."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from lnvsearch.random_streams import normal_pair, philox4x32, round_keys, stream_key, uniform4

WORD = st.integers(min_value=0, max_value=2**62)


def numpy_uniform4(key, event, slot, attempt, block):
    """The same four numbers by numpy: its counter advances before the first output."""
    counter = block + (event << 64) + (slot << 128) + (attempt << 192)
    previous = (counter - 1) % 2**256
    words = [(previous >> (64 * i)) % 2**64 for i in range(4)]
    bits = np.random.Philox(key=key, counter=np.array(words, dtype=np.uint64)).random_raw(4)
    return [(float(int(b) >> 12) + 0.5) * 2.0**-52 for b in bits]


@settings(deadline=None, max_examples=50)
@given(WORD, WORD, WORD, WORD, st.integers(0, 2**31))
def test_uniform4_is_bit_for_bit_the_philox_of_numpy(event, slot, attempt, block, seed):
    key = stream_key(seed, "sample", "process")
    assert list(uniform4(key, event, slot, attempt, block)) == numpy_uniform4(
        key, event, slot, attempt, block
    )


def test_known_answer_of_the_generator():
    # Random123's published known-answer vector for philox4x64-10, key and counter zero.
    bits = np.random.Philox(key=0, counter=2**256 - 1).random_raw(4)
    assert [hex(int(b)) for b in bits] == [
        "0x16554d9eca36314c", "0xdb20fe9d672d0fdc", "0xd7e772cee186176b", "0x7e68b68aec7ba23b",
    ]
    expected = [(float(int(b) >> 12) + 0.5) * 2.0**-52 for b in bits]
    assert list(uniform4(np.zeros(2, dtype=np.uint64), 0, 0, 0, 0)) == expected


@njit
def words_of(key, event, block, attempt):
    return philox4x32(round_keys(key), event, block, attempt)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_known_answers_of_the_generator_of_32_bits(counter, key, expected):
    # Random123's published known-answer vectors for philox4x32-10.
    stream = np.array([key[0] + (key[1] << 32), 0], dtype=np.uint64)
    event = np.uint64(counter[0] + (counter[1] << 32))
    assert words_of(stream, event, np.uint64(counter[2]), np.uint64(counter[3])) == expected


def test_keys_are_equal_for_equal_names_and_differ_for_any_other():
    keys = {
        tuple(stream_key(seed, sample, process))
        for seed in (0, 1, 2**40)
        for sample in ("a", "ab", "b")
        for process in ("c", "bc", "phase_space")
    }
    assert len(keys) == 27
    assert np.array_equal(stream_key(5, "a", "b"), stream_key(5, "a", "b"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((-1, "a", "b"), "base_seed"), ((1, "", "b"), "sample"), ((1, "a", ""), "process")],
)
def test_impossible_keys_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        stream_key(*arguments)


@njit
def fill(key, n):
    uniform = np.empty((n, 4))
    normal = np.empty((n, 2))
    for i in range(n):
        uniform[i] = uniform4(key, i, 0, 0, 0)
        normal[i] = normal_pair(uniform[i, 0], uniform[i, 1])
    return uniform, normal


def test_numbers_are_uniform_and_columns_and_streams_independent():
    n = 100_000
    first, normal = fill(stream_key(1, "s", "one"), n)
    second, _ = fill(stream_key(1, "s", "two"), n)
    assert first.min() > 0.0 and first.max() < 1.0
    counts = np.array([np.histogram(first[:, i], 100, (0, 1))[0] for i in range(4)])
    chi_square = np.sum((counts - n / 100) ** 2 / (n / 100), axis=1)
    # 99 degrees of freedom: mean 99, deviation 14; five deviations.
    assert np.all(np.abs(chi_square - 99.0) < 5 * math.sqrt(198.0))
    # All correlations of the eight columns, and of neighbouring events, vanish as 1/sqrt(n).
    columns = np.concatenate([first[1:], second[1:], first[:-1]], axis=1)
    correlation = np.corrcoef(columns, rowvar=False)
    off_diagonal = correlation[~np.eye(12, dtype=bool)]
    assert np.max(np.abs(off_diagonal)) < 5.0 / math.sqrt(n)
    for i in range(2):
        assert abs(normal[:, i].mean()) < 5.0 / math.sqrt(n)
        assert abs(normal[:, i].var() - 1.0) < 5.0 * math.sqrt(2.0 / n)
        assert abs(np.mean(normal[:, i] ** 4) - 3.0) < 5.0 * math.sqrt(96.0 / n)
    assert abs(np.mean(normal[:, 0] * normal[:, 1])) < 5.0 / math.sqrt(n)
