"""Selections that share their work give what each gives alone, to the last bit."""

from dataclasses import replace

import numpy as np
import pytest

from lnvsearch.experiments.na62.selection.select import select, select_together
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.experiments.na62.selection.together import Asked, families
from lnvsearch.experiments.na62.selection.trigger import TriggerChain, TriggerSettings

LNV, SM = ("pi-", "e+", "e+"), ("pi+", "e+", "e-")
CUTS = [
    {"cut": "track_separation", "chambers": [1, 4], "minimum_m": 0.015},
    {"cut": "large_angle_veto"},
    {"cut": "transverse_momentum", "maximum_gev": 0.030},
    {"cut": "rich_angle", "minimum_rad": 0.004},
]
TRIGGER = TriggerSettings({"chain": TriggerChain(8.0, ["straw"], True)}, {"straw": 0.05})


@pytest.fixture(scope="module")
def events(toys):
    """Pions and positrons with some energy in the veto, and weights."""
    rng = np.random.default_rng(5)
    energy = rng.exponential(0.02, 3000).astype(np.float32)
    return toys.events(SM, 3000, 61, lav_energy_gev=energy, weight=rng.uniform(0.5, 2.0, 3000))


@pytest.fixture(scope="module")
def asked(toys):
    """Another threshold of the veto, vertices, maps, trigger, regions, a cut less, a final state."""
    regions = {"signal": [[0.47, 0.505]], "control": [[0.0, 0.47]]}
    nominal = SelectionSettings(
        SM, 1, [*toys.loose_cuts, *CUTS], ["lkr", "rich"], ["chain"], regions=regions
    )
    maps = toys.maps(electron_to_pion=0.02, efficiency_electron_rich=0.9)
    one = Asked(nominal, toys.detector, maps, TRIGGER, "signal")
    vertex = {**toys.loose_cuts[0], "chi_square_maximum": 4.0, "z_minimum_m": 140.0}
    veto = replace(toys.detector, lav=toys.detector.lav._replace(threshold_gev=0.05))

    def selecting(**changed):
        return replace(one, selection=replace(nominal, **changed))

    return [
        one,
        replace(one, detector=veto),
        selecting(cuts=[vertex, *toys.loose_cuts[1:], *CUTS]),
        replace(one, identification=toys.maps(electron_to_pion=0.03)),
        replace(one, trigger=replace(TRIGGER, inefficiency={"straw": 0.5})),
        selecting(regions={"signal": [[0.45, 0.49]]}),
        selecting(cuts=[*toys.loose_cuts, *CUTS[:-1]], identification=["lkr"]),
        selecting(cuts=[*CUTS, *toys.loose_cuts]),
        replace(one, selection=replace(nominal, final_state=LNV)),
    ]


def alone(events, one):
    return select(
        events, one.selection, detector=one.detector, identification=one.identification,
        trigger=one.trigger, loss_region=one.loss_region,
    )  # fmt: skip


def test_together_is_alone_to_the_last_bit(events, asked):
    found = dict(select_together(events, asked))
    assert sorted(found) == list(range(len(asked)))
    numbers = set()
    for index, one in enumerate(asked):
        expected = alone(events, one)
        for name, values in expected.candidates.items():
            assert np.array_equal(found[index].candidates[name], values, equal_nan=True), name
        assert found[index].flow == expected.flow
        assert found[index].losses == expected.losses
        numbers.add(round(float(np.sum(expected.candidates["weight"])), 9))
    # All but the one with other regions are other selections; the final state fits no track.
    assert len(numbers) == len(asked) - 2 and 0.0 in numbers


def test_selections_share_where_candidates_and_the_order_of_cuts_are_equal(asked):
    members = [[index for index, _ in family.members] for family in families(asked)]
    assert members == [[0, 1, 2, 3, 4, 5, 6], [7], [8]]


def test_photons_are_chosen_by_a_cut_and_belong_to_the_candidates(asked):
    photons = {"cut": "photons", "energy_minimum_gev": 2.0, "separation_minimum_m": 0.2}
    selection = asked[0].selection
    tighter = [
        replace(
            asked[0],
            selection=replace(
                selection, cuts=[*selection.cuts, {**photons, "energy_minimum_gev": energy}]
            ),
        )
        for energy in (2.0, 3.0, 2.0)
    ]
    assert [len(family.members) for family in families(tighter)] == [2, 1]


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        ({"cut": "one_vertx"}, "cut 'one_vertx' is unknown"),
        ({"cut": "rich_angle", "minimum": 1.0}, "has no parameter minimum"),
        ({"cut": "rich_angle", "minimum_rad": 0.1}, "comes twice"),
    ],
)
def test_cuts_that_cannot_be_applied_are_refused(asked, cut, message):
    selection = replace(asked[0].selection, cuts=[*asked[0].selection.cuts, cut])
    with pytest.raises(ValueError, match=message):
        families([replace(asked[0], selection=selection)])
