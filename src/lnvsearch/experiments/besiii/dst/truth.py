"""What a simulated DST says of the generated particles, and which of them made a track."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["generated", "particles_of_tracks"]

# Bit of the status of a particle (Event::McParticle) that the generator made.
_FROM_GENERATOR = 1
_PHOTON, _RADIATED_PHOTON = 22, -22
#: Quarks, gluons and what the generator calls a string are no particles.
_NO_PARTICLES = (*range(-6, 7), 21, 91, 92)


def generated(
    particles: Any,
) -> tuple[np.ndarray, dict[str, np.ndarray], list[dict[int, int]]]:
    """Offsets (n + 1,), columns (t,) of TRUTH_BRANCHES, and by event `trackIndex` -> place in its list.

    `particles`: the collection `m_mcParticleCol` of n events.  Wanted is what the generator made and what did
    not decay there: radiated photons (-22 of the experiment's generator) last.  Particles that
    Geant4 made from it later count as this particle.
    """
    offsets, places = [0], []
    columns: dict[str, list[float]] = {name: [] for name in ("pdg_id", "px", "py", "pz", "energy")}
    for event in particles.to_list():
        final = _final(event)
        final.sort(key=lambda one: one["m_particleID"] == _RADIATED_PHOTON)
        for one in final:
            pdg_id = one["m_particleID"]
            columns["pdg_id"].append(_PHOTON if pdg_id == _RADIATED_PHOTON else pdg_id)
            for name in ("px", "py", "pz"):
                columns[name].append(one[f"m_{name[1]}InitialMomentum"])
            columns["energy"].append(one["m_eInitialMomentum"])
        offsets.append(offsets[-1] + len(final))
        places.append(_places(event, {one["m_trackIndex"]: i for i, one in enumerate(final)}))
    arrays = {
        name: np.array(values, dtype="int32" if name == "pdg_id" else "float64")
        for name, values in columns.items()
    }
    return np.array(offsets, dtype=np.int64), arrays, places


def _final(event: list[dict]) -> list[dict]:
    """Particles of the generator that it did not let decay: daughters, if any, are Geant4's."""
    made = [one for one in event if one["m_statusFlags"] & _FROM_GENERATOR and one["m_mother"] >= 0]
    decayed = {one["m_mother"] for one in made}
    return [
        one for one in made
        if one["m_trackIndex"] not in decayed and one["m_particleID"] not in _NO_PARTICLES
    ]


def _places(event, final: dict[int, int]) -> dict[int, int]:
    """The same with particles of Geant4 at the place of that from which they come."""
    mothers = {one["m_trackIndex"]: one["m_mother"] for one in event}
    result = dict(final)
    for index in mothers:
        at, steps = index, 0
        while at not in final and at in mothers and steps < len(mothers):
            at, steps = mothers[at], steps + 1
        if at in final:
            result[index] = final[at]
    return result


def particles_of_tracks(
    links: Any, places: list[dict[int, int]]
) -> list[dict[int, int]]:
    """By event, track -> place of the generated particle with most of its hits.

    `links`: `m_mcMdcTracks` of n events, a pair (particle, track) for each hit.
    """
    result = []
    for event, known in zip(links.to_list(), places, strict=True):
        hits: dict[int, dict[int, int]] = {}
        for pair in event:
            of_track = hits.setdefault(pair["val"], {})
            of_track[pair["key"]] = of_track.get(pair["key"], 0) + 1
        best = {track: max(found, key=found.__getitem__) for track, found in hits.items()}
        result.append({track: known[one] for track, one in best.items() if one in known})
    return result
