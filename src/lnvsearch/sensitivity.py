"""Single-event sensitivity of a search whose kaons are counted with a normalisation channel.

A signal decay and a normalisation decay of the same parent, recorded together, share the number of
parent decays N_K in the fiducial volume:

    N_K   = (1 - f) N / (B A)          N candidates of the normalisation decay, contamination f,
                                       branching fraction B, acceptance A
    B_SES = 1 / (N_K B' A')            acceptance A' of the signal decay, branching fraction B' of
                                       a further decay that is required (pi0 -> gamma gamma)

These are the definitions of NA62: Phys. Lett. B 797 (2019) 134794, section 4, and CERN-EP-2022-018,
sections 4 to 6.  Uncertainties are relative ones added in quadrature, and kept apart by origin as
the papers print them: counting is statistical, branching fractions of others are external, the
acceptances' are systematic.  What the two acceptances have in common cancels in A/A' and must not
be given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Estimate",
    "by_origin",
    "number_of_decays",
    "prediction",
    "quotient",
    "recomputed",
    "single_event_sensitivity",
]


@dataclass(frozen=True)
class Estimate:
    """A positive quantity with independent absolute uncertainties (standard deviations) by origin.

    Raises ValueError for a mean that is not above zero, or a negative uncertainty.

    >>> Estimate(2.0, statistical=0.3, external=0.4).sigma
    0.5
    """

    mean: float
    statistical: float = 0.0
    external: float = 0.0
    systematic: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and self.mean > 0.0):
            raise ValueError(f"mean is {self.mean}: it must be finite and above 0")
        for name in ("statistical", "external", "systematic"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"{name} is {value}: an uncertainty must be finite and >= 0")

    @property
    def sigma(self) -> float:
        """Total uncertainty, the quadratic sum over the origins."""
        return math.hypot(self.statistical, self.external, self.systematic)

    @property
    def external_and_systematic(self) -> float:
        """Everything but counting, as NA62 quotes it for 2016-18 under the name systematic."""
        return math.hypot(self.external, self.systematic)


def quotient(numerators: Sequence[Estimate], denominators: Sequence[Estimate]) -> Estimate:
    """Product of independent estimates over the product of others.

    Relative uncertainties of equal origin are added in quadrature (first order).

    >>> quotient([Estimate(6.0, statistical=0.6)], [Estimate(2.0, external=0.5)])
    Estimate(mean=3.0, statistical=0.3, external=0.75, systematic=0.0)
    """
    factors = [*numerators, *denominators]
    mean = math.prod(n.mean for n in numerators) / math.prod(d.mean for d in denominators)
    relative = {
        origin: math.hypot(*(getattr(factor, origin) / factor.mean for factor in factors))
        for origin in ("statistical", "external", "systematic")
    }
    return Estimate(mean, **{origin: mean * width for origin, width in relative.items()})


def number_of_decays(
    candidates: int,
    contamination: float,
    branching_fraction: Estimate,
    acceptance: Estimate,
) -> Estimate:
    """N_K = (1 - f) N / (B A), the parents that decayed in the fiducial volume.

    `candidates` N is a count with the uncertainty sqrt(N); `contamination` f the fraction of it
    that is background, known.  Raises ValueError for N < 1 or f outside [0, 1).

    >>> n = number_of_decays(2484, 0.0, Estimate(3.0e-7, external=0.09e-7), Estimate(0.0387))
    >>> f"{n.mean:.3e} +- {n.statistical:.1e} (stat) +- {n.external:.1e} (ext)"
    '2.140e+11 +- 4.3e+09 (stat) +- 6.4e+09 (ext)'
    """
    if candidates < 1:
        raise ValueError(f"candidates is {candidates}: at least one event is needed to normalise")
    if not 0.0 <= contamination < 1.0:
        raise ValueError(f"contamination is {contamination}: a fraction in [0, 1) is needed")
    signal = (1.0 - contamination) * candidates
    counted = Estimate(signal, statistical=signal / math.sqrt(candidates))
    return quotient([counted], [branching_fraction, acceptance])


def single_event_sensitivity(
    decays: Estimate, acceptance: Estimate, further_branching_fraction: Estimate | None = None
) -> Estimate:
    """Branching fraction at which one signal event is expected, 1 / (N_K B' A').

    `decays` is N_K, `acceptance` A' that of the signal decay, `further_branching_fraction` B' that
    of a decay of one of its products; without it 1.

    >>> s = single_event_sensitivity(Estimate(2.0e11, statistical=4e9), Estimate(0.05))
    >>> f"{s.mean:.2e} +- {s.sigma:.0e}"
    '1.00e-10 +- 2e-12'
    """
    factors = [decays, acceptance]
    if further_branching_fraction is not None:
        factors.append(further_branching_fraction)
    return quotient([], factors)


def recomputed(inputs: Mapping[str, Any]) -> tuple[Estimate, Estimate]:
    """Return N_K and the single-event sensitivity from a paper's own inputs.

    `inputs`: the count `candidates`, the fraction `contamination`, and mappings {mean, sigma}:
    `normalisation_branching_fraction` and, if a further decay is required,
    `further_branching_fraction` (their uncertainties are external), `normalisation_acceptance` and
    `signal_acceptance` (systematic).
    """

    def external(name: str) -> Estimate:
        return Estimate(inputs[name]["mean"], external=inputs[name]["sigma"])

    def systematic(name: str) -> Estimate:
        return Estimate(inputs[name]["mean"], systematic=inputs[name]["sigma"])

    decays = number_of_decays(
        inputs["candidates"],
        inputs["contamination"],
        external("normalisation_branching_fraction"),
        systematic("normalisation_acceptance"),
    )
    further = "further_branching_fraction"
    return decays, single_event_sensitivity(
        decays, systematic("signal_acceptance"), external(further) if further in inputs else None
    )


def prediction(
    decays: Estimate,
    acceptance: float,
    relative: float,
    normalisation_acceptance: float,
    further_branching_fraction: float = 1.0,
) -> dict[str, float]:
    """What a predicted acceptance of the signal implies, by name.

    `relative`: uncertainty of the acceptance over it, this simulation's alone; that of the
    sensitivity is N_K's as well.  The arguments are those of `single_event_sensitivity`.
    """
    sensitivity = 1.0 / (decays.mean * acceptance * further_branching_fraction)
    ratio = normalisation_acceptance / acceptance
    return {
        "signal_acceptance": acceptance,
        "signal_acceptance_uncertainty": relative * acceptance,
        "acceptance_ratio": ratio,
        "acceptance_ratio_uncertainty": relative * ratio,
        "single_event_sensitivity": sensitivity,
        "single_event_sensitivity_uncertainty": sensitivity
        * math.hypot(relative, decays.sigma / decays.mean),
    }


def by_origin(estimate: Estimate) -> dict[str, float]:
    """An estimate as plain numbers: mean, uncertainties by origin, and the total one."""
    return {
        "mean": estimate.mean,
        "statistical": estimate.statistical,
        "external": estimate.external,
        "systematic": estimate.systematic,
        "sigma": estimate.sigma,
    }
