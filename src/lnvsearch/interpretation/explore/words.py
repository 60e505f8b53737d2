"""Words and colours of the page: what is published, derived and simulated, and how numbers look."""

from __future__ import annotations

from lnvsearch.interpretation.recast import PAPER_METHODS
from lnvsearch.publication.figures.style import COLOURS

__all__ = ["FOUR_DIGITS", "KINDS", "kind_html", "method_words"]

#: Kind of a number -> colour and meaning.
KINDS = {
    "published": (COLOURS["vermilion"], "copied from a paper"),
    "derived": (COLOURS["green"], "computed from published numbers only"),
    "simulated": (COLOURS["blue"], "with the acceptance of this project's fast simulation"),
}
#: Of a number under the pointer, in JavaScript; what has no limit is not a finite number.
FOUR_DIGITS = "return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : 'none';"


def kind_html(kind: str) -> str:
    """The word of a kind in its colour, with what it means."""
    colour, meaning = KINDS[kind]
    return f"<b style='color:{colour}'>{kind}</b>: {meaning}"


def method_words(method: str) -> str:
    """The method of a paper in words."""
    return f"{PAPER_METHODS.get(method, method)}, as in the paper"
