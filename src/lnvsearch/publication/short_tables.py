"""The short version of a table in LaTeX: `table` environments, at most a line of text wide.

Where a line cannot hold all columns, the groups of the first one become lines of their own.  What does
not fit even so is named below the table: nothing is left out without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lnvsearch.publication.columns import Column, fitted, heading_lines, table_lines

__all__ = ["PACKAGES", "short_table"]

PACKAGES = ("array", "booktabs", "siunitx")
#: Sizes of letters and how many of their em a line has, in the narrowest of LaTeX's classes (article
#: with 10, 11 or 12 points: 345, 360, 390 pt).
_SIZES = (("small", 34.9), ("footnotesize", 38.3), ("scriptsize", 41.7))
#: Lines of a table, headings included, that a page of article with 12 points holds beside the caption.
_LINES = {"small": 34, "footnotesize": 39, "scriptsize": 47}
#: What a paragraph should have before smaller letters are taken.
_COMFORTABLE_EM = 9.0


def short_table(
    columns: Sequence[Column], caption: str, label: str, note: str, *, left_out: bool
) -> str:
    """Return the environment, or several where the rows are more than a page holds.

    `left_out`: the table has more columns than were chosen.  Caption, label and note are LaTeX.
    """
    shown = _filled(columns)
    size, fit = _fit(shown)
    heads: Sequence[str] = ()
    if len(fit) < len(shown) and len(set(shown[0].cells)) < len(shown[0].cells):
        in_groups = _fit(shown[1:])
        if len(in_groups[1]) >= len(fit):
            heads, shown = shown[0].cells, shown[1:]
            size, fit = in_groups
    if _height(fit) > _LINES[size]:
        smallest = _fit(shown[: len(fit)], _SIZES[-1:])
        size, fit = smallest if _height(smallest[1]) <= _LINES[smallest[0]] else (size, fit)
    note = ". ".join(filter(None, [note, _not_shown(shown[len(fit) :])]))
    lines = [f"% Needs in the preamble: {_preamble(PACKAGES)}"]
    if left_out:
        lines.append(f"% Not all columns: the rest is in the long version, tab:{label}-long.")
    room = _LINES[size] - len(heading_lines(fit))
    parts = list(_parts(table_lines(fit, group=True, heads=heads), room, heads, len(fit)))
    for number, rows in enumerate(parts, start=1):
        # LaTeX holds back few floats that fill a page.
        lines += [r"\clearpage"] if number > 1 else []
        further = f" (part {number} of {len(parts)})" if len(parts) > 1 else ""
        name = label if number == 1 else f"{label}-{number}"
        lines += [
            r"\begin{table}[htbp]", r"\centering", rf"\{size}", r"\setlength{\tabcolsep}{0.35em}",
            rf"\caption{{{caption}{further}.}}", rf"\label{{tab:{name}}}",
            rf"\begin{{tabular}}{{@{{}}{''.join(c.specification for c in fit)}@{{}}}}",
            r"\toprule", *heading_lines(fit), r"\midrule", *rows, r"\bottomrule", r"\end{tabular}",
            *([rf"\par\smallskip{{\footnotesize {note}}}"] if note else []), r"\end{table}",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _not_shown(columns: Sequence[Column]) -> str:
    """The sentence below the table on columns that found no room."""
    names = [column.heading for column in columns]
    return f"Only in the long version: {'; '.join(names)}." if names else ""


def _preamble(packages: Sequence[str]) -> str:
    return r"\usepackage{" + ",".join(packages) + "}"


def _filled(columns: Sequence[Column]) -> list[Column]:
    """Without columns that have no cell to show, and without the channel where there is one."""
    shown = [
        column for column in columns
        if any(column.cells) and not (column.name == "channel" and len(set(column.cells)) == 1)
    ]
    return shown or list(columns)


def _height(columns: Sequence[Column]) -> float:
    """Lines of text, headings included."""
    lines = sum(_lines_of(*row) for row in table_lines(columns, group=True))
    return lines + len(heading_lines(columns))


def _lines_of(text: str, lines: int) -> float:
    return lines + 0.5 * text.startswith(r"\addlinespace")


def _fit(
    columns: Sequence[Column], sizes: Sequence[tuple[str, float]] = _SIZES
) -> tuple[str, list[Column]]:
    """The largest letters in which the columns fit a line; the last are dropped where none does."""
    for size, line_em in sizes:
        found = fitted(columns, line_em)
        if found and all(c.width_em >= _COMFORTABLE_EM for c in found if c.is_paragraph):
            return size, found
    size, line_em = _SIZES[-1]
    for number in range(len(columns), 0, -1):
        found = fitted(columns[:number], line_em)
        if found:
            return size, found
    return size, list(columns[:1])


def _parts(
    lines: Sequence[tuple[str, int]], most: int, heads: Sequence[str], n_columns: int
) -> Iterator[list[str]]:
    """The rows of each environment; `heads`: of the groups, by row, none if they have no line."""
    rows: list[str] = []
    height = 0.0
    for index, (text, number) in enumerate(lines):
        begins = bool(heads) and (index == 0 or heads[index] != heads[index - 1])
        lines_of_row = _lines_of(text, number) + 1.5 * begins
        if rows and height + lines_of_row > most:
            yield rows
            rows, height = [], 0.0
        if heads:
            text = text.removeprefix("\\addlinespace\n")
        if not rows:
            text = text.removeprefix("\\addlinespace\n")
            begins = bool(heads)
        if begins:
            space = "\\addlinespace\n" if rows else ""
            text = rf"{space}\multicolumn{{{n_columns}}}{{@{{}}l@{{}}}}{{{heads[index]}}} \\" + "\n" + text
        rows.append(text)
        height += lines_of_row
    yield rows
