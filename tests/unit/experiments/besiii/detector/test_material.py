"""Conversions in the walls of BESIII: where they happen."""

import math

import numpy as np
import pytest

from lnvsearch.detector import material


def test_conversions_share_the_walls_as_their_thickness(response):
    uniform = (np.arange(200_000) + 0.5) / 200_000
    sine = 0.5
    layer = np.array(
        [
            material.conversion_layer(u, sine, response.material, response.conversion)
            for u in uniform
        ]
    )
    rate = 7.0 / 9.0 / sine
    pipe, wall = response.material.beam_pipe_x0, response.material.inner_wall_x0
    in_pipe = -math.expm1(-rate * pipe)
    in_wall = math.exp(-rate * pipe) * -math.expm1(-rate * wall)
    assert np.mean(layer == 1) == pytest.approx(in_pipe, abs=2e-5)
    assert np.mean(layer == 2) == pytest.approx(in_wall, abs=2e-5)
    off = response.conversion._replace(enabled=False)
    assert material.conversion_layer(1e-9, sine, response.material, off) == 0
