"""What a channel of a search says of N: decays, counts and data, of `grids/<paper>/channels.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from lnvsearch import particles
from lnvsearch.files import read_text
from lnvsearch.interpretation import production
from lnvsearch.interpretation.mixing import Mixing
from lnvsearch.interpretation.widths import (
    LARGEST_MASS_GEV,
    SMALLEST_MASS_GEV,
    HeavyNeutralLepton,
)
from lnvsearch.nesting import check_nesting

__all__ = ["GRIDS", "Channel", "find_channel", "read_channels", "searches"]

#: The grids that ship with a release, a folder a search.
GRIDS = Path(__file__).parent / "grids"


@dataclass(frozen=True, eq=False)
class Channel:
    """A channel of a search, read as the decay of a parent to an N and more, N decaying on shell.

    label : of a curve, as mathtext
    produced_with, decay_products : PDG names of what comes with N, and of what N decays to
    pair : two N, of which both decay so
    production, flavour : a function of `production` and the lepton it takes; None with `no_model`
    decay_mode : name of N's decay in `widths`
    charge_conjugates : such final states that the limit adds up, where N decays to either charge
    parents : decays of the parent, and their relative uncertainty
    """

    paper: str
    name: str
    title: str
    label: str
    parent: str
    produced_with: tuple[str, ...]
    decay_products: tuple[str, ...]
    decay_mode: str
    final_state: str
    data_sets: tuple[str, ...]
    parents: float
    parents_relative_uncertainty: float
    background_uncertainty: float
    published_limit: float
    method: str
    source: str
    pair: bool = False
    production: str | None = None
    flavour: str = "e"
    no_model: str = ""
    charge_conjugates: int = 1
    dalitz: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mass_range_gev(self) -> tuple[float, float]:
        """Masses of N in GeV between which production and decay are open."""
        low = sum(map(particles.mass_gev, self.decay_products))
        high = particles.mass_gev(self.parent) - sum(map(particles.mass_gev, self.produced_with))
        return low, high / 2.0 if self.pair else high

    def check_mass(self, mass_gev: float) -> None:
        """Raise ValueError for a mass at which the chain of decays has no phase space."""
        low, high = self.mass_range_gev
        if not (low < mass_gev < high):
            raise ValueError(
                f"mass {mass_gev:g} GeV: {self.paper}'s {self.name}, {self.chain}, has phase space "
                f"between {low:.4f} and {high:.4f} GeV only"
            )

    @property
    def chain(self) -> str:
        """The decays as text."""
        first = " ".join(
            [self.parent, "->", *self.produced_with, *(["N"] * (2 if self.pair else 1))]
        )
        return f"{first}, N -> {' '.join(self.decay_products)}"

    def product(self, mass_gev: float, mixing: Mixing, majorana: bool = True) -> float:
        """Product of branching fractions of production and decay for |U|^2 = 1, mixing shared so.

        It goes with |U|^2 (|U|^4 of a pair), whatever the lifetime.  Raises ValueError for a Dirac N,
        whose decays keep lepton number, or where nobody has computed the production (`no_model`).
        """
        if not majorana:
            self.refuse_dirac()
        if self.production is None:
            raise ValueError(f"{self.paper}'s {self.name}: {self.no_model}")
        self.check_mass(mass_gev)
        decay = HeavyNeutralLepton(mass_gev, mixing).branching_fraction(self.decay_mode)
        produce = getattr(production, self.production)
        if self.pair:
            return produce(mass_gev) * self.charge_conjugates * decay**2
        return produce(mass_gev, self.flavour) * mixing.share(self.flavour) * decay

    def refuse_dirac(self) -> NoReturn:
        """Raise ValueError: no decay of a Dirac N is searched for."""
        raise ValueError(
            f"{self.paper}'s {self.name} looks for a changed lepton number, and a Dirac N keeps it: "
            "no limit; use a Majorana N"
        )

    @property
    def power(self) -> int:
        """Power of |U|^2 with which the product of branching fractions goes."""
        return 2 if self.pair else 1

    def widths_are_known(self, mass_gev: float) -> bool:
        """Whether the widths of N are computed at this mass."""
        return SMALLEST_MASS_GEV <= mass_gev <= LARGEST_MASS_GEV


def searches() -> list[str]:
    """Names of the searches that have a folder of grids."""
    return sorted(path.parent.name for path in GRIDS.glob("*/channels.yaml"))


@lru_cache(maxsize=None)
def read_channels(paper: str) -> dict[str, Channel]:
    """The channels of a search by name; ValueError for a search without grids."""
    path = GRIDS / paper / "channels.yaml"
    if paper not in searches():
        raise ValueError(f"search {paper!r} is not known; {_known(paper, searches())}")
    import yaml

    text, loader = read_text(path), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    check_nesting(text, loader)
    content = yaml.load(text, loader)
    common = content["common"]
    lists = ("produced_with", "decay_products", "data_sets")
    channels = {}
    for name, entry in content["channels"].items():
        values = {**common, **entry}
        values.update({key: tuple(values[key]) for key in lists})
        channels[name] = Channel(paper=paper, name=name, **values)
    return channels


def find_channel(paper: str, name: str) -> Channel:
    """A channel by the names of its search and its own; ValueError that lists what there is."""
    channels = read_channels(paper)
    if name not in channels:
        raise ValueError(f"channel {name!r} is not in {paper}; {_known(name, list(channels))}")
    return channels[name]


def _known(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    return (f"did you mean {near[0]}? " if near else "") + f"there are {', '.join(names)}"
