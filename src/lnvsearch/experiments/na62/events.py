"""What the magnetic spectrometer records of kaon decays.

`SpectrometerEvents` are the tracks and photon clusters of the events with three reconstructed
tracks at least.  docs/kaon_events.md describes the branches for whoever brings a file of their own;
the tables below are its source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

__all__ = [
    "CLUSTER_BRANCHES",
    "EVENT_BRANCHES",
    "MUV3_INNER_TILES",
    "MUV3_OUTER_TILES",
    "NO_SUMS",
    "OPTIONAL_EVENT_BRANCHES",
    "OPTIONAL_TRACK_BRANCHES",
    "TRACK_BRANCHES",
    "SpectrometerEvents",
]

#: Tiles of the muon detector: 12 x 12 of 22 cm, of which the middle four are replaced by eight
#: smaller ones around the beam pipe (148 in all: NA62, Phys. Lett. B 797 (2019) 134794, section 1).
#: Outer tiles have the numbers 0 to 139, inner ones 140 to 147.
MUV3_OUTER_TILES, MUV3_INNER_TILES = 140, 8

#: One value an event: branch -> (type, meaning).
EVENT_BRANCHES: dict[str, tuple[str, str]] = {
    "event_number": ("int64", "number of the generated (or recorded) event"),
    "weight": ("float64", "weight of the event; 1 for data and unweighted samples"),
    "lav_energy_gev": ("float32", "largest energy that one photon left in the large-angle veto"),
    "n_decays_in_flight": ("int8", "charged pions that decayed before the calorimeter; -1 in data"),
    "true_z_vertex_m": ("float32", "true z of the kaon's decay; NaN in data"),
    "true_mass_1_gev": ("float32", "true mass of pion and first lepton, as generated; NaN if none"),
    "true_mass_2_gev": ("float32", "the same of pion and second lepton"),
}

#: Optional branches: of decays some of which were left out before they were simulated.
OPTIONAL_EVENT_BRANCHES: dict[str, tuple[str, str]] = {
    "generated_weight": ("float64", "weight that the decay was generated with; `weight` where it is missing"),
}

#: One value a track, written as `track_<name>`: name -> (type, meaning).
TRACK_BRANCHES: dict[str, tuple[str, str]] = {
    "charge": ("int8", "sign of the charge, +1 or -1"),
    "momentum_gev": ("float64", "momentum from the bending between chambers 2 and 3"),
    "x_m": ("float64", "x of the line before the magnet at the plane of chamber 1"),
    "y_m": ("float64", "y of the same"),
    "slope_x": ("float64", "dx/dz of the line before the magnet"),
    "slope_y": ("float64", "dy/dz of the same"),
    "downstream_x_m": ("float64", "x of the line behind the magnet at the plane of chamber 4"),
    "downstream_y_m": ("float64", "y of the same"),
    "downstream_slope_x": ("float64", "dx/dz of the line behind the magnet"),
    "downstream_slope_y": ("float64", "dy/dz of the same"),
    "chi_square": ("float32", "of the track fit, three degrees of freedom"),
    "lkr_energy_gev": ("float32", "energy of the calorimeter cluster associated with the track"),
    "muv3_tile": ("int16", "tile of the muon detector with an associated signal; -1 without"),
    "true_pdg_id": ("int32", "particle at the calorimeter, a muon for a decayed pion; 0 in data"),
}

#: Optional branches: what recorded events have, where simulated ones have probabilities; and truth.
OPTIONAL_TRACK_BRANCHES: dict[str, tuple[str, str]] = {
    "true_from_pion": ("int8", "1 for the muon of a pion that decayed in flight, 0 for any other particle"),
    "rich_positron": ("int8", "likelihood of the RICH: 1 a positron, 0 none, -1 not known"),
}

#: One value a photon cluster, written as `cluster_<name>`: name -> (type, meaning).
CLUSTER_BRANCHES: dict[str, tuple[str, str]] = {
    "energy_gev": ("float32", "energy of a cluster that belongs to no track"),
    "x_m": ("float32", "x at the front of the calorimeter"),
    "y_m": ("float32", "y at the front of the calorimeter"),
}


#: Sums over generated events of a part that follows the one that has those of all.
NO_SUMS: dict[str, Any] = {"n_generated": 0, "sum_weight": 0.0, "sum_squared_weight": 0.0}


@dataclass(frozen=True)
class SpectrometerEvents:
    """Tracks and clusters of n events, padded to the largest number of either.

    `event`: name (EVENT_BRANCHES) -> (n,).  `track`: name (TRACK_BRANCHES) -> (n, t); rows that an
    event does not have hold charge 0.  Both have those optional branches that are known.  `cluster`:
    name (CLUSTER_BRANCHES) -> (n, c); rows that an event does not have hold energy 0.  `n_generated`,
    `sum_weight`, `sum_squared_weight`: of all the events generated for these, recorded or not (all 1
    for data).
    """

    event: Mapping[str, np.ndarray]
    track: Mapping[str, np.ndarray]
    cluster: Mapping[str, np.ndarray]
    n_generated: int
    sum_weight: float
    sum_squared_weight: float
    metadata: Mapping[str, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.event["event_number"])

    @property
    def generated_weight(self) -> np.ndarray:
        """Weights (n,) with which the events are in the sums over generated events."""
        return np.asarray(self.event.get("generated_weight", self.event["weight"]), dtype=float)

    def __repr__(self) -> str:
        return f"<{len(self)} recorded events, of {self.n_generated} generated>"

    def parts(self, n_events: int) -> Iterator[SpectrometerEvents]:
        """The same events in parts of at most `n_events`, one at least; the first has the sums."""
        for start in range(0, max(len(self), 1), n_events):
            rows = slice(start, start + n_events)
            part: dict[str, Any] = {
                kind: {name: values[rows] for name, values in getattr(self, kind).items()}
                for kind in ("event", "track", "cluster")
            }
            yield replace(self, **part) if start == 0 else replace(self, **part, **NO_SUMS)
