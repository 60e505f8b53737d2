"""Tracks that are found, before anything is measured of them: one column a track.

Measurements go through all tracks one after another, each in a loop of its own.
"""

from __future__ import annotations

from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "CHARGE", "CURVATURE", "END_CAP_COUNTERS", "END_CAP_NS", "EVENT", "FOUND", "LATE", "MASS", "N_NUMBERS",
    "P", "PT", "PX", "PY", "PZ", "REGION", "SHOWER_GEV", "SLOT", "SPECIES", "TRUTH", "X", "Y", "Z",
    "write_found",
]  # fmt: skip

#: Rows of the array of integers: event number, slot of its random numbers, species, particle.
EVENT, SLOT, SPECIES, TRUTH = range(4)
N_NUMBERS = 4
#: Rows of the array of floats.  Where the track begins, its momentum there, how much later it is than
#: one from the collision, resolution and shared counters of the end caps in its data-taking period;
#: part of the calorimeter that it meets (written with its shower), what enters there, what the fit makes
#: of its curvature; mass.
FOUND = (
    "charge", "x_cm", "y_cm", "z_cm", "px_gev", "py_gev", "pz_gev", "pt_gev", "p_gev", "late_ns",
    "end_cap_resolution_ns", "end_cap_counters", "region", "shower_gev", "fitted_curvature",
    "mass_gev",
)  # fmt: skip
(
    CHARGE, X, Y, Z, PX, PY, PZ, PT, P, LATE, END_CAP_NS, END_CAP_COUNTERS, REGION, SHOWER_GEV, CURVATURE,
    MASS,
) = range(len(FOUND))  # fmt: skip


@inner_kernel(forceinline=True)
def write_found(
    numbers, found, track, event, slot, species, truth_index, charge, vertex, momentum, late_ns,
    end_cap, shower_gev, curvature, mass,
):  # fmt: skip
    """Write column `track` of both arrays.

    `vertex`: (x, y, z), cm; `momentum`: (px, py, pz, pT, p), GeV; `end_cap`: its two rows.
    """
    numbers[EVENT, track], numbers[SLOT, track] = event, slot
    numbers[SPECIES, track], numbers[TRUTH, track] = species, truth_index
    found[CHARGE, track] = charge
    for axis in range(3):
        found[X + axis, track] = vertex[axis]
    for row in range(5):
        found[PX + row, track] = momentum[row]
    found[LATE, track] = late_ns
    found[END_CAP_NS, track], found[END_CAP_COUNTERS, track] = end_cap
    found[SHOWER_GEV, track], found[CURVATURE, track] = shower_gev, curvature
    found[MASS, track] = mass
