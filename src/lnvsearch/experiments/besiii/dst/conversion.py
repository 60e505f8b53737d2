"""From the collections of BESIII DST events to recorded events; all arrays as pybes3 gives them.

Tracks are those of the Kalman fit under the pion hypothesis, whose covariances pybes3 unpacks rightly,
which it does not do with those of the first fit (`m_mdcTrackCol.m_err` in 0.5.6).  `m_evtRecTrackCol`
links what belongs to a track by its position in each collection.

The experiment's field points along -z, that of docs/events.md along +z: events are written as a mirror
shows them, y -> -y, in which positive charges turn clockwise and nothing else is different.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.besiii.dst.helix import mirrored, moved
from lnvsearch.experiments.besiii.dst.truth import generated, particles_of_tracks
from lnvsearch.experiments.besiii.events import (
    COVARIANCE_ELEMENTS,
    HELIX_PARAMETERS,
    TRUTH_BRANCHES,
    RecordedEvents,
)

__all__ = ["COLLECTIONS", "TRUTH_COLLECTIONS", "Shower", "linked_tracks", "recorded_events"]

#: Branches of the tree `Event` that are read, by the names that the functions here use.
COLLECTIONS = {
    "event": "TEvtHeader/m_eventId", "run": "TEvtHeader/m_runId",
    "links": "TEvtRecObject/m_evtRecTrackCol", "first_fit": "TDstEvent/m_mdcTrackCol",
    "kalman": "TDstEvent/m_mdcKalTrackCol", "dedx": "TDstEvent/m_mdcDedxCol",
    "tof": "TDstEvent/m_tofTrackCol", "emc": "TDstEvent/m_emcTrackCol",
}  # fmt: skip
#: Those of simulated events; data have none, or empty ones.
TRUTH_COLLECTIONS = {
    "particles": "TMcEvent/m_mcParticleCol", "hits": "EventNavigator/m_mcMdcTracks",
}  # fmt: skip

#: The deviations (m, 3) of showers from electron, pion, kaon, by energy, helix (m, 5) and part (m,).
Shower = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

_HYPOTHESES = ("electron", "pion", "kaon")
#: Positions of the hypotheses in arrays of five: electron, muon, pion, kaon, proton.
_OF_FIVE = {"electron": 0, "pion": 2, "kaon": 3}
_DEDX = {"electron": "m_chiE", "pion": "m_chiPi", "kaon": "m_chiK"}
#: Bit of a time's status: of the whole cluster of counters, not of one end or layer (TofHitStatus).
_CLUSTER = 8
#: Numbers that stand for none: 9999 ns, -999 or 99 of dE/dx.
_LARGEST_TIME_NS, _LARGEST_DEVIATION = 100.0, 90.0


class _Collection:
    """The rows of one collection of n events, below one another."""

    def __init__(self, name: str, rows):
        import awkward as ak

        self.name, self.rows = name, ak.flatten(rows)
        self.counts = ak.to_numpy(ak.num(rows))
        self.starts = np.concatenate([[0], np.cumsum(self.counts)])[:-1]
        self.event = np.repeat(np.arange(len(self.counts)), self.counts)

    def __getitem__(self, field: str) -> np.ndarray:
        """A field of all rows, (m,) or (m, …)."""
        import awkward as ak

        if len(self.rows) == 0:
            return np.empty(0)
        if field not in self.rows.fields:
            raise EventFileError(f"collection {self.name} has no {field}; give a file of BESIII's DST format")
        return ak.to_numpy(self.rows[field])

    def at(self, event: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Rows (k,) at positions in their events' lists; -1 where the position is negative."""
        if np.any(position >= self.counts[event]):
            raise EventFileError(f"collection {self.name} ends before a row that m_evtRecTrackCol names")
        return np.where(position >= 0, self.starts[event] + position, -1)


