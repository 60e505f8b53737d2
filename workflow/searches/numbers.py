"""A search's published numbers: what they fill in, what this run uses, and that none is forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from lnvsearch.publication import entered
from lnvsearch.publication.entered import Entered
from lnvsearch.publication.published import PublishedNumbers, read_published
from searches.configuration import ConfigurationError, checked

if TYPE_CHECKING:
    from searches.definitions import SearchKeys
    from searches.search import Paper


def filled_in(paper: Paper) -> tuple[PublishedNumbers, set[str], set[str]]:
    """Read what the paper prints, and fill in the inputs that the search's file leaves out.

    Returns the numbers, the inputs that the file gives itself, and those that were filled in.
    """
    file, is_input = paper.published_file(), paper.published_inputs.fullmatch
    try:
        published = read_published(file)
        entered.check_marks(published)
        given = set(entered.given_keys(paper.settings, is_input))
        filled = entered.fill_in(paper.settings, published, is_input, paper.published_sections)
    except FileNotFoundError:
        raise ConfigurationError(
            f"{paper.file}: paper: {file}: no such file; a search needs its published numbers there"
        ) from None
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    return published, given, filled


def typed_and_entered(paper: Paper, filled: set[str]) -> tuple[SearchKeys, Mapping[tuple, Entered]]:
    """The settings, typed, and what this run uses for numbers that are entered in one of the files.

    Raises ConfigurationError with all problems of both.
    """

    def elsewhere(key: str) -> str:
        """Where else a missing key may come from."""
        section = key.rpartition(".")[2] in paper.published_sections
        if not section and not paper.published_inputs.fullmatch(key):
            return ""
        return f", or name it under `entered` of its number in {paper.published_file()}"

    sources = {**paper.settings, "detector": paper.detector, "config": paper.config}
    problems, lost = [], []
    try:
        typed = checked(paper.keys, paper.settings, paper.file, elsewhere)
    except ConfigurationError as error:
        problems = [_at_its_source(paper, line, filled) for line in str(error).splitlines()]
    try:
        values = entered.entered_values(paper.published, sources, filled)
    except ValueError as error:
        lost = str(error).splitlines()
    # All entries of a section that is lost are lost: then the definition has said enough.
    if problems or lost:
        raise ConfigurationError("\n".join(problems + lost[:3 if problems else None]))
    return typed, values


def _at_its_source(paper: Paper, line: str, filled: set[str]) -> str:
    """A problem of a key that was filled in, told where the value stands: among the numbers."""
    problem = line.removeprefix(f"{paper.file}: ")
    key = problem.partition(": ")[0]
    if key not in filled:
        return line
    (place,) = (number.place for number in paper.published if key in number.entered_keys)
    return f"{place}: entered at {problem}"


def check_accounted(paper: Paper) -> None:
    """Raise ConfigurationError for numbers that are neither entered, compared nor explained."""
    compared = paper.compared_quantities()
    problems = entered.unaccounted(
        paper.published,
        lambda number: any(fnmatchcase(number.quantity, name) for name in compared),
    )
    if problems:
        raise ConfigurationError("\n".join(problems))
