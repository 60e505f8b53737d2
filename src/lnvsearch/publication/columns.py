"""Columns of a printed table as LaTeX: how wide they are, how their headings and texts break.

A column of nothing but numbers is an S column of siunitx, which sets decimal points below each other;
a text that is too wide for the line is a paragraph.  Widths are in em of the font in use, estimated
from the letters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lnvsearch.publication.latex import longest_word_em, tex, tex_words, width_em

__all__ = ["GAP_EM", "Column", "columns_of", "fitted", "heading_lines", "table_lines"]

#: Between two columns: twice \tabcolsep of 0.35 em.
GAP_EM = 0.7
#: Narrower than this, a paragraph is no pleasure to read.
_NARROWEST_EM = 5.0

#: 1e-09 is 1e-9 in print.
_ZEROS = re.compile(r"(e[+-]?)0+(?=\d)")
_BREAK = r"\allowbreak{}"
_NUMBER = re.compile(r"([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?)(\d+))?")


@dataclass(frozen=True)
class Column:
    """One column: its name, heading and cells in LaTeX, and its estimated width.

    number_format : that of an S column; empty for text
    width_em : of the widest cell and heading word, or of the paragraph
    narrowest_em : how far it can shrink: numbers not at all, text to its longest word
    """

    name: str
    heading: str
    cells: tuple[str, ...]
    number_format: str
    width_em: float
    narrowest_em: float
    is_paragraph: bool = False

    @property
    def specification(self) -> str:
        """The column as `tabular` declares it."""
        if self.number_format:
            return f"S[{self.number_format}]"
        if self.is_paragraph:
            return rf">{{\raggedright\arraybackslash}}p{{{self.width_em:.1f}em}}"
        return "l"


def columns_of(table: Mapping[str, Sequence[str]], headings: Mapping[str, str]) -> list[Column]:
    """Return the columns of a table of text whose headings are LaTeX already."""
    return [_column(name, headings[name], cells) for name, cells in table.items()]


def _column(name: str, heading: str, cells: Sequence[str]) -> Column:
    number_format, numbers_em = _number_format(cells)
    shown = tuple(_ZEROS.sub(r"\1", c) if number_format else tex(c) for c in cells)
    width = numbers_em if number_format else max(map(width_em, shown), default=0.0)
    width = narrowest = max(width, longest_word_em(heading), 0.5)
    if not number_format:
        words = {word for cell in set(shown) for word in tex_words(breakable(cell))}
        narrowest = max((width_em(piece) for word in words for piece in word.split(_BREAK)),
                        default=0.0)  # fmt: skip
        narrowest = min(max(narrowest, longest_word_em(heading), _NARROWEST_EM), width)
    return Column(name, heading, shown, number_format, width, narrowest)


def _number_format(cells: Iterable[str]) -> tuple[str, float]:
    """Return the options of an S column that holds these cells, and its width; "" if one is text."""
    found = [_NUMBER.fullmatch(cell) for cell in cells if cell]
    if not found or None in found:
        return "", 0.0
    signs = any(match[1] for match in found)
    before, after = (max(len(match[i] or "") for match in found) for i in (2, 3))
    exponents = [match for match in found if match[5]]
    text = f"table-format={'+' if signs else ''}{before}.{after}"
    width = 0.8 * signs + 0.5 * (before + after) + 0.3 * (after > 0)
    if exponents:
        digits = max(len(match[5].lstrip("0")) or 1 for match in exponents)
        negative = any(match[4] == "-" for match in exponents)
        text += f"e{'-' if negative else ''}{digits}"
        width += 2.3 + 0.66 * negative + 0.43 * digits
    return text + (", retain-explicit-plus" if signs else ""), width


def breakable(text: str) -> str:
    """Text of a paragraph, in which long keys break after an underscore or a point."""
    def with_breaks(word: str) -> str:
        if len(word) < 14 or "$" in word:
            return word
        return re.sub(r"(\\_|/|(?<=[a-z])\.(?=[a-z]))", rf"\1\{_BREAK}", word)

    return " ".join(map(with_breaks, tex_words(text)))


def fitted(columns: Sequence[Column], available_em: float) -> list[Column] | None:
    """Return the columns so that they fill a line at most; None if they cannot.

    The widest texts become paragraphs, as narrow as needed.
    """
    room = available_em - GAP_EM * (len(columns) - 1)
    if sum(column.width_em for column in columns) <= room:
        return list(columns)
    if sum(column.narrowest_em for column in columns) > room:
        return None
    low, high = 0.0, max(column.width_em for column in columns)
    for _ in range(40):
        middle = 0.5 * (low + high)
        if sum(_shrunk_em(column, middle) for column in columns) <= room:
            low = middle
        else:
            high = middle
    return [_shrunk(column, low) for column in columns]


def _shrunk_em(column: Column, limit_em: float) -> float:
    return min(column.width_em, max(column.narrowest_em, limit_em))


def _shrunk(column: Column, limit_em: float) -> Column:
    width = _shrunk_em(column, limit_em)
    if width >= column.width_em:
        return column
    cells = tuple(map(breakable, column.cells))
    # Rounded down, for the specification has one digit.
    return replace(column, cells=cells, width_em=math.floor(10 * width) / 10, is_paragraph=True)


def heading_lines(columns: Sequence[Column]) -> list[str]:
    """Return the lines of the headings, the last words at the bottom."""
    broken = [_broken(column.heading, column.width_em) for column in columns]
    height = max(map(len, broken))
    lines = []
    for index in range(height):
        cells = []
        for column, words in zip(columns, broken, strict=True):
            place = index - (height - len(words))
            text = words[place] if place >= 0 else ""
            cells.append(f"{{{text}}}" if column.number_format else text)
        lines.append(_line(cells))
    return lines


def _broken(heading: str, width: float) -> list[str]:
    lines = [""]
    for word in tex_words(heading):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_em(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def table_lines(
    columns: Sequence[Column], *, group: bool, heads: Sequence[str] = ()
) -> list[tuple[str, int]]:
    """Return every row, and about how many lines of text it takes.

    With `group`, cells at the beginning of a row that repeat those above are left out, and a little
    space parts the groups of the first column.  `heads`: of each row's group that has a line of its own.
    """
    rows = list(zip(*(column.cells for column in columns), strict=True))
    repeats = [_repeated(row, before) if group else 0
               for row, before in zip(rows, [(), *rows], strict=False)]  # fmt: skip
    for index in range(1, len(heads)):
        repeats[index] *= heads[index] == heads[index - 1]
    lines: list[tuple[str, int]] = []
    for index, (row, repeated) in enumerate(zip(rows, repeats, strict=True)):
        height = max(
            _paragraph_lines(cell, column.width_em) if column.is_paragraph else 1
            for cell, column in zip(row, columns, strict=True)
        )
        # Space before a group of more than one row, and after it.
        neighbours = repeats[max(index - 1, 0) : index + 2]
        space = r"\addlinespace" + "\n" if lines and not repeated and any(neighbours) else ""
        lines.append((space + _line([*[""] * repeated, *row[repeated:]]), max(height, 1)))
    return lines


def _repeated(row: Sequence[str], before: Sequence[str]) -> int:
    """How many cells from the first on are those of the row above; never all."""
    number = 0
    for cell, other in zip(row[:-1], before, strict=False):
        if cell != other:
            break
        number += 1
    return number


def _paragraph_lines(text: str, available_em: float) -> int:
    """About how many lines a paragraph has that breaks at blanks, and within long keys."""
    lines, filled = 1, 0.0
    for word in tex_words(text):
        for index, piece in enumerate(word.split(_BREAK)):
            width = width_em(piece) + (0.34 if index == 0 else 0.0)
            if filled and filled + width > available_em:
                lines, filled = lines + 1, 0.0
            filled += width
    return lines


def _line(cells: Iterable[str]) -> str:
    return re.sub(" +", " ", " & ".join(cells)).strip() + r" \\"