class LinkedTracks:
    """Charged tracks with a Kalman fit: rows (m,) of every collection, -1 where there is none."""

    def __init__(self, arrays: Mapping[str, Any]):
        links = _Collection("m_evtRecTrackCol", arrays["links"])
        self.collections = {
            name: _Collection(COLLECTIONS[name].split("/")[1], arrays[name])
            for name in ("first_fit", "kalman", "dedx", "tof", "emc")
        }
        found = np.flatnonzero((links["m_mdcTrackId"] >= 0) & (links["m_mdcKalTrackId"] >= 0))
        self.row, self.event, self.links = found, links.event[found], links
        self.rows = {
            name: self.collections[name].at(self.event, links[field][found].astype(np.int64))
            for name, field in (
                ("first_fit", "m_mdcTrackId"), ("kalman", "m_mdcKalTrackId"), ("dedx", "m_mdcDedxId"),
                ("emc", "m_emcShowerId"),
            )
        }  # fmt: skip
        self._check_numbers()
        self._keep(self._is_fitted())

    def _keep(self, mask: np.ndarray) -> None:
        self.n_without_fit = int(np.count_nonzero(~mask))
        self.row, self.event = self.row[mask], self.event[mask]
        self.rows = {name: rows[mask] for name, rows in self.rows.items()}

    def _check_numbers(self) -> None:
        """Every collection's own number of the track must be that of the first fit."""
        number = self.of("first_fit", "m_trackId")
        for name in ("kalman", "dedx"):
            there = self.rows[name] >= 0
            if np.any(self.of(name, "m_trackId")[there] != number[there]):
                raise EventFileError(
                    f"collection {self.collections[name].name} has tracks of other numbers than those to "
                    "which m_evtRecTrackCol links them; give a DST as the experiment writes it"
                )

    def _is_fitted(self) -> np.ndarray:
        return self.of("kalman", "m_stat")[:, _OF_FIVE["pion"]] == 0 if len(self.row) else self.row == 0

    def of(self, name: str, field: str) -> np.ndarray:
        """A field of the tracks in a collection, (m, …); where there is none, that of some row."""
        values = self.collections[name][field]
        return values[self.rows[name]] if len(values) else np.zeros((len(self.row),))

    @property
    def helix(self) -> np.ndarray:
        """(m, 5) at the origin."""
        return self.of("kalman", "m_zhelix").reshape(-1, 5)

    @property
    def covariance(self) -> np.ndarray:
        """(m, 5, 5)."""
        return self.of("kalman", "m_zerror").reshape(-1, 5, 5)


def linked_tracks(arrays: Mapping[str, Any]) -> LinkedTracks:
    """Charged tracks of n events, with what belongs to them.

    Raises EventFileError for links to rows that are not there, or to another track's.
    """
    return LinkedTracks(arrays)


def recorded_events(
    arrays: Mapping[str, Any],
    tracks: LinkedTracks,
    vertex_cm: np.ndarray,
    *,
    field_z_t: float,
    n_generated: int,
    shower: Shower | None = None,
) -> RecordedEvents:
    """Recorded events of n DST events, in the mirror.

    `arrays`: by the names of COLLECTIONS, and of TRUTH_COLLECTIONS of simulated events; `tracks`:
    theirs; `vertex_cm`: interaction points (n, 3); `field_z_t`: with its sign.  Without `shower` the calorimeter
    tells nothing of species but by its energy.
    """
    helix, covariance = mirrored(
        *moved(tracks.helix, tracks.covariance, vertex_cm[tracks.event], field_z_t=field_z_t)
    )
    energy = np.where(tracks.rows["emc"] >= 0, tracks.of("emc", "m_energy"), 0.0)
    rows, columns = np.tril_indices(len(HELIX_PARAMETERS))
    chi = _time_deviations(tracks)
    of_shower = np.full((len(energy), 3), np.nan)
    if shower is not None:
        of_shower = shower(energy, helix, tracks.of("emc", "m_module"))
        of_shower[energy <= 0.0] = np.nan
    track = {
        "charge": np.sign(helix[:, 2]).astype("int8"),
        **{name: helix[:, i] for i, name in enumerate(HELIX_PARAMETERS)},
        **{name: covariance[:, i, j] for name, i, j in
           zip(COVARIANCE_ELEMENTS, rows, columns, strict=True)},
        **{f"dedx_chi_{name}": _energy_loss(tracks, field) for name, field in _DEDX.items()},
        **{f"tof_chi_{name}": chi[:, i] for i, name in enumerate(_HYPOTHESES)},
        **{f"emc_chi_{name}": of_shower[:, i] for i, name in enumerate(_HYPOTHESES)},
        "emc_energy": energy,
    }  # fmt: skip
    n_events = len(arrays["event"])
    counts = np.bincount(tracks.event, minlength=n_events)
    truth_offsets, truth, track["truth_index"] = _truth(arrays, tracks, n_events)
    run, event = (np.asarray(arrays[name]).astype(np.int64) for name in ("run", "event"))
    return RecordedEvents(
        event_number=np.abs(run) * 10**9 + event, weight=np.ones(n_events),
        track_offsets=np.concatenate([[0], np.cumsum(counts)]), track=track,
        truth_offsets=truth_offsets, truth=truth, n_generated=n_generated,
    )  # fmt: skip


