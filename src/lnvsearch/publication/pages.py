"""Tables as pages: HTML that needs no other file, with columns that sort and rows that can be sought.

A page shows what the table's CSV has, in the words and with the digits of printed tables; the CSV's own cell
shows where the pointer rests.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from lnvsearch.files import open_text
from lnvsearch.publication.printing import Printing
from lnvsearch.publication.rounding import round_significant
from lnvsearch.tables import Table, cell_text, read_csv

__all__ = ["links", "page", "read_cells", "table_html", "table_page"]

_DIGITS = 4
# More digits than anybody reads: of the CSV's numbers in full.
_LONG_NUMBER = re.compile(r"^[+-]?\d+\.\d{5,}(e[+-]?\d+)?$")
#: Numbers as Python writes them: 10087000000.0 and 2.1e-09.
_WHOLE_NUMBER = re.compile(r"^([+-]?\d{5,})\.0$")
_PADDED_EXPONENT = re.compile(r"^([+-]?\d(?:\.\d+)?e[+-])0+(?=\d)")

_POWER = re.compile(r" × 10([⁺⁻]?[⁰¹²³⁴-⁹]+)")
_RAISED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5em 2em; color: #222; background: #fff; }
h1 { font-size: 1.3em; margin: 0 0 .3em; }  h2 { font-size: 1.1em; margin: 1.4em 0 .3em; }
h3 { font-size: 1em; margin: .9em 0 .2em; }  ul { margin: 0; }  p { max-width: 52em; }  .mark { color: #b34700; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin-top: .6em; }
th, td { padding: .2em .6em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
th { background: #f0f4f7; position: sticky; top: 0; }
th button { font: inherit; font-weight: 600; border: 0; background: none; cursor: pointer;
  text-align: left; padding: 0; }
th button::after { content: " \\2195"; color: #999; }
th[aria-sort=ascending] button::after { content: " \\2191"; color: #000; }
th[aria-sort=descending] button::after { content: " \\2193"; color: #000; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tbody tr:hover { background: #f7f7ef; }
input { font: inherit; padding: .2em .5em; width: 18em; }
ul { padding-left: 1.2em; } a { color: #0b5fa5; }
"""

_SCRIPT = """
if (location.pathname.includes('/data/raw/')) {
  document.querySelectorAll('a[data-report]').forEach(function (link) {
    link.href = link.dataset.report;
  });
} else if (!location.protocol.match(/^(file|http)/)) {
  document.querySelectorAll('a[data-report]').forEach(function (link) {
    link.replaceWith(link.textContent);
  });
}
document.querySelectorAll('table.sortable').forEach(function (table) {
  const body = table.tBodies[0];
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach(function (head, column) {
    head.querySelector('button').addEventListener('click', function () {
      const up = head.getAttribute('aria-sort') !== 'ascending';
      heads.forEach(function (other) { other.removeAttribute('aria-sort'); });
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const key = function (row) { return row.cells[column].dataset.key; };
      const value = function (text) { return text === '' ? NaN : Number(text); };
      const compare = function (one, other) {
        const a = key(one), b = key(other);
        if (a === '' || b === '') { return (a === '') - (b === ''); }
        const x = value(a), y = value(b);
        const order = isNaN(x) || isNaN(y) ? a.localeCompare(b) : x - y;
        return up ? order : -order;
      };
      Array.from(body.rows).sort(compare).forEach(function (row) { body.appendChild(row); });
    });
  });
  const field = table.closest('section').querySelector('input');
  field.addEventListener('input', function () {
    const words = field.value.toLowerCase().split(' ');
    Array.from(body.rows).forEach(function (row) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(function (word) { return text.includes(word); });
    });
  });
});
"""


def read_cells(path: str | Path) -> dict[str, list[str]]:
    """Return a table's cells as its CSV file has them: the digits of a rounded number count.

    Raises ValueError, naming the file, if it cannot be used.
    """
    read_csv(path)  # for its checks
    with open_text(path) as stream:
        header, *lines = csv.reader(stream)
    return {name: [line[i] for line in lines] for i, name in enumerate(header)}


def page(title: str, body: str) -> str:
    """Return a whole HTML document of a title (text) and a body (HTML), style and script inside."""
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head><meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width'>\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style></head>\n"
        f"<body>\n<h1>{escape(title)}</h1>\n{body}\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def table_page(
    title: str, table: Table, printing: Printing, text: str = "", mark: str = ""
) -> str:
    """Return a table as a page; `text` explains it, `mark` says that there are few events."""
    notes = [f"<p class='{kind}'>{escape(note)}</p>" for kind, note in (("mark", mark), ("", text))
             if note]
    return page(title, "\n".join([*notes, table_html(table, printing)]))


def table_html(table: Table, printing: Printing) -> str:
    """Return a table with sortable columns and a field to seek rows, as a part of a page."""
    head = "".join(
        f"<th scope='col'><button>{escape(printing.heading(name)[0])}</button></th>"
        for name in table
    )
    columns = [
        [_cell(cell_text(cell), shown) for cell, shown in zip(table[name], in_words, strict=True)]
        for name, in_words in printing.plain(table).items()
    ]
    rows = "\n".join(f"<tr>{''.join(row)}</tr>" for row in zip(*columns, strict=True))
    empty = "" if rows else "<p>No rows.</p>"
    return (
        "<section><p><input placeholder='seek rows' aria-label='seek rows'></p>"
        f"<div class='wide'><table class='sortable'>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table></div>{empty}</section>"
    )


def _cell(whole: str, shown: str) -> str:
    """A cell of the CSV, as it is shown."""
    key = _sort_key(whole)
    if _LONG_NUMBER.match(shown):
        shown = round_significant(float(shown), _DIGITS)
    # As other cells have it: 2.1e-9, and no ".0" after a whole number of many digits.
    shown = _PADDED_EXPONENT.sub(r"\1", _WHOLE_NUMBER.sub(r"\1", shown))
    if not _is_number(key):
        key = shown
    hover = f" title='{escape(whole, quote=True)}'" if shown != whole else ""
    number = " class='number'" if key and _is_number(key) else ""
    return f"<td{number} data-key='{escape(key, quote=True)}'{hover}>{escape(shown)}</td>"


def _sort_key(text: str) -> str:
    """The number that a cell begins with, or else its text.

    `(2.14 ± 0.08)e11` and `2.1 × 10⁻⁹` are numbers, too.
    """
    text_of_power = _POWER.sub(lambda m: f"e{m.group(1).translate(_RAISED)}", text)
    value, _, rest = text_of_power.partition(" ± ")
    exponent = re.search(r"\)(e[+-]?\d+)$", rest)
    value = value.lstrip("(") + (exponent.group(1) if exponent else "")
    return value if _is_number(value) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def links(groups: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Return headed lists of links as a part of a page.

    {heading: {words: (address, address where the page lies in a report)}}.
    """
    return "\n".join(
        f"<h3>{escape(heading)}</h3>\n<ul>" + "".join(_link(*one) for one in of.items()) + "</ul>"
        for heading, of in groups.items()
    )


def _link(words: str, addresses: Sequence[str]) -> str:
    address, in_report = (escape(one, quote=True) for one in addresses)
    return f"<li><a href='{address}' data-report='{in_report}'>{escape(words)}</a></li>"
