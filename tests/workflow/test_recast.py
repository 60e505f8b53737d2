"""Grids of masses and lifetimes, and what a search's file may not say of them."""

import pytest
from pydantic import ValidationError

from searches import recast
from searches.keys import WrongKeys
from searches.na62.recast import KaonRecastDecay
from searches.recast import lifetime_grid, mass_grid


def test_grids():
    assert len(mass_grid(0.155, 0.467, 40)) == 40
    lifetimes = lifetime_grid(0.1, 1e9, 60)
    assert (len(lifetimes), lifetimes[0], lifetimes[1], lifetimes[-1]) == (60, 0.0, 0.1, 1e9)
    assert sorted(set(lifetimes)) == lifetimes


@pytest.mark.parametrize(
    ("definition", "values", "message"),
    [
        (recast.Masses, {"first_gev": 0.4, "last_gev": 0.3}, "not above first_gev"),
        (recast.Masses, {"first_gev": 0.4, "last_gev": 0.5, "number": 1}, "number"),
        (recast.Lifetimes, {"shortest_ps": 0.0, "longest_ps": 1.0}, "shortest_ps"),
        (recast.Lifetimes, {"shortest_ps": 2.0, "longest_ps": 1.0}, "not above shortest_ps"),
        (recast.Flight, {"prompt_share": 1.0, "shortest_m": 0.1, "longest_m": 1.0}, "prompt_share"),
        (recast.Flight, {"prompt_share": 0.5, "shortest_m": 2.0, "longest_m": 1.0}, "not above"),
        (KaonRecastDecay, {"label": "x", "mode": "pi_mumu",
                           "masses": {"first_gev": 0.2, "last_gev": 0.3}}, "0.2452 and 0.3880"),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(definition, values, message):
    with pytest.raises((ValidationError, WrongKeys), match=message):
        definition(**values)
