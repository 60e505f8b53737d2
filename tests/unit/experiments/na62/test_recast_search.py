"""Systematic uncertainties of the grids: conditions on the vertex, and the level of the simulation."""

import numpy as np
import pytest

from lnvsearch.experiments.na62.steps.recast_search import _level, _vertex_relative
from lnvsearch.recast_grid import LifetimeSums


def sums(*weight):
    return LifetimeSums(np.array([0.0, 10.0, 1e3]), weight={"isotropic": np.array(weight)})


def test_a_condition_counts_against_that_of_prompt_decays():
    nominal = sums(10.0, 8.0, 1.0)
    # A tenth is lost of prompt decays, and of the normalisation: what is more counts.
    (found,) = _vertex_relative(nominal, [sums(9.0, 7.2, 0.45)]).values()
    assert found == pytest.approx([0.0, 0.0, 0.5])
    (found,) = _vertex_relative(nominal, [sums(10.0, 8.0, 0.7), sums(10.0, 8.0, 0.6)]).values()
    assert found == pytest.approx([0.0, 0.0, 0.5])


def test_where_nothing_is_accepted_no_condition_matters():
    (found,) = _vertex_relative(sums(10.0, 8.0, 0.0), [sums(9.0, 7.2, 0.0)]).values()
    assert np.isfinite(found).all()
    (found,) = _vertex_relative(sums(0.0, 0.0, 0.0), [sums(0.0, 0.0, 0.0)]).values()
    assert found.tolist() == [0.0, 0.0, 0.0]


def test_the_level_is_as_uncertain_as_the_papers_own_signal_is_missed():
    published = {"signal_acceptance": {"mean": 0.0981}}
    simulated = {"simulated": {"nominal": {"signal_acceptance": 0.1075}}}
    assert _level(simulated, published) == (1.0, pytest.approx(0.0958, abs=1e-3))
    # With a factor that makes it the published one, it is not missed.
    assert _level({**simulated, "neutral_pion_factor": {"value": 0.58}}, published) == (0.58, 0.0)
