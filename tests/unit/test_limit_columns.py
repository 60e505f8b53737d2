"""Tables by columns: the text and the messages of reading and answering row by row."""

import json
import random

import numpy as np
import pytest

from lnvsearch.cli import UsageError, main
from lnvsearch.limit_answers import Extras, answers
from lnvsearch.limit_columns import columns_of
from lnvsearch.limit_command import _flattened, as_csv, for_json
from lnvsearch.limit_labels import Labels
from lnvsearch.limit_number_rows import NumberRows
from lnvsearch.limit_settings import SETTINGS, parsed
from lnvsearch.limit_table import open_table, read_table
from lnvsearch.statistics.note_columns import NoteColumns

HEAD = [
    "label", "method", "observed", "background", "background-uncertainty", "sideband", "tau",
    "efficiency", "efficiency-uncertainty", "passed", "generated", "single-event-sensitivity",
    "single-event-sensitivity-uncertainty", "normalisation", "normalisation-uncertainty",
    "bounded", "prior", "cl",
]  # fmt: skip


def mixed_rows(size):
    """Rows of all models and ways to write them, some with a question."""
    draw = random.Random(7)
    for row in range(size):
        cells = dict.fromkeys(HEAD, "")
        method = draw.choice(["rolke", "rolke", "cls", "cls-averaged", "bayesian"])
        cells |= {
            "label": draw.choice([f"row {row}", 'a "word", quoted', "", "ü;x"]),
            "method": method,
            "observed": draw.choice(["0", "1", " 3", "4.0", "9"]),
            "cl": draw.choice(["", "0.9", "95%", "0.9999"]),
        }
        if draw.random() < 0.2:
            cells |= {"sideband": draw.choice(["0", "6", "2.5"]), "tau": "3"}
        else:
            cells["background"] = draw.choice(["0", "0.5", "1.25e0", "6"])
            if cells["background"] != "0":
                errors = ["", "0.2", "30%", "0", "+0.3-0.2", "-10%+30%"]
                cells["background-uncertainty"] = draw.choice(errors)
        kind = draw.random()
        if kind < 0.2:
            cells |= {"passed": "30", "generated": "100"}
        elif kind < 0.4:
            cells["single-event-sensitivity"] = draw.choice(["1.5e-10", "2e-3%"])
            cells["single-event-sensitivity-uncertainty"] = draw.choice(["", "4%"])
        else:
            cells["efficiency"] = draw.choice(["0.15", "15.83%", "0.999"])
            cells["efficiency-uncertainty"] = draw.choice(["", "7%", "0.01", "0.07", "0"])
            if draw.random() < 0.5:
                cells["normalisation"] = draw.choice(["10087e6", "1e4"])
                cells["normalisation-uncertainty"] = draw.choice(["", "0.4%", "50"])
        if method == "rolke":
            cells["bounded"] = draw.choice(["", "yes", "no"])
        else:
            cells["prior"] = draw.choice(["", "gamma"])
        yield list(cells.values())


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "mixed.csv"
    rows = [HEAD, *mixed_rows(300)]
    path.write_text("\n".join(";".join(_quoted(cell) for cell in row) for row in rows) + "\n\n")
    return str(path)


def _quoted(cell):
    special = any(letter in cell for letter in ';"')
    return '"' + cell.replace('"', '""') + '"' if special else cell


def nothing_given():
    return {setting.name: None for setting in SETTINGS}


@pytest.fixture(scope="module")
def by_rows(mixed):
    return answers(*read_table(mixed, nothing_given()), Extras())


def test_csv_is_that_of_single_rows(mixed, by_rows, capsys):
    assert main(["limit", "--table", mixed]) == 0
    printed = capsys.readouterr().out.rstrip("\n").split("\n")
    assert printed == as_csv([_flattened(answer) for answer in by_rows]).split("\n")


def test_json_is_that_of_single_rows(mixed, by_rows, capsys):
    assert main(["limit", "--json", "--table", mixed]) == 0
    wanted = json.dumps([for_json(answer) for answer in by_rows], indent=1)
    assert capsys.readouterr().out == wanted + "\n"


def test_most_rows_are_read_by_columns(mixed):
    """Else the comparisons would be of the same code: only questions and pairs of errors are left."""
    name, head, rows = open_table(mixed)
    table = columns_of(head, rows, nothing_given(), name)
    assert sum(block.rows.size for block in table.blocks) == 300
    assert max(block.rows.size for block in table.blocks) > 3
    assert table.questions


