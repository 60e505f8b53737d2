"""Counting experiments from numbers of the configuration or of result files, and their limits."""

from __future__ import annotations

#: The four methods in the order of the tables, and what the statistics library calls them.
METHODS = ("rolke", "cls", "feldman-cousins", "bayesian")


def counting_experiment(observed, background, background_sigma, efficiency, efficiency_sigma):
    """The experiment; an uncertainty of zero means that the number is known."""
    import numpy as np

    from lnvsearch.statistics import (
        CountingExperiment,
        GaussianBackground,
        GaussianEfficiency,
        KnownBackground,
        KnownEfficiency,
    )

    known_background = not np.any(np.asarray(background_sigma) > 0)
    known_efficiency = not np.any(np.asarray(efficiency_sigma) > 0)
    return CountingExperiment(
        observed=observed,
        background=KnownBackground(background)
        if known_background else GaussianBackground(background, background_sigma),
        efficiency=KnownEfficiency(efficiency)
        if known_efficiency else GaussianEfficiency(efficiency, efficiency_sigma),
    )


def upper_limit(method, experiment, confidence_level, *, bounded=False, prior="lognormal-mean"):
    """Upper limit(s) in produced signal events.

    `bounded` matters to Rolke's method, `prior` (of background and efficiency) to the others.
    """
    from lnvsearch import statistics

    if method == "rolke":
        return statistics.rolke.interval(experiment, confidence_level, bounded=bounded).upper
    if method == "cls":
        return statistics.cls.upper_limit(experiment, confidence_level, prior=prior)
    if method == "feldman-cousins":
        return statistics.feldman_cousins.interval(experiment, confidence_level, prior=prior).upper
    if method == "bayesian":
        return statistics.bayesian.upper_limit(experiment, confidence_level, prior=prior)
    raise ValueError(f"method is {method!r}: give one of {', '.join(METHODS)}")
