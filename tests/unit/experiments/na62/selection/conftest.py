"""Toy decays of kaons in a spectrometer without errors: straight lines and one kink."""

from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch import particles
from lnvsearch.experiments.na62.events import CLUSTER_BRANCHES, SpectrometerEvents
from lnvsearch.experiments.na62.selection.identification_maps import MAPS, IdentificationMaps
from lnvsearch.experiments.na62.selection.settings import SelectionDetector
from lnvsearch.experiments.na62.selection.trigger import TriggerChain

DETECTOR = SelectionDetector.from_mapping(
    quick_yaml.load((Path(__file__).parents[5] / "config/detectors/na62.yaml").read_text())
)

CHAIN = TriggerChain(1.0, ["straw"])

LOOSE_CUTS = [
    {"cut": "one_vertex", "chi_square_maximum": 25.0, "z_minimum_m": 105.0, "z_maximum_m": 180.0},
    {"cut": "geometry", "planes": ["straw", "pad_hodoscope", "slab_hodoscope", "lkr"]},
    {"cut": "track_momentum", "minimum_gev": 6.0, "maximum_gev": 44.0},
]


def phase_space(final_state, n, seed):
    """Momenta (n, 3, 4) of a three-body decay of the kaon at rest, flat, some of them skipped."""
    rng = np.random.default_rng(seed)
    kaon = particles.mass_gev("K+")
    masses = [particles.mass_gev(name) for name in final_state]
    dilepton = rng.uniform(masses[1] + masses[2], kaon - masses[0], 8 * n)
    outer, inner = _momentum(kaon, masses[0], dilepton), _momentum(dilepton, *masses[1:])
    keep = rng.uniform(0, (outer * inner).max(), 8 * n) < outer * inner
    dilepton, outer, inner = (values[keep][:n] for values in (dilepton, outer, inner))
    assert len(dilepton) == n
    pion = _four_momentum(outer, masses[0], rng)
    pair = np.concatenate([-pion[:, :3], np.sqrt(outer**2 + dilepton**2)[:, None]], axis=1)
    first = _four_momentum(inner, masses[1], rng)
    second = np.concatenate([-first[:, :3], np.sqrt(inner**2 + masses[2] ** 2)[:, None]], axis=1)
    return np.stack([pion, boosted(first, pair), boosted(second, pair)], axis=1)


def _momentum(mass, first, second):
    return np.sqrt((mass**2 - (first + second) ** 2) * (mass**2 - (first - second) ** 2)) / (
        2 * mass
    )


def _four_momentum(momentum, mass, rng):
    direction = rng.normal(size=(len(momentum), 3))
    direction *= (momentum / np.linalg.norm(direction, axis=1))[:, None]
    return np.concatenate([direction, np.hypot(momentum, mass)[:, None]], axis=1)


def boosted(momentum, frame):
    """Four-momenta given in the rest frame of `frame`, where it moves."""
    mass = np.sqrt(frame[:, 3] ** 2 - np.sum(frame[:, :3] ** 2, axis=1))
    dot = np.sum(momentum[:, :3] * frame[:, :3], axis=1)
    energy = (momentum[:, 3] * frame[:, 3] + dot) / mass
    factor = (momentum[:, 3] + energy) / (frame[:, 3] + mass)
    return np.concatenate([momentum[:, :3] + factor[:, None] * frame[:, :3], energy[:, None]], 1)


def in_laboratory(momentum):
    """Momenta (n, k, 4) of a kaon that flies along the inclined beam with 75 GeV."""
    n, k = momentum.shape[:2]
    axis = np.array([0.0012, 0.0, 1.0]) / np.hypot(0.0012, 1.0)
    kaon = np.append(75.0 * axis, np.hypot(75.0, particles.mass_gev("K+")))
    flat = boosted(momentum.reshape(-1, 4), np.broadcast_to(kaon, (n * k, 4)))
    return flat.reshape(n, k, 4)


