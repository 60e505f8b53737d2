"""Showers against what a detector's file expects of electrons, pions and kaons, as in simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lnvsearch import particles
from lnvsearch.cli import UsageError
from lnvsearch.detector.parameters import problems
from lnvsearch.experiments.besiii.detector import calorimeter
from lnvsearch.experiments.besiii.detector.measurements import HYPOTHESES, SPECIES
from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.detector.tracks import BARREL, END_CAP
from lnvsearch.experiments.besiii.dst.conversion import Shower
from lnvsearch.files import read_text
from lnvsearch.nesting import yaml_of
from lnvsearch.reconstruction.four_vectors import momentum_gev

__all__ = ["shower_of"]

#: `m_module` of a shower in the barrel.
_BARREL_MODULE = 1


def shower_of(path: str | Path) -> Shower:
    """Deviations (m, 3) of showers by the response of a detector's file (YAML).

    Raises UsageError for a file that is none.
    """
    import yaml

    try:
        content = yaml_of(read_text(path))
        wrong = list(problems(BesiiiResponse, content))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: {error}") from error
    if wrong:
        raise UsageError(f"{path}: {'; '.join(wrong[:3])}")
    response = BesiiiResponse.from_mapping(content)
    masses = [particles.mass_gev(name) for name in SPECIES]

    def deviations(energy: np.ndarray, helix: np.ndarray, module: np.ndarray) -> np.ndarray:
        momentum = momentum_gev(helix[:, 2], helix[:, 4])
        result = np.empty((len(energy), len(HYPOTHESES)))
        for i, value in enumerate(energy):
            region = BARREL if module[i] == _BARREL_MODULE else END_CAP
            for column, species in enumerate(HYPOTHESES):
                mean, sigma = calorimeter.expected_energy(
                    species, int(np.sign(helix[i, 2])), momentum[i], region, masses[species],
                    response.emc, response.electron_energy_response,
                )  # fmt: skip
                result[i, column] = (value - mean) / sigma
        return result

    return deviations
