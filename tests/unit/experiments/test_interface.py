"""Every experiment has the same face, and keeps it after its modules were loaded."""

import pytest

from lnvsearch.experiments.interface import INTERFACE, ExperimentError, load_experiment


@pytest.mark.parametrize("name", ["besiii", "na62"])
def test_functions_stay_functions_when_they_are_asked_for_again(name):
    """A module of a function's name in the package would take its place."""
    for _ in range(2):
        experiment = load_experiment(name)
        for function in experiment.__all__:
            assert callable(getattr(experiment, function)), function
    assert set(INTERFACE) <= set(experiment.__all__)


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(ExperimentError, match="lnvsearch/experiments/lhcb: no such folder; add"):
        load_experiment("lhcb")
