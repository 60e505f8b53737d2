"""Results as a HEPData submission: one table for each origin of its numbers, and a first page.

HEPData's form: `submission.yaml` has a first document for the whole and one for each table, whose data
lie in a file of their own.  See https://hepdata-submission.readthedocs.io.  Every dependent variable
says in a qualifier whether its numbers are published, derived or simulated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lnvsearch.tables import Table, table_from_rows, table_rows

__all__ = [
    "ORIGINS", "Record", "records_of", "submission_documents", "table_document", "write_thumbnail",
]  # fmt: skip

#: Words for where a number comes from; what a paper prints and is entered here is published.
ORIGINS = {
    "published": "published", "external": "published", "derived": "derived", "simulated": "simulated",
    "data": "events of the user",
}  # fmt: skip
#: Ending of a column's name -> unit.
_UNITS = {
    "_gev2": "GeV$^2$", "_gev": "GeV", "_percent": "%", "_cm": "cm", "_mm": "mm", "_m": "m", "_ps": "ps",
}  # fmt: skip
#: Columns of numbers that say where, not what.
_COORDINATES = re.compile(
    r"(mass|lifetime|momentum|true_signal|confidence_level|probability_(low|high)|chi_square_cut|"
    r"low_momentum_scale|bin_width|[xz]_(start|end|begin|low|high))"
)
#: Ending of a column with an absolute uncertainty -> its label.
_ERRORS = {"_uncertainty": "total", "_statistical": "stat", "_systematic": "sys"}
_LONGEST_NAME = 64


@dataclass(frozen=True)
class Record:
    """One HEPData table: cells of one origin.

    `image`: name of the picture that shows them, if there is one; `thumbnail`: of its small copy.
    """

    name: str
    description: str
    origin: str
    cells: Table
    keywords: Mapping[str, Sequence[str]] = field(default_factory=dict)
    image: str = ""

    @property
    def data_file(self) -> str:
        return re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_") + ".yaml"


def records_of(
    name: str,
    description: str,
    table: Table,
    keywords: Mapping[str, Sequence[str]],
    image: str = "",
    origin: str = "simulated",
) -> Iterator[Record]:
    """Records of a result table, one for each origin of its numbers; none of an empty table.

    The origin is told by a column `kind`, by what the names in a column `series` begin with, or by
    the columns' own names (`..._published`); otherwise it is the given one.
    """
    for origin, cells in _by_origin(table, origin):
        if any(len(column) for column in cells.values()) and _dependent(cells):
            ending = f" ({origin})"
            short = name if len(name) + len(ending) <= _LONGEST_NAME else name[: _LONGEST_NAME - len(ending)]
            yield Record(short + ending, f"{description} Origin: {origin}.", origin, cells, keywords, image)


def table_document(record: Record) -> dict[str, list]:
    """The document of a record's data file: independent and dependent variables."""
    independent: list[dict] = []
    dependent: list[dict] = []
    done = set()
    for column in record.cells:
        if column in done:
            continue
        low, high = column, column.replace("_low_", "_high_")
        if _is_coordinate(record.cells, column):
            if "_low_" in low and high in record.cells:
                done.add(high)
                values: list[dict] = [
                    {"low": float(a), "high": float(b)} if a is not None else {"value": ""}
                    for a, b in zip(record.cells[low], record.cells[high], strict=True)
                ]
                independent.append({"header": _header(column.replace("_low", "")), "values": values})
            else:
                values = [{"value": _plain(cell)} for cell in record.cells[column]]
                independent.append({"header": _header(column), "values": values})
    if not independent:
        values = [{"value": i} for i in range(1, 1 + len(next(iter(record.cells.values()))))]
        independent.append({"header": {"name": "row"}, "values": values})
    for column in _dependent(record.cells):
        errors = {
            label: record.cells[column + ending]
            for ending, label in _ERRORS.items()
            if column + ending in record.cells
        }
        dependent.append({
            "header": _header(column),
            "qualifiers": [{"name": "origin", "value": record.origin}],
            "values": [
                _value(cell, {label: column[i] for label, column in errors.items()})
                for i, cell in enumerate(record.cells[column])
            ],
        })  # fmt: skip
    return {"independent_variables": independent, "dependent_variables": dependent}


