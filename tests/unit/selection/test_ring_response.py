"""Pions taken for positrons by the RICH: what the size of a ring says, and the printed anchors."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnvsearch.experiments.na62.selection.identification_maps import (
    MAPS,
    IdentificationMaps,
    correction_set,
)
from lnvsearch.selection.ring_response import RingResponse

ANCHORS = ([10.0, 25.0, 45.0], [0.17, 1e-3, 0.012])
THRESHOLD_GEV, HITS = 12.5, 14.0


def response(hits=HITS):
    return RingResponse.through(*ANCHORS, THRESHOLD_GEV, hits)


def test_a_pion_without_a_ring_and_one_with_too_few_hits_pass_for_positrons():
    ring = response()
    assert ring.probability(11.0) == ring.probability(12.5) == 0.17
    # Just above the threshold the probability of no hits decides: exp(-n t).
    for momentum in (12.7, 13.0, 13.3):
        no_hits = np.exp(-HITS * (1.0 - (THRESHOLD_GEV / momentum) ** 2))
        assert ring.probability(momentum) == pytest.approx(0.17 * no_hits, rel=0.05)


def test_near_the_upper_end_it_is_the_tail_of_the_radius_resolution():
    """The separation in units of the width is that of the radii, sqrt(1 - (p_t/p)^2)."""
    from statistics import NormalDist

    ring = response()
    separations = []
    for momentum in (40.0, 45.0):
        above = ring.probability(momentum) - ring.floor
        separations.append(-NormalDist().inv_cdf(above))
    away = [1.0 - np.sqrt(1.0 - (THRESHOLD_GEV / p) ** 2) for p in (40.0, 45.0)]
    assert separations[0] / separations[1] == pytest.approx(away[0] / away[1], rel=1e-3)
    assert ring.probability(60.0) == ring.probability(45.0)


def test_more_light_recognises_pions_sooner():
    few, many = response(10.0), response(20.0)
    assert few.probability(14.0) > 3.0 * many.probability(14.0)


@given(
    st.floats(0.05, 0.5), st.floats(1e-4, 2e-3), st.floats(1.5, 12.0), st.floats(14.0, 30.0),
    st.floats(24.0, 28.0),
)  # fmt: skip
def test_the_anchors_come_out(below, at_minimum, rise, hits, minimum):
    at_end = at_minimum * rise
    ring = RingResponse.through([10.0, minimum, 45.0], [below, at_minimum, at_end], 12.5, hits)
    found = [ring.probability(p) for p in (10.0, minimum, 45.0)]
    assert found == pytest.approx([below, at_minimum, at_end], rel=1e-6)
    between = [ring.probability(p) for p in np.linspace(12.6, 45.0, 60)]
    assert 0.0 < min(between) and max(between) <= max(below, at_end) * (1 + 1e-9)


def test_the_map_in_the_file_is_the_response():
    maps = {
        name: {"momentum_gev": [8.0], "probability": [0.5], "interpolation": "linear"}
        for name in MAPS
    }
    maps["pion_to_electron_rich"] = {
        "momentum_gev": ANCHORS[0], "probability": ANCHORS[1], "interpolation": "cherenkov",
        "threshold_momentum_gev": THRESHOLD_GEV, "positron_hits": HITS,
    }  # fmt: skip
    found = IdentificationMaps.from_text(json.dumps(correction_set(maps)))
    momentum = np.array([5.0, 12.0, 13.0, 17.0, 30.0, 42.0, 45.0, 80.0])
    expected = [response().probability(p) for p in momentum]
    assert found.probability("pion_to_electron_rich", momentum) == pytest.approx(expected, rel=1e-4)
    del maps["pion_to_electron_rich"]["positron_hits"]
    with pytest.raises(ValueError, match=r"pion_to_electron_rich.*positron_hits"):
        correction_set(maps)


@pytest.mark.parametrize(
    ("momenta", "probabilities", "problem"),
    [
        ([10.0, 25.0], [0.1, 1e-3], "three momentum_gev"),
        ([13.0, 25.0, 45.0], [0.1, 1e-3, 1e-2], "must lie between"),
        ([10.0, 25.0, 45.0], [0.1, 1e-3, 1e-3], "must exceed that at the minimum"),
        ([10.0, 14.0, 45.0], [0.5, 1e-3, 1e-2], "more positron_hits"),
    ],
)
def test_anchors_that_no_ring_gives_are_refused(momenta, probabilities, problem):
    with pytest.raises(ValueError, match=problem):
        RingResponse.through(momenta, probabilities, THRESHOLD_GEV, HITS)
