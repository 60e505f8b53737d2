"""Mass regions and spectra: holes, sums, uncertainties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.selection.mass_regions import (
    ACCEPTANCE_COLUMNS,
    NEAREST,
    RegionCounter,
    acceptance_rows,
    in_region,
    mass_spectrum,
    region_acceptances,
    without,
)

SIGNAL, MASKED = [[0.4886, 0.4988]], [[0.470, 0.505]]


def table(mass, weight, event=None):
    mass, weight = np.asarray(mass, dtype=float), np.asarray(weight, dtype=float)
    return {
        "event_number": np.arange(len(mass)) if event is None else np.asarray(event),
        "mass_gev": mass,
        "weight": weight,
        "weight_without_identification": np.ones(len(mass)),
    }


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0.4, 0.6), max_size=50))
def test_a_region_is_its_hole_and_the_rest(masses):
    masses = np.array(masses)
    hole, rest = in_region(masses, SIGNAL), in_region(masses, without(MASKED, SIGNAL))
    assert not np.any(hole & rest)
    assert np.array_equal(hole | rest, in_region(masses, MASKED))


def test_taking_away_a_region():
    assert without([0.4, 0.6], [0.484, 0.504]) == [[0.4, 0.484], [0.504, 0.6]]
    assert without([0.4, 0.6], [0.5, 0.7]) == [[0.4, 0.5]]
    assert without([0.4, 0.6], [0.7, 0.8]) == [[0.4, 0.6]]
    assert without([0.4, 0.6], [0.3, 0.7]) == []


def test_acceptance_is_the_sum_of_weights_over_all_that_was_generated():
    found = region_acceptances(
        table([0.49, 0.495, 0.48, 0.3], [0.5, 0.25, 0.5, 1.0]),
        {"signal": SIGNAL, "masked": MASKED, "lower": [[0.0, 0.47]]},
        sum_weight=100.0,
        sum_squared_weight=100.0,
    )
    assert found["signal"].acceptance == pytest.approx(0.0075)
    assert found["masked"].acceptance == pytest.approx(0.0125)
    assert found["signal"].effective_events == pytest.approx(0.75**2 / (0.25 + 0.0625))
    assert found["lower"].acceptance == pytest.approx(0.01)


def test_two_candidates_of_one_event_are_one_entry():
    kwargs = {"sum_weight": 100.0, "sum_squared_weight": 100.0}
    apart = region_acceptances(table([0.49, 0.49], [0.5, 0.5]), {"signal": SIGNAL}, **kwargs)
    together = region_acceptances(
        table([0.49, 0.49], [0.5, 0.5], event=[7, 7]), {"signal": SIGNAL}, **kwargs
    )
    assert apart["signal"].acceptance == together["signal"].acceptance
    assert together["signal"].effective_events == pytest.approx(1.0)
    assert together["signal"].uncertainty > 1.3 * apart["signal"].uncertainty


def test_an_empty_region_gets_the_uncertainty_of_one_candidate():
    kwargs = {"sum_weight": 1000.0, "sum_squared_weight": 1000.0}
    regions = {"signal": SIGNAL, "lower": [[0.0, 0.47]]}
    found = region_acceptances(table([0.3, 0.4], [1e-4, 2e-4]), regions, **kwargs)
    assert found["signal"].acceptance == 0.0
    assert found["signal"].uncertainty == pytest.approx(2e-4 / 1000.0)
    # What lies nearest in mass counts: far away the events of weighted samples are heavier.
    near = [0.46 + 1e-5 * i for i in range(10)]
    found = region_acceptances(table([0.3, *near], [1.0, *[1e-6] * 10]), regions, **kwargs)
    assert found["signal"].uncertainty == pytest.approx(1e-6 / 1000.0)
    nothing = region_acceptances(table([], []), regions, **kwargs)
    assert nothing["signal"].uncertainty == pytest.approx(1e-3)


def test_the_uncertainty_is_the_spread_of_repeated_toys():
    rng = np.random.default_rng(1)
    acceptances, stated = [], []
    for _ in range(2000):
        weight = rng.uniform(0.0, 1.0, 300)
        mass = np.where(rng.uniform(size=300) < 0.1, 0.49, 0.3)
        found = region_acceptances(
            table(mass, weight), {"signal": SIGNAL}, sum_weight=300.0, sum_squared_weight=300.0
        )["signal"]
        acceptances.append(found.acceptance)
        stated.append(found.uncertainty)
    assert np.mean(stated) == pytest.approx(np.std(acceptances), rel=0.06)


def test_rows_have_the_columns():
    found = region_acceptances(
        table([0.49], [0.5]), {"signal": SIGNAL}, sum_weight=10.0, sum_squared_weight=10.0
    )
    rows = acceptance_rows(
        found, sample="s", variation="nominal", selection="lnv", generated_events=10
    )
    assert tuple(rows[0]) == ACCEPTANCE_COLUMNS
    assert rows[0]["region"] == "signal" and rows[0]["generated_events"] == 10


def test_spectrum_holds_the_weights_within_its_edges():
    spectrum = mass_spectrum([0.1, 0.2, 0.25, 0.4], [1.0, 2.0, 3.0, 4.0], [0.2, 0.3, 0.4])
    assert spectrum.content.tolist() == [5.0, 0.0]
    assert spectrum.uncertainty == pytest.approx([np.sqrt(13.0), 0.0])


def test_windows_and_edges_that_mean_nothing_are_refused():
    with pytest.raises(ValueError, match="low < high"):
        in_region(np.array([0.1]), [0.5, 0.4])
    with pytest.raises(ValueError, match="low < high"):
        in_region(np.array([0.1]), [0.5, 0.6, 0.7])
    with pytest.raises(ValueError, match="ascending"):
        mass_spectrum([0.1], [1.0], [0.2, 0.2])


def test_chunks_count_as_the_whole():
    generator = np.random.default_rng(1)
    mass, weight = generator.uniform(0.4, 0.6, 400), generator.uniform(0.0, 1.0, 400)
    whole = table(mass, weight)
    regions = {"signal": SIGNAL, "masked": MASKED, "empty": [[0.9, 1.0]]}
    counter = RegionCounter(regions, np.linspace(0.4, 0.6, 11))
    for part in (slice(0, 150), slice(150, 150), slice(150, 400)):
        counter.add({name: values[part] for name, values in whole.items()})
    sums = {"sum_weight": 1000.0, "sum_squared_weight": 1200.0}
    expected = region_acceptances(whole, regions, **sums)
    for name, found in counter.acceptances(**sums).items():
        assert found.acceptance == pytest.approx(expected[name].acceptance, rel=1e-12)
        assert found.uncertainty == pytest.approx(expected[name].uncertainty, rel=1e-12)
    spectrum = mass_spectrum(mass, weight, np.linspace(0.4, 0.6, 11))
    assert counter.spectrum().content == pytest.approx(spectrum.content)
    assert counter.spectrum().uncertainty == pytest.approx(spectrum.uncertainty)


@pytest.mark.parametrize("power", [1.0, 3.0])
def test_a_spectrum_is_numpys_histogram_whether_or_not_bins_are_equally_wide(power):
    random = np.random.default_rng(8)
    edges = 0.3 + 0.2 * np.linspace(0.0, 1.0, 41) ** power
    mass = np.concatenate([random.uniform(0.25, 0.55, 4000), edges[:-1], [np.nan]])
    expected, _ = np.histogram(mass[mass < edges[-1]], edges)  # numpy's last bin holds its upper edge
    assert mass_spectrum(mass, np.ones(len(mass)), edges).content.tolist() == expected.tolist()
    with_weights = mass_spectrum(mass, np.full(len(mass), 0.5), edges)
    assert with_weights.uncertainty == pytest.approx(0.5 * np.sqrt(expected), rel=1e-14)


def test_the_nearest_of_many_are_those_of_all_sorted():
    random = np.random.default_rng(9)
    for n in (NEAREST, NEAREST + 1, 3000):
        mass = np.round(random.uniform(0.5, 0.6, n), 3)  # many are equally far
        weight = random.uniform(0.1, 2.0, n)
        counter = RegionCounter({"signal": [0.4, 0.5]}, np.linspace(0.4, 0.6, 11))
        counter.add({
            "event_number": np.arange(n), "mass_gev": mass, "weight": weight,
            "weight_without_identification": weight,
        })  # fmt: skip
        nearest = np.lexsort((-weight, mass))[:NEAREST]
        (one,) = counter.acceptances(sum_weight=1.0, sum_squared_weight=1.0).values()
        assert one.uncertainty == weight[nearest].max()
