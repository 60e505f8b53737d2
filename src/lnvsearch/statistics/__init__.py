"""Limits on the number of signal decays in a counting experiment.

One object describes the measurement, four methods turn it into a limit:

>>> from lnvsearch.statistics import CountingExperiment, GaussianEfficiency, KnownBackground, rolke
>>> experiment = CountingExperiment(
...     observed=1,
...     background=KnownBackground(0.0),
...     efficiency=GaussianEfficiency(mean=0.1583, sigma=0.0111),
... )
>>> round(rolke.interval(experiment, confidence_level=0.90).upper, 2)
23.19

Which method when:

`rolke`            profile likelihood; the quickest, what BESIII quotes; two-sided level
`cls`              CLs upper limit; what NA62 quotes; never excludes for lack of background
`feldman_cousins`  exact frequentist interval that decides itself between one and two sides
`bayesian`         posterior with a uniform or 1/sqrt(s) signal prior
`expected`         median and bands of any upper limit for background only
`coverage`         how often an interval holds the true value
`punzi`            figure of merit for optimising a selection before the data are seen

Everything here loads on first use, so that importing the package stays cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lnvsearch.statistics import (
        bayesian,
        cls,
        cls_profiled,
        combination,
        coverage,
        expected,
        feldman_cousins,
        notes,
        punzi,
        rolke,
        significance,
    )
    from lnvsearch.statistics.experiment import (
        AsymmetricBackground,
        Background,
        BinomialEfficiency,
        CountingExperiment,
        Efficiency,
        GaussianBackground,
        GaussianEfficiency,
        Interval,
        KnownBackground,
        KnownEfficiency,
        PoissonBackground,
        check_confidence_level,
    )

_EXPERIMENT_NAMES = (
    "AsymmetricBackground",
    "Background",
    "BinomialEfficiency",
    "CountingExperiment",
    "Efficiency",
    "GaussianBackground",
    "GaussianEfficiency",
    "Interval",
    "KnownBackground",
    "KnownEfficiency",
    "PoissonBackground",
    "check_confidence_level",
)
_SUBMODULES = (
    "bayesian",
    "cls",
    "cls_profiled",
    "combination",
    "coverage",
    "expected",
    "feldman_cousins",
    "notes",
    "punzi",
    "rolke",
    "significance",
)

__all__ = sorted(_EXPERIMENT_NAMES + _SUBMODULES)


def __getattr__(name: str):
    """Import a public name when it is first asked for (PEP 562)."""
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name in _EXPERIMENT_NAMES:
        value = getattr(import_module(f"{__name__}.experiment"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
