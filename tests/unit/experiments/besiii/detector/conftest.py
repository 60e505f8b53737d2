"""Responses and a small isotropic generator for the tests of the detector."""

from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.generation.events import GeneratedEvents

ROOT = Path(__file__).parents[5]


@pytest.fixture(scope="session")
def mapping():
    """The response as it stands in the configuration; not to be changed in place."""
    return quick_yaml.load((ROOT / "config/detectors/besiii.yaml").read_text())


@pytest.fixture(scope="session")
def response(mapping):
    return BesiiiResponse.from_mapping(mapping)


@pytest.fixture(scope="session")
def ideal(response):
    """All tracks found, none radiates or decays, Gaussian errors as the covariance says."""
    return response.with_values(
        {
            "acceptance.efficiency": 1.0,
            "beam.spot_x_cm": 0.0,
            "beam.spot_y_cm": 0.0,
            "beam.spot_z_cm": 0.0,
            "pulls.enabled": False,
            "kaon_decay.effective_radius_m": 0.0,
            "kaon_decay.pion_effective_radius_m": 0.0,
            "material.beam_pipe_x0": 0.0,
            "material.inner_wall_x0": 0.0,
            "material.chamber_x0": 0.0,
            "dedx.tail_fraction": 0.0,
            "tof.tail_fraction": 0.0,
        }
    )


@pytest.fixture(scope="session")
def isotropic():
    """Function (codes, n, momentum range, largest |cos theta|, first event) -> GeneratedEvents."""

    def make(codes, n, momentum=(0.3, 1.2), cos_theta=0.9, first=0, seed=11):
        random = np.random.default_rng(seed)
        size = (n, len(codes))
        p = random.uniform(*momentum, size)
        cosine = random.uniform(-cos_theta, cos_theta, size)
        azimuth = random.uniform(0.0, 2.0 * np.pi, size)
        mass = np.array([particles.mass_gev(code) for code in codes])
        transverse = p * np.sqrt(1.0 - cosine**2)
        four_momentum = np.stack(
            [
                transverse * np.cos(azimuth),
                transverse * np.sin(azimuth),
                p * cosine,
                np.hypot(p, mass),
            ],
            axis=-1,
        )
        return GeneratedEvents(
            event_number=np.arange(first, first + n),
            weight=np.ones(n),
            offsets=np.arange(n + 1) * len(codes),
            pdg_id=np.tile(np.array(codes, dtype=np.int32), n),
            four_momentum=four_momentum.reshape(-1, 4),
            n_generated=n,
        )

    return make
