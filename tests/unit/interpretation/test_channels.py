"""What ships beside the grids are the numbers that the papers print, and the grids' own."""

import math

import pytest

from lnvsearch.interpretation.channels import GRIDS, read_channels, searches
from lnvsearch.interpretation.grids import read_grids
from lnvsearch.publication.published import read_published

CHANNELS = [(paper, name) for paper in searches() for name in read_channels(paper)]
#: The channel of a paper in which a decay through N is looked for, where it has another name.
LOOKED_FOR_IN = {"majorana_pair": "kkee", "one_majorana": "kkee"}


@pytest.fixture
def published(root):
    def find(paper, quantity, name):
        numbers = read_published(root / f"resources/published/{paper}/numbers.csv")
        for channel in (LOOKED_FOR_IN.get(name, name), "all"):
            if (number := numbers.find(quantity, channel=channel)) is not None:
                return number
        return None

    return find


@pytest.mark.parametrize(("paper", "name"), CHANNELS)
def test_limits_and_backgrounds_are_those_of_the_paper(published, paper, name):
    channel = read_channels(paper)[name]
    assert channel.published_limit == published(paper, "upper_limit_branching_fraction", name).value
    uncertainty = published(paper, "background_events_uncertainty", name)
    assert channel.background_uncertainty == (uncertainty.value if uncertainty else 0.0)


@pytest.mark.parametrize(("paper", "name"), CHANNELS)
def test_parents_are_those_of_the_paper(published, paper, name):
    channel = read_channels(paper)[name]
    if (number := published(paper, "n_jpsi", name)) is not None:
        parents, sigma = number.value, number.uncertainty
    else:
        parents = published(paper, "n_kaon_decays", name).value
        parts = (
            published(paper, f"n_kaon_decays_{part}_uncertainty", name)
            for part in ("statistical", "external", "systematic")
        )
        sigma = math.hypot(*(part.value for part in parts if part is not None))
    relative = sigma / parents
    if "pi0" in channel.produced_with:  # which is found by its photons
        parents *= published(paper, "pi0_two_photon_branching_fraction_percent", name).value / 100.0
    # As rounded in the file.
    assert channel.parents == pytest.approx(parents, rel=5e-4)
    assert channel.parents_relative_uncertainty == pytest.approx(relative, rel=2e-2)


@pytest.mark.parametrize(("paper", "name"), CHANNELS)
def test_grids_have_the_counts_of_the_paper(published, paper, name):
    for grid in read_grids(GRIDS / paper / f"{name}.csv").values():
        assert grid.values["background"].max() == published(paper, "background_events", name).value
        observed = published(paper, "observed_events", name)
        assert grid.values["observed"].max() == observed.value
