"""Small grids of invented numbers, of the size that a geometric estimate gives."""

import csv
from pathlib import Path

import pytest

from lnvsearch.interpretation.channels import find_channel
from lnvsearch.interpretation.grids import GRID_COLUMNS, read_grids

LIFETIMES_PS = (0.0, 10.0, 30.0, 100.0, 300.0, 1e3, 1e4)
ELECTRONS = (0.093, 0.087, 0.061, 0.029, 0.011, 0.0037, 0.0004)
MUONS = (0.152, 0.149, 0.121, 0.064, 0.027, 0.0086, 0.0009)


def write_grid(path, acceptances, masses, events_over_parents, observed=lambda mass: 0, background=0.43):
    """A grid of two chiralities; `events_over_parents`: limit times acceptance."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(GRID_COLUMNS)
        for mass in masses:
            for chirality, factor in (("isotropic", 1.0), ("v_minus_a", 0.9)):
                for lifetime, value in zip(LIFETIMES_PS, acceptances, strict=True):
                    acceptance = factor * value
                    limit = events_over_parents * (1.0 + 0.7 * observed(mass)) / acceptance
                    writer.writerow([
                        mass, lifetime, chirality, acceptance, 0.01 * acceptance, 0.03 * acceptance,
                        5000.0, observed(mass), background, limit, 1.02 * limit,
                    ])  # fmt: skip
    return path


@pytest.fixture(scope="session")
def grids(tmp_path_factory):
    """Folder with grids of four channels, a file each."""
    folder = tmp_path_factory.mktemp("grids")
    masses = (0.16, 0.25, 0.3, 0.36, 0.45)
    for paper, channel, acceptances, at, ratio, background in (
        ("na62_2022", "piee", ELECTRONS, masses, 2.305 / 1.015e12, 0.43),
        ("na62_2022", "pipi0ee", tuple(0.3 * a for a in ELECTRONS), masses[:3], 2.305 / 1.015e12, 0.044),
        ("na62_2019", "piee", ELECTRONS, masses, 2.305 / 2.14e11, 0.16),
        ("na62_2019", "pimumu", MUONS, masses[1:4], 3.28 / 7.94e11, 0.91),
        ("besiii_2025", "majorana_pair", ELECTRONS, (0.55, 1.0, 1.5), 2.3 / 1.0087e10, 0.0),
        ("besiii_2025", "one_majorana", ELECTRONS, (0.55, 1.0, 2.5), 2.3 / 1.0087e10, 0.0),
    ):
        write_grid(Path(folder, paper, f"{channel}.csv"), acceptances, at, ratio, background=background)
    return folder


@pytest.fixture
def part(grids):
    """Channel and isotropic grid by the names of search and channel."""
    def find(paper, channel, chirality="isotropic"):
        return find_channel(paper, channel), read_grids(grids / paper / f"{channel}.csv")[chirality]

    return find
