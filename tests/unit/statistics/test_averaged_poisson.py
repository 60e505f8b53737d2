"""Averaged Poisson probabilities: each way of summing gives the sum of scipy's probabilities."""

import numpy as np
import pytest
from scipy import stats

from lnvsearch.statistics.averaged_poisson import averaged_poisson


@pytest.mark.parametrize("largest", [0, 5, 150, 151, 600, 700])
@pytest.mark.parametrize("decades", [(-3.0, 2.5), (-3.0, 3.5), (2.9, 6.0)])
def test_sum_over_nodes(largest, decades):
    generator = np.random.default_rng(1)
    mean, weights = 10.0 ** generator.uniform(*decades, (4, 20)), generator.random((4, 20))
    k = np.arange(largest + 1.0)
    expected = (stats.poisson.pmf(k[:, None], mean[:, None, :]) * weights[:, None, :]).sum(axis=2)
    found = averaged_poisson(largest, mean, weights)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-200)
