"""What tracks leave behind the chambers, all tracks of a block at once.

Energies of their clusters in the calorimeter, and tiles of the muon detector.
"""

from __future__ import annotations


from lnvsearch.experiments.na62.detector import calorimeter
from lnvsearch.experiments.na62.detector.flight import (
    END_MOMENTUM,
    END_SLOPE_X,
    END_SLOPE_Y,
    END_SPECIES,
    END_X,
    END_Y,
    MUON,
)
from lnvsearch.experiments.na62.detector.measurement import TRACK_COLUMNS
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_lanes import draw_normals_and_uniforms

__all__ = ["end_tracks", "list_tracks"]

_LKR_ENERGY, _TILE, _TRUE_CODE, _FROM_PION = range(11, len(TRACK_COLUMNS))


@inner_kernel()
def list_tracks(numbers, slots, sources, n_tracks, first, last, width, which, source, events,
                own_slots):  # fmt: skip
    """Lists of the tracks of the events [first, last), of which there is room for `width` an event.

    `slots`, `sources`: from the first track of these events on.  Returns how many tracks there are;
    `which`: their places among those of all events.
    """
    n = 0
    for i in range(first, last):
        for t in range(n_tracks[i]):
            k = width * (i - first) + t
            which[n], source[n], events[n], own_slots[n] = width * i + t, sources[k], numbers[i], slots[k]
            n += 1
    return n


@inner_kernel()
def _fill_energies(key, n, which, first, source, flown, nearby, lkr, events, slots, drawn, tracks):
    draw_normals_and_uniforms(key, events[:n], slots, 0, drawn)
    for c in range(n):
        k, s = which[c], source[c]
        tracks[_LKR_ENERGY, k] = 0.0
        if calorimeter.in_lkr(flown[END_X, s], flown[END_Y, s], lkr):
            numbers = (drawn[0, c], drawn[1, c], drawn[2, c], drawn[3, c])
            tracks[_LKR_ENERGY, k] = calorimeter.track_energy(
                numbers, int(flown[END_SPECIES, s]), flown[END_MOMENTUM, s], nearby[k - first], lkr
            )


@inner_kernel()
def _fill_tiles(key, n, which, source, flown, lkr_z, muv, events, slots, muons, drawn, tracks):
    """`muons`: (3, n + 1) at least, room: places in the lists, event numbers and columns of muons."""
    found = 0
    for c in range(n):
        tracks[_TILE, which[c]] = -1.0
        muons[0, found], muons[1, found], muons[2, found] = c, events[c], slots[c]
        found += flown[END_SPECIES, source[c]] == MUON
    draw_normals_and_uniforms(key, muons[1, :found], muons[2], 0, drawn)
    for m in range(found):
        c = muons[0, m]
        s = source[c]
        tracks[_TILE, which[c]] = calorimeter.muv3_tile(
            (drawn[0, m], drawn[1, m], drawn[2, m]), flown[END_MOMENTUM, s], flown[END_X, s],
            flown[END_Y, s], flown[END_SLOPE_X, s], flown[END_SLOPE_Y, s], lkr_z, muv,
        )  # fmt: skip


@inner_kernel()
def end_tracks(keys, n, which, first, source, charge, species, codes, response, flown, nearby, events, slots,
               muons, drawn, tracks):  # fmt: skip
    """Fill the last four rows of `tracks`, (TRACK_COLUMNS, m t), of n tracks at `which`.

    `source`: (n,), their columns in `flown`; `nearby`: energy that merges with the cluster,
    GeV, from the column `first` of `tracks` on; `events`, `slots`: (n,); `charge`, `species`: by slot; `codes`: by
    species.
    """
    _fill_energies(keys.lkr, n, which, first, source, flown, nearby, response.lkr, events, slots,
                   drawn, tracks)  # fmt: skip
    _fill_tiles(keys.muv3, n, which, source, flown, response.lkr.z_m, response.muv, events, slots,
                muons, drawn, tracks)  # fmt: skip
    for c in range(n):
        at_end = int(flown[END_SPECIES, source[c]])
        tracks[_TRUE_CODE, which[c]] = charge[slots[c]] * codes[at_end]
        tracks[_FROM_PION, which[c]] = at_end != species[slots[c]]
