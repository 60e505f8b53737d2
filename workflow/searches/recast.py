"""Recasts of a search for an on-shell, long-lived N: keys that experiments share, files, figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from searches.keys import Keys, key

if TYPE_CHECKING:
    from searches.search import Paper

#: Names of figures begin with it.
FIGURE = "recast_"


class Masses(Keys):
    """Masses of N, in equal steps."""

    first_gev: float = key("Lowest mass.", gt=0, le=10)
    last_gev: float = key("Highest mass.", gt=0, le=10)
    number: int = key("Number of masses. `recast_masses` in config.yaml can ask for fewer.", 40, ge=2, le=1000)

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.first_gev >= self.last_gev:
            yield "last_gev", f"{self.last_gev} is not above first_gev, {self.first_gev}; exchange them"


class Lifetimes(Keys):
    """Lifetimes of N: 0 (prompt), and the others in equal ratios."""

    shortest_ps: float = key("Shortest lifetime above 0.", gt=0, le=1e15)
    longest_ps: float = key("Longest lifetime.", gt=0, le=1e15)
    number: int = key(
        "Number of lifetimes, 0 included. `recast_lifetimes` in config.yaml can ask for fewer.", 60, ge=3, le=1000
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.shortest_ps >= self.longest_ps:
            yield "longest_ps", (
                f"{self.longest_ps} is not above shortest_ps, {self.shortest_ps}; exchange them"
            )


class Flight(Keys):
    """Flight lengths of N that are generated. Weights then give every lifetime
    (lnvsearch.generation.flight)."""

    prompt_share: float = key("Fraction of decays with flight length 0.", gt=0, lt=1)
    shortest_m: float = key(
        "Shorter flights are treated as 0. They are far below the detector's resolution.", gt=0, le=1e3
    )
    longest_m: float = key(
        "Longer flights are treated as lost. The decay is behind the last place where it is seen.", gt=0, le=1e6
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.shortest_m >= self.longest_m:
            yield "longest_m", (
                f"{self.longest_m} is not above shortest_m, {self.shortest_m}; exchange them"
            )


class RecastDecay(Keys):
    """A decay through N. Its grid has the acceptance and the limits."""

    label: str = key("Name of the decay in figures, in mathtext.", min_length=1)
    masses: Masses
    events_factor: float = key("Multiplies the number of events at each mass, `statistics.recast`.", 1, gt=0, le=1e4)


class Recast(Keys):
    """Grids of acceptance and limits against mass and lifetime of N (docs/recast_grids.md)."""

    lifetimes: Lifetimes
    flight: Flight


def mass_grid(first_gev: float, last_gev: float, number: int) -> list[float]:
    """Masses in equal steps, rounded to 0.1 MeV; or the first alone, as it is.

    >>> mass_grid(0.15, 0.17, 3)
    [0.15, 0.16, 0.17]
    """
    if number == 1:
        return [first_gev]
    step = (last_gev - first_gev) / (number - 1)
    return [round(first_gev + i * step, 4) for i in range(number)]


def lifetime_grid(shortest_ps: float, longest_ps: float, number: int) -> list[float]:
    """Lifetimes in ps: 0, and the others in equal ratios, rounded to four digits.

    >>> lifetime_grid(1.0, 100.0, 4)
    [0.0, 1.0, 10.0, 100.0]
    """
    step = math.log(longest_ps / shortest_ps) / (number - 2)
    spread = [shortest_ps * math.exp(i * step) for i in range(number - 1)]
    return [0.0, *(float(f"{lifetime:.4g}") for lifetime in spread)]


def decays(paper: Paper) -> Mapping[str, Mapping]:
    """The decays that a search is recast for, by name."""
    return (paper.settings.get("recast") or {"decays": {}})["decays"]


def grid_file(paper: Paper, decay: str) -> str:
    """The grid of one decay."""
    return f"results/{paper.name}/recast/{decay}.csv"


def figures(paper: Paper) -> tuple[str, ...]:
    """Names of the figures of all grids."""
    return tuple(f"{FIGURE}{decay}" for decay in decays(paper))


def leaves(paper: Paper) -> list[str]:
    """Files that `rule all` needs from the recasts, except the figures."""
    return [grid_file(paper, decay) for decay in decays(paper)]


def figure_entry(name: str) -> dict[str, str]:
    """The entry that a search's file would have for a recast figure."""
    if name.startswith(FIGURE):
        return {"draw": "recast", "decay": name.removeprefix(FIGURE)}
    return {"draw": name}


def settings(paper: Paper, decay: str) -> dict[str, Any]:
    """Settings of the recast of a decay that are the same for every experiment."""
    recast, entry = paper.settings["recast"], decays(paper)[decay]
    masses, lifetimes = dict(entry["masses"]), dict(recast["lifetimes"])
    for numbers, knob in ((masses, "recast_masses"), (lifetimes, "recast_lifetimes")):
        if paper.config[knob] is not None:
            numbers["number"] = min(numbers["number"], paper.config[knob])
    return {
        "masses_gev": mass_grid(**masses),
        "lifetimes_ps": lifetime_grid(**lifetimes),
        "flight": dict(recast["flight"]),
        "n_events": round(paper.config["statistics"]["recast"] * entry["events_factor"]),
        "base_seed": paper.config["base_seed"],
        "sample": f"recast_{decay}",
        "confidence_level": paper.config["confidence_level"],
    }
