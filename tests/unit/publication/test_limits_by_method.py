"""The limits side by side: a column for each input, the hypotheses among them."""

import pytest

from lnvsearch.publication.limits_by_method import COLUMNS, limits_by_method
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.tables import find_rows

PUBLISHED = PublishedNumbers([
    PublishedNumber("upper_limit_branching_fraction", "kkee", None, "2.1e-9", 2.1e-9, None, 1e-10,
                    "1", "high", "2.1e-9", "", "")
])


def record(kind, variant, method, upper, **changes):
    return {
        "kind": kind, "variant": variant, "method": method, "prior": None, "inputs": "published",
        "observed": 1, "background": 0.12345, "is_paper_method": method == "rolke",
        "upper_events": upper, "upper_branching_fraction": upper * 1e-10,
    } | changes  # fmt: skip


@pytest.fixture
def table():
    records = [
        record("simulated", "nominal", "rolke", 22.5159, background=0.0),
        record("derived", "nominal", "rolke", 23.18686, inputs="overridden"),
        record("derived", "nominal", "cls", 24.7457, prior="lognormal-mean",
               inputs="overridden"),
        record("simulated", "uncalibrated", "rolke", 22.65, background_left_out=2773.0),
        record("simulated", "some_shift", "rolke", 30.0),
        record("user_data", "simulated_efficiency", "rolke", 19.0),
    ]
    return limits_by_method({"kkee": records}, ["uncalibrated"], PUBLISHED)


def test_every_input_has_a_column_and_variations_that_are_not_compared_have_none(table):
    assert tuple(table) == (
        *COLUMNS, "derived_nominal", "simulated", "simulated_uncalibrated",
        "user_data_simulated_efficiency",
    )


def test_what_the_limits_are_made_from_comes_first(table):
    assert table["quantity"][:3] == ["published_inputs", "observed_events", "background_events"]
    (background,) = find_rows(table, quantity="background_events")
    assert background["simulated"] == "0"
    assert background["simulated_uncalibrated"] == "0.123 and < 2800"
    (inputs,) = find_rows(table, quantity="published_inputs")
    assert inputs["derived_nominal"] == "overridden" and inputs["simulated"] == "published"


def test_limits_are_rounded_and_the_papers_method_is_marked(table):
    rolke, cls = find_rows(table, quantity="upper_limit_branching_fraction")
    assert (rolke["name"], rolke["paper_method"], rolke["published"]) == ("Rolke", "true", "2.1e-9")
    assert (cls["name"], cls["prior"], cls["published"]) == ("CLs averaged", "lognormal-mean", "")
    assert (rolke["derived_nominal"], rolke["simulated"]) == ("2.319e-09", "2.252e-09")
    assert cls["derived_nominal"] == "2.475e-09" and cls["simulated"] == ""
    events = find_rows(table, quantity="upper_limit_signal_events")
    assert [row["derived_nominal"] for row in events] == ["23.19", "24.75"]
