"""Experiments from plain numbers, and the options of the methods by name."""

import numpy as np
import pytest

from lnvsearch.statistics import (
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
)
from lnvsearch.statistics.methods import METHODS, counting_experiment, interval, method_options


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
        for method in METHODS
    }
    assert upper["cls"] == pytest.approx(-np.log(0.1), rel=1e-6)
    assert upper["bayesian"] == pytest.approx(-np.log(0.1), rel=1e-6)
    assert upper["feldman-cousins"] == pytest.approx(2.44, abs=0.01)
    assert set(upper) == {"rolke", "cls", "feldman-cousins", "bayesian"}
