"""Which particles of many decays have no photon: LANES decays at once, before `radiation` looks at one.

The random numbers are those that `radiation.radiate` takes.  What is said to be silent has no photon
whatever the last digits of logarithms and exponentials; `radiation` decides of all others.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.elementary_functions import exponential, logarithm
from lnvsearch.generation.eikonal import SLOWEST, mean_photon_factor_of_lane
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_fours
from lnvsearch.random_streams import uniform4

__all__ = ["find_silent"]

_ZERO, _1, _2, _3 = (np.uint64(row * int(LANES)) for row in range(4))
#: Far more than the digits in which two ways to compute a probability may differ.
_CERTAINLY = 1.0 - 1e-9
_lane_numbers, _four_lanes = float_stack_array(int(LANES)), float_stack_array(4 * int(LANES))


@inner_kernel()
def _fill_excess(momenta, start, lanes, charge, first, n, daughter, excess):
    """e of `radiation`; 0 where r is at most 1."""
    velocity, count = _four_lanes(), 0.0
    for j in range(LANES):
        velocity[j], velocity[_1 + j], velocity[_2 + j] = 0.0, 0.0, 0.0
    for row in range(first, first + n):
        if charge[row] != 0.0:
            load_fours(momenta, start, row, lanes, daughter)
            count += 1.0
            for j in range(LANES):
                inverse = 1.0 / daughter[_3 + j]
                velocity[j] += inverse * daughter[j]
                velocity[_1 + j] += inverse * daughter[_1 + j]
                velocity[_2 + j] += inverse * daughter[_2 + j]
    for j in range(LANES):
        vx, vy, vz = velocity[j], velocity[_1 + j], velocity[_2 + j]
        excess[j] = max(0.5 * (count + math.sqrt(vx * vx + vy * vy + vz * vz)) - 1.0, 0.0)


@inner_kernel(forceinline=True)
def _mean_number(px, py, pz, energy, own, parent, least_energy):
    """Mean number of photons of a particle of unit charge, see `radiation`; 0 for one that radiates none."""
    size = math.sqrt(px * px + py * py + pz * pz)
    is_fast = size >= SLOWEST * energy
    size = size if is_fast else energy
    rest = math.sqrt(max((parent - energy - size) * (parent - energy + size), 0.0))
    largest = 0.5 * (parent - own - rest) * (parent + own + rest) / parent
    radiates = is_fast & (largest > least_energy)
    log_range = logarithm(largest / least_energy if radiates else 1.0)
    return mean_photon_factor_of_lane(energy, size, own) * log_range if radiates else 0.0


@inner_kernel()
def find_silent(key, first_event, parent, least_energy, mass, charge, first, n, momenta, silent):
    """Write which daughters of decays of one parent, of mass `parent`, have no photon: `silent`, (rows, m) bool.

    Daughters are rows [first, first + n) of `momenta`, (m, rows, 4), in the parent's rest frame; the
    other arguments are those of `radiation.radiate`.  What is not charged is silent.
    """
    daughter, excess, u_count, u_excess, quiet = (
        _four_lanes(), _lane_numbers(), _lane_numbers(), _lane_numbers(), _lane_numbers()
    )
    total = np.uint64(len(momenta))
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        _fill_excess(momenta, start, lanes, charge, first, n, daughter, excess)
        for row in range(first, first + n):
            for j in range(LANES):
                quiet[j] = 1.0
            if charge[row] != 0.0:
                load_fours(momenta, start, row, lanes, daughter)
                for j in range(lanes):
                    event = first_event + np.int64(start + j)
                    u_count[j], u_excess[j], _, _ = uniform4(key, event, row, 0, 0)
                squared_charge, own = charge[row] * charge[row], mass[row]
                for j in range(LANES):
                    mean = squared_charge * _mean_number(
                        daughter[j], daughter[_1 + j], daughter[_2 + j], daughter[_3 + j], own, parent,
                        least_energy,
                    )
                    is_quiet = u_count[j] <= _CERTAINLY * exponential(-mean)
                    is_quiet &= u_excess[j] <= _CERTAINLY * exponential(-excess[j] * mean)
                    quiet[j] = 1.0 if is_quiet | (mean == 0.0) else 0.0
            for j in range(lanes):
                silent[row, start + j] = quiet[j] > 0.0
