"""The counting experiment: validation, shapes, and laziness of the package."""

import subprocess
import sys

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
    check_confidence_level,
)

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("make", "argument", "allowed"),
    [
        (lambda: KnownBackground(-0.1), "background mean", ">= 0"),
        (lambda: KnownBackground([0.0, NAN]), "background mean", ">= 0"),
        (lambda: KnownBackground(INF), "background mean", "finite"),
        (lambda: KnownBackground("much"), "background mean", ">= 0"),
        (lambda: GaussianBackground(1.0, -1.0), "background sigma", ">= 0"),
        (lambda: GaussianBackground(NAN, 1.0), "background mean", ">= 0"),
        (lambda: PoissonBackground(-1, 1.0), "background sideband_count", ">= 0"),
        (lambda: PoissonBackground(1, 0.0), "background tau", "> 0"),
        (lambda: KnownEfficiency(0.0), "efficiency value", "> 0"),
        (lambda: GaussianEfficiency(-0.1, 0.1), "efficiency mean", "> 0"),
        (lambda: GaussianEfficiency(0.1, NAN), "efficiency sigma", ">= 0"),
        (lambda: BinomialEfficiency(0, 100), "efficiency passed", "> 0"),
        (lambda: BinomialEfficiency(101, 100), "efficiency passed", "<= total"),
        (lambda: BinomialEfficiency([1, 7], [3, 5]), "efficiency passed", "<= total"),
        (lambda: BinomialEfficiency(1, None), "efficiency total", "> 0"),
        (lambda: check_confidence_level(0.0), "confidence_level", "between 0 and 1"),
        (lambda: check_confidence_level([0.9, 1.0]), "confidence_level", "between 0 and 1"),
        (lambda: check_confidence_level(NAN), "confidence_level", "between 0 and 1"),
        (lambda: check_confidence_level(90), "confidence_level", "between 0 and 1"),
    ],
)
def test_a_value_outside_its_range_is_named(make, argument, allowed):
    with pytest.raises(ValueError) as error:
        make()
    assert argument in str(error.value)
    assert allowed in str(error.value)


@pytest.mark.parametrize("observed", [-1, 1.5, NAN, INF, [0, 1, -2], "one"])
def test_observed_must_be_whole_counts(observed):
    with pytest.raises(ValueError, match="observed"):
        CountingExperiment(observed, KnownBackground(0.0), KnownEfficiency(0.1))


def test_bare_numbers_are_refused_with_the_classes_to_use():
    with pytest.raises(ValueError, match="background must be a KnownBackground"):
        CountingExperiment(1, 0.5, KnownEfficiency(0.1))
    with pytest.raises(ValueError, match="efficiency must be a KnownEfficiency"):
        CountingExperiment(1, KnownBackground(0.5), 0.1)


def test_shapes_broadcast_and_misfits_are_named():
    experiment = CountingExperiment(
        np.arange(3)[:, None], KnownBackground([0.0, 1.0]), GaussianEfficiency(0.1, 0.01)
    )
    assert experiment.shape == (3, 2)
    assert CountingExperiment(1, KnownBackground(0), KnownEfficiency(1)).shape == ()
    with pytest.raises(ValueError, match=r"observed \(3,\).*background \(2,\)"):
        CountingExperiment([0, 1, 2], KnownBackground([0.0, 1.0]), KnownEfficiency(0.1))
    with pytest.raises(ValueError, match=r"mean \(2,\), sigma \(3,\)"):
        GaussianBackground([1.0, 2.0], [0.1, 0.2, 0.3])


def test_arguments_are_kept_as_read_only_floats_and_callers_arrays_stay_writeable():
    mine = np.array([1.0, 2.0])
    background = KnownBackground(mine)
    with pytest.raises(ValueError, match="read-only"):
        background.mean[0] = 5.0
    mine[0] = 3.0
    counts = CountingExperiment(np.array([1, 2]), background, KnownEfficiency(0.1)).observed
    assert counts.dtype == np.float64


def test_estimates_and_uncertainties():
    assert PoissonBackground(9, 3.0).estimate == 3.0
    assert PoissonBackground(9, 3.0).sigma == 1.0
    assert BinomialEfficiency(20, 100).estimate == 0.2
    assert BinomialEfficiency(20, 100).sigma == pytest.approx(0.04, rel=1e-12)
    assert KnownBackground([1.0, 2.0]).sigma.tolist() == [0.0, 0.0]
    assert KnownEfficiency(0.3).sigma == 0.0
    assert GaussianBackground(1.0, 0.5).sigma == 0.5


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys; import lnvsearch.statistics as s; "
        "from lnvsearch.statistics import CountingExperiment, rolke; "
        "heavy = {'scipy', 'numba', 'matplotlib', 'awkward', 'uproot'} & set(sys.modules); "
        "assert not heavy, heavy; assert 'rolke' in dir(s); assert s.rolke is rolke"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error():
    import lnvsearch.statistics

    with pytest.raises(AttributeError, match="no attribute 'rolcke'"):
        lnvsearch.statistics.rolcke  # noqa: B018
