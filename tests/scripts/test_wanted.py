"""Events that follow from a wanted uncertainty, and shares that are taken from results."""

import csv

import pytest
from plan_events import write_shares
from searches.besiii.checks import REGIONS
from searches.wanted import effective_shares, needed_events, problems_of_places, rounded_up
from usage import wanted_percent

from lnvsearch.experiments.besiii.selection.counts import MASS_BIN
from lnvsearch.selection.cutflow import ALL_CUTS

PLACE = {"channel": "piee", "selection": "lnv", "region": "signal"}
KEY = ("piee", "lnv", "signal")


def test_the_events_reach_the_wanted_uncertainty():
    # 100 effective events of 10^4 generated ones are known to 10 %.
    shares = {KEY: 0.01}
    assert needed_events([{**PLACE, "percent": 10.0}], shares, 10**9) == 10_000
    assert needed_events([{**PLACE, "percent": 1.0}], shares, 10**9) == 1_000_000
    # 3 % needs 111,111.
    assert needed_events([{**PLACE, "percent": 3.0}], shares, 10**9) == 125_000


def test_the_most_demanding_number_decides_and_nothing_exceeds_the_most():
    shares = {KEY: 0.01, ("piee", "sm", "control"): 0.001}
    both = [{**PLACE, "percent": 10.0}, {**PLACE, "selection": "sm", "region": "control", "percent": 10.0}]
    assert needed_events(both, shares, 10**9) == 100_000
    assert needed_events(both, shares, 30_000) == 30_000
    assert needed_events(both, {KEY: 0.01}, 30_000) == 30_000
    assert needed_events([], shares, 30_000) == 30_000


@pytest.mark.parametrize("events", [1.0, 99.0, 1e5, 1.26e5, 6.31e6, 8.0001e9])
def test_rounding_up_is_never_below_nor_much_above(events):
    assert events <= rounded_up(events) <= 1.27 * events or events < 10
    assert rounded_up(rounded_up(events)) == rounded_up(events)


def test_shares_are_those_of_a_run(tmp_path):
    folder = tmp_path / "results/a_search/acceptance/bkg"
    folder.mkdir(parents=True)
    columns = ["sample", "variation", "selection", "region", "acceptance", "acceptance_uncertainty",
               "effective_events", "generated_events", "channel"]  # fmt: skip
    rows = [
        ["bkg", "nominal", "lnv", "signal", 0.02, 0.001, 400.0, 20000, "piee"],
        ["bkg", "nominal", "lnv", "masked", 0.0, 1e-5, 0.0, 20000, "piee"],
        ["bkg", "nominal", "lnv", "upper", 1e-4, 5e-5, 4.0, 20000, "piee"],
        ["bkg", "veto", "lnv", "signal", 0.5, 0.1, 25.0, 20000, "piee"],
    ]
    with open(folder / "nominal.csv", "w", newline="") as stream:
        csv.writer(stream).writerows([columns, *rows])
    (path,) = write_shares(tmp_path / "results", tmp_path / "shares")
    assert path.name == "a_search.csv"
    assert effective_shares(path) == {"bkg": {KEY: pytest.approx(0.02)}}
    assert effective_shares(tmp_path / "none.csv") == {}


def test_places_that_a_sample_has_not_are_named():
    regions = {("piee", "lnv"): ["signal", "masked"]}
    assert not list(problems_of_places("here", [{**PLACE, "percent": 1.0}], regions))
    wrong = [{**PLACE, "selection": "sm"}, {**PLACE, "region": "sgnal"}]
    first, second = problems_of_places("here", wrong, regions)
    assert first.startswith("here[0]: the sample goes through no selection 'sm'")
    assert second == "here[1].region: no region 'sgnal'; give one of: signal, masked"


def test_what_is_wanted_is_read_from_the_search_file(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(
        "samples:\n  bkg:\n    wanted_uncertainty:\n"
        "      - {channel: piee, selection: lnv, region: signal, percent: 4.5}\n  other: {mode: x}\n"
    )
    assert wanted_percent(file) == {("bkg", *KEY): 4.5}
    assert wanted_percent(tmp_path / "none.yaml") == {}


def test_besiii_calls_its_regions_as_its_tables_do():
    assert REGIONS == (ALL_CUTS, MASS_BIN)
