"""Counting experiments from numbers of the configuration or of result files, and their limits."""

from __future__ import annotations

#: The four methods in the order of the tables, by the names that the statistics library knows.
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
        if known_background
        else GaussianBackground(background, background_sigma),
        efficiency=KnownEfficiency(efficiency)
        if known_efficiency
        else GaussianEfficiency(efficiency, efficiency_sigma),
    )


def method_options(method, bounded, prior):
    """Options of a method: `bounded` matters to Rolke's, `prior` to the others."""
    return {"bounded": bounded} if method == "rolke" else {"prior": prior}


def upper_limit(method, experiment, confidence_level, **options):
    """Upper limit(s) in produced signal events."""
    from lnvsearch.statistics import methods

    return methods.interval(method, experiment, confidence_level, **options).upper
