"""Number of kaon decays and single-event sensitivity: properties first, then NA62's own numbers."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.sensitivity import (
    Estimate,
    by_origin,
    number_of_decays,
    prediction,
    quotient,
    recomputed,
    single_event_sensitivity,
)

positive = st.floats(1e-6, 1e6)
relative = st.floats(0.0, 0.5)


def estimate(mean, widths):
    names = ("statistical", "external", "systematic")
    return Estimate(mean, **{name: mean * width for name, width in zip(names, widths, strict=True)})


def relative_widths(value):
    return [value.statistical / value.mean, value.external / value.mean,
            value.systematic / value.mean]


@settings(deadline=None, max_examples=50)
@given(positive, positive, st.tuples(relative, relative, relative),
       st.tuples(relative, relative, relative))
def test_product_and_quotient_have_the_same_relative_uncertainties(a, b, widths_a, widths_b):
    first, second = estimate(a, widths_a), estimate(b, widths_b)
    product, ratio = quotient([first, second], []), quotient([first], [second])
    assert product.mean == pytest.approx(a * b)
    assert ratio.mean == pytest.approx(a / b)
    expected = [math.hypot(x, y) for x, y in zip(widths_a, widths_b, strict=True)]
    assert relative_widths(product) == pytest.approx(expected)
    assert relative_widths(ratio) == pytest.approx(expected)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 10**6), positive, st.floats(0.001, 1.0), st.floats(0.001, 1.0))
def test_a_common_factor_of_the_acceptances_cancels(candidates, branching, acceptance, factor):
    """What all acceptances share (a trigger, say) changes N_K and not the sensitivity."""
    signal = 0.5 * acceptance
    plain = number_of_decays(candidates, 0.0, Estimate(branching), Estimate(acceptance))
    scaled = number_of_decays(candidates, 0.0, Estimate(branching), Estimate(factor * acceptance))
    assert scaled.mean == pytest.approx(plain.mean / factor)
    assert single_event_sensitivity(scaled, Estimate(factor * signal)).mean == pytest.approx(
        single_event_sensitivity(plain, Estimate(signal)).mean
    )


def test_one_event_is_expected_at_the_sensitivity():
    decays = number_of_decays(5000, 0.02, Estimate(1e-7), Estimate(0.04))
    sensitivity = single_event_sensitivity(decays, Estimate(0.05), Estimate(0.9))
    assert decays.mean * sensitivity.mean * 0.05 * 0.9 == pytest.approx(1.0)


def test_counting_is_statistical_and_shrinks_with_the_square_root():
    few = number_of_decays(100, 0.1, Estimate(1e-7, external=1e-9), Estimate(0.05))
    many = number_of_decays(400, 0.1, Estimate(1e-7, external=1e-9), Estimate(0.05))
    assert few.statistical / few.mean == pytest.approx(0.1)
    assert many.statistical / many.mean == pytest.approx(0.05)
    assert few.external / few.mean == pytest.approx(0.01) == many.external / many.mean
    assert few.systematic == 0.0


def test_uncertainties_agree_with_sampling():
    """First-order propagation against drawn values, for widths as small as the papers'."""
    import numpy as np

    generator = np.random.default_rng(3)
    size = 400_000
    count = generator.poisson(11041, size)
    branching = generator.normal(3.00e-7, 0.09e-7, size)
    acceptance = generator.normal(0.0362, 0.0002, size)
    drawn = (1 - 1e-3) * count / (branching * acceptance)
    decays = number_of_decays(
        11041, 1e-3, Estimate(3.00e-7, external=0.09e-7), Estimate(0.0362, systematic=0.0002)
    )
    # Second-order terms are of relative size (3 %)^2.
    assert np.std(drawn) == pytest.approx(decays.sigma, rel=5e-3)


@pytest.mark.parametrize(
    ("inputs", "signal_percent", "decays_1e11", "sensitivity", "unit"),
    [
        ((2484, 0.0, 3.00e-7, 0.09e-7, 3.87), 4.98, (2.14, 0.04, 0.06), (0.94, 0.03), 1e-10),
        ((8357, 7e-4, 0.962e-7, 0.025e-7, 10.93), 9.81, (7.94, 0.09, 0.21), (1.28, 0.04), 1e-11),
    ],
)
def test_table_3_of_the_2017_data_to_the_printed_digits(
    inputs, signal_percent, decays_1e11, sensitivity, unit
):
    candidates, contamination, branching, sigma, acceptance_percent = inputs
    decays = number_of_decays(
        candidates,
        contamination,
        Estimate(branching, external=sigma),
        Estimate(acceptance_percent / 100),
    )
    found = single_event_sensitivity(decays, Estimate(signal_percent / 100))
    parts = (decays.mean, decays.statistical, decays.external)
    assert tuple(round(part / 1e11, 2) for part in parts) == decays_1e11
    assert tuple(round(part / unit, 2) for part in (found.mean, found.sigma)) == sensitivity


