"""Limits on |U|^2 that hold with the lifetime which |U|^2 implies.

A channel limits the product of branching fractions B(mass, lifetime).  In a model of mixing the product
is |U|^2 b (|U|^4 b of a pair) and the lifetime tau_1 / |U|^2, so that |U|^2 = u is excluded where

    R(u) = u^p b / B_limit(mass, tau_1 / u)  >=  1.

Where N flies far, B_limit goes with its lifetime, and R with u^(p + 1): with |U|^4 of one N.  The ends of
the excluded intervals up to u = 1 are where R crosses 1; there may be several, e. g. where too short a
lifetime loses acceptance.  Beside it stands the prompt reading, which takes the limit of a lifetime of
0, and what lifetime that would have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lnvsearch.interpretation.channels import Channel
from lnvsearch.interpretation.grids import Grid, NoLimitError, Point
from lnvsearch.interpretation.mixing import Mixing
from lnvsearch.interpretation.widths import HeavyNeutralLepton

__all__ = [
    "MIXING_COLUMNS",
    "MixingLimit",
    "combined_limit",
    "excluded_intervals",
    "mixing_limit",
    "mixing_row",
]

MIXING_COLUMNS = (
    "mass_gev", "mixing", "searches", "chirality", "method", "mixing_limit", "mixing_upper_end",
    "lifetime_at_limit_ps", "acceptance_at_limit", "mixing_limit_prompt_reading",
    "lifetime_of_prompt_reading_ps", "prompt_reading_consistent", "remark",
)  # fmt: skip
#: |U|^2 below this is not looked at; points a decade of the search for crossings.
_SMALLEST, _PER_DECADE = 1e-16, 8
#: Of the logarithm of |U|^2 at an end.
_TOLERANCE, _COMBINED_TOLERANCE = 1e-7, 1e-4
#: Signal over that of the strongest channel, below which a channel is left out of a combination.
_WEAK = 0.01
#: A prompt reading is consistent while the acceptance at its lifetime is so much of the prompt one.
_STILL_PROMPT = 0.9
_METHODS = {"paper": "branching_fraction_limit", "cls": "branching_fraction_limit_cls"}


@dataclass(frozen=True)
class MixingLimit:
    """Limits on |U|^2 at one mass; `intervals` are those excluded, up to 1, none if nothing is.

    prompt : limit of the prompt reading, None if combined or not below 1; its lifetime in ps
    """

    mass_gev: float
    mixing: Mixing
    intervals: tuple[tuple[float, float], ...]
    lifetime_at_limit_ps: float | None
    acceptance_at_limit: float | None
    prompt: float | None
    prompt_lifetime_ps: float | None
    prompt_consistent: bool | None
    remark: str

    @property
    def limit(self) -> float | None:
        """The smallest |U|^2 that is excluded, None without any below 1."""
        return self.intervals[0][0] if self.intervals else None


def mixing_limit(
    channel: Channel, grid: Grid, mass_gev: float, mixing: Mixing, method: str = "paper"
) -> MixingLimit:
    """Limit of one channel, by the `paper`'s method or by `cls`.

    Raises ValueError for a mass outside the phase space or outside that of the widths, or a channel
    without a model of its production.
    """
    column = _METHODS[method]
    product = channel.product(mass_gev, mixing)
    if product == 0.0:
        return _without(
            mass_gev, mixing,
            f"{mixing.name} does not mix with the leptons of {channel.name}: no bound below |U|^2 = 1",
        )  # fmt: skip
    neutral = HeavyNeutralLepton(mass_gev, mixing)
    unit_lifetime = neutral.lifetime_ps(1.0)

    def limit_at(lifetime: float) -> float:
        point = _point(grid, mass_gev, lifetime)
        return math.inf if point is None else getattr(point, column)

    def ratio(u: float) -> float:
        return u**channel.power * product / limit_at(unit_lifetime / u)

    intervals = excluded_intervals(ratio)
    remarks: list[str] = []
    at_limit = None
    if intervals:
        at_limit = grid.at(mass_gev, unit_lifetime / intervals[0][0])
        remarks += at_limit.notes
        if len(intervals) > 1 or intervals[-1][1] < 1.0:
            remarks.append("excluded only within " + _text(intervals))
    elif limit_at(unit_lifetime) == math.inf:
        remarks.append("too few simulated events are accepted at this mass for a limit")
    else:
        remarks.append(
            f"no bound below |U|^2 = 1: there the product is {product:.2g}, its limit "
            f"{limit_at(unit_lifetime):.2g}"
        )
    prompt = (limit_at(0.0) / product) ** (1.0 / channel.power)
    prompt_lifetime, consistent = None, None
    if prompt <= 1.0:
        prompt_lifetime = unit_lifetime / prompt
        consistent = _still_prompt(grid, mass_gev, prompt_lifetime)
        if not consistent:
            remarks.append(
                "the prompt reading contradicts itself: it would live " + _duration(prompt_lifetime)
            )
    return MixingLimit(
        mass_gev, mixing, intervals,
        unit_lifetime / intervals[0][0] if intervals else None,
        at_limit.acceptance if at_limit else None,
        prompt if prompt <= 1.0 else None, prompt_lifetime, consistent, "; ".join(remarks),
    )  # fmt: skip


def _point(grid: Grid, mass_gev: float, lifetime_ps: float) -> Point | None:
    try:
        return grid.at(mass_gev, lifetime_ps)
    except NoLimitError:
        return None


def _still_prompt(grid: Grid, mass_gev: float, lifetime_ps: float) -> bool:
    """Whether the acceptance at a lifetime is nearly that of a decay at once."""
    point, prompt = _point(grid, mass_gev, lifetime_ps), _point(grid, mass_gev, 0.0)
    return bool(point and prompt and point.acceptance >= _STILL_PROMPT * prompt.acceptance)


def _without(mass_gev: float, mixing: Mixing, remark: str) -> MixingLimit:
    """No limit, and why."""
    return MixingLimit(mass_gev, mixing, (), None, None, None, None, None, remark)


def combined_limit(
    parts: Sequence[tuple[Channel, Grid]],
    mass_gev: float,
    mixing: Mixing,
    method: str = "cls",
    confidence_level: float = 0.90,
) -> MixingLimit:
    """Limit of several channels that one N links, by a method of `statistics.combination`.

    At every |U|^2 the channels' expected counts follow from the model; it is excluded where the limit on
    their common strength is 1 or less.  Channels that expect less than 1 % of the strongest one's signal
    are left out, which is remarked: they change nothing, and cost minutes.  Normalisations and systematic uncertainties of one search are
    common to its channels, the rest is each channel's own.  Raises ValueError for channels that hold
    the same events, as of two papers with common data, and what `mixing_limit` raises.
    """
    from lnvsearch.statistics.combination import refuse_overlap

    singles = [mixing_limit(channel, grid, mass_gev, mixing, "cls") for channel, grid in parts]
    parts = [part for part, single in zip(parts, singles, strict=True) if single.limit is not None]
    useful = [single.limit for single in singles if single.limit is not None]
    unit_lifetime = HeavyNeutralLepton(mass_gev, mixing).lifetime_ps(1.0)
    if not useful:
        return _without(mass_gev, mixing, "no channel bounds |U|^2 below 1")
    refuse_overlap(_counting(parts, mass_gev, mixing, unit_lifetime, min(useful)))

    counting = _counting(parts, mass_gev, mixing, unit_lifetime, min(useful))
    strongest = max(channel.efficiency for channel in counting)
    names = {channel.name for channel in counting if channel.efficiency >= _WEAK * strongest}
    weak = [channel.name for channel in counting if channel.name not in names]

    def ratio(u: float) -> float:
        from lnvsearch.statistics.combination import interval

        channels = _counting(parts, mass_gev, mixing, unit_lifetime, u)
        kept = [one for one in channels if one.name in names]
        return 1.0 / float(interval(kept, method, confidence_level).upper)

    low, high = math.log(min(useful) / 10.0), math.log(min(1.0, min(useful) * 10.0))
    if ratio(math.exp(high)) < 1.0:
        return _without(mass_gev, mixing, "no combined bound near those of the channels")
    found = _crossing(ratio, low, high, _COMBINED_TOLERANCE)
    ends = [single.intervals[-1][1] for single in singles if single.intervals]
    return MixingLimit(
        mass_gev, mixing, ((found, max(ends)),), unit_lifetime / found, None, None, None, None,
        "; ".join(dict.fromkeys([
            *(f"{name} left out: less than 1 % of the expected events" for name in weak),
            *(note for _, grid in parts
              for note in getattr(_point(grid, mass_gev, unit_lifetime / found), "notes", ())),
        ])),
    )  # fmt: skip


def _counting(parts, mass_gev: float, mixing: Mixing, unit_lifetime: float, u: float) -> list:
    """The channels as counting experiments, whose signal is 1 for this |U|^2."""
    from lnvsearch.statistics import combination

    counting = []
    for channel, grid in parts:
        point = _point(grid, mass_gev, unit_lifetime / u)
        product = channel.product(mass_gev, mixing) * u**channel.power
        if product == 0.0 or point is None:
            continue
        name = f"{channel.paper} {channel.name}"
        background = channel.background_uncertainty / point.background if point.background else 0.0
        counting.append(combination.Channel(
            name, point.observed, point.background, channel.parents * point.acceptance * product,
            {f"background of {name}": background} if background else {},
            {
                f"normalisation of {channel.paper}": channel.parents_relative_uncertainty,
                f"simulation of {channel.paper}": point.acceptance_systematic / point.acceptance,
            },
            channel.final_state, channel.data_sets,
        ))  # fmt: skip
    return counting


def excluded_intervals(ratio: Callable[[float], float]) -> tuple[tuple[float, float], ...]:
    """Intervals of u up to 1 in which ratio(u) >= 1; their ends to 1e-6 relative.

    >>> excluded_intervals(lambda u: 4.0 * u)
    ((0.25, 1.0),)
    """
    steps = int(-math.log10(_SMALLEST) * _PER_DECADE)
    places = [
        math.log(10.0) * (step / _PER_DECADE) + math.log(_SMALLEST) for step in range(steps)
    ] + [0.0]
    intervals: list[tuple[float, float]] = []
    begin: float | None = None
    before: float | None = None
    for place in places:
        inside = ratio(math.exp(place)) >= 1.0
        if inside and begin is None:
            begin = math.exp(place) if before is None else _crossing(ratio, before, place)
        if not inside and begin is not None and before is not None:
            intervals.append((begin, _crossing(ratio, place, before)))
            begin = None
        before = place
    if begin is not None:
        intervals.append((begin, 1.0))
    return tuple(intervals)


def _crossing(
    ratio: Callable[[float], float], outside: float, inside: float, tolerance: float = _TOLERANCE
) -> float:
    """The logarithm u between two others at which the ratio crosses 1; it is >= 1 only at the second.

    False position in the logarithms, in which the ratio is nearly straight, halved against one end
    that stays (the Illinois method).
    """
    below, above = (_log(ratio(math.exp(place))) for place in (outside, inside))
    while abs(inside - outside) > tolerance:
        share = above / (above - below) if math.isfinite(below) else 0.5
        place = inside + share * (outside - inside)
        value = _log(ratio(math.exp(place)))
        if abs(value) < tolerance:
            return _rounded(place)
        if value > 0.0:
            inside, above, below = place, value, 0.5 * below
        else:
            outside, below, above = place, value, 0.5 * above
    return _rounded(inside)


def _log(ratio: float) -> float:
    return math.log(ratio) if ratio > 0.0 else -math.inf


def _rounded(place: float) -> float:
    return float(f"{math.exp(place):.7g}")


def mixing_row(found: MixingLimit, searches: str, chirality: str, method: str) -> dict:
    """A row of MIXING_COLUMNS; numbers with four digits."""
    end = found.intervals[0][1] if found.intervals else None
    values = {
        "mass_gev": found.mass_gev, "mixing": found.mixing.name, "searches": searches,
        "chirality": chirality, "method": method, "mixing_limit": found.limit, "mixing_upper_end": end,
        "lifetime_at_limit_ps": found.lifetime_at_limit_ps,
        "acceptance_at_limit": found.acceptance_at_limit,
        "mixing_limit_prompt_reading": found.prompt,
        "lifetime_of_prompt_reading_ps": found.prompt_lifetime_ps,
        "prompt_reading_consistent": found.prompt_consistent, "remark": found.remark,
    }  # fmt: skip
    exact = ("mass_gev",)
    return {
        key: float(f"{value:.4g}") if isinstance(value, float) and key not in exact else value
        for key, value in values.items()
    }


def _text(intervals) -> str:
    return ", ".join(f"{low:.3g} to {high:.3g}" for low, high in intervals)


def _duration(picoseconds: float) -> str:
    for unit, size in (("s", 1e12), ("ms", 1e9), ("us", 1e6), ("ns", 1e3)):
        if picoseconds >= size:
            return f"{picoseconds / size:.2g} {unit}"
    return f"{picoseconds:.2g} ps"
