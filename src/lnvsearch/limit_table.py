"""Tables of `lnvsearch limit`: CSV with commas, semicolons or tabs, with or without a BOM."""

from __future__ import annotations

import csv
import io
import sys

from lnvsearch.cli import UsageError
from lnvsearch.limit_ranges import nearest
from lnvsearch.limit_settings import BY_NAME, SETTINGS, Request, completed, parsed

_SEPARATORS = (",", ";", "\t")
# Words that programs write for a number that is not there.
_MISSING_WORDS = ("nan", "na", "n/a", "none", "null", "-")


def read_table(path: str, given: Request) -> tuple[list[Request], list[str]]:
    """Return the requests of a table and, for messages, the place of each.

    `given` are the settings of the command line, which fill the columns that the table lacks.
    Raises UsageError, with file and line, for a file or a line that cannot be used.
    """
    name = "stdin" if path == "-" else path
    text = _text(path, name)
    reader = csv.reader(io.StringIO(text), strict=True, delimiter=_separator(text))
    requests, places = [], []
    try:
        columns = _columns(next(reader, []), name)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            place = f"{name}, line {reader.line_num}: "
            requests.append(_row_request(columns, cells, given, place))
            places.append(place)
    except csv.Error as error:
        raise UsageError(f"{name}, line {reader.line_num}: not valid CSV: {error}") from error
    if not requests:
        raise UsageError(f"--table {name} holds no experiments below its head line")
    return requests, places


def _text(path: str, name: str) -> str:
    try:
        if path == "-" and sys.stdin is None:
            raise OSError("stdin is closed")
        if path == "-":
            return sys.stdin.read().removeprefix("\ufeff")
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"--table {name} cannot be read: it must be UTF-8 text; save it as CSV, not as a "
            "spreadsheet"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"--table {name} cannot be read: {error}") from error


def _separator(text: str) -> str:
    """The separator that the head line has most of; a head of one column has none."""
    head = text.lstrip("\r\n").split("\n", 1)[0]
    return max(_SEPARATORS, key=head.count)


def _columns(head: list[str], name: str) -> list[str]:
    """Return the settings' names for the head line of a table."""
    columns = [column.strip().lstrip("-").replace("-", "_") for column in head]
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


def _row_request(columns: list[str], cells: list[str], given: Request, place: str) -> Request:
    """Return the request of one line: its cells, over what the command line gives."""
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
        elif text.lower() in _MISSING_WORDS:
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
