"""What all tests share: paths, no limit on the wall clock, and the order of parallel runs."""

import os
import signal
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
for folder in ("tests", "workflow", "workflow/scripts"):
    sys.path.insert(0, str(ROOT / folder))

# Copies of the project that tests make use the kernels that are compiled already.
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / "src/lnvsearch/__pycache__/kernels"))

# Starts of Snakemake that need no cluster import no plugin of one.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [os.environ.get("PYTHONPATH"), str(ROOT / "tests/workflow/light_start")])
)

# `make test` tells its children that they run below make; a make that a test starts then says other things.
for variable in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"):
    os.environ.pop(variable, None)

# Both measure the wall clock, which on a busy machine says nothing of the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

#: Folders whose tests need (nearly) no compiled kernel.
WITHOUT_KERNELS = {"papers", "publication", "statistics", "workflow"}


def pytest_configure(config):
    """What ends the tests ends their children; a parallel worker that spins is ended.

    Pytest then names the test that the worker was in.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if hasattr(config, "workerinput"):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (3600, hard))


@cache
def names(file, word):
    """Whether a file of tests names a fixture or a function."""
    return word in (ROOT / file).read_text(encoding="utf-8")


def pytest_collection_modifyitems(items):
    """Begin with the run of everything, which takes longest, all cores, and compiles all kernels.

    Beside it another worker waits for Slurm most of the time.  Until the kernels are there, others do what
    needs none, then the other runs of Snakemake.
    """

    def turn(item):
        file = item.path.relative_to(ROOT)
        if names(file, "whole_dag"):
            return 0
        if names(file, "on_slurm"):
            return 1
        if names(file, "snakemake"):
            return 3
        needs_none = WITHOUT_KERNELS & set(file.parts) and not names(file, "simulate(")
        return 2 if needs_none else 4

    items.sort(key=turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give a worker a whole file at a time, and all that uses the run of everything to one."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "whole_dag" if names(file, "whole_dag") else file

    return ByFile(config, log)


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
        # Thinned events weigh up to 20, and data are drawn from weights of at most 1.
        simulation = paper.simulation_parameters(sample, "nominal") | {"thinning": None}
        for chunk in simulate(simulation, number, base_seed=3, sample=sample):
            simulated.append(chunk)
            drawn.append(pseudo_data(chunk, maps, windows, base_seed=3, sample=sample))
    path = tmp_path_factory.mktemp("pseudo_data") / "pseudo_data.root"
    write_spectrometer(path, drawn)
    return SimpleNamespace(path=path, simulated=simulated, drawn=drawn, maps=maps, paper=paper)