def test_2016_to_18_with_the_two_photon_branching_fraction():
    decays = number_of_decays(
        11041, 1e-3, Estimate(3.00e-7, external=0.09e-7), Estimate(0.0362, systematic=0.0002)
    )
    three_body = single_event_sensitivity(decays, Estimate(0.0432))
    four_body = single_event_sensitivity(
        decays, Estimate(0.00271, systematic=0.00003), Estimate(0.98823, external=0.00034)
    )
    assert decays.mean == pytest.approx(1.01565e12, rel=1e-12)
    assert decays.statistical == pytest.approx(0.0097e12, abs=0.5e8)
    assert decays.external_and_systematic == pytest.approx(0.0310e12, abs=0.5e8)
    assert (round(three_body.mean, 13), round(three_body.sigma, 13)) == (2.28e-11, 0.07e-11)
    assert (round(four_body.mean, 12), round(four_body.sigma, 12)) == (3.68e-10, 0.12e-10)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Estimate(0.0), "mean"),
        (lambda: Estimate(math.nan), "mean"),
        (lambda: Estimate(1.0, external=-0.1), "external"),
        (lambda: Estimate(1.0, systematic=math.inf), "systematic"),
        (lambda: number_of_decays(0, 0.0, Estimate(1.0), Estimate(1.0)), "candidates"),
        (lambda: number_of_decays(9, 1.0, Estimate(1.0), Estimate(1.0)), "contamination"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(call, name):
    with pytest.raises(ValueError, match=name):
        call()


def test_a_predicted_acceptance_and_what_it_implies():
    decays = Estimate(1e12, statistical=0.03e12, external=0.04e12)
    found = prediction(decays, 0.05, 0.12, normalisation_acceptance=0.04)
    assert found == pytest.approx({
        "signal_acceptance": 0.05, "signal_acceptance_uncertainty": 0.006,
        "acceptance_ratio": 0.8, "acceptance_ratio_uncertainty": 0.096,
        "single_event_sensitivity": 2e-11, "single_event_sensitivity_uncertainty": 2.6e-12,
    })  # fmt: skip
    half = prediction(decays, 0.05, 0.12, 0.04, further_branching_fraction=0.5)
    assert half["single_event_sensitivity"] == pytest.approx(4e-11)


def test_an_estimate_in_plain_numbers():
    assert by_origin(Estimate(2.0, statistical=0.3, external=0.4)) == {
        "mean": 2.0, "statistical": 0.3, "external": 0.4, "systematic": 0.0, "sigma": 0.5,
    }  # fmt: skip


def test_the_sensitivity_of_published_inputs():
    """1e12 decays by construction; each uncertainty keeps its origin."""
    inputs = {
        "candidates": 10_000, "contamination": 0.0,
        "normalisation_branching_fraction": {"mean": 2.5e-7, "sigma": 0.05e-7},
        "normalisation_acceptance": {"mean": 0.04, "sigma": 0.0004},
        "signal_acceptance": {"mean": 0.05, "sigma": 0.0},
    }  # fmt: skip
    decays, sensitivity = recomputed(inputs)
    expected = {"mean": 1e12, "statistical": 1e10, "external": 2e10, "systematic": 1e10}
    for name, value in expected.items():
        assert getattr(decays, name) == pytest.approx(value)
    assert sensitivity.mean == pytest.approx(2e-11)
    further = {**inputs, "further_branching_fraction": {"mean": 0.5, "sigma": 0.01}}
    assert recomputed(further)[1].mean == pytest.approx(4e-11)
    assert recomputed(further)[1].external == pytest.approx(4e-11 * math.hypot(0.02, 0.02))


def test_a_paper_s_inputs_give_its_printed_sensitivity():
    """CERN-EP-2022-018, sections 4 and 6: N_K = (1.015 +- 0.010 +- 0.030) x 10^12, 3.68 x 10^-10."""
    inputs = {
        "candidates": 11041, "contamination": 1.0e-3,
        "normalisation_branching_fraction": {"mean": 3.00e-7, "sigma": 0.09e-7},
        "normalisation_acceptance": {"mean": 0.0362, "sigma": 0.0002},
        "signal_acceptance": {"mean": 0.00271, "sigma": 0.00003},
    }  # fmt: skip
    further = {"further_branching_fraction": {"mean": 0.98823, "sigma": 0.00034}}
    decays, single = recomputed({**inputs, **further})
    assert decays.mean == pytest.approx(1.0156e12, rel=1e-4)
    assert decays.statistical == pytest.approx(0.010e12, abs=0.0005e12)
    assert decays.external_and_systematic == pytest.approx(0.030e12, abs=0.001e12)
    assert single.mean == pytest.approx(3.68e-10, abs=0.005e-10)
    # Without the decay of the pi0 every signal decay could be seen.
    assert recomputed(inputs)[1].mean == pytest.approx(0.98823 * single.mean)