def _energy_loss(tracks: LinkedTracks, field: str) -> np.ndarray:
    """The deviation of dE/dx; NaN where there is none."""
    values = tracks.of("dedx", field).astype(float)
    return np.where((tracks.rows["dedx"] >= 0) & (np.abs(values) < _LARGEST_DEVIATION), values, np.nan)


def _time_deviations(tracks: LinkedTracks) -> np.ndarray:
    """(m, 3) from the clusters of counters; of several of a track, the most precise one.

    chi = (t - expected - offset)/sigma: a track has about seven rows, of the ends, the layers, and both layers
    together, the cluster; the resolution is the first of the six.
    """
    result, best = np.full((len(tracks.row), 3), np.nan), np.full(len(tracks.row), np.inf)
    lists = tracks.links.rows["m_tofTrackIds"][tracks.row] if len(tracks.row) else []
    counts = np.array([len(one) for one in lists], dtype=int)
    if not counts.sum():
        return result
    import awkward as ak

    of_track = np.repeat(np.arange(len(tracks.row)), counts)
    times = tracks.collections["tof"]
    rows = times.at(tracks.event[of_track], ak.to_numpy(ak.flatten(lists)).astype(np.int64))
    measured, sigma = times["m_tof"][rows], times["m_sigma"][rows][:, 0]
    status = times["m_status"][rows].astype(np.int64)
    is_time = (rows >= 0) & (status & _CLUSTER != 0) & (measured > 0.0) & (measured < _LARGEST_TIME_NS)
    for i in np.flatnonzero(is_time & (sigma > 0.0)):
        if sigma[i] < best[of_track[i]]:
            best[of_track[i]] = sigma[i]
            for column, name in enumerate(_HYPOTHESES):
                expected = times["m_texp"][rows[i], _OF_FIVE[name]]
                expected += times["m_toffset"][rows[i], _OF_FIVE[name]]
                result[of_track[i], column] = (measured[i] - expected) / sigma[i]
    return result


def _truth(arrays: Mapping[str, Any], tracks: LinkedTracks, n_events: int):
    """Offsets and columns of true particles, and the place (m,) of each track's; in the mirror."""
    index = np.full(len(tracks.row), -1, dtype=np.int32)
    if "particles" not in arrays:
        empty = {name: np.empty(0, dtype=kind) for name, (kind, _) in TRUTH_BRANCHES.items()}
        return np.zeros(n_events + 1, dtype=np.int64), empty, index
    offsets, truth, places = generated(arrays["particles"])
    truth["py"] = -truth["py"]
    if "hits" in arrays:
        known = particles_of_tracks(arrays["hits"], places)
        number = tracks.of("first_fit", "m_trackId").astype(int)
        for i, (event, one) in enumerate(zip(tracks.event, number, strict=True)):
            index[i] = known[event].get(one, -1)
    return offsets, truth, index
