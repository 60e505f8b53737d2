"""Limits on |U|^2: with and without the flight of N, two-valued ones, combined ones, and none."""

import math

import pytest

from lnvsearch.interpretation.channels import find_channel
from lnvsearch.interpretation.mixing import Mixing
from lnvsearch.interpretation.mixing_limits import (
    MIXING_COLUMNS,
    combined_limit,
    excluded_intervals,
    mixing_limit,
    mixing_row,
)
from lnvsearch.interpretation.widths import HeavyNeutralLepton

ELECTRON, MUON, BOTH = (Mixing.from_ratio(text) for text in ("1:0:0", "0:1:0", "1:1:0"))


def test_a_limit_on_a_prompt_product_contradicts_itself():
    """5.3e-11 on the product gives |U_e|^2 = 8e-11, whose N would live for seconds."""
    product = find_channel("na62_2022", "piee").product(0.3, ELECTRON)
    prompt = 5.3e-11 / product
    assert prompt == pytest.approx(8e-11, rel=0.05)
    assert HeavyNeutralLepton(0.3, ELECTRON).lifetime_ps(prompt) * 1e-12 > 1.0


def test_with_its_flight_the_limit_is_of_order_1e_5(part):
    found = mixing_limit(*part("na62_2022", "piee"), 0.3, ELECTRON)
    assert 1e-5 < found.limit < 3e-5
    assert not found.prompt_consistent and found.prompt < 1e-10
    assert "the prompt reading contradicts itself: it would live" in found.remark


def test_at_the_limit_as_many_events_are_expected_as_the_limit_allows(part):
    channel, grid = part("na62_2022", "piee")
    found = mixing_limit(channel, grid, 0.3, ELECTRON)
    expected = channel.parents * found.acceptance_at_limit * channel.product(0.3, ELECTRON) * found.limit
    assert expected == pytest.approx(2.305, rel=1e-4)
    assert found.lifetime_at_limit_ps == pytest.approx(HeavyNeutralLepton(0.3, ELECTRON).lifetime_ps(found.limit))


def test_where_n_flies_far_events_go_with_the_fourth_power_of_u(part):
    channel, grid = part("na62_2022", "piee")
    neutral = HeavyNeutralLepton(0.3, ELECTRON)
    counts = [u * grid.at(0.3, neutral.lifetime_ps(u)).acceptance for u in (1e-6, 1e-5)]
    assert counts[1] / counts[0] == pytest.approx(100.0)


def test_the_method_is_chosen(part):
    paper, cls = (mixing_limit(*part("na62_2022", "piee"), 0.3, ELECTRON, method) for method in ("paper", "cls"))
    assert cls.limit / paper.limit == pytest.approx(math.sqrt(1.02), rel=1e-4)


def test_the_flavour_that_does_not_mix_has_no_bound(part):
    found = mixing_limit(*part("na62_2022", "piee"), 0.3, MUON)
    assert found.limit is None and "no bound below |U|^2 = 1" in found.remark


def test_a_dirac_lepton_is_refused():
    with pytest.raises(ValueError, match="a Dirac N keeps it"):
        find_channel("na62_2022", "piee").product(0.3, ELECTRON, majorana=False)


def test_besiii_bounds_nothing_and_says_so(part):
    found = mixing_limit(*part("besiii_2025", "majorana_pair"), 1.0, ELECTRON)
    assert found.limit is None and found.prompt is None
    assert "no bound below |U|^2 = 1: there the product is" in found.remark
    with pytest.raises(ValueError, match="bounds no .U_e.\\^2 below 1"):
        mixing_limit(*part("besiii_2025", "one_majorana"), 1.0, ELECTRON)


def test_an_interval_has_two_ends_where_the_lifetime_cuts_off():
    # A displaced search: the ratio rises as u^2 and falls exponentially where N decays too early.
    found = excluded_intervals(lambda u: (u / 1e-6) ** 2 * math.exp(-u / 1e-4))
    ((low, high),) = found
    assert low == pytest.approx(1e-6, rel=0.01)
    assert (high / 1e-6) ** 2 * math.exp(-high / 1e-4) == pytest.approx(1.0, rel=1e-4)
    assert excluded_intervals(lambda u: 0.5) == ()
    assert excluded_intervals(lambda u: 2.0)[0][1] == 1.0


def test_a_combination_is_stronger_than_its_parts(part):
    parts = [part("na62_2022", "piee"), part("na62_2019", "pimumu")]
    together = combined_limit(parts, 0.3, BOTH)
    singles = [mixing_limit(*one, 0.3, BOTH, "cls").limit for one in parts]
    assert 0.5 * min(singles) < together.limit < min(singles)


def test_one_channel_combined_is_that_channel(part):
    channel, grid = part("na62_2022", "piee")
    alone = combined_limit([(channel, grid)], 0.3, ELECTRON)
    # ln 10 events without background uncertainty; 3 % on the efficiency hardly change it.
    assert alone.limit == pytest.approx(mixing_limit(channel, grid, 0.3, ELECTRON).limit, rel=0.01)


def test_channels_with_the_same_events_are_not_combined(part):
    with pytest.raises(ValueError, match=r"overlap: both search for K\+ -> pi- e\+ e\+ in run_2017"):
        combined_limit([part("na62_2022", "piee"), part("na62_2019", "piee")], 0.3, ELECTRON)


def test_a_row_has_every_column(part):
    row = mixing_row(mixing_limit(*part("na62_2022", "piee"), 0.3, ELECTRON), "na62_2022 piee", "isotropic", "paper")
    assert tuple(row) == MIXING_COLUMNS
    assert row["mixing"] == "e" and row["mixing_upper_end"] == 1.0


def test_a_mass_beyond_the_phase_space_is_refused(part):
    with pytest.raises(ValueError, match="has phase space between"):
        mixing_limit(*part("na62_2022", "piee"), 0.6, ELECTRON)
