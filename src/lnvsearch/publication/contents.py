"""What a paper shows and from what: the declarations in its module.

The module of a paper, `lnvsearch.papers.<name>`, or that of its experiment's publications,
`lnvsearch.experiments.<experiment>.publication`, for a paper without one, has four parts:

`TABLES`       {name: Content} of functions that return a table
`FIGURES`      {name: Content} of functions that return a matplotlib figure and the table of the
               numbers drawn
`COMPARISON`   Content of the function that returns the comparison with the paper, and its summary
`HEADINGS`     {column: heading} of all tables, see `lnvsearch.publication.printing`

A function is named, and imported when it is called: declaring a figure costs no matplotlib.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

__all__ = ["PARTS", "Content"]

#: What a module that declares contents must have.
PARTS = ("TABLES", "FIGURES", "COMPARISON", "HEADINGS")


@dataclass(frozen=True)
class Content:
    """One table, figure or comparison: the function that makes it, and what that is given by name.

    function : its full name, `lnvsearch.papers.<paper>.tables.table1`
    needs : results that it reads.  `background` is all of them where there is one a channel,
        {channel: table}; `background/pimumu` is that of one channel alone, `spectra/{channel}` that
        of the channel which the search's file names
    settings : settings of the search that it takes
    compares : of the comparison: the quantities that it computes, from simulated events or from
        other printed numbers, or takes as printed; `{process}` stands for each that the search has
        (a background that is simulated, a systematic source), `*` for anything
    short : of a table: the columns of the version that pastes into a paper, in order, `simulated_*`
        for all whose names begin so; as many of the first as a line holds if none is named
    short_rows : of the same: column -> the value that its rows have
    origin : of a figure: where numbers come from of which neither rows nor columns tell it
    """

    function: str
    needs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    compares: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    short_rows: Mapping[str, str] = field(default_factory=dict)
    origin: str = "simulated"

    def load(self) -> Any:
        """Return the function.  Raises ValueError if there is none of this name."""
        module, _, name = self.function.removeprefix("lnvsearch.").rpartition(".")
        found = getattr(import_module(f"lnvsearch.{module}"), name, None)
        if found is None:
            raise ValueError(f"lnvsearch.{module} has no function {name}; write it or name another")
        return found

    def make(self, results: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
        """Call the function with its results and settings, and return what it makes."""
        return self.load()(**results, **settings)