def test_settings_of_the_command_line_are_those_of_every_row(tmp_path, capsys):
    path = tmp_path / "counts.csv"
    path.write_text("efficiency,observed,bounded\n" + "0.2,0,\n0.4,2,no\n,1,\n" * 3)
    options = "--method rolke --bounded --background 1 --background-uncertainty 20% --efficiency "
    options += "0.3 --efficiency-uncertainty 10% --correlation 0.3"
    given = nothing_given()
    words = options.replace("--bounded ", "").split()
    for option, value in zip(words[::2], words[1::2], strict=True):
        name = option[2:].replace("-", "_")
        given[name] = parsed(name, value)
    given["bounded"] = True
    assert main(["limit", *options.split(), "--table", str(path)]) == 0
    wanted = as_csv([_flattened(a) for a in answers(*read_table(str(path), given), Extras())])
    assert capsys.readouterr().out == wanted + "\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("7,1,-0.2", "line 31: --efficiency must be finite and > 0; got -0.2"),
        ("7,1,1e-95", None),
        ("7.5,1,0.2", "line 31: --observed must be a whole number"),
        ("7,1,0.2,5", "line 31: 4 cells for 3 columns"),
        ('7,1,"0.2"x', "line 31: not valid CSV"),
        ("2e6,1,0.2", "line 31: --observed must be at most 1e+06"),
    ],
)
def test_the_first_wrong_row_is_named(tmp_path, capsys, row, message):
    path = tmp_path / "counts.csv"
    good = "observed,background,efficiency\n" + "1,1,0.2\n" * 29
    path.write_text(good + row + "\n" + "1,-1,0.2\n" * (message is not None))
    code = main(["limit", "--method", "cls", "--table", str(path)])
    captured = capsys.readouterr()
    if message is None:
        assert code == 0 and captured.out.count("\n") == 31
    else:
        assert code == 2 and message in captured.err and captured.out == ""


def test_notes_in_columns():
    notes = NoteColumns((3,))
    notes.add(True, "first")
    notes.add([False, True, True], lambda row: f"row {row}")
    notes.add(False, "never")
    notes.add([True, False, True], "last")
    assert notes.lists() == [["first", "last"], ["first", "row 1"], ["first", "row 2", "last"]]
    assert notes.rendered(1, 3, "/".join, {2: ["zero"]}) == [
        "first/row 1", "zero/first/row 2/last",
    ]  # fmt: skip


ODD = [  # below the head line: cells of numbers, and what is none
    "3,0.4,0.1\n1,2.5,0.3\n", "3,0.4,0.1", "3,0.4,0.1\n\n1,2.5,0.3\n\n", "3,0.4\n1,2.5,0.3,0.2\n", "3,0.4,0.1,2\n1,2.5\n",
    "3,,0.1\n", "3, 0.4 ,0.1\n", "3,0.4,30%\n", "3,0.4,+0.2-0.1\n", "1_0,0.4,0.1\n", "nan,0.4,0.1\n", "3,inf,0.1\n",
    "3,0.4,-0.1\n", "3.5,0.4,0.1\n", "0x1,0.4,0.1\n", '"3",0.4,0.1\n', "3,0.4,0.1\r\n1,2,0.3\r\n", "3,.4,1e-1\n", "3,0.4,0.1 0.2\n",
    "٣,0.4,0.1\n", "3,0.4,0.1\x00\n", "1e400,0.4,0.1\n", ",,\n", "3,0.1000000000000000055511151231257827,1E-3\n",
]  # fmt: skip


@pytest.mark.parametrize("body", ODD)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_lines_of_numbers_are_read_as_line_by_line(tmp_path, capsys, body, separator):
    path = tmp_path / "odd.csv"
    text = ("observed,background,background-uncertainty\n" + body).replace(",", separator)
    path.write_text(text, newline="")
    given = ["--efficiency", "0.3", "--method", "rolke"]
    code = main(["limit", "--table", str(path), *given])
    printed = capsys.readouterr()
    asked = {**nothing_given(), "efficiency": 0.3, "method": "rolke"}
    try:
        requests, places = read_table(str(path), asked)
        expected = as_csv([_flattened(answer) for answer in answers(requests, places, Extras())])
    except UsageError as error:
        assert code == 2 and str(error) in " ".join(printed.err.split())
        return
    assert (code, printed.out) == (0, expected + "\n")


def test_rows_of_numbers_have_their_cells_and_the_numbers_of_float():
    text = "3,0.1000000000000000055511151231257827\n1,1E-3\n2,.5\n"
    rows = NumberRows.of(text, ",", 2)
    assert list(rows) == [line.split(",") for line in text.splitlines()]
    assert rows.numbers.tolist() == [list(map(float, row)) for row in rows]
    assert NumberRows.of("1,2\n3\n", ",", 2) is None
    assert NumberRows.of("1,2,3\n4\n", ",", 2) is None


def test_labels_are_those_of_their_rows():
    labels, texts = Labels(), [f"row {row}" if row % 3 else "" for row in range(60)]
    for first in range(0, 60, 6):
        labels.add(texts[first : first + 6])
    for rows in (range(60), range(3, 59, 7), [0], [59], [], range(4, 9), range(50, 60)):
        assert labels.at(np.array(rows, dtype=int)) == [texts[row] for row in rows]


def test_a_table_with_labels_needs_little_memory(tmp_path):
    """Ten numbers a line for what is computed; a list of labels, or copies of all columns, are more."""
    import tracemalloc

    path = tmp_path / "counts.csv"
    lines = [f"row{i},{i % 7},{1 + i % 977 / 100:.2f},{5 + i % 31}%,0.{1000 + i % 8000},7%\n" for i in range(100_000)]
    path.write_text("label,observed,background,background-uncertainty,efficiency,efficiency-uncertainty\n" + "".join(lines))
    name, head, rows = open_table(str(path))
    tracemalloc.start()
    try:
        table = columns_of(head, rows, {**nothing_given(), "method": "rolke"}, name)
        assert tracemalloc.get_traced_memory()[0] < 100 * 100_000
    finally:
        tracemalloc.stop()
    assert table.lines.size == 100_000
