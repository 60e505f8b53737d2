"""Paths that tests of the workflow share."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
for folder in ("workflow", "workflow/scripts"):
    sys.path.insert(0, str(ROOT / folder))


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def kaon_pseudo_data(tmp_path_factory):
    """A file of pseudo-data for the search of 2022, and the simulated events behind it."""
    from types import SimpleNamespace

    from searches.configuration import read_yaml
    from searches.load import load_papers

    from lnvsearch.experiments.na62.chain import simulate
    from lnvsearch.experiments.na62.event_files import write_spectrometer
    from lnvsearch.experiments.na62.selection.decisions import EnergyOverMomentum
    from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
    from lnvsearch.experiments.na62.selection.pseudo_data import pseudo_data

    paper = load_papers(read_yaml(ROOT / "config/config.yaml"), ROOT, "config")["na62_2022"]
    identification = paper.settings["identification"]
    maps = IdentificationMaps.from_anchors(identification["maps"])
    windows = EnergyOverMomentum(**identification["energy_over_momentum"])
    decays = {"norm_piee": 30_000, "signal_piee": 4_000, "signal_pipi0ee": 20_000}
    simulated, drawn = [], []
    for sample, number in decays.items():
        simulation = paper.simulation_parameters(sample, "nominal")
        for chunk in simulate(simulation, number, base_seed=3, sample=sample):
            simulated.append(chunk)
            drawn.append(pseudo_data(chunk, maps, windows, base_seed=3, sample=sample))
    path = tmp_path_factory.mktemp("pseudo_data") / "pseudo_data.root"
    write_spectrometer(path, drawn)
    return SimpleNamespace(path=path, simulated=simulated, drawn=drawn, maps=maps, paper=paper)