def submission_documents(
    comment: str, records: Iterable[Record], images: Iterable[str]
) -> Iterator[dict]:
    """The documents of `submission.yaml`: first page and tables.  Raises ValueError for equal names.

    `images`: all pictures; those that belong to no table stand on the first page.
    """
    records = list(records)
    names = [record.data_file for record in records]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"{', '.join(sorted(twice))}: two tables of one name; give each its own")
    of_tables = {record.image for record in records}
    alone = [image for image in images if image not in of_tables]
    yield {"comment": comment, "additional_resources": [r for image in alone for r in _pictures(image)]}
    for record in records:
        document = {
            "name": record.name,
            "location": "made by this reproduction; not in the paper",
            "description": record.description,
            "keywords": [{"name": key, "values": list(values)} for key, values in record.keywords.items()],
            "data_file": record.data_file,
        }
        if record.image:
            document["additional_resources"] = _pictures(record.image)
        yield document


def _pictures(image: str) -> list[dict[str, str]]:
    return [
        {"location": image, "description": "Image file"},
        {"location": f"thumb_{image}", "description": "Thumbnail image file"},
    ]


def write_thumbnail(picture: str | Path, path: str | Path, pixels: int = 300) -> None:
    """Write a small copy of a picture, as HEPData shows it in its list of tables."""
    from PIL import Image

    with Image.open(picture) as image:
        image.thumbnail((pixels, pixels))
        image.save(path)


def _by_origin(table: Table, other: str) -> Iterator[tuple[str, dict[str, list]]]:
    if "kind" in table and set(table["kind"]) <= set(ORIGINS):
        by_row = [ORIGINS[kind] for kind in table["kind"]]
    elif "series" in table:
        by_row = [
            next((word for word in ("published", "derived") if str(name).startswith(word)), other)
            for name in table["series"]
        ]
    else:
        yield from _by_columns(table, other)
        return
    rows = table_rows(table)
    for origin in dict.fromkeys(by_row):
        chosen = [row for row, its in zip(rows, by_row, strict=True) if its == origin]
        yield origin, table_from_rows(chosen, [name for name in table if name != "kind"])


def _by_columns(table: Table, other: str) -> Iterator[tuple[str, dict[str, list]]]:
    def origin_of(column: str) -> str:
        words = column.split("_")
        if "over" in words:  # a ratio to a published number is not published
            return other
        if words[0] == "true":  # what went in, interpolated between published numbers
            return "derived"
        return next((word for word in ("published", "derived") if word in words), other)

    coordinates = [name for name in table if _is_coordinate(table, name)]
    by_column = {name: origin_of(name) for name in table if name not in coordinates}
    for origin in dict.fromkeys(by_column.values()):
        names = [name for name in table if name in coordinates or by_column.get(name) == origin]
        rows = [row for row in table_rows(table) if any(
            row[name] is not None for name in names if name not in coordinates
        )]  # fmt: skip
        yield origin, table_from_rows(rows, names)


def _is_coordinate(table: Table, column: str) -> bool:
    cells = [cell for cell in table[column] if cell is not None]
    is_number = bool(cells) and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells)
    return not is_number or _COORDINATES.match(column) is not None


def _dependent(table: Table) -> list[str]:
    """Columns of numbers that are neither coordinates nor the uncertainty of another."""
    columns = [name for name in table if not _is_coordinate(table, name)]
    of_others = {name + ending for name in columns for ending in _ERRORS}
    return [name for name in columns if name not in of_others]


def _header(column: str) -> dict[str, str]:
    for ending, unit in _UNITS.items():
        if column.endswith(ending):
            return {"name": column.removesuffix(ending).replace("_", " "), "units": unit}
    return {"name": column.replace("_", " ")}


def _plain(cell: Any) -> Any:
    if cell is None:
        return ""
    return cell if isinstance(cell, int | float) and not isinstance(cell, bool) else str(cell)


def _value(cell: Any, errors: Mapping[str, Any]) -> dict:
    if cell is None:
        return {"value": "-"}
    # HEPData refuses errors that are all zero: such a number is exact, or a bound.
    found = [{"symerror": error, "label": label} for label, error in errors.items() if error]
    return {"value": cell, "errors": found} if found else {"value": cell}
