"""Background from e+e- -> continuum at the resonance, from data taken off resonance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["OffResonance", "continuum_events"]


@dataclass(frozen=True)
class OffResonance:
    """Data at one energy off the resonance: luminosity, and the events that pass all cuts."""

    energy_gev: float
    luminosity_per_pb: float
    observed: int


def continuum_events(
    points: Sequence[OffResonance], *, luminosity_per_pb: float, energy_gev: float
) -> float:
    """Continuum events expected at the resonance.

    Each event off resonance counts with the ratio of luminosities and of cross sections
    (sigma ~ 1/s), its momenta scaled to the energy of the resonance before the cuts, so that the
    windows in mass apply as they are; data of several energies count as one larger sample:

        N = sum_i observed_i / sum_i (L_i s_0 / (L_0 s_i)).

    Raises ValueError for luminosities or energies that are not positive.

    >>> continuum_events([OffResonance(3.08, 168.0, 0)], luminosity_per_pb=3083.0, energy_gev=3.097)
    0.0
    """
    values = [luminosity_per_pb, energy_gev]
    values += [value for point in points for value in (point.energy_gev, point.luminosity_per_pb)]
    if not points or min(values) <= 0.0:
        raise ValueError("points: give energies and luminosities > 0, for one point at least")
    observed = sum(point.observed for point in points)
    exposure = sum(
        point.luminosity_per_pb / luminosity_per_pb * (energy_gev / point.energy_gev) ** 2
        for point in points
    )
    return observed / exposure
