"""The published numbers: what is in the file, and what a bad file does."""

import csv

import pytest

from lnvsearch.publication.published import (
    COLUMNS,
    PublishedNumber,
    PublishedNumbers,
    read_published,
)


def test_main_numbers_of_the_paper(published):
    assert published.value("n_jpsi") == 10087e6
    assert published.find("n_jpsi").uncertainty == 44e6
    assert published.value("upper_limit_branching_fraction") == 2.1e-9
    assert published.value("upper_limit_signal_events") == 23.2
    assert published.value("efficiency_percent") == 15.68
    assert published.value("efficiency_used_in_limit_percent") == 15.83
    assert published.value("observed_events") == 1
    assert published.value("background_events") == 0


def test_resolution_is_one_unit_of_the_last_printed_digit(published):
    assert published.find("efficiency_percent", 0.9).digits == "16.20"
    assert published.find("efficiency_percent", 0.9).resolution == pytest.approx(0.01)
    assert published.find("n_jpsi").resolution == 1e6
    assert published.find("upper_limit_branching_fraction").resolution == pytest.approx(1e-10)
    assert published.find("mass_scan_highest_in_text_gev").resolution == pytest.approx(1e-3)


def test_table2_is_complete(published):
    masses = published.masses_gev()
    assert masses == pytest.approx([0.575 + 0.025 * i for i in range(39)])
    for mass in masses:
        for quantity in (
            "efficiency_percent",
            "observed_events",
            "background_events",
            "systematic_total_percent",
            "upper_limit_branching_fraction",
        ):
            assert published.find(quantity, mass) is not None


def test_nine_efficiencies_of_table2_are_legible(published):
    legible = [
        number.mass_gev
        for number in published
        if number.quantity == "efficiency_percent" and number.mass_gev and number.legible
    ]
    assert legible == [0.575, 0.7, 0.9, 0.95, 1.0, 1.1, 1.15, 1.375, 1.425]


def test_doubtful_cells_hold_only_digits_that_the_text_shows(published):
    doubtful = [number for number in published if not number.legible and number.value is not None]
    assert doubtful
    for number in doubtful:
        # Limits are kept as branching fractions and printed in units of 1e-9.
        digits = number.digits.removesuffix("e-9")
        assert digits in number.printed_as.split(" ")
    assert all(number.value is None for number in published if number.reading_confidence == "none")


def test_range_in_the_text_is_that_of_table2(published):
    limits = [
        number.value
        for number in published
        if number.quantity == "upper_limit_branching_fraction"
        and number.mass_gev is not None
        and number.legible
    ]
    assert max(limits) == published.value("upper_limit_range_high")
    assert min(limits) == published.value("upper_limit_range_low")


def test_table2_file_is_the_same_reading(published, published_folder):
    columns = {
        "efficiency_percent": ("efficiency_percent", ""),
        "observed_events": ("observed_events", ""),
        "background_events": ("background_events", ""),
        "systematic_percent": ("systematic_total_percent", ""),
        "limit_1e9": ("upper_limit_branching_fraction", "e-9"),
    }
    with open(published_folder / "table2.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 39
    for row in rows:
        for column, (quantity, exponent) in columns.items():
            number = published.find(quantity, float(row["mass_gev"]))
            assert number.digits == (row[column] + exponent if row[column] else "")
            assert number.reading_confidence == row[f"{column}_confidence"]
            assert number.printed_as == row[f"{column}_recognised"]


def test_value_of_an_illegible_number_is_refused(published):
    with pytest.raises(ValueError, match="efficiency_percent at 0.65"):
        published.value("efficiency_percent", 0.65)
    assert published.legible_value("efficiency_percent", 0.65) is None
    assert published.find("no_such_quantity") is None


@pytest.fixture
def two_channels():
    """The same quantity for two channels, another for both together."""
    def number(quantity, channel, value, confidence="high", mass=None):
        return PublishedNumber(
            quantity, channel, mass, str(value), value, None, 1.0, "1", confidence, "", "", ""
        )

    return PublishedNumbers([
        number("observed_events", "piee", 0.0),
        number("observed_events", "pimumu", 1.0),
        number("observed_events", "pimumu", 3.0, mass=0.2),
        number("spills", "all", 5.0),
        number("background_events", "piee", 2.0, "low"),
    ])


def test_channel_identifies_a_number(two_channels):
    assert two_channels.value("observed_events", channel="piee") == 0.0
    assert two_channels.value("observed_events", channel="pimumu") == 1.0
    assert two_channels.legible_value("observed_events", channel="pimumu") == 1.0
    assert two_channels.find("observed_events", channel="pimumu").channel == "pimumu"
    assert two_channels.find("observed_events", channel="kkee") is None
    assert two_channels.channels() == ["piee", "pimumu", "all"]


def test_a_channel_may_be_left_out_only_where_there_is_one(two_channels):
    assert two_channels.value("spills") == two_channels.value("spills", channel="all") == 5.0
    assert two_channels.value("observed_events", 0.2) == 3.0
    for look_up in (two_channels.find, two_channels.value, two_channels.legible_value):
        with pytest.raises(ValueError, match=r"several channels.*\['piee', 'pimumu'\]"):
            look_up("observed_events")


def test_a_wrong_or_illegible_number_is_named_with_its_channel(two_channels):
    with pytest.raises(ValueError, match="spills for channel 'piee'"):
        two_channels.value("spills", channel="piee")
    with pytest.raises(ValueError, match="no legible background_events"):
        two_channels.value("background_events")
    assert two_channels.legible_value("background_events") is None


def test_every_number_of_every_paper_is_found_by_its_key(published_folder):
    for path in sorted(published_folder.parent.glob("*/numbers.csv")):
        numbers = read_published(path)
        for number in numbers:
            found = numbers.find(number.quantity, number.mass_gev, channel=number.channel)
            assert found is number


def test_masses_that_differ_by_rounding_are_one_number(two_channels):
    from dataclasses import replace

    again = replace(two_channels[2], mass_gev=0.2 + 1e-9)
    with pytest.raises(ValueError, match="listed twice"):
        PublishedNumbers([*two_channels, again])


def _write(path, **changes):
    row = dict.fromkeys(COLUMNS, "") | {
        "quantity": "n_jpsi",
        "channel": "kkee",
        "value": "1",
        "reading_confidence": "high",
    }
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerow(row)
        if changes:
            writer.writerow(row | changes)
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reading_confidence": "sure"}, "line 3: reading_confidence is 'sure'"),
        ({"value": "8,97"}, "line 3: value is '8,97'"),
        ({"value": "nan"}, "line 3: value"),
        ({"quantity": ""}, "line 3: quantity is empty"),
        ({"unit": "1"}, r"line 3: .* is listed twice \(first in .*line 2\).*remove one"),
    ],
)
def test_a_bad_file_is_refused_with_the_place(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        read_published(_write(tmp_path / "numbers.csv", **changes))


def test_a_row_without_its_last_cells_is_refused_with_its_line_in_the_file(tmp_path):
    """A blank line counts, too."""
    path = _write(tmp_path / "numbers.csv")
    path.write_text(path.read_text() + "\nspills,kkee,,5,,1,high,5\n")
    with pytest.raises(ValueError, match=r"line 4: fewer cells than the header has columns; add"):
        read_published(path)


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_text("quantity,value\nn_jpsi,1\n")
    with pytest.raises(ValueError, match="missing columns.*reading_confidence"):
        read_published(path)
