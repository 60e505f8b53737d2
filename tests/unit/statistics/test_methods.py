"""Experiments from plain numbers, and the options of the methods by name."""

import numpy as np
import pytest

from lnvsearch.statistics import (
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
)
from lnvsearch.statistics.methods import (
    DISPLAY_NAMES,
    METHODS,
    OPTIONS,
    TABLE_METHODS,
    counting_experiment,
    display_name,
    interval,
    method_options,
)


def test_a_number_without_uncertainty_is_known():
    known = counting_experiment(1, 0.5, 0.0, 0.1, 0.0)
    assert isinstance(known.background, KnownBackground)
    assert isinstance(known.efficiency, KnownEfficiency)
    uncertain = counting_experiment(1, 0.5, 0.2, 0.1, 0.01)
    assert isinstance(uncertain.background, GaussianBackground)
    assert isinstance(uncertain.efficiency, GaussianEfficiency)
    many = counting_experiment([0, 1], [0.5, 0.5], 0.0, [0.1, 0.2], [0.0, 0.02])
    assert isinstance(many.efficiency, GaussianEfficiency)


def test_every_method_takes_its_own_options():
    """No event and no background, all known: -ln(0.1) for CLs and Bayes."""
    experiment = counting_experiment(0, 0.0, 0.0, 1.0, 0.0)
    upper = {
        method: float(interval(method, experiment, 0.90, **method_options(method, False, "none")).upper)
        for method in TABLE_METHODS
    }
    assert upper["cls"] == pytest.approx(-np.log(0.1), rel=1e-6)
    assert upper["bayesian"] == pytest.approx(-np.log(0.1), rel=1e-6)
    assert upper["feldman-cousins"] == pytest.approx(2.44, abs=0.01)
    assert upper["cls-profiled"] == pytest.approx(-np.log(0.1), rel=1e-6)
    assert set(upper) == set(OPTIONS)


def test_every_method_has_one_name_of_its_own():
    assert set(DISPLAY_NAMES) == set(OPTIONS) and set(METHODS) < set(TABLE_METHODS)
    assert len(set(DISPLAY_NAMES.values())) == len(DISPLAY_NAMES)
    assert display_name("feldman-cousins") == "Feldman-Cousins (1998)"
    with pytest.raises(ValueError, match="method must be one of rolke, cls"):
        display_name("Rolke")
