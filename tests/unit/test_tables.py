"""Tables: what is written is read back, and bad files are named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.tables import read_csv, to_csv, to_markdown


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-(10**9), 10**9)),
            st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
            st.one_of(st.none(), st.booleans()),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_csv_round_trip_keeps_numbers_to_the_last_bit(tmp_path_factory, rows):
    table = {
        "count": [row[0] for row in rows],
        "x_gev": [row[1] for row in rows],
        "flag": [row[2] for row in rows],
    }
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_text(to_csv(table), encoding="utf-8")
    assert read_csv(path) == table


def test_text_stays_text_and_special_characters_survive(tmp_path):
    table = {"note": ['a, "b" | c', "50 % of J/ψ_1 & more"]}
    path = tmp_path / "table.csv"
    path.write_text(to_csv(table), encoding="utf-8")
    assert read_csv(path) == table
    assert r"\|" in to_markdown(table)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no header"), ("a,a\n1,2\n", "twice"), ("a,b\n1\n", "line 2: 1 cells")],
)
def test_a_bad_csv_is_refused(tmp_path, text, message):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_csv(path)


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="one length"):
        to_csv({"a": [1], "b": [1, 2]})
