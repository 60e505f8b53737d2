"""A user's own events and the published numbers: closed cells, and words of their own."""

from pathlib import Path

import pytest

from lnvsearch.experiments.na62.publication.tables.data import data_counts, data_sensitivity
from lnvsearch.publication.published import read_published
from lnvsearch.tables import table_from_rows, table_rows

ROOT = Path(__file__).parents[5]


def published(paper):
    return read_published(ROOT / "resources" / "published" / paper / "numbers.csv")


def counts(*rows):
    columns = ("channel", "selection", "region", "events")
    return table_from_rows([dict(zip(columns, row, strict=True)) for row in rows], columns)


@pytest.mark.parametrize(
    ("paper", "place", "expected"),
    [
        ("na62_2022", ("piee", "sm", "normalisation"), "11041"),
        ("na62_2022", ("piee", "sm_rich", "normalisation"), "9922"),
        ("na62_2022", ("piee", "lnv", "lower"), "8"),
        ("na62_2022", ("piee", "lnv", "upper"), "1"),
        ("na62_2022", ("piee", "lnv", "signal"), "0"),
        ("na62_2022", ("piee", "lnv", "masked"), "1"),
        ("na62_2022", ("piee", "lnv", "masked_outside_signal"), ""),
        ("na62_2022", ("piee", "same_sign_pi_plus_e_minus_e_minus", "control"), "676"),
        ("na62_2022", ("piee", "lnv_missing_momentum", "control"), ""),
        ("na62_2022", ("pipi0ee", "lnv", "control"), "1"),
        ("na62_2019", ("piee", "lnv", "control"), "5"),
        ("na62_2019", ("pimumu", "sm", "normalisation"), "8357"),
        # The paper on 2017 data counts the masked region without the signal's.
        ("na62_2019", ("pimumu", "lnv", "masked"), ""),
        ("na62_2019", ("pimumu", "lnv", "masked_outside_signal"), "1"),
        ("na62_2019", ("piee", "lnv_auxiliary", "control"), ""),
    ],
)
def test_each_count_stands_beside_the_published_one(paper, place, expected):
    table = data_counts(published(paper), counts((*place, 7)))
    (row,) = table_rows(table)
    assert (row["published"], row["user_data"]) == (expected, "7")


def test_what_is_closed_says_so_and_nothing_else():
    table = data_counts(
        published("na62_2022"),
        counts(("piee", "lnv", "signal", None), ("piee", "lnv", "upper", 0)),
    )
    assert table["user_data"] == ["closed", "0"]


def record(**changed):
    estimate = {"mean": 2.0e11, "sigma": 0.1e11}
    return {
        "normalisation_candidates": 2200,
        "normalisation": {"channel": "piee", "selection": "sm", "region": "normalisation"},
        "n_kaon_decays": estimate,
        "single_event_sensitivity": {
            "published_acceptances": {"mean": 1.15e-10, "sigma": 0.04e-10},
            "simulated_acceptances": {"mean": 1.31e-10, "sigma": 0.05e-10},
        },
        **changed,
    }


LIMITS = [
    {"kind": kind, "variant": variant, "is_paper_method": own, "upper_branching_fraction": value}
    for kind, variant, own, value in (
        ("derived", "printed_sensitivity", True, 5.25e-11),
        ("user_data", "published_acceptances", False, 9e-10),
        ("user_data", "published_acceptances", True, 2.65e-10),
        ("user_data", "simulated_acceptances", True, 3.01e-10),
    )
]


def cells(table):
    return {row["quantity"]: row for row in table_rows(table)}


def test_sensitivity_and_limit_stand_beside_the_published_ones():
    table = cells(data_sensitivity(published("na62_2022"), {"piee": record()}, {"piee": LIMITS}))
    assert table["n_kaon_decays"]["published"] == "1.015e12"
    assert table["n_kaon_decays"]["user_data_published_acceptances"].startswith("(2.00 ± 0.10)e11")
    limit = table["upper_limit_branching_fraction"]
    assert limit["published"] == "5.3e-11"
    assert limit["user_data_published_acceptances"] == "2.65e-10"
    assert limit["user_data_simulated_acceptances"] == "3.01e-10"


def test_before_the_data_are_open_there_is_no_limit():
    table = cells(
        data_sensitivity(published("na62_2022"), {"piee": record()}, {"piee": LIMITS[:1]})
    )
    limit = table["upper_limit_branching_fraction"]
    assert limit["user_data_published_acceptances"] == "closed"
    assert table["single_event_sensitivity"]["user_data_simulated_acceptances"] == (
        "(1.31 ± 0.05)e-10"
    )


def test_without_a_normalisation_candidate_the_table_says_why():
    nothing = {"normalisation_candidates": 0, "normalisation": record()["normalisation"],
               "without_sensitivity": "no candidate of the normalisation channel"}  # fmt: skip
    table = cells(data_sensitivity(published("na62_2022"), {"pipi0ee": nothing}, {"pipi0ee": []}))
    assert table["normalisation_candidates"]["user_data_published_acceptances"] == "0"
    # The channel counts its kaons with the other one's normalisation channel.
    assert table["normalisation_candidates"]["published"] == "11041"
    for quantity in ("n_kaon_decays", "upper_limit_branching_fraction"):
        assert table[quantity]["user_data_published_acceptances"] == ""
        assert table[quantity]["note"].startswith("no candidate")
