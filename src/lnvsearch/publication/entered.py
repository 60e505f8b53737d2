"""Where a published number is entered in a search's settings, and what became of every number.

The column `entered` of a `numbers.csv` says it, in one of these ways:

`a.b.c`               a key of the search's file, its parts joined by points
`detector.a.b`        a key of the detector's file;  `config.a` of the configuration
`a.b[0][-1]`          an entry of a list, counted from 0, or from the end
`a.list.name.b`       the entry of a list whose first value is `name` (a cut by its name)
`a.b * 2000`          a multiple of a key
`a.b - a.c`           a difference of two keys
`count(a.b)`          how many entries a list has;  `count(a.b, "e+")` how many of them are `e+`
`round(...)`          one of these, rounded to a whole number
`a.b; c.d`            several keys

Units are converted from the one in the key's name (`minimum_gev`; a leaf with a `unit` has its own;
without any a pure number) to the number's printed one.  With a factor nothing else is converted.

A search also takes numbers from there: `fill_in` puts the published value where an input is not
given.  A key that ends with `.mean` brings the printed uncertainty to `.sigma` (0 without one).
All arithmetic is decimal, so that 15.83 percent is 0.1583 and no neighbour of it.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lnvsearch.publication.comparison import comparison_row, row_key
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.tables import Table, table_rows

__all__ = [
    "Entered",
    "check_accounted",
    "check_marks",
    "entered_of",
    "entered_values",
    "fill_in",
    "given_keys",
    "remaining_rows",
    "unaccounted",
]

Row = dict[str, Any]
Key = tuple[str, str, float | None]

#: Unit -> what it measures, and its size.
_UNITS = {
    "1": ("number", Decimal(1)),
    "percent": ("number", Decimal("0.01")),
    "gev": ("energy", Decimal(1)),
    "mev": ("energy", Decimal("0.001")),
    "m": ("length", Decimal(1)),
    "cm": ("length", Decimal("0.01")),
    "mm": ("length", Decimal("0.001")),
    "rad": ("angle", Decimal(1)),
    "mrad": ("angle", Decimal("0.001")),
    "ns": ("time", Decimal(1)),
    "ps": ("time", Decimal("0.001")),
    "t": ("field", Decimal(1)),
}
_NOT_COMPUTED = "not computed in this run"


@dataclass(frozen=True)
class Entered:
    """The value that a run uses for a published number, in the printed unit.

    `source` is `settings` where a file of the search gives it and `published` where it was filled
    in from the paper's numbers.
    """

    value: float
    source: str


def entered_of(lines: Iterable[Sequence]) -> dict[Key, Entered]:
    """Return the values used from lines of quantity, channel, mass_gev, value and source."""
    return {tuple(key): Entered(value, source) for *key, value, source in lines}


# ------------------------------------------------------------------------------ keys and their units


def _parts(node: ast.expr) -> list[str | int]:
    """The parts of a key; ValueError for anything else."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*_parts(node.value), node.attr]
    if isinstance(node, ast.Subscript):
        index = _literal(node.slice)
        if isinstance(index, int):
            return [*_parts(node.value), index]
    raise ValueError(f"{ast.unparse(node)} is not a key")


def _literal(node: ast.expr) -> Any:
    """The value of a literal; None for anything else."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def _step(content: Any, part: str | int) -> Any:
    """What one part of a key leads to; LookupError if there is nothing."""
    if isinstance(content, list) and isinstance(part, str):
        return next(
            entry for entry in content
            if isinstance(entry, Mapping) and next(iter(entry.values()), None) == part
        )
    if isinstance(content, (Mapping, list)):
        return content[part]  # type: ignore[index]
    raise KeyError(part)


def _look_up(node: ast.expr, sources: Mapping[str, Any]) -> tuple[Any, str]:
    """The content of a key, and its unit."""
    parts = _parts(node)
    content: Any = sources
    unit = _unit_of([part for part in parts if isinstance(part, str)][-1])
    for part in parts:
        try:
            content = _step(content, part)
        except (LookupError, StopIteration):
            raise ValueError(f"no key {ast.unparse(node)} ({part!r} is not there)") from None
        if isinstance(content, Mapping) and "value" in content:  # a number with unit and source
            content, unit = content["value"], str(content.get("unit", "1")).lower()
    return content, unit


def _unit_of(name: str) -> str:
    """The unit at the end of a key's name; `1` without one."""
    unit = name.rpartition("_")[2].lower()
    return unit if unit in _UNITS and "_per_" not in name else "1"


# ---------------------------------------------------------------------------------- what was entered


