"""CLs with profiled nuisances: the definition, pyhf's toys, and limits known in closed form."""

import json
from pathlib import Path

import numpy as np
import pytest

from lnvsearch.statistics import (
    AsymmetricBackground,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    cls,
    cls_profiled,
)
from lnvsearch.statistics.lognormal_model import LogNormalModel, profiled, q_tilde

# pyhf 0.7 (SciPy optimiser, q-tilde, 3000 toys a hypothesis, normsys interpolation code 1, shapesys
# for sidebands); toys whose statistic is within 1e-3 of the observed one count as equal to it.
REFERENCE = json.loads(
    (Path(__file__).parents[2] / "reference" / "cls_profiled_pyhf.json").read_text()
)


@pytest.mark.parametrize("case", REFERENCE, ids=lambda case: f"n={case['observed']}")
def test_toys_of_pyhf(case):
    if case["sideband"] is None:
        sigma = case["background"] * case["relative_background"]
        background = GaussianBackground(case["background"], sigma)
    else:
        background = PoissonBackground(case["sideband"], case["tau"])
    efficiency = GaussianEfficiency(1.0, case["relative_efficiency"])
    found = cls_profiled.p_values(
        CountingExperiment(case["observed"], background, efficiency), case["signal"]
    )
    for value, thrown in zip(found, (case["clsb"], case["clb"]), strict=False):
        error = np.sqrt(thrown * (1.0 - thrown) / case["toys"])
        assert abs(value - thrown) < 2.8 * error
    assert abs(found[2] - case["cls"]) < 2.5 * case["error"]


def test_ten_cases_are_compatible_together():
    chi2 = 0.0
    for case in REFERENCE:
        background = (
            PoissonBackground(case["sideband"], case["tau"])
            if case["sideband"] is not None
            else GaussianBackground(
                case["background"], case["background"] * case["relative_background"]
            )
        )
        efficiency = GaussianEfficiency(1.0, case["relative_efficiency"])
        experiment = CountingExperiment(case["observed"], background, efficiency)
        found = cls_profiled.p_values(experiment, case["signal"])[2]
        chi2 += ((found - case["cls"]) / case["error"]) ** 2
    assert len(REFERENCE) == 10
    assert chi2 < 25.2  # 0.5 per cent


@pytest.mark.parametrize(("observed", "background"), [(0, 0.0), (1, 0.7), (4, 2.0)])
def test_everything_known_is_the_plain_ratio(observed, background):
    experiment = CountingExperiment(observed, KnownBackground(background), KnownEfficiency(0.5))
    assert cls_profiled.upper_limit(experiment) == pytest.approx(
        cls.upper_limit(experiment), rel=1e-5
    )


def test_no_count_does_not_feel_the_background():
    for background in (GaussianBackground(1.5, 0.5), AsymmetricBackground(0.7, 0.6, 0.5)):
        experiment = CountingExperiment(0, background, KnownEfficiency(2.0))
        assert cls_profiled.upper_limit(experiment) == pytest.approx(
            np.log(10.0) / 2.0, rel=1e-4
        )


def test_limit_is_where_cls_reaches_its_level():
    experiment = CountingExperiment(2, GaussianBackground(1.0, 0.3), GaussianEfficiency(1.0, 0.1))
    limit = cls_profiled.upper_limit(experiment, 0.95)
    assert cls_profiled.p_values(experiment, limit)[2] == pytest.approx(0.05, rel=1e-4)


def test_toys_thrown_here_agree():
    experiment = CountingExperiment(2, GaussianBackground(1.0, 0.3), GaussianEfficiency(1.0, 0.1))
    k, e = np.log1p(0.3), np.log1p(0.1)
    zero = np.zeros((1, 1))
    model = LogNormalModel(
        np.ones(1), np.ones(1), np.array([[k, 0.0]]), np.array([[k, 0.0]]),
        np.array([[0.0, e]]), np.array([[0.0, e]]),
    )
    signal, count, nominal = 4.0, zero + 2.0, np.zeros((1, 2))
    observed = q_tilde(model, count, nominal, signal)[0]
    generator = np.random.Generator(np.random.Philox(5))
    exact = cls_profiled.p_values(experiment, signal)
    for true_signal, expected in zip((signal, 0.0), exact, strict=False):
        theta = profiled(model, count, nominal, true_signal)[1]
        mean = true_signal * model.efficiencies(theta) + model.backgrounds(theta)
        counts = generator.poisson(mean[0, 0], (40_000, 1)).astype(float)
        measured = theta + generator.standard_normal((40_000, 2))
        thrown = np.mean(q_tilde(model, counts, measured, signal) >= observed)
        assert thrown == pytest.approx(expected, abs=3.5 * np.sqrt(expected / 40_000))


def test_what_has_no_log_normal_error_is_refused():
    with pytest.raises(ValueError, match="background must be > 0 for cls-profiled"):
        cls_profiled.upper_limit(CountingExperiment(1, GaussianBackground(0.0, 0.3),
                                                    KnownEfficiency(1.0)))
    with pytest.raises(ValueError, match="smaller than the mean"):
        cls_profiled.upper_limit(CountingExperiment(1, AsymmetricBackground(0.5, 0.6, 0.5),
                                                    KnownEfficiency(1.0)))
