"""Where published numbers are entered: keys, units, what is filled in, and what is refused."""

import copy
import re

import pytest

from lnvsearch.publication.comparison import comparison_row, comparison_table
from lnvsearch.publication.entered import (
    Entered,
    _evaluate,
    _parsed,
    check_accounted,
    check_marks,
    entered_values,
    fill_in,
    given_keys,
    remaining_rows,
)
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers

SETTINGS = {
    "selection": [
        {"cut": "polar_angle", "maximum": 0.93},
        {"cut": "chi_square", "maximum": 20.0},
    ],
    "channels": {
        "piee": {
            "final_state": ["pi-", "e+", "e+"],
            "momentum": {"minimum_gev": 0.03, "angle_rad": 0.004, "distance_m": 0.015},
            "regions": {"signal": [[0.4886, 0.4988]]},
            "efficiency": 0.1583,
            "flag": True,
        }
    },
    "detector": {
        "magnet": {
            "chamber_z_m": {"value": [183.5, 194.1, 204.459], "unit": "m"},
            "magnet_z_m": {"value": 197.1, "unit": "m"},
            "half_width_m": {"value": 0.038, "unit": "m"},
            "resolution": {"value": 0.06, "unit": "1"},
            "time": {"value": 0.068, "unit": "ns"},
        }
    },
}


def number(quantity="n", value="1", unit="1", **more):
    return PublishedNumber(
        quantity=quantity, channel=more.pop("channel", "piee"), mass_gev=more.pop("mass", None),
        digits=value, value=float(value) if value else None,
        uncertainty=more.pop("uncertainty", None), resolution=1.0, unit=unit,
        reading_confidence="high", printed_as="", where="", note="",
        place=f"numbers.csv, line {more.pop('line', 2)}", **more,
    )


def used(entered, unit, value="1"):
    one = number(value=value, unit=unit, entered=entered)
    return entered_values(PublishedNumbers([one]), SETTINGS)[one.key].value


@pytest.mark.parametrize(
    ("entered", "unit", "expected"),
    [
        ("selection.chi_square.maximum", "1", 20.0),
        ("channels.piee.momentum.minimum_gev", "MeV", 30.0),
        ("channels.piee.momentum.angle_rad", "mrad", 4.0),
        ("channels.piee.momentum.distance_m", "mm", 15.0),
        ("channels.piee.efficiency", "percent", 15.83),
        ("channels.piee.regions.signal[0][-1] * 1000", "MeV", 498.8),
        ("detector.magnet.resolution", "percent", 6.0),
        ("detector.magnet.time", "ps", 68.0),
        ("detector.magnet.half_width_m * 2000", "mm", 76.0),
        ("detector.magnet.chamber_z_m[2] - detector.magnet.magnet_z_m", "m", 7.359),
        ("round(detector.magnet.chamber_z_m[2] - detector.magnet.magnet_z_m)", "m", 7.0),
        ("count(detector.magnet.chamber_z_m)", "1", 3.0),
        ('count(channels.piee.final_state, "e+")', "1", 2.0),
    ],
)
def test_a_value_is_found_in_the_printed_unit(entered, unit, expected):
    """Exactly: 0.068 ns are 68 ps, and not 68.00000000000001."""
    assert used(entered, unit) == expected


def test_of_two_keys_the_one_with_another_value_counts():
    keys = "selection.chi_square.maximum; selection.polar_angle.maximum"
    assert used(keys, "1", value="20") == 0.93
    assert used(keys, "1", value="0.93") == 20.0


@pytest.mark.parametrize(
    ("entered", "unit", "problem"),
    [
        ("selection.chi_squared.maximum", "1", "no key selection.chi_squared.maximum"),
        ("channels.piee.momentum.minimum_gev", "mm", "in gev has no value in mm; write the factor"),
        ("channels.piee.regions.signal[0][0]", "MeV", "in 1 has no value in mev; write the factor"),
        ("channels.piee.regions.signal[1][0] * 1000", "MeV", "no key"),
        ("channels.piee.flag", "1", "is not a number"),
        ("channels.piee.final_state", "1", "is not a number"),
        ("one two", "1", "not a key"),
        ("__import__('os').name", "1", "is not a key"),
        ("detector.magnet.magnet_z_m - detector.magnet.time", "m", "in m and one in ns"),
    ],
)
def test_an_entry_that_leads_nowhere_is_refused_with_its_place(entered, unit, problem):
    with pytest.raises(ValueError, match=r"numbers\.csv, line 2: entered") as caught:
        used(entered, unit)
    assert problem in str(caught.value) and "not_simulated" in str(caught.value)


# --------------------------------------------------------------------------------- filling in

INPUT = re.compile(r"limit\.(observed|target|background\.(mean|sigma)|efficiency\.mean)").fullmatch
NUMBERS = PublishedNumbers([
    number("observed_events", "1", entered="limit.observed"),
    number("background", "5.58", uncertainty=0.06, entered="limit.background.mean"),
    number("efficiency", "15.83", "percent", uncertainty=0.02, entered="limit.efficiency.mean"),
    number("target", "15.68", "percent", entered="limit.target; other.key"),
    number("cut", "20", entered="limit.cut"),
])  # fmt: skip


