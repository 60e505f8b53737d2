"""Collections of DST events as pybes3 gives them, made of simulated recorded events.

All is as in the experiment's files: tracks relative to the origin, in a field along -z; Kalman and dE/dx rows
in another order than the first fit's, whose covariances are wrongly unpacked; seven times a track, of
which the cluster's counts, and one of a neutral shower; showers of no track in between.
"""

import awkward as ak
import numpy as np

from lnvsearch.experiments.besiii.dst.helix import mirrored, moved
from lnvsearch.experiments.besiii.events import HELIX_PARAMETERS

FIELD_T = -1.0
#: Status words of the rows of a track, as in a file of the experiment; the last is the cluster's.
STATUS = (0x10072, 0x100052, 0x111054, 0x100B2, 0x100092, 0x111094, 0x2220D8)


def made_arrays(events, vertex_cm, *, run=-9989):
    """By the names of COLLECTIONS and TRUTH_COLLECTIONS."""
    helix = np.stack([events.track[name] for name in HELIX_PARAMETERS], axis=1)
    helix, covariance = mirrored(helix, events.track_covariance())
    back = np.broadcast_to(-np.asarray(vertex_cm), (len(helix), 3))
    helix, covariance = moved(helix, covariance, back, field_z_t=FIELD_T)
    names = ("links", "first_fit", "kalman", "dedx", "tof", "emc", "particles", "hits")
    arrays = {name: [] for name in names}
    for event in range(len(events)):
        tracks = range(events.track_offsets[event], events.track_offsets[event + 1])
        rows = _event(events, helix, covariance, tracks)
        truth = range(events.truth_offsets[event], events.truth_offsets[event + 1])
        rows |= {"particles": _particles(events, truth), "hits": _hits(events, tracks)}
        for name in names:
            arrays[name].append(rows[name])
    result = {name: ak.Array(rows) for name, rows in arrays.items()}
    return result | {"event": ak.Array(events.event_number), "run": ak.Array([run] * len(events))}


def _event(events, helix, covariance, tracks):
    n, track = len(tracks), events.track
    links, first, kalman, dedx, tof, emc = [], [], [], [], [], [_shower(0.7, 1)]
    tof.append({"m_status": 0, "m_tof": 9999.0, "m_sigma": [9999.0] * 6, "m_texp": [0.418] * 5,
                "m_toffset": [9999.0] * 6})  # fmt: skip
    for i, t in enumerate(tracks):
        first.append({"m_trackId": i, "m_helix": helix[t].tolist(),
                      "m_err": (-covariance[t]).tolist()})  # fmt: skip
        kalman.insert(0, {"m_trackId": i, "m_stat": [0] * 5, "m_zhelix": helix[t].tolist(),
                          "m_zerror": covariance[t].tolist()})  # fmt: skip
        has_dedx = np.isfinite(track["dedx_chi_pion"][t])
        dedx.insert(0, {
            "m_trackId": i,
            **{f"m_chi{c}": float(track[f"dedx_chi_{name}"][t]) if has_dedx else -999.0
               for c, name in (("E", "electron"), ("Pi", "pion"), ("K", "kaon"))},
        })  # fmt: skip
        times = _times([float(track[f"tof_chi_{name}"][t]) for name in ("electron", "pion", "kaon")])
        shower = float(track["emc_energy"][t])
        links.append({
            "m_mdcTrackId": i, "m_mdcKalTrackId": n - 1 - i, "m_mdcDedxId": n - 1 - i,
            "m_emcShowerId": len(emc) if shower > 0.0 else -1,
            "m_tofTrackIds": list(range(len(tof), len(tof) + len(times))),
        })  # fmt: skip
        tof += times
        if shower > 0.0:
            emc.append(_shower(shower, 1))
    nothing = dict.fromkeys(("m_mdcTrackId", "m_mdcKalTrackId", "m_mdcDedxId"), -1)
    links.append({**nothing, "m_emcShowerId": 0, "m_tofTrackIds": [0]})
    return {"links": links, "first_fit": first, "kalman": kalman, "dedx": dedx, "tof": tof, "emc": emc}


def _shower(energy, module):
    return {"m_energy": energy, "m_module": module}


def _times(chi):
    """Rows whose cluster has these deviations: t = 4 ns, sigma = 0.05 ns; the others are 1 ns off."""
    if not np.isfinite(chi[0]):
        return [{"m_status": 1, "m_tof": 9999.0, "m_sigma": [0.0] * 6, "m_texp": [0.0] * 5,
                 "m_toffset": [0.0] * 6}]  # fmt: skip
    expected = [4.0 - 0.05 * value for value in chi]
    five = [expected[0], 4.0, expected[1], expected[2], 4.0]
    return [
        {"m_status": status, "m_tof": 4.0 if status == STATUS[-1] else 5.0, "m_texp": five,
         "m_sigma": [0.05 if status == STATUS[-1] else 0.09] + [0.0] * 5, "m_toffset": [0.0] * 6}
        for status in STATUS
    ]  # fmt: skip


def _particles(events, truth):
    """J/psi (from a string), and the daughters; photons are radiated."""
    first = {"m_particleID": 443, "m_trackIndex": 0, "m_statusFlags": 1, "m_mother": -99,
             **dict.fromkeys(("m_xInitialMomentum", "m_yInitialMomentum", "m_zInitialMomentum"), 0.0),
             "m_eInitialMomentum": 3.0969}  # fmt: skip
    rows = [first]
    for i, t in enumerate(truth):
        pdg_id = int(events.truth["pdg_id"][t])
        rows.append({
            "m_particleID": -22 if pdg_id == 22 else pdg_id, "m_trackIndex": i + 1, "m_statusFlags": 9,
            "m_mother": 0, "m_xInitialMomentum": float(events.truth["px"][t]),
            "m_yInitialMomentum": -float(events.truth["py"][t]),
            "m_zInitialMomentum": float(events.truth["pz"][t]),
            "m_eInitialMomentum": float(events.truth["energy"][t]),
        })  # fmt: skip
    # Geant4's muon of the first particle, which has its hits.
    rows.append({**first, "m_particleID": -13, "m_trackIndex": 99, "m_statusFlags": 10, "m_mother": 1})
    return rows


def _hits(events, tracks):
    """Ten hits a track of its particle (of the first: its muon's), and one of another."""
    pairs = []
    for i, t in enumerate(tracks):
        truth = int(events.track["truth_index"][t]) + 1
        if truth:
            pairs += [{"key": 99 if truth == 1 else truth, "val": i}] * 10 + [{"key": 50, "val": i}]
    return pairs
