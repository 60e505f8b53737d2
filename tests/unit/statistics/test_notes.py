"""Notes: each where it belongs, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

from lnvsearch.statistics import (
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    methods,
    notes,
)


def keys(method, observed, background, sigma=0.0, relative=0.0, level=0.90, **options):
    """Key words of the notes of each experiment."""
    experiment = CountingExperiment(
        observed,
        GaussianBackground(background, sigma) if np.any(sigma) else KnownBackground(background),
        GaussianEfficiency(1.0, relative) if np.any(relative) else KnownEfficiency(1.0),
    )
    limits = methods.interval(method, experiment, level, **options)
    found = notes.notes(method, experiment, level, limits, **options)
    return [[note.split(":")[0] for note in one] for one in found], found


def test_every_answer_names_its_method():
    for method in methods.OPTIONS:
        ((key, *_),), ((text, *_),) = keys(method, 2, 1.0)
        assert key == "method" and len(text) > 20


def test_rolke_at_no_count():
    (few, none), texts = keys("rolke", [3, 0], 0.1)
    assert {"level", "under-covers"} <= set(few) & set(none)
    assert "extrapolated" in none and "extrapolated" not in few


@pytest.mark.parametrize(
    ("relative", "words"),
    [(0.56, "do not quote it as an improvement"), (0.58, "that of one event")],
)
def test_extrapolation_that_cannot_be_trusted_says_so(relative, words):
    # 1.890 for a known efficiency, falling to 0.5 at 56 per cent, 21 at 58 per cent.
    _, (texts,) = keys("rolke", 0, 0.1, relative=relative)
    (text,) = [text for text in texts if text.startswith("extrapolated")]
    assert words in text


def test_the_limit_of_one_event_is_known_to_its_last_digit_but_one():
    """Kernels of many rows and of few differ in the last digit."""
    experiment = CountingExperiment([0.0], KnownBackground(0.1), GaussianEfficiency(1.0, 0.58))
    limits = methods.interval("rolke", experiment, 0.9)
    for end in (0.0, np.inf):
        other = replace(limits, upper=np.nextafter(limits.upper, end))
        (texts,) = notes.notes("rolke", experiment, 0.9, other)
        assert any("that of one event" in text for text in texts)


def test_count_raised():
    (far, near), texts = keys("rolke", [1, 5], 9.0)
    assert "count raised" in far and "count raised" not in near
    (bounded,), _ = keys("rolke", [1], 9.0, bounded=True)
    assert "count raised" not in bounded


def test_gap_and_correction_of_feldman_cousins():
    (one,), ((*_, text),) = keys("feldman-cousins", 3, 10.0)
    assert "gap" in one
    (plain,), _ = keys("feldman-cousins", 3, 0.5)
    assert "gap" not in plain
    (root,), _ = keys("feldman-cousins", 3, 0.5, convention="root")
    assert "under-covers" in root


def test_uncertainty_that_improves_a_limit():
    (wide,), (texts,) = keys("feldman-cousins", 1, 1.3, sigma=0.46)
    assert "improved" in wide
    (text,) = [text for text in texts if text.startswith("improved")]
    assert "3.07796 to 3.0368" in text
    (known,), _ = keys("feldman-cousins", 1, 1.3)
    assert "improved" not in known


def test_prior_that_moves_the_limit():
    (small, large), _ = keys("cls", [1, 1], 1.0, relative=np.array([0.02, 0.4]))
    assert "prior" not in small and "prior" in large


def test_raised_count_is_not_called_extrapolated():
    # Nothing is seen where 8 +- 2 are expected: the limit is that of more events, no straight line.
    (one,), _ = keys("rolke", 0, 8.0, sigma=2.0)
    assert "count raised" in one and "extrapolated" not in one


@pytest.mark.parametrize("method", ["cls", "bayesian", "feldman-cousins"])
def test_error_of_a_background_of_zero_has_no_effect_and_says_so(method):
    (one,), _ = keys(method, 1, 0.0, sigma=0.5)
    assert "ignored" in one
    for options in ({"prior": "truncated-gaussian"}, {"prior": ("truncated-gaussian", "gamma")}):
        (used,), _ = keys(method, 1, 0.0, sigma=0.5, **options)
        assert "ignored" not in used
    (known,), _ = keys(method, 1, 0.0)
    assert "ignored" not in known


def test_below_the_median_expected_limit():
    (low, median, high), _ = keys("cls", [0, 2, 5], 2.0)
    assert "below expected" in low
    assert "below expected" not in median and "below expected" not in high


def test_a_background_error_above_its_value_has_a_note_on_the_correction():
    def texts(sigma):
        experiment = CountingExperiment(1, GaussianBackground(4.0, sigma), KnownEfficiency(1.0))
        options = {"prior": "lognormal-mean"}
        limits = methods.interval("feldman-cousins", experiment, **options)
        return notes.notes("feldman-cousins", experiment, 0.90, limits, **options)[0]

    # A larger background has a higher upper end: what the note is about.
    low, high = (
        methods.interval(
            "feldman-cousins",
            CountingExperiment(1, GaussianBackground(b, 8.0), KnownEfficiency(1.0)),
            prior="lognormal-mean",
        ).upper
        for b in (4.0, 4.1625)
    )
    assert 1.005 < high / low < 1.015
    assert any("error above 60 %" in text for text in texts(8.0))
    assert not any("error above 60 %" in text for text in texts(2.0))


def test_no_upper_limit_has_a_note():
    experiment = CountingExperiment(1, KnownBackground(0.0), GaussianEfficiency(0.1, 0.09))
    limits = methods.interval("rolke", experiment)
    (found,) = notes.notes("rolke", experiment, 0.90, limits)
    assert any(text.startswith("unbounded: ") for text in found)
