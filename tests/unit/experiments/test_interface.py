"""Every experiment has the same face, and keeps it after its modules were loaded."""

import sys

import pytest

from lnvsearch import experiments
from lnvsearch.experiments.interface import INTERFACE, ExperimentError, load_experiment


@pytest.mark.parametrize("name", ["besiii", "na62"])
def test_functions_stay_functions_when_they_are_asked_for_again(name):
    """A module of a function's name in the package would take its place."""
    for _ in range(2):
        experiment = load_experiment(name)
        for function in INTERFACE:
            assert callable(getattr(experiment, function)), function
    assert set(INTERFACE) <= set(experiment.__all__)


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(ExperimentError, match="lnvsearch/experiments/lhcb: no such folder; add"):
        load_experiment("lhcb")


def test_a_folder_without_a_function_is_refused_with_what_to_write(tmp_path, monkeypatch):
    folder = tmp_path / "incomplete"
    folder.mkdir()
    names = [name for name in INTERFACE if name != "select_data"]
    (folder / "__init__.py").write_text(f"__all__ = {names}\n")
    monkeypatch.setattr(experiments, "__path__", [*experiments.__path__, str(tmp_path)])
    with pytest.raises(ExperimentError) as caught:
        load_experiment("incomplete")
    message = str(caught.value)
    for words in ("lnvsearch/experiments/incomplete/__init__.py", "select_data", "write"):
        assert words in message
    (folder / "__init__.py").write_text(f"__all__ = {[*names, 'select_data']}\n")
    monkeypatch.delitem(sys.modules, "lnvsearch.experiments.incomplete")
    assert load_experiment("incomplete").__all__
