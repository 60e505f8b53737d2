"""Comparison with the TRolke of an installed ROOT (`pip install lnvsearch[root]`)."""

import ctypes
import warnings

import numpy as np
import pytest

from lnvsearch.statistics import (
    BinomialEfficiency,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    rolke,
)

pytestmark = pytest.mark.root

KNOWN_EFFICIENCY = KnownEfficiency(0.3)
GAUSSIAN_EFFICIENCY = GaussianEfficiency(0.1583, 0.0111)
BINOMIAL_EFFICIENCY = BinomialEfficiency(300, 1000)

# Setter and its arguments after the count, background, efficiency.  Counts begin at 1: at 0 the
# known-efficiency models divide twice by the efficiency.  The model with Poisson background and
# binomial efficiency is absent: its profile is inexact.
MODELS = [
    ("SetKnownBkgGaussEff", (0.1583, 0.0111, 0.5), KnownBackground(0.5), GAUSSIAN_EFFICIENCY),
    ("SetKnownBkgBinomEff", (300, 1000, 0.5), KnownBackground(0.5), BINOMIAL_EFFICIENCY),
    ("SetGaussBkgKnownEff", (1.2, 0.4, 0.3), GaussianBackground(1.2, 0.4), KNOWN_EFFICIENCY),
    ("SetPoissonBkgKnownEff", (6, 5.0, 0.3), PoissonBackground(6, 5.0), KNOWN_EFFICIENCY),
    (
        "SetGaussBkgGaussEff",
        (1.2, 0.1583, 0.0111, 0.4),
        GaussianBackground(1.2, 0.4),
        GAUSSIAN_EFFICIENCY,
    ),
    (
        "SetPoissonBkgGaussEff",
        (6, 0.1583, 5.0, 0.0111),
        PoissonBackground(6, 5.0),
        GAUSSIAN_EFFICIENCY,
    ),
]


@pytest.fixture(scope="module")
def root():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns that it is an alpha version
        return pytest.importorskip("ROOT")


def trolke(root, setter, arguments, confidence_level, bounded):
    """Lower and upper limit from ROOT."""
    calculator = root.TRolke()
    calculator.SetCL(confidence_level)
    calculator.SetBounding(bounded)
    getattr(calculator, setter)(*arguments)
    lower, upper = ctypes.c_double(), ctypes.c_double()
    calculator.GetLimits(lower, upper)
    return lower.value, upper.value


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize("level", [0.90, 0.95])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model[0])
def test_limits_equal_those_of_root(root, model, level, bounded):
    setter, arguments, background, efficiency = model
    observed = np.array([1, 2, 3, 5, 8, 20])
    ours = rolke.interval(CountingExperiment(observed, background, efficiency), level, bounded)
    theirs = [trolke(root, setter, (int(n), *arguments), level, bounded) for n in observed]
    lower, upper = np.array(theirs).T
    assert ours.upper == pytest.approx(upper, rel=1e-4)
    assert ours.lower == pytest.approx(lower, rel=3e-3)
