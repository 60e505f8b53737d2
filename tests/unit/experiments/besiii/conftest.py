"""The search's file, the detector and the selection of the signal."""

import pytest
import quick_yaml


@pytest.fixture(scope="session")
def settings(root):
    """The file of the BESIII search."""
    return quick_yaml.load((root / "config/papers/besiii_2025.yaml").read_text())


@pytest.fixture(scope="session")
def response(root):
    """The detector as its file describes it."""
    from lnvsearch.experiments.besiii.detector.response import BesiiiResponse

    detector = quick_yaml.load((root / "config/detectors/besiii.yaml").read_text())
    return BesiiiResponse.from_mapping(detector)


@pytest.fixture(scope="session")
def selection(settings, response):
    """The signal's selection with all its cuts."""
    from lnvsearch.experiments.besiii.selection.state import Selection

    return Selection.of_decays(
        "J/psi(1S)",
        settings["selection"],
        final_state=("K+", "K+", "e-", "e-"),
        momentum_x_gev=response.beam.momentum_x_gev,
        magnetic_field_t=response.beam.magnetic_field_t,
    )
