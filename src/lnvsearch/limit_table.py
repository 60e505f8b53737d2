"""Tables of `lnvsearch limit`: CSV with commas, semicolons or tabs, with or without a BOM."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from itertools import chain, compress, islice

from lnvsearch.cli import UsageError
from lnvsearch.files import NotUtf8Error, read_text, text_of
from lnvsearch.limit_number_rows import NumberRows
from lnvsearch.limit_ranges import nearest
from lnvsearch.limit_settings import BY_NAME, SETTINGS, Request, completed, parsed
from lnvsearch.limit_words import setting_name

#: Cells of rows, and the line of the file of each.
Rows = tuple[Sequence[list[str]], list[int]]

# Letters of a table that are split into lines together.
_PIECE = 1_000_000
# Rows that are handed on together.
_ROWS = 20_000
_SEPARATORS = (",", ";", "\t")
# Words that programs write for a number that is not there.
MISSING_WORDS = ("nan", "na", "n/a", "none", "null", "-")


def read_table(path: str, given: Request) -> tuple[list[Request], list[str]]:
    """Return the requests of a table and, for messages, the place of each.

    `given` are the settings of the command line, which fill the columns that the table lacks.
    Raises UsageError, with file and line, for a file or a line that cannot be used.
    """
    name, columns, rows = open_table(path)
    requests, places = [], []
    for many, lines in rows:
        for cells, line in zip(many, lines, strict=True):
            place = f"{name}, line {line}: "
            requests.append(row_request(columns, cells, given, place))
            places.append(place)
    if not requests:
        raise no_experiments(name)
    return requests, places


def open_table(path: str) -> tuple[str, list[str], Iterator[Rows]]:
    """Return a table's name for messages, its columns' settings, and its rows, many at a time.

    Raises UsageError for a file that cannot be read and for a wrong head line; so does the iterator
    for what is no CSV, after the rows before it.  Empty rows are left out.
    """
    name = "stdin" if path == "-" else path
    text = _text(path, name)
    separator = _separator(text)
    # The lines by pieces: all at once would be a second copy of the text.
    reader = csv.reader(
        chain.from_iterable(map(io.StringIO, _pieces(text))), strict=True, delimiter=separator
    )
    try:
        columns = _columns(next(reader, []), name)
    except csv.Error as error:
        raise _no_csv(name, reader.line_num, error) from error
    if columns and not any(letter in text for letter in '"\r+'):
        return name, columns, _rows_of_numbers(text, name, separator, len(columns))
    return name, columns, _rows(reader, name, '"' not in text)


def _pieces(text: str, start: int = 0) -> Iterator[str]:
    while start < len(text):
        end = text.find("\n", start + _PIECE) + 1 or len(text)
        yield text[start:end]
        start = end


def _rows_of_numbers(text: str, name: str, separator: str, width: int) -> Iterator[Rows]:
    """The rows below the head line of a text without quotes, by pieces that are read as numbers if they are."""
    line = 1
    for piece in _pieces(text, text.find("\n") + 1 or len(text)):
        cells = NumberRows.of(piece, separator, width)
        if cells is not None:
            yield cells, list(range(line + 1, line + 1 + len(cells)))
        else:
            reader = csv.reader(io.StringIO(piece), strict=True, delimiter=separator)
            yield from _rows(reader, name, True, line)
        line += piece.count("\n")


def _rows(reader, name: str, one_line_each: bool, before: int = 0) -> Iterator[Rows]:
    """Rows with their lines, `before` the reader's first; a row has one line where nothing is quoted."""
    failure, read = None, True
    while read and failure is None:
        cells: list[list[str]] = []
        lines: list[int] = []
        first = before + reader.line_num + 1
        try:
            if one_line_each:
                cells.extend(islice(reader, _ROWS))
            else:
                for row in islice(reader, _ROWS):
                    cells.append(row)
                    lines.append(reader.line_num)
        except csv.Error as error:
            failure = _no_csv(name, before + reader.line_num, error)
        read = bool(cells)
        if one_line_each:
            lines = list(range(first, first + len(cells)))
        filled = [bool(row and (row[0].strip() or "".join(row).strip())) for row in cells]
        if not all(filled):
            cells, lines = list(compress(cells, filled)), list(compress(lines, filled))
        if cells:
            yield cells, lines
    if failure is not None:
        raise failure


def _no_csv(name: str, line: int, error: csv.Error) -> UsageError:
    return UsageError(f"{name}, line {line}: not valid CSV: {error}")


def no_experiments(name: str) -> UsageError:
    """The error of a table without rows."""
    return UsageError(f"--table {name} holds no experiments below its head line")


def _text(path: str, name: str) -> str:
    try:
        if path == "-" and sys.stdin is None:
            raise OSError("stdin is closed")
        if path == "-":
            return text_of(sys.stdin).removeprefix("\ufeff")
        return read_text(path, newline="")
    except NotUtf8Error as error:
        raise UsageError(
            f"--table {name} cannot be read: it is not UTF-8 text; save it as CSV in UTF-8, not as a spreadsheet"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"--table {name} cannot be read: {error}") from error


def _separator(text: str) -> str:
    """The separator that the head line has most of; a head of one column has none."""
    head = text.lstrip("\r\n").split("\n", 1)[0]
    return max(_SEPARATORS, key=head.count)


def _columns(head: list[str], name: str) -> list[str]:
    """Return the settings' names for the head line of a table."""
    columns = [setting_name(column).replace("-", "_") for column in head]
    for column, typed in zip(columns, head, strict=True):
        if column not in BY_NAME and column != "label":
            allowed = ", ".join(setting.option for setting in SETTINGS)
            slip = nearest(typed, [setting.option for setting in SETTINGS])
            raise UsageError(
                f"{name}, line 1: unknown column {typed!r}{slip}; allowed: {allowed}, label"
            )
        if columns.count(column) > 1:
            raise UsageError(f"{name}, line 1: column {typed!r} appears twice")
    return columns


def row_request(columns: list[str], cells: list[str], given: Request, place: str) -> Request:
    """Return the complete request of one line: its cells, over what the command line gives.

    Raises UsageError, which begins with `place`, for a line that cannot be used.
    """
    if len(cells) != len(columns):
        raise UsageError(
            f"{place}{len(cells)} cells for {len(columns)} columns; a comma inside a number or a "
            "text needs quotes"
        )
    request = dict(given)
    for column, cell in zip(columns, cells, strict=True):
        text = cell.strip()
        if column == "label":
            request[column] = text
        elif text.lower() in MISSING_WORDS:
            raise UsageError(
                f"{place}{BY_NAME[column].option} must be a value; got {text!r}; leave the cell "
                "empty where there is none"
            )
        elif text:
            try:
                request[column] = parsed(column, text)
            except ValueError as error:
                raise UsageError(f"{place}{BY_NAME[column].option} {error}") from error
    try:
        return completed(request)
    except UsageError as error:
        raise UsageError(f"{place}{error}") from error