def filled(settings):
    settings = copy.deepcopy(settings)
    keys = fill_in(settings, NUMBERS, INPUT, {"background", "efficiency"})
    return settings, keys


def test_published_numbers_fill_what_is_not_given():
    settings, keys = filled({"limit": {"method": "cls"}})
    assert settings == {"limit": {
        "method": "cls", "observed": 1, "background": {"mean": 5.58, "sigma": 0.06},
        "efficiency": {"mean": 0.1583}, "target": 0.1568,
    }}  # fmt: skip
    assert isinstance(settings["limit"]["observed"], int)
    assert keys == {
        "limit.observed", "limit.background.mean", "limit.efficiency.mean", "limit.target"
    }  # fmt: skip


def test_what_is_given_is_kept_and_told():
    given = {"limit": {"observed": 3, "background": {"mean": 2.0}}}
    settings, keys = filled(given)
    assert settings["limit"]["observed"] == 3
    assert settings["limit"]["background"] == {"mean": 2.0, "sigma": 0.06}
    assert "limit.observed" not in keys and "limit.target" in keys
    assert set(given_keys(given, INPUT)) == {"limit.observed", "limit.background.mean"}


def test_no_section_is_made_but_those_named():
    assert filled({"limits": {}}) == ({"limits": {}}, set())


def test_a_row_of_its_own_gives_the_uncertainty():
    own = PublishedNumbers([
        number("background", "0.43", entered="limit.background.mean"),
        number("background_uncertainty", "0.09", entered="limit.background.sigma"),
    ])
    settings = {"limit": {}}
    fill_in(settings, own, INPUT, {"background"})
    assert settings["limit"]["background"] == {"mean": 0.43, "sigma": 0.09}


# ------------------------------------------------------------------------ what became of a number


def test_two_sources_and_two_marks_are_refused():
    twice = [number("a", entered="x.y", line=2), number("b", entered="x.y; z", line=3)]
    with pytest.raises(ValueError, match=r"line 3: entered: 'x.y' has two sources, a too .*line 2"):
        check_marks(PublishedNumbers(twice))
    both = number(entered="x.y", not_simulated="context")
    with pytest.raises(ValueError, match=r"line 2: entered and not_simulated .*keep the one"):
        check_marks(PublishedNumbers([both]))


def test_every_number_has_a_row():
    published = PublishedNumbers([
        number("cut", "20", entered="a"), number("moved", "7", entered="b", uncertainty=1.0),
        number("count", "5"), number("rate", "3", not_simulated="context"), number("new", "4"),
        number("computed", "2"), number("missing", "1", entered="c"),
    ])
    entered = {
        published.find("cut").key: Entered(20.0, "settings"),
        published.find("moved").key: Entered(8.0, "published"),
    }
    made = [comparison_row(published.find("computed"), "simulated", "nominal", 2.1)]
    rows = remaining_rows(published, entered, {published.find("count").key}, made)
    found = {
        row["quantity"]: (row["kind"], row["value"], row["source"], row["note"]) for row in rows
    }
    assert found == {
        "cut": ("external", 20.0, "settings", "entered as published"),
        "moved": ("external", 8.0, "published",
                  "this run used another value than the paper prints"),
        "count": ("external", 5.0, "published", "entered as published"),
        "rate": ("not_simulated", None, "", "context"),
        "new": ("not_simulated", None, "", "not computed in this run"),
        "missing": ("not_simulated", None, "", "not among the settings given"),
    }
    with pytest.raises(ValueError, match="moon"):
        remaining_rows(published, {("moon", "piee", None): Entered(1.0, "settings")}, set(), [])


def test_a_number_that_nobody_accounts_for_is_refused():
    published = PublishedNumbers([
        number("efficiency", "15"), number("efficiency", "14", mass=0.6, line=3),
        number("new_number", "4", line=4),
    ])
    made = [comparison_row(published.find("efficiency"), "simulated", "nominal", 14.9)]
    table = comparison_table([*made, *remaining_rows(published, {}, set(), made)], published)
    with pytest.raises(ValueError, match=r"line 4: new_number .*name its key in entered") as caught:
        check_accounted(table, published)
    assert len(str(caught.value).splitlines()) == 1  # another mass of the efficiency is compared


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("count(detector.beam.momentum_gev)", "no list to count in"),
        ("detector.beam.momentum_gev * 'a'", "is not a factor"),
        ("detector.beam.momentum_gev * [1]", "is not a factor"),
        ("detector.beam.momentum_gev * True", "is not a factor"),
        ("detector.beam.momentum_gev * 1e999", "is not a factor"),
        ("round(detector.beam.momentum_gev * 1e40)", "is not a factor"),
        ("detector.lav.front_z_m[0, 1]", "is not a key"),
        ("detector.lav.front_z_m[foo]", "is not a key"),
    ],
)
def test_an_entry_that_is_none_is_refused_with_its_place(entry, problem):
    sources = {"detector": {"beam": {"momentum_gev": {"value": 75.0}}, "lav": {"front_z_m": [1.0]}}}
    with pytest.raises(ValueError, match=problem):
        _evaluate(_parsed(entry), sources)
