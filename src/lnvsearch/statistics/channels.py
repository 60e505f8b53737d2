"""Channels of a combination: their counts, named errors and data sets, and the model they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lnvsearch.statistics.lognormal_model import LogNormalModel

__all__ = ["Channel", "lognormal_model", "refuse_overlap"]


@dataclass(frozen=True)
class Channel:
    """One channel.

    name : for messages
    observed, background, efficiency : count, expected background, expected counts for s = 1
    background_errors, efficiency_errors : {source: relative error}, or (up, down) of the background
    final_state, data_sets : what was searched for in which data; two channels with the same final
        state and a common data set are not independent
    """

    name: str
    observed: int
    background: float
    efficiency: float
    background_errors: dict[str, float | tuple[float, float]] = field(default_factory=dict)
    efficiency_errors: dict[str, float | tuple[float, float]] = field(default_factory=dict)
    final_state: str | None = None
    data_sets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.observed < 0 or self.observed != int(self.observed):
            raise ValueError(
                f"{self.name}: observed must be a whole number >= 0; got {self.observed:g}"
            )
        if not (np.isfinite(self.background) and self.background >= 0.0):
            raise ValueError(
                f"{self.name}: background must be finite and >= 0; got {self.background:g}"
            )
        if not (np.isfinite(self.efficiency) and self.efficiency > 0.0):
            raise ValueError(
                f"{self.name}: efficiency must be finite and > 0; got {self.efficiency:g}"
            )
        for kind in ("background_errors", "efficiency_errors"):
            for source, error in getattr(self, kind).items():
                up, down = _pair(error)
                if not (up >= 0.0 and 0.0 <= down < np.inf and np.isfinite(up)):
                    raise ValueError(f"{self.name}: {kind} of {source} must be >= 0, as fractions")
                if isinstance(error, tuple) and down >= 1.0:
                    raise ValueError(
                        f"{self.name}: {kind} of {source}: the downward error must be below 1"
                    )


def _pair(error: float | tuple[float, float]) -> tuple[float, float]:
    return error if isinstance(error, tuple) else (error, error)


def _logs(error: float | tuple[float, float]) -> tuple[float, float]:
    """Logarithms of the factors at one standard deviation up and down."""
    if isinstance(error, tuple):
        return float(np.log1p(error[0])), float(-np.log1p(-error[1]))
    return float(np.log1p(error)), float(np.log1p(error))


def _particles(final_state: str | None) -> list[str]:
    """The words of a final state in an order of their own: `e+ pi- e+` is `pi- e+ e+`."""
    return sorted((final_state or "").split())


def refuse_overlap(channels: Sequence[Channel]) -> None:
    """Raise ValueError where two channels hold the same events, or have one name."""
    for place, one in enumerate(channels):
        for other in channels[place + 1 :]:
            if one.name == other.name:
                raise ValueError(f"channel {one.name!r} appears twice")
            shared = sorted(set(one.data_sets) & set(other.data_sets))
            if shared and _particles(one.final_state) == _particles(other.final_state):
                searched = (
                    f"both search for {one.final_state} in"
                    if one.final_state
                    else "neither names a final state, and both have data of"
                )
                raise ValueError(
                    f"channels {one.name!r} and {other.name!r} overlap: {searched} "
                    f"{', '.join(shared)}; the events of one are in the other: give only one of them"
                )


def lognormal_model(channels: Sequence[Channel]) -> tuple[LogNormalModel, list[str]]:
    """Return the channels as one model, and the names of its nuisance parameters.

    Raises ValueError for no channel, and for channels that overlap.
    """
    if not channels:
        raise ValueError("channels must hold at least one channel; got none")
    refuse_overlap(channels)
    sources = list(
        dict.fromkeys(
            source
            for channel in channels
            for errors in (channel.background_errors, channel.efficiency_errors)
            for source, error in errors.items()
            if max(_pair(error)) > 0.0
        )
    )
    tables = np.zeros((4, len(channels), len(sources)))
    for row, channel in enumerate(channels):
        for first, errors in (
            (0, channel.background_errors),
            (2, channel.efficiency_errors),
        ):
            for source, error in errors.items():
                if source in sources:
                    column = sources.index(source)
                    tables[first, row, column], tables[first + 1, row, column] = _logs(error)
    model = LogNormalModel(
        np.array([channel.background for channel in channels], dtype=float),
        np.array([channel.efficiency for channel in channels], dtype=float),
        *tables,
    )
    return model, sources
