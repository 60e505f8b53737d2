"""What chance decides of events and of particles before anything is measured of them.

Drawn for many events at once, LANES of them or of their particles at a time.
"""

from __future__ import annotations

import numpy as np

from lnvsearch.experiments.besiii.detector.draws import PROCESSES, draw
from lnvsearch.experiments.besiii.detector.found import EVENT, SLOT
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array
from lnvsearch.random_lanes import normal_pair

__all__ = ["CHANCES", "COLLISION", "PASSAGE", "draw_collisions", "draw_passages"]

#: Rows of what is drawn of an event: collision point relative to its mean, cm, and a uniform number for
#: its data-taking period.
COLLISION = ("x_cm", "y_cm", "z_cm", "period")
#: Rows of what is drawn of a particle, uniform numbers: whether it is seen, whether it survives, photons
#: that it radiates in the walls and in the chamber.
CHANCES = ("seen", "survives", "walls", "chamber")
PASSAGE = PROCESSES.index("passage")
_POINT, _PERIOD = PROCESSES.index("interaction_point"), PROCESSES.index("data_period")
#: First elements of rows of LANES numbers.
_1, _2, _3 = (np.uint64(row) * LANES for row in range(1, 4))
_uniform_rows = float_stack_array(4 * int(LANES))


@inner_kernel()
def draw_collisions(words, event_numbers, beam, numbers, collisions):
    """Fill `collisions`, a column an event; `numbers`: room for as many columns, see `found`.

    Both have LANES columns more than events.
    """
    for index in range(len(event_numbers)):
        numbers[EVENT, index], numbers[SLOT, index] = event_numbers[index], 0
    u = _uniform_rows()
    xs, ys, zs, periods = collisions[0], collisions[1], collisions[2], collisions[3]
    for first in range(np.uint64(0), np.uint64(len(event_numbers)), LANES):
        draw(words[_POINT], numbers, first, 0, u)
        for lane in range(LANES):
            x, y = normal_pair(u[lane], u[_1 + lane])
            z, _ = normal_pair(u[_2 + lane], u[_3 + lane])
            u[lane], u[_1 + lane], u[_2 + lane] = x, y, z
        for lane in range(LANES):
            xs[first + lane] = u[lane] * beam.spot_x_cm
            ys[first + lane] = u[_1 + lane] * beam.spot_y_cm
            zs[first + lane] = u[_2 + lane] * beam.spot_z_cm
        draw(words[_PERIOD], numbers, first, 0, u)
        for lane in range(LANES):
            periods[first + lane] = u[lane]


@inner_kernel()
def draw_passages(words, event_numbers, offsets, numbers, chances):
    """Fill `chances`, a column a particle of these events, whose `offsets`, (n + 1,), need not begin at 0.

    `numbers`: as of `draw_collisions`.  A particle's slot is its position in the event.
    """
    begin = offsets[0]
    for index in range(len(event_numbers)):
        for particle in range(offsets[index], offsets[index + 1]):
            numbers[EVENT, particle - begin] = event_numbers[index]
            numbers[SLOT, particle - begin] = particle - offsets[index]
    u = _uniform_rows()
    for first in range(np.uint64(0), np.uint64(offsets[-1] - begin), LANES):
        draw(words[PASSAGE], numbers, first, 0, u)
        for row in range(len(CHANCES)):
            target, source = chances[row], np.uint64(row) * LANES
            for lane in range(LANES):
                target[first + lane] = u[source + lane]
