"""The long version of a table in LaTeX: every column, on pages that lie on their side.

What is wider than such a page is parted: each part begins with the columns that say what a row is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lnvsearch.publication.columns import GAP_EM, Column, fitted, heading_lines, table_lines

__all__ = ["PACKAGES", "long_table"]

PACKAGES = ("array", "booktabs", "longtable", "lscape", "siunitx")
#: \scriptsize in the height of a page of article (letter, 11 points: 541 pt of 8.5 pt).
_LINE_EM = 62.5
#: What the columns that are repeated may take of it; a text in them.
_KEYS_EM, _TEXT_EM = 26.0, 24.0


def long_table(columns: Sequence[Column], caption: str, label: str, note: str) -> str:
    """Return the table with all its columns; caption, label and note are LaTeX."""
    parts = list(_parts(columns))
    lines = [
        r"% Needs in the preamble: \usepackage{" + ",".join(PACKAGES) + "}",
        r"\begin{landscape}", r"\scriptsize", r"\setlength{\tabcolsep}{0.35em}",
        r"\setlength{\LTleft}{0pt}\setlength{\LTright}{0pt plus 1fill}",
        r"\setlength{\LTcapwidth}{\linewidth}",
    ]  # fmt: skip
    for number, part in enumerate(parts, start=1):
        further = f" (columns, part {number} of {len(parts)})" if len(parts) > 1 else ""
        name = label if number == 1 else f"{label}-{number}"
        head = [r"\toprule", *heading_lines(part), r"\midrule"]
        lines += [
            rf"\begin{{longtable}}{{@{{}}{''.join(column.specification for column in part)}@{{}}}}",
            rf"\caption{{{caption}{further}.}}\label{{tab:{name}}}\\", *head, r"\endfirsthead",
            *head, r"\endhead", r"\bottomrule", r"\endfoot",
            *(text for text, _ in table_lines(part, group=False)), r"\end{longtable}",
        ]  # fmt: skip
    lines += [*([rf"\noindent {note}\par"] if note else []), r"\end{landscape}"]
    return "\n".join(lines) + "\n"


def _parts(columns: Sequence[Column]) -> Iterator[list[Column]]:
    """The columns in as few parts as fit, each after the leading columns of text."""
    whole = fitted(columns, _LINE_EM)
    if whole and all(column.width_em > 10.0 for column in whole if column.is_paragraph):
        yield whole
        return
    narrow = [_narrow(column) for column in columns]
    keys: list[Column] = []
    for column in narrow:
        if column.number_format or _width([*keys, column]) > _KEYS_EM:
            break
        keys.append(column)
    part = list(keys)
    for column in narrow[len(keys) :]:
        if len(part) > len(keys) and _width([*part, column]) > _LINE_EM:
            yield part
            part = list(keys)
        part.append(column)
    yield part


def _narrow(column: Column) -> Column:
    """A text that is no wider than a paragraph may be."""
    found = fitted([column], _TEXT_EM)
    return found[0] if found else column


def _width(columns: Sequence[Column]) -> float:
    return sum(column.width_em for column in columns) + GAP_EM * (len(columns) - 1)
