"""A user's own decays through detector and selection: those of the generator are accepted as its own."""

from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch import particles
from lnvsearch.experiments.na62.detector.simulate import Na62Detector
from lnvsearch.experiments.na62.recast import NeutrinoSearch
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings
from lnvsearch.experiments.na62.steps.recast_decays import _at_rest, acceptance_of_decays
from lnvsearch.generation.phase_space import generate_phase_space
from lnvsearch.random_streams import stream_key

ROOT = Path(__file__).parents[4]
DAUGHTERS = ("pi-", "e+", "e+")


@pytest.fixture(scope="module")
def search():
    """Geometry and cuts alone: no identification, no trigger."""
    content = quick_yaml.load((ROOT / "config/papers/na62_2022.yaml").read_text())
    selection = {**content["channels"]["piee"]["selections"]["lnv"], "identification": [], "trigger": []}
    return NeutrinoSearch(
        "pi_ee",
        Na62Detector.from_settings(quick_yaml.load((ROOT / "config/detectors/na62.yaml").read_text())),
        SelectionSettings.from_mapping(selection), "signal",
        IdentificationMaps.from_anchors(content["identification"]["maps"]), TriggerSettings(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def momenta():
    masses = [particles.mass_gev(name) for name in DAUGHTERS]
    return generate_phase_space(particles.mass_gev("K+"), masses, 2000, stream_key(1, "own", "decays"))


def boosted(momenta, beta):
    """In a frame that moves along z."""
    gamma = 1.0 / np.sqrt(1.0 - beta**2)
    z, energy = momenta[..., 2], momenta[..., 3]
    return np.stack(
        [momenta[..., 0], momenta[..., 1], gamma * (z + beta * energy), gamma * (energy + beta * z)], axis=-1
    )


def test_momenta_of_any_frame_are_taken_to_the_kaon(momenta):
    back = _at_rest(boosted(momenta, 0.99))
    assert back == pytest.approx(momenta, abs=1e-9)
    assert np.abs(back.sum(axis=1)[:, :3]).max() < 1e-9


def test_a_lost_particle_is_seen(momenta):
    with pytest.raises(ValueError, match="event 1: its particles have the mass .* a kaon 0.4937"):
        _at_rest(momenta[:, :2])


def test_flat_decays_are_accepted_as_flat_ones_and_weights_count(search, momenta):
    flat, uncertainty = acceptance_of_decays(search, DAUGHTERS, momenta, np.ones(2000), 20_000, 1)
    # Geometry and cuts of the shipped plane, before identification and trigger: above its 6.4 %.
    assert 0.06 < flat < 0.12 and 0.0 < uncertainty < 0.05 * flat
    pair = momenta[:, 1] + momenta[:, 2]
    squared_mass = pair[:, 3] ** 2 - np.sum(pair[:, :3] ** 2, axis=1)
    heavy, _ = acceptance_of_decays(search, DAUGHTERS, momenta, squared_mass, 20_000, 1)
    # As the shipped plane has it for this density: 1.17.
    assert heavy / flat == pytest.approx(1.17, abs=0.08)