def recorded(momentum, pdg_id, vertex, *, true_pdg_id=None, cluster=None, weight=None, **event):
    """SpectrometerEvents with every charged particle as a track, wherever it flies.

    `momentum`: (n, t, 4) in the laboratory.  `pdg_id`: (t,).  `vertex`: (n, 3).
    """
    n, t = momentum.shape[:2]
    straws = DETECTOR.spectrometer
    magnitude = np.linalg.norm(momentum[..., :3], axis=-1)
    charge = np.array([particles.charge(int(code)) for code in pdg_id])
    slope = momentum[..., :2] / momentum[..., 2:3]
    kick = charge * straws.magnet_kick_gev
    behind = slope.copy()
    behind[..., 0] -= kick / momentum[..., 2]
    first, last = straws.chamber_z_m[0], straws.chamber_z_m[3]
    before = vertex[:, None, :2] + slope * (first - vertex[:, 2])[:, None, None]
    at_magnet = before + slope * (straws.magnet_z_m - first)
    after = at_magnet + behind * (last - straws.magnet_z_m)
    codes = np.asarray(pdg_id if true_pdg_id is None else true_pdg_id, dtype=np.int32)
    is_electron = np.abs(codes) == 11
    track = {
        "charge": np.broadcast_to(charge, (n, t)).astype(np.int8),
        "momentum_gev": magnitude,
        "x_m": before[..., 0],
        "y_m": before[..., 1],
        "slope_x": slope[..., 0],
        "slope_y": slope[..., 1],
        "downstream_x_m": after[..., 0],
        "downstream_y_m": after[..., 1],
        "downstream_slope_x": behind[..., 0],
        "downstream_slope_y": behind[..., 1],
        "chi_square": np.full((n, t), 3.0, dtype=np.float32),
        "lkr_energy_gev": np.where(is_electron, magnitude, 0.5).astype(np.float32),
        "muv3_tile": np.full((n, t), -1, dtype=np.int16),
        "true_pdg_id": np.broadcast_to(codes, (n, t)).astype(np.int32),
    }
    weight = np.ones(n) if weight is None else weight
    columns = {
        "event_number": np.arange(n),
        "weight": weight,
        "lav_energy_gev": np.zeros(n, dtype=np.float32),
        "n_decays_in_flight": np.zeros(n, dtype=np.int8),
        "true_z_vertex_m": vertex[:, 2].astype(np.float32),
        "true_mass_1_gev": np.full(n, np.nan, dtype=np.float32),
        "true_mass_2_gev": np.full(n, np.nan, dtype=np.float32),
    }
    cluster = cluster or {name: np.zeros((n, 0), dtype=np.float32) for name in CLUSTER_BRANCHES}
    total = (float(np.sum(weight)), float(np.sum(weight**2)))
    return SpectrometerEvents({**columns, **event}, track, cluster, n, *total)


def vertices_in_volume(n, seed):
    rng = np.random.default_rng(seed)
    return np.stack(
        [rng.normal(0, 0.005, n), rng.normal(0, 0.003, n), rng.uniform(106, 179, n)], axis=1
    )


def toy_events(final_state, n, seed, **options):
    """Decays into three charged particles, recorded without errors."""
    momentum = in_laboratory(phase_space(final_state, n, seed))
    codes = [particles.pdg_id(name) for name in final_state]
    return recorded(momentum, codes, vertices_in_volume(n, seed + 1), **options)


def constant_maps(**probabilities):
    """Maps that do not depend on momentum: certain identification, unless told otherwise."""
    certain = dict.fromkeys(MAPS, 0.0)
    certain |= {name: 1.0 for name in MAPS if name.startswith("efficiency")}
    certain["muon_to_pion_lkr"] = 1.0
    certain |= probabilities
    anchors = {name: {"momentum_gev": [10.0], "probability": [p]} for name, p in certain.items()}
    return IdentificationMaps.from_anchors(anchors)


@pytest.fixture(scope="session")
def toys():
    """The functions of this file, for tests."""
    from types import SimpleNamespace

    return SimpleNamespace(
        detector=DETECTOR,
        chain=CHAIN,
        loose_cuts=LOOSE_CUTS,
        phase_space=phase_space,
        in_laboratory=in_laboratory,
        boosted=boosted,
        recorded=recorded,
        vertices=vertices_in_volume,
        events=toy_events,
        maps=constant_maps,
    )