def entered_values(
    published: PublishedNumbers, sources: Mapping[str, Any], filled: Collection[str] = ()
) -> dict[Key, Entered]:
    """Return what a run uses, in the printed unit, for every number that says where it is entered.

    `sources` is the search's settings, with the content of the detector's file as `detector` and
    that of the configuration as `config`; `filled` the keys that `fill_in` put there.  Raises
    ValueError, with a line for each, for keys that do not exist and entries that cannot be read.
    """
    values, problems = {}, []
    for number in published:
        try:
            if number.entered:
                values[number.key] = _entered(number, sources, filled)
        except ValueError as error:
            problems.append(
                f"{number.place}: entered: {number.entered!r}: {error}; give an existing key, or "
                "say in not_simulated why the number is not entered"
            )
    if problems:
        raise ValueError("\n".join(problems))
    return values


def _entered(
    number: PublishedNumber, sources: Mapping[str, Any], filled: Collection[str]
) -> Entered:
    """Of several keys the first whose value is not the published one counts, or the first."""
    keys = number.entered_keys
    values = [_in_printed_unit(number, *_evaluate(_parsed(key), sources)) for key in keys]
    value = next((v for v in values if not _is_published(number, v)), values[0])
    return Entered(value, "published" if set(keys) <= set(filled) else "settings")


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        raise ValueError("not a key, a factor, a difference, count() or round()") from None


