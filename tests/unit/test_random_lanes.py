"""Numbers of many events at once: those of each event, whatever stands beside it, and their distributions."""

import numpy as np
import pytest

from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.random_lanes import (
    draw_normals,
    draw_normals_and_uniforms,
    draw_uniforms,
)
from lnvsearch.random_streams import philox4x32, round_keys, stream_key

KEY = stream_key(3, "toy", "lanes")


def drawn(function, events, slots, *place):
    result = np.full((4, len(events)), np.nan)
    function(KEY, events, slots, *place, result)
    return result


@pytest.mark.parametrize("n", [0, 1, 31, 32, 33, 200])
@pytest.mark.parametrize(("attempt", "block"), [(0, 0), (5, 2), (2**31, 2**20 - 1)])
def test_numbers_are_those_of_each_event(n, attempt, block):
    random = np.random.default_rng(n)
    events, slots = random.integers(0, 2**62, n), random.integers(0, 4096, n)
    uniform = drawn(draw_uniforms, events, slots, attempt, block)
    words = round_keys(KEY)
    for i in range(n):
        counter = np.uint64(block + (int(slots[i]) << 20))
        expected = philox4x32(words, np.uint64(events[i]), counter, np.uint64(attempt))
        assert [(float(word) + 0.5) / 2**32 for word in expected] == uniform[:, i].tolist()


def test_normal_numbers_are_made_of_the_uniform_ones():
    events, slots = np.arange(1000), np.full(1000, 3)
    uniform = drawn(draw_uniforms, events, slots, 0, 1)
    normal, both = drawn(draw_normals, events, slots, 1), drawn(draw_normals_and_uniforms, events, slots, 1)
    for first, second in ((0, 1), (2, 3)):
        radius = np.sqrt(-2.0 * np.log(uniform[first]))
        angle = np.array([cosine_and_sine_of_turn(turn) for turn in uniform[second]])
        assert normal[first] == pytest.approx(radius * angle[:, 0], abs=1e-13)
        assert normal[second] == pytest.approx(radius * angle[:, 1], abs=1e-13)
    assert np.array_equal(both, [normal[0], normal[1], uniform[2], uniform[3]])


def test_distributions():
    n = 200_000
    events, slots = np.arange(n), np.zeros(n, dtype=np.int64)
    uniform, normal = drawn(draw_uniforms, events, slots, 0, 0), drawn(draw_normals, events, slots, 0)
    assert np.all((uniform > 0.0) & (uniform < 1.0))
    assert uniform.mean(axis=1) == pytest.approx(0.5, abs=5 / np.sqrt(12 * n))
    assert normal.mean(axis=1) == pytest.approx(0.0, abs=5 / np.sqrt(n))
    assert np.cov(normal) == pytest.approx(np.eye(4), abs=5 * np.sqrt(2 / n))
    assert np.mean(normal**4, axis=1) == pytest.approx(3.0, abs=5 * np.sqrt(96 / n))