def _evaluate(node: ast.expr, sources: Mapping[str, Any]) -> tuple[Decimal, str | None]:
    """Value and unit of an entry; no unit where a factor has made it the printed one."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        factor = _literal(node.right)
        if type(factor) not in (int, float) or not 0.0 < abs(factor) < 1e12:
            raise ValueError(f"{ast.unparse(node.right)} is not a factor")
        factor = Decimal(str(factor))
        return _evaluate(node.left, sources)[0] * factor, None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        (first, unit), (second, other) = (_evaluate(n, sources) for n in (node.left, node.right))
        if unit != other:
            raise ValueError(f"the difference of a number in {unit} and one in {other}")
        return first - second, unit
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        function, arguments = node.func.id, node.args
        if function == "round" and len(arguments) == 1:
            value, unit = _evaluate(arguments[0], sources)
            return value.quantize(Decimal(1), rounding=ROUND_HALF_UP), unit
        if function == "count" and arguments:
            entries = _look_up(arguments[0], sources)[0]
            if not isinstance(entries, list):
                raise ValueError(f"{ast.unparse(arguments[0])} is no list to count in")
            wanted = [ast.literal_eval(word) for word in arguments[1:]]
            return Decimal(sum(not wanted or entry in wanted for entry in entries)), "1"
    content, unit = _look_up(node, sources)
    if isinstance(content, bool) or not isinstance(content, (int, float)):
        raise ValueError(f"{ast.unparse(node)} is not a number")
    return Decimal(repr(content)), unit


def _in_printed_unit(number: PublishedNumber, value: Decimal, unit: str | None) -> float:
    """The value in the unit in which the paper prints it; a count stays a whole number."""
    if unit is None:
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    return float(value * _factor(unit, number.unit.lower()))


def _factor(unit: str, other: str) -> Decimal:
    """How many of `other` one `unit` is; ValueError if they do not measure the same."""
    if unit == other:
        return Decimal(1)
    if unit not in _UNITS or other not in _UNITS or _UNITS[unit][0] != _UNITS[other][0]:
        raise ValueError(f"a number in {unit} has no value in {other}; write the factor")
    return _UNITS[unit][1] / _UNITS[other][1]


# ------------------------------------------------------------------------- numbers for the settings


def fill_in(
    settings: dict,
    published: PublishedNumbers,
    is_input: Callable[[str], bool],
    sections: Collection[str],
) -> set[str]:
    """Put published values at the inputs that `settings` does not give; returns the keys filled in.

    `is_input` tells which keys may be filled in, and `sections` holds the names of the sections
    around them that are made where they are not there.  Raises ValueError for a number in a unit
    that is not the key's.
    """
    filled, uncertainties = set(), {}
    for number in published:
        for key in filter(is_input, number.entered_keys):
            if number.value is None:
                continue
            parts = _parts(_parsed(key))
            try:
                factor = _factor(number.unit.lower(), _unit_of(str(parts[-1])))
            except ValueError as error:
                raise ValueError(f"{number.place}: entered: {key!r}: {error}") from None
            if _put(settings, parts, _plain(Decimal(number.digits) * factor, key), sections):
                filled.add(key)
            if parts[-1] == "mean" and is_input(f"{key.removesuffix('mean')}sigma"):
                sigma = Decimal(repr(number.uncertainty or 0.0)) * factor
                uncertainties[key] = ([*parts[:-1], "sigma"], float(sigma))
    for parts, uncertainty in uncertainties.values():
        _put(settings, parts, uncertainty, sections)
    return filled


def _plain(value: Decimal, key: str) -> float | int:
    """A count as int, every other number as float."""
    is_count = value.as_tuple().exponent == 0 and not key.endswith((".mean", ".sigma"))
    return int(value) if is_count else float(value)


def _put(
    settings: dict, parts: list[str | int], value: float, sections: Collection[str]
) -> bool:
    """Put a value where there is none; tells whether it did."""
    content = settings
    for part in parts[:-1]:
        try:
            content = _step(content, part)
        except (LookupError, StopIteration):
            if part not in sections or not isinstance(content, dict):
                return False
            content = content.setdefault(part, {})
    if not isinstance(content, dict) or parts[-1] in content:
        return False
    content[parts[-1]] = value
    return True


def given_keys(settings: Any, is_input: Callable[[str], bool], prefix: str = "") -> Iterator[str]:
    """The inputs that settings give themselves, before anything is filled in."""
    if isinstance(settings, Mapping):
        for name, content in settings.items():
            yield from given_keys(content, is_input, f"{prefix}.{name}" if prefix else str(name))
    elif isinstance(settings, list):
        for i, content in enumerate(settings):
            yield from given_keys(content, is_input, f"{prefix}[{i}]")
            if isinstance(content, Mapping):  # by its first value
                name = next(iter(content.values()), None)
                yield from given_keys(content, is_input, f"{prefix}.{name}")
    elif is_input(prefix):
        yield prefix


# ---------------------------------------------------------------------------- what became of a number


def check_marks(published: PublishedNumbers) -> None:
    """Raise ValueError if a number is both entered and not, or two numbers enter one key."""
    problems, owners = [], dict[str, PublishedNumber]()
    for number in published:
        if number.entered and number.not_simulated:
            problems.append(
                f"{number.place}: entered and not_simulated both have text; keep the one that holds"
            )
        for key in number.entered_keys:
            if key in owners:
                problems.append(
                    f"{number.place}: entered: {key!r} has two sources, {owners[key].quantity} too "
                    f"({owners[key].place}); remove it from one of them"
                )
            owners.setdefault(key, number)
    if problems:
        raise ValueError("\n".join(problems))


def remaining_rows(
    published: PublishedNumbers,
    entered: Mapping[Key, Entered],
    used: Collection[Key],
    rows: list[Row],
) -> list[Row]:
    """Add a row for every published number that has none; it says how the number is used.

    `entered` holds what the run uses for numbers of its settings, `used` names those that entered a
    computation as printed; both get an external row even where there is a simulated one, too.
    `rows` are the rows made already.  Raises ValueError if `entered` names something that the paper
    does not print.
    """
    unknown = sorted(set(entered) - {number.key for number in published})
    if unknown:
        raise ValueError(f"settings names quantities that the paper does not print: {unknown}")
    covered = {row_key(row) for row in rows}
    external = {row_key(row) for row in rows if row["kind"] == "external"}
    remaining = []
    for number in published:
        key = number.key
        if key in external:
            continue
        if key in entered or key in used:
            default = Entered(number.value, "published")
            remaining.append(_external_row(number, entered.get(key, default)))
        elif key not in covered:
            missing = "not among the settings given" if number.entered else _NOT_COMPUTED
            remaining.append(comparison_row(
                number, "not_simulated", "nominal", note=number.not_simulated or missing
            ))
    return remaining


def _external_row(number: PublishedNumber, used: Entered) -> Row:
    same = _is_published(number, used.value)
    note = "entered as published" if same else "this run used another value than the paper prints"
    return comparison_row(
        number, "external", "nominal", used.value, number.uncertainty if same else None,
        source=used.source, note=note,
    )


def _is_published(number: PublishedNumber, value: float | None) -> bool:
    if number.value is None or value is None:
        return number.value is value
    return math.isclose(value, number.value, rel_tol=1e-9)


def check_accounted(comparison: Table, published: PublishedNumbers) -> None:
    """Raise ValueError, with their rows, for numbers that nobody entered, compared or explained.

    A quantity that is compared at any mass is: a run may leave out some of the others.
    """
    compared = {
        (row["quantity"], row["channel"])
        for row in table_rows(comparison) if row["kind"] != "not_simulated"
    }
    if problems := unaccounted(published, lambda number: number.key[:2] in compared):
        raise ValueError("\n".join(problems))


def unaccounted(
    published: PublishedNumbers, is_compared: Callable[[PublishedNumber], bool]
) -> list[str]:
    """Return a line, with its row, for every number that is neither entered nor marked nor compared."""
    return [
        f"{number.place}: {number.quantity} (channel {number.channel}) is entered nowhere and "
        "compared with nothing; name its key in entered, or say in not_simulated why"
        for number in published
        if not (number.entered or number.not_simulated or is_compared(number))
    ]
